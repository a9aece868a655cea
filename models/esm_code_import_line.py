from collections import defaultdict

from odoo import fields, models

from . import code_columns
from .code_rows import CodeRow


class EsmCodeImportLine(models.Model):
    """One row of a workbook with codes."""

    _name = "esm.code.import.line"
    _inherit = "esm.import.line"
    _description = "Row of an Import of Codes"

    import_id = fields.Many2one(
        "esm.code.import", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="import_id.company_id")
    product_id = fields.Many2one("product.product", readonly=True, ondelete="set null")
    site_goods_no = fields.Char(string="Goods Number", readonly=True)
    name = fields.Char(string="Goods", readonly=True)
    price = fields.Float(string="Sale Price", digits=(16, 0), readonly=True)
    old_seller_code = fields.Char(string="Seller Code Now", readonly=True)
    new_seller_code = fields.Char(readonly=True)
    old_inventory_code = fields.Char(string="Inventory Code Now", readonly=True)
    new_inventory_code = fields.Char(readonly=True)

    _state_idx = models.Index("(import_id, state)")

    def _groups(self):
        """Override: a line belongs with the one whose product gives up its code."""
        leaders = {line.id: line.id for line in self}

        def leader(number):
            while leaders[number] != number:
                leaders[number] = number = leaders[leaders[number]]
            return number

        owners = {}
        for line in self:
            for key in code_columns.CODE_FIELDS:
                if line[f"new_{key}"] and line[f"old_{key}"]:
                    owners[key, line[f"old_{key}"]] = line.id
        for line in self:
            for key in code_columns.CODE_FIELDS:
                owner = owners.get((key, line[f"new_{key}"]))
                if owner:
                    leaders[leader(owner)] = leader(line.id)
        groups = defaultdict(list)
        for line in self:
            groups[leader(line.id)].append(line.id)
        return [self.browse(ids) for ids in groups.values()]

    def _code_row(self):
        """This line as a `CodeRow`; refused if its product has changed since."""
        row = CodeRow(self.row, self.given)
        row.product = self.product_id.with_env(self.env)
        for key, fname in code_columns.CODE_FIELDS.items():
            new = self[f"new_{key}"]
            if new:
                row.changes[fname] = False if new == code_columns.REMOVE else new
        if not row.product.active:
            row.refuse(
                "id", self.env._("the product was archived or deleted meanwhile.")
            )
        for key, fname in code_columns.CODE_FIELDS.items():
            if fname in row.changes and row.product[fname] != self[f"old_{key}"]:
                row.refuse(
                    key,
                    self.env._(
                        "the code was changed to %(code)s since the file was read.",
                        code=row.product[fname] or "-",
                    ),
                )
        return row

    def _listing_values(self):
        """What `esm.listing._learn` takes."""
        return {
            "site_goods_no": self.site_goods_no,
            "goods_no": self.given.get("goods_no"),
            "name": self.name,
            "seller_code": self.new_seller_code,
            "price": self.price,
        }
