from odoo import api, fields, models


class EsmPrintStop(models.TransientModel):
    """Some of the waybills that somebody wants to print must not be printed."""

    _name = "esm.print.stop"
    _description = "Waybills That Cannot Be Printed"

    picking_ids = fields.Many2many(
        "stock.picking", "esm_print_stop_other_rel", string="Deliveries without Problem"
    )
    forced_ids = fields.Many2many("stock.picking", "esm_print_stop_forced_rel")
    stop_text = fields.Text(readonly=True)
    other_count = fields.Integer(compute="_compute_counts")
    forced_count = fields.Integer(compute="_compute_counts")

    @api.depends("picking_ids", "forced_ids")
    def _compute_counts(self):
        for wizard in self:
            wizard.other_count = len(wizard.picking_ids)
            wizard.forced_count = len(wizard.forced_ids)

    @api.model
    def _ask(self, pickings, obstacles):
        """Action that says what cannot be printed and offers to print the others.

        :param pickings: all deliveries that are to be printed
        :param obstacles: dict as of `stock.picking._esm_obstacles`
        """
        forced = [picking.id for picking, (_text, may) in obstacles.items() if may]
        wizard = self.create(
            {
                "picking_ids": (pickings.filtered(lambda p: p not in obstacles)).ids,
                "forced_ids": forced,
                "stop_text": "\n".join(
                    dict.fromkeys(text for text, _may in obstacles.values())
                ),
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Not printed"),
            "res_model": self._name,
            "res_id": wizard.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def action_print_others(self):
        """Print the deliveries that nothing speaks against."""
        return self._close(self.picking_ids.action_esm_print_waybill())

    def action_print_all(self):
        """Print also what a manager may print all the same."""
        return self._close((self.picking_ids | self.forced_ids)._esm_print_despite())

    def _close(self, action):
        """The report's action, which closes this window."""
        if action["type"] == "ir.actions.report":
            action["close_on_report_download"] = True
        return action
