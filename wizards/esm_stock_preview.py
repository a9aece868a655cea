from odoo import api, fields, models
from odoo.fields import Command


class EsmStockPreview(models.TransientModel):
    """What a push of stock would write, without writing it."""

    _name = "esm.stock.preview"
    _inherit = "esm.dialog"
    _description = "What Would Be Pushed"

    listing_ids = fields.Many2many("esm.listing", readonly=True)
    line_ids = fields.One2many("esm.stock.preview.line", "preview_id", readonly=True)
    change_count = fields.Integer(compute="_compute_change_count")
    has_unknown = fields.Boolean(compute="_compute_change_count")

    @api.depends("line_ids.known")
    def _compute_change_count(self):
        for preview in self:
            preview.change_count = len(preview.line_ids)
            preview.has_unknown = not all(preview.line_ids.mapped("known"))

    @api.model
    def _open(self, listings):
        """Show what would be pushed of these listings.

        :param listings: `esm.listing` recordset
        """
        # sudo: quantities count what lies and what is ordered, whoever looks
        lines = listings.sudo()._stock_preview()
        preview = self.create(
            {
                "listing_ids": [Command.set(listings.ids)],
                "line_ids": [Command.create(line) for line in lines],
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What Would Be Pushed"),
            "res_model": self._name,
            "res_id": preview.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_push(self):
        """Push it now."""
        return self.listing_ids.action_push_stock()


class EsmStockPreviewLine(models.TransientModel):
    _name = "esm.stock.preview.line"
    _inherit = "esm.dialog"
    _description = "Quantity That Would Be Pushed"

    preview_id = fields.Many2one("esm.stock.preview", required=True, ondelete="cascade")
    option_id = fields.Many2one("esm.listing.option", required=True, readonly=True)
    shop_id = fields.Many2one(related="option_id.shop_id", related_sudo=False)
    product_text = fields.Char(related="option_id.product_text", related_sudo=False)
    offered = fields.Integer(string="On Sale Now", readonly=True)
    wanted = fields.Integer(string="Would Be on Sale", readonly=True)
    known = fields.Boolean(
        readonly=True,
        help="Off: an order came in, and ESM may have lowered the quantity itself.",
    )
