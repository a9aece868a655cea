"""Option sets of the sandbox's items: read, and replaced as a whole."""

import copy

from odoo.tests import tagged

from .sandbox_common import SandboxItemCase

ALL_SOLD_OUT = "모든 옵션이 품절인 상태로 등록이 불가합니다"
RANGE = "필드는 1에서 99999 사이에 있어야 합니다."


@tagged("post_install", "-at_install")
class TestSandboxOptions(SandboxItemCase):
    def put(self, item, body, sites="ga"):
        path = f"goods/{item.goods_no}/recommended-options"
        return self.item_call("PUT", path, body, sites)

    def add_cup(self, sites="ga", **values):
        """An item with one choice."""
        values.setdefault("name", "[샘플] 머그컵")
        values.setdefault("price", 5500)
        values.setdefault(
            "options",
            [
                {"values": {"색상": "화이트"}, "code": "CUP-05-W", "surcharge": 500},
                {"values": {"색상": "블랙"}},
            ],
        )
        return self.add(sites, **values)

    def entries(self, answer):
        return (answer["combination"] or answer["independent"])["details"]

    # ---- reading ------------------------------------------------------------------

    def test_a_choice(self):
        item = self.add_cup()
        answer = self.options_of(item)
        head = ("type", "isStockManage", "inputType", "combination", "independents")
        self.assertEqual([answer[key] for key in head], [1, True, 0, None, None])
        choice = answer["independent"]
        self.assertEqual(choice["recommendedOptName"]["koreanText"], "색상")
        first, second = choice["details"]
        expected = {
            "recommendedOptValueNo": 0,
            "optSeq": item.options[0].key,
            "isSoldOut": False,
            "isSoldOutSite": {"gmkt": False, "iac": False},
            "isDisplay": True,
            "isDisplaySite": {"gmkt": True, "iac": True},
            "qty": {"gmkt": 100, "iac": 100},
            "manageCode": "CUP-05-W",
            "addAmnt": 500.0,
        }
        self.assertEqual({key: first[key] for key in expected}, expected)
        self.assertEqual(first["recommendedOptValue"]["koreanText"], "화이트")
        self.assertEqual(first["recommendedOptValue"]["exposeLanguage"], 0)
        self.assertIsNone(second["manageCode"])

    def test_a_combination(self):
        answer = self.options_of(self.add_shirt("g"), "g")
        self.assertEqual(answer["type"], 2)
        part = answer["combination"]
        names = [part[f"recommendedOptName{n}"]["koreanText"] for n in (1, 2)]
        self.assertEqual(names, ["색상", "사이즈"])
        values = [
            [row[f"recommendedOptValue{n}"]["koreanText"] for n in (1, 2)]
            for row in part["details"]
        ]
        self.assertEqual(values, [["네이비", "M"], ["네이비", "L"], ["화이트", "M"]])
        self.assertEqual(part["details"][0]["qty"], {"gmkt": 10, "iac": 0})

    def test_choices_that_do_not_depend_on_each_other(self):
        options = [
            {"values": {"색상": "화이트"}},
            {"values": {"포장": "선물"}},
            {"values": {"포장": "없음"}},
        ]
        answer = self.options_of(self.add("g", options=options), "g")
        self.assertEqual((answer["type"], answer["independent"]), (1, None))
        counts = [len(choice["details"]) for choice in answer["independents"]]
        self.assertEqual(counts, [1, 2])

    def test_texts_that_the_buyer_writes(self):
        answer = self.options_of(self.add("g", text_option="새길 이름"), "g")
        self.assertEqual(answer["type"], 5)
        self.assertEqual(answer["text"]["details"][0]["Value"], "새길 이름")
        answer = self.options_of(self.add_shirt("g", text_option="새길 이름"), "g")
        self.assertEqual(answer["type"], 7)

    def test_an_item_without_options(self):
        item = self.add("g")
        self.assertEqual(self.options_of(item, "g")["type"], 0)
        self.sb.strict.optionless_read = "refuse"
        path = f"goods/{item.goods_no}/recommended-options"
        response = self.item_call("GET", path, sites="g")
        self.assertItemRefused(response, "조회 된 데이터가 없습니다.")

    def test_quantities_that_the_market_does_not_keep(self):
        item = self.add_shirt("g", stock_managed=False, stock=7)
        answer = self.options_of(item, "g")
        self.assertFalse(answer["isStockManage"])
        self.assertEqual({row["qty"]["gmkt"] for row in self.entries(answer)}, {0})
        self.assertEqual(set(self.sb.on_sale().values()), {7})

    # ---- writing ------------------------------------------------------------------

    def test_what_was_read_can_be_written_back(self):
        options = [
            {"values": {"a": "1", "b": "2", "c": "3"}, "code": "X", "surcharge": -100},
            {"values": {"a": "1", "b": "2", "c": "4"}, "sold_out": True, "qty": 1},
        ]
        for item in (
            self.add_cup(),
            self.add_shirt(per_site=True),
            self.add(options=options, text_option="새길 이름"),
            self.add_shirt(stock_managed=False),
        ):
            before = self.options_of(item)
            response = self.put(item, before)
            self.assertEqual(response.status_code, 200, response.text)
            self.assertEqual(response.json(), {"goodsNo": item.goods_no})
            self.assertEqual(self.options_of(item), before)

    def test_the_set_is_replaced_as_a_whole(self):
        item = self.add_shirt()
        body = self.options_of(item)
        keys = [row["optSeq"] for row in self.entries(body)]
        details = self.entries(body)
        del details[0]
        del details[1]["optSeq"]
        details[0]["qty"] = {"gmkt": 3, "iac": "4"}
        details[0]["manageCode"] = "NEW-1"
        details[1]["recommendedOptValue2"] = {"koreanText": "XL", "englishText": "XL"}
        self.assertEqual(self.put(item, body).status_code, 200)
        first, second = self.entries(self.options_of(item))
        self.assertEqual((first["optSeq"], first["manageCode"]), (keys[1], "NEW-1"))
        self.assertEqual(first["qty"], {"gmkt": 3, "iac": 4})
        self.assertNotIn(second["optSeq"], keys, "an entry without its key is new")
        self.assertEqual(second["recommendedOptValue2"]["englishText"], "XL")
        self.assertEqual(len(self.sb.on_sale("gmarket")), 2)

    def test_keys_in_any_case_unknown_keys_ignored(self):
        item = self.add_cup("g")

        def shout(value):
            if isinstance(value, dict):
                return {key.upper(): shout(each) for key, each in value.items()}
            return [shout(each) for each in value] if isinstance(value, list) else value

        before = self.options_of(item, "g")
        body = {**shout(before), "Whatever": 1}
        self.assertEqual(self.put(item, body, "g").status_code, 200)
        self.assertEqual(self.options_of(item, "g"), before)

    def test_all_sold_out_is_refused(self):
        item = self.add_cup()
        body = self.options_of(item)
        self.entries(body)[0]["isSoldOut"] = True
        self.assertEqual(self.put(item, body).status_code, 200)
        self.entries(body)[1]["isSoldOut"] = True
        self.assertItemRefused(self.put(item, body), ALL_SOLD_OUT, 3000)
        self.assertEqual(
            [option.sold_out["gmarket"] for option in item.options], [True, False]
        )

    def test_nothing_that_can_be_chosen(self):
        item = self.add_cup()
        body = self.options_of(item)
        self.entries(body)[0]["isSoldOut"] = True
        self.entries(body)[1]["isDisplay"] = False
        text = "주문선택사항이 최소 1개 이상 판매되어야 합니다"
        self.assertItemRefused(self.put(item, body), text)

    def test_a_common_set_has_one_flag_for_both_sites(self):
        item = self.add_cup()
        body = self.options_of(item)
        row = self.entries(body)[0]
        row["isSoldOutSite"] = {"gmkt": True, "iac": False}
        self.assertEqual(self.put(item, body).status_code, 200)
        self.assertEqual(item.options[0].sold_out, {"gmarket": False, "auction": False})
        row["isSoldOut"] = True
        self.put(item, body)
        self.assertEqual(item.options[0].sold_out, {"gmarket": True, "auction": True})

    def test_a_set_per_site_has_a_flag_for_each(self):
        item = self.add_cup(per_site=True)
        body = self.options_of(item)
        self.assertEqual(body["inputType"], 1)
        row = self.entries(body)[0]
        row["isSoldOutSite"] = {"gmkt": True, "iac": False}
        self.put(item, body)
        self.assertEqual(item.options[0].sold_out, {"gmarket": True, "auction": False})
        answer = self.entries(self.options_of(item))[0]
        self.assertEqual(answer["isSoldOutSite"], {"gmkt": True, "iac": False})
        self.assertFalse(answer["isSoldOut"])
        self.entries(body)[1]["isSoldOutSite"] = {"gmkt": True, "iac": False}
        self.assertItemRefused(self.put(item, body), ALL_SOLD_OUT, 3000)
        self.sb.strict.all_sold_out_on = "every_site"
        self.assertEqual(self.put(item, body).status_code, 200)
        self.assertEqual(set(self.sb.on_sale("gmarket").values()), {0})

    def test_quantities_1_to_99999_also_of_what_is_sold_out(self):
        item = self.add_cup()
        body = self.options_of(item)
        row = self.entries(body)[0]
        cases = (
            ({"gmkt": 0, "iac": 100_000}, f'"Gmkt {RANGE}","Iac {RANGE}"'),
            ({"gmkt": 5, "iac": 0}, f'"Iac {RANGE}"'),
        )
        for sold_out in (False, True):
            for quantities, text in cases:
                row.update(qty=quantities, isSoldOut=sold_out)
                response = self.put(item, body)
                self.assertItemRefused(response, f"[InvalidApiRequestEx][{text}]")
        self.assertEqual(item.options[0].qty, {"gmarket": 100, "auction": 100})
        single = self.add_cup("g")
        body = self.options_of(single, "g")
        self.assertEqual(self.entries(body)[0]["qty"], {"gmkt": 100, "iac": 0})
        self.assertEqual(self.put(single, body, "g").status_code, 200)

    def test_bad_entries(self):
        item = self.add_cup("g")
        good = self.options_of(item, "g")
        dup = "중복된 옵션값이 있습니다."

        def change(position, **values):
            body = copy.deepcopy(good)
            self.entries(body)[position].update(values)
            return body

        no_name = copy.deepcopy(good)
        no_name["independent"].update(recommendedOptName=None)
        empty = copy.deepcopy(good)
        empty["independent"]["details"] = []
        white = {"koreanText": "화이트"}
        cases = (
            (change(1, recommendedOptValue=white), 1000, dup),
            (no_name, 3000, "[Independent] 옵션 번호 오류 (0)"),
            (empty, 3000, "시퀀스에 요소가 없습니다."),
            ({**good, "independent": None}, 3000, "[Independent] 옵션 번호 오류 (0)"),
            ({**good, "type": 2}, 3000, "[Combination] 옵션 번호 오류 (0)"),
        )
        for body, code, text in cases:
            with self.subTest(text=text):
                self.assertItemRefused(self.put(item, body, "g"), text, code)
        for body in (
            {**good, "type": 99},
            {**good, "type": None},
            change(0, manageCode="가" * 11),
            change(0, recommendedOptValue={"koreanText": ""}),
            change(0, addAmnt=-2760),
            change(0, addAmnt=5510),
        ):
            self.assertEqual(self.put(item, body, "g").status_code, 400)
        body = change(0, manageCode="가" * 10, addAmnt=-2750)
        self.assertEqual(self.put(item, body, "g").status_code, 200)
        self.assertEqual(item.options[0].code, "가" * 10)

    def test_limits_of_surcharges_depend_on_the_price(self):
        for price, least, most in ((1990, 0, 1990), (10_000, -5000, 5000)):
            item = self.add_cup("g", price=price)
            body = self.options_of(item, "g")
            for amount in (least - 10, most + 10):
                self.entries(body)[0]["addAmnt"] = amount
                self.assertEqual(self.put(item, body, "g").status_code, 400)
            for amount in (least, most):
                self.entries(body)[0]["addAmnt"] = amount
                self.assertEqual(self.put(item, body, "g").status_code, 200)

    def test_fifty_choices_five_hundred_combinations(self):
        item = self.add_cup("g")
        body = self.options_of(item, "g")
        row = self.entries(body)[0]
        row["optSeq"] = 0

        def rows(count, key):
            return [{**row, key: {"koreanText": str(i)}} for i in range(count)]

        body["independent"]["details"] = rows(50, "recommendedOptValue")
        self.assertEqual(self.put(item, body, "g").status_code, 200)
        self.assertEqual(len({option.key for option in item.options}), 50)
        body["independent"]["details"] = rows(51, "recommendedOptValue")
        text = "선택형(Independent) 상세정보(Details) 항목은 50개까지 입력 가능합니다"
        self.assertItemRefused(self.put(item, body, "g"), text)
        shirt = self.add_shirt("g")
        body = self.options_of(shirt, "g")
        row = {**self.entries(body)[0], "optSeq": 0}
        body["combination"]["details"] = rows(500, "recommendedOptValue2")
        self.assertEqual(self.put(shirt, body, "g").status_code, 200)
        body["combination"]["details"] = rows(501, "recommendedOptValue2")
        self.assertEqual(self.put(shirt, body, "g").status_code, 400)
        self.assertEqual(len(shirt.options), 500)

    def test_another_kind_of_set(self):
        item = self.add_shirt("g")
        text = {
            "details": [{"recommendedOptNo": 0, "isDisplay": True, "Value": "이름"}]
        }
        self.assertEqual(
            self.put(item, {"type": 5, "text": text}, "g").status_code, 200
        )
        answer = self.options_of(item, "g")
        self.assertEqual((answer["type"], answer["text"]), (5, text))
        self.assertEqual(
            list(self.sb.on_sale().values()), [100], "the item's own stock"
        )

    # ---- faults -------------------------------------------------------------------

    def test_unknown_keys_and_other_forms(self):
        item = self.add_cup("g")
        self.sb.faults.add("extra_keys", "options:read")
        self.sb.faults.add("odd_numbers", "options:read")
        body = self.options_of(item, "g")
        row = self.entries(body)[0]
        self.assertIn("UnknownNewField", row)
        self.assertEqual(row["optSeq"], str(item.options[0].key))
        before = [option.key for option in item.options]
        self.assertEqual(self.put(item, body, "g").status_code, 200)
        self.assertEqual([option.key for option in item.options], before)

    def test_a_write_whose_answer_is_lost(self):
        item = self.add_cup("g")
        body = self.options_of(item, "g")
        self.entries(body)[0]["isSoldOut"] = True
        self.sb.faults.add("502", "options", effect=True, goods_no=item.goods_no)
        self.assertEqual(self.put(item, body, "g").status_code, 502)
        self.assertTrue(item.options[0].sold_out["gmarket"])
        self.sb.faults.add("502", "options", goods_no=item.goods_no + 1)
        self.assertEqual(self.put(item, body, "g").status_code, 200)
