"""Order calls: all pages of a list, the look-up by number, the confirmation."""

import json
from datetime import datetime, timedelta, timezone
from unittest.mock import patch

from odoo.tests import tagged

from ..esm_api import (
    AlreadyDone,
    BadAnswer,
    DateType,
    OrderStatus,
    Refusal,
    RuleError,
    Site,
    UnknownOutcome,
)
from ..esm_api import orders as orders_module
from .esm_api_common import (
    NOW,
    ORDER_CHECK,
    REQUEST_ORDERS,
    URL,
    EsmApiCase,
    fixture,
    order_page,
    refused,
)

DAY = timedelta(days=1)


def row(number, **values):
    return {"OrderNo": number, "OrderStatus": 1, **values}


@tagged("post_install", "-at_install")
class TestEsmApiOrderSearch(EsmApiCase):
    def search(self, client=None, date_from=NOW - DAY, date_to=NOW, **options):
        client = client or self.client()
        orders = client.orders.search(OrderStatus.NEW, date_from, date_to, **options)
        return [order.order_no for order in orders]

    def serve(self, pages):
        """Answer each call by ``pages(number of the call, request)``."""
        calls = []

        def callback(request):
            calls.append(json.loads(request.body))
            return 200, {}, json.dumps(pages(len(calls), calls[-1]))

        self.http.add_callback("POST", URL + REQUEST_ORDERS, callback)
        return calls

    def test_request_is_in_korean_time_by_payment(self):
        self.answer(REQUEST_ORDERS, order_page([]))
        self.search()
        self.search(self.client(Site.AUCTION), date_type=None)
        self.search(date_type=DateType.ORDER, page_size=100)
        gmarket, auction, by_order = self.bodies()
        self.assertEqual(
            gmarket,
            {
                "siteType": 2,
                "orderStatus": 1,
                "requestDateType": 5,
                "requestDateFrom": "2026-06-07 17:00",
                "requestDateTo": "2026-06-08 17:01",
                "pageIndex": 1,
                "pageSize": 500,
            },
        )
        self.assertEqual((auction["siteType"], auction["requestDateType"]), (1, 2))
        self.assertEqual((by_order["requestDateType"], by_order["pageSize"]), (1, 100))

    def test_window_is_widened_to_whole_minutes(self):
        self.answer(REQUEST_ORDERS, order_page([]))
        late = timedelta(seconds=59, microseconds=999_999)
        self.search(date_from=NOW - DAY + late, date_to=NOW + late)
        (body,) = self.bodies()
        self.assertEqual(body["requestDateFrom"], "2026-06-07 17:00")
        self.assertEqual(body["requestDateTo"], "2026-06-08 17:01")

    def test_all_pages_are_read(self):
        calls = self.serve(
            lambda count, request: order_page(
                [row(n) for n in range(1, 6)][
                    (request["pageIndex"] - 1) * 2 : request["pageIndex"] * 2
                ],
                total=5,
            )
        )
        self.assertEqual(self.search(page_size=2), ["1", "2", "3", "4", "5"])
        self.assertEqual([call["pageIndex"] for call in calls], [1, 2, 3])

    def test_a_server_with_smaller_pages_than_asked(self):
        pages = {1: [row(1), row(2)], 2: [row(3)]}
        self.serve(lambda _, request: order_page(pages[request["pageIndex"]], total=3))
        self.assertEqual(self.search(), ["1", "2", "3"])

    def test_a_row_on_two_pages_comes_once(self):
        pages = {1: [row(1), row(2)], 2: [row(2), row(3)]}
        self.serve(lambda _, request: order_page(pages[request["pageIndex"]], total=3))
        self.assertEqual(self.search(page_size=2), ["1", "2", "3"])

    def test_an_order_between_pages_is_not_missed(self):
        # Order 5 comes while the list is read and pushes the others down.
        before = [row(1), row(2), row(4)]
        after = [row(5), row(1), row(2), row(4)]

        def pages(count, request):
            rows = before if count == 1 else after
            start = (request["pageIndex"] - 1) * 2
            return order_page(rows[start : start + 2], total=len(rows))

        calls = self.serve(pages)
        self.assertEqual(sorted(self.search(page_size=2)), ["1", "2", "4", "5"])
        self.assertEqual([call["pageIndex"] for call in calls], [1, 2, 3, 1, 2])

    def test_a_changed_total_alone_is_reason_to_read_again(self):
        pages = {1: [row(1), row(2)], 2: [row(3)]}

        def answer(count, request):
            total = 4 if count == 1 else 3  # one left; another may have moved up
            return order_page(pages[request["pageIndex"]], total=total)

        calls = self.serve(answer)
        self.assertEqual(self.search(page_size=2), ["1", "2", "3"])
        self.assertEqual([call["pageIndex"] for call in calls], [1, 2, 1, 2])

    def test_missing_rows_alone_are_reason_to_read_again(self):
        calls = self.serve(lambda count, _: order_page([], total=9))
        self.assertEqual(self.search(), [])
        self.assertEqual(len(calls), 2)

    def test_a_complete_list_is_read_once(self):
        calls = self.serve(lambda count, _: order_page([row(1)]))
        self.assertEqual(self.search(), ["1"])
        self.assertEqual(len(calls), 1)

    def test_the_list_is_read_again_once_only(self):
        def pages(count, request):
            rows = [row(1)] if request["pageIndex"] == 1 else []
            return order_page(rows, total=50 + count)

        calls = self.serve(pages)
        self.assertEqual(self.search(), ["1"])
        self.assertEqual([call["pageIndex"] for call in calls], [1, 2, 1, 2])

    def test_a_list_without_end_is_an_error(self):
        calls = self.serve(lambda count, _: order_page([row(count)], total=count + 50))
        with patch.object(orders_module, "MAX_PAGES", 20), self.assertRaises(BadAnswer):
            self.search()
        self.assertEqual(len(calls), 20)

    def test_empty_page_and_null_data_end_the_list(self):
        for answer in (
            order_page([], total=9),
            {"ResultCode": 0, "Message": "", "Data": None},
            {"ResultCode": "0", "Message": "", "Data": []},
            fixture("orders_gmarket_none"),
        ):
            self.http.reset()
            self.answer(REQUEST_ORDERS, answer)
            self.assertEqual(self.search(), [])

    def test_a_server_that_ignores_the_page_number(self):
        for total in (None, 99):
            answer = order_page([row(1), row(2)], total=total)
            answer["Data"]["TotalCount"] = total
            self.http.reset()
            self.answer(REQUEST_ORDERS, answer)
            self.assertEqual(self.search(page_size=2), ["1", "2"])
            self.assertLessEqual(len(self.calls()), 4)

    def test_a_list_without_total(self):
        pages = {1: [row(1), row(2)], 2: [row(3)]}

        def answer(_, request):
            page = order_page(pages[request["pageIndex"]])
            del page["Data"]["TotalCount"]
            return page

        self.serve(answer)
        self.assertEqual(self.search(page_size=2), ["1", "2", "3"])

    def test_a_long_window_is_cut(self):
        calls = self.serve(lambda count, _: order_page([row(count)]))
        self.assertEqual(self.search(date_from=NOW - 65 * DAY), ["1", "2", "3"])
        borders = []
        for call in calls:
            start, end = (
                datetime.strptime(call[key], "%Y-%m-%d %H:%M")
                for key in ("requestDateFrom", "requestDateTo")
            )
            self.assertLessEqual(end - start, 31 * DAY)
            borders += [start, end]
        self.assertEqual(borders[1:-1:2], borders[2::2])
        self.assertEqual(borders[0], datetime(2026, 4, 4, 17, 0))
        self.assertEqual(borders[-1], datetime(2026, 6, 8, 17, 1))

    def test_unreadable_rows_are_set_aside(self):
        bad = {"OrderNo": None, "BuyerName": "홍길동"}
        self.answer(REQUEST_ORDERS, order_page([row(1), bad, "rubbish", row(2)]))
        client = self.client()
        with self.assertLogs("", "WARNING") as logs:
            self.assertEqual(self.search(client), ["1", "2"])
            self.search(client)
        self.assertEqual(client.orders.unreadable, [bad, "rubbish"])
        self.assertEqual(len(logs.output), 2)
        self.assertNotIn("홍길동", "".join(logs.output))
        self.assertEqual(len(self.calls()), 2)

    def test_seller_and_site_are_on_the_orders(self):
        self.answer(REQUEST_ORDERS, order_page([row(1)], seller_id="Other"))
        (order,) = self.client().orders.search(OrderStatus.NEW, NOW - DAY, NOW)
        self.assertEqual((order.seller_id, order.site), ("Other", Site.GMARKET))

    def test_naive_and_reversed_windows_are_refused(self):
        with self.assertRaises(ValueError):
            self.search(date_from=datetime(2026, 6, 1))
        with self.assertRaises(ValueError):
            self.search(date_from=NOW, date_to=NOW - DAY)

    def test_window_refusal_of_esm(self):
        self.answer(REQUEST_ORDERS, refused("180일 이하의 범위만 조회 할 수 있습니다."))
        with self.assertRaises(RuleError) as caught:
            self.search()
        self.assertIs(caught.exception.reason, Refusal.WINDOW_TOO_LONG)


