"""Items of the sandbox: search, numbers, detail, and who may touch them."""

import json
from datetime import timedelta

from odoo.tests import tagged

from .sandbox_common import (
    AUCTION_ID,
    GMARKET_ID,
    MASTER,
    SECRET,
    SandboxItemCase,
    sell_status,
    token,
)

NOT_OURS = "해당 판매자의 상품이 아닙니다."
CHECK_TOKEN = "[G마켓/옥션] 토큰을 확인 해 주세요."
NO_NUMBER = "[G마켓/옥션] 상품번호가 생성 되지 않았습니다."


@tagged("post_install", "-at_install")
class TestSandboxSearch(SandboxItemCase):
    def test_a_row_says_what_both_sites_have(self):
        item = self.add_shirt(price={"gmarket": 24000, "auction": 25000})
        self.sb.stop_item(item.goods_no, "auction")
        answer = self.find()
        self.assertEqual(
            (answer["totalItems"], answer["pageIndex"], answer["pageSize"]), (1, 1, 500)
        )
        [row] = answer["items"]
        expected = {
            "no": 1,
            "goodsNo": str(item.goods_no),
            "siteGoodsNo": {
                "gmkt": item.numbers["gmarket"],
                "iac": item.numbers["auction"],
            },
            "siteSellerId": {"gmkt": GMARKET_ID, "iac": AUCTION_ID},
            "managedCode": "TS-2026",
            "sellStatus": {"gmkt": "11", "iac": "21"},
            "price": {"gmkt": 24000.0, "iac": 25000.0},
            "stock": {"gmkt": 30, "iac": 30},
            "useOption": True,
            "useAddonService": False,
            "createdDate": "2026-05-09 10:15:00",
            "updatedDate": "2026-06-08 10:15:00",
            "sellStopDate": {"gmkt": "", "iac": "2026-06-08 10:15:00"},
            "dispEndDate": "2026-09-06 23:59:59",
        }
        self.assertEqual({key: row[key] for key in expected}, expected)
        self.assertNotIn("TS-NV-M", json.dumps(answer), "no options in the list")

    def test_numbers_look_like_those_of_the_sites(self):
        item = self.add()
        self.assertRegex(item.numbers["gmarket"], r"^\d{10}$")
        self.assertRegex(item.numbers["auction"], r"^[A-Z]\d{9}$")

    def test_only_items_of_the_sellers_in_the_token(self):
        both, ours, auction = self.add("ga"), self.add("g"), self.add("a")
        self.sb.add_account("other", SECRET, gmarket=["other_g"])
        foreign = self.add("", gmarket="other_g")
        self.assertEqual(self.found("g"), [both.goods_no, ours.goods_no])
        self.assertEqual(self.found("a"), [both.goods_no, auction.goods_no])
        everything = [both.goods_no, ours.goods_no, auction.goods_no]
        self.assertCountEqual(self.found("ga"), everything)
        self.assertNotIn(foreign.goods_no, self.found("ga"))
        [row] = self.find("g", goodsNo=[ours.goods_no])["items"]
        self.assertEqual(row["siteGoodsNo"]["iac"], "")
        self.assertEqual(row["siteSellerId"]["iac"], "")
        self.sb.strict.search_shows_other_site = False
        [row] = self.find("g", goodsNo=[both.goods_no])["items"]
        self.assertEqual(row["siteGoodsNo"]["iac"], "")
        self.assertEqual(row["sellStatus"], {"gmkt": "11", "iac": ""})

    def test_a_seller_id_of_another_account(self):
        self.sb.add_account("other", SECRET, gmarket=["other_g"])
        self.add("g")
        bearer = token(f"G:{GMARKET_ID}", master="other")
        body = {"pageIndex": 1, "pageSize": 10}

        def search():
            return self.item_call("POST", "goods/search", body, bearer=bearer)

        self.assertItemRefused(search(), NOT_OURS)
        self.sb.strict.foreign_seller_mode = "empty"
        self.assertEqual(search().json()["items"], [])

    def test_filters_count_only_inside_query(self):
        tea = self.add("g", seller_code="TEA-0100")
        cup = self.add("g", seller_code="CUP-05")
        body = {"managedCode": ["TEA-0100"], "pageIndex": 1, "pageSize": 10}
        answer = self.item_call("POST", "goods/search", body, "g").json()
        self.assertEqual(answer["totalItems"], 2)
        self.assertEqual(self.found(managedCode=["TEA-0100"]), [tea.goods_no])
        body = {
            "QUERY": {"MANAGEDCODE": ["CUP-05"]},
            "PageIndex": "1",
            "PageSize": "5",
        }
        answer = self.item_call("POST", "goods/search", body, "g").json()
        self.assertEqual(
            [row["goodsNo"] for row in answer["items"]], [str(cup.goods_no)]
        )

    def test_each_filter(self):
        tea = self.add("g", seller_code="TEA-0100", name="[샘플] 보리차")
        shirt = self.add_shirt("ga")
        self.sb.stop_item(tea.goods_no)
        cases = (
            ({"goodsNo": [tea.goods_no]}, [tea]),
            ({"siteGoodsNo": [shirt.numbers["auction"]]}, [shirt]),
            ({"siteGoodsNo": ["4999999999"]}, []),
            ({"siteId": [1]}, [shirt]),
            ({"siteId": [1, 2]}, [tea, shirt]),
            ({"siteSellerId": [AUCTION_ID]}, [shirt]),
            ({"keyword": "ts-20"}, [shirt]),
            ({"keyword": "보리"}, [tea]),
            ({"sellStatus": ["21"]}, [tea]),
            ({"sellStatus": [11]}, [shirt]),
            ({"sellStatus": [22, 31]}, []),
            ({"useOrderOption": True}, [shirt]),
            ({"is3PL": True}, []),
            ({"registrationDate": {"from": "2026-05-10"}}, []),
            ({"sellEndDate": {"from": "2026-09-06", "to": "2026-09-07"}}, [tea, shirt]),
            ({"goodsNo": [tea.goods_no], "useOrderOption": True}, []),
        )
        for query, expected in cases:
            with self.subTest(query=query):
                numbers = [item.goods_no for item in expected]
                self.assertEqual(self.found(**query), numbers)

    def test_a_bare_end_date_is_the_begin_of_that_day(self):
        item = self.add("g")
        self.sb.edit_item(item.goods_no, price=13000)
        today = {"updatedDate": {"from": "2026-06-08", "to": "2026-06-08"}}
        self.assertEqual(self.found(**today), [])
        until = {"updatedDate": {"from": "2026-06-08", "to": "2026-06-09"}}
        self.assertEqual(self.found(**until), [item.goods_no])
        self.sb.strict.search_to_date = "inclusive"
        self.assertEqual(self.found(**today), [item.goods_no])

    def test_pages(self):
        items = [self.add("g").goods_no for _ in range(5)]
        pages = [self.find(size=2, index=index) for index in (1, 2, 3, 4)]
        numbers = [[int(row["goodsNo"]) for row in page["items"]] for page in pages]
        self.assertEqual(numbers, [items[:2], items[2:4], items[4:], []])
        self.assertEqual({page["totalItems"] for page in pages}, {5})
        self.assertEqual([row["no"] for row in pages[1]["items"]], [3, 4])

    def test_page_size_1_to_500(self):
        text = (
            '[InvalidApiRequestEx]["한번에 조회 가능한 상품 수는 1~500 사이로 '
            '입력해야 합니다."]'
        )
        for size in (0, 501, None):
            with self.subTest(size=size):
                body = {"pageIndex": 1, "pageSize": size}
                response = self.item_call("POST", "goods/search", body)
                self.assertItemRefused(response, text)
        body = {"pageIndex": 0, "pageSize": 1}
        self.assertEqual(self.item_call("POST", "goods/search", body).status_code, 400)

    def test_sorting(self):
        cheap, dear = self.add("g", price=1000), self.add("g", price=9000)
        body = {"pageIndex": 1, "pageSize": 9, "sortField": 3, "sortOrder": 1}
        answer = self.item_call("POST", "goods/search", body, "g").json()
        numbers = [int(row["goodsNo"]) for row in answer["items"]]
        self.assertEqual(numbers, [dear.goods_no, cheap.goods_no])

    def test_nothing_left_to_buy_is_sold_out(self):
        bare = self.add("g", stock=1)
        shirt = self.add_shirt("g", options=[{"values": {"색상": "a"}, "qty": 0}])
        self.sb.place_basket(
            "gmarket", GMARKET_ID, [{"site_goods_no": bare.numbers["gmarket"]}]
        )
        states = {row["sellStatus"]["gmkt"] for row in self.find()["items"]}
        self.assertEqual(states, {"31"})
        self.sb.stop_item(shirt.goods_no, by_site=True)
        self.assertEqual(self.found(sellStatus=["22"]), [shirt.goods_no])

    def test_not_on_sale_yet(self):
        item = self.add("g", waiting=True)
        self.assertEqual(self.found(sellStatus=["01"]), [item.goods_no])
        self.assertEqual(list(self.sb.on_sale().values()), [0])
        path = f"goods/{item.goods_no}/sell-status"
        self.assertFalse(self.read_item(path, "g")["IsSell"]["gmkt"])
        self.write_item(path, sell_status((12900, 5)), "g")
        self.assertEqual(list(self.sb.on_sale().values()), [5])

    def test_legacy_items_are_not_known_to_the_item_api(self):
        item = self.add("g", legacy=True)
        number = item.numbers["gmarket"]
        self.assertEqual(self.found(), [])
        response = self.item_call("GET", f"site-goods/{number}/goods-no", sites="g")
        self.assertItemRefused(response, "조회 된 데이터가 없습니다.")
        response = self.item_call("GET", f"goods/{item.goods_no}/status", sites="g")
        self.assertItemRefused(response, "404 Not Found", 3000, 404)
        [order] = self.sb.place_basket(
            "gmarket", GMARKET_ID, [{"site_goods_no": number}]
        )
        self.assertEqual(self.read_row(order)["SiteGoodsNo"], number)


