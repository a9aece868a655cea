from odoo import api, fields, models


class ProductTemplate(models.Model):
    _inherit = "product.template"

    esm_seller_code = fields.Char(
        string="Seller Management Code",
        compute="_compute_esm_seller_code",
        inverse="_inverse_esm_seller_code",
        search="_search_esm_seller_code",
        help="Seller management code (판매자관리코드) of a marketplace item without "
        "options. Orders of that item find this product by it.",
    )
    esm_inventory_code = fields.Char(
        string="Inventory Code",
        compute="_compute_esm_inventory_code",
        inverse="_inverse_esm_inventory_code",
        search="_search_esm_inventory_code",
        help="Inventory code (재고관리코드) of one option of a marketplace item. "
        "Orders of that option find this product by it.",
    )

    esm_proposed_code = fields.Char(
        store=False,
        help="The code that the form has proposed: it follows the internal reference "
        "until somebody types another one.",
    )

    @api.depends("product_variant_ids.esm_seller_code")
    def _compute_esm_seller_code(self):
        self._compute_template_field_from_variant_field("esm_seller_code")

    def _inverse_esm_seller_code(self):
        self._set_product_variant_field("esm_seller_code")

    def _search_esm_seller_code(self, operator, value):
        return [("product_variant_ids.esm_seller_code", operator, value)]

    @api.depends("product_variant_ids.esm_inventory_code")
    def _compute_esm_inventory_code(self):
        self._compute_template_field_from_variant_field("esm_inventory_code")

    def _inverse_esm_inventory_code(self):
        self._set_product_variant_field("esm_inventory_code")

    def _search_esm_inventory_code(self, operator, value):
        return [("product_variant_ids.esm_inventory_code", operator, value)]

    def _get_related_fields_variant_template(self):
        """Extend: codes given with a new template go to its only variant."""
        return [
            *super()._get_related_fields_variant_template(),
            "esm_seller_code",
            "esm_inventory_code",
        ]

    @api.model_create_multi
    def create(self, vals_list):
        """Extend: new products get their internal reference as code, if so set."""
        templates = super().create(vals_list)
        single = [
            (template.product_variant_ids, vals)
            for template, vals in zip(templates, vals_list, strict=True)
            # A product that comes with its own template takes care of itself.
            if len(template.product_variant_ids) == 1
        ]
        if single:
            self.env["product.product"].union(
                *(variant for variant, _vals in single)
            )._esm_default_codes([vals for _variant, vals in single])
        return templates

    @api.onchange("default_code")
    def _onchange_esm_default_code(self):
        if self.product_variant_count > 1:
            return None
        variant = self.product_variant_ids or self.env["product.product"].new(
            {"product_tmpl_id": self, "company_id": self.company_id.id}
        )
        return variant._esm_propose_code(self)

    def action_esm_take_references(self):
        """Show what it would be to take codes from internal references."""
        return self.product_variant_ids.action_esm_take_references()

    def write(self, vals):
        """Extend: in another company, another product may have the codes already."""
        if "company_id" in vals:
            Variant = self.env["product.product"]
            company = self.env["res.company"].browse(vals["company_id"] or ())
            Variant._esm_check_free(
                [
                    (fname, variant[fname], company, variant)
                    for variant in self.product_variant_ids
                    for fname in Variant._esm_code_fields()
                ]
            )
        return super().write(vals)
