from odoo import fields, models


class SaleReport(models.Model):
    """Sales by marketplace shop, and without those of a sandbox."""

    _name = "sale.report"
    _inherit = ["sale.report", "esm.sandbox.mixin"]

    esm_shop_id = fields.Many2one("esm.shop", string="Marketplace Shop", readonly=True)

    def _select_additional_fields(self):
        """Extend: the shop of the order."""
        return {**super()._select_additional_fields(), "esm_shop_id": "s.esm_shop_id"}

    def _group_by_sale(self):
        """Extend: see above."""
        return f"{super()._group_by_sale()}, s.esm_shop_id"
