from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..models.esm_shop_jobs import EsmShop
from .common import TEA, EsmCase

LOGGERS = (
    "odoo.addons.sale_esm.models.esm_run",
    "odoo.addons.sale_esm.models.esm_shop_jobs",
)


@tagged("post_install", "-at_install")
class TestRuns(EsmCase):
    """Work in the background that people start and watch."""

    def setUp(self):
        super().setUp()
        self.user = new_test_user(
            self.env, login="run_user", groups="sale_esm.group_user"
        )
        self.mine = self.gmarket.with_user(self.user)

    def runs(self, *kinds):
        return self.env["esm.run"].search([("kind", "in", kinds)], order="id")

    def work(self):
        self.env["esm.run"]._cron_work()
        self.env.invalidate_all()

    def watched(self, shop=None):
        shop = shop or self.mine
        return shop.dashboard_runs()[str(shop.id)]

    def test_a_press_returns_at_once(self):
        [number] = self.place(TEA)
        calls = len(self.sandbox.calls)
        self.mine.action_start_collect()
        self.assertEqual(len(self.sandbox.calls), calls)
        self.assertFalse(self.rows(number))
        [shown] = self.watched()
        self.assertEqual((shown["kind"], shown["state"]), ("collect", "waiting"))
        cron = self.env.ref("sale_esm.ir_cron_run")
        self.assertTrue(
            self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])
        )
        self.work()
        self.assertEqual(self.rows(number).state, "released")
        [shown] = self.watched()
        self.assertEqual(shown["state"], "done")
        self.assertIn("1 new orders, 1 booked", shown["message"])
        run = self.runs("collect")
        self.assertEqual(run.user_id, self.user)
        self.assertLessEqual(run.started_at, run.ended_at)

    def test_nothing_is_promised_that_nobody_does(self):
        cron = self.env.ref("sale_esm.ir_cron_run")
        cron.active = False
        with self.assertRaisesRegex(UserError, "switched off"):
            self.mine.action_start_collect()
        cron.active = True
        self.env["ir.config_parameter"].set_param("database.is_neutralized", "True")
        with self.assertRaisesRegex(UserError, "neutralized copy"):
            self.mine.action_start_collect()
        self.assertFalse(self.runs("collect"))

    def test_who_presses_while_the_schedule_is_at_it_sees_the_result(self):
        run = self.env["esm.run"]._claim(self.gmarket, "collect")
        self.addCleanup(run._let_go)
        self.mine.action_start_collect()
        self.assertEqual(self.runs("collect"), run)
        self.assertEqual(run.user_id, self.user)
        run._end(True, "Two new orders.")
        [shown] = self.watched()
        self.assertEqual(shown["message"], "Two new orders.")

    def test_pressed_twice_is_one_run(self):
        self.mine.action_start_collect()
        self.mine.action_start_collect()
        self.assertEqual(len(self.runs("collect")), 1)
        # Another kind of work, or another shop, is something else.
        self.mine.action_start_listings()
        self.auction.action_start_collect()
        self.assertEqual(len(self.runs("collect", "listings")), 3)

    def test_steps_are_shown_while_it_runs(self):
        self.place(TEA)
        self.mine.action_start_collect()
        seen = []
        real = EsmShop._commit

        def commit(shop):
            real(shop)
            seen.append(shop.env["esm.run"].search([("kind", "=", "collect")]).step)

        with patch.object(EsmShop, "_commit", commit):
            self.work()
        for step in ("orders", "cancels", "missing", "confirm", "book"):
            self.assertIn(step, seen)

    def test_trouble_is_told_in_words(self):
        self.sandbox.faults.add("401", None, times=None)
        self.mine.action_start_collect()
        self.work()
        [shown] = self.watched()
        self.assertEqual(shown["state"], "failed")
        self.assertIn("key", shown["message"])
        self.assertEqual(self.gmarket.connection_state, "refused")

    def test_an_unexpected_error_is_told_too(self):
        self.mine.action_start_collect()
        with (
            patch.object(EsmShop, "_run_cycle", side_effect=ZeroDivisionError),
            mute_logger(*LOGGERS),
        ):
            self.work()
        [shown] = self.watched()
        self.assertEqual(shown["state"], "failed")
        self.assertIn("unexpected", shown["message"])
        # Nothing holds it back the next time.
        self.mine.action_start_collect()
        self.work()
        [shown] = self.watched()
        self.assertEqual(shown["state"], "done")

    def test_a_dead_worker_is_noticed(self):
        # As a worker that was killed leaves it: "running", and nobody holds its lock.
        run = self.env["esm.run"].create(
            {
                "shop_id": self.gmarket.id,
                "kind": "collect",
                "state": "running",
                "user_id": self.user.id,
            }
        )
        [shown] = self.watched()
        self.assertEqual((shown["id"], shown["state"]), (run.id, "stopped"))
        self.assertIn("interrupted", shown["message"])
        run.with_user(self.user).action_run_again()
        [shown] = self.watched()
        self.assertEqual(shown["state"], "waiting")
        self.work()
        self.assertEqual(self.watched()[0]["state"], "done")

    def test_a_dead_worker_does_not_stop_the_schedule(self):
        [number] = self.place(TEA)
        dead = self.env["esm.run"].create(
            {"shop_id": self.gmarket.id, "kind": "collect", "state": "running"}
        )
        self.env["esm.shop"]._cron_collect()
        self.assertEqual(self.rows(number).state, "released")
        self.assertEqual(dead.state, "stopped")

    def test_the_schedule_leaves_a_trace(self):
        self.place(TEA)
        self.env["esm.shop"]._cron_collect()
        run = self.runs("collect").filtered(lambda r: r.shop_id == self.gmarket)
        self.assertEqual((run.state, run.user_id.id), ("done", False))
        self.assertIn("1 new orders", run.message)
        # Its result is on the card already, as the last collection.
        self.assertFalse(self.watched())

    def test_the_schedule_takes_over_what_was_asked_for(self):
        self.mine.action_start_collect()
        self.env["esm.shop"]._cron_collect()
        run = self.runs("collect").filtered(lambda r: r.shop_id == self.gmarket)
        self.assertEqual((run.state, run.user_id), ("done", self.user))
        calls = len(self.sandbox.calls)
        self.work()
        self.assertEqual(len(self.sandbox.calls), calls)

    def test_listings_are_read_in_the_background(self):
        self.sandbox.add_item(
            "[샘플] 새 상품", 7000, gmarket=self.gmarket.seller_id, seller_code="NEW-1"
        )
        self.mine.action_start_listings()
        self.work()
        [shown] = self.watched()
        self.assertEqual(shown["state"], "done")
        self.assertIn("1 listings are known, 1 of their goods", shown["message"])

    def test_stock_is_pushed_in_the_background(self):
        item = self.sandbox.add_item(
            "[샘플] 보리차",
            12900,
            gmarket=self.gmarket.seller_id,
            seller_code="TEA-0100",
            stock=5,
        )
        self.gmarket._read_listings()
        with self.assertRaises(UserError):
            self.mine.action_start_stock()
        self.gmarket.auto_stock = True
        self.mine.action_start_stock()
        self.work()
        [shown] = self.watched()
        self.assertEqual(shown["state"], "done")
        self.assertIn("stock of 1 listings was written", shown["message"])
        key = ("gmarket", item.numbers["gmarket"], None)
        self.assertEqual(self.sandbox.on_sale()[key], 1000)

    def test_a_part_of_the_stock_is_no_failure(self):
        [number] = self.place(TEA)
        self.run_cycle()
        listing = self.env["esm.listing"].create(
            {
                "shop_id": self.gmarket.id,
                "site_goods_no": self.rows(number).goods_no,
                "name": "Tea",
            }
        )
        message = self.env["esm.outbox"].create(
            {"listing_id": listing.id, "action": "stock"}
        )
        now = fields.Datetime.now()
        ok, text = self.gmarket._stock_result(now)
        self.assertTrue(ok)
        self.assertIn("1 follow", text)
        message.attempts = 1
        ok, text = self.gmarket._stock_result(now)
        self.assertFalse(ok)
        self.assertIn("1 wait", text)
        self.gmarket.listings_message = "Ask ESM."
        self.assertEqual(
            self.gmarket._stock_result(now), (False, f"{self.gmarket.name}: Ask ESM.")
        )

    def test_refused_stock_is_told(self):
        self.sandbox.add_item(
            "[샘플] 보리차",
            12900,
            gmarket=self.gmarket.seller_id,
            seller_code="TEA-0100",
            stock=5,
        )
        self.gmarket._read_listings()
        self.gmarket.auto_stock = True
        self.sandbox.faults.add("502", "stock", times=None)
        self.mine.action_start_stock()
        self.work()
        [shown] = self.watched()
        self.assertEqual(shown["state"], "failed")
        self.assertIn("1 wait", shown["message"])

    def test_old_traces_are_taken_away(self):
        now = fields.Datetime.now()

        def run(days, **values):
            return self.env["esm.run"].create(
                {
                    "shop_id": self.gmarket.id,
                    "kind": "collect",
                    "state": "done",
                    "ended_at": now - timedelta(days=days),
                    **values,
                }
            )

        kept = run(1) | run(20, user_id=self.user.id) | run(20, state="failed")
        gone = run(3) | run(31, user_id=self.user.id) | run(31, state="failed")
        self.env["esm.run"]._gc_runs()
        self.assertEqual(kept.exists(), kept)
        self.assertFalse(gone.exists())

    def test_other_companies_see_and_start_nothing(self):
        other = self.env["res.company"].create(
            {"name": "Other", "currency_id": self.env.ref("base.KRW").id}
        )
        outsider = new_test_user(
            self.env,
            login="run_outsider",
            groups="sale_esm.group_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.mine.action_start_collect()
        self.assertFalse(self.env["esm.run"].with_user(outsider).search([]))
        for method in ("action_start_collect", "dashboard_runs"):
            with self.assertRaises(UserError):
                getattr(self.gmarket.with_user(outsider), method)()
