from odoo.tests import tagged

from .common import GMARKET
from .test_tour import TourCase


@tagged("post_install", "-at_install")
class TestTourListings(TourCase):
    """What people do with listings in the browser, against the sandbox."""

    def setUp(self):
        super().setUp()
        self.make_shops(self.sandbox.url)
        self.item = self.sandbox.add_item(
            "[샘플] 머그컵",
            5500,
            gmarket=GMARKET,
            seller_code="CUP-05",
            options=[
                {"values": {"색상": "화이트"}, "code": "CUP-05-W", "qty": 5},
                {"values": {"색상": "블랙"}, "code": "CUP-05-B", "qty": 5},
                {"values": {"색상": "민트"}, "qty": 5},
            ],
        )

    def read_listings(self):
        self.job(lambda env: self.gmarket.with_env(env)._read_listings())

    def start(self, tour, action):
        self.start_tour(
            f"/odoo/action-sale_esm.{action}", tour, login="admin", timeout=180
        )

    def test_match_by_hand_releases_the_order(self):
        self.env["product.product"].create(
            {"name": "Tour mug", "default_code": "CUP-05-B"}
        )
        self.bag.name = "Tour bag"
        self.read_listings()
        self.sandbox.place_basket(
            "gmarket",
            GMARKET,
            [{"site_goods_no": self.item.numbers["gmarket"], "option": "색상:민트"}],
        )
        self.job(lambda env: self.gmarket.with_env(env)._run_cycle())
        row = self.gmarket.order_ids
        self.assertEqual(row.problem, "unmatched")
        self.start("esm_match_tour", "esm_listing_option_action")
        self.assertEqual(
            self.gmarket.listing_ids.option_ids.mapped("match_method"),
            ["inventory", "manual", "manual"],
        )
        self.job(lambda env: env["esm.shop"]._cron_process())
        self.assertEqual((row.state, row.problem), ("released", False))
        self.start("esm_released_tour", f"esm_order_action/{row.id}")

    def test_dry_run_and_push(self):
        self.env["stock.quant"]._update_available_quantity(
            self.cup, self.warehouse.lot_stock_id, 12 - self.cup.qty_available
        )
        self.gmarket.auto_stock = True
        self.read_listings()
        self.start("esm_push_tour", "esm_listing_action")
        white, black, _mint = self.item.options
        self.assertEqual((white.qty["gmarket"], black.qty["gmarket"]), (12, 5))

    def test_prices_with_preview(self):
        self.read_listings()
        self.start("esm_price_tour", "esm_listing_action")
        self.assertEqual(self.item.price["gmarket"], 5500)
        self.job(lambda env: env["esm.outbox"]._cron_send())
        self.assertEqual(self.item.price["gmarket"], 4950)
        self.assertEqual(self.gmarket.listing_ids.price, 4950)
