from odoo import models


class StockMove(models.Model):
    _inherit = "stock.move"

    def _action_confirm(self, merge=True, merge_into=False, create_proc=True):
        """Extend: what is ordered is not for sale any more."""
        moves = super()._action_confirm(
            merge=merge, merge_into=merge_into, create_proc=create_proc
        )
        self.env["esm.listing"]._trigger_stock(moves.product_id)
        return moves

    def _action_cancel(self):
        """Extend: what is not ordered any more is for sale again, and never late."""
        res = super()._action_cancel()
        self.env["esm.listing"]._trigger_stock(self.product_id)
        self.picking_id._esm_end_warnings()
        return res

    def _action_done(self, cancel_backorder=False):
        """Extend: goods came in, went out or were counted."""
        moves = super()._action_done(cancel_backorder=cancel_backorder)
        self.env["esm.listing"]._trigger_stock(moves.product_id)
        return moves
