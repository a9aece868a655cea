from datetime import timedelta
from itertools import permutations
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common import CUP, TEA
from .test_waybill_print import FIRST, SECOND, WaybillCase


@tagged("post_install", "-at_install")
class TestWaybillStop(WaybillCase):
    """Cancelled orders are not shipped, whatever comes first."""

    def cancel(self, picking):
        """Its buyer asks to cancel; nobody has told us yet."""
        for row in picking._esm_orders():
            self.sandbox.cancel(int(row.order_no))
        # What was read some seconds ago is not read again before validating.
        picking.esm_shop_id.sudo().cancels_read_at -= timedelta(minutes=1)
        self.commit()

    def wizard(self, action, model="esm.print.stop"):
        self.assertEqual(action["res_model"], model)
        return self.env[model].browse(action["res_id"])

    # --- right before printing ------------------------------------------

    def test_cancels_are_read_once_however_many_are_printed(self):
        pickings = self.env["stock.picking"]
        for _basket in range(4):
            pickings |= self.delivery(TEA) | self.delivery(CUP, site="auction")
        calls = self.calls_of("Cancels")
        pickings.action_esm_print_waybill()
        # By request and by completion, for each of the two shops.
        self.assertEqual(self.calls_of("Cancels") - calls, 4)
        self.render(pickings)
        self.assertEqual(self.calls_of("Cancels") - calls, 4)
        # From the Print menu, they are read for this very print.
        self.render(pickings)
        self.assertEqual(self.calls_of("Cancels") - calls, 8)

    def test_a_cancel_request_stops_the_print_and_the_picker_sees_why(self):
        picking = self.delivery(TEA)
        self.cancel(picking)
        packer = self.as_packer(picking)
        with self.assertRaisesRegex(UserError, "wants to cancel"):
            packer.action_esm_print_waybill()
        self.env.cr.rollback()
        self.env.invalidate_all()
        self.assertFalse(picking.carrier_tracking_ref)
        # What was read stays, also though the print is rolled back.
        self.assertIn("wants to cancel", Form(packer).esm_stop_text)
        for report in ("report_waybill", "report_waybill_zpl"):
            with self.assertRaisesRegex(UserError, "wants to cancel"):
                self.render(packer, report)
        self.assertFalse(picking.esm_printed_at)
        self.assertEqual(self.range.used, 0)

    def test_a_cancel_that_is_done_takes_the_delivery_away(self):
        first, second = self.delivery(TEA), self.delivery(TEA, CUP)
        cancelled = second._esm_orders()[0]
        for row in first._esm_orders() | cancelled:
            self.sandbox.cancel(int(row.order_no))
            self.sandbox.approve_cancel(int(row.order_no))
        with self.assertRaisesRegex(UserError, "is cancelled. Do not ship"):
            self.render(first | second)
        self.assertEqual(first.state, "cancel")
        # What is left of the basket is printed, without the cancelled goods.
        html = self.render(second).decode()
        self.assertNotIn(cancelled.order_no, html)
        self.assertNotIn("보리차", html)

    def test_the_others_are_printed(self):
        stopped, other = self.delivery(TEA), self.delivery(CUP)
        self.cancel(stopped)
        wizard = self.wizard(self.as_packer(stopped | other).action_esm_print_waybill())
        self.assertEqual((wizard.other_count, wizard.forced_count), (1, 1))
        self.assertIn(stopped.name, wizard.stop_text)
        action = self.as_packer(wizard).action_print_others()
        self.assertEqual(action["context"]["active_ids"], other.ids)
        self.assertTrue(action["close_on_report_download"])
        self.assertEqual(
            (stopped | other).mapped("carrier_tracking_ref"), [False, FIRST]
        )
        with self.assertRaisesRegex(UserError, "Only managers"):
            self.as_packer(wizard).action_print_all()

    def test_a_manager_prints_against_a_cancel_request(self):
        self.gmarket.tracking_moment = "print"
        stopped, other = self.delivery(TEA), self.delivery(CUP)
        self.cancel(stopped)
        action = (stopped | other).action_esm_print_waybill()
        action = self.wizard(action).action_print_all()
        self.assertEqual(
            sorted(action["context"]["active_ids"]), sorted((stopped | other).ids)
        )
        self.render(stopped | other)
        self.assertIn("all the same", stopped.message_ids[0].body)
        order = stopped.sale_id
        self.assertIn("decided to ship", order.message_ids[0].body)
        self.send()
        self.assertEqual((stopped | other).mapped("esm_state"), ["sent", "sent"])
        # Sending the number refuses the request.
        self.assertEqual(
            self.remote(stopped._esm_orders().order_no).state, "in_delivery"
        )

    def test_a_manager_alone_with_one_delivery(self):
        picking = self.delivery(TEA)
        self.cancel(picking)
        wizard = self.wizard(picking.action_esm_print_waybill())
        self.assertEqual((wizard.other_count, wizard.forced_count), (0, 1))
        wizard.action_print_all()
        self.assertEqual(picking.carrier_tracking_ref, FIRST)

    def test_no_manager_makes_good_what_is_missing(self):
        picking = self.delivery(TEA)
        self.range.active = False
        self.cancel(picking)
        with self.assertRaisesRegex(UserError, "0 waybill numbers left"):
            picking.action_esm_print_waybill()

    def test_the_marketplace_cannot_be_asked(self):
        gmarket, auction = self.delivery(TEA), self.delivery(CUP, site="auction")
        self.sandbox.faults.add(
            "503", "Cancels", times=None, seller=self.gmarket.seller_id
        )
        with self.assertRaisesRegex(UserError, "cannot be asked whether buyers"):
            self.render(gmarket | auction)
        with self.assertRaisesRegex(UserError, "a manager can print"):
            self.as_packer(gmarket).action_esm_print_waybill()
        self.assertEqual(self.range.used, 0)
        wizard = self.wizard((gmarket | auction).action_esm_print_waybill())
        self.assertEqual((wizard.other_count, wizard.forced_count), (1, 1))
        action = wizard.action_print_all()
        self.render(gmarket | auction)
        self.assertEqual(len(action["context"]["active_ids"]), 2)
        self.assertIn("cannot be asked", gmarket.message_ids[0].body)
        self.assertEqual(
            set((gmarket | auction).mapped("carrier_tracking_ref")), {FIRST, SECOND}
        )

    def test_the_choice_holds_for_one_print(self):
        """What was checked is printed at once, or it is checked again."""
        picking = self.delivery(TEA)
        picking.action_esm_print_waybill()
        self.render(picking)
        self.cancel(picking)
        with self.assertRaisesRegex(UserError, "wants to cancel"):
            self.render(picking)
        picking._esm_orders()._note_cancel_withdrawn()
        picking.sudo().esm_print_checked_at = "2026-01-01 00:00:00"
        with self.assertRaisesRegex(UserError, "wants to cancel"):
            self.render(picking)

    # --- right before validating ----------------------------------------

    def numbered(self, *items, **options):
        picking = self.delivery(*items, **options)
        picking.carrier_tracking_ref = f"{123456789012 + picking.id}"
        return picking

    def test_a_cancel_at_the_last_moment_stops_the_validation(self):
        for approved, text in ((False, "asked to cancel"), (True, "been cancelled")):
            with self.subTest(text=text):
                picking = self.numbered(TEA)
                self.cancel(picking)
                if approved:
                    number = int(picking._esm_orders().order_no)
                    self.sandbox.approve_cancel(number)
                packer = self.as_packer(picking)
                wizard = self.wizard(packer.button_validate(), "esm.validate.stop")
                self.assertRegex(wizard.stop_text, text)
                self.assertEqual(wizard.other_count, 0)
                with self.assertRaisesRegex(UserError, text):
                    packer.with_context(esm_no_window=True).button_validate()
                self.assertNotEqual(picking.state, "done")

    def test_scanning_one_after_the_other_asks_once(self):
        pickings = self.numbered(TEA) | self.numbered(CUP) | self.numbered(TEA, CUP)
        self.gmarket.cancels_read_at -= timedelta(minutes=1)
        self.commit()
        calls = self.calls_of("Cancels")
        unwritten = patch.object(type(pickings), "_esm_has_written", lambda self: False)
        with unwritten:
            for picking in pickings:
                picking.button_validate()
                self.commit()
        self.assertEqual(self.calls_of("Cancels") - calls, 2)
        self.assertEqual(set(pickings.mapped("state")), {"done"})

    def test_the_others_are_validated(self):
        stopped, other = self.numbered(TEA), self.numbered(CUP)
        self.cancel(stopped)
        action = self.as_packer(stopped | other).button_validate()
        wizard = self.wizard(action, "esm.validate.stop")
        self.assertIn("asked to cancel", wizard.stop_text)
        with self.assertRaisesRegex(UserError, "Only managers"):
            self.as_packer(wizard).action_validate_all()
        self.as_packer(wizard).action_validate_others()
        self.assertEqual((stopped.state, other.state), ("assigned", "done"))

    def test_a_manager_validates_against_a_cancel_request(self):
        picking = self.numbered(TEA)
        self.cancel(picking)
        self.run_cycle()
        action = picking.button_validate()
        self.wizard(action, "esm.validate.stop").action_validate_all()
        self.commit()
        self.assertEqual(picking.state, "done")
        self.assertIn("all the same", "".join(picking.message_ids.mapped("body")))
        self.send()
        self.assertEqual(picking.esm_state, "sent")

    def test_the_packer_cannot_pass_by_the_manager(self):
        picking = self.numbered(TEA)
        self.cancel(picking)
        despite = self.as_packer(picking).with_context(esm_validate_despite=True)
        self.wizard(despite.button_validate(), "esm.validate.stop")
        self.assertEqual(picking.state, "assigned")

    def test_validating_although_the_marketplace_cannot_be_asked(self):
        picking = self.numbered(TEA)
        self.gmarket.cancels_read_at -= timedelta(minutes=1)
        self.sandbox.faults.add("503", "Cancels", times=None)
        action = self.as_packer(picking).button_validate()
        wizard = self.wizard(action, "esm.validate.stop")
        self.assertIn("nothing was validated", wizard.stop_text)
        self.assertEqual(wizard.other_count, 0)
        self.wizard(picking.button_validate(), "esm.validate.stop")
        # The shop may leave it to the job, which asks about each order anyway.
        self.gmarket.ship_unasked = True
        self.as_packer(picking).button_validate()
        self.assertEqual(picking.state, "done")
        self.assertIn("could not be asked", "".join(picking.message_ids.mapped("body")))

    # --- every order of events ------------------------------------------

    def test_every_order_of_the_events(self):
        """No cancelled order gets a number at ESM, nor leaves, without a choice."""
        for moment in ("validate", "print"):
            self.gmarket.tracking_moment = moment
            for events in permutations(("cancel", "print", "validate", "send")):
                with self.subTest(moment=moment, events=events):
                    self.check_events(events)

    def check_events(self, events):
        picking = self.delivery(TEA)
        row = picking._esm_orders()
        remote = self.remote(row.order_no)
        stopped = set()
        for event in events:
            try:
                if event == "cancel":
                    invoices = len(remote.invoices)
                    if remote.state == "preparing":
                        self.cancel(picking)
                        self.sandbox.approve_cancel(int(row.order_no))
                elif event == "print":
                    self.render(picking)
                elif event == "validate":
                    picking.with_context(esm_no_window=True).button_validate()
                    self.commit()
                else:
                    self.send()
            except UserError:
                self.env.cr.rollback()
                self.env.invalidate_all()
                stopped.add(event)
        self.send()
        self.run_cycle()
        if remote.state == "in_delivery":
            # It was sent before the buyer could cancel.
            self.assertEqual((row.state, row.problem), ("sent", False))
            return
        after = set(events[events.index("cancel") :])
        self.assertEqual(len(remote.invoices), invoices)
        self.assertLessEqual({"print", "validate"} & after, stopped)
        if picking.state == "done":
            # It left before, so a person has to stop the parcel.
            self.assertEqual(row.problem, "cancelled_late")
            self.assertIn("Stop the parcel", row.problem_text)
        else:
            self.assertEqual((row.state, picking.state), ("cancelled", "cancel"))
            # Nothing is left for a person to look at.
            self.assertNotIn("refused", row.outbox_ids.mapped("state"))
