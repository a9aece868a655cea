"""What a delivery shows follows from several orders, whoever works on each of them."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .test_bundle_workers import DeliveryWorkersCase
from .test_cancel_workers import Interrupted


@tagged("post_install", "-at_install")
class TestDeliveryWorkers(Interrupted, DeliveryWorkersCase):
    """Each sees the other's order as it was before: the delivery must not stay so."""

    def setUp(self):
        super().setUp()
        self.numbers = self.place(1000, 2000)
        with self.worker() as env:
            self.shop(env)._run_cycle()
            rows = self.rows(env, *self.numbers)
            picking = rows.sale_order_id.picking_ids
            picking.carrier_tracking_ref = "880000000001"
            picking.with_context(esm_no_window=True).button_validate()
            self.picking_id = picking.id
            self.assertEqual(rows.outbox_ids.mapped("picking_id"), picking)
            self.assertEqual((picking.esm_state, picking.esm_open), ("waiting", True))

    def send(self, number):
        with self.worker() as env:
            shop = self.shop(env)._as_job()
            message = self.rows(shop.env, number).outbox_ids.filtered(
                lambda message: message.action == "ship"
            )
            message._send_alone(shop, shop._api(), [])

    def shown(self):
        with self.worker() as env:
            picking = env["stock.picking"].browse(self.picking_id)
            return picking.esm_state, picking.esm_open

    def test_two_numbers_are_sent_at_once(self):
        one, other = self.numbers
        self.interrupted(
            lambda: self.send(one), "esm.outbox", "_done", lambda: self.send(other)
        )
        with self.worker() as env:
            self.assertEqual(self.rows(env, one, other).mapped("state"), ["sent"] * 2)
        # The slower one started over, and found its number at the marketplace.
        self.assertEqual(self.calls("ShippingInfo"), 2)
        self.assertEqual(self.shown(), ("sent", False))

    def test_two_deadlines_are_moved_at_once(self):
        """No message is written here."""
        later = fields.Datetime.now().replace(microsecond=0) + timedelta(days=9)

        def move(number):
            with self.worker() as env:
                row = self.rows(env, number)
                self.shop(env)._transact(
                    lambda: row.write({"due_at": later}), alone=False
                )

        one, other = self.numbers
        self.interrupted(
            lambda: move(one), "esm.order", "_meet_in_deliveries", lambda: move(other)
        )
        with self.worker() as env:
            picking = env["stock.picking"].browse(self.picking_id)
            self.assertEqual(picking.esm_due_at, later)

    def test_one_is_sent_while_a_person_takes_the_other_back(self):
        one, other = self.numbers

        def withdraw():
            with self.worker() as env:
                self.shop(env)._transact(
                    lambda: self.rows(env, other).outbox_ids._withdraw(), alone=False
                )

        self.interrupted(lambda: self.send(one), "esm.outbox", "_done", withdraw)
        self.assertEqual(self.shown(), ("sent", True))
