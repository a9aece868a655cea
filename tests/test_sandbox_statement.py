"""A cart's sale, added up from its rows: the demo checks the connector with it."""

from odoo.tests import tagged

from ..sandbox import money
from ..sandbox.model import SITES
from ..sandbox.statement import seller_sale
from .sandbox_common import AUCTION_ID, GMARKET_ID, SandboxCase

ITEM = {"site_goods_no": "1", "seller_code": "A", "name": "a", "price": 1000}
SELLERS = {"gmarket": GMARKET_ID, "auction": AUCTION_ID}


@tagged("post_install", "-at_install")
class TestSandboxStatement(SandboxCase):
    def rows(self, numbers):
        return {str(number): self.sb.orders[number].row() for number in numbers}

    def test_whatever_a_basket_is_made_of(self):
        for split in ("first", "each", "even"):
            self.sb.strict.gmarket_shipping_split = split
            self.sb.strict.auction_shipping_split = split
            for site in SITES:
                self.sb.generate(site, SELLERS[site], 40, 20)
        baskets = {order.pay_no: order.basket for order in self.sb.orders.values()}
        self.assertEqual(len(baskets), 120)
        for basket in baskets.values():
            rows = self.rows(order.order_no for order in basket.orders)
            self.assertEqual(seller_sale(basket.site, rows), money.basket_sale(basket))

    def test_surcharge_that_the_payment_does_not_show(self):
        self.sb.strict.surcharges_in_paid = False
        for site in SITES:
            numbers = self.place(site, [ITEM, ITEM], shipping_fee=2500, remote=5000)
            sale = seller_sale(site, self.rows(numbers[:1]))
            self.assertEqual(sale, 1000 + 2500 + 5000)

    def test_auction_with_the_fee_of_each_bundle(self):
        items = [{**ITEM, "bundle": bundle} for bundle in (0, 0, 1)]
        for mode in ("cart", "bundle"):
            self.sb.strict.auction_paid_shipping = mode
            numbers = self.place("auction", items, shipping_fee=[3000, 2500], jeju=3000)
            self.assertEqual(seller_sale("auction", self.rows(numbers)), 11500)

    def test_cancelled_order_takes_its_goods_along_and_leaves_the_shipping(self):
        numbers = self.place(items=[ITEM, ITEM], shipping_fee=2500)
        kept = [str(numbers[1])]
        self.assertEqual(seller_sale("gmarket", self.rows(numbers), kept), 3500)

    def test_other_key_case_and_number_forms(self):
        [number] = self.place(items=[ITEM], shipping_fee=2500)
        row = self.rows([number])[str(number)]
        odd = {key.lower(): value for key, value in row.items()}
        odd.update(saleprice=1000, acntmoney=3500.0, contramount="1", optselprice=None)
        self.assertEqual(seller_sale("gmarket", {str(number): odd}), 3500)

    def test_what_cannot_be_told(self):
        [number] = self.place(items=[ITEM])
        row = self.rows([number])[str(number)]
        for changed in ({"AcntMoney": None}, {"SalePrice": "free"}):
            self.assertIsNone(seller_sale("gmarket", {"1": {**row, **changed}}))
        self.assertIsNone(seller_sale("gmarket", {}))
        self.assertIsNone(seller_sale("gmarket", {"1": row}, live=()))
