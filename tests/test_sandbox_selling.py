"""Price, stock and state of the sandbox's items: sell-status, price and stock calls,
and what people, the site and time do."""

from datetime import date, timedelta

from odoo.tests import tagged

from ..sandbox import NotPossible
from .sandbox_common import SandboxItemCase, sell_status

ZERO = "[InvalidApiRequestEx][GMKT]0원 금액은 입력하실 수 없습니다."
WON_STEP = "[GMKT]1원단위는 입력하실 수 없습니다."
RANGE = "필드는 1에서 99999 사이에 있어야 합니다."


@tagged("post_install", "-at_install")
class TestSandboxSellStatus(SandboxItemCase):
    def put(self, item, body, sites="ga"):
        return self.item_call("PUT", f"goods/{item.goods_no}/sell-status", body, sites)

    def test_read_is_in_mixed_case_with_the_day_the_period_ends(self):
        item = self.add("g", stock=40)
        answer = self.read_item(f"goods/{item.goods_no}/sell-status", "g")
        self.assertEqual(
            answer,
            {
                "IsSell": {"gmkt": True, "iac": False},
                "itemBasicInfo": {
                    "Price": {"gmkt": 12900, "iac": 0},
                    "Stock": {"gmkt": 40, "iac": 0},
                    "SellingPeriod": {"gmkt": 20260906, "iac": 0},
                },
            },
        )
        endless = self.add("g", days=None)
        answer = self.read_item(f"goods/{endless.goods_no}/sell-status", "g")
        period = answer["itemBasicInfo"]["SellingPeriod"]["gmkt"]
        self.assertEqual(period, 99991231)

    def test_all_values_in_one_call(self):
        item = self.add("ga", stock=40)
        response = self.put(item, sell_status((25900, 7), (26000, 8)))
        expected = {"goodsNo": item.goods_no, "resultCode": 0, "message": None}
        self.assertEqual((response.status_code, response.json()), (200, expected))
        self.assertEqual(item.price, {"gmarket": 25900, "auction": 26000})
        self.assertEqual(item.stock, {"gmarket": 7, "auction": 8})
        self.assertEqual(item.selling, {"gmarket": True, "auction": True})

    def test_keys_in_any_case(self):
        item = self.add("g")
        body = sell_status((25900, 7))
        body["ITEMBASICINFO"] = body.pop("itemBasicInfo")
        body["IsSell"] = {"GMKT": True, "Iac": False}
        del body["isSell"]
        self.assertEqual(self.put(item, body, "g").status_code, 200)
        self.assertEqual(item.price, {"gmarket": 25900})

    def test_values_of_a_site_that_stops_are_not_applied(self):
        item = self.add("ga", stock=40)
        body = sell_status((25900, 7))
        body["itemBasicInfo"]["price"]["iac"] = 11  # not even checked
        body["itemBasicInfo"]["stock"]["iac"] = 100_000
        self.assertEqual(self.put(item, body).status_code, 200)
        self.assertEqual(item.selling, {"gmarket": True, "auction": False})
        self.assertEqual(item.price["auction"], 12900)
        self.assertEqual(item.stock["auction"], 40)
        self.assertEqual(
            self.sb.on_sale(),
            {
                ("gmarket", item.numbers["gmarket"], None): 7,
                ("auction", item.numbers["auction"], None): 0,
            },
        )

    def test_both_sites_need_every_value(self):
        item = self.add("g")
        for part, key in (
            ("isSell", "iac"),
            ("price", "iac"),
            ("stock", "gmkt"),
            ("sellingPeriod", "iac"),
        ):
            with self.subTest(part=part):
                body = sell_status((25900, 7))
                del {**body, **body["itemBasicInfo"]}[part][key]
                self.assertEqual(self.put(item, body, "g").status_code, 400)
        self.assertEqual(self.put(item, {}, "g").status_code, 400)
        self.assertEqual(item.price, {"gmarket": 12900})

    def test_prices_and_stock_out_of_bounds(self):
        item = self.add("ga")
        gmarket = f'[InvalidApiRequestEx]["Gmkt {RANGE}"]'
        both = f'[InvalidApiRequestEx]["Gmkt {RANGE}","Iac {RANGE}"]'
        cases = (
            (sell_status((0, 7)), ZERO),
            (sell_status((25905, 7)), WON_STEP),
            (sell_status((10, 7), (5, 1)), WON_STEP.replace("GMKT", "IAC")),
            (sell_status((25900, 0)), gmarket),
            (sell_status((25900, 100_000)), gmarket),
            (sell_status((25900, 0), (25900, 0)), both),
        )
        for body, text in cases:
            with self.subTest(text=text):
                self.assertItemRefused(self.put(item, body), text)
        response = self.put(item, sell_status((10**9, 7)))
        self.assertEqual(response.status_code, 400)
        self.assertEqual(item.price, {"gmarket": 12900, "auction": 12900})
        response = self.put(item, sell_status((10**9 - 10, 99_999)))
        self.assertEqual(response.status_code, 200)

    def test_a_site_without_the_item_cannot_sell(self):
        item = self.add("g")
        body = sell_status((25900, 7), (25900, 7))
        text = "[IAC] 상품번호가 생성 되지 않았습니다."
        self.assertItemRefused(self.put(item, body, "g"), text)

    def test_stock_of_an_option_item_is_ignored(self):
        item = self.add_shirt("g")
        self.assertEqual(self.put(item, sell_status((24000, 0)), "g").status_code, 200)
        info = self.read_item(f"goods/{item.goods_no}/sell-status", "g")[
            "itemBasicInfo"
        ]
        self.assertEqual(info["Stock"]["gmkt"], 30)
        self.sb.strict.option_item_stock_checked = True
        self.assertEqual(self.put(item, sell_status((24000, 0)), "g").status_code, 400)

    def test_a_selling_period_runs_from_today(self):
        item = self.add("g")
        body = sell_status((25900, 7))
        body["itemBasicInfo"]["sellingPeriod"]["gmkt"] = 30
        self.put(item, body, "g")
        self.assertEqual(item.ends_on["gmarket"], date(2026, 7, 8))
        self.sb.strict.period_adds_up = True
        self.put(item, body, "g")
        self.assertEqual(item.ends_on["gmarket"], date(2026, 8, 7))
        body["itemBasicInfo"]["sellingPeriod"]["gmkt"] = -1
        self.put(item, body, "g")
        self.assertIsNone(item.ends_on["gmarket"])
        body["itemBasicInfo"]["sellingPeriod"]["gmkt"] = 20260906  # as it was read
        self.assertEqual(self.put(item, body, "g").status_code, 400)

    def test_when_the_period_is_over_it_stops(self):
        item = self.add("g", days=10)
        self.sb.advance(10 * 86400)
        self.assertTrue(item.selling["gmarket"])
        self.sb.advance(86400)
        self.assertFalse(item.selling["gmarket"])
        self.assertEqual(self.put(item, sell_status((100, 7)), "g").status_code, 400)
        body = sell_status((100, 7))
        body["itemBasicInfo"]["sellingPeriod"]["gmkt"] = 90
        self.assertEqual(self.put(item, body, "g").status_code, 200)
        self.assertTrue(item.selling["gmarket"])

    def test_what_the_site_stopped_the_seller_cannot_start(self):
        item = self.add("g")
        self.sb.stop_item(item.goods_no, by_site=True)
        self.assertEqual(self.put(item, sell_status((100, 7)), "g").status_code, 400)
        self.assertFalse(item.selling["gmarket"])
        self.assertEqual(self.put(item, sell_status(), "g").status_code, 200)


