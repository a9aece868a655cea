from odoo.tests import tagged

from .common import GMARKET, TEA, UNKNOWN
from .test_tour import TourCase


@tagged("post_install", "-at_install")
class TestDashboardTour(TourCase):
    """The dashboard in the browser, with the background work beside it."""

    def setUp(self):
        super().setUp()
        self.make_shops(self.sandbox.url)

    def start(self, tour):
        self.start_tour(
            "/odoo/action-sale_esm.esm_shop_action_dashboard",
            tour,
            login="admin",
            timeout=180,
        )

    def test_collect_with_the_bar(self):
        for _number in range(4):
            self.sandbox.place_basket("gmarket", GMARKET, [TEA])
        self.sandbox.faults.add("slow", "OrderCheck", times=None, seconds=1)
        with self.background(("esm.run", "_cron_work")):
            self.start("esm_collect_tour")
        self.assertEqual(self.gmarket.order_ids.mapped("state"), ["released"] * 4)

    def test_from_a_number_to_the_fixed_problem(self):
        self.bag.name = "Tour bag"
        item = self.sandbox.add_item(
            UNKNOWN["name"], UNKNOWN["price"], gmarket=GMARKET, seller_code="NEW-99"
        )
        self.sandbox.place_basket(
            "gmarket", GMARKET, [{"site_goods_no": item.numbers["gmarket"]}]
        )
        self.env.flush_all()
        with self.registry.cursor() as cr:  # the jobs commit
            shop = self.gmarket.with_env(self.env(cr=cr))
            shop._read_listings()
            shop._run_cycle()
        self.env.invalidate_all()
        row = self.gmarket.order_ids
        self.assertEqual(row.problem, "unmatched")
        row.outbox_ids.write({"state": "refused", "message": "Try again tomorrow."})
        with self.background(("esm.shop", "_cron_process")):
            self.start("esm_fix_tour")
        self.assertEqual((row.state, row.problem), ("released", False))
        self.assertEqual(row.sale_line_ids.product_id, self.bag)
        self.assertEqual(row.outbox_ids.state, "waiting")
