from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import CUP, TEA
from .privacy_common import TRACES, PrivacyCase


@tagged("post_install", "-at_install")
class TestCleared(PrivacyCase):
    """Finished work takes less room, and is never done a second time."""

    def setUp(self):
        super().setUp()
        self.company.esm_mask = False

    def cleared(self, *items, **options):
        rows = self.decided(*items, days=181, **options)
        self.night()
        self.assertTrue(all(rows.mapped("packed_at")))
        return rows

    def told(self):
        written = {"ShippingInfo", "OrderCheck"}
        return [call for call in self.sandbox.calls if call.endpoint in written]

    def test_messages_and_answers_go(self):
        [row] = self.decided(TEA, days=179)
        answer, paid = row.sudo().payload, row._parsed().paid_amount
        self.night()
        self.assertEqual(len(row.outbox_ids), 2)
        self.age(row, 2)
        order = row.sale_order_id
        story = order.esm_story["steps"]
        self.night()
        self.assertFalse(row.outbox_ids)
        left = row.sudo().payload
        self.assertLess(len(str(left)), len(str(answer)) * 0.8)
        self.assertEqual(row._parsed().paid_amount, paid)
        self.assertFalse([text for text in TRACES if text in str(left)])
        # Masking is another decision: people still find the address.
        self.assertEqual(order.partner_shipping_id.name, "임수령")
        # It is told as before that it was sent, and when.
        self.assertEqual(order.picking_ids.esm_state, "sent")
        after = order.esm_story["steps"]
        self.assertEqual([s["at"] for s in after], [s["at"] for s in story])
        self.assertIn("Tracking number sent: 123456789012", [s["text"] for s in after])
        self.assertFalse(self.env["esm.problem"].search([]))
        steps = self.env["esm.shop"].get_first_steps()["steps"]
        [ship] = [step for step in steps if "tracking number" in step["title"]]
        self.assertTrue(ship["done"])

    def test_nothing_is_sent_again(self):
        """Whatever would have found its message before, and now finds none."""
        rows = self.cleared(TEA, CUP)
        picking = rows.sale_order_id.picking_ids
        told = len(self.told())
        picking.carrier_tracking_ref = "999999999999"
        picking._esm_request_sending()
        picking._esm_request_sending(printed=True)
        picking.action_esm_retry()
        self.env["esm.outbox"]._request_acknowledge(rows)
        self.env["esm.outbox"]._request_delivered(rows)
        self.gmarket.sudo().cursor_at = False
        self.run_cycle()
        rows.market_status = "new"  # an odd answer
        self.env["esm.order"]._request_acknowledgements(self.gmarket)
        self.commit()
        self.send()
        self.assertFalse(self.env["esm.outbox"].search([("order_id", "in", rows.ids)]))
        self.assertEqual(len(self.told()), told)
        self.assertEqual(picking.esm_state, "sent")
        # A parcel that is sent later belongs to it as well.
        copy = picking.copy({"carrier_tracking_ref": "888888888888"})
        copy.move_ids.sale_line_id = picking.move_ids.sale_line_id[:1]
        copy.action_confirm()
        copy.button_validate()
        self.commit()
        self.send()
        self.assertEqual(len(self.told()), told)

    def test_nothing_is_told_about_cleared_orders_entered_by_hand(self):
        rows = self.cleared(TEA)
        rows.silent = True
        with self.assertRaisesRegex(UserError, rows.order_no):
            rows.action_tell_marketplace()

    def test_what_is_somebodys_business_stays(self):
        first, second = self.decided(TEA, days=181), self.decided(CUP, days=181)
        ship = first.outbox_ids.filtered(lambda m: m.action == "ship")
        ship._refuse("No.")
        second.problem = "cancelled_late"
        self.age(first | second, 181)
        self.night()
        self.assertFalse(first.packed_at or second.packed_at)
        self.assertEqual(len((first | second).outbox_ids), 4)

    def test_a_claim_that_comes_in_meanwhile(self):
        """A night's list is made once; the last of it are cleared much later."""
        rows = self.decided(TEA, days=181) | self.decided(CUP, days=181)
        due = self.env["esm.order"]._to_pack(self.company)
        self.assertEqual(due, rows.sorted("id"))
        rows[0].problem = "cancelled_late"
        self.assertEqual(due._pack_due(), 1)
        self.assertFalse(rows[0].packed_at)
        self.assertEqual(len(rows[0].outbox_ids), 2)

    def test_listings_keep_their_messages(self):
        """One row for each listing and kind: they do not grow, and hold its state."""
        listing = self.env["esm.listing"].create(
            {"shop_id": self.gmarket.id, "site_goods_no": "3900000001", "name": "Tea"}
        )
        message = self.env["esm.outbox"].create(
            {
                "listing_id": listing.id,
                "action": "price",
                "state": "sent",
                "sent_at": "2020-01-01 00:00:00",
            }
        )
        rows = self.cleared(TEA)
        self.assertFalse(rows.outbox_ids)
        self.assertTrue(message.exists())

    def test_switched_off(self):
        self.company.esm_pack = False
        rows = self.decided(TEA, days=500)
        self.night()
        self.assertFalse(rows.packed_at)
        self.assertEqual(len(rows.outbox_ids), 2)

    def test_runs_by_setting(self):
        Run = self.env["esm.run"]
        values = {"shop_id": self.gmarket.id, "kind": "collect", "state": "failed"}
        now = fields.Datetime.now()
        young, old = Run.create(
            [
                {**values, "ended_at": now - timedelta(days=9)},
                {**values, "ended_at": now - timedelta(days=11)},
            ]
        )
        Run._gc_runs()
        self.assertTrue(young.exists() and old.exists())
        self.company.esm_run_days = 10
        Run._gc_runs()
        self.assertTrue(young.exists())
        self.assertFalse(old.exists())
