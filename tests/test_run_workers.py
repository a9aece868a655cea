"""Runs and those who watch them, on cursors of their own that really commit."""

from concurrent.futures import ThreadPoolExecutor

from psycopg2 import InterfaceError

from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_concurrency import TwoWorkersCase


@tagged("post_install", "-at_install")
class TestRunWorkers(TwoWorkersCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.take_runs_away)

    @classmethod
    def take_runs_away(cls):
        with cls.worker() as env:
            env["esm.run"].search([("shop_id", "=", cls.shop_id)]).unlink()
            env["ir.cron.trigger"].search([]).unlink()

    def run_of(self, env):
        return env["esm.run"].search([("shop_id", "=", self.shop_id)], order="id")

    def watch(self):
        """What the dashboard shows of the shop, in a transaction of its own."""
        with self.worker() as env:
            return self.shop(env).dashboard_runs()[str(self.shop_id)]

    def test_others_see_how_far_it_is(self):
        self.place(1000)
        with self.worker() as env:
            self.shop(env).action_start_collect()
        seen = []

        def work(shop):
            shop._show_progress("orders", 1, 4)
            seen.extend(self.watch())
            shop._show_progress("confirm", 3, 4)
            seen.extend(self.watch())
            return True, "All well."

        with self.worker() as env:
            self.shop(env)._traced("collect", work)
        seen.extend(self.watch())
        self.assertEqual(
            [(r["state"], r["done"], r["total"]) for r in seen],
            [("running", 1, 4), ("running", 3, 4), ("done", 3, 4)],
        )
        self.assertEqual(seen[0]["step"], "Reading orders")
        self.assertEqual(seen[2]["message"], "All well.")

    def test_pressed_by_two_at_once(self):
        with mute_logger("odoo.sql_db"):
            self.both(lambda env: self.shop(env).action_start_collect())
        with self.worker() as env:
            self.assertEqual(self.run_of(env).mapped("state"), ["waiting"])

    def test_two_workers_do_it_once(self):
        [number] = self.place(1000)
        with self.worker() as env:
            self.shop(env).action_start_collect()
        with mute_logger("odoo.sql_db"):
            self.both(lambda env: env["esm.run"]._cron_work())
        with self.worker() as env:
            self.assertEqual(self.run_of(env).mapped("state"), ["done"])
            self.assertEqual(len(self.rows(env, number)), 1)
        self.assertEqual(self.calls("OrderCheck"), 1)

    def test_a_running_run_is_left_to_its_worker(self):
        """The schedule, another press and those who watch do not disturb it."""
        done = []

        def work(shop):
            with ThreadPoolExecutor(1) as pool:
                pool.submit(self.press_and_collect, done).result(60)
            return True, "First."

        with self.worker() as env:
            self.shop(env).auto_collect = True
        self.addCleanup(self.switch_off)
        with self.worker() as env:
            self.shop(env)._traced("collect", work)
        self.assertEqual(done, ["running"])
        with self.worker() as env:
            run = self.run_of(env)
            self.assertEqual((run.state, run.message), ("done", "First."))
            self.assertFalse(self.shop(env).last_collect_at)

    def press_and_collect(self, done):
        with self.worker() as env:
            self.shop(env).action_start_collect()
            env["esm.shop"]._cron_collect()
        done.extend(run["state"] for run in self.watch())

    def switch_off(self):
        with self.worker() as env:
            self.shop(env).auto_collect = False

    def test_a_worker_that_lost_its_connection_is_noticed(self):
        with self.worker() as env:
            self.shop(env).action_start_collect()

        def die(shop):
            self.assertEqual(self.watch()[0]["state"], "running")
            shop.env.cr._cnx.close()  # as when the process is killed
            raise KeyboardInterrupt

        cr = self.registry.cursor()
        env = self.env(cr=cr)
        with self.assertRaises(InterfaceError), mute_logger("odoo.sql_db"):
            self.shop(env)._traced("collect", die)
        with mute_logger("odoo.sql_db"):
            cr.close()
        [shown] = self.watch()
        self.assertEqual(shown["state"], "stopped")
