"""Dispatch, states and couriers."""

import json
from datetime import date, datetime, timedelta, timezone

from odoo.tests import BaseCase, tagged

from ..esm_api import (
    COURIERS,
    Courier,
    DelayReason,
    NoPermission,
    OrderState,
    OrderStatus,
    Refusal,
    RuleError,
    Site,
    StatusDate,
    UnknownOutcome,
)
from .esm_api_common import COURIERS as COURIER_PATH
from .esm_api_common import (
    DELIVERY_STATUS,
    EXPECTED_DATE,
    NOW,
    SHIPPING_COMPLETE,
    SHIPPING_INFO,
    URL,
    EsmApiCase,
    fixture,
    refused,
)


def state_row(number, status=1, claim=0, at="2026-06-08T10:00:00"):
    return {
        "OrderNo": number,
        "Status": status,
        "ClaimStatus": claim,
        "StatusChangeDate": at,
        "IsGiftOrder": "N",
    }


def states(*rows):
    return {"ResultCode": 0, "Message": "Success", "Data": list(rows)}


@tagged("post_install", "-at_install")
class TestEsmApiShip(EsmApiCase):
    def ship(self, answer=None, **values):
        self.http.reset()
        self.answer(SHIPPING_INFO, answer or fixture("shipping_info_done"))
        call = {
            "order_no": "2100000201",
            "courier_code": 10013,
            "invoice_no": "000000002001",
        }
        self.client(Site.AUCTION).delivery.ship(**call | values)
        return self.bodies()[0]

    def test_request(self):
        self.assertEqual(
            self.ship(),
            {
                "OrderNo": 2100000201,
                "ShippingDate": "2026-06-08T17:00:00",
                "DeliveryCompanyCode": 10013,
                "InvoiceNo": "000000002001",
            },
        )

    def test_number_goes_without_hyphens_and_letters_stay(self):
        self.assertEqual(
            self.ship(invoice_no=" 1234-5678 90 ")["InvoiceNo"], "1234567890"
        )
        self.assertEqual(
            self.ship(invoice_no="EE123456789KR")["InvoiceNo"], "EE123456789KR"
        )

    def test_no_number_is_not_sent(self):
        for invoice_no in ("", " - ", None):
            with self.assertRaises(RuleError) as caught:
                self.ship(invoice_no=invoice_no)
            self.assertIs(caught.exception.reason, Refusal.BAD_INVOICE_NO)
            self.assertFalse(self.calls())

    def test_date_must_lie_within_two_days(self):
        hour = timedelta(hours=1)
        for shipped_at, sent in (
            (NOW - 3 * hour, "2026-06-08T14:00:00"),
            (NOW - 49 * hour, "2026-06-08T17:00:00"),
            (NOW + hour, "2026-06-08T17:00:00"),
            (None, "2026-06-08T17:00:00"),
        ):
            self.assertEqual(self.ship(shipped_at=shipped_at)["ShippingDate"], sent)

    def test_own_number(self):
        self.assertEqual(self.ship(seller_order_no="S00012")["SellerOrderNo"], "S00012")

    def test_refusals(self):
        for message, reason in (
            ("해당 주문 내역이 없습니다.", Refusal.NOT_FOUND),
            ("지원하지 않는 택배사입니다.", Refusal.UNKNOWN_COURIER),
            (
                "10013 는 CJ 대한통운 택배의 운송장번호 규칙에 어긋납니다.",
                Refusal.BAD_INVOICE_NO,
            ),
            ("해당 주문은 3PL 주문입니다.", Refusal.FULFILMENT),
            (
                "판매자 스타배송 주문은 계약 완료된 전용 택배사로만 "
                "발송처리가 가능합니다.",
                Refusal.STAR_COURIER,
            ),
            (
                "주문번호:2100000201의 경매상태가 발송가능한 상태가 아닙니다.",
                Refusal.WRONG_STATE,
            ),
            (
                fixture("shipping_info_cancelled")["Message"],
                Refusal.CANCEL_COMPLETED,
            ),
            (
                "주문확인 진행중입니다. 잠시 후 다시 진행해주세요",
                Refusal.IN_PROGRESS,
            ),
        ):
            with self.subTest(message), self.assertRaises(RuleError) as caught:
                self.ship(refused(message))
            self.assertIs(caught.exception.reason, reason)
            self.assertTrue(caught.exception.advice)
            self.assertEqual(len(self.calls()), 1)
        self.assertFalse(self.sleeps)

    def test_lost_answer_is_an_unknown_outcome(self):
        self.answer(SHIPPING_INFO, body='{"ResultCode": 0, "Mess')
        with self.assertRaises(UnknownOutcome):
            self.client().delivery.ship("4500000101", 10013, "1")
        self.assertEqual(len(self.calls()), 1)


