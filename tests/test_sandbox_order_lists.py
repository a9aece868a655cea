"""PreRequestOrders and RequestOrders: windows, pages, pacing, filters, row shapes."""

import re
from datetime import datetime, timedelta

from odoo.tests import tagged

from .sandbox_common import (
    AUCTION_ID,
    GMARKET_ID,
    TEA,
    SandboxCase,
    fixture,
)

PATH = "/shipping/v1/Order/RequestOrders"


@tagged("post_install", "-at_install")
class TestSandboxOrderLists(SandboxCase):
    def test_an_empty_list_is_a_success(self):
        answer = self.search()
        self.assertEqual(
            answer,
            {
                "ResultCode": 0,
                "Message": "",
                "Data": {
                    "SiteType": 3,
                    "PageIndex": 1,
                    "PageSize": 1000,
                    "TotalCount": 0,
                    "SellerId": GMARKET_ID,
                    "RequestOrders": [],
                },
            },
        )
        data = self.search(site="auction")["Data"]
        self.assertEqual((data["SiteType"], data["SellerId"]), (1, AUCTION_ID))

    def test_a_bare_end_date_is_midnight(self):
        number = self.place_one()
        day = {"requestDateFrom": "2026-06-08", "requestDateTo": "2026-06-08"}
        self.assertEqual(self.listed(**day), [])
        day["requestDateTo"] = "2026-06-09"
        self.assertEqual(self.listed(**day), [number])
        day["requestDateTo"] = "2026-06-08 10:14"
        self.assertEqual(self.listed(**day), [])

    def test_windows(self):
        backwards = "조회 시작일이 종료일보다 과거여야 합니다."
        month = "31일 이하의 범위만 조회 할 수 있습니다."
        half_year = "180일 이하의 범위만 조회 할 수 있습니다."
        cases = [
            ("gmarket", "2026-06-09", "2026-06-08", backwards),
            ("gmarket", "2026-05-01", "2026-06-02", month),
            ("gmarket", "2026-05-01", "2026-06-01", None),
            ("auction", "2026-01-01", "2026-06-30", None),
            ("auction", "2026-01-01", "2026-07-01", half_year),
        ]
        for site, begin, end, message in cases:
            with self.subTest(site=site, begin=begin, end=end):
                answer = self.search(
                    site=site, requestDateFrom=begin, requestDateTo=end
                )
                if message:
                    self.assertRefused(answer, message)
                else:
                    self.assertDone(answer)

    def test_bad_conditions(self):
        text = "메서드 또는 연산이 구현되지 않았습니다."
        self.assertRefused(self.search(siteType=3), text)
        self.assertRefused(self.search(7), text)
        self.assertRefused(self.search(6, site="auction", payNo=1), text)
        self.assertRefused(self.search(1, date_type=3), text)
        self.assertRefused(self.search(1, site="auction", date_type=5), text)
        self.assertDone(self.search(2, date_type=3))
        bad = "파라메터 유효성 검사 실패"
        self.assertRefused(self.search(requestDateFrom="2026-06-08Z"), bad, 2000)
        self.assertRefused(self.search(requestDateFrom="08.06.2026"), bad, 2000)
        self.assertRefused(self.search(requestDateFrom=None), bad, 2000)

    def test_pages_echo_index_and_size(self):
        numbers = self.place(items=[TEA] * 7, shipping_fee=3000)
        read = []
        for index in (1, 2, 3):
            data = self.search(pageIndex=index, pageSize=3)["Data"]
            self.assertEqual((data["PageIndex"], data["PageSize"]), (index, 3))
            self.assertEqual(data["TotalCount"], 7)
            read += [row["OrderNo"] for row in data["RequestOrders"]]
        self.assertCountEqual(read, numbers)
        self.assertEqual(self.search(pageIndex=4, pageSize=3)["Data"]["TotalCount"], 7)
        self.assertEqual(self.listed(pageIndex=4, pageSize=3), [])
        self.assertEqual(self.search(pageSize=5000)["Data"]["PageSize"], 1000)

    def test_confirming_shifts_the_pages(self):
        numbers = self.place(items=[TEA] * 4)
        first = self.listed(pageIndex=1, pageSize=2)
        for number in first:
            self.check(number)
        self.assertEqual(self.listed(pageIndex=2, pageSize=2), [])
        self.assertCountEqual(self.listed(), set(numbers) - set(first))

    def test_look_up_by_number_and_by_cart(self):
        first, second = self.place(items=[TEA, TEA])
        other = self.place_one()
        body = {"siteType": 2, "orderNo": first, "orderStatus": 0}
        rows = self.post(PATH, body)["Data"]["RequestOrders"]
        self.assertEqual([row["OrderNo"] for row in rows], [first])
        cart = self.listed(6, payNo=self.sb.orders[first].pay_no)
        self.assertCountEqual(cart, [first, second])
        self.assertNotIn(other, cart)
        self.assertIsNone(self.read_row(4500009999))
        answer = self.search(0, site="auction", orderNo=first, date_type=2)
        text = "매개변수 값을 Int64에서 Int32로 변환하지 못했습니다."
        self.assertRefused(answer, text)

    def test_look_up_by_number_may_insist_on_dates(self):
        number = self.place_one()
        self.sb.strict.number_lookup_needs_dates = True
        body = {"siteType": 2, "orderNo": number, "orderStatus": 0}
        self.assertRefused(self.post(PATH, body), "파라메터 유효성 검사 실패", 2000)
        self.assertEqual(self.read_row(number)["OrderNo"], number)

    def test_states_are_kept_apart(self):
        new, preparing, sent = (self.place_one() for _ in range(3))
        for number in (preparing, sent):
            self.check(number)
        self.ship(sent)
        self.assertEqual(self.listed(1), [new])
        self.assertEqual(self.listed(2), [preparing])
        self.assertEqual(self.listed(3), [sent])
        self.sb.mark_delivered(sent)
        self.assertEqual(self.listed(4), [sent])
        self.sb.decide(sent)
        self.assertEqual(self.listed(5), [sent])

    def test_date_types(self):
        yesterday = datetime(2026, 6, 7, 9, 0)
        number = self.place_one(paid_at=yesterday)
        self.check(number)
        today = {"requestDateFrom": "2026-06-08", "requestDateTo": "2026-06-09"}
        self.assertEqual(self.listed(2, date_type=2, **today), [])
        self.assertEqual(self.listed(2, date_type=1), [number])
        due = {"requestDateFrom": "2026-06-09", "requestDateTo": "2026-06-10"}
        self.assertEqual(self.listed(2, date_type=3, **due), [number])

    def test_filters(self):
        normal = self.place_one()
        logistics = self.place_one(distribution="TL")
        star = self.place_one(distribution="SL")
        gift = self.place_one(gift=True)
        self.assertEqual(self.listed(orderType=2), [logistics])
        self.assertEqual(self.listed(orderType=3), [star])
        self.assertEqual(self.listed(date_type=2, isGiftOrder="Y"), [gift])
        self.assertEqual(self.listed(date_type=2, giftOrderStatus=1), [gift])
        self.assertEqual(self.listed(date_type=2, giftOrderStatus=2), [])
        both = self.listed(orderType=1, isGiftOrder="N")
        self.assertEqual(both, [normal])

    def test_an_order_under_a_claim_is_not_listed_not_even_by_number(self):
        number = self.place_one()
        self.check(number)
        self.sb.cancel(number)
        self.assertEqual(self.listed(2), [])
        self.assertIsNone(self.read_row(number))
        self.sb.withdraw_cancel(number)
        self.assertEqual(self.listed(2), [number])
        self.sb.strict.reappears_after_withdrawal = False
        self.sb.cancel(number)
        self.sb.withdraw_cancel(number)
        self.assertIsNone(self.read_row(number))
        self.assertEqual(self.status(number), [(2, 0)])

    def test_deposit_waiting_orders(self):
        number = self.place_one(deposit=True)
        path = "/shipping/v1/Order/PreRequestOrders"
        body = {
            "siteType": 2,
            "requestDateFrom": "2026-06-08",
            "requestDateTo": "2026-06-09",
        }
        [row] = self.post(path, body)["Data"]["RequestOrders"]
        self.assertEqual(row["OrderNo"], number)
        phones = ("BuyerMobileTel", "BuyerTel", "HpNo", "TelNo")
        self.assertEqual([row[key] for key in phones], [None] * 4)
        self.assertEqual(row["DepositDueDate"], "2026-06-15T23:59:59")
        self.assertNotIn("OrderStatus", row)
        self.assertEqual(self.listed(), [])
        self.assertEqual(self.status(number), [(0, 0)])
        self.sb.pay(number)
        self.assertEqual(self.listed(), [number])
        self.assertEqual(self.post(path, body)["Data"]["TotalCount"], 0)

    def test_a_deposit_that_never_comes_is_cancelled(self):
        number = self.place_one("auction", deposit=True)
        self.sb.advance(8 * 86400)
        self.assertEqual(self.sb.orders[number].claim, "cancel_done")

    def test_rows_can_be_made_odd(self):
        item = {**TEA, "raw": {"OutGoodsNo": None, "TransDueDate": "__missing__"}}
        number = self.place_one(items=[item])
        row = self.read_row(number)
        self.assertIsNone(row["OutGoodsNo"])
        self.assertNotIn("TransDueDate", row)


