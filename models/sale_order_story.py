from odoo import api, fields, models

from .story import read_at_once, story


class SaleOrder(models.Model):
    """What became of a marketplace order, step by step."""

    _inherit = "sale.order"

    esm_story = fields.Json(
        string="Marketplace Story",
        compute="_compute_esm_story",
        compute_sudo=True,  # every salesperson sees what became of the order
    )

    @api.depends_context("lang", "uid")
    @api.depends(
        "esm_order_ids.outbox_ids.state",
        "esm_order_ids.market_status",
        "esm_order_ids.state",
        "esm_order_ids.cancel_requested",
        "picking_ids.state",
        "picking_ids.esm_printed_at",
    )
    def _compute_esm_story(self):
        read_at_once(self.esm_order_ids, self.picking_ids)
        for order in self:
            pickings = order.picking_ids if order.esm_shop_id else order.picking_ids[:0]
            order.esm_story = story(
                order.esm_order_ids,
                pickings.filtered(lambda picking: picking._esm_is_delivery()),
            )
