"""Item calls: search, numbers, options, price, stock, state (fact sheet 6)."""

import json
from datetime import date, datetime, timezone
from decimal import Decimal

import jwt
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from ..esm_api import (
    BadAnswer,
    CredentialError,
    Item,
    OptionChange,
    OptionSet,
    RateLimited,
    Refusal,
    RuleError,
    SellState,
    SetOptions,
    SetSellStatus,
    SetStock,
    Site,
    SiteStatus,
    StockPlan,
    UnknownOutcome,
    check_price,
)
from .esm_api_common import SECRET, EsmApiCase
from .test_esm_api_options import choice, choices
from .test_esm_api_pacing import RecordingPacer

GMARKET, AUCTION = Site.GMARKET, Site.AUCTION
BOTH = {GMARKET: "mallsample_g", AUCTION: "mallsample_a"}
ONE = {GMARKET: "mallsample_g"}
SEARCH = "/item/v1/goods/search"
ITEM = "/item/v1/goods/910000001/"


def row(goods_no=910000001, **values):
    """Return an item of goods/search, on both sites."""
    return {
        "no": 1,
        "goodsNo": str(goods_no),
        "siteGoodsNo": {"gmkt": f"28{goods_no}", "iac": f"C{goods_no}"},
        "managedCode": "TEA-0100",
        "imgUrl": "http://image.invalid/1.jpg",
        "goodsName": "[샘플] 보리차 티백 100개입",
        "siteSellerId": {"gmkt": "mallsample_g", "iac": "mallsample_a"},
        "sellStatus": {"gmkt": "11", "iac": "21"},
        "price": {"gmkt": 12900.0, "iac": 12500.0},
        "stock": {"gmkt": 100, "iac": 40},
        "useOption": True,
        "useAddonService": False,
        "updatedDate": "2026-06-08 09:30:00",
    } | values


def found(*rows, total=None, index=1):
    return {
        "totalItems": len(rows) if total is None else total,
        "pageIndex": index,
        "pageSize": 500,
        "items": list(rows),
    }


def sell_status(gmarket=True, auction=False):
    return {
        "IsSell": {"gmkt": gmarket, "iac": auction},
        "itemBasicInfo": {
            "Price": {"gmkt": 25900.0, "iac": 24000.0},
            "Stock": {"gmkt": 40, "iac": 0},
            "SellingPeriod": {"gmkt": 20260906, "iac": 99991231},
        },
    }


class GoodsCase(EsmApiCase):
    def refuse(self, path, message, method="PUT", code=1000, status=400):
        body = {"resultCode": code, "message": message}
        self.answer(path, body, method, status=status)

    def ssi(self, request):
        bearer = request.headers["Authorization"].removeprefix("Bearer ")
        return jwt.decode(
            bearer, SECRET, algorithms=["HS256"], audience="sa.esmplus.com"
        )["ssi"]

    def assertRefused(self, reason, call, *arguments):
        with self.assertRaises(RuleError) as caught:
            call(*arguments)
        self.assertIs(caught.exception.reason, reason)
        return caught.exception


