"""Faults on demand: what is seen on the wire, and whether the call took effect."""

import threading
import time

import requests

from odoo.tests import tagged

from .sandbox_common import GMARKET_ID, TEA, SandboxCase


@tagged("post_install", "-at_install")
class TestSandboxFaults(SandboxCase):
    def confirm(self, number):
        return self.send("POST", f"/shipping/v1/Order/OrderCheck/{number}")

    def confirmations(self, number):
        return self.sb.orders[number].confirmations

    def test_answers_of_the_gateway(self):
        number = self.place_one()
        cases = {"502": 502, "503": 503, "429": 429, "401": 401, "html": 200}
        for kind, status in cases.items():
            with self.subTest(kind=kind):
                self.sb.faults.add(kind, "OrderCheck")
                response = self.confirm(number)
                self.assertEqual(response.status_code, status)
                is_json = response.headers["Content-Type"].startswith("application")
                self.assertEqual(is_json, kind == "401")
                self.assertEqual(self.confirmations(number), 0)
        self.assertDone(self.confirm(number).json())

    def test_an_answer_may_be_lost_behind_the_gateway(self):
        number = self.place_one()
        self.sb.faults.add("502", "OrderCheck", effect=True)
        self.assertEqual(self.confirm(number).status_code, 502)
        self.assertEqual(self.confirmations(number), 1)

    def test_the_rate_message_does_not_count_as_a_violation(self):
        self.sb.faults.add("rate_message", "RequestOrders")
        answer = self.search()
        self.assertEqual(answer["ResultCode"], 3000)
        self.assertIn("5초당 1회", answer["Message"])
        self.assertEqual(self.sb.rate_violations, [])

    def test_dropped_connections(self):
        number = self.place_one()
        self.sb.faults.add("drop_before", "OrderCheck")
        with self.assertRaises(requests.ConnectionError):
            self.confirm(number)
        self.assertEqual(self.confirmations(number), 0)
        self.sb.faults.add("drop_after_effect", "OrderCheck")
        with self.assertRaises(requests.ConnectionError):
            self.confirm(number)
        self.assertEqual(self.confirmations(number), 1)

    def test_a_held_answer(self):
        number = self.place_one()
        self.sb.faults.add("timeout_after_effect", "OrderCheck", seconds=0.3)
        begin = time.monotonic()
        self.assertDone(self.confirm(number).json())
        self.assertGreater(time.monotonic() - begin, 0.25)
        self.sb.faults.add(
            "timeout_after_effect", "ShippingInfo", seconds=0.1, then="close"
        )
        with self.assertRaises(requests.ConnectionError):
            self.ship(number)
        self.assertEqual(len(self.sb.orders[number].invoices), 1)
        self.sb.faults.add("slow", "GetDeliveryStatus", seconds=0.3)
        begin = time.monotonic()
        self.status(number)
        self.assertGreater(time.monotonic() - begin, 0.25)

    def test_a_held_answer_blocks_neither_others_nor_the_stop(self):
        first, second = self.place(items=[TEA, TEA])
        self.sb.faults.add("timeout_after_effect", order_no=first, seconds=60)
        failures = []

        def hang():
            try:
                self.confirm(first)
            except requests.ConnectionError as error:
                failures.append(error)

        thread = self.start_thread(hang)
        self.wait_for(lambda: self.confirmations(first))
        url = f"{self.sb.url}/_sandbox/health"
        self.assertTrue(requests.get(url, timeout=10).json()["ok"])
        begin = time.monotonic()
        self.sb.stop()
        thread.join(5)
        self.assertLess(time.monotonic() - begin, 3)
        self.assertEqual(len(failures), 1)
        self.assertEqual(self.confirmations(second), 0)

    def start_thread(self, target):
        thread = threading.Thread(target=target, daemon=True)
        thread.start()
        return thread

    def wait_for(self, condition):
        until = time.monotonic() + 5
        while not condition():
            self.assertLess(time.monotonic(), until)
            time.sleep(0.01)

    def test_a_cut_off_answer(self):
        number = self.place_one()
        self.sb.faults.add("truncated_json", "OrderCheck")
        with self.assertRaises(ValueError):
            self.confirm(number).json()
        self.assertEqual(self.confirmations(number), 1)

    def test_wrong_charsets(self):
        self.place_one()
        path = "/shipping/v1/Order/RequestOrders"
        body = {
            "siteType": 2,
            "orderStatus": 1,
            "requestDateType": 2,
            "requestDateFrom": "2026-06-08",
            "requestDateTo": "2026-06-09",
        }
        self.sb.faults.add("wrong_charset", "RequestOrders")
        response = self.send("POST", path, body)
        self.assertNotIn("보리차", response.text)
        self.assertIn("보리차", response.content.decode("utf-8"))
        self.sb.faults.add("wrong_charset", "RequestOrders", mode="bytes")
        response = self.send("POST", path, body)
        self.assertIn("보리차", response.content.decode("cp949"))
        self.assertIn("utf-8", response.headers["Content-Type"])
        # What CP949 has no place for no server could have kept in it.
        self.place_one(receiver={"name": "윤시험 😀"})
        self.sb.faults.add("wrong_charset", "RequestOrders", mode="bytes")
        response = self.send("POST", path, body)
        self.assertIn("윤시험 😀", response.content.decode("utf-8"))

    def test_a_row_twice_and_unknown_keys(self):
        numbers = self.place(items=[TEA, TEA])
        self.sb.faults.add("duplicate_row", "RequestOrders", row=0)
        self.sb.faults.add("extra_keys")
        data = self.search()["Data"]
        self.assertEqual(len(data["RequestOrders"]), 3)
        self.assertEqual(data["TotalCount"], 2)
        self.assertIn("UnknownNewField", data["RequestOrders"][0])
        self.assertCountEqual(self.listed(), numbers)

    def test_other_forms_of_numbers_and_keys(self):
        number = self.place_one()
        self.sb.faults.add("odd_numbers", "RequestOrders")
        answer = self.search()
        row = answer["Data"]["RequestOrders"][0]
        self.assertEqual((answer["ResultCode"], row["OrderNo"]), ("0", str(number)))
        self.assertEqual(row["SalePrice"], 12900.0)
        self.sb.faults.add("odd_keys", "RequestOrders")
        answer = self.search()
        self.assertEqual(answer["data"]["requestOrders"][0]["orderNo"], number)
        self.sb.strict.gmarket_site_type = 2
        self.assertEqual(self.search()["Data"]["SiteType"], 2)

    def test_an_order_between_pages(self):
        numbers = self.place(items=[TEA] * 4)
        self.sb.faults.add("insert_between_pages", "RequestOrders")
        self.assertEqual(self.search(pageSize=10)["Data"]["TotalCount"], 4)
        first = self.listed(pageSize=2)
        self.sb.advance(1)
        second = self.listed(pageSize=2, pageIndex=2)
        third = self.listed(pageSize=2, pageIndex=3)
        self.assertEqual(len(self.sb.orders), 5)
        self.assertEqual(len(first + second + third), 5)
        self.assertIn(first[-1], second, "newest first: a row is met twice")
        self.assertLess(set(first + second + third), set(self.sb.orders))
        self.sb.strict.newest_first = False
        self.assertEqual(self.listed(), [*numbers, max(self.sb.orders)])

    def test_a_confirmation_that_takes_long(self):
        number = self.place_one()
        self.sb.faults.add("unconfirmed_delay", "OrderCheck", seconds=12)
        self.assertDone(self.check(number))
        self.assertIn("주문확인 진행중", self.ship(number)["Message"])
        self.sb.advance(12)
        self.assertDone(self.ship(number))

    def test_how_often_and_on_what(self):
        add = self.sb.faults.add
        number = self.place_one()
        add("502", ["OrderCheck", "ShippingInfo"], times=2, after=1)
        path = "/shipping/v1/Delivery/GetDeliveryStatus"
        self.assertEqual(self.send("POST", path, {"Page": 0}).status_code, 200)
        codes = [self.confirm(number).status_code for _ in range(5)]
        self.assertEqual(codes, [200, 502, 502, 200, 200])
        add("503", times=None, order_no=number)
        codes = [self.confirm(no).status_code for no in (number, 4500009999, number)]
        self.assertEqual(codes, [503, 200, 503])
        self.sb.faults.clear()
        add("502", times=None, seller=f"A:{GMARKET_ID}")
        self.assertEqual(self.confirm(number).status_code, 200)
        self.sb.faults.clear()
        add("502", times=None, probability=0.5)
        codes = [self.confirm(number).status_code for _ in range(60)]
        self.assertGreater(codes.count(502), 10)
        self.assertGreater(codes.count(200), 10)
        self.assertEqual(
            sum(kind == "502" for kind, *_ in self.sb.faults.happened),
            2 + codes.count(502),
        )
        with self.assertRaises(ValueError):
            add("meteor")
