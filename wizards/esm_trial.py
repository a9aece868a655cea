from odoo import models


class EsmTrial(models.TransientModel):
    """Say what a trial makes and takes away, before it does."""

    _name = "esm.trial"
    _inherit = "esm.dialog"
    _description = "Trial with a Sandbox"

    def action_start(self):
        """Begin the trial; the panel of the first steps goes on with it."""
        self.env["esm.account"]._start_trial()
        return {"type": "ir.actions.act_window_close"}

    def action_end(self):
        """End the trials of this company."""
        return (
            self.env["esm.account"]
            .search([("trial", "=", True), ("company_id", "=", self.env.company.id)])
            .action_end_trial()
        )
