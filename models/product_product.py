from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..esm_api import INVENTORY_CODE_BYTES, SELLER_CODE_BYTES


class ProductProduct(models.Model):
    _inherit = "product.product"

    esm_seller_code = fields.Char(
        string="Seller Management Code",
        copy=False,
        help="Seller management code (판매자관리코드) of a marketplace item without "
        "options. Orders of that item find this product by it.",
    )
    esm_inventory_code = fields.Char(
        string="Inventory Code",
        copy=False,
        help="Inventory code (재고관리코드) of one option of a marketplace item. "
        "Orders of that option find this product by it.",
    )
    # `company_id` lives on the template: a column here lets the database keep
    # codes unique per company.
    esm_code_company_id = fields.Many2one(
        related="product_tmpl_id.company_id",
        store=True,
        string="Company of the Marketplace Codes",
    )

    _esm_seller_code_uniq = models.UniqueIndex(
        "(esm_seller_code, COALESCE(esm_code_company_id, 0)) "
        "WHERE active AND esm_seller_code IS NOT NULL",
        "Another product of this company already has this seller management code.",
    )
    _esm_inventory_code_uniq = models.UniqueIndex(
        "(esm_inventory_code, COALESCE(esm_code_company_id, 0)) "
        "WHERE active AND esm_inventory_code IS NOT NULL",
        "Another product of this company already has this inventory code.",
    )

    @api.model
    def _esm_code_fields(self):
        """Field name -> largest length in bytes (UTF-8) that ESM takes."""
        return {
            "esm_seller_code": SELLER_CODE_BYTES,
            "esm_inventory_code": INVENTORY_CODE_BYTES,
        }

    @api.constrains("esm_seller_code", "esm_inventory_code", "active")
    def _check_esm_codes(self):
        for fname, limit in self._esm_code_fields().items():
            label = self._fields[fname].get_description(self.env)["string"]
            coded = self.filtered(lambda p, f=fname: p[f] and p.active)
            for product in coded:
                if len(product[fname].encode()) > limit:
                    raise ValidationError(
                        self.env._(
                            "%(label)s %(code)s of %(product)s is too long: the "
                            "marketplace takes %(limit)s bytes at most (a Korean "
                            "letter counts three).",
                            label=label,
                            code=product[fname],
                            product=product.display_name,
                            limit=limit,
                        )
                    )

    @api.model
    def _esm_check_free(self, wanted):
        """Refuse codes that another product has, and say which one.

        The index keeps codes apart within one company as well, but only names the
        rule, and it does not see that a product of all companies must not share its
        code with one company's product.

        :param wanted: list of (field name, code, company or none, product or none)
        :raise ValidationError: for the first code that is taken
        """
        for fname in self._esm_code_fields():
            codes = [code for name, code, _c, _p in wanted if name == fname and code]
            if not codes:
                continue
            # sudo: the clash may be with a company that the user cannot see
            holders = self.sudo().search([(fname, "in", codes)])
            for name, code, company, product in wanted:
                for holder in holders - (product or self.browse()).sudo():
                    apart = holder.company_id and company != holder.company_id
                    if (
                        name == fname
                        and holder[fname] == code
                        and not (company and apart)
                    ):
                        raise ValidationError(
                            self.env._(
                                "%(label)s %(code)s is already used by %(product)s. "
                                "Each code can belong to one product only.",
                                label=self._fields[fname].get_description(self.env)[
                                    "string"
                                ],
                                code=code,
                                product=holder.display_name,
                            )
                        )

    @api.model
    def _esm_clean_codes(self, vals):
        """`vals` with trimmed codes, empty ones as no code at all."""
        changes = {
            fname: (vals[fname] or "").strip() or False
            for fname in self._esm_code_fields()
            if fname in vals
        }
        return {**vals, **changes} if changes else vals

    @api.model_create_multi
    def create(self, vals_list):
        """Extend: a new code may be the one that orders are waiting for."""
        vals_list = [self._esm_clean_codes(vals) for vals in vals_list]
        Template, Company = self.env["product.template"], self.env["res.company"]
        self._esm_check_free(
            [
                (
                    fname,
                    vals[fname],
                    Company.browse(vals.get("company_id") or ())
                    or Template.browse(vals.get("product_tmpl_id") or ()).company_id,
                    None,
                )
                for vals in vals_list
                for fname in self._esm_code_fields()
                if vals.get(fname) and vals.get("active", True)
            ]
        )
        products = super().create(vals_list)
        products._esm_wake_waiting_orders()
        return products

    def write(self, vals):
        """Extend: a new code may be the one that orders are waiting for."""
        vals = self._esm_clean_codes(vals)
        touched = {*self._esm_code_fields(), "active"} & vals.keys()
        if touched:
            company = self.env["res.company"].browse(vals.get("company_id") or ())
            self._esm_check_free(
                [
                    (
                        fname,
                        vals.get(fname, product[fname]),
                        company if "company_id" in vals else product.company_id,
                        product,
                    )
                    for product in self
                    for fname in self._esm_code_fields()
                    if vals.get("active", product.active)
                ]
            )
        res = super().write(vals)
        if touched:
            self._esm_wake_waiting_orders()
        return res

    def _esm_wake_waiting_orders(self):
        active = self.filtered("active")
        codes = {p[f] for p in active for f in self._esm_code_fields() if p[f]}
        if codes:
            # sudo: who maintains products need not have access to orders
            self.env["esm.order"].sudo()._wake_waiting_for(codes)
