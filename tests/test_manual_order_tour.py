from odoo.tests import new_test_user, tagged

from .test_manual_order import HEADER, NUMBER, ROW
from .test_tour import TourCase
from .workbooks import make_workbook


@tagged("post_install", "-at_install")
class TestManualOrderTour(TourCase):
    """Orders entered by hand in the browser, typed and from a workbook."""

    def setUp(self):
        super().setUp()
        self.make_shops(self.sandbox.url)
        new_test_user(
            self.env,
            "sells",
            "sales_team.group_sale_salesman_all_leads",
            password="sells-orders",
        )

    def enter(self, tour):
        self.start_tour(
            "/odoo/action-sale_esm.esm_manual_order_action",
            tour,
            login="sells",
            timeout=180,
        )

    def check_order(self, origin, amount):
        record = self.env["esm.manual.order"].search([], order="id desc", limit=1)
        self.assertEqual((record.state, record.applied_by_id.login), ("done", "sells"))
        [row] = self.gmarket.order_ids
        self.assertEqual(
            (row.origin, row.state, row.silent), (origin, "released", True)
        )
        self.assertEqual(row.sale_order_id.amount_total, amount)
        self.assertEqual(row.sale_order_id.picking_ids.product_id, self.tea)
        self.assertFalse(self.sandbox.calls)
        return row

    def test_typed_in(self):
        self.enter("esm_manual_typed_tour")
        self.check_order("typed", 15400)

    def test_from_a_workbook_with_one_bad_row(self):
        cancelled = {**ROW, "주문번호": "4700000002", "주문상태": "취소완료"}
        data = make_workbook(
            HEADER, *([row[title] for title in HEADER] for row in (ROW, cancelled))
        )
        self.offer_file("tour_order_file", data)
        # Odoo logs what users are refused.
        with self.assertLogs("odoo.http", "WARNING") as log:
            self.enter("esm_manual_file_tour")
        self.assertEqual(len(log.output), 1)
        row = self.check_order("file", 28800)
        picking = row.sale_order_id.picking_ids
        self.assertEqual(picking.carrier_tracking_ref, NUMBER)
