from odoo import api, fields, models
from odoo.exceptions import UserError


class ProductTemplate(models.Model):
    _inherit = "product.template"

    esm_listing_count = fields.Integer(
        compute="_compute_esm_listing_count", groups="sale_esm.group_user"
    )

    def _compute_esm_listing_count(self):
        counts = dict(
            self.env["esm.listing.component"]._read_group(
                [("product_id.product_tmpl_id", "in", self.ids)],
                ["product_id.product_tmpl_id"],
                ["option_id:count_distinct"],
            )
        )
        for template in self:
            template.esm_listing_count = counts.get(template._origin, 0)

    def action_view_esm_listings(self):
        """Show where this product is on sale."""
        return self.product_variant_ids.action_view_esm_listings()


class ProductProduct(models.Model):
    _inherit = "product.product"

    esm_listing_count = fields.Integer(
        compute="_compute_esm_listing_count", groups="sale_esm.group_user"
    )

    def _compute_esm_listing_count(self):
        counts = dict(
            self.env["esm.listing.component"]._read_group(
                [("product_id", "in", self.ids)],
                ["product_id"],
                ["option_id:count_distinct"],
            )
        )
        for product in self:
            product.esm_listing_count = counts.get(product._origin, 0)

    @api.ondelete(at_uninstall=False)
    def _unlink_from_listings(self):
        """What only its code matched is unmatched; what a person matched is kept."""
        # sudo: who deletes products need not have access to listings
        options = self.env["esm.listing.component"].sudo()
        options = options.search([("product_id", "in", self.ids)]).option_id
        for option in options.filtered(lambda o: o.match_method == "manual"):
            raise UserError(
                self.env._(
                    "%(product)s leaves the warehouse for “%(option)s”. Match that "
                    "listing with another product first, or archive this one.",
                    product=(option.component_ids.product_id & self)[:1].display_name,
                    option=option.display_name,
                )
            )
        options.component_ids.unlink()
        options.match_method = False

    def action_view_esm_listings(self):
        """Show where these products are on sale."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "sale_esm.esm_listing_option_action"
        )
        action["name"] = self.env._("On Sale At")
        action["domain"] = [("component_ids.product_id", "in", self.ids)]
        action["context"] = {}
        return action
