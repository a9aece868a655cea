"""OrderCheck, ShippingExpectedDate, ShippingInfo, AddShippingCompleteInfo and
GetDeliveryStatus: every row of their error tables and of section 9.3."""

from odoo.tests import tagged

from ..sandbox import ALL_PERMISSIONS, NotPossible
from .sandbox_common import (
    AUCTION_ID,
    GMARKET_ID,
    MASTER,
    SECRET,
    TEA,
    SandboxCase,
)

NOT_FOUND = "해당 주문 내역이 없습니다."
ALREADY = "이미 주문확인 처리된 건입니다."
WRONG_STATE = "주문확인 할 수 없는 상태입니다."
THIRD_PARTY = "해당 주문은 3PL 주문입니다"


@tagged("post_install", "-at_install")
class TestSandboxOrderCheck(SandboxCase):
    def test_it_confirms_once(self):
        number = self.place_one()
        answer = self.check(number)
        expected = {"ResultCode": 0, "Message": "Success", "Data": {"IsChanged": 0}}
        self.assertEqual(answer, expected)
        self.assertEqual(self.status(number), [(2, 0)])
        self.assertEqual(
            self.read_row(number)["OrderConfirmDate"], "2026-06-08T10:15:00"
        )
        self.assertRefused(self.check(number), ALREADY)
        self.assertEqual(self.sb.orders[number].confirmations, 1)

    def test_it_tells_of_a_changed_address(self):
        number = self.place_one("auction")
        before = self.read_row(number, "auction")["DelBackAddress"]
        self.sb.strict.address_change_visible = "after_confirm"
        self.sb.change_address(number, front="부산광역시 가상구 모의로 9", back="9호")
        self.assertEqual(self.read_row(number, "auction")["DelBackAddress"], before)
        self.assertEqual(self.check(number, "auction")["Data"], {"IsChanged": 1})
        row = self.read_row(number, "auction")
        self.assertEqual(row["DelFullAddress"], "부산광역시 가상구 모의로 9 9호")
        with self.assertRaises(NotPossible):
            self.sb.change_address(number, back="10호")

    def test_an_address_change_may_show_before_the_confirmation(self):
        number = self.place_one()
        self.sb.change_address(number, back="9호", memo="새 주소")
        row = self.read_row(number)
        self.assertEqual((row["DelBackAddress"], row["DelMemo"]), ("9호", "새 주소"))
        self.assertEqual(self.check(number)["Data"], {"IsChanged": 1})

    def test_the_whole_basket_may_move(self):
        numbers = self.place(items=[TEA, TEA])
        self.sb.change_address(numbers[0], basket=True, back="9호")
        changed = [self.check(number)["Data"]["IsChanged"] for number in numbers]
        self.assertEqual(changed, [1, 1])

    def test_refusals(self):
        self.assertRefused(self.check(4500009999), NOT_FOUND)
        cancelled = self.place_one()
        self.sb.cancel(cancelled)
        self.assertRefused(self.check(cancelled), "취소된 주문번호입니다.")
        self.assertRefused(self.check(self.place_one(distribution="TL")), THIRD_PARTY)
        gift = self.place_one(gift=True)
        text = "해당 주문은 선물수락대기 상태로 주문확인이 불가합니다."
        self.assertRefused(self.check(gift), text)
        number = self.place_one()
        long = "제휴사 주문번호의 최대길이는 30byte입니다.\n"
        self.assertRefused(self.check(number, SellerOrderNo="가" * 11), long, 2141)
        long = "제휴사 상품번호의 최대길이는 30byte입니다.\n"
        self.assertRefused(self.check(number, sellerItemNo="a" * 31), long, 2141)
        self.assertEqual(self.sb.orders[number].confirmations, 0)
        self.assertDone(self.check(number, SellerOrderNo="가" * 10))
        self.assertEqual(self.sb.orders[number].seller_order_no, "가" * 10)

    def test_late_calls(self):
        number = self.place_one()
        self.check(number)
        self.sb.cancel(number)
        self.assertRefused(self.check(number), WRONG_STATE)
        self.sb.strict.confirm_in_claim = "already"
        self.assertRefused(self.check(number), ALREADY)
        self.sb.withdraw_cancel(number)
        self.ship(number)
        self.assertRefused(self.check(number), WRONG_STATE)
        self.sb.strict.confirm_after_dispatch = "already"
        self.assertRefused(self.check(number), ALREADY)


