"""The server itself: control endpoints, the page, the process, threads, speed."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import requests

from odoo.tests import BaseCase, tagged

from ..sandbox import Sandbox
from .sandbox_common import GMARKET_ID, MASTER, TEA, SandboxCase


@tagged("post_install", "-at_install")
class TestSandboxControl(SandboxCase):
    def control(self, name, **values):
        url = f"{self.sb.url}/_sandbox/{name}"
        return self.session.post(url, json=values, timeout=10)

    def get(self, name):
        response = self.session.get(f"{self.sb.url}/_sandbox/{name}", timeout=10)
        self.assertEqual(response.status_code, 200)
        return response.json()

    def test_another_process_can_do_everything(self):
        account = {"master_id": "m2", "secret_key": "s" * 40, "gmarket": ["g2"]}
        self.assertEqual(self.control("accounts", **account).status_code, 200)
        basket = {
            "site": "gmarket",
            "seller_id": "g2",
            "items": [TEA],
            "shipping_fee": 3000,
            "paid_at": "2026-06-08T09:00:00",
        }
        [number] = self.control("orders", **basket).json()["order_nos"]
        self.control("confirm", order_no=number)
        self.control(
            "dispatch", order_no=number, courier_code=10013, invoice_no="000000002001"
        )
        [entry] = self.get("ledger?seller_id=g2")
        self.assertEqual(entry["state"], "in_delivery")
        self.assertEqual(entry["invoices"][0][:2], [10013, "000000002001"])
        self.assertEqual(entry["basket_seller_sale"], 15900)
        self.assertEqual(entry["confirmations"], 1)

    def test_generate_cancel_clock_faults_calls_reset(self):
        values = {"site": "gmarket", "seller_id": GMARKET_ID, "orders": 6, "baskets": 3}
        numbers = self.control("generate", **values).json()["order_nos"]
        self.assertEqual(len(numbers), 6)
        self.assertEqual(
            self.control("cancel", order_no=numbers[0]).json(), {"ok": True}
        )
        self.assertEqual(self.get("ledger")[0]["claim"], "cancel_done")
        answer = self.control("clock", advance=3600).json()
        self.assertEqual(answer, {"now": "2026-06-08T11:15:00"})
        self.control("clock", set="2026-06-09T00:00:00")
        self.assertEqual(self.get("health")["clock"], "2026-06-09T00:00:00")
        self.control("faults", kind="502", endpoint="OrderCheck")
        response = self.send("POST", f"/shipping/v1/Order/OrderCheck/{numbers[1]}")
        self.assertEqual(response.status_code, 502)
        [call] = self.get("calls?last=1")
        self.assertEqual(call["outcome"], "fault 502")
        self.assertEqual(
            (call["endpoint"], call["order_no"]), ("OrderCheck", numbers[1])
        )
        self.control("strict", identical_repeat="refuse")
        self.assertEqual(self.sb.strict.identical_repeat, "refuse")
        self.assertEqual(self.control("reset").json(), {"ok": True})
        health = self.get("health")
        self.assertEqual((health["orders"], health["calls"]), (0, 0))
        self.assertEqual(health["accounts"][0]["master_id"], MASTER)

    def test_mistakes_are_told(self):
        self.assertEqual(self.control("nonsense").status_code, 404)
        self.assertEqual(self.control("cancel", order_no=1).status_code, 400)
        self.assertEqual(self.control("faults", kind="meteor").status_code, 400)
        self.assertEqual(self.control("strict", nonsense=1).status_code, 400)
        number = self.place_one()
        self.assertEqual(self.control("decide", order_no=number).status_code, 409)
        form = self.session.post(
            f"{self.sb.url}/_sandbox/cancel", data={"order_no": number}, timeout=10
        )
        self.assertEqual(form.status_code, 415)
        self.assertIsNone(self.sb.orders[number].claim)

    def test_a_web_page_under_a_name_of_its_own(self):
        """DNS rebinding: the page's own name leads here, so it could read answers."""
        for host, status in (
            ("evil.example", 403),
            ("evil.example:80", 403),
            ("127.0.0.1.evil.example", 403),
            ("localhost:8070", 200),
            ("127.0.0.1", 200),
        ):
            for path in ("/", "/_sandbox/ledger"):
                with self.subTest(host=host, path=path):
                    answer = self.session.get(
                        self.sb.url + path, headers={"Host": host}, timeout=10
                    )
                    self.assertEqual(answer.status_code, status)

    def test_the_page_stands_alone(self):
        response = self.session.get(self.sb.url + "/", timeout=10)
        self.assertEqual(response.headers["Content-Type"], "text/html; charset=utf-8")
        for word in ("배송준비중", "_sandbox/ledger", "새 주문"):
            self.assertIn(word, response.text)
        for outside in ("https://", "http://", "src=", "@import"):
            self.assertNotIn(outside, response.text)