@tagged("post_install", "-at_install")
class TestSandboxPacing(SandboxCase):
    interval = 5.0
    text = "주문 조회는 5초당 1회 호출 가능합니다. 잠시 후 다시 시도해 주세요."

    def test_one_bucket_per_seller_over_both_lists(self):
        number = self.place_one()
        self.assertEqual(self.listed(), [number])
        self.assertRefused(self.search(2), self.text)
        body = {
            "siteType": 2,
            "requestDateFrom": "2026-06-08",
            "requestDateTo": "2026-06-09",
        }
        path = "/shipping/v1/Order/PreRequestOrders"
        self.assertRefused(self.post(path, body), self.text)
        self.assertDone(self.search(site="auction"))
        self.assertEqual(self.read_row(number)["OrderNo"], number)
        self.assertEqual(len(self.sb.rate_violations), 2)
        violation = self.sb.rate_violations[0]
        self.assertEqual(violation[1:], ("gmarket", GMARKET_ID, "RequestOrders"))
        self.sb.advance(5)
        self.assertDone(self.post(path, body))

    def test_a_refusal_may_restart_the_bucket(self):
        self.sb.strict.refusal_restarts_bucket = True
        self.search()
        self.sb.advance(4)
        self.assertRefused(self.search(), self.text)
        self.sb.advance(4)
        self.assertRefused(self.search(), self.text)
        self.sb.advance(5)
        self.assertDone(self.search())

    def test_by_cart_counts_unless_told_otherwise(self):
        self.search()
        self.assertRefused(self.search(6, payNo=1), self.text)
        self.sb.strict.by_cart_exempt = True
        self.assertDone(self.search(6, payNo=1))

    def test_other_calls_can_be_limited_too(self):
        self.sb.strict.calls_per_minute = 2
        path = "/shipping/v1/Delivery/GetDeliveryStatus"
        body = {"OrderNo": 4500000001, "Page": 1}
        codes = [self.post(path, body)["ResultCode"] for _ in range(3)]
        self.assertEqual(codes, [0, 0, 3000])
        self.sb.advance(60)
        self.assertDone(self.post(path, body))