@tagged("post_install", "-at_install")
class TestSandboxShippingInfo(SandboxCase):
    def confirmed(self, site="gmarket", **options):
        number = self.place_one(site, **options)
        self.assertDone(self.check(number, site))
        return number

    def not_dispatchable(self, number):
        return f"주문번호:{number}의 경매상태가 발송가능한 상태가 아닙니다."

    def test_it_dispatches_and_the_last_call_wins(self):
        number = self.confirmed()
        answer = self.ship(number)
        expected = {"ResultCode": 0, "Message": "Success", "Data": {"OrderNo": number}}
        self.assertEqual(answer, expected)
        self.assertEqual(self.status(number), [(3, 0)])
        row = self.read_row(number)
        self.assertEqual(row["TakbaeName"], "CJ 대한통운 택배")
        self.assertEqual(row["NoSongjang"], "000000002001")
        self.assertEqual(row["TransDate"], "2026-06-08T10:15:00")
        self.assertDone(self.ship(number))
        self.assertDone(self.ship(number, 10007, "000000002002"))
        taken = [entry[:2] for entry in self.sb.orders[number].invoices]
        self.assertEqual(
            taken,
            [
                (10013, "000000002001"),
                (10013, "000000002001"),
                (10007, "000000002002"),
            ],
        )
        self.assertEqual(self.read_row(number)["NoSongjang"], "000000002002")

    def test_one_parcel_for_several_orders(self):
        numbers = self.place(items=[TEA, TEA], shipping_fee=3000)
        for number in numbers:
            self.check(number)
            self.assertDone(self.ship(number))
        self.assertEqual(len(self.listed(3)), 2)

    def test_an_identical_repeat_may_be_refused(self):
        number = self.confirmed()
        self.ship(number)
        self.sb.strict.identical_repeat = "refuse"
        self.assertRefused(self.ship(number), self.not_dispatchable(number))
        self.assertDone(self.ship(number, invoice="000000002009"))

    def test_states_that_allow_no_dispatch(self):
        new = self.place_one()
        self.assertRefused(self.ship(new), self.not_dispatchable(new))
        self.sb.strict.dispatch_unconfirmed = "accept"
        self.assertDone(self.ship(new))
        delivered = self.confirmed()
        self.ship(delivered)
        self.sb.mark_delivered(delivered)
        self.assertRefused(self.ship(delivered), self.not_dispatchable(delivered))
        self.sb.request_return(delivered)
        self.assertRefused(self.ship(delivered), self.not_dispatchable(delivered))
        self.assertEqual(len(self.sb.orders[delivered].invoices), 1)

    def test_it_refuses_a_pending_cancel_silently(self):
        number = self.confirmed()
        self.sb.cancel(number)
        self.assertEqual(self.status(number), [(6, 1)])
        self.assertDone(self.ship(number))
        self.assertEqual(self.status(number), [(3, 0)])
        self.assertEqual(self.cancels()["Data"][0]["CancelStatus"], 4)
        self.assertEqual(self.listed(3), [number])

    def test_a_completed_cancel_stops_the_parcel(self):
        number = self.confirmed()
        self.sb.cancel(number)
        self.sb.approve_cancel(number)
        text = "통합 API 취소요청건 발송처리를 위한 취소철회가 실패하였습니다."
        self.assertRefused(self.ship(number), text)
        self.assertEqual(self.sb.orders[number].invoices, [])

    def test_couriers(self):
        number = self.confirmed()
        for code in (10001, 99999, 0):
            self.assertRefused(self.ship(number, code), "지원하지 않는 택배사입니다.")
        star = self.confirmed(distribution="SL")
        text = (
            "판매자 스타배송 주문은 계약 완료된 전용 택배사로만 발송처리가 가능합니다."
        )
        self.assertRefused(self.ship(star, 10003), text)
        self.assertDone(self.ship(star, 10008))
        third = self.place_one(distribution="TL")
        self.assertRefused(self.ship(third), THIRD_PARTY + ".")

    def test_auction_checks_the_number(self):
        number = self.confirmed("auction")
        text = "10013 는 CJ 대한통운 택배의 운송장번호 규칙에 어긋납니다."
        for wrong in ("0000-0000-2001", "123", "00000000200123", "00000000200A"):
            answer = self.ship(number, invoice=wrong, site="auction")
            self.assertRefused(answer, text)
        for code, good in (
            (10034, "own-1"),
            (10070, "x"),
            (10005, "1234567890123"),
            (10022, "AB12345678"),
            (10013, "000000002001"),
        ):
            self.assertDone(self.ship(number, code, good, site="auction"))

    def test_gmarket_checks_it_only_when_told(self):
        number = self.confirmed()
        self.assertDone(self.ship(number, invoice="0000-0000-2001"))
        self.sb.strict.gmarket_invoice_rule = True
        self.assertEqual(self.ship(number, invoice="1-1")["ResultCode"], 3000)

    def test_the_shipping_date_is_within_two_days(self):
        number = self.confirmed()
        for good in ("2026-06-06T10:15:00", "2026-06-10T10:15:00", "2026-06-08"):
            self.assertDone(self.ship(number, ShippingDate=good))
        for bad in ("2026-06-05T00:00:00", "2026-06-11T00:00:00"):
            self.assertEqual(self.ship(number, ShippingDate=bad)["ResultCode"], 3000)
        self.assertEqual(self.ship(number, ShippingDate="")["ResultCode"], 2000)
        self.assertEqual(self.ship(number, invoice=" ")["ResultCode"], 2000)
        self.sb.strict.shipping_date_future = False
        late = self.ship(number, ShippingDate="2026-06-09T00:00:00")
        self.assertEqual(late["ResultCode"], 3000)

    def test_other_refusals(self):
        self.assertRefused(self.ship(4500009999), NOT_FOUND)
        text = "매개 변수 값을 Int64에서 Int32(으)로 변환하지 못했습니다."
        self.assertRefused(self.ship(45000001010), text)
        number = self.confirmed()
        long = "제휴사 주문번호의 최대길이는 30byte입니다.\n"
        self.assertRefused(self.ship(number, SellerOrderNo="x" * 31), long, 2141)

    def test_right_after_the_confirmation_it_may_be_too_early(self):
        self.sb.strict.confirming_seconds = 8
        number = self.confirmed()
        text = "주문확인 진행중입니다. 잠시 후 다시 진행해주세요"
        self.assertRefused(self.ship(number), text)
        self.sb.advance(8)
        self.assertDone(self.ship(number))


