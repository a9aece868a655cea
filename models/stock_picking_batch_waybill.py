from odoo import models


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def _register_hook(self):
        """Extend: batches get the action that prints their waybills.

        Odoo's module for batches may come before or after this one, or never: no data
        file can name its model. Only the process that installs or updates modules has
        something to do.
        """
        super()._register_hook()
        if not self.pool.updated_modules or "stock.picking.batch" not in self.env:
            return
        model = self.env["ir.model"]._get("stock.picking.batch")
        action = self.env["ir.actions.server"]._load_records(
            [
                {
                    "xml_id": "sale_esm.stock_picking_batch_action_print_waybill",
                    "noupdate": True,
                    "values": {
                        "name": "Print Waybills",
                        "model_id": model.id,
                        "binding_model_id": model.id,
                        "group_ids": self.env.ref("stock.group_stock_user").ids,
                        "state": "code",
                        "code": "action = records.picking_ids"
                        ".action_esm_print_waybill()",
                    },
                }
            ]
        )
        # Translation files name what is in data files only.
        for lang, _name in self.env["res.lang"].get_installed():
            action.with_context(lang=lang).name = self.with_context(lang=lang).env._(
                "Print Waybills"
            )
