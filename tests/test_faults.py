from datetime import timedelta
from unittest.mock import patch

import requests

from odoo import fields
from odoo.tests import tagged

from ..esm_api import NoPacer
from ..models.esm_shop import EsmShop
from .common import CUP, SECRET, TEA, EsmCase

# What a server in trouble answers to a call that it did not even look at.
BROKEN_ANSWERS = ("502", "503", "html", "drop_before")
# The call took effect, but nobody is told.
LOST_ANSWERS = ("drop_after_effect", "truncated_json", "502", "html")
send_request = requests.Session.send  # before Odoo's tests lay hands on it


class FaultCase(EsmCase):
    def disturb(self, endpoint, kind, **options):
        """Let a call go wrong, once unless told otherwise (see sandbox.faults)."""
        return self.sandbox.faults.add(kind, endpoint, **options)

    def calls(self, endpoint=None):
        """Number of calls that the marketplace has seen."""
        return sum(endpoint in (None, call.endpoint) for call in self.sandbox.calls)

    def after_a_while(self):
        """Messages that were put off may be tried again."""
        waiting = self.env["esm.outbox"].sudo().search([("state", "=", "waiting")])
        waiting.next_try_at = False

    def assertBookedOnce(self, *numbers):
        """Stored, confirmed, sold and released: each of it once."""
        rows = self.rows(*numbers)
        self.assertEqual(sorted(rows.mapped("order_no")), sorted(numbers))
        self.assertEqual(set(rows.mapped("state")), {"released"})
        for number in numbers:
            self.assertEqual(self.remote(number).confirmations, 1)
            [item] = self.rows(number).sale_line_ids.filtered(
                lambda line: line.esm_kind == "item"
            )
            self.assertEqual(item.product_uom_qty, 1)

    def assertTrouble(self, shop, words):
        """The shop says in words what is wrong, and jobs go on with it."""
        self.assertEqual(shop.connection_state, "problem")
        self.assertIn(words, shop.connection_message)
        self.assertIn(words, shop.last_collect_summary)

    def assertRecovered(self, shop):
        self.assertEqual(shop.connection_state, "connected")
        self.assertFalse(shop.connection_message)


@tagged("post_install", "-at_install")
class TestCollectFaults(FaultCase):
    """Reading orders from a marketplace in trouble."""

    def test_broken_answers(self):
        for kind in (*BROKEN_ANSWERS, "truncated_json"):
            with self.subTest(kind=kind):
                number, other = self.place(TEA, CUP)
                cursor = self.gmarket.cursor_at
                fault = self.disturb("RequestOrders", kind, times=None)
                self.run_cycle()
                self.assertFalse(self.rows(number, other))
                self.assertEqual(self.gmarket.cursor_at, cursor)
                words = "reached" if kind == "drop_before" else "cannot be read"
                self.assertTrouble(self.gmarket, words)
                self.assertGreater(fault.fired, 1, "a read is repeated")
                self.sandbox.faults.clear()
                self.run_cycle()
                self.assertBookedOnce(number, other)
                self.assertRecovered(self.gmarket)

    def test_one_broken_answer_is_repeated_at_once(self):
        for kind in (*BROKEN_ANSWERS, "truncated_json", "rate_message", "429"):
            with self.subTest(kind=kind):
                [number] = self.place(TEA)
                self.disturb("RequestOrders", kind)
                self.run_cycle()
                self.assertBookedOnce(number)
                self.assertRecovered(self.gmarket)

    def test_second_list_fails(self):
        """Nothing is confirmed before both lists are read."""
        [number] = self.place(TEA)
        self.disturb("RequestOrders", "502", after=1, times=None)
        self.run_cycle()
        self.assertEqual(self.remote(number).confirmations, 0)
        self.assertFalse(self.gmarket.cursor_at)
        self.sandbox.faults.clear()
        self.run_cycle()
        self.assertBookedOnce(number)

    def test_five_second_refusals(self):
        for kind in ("rate_message", "429"):
            with self.subTest(kind=kind):
                [number] = self.place(TEA)
                self.disturb("RequestOrders", kind, times=None)
                self.run_cycle()
                self.assertFalse(self.rows(number))
                self.assertTrouble(self.gmarket, "slow down")
                self.sandbox.faults.clear()
                self.run_cycle()
                self.assertBookedOnce(number)
                self.assertRecovered(self.gmarket)

    def test_row_twice_on_a_page(self):
        numbers = self.place(TEA, CUP)
        fault = self.disturb("RequestOrders", "duplicate_row", times=None)
        self.run_cycle()
        self.run_cycle()
        self.assertGreaterEqual(fault.fired, 3)
        self.assertBookedOnce(*numbers)

    def test_order_arrives_between_two_pages(self):
        self.sandbox.world.search_limit = 2
        for _ in range(5):
            self.place(TEA)
        self.disturb("RequestOrders", "insert_between_pages")
        self.run_cycle()
        self.assertEqual(len(self.sandbox.orders), 6)
        self.run_cycle()
        self.assertBookedOnce(*map(str, self.sandbox.orders))

    def test_trouble_of_one_shop_leaves_the_other_alone(self):
        [number] = self.place(TEA, site="auction")
        self.disturb(None, "502", times=None, seller=self.gmarket.seller_id)
        self.env["esm.shop"].sudo()._cron_collect()
        self.assertBookedOnce(number)
        self.assertRecovered(self.auction)
        self.assertTrouble(self.gmarket, "cannot be read")

    def test_cancel_list_fails(self):
        """What can be done is done, and the shop says what could not."""
        [number] = self.place(TEA)
        self.disturb("Cancels", "502", times=None)
        self.run_cycle()
        self.assertBookedOnce(number)
        self.assertTrouble(self.gmarket, "cannot be read")
        self.sandbox.faults.clear()
        self.run_cycle()
        self.assertRecovered(self.gmarket)

    def test_stored_orders_are_booked_while_the_marketplace_is_down(self):
        [number] = self.place(TEA)
        self.gmarket.auto_release = False
        self.run_cycle()
        self.gmarket.auto_release = True
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.disturb(None, "503", times=None)
        self.run_cycle()
        self.assertEqual(self.rows(number).state, "released")


