from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from .common import TEA
from .test_waybill_print import FIRST, LAST, SECOND, WaybillCase


@tagged("post_install", "-at_install")
class TestWaybillRange(WaybillCase):
    """Number ranges of a courier: what they may be, and how they are used up."""

    def take(self, count):
        return self.carrier._esm_take_numbers(count)

    def test_numbers_come_one_after_the_other_with_their_check_digit(self):
        self.assertEqual(self.take(3), ["600000000014", "600000000025", "600000000036"])
        self.assertEqual(self.take(1), ["600000000040"])
        self.assertEqual((self.range.used, self.range.left), (4, 995))
        self.assertEqual(self.range.next_number, "600000000051")

    def test_leading_zeros_and_hyphens(self):
        numbers = self.add_range("0012-3456-00", "0012 345602", check_digit="none")
        self.assertEqual((numbers.first, numbers.digits), ("0012345600", 10))
        self.range.active = False
        self.assertEqual(self.take(2), ["0012345600", "0012345601"])

    def test_ranges_are_used_one_after_the_other(self):
        self.range.active = False
        self.add_range("100", "101", check_digit="none", sequence=2)
        self.add_range("200", "299", check_digit="none", sequence=1).used = 98
        self.assertEqual(self.take(3), ["298", "299", "100"])
        self.assertEqual(self.take(1), ["101"])

    def test_too_few_numbers(self):
        self.range.used = self.range.size - 1
        with self.assertRaisesRegex(UserError, "2 are needed, 1 are left"):
            self.take(2)
        self.assertEqual(self.range.left, 1)
        self.assertEqual(self.take(1), ["600000009991"])

    def test_numbers_that_are_rolled_back_are_free_again(self):
        self.commit()
        self.take(5)
        self.env.cr.rollback()
        self.env.invalidate_all()
        self.assertEqual(self.take(1), ["600000000014"])

    def test_a_number_that_somebody_typed_is_not_given_again(self):
        picking = self.delivery(TEA)
        picking.carrier_tracking_ref = "600000000025"
        self.assertEqual(self.take(2), ["600000000014", "600000000036"])

    def test_a_typed_number_is_recognised_however_it_is_written(self):
        """With hyphens, as a further parcel, by another method of the courier."""
        hyphens, further, other = (self.delivery(TEA) for _number in range(3))
        hyphens.carrier_tracking_ref = "6000-0000-0014"
        further.carrier_tracking_ref = "123456789012, 6000 0000 0025"
        other.carrier_id = self.carrier.copy()
        other.carrier_tracking_ref = "600000000036"
        self.assertEqual(self.take(1), ["600000000040"])

    @settings(max_examples=40, deadline=None)
    @given(
        first=st.integers(0, 10**9),
        size=st.integers(1, 40),
        length=st.integers(11, 14),
        modulo=st.booleans(),
        parts=st.lists(st.integers(1, 7), max_size=6),
    )
    def test_every_range_gives_each_of_its_numbers_once(
        self, first, size, length, modulo, parts
    ):
        def printed(serial):
            digits = f"{serial:0{length - modulo}d}"
            return f"{digits}{serial % 7}" if modulo else digits

        self.env["esm.waybill.range"].search([]).write({"active": False, "used": 0})
        self.env["esm.waybill.range"].with_context(active_test=False).search(
            []
        ).unlink()
        numbers = self.add_range(
            printed(first),
            printed(first + size - 1),
            check_digit="modulo_7" if modulo else "none",
        )
        self.assertEqual(numbers.size, size)
        expected = [printed(first + index) for index in range(size)]
        taken = []
        for part in parts:
            if len(taken) + part > size:
                with self.assertRaises(UserError):
                    self.take(part)
                continue
            taken += self.take(part)
        self.assertEqual(taken, expected[: len(taken)])

    # --- what a range may be --------------------------------------------

    def test_numbers_that_cannot_be_right(self):
        for first, last, values, text in (
            ("600000000011", "600000000025", {}, "modulo 7 makes it 600000000014"),
            ("70000000001", "700000000025", {"check_digit": "none"}, "digits, but"),
            ("7000A", "70009", {"check_digit": "none"}, "more in it than digits"),
            ("70009", "70000", {"check_digit": "none"}, "comes after"),
            ("1000000000", "9000000000", {"check_digit": "none"}, "thousand million"),
        ):
            with self.subTest(text=text), self.assertRaisesRegex(ValidationError, text):
                self.add_range(first, last, **values)

    def test_overlaps_are_refused_for_all_methods_of_the_courier(self):
        other = self.carrier.copy({"name": "CJ, cold"})
        for carrier in (self.carrier, other):
            with (
                self.assertRaisesRegex(ValidationError, "overlap"),
                self.env.cr.savepoint(),
            ):
                self.add_range("600000009991", "600000019990", carrier_id=carrier.id)
        # Another courier counts on its own.
        elsewhere = self.carrier.copy({"esm_courier_id": False})
        self.add_range("600000009991", "600000019990", carrier_id=elsewhere.id)
        self.add_range("600000010002", "600000019990")

    def test_the_rest_of_an_archived_range_can_be_entered_again(self):
        self.take(2)
        self.range.active = False
        with (
            self.assertRaisesRegex(ValidationError, "overlap"),
            self.env.cr.savepoint(),
        ):
            self.add_range(SECOND, LAST)
        self.add_range(self.range.next_number, LAST)
        self.assertEqual(self.take(1), ["600000000036"])

    def test_given_numbers_stay_what_they_are(self):
        self.take(2)
        with self.assertRaisesRegex(UserError, "only its last number"):
            self.range.first = "600000000025"
        with self.assertRaisesRegex(UserError, "Archive it"):
            self.range.unlink()
        self.range.last = "600000009980"
        with (
            self.assertRaisesRegex(ValidationError, "given away already"),
            self.env.cr.savepoint(),
        ):
            self.range.last = FIRST

    # --- they run out ---------------------------------------------------

    def test_somebody_is_told_once_before_they_run_out(self):
        self.carrier.esm_warn_below = 990
        self.take(9)
        self.assertFalse(self.carrier.esm_numbers_warning)
        self.assertFalse(self.range.activity_ids)
        self.take(1)
        self.assertIn("989 waybill numbers left", self.carrier.esm_numbers_warning)
        [activity] = self.range.activity_ids
        self.assertEqual(activity.user_id, self.gmarket.user_id)
        self.assertIn("CJ", activity.summary)
        self.take(1)
        self.assertEqual(self.range.activity_ids, activity)
        self.add_range("700000000005", "700000009996", check_digit="none")
        self.assertFalse(self.range.activity_ids)
        self.assertFalse(self.carrier.esm_numbers_warning)

    def test_the_shipping_methods_form_takes_a_range(self):
        self.range.unlink()
        with Form(self.carrier) as form, form.esm_range_ids.new() as line:
            line.first = "800000000001"
            line.last = "800000000100"
            self.assertEqual(line.digits, 12)
        self.assertEqual(self.carrier.esm_numbers_left, 100)