@tagged("post_install", "-at_install")
class TestSandboxShippingExpectedDate(SandboxCase):
    path = "/shipping/v1/Order/ShippingExpectedDate"

    def plan(self, number, day="2026-06-20", reason=1, detail="입고 지연"):
        body = {
            "OrderNo": number,
            "ReasonType": reason,
            "ShippingExpectedDate": day,
            "ReasonDetail": detail,
        }
        return self.post(self.path, body)

    def test_once(self):
        number = self.place_one()
        self.check(number)
        self.assertEqual(self.plan(number)["Data"], {"OrderNo": number})
        self.assertEqual(self.sb.ledger()[0]["planned_date"], "2026-06-20")
        text = "해당 물품을 발송 지연할 수 없습니다"
        self.assertRefused(self.plan(number, "2026-06-21"), text)
        self.sb.strict.second_planned_date = "accept"
        self.assertDone(self.plan(number, "2026-06-21"))

    def test_refusals(self):
        number = self.place_one()
        self.assertRefused(self.plan(4500009999), NOT_FOUND)
        self.assertRefused(
            self.plan(number, reason=4), "정의되지 않은 지연 사유입니다."
        )
        for long in ("가" * 151, "a" * 301, "가" * 150 + "a"):
            answer = self.plan(number, detail=long)
            self.assertEqual(answer["ResultCode"], 3000)
            self.assertIn("150자", answer["Message"])
        late = "예상 배송일은 90일을 초과할 수 없습니다."
        self.assertRefused(self.plan(number, "2026-09-07"), late)
        never = "해당 물품을 발송 지연할 수 없습니다"
        self.assertRefused(self.plan(number, "2026-06-08"), never)
        self.assertRefused(self.plan(self.place_one(distribution="TL")), THIRD_PARTY)
        self.check(number)
        self.sb.cancel(number)
        self.assertRefused(self.plan(number), "해당 주문건은 클레임 상태입니다")
        self.ship(number)
        self.assertRefused(self.plan(number), "해당 주문건은 배송중 상태입니다")
        self.sb.mark_delivered(number)
        self.assertRefused(self.plan(number), "배송완료 상태입니다.")
        cancelled = self.place_one()
        self.sb.cancel(cancelled)
        self.assertRefused(self.plan(cancelled), never)


