from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..esm_api import EsmError


class _RunId(int):
    """ID of a run in the context: who calls over RPC chooses the context, but has
    numbers only, and tells nothing about runs."""


class EsmShop(models.Model):
    """Work that people start and watch: it goes on in the background."""

    _inherit = "esm.shop"

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_start_collect(self):
        """Let the orders of these shops be collected, whatever the switches say."""
        return self._start("collect")

    def action_start_listings(self):
        """Let the listings of these shops be read."""
        return self._start("listings")

    def action_start_stock(self):
        """Let the stock of these shops be compared and written."""
        for shop in self:
            if not shop.auto_stock:
                raise UserError(
                    self.env._(
                        "The stock switch of %(shop)s is off. Turn on “Automatic stock "
                        "quantity sync” first: quantities are divided among all "
                        "listings that sell the same product.",
                        shop=shop.name,
                    )
                )
        return self._start("stock")

    def _start(self, kind):
        """Ask for work in the background, and say that it is on its way.

        :param kind: value of field `kind` of `esm.run`
        :return: notification, that the dashboard leaves out: it shows the work itself
        """
        self.check_access("read")
        # sudo: runs are written by the connector only, for any of its users
        self.env["esm.run"].sudo()._request(self.sudo(), kind)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._(
                    "It runs in the background now. The dashboard shows how far it is "
                    "and what came out."
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def dashboard_runs(self):
        """What is going on in these shops; the dashboard asks every few seconds.

        :return: dict shop ID as text -> list of dicts, see `esm.run._watched`
        """
        self.check_access("read")
        watched = self.env["esm.run"]._watched(self)
        return {str(shop_id): runs for shop_id, runs in watched.items()}

    # ------------------------------------------------------------------
    # Work
    # ------------------------------------------------------------------

    def _traced(self, kind, work):
        """Do work for this shop so that people can watch it; commits as it goes.

        :param kind: value of field `kind` of `esm.run`
        :param work: callable that takes the shop; returns whether all went well and
            what came out, as translated text
        :return: whether it was done here: another worker may be at it
        """
        self.ensure_one()
        if self._watched_run():  # part of other work, shown already
            work(self)
            return True
        run = self._transact(
            lambda: self.env["esm.run"]._claim(self, kind), alone=False
        )
        if not run:
            return False
        try:
            try:
                ok, text = work(self.with_context(esm_run_id=_RunId(run.id)))
            except Exception:
                self._rollback()
                sorry = self._as_job().env._(
                    "Something unexpected went wrong. Start it again; if it happens "
                    "once more, ask who looks after your Odoo: the server's log says "
                    "what it was."
                )
                self._transact(lambda: run._end(False, sorry), alone=False)
                raise
            self._transact(lambda: run._end(ok, text), alone=False)
        except Exception:
            # The lock is given back in a transaction that works.
            self._rollback()
            raise
        finally:
            run._let_go()
        return True

    def _watched_run(self):
        """The `esm.run` that this work is part of, if any."""
        run_id = self.env.context.get("esm_run_id")
        ids = [int(run_id)] if isinstance(run_id, _RunId) else []
        return self.env["esm.run"].browse(ids)

    def _show_progress(self, step, done=0, total=0):
        """Tell who watches how far the work is; nothing happens if it has no trace.

        :param step: value of field `step` of `esm.run`
        :param int done: pieces done
        :param int total: pieces there are; 0: not known
        """
        run = self._watched_run()
        if run:
            self._transact(
                lambda: run.write(
                    {"step": step, "done_count": done, "total_count": total}
                ),
                alone=False,
            )

    def _work_collect(self):
        """Collect because somebody wants it, and say what came out."""
        result = self._collect_result()
        # New orders and cancels: what is free changed.
        self._trigger_stock_job()
        return result

    def _collect_result(self, since=None):
        """Collect, and say what came out.

        :param since: see `_run_cycle`
        :return: whether all went well; translated text
        """
        read = self._run_cycle(since)
        return read and self.connection_state == "connected", self.last_collect_summary

    def _work_listings(self, everything=True):
        """Read the listings, and say what came out.

        :param bool everything: see `_read_listings`
        """
        error = self._read_listings(everything)
        if error:
            return False, self._run_error_text(error)
        job = self._as_job()
        return True, job.env._(
            "%(shop)s: %(count)s listings are known, %(unmatched)s of their goods are "
            "not matched yet.",
            shop=self.name,
            count=self.listing_count,
            unmatched=self.unmatched_count,
        )

    def _work_stock(self):
        """Compare the company's stock, write what differs in this shop, say it."""
        listings = self.listing_ids
        shops = self.search(self._stock_domain())._as_job_of(self.company_id)
        if self not in shops:
            return False, self._as_job().env._(
                "%(shop)s: no stock is written while its switch is off or its key is "
                "refused.",
                shop=self.name,
            )
        begin = self.env.cr.now()
        shops._sync_stock(listings.with_env(shops.env))
        return self._stock_result(begin)

    def _stock_result(self, since):
        """How the stock of this shop stands after a push.

        :param since: naive UTC datetime at which it began
        :return: whether nothing went wrong; translated text
        """
        trouble = self.listings_message or (
            self.connection_state == "refused" and self.connection_message
        )
        if trouble:
            return False, f"{self.name}: {trouble}"
        Outbox = self.env["esm.outbox"]
        stock = Domain("shop_id", "=", self.id) & Domain("action", "=", "stock")
        sent, refused, waiting, stuck = (
            Outbox.search_count(stock & Domain(domain))
            for domain in (
                [("state", "=", "sent"), ("sent_at", ">=", since)],
                [("state", "=", "refused")],
                [("state", "=", "waiting")],
                [("state", "=", "waiting"), ("attempts", ">", 0)],
            )
        )
        env = self._as_job().env
        if refused or stuck:
            return False, env._(
                "%(shop)s: stock of %(sent)s listings was written, %(refused)s were "
                "refused and %(waiting)s wait. Each listing says why.",
                shop=self.name,
                sent=sent,
                refused=refused,
                waiting=waiting,
            )
        if waiting:
            return True, env._(
                "%(shop)s: stock of %(sent)s listings was written, %(waiting)s follow.",
                shop=self.name,
                sent=sent,
                waiting=waiting,
            )
        return True, env._(
            "%(shop)s: stock of %(sent)s listings was written; all are right now.",
            shop=self.name,
            sent=sent,
        )

    def _run_error_text(self, error):
        """What people are told of an error that stopped a run.

        :param error: `EsmError` or `UserError`
        """
        return self._explain(error) if isinstance(error, EsmError) else str(error)