#: What a placed basket cannot share with the sample of the fact sheet
_OWN = re.compile(r"^(PayNo|GroupNo|OrderNo|OrderDate|PayDate|.*BuyerId|TransDueDate)$")


@tagged("post_install", "-at_install")
class TestSandboxSamples(SandboxCase):
    """The sandbox sends the rows of section 12 of the fact sheet, key by key."""

    def assertLikeSample(self, numbers, sample, site="gmarket", ignore=()):
        self.sb.advance(600)
        rows = [self.sb.orders[number].row() for number in numbers]
        expected = fixture(sample)["Data"]["RequestOrders"]
        self.assertEqual(len(rows), len(expected))
        for row, wanted in zip(rows, expected, strict=True):
            self.assertEqual(set(row), set(wanted))
            for key in wanted:
                if not _OWN.match(key) and key not in ignore:
                    self.assertEqual(row[key], wanted[key], key)
                self.assertIs(type(row[key]), type(wanted[key]), key)

    def person(self, wanted):
        return {
            "name": wanted["ReceiverName"],
            "mobile": wanted["HpNo"],
            "phone": wanted["TelNo"],
            "zip_code": wanted["ZipCode"],
            "front": wanted["DelFrontAddress"],
            "back": wanted["DelBackAddress"],
        }

    def people(self, sample):
        wanted = fixture(sample)["Data"]["RequestOrders"][0]
        buyer = {
            "name": wanted["BuyerName"],
            "mobile": wanted["BuyerMobileTel"],
            "phone": wanted["BuyerTel"],
        }
        options = {"buyer": buyer, "memo": wanted["DelMemo"]}
        if wanted["HpNo"]:
            options["receiver"] = self.person(wanted)
        return options

    def test_one_item(self):
        sample = "orders_gmarket_one_item.json"
        numbers = self.place(shipping_fee=3000, **self.people(sample))
        self.assertLikeSample(numbers, sample)

    def test_auction_with_option(self):
        sample = "orders_auction_option.json"
        item = {
            "site_goods_no": "F000000002",
            "seller_code": "TS-2026",
            "name": "[샘플] 반팔 티셔츠 2종",
            "price": 24000,
            "quantity": 2,
            "option": ("색상:네이비, 사이즈:L", "TS-NV-L", 1000),
            "seller_discount": 2400,
            "site_discount": 1000,
        }
        numbers = self.place(
            "auction", [item], shipping_fee=2500, **self.people(sample)
        )
        self.assertLikeSample(numbers, sample, "auction")

    def test_two_orders_of_one_cart(self):
        sample = "orders_gmarket_cart.json"
        cup = {
            "site_goods_no": "3900000005",
            "seller_code": "CUP-05",
            "name": "[샘플] 머그컵",
            "price": 5500,
            "quantity": 2,
            "option": ("색상:화이트", "CUP-05-W"),
        }
        numbers = self.place(
            items=[{**TEA, "price": 9900}, cup],
            shipping_fee=3000,
            condition="M",
            **self.people(sample),
        )
        self.assertLikeSample(numbers, sample)

    def test_option_addition_and_free_gift(self):
        sample = "orders_gmarket_addition.json"
        item = {
            "site_goods_no": "3900000007",
            "seller_code": "GIFTSET-7",
            "name": "[샘플] 수제 쿠키 세트",
            "price": 19800,
            "option": {"text": "맛:초코", "code": "CK-CHO"},
            "additions": [("선물포장 타입:쇼핑백", "BAG-01", 2000, 2)],
            "free_gift": "엽서",
            "free_gift_code": "CARD1",
        }
        numbers = self.place(items=[item], trans_type="A", **self.people(sample))
        self.assertLikeSample(numbers, sample)

    def test_gift_that_waits(self):
        sample = "orders_gmarket_gift.json"
        item = {
            "site_goods_no": "3900000007",
            "seller_code": "GIFTSET-7",
            "name": "[샘플] 수제 쿠키 세트",
            "price": 19800,
            "option": ("맛:바닐라", "CK-VAN"),
        }
        numbers = self.place(
            items=[item], gift=True, receiver={"name": "오샘플"}, **self.people(sample)
        )
        self.assertLikeSample(numbers, sample)

    def test_overseas(self):
        sample = "orders_gmarket_overseas.json"
        wanted = fixture(sample)["Data"]["RequestOrders"]
        abroad = self.place_one(
            items=[{**TEA, "quantity": 3}],
            overseas=True,
            buyer={"name": wanted[0]["BuyerName"], "mobile": None, "phone": ""},
            receiver=self.person(wanted[0]),
            memo=wanted[0]["DelMemo"],
        )
        vitamins = {
            "site_goods_no": "3900000009",
            "seller_code": "VIT-9",
            "name": wanted[1]["GoodsName"],
            "price": 31000,
        }
        person = self.person(wanted[1])
        into_korea = self.place_one(
            items=[vitamins],
            customs_code="P000000000000",
            buyer=person,
            receiver=person,
        )
        self.assertLikeSample([abroad, into_korea], sample)

    def test_timestamps_are_naive_with_up_to_three_digits(self):
        for site in ("gmarket", "auction"):
            moment = datetime(2026, 6, 8, 9, 0, 0, 120000) - timedelta(hours=1)
            number = self.place_one(site, paid_at=moment)
            fraction = r"(\.\d{1,3})?" if site == "gmarket" else ""
            pattern = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d" + fraction
            row = self.sb.orders[number].row()
            self.assertRegex(row["OrderDate"], f"^{pattern}$")
            self.assertRegex(row["PayDate"], f"^{pattern}$")
        self.assertEqual(row["PayDate"], "2026-06-08T08:00:00")
