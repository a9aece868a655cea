from odoo import models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _action_confirm(self):
        """Extend: orders entered by hand bring the number of their waybill."""
        res = super()._action_confirm()
        # sudo: any salesperson may confirm, the connector reads its own rows
        rows = self.sudo().esm_order_ids
        rows.filtered(
            lambda row: row.origin != "collected"
        )._put_numbers_on_deliveries()
        return res