@tagged("post_install", "-at_install")
class TestSandboxServer(SandboxCase):
    def test_connections_are_kept_alive(self):
        url = f"{self.sb.url}/_sandbox/health"
        with requests.Session() as session:
            session.get(url, timeout=10)
            begin = time.monotonic()
            for _ in range(200):
                session.get(url, timeout=10)
            passed = time.monotonic() - begin
        self.assertLess(passed / 200, 0.03, "a delay of 40 ms would be Nagle's")

    def test_after_stop_kept_connections_are_dead(self):
        with requests.Session() as session:
            url = f"{self.sb.url}/_sandbox/health"
            session.get(url, timeout=10)
            self.sb.stop()
            with self.assertRaises(requests.ConnectionError):
                session.get(url, timeout=10)

    def test_it_starts_again_with_its_orders(self):
        number = self.place_one()
        self.sb.stop()
        self.sb.start()
        self.assertEqual(self.listed(), [number])

    def test_many_threads_confirm_each_order_once(self):
        numbers = self.place(items=[TEA] * 20)

        def confirm(number):
            path = f"/shipping/v1/Order/OrderCheck/{number}"
            return self.send("POST", path).json()["ResultCode"]

        with ThreadPoolExecutor(8) as pool:
            codes = list(pool.map(confirm, numbers * 3))
        self.assertEqual(codes.count(0), 20)
        self.assertEqual(codes.count(3000), 40)
        self.assertEqual({o.confirmations for o in self.sb.orders.values()}, {1})

    def test_a_chunked_body_is_read(self):
        number = self.place_one()
        path = f"/shipping/v1/Order/OrderCheck/{number}"
        body = json.dumps({"SellerOrderNo": "S00012"}).encode()
        headers = {"Content-Type": "application/json"}
        self.send("POST", path, data=iter([body[:5], body[5:]]), headers=headers)
        self.assertEqual(self.sb.orders[number].seller_order_no, "S00012")


