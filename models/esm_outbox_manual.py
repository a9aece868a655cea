from odoo import api, models


class EsmOutbox(models.Model):
    """Nothing is told about orders entered by hand, unless somebody asks for it."""

    _inherit = "esm.outbox"

    @api.model
    def _request_acknowledge(self, orders):
        """Extend: leave out silent orders."""
        return super()._request_acknowledge(orders - orders.filtered("silent"))

    @api.model
    def _request_ship(self, parcels):
        """Extend: leave out silent orders."""
        told = [
            (picking, told)
            for picking, orders in parcels
            if (told := orders - orders.filtered("silent"))
        ]
        return super()._request_ship(told) if told else None

    @api.model
    def _request_once(self, action, orders, values):
        """Extend: leave out silent orders."""
        return super()._request_once(action, orders - orders.filtered("silent"), values)
