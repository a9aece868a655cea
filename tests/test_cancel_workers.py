"""A buyer cancels while somebody prints or validates, on cursors that really commit."""

from concurrent.futures import ThreadPoolExecutor, wait
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.service.model import retrying
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..esm_api.claims import ClaimsApi
from .test_bundle_workers import DeliveryWorkersCase

ZPL = "sale_esm.report_waybill_zpl"
# A worker that has not ended by then waits for rows of the one that it interrupts.
PATIENCE = 3
REQUESTED = "cancel_requested"
# Delivery, order and problem where the goods stay here: of a request, of a cancel.
STOPPED = {
    False: ("assigned", "released", "cancel"),
    True: ("cancel", "cancelled", False),
}


class Interrupted:
    """Part of a case whose workers interrupt each other."""

    def interrupted(self, main, model, method, work):
        """Do `main`, and `work` right before `method` of a model runs first.

        `work` ends before the method, unless it waits for what `main` holds.
        """
        original = getattr(self.registry[model], method)
        happened = []

        def run(records, *args, **kwargs):
            if not happened:
                happened.append(pool.submit(work))
                wait(happened, PATIENCE)
            return original(records, *args, **kwargs)

        with (
            mute_logger("odoo.sql_db", "odoo.service.model"),
            ThreadPoolExecutor(1) as pool,
        ):
            with patch.object(self.registry[model], method, run):
                main()
            [other] = happened
            other.result(60)


