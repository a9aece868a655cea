import logging
import time

import psycopg2

from odoo import api, models
from odoo.tools import SQL

from ..esm_api import TransientError
from .jobs import CONFLICTS, describe

_logger = logging.getLogger(__name__)

# Tries of one job, and the seconds before each further one. All tries together take
# less time than a scheduled action waits, which would put the job again.
TRIES = 4
RETRY_PATTERN = {1: 20, 2: 60, 3: 120}
# A job that finds its own work going on comes back after this many seconds.
BUSY_SECONDS = 10
# So long a job goes on with what can be done in parts. The rest is another job: other
# shops get their turn, and no worker runs into Odoo's time limit.
JOB_SECONDS = 60
# Done jobs are kept so many days: there are thousands a day.
KEEP_DAYS = 2
# Jobs that are going to be done, and those that wait for a hand.
OPEN = ("wait_dependencies", "pending", "enqueued")
FAILED = "failed"
# Kind of work -> channel below `CHANNEL`, priority (a smaller number goes first).
CHANNEL = "root.esm"
KINDS = {
    "run": ("run", 5),  # somebody waits for it
    "send": ("send", 8),
    "collect": ("collect", 10),
    "process": ("process", 10),
    "stock": ("stock", 15),
    "sweep": ("read", 20),
    "listings": ("read", 20),
    "states": ("read", 20),
}
METHOD = "_work_from_queue"
# How the names of our records begin.
OURS = "sale_esm_"


