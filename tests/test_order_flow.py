from odoo.tests import tagged

from .common import CUP, TEA, EsmCase


@tagged("post_install", "-at_install")
class TestOrderFlow(EsmCase):
    """From a paid basket at the marketplace to its tracking number there."""

    def test_order_becomes_delivery_and_tracking_goes_back(self):
        [number] = self.place(TEA, shipping_fee=3000)
        self.run_cycle()
        row = self.rows(number)
        self.assertEqual(row.state, "released")
        self.assertEqual(self.remote(number).confirmations, 1)
        order = row.sale_order_id
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.amount_total, 15900)
        self.assertEqual(order.date_order, row.paid_at)
        picking = self.ship(order)
        self.assertEqual(picking.esm_state, "waiting")
        self.send()
        self.assertEqual(picking.esm_state, "sent")
        self.assertEqual(row.state, "sent")
        [(code, invoice, _at)] = self.remote(number).invoices
        self.assertEqual((code, invoice), (10013, "123456789012"))

    def test_one_basket_is_one_sales_order(self):
        numbers = self.place(TEA, CUP, shipping_fee=3000)
        self.run_cycle()
        rows = self.rows(*numbers)
        self.assertEqual(len(rows), 2)
        self.assertEqual(rows.mapped("state"), ["released", "released"])
        self.assertEqual(len(rows.sale_order_id), 1)
        self.assertEqual(rows.sale_order_id.amount_total, 12900 + 5500 + 3000)

    def test_auction(self):
        numbers = self.place(TEA, CUP, site="auction", shipping_fee=2500)
        self.run_cycle(self.auction)
        rows = self.rows(*numbers)
        self.assertEqual(rows.mapped("state"), ["released", "released"])
        self.assertEqual(rows.sale_order_id.amount_total, 12900 + 5500 + 2500)
