from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from ..esm_api import Order, RuleError
from ..esm_api.claims import ClaimsApi
from ..esm_api.delivery import DeliveryApi
from ..models import esm_order
from .common import CUP, TEA, UNKNOWN, EsmCase


class ClaimsCase(EsmCase):
    def book(self, *items, site="gmarket", **options):
        """A basket that is confirmed at the marketplace and released for shipping."""
        numbers = self.place(*items, site=site, **options)
        self.run_cycle(self.gmarket if site == "gmarket" else self.auction)
        rows = self.rows(*numbers)
        self.assertEqual(rows.mapped("state"), ["released"] * len(numbers))
        return rows

    def later(self):
        """What is read again after some minutes is due now."""
        rows = self.env["esm.order"].search([("complete_at", "!=", False)])
        rows.complete_at = fields.Datetime.now()
        self.env["esm.outbox"].search([]).next_try_at = False
        self.env.cr.commit()  # pylint: disable=invalid-commit


@tagged("post_install", "-at_install")
class TestCancels(ClaimsCase):
    """A buyer changes his mind, at each point of an order's way."""

    # --- before the confirmation ----------------------------------------

    def test_cancelled_before_the_confirmation_is_seen_by_the_confirmation(self):
        """Collected as new, then the buyer cancels: OrderCheck refuses."""
        [number] = self.place(TEA)
        self.gmarket.auto_acknowledge = False
        self.gmarket.auto_release = False
        self.run_cycle()
        row = self.rows(number)
        order = row.sale_order_id
        self.assertEqual((row.state, order.state), ("booked", "draft"))
        self.sandbox.cancel(int(number))
        row.action_acknowledge()
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.send()
        self.assertEqual((row.state, row.problem), ("cancelled", False))
        self.assertEqual(order.state, "cancel")
        self.assertEqual(row.outbox_ids.state, "withdrawn")
        self.assertIn("before confirmation", order.message_ids[0].body)
        self.assertEqual(self.remote(number).confirmations, 0)

    def test_cancelled_before_the_confirmation_is_seen_in_the_list(self):
        for site, shop in (("gmarket", self.gmarket), ("auction", self.auction)):
            with self.subTest(site=site):
                shop.auto_acknowledge = False
                numbers = self.place(TEA, CUP, site=site, shipping_fee=3000)
                self.run_cycle(shop)
                rows = self.rows(*numbers)
                self.assertEqual(rows.mapped("state"), ["booked", "booked"])
                order = rows.sale_order_id
                self.sandbox.cancel(int(numbers[0]))
                self.run_cycle(shop)
                self.assertEqual(rows.mapped("state"), ["cancelled", "booked"])
                self.assertEqual(order.state, "draft")
                self.assertEqual(order.amount_total, 5500 + 3000)
                self.sandbox.cancel(int(numbers[1]))
                self.run_cycle(shop)
                self.assertEqual(rows.mapped("state"), ["cancelled", "cancelled"])
                self.assertEqual(order.state, "cancel")

    def test_cancelled_before_it_is_booked(self):
        """Confirmations fail for a while; meanwhile the buyer cancels."""
        [number] = self.place(TEA)
        self.sandbox.faults.add("503", "OrderCheck", times=1)
        self.run_cycle()
        row = self.rows(number)
        self.assertEqual(row.state, "received")
        self.sandbox.cancel(int(number))
        self.later()
        self.run_cycle()
        self.assertEqual((row.state, row.market_status), ("cancelled", "cancel"))
        self.assertFalse(row.sale_order_id)
        self.assertEqual(self.remote(number).confirmations, 0)

    # --- after the confirmation: a request ------------------------------

    def test_a_cancel_request_stops_the_delivery(self):
        [row] = self.book(TEA)
        picking = row.sale_order_id.picking_ids
        self.sandbox.cancel(int(row.order_no))
        self.run_cycle()
        self.assertTrue(row.cancel_requested)
        self.assertEqual((row.state, row.problem), ("released", "cancel"))
        self.assertIn("wants to cancel", row.sale_order_id.activity_ids.note)
        self.assertIn("wants to cancel", picking.esm_stop_text)
        picking.carrier_tracking_ref = "123456789012"
        stop = self.env["esm.validate.stop"].browse(picking.button_validate()["res_id"])
        self.assertIn(f"{row.order_no} wants to cancel", stop.stop_text)
        self.assertEqual(picking.state, "assigned")
        self.assertEqual(row.sale_order_id.state, "sale")

    def test_a_withdrawn_request_puts_the_order_back(self):
        for site, shop in (("gmarket", self.gmarket), ("auction", self.auction)):
            with self.subTest(site=site):
                [row] = self.book(TEA, site=site)
                self.sandbox.cancel(int(row.order_no))
                self.run_cycle(shop)
                self.sandbox.withdraw_cancel(int(row.order_no))
                self.run_cycle(shop)
                self.assertFalse(row.cancel_requested)
                self.assertFalse(row.problem)
                self.assertEqual(row.market_status, "preparing")
                self.assertFalse(row.sale_order_id.activity_ids)
                self.ship(row.sale_order_id)
                self.send()
                self.assertEqual(row.state, "sent")

    def test_a_second_request_counts_after_a_withdrawn_one(self):
        """The list shows both: the withdrawn one must not hide the new one."""
        [row] = self.book(TEA)
        self.sandbox.cancel(int(row.order_no))
        self.sandbox.withdraw_cancel(int(row.order_no))
        self.sandbox.advance(60)
        self.sandbox.cancel(int(row.order_no))
        self.run_cycle()
        self.assertTrue(row.cancel_requested)
        self.assertEqual(row.problem, "cancel")

    def test_a_decision_to_ship_is_about_one_request_only(self):
        """The buyer took it back, and asks again before anybody has looked."""
        [row] = self.book(TEA)
        self.sandbox.cancel(int(row.order_no))
        self.run_cycle()
        row.action_ship_despite_cancel()
        self.run_cycle()
        self.assertTrue(row.ship_despite_cancel)
        self.assertFalse(row.problem)
        self.assertFalse(row.sale_order_id.picking_ids.esm_stop_text)
        self.sandbox.withdraw_cancel(int(row.order_no))
        self.sandbox.advance(60)
        self.addCleanup(self.sandbox.advance, -60)
        self.sandbox.cancel(int(row.order_no))
        self.run_cycle()
        self.assertFalse(row.ship_despite_cancel)
        self.assertEqual(row.problem, "cancel")
        self.assertIn("wants to cancel", row.sale_order_id.picking_ids.esm_stop_text)

    def test_a_list_that_is_refused_does_not_hide_what_each_state_tells(self):
        [row] = self.book(TEA)
        self.sandbox.cancel(int(row.order_no))
        with patch.object(ClaimsApi, "cancels", side_effect=RuleError("refused")):
            self.run_cycle()
        self.assertTrue(row.cancel_requested)
        self.assertEqual(row.problem, "cancel")
        self.assertIn("refused", self.gmarket.last_collect_summary)

    def test_a_withdrawn_request_leaves_the_unknown_code_a_problem(self):
        [number] = self.place(UNKNOWN)
        self.run_cycle()
        row = self.rows(number)
        self.assertEqual(row.problem, "unmatched")
        self.sandbox.cancel(int(number))
        self.run_cycle()
        self.assertEqual(row.problem, "cancel")
        self.sandbox.withdraw_cancel(int(number))
        self.run_cycle()
        self.assertEqual(row.problem, "unmatched")
        self.assertIn("NEW-99", row.sale_order_id.activity_ids.note)
        self.tea.esm_seller_code = "NEW-99"
        self.env["esm.shop"]._cron_process()
        self.assertEqual(row.state, "released")

    def test_an_approved_request_cancels_its_line_and_the_rest_goes_on(self):
        item = {
            **TEA,
            "seller_discount": 900,
            "additions": [("bag", "BAG-01", 2000, 2)],
        }
        for site, shop in (("gmarket", self.gmarket), ("auction", self.auction)):
            with self.subTest(site=site):
                first, second = self.book(item, CUP, site=site, shipping_fee=3000)
                order = first.sale_order_id
                self.assertEqual(order.amount_total, 12900 - 900 + 4000 + 5500 + 3000)
                self.sandbox.cancel(int(first.order_no))
                self.run_cycle(shop)
                self.sandbox.approve_cancel(int(first.order_no))
                self.run_cycle(shop)
                self.assertEqual((first.state, first.problem), ("cancelled", False))
                self.assertEqual((second.state, order.state), ("released", "sale"))
                self.assertEqual(order.amount_total, 5500 + 3000)
                [ledger] = self.sandbox.ledger(site)[-1:]
                self.assertEqual(order.amount_total, ledger["basket_seller_sale_live"])
                self.assertFalse(order.activity_ids)
                picking = order.picking_ids
                live = picking.move_ids.filtered(lambda move: move.state != "cancel")
                self.assertEqual(live.product_id, self.cup)
                self.ship(order)
                self.send()
                self.assertEqual(second.state, "sent")
                self.assertEqual(self.remote(first.order_no).invoices, [])
                invoice = order._create_invoices()
                self.assertEqual(invoice.amount_total, 5500 + 3000)

    def test_the_sales_order_is_cancelled_when_all_its_orders_are(self):
        rows = self.book(TEA, CUP)
        order = rows.sale_order_id
        for row in rows:
            self.sandbox.cancel(int(row.order_no))
            self.sandbox.approve_cancel(int(row.order_no))
        self.run_cycle()
        self.assertEqual(rows.mapped("state"), ["cancelled", "cancelled"])
        self.assertEqual(order.state, "cancel")
        self.assertEqual(order.picking_ids.mapped("state"), ["cancel"])
        self.assertFalse(order.activity_ids)

    def test_time_approves_a_request_that_nobody_answers(self):
        [row] = self.book(TEA)
        self.sandbox.cancel(int(row.order_no))
        self.run_cycle()
        self.sandbox.advance(25 * 3600)
        self.addCleanup(self.sandbox.advance, -25 * 3600)
        self.run_cycle()
        self.assertEqual((row.state, row.sale_order_id.state), ("cancelled", "cancel"))

    def test_cancelled_goods_that_are_invoiced_need_a_credit_note(self):
        first, second = self.book(TEA, CUP)
        order = first.sale_order_id
        order._create_invoices().action_post()
        self.sandbox.cancel(int(first.order_no))
        self.sandbox.approve_cancel(int(first.order_no))
        self.run_cycle()
        self.assertEqual((order.state, second.state), ("sale", "released"))
        self.assertEqual(first.problem, "cancelled_late")
        self.assertIn("credit note", order.activity_ids.note)
        self.ship(order)
        self.send()
        self.assertEqual((first.state, second.state), ("cancelled", "sent"))
        self.assertEqual(order._create_invoices(final=True).amount_total, 12900)

    def test_a_whole_invoiced_order_is_credited_with_its_shipping(self):
        [row] = self.book(TEA, shipping_fee=3000)
        order = row.sale_order_id
        order._create_invoices().action_post()
        self.sandbox.cancel(int(row.order_no))
        self.sandbox.approve_cancel(int(row.order_no))
        self.run_cycle()
        self.assertEqual((row.state, row.problem), ("cancelled", "cancelled_late"))
        self.assertEqual(order.picking_ids.state, "cancel")
        self.assertEqual(order._create_invoices(final=True).amount_total, 15900)

    def test_a_locked_order_is_no_obstacle(self):
        first, second = self.book(TEA, CUP)
        order = first.sale_order_id
        order.action_lock()
        self.sandbox.cancel(int(first.order_no))
        self.sandbox.approve_cancel(int(first.order_no))
        self.run_cycle()
        self.assertEqual((first.state, second.state), ("cancelled", "released"))
        self.assertEqual(order.amount_total, 5500)
        self.assertTrue(order.locked)

    # --- a manager decides against it -----------------------------------

    def test_only_a_manager_ships_despite_the_request(self):
        [row] = self.book(TEA)
        order = row.sale_order_id
        self.sandbox.cancel(int(row.order_no))
        self.run_cycle()
        user = new_test_user(
            self.env, "esm_user", "sale_esm.group_user,sales_team.group_sale_salesman"
        )
        with self.assertRaisesRegex(UserError, "Only managers"):
            row.with_user(user).action_ship_despite_cancel()
        self.assertFalse(row.ship_despite_cancel)
        manager = new_test_user(self.env, "esm_manager", "sale_esm.group_manager")
        row.with_user(manager).action_ship_despite_cancel()
        self.assertIn("decided to ship", order.message_ids[0].body)
        self.env.cr.flush()  # who is told is settled at the end of a transaction
        self.assertFalse(order.activity_ids)
        self.run_cycle()
        self.assertFalse(row.problem)
        self.ship(order)
        self.send()
        self.assertEqual((row.state, row.cancel_requested), ("sent", False))
        self.assertEqual(len(self.remote(row.order_no).invoices), 1)
        self.assertIsNone(self.remote(row.order_no).claim)
        self.run_cycle()
        self.assertEqual((row.state, row.problem), ("sent", False))

    # --- between validation and sending ---------------------------------

    def test_a_request_that_comes_after_the_validation_is_not_overruled(self):
        [row] = self.book(TEA)
        picking = self.ship(row.sale_order_id)
        self.sandbox.cancel(int(row.order_no))
        self.send()
        self.assertEqual(self.remote(row.order_no).claim, "cancel_requested")
        self.assertEqual(self.remote(row.order_no).invoices, [])
        self.assertEqual(picking.esm_state, "refused")
        self.assertIn("wants to cancel", picking.esm_message)
        self.assertEqual((row.state, row.problem), ("shipped", "cancel"))
        # Withdrawn: the number goes out by Retry.
        self.sandbox.withdraw_cancel(int(row.order_no))
        self.run_cycle()
        self.assertFalse(row.problem)
        picking.action_esm_retry()
        self.send()
        self.assertEqual(picking.esm_state, "sent")
        self.assertEqual(len(self.remote(row.order_no).invoices), 1)

    def test_a_cancel_after_the_goods_left_is_a_problem_not_a_cancel(self):
        [row] = self.book(TEA)
        order = row.sale_order_id
        picking = self.ship(order)
        self.sandbox.cancel(int(row.order_no))
        self.sandbox.approve_cancel(int(row.order_no))
        self.send()
        self.assertEqual(self.remote(row.order_no).invoices, [])
        self.assertEqual((row.state, row.problem), ("shipped", "cancelled_late"))
        self.assertEqual((order.state, picking.state), ("sale", "done"))
        self.assertIn("after it left", order.activity_ids.note)
        self.assertEqual(picking.esm_state, "refused")
        self.assertIn("after it left", picking.esm_message)
        self.run_cycle()
        self.assertEqual((row.state, row.problem), ("shipped", "cancelled_late"))

    def test_a_late_cancel_is_closed_for_good(self):
        [row] = self.book(TEA)
        order = row.sale_order_id
        self.ship(order)
        self.sandbox.cancel(int(row.order_no))
        self.sandbox.approve_cancel(int(row.order_no))
        self.send()
        self.assertEqual(row.problem, "cancelled_late")
        user = new_test_user(self.env, "esm_user", "sale_esm.group_user")
        row.with_user(user).action_handled()
        self.assertIn("after it left", order.message_ids[0].body)
        self.run_cycle()
        self.assertEqual((row.state, row.problem), ("cancelled", False))
        self.assertFalse(order.activity_ids)
        with self.assertRaisesRegex(UserError, "nothing to close"):
            row.with_user(user).action_handled()

    def test_only_what_a_person_does_can_be_closed_by_one(self):
        [number] = self.place(UNKNOWN)
        self.run_cycle()
        with self.assertRaisesRegex(UserError, "nothing to close"):
            self.rows(number).action_handled()
        self.assertEqual(self.rows(number).problem, "unmatched")

    def test_an_order_that_somebody_shipped_in_esm_plus(self):
        self.gmarket.auto_release = False
        first, second = self.place(TEA)[0], self.place(TEA)[0]
        self.run_cycle()
        rows = self.rows(first, second)
        for row in rows:
            self.sandbox.dispatch(int(row.order_no), 10013, "123456789012")
        self.run_cycle()
        self.assertEqual(rows.mapped("problem"), ["elsewhere", "elsewhere"])
        with self.assertRaisesRegex(UserError, "ESM Plus"):
            rows[0].sale_order_id.action_confirm()
        rows.action_handled()
        self.run_cycle()
        self.assertEqual(rows.mapped("problem"), [False, False])
        rows[0].sale_order_id.action_confirm()
        self.ship(rows[0].sale_order_id)
        self.send()
        self.assertEqual((rows[0].state, rows[0].problem), ("sent", False))
        self.assertEqual(len(self.remote(first).invoices), 1)

    def test_orders_whose_state_is_not_told_stand_in_nobodys_way(self):
        """Only some are asked for at a time, and never the same ones only."""
        rows = self.book(TEA, TEA, TEA, TEA)
        for row in rows:
            self.sandbox.dispatch(int(row.order_no), 10013, "123456789012")
        *silent, oldest = rows.sorted("paid_at desc, id desc")
        numbers = {row.order_no for row in silent}
        original = DeliveryApi.status
        asked = []

        def status(api, order_no):
            asked.append(order_no)
            return None if order_no in numbers else original(api, order_no)

        with (
            patch.object(esm_order, "MISSING_MOST", 2),
            patch.object(DeliveryApi, "status", status),
        ):
            for _collection in range(60):
                asked.clear()
                self.run_cycle()
                self.assertEqual(len(set(asked)), 2)
                if oldest.problem:
                    break
        self.assertEqual(oldest.problem, "elsewhere")

    def test_what_the_list_of_cancels_tells_is_not_asked_for_one_by_one(self):
        rows = self.book(TEA, TEA)
        self.sandbox.cancel(int(rows[0].order_no))
        self.sandbox.cancel(int(rows[1].order_no))
        self.sandbox.approve_cancel(int(rows[1].order_no))
        self.sandbox.calls.clear()
        self.run_cycle()
        self.assertEqual(rows.mapped("cancel_requested"), [True, False])
        self.assertEqual(rows.mapped("state"), ["released", "cancelled"])
        asked = [call.endpoint for call in self.sandbox.calls]
        self.assertNotIn("GetDeliveryStatus", asked)
        self.assertIn("Cancels", asked)

    def test_a_return_claim_stops_the_number(self):
        [row] = self.book(TEA)
        self.sandbox.dispatch(int(row.order_no), 10013, "999999999999")
        self.sandbox.request_return(int(row.order_no))
        picking = self.ship(row.sale_order_id)
        self.send()
        self.assertEqual(picking.esm_state, "refused")
        self.assertIn("return, exchange", picking.esm_message)