@tagged("post_install", "-at_install")
class TestSendFaults(FaultCase):
    """Calls that change something, when their answer does not come."""

    @classmethod
    def _request_handler(cls, session, request, /, **kwargs):
        # Odoo's tests wait ten seconds at least; there is nobody to wait for here.
        return send_request(session, request, **kwargs)

    def be_impatient(self):
        """Wait half a second for an answer, not 30."""
        options = {"pacer": NoPacer(), "sleep": lambda seconds: None, "timeout": 0.5}
        self.enterContext(
            patch.object(
                EsmShop,
                "_api_options",
                lambda shop: {**options, "calls_per_minute": 0},
            )
        )

    def test_answer_to_confirmation_lost(self):
        for kind in LOST_ANSWERS:
            with self.subTest(kind=kind):
                [number] = self.place(TEA)
                self.disturb("OrderCheck", kind, effect=True)
                self.run_cycle()
                row = self.rows(number)
                self.assertEqual(self.remote(number).confirmations, 1)
                self.assertEqual(row.state, "received")
                self.assertEqual(row.outbox_ids.state, "waiting")
                self.assertIn("got lost", row.outbox_ids.message)
                self.assertTrouble(self.gmarket, "got lost")
                self.after_a_while()
                self.run_cycle()
                self.assertBookedOnce(number)
                self.assertRecovered(self.gmarket)

    def test_confirmation_times_out_after_its_effect(self):
        self.be_impatient()
        [number] = self.place(TEA)
        self.disturb("OrderCheck", "timeout_after_effect", seconds=2, then="close")
        self.run_cycle()
        self.assertIn("got lost", self.rows(number).outbox_ids.message)
        self.after_a_while()
        self.run_cycle()
        self.assertBookedOnce(number)

    def test_confirmation_that_had_no_effect(self):
        [number] = self.place(TEA)
        self.disturb("OrderCheck", "502")
        self.run_cycle()
        self.assertEqual(self.remote(number).confirmations, 0)
        self.assertTrouble(self.gmarket, "got lost")
        self.after_a_while()
        self.run_cycle()
        self.assertBookedOnce(number)

    def released(self):
        """A sales order whose delivery waits for the warehouse; its number too."""
        [number] = self.place(TEA)
        self.run_cycle()
        return self.rows(number).sale_order_id, number

    def assertSentOnce(self, picking, number):
        self.assertEqual(picking.esm_state, "sent")
        self.assertEqual(self.rows(number).state, "sent")
        [(_code, invoice, _at)] = self.remote(number).invoices
        self.assertEqual(invoice, picking.carrier_tracking_ref)

    def test_answer_to_tracking_number_lost(self):
        for kind in LOST_ANSWERS:
            with self.subTest(kind=kind):
                order, number = self.released()
                picking = self.ship(order)
                self.disturb("ShippingInfo", kind, effect=True)
                self.send()
                self.assertEqual(picking.esm_state, "waiting")
                self.assertIn("got lost", picking.esm_message)
                self.assertEqual(self.gmarket.connection_state, "problem")
                self.assertIn("got lost", self.gmarket.connection_message)
                self.after_a_while()
                self.send()
                self.assertSentOnce(picking, number)
                self.run_cycle()
                self.assertRecovered(self.gmarket)

    def test_tracking_number_times_out_after_its_effect(self):
        self.be_impatient()
        order, number = self.released()
        picking = self.ship(order)
        self.disturb("ShippingInfo", "timeout_after_effect", seconds=2, then="close")
        self.send()
        self.assertEqual(picking.esm_state, "waiting")
        self.after_a_while()
        self.send()
        self.assertSentOnce(picking, number)

    def test_state_cannot_be_read(self):
        """Without the order's state no number is sent: it may be cancelled."""
        order, number = self.released()
        picking = self.ship(order)
        self.disturb("GetDeliveryStatus", "502", times=None)
        self.send()
        self.assertEqual(self.calls("ShippingInfo"), 0)
        self.assertEqual(picking.esm_state, "waiting")
        self.assertIn("cannot be read", self.gmarket.connection_message)
        self.sandbox.faults.clear()
        self.after_a_while()
        self.send()
        self.assertSentOnce(picking, number)

    def test_one_lost_answer_does_not_stop_the_others(self):
        orders, pickings = [], []
        for _ in range(3):
            order, number = self.released()
            orders.append(number)
            pickings.append(self.ship(order))
        self.disturb("ShippingInfo", "drop_after_effect", order_no=int(orders[0]))
        self.send()
        self.assertEqual(
            [picking.esm_state for picking in pickings], ["waiting", "sent", "sent"]
        )

    def test_slow_down_stops_this_run_only(self):
        order, number = self.released()
        picking = self.ship(order)
        self.disturb("ShippingInfo", "rate_message", times=None)
        self.send()
        self.assertEqual(picking.esm_state, "waiting")
        self.assertIn("slow down", self.gmarket.connection_message)
        self.sandbox.faults.clear()
        self.send()
        self.assertSentOnce(picking, number)

    def test_one_kind_of_call_is_refused(self):
        """Collecting goes on; what was refused waits, and is done once it may be."""
        [number] = self.place(TEA)
        self.disturb("OrderCheck", "401")
        self.run_cycle()
        self.assertTrouble(self.gmarket, "refuses this kind of call")
        self.assertEqual(self.rows(number).state, "received")
        self.assertEqual(self.rows(number).outbox_ids.state, "waiting")
        self.run_cycle()
        self.assertBookedOnce(number)
        self.assertRecovered(self.gmarket)


