"""Several messages at a time, on cursors that really commit."""

import threading
import time
from unittest.mock import patch

import psycopg2.pool
from psycopg2 import errors

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models import crew, esm_outbox
from .common import CJ
from .test_concurrency import TwoWorkersCase


class Gate:
    """Counts the calls that are in flight at a time: each waits a little for others."""

    def __init__(self):
        self._lock = threading.Lock()
        self._now = 0
        self.most = 0

    def __call__(self):
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        time.sleep(0.05)
        with self._lock:
            self._now -= 1


class SendingCase(TwoWorkersCase):
    orders = 6

    def setUp(self):
        super().setUp()
        self.enterContext(patch.object(crew, "allowed", lambda: crew.MOST_HELPERS))
        self.numbers = [self.place(1000)[0] for _ in range(self.orders)]
        with self.worker() as env:
            self.shop(env).connection_state = "connected"
            self.shop(env)._run_cycle()
        self.sandbox.calls.clear()
        self.gate = self.sandbox.on_call = Gate()
        self.addCleanup(setattr, self.sandbox, "on_call", None)

    def ship(self):
        """Let a tracking number wait for each order."""
        with self.worker() as env:
            courier = env["esm.courier"].search([("code", "=", CJ)])
            rows = self.rows(env, *self.numbers)
            rows.state = "shipped"
            env["esm.outbox"].create(
                [
                    {
                        "order_id": row.id,
                        "action": "ship",
                        "courier_id": courier.id,
                        "tracking_no": f"88{row.order_no}",
                    }
                    for row in rows
                ]
            )

    def send(self):
        with self.worker() as env:
            env["esm.outbox"]._cron_send()

    def again(self):
        """Messages that were put off may be tried again."""
        with self.worker() as env:
            self.messages(env).next_try_at = False

    def messages(self, env):
        return self.rows(env, *self.numbers).outbox_ids.filtered(
            lambda message: message.action == "ship"
        )

    def states(self):
        """Of the messages, in the order of `numbers`."""
        with self.worker() as env:
            found = {m.order_id.order_no: m.state for m in self.messages(env)}
            return [found[number] for number in self.numbers]

    def assertAllSentOnce(self):
        self.assertEqual(set(self.states()), {"sent"})
        with self.worker() as env:
            rows = self.rows(env, *self.numbers)
            self.assertEqual(set(rows.mapped("state")), {"sent"})
        for number in self.numbers:
            [(_code, invoice, _at)] = self.sandbox.orders[int(number)].invoices
            self.assertEqual(invoice, f"88{number}")


