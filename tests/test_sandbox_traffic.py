"""How the sandbox counts what all clients of a seller amount to."""

import json
import time
import urllib.request

from odoo.tests import tagged

from .sandbox_common import AUCTION_ID, GMARKET_ID, SandboxItemCase


@tagged("post_install", "-at_install")
class TestSandboxTraffic(SandboxItemCase):
    interval = 5.0

    def traffic(self):
        """Entries by bucket; all calls of a test are of one seller, mostly."""
        url = f"{self.sb.url}/_sandbox/traffic"
        with urllib.request.urlopen(url, timeout=10) as page:
            entries = json.load(page)
        return {(entry["seller_id"], entry["bucket"]): entry for entry in entries}

    def test_order_lists(self):
        number = self.place_one()
        self.assertEqual(self.traffic(), {})
        self.search()
        self.sb.advance(7)
        self.search(2)
        self.sb.advance(4)
        self.search()  # refused, and counted
        self.search(site="auction")
        self.read_row(number)
        traffic = self.traffic()
        lists = traffic[GMARKET_ID, "orders"]
        self.assertEqual((lists["calls"], lists["breaches"]), (3, 1))
        self.assertAlmostEqual(lists["smallest_gap"], 4, delta=0.9)
        other = traffic[AUCTION_ID, "orders"]
        self.assertEqual((other["calls"], other["breaches"]), (1, 0))
        self.assertIsNone(other["smallest_gap"])
        self.assertEqual(traffic[GMARKET_ID, "calls"]["calls"], 1)
        self.sb.reset()
        self.assertEqual(self.traffic(), {})

    def test_calls_of_a_minute(self):
        self.sb.strict.calls_per_minute = 3
        number = self.place_one()
        for pause in (0, 10, 10, 41, 0):
            self.sb.advance(pause)
            self.post("/shipping/v1/Delivery/GetDeliveryStatus", {"OrderNo": number})
        calls = self.traffic()[GMARKET_ID, "calls"]
        self.assertEqual(
            (calls["calls"], calls["most_in_a_minute"], calls["breaches"]), (5, 4, 1)
        )

    def test_what_goes_wrong_is_a_call_as_well(self):
        self.sb.faults.add("502", times=None)
        for _ in range(31):
            self.item_call("POST", "goods/search", {"pageIndex": 1}, "g")
        searches = self.traffic()[GMARKET_ID, "goods"]
        self.assertEqual((searches["calls"], searches["breaches"]), (31, 1))

    def test_answers_take_their_time(self):
        self.sb.latency = 0.2
        began = time.monotonic()
        self.search()
        self.assertGreaterEqual(time.monotonic() - began, 0.2)
