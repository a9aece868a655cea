from odoo import fields, models


class EsmShop(models.Model):
    _inherit = "esm.shop"

    ship_unasked = fields.Boolean(
        string="Validate without Asking",
        help="Deliveries may be validated while the marketplace cannot be asked "
        "whether buyers cancelled. Otherwise only managers can do that. It is asked "
        "again about each order before it gets the tracking number.",
    )
