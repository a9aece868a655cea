from odoo import fields, models


class EsmShop(models.Model):
    _inherit = "esm.shop"

    tracking_moment = fields.Selection(
        [
            ("validate", "When the delivery is validated"),
            ("print", "When the waybill is printed"),
        ],
        string="Send Tracking Numbers",
        default="validate",
        required=True,
        help="When the marketplace, and so the buyer, is told courier and tracking "
        "number. Marketplaces penalise numbers of parcels that do not leave soon.",
    )
