from odoo import api, fields, models

from .esm_order_delivery import MARKET_ORDER


class SaleOrder(models.Model):
    _inherit = "sale.order"

    esm_market_status = fields.Selection(
        lambda self: (
            self.env["esm.order"]
            ._fields["market_status"]
            ._description_selection(self.env)
        ),
        string="At the Marketplace",
        compute="_compute_esm_market_status",
        compute_sudo=True,  # every salesperson sees where the parcel is
        help="How far the order is that is behind the others.",
    )
    esm_special = fields.Char(
        string="Special Delivery",
        compute="_compute_esm_market_status",
        compute_sudo=True,
    )

    @api.depends("esm_order_ids.market_status", "esm_order_ids.state")
    def _compute_esm_market_status(self):
        for order in self:
            rows = order.esm_order_ids.filtered(lambda row: row.state != "cancelled")
            statuses = set(rows.mapped("market_status"))
            order.esm_market_status = next(
                (status for status in MARKET_ORDER if status in statuses), False
            )
            order.esm_special = ", ".join(rows._special_names()) or False


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _prepare_procurement_values(self):
        """Extend: no deadline as long as the marketplace has told none.

        It comes a minute or two after the order. Odoo would take the day of the order.
        """
        values = super()._prepare_procurement_values()
        order = self.order_id
        if order.esm_shop_id and not order.commitment_date:
            values["date_deadline"] = False
        return values
