from odoo import api, fields, models

from .story import read_at_once, story


class StockPicking(models.Model):
    """What became of the marketplace orders in a delivery, step by step."""

    _inherit = "stock.picking"

    esm_story = fields.Json(
        string="Marketplace Story",
        compute="_compute_esm_story",
        compute_sudo=True,  # the warehouse sees what it packs, whatever else it may
    )

    @api.depends_context("lang", "uid")
    @api.depends(
        "state",
        "esm_printed_at",
        "move_ids.state",
        "move_ids.sale_line_id.esm_order_id.outbox_ids.state",
        "move_ids.sale_line_id.esm_order_id.market_status",
        "move_ids.sale_line_id.esm_order_id.state",
        "move_ids.sale_line_id.esm_order_id.cancel_requested",
    )
    def _compute_esm_story(self):
        read_at_once(self._esm_story_orders(), self)
        for picking in self:
            shown = picking.esm_shop_id and picking._esm_is_delivery()
            picking.esm_story = shown and story(picking._esm_story_orders(), picking)

    def _esm_story_orders(self):
        """The orders of these deliveries, those that were cancelled as well."""
        return self._origin.move_ids.sale_line_id.esm_order_id  # as `_esm_orders`
