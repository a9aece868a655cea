from odoo.tests import tagged

from .common import CUP, TEA, EsmCase


@tagged("post_install", "-at_install")
class TestPartialBaskets(EsmCase):
    """Orders of one basket that do not come in, or get confirmed, together."""

    def take_in(self, number, site="gmarket"):
        """Collect one order by its number, confirm and process it."""
        shop = getattr(self, site)
        self.env["esm.order"]._fetch_by_number(shop, number)
        shop._confirm_and_process()

    def test_basket_waits_until_all_its_orders_are_confirmed(self):
        first, second = self.place(TEA, CUP, shipping_fee=3000)
        self.sandbox.faults.add("502", "OrderCheck", order_no=int(second))
        self.run_cycle()
        rows = self.rows(first, second)
        self.assertEqual(rows.mapped("acknowledged"), [True, False])
        self.assertEqual(rows.mapped("state"), ["received", "received"])
        rows.outbox_ids.next_try_at = False  # a minute has passed
        self.run_cycle()
        self.assertEqual(rows.mapped("state"), ["released", "released"])
        self.assertEqual(len(rows.sale_order_id), 1)
        self.assertEqual(rows.sale_order_id.amount_total, 12900 + 5500 + 3000)

    def test_basket_does_not_wait_for_a_refused_confirmation(self):
        first, second = self.place(TEA, CUP, shipping_fee=3000)
        self.sandbox.cancel(int(second))
        self.run_cycle()
        self.assertEqual(self.rows(first).state, "released")

    def test_late_order_joins_the_open_sales_order(self):
        first, second = self.place(TEA, CUP, shipping_fee=3000)
        self.take_in(first)
        self.take_in(second)
        order = self.rows(first, second).sale_order_id
        self.assertEqual(len(order), 1)
        self.assertEqual(order.amount_total, 12900 + 5500 + 3000)
        [shipping] = order.order_line.filtered(lambda line: line.esm_kind == "shipping")
        self.assertEqual(shipping.price_total, 3000)

    def test_late_order_does_not_book_the_shipping_twice(self):
        for site in ("gmarket", "auction"):
            for late in (0, 1):
                with self.subTest(site=site, late=late):
                    numbers = self.place(CUP, TEA, site=site, shipping_fee=3000)
                    second = numbers.pop(late)
                    [first] = numbers
                    self.take_in(first, site)
                    self.ship(self.rows(first).sale_order_id)
                    self.take_in(second, site)
                    rows = self.rows(first, second)
                    self.assertEqual(rows.mapped("problem"), [False, False])
                    orders = rows.sale_order_id
                    self.assertEqual(orders.mapped("state"), ["sale", "sale"])
                    self.assertEqual(
                        sum(orders.mapped("amount_total")), 12900 + 5500 + 3000
                    )
