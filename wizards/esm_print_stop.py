from odoo import fields, models


class EsmPrintStop(models.TransientModel):
    """Some of the waybills that somebody wants to print must not be printed."""

    _name = "esm.print.stop"
    _inherit = "esm.stop"
    _description = "Waybills That Cannot Be Printed"

    picking_ids = fields.Many2many(
        "stock.picking", "esm_print_stop_other_rel", string="Deliveries without Problem"
    )
    forced_ids = fields.Many2many("stock.picking", "esm_print_stop_forced_rel")

    def _title(self):
        return self.env._("Not printed")

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