@tagged("post_install", "-at_install")
class TestSandboxSearchPacing(SandboxItemCase):
    interval = 5.0

    def test_thirty_searches_a_minute(self):
        body = {"pageIndex": 1, "pageSize": 1}

        def search(sites="g"):
            return self.item_call("POST", "goods/search", body, sites)

        codes = [search().status_code for _ in range(30)]
        self.assertEqual(set(codes), {200})
        response = search()
        self.assertEqual(response.status_code, 400)
        self.assertIn("분당 30회 호출", response.json()["message"])
        [violation] = self.sb.rate_violations
        self.assertEqual(
            (violation.seller_id, violation.endpoint), (GMARKET_ID, "goods/search")
        )
        self.assertEqual(search("a").status_code, 200, "another seller's minute")
        self.sb.strict.search_limit_answer = "429"
        self.assertEqual(search().status_code, 429)
        other = self.item_call("GET", "goods/1/status", sites="g")
        self.assertEqual(other.status_code, 404, "other calls have no such limit")
        self.sb.advance(60)
        self.assertEqual(search().status_code, 200)


@tagged("post_install", "-at_install")
class TestSandboxNumbers(SandboxItemCase):
    def test_mapping_both_ways(self):
        item = self.add("ga", seller_code="TEA-0100")
        answer = self.read_item(f"goods/{item.goods_no}/status", "g")
        self.assertEqual(answer["goodsNo"], item.goods_no)
        self.assertEqual(answer["sellManageCode"], "TEA-0100")
        number = answer["siteDetail"]["iac"]["SiteGoodsNo"]
        self.assertEqual(number, item.numbers["auction"])
        answer = self.read_item(f"site-goods/{number}/goods-no", "a")
        self.assertEqual(answer, {"goodsNo": item.goods_no, "isConverted": False})

    def test_a_site_number_in_place_of_a_master_number(self):
        item = self.add("ga")
        for number in item.numbers.values():
            for path in ("status", "sell-status", "recommended-options"):
                response = self.item_call("GET", f"goods/{number}/{path}")
                self.assertItemRefused(response, "404 Not Found", 3000, 404)

    def test_another_sellers_item(self):
        self.sb.add_account("other", SECRET, gmarket=["other_g"], auction=["other_a"])
        item = self.add("ga")
        number = item.numbers["gmarket"]
        bearer = token("G:other_g", master="other")
        for path in (f"site-goods/{number}/goods-no", f"goods/{item.goods_no}"):
            response = self.item_call("GET", path, bearer=bearer)
            self.assertItemRefused(response, NOT_OURS)
        foreign = token(f"G:{GMARKET_ID},A:other_a", master="other")
        response = self.item_call(
            "GET", f"goods/{item.goods_no}/sell-status", bearer=foreign
        )
        self.assertItemRefused(response, NOT_OURS)
        half = token(f"G:{GMARKET_ID},A:other_a")
        response = self.item_call(
            "GET", f"goods/{item.goods_no}/sell-status", bearer=half
        )
        self.assertItemRefused(response, NOT_OURS)
        response = self.item_call("GET", "site-goods/4999999999/goods-no")
        self.assertItemRefused(response, NOT_OURS)

    def test_a_deleted_item(self):
        item = self.add("ga")
        number = item.numbers["gmarket"]
        self.sb.delete_item(item.goods_no)
        for path in (
            f"site-goods/{number}/goods-no",
            f"goods/{item.goods_no}/status",
            f"goods/{item.goods_no}/recommended-options",
        ):
            response = self.item_call("GET", path)
            self.assertItemRefused(response, "삭제된 상품 입니다.")
        self.assertEqual(self.found(), [])
        self.assertEqual(self.sb.on_sale(), {})

    def test_deleting_needs_it_stopped_everywhere(self):
        item = self.add("ga")
        path = f"goods/{item.goods_no}"
        self.sb.stop_item(item.goods_no, "gmarket")
        text = "상품삭제는 요청된 모든 상품이 [판매중지] 상태일 경우에만 가능합니다."
        self.assertItemRefused(self.item_call("DELETE", path), text)
        self.sb.stop_item(item.goods_no, "auction")
        self.assertEqual(self.item_call("DELETE", path).status_code, 200)
        self.assertEqual(item.live, [])

    def test_the_tree_of_an_item_mixes_its_letters(self):
        item = self.add_shirt("g", additions=[{"text": "포장", "price": 500}])
        tree = self.read_item(f"goods/{item.goods_no}", "g")
        more = tree["itemAddtionalInfo"]
        self.assertEqual(more["price"], {"Gmkt": 24000, "Iac": 0})
        self.assertEqual(more["stock"], {"Gmkt": 30, "Iac": 0})
        self.assertEqual(more["sellingPeriod"], {"Gmkt": 90, "Iac": 0})
        self.assertEqual(more["managedCode"], "TS-2026")
        self.assertEqual(more["recommendedOpts"], self.options_of(item, "g"))
        [addition] = more["addonService"]["addonServiceList"]
        self.assertEqual(addition["addonServiceAmnt"], 500)
        self.assertEqual(tree["isSell"], {"gmkt": True, "iac": False})
        self.assertEqual(tree["itemBasicInfo"]["goodsName"]["kor"], item.name)


