from odoo.tests import new_test_user, tagged

from .common import CUP, GMARKET, TEA
from .test_tour import TourCase


@tagged("post_install", "-at_install")
class TestStoryTour(TourCase):
    """From a report to what happened to an order."""

    def setUp(self):
        super().setUp()
        self.make_shops(self.sandbox.url)

    def test_from_the_report_to_the_order(self):
        self.sandbox.place_basket(
            "gmarket", GMARKET, [TEA, CUP], shipping_fee=3000, memo="문 앞에"
        )
        self.committed(lambda env: self.gmarket.with_env(env)._run_cycle())
        picking = self.env["esm.order"].search([]).sale_order_id.picking_ids
        picking.carrier_tracking_ref = "123456789012"
        picking.button_validate()
        self.committed(lambda env: env["esm.outbox"]._cron_send())
        new_test_user(
            self.env,
            "reporter",
            groups="sales_team.group_sale_manager,stock.group_stock_user",
            password="reporter",
        )
        self.start_tour(
            "/odoo/action-sale_esm.esm_sales_report_action",
            "esm_story_tour",
            login="reporter",
            timeout=180,
        )
