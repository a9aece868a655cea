"""The figures of a basket by each site's rules (page 67)."""

import random
from decimal import Decimal

from odoo.tests import tagged

from .sandbox_common import TEA, SandboxCase


def won(text):
    return int(Decimal(text))


@tagged("post_install", "-at_install")
class TestSandboxMoney(SandboxCase):
    def rows(self, numbers):
        return [self.sb.orders[number].row() for number in numbers]

    def column(self, numbers, key):
        return [won(row[key]) for row in self.rows(numbers)]

    def entry(self, number):
        return next(e for e in self.sb.ledger() if e["order_no"] == number)

    def test_gmarket_puts_the_carts_shipping_on_one_order(self):
        numbers = self.place(items=[TEA, TEA, TEA], shipping_fee=3000, jeju=4000)
        self.assertEqual(self.column(numbers, "ShippingFee"), [3000, 0, 0])
        self.assertEqual(self.column(numbers, "JejuAddDeliveryFee"), [4000, 0, 0])
        self.assertEqual(self.column(numbers, "AcntMoney"), [19900, 12900, 12900])
        self.sb.strict.gmarket_paid_shipping_on = "last"
        self.assertEqual(self.column(numbers, "AcntMoney"), [12900, 12900, 19900])
        self.sb.strict.surcharges_in_paid = False
        self.assertEqual(self.column(numbers, "AcntMoney"), [12900, 12900, 15900])

    def test_auction_puts_it_on_every_order(self):
        numbers = self.place("auction", [TEA, TEA], shipping_fee=2500, remote=5000)
        self.assertEqual(self.column(numbers, "ShippingFee"), [2500, 2500])
        self.assertEqual(self.column(numbers, "AcntMoney"), [20400, 20400])
        entry = self.entry(numbers[0])
        self.assertEqual(entry["basket_shipping"], 7500)
        self.assertEqual(entry["basket_seller_sale"], 2 * 12900 + 7500)
        self.assertEqual(entry["basket_paid"], 2 * 12900 + 7500)

    def test_several_bundles_in_one_cart(self):
        items = [TEA, TEA, {**TEA, "bundle": 1}]
        numbers = self.place("auction", items, shipping_fee=[2500, 4000])
        self.assertEqual(self.column(numbers, "ShippingFee"), [2500, 2500, 4000])
        self.assertEqual(self.column(numbers, "AcntMoney"), [19400] * 3)
        self.sb.strict.auction_paid_shipping = "bundle"
        self.assertEqual(self.column(numbers, "AcntMoney"), [15400, 15400, 16900])
        groups = [row["GroupNo"] for row in self.rows(numbers)]
        self.assertEqual(len(set(groups)), 2)
        self.assertEqual(self.entry(numbers[0])["basket_shipping"], 6500)

    def test_other_splits_of_the_fee(self):
        for split, fees in (
            ("first", [3001, 0, 0]),
            ("each", [3001] * 3),
            ("even", [1001, 1000, 1000]),
        ):
            numbers = self.place(items=[TEA] * 3, shipping_fee=3001, split=split)
            self.assertEqual(self.column(numbers, "ShippingFee"), fees)
            self.assertEqual(self.entry(numbers[0])["basket_shipping"], 3001)

    def test_unrelated_carts_share_a_group(self):
        one, two = self.place_one(), self.place_one()
        rows = self.rows([one, two])
        self.assertEqual(rows[0]["GroupNo"], rows[1]["GroupNo"])
        self.assertNotEqual(rows[0]["PayNo"], rows[1]["PayNo"])

    def test_pay_on_delivery_is_not_the_shops_money(self):
        number = self.place_one(shipping_fee=3000, condition="D")
        self.assertEqual(self.column([number], "AcntMoney"), [12900])
        self.assertEqual(self.column([number], "ShippingFee"), [0])
        self.sb.strict.cod_rows_show_fee = True
        self.assertEqual(self.column([number], "ShippingFee"), [3000])
        self.assertEqual(self.entry(number)["basket_seller_sale"], 12900)

    def test_free_shipping_with_a_surcharge(self):
        number = self.place_one("auction", jeju=3000)
        row = self.sb.orders[number].row()
        self.assertEqual(row["DeliveryFeeCondition"], "X")
        self.assertEqual(won(row["AcntMoney"]), 15900)
        with self.assertRaises(ValueError):
            self.place_one(shipping_fee=3000, condition="X")
        with self.assertRaises(ValueError):
            self.place_one("auction", shipping_fee=3000, condition="M")

    def test_discounts(self):
        item = {
            **TEA,
            "quantity": 3,
            "seller_discount": 1111,
            "site_discount": 777,
            "seller_cash": 50,
        }
        for site, order_amount in (("gmarket", 38700), ("auction", 37923)):
            number = self.place_one(site, items=[item])
            row = self.sb.orders[number].row()
            self.assertEqual(won(row["OrderAmount"]), order_amount)
            self.assertEqual(won(row["AcntMoney"]), 38700 - 1111 - 777 - 50)
            self.assertEqual(won(row["DirectDiscountPrice"]), 777)
            self.assertEqual(won(row["SellerCashbackMoney"]), 50)
            entry = self.entry(number)
            self.assertEqual(entry["seller_sale"], 38700 - 1111 - 50)
            self.assertEqual(entry["site_share"], 777)

    def test_null_prices_of_auction(self):
        row = self.sb.orders[self.place_one("auction")].row()
        self.assertIsNone(row["OptSelPrice"])
        self.assertEqual((row["GoodsNo"], row["InfoCin"]), ("", ""))
        row = self.sb.orders[self.place_one()].row()
        self.assertEqual(row["OptSelPrice"], "0.0000")
        self.assertEqual((row["GoodsNo"], row["InfoCin"]), (None, None))

    def test_a_cancelled_order_leaves_the_live_sale(self):
        first, second = self.place(
            items=[TEA, {**TEA, "price": 5000}], shipping_fee=3000
        )
        self.sb.cancel(first)
        entry = self.entry(second)
        self.assertEqual(entry["basket_seller_sale"], 20900)
        self.assertEqual(entry["basket_seller_sale_live"], 8000)
        self.sb.cancel(second)
        self.assertEqual(self.entry(second)["basket_seller_sale_live"], 0)

    def test_rows_of_random_baskets_add_up_to_what_was_paid(self):
        """Without the shipping that AcntMoney repeats or leaves out, the rows are the
        sale minus the site's share; with it once they are what the buyer paid."""
        rng = random.Random(7)
        for _ in range(60):
            site = rng.choice(("gmarket", "auction"))
            items = [
                {
                    **TEA,
                    "price": rng.randrange(10, 3000) * 10,
                    "quantity": rng.randrange(1, 5),
                    "option": ("x", "X", rng.randrange(0, 2000)),
                    "additions": [("y", "Y", rng.randrange(1, 999), 2)],
                    "seller_discount": rng.randrange(0, 40),
                    "site_discount": rng.randrange(0, 40),
                    "seller_cash": rng.randrange(0, 20),
                }
                for _ in range(rng.randrange(1, 5))
            ]
            fee = rng.choice((0, 2500, 3001))
            jeju = rng.choice((0, 0, 3000))
            numbers = self.place(site, items, shipping_fee=fee, jeju=jeju)
            entry = self.entry(numbers[0])
            paid = sum(self.column(numbers, "AcntMoney"))
            if site == "auction":
                paid -= (len(numbers) - 1) * (fee + jeju)
            self.assertEqual(paid, entry["basket_paid"])
            self.assertEqual(
                entry["basket_seller_sale"] - entry["basket_site_share"], paid
            )
            goods = sum(
                won(row["SalePrice"]) * row["ContrAmount"]
                + won(row["OptSelPrice"])
                + won(row["OptAddPrice"])
                - won(row["SellerDiscountPrice"])
                - won(row["SellerCashbackMoney"])
                for row in self.rows(numbers)
            )
            self.assertEqual(entry["basket_seller_sale"], goods + fee + jeju)
