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
            # The index keeps codes apart within one company. A product of all
            # companies must not share its code with one company's product.
            # sudo: the clash may be with a company that the user cannot see
            others = self.sudo().search(
                [(fname, "in", coded.mapped(fname)), (fname, "!=", False)]
            )
            for product in coded.sudo():
                for other in others:
                    if (
                        other != product
                        and other[fname] == product[fname]
                        and not (
                            product.company_id
                            and other.company_id
                            and product.company_id != other.company_id
                        )
                    ):
                        raise ValidationError(
                            self.env._(
                                "%(label)s %(code)s is already used by %(product)s. "
                                "Each code can belong to one product only.",
                                label=label,
                                code=product[fname],
                                product=other.display_name,
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
        products = super().create([self._esm_clean_codes(vals) for vals in vals_list])
        products._esm_wake_waiting_orders()
        return products

    def write(self, vals):
        """Extend: a new code may be the one that orders are waiting for."""
        vals = self._esm_clean_codes(vals)
        res = super().write(vals)
        if self._esm_code_fields().keys() & vals.keys():
            self._esm_wake_waiting_orders()
        return res

    def _esm_wake_waiting_orders(self):
        codes = {p[f] for p in self for f in self._esm_code_fields() if p[f]}
        if codes:
            # sudo: who maintains products need not have access to orders
            self.env["esm.order"].sudo()._wake_waiting_for(codes)
