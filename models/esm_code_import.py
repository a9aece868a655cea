from odoo import api, fields, models
from odoo.exceptions import UserError

from ..excel import read_table
from . import code_columns, esm_import
from .code_rows import CodeRows
from .import_rows import titles_for
from .listing_rows import ListingRows


class EsmCodeImport(models.Model):
    """A workbook with codes: nothing is written to products before the preview."""

    _name = "esm.code.import"
    _inherit = "esm.import"
    _description = "Import of Marketplace Codes"

    _job = "sale_esm.ir_cron_code_import"

    kind = fields.Selection(
        [
            ("codes", "Codes of products"),
            ("listings", "ESM Plus product list"),
        ],
        string="What It Is",
        default="codes",
        required=True,
    )
    shop_id = fields.Many2one(
        "esm.shop",
        check_company=True,
        help="The shop whose product list it is: each file tells of the goods of one.",
    )
    line_ids = fields.One2many("esm.code.import.line", "import_id", string="Rows")
    problem_line_ids = fields.One2many(
        "esm.code.import.line",
        "import_id",
        string="Rows with Problems",
        domain=[("state", "=", "problem")],
    )

    @api.model
    def _user_fields(self):
        return super()._user_fields() | {"kind", "shop_id"}

    # ------------------------------------------------------------------
    # Read
    # ------------------------------------------------------------------

    def _check_read(self):
        res = super()._check_read()
        if self.kind == "listings" and not self.shop_id:
            raise UserError(
                self.env._("Choose the shop whose product list this file is.")
            )
        return res

    def _open_table(self):
        if self.kind == "listings":
            columns, needed = ListingRows.columns(self.shop_id), ListingRows.NEEDED
        else:
            columns, needed = code_columns.COLUMNS, code_columns.NEEDED
        return read_table(self._data(), columns, needed, esm_import.MOST_ROWS)

    def _make_rows(self, table):
        if self.kind == "listings":
            return ListingRows(self.env, self.shop_id, table.letters)
        return CodeRows(self.env, self.company_id, table.letters)

    def _titles(self):
        if self.kind == "listings":
            return ListingRows.titles(self.shop_id, self.env.lang)
        return titles_for(code_columns.TITLES, self.env.lang)

    @api.model
    def _from_references(self, products):
        """An import that gives products their internal references as codes.

        Products that have a code of the kind already keep it.

        :param products: `product.product` records
        :return: the import, as a preview
        """
        self.check_access("create")
        me = self.sudo().create(
            {
                "filename": self.env._("Internal references"),
                "user_id": self.env.uid,
            }
        )
        apart = products.company_id - me.company_id
        if apart:
            raise UserError(
                self.env._(
                    "Some of these products belong to %(company)s. Select products of "
                    "one company only, and switch to it.",
                    company=apart[0].name,
                )
            )
        mine = me._as(self.env.user)
        rows = CodeRows(mine.env, me.company_id)
        rows.add_references(products.with_env(mine.env))
        rows.check()
        me._store(rows)
        return me.sudo(False)

    # ------------------------------------------------------------------
    # Apply
    # ------------------------------------------------------------------

    def _check_apply(self):
        # Codes of listings decide what is shipped, as matches and codes of products do.
        models = ["product.product"]
        if self.kind == "listings":
            models.append("esm.listing")
        if not any(self.env[model].has_access("write") for model in models):
            raise UserError(
                self.env._(
                    "You may not change products. Ask someone who manages products to "
                    "apply this import."
                )
            )

    def _apply_lines(self, lines):
        # sudo: lines are the history, which users do not write themselves
        if self.kind == "listings":
            # sudo: listings are written by the connector only
            self.env["esm.listing"].sudo()._learn(
                self.shop_id.sudo(), [line._listing_values() for line in lines]
            )
            lines.sudo().state = "done"
            return
        rows = CodeRows(self.env, self.company_id)
        lines.product_id.fetch(list(code_columns.CODE_FIELDS.values()))
        by_row = {line._code_row(): line for line in lines}
        rows.rows = list(by_row)
        rows.check_free()
        refused = [row for row in rows.rows if row.problems]
        for row in refused:
            by_row[row].sudo().write(
                {
                    "state": "problem",
                    "problem": rows.problem_text(row),
                    "problem_keys": list(row.problems),
                }
            )
        if refused and self.mode == "all":
            return
        good = [row for row in rows.rows if not row.problems]
        self.env["product.product"]._esm_set_codes(
            {row.product: row.changes for row in good}
        )
        self.env["esm.code.import.line"].union(
            *(by_row[row] for row in good)
        ).sudo().state = "done"
