from odoo.tests import tagged

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
