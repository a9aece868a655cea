from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..sandbox import ALL_PERMISSIONS
from .common import AUCTION, CUP, GMARKET, MASTER, SECRET, TEA, migrate
from .test_claims import ClaimsCase

DIRECT = 10032  # (G마켓)자체배송


class ShippedCase(ClaimsCase):
    def shipped(self, *items, courier=None, **options):
        """Orders whose tracking number the marketplace has."""
        rows = self.book(*items, **options)
        if courier:
            self.env["esm.courier"].search([("code", "=", courier)]).ensure_one()
            rows.sale_order_id.picking_ids.carrier_id = self.carrier.copy(
                {
                    "esm_courier_id": self.env["esm.courier"]
                    .search([("code", "=", courier)])
                    .id
                }
            )
        self.ship(rows.sale_order_id)
        self.send()
        self.assertEqual(rows.mapped("market_status"), ["in_delivery"] * len(rows))
        return rows

    def read_states(self):
        self.env["esm.shop"].search([]).states_read_at = False
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.env["esm.shop"]._cron_states()
        self.env.invalidate_all()

    def calls_of(self, name):
        return [call for call in self.sandbox.calls if call.endpoint == name]


@tagged("post_install", "-at_install")
class TestArrivals(ShippedCase):
    """How far the parcels have come, as the marketplace tells it."""

    def test_delivered_and_decided_are_shown_everywhere(self):
        for site in ("gmarket", "auction"):
            with self.subTest(site):
                rows = self.shipped(TEA, CUP, site=site)
                order = rows.sale_order_id
                picking = order.picking_ids
                shown = (order, picking)
                self.assertEqual(
                    [record.esm_market_status for record in shown], ["in_delivery"] * 2
                )
                self.sandbox.mark_delivered(int(rows[0].order_no))
                self.read_states()
                self.assertEqual(
                    rows.mapped("market_status"), ["delivered", "in_delivery"]
                )
                # A delivery is as far as the order that is behind.
                self.assertEqual(picking.esm_market_status, "in_delivery")
                self.sandbox.mark_delivered(int(rows[1].order_no))
                self.sandbox.decide(int(rows[0].order_no))
                self.read_states()
                self.assertEqual(rows.mapped("market_status"), ["decided", "delivered"])
                self.assertEqual(
                    [record.esm_market_status for record in shown], ["delivered"] * 2
                )
                self.assertTrue(rows[0].market_status_at)
                self.assertEqual(rows.mapped("state"), ["sent", "sent"])

    @mute_logger("odoo.addons.sale_esm.models.esm_shop_states")
    def test_one_that_cannot_be_noted_stops_no_other(self):
        rows = self.shipped(TEA) | self.shipped(TEA) | self.shipped(TEA)
        for number in rows.mapped("order_no"):
            self.sandbox.mark_delivered(int(number))
        apply, bad = type(rows)._apply_arrival, rows[1].order_no

        def fail(row, state):
            if row.order_no == bad:
                raise ValueError
            return apply(row, state)

        with patch.object(type(rows), "_apply_arrival", fail):
            self.read_states()
        delivered, moving = ["delivered"], ["in_delivery"]
        self.assertEqual(rows.mapped("market_status"), delivered + moving + delivered)
        self.assertFalse(rows.shop_id.states_read_at)  # it is read again
        self.read_states()
        self.assertEqual(rows.mapped("market_status"), delivered * 3)

    def test_few_calls_whatever_the_number_of_parcels(self):
        numbers = []
        for _parcel in range(6):
            numbers += self.shipped(TEA).mapped("order_no")
        for number in numbers:
            self.sandbox.mark_delivered(int(number))
        before = len(self.calls_of("GetDeliveryStatus"))
        self.read_states()
        first = len(self.calls_of("GetDeliveryStatus")) - before
        self.assertEqual(
            set(self.rows(*numbers).mapped("market_status")), {"delivered"}
        )
        # Two searches, of a month at first, in pieces of six days for each shop.
        self.assertLessEqual(first, 2 * 2 * 2 * 6)
        before = len(self.calls_of("GetDeliveryStatus"))
        self.env["esm.shop"].search([]).states_read_at = (
            fields.Datetime.now() - timedelta(hours=2)
        )
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.env["esm.shop"]._cron_states()
        later = len(self.calls_of("GetDeliveryStatus")) - before
        # Per shop and search: what there is, and the empty page that ends it.
        self.assertLessEqual(later, 2 * 2 * 2)

    def test_unchanged_is_not_written(self):
        [row] = self.shipped(TEA)
        self.sandbox.mark_delivered(int(row.order_no))
        self.read_states()
        self.assertEqual(row.market_status, "delivered")
        with patch.object(type(row), "write", side_effect=AssertionError("written")):
            self.read_states()

    def test_it_only_goes_forwards(self):
        [row] = self.shipped(TEA)
        self.sandbox.mark_delivered(int(row.order_no))
        state = row.shop_id._api().delivery.status(row.order_no)
        self.assertTrue(row._apply_arrival(state))
        row.market_status = "decided"
        self.assertFalse(row._apply_arrival(state))
        self.assertEqual(row.market_status, "decided")
        row.market_status = "cancel"
        self.assertFalse(row._apply_arrival(state))

    def test_a_list_that_was_read_before_takes_nothing_back(self):
        """A collection reads page by page, and stores all of them in the end."""
        [number] = self.place(TEA)
        store = type(self.env["esm.order"])._store

        def ship_meanwhile(Order, shop, orders, foreign=None):
            rows = self.rows(number)
            if rows.state == "released":
                self.ship(rows.sale_order_id)
                self.send()
            return store(Order, shop, orders, foreign)

        self.run_cycle()
        with patch.object(type(self.env["esm.order"]), "_store", ship_meanwhile):
            self.run_cycle()
        row = self.rows(number)
        self.assertEqual((row.state, row.market_status), ("sent", "in_delivery"))
        self.sandbox.mark_delivered(int(number))
        self.read_states()
        self.assertEqual(row.market_status, "delivered")

    def test_what_such_a_list_has_taken_back_comes_again(self):
        """Orders of an older version of the addon."""
        rows = self.shipped(TEA) | self.shipped(TEA)
        self.read_states()
        rows.market_status = "preparing"
        self.env.flush_all()
        self.assertTrue(rows.shop_id.states_read_at)
        migrate(self.env.cr, "post-mend-status")
        self.env.invalidate_all()
        self.assertFalse(rows.shop_id.states_read_at)
        self.assertEqual(rows.mapped("market_status"), ["in_delivery"] * 2)
        rows.market_status = "preparing"
        self.sandbox.mark_delivered(int(rows[0].order_no))
        self.read_states()
        self.assertEqual(rows.mapped("market_status"), ["delivered", "preparing"])

    def test_parcels_of_others_and_claims_are_left_alone(self):
        """Shipped in ESM Plus: the collecting job sets such an order aside."""
        [row] = self.book(TEA)
        row.shop_id._api().delivery.ship(row.order_no, 10013, "123456789012")
        self.sandbox.mark_delivered(int(row.order_no))
        self.read_states()
        self.assertEqual(row.market_status, "preparing")
        [returned] = self.shipped(CUP)
        self.sandbox.mark_delivered(int(returned.order_no))
        self.sandbox.request_return(int(returned.order_no))
        self.read_states()
        self.assertEqual(returned.market_status, "in_delivery")

    def test_a_shop_without_key_is_no_error_of_the_server(self):
        """Its collection says so on the shop."""
        self.gmarket.account_id.sudo().secret_key = False
        self.gmarket.states_read_at = False
        self.env["esm.shop"]._cron_states()
        self.assertFalse(self.gmarket.states_read_at)

    def test_trouble_is_said_on_the_shop_and_the_next_run_reads_all(self):
        [row] = self.shipped(TEA)
        self.sandbox.mark_delivered(int(row.order_no))
        self.sandbox.faults.add("502", "GetDeliveryStatus", times=None)
        self.addCleanup(self.sandbox.faults.clear)
        self.read_states()
        self.assertEqual(row.market_status, "in_delivery")
        self.assertEqual(self.gmarket.connection_state, "problem")
        self.assertFalse(self.gmarket.states_read_at)
        self.sandbox.faults.clear()
        self.env["esm.shop"]._cron_states()
        self.env.invalidate_all()
        self.assertEqual(row.market_status, "delivered")
        self.assertTrue(self.gmarket.states_read_at)


