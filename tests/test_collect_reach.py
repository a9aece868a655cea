from datetime import timedelta

from odoo.tests import tagged

from .common import TEA, EsmCase


@tagged("post_install", "-at_install")
class TestCollectReach(EsmCase):
    """How far back orders are found that wait at the marketplace."""

    def place_weeks_ago(self):
        weeks_ago = self.sandbox.now() - timedelta(days=25)
        [number] = self.place(TEA, paid_at=weeks_ago)
        return number

    def test_first_run_finds_what_has_waited_for_weeks(self):
        number = self.place_weeks_ago()
        self.run_cycle()
        self.assertEqual(self.rows(number).state, "released")

    def test_sweep_finds_what_later_runs_do_not_look_at(self):
        self.run_cycle()
        number = self.place_weeks_ago()
        self.run_cycle()
        self.assertFalse(self.rows(number))
        self.env["esm.shop"].sudo()._cron_sweep()
        self.assertEqual(self.rows(number).state, "released")