@tagged("post_install", "-at_install")
class TestWhatComesLater(ClaimsCase):
    """Addresses, phones and deadlines that change or arrive after the order."""

    def unconfirmed(self, *items, **options):
        """A basket that is booked before it is confirmed at the marketplace."""
        self.gmarket.auto_acknowledge = False
        numbers = self.place(*items, **options)
        self.run_cycle()
        rows = self.rows(*numbers)
        self.assertEqual(rows.mapped("state"), ["booked"] * len(numbers))
        return rows

    def confirm(self, rows):
        rows.action_acknowledge()
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.send()
        self.run_cycle()

    # --- address --------------------------------------------------------

    def test_a_changed_address_goes_onto_order_and_delivery(self):
        [row] = self.unconfirmed(TEA)
        order = row.sale_order_id
        old = order.partner_shipping_id
        before = (old.street, old.street2, old.zip, old.name, old.phone)
        order.action_confirm()
        self.sandbox.change_address(
            int(row.order_no),
            front="부산광역시 가상구 시험로 9",
            back="9층",
            zip_code="00999",
        )
        self.confirm(row)
        new = order.partner_shipping_id
        self.assertNotEqual(new, old)
        self.assertIn("부산광역시 가상구 시험로 9", (new.street, new.street2))
        self.assertEqual(new.zip, "00999")
        self.assertEqual(order.picking_ids.partner_id, new)
        self.assertEqual(
            (old.street, old.street2, old.zip, old.name, old.phone), before
        )
        self.assertEqual(order.partner_id, new.commercial_partner_id)
        self.assertFalse(row.problem)
        self.assertIn("changed the delivery address", order.message_ids[0].body)

    def test_an_address_that_shows_only_after_the_confirmation(self):
        self.sandbox.strict.address_change_visible = "after_confirm"
        self.addCleanup(
            setattr, self.sandbox.strict, "address_change_visible", "at_once"
        )
        [number] = self.place(TEA)
        self.sandbox.change_address(int(number), front="대구광역시 가상구 3")
        self.run_cycle()
        row = self.rows(number)
        contact = row.sale_order_id.picking_ids.partner_id
        self.assertIn("대구광역시 가상구 3", (contact.street, contact.street2))

    def test_a_list_from_before_the_confirmation_brings_no_old_address(self):
        [row] = self.unconfirmed(TEA)
        older = Order.from_payload(dict(row.sudo().payload))
        self.sandbox.change_address(int(row.order_no), front="부산광역시 가상구 2")
        self.confirm(row)
        contact = row.sale_order_id.partner_shipping_id
        self.assertIn("부산광역시 가상구 2", (contact.street, contact.street2))
        row._refresh(older)
        self.assertFalse(row.problem)
        self.assertEqual(row.sale_order_id.partner_shipping_id, contact)
        self.assertEqual(row._parsed().address_front, "부산광역시 가상구 2")

    def test_one_order_of_a_basket_goes_elsewhere(self):
        """Its goods must not travel with the others, nor the others with it."""
        first, second = self.unconfirmed(TEA, CUP, shipping_fee=3000)
        self.assertEqual(first.sale_order_id, second.sale_order_id)
        old = first.sale_order_id.partner_shipping_id
        self.sandbox.change_address(int(second.order_no), front="부산광역시 가상구 2")
        self.confirm(first | second)
        self.assertEqual(first.sale_order_id.partner_shipping_id, old)
        self.assertEqual(first.sale_order_id.picking_ids.move_ids.product_id, self.tea)
        other = second.sale_order_id
        self.assertNotEqual(other, first.sale_order_id)
        contact = other.partner_shipping_id
        self.assertIn("부산광역시 가상구 2", (contact.street, contact.street2))
        self.assertEqual(other.picking_ids.move_ids.product_id, self.cup)
        self.assertEqual(first.sale_order_id.amount_total, 12900 + 3000)
        self.assertEqual(other.amount_total, 5500)
        self.assertEqual((first.state, second.state), ("released", "released"))

    def test_a_whole_basket_goes_elsewhere(self):
        rows = self.unconfirmed(TEA, CUP, shipping_fee=3000)
        number = int(rows[0].order_no)
        self.sandbox.change_address(number, basket=True, front="부산광역시 가상구 2")
        self.confirm(rows)
        order = rows.sale_order_id
        self.assertEqual(len(order), 1)
        contact = order.partner_shipping_id
        self.assertIn("부산광역시 가상구 2", (contact.street, contact.street2))
        self.assertEqual(order.picking_ids.partner_id, contact)
        self.assertEqual(order.amount_total, 12900 + 5500 + 3000)
        self.assertEqual(rows.mapped("state"), ["released", "released"])

    def test_one_order_of_a_confirmed_sales_order_goes_elsewhere(self):
        first, second = self.unconfirmed(TEA, CUP, shipping_fee=3000)
        order = first.sale_order_id
        order.action_confirm()
        old = order.partner_shipping_id
        self.sandbox.change_address(int(second.order_no), front="부산광역시 가상구 2")
        self.confirm(first | second)
        self.assertEqual(order.partner_shipping_id, old)
        self.assertEqual(order.amount_total, 12900 + 3000)
        self.assertEqual(first.sale_order_id, order)
        self.ship(order)
        self.send()
        self.assertEqual((first.state, second.state), ("sent", "released"))
        self.assertEqual(second.sale_order_id.amount_total, 5500)
        self.ship(second.sale_order_id, "222222222222")
        self.send()
        self.assertEqual(second.tracking_no, "222222222222")

    def test_one_order_of_an_invoiced_sales_order_goes_elsewhere(self):
        """Too late to part them silently: a human has to."""
        first, second = self.unconfirmed(TEA, CUP)
        order = first.sale_order_id
        order.action_confirm()
        order._create_invoices()
        old = order.partner_shipping_id
        self.sandbox.change_address(int(second.order_no), front="부산광역시 가상구 2")
        self.confirm(first | second)
        self.assertEqual(order.partner_shipping_id, old)
        self.assertEqual((first.problem, second.problem), (False, "address_changed"))
        self.assertIn("another address than the rest", second.problem_text)
        self.assertIn(second.order_no, order.activity_ids.note)

    def test_an_address_that_changes_after_the_parcel_left(self):
        [row] = self.unconfirmed(TEA)
        order = row.sale_order_id
        order.action_confirm()
        old = order.partner_shipping_id
        picking = self.ship(order)
        self.sandbox.change_address(int(row.order_no), front="부산광역시 가상구 2")
        self.send()
        self.assertEqual((row.state, row.problem), ("shipped", "tracking"))
        self.assertIn("changed the address", row.problem_text)
        self.assertEqual(order.partner_shipping_id, old)
        self.assertEqual(picking.esm_state, "refused")
        self.assertEqual(self.remote(row.order_no).invoices, [])
        # The merchant has redirected the parcel: Retry sends the number.
        picking.action_esm_retry()
        self.send()
        self.assertEqual(picking.esm_state, "sent")
        self.assertFalse(row.problem)

    # --- buyers ---------------------------------------------------------

    def test_a_repeat_buyer_is_the_same_contact(self):
        buyer = {"name": "김견본", "user_id": "kim***", "mobile": "010-0000-1234"}
        place = {"zip_code": "00001", "front": "서울특별시 가상구 1", "back": "1호"}
        first = self.book(TEA, buyer={**buyer, **place}).sale_order_id
        again = self.book(CUP, buyer={**buyer, **place}).sale_order_id
        moved = {**place, "front": "서울특별시 가상구 2"}
        elsewhere = self.book(CUP, buyer={**buyer, **moved}).sale_order_id
        other = self.book(CUP, buyer={**buyer, **place, "name": "이견본"})
        self.assertEqual(again.partner_id, first.partner_id)
        self.assertEqual(again.partner_shipping_id, first.partner_shipping_id)
        self.assertEqual(elsewhere.partner_id, first.partner_id)
        self.assertNotEqual(elsewhere.partner_shipping_id, first.partner_shipping_id)
        self.assertEqual(elsewhere.partner_shipping_id.parent_id, first.partner_id)
        self.assertNotEqual(other.sale_order_id.partner_id, first.partner_id)

    def test_virtual_numbers_do_not_make_new_buyers(self):
        buyer = {
            "name": "박견본",
            "user_id": "par***",
            "zip_code": "00002",
            "front": "서울특별시 가상구 2",
            "back": "2호",
            "virtual": True,
        }
        orders = self.env["sale.order"]
        for number in ("0508-0000-0001", "0508-0000-0002"):
            numbers = self.place(TEA, buyer={**buyer, "mobile": number})
            self.sandbox.advance(600)
            self.run_cycle()
            orders += self.rows(*numbers).sale_order_id
        self.assertEqual(len(orders.partner_id), 1)
        self.assertEqual(
            orders.partner_shipping_id.mapped("phone"),
            ["0508-0000-0001", "0508-0000-0002"],
        )

    def test_a_phone_that_comes_later_is_filled_in(self):
        """Virtual numbers are assigned some minutes after the payment."""
        for receiver in (None, {"name": "오견본", "mobile": "0508-0000-0009"}):
            with self.subTest(receiver=receiver):
                rows = self.book(TEA, virtual=True, receiver=receiver)
                order = rows.sale_order_id
                contacts = order.partner_id | order.partner_shipping_id
                self.assertEqual(contacts.mapped("phone"), [False] * len(contacts))
                self.assertTrue(rows.complete_at)
                self.sandbox.advance(600)
                self.later()
                self.run_cycle()
                self.assertTrue(all(contacts.mapped("phone")))
                remote = self.remote(rows.order_no)
                self.assertEqual(
                    order.partner_shipping_id.phone, remote.receiver.mobile
                )
                self.assertEqual(order.partner_id.phone, remote.buyer.mobile)
                self.assertFalse(rows.complete_at)
                self.assertFalse(rows.problem)

    def test_a_phone_that_never_comes_is_not_asked_for_without_end(self):
        [row] = self.book(TEA, no_phone=True)
        self.sandbox.advance(600)
        for _try in range(5):
            self.later()
            self.run_cycle()
        self.assertFalse(row.complete_at)
        self.assertEqual(row.complete_tries, 3)

    def test_a_deadline_that_comes_later_becomes_the_delivery_date(self):
        [row] = self.book(TEA)
        order = row.sale_order_id
        self.assertFalse(row.due_at)
        self.assertFalse(order.commitment_date)
        self.sandbox.advance(180)
        self.later()
        self.run_cycle()
        self.assertTrue(row.due_at)
        self.assertEqual(order.commitment_date, row.due_at)
        self.assertEqual(order.picking_ids.date_deadline, row.due_at)

    # --- gifts, fulfilment ----------------------------------------------

    def test_a_gift_waits_until_it_is_accepted(self):
        [number] = self.place(TEA, gift=True)
        self.run_cycle()
        # A gift shows up at the latest when it is accepted, some servers before.
        self.sandbox.strict.waiting_gifts_by_payment = True
        self.addCleanup(setattr, self.sandbox.strict, "waiting_gifts_by_payment", False)
        self.run_cycle()
        row = self.rows(number)
        self.assertEqual((row.state, row.problem), ("received", "address"))
        self.assertIn("has not accepted", row.problem_text)
        self.assertFalse(row.sale_order_id)
        address = {"zip_code": "00003", "front": "서울특별시 가상구 3", "back": "3호"}
        self.sandbox.accept_gift(
            int(number), option={"text": "색상:화이트", "code": "CUP-05-W"}, **address
        )
        rows = self.env["esm.order"].search([("complete_at", "!=", False)])
        rows.complete_at = fields.Datetime.now() - timedelta(minutes=1)
        self.run_cycle()
        self.assertEqual((row.state, row.problem), ("released", False))
        # The receiver may choose another option when accepting.
        self.assertEqual(row.sale_line_ids.product_id, self.cup)
        self.assertEqual(row.sale_order_id.partner_shipping_id.zip, "00003")

    def test_a_gift_that_is_refused_is_cancelled(self):
        self.sandbox.strict.waiting_gifts_by_payment = True
        self.addCleanup(setattr, self.sandbox.strict, "waiting_gifts_by_payment", False)
        [number] = self.place(TEA, gift=True)
        self.run_cycle()
        self.sandbox.refuse_gift(int(number))
        self.run_cycle()
        self.assertEqual(self.rows(number).state, "cancelled")

    def test_orders_of_the_fulfilment_centre_are_left_alone(self):
        [number] = self.place(TEA, distribution="TL")
        self.run_cycle()
        row = self.rows(number)
        self.assertEqual((row.state, row.problem), ("ignored", False))
        self.assertFalse(row.sale_order_id)
        self.assertFalse(row.outbox_ids)
        self.assertEqual(self.remote(number).confirmations, 0)


