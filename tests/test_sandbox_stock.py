"""Buyers and the stock of the sandbox's items: what they can buy, what it leaves."""

import statistics
import time
from datetime import datetime

import requests

from odoo.tests import BaseCase, tagged

from ..sandbox import Sandbox, SoldOut
from .sandbox_common import (
    AUCTION_ID,
    GMARKET_ID,
    TEA,
    SandboxItemCase,
)

TEA_GOODS = {"seller_code": "TEA-0100", "name": "[샘플] 보리차", "price": 12900}


@tagged("post_install", "-at_install")
class TestSandboxBuying(SandboxItemCase):
    def buy(self, item, option=None, quantity=1, site="gmarket", **options):
        line = {"site_goods_no": item.numbers[site], "quantity": quantity}
        if option is not None:
            line["option"] = option
        [number] = self.place(site, [line], **options)
        return number

    def qty(self, item, site="gmarket"):
        return [option.qty[site] for option in item.options]

    def test_the_catalogue_fills_in_what_the_buyer_pays(self):
        item = self.add_shirt("g")
        self.sb.edit_item(item.goods_no, options={"TS-NV-L": {"surcharge": 1000}})
        row = self.read_row(self.buy(item, "TS-NV-L", 2))
        expected = {
            "SiteGoodsNo": item.numbers["gmarket"],
            "OutGoodsNo": "TS-2026",
            "GoodsName": item.name,
            "SalePrice": "24000.0000",
            "OptSelPrice": "2000.0000",
            "ContrAmount": 2,
        }
        self.assertEqual({key: row[key] for key in expected}, expected)
        [option] = row["ItemOptionSelectList"]
        self.assertEqual(option["ItemOptionValue"], "색상:네이비, 사이즈:L")
        self.assertEqual(option["ItemOptionCode"], "TS-NV-L")

    def test_an_option_by_code_text_or_key(self):
        item = self.add_shirt("g")
        key = item.options[1].key
        for wanted in (
            "TS-NV-L",
            "색상:네이비, 사이즈:L",
            "네이비;L",
            "네이비/L",
            key,
            {"code": "TS-NV-L"},
            {"key": str(key)},
            {"text": "네이비;L"},
        ):
            with self.subTest(wanted=wanted):
                before = self.qty(item)
                self.buy(item, wanted)
                self.assertEqual(self.qty(item), [before[0], before[1] - 1, before[2]])
        self.sb.strict.option_text_mode = "values"
        [option] = self.read_row(self.buy(item, key))["ItemOptionSelectList"]
        self.assertEqual(option["ItemOptionValue"], "네이비;L")

    def test_stock_falls_at_payment_and_comes_back_with_a_cancel(self):
        item = self.add("ga", stock=5)
        number = self.buy(item, quantity=2)
        self.assertEqual(item.stock, {"gmarket": 3, "auction": 5})
        self.sb.cancel(number)
        self.assertEqual(item.stock, {"gmarket": 5, "auction": 5})
        number = self.buy(item, quantity=2)
        self.check(number)
        self.sb.cancel(number)
        self.assertEqual(item.stock["gmarket"], 3, "only requested")
        self.sb.approve_cancel(number)
        self.assertEqual(item.stock["gmarket"], 5)
        deposit = self.buy(item, deposit=True)
        self.assertEqual(item.stock["gmarket"], 5)
        self.sb.pay(deposit)
        self.assertEqual(item.stock["gmarket"], 4)

    def test_an_order_that_was_not_paid_gives_nothing_back(self):
        item = self.add("g", stock=5)
        self.sb.cancel(self.buy(item, deposit=True))
        self.assertEqual(item.stock, {"gmarket": 5})

    def test_other_readings_of_when_stock_moves(self):
        self.sb.strict.stock_falls = "order"
        item = self.add("g", stock=5)
        number = self.buy(item, deposit=True)
        self.assertEqual(item.stock, {"gmarket": 4})
        self.sb.pay(number)
        self.assertEqual(item.stock, {"gmarket": 4})
        self.sb.strict.stock_returns = False
        self.sb.cancel(number)
        self.assertEqual(item.stock, {"gmarket": 4})
        self.sb.strict.stock_falls = "never"
        self.sb.cancel(self.buy(item, quantity=4))
        self.assertEqual(item.stock, {"gmarket": 4})

    def test_what_the_seller_writes_meanwhile_is_added_to_and_capped(self):
        item = self.add("g", stock=5)
        number = self.buy(item, quantity=3)
        path = f"goods/{item.goods_no}/stock"
        self.write_item(path, {"stock": {"gmkt": 99_998}}, "g")
        self.sb.cancel(number)
        self.assertEqual(item.stock, {"gmarket": 99_999})

    def test_a_cancel_finds_its_option_in_a_set_that_was_written_since(self):
        item = self.add_shirt("g")
        back, gone = self.buy(item, "TS-NV-M", 4), self.buy(item, "TS-NV-L", 4)
        body = self.options_of(item, "g")
        del body["combination"]["details"][1]
        self.write_item(f"goods/{item.goods_no}/recommended-options", body, "g")
        self.assertEqual(self.qty(item), [6, 10])
        self.sb.cancel(back)
        self.sb.cancel(gone)
        self.assertEqual(self.qty(item), [10, 10])

    def test_not_on_sale_or_too_few(self):
        item = self.add_shirt("ga", per_site=True)
        self.buy(item, "TS-NV-M", 10)
        number = item.numbers["gmarket"]
        self.sb.edit_item(
            item.goods_no, options={"TS-NV-L": {"sold_out": {"gmarket": True}}}
        )
        self.sb.edit_item(
            item.goods_no, options={"TS-WH-M": {"shown": {"gmarket": False}}}
        )
        for code in ("TS-NV-M", "TS-NV-L", "TS-WH-M"):
            with self.subTest(code=code), self.assertRaises(SoldOut):
                self.buy(item, code)
            self.buy(item, code, site="auction")
        self.assertEqual(set(self.sb.on_sale("gmarket").values()), {0})
        tea = self.add("g", stock=1)
        with self.assertRaises(SoldOut):
            self.buy(tea, quantity=2)
        self.sb.stop_item(tea.goods_no)
        with self.assertRaises(SoldOut):
            self.buy(tea)
        for line in (
            {"site_goods_no": number},
            {"site_goods_no": number, "options": ["TS-NV-M", "TS-NV-L"]},
            {"site_goods_no": item.numbers["auction"], "option": "TS-NV-L"},
        ):
            with self.subTest(line=line), self.assertRaises(ValueError):
                self.place(items=[line])
        with self.assertRaises(LookupError):
            self.buy(item, "NOPE")

    def test_a_basket_is_bought_as_a_whole_or_not_at_all(self):
        item = self.add("g", stock=3)
        line = {"site_goods_no": item.numbers["gmarket"], "quantity": 2}
        with self.assertRaises(SoldOut):
            self.place(items=[line, TEA, line])
        self.assertEqual(item.stock, {"gmarket": 3})
        self.assertEqual(len(self.sb.orders), 0)
        self.assertEqual(len(self.place(items=[line, TEA])), 2)
        self.assertEqual(item.stock, {"gmarket": 1})

    def test_options_that_share_the_stock_of_the_item(self):
        item = self.add_shirt("g", stock_managed=False, stock=3)
        lines = [
            {"site_goods_no": item.numbers["gmarket"], "option": code, "quantity": 2}
            for code in ("TS-NV-M", "TS-NV-L")
        ]
        with self.assertRaises(SoldOut):
            self.place(items=lines)
        self.place(items=lines[:1])
        self.assertEqual(set(self.sb.on_sale().values()), {1})

    def test_one_of_each_independent_choice(self):
        options = [
            {"values": {"색상": "화이트"}, "code": "W", "qty": 5},
            {"values": {"포장": "선물"}, "code": "GIFT", "qty": 2},
        ]
        item = self.add("g", options=options)
        line = {"site_goods_no": item.numbers["gmarket"], "options": ["W", "GIFT"]}
        [number] = self.place(items=[line])
        self.assertEqual(self.qty(item), [4, 1])
        codes = [
            row["ItemOptionCode"]
            for row in self.read_row(number)["ItemOptionSelectList"]
        ]
        self.assertEqual(codes, ["W", "GIFT"])

    def test_the_last_piece(self):
        item = self.add_shirt("g")
        self.buy(item, "TS-NV-L", 10)
        option = item.options[1]
        self.assertEqual(
            (option.qty["gmarket"], option.sold_out["gmarket"]), (0, False)
        )
        self.sb.strict.zero_sets_sold_out = True
        self.buy(item, "TS-NV-M", 10)
        self.assertTrue(item.options[0].sold_out["gmarket"])

    def test_a_gift_in_another_option(self):
        item = self.add_shirt("g")
        number = self.buy(item, "TS-NV-M", gift=True)
        self.assertEqual(self.qty(item), [9, 10, 10])
        self.sb.edit_item(item.goods_no, options={"TS-WH-M": {"sold_out": True}})
        with self.assertRaises(SoldOut):
            self.sb.accept_gift(number, option="TS-WH-M")
        self.sb.accept_gift(number, option="TS-NV-L")
        self.assertEqual(self.qty(item), [10, 9, 10])
        [option] = self.read_row(number)["ItemOptionSelectList"]
        self.assertEqual(option["ItemOptionCode"], "TS-NV-L")
        self.sb.cancel(number)
        self.assertEqual(self.qty(item), [10, 10, 10])

    def test_goods_that_are_no_items_are_bought_as_before(self):
        self.add("g")
        number = self.place_one(items=[{**TEA, "quantity": 1000}])
        self.assertEqual(self.read_row(number)["OutGoodsNo"], "TEA-0100")


