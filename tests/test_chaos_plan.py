import importlib.util
import sys
from pathlib import Path

from odoo.tests import BaseCase, tagged

from ..sandbox.faults import KINDS

PLAN = Path(__file__).parent / "crash" / "plan.py"
WORKERS = ("cron-1", "packer-1")


@tagged("post_install", "-at_install")
class TestChaosPlan(BaseCase):
    """What goes wrong in ``./dev chaos`` comes from the seed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        spec = importlib.util.spec_from_file_location("sale_esm_chaos_plan", PLAN)
        cls.module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = cls.module  # its dataclasses look there
        cls.addClassCleanup(sys.modules.pop, spec.name)
        spec.loader.exec_module(cls.module)

    def plan(self, seed, seconds=30.0, orders=100):
        return self.module.Plan(seed, seconds, orders, WORKERS)

    def test_the_same_seed_gives_the_same_plan(self):
        texts = [list(map(str, self.plan(seed).events)) for seed in (1, 1, 2)]
        self.assertEqual(texts[0], texts[1])
        self.assertNotEqual(texts[0], texts[2])

    def test_everything_happens_in_a_short_run(self):
        plan = self.plan(3)
        kinds = {event.kind for event in plan.events}
        for kind in (*self.module.EVERY, *self.module.RARE, "arrive", "cancel"):
            self.assertIn(kind, kinds)
        self.assertTrue(all(0 <= event.at < 30 for event in plan.events))
        orders = [e.values["orders"] for e in plan.events if e.kind == "arrive"]
        self.assertEqual(sum(orders), 100)

    def test_every_fault_of_orders_is_drawn(self):
        """All that the sandbox can do wrong, but for what is about items."""
        of_items = {"one_site_fails", "remove_between_pages"}
        drawn = {kind for kind, *_rest in self.module.FAULTS}
        self.assertEqual(drawn, set(KINDS) - of_items)