@tagged("post_install", "-at_install")
class TestEsmApiOrderByNumber(EsmApiCase):
    def test_dates_are_sent_too(self):
        self.answer(REQUEST_ORDERS, fixture("orders_gmarket_one_item"))
        order = self.client().orders.get("4500000101")
        self.assertEqual(order.order_no, "4500000101")
        self.assertEqual(
            self.bodies()[0],
            {
                "siteType": 2,
                "orderStatus": 0,
                "orderNo": 4500000101,
                "requestDateType": 1,
                "requestDateFrom": "2026-05-10",
                "requestDateTo": "2026-06-09",
                "pageIndex": 1,
                "pageSize": 10,
            },
        )

    def test_window_lies_around_an_old_or_a_new_order(self):
        self.answer(REQUEST_ORDERS, fixture("orders_gmarket_none"))
        for around, start, end in (
            (datetime(2026, 3, 1, 16, tzinfo=timezone.utc), "2026-02-15", "2026-03-17"),
            (NOW, "2026-05-10", "2026-06-09"),
            (NOW + 2 * DAY, "2026-05-12", "2026-06-11"),
        ):
            self.client().orders.get("4500000101", around=around)
            body = self.bodies()[-1]
            self.assertEqual(
                (body["requestDateFrom"], body["requestDateTo"]), (start, end)
            )

    def test_nothing_found_in_any_form_is_none(self):
        for answer in (
            fixture("orders_gmarket_none"),
            {"ResultCode": 0, "Message": "", "Data": None},
            refused("해당 주문 내역이 없습니다."),
            order_page([row(999)]),
        ):
            self.http.reset()
            self.answer(REQUEST_ORDERS, answer)
            self.assertIsNone(self.client().orders.get("4500000101"))

    def test_unreadable_row_is_not_the_order(self):
        self.answer(REQUEST_ORDERS, order_page([{"OrderNo": None}]))
        client = self.client()
        with self.assertLogs("", "WARNING"):
            self.assertIsNone(client.orders.get("4500000101"))
        self.assertEqual(client.orders.unreadable, [{"OrderNo": None}])

    def test_number_that_is_none_is_not_sent(self):
        for number in ("", "A123", None, "-5"):
            with self.assertRaises(RuleError) as caught:
                self.client().orders.get(number)
            self.assertIs(caught.exception.reason, Refusal.NUMBER_TYPE)
        self.assertFalse(self.calls())


