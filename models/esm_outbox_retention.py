from odoo import api, models


class EsmOutbox(models.Model):
    """Finished messages are cleared; that they were sent is not forgotten."""

    _inherit = "esm.outbox"

    @api.model
    def _request_acknowledge(self, orders):
        """Extend: leave out orders whose messages were cleared."""
        return super()._request_acknowledge(orders - orders.filtered("packed_at"))

    @api.model
    def _request_ship(self, parcels):
        """Extend: as above. Without its message, a number would go a second time."""
        told = [
            (picking, rest)
            for picking, orders in parcels
            if (rest := orders - orders.filtered("packed_at"))
        ]
        return super()._request_ship(told) if told else None

    @api.model
    def _request_once(self, action, orders, values):
        """Extend: as above."""
        rest = orders - orders.filtered("packed_at")
        return super()._request_once(action, rest, values)
