from odoo import fields, models


class EsmShop(models.Model):
    _inherit = "esm.shop"

    bundle_baskets = fields.Boolean(
        string="Pack Baskets Together",
        default=True,
        help="Deliveries of different baskets, that is payments, may leave in one "
        "parcel if receiver and address are the same.",
    )
