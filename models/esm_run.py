import logging
from datetime import timedelta

from psycopg2 import errors as pg_errors

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, mute_logger

from .jobs import describe

_logger = logging.getLogger(__name__)

# First key of the advisory locks of running workers: letters of "ESM", used by nothing
# else. The second key is the run.
LOCK_CLASS = 0x45534D
OPEN = ("waiting", "running")
# Traces of scheduled work that went well are of no use for long: there are hundreds a
# day. What people started, or what failed, is asked about later: `esm_run_days` of the
# company.
KEEP_SCHEDULED = timedelta(days=2)
# How many old runs one round of the autovacuum takes away.
GC_BATCH = 10_000
# How long the dashboard shows the result of what somebody started.
SHOW_RESULT = timedelta(minutes=10)


class EsmRun(models.Model):
    """Work for one shop in the background, that people can watch.

    The worker commits its progress as it goes. As long as it works, its database
    connection holds an advisory lock: a run that says "running" without that lock has
    lost its worker.
    """

    _name = "esm.run"
    _description = "Run of a Shop"
    _order = "id desc"
    _rec_name = "kind"

    shop_id = fields.Many2one(
        "esm.shop", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="shop_id.company_id", store=True, precompute=True, index=True
    )
    kind = fields.Selection(
        [
            ("collect", "Collect orders"),
            ("sweep", "Read the last weeks again"),
            ("listings", "Read listings"),
            ("stock", "Push stock"),
        ],
        string="Work",
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("running", "Running"),
            ("done", "Done"),
            ("failed", "Failed"),
            ("stopped", "Interrupted"),
        ],
        default="waiting",
        required=True,
        readonly=True,
    )
    step = fields.Selection(
        [
            ("orders", "Reading orders"),
            ("cancels", "Reading cancels"),
            ("missing", "Completing orders"),
            ("confirm", "Confirming orders"),
            ("book", "Making sales orders"),
            ("listings", "Reading listings"),
            ("options", "Reading options"),
            ("compare", "Comparing stock"),
            ("stock", "Writing stock"),
        ],
        readonly=True,
    )
    done_count = fields.Integer(string="Done So Far", readonly=True)
    total_count = fields.Integer(
        string="Of", readonly=True, help="0: nobody knows yet how much it is."
    )
    started_at = fields.Datetime(string="Started", readonly=True)
    ended_at = fields.Datetime(string="Ended", readonly=True)
    message = fields.Text(string="Result", readonly=True)
    user_id = fields.Many2one(
        "res.users",
        string="Started By",
        readonly=True,
        help="Empty: the schedule started it.",
    )

    _open_uniq = models.UniqueIndex(
        "(shop_id, kind) WHERE state IN ('waiting', 'running')",
        "This shop is busy with that already.",
    )
    _shop_idx = models.Index("(shop_id, ended_at)")

    # ------------------------------------------------------------------
    # Ask for work
    # ------------------------------------------------------------------

    @api.model
    def _request(self, shops, kind):
        """Let a worker do this for each of these shops, soon.

        What is open already is not asked for twice.

        :param shops: `esm.shop` recordset
        :param kind: value of field `kind`
        :raise UserError: nobody would ever do it
        """
        shops._check_may_call()
        cron = self.env.ref("sale_esm.ir_cron_run").sudo()
        if not cron.active:
            raise UserError(
                self.env._(
                    "The scheduled action “%(name)s” is switched off, so nobody would "
                    "do it. Ask who looks after your Odoo to switch it on.",
                    name=cron.name,
                )
            )
        open_runs = self.search(
            [
                ("shop_id", "in", shops.ids),
                ("kind", "=", kind),
                ("state", "in", OPEN),
            ]
        )
        open_runs._note_interrupted()
        busy = open_runs.filtered(lambda run: run.state in OPEN)
        # Who asks sees the result, although the schedule was faster.
        busy.filtered(lambda run: not run.user_id).user_id = self.env.user
        try:
            # One savepoint for a press of a button: somebody else may press it too.
            with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                self.create(
                    [
                        {"shop_id": shop.id, "kind": kind, "user_id": self.env.uid}
                        for shop in shops - busy.shop_id
                    ]
                )
        except pg_errors.UniqueViolation:
            _logger.info("Somebody else has just asked for the same work.")
        cron._trigger()

    def action_run_again(self):
        """Start the work of these runs once more."""
        self.check_access("read")
        for kind, runs in self.grouped("kind").items():
            # sudo: runs are written by the connector only, for any of its users
            self.sudo()._request(runs.shop_id, "collect" if kind == "sweep" else kind)
        return True

    # ------------------------------------------------------------------
    # Work
    # ------------------------------------------------------------------

    @api.model
    def _cron_work(self):
        """Do what people asked for, oldest first."""
        self.search([("state", "=", "running")])._note_interrupted()
        waiting = self.search([("state", "=", "waiting")], order="id")
        if waiting._leave_to_queue():
            return
        progress = self.env["ir.cron"]._commit_progress
        progress(remaining=len(waiting))
        for number, run in enumerate(waiting, start=1):
            shop = run.shop_id
            try:
                run._work()
            except Exception as error:
                shop._rollback()
                _logger.error("Run %s failed: %s", run.id, describe(error))
            if not progress(1, remaining=len(waiting) - number):
                break

    def _leave_to_queue(self):
        """Whether OCA's job queue does the work of these runs: see `esm_run_queue`."""
        return False

    def _work(self):
        """Do the work of this run; commits as it goes."""
        shop, kind = self.shop_id, self.kind
        shop._traced(kind, getattr(type(shop), f"_work_{kind}"))

    @api.model
    def _claim(self, shop, kind):
        """Begin work for this shop, unless another worker is at it.

        Takes over what somebody has asked for.

        :param shop: `esm.shop` record
        :param kind: value of field `kind`
        :return: the running `esm.run`, or none
        """
        alone = SQL(
            "SELECT pg_try_advisory_xact_lock(hashtext('esm_run'), %s)", shop.id
        )
        if not self.env.execute_query(alone)[0][0]:
            # Somebody claims it now. Meeting in the unique index would be logged.
            return self.browse()
        run = self.search(
            [
                ("shop_id", "=", shop.id),
                ("kind", "=", kind),
                ("state", "in", OPEN),
            ]
        )
        run._note_interrupted()
        if run.state == "running":
            return self.browse()
        values = {"state": "running", "started_at": fields.Datetime.now()}
        if run.state == "waiting":
            run.write(values)
        else:
            run = self.create({"shop_id": shop.id, "kind": kind, **values})
        self.env.flush_all()
        # Held by the connection, over all commits, until `_let_go` or its end.
        self.env.execute_query(
            SQL("SELECT pg_advisory_lock(%s, %s)", LOCK_CLASS, run.id)
        )
        return run

    def _let_go(self):
        """The worker has ended: only after the commit of its result."""
        self.env.execute_query(
            SQL("SELECT pg_advisory_unlock(%s, %s)", LOCK_CLASS, self.id)
        )

    def _end(self, ok, text):
        """Note the result.

        :param bool ok: whether all went well
        :param text: what came out, for people
        """
        self.write(
            {
                "state": "done" if ok else "failed",
                "message": text,
                "ended_at": fields.Datetime.now(),
            }
        )

    def _note_interrupted(self):
        """Those of these runs whose worker is gone have ended."""
        running = self.filtered(lambda run: run.state == "running")
        if not running:
            return
        held = self.env.execute_query(
            SQL(
                """SELECT objid::int FROM pg_locks
                    WHERE locktype = 'advisory' AND classid = %s AND granted
                      AND database = (SELECT oid FROM pg_database
                                       WHERE datname = current_database())""",
                LOCK_CLASS,
            )
        )
        held = {run_id for [run_id] in held}
        # A worker that has ended since we read the state makes this write fail: Odoo
        # tries again and reads its result.
        gone = running.filtered(lambda run: run.id not in held)
        gone.write(
            {
                "state": "stopped",
                "ended_at": fields.Datetime.now(),
                "message": self.env._(
                    "It was interrupted: the server was restarted, or it took too "
                    "long. What was done so far counts. Start it again for the rest."
                ),
            }
        )
        # Before another one takes its place.
        gone.flush_recordset(["state"])

    @api.autovacuum
    def _gc_runs(self):
        """Take away old traces."""
        now = fields.Datetime.now()
        nobody_asks = Domain("user_id", "=", False) & Domain("state", "=", "done")
        old_ones = Domain("ended_at", "<", now - KEEP_SCHEDULED) & nobody_asks
        companies = self.env["esm.shop"]._with_shops()
        for days, same in companies.grouped("esm_run_days").items():
            old_ones |= Domain("ended_at", "<", now - timedelta(days=days)) & Domain(
                "company_id", "in", same.ids
            )
        old = self.search(
            Domain("state", "not in", OPEN) & old_ones,
            limit=GC_BATCH,
        )
        old.unlink()
        return len(old), len(old) == GC_BATCH

    # ------------------------------------------------------------------
    # For the dashboard
    # ------------------------------------------------------------------

    @api.model
    def _watched(self, shops):
        """What is going on in these shops, and what came out a moment ago.

        :param shops: `esm.shop` recordset
        :return: dict shop ID -> list of dicts for the browser
        """
        recent = fields.Datetime.now() - SHOW_RESULT
        runs = self.search(
            Domain("shop_id", "in", shops.ids)
            & (
                Domain("state", "in", OPEN)
                | (Domain("user_id", "!=", False) & Domain("ended_at", ">", recent))
            )
        )
        runs.sudo()._note_interrupted()  # sudo: read-only for people
        watched, seen = {shop.id: [] for shop in shops}, set()
        for run in runs:  # newest first
            key = (run.shop_id.id, run.kind)
            if key not in seen:
                seen.add(key)
                watched[run.shop_id.id].append(run._for_browser())
        return watched

    def _for_browser(self):
        names = {
            name: dict(self._fields[name]._description_selection(self.env))
            for name in ("kind", "step", "state")
        }
        return {
            "id": self.id,
            "kind": self.kind,
            "title": names["kind"][self.kind],
            "state": self.state,
            "step": names["step"].get(self.step) or names["state"][self.state],
            "done": self.done_count,
            "total": self.total_count,
            "message": self.message or "",
        }
