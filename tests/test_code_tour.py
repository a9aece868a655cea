import base64
import io

import openpyxl

from odoo.tests import tagged

from .test_tour import TourCase
from .workbooks import save


@tagged("post_install", "-at_install")
class TestCodeTour(TourCase):
    """Export, fill in, import with one bad row, in the browser."""

    def test_export_fill_import(self):
        tea, cup = self.env["product.product"].create(
            [
                {"name": "Tour tea", "default_code": "AAA-TOUR-1"},
                {"name": "Tour cup", "default_code": "AAA-TOUR-2"},
            ]
        )
        self.start_tour(
            "/odoo/action-product.product_normal_action",
            "esm_code_export_tour",
            login="admin",
        )
        wizard = self.env["esm.code.export"].search([], order="id desc", limit=1)
        workbook = openpyxl.load_workbook(io.BytesIO(base64.b64decode(wizard.file)))
        sheet = workbook.worksheets[0]
        self.assertEqual(sheet["B3"].value, "AAA-TOUR-2")
        sheet["F2"] = "00123"
        sheet["G3"] = "a code that is too long"
        sheet.insert_rows(2)  # as people do
        self.offer_file("tour_workbook", save(workbook))
        self.start_tour(
            "/odoo/action-sale_esm.esm_code_import_action",
            "esm_code_import_tour",
            login="admin",
        )
        self.assertEqual(tea.esm_seller_code, "00123")
        self.assertFalse(cup.esm_inventory_code)
        record = self.env["esm.code.import"].search([], order="id desc", limit=1)
        self.assertEqual(record.applied_by_id, self.env.ref("base.user_admin"))
        data = self.url_open(record.action_download_problems()["url"]).content
        problems = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
        header, row = problems.values
        row = dict(zip(header, row, strict=True))
        self.assertEqual(row["Inventory Code"], "a code that is too long")
        self.assertEqual(row["Row in the File"], "4")