@tagged("post_install", "-at_install")
class TestSandboxSoldOutCancel(SandboxItemCase):
    def sold_out(self, item, option=None, site="gmarket"):
        line = {"site_goods_no": item.numbers[site]}
        if option:
            line["option"] = option
        [number] = self.place(site, [line])
        kind = 2 if site == "gmarket" else 1
        path = f"/claim/v1/sa/Cancel/{number}/SoldOut"
        self.assertDone(self.post(path, {"SiteType": kind}, site=site))

    def flags(self, item):
        return [list(option.sold_out.values()) for option in item.options]

    def test_it_flips_the_flag_of_the_option(self):
        item = self.add_shirt("ga")
        self.sold_out(item, "TS-NV-L")
        self.assertEqual(self.flags(item), [[False] * 2, [True] * 2, [False] * 2])
        self.assertTrue(item.selling["gmarket"])
        self.assertEqual(item.options[1].qty["gmarket"], 10, "given back")

    def test_of_that_site_only_in_a_set_kept_per_site(self):
        item = self.add_shirt("ga", per_site=True)
        self.sold_out(item, "TS-NV-L", "auction")
        self.assertEqual(self.flags(item)[1], [False, True])

    def test_it_stops_an_item_without_options(self):
        item = self.add("ga", stock=5)
        self.sold_out(item)
        self.assertEqual(item.selling, {"gmarket": False, "auction": True})
        self.sb.strict.sold_out_item = "zero"
        other = self.add("g", stock=5)
        self.sold_out(other)
        self.assertEqual(other.stock, {"gmarket": 0})
        self.assertEqual(self.found(sellStatus=["31"]), [other.goods_no])

    def test_a_set_that_is_all_sold_out_can_be_read_but_not_written(self):
        item = self.add_shirt("g")
        for option in item.options:
            self.sold_out(item, option.code)
        body = self.options_of(item, "g")
        rows = body["combination"]["details"]
        self.assertTrue(all(row["isSoldOut"] for row in rows))
        path = f"goods/{item.goods_no}/recommended-options"
        self.assertEqual(self.item_call("PUT", path, body, "g").status_code, 400)

    def test_a_refused_cancel_flips_nothing(self):
        item = self.add_shirt("g")
        line = {"site_goods_no": item.numbers["gmarket"], "option": "TS-NV-L"}
        [number] = self.place(items=[line])
        self.sb.cancel(number)
        path = f"/claim/v1/sa/Cancel/{number}/SoldOut"
        self.assertEqual(self.post(path, {"SiteType": 2})["ResultCode"], 8668)
        self.assertEqual(self.flags(item), [[False]] * 3)


