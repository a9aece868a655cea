"""Answers and rows that no server should send: cleaned, refused or marked."""

import json
from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged
from odoo.tools import mute_logger

from ..esm_api import (
    BadAnswer,
    Cancel,
    MoneyProblem,
    Order,
    OrderStatus,
    Site,
    basket_money,
    option_text_key,
)
from ..esm_api.readers import (
    LONGEST_LINE,
    LONGEST_TEXT,
    Fields,
    line,
    storable,
    text,
)
from .esm_api_common import (
    CANCELS,
    DELIVERY_STATUS,
    NOW,
    REQUEST_ORDERS,
    EsmApiCase,
    order_page,
    rows,
)
from .mutations import VALUES, nested

FIGURES = (
    *("ContrAmount", "SalePrice", "AcntMoney", "SellerDiscountPrice", "ShippingFee"),
    *("SellerCashbackMoney", "DirectDiscountPrice", "JejuAddDeliveryFee"),
    *("BackwoodsAddDeliveryFee", "OptSelPrice", "OptAddPrice"),
)
AMOUNTS = (
    st.sampled_from((0, 1, -1, 12900, 15900, -12900, 3000, 10**9, 10**12, "x", None))
    | st.integers(-(10**15), 10**15)
    | st.decimals(-(10**6), 10**6, places=4).map(str)
)
READER = "odoo.addons.sale_esm.esm_api.orders"


def row(**values):
    return rows("orders_gmarket_one_item")[0] | values


def problem(**values):
    order = Order.from_payload(row(**values), Site.GMARKET)
    return basket_money([order], Site.GMARKET).problem