@tagged("post_install", "-at_install")
class TestEsmApiGoodsSearch(GoodsCase):
    def search(self, site=GMARKET, **filters):
        return list(self.client(site).goods.search(**filters))

    def test_an_item(self):
        self.answer(SEARCH, found(row()))
        [page] = self.search()
        [item] = page.items
        self.assertEqual((page.total, page.index, page.unreadable), (1, 1, 0))
        self.assertEqual(item.goods_no, "910000001")
        self.assertEqual(item.seller_code, "TEA-0100")
        self.assertEqual(item.name, "[샘플] 보리차 티백 100개입")
        self.assertEqual(item.image_url, "http://image.invalid/1.jpg")
        self.assertTrue(item.has_options)
        self.assertFalse(item.has_additions)
        self.assertEqual(
            item.updated_at, datetime(2026, 6, 8, 0, 30, tzinfo=timezone.utc)
        )
        gmarket, auction = item.sites[GMARKET], item.sites[AUCTION]
        self.assertEqual(
            (gmarket.site_goods_no, gmarket.seller_id), ("28910000001", "mallsample_g")
        )
        self.assertEqual((gmarket.price, gmarket.stock), (Decimal(12900), 100))
        self.assertIs(gmarket.state, SellState.ON_SALE)
        self.assertIs(auction.state, SellState.STOPPED)
        self.assertEqual(item.oddities, ())

    def test_filters_sit_inside_the_query(self):
        self.answer(SEARCH, found())
        self.search(
            AUCTION,
            updated_since=date(2026, 6, 1),
            goods_nos=["910000001"],
            site_goods_nos=["C000000001"],
            seller_codes=["TEA-0100"],
            page_size=100,
        )
        [body] = self.bodies(SEARCH)
        self.assertEqual(
            body,
            {
                "query": {
                    "siteId": [1],
                    "siteSellerId": ["mallsample_a"],
                    # The last day ends where the next begins.
                    "updatedDate": {"from": "2026-06-01", "to": "2026-06-09"},
                    "goodsNo": [910000001],
                    "siteGoodsNo": ["C000000001"],
                    "managedCode": ["TEA-0100"],
                },
                "pageIndex": 1,
                "pageSize": 100,
                "sortField": 4,
                "sortOrder": 0,
            },
        )
        [request] = self.calls(SEARCH)
        self.assertEqual(self.ssi(request), "A:mallsample_a")

    def test_pages_are_read_as_they_are_asked_for(self):
        self.answer(SEARCH, found(row(1), row(2), total=3))
        self.answer(SEARCH, found(row(3), total=3, index=2))
        pages = self.client().goods.search(page_size=2)
        self.assertEqual([item.goods_no for item in next(pages).items], ["1", "2"])
        self.assertEqual(len(self.calls(SEARCH)), 1)
        [page] = pages
        self.assertEqual([item.goods_no for item in page.items], ["3"])
        self.assertEqual([body["pageIndex"] for body in self.bodies(SEARCH)], [1, 2])

    def test_items_that_slipped_through_are_found_in_a_second_round(self):
        # Item 1 is deleted after page 1, so that 3 moves to page 1.
        self.answer(SEARCH, found(row(1), row(2), total=4))
        self.answer(SEARCH, found(row(4), total=3))
        self.answer(SEARCH, found(row(2), row(3), total=3))
        self.answer(SEARCH, found(row(4), total=3))
        items = [page.items for page in self.search(page_size=2)]
        numbers = [[item.goods_no for item in page] for page in items]
        self.assertEqual(numbers, [["1", "2"], ["4"], ["3"], []])

    def test_a_server_that_ignores_the_page_number_ends(self):
        self.answer(SEARCH, found(row(1), total=9))
        self.assertEqual(sum(len(page.items) for page in self.search()), 1)
        self.assertEqual(len(self.calls(SEARCH)), 4)

    def test_without_a_total_a_short_page_is_the_last(self):
        self.answer(SEARCH, {"items": [row(1)]})
        [page] = self.search()
        self.assertEqual((page.total, len(page.items)), (0, 1))

    def test_odd_rows(self):
        odd = {
            "GOODSNO": 910000002,
            "SiteGoodsNo": {"Gmkt": 2800000002, "IAC": "0"},
            "sellStatus": {"GMKT": 31},
            "price": {"gmkt": "12900.0000"},
            "stock": {"gmkt": "some"},
            "useOption": "Y",
            "siteSellerId": None,
            "managedCode": "",
        }
        self.answer(SEARCH, found(odd, None, {"goodsNo": "0"}, row(3, price=5)))
        with self.assertLogs("odoo.addons.sale_esm.esm_api.goods", "WARNING"):
            [page] = self.search()
        self.assertEqual(page.unreadable, 2)
        first, second = page.items
        self.assertEqual(first.goods_no, "910000002")
        self.assertEqual(set(first.sites), {GMARKET})
        site = first.sites[GMARKET]
        self.assertEqual(site.site_goods_no, "2800000002")
        self.assertIs(site.state, SellState.SOLD_OUT)
        self.assertEqual((site.price, site.stock), (Decimal(12900), None))
        self.assertIsNone(site.seller_id)
        self.assertIsNone(first.seller_code)
        self.assertTrue(first.has_options)
        self.assertEqual(first.oddities, ("stock.gmkt is not a whole number",))
        self.assertEqual(second.oddities, ("price is not an object",))

    def test_states(self):
        read = [SellState.read(value) for value in ("01", 1, "22", 99, "", None)]
        self.assertEqual(
            read,
            [
                SellState.WAITING,
                SellState.WAITING,
                SellState.STOPPED_BY_SITE,
                None,
                None,
                None,
            ],
        )

    def test_the_limit_of_the_search(self):
        pacer = RecordingPacer()
        self.answer(SEARCH, found())
        list(self.client(pacer=pacer).goods.search())
        [(key, interval, burst)] = pacer.reserved
        self.assertEqual(key, "localhost:1/gmarket:mallsample_g/goods")
        self.assertLess(60 / interval, 30)
        self.assertEqual(burst, 0)

    def test_too_many_searches_wait(self):
        self.refuse(SEARCH, "상품 조회는 분당 30회 호출 가능합니다.", "POST")
        self.answer(SEARCH, found(row()))
        [page] = self.search()
        self.assertEqual(len(page.items), 1)
        self.assertEqual(self.sleeps, [2.1])
        self.http.reset()
        self.answer(SEARCH, status=429, body="{}")
        with self.assertRaises(RateLimited):
            self.search()

    def test_long_lists_of_numbers_go_in_parts(self):
        self.answer(SEARCH, found(row(1), row(2)))
        self.answer(SEARCH, found(row(3)))
        numbers = ["281", "282", "283"]
        pages = self.search(
            site_goods_nos=numbers, seller_codes=["TEA-0100"], page_size=2
        )
        self.assertEqual(sum(len(page.items) for page in pages), 3)
        queries = [body["query"] for body in self.bodies(SEARCH)]
        self.assertEqual(
            [query["siteGoodsNo"] for query in queries], [["281", "282"], ["283"]]
        )
        self.assertEqual(
            [query["managedCode"] for query in queries], [["TEA-0100"]] * 2
        )

    def test_one_item_by_its_number_on_the_site(self):
        self.answer(SEARCH, found(row(1), row(2)))
        goods = self.client(AUCTION).goods
        self.assertEqual(goods.item(" c2 ").goods_no, "2")
        [body] = self.bodies(SEARCH)
        self.assertEqual(body["query"]["siteGoodsNo"], ["c2"])
        # A search that ignores its filter does not make one item of another.
        self.assertIsNone(goods.item("C3"))
        self.assertIsNone(goods.item("282"))
        self.assertRefused(Refusal.NUMBER_TYPE, goods.item, "../1")

    @settings(
        max_examples=200,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        st.dictionaries(
            st.sampled_from(list(row())),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.text(max_size=5),
                lambda inner: (
                    st.lists(inner, max_size=2)
                    | st.dictionaries(st.sampled_from(["gmkt", "IAC"]), inner)
                ),
                max_leaves=6,
            ),
        )
    )
    def test_any_json_is_read(self, values):
        item = Item.from_payload(row() | values)
        if item:
            self.assertTrue(item.goods_no.isdecimal())
            for site in item.sites.values():
                self.assertTrue(site.site_goods_no)


