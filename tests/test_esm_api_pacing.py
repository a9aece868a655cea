"""When calls may go."""

import threading
from datetime import timedelta

from odoo.tests import tagged

from ..esm_api import LocalPacer, OrderStatus, RateLimited, Site
from .esm_api_common import (
    DELIVERY_STATUS,
    NOW,
    REQUEST_ORDERS,
    EsmApiCase,
    order_page,
)


class RecordingPacer:
    """Notes what is reserved and makes each call wait."""

    def __init__(self, wait=0.0):
        self.reserved = []
        self.ended = []
        self.late = []
        self.wait = wait

    def reserve(self, key, interval, burst=0):
        self.reserved.append((key, interval, burst))
        return self.wait

    def begin(self, key, interval):
        return self.late.pop() if self.late else 0.0

    def end(self, key):
        self.ended.append(key)


@tagged("post_install", "-at_install")
class TestEsmApiPacing(EsmApiCase):
    def setUp(self):
        super().setUp()
        self.answer(REQUEST_ORDERS, order_page([]))
        self.answer(DELIVERY_STATUS, {"ResultCode": 0, "Data": []})

    def search(self, client):
        client.orders.search(OrderStatus.NEW, NOW - timedelta(days=1), NOW)

    def test_buckets(self):
        pacer = RecordingPacer()
        client = self.client(Site.AUCTION, pacer=pacer)
        self.search(client)
        client.orders.get("5")  # exempt from the five seconds
        client.delivery.status("5")
        owner = "localhost:1/auction:mallsample_a"
        self.assertEqual(
            pacer.reserved,
            [
                (f"{owner}/orders", 5.2, 0),
                (f"{owner}/calls", 2.0, 30),
                (f"{owner}/calls", 2.0, 30),
            ],
        )

    def test_intervals_can_be_set_and_switched_off(self):
        pacer = RecordingPacer()
        client = self.client(pacer=pacer, calls_per_minute=0, orders_interval=0.5)
        self.search(client)
        client.delivery.status("5")
        self.assertEqual([item[1] for item in pacer.reserved], [0.5])

    def test_each_page_waits_for_its_slot(self):
        self.http.reset()
        self.answer(REQUEST_ORDERS, order_page([{"OrderNo": 1}], total=2))
        self.answer(REQUEST_ORDERS, order_page([{"OrderNo": 2}], total=2))
        pacer = RecordingPacer(wait=3.0)
        self.search(self.client(pacer=pacer))
        self.assertEqual(self.sleeps, [3.0, 3.0])

    def test_the_call_before_was_late(self):
        """The next one waits once more, and says when it is answered."""
        pacer = RecordingPacer(wait=3.0)
        pacer.late = [0.5]
        self.search(self.client(pacer=pacer))
        self.assertEqual(self.sleeps, [3.0, 0.5])
        [(key, _interval, _burst)] = pacer.reserved
        self.assertEqual(pacer.ended, [key])
        pacer.late = [28.0]
        with self.assertRaises(RateLimited):
            self.search(self.client(pacer=pacer))

    def test_the_last_call_counts_from_its_answer(self):
        now = [100.0]
        pacer = LocalPacer(clock=lambda: now[0])
        self.assertEqual(pacer.begin("a", 5.0), 0.0)
        now[0] += 2.0
        self.assertEqual(pacer.begin("a", 5.0), 3.0)
        self.assertEqual(pacer.begin("b", 5.0), 0.0)
        pacer.end("a")
        now[0] += 4.0
        self.assertEqual(pacer.begin("a", 5.0), 1.0)
        now[0] += 1.0
        self.assertEqual(pacer.begin("a", 5.0), 0.0)

    def test_too_long_a_wait_is_told_instead_of_waited(self):
        client = self.client(pacer=RecordingPacer(wait=31.0))
        with self.assertRaises(RateLimited) as caught:
            self.search(client)
        self.assertEqual(caught.exception.retry_after, 31.0)
        self.assertFalse(self.calls())
        self.assertFalse(self.sleeps)

    def test_one_slot_per_interval(self):
        now = [100.0]
        pacer = LocalPacer(clock=lambda: now[0])
        waits = [pacer.reserve("a", 5.0) for _ in range(3)]
        self.assertEqual(waits, [0.0, 5.0, 10.0])
        self.assertEqual(pacer.reserve("b", 5.0), 0.0)
        now[0] += 14.0
        self.assertEqual(pacer.reserve("a", 5.0), 1.0)
        now[0] += 100.0
        self.assertEqual(pacer.reserve("a", 5.0), 0.0)

    def test_burst_after_a_quiet_time_then_the_rate(self):
        now = [0.0]
        pacer = LocalPacer(clock=lambda: now[0])
        waits = [pacer.reserve("a", 2.0, burst=3) for _ in range(6)]
        self.assertEqual(waits, [0.0, 0.0, 0.0, 0.0, 2.0, 4.0])

    def test_slots_are_given_once_to_many_threads(self):
        pacer = LocalPacer(clock=lambda: 0.0)
        waits = []

        def reserve():
            for _ in range(200):
                waits.append(pacer.reserve("a", 1.0))

        threads = [threading.Thread(target=reserve) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(waits), [float(n) for n in range(1600)])