@tagged("post_install", "-at_install")
class TestCancelWorkers(Interrupted, DeliveryWorkersCase):
    """Whichever is first: no cancelled order leaves without a manager's choice."""

    def setUp(self):
        super().setUp()
        self.picking_id = self.ids[0]
        with self.worker() as env:
            picking = env["stock.picking"].browse(self.picking_id)
            picking.carrier_tracking_ref = "880000000001"
            self.number = picking._esm_orders().order_no
            # Nobody asks once more: it was just asked.
            self.shop(env).cancels_read_at = fields.Datetime.now()

    def cancel(self, approved):
        """The buyer cancels, and a job reads it."""
        self.sandbox.cancel(int(self.number))
        if approved:
            self.sandbox.approve_cancel(int(self.number))
        self.read_cancels()

    def read_cancels(self):
        with self.worker() as env:
            shop = self.shop(env)._as_job()
            shop._read_cancels(shop._api())

    def validate(self):
        """A packer validates; whoever is told not to does not go on."""
        with self.worker() as env:
            picking = env["stock.picking"].browse(self.picking_id)
            packing = picking.with_context(esm_no_window=True)
            try:
                retrying(packing.button_validate, env)
            except UserError as error:
                self.told.append(str(error))

    def print(self):
        with self.worker() as env:
            Report = env["ir.actions.report"]
            try:
                retrying(lambda: Report._render_qweb_text(ZPL, [self.picking_id]), env)
            except UserError as error:
                self.told.append(str(error))

    def outcome(self):
        """State of delivery and order, and the order's problem; when all is sent."""
        with self.worker() as env:
            env["esm.outbox"]._cron_send()
        self.assertEqual(self.sandbox.orders[int(self.number)].invoices, [])
        with self.worker() as env:
            picking = env["stock.picking"].browse(self.picking_id)
            row = self.rows(env, self.number)
            return picking.state, row.state, row.problem

    def each(self):
        """Both kinds of cancel, each with deliveries of its own."""
        for approved in (False, True):
            if approved:
                self.take_orders_away()
                self.setUp()
            self.told = []
            with self.subTest(approved=approved):
                yield approved

    def test_a_job_stores_it_while_the_delivery_leaves(self):
        for approved in self.each():
            self.interrupted(
                self.validate,
                "stock.picking",
                "_action_done",
                lambda approved=approved: self.cancel(approved),
            )
            expected = STOPPED[approved]
            self.assertEqual(self.outcome(), expected)
            self.assertTrue(self.told)

    def test_the_delivery_leaves_while_a_job_stores_it(self):
        """It was validated first: a person has to stop the parcel, and is told."""
        for approved in self.each():
            self.interrupted(
                lambda approved=approved: self.cancel(approved),
                "esm.order",
                "_apply_cancel",
                self.validate,
            )
            self.assertEqual(
                self.outcome(),
                ("done", "shipped", "cancelled_late" if approved else "cancel"),
            )
            self.assertFalse(self.told)

    def test_a_job_stores_it_while_the_waybill_is_printed(self):
        """It may be on paper, but it does not leave, and ESM is not told."""
        moments = ("_esm_give_numbers", "_esm_note_printed", "_esm_request_sending")
        for method in moments:
            for approved in self.each():
                with self.subTest(method=method):
                    with self.worker() as env:
                        self.shop(env).tracking_moment = "print"
                    self.interrupted(
                        self.print,
                        "stock.picking",
                        method,
                        lambda approved=approved: self.cancel(approved),
                    )
                    expected = STOPPED[approved]
                    self.assertEqual(self.outcome(), expected)
                    self.validate()
                    self.assertEqual(self.outcome(), expected)
                    self.assertTrue(self.told)
            self.take_orders_away()
            self.setUp()

    def test_the_waybill_is_printed_while_a_job_stores_it(self):
        for approved in self.each():
            with self.worker() as env:
                self.shop(env).tracking_moment = "print"
            self.interrupted(
                lambda approved=approved: self.cancel(approved),
                "esm.order",
                "_apply_cancel",
                self.print,
            )
            expected = STOPPED[approved]
            self.assertEqual(self.outcome(), expected)
            self.validate()
            self.assertEqual(self.outcome(), expected)

    def test_what_was_read_earlier_is_applied_later(self):
        """One worker has read the request, the other one that it is granted."""
        self.sandbox.cancel(int(self.number))

        def grant():
            self.sandbox.approve_cancel(int(self.number))
            self.read_cancels()

        self.interrupted(self.read_cancels, "esm.order", "_apply_cancels", grant)
        self.assertEqual(self.outcome(), ("cancel", "cancelled", False))

    def claim(self):
        """Whether the order waits because of a request, and its problem."""
        with self.worker() as env:
            row = self.rows(env, self.number)
            return row.cancel_requested, row.problem

    def test_an_older_list_does_not_let_goods_go_that_a_newer_request_holds(self):
        """The first request was taken back, the second one is known already."""
        self.cancel(approved=False)
        self.sandbox.withdraw_cancel(int(self.number))

        def ask_again():
            self.sandbox.advance(60)
            self.sandbox.cancel(int(self.number))
            self.read_cancels()

        self.interrupted(self.read_cancels, "esm.order", "_apply_cancels", ask_again)
        self.assertEqual(self.claim(), (True, "cancel"))
        self.assertEqual(self.sandbox.orders[int(self.number)].claim, REQUESTED)
        self.sandbox.withdraw_cancel(int(self.number))
        self.read_cancels()
        self.assertEqual(self.claim(), (False, False))

    def test_an_older_list_does_not_bring_back_a_request_that_was_withdrawn(self):
        self.sandbox.cancel(int(self.number))

        def withdraw():
            self.read_cancels()
            self.sandbox.withdraw_cancel(int(self.number))
            self.read_cancels()

        self.interrupted(self.read_cancels, "esm.order", "_apply_cancels", withdraw)
        self.assertEqual(self.claim(), (False, False))
        self.sandbox.advance(60)
        self.cancel(approved=False)
        self.assertEqual(self.claim(), (True, "cancel"))

    def while_reading(self, work, after):
        """Read the cancels, and do `work` after so many of the two calls."""
        original = ClaimsApi.cancels
        calls = []

        def cancels(api, *args):
            found = original(api, *args)
            calls.append(args)
            if len(calls) == after:
                work()
            return found

        with patch.object(ClaimsApi, "cancels", cancels):
            self.read_cancels()

    def test_a_request_noted_while_a_list_is_read_is_not_undone_by_it(self):
        """Which of the two was first cannot be told: the next reading tells."""
        self.cancel(approved=False)
        self.sandbox.withdraw_cancel(int(self.number))

        def note():
            """The sending reads the state of the order, and it is a second request."""
            with self.worker() as env:
                self.rows(env, self.number)._note_cancel_request()

        self.while_reading(note, after=1)
        self.assertEqual(self.claim(), (True, "cancel"))
        self.read_cancels()
        self.assertEqual(self.claim(), (False, False))

    def test_a_withdrawal_noted_while_a_list_is_read_waits_for_the_next_one(self):
        """Goods may leave only when no reading can be newer than the withdrawal's."""
        self.cancel(approved=False)

        def withdraw():
            self.sandbox.withdraw_cancel(int(self.number))
            self.read_cancels()
            self.assertEqual(self.claim(), (False, False))

        self.while_reading(withdraw, after=2)
        self.assertEqual(self.claim(), (True, "cancel"))
        self.read_cancels()
        self.assertEqual(self.claim(), (False, False))
