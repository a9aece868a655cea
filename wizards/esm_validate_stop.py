from odoo import fields, models
from odoo.exceptions import UserError


class EsmValidateStop(models.TransientModel):
    """Some of the deliveries that somebody wants to validate must not leave."""

    _name = "esm.validate.stop"
    _inherit = "esm.stop"
    _description = "Deliveries That Must Not Leave"

    picking_ids = fields.Many2many(
        "stock.picking",
        "esm_validate_stop_other_rel",
        string="Deliveries without Problem",
    )
    forced_ids = fields.Many2many("stock.picking", "esm_validate_stop_forced_rel")

    def _title(self):
        return self.env._("Not validated")

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
