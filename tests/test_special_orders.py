from datetime import datetime, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from .common import CUP, TEA
from .test_claims import ClaimsCase

SLOT = {
    "gmarket": {
        "BranchCode": 12,
        "DeliverySlotId": 345,
        "AllocationStartDate": "2026-06-09T14:00:00",
        "AllocationEndDate": "2026-06-09T16:00:00",
    },
    "auction": {"BranchCode": 12, "AllocationDate": "2026-06-09T14:00:00"},
}


@tagged("post_install", "-at_install")
class TestSpecialOrders(ClaimsCase):
    """Overseas, same-day, star delivery and gift orders are recognised and shown."""

    def shown(self, rows):
        """What order, sales order and delivery call special."""
        order = rows.sale_order_id
        return (rows[0].special, order.esm_special, order.picking_ids.esm_special)

    def found(self, row, name):
        """Whether the filters of that name find the order and its delivery."""
        found = []
        for record, view, prefix in (
            (row, "sale_esm.esm_order_view_search", ""),
            (
                row.sale_order_id.picking_ids,
                "sale_esm.stock_picking_view_search",
                "esm_",
            ),
        ):
            arch = record.get_view(self.env.ref(view).id, "search")["arch"]
            domain = arch.split(f'name="{prefix}{name}"')[1].split('domain="')[1]
            domain = domain.split('"')[0].replace("&amp;", "&")
            found.append(bool(record.filtered_domain(safe_eval(domain))))
        self.assertEqual(len(set(found)), 1)
        return found[0]

    def test_usual_orders_are_not_special(self):
        rows = self.book(TEA, CUP)
        self.assertEqual(self.shown(rows), (False, False, False))
        picking = rows.sale_order_id.picking_ids
        self.assertFalse(picking.esm_overseas_bundle_no)
        self.assertFalse(picking.esm_customs_code)
        for name in ("overseas", "same_day", "star", "gift"):
            self.assertFalse(self.found(rows[0], name))

    def test_overseas(self):
        rows = self.book(TEA, CUP, overseas=True, memo="0000006001")
        picking = rows.sale_order_id.picking_ids
        self.assertEqual(self.shown(rows), ("Overseas",) * 3)
        self.assertTrue(self.found(rows[0], "overseas"))
        self.assertEqual(picking.esm_overseas_bundle_no, "0000006001")
        # It is no word of the buyer to the courier.
        self.assertFalse(picking.esm_memo)

    def test_goods_that_come_from_overseas(self):
        """The customs code is personal: for those who ship."""
        [row] = self.book(TEA, customs_code="P000000000000")
        picking = row.sale_order_id.picking_ids
        self.assertFalse(row.special)
        user = new_test_user(self.env, "packer", groups="stock.group_stock_user")
        self.assertEqual(picking.with_user(user).esm_customs_code, "P000000000000")
        seller = new_test_user(
            self.env, "seller", groups="sales_team.group_sale_salesman"
        )
        self.assertNotIn("esm_customs_code", picking.with_user(seller).fields_get())
        with self.assertRaises(AccessError):
            picking.with_user(seller).read(["esm_customs_code"])

    def test_same_day_delivery_has_a_slot(self):
        for site, slot in SLOT.items():
            with self.subTest(site):
                [row] = self.book({**TEA, "raw": slot}, site=site)
                self.assertEqual(self.shown(row), ("Same-day delivery",) * 3)
                self.assertTrue(self.found(row, "same_day"))
                self.assertEqual(row.arrival_from, datetime(2026, 6, 9, 5))
                end = timedelta(hours=2 if site == "gmarket" else 0)
                self.assertEqual(row.arrival_until - row.arrival_from, end)

    def test_same_day_dispatch(self):
        [row] = self.book(TEA, trans_type="A")
        self.assertEqual(self.shown(row), ("Same-day dispatch",) * 3)
        self.assertTrue(self.found(row, "same_day"))
        self.assertFalse(row.arrival_until)

    def test_star_delivery_has_a_promised_day(self):
        item = {**TEA, "raw": {"ArrivalScheduledDate": "2026-06-10T23:59:59"}}
        [row] = self.book(item, distribution="SL")
        self.assertEqual(self.shown(row), ("Star delivery",) * 3)
        self.assertTrue(self.found(row, "star"))
        self.assertEqual(row.arrival_until, datetime(2026, 6, 10, 14, 59, 59))

    def test_a_gift_is_shown_once_its_receiver_has_accepted_it(self):
        self.sandbox.strict.waiting_gifts_by_payment = True
        self.addCleanup(self.sandbox.strict.update, waiting_gifts_by_payment=False)
        [number] = self.place(TEA, gift=True)
        self.run_cycle()
        row = self.rows(number)
        self.assertEqual((row.state, row.special), ("received", "Gift"))
        self.assertFalse(row.sale_order_id)
        self.sandbox.accept_gift(int(number))
        self.later()
        self.run_cycle()
        self.assertEqual(row.state, "released")
        self.assertEqual(self.shown(row), ("Gift",) * 3)
        self.assertTrue(self.found(row, "gift"))

    def test_a_gift_goes_on_by_itself_when_its_address_comes(self):
        self.sandbox.strict.waiting_gifts_by_payment = True
        self.addCleanup(self.sandbox.strict.update, waiting_gifts_by_payment=False)
        numbers = self.place(TEA, gift=True)
        self.run_cycle()
        row = self.rows(*numbers)
        # There is nothing that could be printed or validated.
        self.assertEqual(row.problem, "address")
        self.assertFalse(row.sale_order_id)
        self.sandbox.accept_gift(
            int(row.order_no), zip_code="00003", front="서울특별시 가상구 3", back="3호"
        )
        self.later()
        self.run_cycle()
        picking = row.sale_order_id.picking_ids
        picking.carrier_tracking_ref = "123456789012"
        picking.action_esm_print_waybill()
        [label] = picking._esm_labels()
        self.assertIn("가상구 3", label["address"])
        picking.button_validate()
        self.assertEqual(picking.state, "done")

    def test_a_gift_that_lost_its_address_does_not_leave(self):
        """The confirmation says that the gift waits, after it was booked by hand."""
        [row] = self.book(TEA)
        row._set_problem("address", row._address_problem_text())
        picking = row.sale_order_id.picking_ids
        picking.invalidate_recordset()
        self.assertIn(row.order_no, picking.esm_stop_text)
        picking.carrier_tracking_ref = "123456789012"
        user = new_test_user(self.env, "packer", groups="stock.group_stock_user")
        with self.assertRaisesRegex(UserError, row.order_no):
            picking.with_user(user).action_esm_print_waybill()
        picking.with_user(user).button_validate()
        self.assertEqual(picking.state, "assigned")
        # A manager cannot send it either: nobody knows where it goes.
        manager = new_test_user(
            self.env, "head", groups="stock.group_stock_user,sale_esm.group_manager"
        )
        action = picking.with_user(manager).button_validate()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(wizard.forced_count, 0)
        wizard.with_user(manager).action_validate_all()
        self.assertEqual(picking.state, "assigned")

    def test_a_parcel_of_several_kinds_names_all(self):
        numbers = self.place(TEA, CUP, trans_type="A", overseas=True)
        self.run_cycle()
        rows = self.rows(*numbers)
        self.assertEqual(self.shown(rows), ("Overseas, Same-day dispatch",) * 3)
