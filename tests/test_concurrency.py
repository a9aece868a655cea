"""Two workers at once, on cursors of their own that really commit.

What the tests commit they take away again.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from threading import Barrier
from unittest.mock import patch

from odoo import SUPERUSER_ID
from odoo.api import Environment
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from ..esm_api import NoPacer, OrderStatus
from ..models.esm_pace import DatabasePacer
from ..models.esm_shop import EsmShop
from ..sandbox import Sandbox
from .common import CJ

MASTER, SECRET, SELLER = "twomaster", "two-workers-key-of-32-characters!", "twoworkers"
GOODS = {"site_goods_no": "3900000002", "seller_code": "TWO-1", "name": "Two"}


class TwoWorkersCase(TransactionCase):
    sandbox_options = {"orders_interval": 0}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sandbox = Sandbox(**cls.sandbox_options)
        cls.sandbox.add_account(MASTER, SECRET, gmarket=[SELLER])
        cls.sandbox.start()
        cls.addClassCleanup(cls.sandbox.stop)
        options = patch.object(EsmShop, "_api_options", cls.api_options)
        options.start()
        cls.addClassCleanup(options.stop)
        # Class cleanups run even if the class is not set up completely.
        cls.addClassCleanup(cls.take_away)
        with cls.worker() as env:
            account = env["esm.account"].create(
                {
                    "name": "Two workers",
                    "master_id": MASTER,
                    "secret_key": SECRET,
                    "environment": "sandbox",
                    "sandbox_url": cls.sandbox.url,
                }
            )
            cls.shop_id = (
                env["esm.shop"]
                .create(
                    {
                        "account_id": account.id,
                        "site": "gmarket",
                        "seller_id": SELLER,
                        "auto_acknowledge": True,
                    }
                )
                .id
            )
            env["product.product"].create(
                {"name": "Two", "esm_seller_code": GOODS["seller_code"]}
            )

    @staticmethod
    def api_options(shop):
        return {
            "pacer": NoPacer(),
            "sleep": lambda seconds: None,
            "calls_per_minute": 0,
        }

    @classmethod
    @contextmanager
    def worker(cls):
        """An environment on a cursor of its own, committed at the end."""
        with cls.registry.cursor() as cr:
            yield Environment(cr, SUPERUSER_ID, {})

    @classmethod
    def take_away(cls):
        cls.take_orders_away()
        with cls.worker() as env:
            account = env["esm.account"].search([("master_id", "=", MASTER)])
            account.shop_ids.unlink()
            account.unlink()
            codes = [GOODS["seller_code"]]
            env["product.product"].search([("esm_seller_code", "in", codes)]).unlink()
            env["ir.cron.trigger"].search([]).unlink()
            env.cr.execute("DELETE FROM esm_pace WHERE key LIKE %s", [f"%{SELLER}%"])

    @classmethod
    def take_orders_away(cls):
        with cls.worker() as env:
            shops = env["esm.shop"].search([("seller_id", "=", SELLER)])
            orders = env["sale.order"].search([("esm_shop_id", "in", shops.ids)])
            partners = orders.partner_id | orders.partner_shipping_id
            orders.unlink()
            env["esm.order"].search([("shop_id", "in", shops.ids)]).unlink()
            partners.filtered("parent_id").unlink()
            partners.exists().unlink()
            shops.write({"cursor_at": False, "last_collect_at": False})

    def setUp(self):
        super().setUp()
        self.sandbox.reset()
        self.addCleanup(self.take_orders_away)

    def place(self, *prices, **options):
        """A basket of goods at these prices; returns its order numbers as text."""
        items = [{**GOODS, "price": price} for price in prices]
        numbers = self.sandbox.place_basket("gmarket", SELLER, items, **options)
        return [str(number) for number in numbers]

    def both(self, work):
        """Let two workers do `work`, a callable that takes an env, at once."""
        start = Barrier(2)

        def one(_number):
            with self.worker() as env:
                start.wait(60)
                work(env)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(one, range(2)))

    def calls(self, endpoint):
        return sum(call.endpoint == endpoint for call in self.sandbox.calls)

    def shop(self, env):
        return env["esm.shop"].browse(self.shop_id)

    def rows(self, env, *numbers):
        return env["esm.order"].search(
            [("order_no", "in", numbers), ("shop_id", "=", self.shop_id)],
            order="order_no",
        )


@tagged("post_install", "-at_install")
class TestTwoWorkers(TwoWorkersCase):
    def test_two_collectors(self):
        numbers = [self.place(1000, 2000, shipping_fee=500) for _ in range(4)]
        with mute_logger("odoo.sql_db"):  # of conflicts, which are no failures
            self.both(lambda env: self.shop(env)._run_cycle())
        with self.worker() as env:
            for basket in numbers:
                rows = self.rows(env, *basket)
                self.assertEqual(rows.mapped("state"), ["booked", "booked"])
                self.assertEqual(len(rows.sale_order_id), 1)
                self.assertEqual(rows.sale_order_id.amount_total, 3500)
                self.assertEqual(len(rows.sale_line_ids), 2)
                # No two sales orders share a basket: nothing hides behind these.
                self.assertEqual(
                    env["sale.order"].search_count(
                        [("esm_pay_no", "=", rows[0].pay_no)]
                    ),
                    1,
                )
            self.assertEqual(self.shop(env).connection_state, "connected")
        remote = self.sandbox.orders.values()
        self.assertEqual({order.confirmations for order in remote}, {1})

    def test_parts_of_a_basket_booked_at_once(self):
        """The database keeps the basket one sale when two workers share it out."""
        numbers = self.place(1000, 2000, shipping_fee=500)
        with self.worker() as env:
            result = {"error": None}
            self.shop(env)._talk(self.shop(env)._api(), None, result)
        with ThreadPoolExecutor(1) as pool, self.worker() as env:
            first = self.rows(env, numbers[0])
            first._book()
            env.flush_all()  # but nothing is committed yet

            def book_second():
                with self.worker() as other:
                    second = self.rows(other, numbers[1])
                    self.shop(other)._transact(second._book, alone=False)

            with mute_logger("odoo.sql_db"):  # the second one is refused, and goes on
                second = pool.submit(book_second)
                self.wait_until_somebody_waits_for_a_lock()
                env.cr.commit()
                second.result(60)
        with self.worker() as env:
            rows = self.rows(env, *numbers)
            self.assertEqual(rows.mapped("state"), ["booked", "booked"])
            self.assertEqual(len(rows.sale_order_id), 1)
            self.assertEqual(rows.sale_order_id.amount_total, 3500)
            self.assertEqual(rows.mapped("problem"), [False, False])

    def wait_until_somebody_waits_for_a_lock(self):
        for _ in range(600):
            with self.registry.cursor() as cr:
                cr.execute(
                    """SELECT count(*) FROM pg_stat_activity
                        WHERE datname = current_database()
                          AND wait_event_type = 'Lock'"""
                )
                if cr.fetchone()[0]:
                    return
            time.sleep(0.05)
        self.fail("No worker waits for a lock.")

    def test_one_worker_alone_with_a_shop(self):
        """What is done alone never overlaps, nor goes by what was true before."""
        self.place(1000)
        with self.worker() as env:
            self.shop(env)._run_cycle()
        seen = []

        def count(env):
            def work():
                summary = self.shop(env).last_collect_summary or ""
                time.sleep(0.2)
                self.shop(env).last_collect_summary = f"{summary}x"
                seen.append(summary)

            self.shop(env)._transact(work, attempts=1)

        with self.worker() as env:
            self.shop(env).last_collect_summary = False
        self.both(count)
        self.assertEqual(sorted(seen), ["", "x"])

    def test_two_senders_of_a_confirmation(self):
        [number] = self.place(1000)
        with self.worker() as env:
            shop = self.shop(env)
            shop._collect(shop._api())
            env["esm.order"]._request_acknowledgements(shop)
        self.sandbox.faults.add("slow", "OrderCheck", times=None, seconds=0.5)
        self.both(lambda env: env["esm.outbox"]._cron_send())
        self.assertEqual(self.calls("OrderCheck"), 1)
        with self.worker() as env:
            self.assertEqual(self.rows(env, number).outbox_ids.state, "sent")

    def test_two_senders_of_a_tracking_number(self):
        [number] = self.place(1000)
        with self.worker() as env:
            self.shop(env)._run_cycle()
            rows = self.rows(env, number)
            rows.state = "shipped"
            env["esm.outbox"].create(
                {
                    "order_id": rows.id,
                    "action": "ship",
                    "courier_id": env["esm.courier"].search([("code", "=", CJ)]).id,
                    "tracking_no": "123456789012",
                }
            )
        slow = ("GetDeliveryStatus", "ShippingInfo")
        self.sandbox.faults.add("slow", slow, times=None, seconds=0.5)
        self.both(lambda env: env["esm.outbox"]._cron_send())
        self.assertEqual(self.calls("ShippingInfo"), 1)
        self.assertEqual(len(self.sandbox.orders[int(number)].invoices), 1)
        with self.worker() as env:
            self.assertEqual(self.rows(env, number).state, "sent")


@tagged("post_install", "-at_install")
class TestSharedPace(TwoWorkersCase):
    """Workers that call for the same seller share one pace."""

    sandbox_options = {"orders_interval": 1}

    @staticmethod
    def api_options(shop):
        # ESM wants 5 seconds and we keep 5.2. Here a second will do, with more to
        # spare: this machine may be busy.
        return {
            "pacer": DatabasePacer(shop.env.registry),
            "calls_per_minute": 0,
            "orders_interval": 1.5,
        }

    def test_slots_are_an_interval_apart(self):
        """Nobody waits here: a slot is only given out."""
        pacer, slots = DatabasePacer(self.registry), []

        def reserve(env):
            slots.extend(
                time.monotonic() + pacer.reserve(f"{SELLER}/slots", 5) for _ in range(4)
            )

        self.both(reserve)
        slots.sort()
        gaps = [later - slot for slot, later in zip(slots, slots[1:], strict=False)]
        self.assertEqual(len(gaps), 7)
        for gap in gaps:
            self.assertAlmostEqual(gap, 5, delta=2)

    def test_a_clock_that_is_set_back_stops_nobody(self):
        pacer, key, hour = DatabasePacer(self.registry), f"{SELLER}/back", 3600
        for _number in range(2):
            pacer.reserve(key, 5)
            pacer.begin(key, 5)
        with self.worker() as env:  # it was an hour ahead
            env["esm.pace"].search([("key", "=", key)]).ensure_one()
            env.cr.execute(
                """UPDATE esm_pace
                      SET next_at = next_at + %s, called_at = called_at + %s
                    WHERE key = %s""",
                [hour, hour, key],
            )
        self.assertEqual(pacer.reserve(key, 5), 0)
        self.assertEqual(pacer.begin(key, 5), 0)
        self.assertAlmostEqual(pacer.reserve(key, 5), 5, delta=2)
        self.assertAlmostEqual(pacer.begin(key, 5), 5, delta=2)

    def test_slots_are_given_out_a_minute_ahead_and_no_further(self):
        pacer, key = DatabasePacer(self.registry), f"{SELLER}/queue"
        waits = [pacer.reserve(key, 20) for _number in range(6)]
        for wait, expected in zip(waits, (0, 20, 40, 60, 60, 60), strict=True):
            self.assertAlmostEqual(wait, expected, delta=3)

    def test_a_call_that_goes_late_is_waited_for(self):
        """A slow connection, or a busy machine: the next slot counts from that call."""
        with self.worker() as env:
            late, punctual = self.shop(env)._api(), self.shop(env)._api()
        send = late.transport._session.send

        def send_late(*args, **kwargs):
            time.sleep(1.2)
            return send(*args, **kwargs)

        late.transport._session.send = send_late
        begin = datetime.now(timezone.utc) - timedelta(days=1)
        with ThreadPoolExecutor(2) as pool:
            calls = []
            for client in (late, punctual):
                search = client.orders.search
                end = begin + timedelta(days=2)
                calls.append(pool.submit(search, OrderStatus.NEW, begin, end))
                time.sleep(0.3)
            for call in calls:
                call.result(60)
        self.assertEqual(self.calls("RequestOrders"), 2)
        self.assertEqual(self.sandbox.rate_violations, [])

    def test_two_collectors_keep_the_marketplaces_pace(self):
        [number] = self.place(1000)
        self.both(lambda env: self.shop(env)._run_cycle())
        self.assertGreaterEqual(self.calls("RequestOrders"), 4)
        self.assertEqual(self.sandbox.rate_violations, [])
        with self.worker() as env:
            self.assertEqual(self.rows(env, number).state, "booked")
