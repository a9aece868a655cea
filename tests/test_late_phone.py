from odoo.tests import tagged

from ..esm_api import Order
from .common import TEA, EsmCase


@tagged("post_install", "-at_install")
class TestLatePhone(EsmCase):
    """Virtual numbers (안심번호) are assigned minutes after the order."""

    def check_phone_comes_later(self, phone, *, shipped):
        person = {"phone": phone, "virtual": True}
        [number] = self.place(TEA, virtual=True, buyer=person, receiver=person)
        self.run_cycle()
        row = self.rows(number)
        order, contact = row.sale_order_id, row.sale_order_id.partner_shipping_id
        self.assertEqual(contact.phone or "", phone)
        if shipped:
            self.ship(order)
        self.sandbox.advance(900)
        row.complete_at = "2026-01-01"
        self.run_cycle()
        self.assertTrue(row.sudo().payload["HpNo"])
        self.assertFalse(row.problem)
        self.assertEqual(order.partner_shipping_id, contact)
        self.assertEqual(contact.phone, row.sudo().payload["HpNo"])

    def test_first_number(self):
        self.check_phone_comes_later("", shipped=False)

    def test_beside_a_landline(self):
        self.check_phone_comes_later("02-000-0001", shipped=False)

    def test_after_the_parcel_has_left(self):
        self.check_phone_comes_later("02-000-0001", shipped=True)

    def check_older_reading(self, *, shipped):
        """A worker read the order before the number came, and stores it afterwards."""
        [number] = self.place(TEA, virtual=True)
        self.run_cycle()
        row = self.rows(number)
        older = Order.from_payload(dict(row.sudo().payload))
        self.sandbox.advance(900)
        row.complete_at = "2026-01-01"
        self.run_cycle()
        contact, due = row.sale_order_id.partner_shipping_id, row.due_at
        phone = contact.phone
        self.assertTrue(phone and due)
        self.assertTrue(older.contact_pending)
        if shipped:
            self.ship(row.sale_order_id)
        older.payload["TransDueDate"] = older.payload["OrderStatus"] = None
        row._refresh(Order.from_payload(older.payload))
        self.assertFalse(row.problem)
        self.assertEqual(row.sale_order_id.partner_shipping_id, contact)
        self.assertEqual((contact.phone, row.due_at), (phone, due))
        self.assertEqual(row._parsed().receiver_mobile, phone)
        row._note_completion(Order.from_payload(older.payload))
        self.assertFalse(row.complete_at)

    def test_an_older_reading_takes_nothing_away(self):
        self.check_older_reading(shipped=False)

    def test_an_older_reading_after_the_parcel_has_left(self):
        self.check_older_reading(shipped=True)