@tagged("post_install", "-at_install")
class TestSandboxPriceAndStock(SandboxItemCase):
    def put(self, what, item, body, sites="ga"):
        return self.item_call("PUT", f"goods/{item.goods_no}/{what}", body, sites)

    def test_price_of_one_site_or_of_both(self):
        item = self.add("ga")
        answer = self.write_item(f"goods/{item.goods_no}/price", {"gmkt": 13000})
        expected = {"goodsNo": item.goods_no, "resultCode": 0, "message": "[GMKT] 성공"}
        self.assertEqual(answer, expected)
        body = {"gmkt": 14000, "iac": "15000"}
        answer = self.write_item(f"goods/{item.goods_no}/price", body)
        self.assertEqual(answer["message"], "[IAC] 성공 / [GMKT] 성공")
        found = self.read_item(f"goods/{item.goods_no}/price")
        self.assertEqual(found, {"gmkt": 14000, "iac": 15000})

    def test_prices_that_are_refused(self):
        item = self.add("ga")
        self.assertItemRefused(self.put("price", item, {"gmkt": 13005}), WON_STEP)
        text = WON_STEP.replace("GMKT", "IAC")
        self.assertItemRefused(self.put("price", item, {"gmkt": 10, "iac": 1}), text)
        self.assertItemRefused(self.put("price", item, {"gmkt": 0}), ZERO)
        self.assertEqual(self.put("price", item, {}).status_code, 400)
        self.assertEqual(item.price, {"gmarket": 12900, "auction": 12900})
        self.sb.stop_item(item.goods_no, "gmarket")
        response = self.put("price", item, {"gmkt": 13000})
        self.assertEqual(response.status_code, 400, "only of items on sale")
        single = self.add("g")
        response = self.put("price", single, {"gmkt": 100, "iac": 100}, "g")
        text = "[IAC] 상품번호가 생성 되지 않았습니다."
        self.assertItemRefused(response, text)
        response = self.put("price", single, {"gmkt": 100, "iac": 0}, "g")
        self.assertEqual(response.status_code, 200)

    def test_stock_of_one_site_or_of_both(self):
        item = self.add("ga")
        body = {"stock": {"gmkt": 5, "iac": 99_999}}
        answer = self.write_item(f"goods/{item.goods_no}/stock", body)
        self.assertEqual(answer["message"], "[IAC] 성공 / [GMKT] 성공")
        self.write_item(f"goods/{item.goods_no}/stock", {"stock": {"gmkt": 6}})
        self.assertEqual(item.stock, {"gmarket": 6, "auction": 99_999})

    def test_stock_out_of_bounds(self):
        item = self.add("ga")
        text = "[GMKT] 재고는 99999개 이하이어야 합니다."
        response = self.put("stock", item, {"stock": {"gmkt": 100_000, "iac": 5}})
        self.assertItemRefused(response, text)
        for pieces in (0, -1):
            response = self.put("stock", item, {"stock": {"gmkt": pieces}})
            self.assertEqual(response.status_code, 400)
        self.assertEqual(self.put("stock", item, {"gmkt": 5}).status_code, 400)
        self.assertEqual(item.stock, {"gmarket": 100, "auction": 100})

    def test_stock_only_of_items_without_options(self):
        body = {"stock": {"gmkt": 5}}
        for item in (
            self.add_shirt("g"),
            self.add("g", text_option="새길 이름"),
            self.add("g", fulfilment=True),
        ):
            response = self.put("stock", item, body, "g")
            self.assertEqual(response.status_code, 400)
            self.assertEqual(item.stock, {"gmarket": 100})

    def test_one_site_may_fail(self):
        item = self.add("ga")
        add = self.sb.faults.add
        add("one_site_fails", ["stock", "price", "sell-status"], times=3)
        response = self.put("stock", item, {"stock": {"gmkt": 5, "iac": 5}})
        self.assertEqual(response.status_code, 400)
        self.assertIn("[GMKT] 성공", response.json()["message"])
        self.assertIn("[IAC] 일시적인", response.json()["message"])
        self.assertEqual(item.stock, {"gmarket": 5, "auction": 100})
        self.put("price", item, {"gmkt": 100, "iac": 100})
        self.assertEqual(item.price, {"gmarket": 100, "auction": 12900})
        self.put("sell-status", item, sell_status())
        self.assertEqual(item.selling, {"gmarket": False, "auction": True})
        add("one_site_fails", "stock", site="gmarket")
        self.put("stock", item, {"stock": {"gmkt": 1, "iac": 1}})
        self.assertEqual(item.stock, {"gmarket": 5, "auction": 1})


