from odoo.tests import tagged

from .common import TEA, EsmCase

KOREAN = "ko_KR"


@tagged("post_install", "-at_install")
class TestKorean(EsmCase):
    """What jobs write reads right for the Korean people who work with it."""

    def test_address_is_printed_in_its_order(self):
        [number] = self.place(
            TEA,
            receiver={
                "name": "한견본",
                "front": "서울특별시 가상구 샘플로 1",
                "back": "2동 203호",
                "zip_code": "00042",
            },
        )
        self.run_cycle()
        address = self.rows(number).sale_order_id.partner_shipping_id
        self.assertIn(
            "서울특별시 가상구 샘플로 1 2동 203호 00042", address.contact_address
        )

    def test_address_of_one_line_is_the_street(self):
        [number] = self.place(
            TEA, receiver={"front": "서울특별시 가상구 샘플로 1", "back": ""}
        )
        self.run_cycle()
        address = self.rows(number).sale_order_id.partner_shipping_id
        self.assertEqual(address.street, "서울특별시 가상구 샘플로 1")
        self.assertFalse(address.street2)

    def test_foreign_address_keeps_its_lines(self):
        [number] = self.place(TEA, overseas=True)
        self.run_cycle()
        address = self.rows(number).sale_order_id.partner_shipping_id
        receiver = self.remote(number).receiver
        self.assertEqual(
            (address.street, address.street2), (receiver.front, receiver.back)
        )

    def test_jobs_write_in_the_language_of_the_responsible(self):
        self.carrier.product_id.with_context(lang=KOREAN).name = "배송비"
        self.gmarket.user_id.lang = KOREAN
        [number] = self.place(TEA, shipping_fee=3000)
        self.run_cycle()
        order = self.rows(number).sale_order_id
        shipping = order.order_line.filtered(lambda line: line.is_delivery)
        self.assertEqual(shipping.name, "배송비")
