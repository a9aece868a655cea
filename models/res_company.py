from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    esm_codes_from_reference = fields.Boolean(
        string="Marketplace Codes from Internal References",
        help="New products get their internal reference as seller management code, "
        "variants as inventory code. The product form proposes it where you see it.",
    )
    esm_first_steps_closed = fields.Boolean(
        string="First Steps Closed",
        help="The dashboard of Gmarket & Auction does not show the first steps any "
        "more. They stay under Configuration.",
    )
