from odoo import fields, models


class StockPicking(models.Model):
    """Deliveries whose orders are masked or cleared."""

    _inherit = "stock.picking"

    # Only those who ship: other people read deliveries as well.
    esm_memo = fields.Char(groups="sale_esm.group_user")
    esm_customs_code = fields.Char(groups="sale_esm.group_user")

    def _esm_masked_text(self):
        """Why nobody can be told where this delivery goes, or None."""
        self.ensure_one()
        # sudo: rows are the connector's; the warehouse is told what they say
        masked = self.sudo()._esm_orders().filtered("masked_at")
        if not masked:
            return None
        text = masked[0].with_env(self.env).sudo()._masked_text()
        return f"{self.name}: {text}"

    def _esm_print_problem(self):
        """Extend: a label without receiver is of no use."""
        return self._esm_masked_text() or super()._esm_print_problem()

    def _esm_courier_obstacle(self):
        """Extend: the same holds for the courier's file."""
        return super()._esm_courier_obstacle() or self._esm_masked_text()

    def _compute_esm_state(self):
        """Extend: what was told stays told when the messages are cleared."""
        cleared = self.filtered(
            lambda picking: (
                picking.state == "done"
                and not picking.esm_outbox_ids
                and any(picking._esm_orders().mapped("packed_at"))
            )
        )
        known = {picking: picking.esm_state for picking in cleared}
        res = super()._compute_esm_state()
        for picking, state in known.items():
            picking.esm_state = state
        return res