@tagged("post_install", "-at_install")
class TestSandboxItemAccess(SandboxItemCase):
    def calls_about(self, item):
        """Every call that needs exactly the sellers of the item's sites."""
        number = item.goods_no
        return (
            ("GET", f"goods/{number}", None),
            ("GET", f"goods/{number}/sell-status", None),
            ("PUT", f"goods/{number}/sell-status", sell_status((100, 1), (100, 1))),
            ("GET", f"goods/{number}/price", None),
            ("PUT", f"goods/{number}/price", {"gmkt": 100}),
            ("PUT", f"goods/{number}/stock", {"stock": {"gmkt": 5}}),
            ("GET", f"goods/{number}/recommended-options", None),
            ("PUT", f"goods/{number}/recommended-options", {"type": 1}),
            ("DELETE", f"goods/{number}", None),
        )

    def test_an_item_of_both_sites_needs_both_sellers(self):
        item = self.add("ga")
        for method, path, body in self.calls_about(item):
            for sites in "ga":
                with self.subTest(method=method, path=path, sites=sites):
                    response = self.item_call(method, path, body, sites)
                    self.assertItemRefused(response, CHECK_TOKEN)
        self.assertEqual(item.price, {"gmarket": 12900, "auction": 12900})
        self.assertEqual(item.stock, {"gmarket": 100, "auction": 100})

    def test_an_item_of_one_site_needs_that_seller_only(self):
        item = self.add("g")
        for method, path, body in self.calls_about(item):
            with self.subTest(method=method, path=path):
                response = self.item_call(method, path, body, "ga")
                self.assertItemRefused(response, NO_NUMBER)
        self.assertEqual(item.stock, {"gmarket": 100})
        response = self.item_call("GET", f"goods/{item.goods_no}/price", sites="a")
        self.assertItemRefused(response, NOT_OURS)

    def test_the_text_may_name_the_site(self):
        self.sb.strict.site_in_token_text = "named"
        path = f"goods/{self.add('ga').goods_no}/price"
        text = "[옥션] 토큰을 확인 해 주세요."
        self.assertItemRefused(self.item_call("GET", path, sites="g"), text)
        path = f"goods/{self.add('a').goods_no}/price"
        text = "[G마켓] 상품번호가 생성 되지 않았습니다."
        self.assertItemRefused(self.item_call("GET", path), text)

    def test_nothing_changes_within_three_minutes_of_the_registration(self):
        item = self.add("ga", registered_at=self.sb.now())
        for method, path, body in self.calls_about(item):
            with self.subTest(method=method, path=path):
                response = self.item_call(method, path, body)
                if method == "GET":
                    self.assertEqual(response.status_code, 200)
                else:
                    self.assertItemRefused(response, "상품 정보가 부정확합니다")
        self.sb.set_time(self.sb.now() + timedelta(minutes=3))
        self.write_item(f"goods/{item.goods_no}/price", {"gmkt": 100})

    def test_permission_is_granted_per_call(self):
        item = self.add("g")
        self.sb.set_permission(MASTER, "stock", False)
        path = f"goods/{item.goods_no}/stock"
        response = self.item_call("PUT", path, {"stock": {"gmkt": 5}}, "g")
        self.assertEqual(response.status_code, 401)
        self.assertEqual(item.stock, {"gmarket": 100})

    def test_a_body_that_is_not_json(self):
        path = f"goods/{self.add('g').goods_no}/stock"
        headers = {"Content-Type": "application/json"}
        response = self.item_call("PUT", path, sites="g", data=b"{", headers=headers)
        self.assertEqual(response.status_code, 400)
        self.assertEqual(set(response.json()), {"resultCode", "message"})

    def test_the_log_says_which_item(self):
        item = self.add("g")
        self.write_item(f"goods/{item.goods_no}/price", {"gmkt": 100}, "g")
        self.read_item(f"site-goods/{item.numbers['gmarket']}/goods-no", "g")
        entries = [(c.endpoint, c.goods_no, c.order_no) for c in self.sb.calls]
        self.assertEqual(
            entries,
            [
                ("price", str(item.goods_no), None),
                ("site-goods", item.numbers["gmarket"], None),
            ],
        )
