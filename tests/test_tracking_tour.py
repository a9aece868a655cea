from odoo.fields import Command
from odoo.tests import tagged

from .common import GMARKET, TEA
from .test_tour import TourCase
from .test_tracking_import import HEADER, NUMBER, make_csv


@tagged("post_install", "-at_install")
class TestTrackingTour(TourCase):
    """A file of the courier's program with one bad row, in the browser."""

    def setUp(self):
        super().setUp()
        self.make_shops(self.sandbox.url)

    def test_import_with_one_bad_row(self):
        [number] = self.sandbox.place_basket(
            "gmarket", GMARKET, [TEA], shipping_fee=3000
        )
        self.env.flush_all()
        with self.registry.cursor() as cr:  # the job commits
            self.gmarket.with_env(self.env(cr=cr))._run_cycle()
        data = make_csv(HEADER, (number, NUMBER), ("4999999999", "1"), encoding="cp949")
        self.offer_file("tour_courier_file", data)
        self.env["res.users"].create(
            {
                "name": "Warehouse",
                "login": "warehouse",
                "password": "warehouse",
                "group_ids": [Command.set([self.env.ref("stock.group_stock_user").id])],
            }
        )
        # Odoo logs what users are refused.
        with self.assertLogs("odoo.http", "WARNING") as log:
            self.start_tour(
                "/odoo/action-sale_esm.esm_tracking_import_action",
                "esm_tracking_tour",
                login="warehouse",
                timeout=180,
            )
        self.assertEqual(len(log.output), 1)
        picking = self.gmarket.order_ids.sale_order_id.picking_ids
        self.assertEqual(
            (picking.state, picking.carrier_tracking_ref, picking.esm_state),
            ("done", NUMBER, "waiting"),
        )
        record = self.env["esm.tracking.import"].search([], order="id desc", limit=1)
        self.assertEqual(record.applied_by_id.login, "warehouse")
        with self.registry.cursor() as cr:  # the job commits
            self.env(cr=cr)["esm.outbox"]._cron_send()
        self.assertEqual(self.sandbox.orders[number].invoice_no, NUMBER)
