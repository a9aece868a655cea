from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import CUP, TEA
from .privacy_common import PEOPLE, TRACES, PrivacyCase


@tagged("post_install", "-at_install")
class TestMasking(PrivacyCase):
    """What is left of a buyer when the purchase was decided long ago."""

    def test_nothing_in_the_database_tells_who_it_was(self):
        rows = self.decided(TEA, CUP)
        order = rows.sale_order_id
        picking = order.picking_ids
        buyer, receiver = order.partner_id, order.partner_shipping_id
        order.message_post(body="임수령 (02 0000 9999) 님 통화: 010.0000.8888")
        picking.message_post(
            body="비밀로 7 아님", attachments=[("label.zpl", b"^FD010-0000-8888")]
        )
        picking.note = "<p>임수령 님 부재 시 경비실</p>"
        order.activity_schedule(
            "mail.mail_activity_data_todo", summary="홍비밀 님께 전화"
        )
        self.env["mail.mail"].create(
            {
                "mail_message_id": order.message_ids[0].id,
                "body_html": "<p>임수령 님께</p>",
                "state": "exception",
                "is_notification": True,
            }
        )
        receiver.with_context(tracking_disable=False).write({"phone": "010-0000-8889"})
        self.commit()
        total, goods = order.amount_total, order.order_line.mapped("name")
        self.assertIn(("mail_message", "임수령"), self.traces())
        self.assertTrue(rows[0].memo)
        self.night()
        self.assertTrue(all(rows.mapped("masked_at")))
        self.assertEqual(self.traces(), set())
        self.assertFalse(self.traces(["010-0000-8889", "010.0000.8888", "02 0000"]))
        self.assertFalse(self.env["ir.attachment"].search([("name", "=", "label.zpl")]))
        # What the books need is as it was.
        self.assertEqual((order.amount_total, order.state), (total, "sale"))
        self.assertEqual(order.order_line.mapped("name"), goods)
        self.assertEqual((buyer.name, receiver.name), ("홍**", "임**"))
        self.assertFalse(buyer.active or receiver.active)
        self.assertEqual(rows[0]._parsed().paid_amount, rows[0].amount_paid)
        self.assertIn("임** (***) 님 통화: ***", order.message_ids.mapped("body")[0])

    def test_orders_that_were_never_booked(self):
        """What was said of them, and who wrote about others, is masked as well."""
        rows = self.decided(TEA)
        order = rows.sale_order_id
        message = order.message_post(
            body="Hi", email_from="홍비밀 <hong@example.com>", subject="임수령"
        )
        message.write(
            {
                "reply_to": "홍비밀 <x@example.com>",
                "incoming_email_cc": "임수령 <y@example.com>",
            }
        )
        self.env["mail.message.translation"].create(
            {
                "message_id": message.id,
                "source_lang": "ko",
                "target_lang": "en_US",
                "body": "<p>Mr. 임수령</p>",
            }
        )
        [lost] = self.place(CUP, **PEOPLE)
        self.run_cycle()
        lost = self.rows(lost)
        lost.write(
            {
                "state": "cancelled",
                "problem": "error",
                "problem_text": "홍비밀, 010-0000-7777",
            }
        )
        lost.sale_order_id = False
        self.age(lost, 91)
        self.night()
        self.assertTrue(lost.masked_at)
        self.assertEqual(self.traces(), set())
        self.assertEqual(message.email_from, "홍** <hong@example.com>")

    def test_the_day_before_all_is_there(self):
        rows = self.decided(TEA, days=89)
        before = self.traces()
        self.night()
        self.assertFalse(rows.masked_at)
        self.assertEqual(self.traces(), before)

    def test_each_company_decides(self):
        rows = self.decided(TEA)
        self.company.esm_mask = False
        self.night()
        self.assertFalse(rows.masked_at)
        self.company.write({"esm_mask": True, "esm_mask_days": 92})
        self.night()
        self.assertFalse(rows.masked_at)
        self.company.esm_mask_days = 90
        self.night()
        self.assertTrue(rows.masked_at)
        with self.assertRaisesRegex(ValidationError, "at least 30 days"):
            self.company.esm_mask_days = 29

    def test_a_second_night_changes_nothing(self):
        rows = self.decided(TEA)
        self.night()
        self.commit()
        with (
            patch.object(type(rows), "write", side_effect=AssertionError("written")),
            patch.object(
                type(self.env["res.partner"]),
                "write",
                side_effect=AssertionError("written"),
            ),
        ):
            self.night()

    def test_the_marketplace_hears_nothing_of_it(self):
        self.decided(TEA)
        calls = len(self.sandbox.calls)
        messages = self.env["esm.outbox"].search([]).mapped("write_date")
        self.night()
        self.run_cycle()
        self.send()
        written = {
            *("ShippingInfo", "OrderCheck", "ShippingExpectedDate", "stock", "options")
        }
        self.assertFalse(
            [c for c in self.sandbox.calls[calls:] if c.endpoint in written]
        )
        self.assertEqual(
            self.env["esm.outbox"].search([]).mapped("write_date"), messages
        )

    def test_a_later_reading_does_not_bring_it_back(self):
        """The nightly sweep reads 28 days again; people ask by number."""
        rows = self.shipped(TEA, **PEOPLE)
        number = rows.order_no
        self.sandbox.mark_delivered(int(number))
        self.read_states()
        rows._mask()
        self.assertEqual(self.traces(), set())
        order = rows.shop_id._api().orders.get(number)
        self.assertEqual(order.receiver_name, "임수령")
        self.gmarket._transact(
            lambda: self.env["esm.order"]._store(self.gmarket, [order])
        )
        self.env["esm.order"]._fetch_by_number(self.gmarket, number)
        self.sandbox.decide(int(number))
        self.run_cycle()
        self.read_states()
        self.assertEqual(self.traces(), set())
        self.assertEqual(rows.market_status, "decided")
        self.assertFalse(rows.problem)

    # --- what keeps data alive --------------------------------------------

    def test_open_claims_keep_it(self):
        rows = self.decided(TEA)
        for values in (
            {"cancel_requested": True},
            {"problem": "cancelled_late"},
            {"market_status": "return"},
        ):
            with self.subTest(values):
                before = {name: rows[name] for name in values}
                rows.write(values)
                self.age(rows, 100)
                self.night()
                self.assertFalse(rows.masked_at)
                rows.write(before)
        self.age(rows, 100)
        self.night()
        self.assertTrue(rows.masked_at)

    def test_a_return_on_its_way_keeps_it(self):
        rows = self.decided(TEA)
        picking = rows.sale_order_id.picking_ids
        back = self.returned(picking)
        self.night()
        self.assertFalse(rows.masked_at)
        back.button_validate()
        self.night()
        self.assertTrue(rows.masked_at)

    def test_a_basket_waits_for_its_last_order(self):
        rows = self.decided(TEA, CUP)
        rows[1].decided_at = fields.Datetime.now()
        self.night()
        self.assertFalse(any(rows.mapped("masked_at")))
        self.age(rows[1], 91)
        self.night()
        self.assertTrue(all(rows.mapped("masked_at")))

    def test_without_a_decision_the_last_change_counts(self):
        shipped = self.shipped(TEA, **PEOPLE)
        [cancelled] = self.book(CUP, **PEOPLE)
        self.sandbox.cancel(int(cancelled.order_no))
        self.sandbox.approve_cancel(int(cancelled.order_no))
        self.run_cycle()
        self.assertEqual(cancelled.state, "cancelled")
        [waiting] = self.book(TEA, **PEOPLE)
        rows = shipped | cancelled | waiting
        self.age(rows, 91)
        rows[0].tracking_no = "1"  # a change of today
        self.night()
        self.assertFalse(shipped.masked_at or waiting.masked_at)
        self.assertTrue(cancelled.masked_at)
        self.age(rows, 91)
        self.night()
        self.assertTrue(shipped.masked_at)
        self.assertFalse(waiting.masked_at, "it is still to be shipped")
        self.assertEqual(waiting.sale_order_id.partner_shipping_id.name, "임수령")

    def test_orders_entered_by_hand_begin_anew(self):
        """The marketplace's decision may be old: the goods leave now."""
        rows = self.decided(TEA, days=400)
        rows.write({"origin": "number", "silent": True})
        self.night()
        self.assertFalse(rows.masked_at)
        self.age(rows, 91)
        self.night()
        self.assertTrue(rows.masked_at)

    # --- contacts -----------------------------------------------------------

    def test_a_buyer_who_buys_again_stays(self):
        [old] = self.decided(TEA)
        [new] = self.book(CUP, **PEOPLE)
        buyer = old.sale_order_id.partner_id
        self.assertEqual(new.sale_order_id.partner_id, buyer)
        self.night()
        self.assertTrue(old.masked_at)
        self.assertEqual(buyer.name, "홍비밀")
        self.assertTrue(buyer.active)
        self.assertFalse(old.memo)
        # Masked with the last order; the next one makes a new contact.
        self.ship(new.sale_order_id)
        self.send()
        self.age(new, 91)
        self.night()
        self.assertEqual(self.traces(), set())
        [third] = self.book(TEA, **PEOPLE)
        self.assertNotEqual(third.sale_order_id.partner_id, buyer)
        self.assertEqual(third.sale_order_id.partner_id.name, "홍비밀")

    def test_contacts_that_serve_something_else_stay(self):
        [row] = self.decided(TEA)
        order = row.sale_order_id
        buyer = order.partner_id
        self.env["sale.order"].create(
            {
                "partner_id": buyer.id,
                "partner_shipping_id": buyer.id,
                "order_line": [Command.create({"product_id": self.tea.id})],
            }
        )
        someone = self.env["res.partner"].create({"name": "임수령상사"})
        order.partner_invoice_id = someone
        self.night()
        self.assertTrue(row.masked_at)
        self.assertEqual((buyer.name, buyer.active), ("홍비밀", True))
        self.assertEqual(someone.name, "임수령상사", "somebody made it by hand")
        self.assertEqual(order.partner_shipping_id.name, "임**")

    def test_invoices_stay_as_they_were_printed(self):
        [row] = self.decided(TEA)
        order = row.sale_order_id
        buyer = order.partner_id
        invoice = order._create_invoices()
        invoice.action_post()
        self.night()
        self.assertTrue(row.masked_at)
        self.assertEqual(invoice.invoice_partner_display_name, "홍비밀")
        self.assertEqual(invoice.partner_id.name, "홍비밀")
        self.assertEqual(invoice.partner_shipping_id.street, "가상아파트 707호")
        html = self.env["ir.actions.report"]._render_qweb_html(
            "account.report_invoice", invoice.ids
        )[0]
        self.assertIn("홍비밀", html.decode())
        # But nobody comes across it, and its phone is of no use to an invoice.
        self.assertEqual((buyer.active, buyer.phone), (False, False))
        self.assertEqual(
            buyer.esm_mask_again_at.year, invoice.date.year + 5, "the law's years"
        )
        self.assertFalse(row.memo or "홍비밀" in str(row.payload))
        self.night()
        self.assertEqual(buyer.name, "홍비밀")
        buyer.esm_mask_again_at = fields.Date.today()
        self.env.flush_all()
        with patch.object(
            type(buyer), "_esm_invoiced", lambda self: {}
        ):  # five years later
            self.night()
        self.assertEqual((buyer.name, buyer.street), ("홍**", False))
        self.assertEqual(invoice.state, "posted")

    # --- afterwards -----------------------------------------------------------

    def test_a_masked_delivery_is_not_printed(self):
        [row] = self.decided(TEA)
        picking = row.sale_order_id.picking_ids
        self.night()
        with self.assertRaisesRegex(UserError, f"{row.order_no} was masked on"):
            picking.action_esm_print_waybill()
        with self.assertRaisesRegex(UserError, "was masked on"):
            self.env["ir.actions.report"]._render_qweb_text(
                "sale_esm.report_waybill_zpl", picking.ids
            )
        self.assertIn("has left", picking._esm_courier_obstacle())

    def test_masked_addresses_are_not_the_same_address(self):
        """Deliveries stay open where somebody ships in ESM Plus."""
        other = {**PEOPLE["receiver"], "name": "임다른", "front": "가상군 딴길 8"}
        [first] = self.book(TEA, **PEOPLE)
        [second] = self.book(TEA, receiver=other, buyer={"name": "홍다른"})
        rows = first | second
        pickings = rows.sale_order_id.picking_ids
        self.assertEqual(len(set(pickings.mapped("esm_parcel_key"))), 2)
        rows.write({"market_status": "decided", "decided_at": rows[0].paid_at})
        self.age(rows, 91)
        self.night()
        self.assertTrue(all(rows.mapped("masked_at")))
        self.assertEqual(set(pickings.partner_id.mapped("name")), {"임**"})
        self.assertEqual(set(pickings.mapped("esm_parcel_key")), {False})

    def test_the_rest_goes_on_working(self):
        [row] = self.decided(TEA)
        order = row.sale_order_id
        before = order.esm_story
        self.night()
        after = order.esm_story
        self.assertEqual(after.pop("memo"), "")
        self.assertTrue(before.pop("memo"))
        self.assertEqual(after, before)
        self.assertFalse(self.env["esm.problem"].search([]))
        self.assertEqual(row._mismatched(), row.browse())
        order._esm_review()
        self.assertFalse(row.problem)
        invoice = order._create_invoices()
        invoice.action_post()
        self.assertEqual(invoice.partner_id, order.partner_id)
        # Goods that come back after all.
        back = self.returned(order.picking_ids)
        back.button_validate()
        self.assertEqual((back.state, back.partner_id.name), ("done", "임**"))
        self.assertEqual(order.order_line.filtered("esm_order_id").qty_delivered, 0)
        self.sandbox.advance(60)
        self.run_cycle()
        self.assertFalse(row.problem)

    def returned(self, picking):
        """A return of one piece that is on its way."""
        wizard = (
            self.env["stock.return.picking"]
            .with_context(active_id=picking.id, active_model="stock.picking")
            .create({"picking_id": picking.id})
        )
        wizard.product_return_moves.quantity = 1
        return wizard._create_return()

    def test_one_basket_that_fails_keeps_no_other(self):
        first, second = self.decided(TEA), self.decided(CUP, memo="문 앞에 두세요")
        broken = type(self.env["sale.order"]).write
        leak = ValueError(" ".join(TRACES))

        def write(records, vals):
            if first.sale_order_id in records and "esm_basket_key" in vals:
                raise leak
            return broken(records, vals)

        with (
            patch.object(type(self.env["sale.order"]), "write", write),
            self.assertLogs("odoo.addons.sale_esm", "ERROR") as log,
        ):
            self.night()
        self.assertFalse(first.masked_at)
        self.assertTrue(second.masked_at)
        self.assertFalse([text for text in TRACES if text in "".join(log.output)])