@tagged("post_install", "-at_install")
class TestSandboxProcess(BaseCase):
    def test_the_command_line(self):
        package = Path(__file__).parent.parent
        with tempfile.TemporaryDirectory() as folder:
            ready = Path(folder, "ready")
            accounts = Path(folder, "accounts.json")
            account = {"master_id": "m", "secret_key": "s" * 40, "auction": ["a1"]}
            accounts.write_text(json.dumps([account]), encoding="utf-8")
            command = [sys.executable, "-m", "sandbox", "--port", "0"]
            command += ["--accounts", str(accounts), "--orders", "5"]
            command += ["--every", "0.1", "--ready-file", str(ready)]
            command += ["--strict", "identical_repeat=refuse"]
            process = subprocess.Popen(
                command, cwd=package, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            try:
                until = time.monotonic() + 30
                while not ready.exists():
                    self.assertIsNone(process.poll(), "it ended")
                    self.assertLess(time.monotonic(), until)
                    time.sleep(0.05)
                url = ready.read_text(encoding="utf-8").strip()
                entries = []
                while len(entries) < 6:
                    self.assertLess(time.monotonic(), until, "no new order came")
                    time.sleep(0.05)
                    ledger = f"{url}/_sandbox/ledger"
                    entries = requests.get(ledger, timeout=10).json()
                options = requests.get(f"{url}/_sandbox/strict", timeout=10).json()
            finally:
                os.kill(process.pid, signal.SIGTERM)
                output = process.communicate(timeout=20)[0].decode()
        self.assertGreater(len(entries), 5)
        self.assertEqual({entry["seller_id"] for entry in entries}, {"a1"})
        self.assertEqual(options["identical_repeat"], "refuse")
        self.assertEqual(process.returncode, 0, output)
        self.assertIn("master ID m: auction a1", output)
        self.assertNotIn("GET /", output, "no access log unless asked for")
        self.assertNotIn("s" * 40, output)


@tagged("post_install", "-at_install")
class TestSandboxGenerator(BaseCase):
    start = datetime(2026, 6, 8, 18)
    catalog = (
        {"seller_code": "A-1", "inventory_code": None, "name": "가", "price": 9900},
        {"seller_code": "B-2", "inventory_code": "B-2-R", "name": "나", "price": 15000},
        {"seller_code": "B-2", "inventory_code": "B-2-G", "name": "나", "price": 15000},
    )

    def ledger(self, seed=1):
        sb = Sandbox(start=self.start, seed=seed)
        sb.generate("gmarket", "g", 120, 60, self.catalog)
        sb.generate("auction", "a", 80, 50, self.catalog)
        return sb, sb.ledger()

    def test_the_same_seed_gives_the_same_orders(self):
        self.assertEqual(self.ledger()[1], self.ledger()[1])
        self.assertNotEqual(self.ledger()[1], self.ledger(2)[1])

    def test_the_mix(self):
        sb, entries = self.ledger()
        self.assertEqual(len(entries), 200)
        self.assertEqual(len({entry["pay_no"] for entry in entries}), 110)
        rows = [sb.orders[entry["order_no"]].row() for entry in entries]
        options = [option for row in rows for option in row["ItemOptionSelectList"]]
        codes = {option["ItemOptionCode"] for option in options}
        self.assertEqual(codes, {"B-2-R", "B-2-G"})
        self.assertEqual({row["OutGoodsNo"] for row in rows}, {"A-1", "B-2"})
        for key in ("JejuAddDeliveryFee", "SellerDiscountPrice", "DirectDiscountPrice",
                    "SellerCashbackMoney", "OptAddPrice", "ShippingFee"):  # fmt: skip
            filled = sum(row[key] not in (None, "0.0000") for row in rows)
            self.assertTrue(0 < filled < len(rows), key)
        conditions = {row["DeliveryFeeCondition"] for row in rows}
        self.assertEqual(conditions, {"F", "X", "D", "M"})
        self.assertTrue(all(row["AcntMoney"][0] != "-" for row in rows))
        moments = {entry["paid_at"] for entry in entries}
        self.assertTrue(min(moments) >= "2026-06-08T12:00:00")
        self.assertTrue(max(moments) <= "2026-06-08T18:00:00")

    def test_nobody_is_real(self):
        sb, entries = self.ledger()
        for entry in entries:
            row = sb.orders[entry["order_no"]].row()
            for key in ("BuyerMobileTel", "HpNo"):
                if row[key]:
                    self.assertRegex(row[key], r"^(010|0508)-0000-\d{4}$")
            self.assertRegex(row["ZipCode"], r"^00")
            self.assertIn("가상", row["DelFrontAddress"])

    def test_numbers_of_gmarket_exceed_32_bits_those_of_auction_do_not(self):
        for entry in self.ledger()[1]:
            big = entry["order_no"] > 2**31 - 1
            self.assertEqual(big, entry["site"] == "gmarket")

    def test_a_mistaken_basket_is_refused(self):
        sb = Sandbox(start=self.start)
        for values in (
            {"items": []},
            {"items": [TEA], "buyer": {"nme": "x"}},
            {"items": [{**TEA, "colour": 1}]},
            {"items": [TEA], "nonsense": 1},
        ):
            with self.assertRaises((TypeError, ValueError)):
                sb.place_basket("gmarket", "g", **values)
        with self.assertRaises(ValueError):
            sb.place_basket("ssg", "g", [TEA])
        self.assertEqual(sb.ledger(), [])
