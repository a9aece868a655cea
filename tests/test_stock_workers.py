"""Two workers that put stock on sale, on cursors of their own that really commit."""

import time
from concurrent.futures import ThreadPoolExecutor

from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_concurrency import SELLER, TwoWorkersCase

CODE = "TWO-STOCK"


@tagged("post_install", "-at_install")
class TestTwoStockWorkers(TwoWorkersCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.take_goods_away)
        self.item = self.sandbox.add_item(
            "Two", 9900, gmarket=SELLER, seller_code=CODE, stock=3
        )
        with self.worker() as env:
            shop = self.shop(env)
            shop.write({"auto_stock": True, "auto_collect": True})
            product = env["product.product"].create(
                {"name": "Two", "is_storable": True, "esm_seller_code": CODE}
            )
            self.receive(env, product, 7)
            shop._read_listings()

    @classmethod
    def take_goods_away(cls):
        cls.take_orders_away()
        with cls.worker() as env:
            shop = env["esm.shop"].browse(cls.shop_id)
            shop.write({"auto_stock": False, "auto_collect": False})
            shop.listing_ids.unlink()
            product = env["product.product"].search([("esm_seller_code", "=", CODE)])
            env.cr.execute(
                "DELETE FROM stock_quant WHERE product_id = %s", [product.id]
            )
            env["ir.cron.trigger"].search([]).unlink()
            product.unlink()

    def receive(self, env, product, pieces):
        location = self.shop(env).warehouse_id.lot_stock_id
        env["stock.quant"]._update_available_quantity(product, location, pieces)

    def on_sale(self):
        [pieces] = self.sandbox.on_sale().values()
        return pieces

    def sync(self, env):
        env["esm.shop"]._cron_stock()

    def slow(self, endpoint):
        self.sandbox.faults.add("slow", endpoint, times=None, seconds=0.7)

    def wait_for(self, endpoint):
        """Until a worker is in the middle of this call."""
        for _ in range(600):
            if self.calls(endpoint):
                return
            time.sleep(0.05)
        self.fail(f"Nobody calls {endpoint}.")

    def settle(self):
        with mute_logger("odoo.sql_db"), self.worker() as env:
            self.shop(env).cursor_at = False  # orders are collected at once
            self.sync(env)
            listing = self.shop(env).listing_ids
            self.assertEqual(listing.option_ids.offered, self.on_sale())
            self.assertFalse(listing.trouble)

    def test_each_change_is_written_once(self):
        self.slow(("sell-status:read", "stock"))
        with mute_logger("odoo.sql_db"):  # of conflicts, which are no failures
            self.both(self.sync)
        self.assertEqual(self.calls("stock"), 1)
        self.assertEqual(self.on_sale(), 7)
        self.settle()

    def test_more_goods_while_another_worker_writes(self):
        self.slow("stock")
        with ThreadPoolExecutor(1) as pool, mute_logger("odoo.sql_db"):
            first = pool.submit(self.in_background)
            self.wait_for("stock")
            with self.worker() as env:
                product = env["product.product"].search(
                    [("esm_seller_code", "=", CODE)]
                )
                self.receive(env, product, 2)
                env.cr.commit()  # pylint: disable=invalid-commit
                self.sync(env)
            first.result(60)
        self.settle()
        self.assertEqual(self.on_sale(), 9)

    def test_order_that_comes_in_while_stock_is_written(self):
        self.slow("stock")
        with ThreadPoolExecutor(1) as pool, mute_logger("odoo.sql_db"):
            first = pool.submit(self.in_background)
            self.wait_for("stock")
            number = self.item.numbers["gmarket"]
            self.sandbox.place_basket("gmarket", SELLER, [{"site_goods_no": number}])
            with self.worker() as env:
                self.shop(env)._run_cycle()
                self.assertEqual(self.shop(env).order_count, 1)
            first.result(60)
        self.settle()
        self.assertEqual(self.on_sale(), 6)

    def test_price_waits_while_stock_is_written(self):
        """Starting an item writes its price as it was read a moment before."""
        with self.worker() as env:
            self.shop(env).listing_ids._lock_item()
            with self.worker() as other:
                listing = self.shop(other).listing_ids
                other["esm.outbox"]._request_values("price", {listing: {"price": 9000}})
            with self.worker() as other:
                other["esm.outbox"]._cron_send()
            self.assertEqual(self.calls("price"), 0)
        with self.worker() as env:
            env["esm.outbox"]._cron_send()
        self.assertEqual(self.calls("price"), 1)

    def in_background(self):
        with self.worker() as env:
            self.sync(env)
