from odoo import fields, models
from odoo.exceptions import UserError

from ..esm_api import Site


class EsmListingAdd(models.TransientModel):
    """Add listings by goods number: those that ESM's search does not return."""

    _name = "esm.listing.add"
    _inherit = "esm.dialog"
    _description = "Add Listings by Goods Number"

    shop_id = fields.Many2one(
        "esm.shop",
        required=True,
        default=lambda self: self.env["esm.shop"].search([], limit=1),
    )
    numbers = fields.Text(
        string="Goods Numbers",
        required=True,
        help="Numbers of the shop's site (상품번호), separated by blanks or lines.",
    )

    def action_add(self):
        """Add the listings, and show them."""
        self.ensure_one()
        self.env["esm.listing"].check_access("write")
        self.shop_id.check_access("read")
        site = Site(self.shop_id.site)
        numbers = dict.fromkeys(self.numbers.replace(",", " ").split())
        wrong = [number for number in numbers if not site.has_goods_no(number)]
        if not numbers or wrong:
            raise UserError(
                self.env._(
                    "“%(number)s” is no goods number of %(shop)s. Those of Gmarket "
                    "consist of digits, those of Auction of a letter and digits.",
                    number=(wrong or [""])[0],
                    shop=self.shop_id.name,
                )
            )
        # sudo: listings are written by the connector only
        shop = self.sudo().shop_id._as_job()
        listings = self.env["esm.listing"].union(
            *(
                shop.env["esm.listing"]._add(shop, number).with_env(self.env)
                for number in numbers
            )
        )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "sale_esm.esm_listing_option_action"
        )
        action["domain"] = [("listing_id", "in", listings.ids)]
        action["context"] = {}
        return action
