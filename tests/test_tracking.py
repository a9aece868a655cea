from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import CJ, CUP, TEA
from .test_claims import ClaimsCase

NUMBER = "123456789012"


@tagged("post_install", "-at_install")
class TestTracking(ClaimsCase):
    """Tracking numbers on their way to the marketplace."""

    def number_at_esm(self, row):
        remote = self.remote(row.order_no)
        return remote.courier_code, remote.invoice_no

    # --- what is missing ------------------------------------------------

    def test_what_is_missing_is_said_before_anything_is_done(self):
        [row] = self.book(TEA)
        picking = row.sale_order_id.picking_ids
        calls = len(self.sandbox.calls)
        with self.assertRaisesRegex(UserError, "no tracking number"):
            picking.button_validate()
        picking.carrier_tracking_ref = "- "
        with self.assertRaisesRegex(UserError, "no tracking number"):
            picking.button_validate()
        picking.carrier_tracking_ref = NUMBER
        picking.carrier_id = False
        with self.assertRaisesRegex(UserError, "no shipping method"):
            picking.button_validate()
        picking.carrier_id = self.carrier.copy({"esm_courier_id": False})
        with self.assertRaisesRegex(UserError, "no marketplace courier"):
            picking.button_validate()
        picking.carrier_id.esm_courier_id = self.env["esm.courier"].search(
            [("site", "=", "auction")], limit=1
        )
        with self.assertRaisesRegex(UserError, "does not exist on this site"):
            picking.button_validate()
        self.assertNotEqual(picking.state, "done")
        self.assertEqual(len(self.sandbox.calls), calls)
        self.assertFalse(row.outbox_ids.filtered("picking_id"))

    def test_a_number_typed_after_the_validation_is_sent(self):
        """Somebody validated past the check, say in a batch of a carrier."""
        [row] = self.book(TEA)
        picking = row.sale_order_id.picking_ids
        picking.move_ids.picked = True
        picking._action_done()
        self.assertEqual((picking.esm_state, row.state), ("missing", "shipped"))
        self.assertIn("no tracking number", picking.esm_message)
        picking.carrier_tracking_ref = NUMBER
        self.assertEqual(picking.esm_state, "waiting")
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.send()
        self.assertEqual(picking.esm_state, "sent")
        self.assertEqual(self.number_at_esm(row), (CJ, NUMBER))

    def test_the_number_goes_to_each_order_of_the_parcel(self):
        rows = self.book(TEA, CUP)
        picking = self.ship(rows.sale_order_id, "1234-5678-9012")
        self.send()
        self.assertEqual(picking.esm_state, "sent")
        for row in rows:
            self.assertEqual(self.number_at_esm(row), (CJ, NUMBER))
            self.assertEqual((row.state, row.tracking_no), ("sent", NUMBER))

    # --- refused --------------------------------------------------------

    def test_a_refused_number_is_explained_and_sent_once_it_is_right(self):
        [row] = self.book(TEA, site="auction")
        picking = self.ship(row.sale_order_id, "12345")
        self.send()
        self.assertEqual(picking.esm_state, "refused")
        self.assertIn("does not fit the courier's rule", picking.esm_message)
        self.assertIn("운송장번호 규칙", picking.esm_message)
        self.assertEqual((row.state, row.problem), ("shipped", "tracking"))
        self.assertIn("does not fit", row.sale_order_id.activity_ids.note)
        picking.carrier_tracking_ref = NUMBER
        picking.action_esm_retry()
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.send()
        self.assertEqual((picking.esm_state, picking.esm_message), ("sent", False))
        self.assertEqual((row.state, row.problem), ("sent", False))
        self.assertFalse(row.sale_order_id.activity_ids)
        self.assertEqual(self.number_at_esm(row), (CJ, NUMBER))

    def test_retry_without_a_number_says_so(self):
        [row] = self.book(TEA, site="auction")
        picking = self.ship(row.sale_order_id, "12345")
        self.send()
        picking.carrier_tracking_ref = False
        with self.assertRaisesRegex(UserError, "no tracking number"):
            picking.action_esm_retry()

    def test_a_confirmation_in_progress_is_waited_for(self):
        self.sandbox.faults.add("unconfirmed_delay", "OrderCheck", seconds=10)
        [row] = self.book(TEA)
        picking = self.ship(row.sale_order_id)
        self.send()
        self.assertEqual(picking.esm_state, "waiting")
        self.assertFalse(row.problem)
        self.sandbox.advance(11)
        self.later()
        self.send()
        self.assertEqual(picking.esm_state, "sent")

    def test_goods_that_left_before_the_confirmation(self):
        self.gmarket.auto_acknowledge = False
        [number] = self.place(TEA)
        self.run_cycle()
        row = self.rows(number)
        row.sale_order_id.action_confirm()
        picking = self.ship(row.sale_order_id)
        self.send()
        self.assertEqual(picking.esm_state, "sent")
        self.assertEqual(self.remote(number).confirmations, 1)
        self.assertEqual(self.number_at_esm(row), (CJ, NUMBER))

    def test_only_the_step_that_leaves_the_house_needs_a_number(self):
        self.warehouse.delivery_steps = "pick_ship"
        [row] = self.book(TEA)
        order = row.sale_order_id
        pick = order.picking_ids
        self.assertNotEqual(pick.picking_type_code, "outgoing")
        pick.button_validate()
        self.assertEqual(row.state, "released")
        ship = order.picking_ids - pick
        self.assertEqual(ship.esm_order_numbers, row.order_no)
        with self.assertRaisesRegex(UserError, "no tracking number"):
            ship.button_validate()
        self.ship(order)
        self.send()
        self.assertEqual((ship.esm_state, pick.esm_state), ("sent", False))
        self.assertEqual((row.state, row.tracking_no), ("sent", NUMBER))

    def test_goods_that_are_cancelled_between_picking_and_shipping(self):
        self.warehouse.delivery_steps = "pick_ship"
        first, second = self.book(TEA, CUP)
        order = first.sale_order_id
        pick = order.picking_ids
        pick.button_validate()
        self.sandbox.cancel(int(first.order_no))
        self.sandbox.approve_cancel(int(first.order_no))
        self.run_cycle()
        self.assertEqual((first.state, first.problem), ("cancelled", False))
        ship = order.picking_ids - pick
        live = ship.move_ids.filtered(lambda move: move.state != "cancel")
        self.assertEqual(live.product_id, self.cup)
        self.assertIn("put them back", order.message_ids[1].body)
        self.assertEqual(order.picking_ids, pick | ship)
        self.ship(order)
        self.send()
        self.assertEqual(second.state, "sent")

    # --- another number -------------------------------------------------

    def test_a_number_is_replaced(self):
        rows = self.book(TEA, CUP)
        picking = self.ship(rows.sale_order_id)
        self.send()
        self.assertFalse(picking.esm_can_replace)
        picking.carrier_tracking_ref = "222222222222"
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.send()
        # Only a person replaces what the buyer has been told.
        self.assertEqual(self.number_at_esm(rows[0]), (CJ, NUMBER))
        self.assertTrue(picking.esm_can_replace)
        picking.action_esm_replace()
        self.assertIn("222222222222", picking.message_ids[0].body)
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.send()
        for row in rows:
            self.assertEqual(self.number_at_esm(row), (CJ, "222222222222"))
            self.assertEqual(len(self.remote(row.order_no).invoices), 2)
        self.assertEqual(picking.esm_state, "sent")
        self.assertFalse(picking.esm_can_replace)

    def test_the_first_parcel_counts(self):
        item = {**TEA, "quantity": 5}
        [row] = self.book(item)
        order = row.sale_order_id
        first = order.picking_ids
        first.move_ids.quantity = 2
        first.carrier_tracking_ref = NUMBER
        first.with_context(skip_backorder=True).button_validate()
        second = order.picking_ids - first
        self.assertEqual(second.move_ids.product_uom_qty, 3)
        second.carrier_tracking_ref = "222222222222"
        second.button_validate()
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.assertEqual(row.outbox_ids.filtered("picking_id").picking_id, first)
        self.send()
        self.assertEqual(self.number_at_esm(row), (CJ, NUMBER))
        self.assertEqual(len(self.remote(row.order_no).invoices), 1)
        self.assertEqual(first.esm_state, "sent")
        self.assertFalse(second.esm_state)
        self.assertEqual(row.state, "sent")

    def test_a_second_parcel_after_the_first_number_is_sent(self):
        [row] = self.book({**TEA, "quantity": 5})
        order = row.sale_order_id
        first = order.picking_ids
        first.move_ids.quantity = 2
        first.carrier_tracking_ref = NUMBER
        first.with_context(skip_backorder=True).button_validate()
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.send()
        self.assertEqual(row.state, "sent")
        self.ship(order, "222222222222")
        self.send()
        self.assertEqual(self.number_at_esm(row), (CJ, NUMBER))
        self.assertEqual(row.state, "sent")

    def test_a_backorder_with_other_goods_has_its_own_number(self):
        first, second = self.book(TEA, CUP)
        order = first.sale_order_id
        picking = order.picking_ids
        for move in picking.move_ids:
            move.quantity = 1 if move.product_id == self.tea else 0
        picking.carrier_tracking_ref = NUMBER
        picking.with_context(skip_backorder=True).button_validate()
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.send()
        self.assertEqual((first.state, second.state), ("sent", "released"))
        self.assertEqual(self.remote(second.order_no).invoices, [])
        self.ship(order, "222222222222")
        self.send()
        self.assertEqual(self.number_at_esm(first), (CJ, NUMBER))
        self.assertEqual(self.number_at_esm(second), (CJ, "222222222222"))

    # --- entered in ESM Plus by hand ------------------------------------

    def test_the_same_number_entered_by_hand_counts_as_sent(self):
        [row] = self.book(TEA)
        self.sandbox.dispatch(int(row.order_no), CJ, NUMBER)
        self.run_cycle()
        self.assertEqual(row.problem, "elsewhere")
        picking = self.ship(row.sale_order_id)
        self.send()
        self.assertEqual((picking.esm_state, row.state), ("sent", "sent"))
        self.assertFalse(row.problem)
        self.assertEqual(len(self.remote(row.order_no).invoices), 1)

    def test_another_number_entered_by_hand_is_shown_and_replaced_on_request(self):
        [row] = self.book(TEA)
        self.sandbox.dispatch(int(row.order_no), CJ, "999999999999")
        picking = self.ship(row.sale_order_id)
        self.send()
        self.assertEqual(picking.esm_state, "refused")
        self.assertIn("999999999999", picking.esm_message)
        self.assertIn(NUMBER, picking.esm_message)
        self.assertEqual(self.number_at_esm(row), (CJ, "999999999999"))
        picking.action_esm_retry()
        self.send()
        self.assertEqual(self.number_at_esm(row), (CJ, "999999999999"))
        self.assertTrue(picking.esm_can_replace)
        picking.action_esm_replace()
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.send()
        self.assertEqual(self.number_at_esm(row), (CJ, NUMBER))
        self.assertEqual((picking.esm_state, row.problem), ("sent", False))

    def test_a_delivered_order_cannot_be_changed(self):
        [row] = self.book(TEA)
        self.sandbox.dispatch(int(row.order_no), CJ, "999999999999")
        self.sandbox.mark_delivered(int(row.order_no))
        picking = self.ship(row.sale_order_id)
        self.send()
        self.assertEqual(picking.esm_state, "refused")
        self.assertIn("counts as delivered", picking.esm_message)
