from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class EsmMatch(models.TransientModel):
    """Say by hand what leaves the warehouse for an option of a listing."""

    _name = "esm.match"
    _description = "Match a Marketplace Option"

    option_id = fields.Many2one("esm.listing.option", required=True, readonly=True)
    company_id = fields.Many2one(related="option_id.company_id")
    code = fields.Char(related="option_id.code")
    match_method = fields.Selection(related="option_id.match_method")
    suggestion_id = fields.Many2one(related="option_id.suggestion_id")
    line_ids = fields.One2many(
        "esm.match.line",
        "match_id",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
        string="Goods",
    )
    order_ids = fields.Many2many(
        "esm.order",
        string="Orders Not Shipped Yet",
        compute="_compute_order_ids",
        help="They were booked with other goods.",
    )
    order_count = fields.Integer(compute="_compute_order_ids")
    rematch_orders = fields.Boolean(
        string="Change the Goods of These Orders Too",
        default=True,
    )

    @api.depends("option_id")
    def _compute_line_ids(self):
        for match in self:
            components = match.option_id.component_ids
            suggestion = match.option_id.suggestion_id
            values = [
                {"product_id": line.product_id.id, "quantity": line.quantity}
                for line in components
            ]
            if not values and suggestion:
                values = [{"product_id": suggestion.id, "quantity": 1}]
            match.line_ids = [
                Command.clear(),
                *(Command.create(line) for line in values),
            ]

    @api.depends("option_id")
    def _compute_order_ids(self):
        for match in self:
            listings = (match.option_id | match.option_id._twin()).listing_id
            match.order_ids = match.env["esm.order"].search(
                [
                    ("shop_id", "in", listings.shop_id.ids),
                    ("goods_no", "in", listings.mapped("site_goods_no")),
                    ("state", "in", ("booked", "released")),
                    ("problem", "!=", "unmatched"),
                ]
            )
            match.order_count = len(match.order_ids)

    def action_match(self):
        """Keep the match; orders that wait for it go on by themselves."""
        self.ensure_one()
        self.option_id.check_access("write")
        if not self.line_ids:
            raise UserError(
                self.env._("Choose what leaves the warehouse for “%(option)s”.")
                % {"option": self.option_id.display_name}
            )
        # sudo: rows and orders are written by the connector only
        option = self.sudo().option_id
        option._set_match([(line.product_id, line.quantity) for line in self.line_ids])
        return self._after_match()

    def action_undo(self):
        """Forget the match by hand; the codes count again."""
        self.ensure_one()
        self.option_id.check_access("write")
        self.sudo().option_id._set_match([])  # as above
        return self._after_match()

    def _after_match(self):
        if not self.rematch_orders:
            return {"type": "ir.actions.act_window_close"}
        changed = self.sudo().order_ids._mismatched()
        left = changed._rematch()
        if not left:
            return {"type": "ir.actions.act_window_close"}
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "message": changed._rematch_text(left),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }


class EsmMatchLine(models.TransientModel):
    _name = "esm.match.line"
    _description = "Goods of a Marketplace Option"

    match_id = fields.Many2one("esm.match", required=True, ondelete="cascade")
    product_id = fields.Many2one(
        "product.product",
        required=True,
        domain="[('sale_ok', '=', True), ('company_id', 'in', (False, company_id))]",
    )
    company_id = fields.Many2one(related="match_id.company_id")
    quantity = fields.Float(
        default=1.0,
        required=True,
        digits="Product Unit",
        help="Pieces in one piece sold: 3 for a pack of three.",
    )