@tagged("post_install", "-at_install")
class TestSandboxItemsOfMany(SandboxItemCase):
    def test_generated_orders_are_of_what_is_on_sale(self):
        tea = self.add("g", stock=6, additions=[{"text": "포장", "price": 500}])
        shirt = self.add_shirt("ga")
        stopped = self.add("g")
        self.sb.stop_item(stopped.goods_no)
        options = [
            {"values": {"색상": "화이트"}, "qty": 9},
            {"values": {"포장": "선물"}, "qty": 4},
            {"values": {"포장": "없음"}, "sold_out": True},
        ]
        gift = self.add("g", options=options)
        numbers = self.sb.generate("gmarket", GMARKET_ID, 200)
        self.assertLess(len(numbers), 200, "there is not enough for all")
        self.assertEqual(set(self.sb.on_sale("gmarket").values()), {0, 5})
        sold = {}
        for number in numbers:
            line = self.sb.orders[number].item
            sold[line.site_goods_no] = sold.get(line.site_goods_no, 0) + line.quantity
        expected = {tea: 6, shirt: 30, gift: 4}
        self.assertEqual(
            sold, {item.numbers["gmarket"]: n for item, n in expected.items()}
        )
        self.assertEqual(self.sb.generate("gmarket", GMARKET_ID, 5), [])
        left = self.sb.on_sale("auction", AUCTION_ID)
        self.assertEqual(set(left.values()), {10}, "the other site has its own")

    def test_a_catalogue_may_name_items_too(self):
        item = self.add("g", stock=2)
        catalog = [{"site_goods_no": item.numbers["gmarket"], **TEA_GOODS}]
        numbers = self.sb.generate("gmarket", GMARKET_ID, 20, catalog=catalog)
        quantity = sum(self.sb.orders[number].item.quantity for number in numbers)
        self.assertEqual(quantity + item.stock["gmarket"], 2)

    def test_sellers_without_items_sell_something_all_the_same(self):
        self.add("g")
        numbers = self.sb.generate("auction", AUCTION_ID, 10)
        self.assertEqual(len(numbers), 10)

    def test_reset_forgets_items_and_begins_their_numbers_anew(self):
        first = self.add("ga")
        self.sb.reset()
        self.assertEqual((self.sb.items, self.sb.on_sale()), ({}, {}))
        again = self.add("ga")
        self.assertEqual(
            (again.goods_no, again.numbers), (first.goods_no, first.numbers)
        )
        with self.assertRaises(LookupError):
            self.sb.item_by_number("4999999999")
        self.assertIs(self.sb.item_by_number(again.numbers["auction"]), again)

    def test_an_item_that_vanishes_between_two_pages(self):
        items = [self.add("g").goods_no for _ in range(4)]
        self.sb.faults.add("remove_between_pages", "goods/search")
        self.assertEqual(len(self.find(size=4)["items"]), 4)
        self.assertEqual(len(self.sb.on_sale()), 4, "one page: no occasion")
        seen = [
            int(row["goodsNo"])
            for index in (1, 2)
            for row in self.find(size=2, index=index)["items"]
        ]
        self.assertEqual(seen, [items[0], items[1], items[3]], "one was never seen")

    def test_a_write_whose_answer_does_not_come(self):
        item = self.add("g")
        path = f"goods/{item.goods_no}/stock"
        late = {"seconds": 0.1, "then": "close"}
        for pieces, kind, options, left in (
            (1, "drop_before", {}, 100),
            (2, "drop_after_effect", {}, 2),
            (3, "timeout_after_effect", late, 3),
        ):
            self.sb.faults.add(kind, "stock", **options)
            with self.assertRaises(requests.ConnectionError):
                self.item_call("PUT", path, {"stock": {"gmkt": pieces}}, "g")
            self.assertEqual(item.stock, {"gmarket": left})

    def test_faults_of_the_search(self):
        self.add("g")
        body = {"pageIndex": 1, "pageSize": 9}

        def search():
            return self.item_call("POST", "goods/search", body, "g")

        self.sb.faults.add("rate_message", "goods/search")
        response = search()
        self.assertEqual(response.status_code, 400)
        self.assertIn("호출", response.json()["message"])
        for kind in ("502", "503", "429"):
            self.sb.faults.add(kind, "goods/search")
            self.assertEqual(search().status_code, int(kind))
        self.sb.faults.add("duplicate_row", "goods/search")
        self.sb.faults.add("extra_keys", "goods/search")
        first, second = search().json()["items"]
        self.assertEqual(first, second)
        self.assertIn("UnknownNewField", first)

    # ---- for other processes ------------------------------------------------------

    def control(self, name, /, **values):
        url = f"{self.sb.url}/_sandbox/{name}"
        return self.session.post(url, json=values, timeout=10)

    def look(self, name):
        response = self.session.get(f"{self.sb.url}/_sandbox/{name}", timeout=10)
        self.assertEqual(response.status_code, 200)
        return response.json()

    def test_another_process_can_do_everything(self):
        values = {
            "name": "[샘플] 머그컵",
            "price": 5500,
            "gmarket": GMARKET_ID,
            "auction": AUCTION_ID,
            "seller_code": "CUP-05",
            "registered_at": "2026-06-08T10:00:00",
            "options": [{"values": {"색상": "화이트"}, "code": "W", "qty": 3}],
        }
        made = self.control("items", **values).json()
        no = made["goods_no"]
        self.assertEqual(self.look("health")["items"], 1)
        self.control("edit_item", goods_no=no, options={"W": {"qty": {"auction": 1}}})
        line = {"site_goods_no": made["numbers"]["auction"], "option": "W"}
        basket = {"site": "auction", "seller_id": AUCTION_ID, "items": [line]}
        self.assertEqual(self.control("orders", **basket).status_code, 200)
        response = self.control("orders", **basket)
        self.assertEqual(response.status_code, 409, "sold out")
        self.control("stop_item", goods_no=no, site="gmarket")
        [entry] = self.look("items?find=cup")
        self.assertEqual(entry["sites"]["gmarket"]["state"], "stopped")
        self.assertEqual(entry["sites"]["auction"]["state"], "sold_out")
        [option] = entry["options"]
        self.assertEqual(option["on_sale"], {"gmarket": 0, "auction": 0})
        self.control("start_item", goods_no=no)
        pieces = {row["site"]: row["pieces"] for row in self.look("on_sale")}
        self.assertEqual(pieces, {"gmarket": 3, "auction": 0})
        self.assertEqual(self.look("items?find=nothing"), [])
        self.assertEqual(len(self.look(f"items?seller_id={AUCTION_ID}&last=1")), 1)
        self.control("delete_item", goods_no=no)
        self.assertEqual((self.look("items"), self.look("health")["items"]), ([], 0))
        self.assertEqual(self.control("stop_item", goods_no=1).status_code, 400)
        self.assertEqual(self.control("items", name="x", price=5).status_code, 400)

    def test_the_page_has_a_table_of_them(self):
        text = self.session.get(self.sb.url + "/", timeout=10).text
        for word in ("_sandbox/items", "지금 살 수 있는 수량", "stop_item"):
            self.assertIn(word, text)