@tagged("post_install", "-at_install")
class TestEsmApiGarbage(BaseCase):
    def test_texts_that_turn_the_reading_direction_lose_that(self):
        self.assertEqual(line(VALUES["right to left"]), "가나다 abc")

    def test_what_no_xml_file_holds_is_taken_out(self):
        self.assertEqual(line("a\ufffeb\uffffc"), "abc")

    def test_emoji_of_several_characters_stay_whole(self):
        self.assertEqual(line(VALUES["emoji"]), VALUES["emoji"])

    def test_texts_have_an_end(self):
        long = VALUES["a megabyte"]
        self.assertLessEqual(len(line(long)), LONGEST_LINE)
        self.assertLessEqual(len(text(long)), LONGEST_TEXT)
        fields = Fields({"Name": long, "Code": long})
        self.assertTrue(fields.line("Name"))
        self.assertIsNone(fields.code("Code"), "a part of a code is another code")
        self.assertEqual(
            fields.oddities, ["Name is cut: it is too long", "Code is too long"]
        )

    def test_an_index_takes_every_text(self):
        """PostgreSQL's trees hold 2704 bytes; a contact has two names in one."""
        widest = line("".join(chr(0x20000 + n) for n in range(9000)))
        self.assertLess(len(f"{widest}, {widest}".encode()), 2704)
        # One character that is folded to eighteen.
        self.assertLess(len(option_text_key("\ufdfa" * LONGEST_TEXT).encode()), 2704)

    def test_deep_values_are_cut_off(self):
        value = storable({"a": nested(10_000), "b": [1, {"c": "d"}]})
        self.assertEqual(value["b"], [1, {"c": "d"}])
        self.assertLess(len(json.dumps(value["a"])), 500)

    def test_readers_take_anything(self):
        for name, value in VALUES.items():
            for key in row():
                with self.subTest(key=key, name=name):
                    order = Order.from_payload(
                        row(**{key: value}) | {"OrderNo": 7}, Site.GMARKET
                    )
                    json.dumps(order.payload, allow_nan=False).encode()
                    Cancel.from_payload({key: value, "OrderNo": 7})

    def test_figures_that_cannot_be(self):
        self.assertIsNone(problem())
        for values in (
            {"ContrAmount": 0, "AcntMoney": "3000"},
            {"ContrAmount": -1, "SalePrice": "-12900"},
            {"ContrAmount": 100_000_000, "AcntMoney": "1290000003000"},
            {"SalePrice": "-12900", "AcntMoney": "-9900"},
            {"SellerDiscountPrice": "-1000", "AcntMoney": "16900"},
            {"SellerCashbackMoney": "-1000", "AcntMoney": "16900"},
            {"DirectDiscountPrice": "-1000", "AcntMoney": "16900"},
            {"ShippingFee": "-3000", "AcntMoney": "9900"},
            {"JejuAddDeliveryFee": "-3000", "AcntMoney": "12900"},
            {"BackwoodsAddDeliveryFee": "-7", "AcntMoney": "15893"},
            {"OptAddPrice": "-900", "AcntMoney": "15000"},
            {"OptSelPrice": "-13900", "AcntMoney": "2000"},
            {"SalePrice": "9000000000", "AcntMoney": "9000003000"},
        ):
            with self.subTest(values):
                self.assertIs(problem(**values), MoneyProblem.IMPOSSIBLE)

    @settings(max_examples=150, deadline=None, database=None, derandomize=True)
    @given(
        st.lists(
            st.dictionaries(st.sampled_from(FIGURES), AMOUNTS, max_size=4),
            min_size=1,
            max_size=3,
        ),
        st.sampled_from(Site),
    )
    def test_no_sums_but_those_of_a_sale_pass(self, changes, site):
        orders = [
            Order.from_payload(row(OrderNo=number, **figures), site)
            for number, figures in enumerate(changes, 1)
        ]
        money = basket_money(orders, site)
        if money.problem is None:
            self.assertEqual(money.paid, money.total - money.site_share)
            self.assertLessEqual(money.total, 4 * len(orders) * 10**9)
            for order in orders:
                self.assertTrue(0 < order.quantity < 100_000)
                self.assertTrue(0 <= order.unit_price < 10**9)

    def test_numbers_of_pieces_that_cannot_be(self):
        for count in (-1, 0, None, "x", 10**6):
            added = {
                "ItemOptionValue": "쇼핑백",
                "ItemOptionOrderCnt": count,
                "ItemOptionCode": "BAG-01",
            }
            with self.subTest(count):
                self.assertIs(
                    problem(ItemOptionAdditionList=[added]), MoneyProblem.IMPOSSIBLE
                )
        chosen = [
            {"ItemOptionValue": "a", "ItemOptionOrderCnt": count, "ItemOptionCode": "A"}
            for count in (2, -1)
        ]
        self.assertIs(problem(ItemOptionSelectList=chosen), MoneyProblem.IMPOSSIBLE)

    def test_lists_of_goods_that_cannot_be_read(self):
        """What is missing from the list would be missing from the parcel."""
        for key in ("ItemOptionSelectList", "ItemOptionAdditionList"):
            for value in ("x", 5, True, ["x"], [None], VALUES["thousand"]):
                with self.subTest(key=key, value=str(value)[:20]):
                    self.assertIs(problem(**{key: value}), MoneyProblem.IMPOSSIBLE)
            blank = {"ItemOptionValue": "", "ItemOptionCode": ""}
            for value in (None, [], "", [blank]):
                self.assertIsNone(problem(**{key: value}))