@tagged("post_install", "-at_install")
class TestByNumber(ClaimsCase):
    """The wizard that collects single orders."""

    def fetch(self, *numbers):
        wizard = self.env["esm.fetch"].create(
            {"shop_id": self.gmarket.id, "numbers": "\n".join(numbers)}
        )
        wizard.action_fetch()
        return {line.order_no: line for line in wizard.line_ids}

    def test_new_and_known(self):
        new, known = self.place(TEA)[0], self.place(CUP)[0]
        self.gmarket.auto_collect = False
        self.assertIn("was collected", self.fetch(known)[known].result)
        lines = self.fetch(f" {new},", known, new)
        self.assertEqual(list(lines), [new, known])
        self.assertIn("was collected", lines[new].result)
        self.assertIn("is known", lines[known].result)
        self.assertEqual(self.rows(new, known).mapped("state"), ["released"] * 2)
        self.assertEqual(lines[new].sale_order_id.amount_total, 12900)

    def test_shipped_ones_are_refused_with_the_way_out(self):
        [number] = self.place(TEA)
        self.sandbox.confirm(int(number))
        self.sandbox.dispatch(int(number), 10013, "123456789012")
        line = self.fetch(number)[number]
        self.assertIn("already in delivery", line.result)
        self.assertIn("press Enter by Hand", line.result)
        self.assertFalse(self.rows(number))

    def test_unknown_foreign_and_claimed_ones_are_explained(self):
        foreign = self.place(TEA, site="auction")[0]
        claimed = self.place(TEA)[0]
        self.sandbox.cancel(int(claimed))
        lines = self.fetch("4599999999", foreign, claimed)
        self.assertIn("is not known to this shop", lines["4599999999"].result)
        self.assertIn("is not known to this shop", lines[foreign].result)
        self.assertIn("under a cancel, return or exchange", lines[claimed].result)
        self.assertFalse(self.rows("4599999999", foreign, claimed))

    def test_no_number_is_an_error(self):
        with self.assertRaisesRegex(UserError, "at least one order number"):
            self.fetch("no digits")

    def test_trouble_is_told_per_number(self):
        [number] = self.place(TEA)
        self.sandbox.faults.add("503", "RequestOrders", times=None)
        line = self.fetch(number)[number]
        self.assertIn("The next run tries again", line.result)
