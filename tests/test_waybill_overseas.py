from odoo.tests import tagged

from .common import CUP, TEA
from .test_waybill_print import WaybillCase

CUSTOMS_CODE = "P000000000000"


@tagged("post_install", "-at_install")
class TestWaybillOverseas(WaybillCase):
    """What only some labels show."""

    def label(self, picking):
        return self.render(picking, "report_waybill_zpl").decode()

    def test_an_overseas_parcel_shows_its_numbers(self):
        overseas = self.delivery(TEA, overseas=True, customs_code=CUSTOMS_CODE)
        number = overseas.esm_overseas_bundle_no
        self.assertTrue(number)
        label = self.label(overseas)
        self.assertIn(f"Overseas Bundle Number: {number}", label)
        self.assertIn(f"Customs Code: {CUSTOMS_CODE}", label)

    def test_nobody_reads_a_customs_code_on_other_parcels(self):
        label = self.label(self.delivery(TEA, customs_code=CUSTOMS_CODE))
        self.assertNotIn(CUSTOMS_CODE, label)

    def test_add_ons_have_no_internal_reference(self):
        code = "CUP-05-W"
        product = self.env["product.product"].search(
            [("esm_inventory_code", "=", CUP["option"][1])]
        )
        product.write({"default_code": code, "esm_seller_code": "ADD-ON"})
        item = {**TEA, "additions": [("추가구성:머그컵", "ADD-ON", 1000, 1)]}
        label = self.label(self.delivery(item))
        self.assertIn(product.name, label)
        self.assertNotIn(code, label)