@tagged("post_install", "-at_install")
class TestEsmApiGarbageAnswers(EsmApiCase):
    def search(self, **options):
        return self.client().orders.search(
            OrderStatus.NEW, NOW - timedelta(hours=1), NOW, **options
        )

    def test_number_that_python_does_not_read(self):
        body = json.dumps(order_page([row(ServiceFee="@"), row(OrderNo=9)]))
        self.answer(REQUEST_ORDERS, body=body.replace('"@"', "9" * 5000))
        first, second = self.search()
        self.assertIsNone(first.service_fee)
        self.assertEqual(first.paid_amount, Decimal(15900))
        self.assertEqual(second.order_no, "9")

    @mute_logger(READER)
    def test_row_that_is_deep(self):
        self.answer(
            REQUEST_ORDERS, order_page([row(), nested(400), row(OrderNo=nested(400))])
        )
        client = self.client()
        [order] = client.orders.search(OrderStatus.NEW, NOW - timedelta(hours=1), NOW)
        self.assertEqual(order.order_no, "4500000101")
        self.assertEqual(len(client.orders.unreadable), 2)

    def test_list_of_orders_that_is_none(self):
        """An answer without orders is read as "no orders": it has to be one."""
        for data in ("x", 5, True, {"RequestOrders": "x"}, {"RequestOrders": 5}):
            with self.subTest(data=data):
                self.http.reset()
                self.answer(REQUEST_ORDERS, {"ResultCode": 0, "Data": data})
                with self.assertRaises(BadAnswer):
                    self.search()
        for data in (None, [], {}, {"RequestOrders": None}, {"RequestOrders": []}):
            self.http.reset()
            self.answer(REQUEST_ORDERS, {"ResultCode": 0, "Data": data})
            self.assertEqual(self.search(), [])

    def test_lists_of_claims_and_states_that_are_none(self):
        client = self.client()
        for data in ("x", 5, True):
            with self.subTest(data=data):
                self.http.reset()
                for path in (CANCELS, DELIVERY_STATUS):
                    self.answer(path, {"ResultCode": 0, "Data": data})
                with self.assertRaises(BadAnswer):
                    client.claims.cancels(NOW.date(), NOW.date())
                with self.assertRaises(BadAnswer):
                    client.delivery.status("7")
        for data in (None, "", [], {}):
            self.http.reset()
            for path in (CANCELS, DELIVERY_STATUS):
                self.answer(path, {"ResultCode": 0, "Data": data})
            self.assertEqual(client.claims.cancels(NOW.date(), NOW.date()), [])
            self.assertIsNone(client.delivery.status("7"))

    def test_list_of_items_that_is_none(self):
        """Items that are missing from the list count as deleted."""
        search = "/item/v1/goods/search"
        for payload in (
            *("x", [], {}, {"items": "x"}, {"items": {}}, {"items": None}),
            *({"items": [], "totalItems": 3}, {"items": None, "totalItems": 3}),
        ):
            with self.subTest(payload=payload):
                self.http.reset()
                self.answer(search, payload)
                with self.assertRaises(BadAnswer):
                    list(self.client().goods.search())
        for payload in ({"items": []}, {"items": None, "totalItems": 0}):
            self.http.reset()
            self.answer(search, payload)
            self.assertFalse(list(self.client().goods.search())[0].items)

    def test_options_that_are_none(self):
        """Options that are missing from the set lose their matches."""
        path = "/item/v1/goods/910000001/recommended-options"
        sellers = {Site.GMARKET: "mallsample_g"}
        for payload in (
            *("x", [], {}, {"type": None}, {"type": "x"}, {"type": 1}),
            *({"type": 1, "independent": "x"}, {"type": 2, "combination": []}),
            {"type": 7, "combination": {"details": "x"}},
        ):
            with self.subTest(payload=payload):
                self.http.reset()
                self.answer(path, payload, "GET")
                with self.assertRaises(BadAnswer):
                    self.client().goods.options("910000001", sellers)
        for kind in (0, 4, 5, "5"):
            self.http.reset()
            self.answer(path, {"type": kind}, "GET")
            options = self.client().goods.options("910000001", sellers)
            self.assertFalse(options.editable)

    def test_state_that_cannot_be_read_is_that_of_the_list(self):
        self.answer(
            REQUEST_ORDERS,
            order_page(
                [row(OrderStatus="?"), row(OrderNo=8, OrderStatus=None)]
                + [row(OrderNo=9, OrderStatus=9)]
            ),
        )
        self.assertEqual(
            [order.status for order in self.search()],
            [OrderStatus.NEW, OrderStatus.NEW, OrderStatus.NOT_RECEIVED],
        )
