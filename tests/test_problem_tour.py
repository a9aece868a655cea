from odoo.tests import tagged

from .common import GMARKET
from .test_tour import TourCase


@tagged("post_install", "-at_install")
class TestProblemTour(TourCase):
    """From a problem in the list to its solution, in the browser."""

    def test_from_the_list_to_the_solved_problem(self):
        self.make_shops(self.sandbox.url)
        self.bag.name = "Tour bag"
        item = self.sandbox.add_item(
            "[샘플] 새 상품", 7000, gmarket=GMARKET, seller_code="TOUR-X", stock=5
        )
        self.job(lambda env: self.gmarket.with_env(env)._read_listings())
        for _order in range(2):
            self.sandbox.place_basket(
                "gmarket", GMARKET, [{"site_goods_no": item.numbers["gmarket"]}]
            )
        self.job(lambda env: self.gmarket.with_env(env)._run_cycle())
        rows = self.gmarket.order_ids
        self.assertEqual(set(rows.mapped("problem")), {"unmatched"})
        self.auction.write(
            {"connection_state": "refused", "connection_message": "Refused."}
        )
        self.start_tour(
            "/odoo/esm-problems", "esm_problem_tour", login="admin", timeout=180
        )
        self.job(lambda env: env["esm.shop"]._cron_process())
        self.assertEqual(set(rows.mapped("state")), {"released"})
        self.assertEqual(self.auction.connection_state, "connected")