@tagged("post_install", "-at_install")
class TestEsmApiGoodsCalls(GoodsCase):
    def setUp(self):
        super().setUp()
        self.goods = self.client().goods

    def test_the_master_number_of_a_site_number(self):
        path = "/item/v1/site-goods/"
        self.answer(
            f"{path}2800000001/goods-no",
            {"goodsNo": 910000001, "isConverted": False},
            "GET",
        )
        self.assertEqual(self.goods.goods_no_of(" 2800000001"), "910000001")
        [request] = self.calls(path)
        self.assertEqual(self.ssi(request), "G:mallsample_g")

    def test_numbers_that_have_no_master_number(self):
        for number, message in enumerate(
            (
                "해당 판매자의 상품이 아닙니다.",
                "삭제된 상품 입니다.",
                "조회 된 데이터가 없습니다.",
                "404 Not Found",
            ),
            1,
        ):
            path = f"/item/v1/site-goods/{number}/goods-no"
            self.refuse(path, message, "GET")
            self.assertIsNone(self.goods.goods_no_of(str(number)), message)
        self.answer("/item/v1/site-goods/9/goods-no", {"goodsNo": 0}, "GET")
        self.assertIsNone(self.goods.goods_no_of("9"))
        self.refuse("/item/v1/site-goods/8/goods-no", "알 수 없는 오류", "GET")
        self.assertRefused(Refusal.OTHER, self.goods.goods_no_of, "8")

    def test_tokens_hold_the_sellers_of_the_items_sites(self):
        self.answer(f"{ITEM}sell-status", sell_status(), "GET")
        self.goods.sell_status("910000001", ONE)
        self.goods.sell_status("910000001", {GMARKET: " a b ", AUCTION: "c"})
        self.assertEqual(
            [self.ssi(request) for request in self.calls(ITEM)],
            ["G:mallsample_g", "A:c,G:ab"],
        )

    def test_options(self):
        path = f"{ITEM}recommended-options"
        payload = choices(choice("네이비", 11), choice("화이트", 12))
        self.answer(path, payload, "GET")
        self.answer(path, {"goodsNo": 910000001}, "PUT")
        options = self.goods.options("910000001", BOTH)
        self.assertEqual([option.key for option in options.options], ["11", "12"])
        changed = options.changed({"11": OptionChange(code="N-1")})
        self.goods.set_options("910000001", changed, BOTH)
        put = self.calls(path)[-1]
        payload["independent"]["details"][0]["manageCode"] = "N-1"
        self.assertEqual(json.loads(put.body), payload)
        self.assertEqual(self.ssi(put), "A:mallsample_a,G:mallsample_g")

    def test_an_item_without_options(self):
        path = f"{ITEM}recommended-options"
        self.answer(path, {"type": 0, "isStockManage": False}, "GET")
        self.refuse(path, "조회 된 데이터가 없습니다.", "GET")
        self.answer(path, [], "GET")
        for _answer in range(2):
            options = self.goods.options("910000001", ONE)
            self.assertFalse(options.editable)
            self.assertEqual(options.sites, {GMARKET})
        with self.assertRaises(BadAnswer):
            self.goods.options("910000001", ONE)

    def test_a_set_that_is_all_sold_out_is_never_sent(self):
        sold_out = choices(choice("네이비", 11, isSoldOut=True))
        options = OptionSet.from_payload(sold_out, ONE)
        self.assertRefused(
            Refusal.ALL_SOLD_OUT, self.goods.set_options, "1", options, ONE
        )
        self.assertFalse(self.calls())

    def test_the_sell_status(self):
        self.answer(f"{ITEM}sell-status", sell_status(), "GET")
        status = self.goods.sell_status("910000001", BOTH)
        self.assertEqual(
            status,
            {
                GMARKET: SiteStatus(True, 25900, 40, date(2026, 9, 6)),
                AUCTION: SiteStatus(False, 24000, 0, None),
            },
        )
        self.assertEqual(set(self.goods.sell_status("910000001", ONE)), {GMARKET})

    def test_a_sell_status_that_says_too_little(self):
        path = f"{ITEM}sell-status"
        for payload in (
            {"isSell": {"iac": True}, "itemBasicInfo": {"price": {"gmkt": 1000}}},
            {"isSell": {"gmkt": True}},
            {"isSell": {"gmkt": True}, "itemBasicInfo": {"price": {"gmkt": 10.5}}},
            {"isSell": True},
            [],
        ):
            self.http.reset()
            self.answer(path, payload, "GET")
            with self.assertRaises(BadAnswer):
                self.goods.sell_status("910000001", ONE)
        self.http.reset()
        self.answer(path, {"isSell": {"GMKT": "false"}}, "GET")
        self.assertEqual(
            self.goods.sell_status("910000001", ONE),
            {GMARKET: SiteStatus(False, 0, 0)},
        )

    def test_the_sell_status_is_written_for_both_sites(self):
        path = f"{ITEM}sell-status"
        self.answer(
            path, {"goodsNo": 910000001, "resultCode": 0, "message": None}, "PUT"
        )
        last = date(2026, 9, 6)
        selling = SiteStatus(True, 25900, 40, last)
        self.goods.set_sell_status("910000001", {GMARKET: selling}, ONE)
        stopped = SiteStatus(False, 24000, 0)
        both = {GMARKET: selling, AUCTION: stopped}
        self.goods.set_sell_status("910000001", both, BOTH)
        first, second = self.bodies(path)
        self.assertEqual(
            first,
            {
                "isSell": {"gmkt": True, "iac": False},
                "itemBasicInfo": {
                    "price": {"gmkt": 25900, "iac": 0},
                    "stock": {"gmkt": 40, "iac": 0},
                    "sellingPeriod": {"gmkt": 0, "iac": 0},
                },
            },
        )
        self.assertEqual(second["isSell"], {"gmkt": True, "iac": False})
        self.assertEqual(
            second["itemBasicInfo"]["price"], {"gmkt": 25900, "iac": 24000}
        )
        # 0 is refused wherever the item is, and not applied where it is stopped.
        self.assertEqual(second["itemBasicInfo"]["stock"], {"gmkt": 40, "iac": 1})

    def test_a_site_is_not_stopped_by_leaving_it_out(self):
        status = {GMARKET: SiteStatus(True, 25900, 40)}
        with self.assertRaises(ValueError):
            self.goods.set_sell_status("910000001", status, BOTH)
        self.assertFalse(self.calls())

    def test_price_and_stock(self):
        done = {"resultCode": 0, "message": "[IAC] 성공 / [GMKT] 성공", "goodsNo": 1}
        self.answer(f"{ITEM}price", done, "PUT")
        self.answer(f"{ITEM}stock", done, "PUT")
        self.goods.set_price("910000001", {GMARKET: 25900}, BOTH)
        self.goods.set_stock("910000001", {GMARKET: 1, AUCTION: 99_999}, BOTH)
        self.assertEqual(
            self.bodies(ITEM), [{"gmkt": 25900}, {"stock": {"gmkt": 1, "iac": 99_999}}]
        )

    def test_a_part_of_the_message_that_refuses(self):
        message = "[IAC] 성공 / [GMKT] 재고는 99999개 이하이어야 합니다."
        self.answer(f"{ITEM}stock", {"resultCode": 0, "message": message}, "PUT")
        error = self.assertRefused(
            Refusal.BAD_STOCK, self.goods.set_stock, "910000001", {AUCTION: 5}, BOTH
        )
        self.assertEqual(error.message, message)

    def test_figures_that_esm_refuses_are_not_sent(self):
        goods = self.goods
        for price in (0, -10, 5, 12_345, 1_000_000_000):
            self.assertRefused(Refusal.BAD_PRICE, check_price, price)
            prices = {GMARKET: price}
            self.assertRefused(Refusal.BAD_PRICE, goods.set_price, "1", prices, ONE)
            status = {GMARKET: SiteStatus(True, price, 5)}
            self.assertRefused(
                Refusal.BAD_PRICE, goods.set_sell_status, "1", status, ONE
            )
        for stock in (0, -1, 100_000):
            stocks = {GMARKET: stock}
            self.assertRefused(Refusal.BAD_STOCK, goods.set_stock, "1", stocks, ONE)
            status = {GMARKET: SiteStatus(True, 1000, stock)}
            self.assertRefused(
                Refusal.BAD_STOCK, goods.set_sell_status, "1", status, ONE
            )
        self.assertRefused(Refusal.NUMBER_TYPE, goods.set_stock, "x", {GMARKET: 1}, ONE)
        self.assertFalse(self.calls())
        check_price(10)
        check_price(999_999_990)

    def test_a_plan_is_carried_out_in_order(self):
        options = OptionSet.from_payload(choices(choice("네이비", 11)), ONE)
        status = {GMARKET: SiteStatus(True, 1000, 5)}
        plan = StockPlan(
            (SetStock({GMARKET: 3}), SetOptions(options), SetSellStatus(status))
        )
        for name in ("stock", "recommended-options", "sell-status"):
            self.answer(ITEM + name, {"goodsNo": 910000001}, "PUT")
        self.goods.apply("910000001", plan, ONE)
        paths = [request.url.rpartition("/")[2] for request in self.calls(ITEM)]
        self.assertEqual(paths, ["stock", "recommended-options", "sell-status"])
        self.http.reset()
        self.goods.apply("910000001", StockPlan(), ONE)


