import threading
import time
from contextlib import contextmanager
from unittest.mock import patch

from odoo.tests import tagged

from ..models.esm_shop_jobs import EsmShop
from .common import GMARKET, TEA, UNKNOWN
from .test_tour import TourCase

# How long the browser's requests get their turn after each commit of the work.
TURN_SECONDS = 0.25


@tagged("post_install", "-at_install")
class TestDashboardTour(TourCase):
    """The dashboard in the browser, with the background work beside it."""

    def setUp(self):
        super().setUp()
        self.make_shops(self.sandbox.url)

    @contextmanager
    def background(self, *jobs):
        """Do the background work of a tour while it runs, as a cron worker does.

        :param jobs: (model, name of the method that a scheduled action runs)
        """
        stop, real = threading.Event(), EsmShop._commit

        def commit(shop):
            real(shop)
            if threading.current_thread() is worker:
                # In tests all share one connection. Committed is committed: let the
                # others have it for a moment.
                lock = shop.env.cr._lock
                lock.release()
                time.sleep(TURN_SECONDS)
                lock.acquire()

        def work():
            while not stop.wait(0.3):
                for model, method in jobs:
                    with self.registry.cursor() as cr:
                        getattr(self.env(cr=cr)[model], method)()

        worker = threading.Thread(target=work)
        self.env.flush_all()
        with patch.object(EsmShop, "_commit", commit):
            worker.start()
            try:
                yield
            finally:
                stop.set()
                # Nobody else needs the connection any more, except this thread.
                self.registry_leave(worker)

    def registry_leave(self, worker):
        from odoo.tests.common import release_test_lock

        with release_test_lock():
            worker.join(60)
        self.assertFalse(worker.is_alive())
        self.env.invalidate_all()

    def start(self, tour):
        self.start_tour(
            "/odoo/action-sale_esm.esm_shop_action_dashboard",
            tour,
            login="admin",
            timeout=180,
        )

    def test_collect_with_the_bar(self):
        for _number in range(6):
            self.sandbox.place_basket("gmarket", GMARKET, [TEA])
        self.sandbox.faults.add("slow", "OrderCheck", times=None, seconds=0.5)
        with self.background(("esm.run", "_cron_work")):
            self.start("esm_collect_tour")
        self.assertEqual(self.gmarket.order_ids.mapped("state"), ["released"] * 6)

    def test_from_a_number_to_the_fixed_problem(self):
        self.bag.name = "Tour bag"
        self.sandbox.place_basket("gmarket", GMARKET, [UNKNOWN])
        with self.registry.cursor() as cr:  # the job commits
            self.gmarket.with_env(self.env(cr=cr))._run_cycle()
        row = self.gmarket.order_ids
        self.assertEqual(row.problem, "unmatched")
        row.outbox_ids.write({"state": "refused", "message": "Try again tomorrow."})
        with self.background(("esm.shop", "_cron_process")):
            self.start("esm_fix_tour")
        self.assertEqual((row.state, row.problem), ("released", False))
        self.assertEqual(row.sale_line_ids.product_id, self.bag)
        self.assertEqual(row.outbox_ids.state, "waiting")