@tagged("post_install", "-at_install")
class TestSandboxDelivered(SandboxCase):
    def setUp(self):
        super().setUp()
        self.sb.add_account(
            MASTER,
            SECRET,
            gmarket=[GMARKET_ID],
            auction=[AUCTION_ID],
            permissions=ALL_PERMISSIONS,
        )

    def complete(self, number):
        path = f"/shipping/v1/Delivery/AddShippingCompleteInfo/{number}"
        return self.post(path)

    def test_the_seller_marks_it(self):
        number = self.place_one()
        self.assertRefused(self.complete(4500009999), "판매자의 체결건이 아닙니다.")
        self.assertRefused(self.complete(number), "유효한 주문번호가 아닙니다.")
        self.check(number)
        self.ship(number)
        self.assertEqual(self.complete(number)["Data"], {"OrderNo": number})
        self.assertEqual(self.status(number), [(4, 0)])
        self.assertRefused(self.complete(number), "이미 배송완료 되었습니다.")
        third = self.place_one(distribution="TL")
        self.assertRefused(self.complete(third), THIRD_PARTY)

    def test_claims_stand_in_the_way(self):
        number = self.place_one()
        self.check(number)
        self.ship(number)
        self.sb.report_non_receipt(number)
        self.assertRefused(self.complete(number), "유효한 주문번호가 아닙니다.")
        self.sb.solve_claim(number)
        self.sb.request_return(number)
        self.assertIn("반품 상태", self.complete(number)["Message"])
        self.sb.solve_claim(number)
        self.assertDone(self.complete(number))

    def test_history(self):
        number = self.place_one()
        self.check(number)
        self.ship(number)
        path = "/shipping/v1/Delivery/Progress"
        answer = self.post(path, {"OrderNo": number})
        self.assertEqual(answer["TotalCount"], 3)
        events = [row["EscrowType"] for row in answer["Data"]]
        self.assertEqual(events, ["결제일", "주문확인", "배송중(발송처리일)"])
        self.assertIn("000000002001", answer["Data"][-1]["TrackingUrl"])

    def test_non_receipt_list(self):
        path = "/shipping/v1/Delivery/ClaimList"
        body = {
            "SearchType": 1,
            "OrderNo": 0,
            "StartDate": "2026-06-01",
            "EndDate": "2026-06-09",
        }
        self.assertRefused(self.post(path, body), "데이터가 없습니다.", 1100)
        number = self.place_one()
        self.check(number)
        self.ship(number)
        self.sb.report_non_receipt(number, "안 왔어요")
        answer = self.post(path, body)
        self.assertEqual((answer["TotalCount"], len(answer["Data"])), (1, 1))
        self.assertEqual(answer["Data"][0]["ClaimDetailReason"], "안 왔어요")
        body["EndDate"] = "2026-07-02"
        self.assertRefused(self.post(path, body), "조회 기간은 30일 이내여야 합니다")


