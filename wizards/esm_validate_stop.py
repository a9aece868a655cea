from odoo import api, fields, models
from odoo.exceptions import UserError


class EsmValidateStop(models.TransientModel):
    """Some of the deliveries that somebody wants to validate must not leave."""

    _name = "esm.validate.stop"
    _description = "Deliveries That Must Not Leave"

    picking_ids = fields.Many2many(
        "stock.picking",
        "esm_validate_stop_other_rel",
        string="Deliveries without Problem",
    )
    forced_ids = fields.Many2many("stock.picking", "esm_validate_stop_forced_rel")
    stop_text = fields.Text(readonly=True)
    other_count = fields.Integer(compute="_compute_counts")
    forced_count = fields.Integer(compute="_compute_counts")

    @api.depends("picking_ids", "forced_ids")
    def _compute_counts(self):
        for wizard in self:
            wizard.other_count = len(wizard.picking_ids)
            wizard.forced_count = len(wizard.forced_ids)

    @api.model
    def _ask(self, pickings, stops):
        """Action that says what must not leave and offers to validate the others.

        :param pickings: all deliveries that are to be validated
        :param stops: dict as of `stock.picking._esm_validate_stops`
        """
        wizard = self.create(
            {
                "picking_ids": (pickings.filtered(lambda p: p not in stops)).ids,
                "forced_ids": [p.id for p, (_text, may) in stops.items() if may],
                "stop_text": "\n".join(
                    dict.fromkeys(text for text, _may in stops.values())
                ),
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Not validated"),
            "res_model": self._name,
            "res_id": wizard.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def action_validate_others(self):
        """Validate the deliveries that nothing speaks against."""
        return self.picking_ids.button_validate()

    def action_validate_all(self):
        """Validate also what a manager may let leave all the same."""
        if not self.env.user.has_group("sale_esm.group_manager"):
            raise UserError(
                self.env._(
                    "Only managers can validate deliveries of cancelled orders, or "
                    "without asking the marketplace."
                )
            )
        pickings = self.picking_ids | self.forced_ids
        return pickings.with_context(esm_validate_despite=True).button_validate()