@tagged("post_install", "-at_install")
class TestSending(SendingCase):
    def test_several_are_on_their_way_at_a_time(self):
        self.ship()
        self.send()
        self.assertAllSentOnce()
        self.assertGreater(self.gate.most, 1)
        self.assertLessEqual(self.gate.most, 4)
        # Each state was read right before its number was sent, and nothing twice.
        self.assertEqual(self.calls("GetDeliveryStatus"), self.orders)
        self.assertEqual(self.calls("ShippingInfo"), self.orders)

    def test_confirmations_too(self):
        with self.worker() as env:
            self.shop(env).auto_acknowledge = False
        self.addCleanup(self.switch, True)
        numbers = [self.place(1000)[0] for _ in range(6)]
        with self.worker() as env:
            self.shop(env)._run_cycle()
        self.switch(True)
        self.gate.most = 0
        with self.worker() as env:
            self.shop(env)._run_cycle()
        self.assertGreater(self.gate.most, 1)
        self.assertEqual(self.calls("OrderCheck"), 6)
        with self.worker() as env:
            rows = self.rows(env, *numbers)
            self.assertEqual(set(rows.mapped("state")), {"booked"})

    def switch(self, value):
        with self.worker() as env:
            self.shop(env).auto_acknowledge = value

    def test_lost_answers_among_them(self):
        """Those wait, and their state is read before a repeat; the others are sent."""
        self.ship()
        lost = self.numbers[2:4]
        for number in lost:
            self.sandbox.faults.add(
                "drop_after_effect", "ShippingInfo", order_no=int(number)
            )
        self.send()
        self.assertEqual(self.states().count("sent"), self.orders - 2)
        self.again()
        self.send()
        self.assertAllSentOnce()
        self.assertEqual(self.calls("ShippingInfo"), self.orders)

    def test_a_cancelled_order_among_them(self):
        self.ship()
        self.sandbox.cancel(int(self.numbers[3]))
        self.send()
        states = self.states()
        self.assertEqual(states.pop(3), "refused")
        self.assertEqual(set(states), {"sent"})
        self.assertEqual(self.sandbox.orders[int(self.numbers[3])].invoices, [])

    def test_a_refused_key_stops_all(self):
        self.ship()
        self.sandbox.faults.add("401", "GetDeliveryStatus", times=None)
        self.send()
        self.assertEqual(set(self.states()), {"waiting"})
        self.assertLessEqual(self.calls("GetDeliveryStatus"), 4)
        with self.worker() as env:
            self.assertEqual(self.shop(env).connection_state, "refused")

    def test_two_processes_at_once(self):
        self.ship()
        with mute_logger("odoo.sql_db"):
            self.both(lambda env: env["esm.outbox"]._cron_send())
        self.assertAllSentOnce()
        self.assertEqual(self.calls("ShippingInfo"), self.orders)

    def test_without_connections_for_helpers(self):
        """The job sends all by itself."""
        self.ship()
        with self.worker() as env:
            shop = self.shop(env)
            full = patch.object(
                type(self.registry), "cursor", side_effect=psycopg2.pool.PoolError
            )
            with full as cursor:
                env["esm.outbox"]._send_waiting(shop, ["ship"], shop._api())
            self.assertEqual(cursor.call_count, 3)
        self.assertAllSentOnce()
        self.assertEqual(self.gate.most, 1)

    def test_an_unexpected_error_of_a_helper_is_not_lost(self):
        self.ship()
        main = threading.current_thread()
        original = self.registry["esm.outbox"]._send

        def fail(message, *args):
            if threading.current_thread() is not main:
                raise ZeroDivisionError
            return original(message, *args)

        outbox = self.registry["esm.outbox"]
        with self.worker() as env, patch.object(outbox, "_send", fail):
            shop = self.shop(env)
            with self.assertRaises(ZeroDivisionError):
                env["esm.outbox"]._send_waiting(shop, ["ship"], shop._api())
        self.assertIn("waiting", self.states())
        self.send()
        self.assertAllSentOnce()

    def test_helpers_tell_other_processes_which_caches_are_old(self):
        """Odoo does so for each thread by itself."""
        told = []

        def signal():
            told.append(self.registry.cache_invalidated.copy())

        def begin(me):
            def work(_piece):
                if threading.current_thread() is not main:
                    me.env.registry.clear_cache()
                here.wait()

            return work

        main, here = threading.current_thread(), threading.Barrier(2, timeout=20)
        patched = patch.object(self.registry, "signal_changes", signal)
        with self.worker() as env, patched:
            crew.Crew(self.shop(env), begin, range(2)).work_off(2)
        [caches] = told
        self.assertIn("default", caches)

    def test_without_threads_for_helpers(self):
        """The job sends all by itself, and others may have helpers later."""
        self.ship()
        plain = threading.Thread.start

        def start(thread):
            if thread.name.startswith("sale_esm"):
                raise RuntimeError("can't start new thread")
            plain(thread)

        none_left = patch.object(threading.Thread, "start", start)
        with self.worker() as env, none_left:
            shop = self.shop(env)
            env["esm.outbox"]._send_waiting(shop, ["ship"], shop._api())
        self.assertFalse(crew._busy)
        self.assertAllSentOnce()

    def test_who_is_always_in_the_way_of_others_gets_another_try(self):
        """Its message is not left to the next time that the schedule comes round."""
        self.ship()
        cron = self.env.ref("sale_esm.ir_cron_send")
        outbox = self.registry["esm.outbox"]
        with (
            self.worker() as env,
            patch.object(outbox, "_send", side_effect=errors.SerializationFailure),
            patch.object(time, "sleep"),
        ):
            env["ir.cron.trigger"].search([]).unlink()
            shop = self.shop(env)
            env["esm.outbox"]._send_waiting(shop, ["ship"], shop._api())
            triggers = env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
            self.assertEqual(len(triggers), 1)
            self.assertGreater(triggers.call_at, fields.Datetime.now())
        self.assertEqual(set(self.states()), {"waiting"})

    def test_as_many_at_a_time_as_the_pace_lets_through(self):
        with self.worker() as env:
            account = self.shop(env).account_id
            found = {}
            for per_minute in (0, 5, 15, 30, 600):
                account.calls_per_minute = per_minute
                found[per_minute] = self.shop(env)._calls_in_flight()
            env.cr.rollback()
        self.assertEqual(found, {0: 4, 5: 1, 15: 2, 30: 4, 600: 4})

    def test_what_has_to_follow_each_other(self):
        """Orders of one basket write the same sales order."""
        together = self.place(1000, 2000)
        with self.worker() as env:
            self.shop(env)._run_cycle()
            rows = self.rows(env, *together, *self.numbers[:2])
            sequences = rows.outbox_ids._in_sequences()
            self.assertEqual(sorted(map(len, sequences)), [1, 1, 2])


@tagged("post_install", "-at_install")
class TestManyShops(SendingCase):
    """A shop that has more to send than its pace permits does not keep the others."""

    orders = 2

    def test_shops_at_a_time(self):
        seen, here = set(), threading.Barrier(2, timeout=20)

        def work(shop):
            seen.add(threading.current_thread().name)
            here.wait()  # never ends unless another shop is worked for meanwhile

        self.work_for_two(work)
        self.assertEqual(len(seen), 2)
        self.assertFalse(here.broken)

    def test_one_books_at_a_time(self):
        """Two would reserve the same goods, and make each other start over."""
        here, gate = threading.Barrier(2, timeout=20), Gate()

        def work(shop):
            here.wait()
            with crew.own_turn(), crew.own_turn():
                gate()

        self.work_for_two(work)
        self.assertFalse(here.broken)
        self.assertEqual(gate.most, 1)

    def test_one_reserves_goods_at_a_time(self):
        """Shops of a warehouse sell the same; what each does alone goes on."""
        for goods, most in ((True, 1), (False, 2)):
            here, gate = threading.Barrier(2, timeout=20), Gate()

            def work(shop, here=here, gate=gate, goods=goods):
                here.wait()
                shop._transact(gate, goods=goods)

            self.work_for_two(work)
            self.assertFalse(here.broken)
            self.assertEqual(gate.most, most)
            self.take_second_away()

    def work_for_two(self, work):
        with self.worker() as env:
            shops = self.shop(env) | self.shop(env).copy(
                {"seller_id": "secondshop", "active": False}
            )
            env.cr.commit()
            self.addCleanup(self.take_second_away)
            shops[:1]._for_each_shop(shops, work, esm_outbox.SHOPS_AT_ONCE)

    def take_second_away(self):
        with self.worker() as env:
            env["esm.shop"].with_context(active_test=False).search(
                [("seller_id", "=", "secondshop")]
            ).unlink()
