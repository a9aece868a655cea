from datetime import timedelta

from odoo import fields
from odoo.tests import new_test_user, tagged

from ..esm_api import Due, due_limits
from ..models.utc import aware, naive
from .common import AUCTION, GMARKET, TEA
from .test_tour import TourCase


@tagged("post_install", "-at_install")
class TestDeadlineTour(TourCase):
    """The board of deadlines, as the warehouse uses it."""

    def setUp(self):
        super().setUp()
        self.make_shops(self.sandbox.url)

    def test_board(self):
        numbers = [
            self.sandbox.place_basket("gmarket", GMARKET, [TEA])[0] for _i in range(3)
        ]
        numbers += self.sandbox.place_basket("auction", AUCTION, [TEA])
        for shop in self.gmarket | self.auction:
            self.committed(lambda env, shop=shop: shop.with_env(env)._run_cycle())
        late, today, untold, refused = self.env["esm.order"].search(
            [("order_no", "in", [str(number) for number in numbers])],
            order="site desc, order_no",
        )
        self.assertEqual(refused.site, "auction")
        now = fields.Datetime.now()
        (late | refused).due_at = now - timedelta(minutes=1)
        _now, midnight = due_limits(aware(now))[Due.TODAY]
        today.due_at = naive(midnight - timedelta(seconds=1))
        self.assertFalse(untold.due_at)
        picking = refused.sale_order_id.picking_ids
        picking.carrier_tracking_ref = "12345"
        picking.button_validate()
        self.committed(lambda env: env["esm.outbox"]._cron_send())
        self.assertEqual(picking.esm_state, "refused")
        new_test_user(
            self.env, "packer", groups="stock.group_stock_user", password="packer"
        )
        self.start_tour(
            "/odoo/action-sale_esm.stock_picking_action_board",
            "esm_deadline_tour",
            login="packer",
            timeout=180,
        )
        self.committed(lambda env: env["esm.outbox"]._cron_send())
        planned = self.sandbox.orders[int(late.order_no)].planned_date
        self.assertTrue(planned)
        self.assertEqual(late.expected_date, planned)
