"""Workers of several processes share the shops."""

from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from .common import TEA, EsmCase

COLLECT = "sale_esm.ir_cron_collect"


@tagged("post_install", "-at_install")
class TestSharing(EsmCase):
    def triggered(self):
        """Which of the further workers' scheduled actions are about to run."""
        waiting = self.env["ir.cron.trigger"].search([]).cron_id
        found = {
            number: self.env.ref(f"{COLLECT}_{number}", raise_if_not_found=False)
            for number in (2, 3, 4)
        }
        return [number for number, cron in found.items() if cron and cron in waiting]

    def collect_with(self, count):
        """Begin to collect for so many shops."""
        self.env["ir.cron.trigger"].search([]).unlink()
        for number in range(count - len(self.env["esm.shop"].search([]))):
            self.gmarket.copy({"seller_id": f"many{count}{number}", "site": "auction"})
        self.env["esm.shop"].search([]).write(
            {"auto_collect": True, "last_collect_at": False}
        )
        with patch.object(self.registry["esm.shop"], "_for_each_shop"):
            self.env["esm.shop"]._cron_collect()
        return self.triggered()

    def test_further_workers_join_when_there_are_many_shops(self):
        self.assertEqual(self.collect_with(4), [])
        self.assertEqual(self.collect_with(5), [2])
        self.assertEqual(self.collect_with(10), [2, 3])
        self.assertEqual(self.collect_with(30), [2, 3, 4])
        self.env.ref(f"{COLLECT}_3").unlink()
        self.assertEqual(self.collect_with(30), [2, 4])

    def test_a_further_worker_collects_what_is_left(self):
        [number] = self.place(TEA)
        self.auction.last_collect_at = fields.Datetime.now()
        self.env["esm.shop"]._cron_collect_along()
        self.assertEqual(self.rows(number).state, "released")
        sellers = {call.seller for call in self.sandbox.calls}
        self.assertEqual(sellers, {f"G:{self.gmarket.seller_id}"})

    def test_none_joins_when_nobody_is_to_collect(self):
        self.env.ref(COLLECT).active = False
        self.env["esm.shop"]._cron_collect_along()
        self.assertFalse(self.sandbox.calls)

    def test_collected_meanwhile(self):
        """By another worker, after this one has looked which shops are due."""
        shops = self.env["esm.shop"]._due_shops()
        self.assertEqual(len(shops), 2)
        self.gmarket.last_collect_at = fields.Datetime.now()
        shops._collect_due(shops)
        sellers = {call.seller for call in self.sandbox.calls}
        self.assertEqual(sellers, {f"A:{self.auction.seller_id}"})

    def test_who_runs_out_of_time_goes_on_at_once(self):
        cron = self.env.ref(COLLECT)
        shops = self.gmarket | self.auction
        seen = []
        for until, count in ((float("inf"), 2), (0, 1)):
            seen.clear()
            job = shops.with_context(cron_id=cron.id, esm_until=until)
            self.env["ir.cron.trigger"].search([]).unlink()
            job._for_each_shop(job, seen.append)
            self.assertEqual(len(seen), count)
            triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
            self.assertEqual(len(triggers), 2 - count)
