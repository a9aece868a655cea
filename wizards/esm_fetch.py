import re

from odoo import api, fields, models
from odoo.exceptions import UserError


class EsmFetch(models.TransientModel):
    """Collect single orders by their numbers."""

    _name = "esm.fetch"
    _inherit = "esm.dialog"
    _description = "Collect Marketplace Orders by Number"

    shop_id = fields.Many2one("esm.shop", required=True)
    numbers = fields.Text(
        string="Order Numbers",
        help="One or several order numbers, separated by blanks, commas or lines.",
    )
    line_ids = fields.One2many("esm.fetch.line", "fetch_id", readonly=True)
    some_left = fields.Boolean(compute="_compute_some_left")

    @api.depends("line_ids.order_id")
    def _compute_some_left(self):
        for wizard in self:
            wizard.some_left = any(not line.order_id for line in wizard.line_ids)

    def action_fetch(self):
        """Ask ESM for each number, store what it hands over, then book it."""
        self.ensure_one()
        numbers = list(dict.fromkeys(re.findall(r"\d+", self.numbers or "")))
        if not numbers:
            raise UserError(self.env._("Enter at least one order number."))
        self.shop_id.check_access("read")
        # sudo: the jobs act for the shop, not for the person who presses the button
        shop = self.shop_id.sudo()
        results = [
            (number, *shop.env["esm.order"]._fetch_by_number(shop, number))
            for number in numbers
        ]
        shop._confirm_and_process()
        # sudo: users read the results, they do not write them
        self.line_ids.sudo().unlink()
        self.env["esm.fetch.line"].sudo().create(
            [
                {
                    "fetch_id": self.id,
                    "order_no": number,
                    "order_id": row.id,
                    "result": text,
                }
                for number, row, text in results
            ]
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
            "name": self.env._("Collect by Number"),
        }

    def action_manual(self):
        """Take over by hand what was not handed over."""
        self.ensure_one()
        left = self.line_ids.filtered(lambda line: not line.order_id)
        return self.env["esm.manual.order"]._open(self.shop_id, left.mapped("order_no"))


class EsmFetchLine(models.TransientModel):
    """What became of one number."""

    _name = "esm.fetch.line"
    _inherit = "esm.dialog"
    _description = "Result for an Order Number"

    fetch_id = fields.Many2one("esm.fetch", required=True, ondelete="cascade")
    order_no = fields.Char(string="Order Number", readonly=True)
    order_id = fields.Many2one("esm.order", readonly=True)
    sale_order_id = fields.Many2one(related="order_id.sale_order_id")
    result = fields.Text(readonly=True)