@tagged("post_install", "-at_install")
class TestEsmApiGoodsErrors(GoodsCase):
    def setUp(self):
        super().setUp()
        self.goods = self.client().goods

    def write(self):
        self.goods.set_stock("910000001", {GMARKET: 5}, BOTH)

    def test_what_refusals_mean(self):
        texts = {
            "[G마켓/옥션] 토큰을 확인 해 주세요.": Refusal.TOKEN_SITES,
            "[G마켓/옥션] 상품번호가 생성 되지 않았습니다.": Refusal.TOKEN_SITES,
            "해당 판매자의 상품이 아닙니다.": Refusal.ITEM_NOT_FOUND,
            "삭제된 상품 입니다.": Refusal.DELETED_ITEM,
            "상품 정보가 부정확합니다": Refusal.FROZEN_ITEM,
            "모든 옵션이 품절인 상태로 등록이 불가합니다": Refusal.ALL_SOLD_OUT,
            "주문선택사항이 최소 1개 이상 판매되어야 합니다": Refusal.ALL_SOLD_OUT,
            "[InvalidApiRequestEx][GMKT]0원 금액은 입력하실 수 없습니다.": (
                Refusal.BAD_PRICE
            ),
            "[GMKT]1원단위는 입력하실 수 없습니다.": Refusal.BAD_PRICE,
            "[GMKT] 재고는 99999개 이하이어야 합니다.": Refusal.BAD_STOCK,
            '[InvalidApiRequestEx]["Gmkt 필드는 1에서 99999 사이에 있어야 '
            '합니다.","Iac 필드는 1에서 99999 사이에 있어야 합니다."]': (
                Refusal.BAD_STOCK
            ),
            "[Independent] 옵션 번호 오류 (0)": Refusal.OPTION_RULE,
            "선택형(Independent) 상세정보(Details) 항목은 50개까지 입력 "
            "가능합니다": Refusal.OPTION_RULE,
            "시퀀스에 요소가 없습니다.": Refusal.OPTION_RULE,
            "조회 된 데이터가 없습니다.": Refusal.NO_DATA,
            "No Return Data": Refusal.NO_DATA,
            "알 수 없는 오류": Refusal.OTHER,
        }
        for message, reason in texts.items():
            for code, status in ((1000, 400), ("3000", 200)):
                self.http.reset()
                self.refuse(f"{ITEM}stock", message, code=code, status=status)
                error = self.assertRefused(reason, self.write)
                self.assertEqual(error.http_status, status)
                self.assertEqual(error.message, message)
                self.assertTrue(error.advice)
        self.assertEqual(self.sleeps, [])

    def test_404_is_an_item_that_does_not_exist(self):
        for options in (
            {"json": {"resultCode": 3000, "message": "404 Not Found"}},
            {"json": {}},
            {"body": "<html>Not Found</html>"},
            {"body": ""},
        ):
            for method, call in (
                ("PUT", self.write),
                ("GET", lambda: self.goods.options("910000001", BOTH)),
            ):
                self.http.reset()
                name = "stock" if method == "PUT" else "recommended-options"
                self.answer(ITEM + name, method=method, status=404, **options)
                error = self.assertRefused(Refusal.ITEM_NOT_FOUND, call)
                self.assertEqual(error.http_status, 404)
                self.assertEqual(len(self.calls()), 1)

    def test_a_wrong_address_is_not_an_item_that_does_not_exist(self):
        self.answer(SEARCH, status=404, body="<html>")
        with self.assertRaises(BadAnswer):
            next(self.goods.search())

    def test_success_without_a_result_code(self):
        for payload in ({"goodsNo": 910000001}, {"resultCode": "0"}, {}):
            self.http.reset()
            self.answer(f"{ITEM}stock", payload, "PUT")
            self.write()
            self.assertEqual(len(self.calls()), 1)

    def test_writes_with_an_unclear_outcome_are_not_repeated(self):
        for answer in (
            {"status": 502, "body": "<html>"},
            {"status": 500, "json": {"Message": "An error has occurred."}},
            {"status": 200, "body": "<html>"},
            {"status": 400, "body": "Bad Request"},
            {"status": 400, "json": {"Message": "?"}},
            {"body": requests.ConnectionError("reset")},
            {"body": requests.ReadTimeout()},
        ):
            self.http.reset()
            self.answer(f"{ITEM}stock", method="PUT", **answer)
            with self.assertRaises(UnknownOutcome):
                self.write()
            self.assertEqual(len(self.calls()), 1)

    def test_reads_are_repeated(self):
        path = f"{ITEM}sell-status"
        self.answer(path, method="GET", status=502, body="<html>")
        self.answer(path, sell_status(), "GET")
        self.assertTrue(self.goods.sell_status("910000001", BOTH)[GMARKET].selling)
        self.assertEqual(self.sleeps, [1.0])

    def test_no_permission(self):
        message = "The user does not have right access to the api"
        body = {"status": {"message": message, "status_code": 401}}
        self.answer(f"{ITEM}stock", body, "PUT", status=401)
        with self.assertRaises(CredentialError):
            self.write()