@tagged("post_install", "-at_install")
class TestEsmApiExpectedDate(EsmApiCase):
    """Planned ship dates (page 69)."""

    def plan(self, answer=None, **values):
        self.http.reset()
        done = {"ResultCode": 0, "Message": "Success", "Data": {"OrderNo": 4500000101}}
        self.answer(EXPECTED_DATE, answer or done)
        call = {
            "order_no": "4500000101",
            "planned": date(2026, 6, 20),
            "reason": DelayReason.BUYER,
            "detail": "이사 후\n받기를 원함 ",
        }
        self.client().delivery.expected_date(**call | values)
        return self.bodies()[0]

    def test_request(self):
        self.assertEqual(
            self.plan(),
            {
                "OrderNo": 4500000101,
                "ReasonType": 2,
                "ShippingExpectedDate": "2026-06-20",
                "ReasonDetail": "이사 후 받기를 원함",
            },
        )
        self.assertNotIn("ReasonDetail", self.plan(detail=" "))

    def test_limits_are_checked_before_the_call(self):
        """It is 8 June in Korea."""
        self.plan(planned=date(2026, 6, 9))
        self.plan(planned=date(2026, 9, 6))
        for planned in (date(2026, 6, 8), date(2026, 9, 7)):
            with self.assertRaises(RuleError) as caught:
                self.plan(planned=planned)
            self.assertIs(caught.exception.reason, Refusal.BAD_PLANNED_DATE)
            self.assertFalse(self.calls())
        for detail in ("가" * 150, "a" * 300, "가" * 100 + "é" * 100):
            self.plan(detail=detail)
        for detail in ("가" * 151, "a" * 301, "가" * 150 + "a"):
            with self.assertRaises(RuleError) as caught:
                self.plan(detail=detail)
            self.assertIs(caught.exception.reason, Refusal.DETAIL_TOO_LONG)
            self.assertFalse(self.calls())

    def test_refusals(self):
        for message, reason in (
            ("해당 주문 내역이 없습니다.", Refusal.NOT_FOUND),
            ("해당 주문은 3PL 주문입니다", Refusal.FULFILMENT),
            ("예상 배송일은 90일을 초과할 수 없습니다.", Refusal.BAD_PLANNED_DATE),
            ("해당 물품을 발송 지연할 수 없습니다", Refusal.CANNOT_DELAY),
            ("해당 주문건은 배송중 상태입니다", Refusal.WRONG_STATE),
            ("해당 주문건은 클레임 상태입니다", Refusal.WRONG_STATE),
            ("배송완료 상태입니다.", Refusal.WRONG_STATE),
            ("정의되지 않은 지연 사유입니다.", Refusal.OTHER),
        ):
            with self.subTest(message), self.assertRaises(RuleError) as caught:
                self.plan(refused(message))
            self.assertIs(caught.exception.reason, reason)
            self.assertEqual(len(self.calls()), 1)

    def test_a_lost_answer_is_an_unknown_outcome(self):
        self.answer(EXPECTED_DATE, body="<html>")
        with self.assertRaises(UnknownOutcome):
            self.client().delivery.expected_date(
                "4500000101", date(2026, 6, 20), DelayReason.STOCK
            )
        self.assertEqual(len(self.calls()), 1)


@tagged("post_install", "-at_install")
class TestEsmApiComplete(EsmApiCase):
    """Delivered, on the seller's word (page 71)."""

    def complete(self, answer=None, **options):
        self.http.reset()
        done = {"ResultCode": 0, "Message": "Success", "Data": {"OrderNo": 4500000101}}
        self.answer(SHIPPING_COMPLETE + "4500000101", answer or done, **options)
        return self.client().delivery.complete("4500000101")

    def test_done_and_done_before(self):
        self.assertTrue(self.complete())
        self.assertFalse(self.complete(refused("이미 배송완료 되었습니다.")))

    def test_refusals(self):
        for message, reason in (
            ("판매자의 체결건이 아닙니다.", Refusal.NOT_FOUND),
            ("해당 주문은 3PL 주문입니다", Refusal.FULFILMENT),
            ("유효한 주문번호가 아닙니다.", Refusal.WRONG_STATE),
            ("해당 주문은 반품 상태입니다.", Refusal.WRONG_STATE),
        ):
            with self.subTest(message), self.assertRaises(RuleError) as caught:
                self.complete(refused(message))
            self.assertIs(caught.exception.reason, reason)

    def test_a_missing_permission(self):
        text = "The user does not have right access to the api"
        with self.assertRaises(NoPermission):
            self.complete({"status": {"message": text, "status_code": 401}}, status=401)
        self.assertEqual(len(self.calls()), 1)


