import base64

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import split_every

from ..excel import Heading, Sheet, write_workbook
from ..models.code_columns import CODE_FIELDS, REMOVE, TITLES
from ..models.import_rows import titles_for

# Products read at a time.
_BATCH = 1000
_WIDTHS = {
    "id": 10,
    "reference": 18,
    "barcode": 16,
    "name": 44,
    "variant": 26,
    "seller_code": 28,
    "inventory_code": 22,
}


class EsmCodeExport(models.TransientModel):
    """A workbook of products to fill their codes in and import it again."""

    _name = "esm.code.export"
    _inherit = "esm.dialog"
    _description = "Export of Products to Fill in Codes"

    scope = fields.Selection(
        [
            ("missing", "Products without a code"),
            ("all", "All products that are sold"),
            ("selected", "The selected products"),
            ("category", "A category"),
        ],
        string="Which Products",
        default=lambda self: "selected" if self._selected() else "missing",
        required=True,
    )
    category_id = fields.Many2one("product.category")
    product_ids = fields.Many2many(
        "product.product", default=lambda self: self._selected()
    )
    count = fields.Integer(string="Rows", compute="_compute_count")
    file = fields.Binary(readonly=True)

    def _selected(self):
        """The products of the list that the wizard was opened from."""
        context = self.env.context
        model, ids = context.get("active_model"), context.get("active_ids") or ()
        if model == "product.template":
            return self.env[model].browse(ids).product_variant_ids
        return self.env["product.product"].browse(
            ids if model == "product.product" else ()
        )

    def _domain(self):
        # What the connector books shipping and discounts with is not for sale.
        sold = Domain("sale_ok", "=", True) & Domain(
            self.env["product.product"]._check_company_domain(self.env.company)
        )
        if self.scope == "selected":
            return Domain("id", "in", self.product_ids.ids)
        if self.scope == "category":
            return sold & Domain("categ_id", "child_of", self.category_id.ids)
        if self.scope == "missing":
            return sold & Domain.AND(
                Domain(fname, "=", False) for fname in CODE_FIELDS.values()
            )
        return sold

    @api.depends("scope", "category_id", "product_ids")
    def _compute_count(self):
        for wizard in self:
            wizard.count = self.env["product.product"].search_count(wizard._domain())

    def action_export(self):
        """Make the workbook and download it."""
        self.ensure_one()
        # Products without codes come first: they are what there is to do.
        missing = Domain.AND(
            Domain(fname, "=", False) for fname in CODE_FIELDS.values()
        )
        Product, domain = self.env["product.product"], self._domain()
        products = Product.search(domain & missing, order="default_code, id")
        products += Product.search(domain & ~missing, order="default_code, id")
        if not products:
            raise UserError(self.env._("There are no such products."))
        self.file = base64.b64encode(self._make_workbook(products))
        name = self.env._("marketplace codes %(date)s", date=fields.Date.today())
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/esm.code.export/{self.id}/file/{name}.xlsx"
            "?download=true",
            "target": "download",
        }

    def _make_workbook(self, products):
        limits = {
            key: products._esm_code_fields()[fname]
            for key, fname in CODE_FIELDS.items()
        }
        titles = titles_for(TITLES, self.env.lang)
        headings = [
            Heading(
                titles[key],
                width,
                hidden=key == "id",
                fill_in=key in CODE_FIELDS,
                longest=limits.get(key),
            )
            for key, width in _WIDTHS.items()
        ]
        sheet = Sheet(
            self.env._("Products"),
            headings,
            self._rows(products),
            refusal=self.env._(
                "The marketplace does not take such a long code. A Korean letter "
                "counts three."
            ),
        )
        return write_workbook(
            sheet, self.env._("How to Fill It In"), self._instructions(limits)
        )

    def _rows(self, products):
        for ids in split_every(_BATCH, products.ids, list):
            # Each batch with a prefetch of its own; its values are not kept.
            batch = products.browse(ids)
            for product in batch:
                variant = product.product_template_attribute_value_ids
                yield [
                    str(product.id),
                    product.default_code,
                    product.barcode,
                    product.name,
                    variant._get_combination_name(),
                    product.esm_seller_code,
                    product.esm_inventory_code,
                ]
            batch.invalidate_recordset()

    def _instructions(self, limits):
        """What the second sheet says, in the user's language."""
        names = titles_for(TITLES, self.env.lang)
        return [
            (
                self.env._("What to do"),
                self.env._(
                    "Fill in the coloured columns of the first sheet, save the file, "
                    "and upload it under Gmarket & Auction > Products > Import Codes. "
                    "You see what would change before anything is changed."
                ),
            ),
            (
                names["seller_code"],
                self.env._(
                    "The code of an item without options (판매자관리코드 in ESM Plus), "
                    "up to %(limit)s letters or digits. A Korean letter counts three.",
                    limit=limits["seller_code"],
                ),
            ),
            (
                names["inventory_code"],
                self.env._(
                    "The code of one option of an item (재고관리코드 in ESM Plus), up "
                    "to %(limit)s letters or digits. A Korean letter counts three.",
                    limit=limits["inventory_code"],
                ),
            ),
            (
                self.env._("Empty cells"),
                self.env._("An empty cell keeps the code that the product has."),
            ),
            (
                self.env._("To remove a code"),
                self.env._(
                    'Write a single hyphen, "%(sign)s", into the cell.',
                    sign=REMOVE,
                ),
            ),
            (
                self.env._("Which product a row means"),
                self.env._(
                    "The hidden column %(id)s says it. In rows of your own, fill in "
                    "%(reference)s or %(barcode)s, or add a column %(code)s with one "
                    "of its codes. All that are filled in must fit. The name is never "
                    "looked at.",
                    **names,
                ),
            ),
            (
                self.env._("What may be changed"),
                self.env._(
                    "Order and titles: columns may stand in any order, in English or "
                    "Korean; other columns are left alone. Rows may be sorted or "
                    "deleted. Only the two code columns are imported."
                ),
            ),
            (
                self.env._("Zeros in front"),
                self.env._(
                    "All cells are formatted as text, so that 00123 stays 00123. If "
                    "you paste from elsewhere, paste values only. Formulas, merged "
                    "cells and numbers like 1.23E+12 are refused."
                ),
            ),
        ]