@tagged("post_install", "-at_install")
class TestSandboxManyItems(SandboxItemCase):
    def test_five_thousand_items_with_twenty_thousand_options(self):
        begin = time.monotonic()
        for number in range(5000):
            options = [
                {"values": {"색상": color}, "code": f"C{number}-{color}", "qty": 50}
                for color in ("가", "나", "다", "라")
            ]
            self.add("ga" if number % 2 else "g", options=options)
        self.assertLess(time.monotonic() - begin, 5)
        self.find()
        times = []
        for index in range(1, 11):
            begin = time.monotonic()
            self.assertEqual(len(self.find(index=index)["items"]), 500)
            times.append(time.monotonic() - begin)
        self.assertLess(statistics.median(times), 0.2)
        begin = time.monotonic()
        self.assertEqual(len(self.sb.on_sale("gmarket")), 20_000)
        self.assertLess(time.monotonic() - begin, 1)
        begin = time.monotonic()
        self.sb.generate("gmarket", GMARKET_ID, 200)
        self.assertLess(time.monotonic() - begin, 2)


@tagged("post_install", "-at_install")
class TestSandboxSameItems(BaseCase):
    def ledger(self):
        sb = Sandbox(start=datetime(2026, 6, 8, 18))
        for number in range(20):
            sb.add_item(f"상품 {number}", 9900, gmarket="g", stock=9)
        sb.generate("gmarket", "g", 30)
        return sb.ledger()

    def test_the_same_seed_gives_the_same_orders(self):
        self.assertEqual(self.ledger(), self.ledger())