@tagged("post_install", "-at_install")
class TestMarkDelivered(ShippedCase):
    """Direct delivery: the seller says that it has arrived."""

    def permit(self):
        self.sandbox.add_account(
            MASTER,
            SECRET,
            gmarket=[GMARKET],
            auction=[AUCTION],
            permissions=ALL_PERMISSIONS,
        )
        self.addCleanup(
            self.sandbox.add_account,
            *(MASTER, SECRET),
            gmarket=[GMARKET],
            auction=[AUCTION],
        )

    def mark(self, rows):
        user = new_test_user(self.env, "packer", groups="stock.group_stock_user")
        picking = rows.sale_order_id.picking_ids.with_user(user)
        self.assertTrue(picking.esm_can_mark_delivered)
        picking.action_esm_mark_delivered()
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.send()
        return rows.outbox_ids.filtered(lambda m: m.action == "delivered")

    def test_it_counts_as_delivered_at_the_marketplace(self):
        self.permit()
        rows = self.shipped(TEA, CUP, courier=DIRECT)
        messages = self.mark(rows)
        self.assertEqual(messages.mapped("state"), ["sent", "sent"])
        self.assertEqual(rows.mapped("market_status"), ["delivered", "delivered"])
        self.assertTrue(all(rows.mapped("market_status_at")))
        for row in rows:
            self.assertEqual(str(self.remote(row.order_no).state.value), "delivered")
        picking = rows.sale_order_id.picking_ids
        self.assertFalse(picking.esm_can_mark_delivered)
        self.assertEqual(picking.esm_state, "sent")

    def test_tracked_parcels_arrive_by_themselves(self):
        [row] = self.shipped(TEA)
        self.assertFalse(row.can_mark_delivered)
        with self.assertRaisesRegex(UserError, "arrive by themselves"):
            row.action_mark_delivered()

    def test_a_missing_permission_is_said_and_stops_nothing_else(self):
        [row] = self.shipped(TEA, courier=DIRECT)
        [other] = self.book(CUP)
        message = self.mark(row)
        self.assertEqual((message.state, row.market_status), ("refused", "in_delivery"))
        self.assertIn("AddShippingCompleteInfo", message.message)
        self.assertIn(row.order_no, message.message)
        self.assertFalse(row.problem)
        self.assertNotEqual(self.gmarket.connection_state, "refused")
        self.ship(other.sale_order_id)
        self.send()
        self.assertEqual(other.state, "sent")
        # ESM grants it later.
        self.permit()
        message.action_retry()
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.send()
        self.assertEqual((message.state, row.market_status), ("sent", "delivered"))

    def test_delivered_already_is_success(self):
        self.permit()
        [row] = self.shipped(TEA, courier=DIRECT)
        self.sandbox.mark_delivered(int(row.order_no))
        message = self.mark(row)
        self.assertEqual((message.state, row.market_status), ("sent", "delivered"))
        self.assertFalse(self.calls_of("AddShippingCompleteInfo"))

    def test_a_lost_answer(self):
        self.permit()
        self.sandbox.faults.add("drop_after_effect", "AddShippingCompleteInfo")
        [row] = self.shipped(TEA, courier=DIRECT)
        message = self.mark(row)
        self.assertEqual((message.state, row.market_status), ("waiting", "in_delivery"))
        self.later()
        self.send()
        self.assertEqual((message.state, row.market_status), ("sent", "delivered"))
        self.assertEqual(len(self.calls_of("AddShippingCompleteInfo")), 1)

    def test_a_claim_stands_in_the_way(self):
        self.permit()
        [row] = self.shipped(TEA, courier=DIRECT)
        self.sandbox.report_non_receipt(int(row.order_no))
        message = self.mark(row)
        self.assertEqual(message.state, "refused")
        self.assertIn("not in delivery", message.message)
        self.assertFalse(row.problem)
