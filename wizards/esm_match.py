from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain


class EsmMatch(models.TransientModel):
    """Say by hand what leaves the warehouse for an option of a listing."""

    _name = "esm.match"
    _inherit = "esm.dialog"
    _description = "Match a Marketplace Option"

    option_id = fields.Many2one("esm.listing.option", required=True, readonly=True)
    company_id = fields.Many2one(related="option_id.company_id", related_sudo=False)
    code = fields.Char(related="option_id.code", related_sudo=False)
    match_method = fields.Selection(
        related="option_id.match_method", related_sudo=False
    )
    match_state = fields.Selection(related="option_id.match_state", related_sudo=False)
    line_ids = fields.One2many(
        "esm.match.line",
        "match_id",
        compute="_compute_line_ids",
        compute_sudo=False,
        store=True,
        readonly=False,
        string="Goods",
    )
    waiting_ids = fields.Many2many(
        "esm.order",
        string="Orders That Wait for This Match",
        compute="_compute_orders",
    )
    waiting_numbers = fields.Char(compute="_compute_orders")
    order_ids = fields.Many2many(
        "esm.order",
        string="Orders Not Shipped Yet",
        compute="_compute_orders",
        help="They were booked with the goods of the match before.",
    )
    order_numbers = fields.Char(compute="_compute_orders")
    rematch_orders = fields.Boolean(
        string="Change the goods of these orders too",
        default=True,
    )
    has_next = fields.Boolean(compute="_compute_has_next")

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
    def _compute_orders(self):
        for match in self:
            rows = match.option_id._orders([("state", "in", ("booked", "released"))])
            waiting = rows.filtered(lambda row: row.problem == "unmatched")
            match.waiting_ids = waiting
            match.waiting_numbers = ", ".join(waiting.mapped("order_no"))
            match.order_ids = rows - waiting
            match.order_numbers = ", ".join((rows - waiting).mapped("order_no"))

    @api.depends("option_id")
    def _compute_has_next(self):
        for match in self:
            match.has_next = bool(match._next_option())

    def _next_option(self):
        """The option to match after this one: the next of its shop, or the first."""
        Option = self.env["esm.listing.option"]
        unmatched = Domain(
            [
                ("shop_id", "=", self.option_id.shop_id.id),
                ("match_method", "=", False),
                ("shown", "=", True),
                ("listing_id.state", "!=", "deleted"),
                ("id", "!=", self.option_id.id),
            ]
        )
        later = unmatched & Domain("id", ">", self.option_id.id)
        return Option.search(later, order="id", limit=1) or Option.search(
            unmatched, order="id", limit=1
        )

    def action_match(self):
        """Keep the match; orders that wait for it go on by themselves."""
        return self._match({"type": "ir.actions.act_window_close"})

    def action_match_next(self):
        """Keep the match, and go on with the next option that has none."""
        option = self._next_option()
        if not option:  # somebody else was faster
            return self.action_match()
        return self._match(option.action_match())

    def action_undo(self):
        """Forget the match by hand; the codes count again."""
        return self._match({"type": "ir.actions.act_window_close"}, undo=True)

    def _match(self, next_action, undo=False):
        """Keep what the lines say, or forget it, and look at the orders again.

        :param next_action: what happens when the dialog closes
        :param bool undo: forget the match
        """
        self.ensure_one()
        self.option_id.check_access("write")
        if not undo and not self.line_ids:
            raise UserError(
                self.env._(
                    "Choose what leaves the warehouse for “%(option)s”.",
                    option=self.option_id.display_name,
                )
            )
        goods = [(line.product_id, line.quantity) for line in self.line_ids]
        # sudo: matches and orders are written by the connector only
        match = self.sudo()
        match.option_id._set_match([] if undo else goods)
        if not match.rematch_orders:
            return next_action
        changed = match.order_ids._mismatched()
        left = changed._rematch()
        if not changed:
            return next_action
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if left else "success",
                "sticky": bool(left),
                "message": changed._rematch_text(left),
                "next": next_action,
            },
        }


class EsmMatchLine(models.TransientModel):
    _name = "esm.match.line"
    _inherit = "esm.dialog"
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
