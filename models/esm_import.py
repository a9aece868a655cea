import base64

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import split_every
from odoo.tools.misc import clean_context

from ..excel import Heading, Note, Sheet, WorkbookRefused, write_workbook
from .jobs import CONFLICTS, JOB_CONTEXT

MOST_ROWS = 50_000
# Files with more rows are read and applied by a job, with a progress bar.
AT_ONCE = 1_000
# Tries of the job where others change the same records.
ATTEMPTS = 3
# Lines stored, or applied, before the job reports its progress.
BATCH = 1_000


class EsmImport(models.AbstractModel):
    """A file with rows: read, shown row by row, then applied or not.

    Nothing is changed before someone has seen what would be. The import stays as the
    record of who changed how much, when and by which file.

    A model of this kind names its lines (`line_ids`, `problem_line_ids`, of a model
    that inherits `esm.import.line`) and says how a file becomes rows (`_open_table`,
    `_make_rows`, `_titles`) and how lines are applied (`_check_apply`, `_apply_lines`).
    """

    _name = "esm.import"
    _description = "Import of a File"
    _order = "id desc"
    _rec_name = "filename"
    _check_company_auto = True

    # How long imports that came to nothing, and the rows of those that did, are kept.
    _KEEP_UNUSED_DAYS, _KEEP_ROWS_DAYS = 30, 365
    # External ID of the job of large files.
    _job = None

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
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

    @api.model
    def _user_fields(self):
        """Names of what users enter; the rest is what happened."""
        return {"company_id", "mode", "file", "filename"}

    @api.model
    def _preview_fields(self):
        """Names of what users may still change when they see the preview."""
        return {"mode"}

    @api.model_create_multi
    def create(self, vals_list):
        """Extend: an import begins with a file, not with a history."""
        if not self.env.su:
            names = self._user_fields()
            vals_list = [
                {name: vals[name] for name in names & vals.keys()} for vals in vals_list
            ]
            # Defaults from the context would be a way around.
            context = clean_context(self.env.context)
            self = self.with_env(self.env(context=context))
        return super().create(vals_list)

    def write(self, vals):
        """Extend: what happened is not rewritten."""
        if not self.env.su:
            names = self._user_fields()
            if self.filtered(lambda i: i.state != "draft"):
                names = self._preview_fields()
            if vals.keys() - names or self.filtered(lambda i: i.state == "done"):
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
                    "An import that has changed something is kept: it tells who "
                    "changed what. One that is at work cannot be deleted before it is "
                    "done."
                )
            )

    @api.autovacuum
    def _gc_imports(self):
        """Forget imports that came to nothing, and the rows of old ones."""
        if self._abstract:
            return
        now = fields.Datetime.now()
        unused = self.search(
            [
                ("state", "in", ("draft", "preview")),
                (
                    "write_date",
                    "<",
                    fields.Date.subtract(now, days=self._KEEP_UNUSED_DAYS),
                ),
            ]
        )
        unused.unlink()
        old = self.search(
            [
                ("state", "=", "done"),
                (
                    "applied_at",
                    "<",
                    fields.Date.subtract(now, days=self._KEEP_ROWS_DAYS),
                ),
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
        self._check_read()
        # sudo: users do not write the history themselves
        me = self.sudo()
        me.write({"user_id": self.env.uid, "message": False, "progress": 0})
        me._start_reading()
        return True

    def _start_reading(self):
        """Make the preview, or leave it to the job."""
        try:
            table = self._open_table()
        except WorkbookRefused as refusal:
            self.message = self._refusal_text(refusal)
            return
        if table.filled_rows > AT_ONCE:
            self._go_on_in_background("reading")
        else:
            self._read(table)

    def action_apply(self):
        """Do what the preview shows."""
        self.ensure_one()
        self.check_access("write")
        self._expect("preview")
        self._check_apply()
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
        if self.change_count > self._most_at_once():
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
            "url": f"/web/content/{self._name}/{self.id}/problem_file/"
            f"{self.env._('problem rows')}.xlsx?download=true",
            "target": "self",
        }

    def action_view_lines(self):
        """The rows as a list of their own, to search and filter."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.filename or self.env._("Rows"),
            "res_model": self.line_ids._name,
            "view_mode": "list",
            "domain": [("import_id", "=", self.id)],
        }

    def _check_read(self):
        """Raise what speaks against reading the file, in the user's words."""
        if not self.file:
            raise UserError(self.env._("Choose a file first."))

    def _check_apply(self):
        """Raise what speaks against applying, whatever the rows say."""

    def _most_at_once(self):
        """More lines than these are applied by a job."""
        return AT_ONCE

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
        self.env.ref(self._job).sudo()._trigger()

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
                    continue  # somebody works on the same records
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
        raise NotImplementedError

    def _make_rows(self, table):
        """What takes the rows of the file: `ImportRows` that are empty yet.

        :param table: `excel.Table`
        """
        raise NotImplementedError

    def _titles(self):
        """Key of a column -> its title in the user's language."""
        raise NotImplementedError

    def _data(self):
        """The bytes of the file."""
        return base64.b64decode(self.with_context(bin_size=False).file or b"")

    def _read(self, table, report=None):
        """Make the preview of a file: one line for each of its rows.

        :param table: `excel.Table`
        :param report: called with the part that is done (0 to 1); may commit
        :raise WorkbookRefused: the file is broken further down
        """
        self.line_ids.unlink()
        mine = self._as(self.user_id)
        rows = mine._make_rows(table)
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

        :param rows: `ImportRows`, checked
        """
        done = 0
        for batch in split_every(BATCH, rows.rows, list):
            self.line_ids.create(
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
            self.line_ids._read_group(
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

    # ------------------------------------------------------------------
    # Apply
    # ------------------------------------------------------------------

    def _apply(self, report=None):
        """Do what the lines say, as far as nothing has come in between.

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
                        "more, because something has changed since the file was read.",
                        count=self.problem_count,
                    ),
                }
            )
            return
        self._finish()

    def _finish(self):
        """All is applied that can be."""
        self.write(
            {"state": "done", "applied_at": fields.Datetime.now(), "progress": 100}
        )

    def _apply_groups(self, groups):
        """Apply groups of lines, each of which only makes sense as a whole.

        Together; if something speaks against that, and good rows are wanted, group by
        group.
        """
        lines = self.line_ids.browse().union(*groups)
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
        """Do what these lines say, unless something has come in between.

        Lines that cannot be applied any more become problems; of "all or none" nothing
        is changed then.
        """
        raise NotImplementedError

    # ------------------------------------------------------------------
    # The rows with problems, as a workbook
    # ------------------------------------------------------------------

    @api.depends("line_ids.state")
    def _compute_problem_file(self):
        for record in self:
            record.problem_file = base64.b64encode(record._make_problem_file())

    def _make_problem_file(self):
        lines = self.line_ids.filtered(lambda line: line.state == "problem")
        # Columns that nobody has used would only be in the way.
        used = {
            key for line in lines for key in [*(line.given or {}), *line.problem_keys]
        }
        titles = {key: title for key, title in self._titles().items() if key in used}
        headings = [
            *(Heading(title, 18, fill_in=True) for title in titles.values()),
            Heading(self.env._("Row in the File"), 10),
            Heading(self.env._("Problem"), 80),
        ]

        def cells(line):
            for key in titles:
                text = (line.given or {}).get(key)
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