@tagged("post_install", "-at_install")
class TestSandboxStopped(SandboxItemCase):
    def pass_days(self, days):
        self.sb.set_time(self.sb.now() + timedelta(days=days))

    def test_a_month_off_sale_deletes_it(self):
        item = self.add("g")
        self.sb.stop_item(item.goods_no)
        self.pass_days(29)
        self.assertEqual(item.live, ["gmarket"])
        self.pass_days(1)
        self.assertEqual(self.sb.items[item.goods_no].live, [])
        response = self.item_call("GET", f"goods/{item.goods_no}/price", sites="g")
        self.assertItemRefused(response, "삭제된 상품 입니다.")

    def test_who_starts_again_in_time_keeps_it(self):
        item = self.add("g")
        path = f"goods/{item.goods_no}/sell-status"
        self.write_item(path, sell_status(), "g")
        self.pass_days(29)
        self.write_item(path, sell_status((12900, 5)), "g")
        self.pass_days(1)
        self.write_item(path, sell_status(), "g")
        self.pass_days(29)
        self.assertEqual(self.sb.items[item.goods_no].live, ["gmarket"])
        self.pass_days(1)
        self.assertEqual(self.sb.items[item.goods_no].live, [])

    def test_stopping_again_does_not_begin_a_new_month(self):
        item = self.add("g")
        path = f"goods/{item.goods_no}/sell-status"
        self.write_item(path, sell_status(), "g")
        self.pass_days(20)
        self.write_item(path, sell_status(), "g")
        self.pass_days(10)
        self.assertEqual(self.sb.items[item.goods_no].live, [])

    def test_an_item_that_sells_on_the_other_site_stays(self):
        item = self.add("ga")
        self.sb.stop_item(item.goods_no, "gmarket")
        self.pass_days(40)
        self.assertEqual(self.sb.items[item.goods_no].live, ["gmarket", "auction"])
        self.sb.stop_item(item.goods_no, "auction")
        self.pass_days(30)
        self.assertEqual(self.sb.items[item.goods_no].live, [])

    def test_or_each_site_goes_by_itself(self):
        self.sb.strict.month_stop_deletes = "listing"
        item = self.add("ga")
        self.sb.stop_item(item.goods_no, "gmarket")
        self.pass_days(30)
        self.assertEqual(self.sb.items[item.goods_no].live, ["auction"])
        number = item.numbers["gmarket"]
        response = self.item_call("GET", f"site-goods/{number}/goods-no")
        self.assertItemRefused(response, "삭제된 상품 입니다.")
        answer = self.read_item(f"goods/{item.goods_no}/sell-status", "a")
        self.assertEqual(answer["IsSell"], {"gmkt": False, "iac": True})
        self.assertEqual(self.found("g"), [])
        self.assertEqual(self.found("a"), [item.goods_no])

    def test_what_people_do_by_hand(self):
        item = self.add_shirt("ga")
        self.sb.stop_item(item.goods_no, "gmarket")
        self.assertEqual(item.selling, {"gmarket": False, "auction": True})
        self.sb.start_item(item.goods_no)
        self.sb.edit_item(
            item.goods_no,
            name="다른 이름",
            seller_code="NEW",
            price={"auction": 20000},
            options={
                "TS-NV-L": {"qty": {"gmarket": 3}, "sold_out": True},
                item.options[0].key: {"code": "X-1", "surcharge": 500},
            },
        )
        self.assertEqual((item.name, item.seller_code), ("다른 이름", "NEW"))
        self.assertEqual(item.price, {"gmarket": 24000, "auction": 20000})
        first, second, _third = item.options
        self.assertEqual((first.code, first.surcharge), ("X-1", 500))
        self.assertEqual(second.qty, {"gmarket": 3, "auction": 10})
        self.assertEqual(second.sold_out, {"gmarket": True, "auction": True})
        with self.assertRaises(ValueError):
            self.sb.edit_item(item.goods_no, options={"X-1": {"colour": 1}})
        with self.assertRaises(ValueError):
            self.sb.edit_item(item.goods_no, price=12905)
        self.assertEqual(item.price, {"gmarket": 24000, "auction": 20000})
        with self.assertRaises(LookupError):
            self.sb.stop_item(1)
        self.sb.delete_item(item.goods_no)
        with self.assertRaises(NotPossible):
            self.sb.start_item(item.goods_no, "gmarket")

    def test_a_mistaken_item_is_refused(self):
        for values in (
            {"sites": ""},
            {"price": 12905},
            {"price": 0},
            {"options": [{"values": {"색상": "a"}, "colour": 1}]},
            {"options": [{"values": {"a": "1", "b": "2"}}, {"values": {"a": "3"}}]},
        ):
            with self.subTest(values=values), self.assertRaises(ValueError):
                self.add(**values)
        number = {"gmarket": "3900000001"}
        self.add("g", numbers=number)
        with self.assertRaises(ValueError):
            self.add("g", numbers=number)
        self.assertEqual(len(self.sb.items), 1)