@tagged("post_install", "-at_install")
class TestEsmApiAcknowledge(EsmApiCase):
    def acknowledge(self, answer, **options):
        self.http.reset()
        self.answer(ORDER_CHECK + "4500000101", answer)
        return self.client().orders.acknowledge("4500000101", **options)

    def test_address_change_is_told(self):
        for changed, expected in ((0, False), (1, True), ("1", True), (None, None)):
            result = self.acknowledge(
                {
                    "ResultCode": 0,
                    "Message": "Success",
                    "Data": {"IsChanged": changed},
                }
            )
            self.assertIs(result.address_changed, expected)
            self.assertFalse(result.already_done)
        self.assertEqual(self.bodies(), [{}])
        self.assertIs(
            self.acknowledge(fixture("order_check_changed")).address_changed, True
        )

    def test_success_without_data(self):
        result = self.acknowledge({"ResultCode": "Success", "Data": None})
        self.assertIsNone(result.address_changed)

    def test_repeat_is_success_and_says_that_the_address_is_unknown(self):
        result = self.acknowledge(refused("이미 주문확인 처리된 건입니다."))
        self.assertTrue(result.already_done)
        self.assertIsNone(result.address_changed)

    def test_refusals(self):
        for answer, reason in (
            (fixture("order_check_cancelled"), Refusal.CANCELLED),
            (fixture("order_check_gift"), Refusal.GIFT_WAITING),
            (refused("해당 주문은 3PL 주문입니다"), Refusal.FULFILMENT),
        ):
            with self.assertRaises(RuleError) as caught:
                self.acknowledge(answer)
            self.assertIs(caught.exception.reason, reason)
            self.assertNotIsInstance(caught.exception, AlreadyDone)

    def test_own_number_is_cut_at_30_bytes(self):
        done = {"ResultCode": 0, "Data": {"IsChanged": 0}}
        self.acknowledge(done, seller_order_no="가" * 11)
        self.assertEqual(self.bodies(), [{"SellerOrderNo": "가" * 10}])

    def test_lost_answer_is_an_unknown_outcome_and_not_repeated(self):
        self.answer(ORDER_CHECK + "4500000101", status=502, body="<html>")
        with self.assertRaises(UnknownOutcome):
            self.client().orders.acknowledge("4500000101")
        self.assertEqual(len(self.calls()), 1)
        self.assertFalse(self.sleeps)
