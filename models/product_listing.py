from odoo import fields, models


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

    def action_view_esm_listings(self):
        """Show where these products are on sale."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "sale_esm.esm_listing_option_action"
        )
        action["name"] = self.env._("On Sale At")
        action["domain"] = [("component_ids.product_id", "in", self.ids)]
        action["context"] = {}
        return action