class EsmQueueMixin(models.AbstractModel):
    """Records whose work OCA's `queue_job` does, where it is installed and runs.

    The scheduled actions stay the clock. Instead of working themselves, they put one
    job per record and kind of work, which never piles up: its identity key is taken
    while it waits, and a second one that begins beside it steps back.

    `queue_job` is no dependency: nothing of it is imported before it is known to be
    there, and its records that are ours are made on first use.
    """

    _name = "esm.queue.mixin"
    _description = "Work for the Job Queue"

    # ------------------------------------------------------------------
    # Put jobs
    # ------------------------------------------------------------------

    @api.model
    def _has_queue(self):
        """Whether `queue_job` is installed, and a job runner listens to this database.

        Jobs that nobody runs would let orders lie: without a runner the scheduled
        actions do the work themselves, as without the module.
        """
        if "queue.job" not in self.env:
            return False
        from odoo.addons.queue_job.jobrunner import runner

        lock = getattr(runner, "PG_ADVISORY_LOCK_ID", None)
        if lock is None or "allow_commit" not in self.env["queue.job.function"]._fields:
            _logger.info("This queue_job is too old: the scheduled action works.")
            return False
        # The one runner of a database holds this lock as long as it is connected.
        query = SQL(
            """SELECT 1 FROM pg_locks
                WHERE locktype = 'advisory' AND granted AND objsubid = 1
                  AND ((classid::bigint << 32) | objid::bigint) = %s
                  AND database = (SELECT oid FROM pg_database
                                   WHERE datname = current_database())""",
            lock,
        )
        if not self.env.execute_query(query):
            _logger.info("No runner of queue_job listens: the scheduled action works.")
            return False
        return True

    def _put_in_queue(self, kind):
        """Put this work for each of these records into the queue, once.

        :param kind: key of `KINDS`
        """
        self._prepare_queue()
        channel, priority = KINDS[kind]
        keys = {record._queue_key(kind): record for record in self}
        # sudo: whoever the scheduled action runs as, jobs are the connector's
        known = (
            self.env["queue.job"]
            .sudo()
            .search(
                [
                    ("identity_key", "in", list(keys)),
                    ("state", "in", (*OPEN, FAILED)),
                ]
            )
            .grouped("identity_key")
        )
        for key, record in keys.items():
            jobs = known.get(key)
            if not jobs:
                # The company only says who may see the job, see `_work_from_queue`.
                record.with_context(company_id=record.company_id.id).with_delay(
                    priority=priority,
                    max_retries=TRIES,
                    description=record._queue_title(kind),
                    channel=f"{CHANNEL}.{channel}",
                    identity_key=key,
                )._work_from_queue(kind)
            elif all(job.state == FAILED for job in jobs):
                # As a scheduled action would: try again. Else they would pile up.
                jobs[0].requeue()

    def _queue_key(self, kind):
        self.ensure_one()
        return f"{self._name}:{kind}:{self.id}"

    def _queue_title(self, kind):
        """What the list of jobs calls this work."""
        raise NotImplementedError

    # ------------------------------------------------------------------
    # Do a job
    # ------------------------------------------------------------------

    def _work_from_queue(self, kind):
        """Do the work of one job; it commits as it goes.

        It is tried again by the queue if the database gets in the way, or if ESM does
        not answer a reading. Messages of the outbox know themselves when they are due
        again: their job ends well.

        :param kind: key of `KINDS`
        :return: what the list of jobs shows as its result
        """
        from odoo.addons.queue_job.exception import JobError, RetryableJobError

        if not self.exists():
            return self.env._("It was deleted meanwhile.")
        troubles = []
        # A scheduled action has no language and no companies of its own; the request
        # of the runner has.
        context = {
            "job_uuid": self.env.context.get("job_uuid"),
            "esm_until": time.monotonic() + JOB_SECONDS,  # see `_time_left`
            "esm_job_troubles": troubles,
        }
        record = self.with_env(self.env(context=context))
        try:
            done = record._do_alone(kind)
        except (*CONFLICTS, psycopg2.OperationalError, psycopg2.InterfaceError):
            raise RetryableJobError(
                self.env._("The database was busy, or restarted.")
            ) from None
        except Exception as error:
            # Not its text, which may hold a buyer's data: jobs and log are read.
            raise JobError(describe(error)) from None
        if not done:
            raise RetryableJobError(
                self.env._("Other work has to end first."),
                seconds=BUSY_SECONDS,
                ignore_retry=True,
            )
        trouble = next(filter(record._passes_soon(kind), troubles), None)
        if trouble and record._has_tries():
            raise RetryableJobError(record._queue_trouble_text(trouble))
        return record._queue_trouble_text(troubles[0]) if troubles else None

    def _do_alone(self, kind):
        """Do this work, unless something else has to end first.

        The identity key keeps jobs from waiting twice, not from a beginning while
        another one of the same kind is still at work.

        :param kind: key of `KINDS`
        :return: whether it was done
        """
        key = SQL("hashtext('esm_queue'), hashtext(%s)", self._queue_key(kind))
        # Held by the connection, over all commits, or given back at its end.
        lock = SQL("SELECT pg_try_advisory_lock(%s)", key)
        if not self.env.execute_query(lock)[0][0]:
            return False
        try:
            done = self._do_from_queue(kind)
            self.env.flush_all()
            self.env.cr.commit()  # pylint: disable=invalid-commit
        except Exception:
            self.env.cr.rollback()
            self.env.transaction.reset()
            raise
        finally:
            self.env.execute_query(SQL("SELECT pg_advisory_unlock(%s)", key))
        return done

    def _do_from_queue(self, kind):
        """Do this work as the scheduled action does it.

        :param kind: key of `KINDS`
        :return: whether it was done: something else may have to end first
        """
        raise NotImplementedError

    def _passes_soon(self, kind):
        """Which trouble is worth another try of the job.

        :param kind: key of `KINDS`
        :return: callable that takes an error
        """
        return lambda error: isinstance(error, TransientError)

    def _queue_trouble_text(self, error):
        """What the list of jobs shows of trouble with ESM."""
        return str(error)

    def _has_tries(self):
        """Whether the queue would try this job again; else it ends, as a scheduled
        action does: what went wrong is said on the shop."""
        uuid = self.env.context.get("job_uuid")
        # sudo: the job is the connector's, whoever it runs as
        job = self.env["queue.job"].sudo().search([("uuid", "=", uuid)])
        return job.retry + 1 < job.max_retries

    # ------------------------------------------------------------------
    # Channels
    # ------------------------------------------------------------------

    @api.model
    def _prepare_queue(self):
        """Make our channels and job functions, unless they are there."""
        # sudo: whoever the scheduled action runs as, they are the connector's
        Function = self.env["queue.job.function"].sudo()
        names = {
            Function.job_function_name(model, METHOD): model
            for model in ("esm.shop", "esm.run")
        }
        if Function.search_count([("name", "in", list(names))]) < len(names):
            # Starts over if another scheduled action was faster.
            self.env["esm.shop"]._transact(
                lambda: self._make_channels(Function, names), alone=False
            )

    def _make_channels(self, Function, names):
        """Make what is missing of channels and job functions.

        They are noted as records of `queue_job`, whose data cannot name them: so they
        go when it is uninstalled. When this module is, `_leave_queue` takes them away.

        :param Function: the model of job functions, as superuser
        :param dict names: name of a job function -> model
        """
        Channel = self.env["queue.job.channel"].sudo()  # sudo: as in _prepare_queue
        made, parents = {}, {}
        paths = [CHANNEL, *(f"{CHANNEL}.{part}" for part, _priority in KINDS.values())]
        for path in dict.fromkeys(paths):
            channel = Channel.search([("complete_name", "=", path)])
            if not channel:
                parent, _dot, name = path.rpartition(".")
                channel = Channel.create(
                    {
                        "name": name,
                        "parent_id": parents[parent].id
                        if parent in parents
                        else self.env.ref("queue_job.channel_root").id,
                        "removal_interval": KEEP_DAYS,
                    }
                )
                made[f"channel_{path.replace('.', '_')}"] = channel
            parents[path] = channel
        known = Function.search([("name", "in", list(names))]).mapped("name")
        for name in names.keys() - set(known):
            made[f"function_{names[name].replace('.', '_')}"] = Function.create(
                {
                    "name": name,
                    "channel_id": parents[CHANNEL].id,
                    "retry_pattern": RETRY_PATTERN,
                    # Each step of our work is a transaction of its own.
                    "allow_commit": True,
                }
            )
        self.env["ir.model.data"]._update_xmlids(
            [
                {
                    "xml_id": f"queue_job.{OURS}{name}",
                    "record": record,
                    "noupdate": True,
                }
                for name, record in made.items()
            ]
        )

    @api.model
    def _leave_queue(self):
        """Take along what is ours when this module is uninstalled.

        The runner would ask for our jobs again and again.
        """
        if "queue.job" not in self.env:
            return
        # sudo: as in _put_in_queue
        env = self.sudo().env
        env["queue.job"].search(
            [
                ("model_name", "in", ("esm.shop", "esm.run")),
                ("state", "not in", ("done", "cancelled")),
            ]
        ).unlink()
        # The newest first: functions, then channels below others.
        notes = env["ir.model.data"].search(
            [("module", "=", "queue_job"), ("name", "=like", f"{OURS}%")],
            order="id desc",
        )
        for note in notes:
            record = env[note.model].browse(note.res_id).exists()
            # Somebody may have put functions of other modules into a channel of ours.
            if record._name == "queue.job.function" or not record.job_function_ids:
                record.unlink()
