import threading
import time
from contextlib import contextmanager
from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import HttpCase, tagged
from odoo.tests.common import release_test_lock

from ..esm_api import NoPacer
from ..models import esm_shop_jobs
from ..models.esm_shop import EsmShop
from .common import CUP, GMARKET, TEA, ShopMixin, make_sandbox

# How long the browser's requests get their turn after each commit of background work.
TURN_SECONDS = 0.1


class TourCase(ShopMixin, HttpCase):
    """What people do with the connector in the browser, against the sandbox."""

    # All requests share one connection; on a busy machine one may wait for long.
    test_cursor_lock_timeout = 90

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sandbox = make_sandbox()
        cls.sandbox.start()
        cls.addClassCleanup(cls.sandbox.stop)
        cls.set_up_merchant()
        cls.carrier.name = "Tour courier"
        # The port is another one each time: the tour finds the address filled in.
        cls.env["ir.default"].set("esm.account", "sandbox_url", cls.sandbox.url)
        options = patch.object(
            EsmShop, "_api_options", lambda shop: {"pacer": NoPacer()}
        )
        options.start()
        cls.addClassCleanup(options.stop)

    def setUp(self):
        super().setUp()
        self.sandbox.reset()
        self.logged_in = threading.Event()
        # Odoo's own sales form names a widget of partner_autocomplete; the databases
        # of ./dev leave that module out, it tries the network.
        self._logger.getChild("browser").addFilter(
            lambda record: "res_partner_many2one" not in record.getMessage()
        )

    def authenticate(self, *args, **kwargs):
        """Extend: tell background work that the browser is about to begin."""
        session = super().authenticate(*args, **kwargs)
        self.logged_in.set()
        return session

    @contextmanager
    def background(self, *jobs):
        """Do the background work of a tour while it runs, as a cron worker does.

        :param jobs: (model, name of the method that a scheduled action runs)
        """
        stop, real = threading.Event(), esm_shop_jobs.EsmShop._commit

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
            # Until the login this thread's cursor is used without a lock.
            while not self.logged_in.wait(0.3):
                if stop.is_set():
                    return
            while not stop.wait(0.3):
                for model, method in jobs:
                    with self.registry.cursor() as cr:
                        getattr(self.env(cr=cr)[model], method)()

        worker = threading.Thread(target=work)
        self.env.flush_all()
        with patch.object(esm_shop_jobs.EsmShop, "_commit", commit):
            worker.start()
            try:
                yield
            finally:
                stop.set()
                with release_test_lock():
                    worker.join(60)
        self.assertFalse(worker.is_alive())
        self.env.invalidate_all()

    def job(self, work):
        """Do work of the connector, which commits, as its jobs do."""
        self.env.flush_all()
        with self.registry.cursor() as cr:
            work(self.env(cr=cr))
        self.env.invalidate_all()

    def committed(self, work):
        """Jobs commit: let them do it on a cursor of the test."""
        self.env.flush_all()
        with self.registry.cursor() as cr:
            result = work(self.env(cr=cr))
        self.env.invalidate_all()
        return result

    def offer_file(self, name, data):
        """Let a tour choose this file (see `chooseFile` of the tours).

        :param str name: what the tour calls it
        :param bytes data: what is in it
        """
        attachment = self.env["ir.attachment"].create(
            {"name": name, "raw": data, "public": True}
        )
        self.env["ir.model.data"].create(
            {
                "module": "sale_esm",
                "name": name,
                "model": "ir.attachment",
                "res_id": attachment.id,
            }
        )


@tagged("post_install", "-at_install")
class TestTour(TourCase):
    def test_first_day_of_a_merchant(self):
        numbers = self.sandbox.place_basket(
            "gmarket", GMARKET, [TEA, CUP], shipping_fee=3000
        )
        with self.background(("esm.run", "_cron_work")):
            self.start_tour("/odoo/settings", "esm_tour", login="admin", timeout=180)
        shop = self.env["esm.shop"].search([("seller_id", "=", GMARKET)])
        self.assertEqual(shop.connection_state, "connected")
        self.assertEqual(
            shop.account_id.secret_key, "test-secret-key-of-32-characters!"
        )
        picking = shop.order_ids.sale_order_id.picking_ids
        self.assertEqual(picking.mapped("state"), ["done"])
        self.assertEqual(picking.esm_state, "waiting")
        with self.registry.cursor() as cr:  # the job commits
            self.env(cr=cr)["esm.outbox"]._cron_send()
        for number in numbers:
            order = self.sandbox.orders[number]
            self.assertEqual(order.confirmations, 1)
            self.assertEqual(
                [invoice[:2] for invoice in order.invoices], [(10013, "123456789012")]
            )

    def test_scanning_waybills(self):
        self.make_shops(self.sandbox.url)
        for _parcel in range(2):
            self.sandbox.place_basket("gmarket", GMARKET, [TEA], shipping_fee=3000)
        self.env.flush_all()
        with self.registry.cursor() as cr:  # the job commits
            self.gmarket.with_env(self.env(cr=cr))._run_cycle()
        self.env["res.users"].create(
            {
                "name": "Warehouse",
                "login": "warehouse",
                "password": "warehouse",
                "group_ids": [Command.set([self.env.ref("stock.group_stock_user").id])],
            }
        )
        self.start_tour(
            "/odoo/action-sale_esm.stock_picking_action_to_ship",
            "esm_scan_tour",
            login="warehouse",
            timeout=180,
        )
        pickings = self.gmarket.order_ids.sale_order_id.picking_ids
        self.assertEqual(pickings.mapped("esm_state"), ["waiting", "waiting"])
        self.assertEqual(
            set(pickings.mapped("carrier_tracking_ref")),
            {"660000000001", "660000000002"},
        )
