from odoo import api, fields, models


class EsmStop(models.AbstractModel):
    """Says in big letters which deliveries must not go on, and lets the others go.

    Each step has a wizard of its own. It adds its `_title`, the deliveries without
    problem (`picking_ids`) and those that a manager may let go all the same
    (`forced_ids`).
    """

    _name = "esm.stop"
    _inherit = "esm.dialog"
    _description = "Deliveries That Are Stopped"

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
        """Action that says what is stopped and offers to go on with the others.

        :param pickings: all deliveries that are to go on
        :param stops: dict delivery -> (translated text, whether a manager may let it
            go all the same)
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
            "name": self._title(),
            "res_model": self._name,
            "res_id": wizard.id,
            "views": [(False, "form")],
            "target": "new",
        }
