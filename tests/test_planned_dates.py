from datetime import date, timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .common import CUP, TEA
from .test_deadlines import DeadlineCase


class PlannedCase(DeadlineCase):
    def wizard(self, rows, days=5, **values):
        """The wizard as a warehouse user fills it in."""
        user = self.env["res.users"].search([("login", "=", "packer")]) or (
            new_test_user(self.env, "packer", groups="stock.group_stock_user")
        )
        action = rows.with_user(user).action_expected_date()
        wizard = self.env["esm.expected.date"].with_user(user).browse(action["res_id"])
        wizard.write({"expected_date": self.today() + timedelta(days=days), **values})
        return wizard

    def plan(self, rows, **values):
        self.wizard(rows, **values).action_plan()
        self.env.cr.commit()  # pylint: disable=invalid-commit
        return rows.outbox_ids.filtered(lambda m: m.action == "expected")

    def planned_at_esm(self, row):
        return self.remote(row.order_no).planned_date

    def calls_of(self, name):
        return [call for call in self.sandbox.calls if call.endpoint == name]


@tagged("post_install", "-at_install")
class TestPlannedDates(PlannedCase):
    """Planned ship dates (발송예정일) on their way to the marketplace."""

    def test_the_marketplace_is_told_and_it_is_shown(self):
        rows = self.told(TEA, CUP)
        order = rows.sale_order_id
        messages = self.plan(rows, reason="buyer", detail="이사 후 받기를\n원함")
        self.assertEqual(messages.mapped("state"), ["waiting", "waiting"])
        self.assertFalse(any(rows.mapped("expected_date")))
        self.send()
        day = self.today() + timedelta(days=5)
        self.assertEqual(messages.mapped("state"), ["sent", "sent"])
        for row in rows:
            self.assertEqual(self.planned_at_esm(row), day)
            self.assertEqual(row.expected_date, day)
        self.assertEqual(order.picking_ids.esm_expected_date, day)
        # What the warehouse sees as sending state is that of the number alone.
        self.assertFalse(order.picking_ids.esm_state)
        self.ship(order)
        self.send()
        self.assertEqual(rows.mapped("state"), ["sent", "sent"])

    def test_it_is_told_from_the_delivery(self):
        rows = self.told(TEA, CUP)
        action = rows.sale_order_id.picking_ids.action_esm_expected_date()
        wizard = self.env["esm.expected.date"].browse(action["res_id"])
        self.assertEqual(wizard.allowed_ids, rows)
        self.assertEqual(wizard.expected_date, self.today() + timedelta(days=1))
        with self.assertRaisesRegex(UserError, "no marketplace order"):
            self.env["stock.picking"].action_esm_expected_date()

    def test_it_works_once_for_each_order(self):
        [first] = self.told(TEA)
        [second] = self.told(CUP)
        self.plan(first)
        wizard = self.wizard(first | second)
        self.assertEqual(wizard.allowed_ids, second)
        self.assertIn(first.order_no, wizard.skipped_text)
        self.assertIn("on its way already", wizard.skipped_text)
        self.send()
        wizard = self.wizard(first | second, days=9)
        self.assertEqual(wizard.allowed_ids, second)
        self.assertIn("takes it once", wizard.skipped_text)
        wizard.action_plan()
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.send()
        with self.assertRaisesRegex(UserError, "takes it once"):
            self.wizard(first | second, days=20).action_plan()
        self.assertEqual(self.planned_at_esm(first), self.today() + timedelta(days=5))
        self.assertEqual(self.planned_at_esm(second), self.today() + timedelta(days=9))
        self.assertEqual(len(self.calls_of("ShippingExpectedDate")), 2)

    def test_limits_are_said_before_anything_is_sent(self):
        [row] = self.told(TEA)
        for days in (0, -1, 91):
            with self.assertRaisesRegex(UserError, "Choose another day"):
                self.wizard(row, days=days).action_plan()
        with self.assertRaisesRegex(UserError, "Shorten it by 2"):
            self.wizard(row, detail="가" * 151).action_plan()
        self.assertFalse(row.outbox_ids.filtered(lambda m: m.action == "expected"))
        for days, detail in ((1, "가" * 150), (90, "a" * 300)):
            [row] = self.told(TEA)
            self.plan(row, days=days, detail=detail)
            self.send()
            self.assertEqual(row.expected_date, self.today() + timedelta(days=days))

    def test_shipped_and_cancelled_orders_are_left_out(self):
        [shipped] = self.told(TEA)
        [cancelled] = self.told(CUP)
        self.ship(shipped.sale_order_id)
        self.send()
        self.sandbox.cancel(int(cancelled.order_no))
        self.run_cycle()
        wizard = self.wizard(shipped | cancelled)
        self.assertFalse(wizard.allowed_ids)
        for row in shipped | cancelled:
            self.assertIn(row.order_no, wizard.skipped_text)

    # --- refused --------------------------------------------------------

    def test_a_refusal_is_said_and_another_date_may_be_told(self):
        """Somebody planned it in ESM Plus: we cannot know the day."""
        [row] = self.told(TEA)
        self.remote(row.order_no).planned_date = date(2027, 1, 1)
        message = self.plan(row)
        self.send()
        self.assertEqual((message.state, row.problem), ("refused", "delay"))
        self.assertIn("발송 지연할 수 없습니다", row.problem_text)
        self.assertIn("already", row.problem_text)
        self.assertFalse(row.expected_date)
        self.assertIn("already", row.sale_order_id.activity_ids.note)
        self.remote(row.order_no).planned_date = None
        self.plan(row, days=7)
        self.send()
        self.assertEqual((message.state, row.problem), ("sent", False))
        self.assertEqual(self.planned_at_esm(row), self.today() + timedelta(days=7))

    def test_a_refused_date_stops_no_parcel(self):
        [row] = self.told(TEA)
        self.remote(row.order_no).planned_date = date(2027, 1, 1)
        self.plan(row)
        self.send()
        self.assertEqual(row.problem, "delay")
        self.ship(row.sale_order_id)
        self.send()
        self.assertEqual((row.state, row.problem), ("sent", False))
        self.assertFalse(row.sale_order_id.activity_ids)

    def test_a_refused_date_is_closed_by_hand(self):
        [row] = self.told(TEA)
        self.remote(row.order_no).planned_date = date(2027, 1, 1)
        self.plan(row)
        self.send()
        row.action_handled()
        self.assertFalse(row.problem)

    def test_shipped_meanwhile_there_is_nothing_to_plan(self):
        [row] = self.told(TEA)
        message = self.plan(row)
        self.post_invoice(row)
        self.send()
        self.assertEqual(message.state, "withdrawn")
        self.assertIn("nothing to plan", message.message)
        self.assertFalse(row.problem)

    def test_another_date_after_one_that_was_tried_and_withdrawn(self):
        """What the marketplace has then is the first date, not the second one."""
        [row] = self.told(TEA)
        self.sandbox.faults.add("drop_after_effect", "ShippingExpectedDate")
        message = self.plan(row)
        self.send()
        self.assertEqual((message.state, message.tried), ("waiting", True))
        message._withdraw()
        self.plan(row, days=9)
        self.send()
        self.assertEqual((message.state, row.problem), ("refused", "delay"))
        self.assertFalse(row.expected_date)
        self.assertEqual(self.planned_at_esm(row), self.today() + timedelta(days=5))

    def post_invoice(self, row):
        """Somebody enters a number in ESM Plus."""
        api = row.shop_id._api()
        api.delivery.ship(row.order_no, 10013, "123456789012")

    def test_a_date_that_has_passed_before_it_could_be_sent(self):
        [row] = self.told(TEA)
        message = self.plan(row, days=1)
        message.values = {**message.values, "date": self.today().isoformat()}
        self.send()
        self.assertEqual((message.state, row.problem), ("refused", "delay"))
        self.assertFalse(self.calls_of("ShippingExpectedDate"))
        self.assertIn("from tomorrow", message.message)

    # --- lost answers ---------------------------------------------------

    def test_a_lost_answer_is_settled_by_the_second_try(self):
        """ESM took the date, whether it takes it again or refuses it."""
        self.addCleanup(self.sandbox.strict.update, second_planned_date="refuse")
        for second in ("refuse", "accept"):
            with self.subTest(second):
                self.sandbox.strict.second_planned_date = second
                [row] = self.told(TEA)
                self.sandbox.faults.add("drop_after_effect", "ShippingExpectedDate")
                message = self.plan(row)
                self.send()
                self.assertEqual(message.state, "waiting")
                self.assertTrue(self.planned_at_esm(row))
                self.later()
                self.send()
                self.assertEqual(message.state, "sent")
                self.assertEqual(row.expected_date, self.planned_at_esm(row))
                self.assertFalse(row.problem)

    def test_a_call_that_never_arrived_is_repeated(self):
        [row] = self.told(TEA)
        self.sandbox.faults.add("503", "ShippingExpectedDate")
        message = self.plan(row)
        self.send()
        self.assertEqual(message.state, "waiting")
        self.later()
        self.send()
        self.assertEqual(message.state, "sent")
        self.assertEqual(row.expected_date, self.planned_at_esm(row))

    def test_a_lost_answer_and_a_parcel_meanwhile(self):
        [row] = self.told(TEA)
        self.sandbox.faults.add("drop_after_effect", "ShippingExpectedDate")
        message = self.plan(row)
        self.send()
        self.post_invoice(row)
        self.later()
        self.send()
        self.assertEqual(message.state, "withdrawn")
        self.assertEqual(len(self.calls_of("ShippingExpectedDate")), 1)

    def test_killed_between_the_call_and_the_note_of_its_answer(self):
        [row] = self.told(TEA)
        message = self.plan(row)
        done = type(message)._note_expected
        crash = RuntimeError("killed")

        def killed(outbox, text=False):
            raise crash

        self.patch(type(message), "_note_expected", killed)
        with self.assertLogs("odoo.addons.sale_esm", "ERROR"):
            self.send()
        self.assertEqual((message.state, message.tried), ("waiting", True))
        self.assertTrue(self.planned_at_esm(row))
        self.patch(type(message), "_note_expected", done)
        self.send()
        self.assertEqual(message.state, "sent")
        self.assertEqual(row.expected_date, self.planned_at_esm(row))
        self.assertEqual(row.expected_date, fields.Date.to_date(message.values["date"]))