@tagged("post_install", "-at_install")
class TestEsmApiStates(EsmApiCase):
    def test_state_of_a_cancelled_order(self):
        self.answer(DELIVERY_STATUS, fixture("delivery_status_cancelled"))
        state = self.client().delivery.status("4500000101")
        self.assertEqual(
            state,
            OrderState(
                order_no="4500000101",
                status=OrderStatus.CANCEL,
                claim_status=3,
                changed_at=datetime(2026, 6, 8, 1, 31, 7, 250000, timezone.utc),
                is_gift=False,
            ),
        )
        self.assertTrue(state.cancelled)
        self.assertEqual(self.bodies(), [{"OrderNo": 4500000101, "Page": 1}])

    def test_unknown_number_in_any_form_is_none(self):
        for answer in (
            states(),
            {"ResultCode": 0, "Data": None},
            refused("해당 주문 내역이 없습니다."),
            states(state_row(7)),
        ):
            self.http.reset()
            self.answer(DELIVERY_STATUS, answer)
            self.assertIsNone(self.client().delivery.status("4500000101"))

    def test_latest_of_several_rows_and_a_single_object(self):
        old = state_row(5, status=2, at="2026-06-08T10:00:00")
        new = state_row(5, status=3, at="2026-06-08T10:00:00.5")
        self.answer(DELIVERY_STATUS, states(new, old))
        self.assertEqual(self.client().delivery.status("5").status, 3)
        self.http.reset()
        self.answer(DELIVERY_STATUS, {"ResultCode": 0, "Data": old})
        self.assertEqual(self.client().delivery.status("5").status, 2)

    def test_period_is_cut_into_weeks_and_pages(self):
        def callback(request):
            body = json.loads(request.body)
            start = date.fromisoformat(body["FromDate"])
            length = date.fromisoformat(body["ToDate"]) - start
            self.assertLess(length, timedelta(days=7))
            # Two full pages of two, then an empty one.
            first = start.day * 10 + body["Page"] * 2
            rows = [state_row(first), state_row(first + 1)] if body["Page"] < 3 else []
            return 200, {}, json.dumps(states(*rows))

        self.http.add_callback("POST", URL + DELIVERY_STATUS, callback)
        result = self.client().delivery.statuses(
            date(2026, 6, 1), date(2026, 6, 8), StatusDate.DISPATCH
        )
        self.assertEqual(len(result), 8)
        sent = [
            (body["FromDate"], body["ToDate"], body["Page"], body["OrderNo"])
            for body in self.bodies()
        ]
        self.assertEqual(
            sent,
            [
                ("2026-06-01", "2026-06-07", 1, 0),
                ("2026-06-01", "2026-06-07", 2, 0),
                ("2026-06-01", "2026-06-07", 3, 0),
                ("2026-06-07", "2026-06-09", 1, 0),
                ("2026-06-07", "2026-06-09", 2, 0),
                ("2026-06-07", "2026-06-09", 3, 0),
            ],
        )
        self.assertEqual(self.bodies()[0]["SearchDateConditionType"], 3)

    def test_period_takes_points_in_time_as_korean_days(self):
        self.answer(DELIVERY_STATUS, states())
        late = datetime(2026, 6, 7, 16, tzinfo=timezone.utc)  # 8 June in Korea
        self.client().delivery.statuses(late, late)
        body = self.bodies()[0]
        self.assertEqual(
            (body["FromDate"], body["ToDate"]), ("2026-06-08", "2026-06-09")
        )

    def test_server_that_repeats_its_page(self):
        self.answer(DELIVERY_STATUS, states(state_row(1)))
        day = date(2026, 6, 8)
        self.assertEqual(len(self.client().delivery.statuses(day, day)), 1)
        self.assertEqual(len(self.calls()), 2)


@tagged("post_install", "-at_install")
class TestEsmApiStateMeaning(BaseCase):
    def test_meaning(self):
        marks = ("cancel_requested", "cancelled", "in_delivery_or_later", "under_claim")
        for status, claim, expected in (
            (1, 0, ()),
            (2, 0, ()),
            (3, 0, ("in_delivery_or_later",)),
            (5, 0, ("in_delivery_or_later",)),
            (6, 1, ("cancel_requested", "under_claim")),
            (6, 2, ("cancel_requested", "under_claim")),
            (6, 3, ("cancelled", "under_claim")),
            (6, None, ("under_claim",)),
            (7, 3, ("under_claim",)),
            (9, None, ("under_claim",)),
            (10, None, ("under_claim",)),
            (None, None, ()),
        ):
            state = OrderState("1", OrderStatus.read(status), claim, None, False)
            seen = tuple(mark for mark in marks if getattr(state, mark))
            self.assertEqual(seen, expected, (status, claim))


@tagged("post_install", "-at_install")
class TestEsmApiCouriers(EsmApiCase):
    def test_list(self):
        rows = [
            {"deliveryCompCode": 10013, "deliveryCompName": "CJ 대한통운 택배"},
            {"DeliveryCompCode": "10007", "deliveryCompName": None},
            {"deliveryCompCode": None, "deliveryCompName": "?"},
            None,
        ]
        for answer in ({"deliveryCompanies": rows}, rows):
            self.http.reset()
            self.answer(COURIER_PATH, answer, method="GET")
            self.assertEqual(
                self.client().delivery.couriers(),
                [Courier(10013, "CJ 대한통운 택배"), Courier(10007, "10007")],
            )
            self.assertIsNone(self.calls()[0].body)

    def test_copy_of_the_list(self):
        self.assertEqual(len(COURIERS), 171)
        self.assertEqual(COURIERS[10008], "롯데택배")
        self.assertEqual(COURIERS[10232], "JCLS")
