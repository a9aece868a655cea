from odoo import fields, models


class DeliveryCarrier(models.Model):
    _inherit = "delivery.carrier"

    esm_courier_id = fields.Many2one(
        "esm.courier",
        string="Marketplace Courier",
        help="The courier that Gmarket and Auction are told when a delivery with this "
        "shipping method is sent.",
    )