@tagged("post_install", "-at_install")
class TestRefusedKey(FaultCase):
    """A refused key needs a human: jobs leave the shop alone, but for a try an hour."""

    def setUp(self):
        super().setUp()
        self.auction.active = False
        self.env.cr.commit()  # pylint: disable=invalid-commit
        [self.number] = self.place(TEA)
        self.disturb("RequestOrders", "401")
        self.run_cycle()

    def run_jobs(self):
        """All that is scheduled; returns how many calls it made."""
        self.gmarket.last_collect_at = False  # it was not collected just now
        before = self.calls()
        self.env["esm.shop"].sudo()._cron_collect()
        self.env["esm.shop"].sudo()._cron_sweep()
        self.send()
        return self.calls() - before

    def test_jobs_leave_the_shop_alone(self):
        self.assertEqual(self.gmarket.connection_state, "refused")
        self.assertIn("ESM refuses", self.gmarket.connection_message)
        self.assertFalse(self.rows(self.number))
        self.assertEqual(self.run_jobs(), 0)
        self.assertEqual(self.gmarket.connection_state, "refused")

    def test_is_tried_again_every_hour(self):
        """It was a gateway in trouble, say, or a clock that went wrong for a while."""
        now = fields.Datetime.now()
        for minutes, goes_on in ((55, False), (65, True)):
            self.gmarket.last_collect_at = now - timedelta(minutes=minutes)
            self.env["esm.shop"].sudo()._cron_collect()
            self.assertEqual(bool(self.rows(self.number)), goes_on)
        self.assertEqual(self.gmarket.connection_state, "connected")
        self.run_jobs()
        self.assertBookedOnce(self.number)

    def test_a_wrong_key_is_tried_once_an_hour(self):
        self.account.secret_key = "another-key-of-thirty-two-letters!"
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.run_cycle()
        self.gmarket.last_collect_at = fields.Datetime.now() - timedelta(minutes=65)
        before = self.calls()
        for _run in range(3):
            self.env["esm.shop"].sudo()._cron_collect()
        self.assertEqual(self.calls() - before, 1)
        self.assertEqual(self.gmarket.connection_state, "refused")

    def test_messages_wait(self):
        self.gmarket.action_test_connection()
        self.run_cycle()
        picking = self.ship(self.rows(self.number).sale_order_id)
        self.disturb("GetDeliveryStatus", "401")
        self.send()
        self.assertEqual(self.gmarket.connection_state, "refused")
        self.assertEqual(self.run_jobs(), 0)
        self.assertEqual(picking.esm_state, "waiting")
        self.gmarket.action_test_connection()
        self.send()
        self.assertEqual(picking.esm_state, "sent")

    def test_goes_on_after_a_test_of_the_connection(self):
        self.gmarket.action_test_connection()
        self.assertEqual(self.gmarket.connection_state, "connected")
        self.run_jobs()
        self.assertBookedOnce(self.number)

    def test_goes_on_with_a_new_key(self):
        self.account.secret_key = SECRET
        self.assertEqual(self.gmarket.connection_state, "untested")
        self.run_jobs()
        self.assertBookedOnce(self.number)

    def test_wrong_key_stays_refused(self):
        self.account.secret_key = "another-key-of-thirty-two-letters!"
        self.run_cycle()
        self.assertEqual(self.gmarket.connection_state, "refused")
        self.account.secret_key = SECRET
        self.run_jobs()
        self.assertBookedOnce(self.number)
