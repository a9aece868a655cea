import base64

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import split_every
from odoo.tools.misc import clean_context

from ..excel import Heading, Note, Sheet, WorkbookRefused, read_table, write_workbook
from . import code_columns
from .code_rows import CodeRows
from .jobs import CONFLICTS, JOB_CONTEXT
from .listing_rows import ListingRows

MOST_ROWS = 50_000
# Files with more rows are read and applied by a job, with a progress bar.
AT_ONCE = 1_000
# Tries of the job where others change the same products.
ATTEMPTS = 3
# Lines stored, or codes written, before the job reports its progress.
BATCH = 1_000
# How long imports that came to nothing, and the rows of those that did, are kept.
KEEP_UNUSED_DAYS, KEEP_ROWS_DAYS = 30, 365
# What users enter; the rest is what happened, and nobody rewrites that.
_USER_FIELDS = {"kind", "shop_id", "company_id", "mode", "file", "filename"}


class EsmCodeImport(models.Model):
    """A workbook with codes: read, shown row by row, then applied or not.

    Nothing is written to products before someone has seen what it would be. The import
    stays as the record of who changed how many codes, when and by which file.
    """

    _name = "esm.code.import"
    _description = "Import of Marketplace Codes"
    _order = "id desc"
    _rec_name = "filename"
    _check_company_auto = True

    kind = fields.Selection(
        [
            ("codes", "Codes of products"),
            ("listings", "ESM Plus product list"),
        ],
        string="What It Is",
        default="codes",
        required=True,
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    shop_id = fields.Many2one(
        "esm.shop",
        check_company=True,
        help="The shop whose product list it is: each file tells of the goods of one.",
    )
    file = fields.Binary(string="Workbook", attachment=True)
    filename = fields.Char(string="File")
    mode = fields.Selection(
        [
            ("all", "All rows or none"),
            ("good", "Good rows only"),
        ],
        string="Apply",
        default="all",
        required=True,
        help="All or none: as long as one row has a problem, nothing is changed.",
    )
    state = fields.Selection(
        [
            ("draft", "Choose a file"),
            ("reading", "Reading"),
            ("preview", "Preview"),
            ("applying", "Applying"),
            ("done", "Done"),
        ],
        default="draft",
        required=True,
        readonly=True,
        index=True,
    )
    progress = fields.Float(readonly=True, help="Percent of what is being done.")
    message = fields.Text(readonly=True, help="Why it could not go on.")
    columns_text = fields.Text(string="Columns", readonly=True)
    line_ids = fields.One2many("esm.code.import.line", "import_id", string="Rows")
    problem_line_ids = fields.One2many(
        "esm.code.import.line",
        "import_id",
        string="Rows with Problems",
        domain=[("state", "=", "problem")],
    )
    row_count = fields.Integer(string="Rows in All", readonly=True)
    change_count = fields.Integer(string="To Change", readonly=True)
    unchanged_count = fields.Integer(string="Unchanged", readonly=True)
    problem_count = fields.Integer(string="Problems", readonly=True)
    applied_count = fields.Integer(string="Changed", readonly=True)
    user_id = fields.Many2one(
        "res.users",
        string="Uploaded by",
        default=lambda self: self.env.user,
        readonly=True,
    )
    applied_by_id = fields.Many2one("res.users", string="Applied by", readonly=True)
    applied_at = fields.Datetime(readonly=True)
    problem_file = fields.Binary(compute="_compute_problem_file")

    # ------------------------------------------------------------------
    # What users may change
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Extend: an import begins with a file, not with a history."""
        if not self.env.su:
            vals_list = [
                {name: vals[name] for name in _USER_FIELDS & vals.keys()}
                for vals in vals_list
            ]
            # Defaults from the context would be a way around.
            context = clean_context(self.env.context)
            self = self.with_env(self.env(context=context))
        return super().create(vals_list)

    def write(self, vals):
        """Extend: what happened is not rewritten."""
        if not self.env.su:
            names = {"mode"} if self.filtered(lambda i: i.state != "draft") else vals
            if vals.keys() - (_USER_FIELDS & set(names)) or self.filtered(
                lambda i: i.state == "done"
            ):
                raise UserError(
                    self.env._(
                        "This import has gone on since: it cannot be changed any "
                        "more. Make a new one."
                    )
                )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_used(self):
        if self.filtered(lambda i: i.state in ("reading", "applying", "done")):
            raise UserError(
                self.env._(
                    "An import that has changed codes is kept: it tells who changed "
                    "what. One that is at work cannot be deleted before it is done."
                )
            )

    @api.autovacuum
    def _gc_imports(self):
        """Forget imports that came to nothing, and the rows of old ones."""
        now = fields.Datetime.now()
        unused = self.search(
            [
                ("state", "in", ("draft", "preview")),
                ("write_date", "<", fields.Date.subtract(now, days=KEEP_UNUSED_DAYS)),
            ]
        )
        unused.unlink()
        old = self.search(
            [
                ("state", "=", "done"),
                ("applied_at", "<", fields.Date.subtract(now, days=KEEP_ROWS_DAYS)),
                ("line_ids", "!=", False),
            ]
        )
        old.line_ids.unlink()
        old.file = False

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_read(self):
        """Read the file and show what it would change."""
        self.ensure_one()
        self.check_access("write")
        self._expect("draft")
        if not self.file:
            raise UserError(self.env._("Choose a workbook first."))
        if self.kind == "listings" and not self.shop_id:
            raise UserError(
                self.env._("Choose the shop whose product list this file is.")
            )
        # sudo: users do not write the history themselves
        me = self.sudo()
        me.write({"user_id": self.env.uid, "message": False, "progress": 0})
        try:
            table = me._open_table()
        except WorkbookRefused as refusal:
            me.message = me._refusal_text(refusal)
            return True
        if table.filled_rows > AT_ONCE:
            me._go_on_in_background("reading")
        else:
            me._read(table)
        return True

    def action_apply(self):
        """Write the codes that the preview shows."""
        self.ensure_one()
        self.check_access("write")
        self._expect("preview")
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
        if not self.change_count:
            raise UserError(self.env._("There is nothing to change in this file."))
        if self.mode == "all" and self.problem_count:
            raise UserError(
                self.env._(
                    "%(count)s rows have problems, and you want all rows or none. Mend "
                    "them in the workbook and upload it again, or choose to apply only "
                    "the good rows.",
                    count=self.problem_count,
                )
            )
        # sudo: users do not write the history themselves
        me = self.sudo()
        me.write({"applied_by_id": self.env.uid, "message": False, "progress": 0})
        if self.change_count > AT_ONCE:
            me._go_on_in_background("applying")
        else:
            me._apply()
        return True

    def action_reset(self):
        """Go back, to choose another file."""
        self.ensure_one()
        self.check_access("write")
        self._expect("preview")
        # sudo: users do not write the history themselves
        me = self.sudo()
        me.line_ids.unlink()
        me.write({"state": "draft", "file": False, "filename": False, "message": False})
        return True

    def action_download_problems(self):
        """Download the rows with problems as a workbook to mend and upload again."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/esm.code.import/{self.id}/problem_file/"
            f"{self.env._('problem rows')}.xlsx?download=true",
            "target": "download",
        }

    def action_view_lines(self):
        """The rows as a list of their own, to search and filter."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.filename or self.env._("Rows"),
            "res_model": "esm.code.import.line",
            "view_mode": "list",
            "domain": [("import_id", "=", self.id)],
        }

    def _expect(self, state):
        if self.state != state:
            raise UserError(
                self.env._("Somebody else was faster. Reload the page to see more.")
            )

    # ------------------------------------------------------------------
    # In the background
    # ------------------------------------------------------------------

    def _go_on_in_background(self, state):
        self.state = state
        self.env.ref("sale_esm.ir_cron_code_import").sudo()._trigger()

    @api.model
    def _cron_work(self):
        """Read and apply the imports that are too large for a click."""
        waiting = self.search([("state", "in", ("reading", "applying"))], order="id")
        commit = self.env["ir.cron"]._commit_progress
        commit(remaining=len(waiting))
        for number, record in enumerate(waiting, 1):
            record._work()
            if not commit(1, remaining=len(waiting) - number):
                break

    def _work(self):
        """Go on with this import in the background; trouble ends on its form."""

        def report(part):
            self.progress = round(100 * part, 1)
            self.env["ir.cron"]._commit_progress()

        before = "draft" if self.state == "reading" else "preview"
        user = self.user_id if before == "draft" else self.applied_by_id
        for attempt in range(1, ATTEMPTS + 1):
            try:
                if before == "draft":
                    self._read(self._open_table(), report)
                else:
                    self._apply(report)
                self.env.cr.flush()
                return
            except Exception as error:
                self._rollback()
                if isinstance(error, CONFLICTS) and attempt < ATTEMPTS:
                    continue  # somebody works on the same products
                text = self._as(user)._error_text(error)
                self.write({"state": before, "message": text})
                return

    def _rollback(self):
        self.env.cr.rollback()
        self.env.transaction.reset()

    def _as(self, user):
        """This import as a user works on it: with their rights, in their language."""
        return (
            self.with_user(user)
            .with_company(self.company_id)
            .with_context(
                allowed_company_ids=self.company_id.ids,
                lang=user.lang or self.env.lang,
                **JOB_CONTEXT,
            )
        )

    # ------------------------------------------------------------------
    # Read
    # ------------------------------------------------------------------

    def _open_table(self):
        """The table of the file (`excel.Table`).

        :raise WorkbookRefused: there is none, or the file is not trusted
        """
        data = base64.b64decode(self.with_context(bin_size=False).file or b"")
        if self.kind == "listings":
            columns, needed = ListingRows.columns(self.shop_id), ListingRows.NEEDED
        else:
            columns, needed = code_columns.COLUMNS, code_columns.NEEDED
        return read_table(data, columns, needed, MOST_ROWS)

    def _read(self, table, report=None):
        """Make the preview of a file: one line for each of its rows.

        :param table: `excel.Table`
        :param report: called with the part that is done (0 to 1); may commit
        :raise WorkbookRefused: the file is broken further down
        """
        self.line_ids.unlink()
        mine = self._as(self.user_id)
        if self.kind == "listings":
            rows = ListingRows(mine.env, self.shop_id, table.letters)
        else:
            rows = CodeRows(mine.env, self.company_id, table.letters)
        for number, row in enumerate(table.rows(), 1):
            rows.add(row)
            if report and number % BATCH == 0:
                report(0.4 * number / max(table.filled_rows, number))
        if not rows.rows:
            self.write({"state": "draft", "message": mine._no_rows_text()})
            return
        rows.look_up()
        rows.check()
        self.columns_text = mine._columns_text(table)
        self._store(rows, report)

    def _store(self, rows, report=None):
        """Store the lines of the preview.

        :param rows: `CodeRows` or `ListingRows`, checked
        """
        done = 0
        for batch in split_every(BATCH, rows.rows, list):
            self.env["esm.code.import.line"].create(
                [self._prepare_line_values(rows, row) for row in batch]
            )
            done += len(batch)
            if report:
                report(0.5 + 0.5 * done / len(rows.rows))
        self._count()
        self.state = "preview"

    def _prepare_line_values(self, rows, row):
        changes = bool(row.changes)
        state = "problem" if row.problems else "change" if changes else "unchanged"
        return {
            "import_id": self.id,
            "row": row.number,
            "given": row.given,
            "state": state,
            "problem": rows.problem_text(row) or False,
            "problem_keys": list(row.problems),
            "note": "\n".join(row.notes) or False,
            **rows.prepare_line_values(row),
        }

    def _count(self):
        counts = dict(
            self.env["esm.code.import.line"]._read_group(
                [("import_id", "=", self.id)], ["state"], ["__count"]
            )
        )
        self.write(
            {
                "row_count": sum(counts.values()),
                "change_count": counts.get("change", 0),
                "unchanged_count": counts.get("unchanged", 0),
                "problem_count": counts.get("problem", 0),
                "applied_count": counts.get("done", 0),
            }
        )

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

    def _apply(self, report=None):
        """Write the codes, as far as nothing has come in between.

        :param report: called with the part that is done (0 to 1); may commit
        """
        lines = self.line_ids.filtered(lambda line: line.state == "change")
        mine = self._as(self.applied_by_id)
        # All or none is one transaction, so it is one batch.
        size = len(lines) if self.mode == "all" else BATCH
        done = 0
        for groups in _pack(lines._groups(), size):
            mine._apply_groups(groups)
            done += sum(map(len, groups))
            if report and self.mode == "good":
                report(done / len(lines))
        self._count()
        if self.mode == "all" and self.problem_count:
            self.write(
                {
                    "state": "preview",
                    "message": mine.env._(
                        "Nothing was changed: %(count)s rows cannot be applied any "
                        "more, because products have changed since the file was read.",
                        count=self.problem_count,
                    ),
                }
            )
            return
        self.write(
            {"state": "done", "applied_at": fields.Datetime.now(), "progress": 100}
        )

    def _apply_groups(self, groups):
        """Apply groups of lines, each of which only makes sense as a whole.

        Together; if something speaks against that, and good rows are wanted, group by
        group.
        """
        lines = self.env["esm.code.import.line"].union(*groups)
        try:
            with self.env.cr.savepoint():
                self._apply_lines(lines)
        except UserError:
            if self.mode == "all":
                raise
        else:
            return
        for group in groups:
            try:
                with self.env.cr.savepoint():
                    self._apply_lines(group)
            except UserError as error:
                # sudo: lines are the history, which users do not write themselves
                group.sudo().write(
                    {"state": "problem", "problem": str(error), "problem_keys": []}
                )

    def _apply_lines(self, lines):
        """Write what these lines say, unless something has come in between.

        Lines that cannot be applied any more become problems; of "all or none" nothing
        is written then.
        """
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

    # ------------------------------------------------------------------
    # The rows with problems, as a workbook
    # ------------------------------------------------------------------

    @api.depends("line_ids.state")
    def _compute_problem_file(self):
        for record in self:
            record.problem_file = base64.b64encode(record._make_problem_file())

    def _make_problem_file(self):
        lines = self.line_ids.filtered(lambda line: line.state == "problem")
        lang = self.env.lang
        if self.kind == "listings":
            titles = ListingRows.titles(self.shop_id, lang)
        else:
            titles = {key: code_columns.title(key, lang) for key in code_columns.TITLES}
        # Columns that nobody has used would only be in the way.
        used = {key for line in lines for key in [*line.given, *line.problem_keys]}
        titles = {key: title for key, title in titles.items() if key in used}
        headings = [
            *(Heading(title, 18, fill_in=True) for title in titles.values()),
            Heading(self.env._("Row in the File"), 10),
            Heading(self.env._("Problem"), 80),
        ]

        def cells(line):
            for key in titles:
                text = line.given.get(key)
                yield Note(text) if key in line.problem_keys else text
            yield str(line.row)
            yield line.problem

        sheet = Sheet(
            self.env._("Problems"), headings, (list(cells(line)) for line in lines)
        )
        return write_workbook(
            sheet,
            self.env._("How to mend it"),
            [
                (
                    "",
                    self.env._(
                        "Each row could not be imported for the reason in its last "
                        "column. Mend the coloured cells and upload this file."
                    ),
                )
            ],
        )


def _pack(groups, size):
    """Put groups together to batches of about `size` lines."""
    batch, count = [], 0
    for group in groups:
        batch.append(group)
        count += len(group)
        if count >= size:
            yield batch
            batch, count = [], 0
    if batch:
        yield batch