@tagged("post_install", "-at_install")
class TestSandboxDeliveryStatus(SandboxCase):
    path = "/shipping/v1/Delivery/GetDeliveryStatus"

    def period(self, condition, begin="2026-06-08", end="2026-06-09", page=1):
        body = {
            "OrderNo": 0,
            "SearchDateConditionType": condition,
            "FromDate": begin,
            "ToDate": end,
            "Page": page,
        }
        return self.post(self.path, body)

    def numbers(self, *args, **options):
        return [row["OrderNo"] for row in self.period(*args, **options)["Data"]]

    def delivered(self, site="gmarket"):
        number = self.place_one(site)
        self.check(number, site)
        self.ship(number, site=site)
        self.sb.mark_delivered(number)
        return number

    def test_claims_of_all_kinds(self):
        number = self.delivered()
        self.assertEqual(self.status(number), [(4, 0)])
        self.sb.request_return(number)
        seen = [self.status(number)]
        for step in (2, 3):
            self.sb.set_claim_status(number, step)
            seen.append(self.status(number))
        self.assertEqual(seen, [[(7, 1)], [(7, 2)], [(7, 3)]])
        number = self.delivered()
        self.sb.request_exchange(number)
        self.assertEqual(self.status(number), [(8, 1)])
        self.sb.set_claim_status(number, 3)
        self.assertEqual(self.status(number), [(4, 0)])
        self.sb.set_claim_status(number, 4)
        self.assertEqual(self.status(number), [(8, 4)])
        number = self.delivered()
        self.sb.report_non_receipt(number)
        self.assertEqual(self.status(number), [(9, 0)])
        self.sb.solve_claim(number)
        self.assertEqual(self.status(number), [(4, 0)])
        number = self.delivered("auction")
        self.sb.decide(number)
        self.assertEqual(self.status(number, "auction"), [(5, 0)])
        self.sb.refund_after_remittance(number)
        self.assertEqual(self.status(number, "auction"), [(10, 0)])
        self.assertIsNone(self.read_row(number, "auction"))

    def test_unknown_number(self):
        self.assertEqual(self.status(4500009999), [])
        self.sb.strict.unknown_number = "refuse"
        answer = self.post(self.path, {"OrderNo": 4500009999, "Page": 1})
        self.assertRefused(answer, NOT_FOUND)

    def test_pages(self):
        text = "페이지 번호는 1보다 큰 값을 입력해주세요."
        self.assertRefused(self.post(self.path, {"OrderNo": 1, "Page": 0}), text)
        self.assertRefused(self.post(self.path, {"OrderNo": 1}), text)
        self.sb.strict.status_page_size = 2
        numbers = self.place(items=[TEA] * 5)
        pages = [self.numbers(1, page=page) for page in (1, 2, 3, 4)]
        self.assertEqual([len(page) for page in pages], [2, 2, 1, 0])
        self.assertCountEqual(sum(pages, []), numbers)

    def test_periods(self):
        text = "7일 이내의 데이터만 조회가능합니다."
        self.assertRefused(self.period(1, "2026-06-01", "2026-06-09"), text)
        self.assertDone(self.period(1, "2026-06-01", "2026-06-08"))
        new = self.place_one()
        done = self.delivered()
        cancelled = self.place_one()
        self.sb.cancel(cancelled)
        self.assertCountEqual(self.numbers(1), [new, done, cancelled])
        self.assertEqual(self.numbers(2), [done])
        self.assertEqual(self.numbers(3), [done])
        self.assertEqual(self.numbers(4), [done])
        self.assertEqual(self.numbers(9), [cancelled])
        self.assertEqual(self.numbers(1, "2026-06-01", "2026-06-02"), [])
