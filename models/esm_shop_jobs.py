import logging
import random
import time
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import clean_context

from ..esm_api import (
    CancelDate,
    CredentialError,
    EsmError,
    NoPermission,
    OrderStatus,
    TransientError,
)
from .cancel_reading import CancelReading, next_moment
from .crew import Crew, own_turn
from .esm_outbox import SENT_AT_ONCE
from .jobs import CONFLICTS, JOB_CONTEXT, describe
from .utc import aware

_logger = logging.getLogger(__name__)

# Orders show up late or change their state for a while: each run reads again
# what was paid this long before the last run began.
OVERLAP = timedelta(days=1)
# The first run and the nightly sweep look back this far: goods on order may wait for
# weeks, and one call of the order list reaches that far.
SWEEP = timedelta(days=28)
# A cancel request is decided within 24 hours; read two days of them again.
CANCEL_OVERLAP = timedelta(days=2)
# A scheduled run that ran out of time goes on with the other shops at once: those
# that it has just collected are not collected again within this time.
COLLECT_PAUSE = timedelta(seconds=45)
# A key that ESM refuses is tried again that seldom: a gateway in trouble and a clock
# that is wrong look like it, and pass.
REFUSED_PAUSE = timedelta(hours=1)
# Shops that one worker collects for at a time: it mostly waits for their pace. More
# would leave nothing for the workers of other processes, that have other processors.
SHOPS_AT_ONCE = 4
# Scheduled actions by which workers of other processes take part.
FURTHER_WORKERS = tuple(f"sale_esm.ir_cron_collect_{number}" for number in (2, 3, 4))
SWEEP_PAUSE = timedelta(hours=12)


class EsmShop(models.Model):
    """The jobs of a shop: collect, read cancels, confirm, book, release.

    Each step is a transaction of its own that can be run again: a crash in between
    costs nothing but time.
    """

    _inherit = "esm.shop"

    @api.model
    def _cron_collect(self):
        """Collect the orders of all shops whose switch says so."""
        shops = self._due_shops()
        if self._leave_to_queue("collect", shops):
            return
        for name in FURTHER_WORKERS[: max(len(shops) - 1, 0) // SHOPS_AT_ONCE]:
            further = self.env.ref(name, raise_if_not_found=False)
            if further:
                further.sudo()._trigger()
        self._collect_due(shops)

    @api.model
    def _cron_collect_along(self):
        """Take part in collecting: the scheduled action of a further worker.

        Odoo runs one scheduled action in one process at a time. So there are some of
        these, that the first one starts when there is more to do than it has in hand.
        """
        if not self.env.ref("sale_esm.ir_cron_collect").sudo().active:
            return
        shops = self._due_shops()
        if self._leave_to_queue("collect", shops):
            return
        # In another order than those who are at it: they seldom meet.
        shop_ids = shops.ids
        random.shuffle(shop_ids)
        self._collect_due(shops.browse(shop_ids))

    def _due_shops(self):
        """Shops whose orders are to be collected now."""
        return self.search(self._collect_domain()).filtered(lambda shop: shop._is_due())

    def _is_due(self):
        paused = fields.Datetime.now() - COLLECT_PAUSE
        return not self.last_collect_at or self.last_collect_at < paused

    def _collect_due(self, shops):
        """Collect the orders of these shops, unless others are at it or were."""

        def collect(shop):
            if shop._is_due():  # no other worker has done it meanwhile
                shop._scheduled_collect()

        self._for_each_shop(shops, collect, SHOPS_AT_ONCE)
        # New orders and cancels: what is free changed.
        self._trigger_stock_job()

    def _scheduled_collect(self):
        self._traced("collect", type(self)._collect_result)

    @api.model
    def _collect_domain(self):
        """Shops to collect for by schedule: now and then also those that were refused.

        What else waits for them goes on once that works.
        """
        refused = Domain("auto_collect", "=", True) & Domain(
            "last_collect_at", "<", fields.Datetime.now() - REFUSED_PAUSE
        )
        return Domain(self._automatic_domain()) | refused

    @api.model
    def _automatic_domain(self):
        """Shops that scheduled work may call ESM for."""
        return [("auto_collect", "=", True), ("connection_state", "!=", "refused")]

    @api.model
    def _cron_process(self):
        """Book and release what waits, without calling ESM."""
        found = self.env["esm.order"]._read_group(
            self.env["esm.order"]._waiting_domain(), ["shop_id"]
        )
        shops = self.browse([shop.id for [shop] in found])
        if not self._leave_to_queue("process", shops):
            self._for_each_shop(shops, type(self)._scheduled_process)

    def _scheduled_process(self):
        self._process()

    @api.model
    def _cron_sweep(self):
        """Read the last days once more: what was missed comes in now."""
        now = fields.Datetime.now()
        shops = self.search(self._automatic_domain()).filtered(
            lambda shop: not shop.swept_at or shop.swept_at < now - SWEEP_PAUSE
        )
        if not self._leave_to_queue("sweep", shops):
            self._for_each_shop(shops, type(self)._scheduled_sweep, SHOPS_AT_ONCE)

    def _scheduled_sweep(self):
        now = fields.Datetime.now()

        def sweep(shop):
            result = shop._collect_result(since=now - SWEEP)
            shop._transact(lambda: shop.write({"swept_at": now}))
            return result

        self._traced("sweep", sweep)

    def _scheduled_send(self):
        self.env["esm.outbox"]._send_shop(self, SENT_AT_ONCE)

    @api.model
    def _leave_to_queue(self, kind, shops):
        """Whether OCA's job queue does this work: see `esm_shop_queue`.

        :param kind: `_scheduled_<kind>` is the method that does it for one shop
        :param shops: those that there is work for
        """
        return False

    def _for_each_shop(self, shops, work, at_once=1):
        """Do `work` for each shop; trouble of one never stops the others.

        :param shops: `esm.shop` recordset; no more are begun when time has run out
        :param work: callable that takes a shop and works in that shop's environment:
            it may be another one than ours, see `crew.Crew`
        :param int at_once: shops that are worked for at a time
        """
        progress = self.env["ir.cron"]._commit_progress
        progress(remaining=len(shops))

        def one(shop):
            try:
                work(shop)
            except Exception as error:
                shop._rollback()
                _logger.error("Work for shop %s failed: %s", shop.id, describe(error))

        crew = Crew(self, lambda me: lambda shop_id: one(me.browse(shop_id)), shops.ids)
        noted = 0

        def note():
            nonlocal noted
            done = crew.done
            progress(done - noted, remaining=len(shops) - done)
            noted = done

        crew.work_off(at_once, note)
        cron = self.env["ir.cron"].sudo().browse(self.env.context.get("cron_id"))
        if crew.left and cron:
            # Odoo goes on as soon as a worker looks, but wakes none: that is a minute.
            cron._trigger()

    def _transact(self, work, alone=True, attempts=10, goods=False):
        """Run `work` as one transaction; start over when another worker was faster.

        :param work: callable without arguments that can be run again
        :param bool alone: no other worker does such work for this shop meanwhile: two
            that store or book the same orders would only hinder each other. Not for
            work that waits for an answer of ESM.
        :param int attempts: how often to try
        :param bool goods: `work` reserves goods. Shops of a warehouse sell the same:
            they wait for each other, instead of losing each other's work
        :return: what `work` returns
        :raise: one of `CONFLICTS` after the last attempt, rolled back
        """
        turn = self._prepare_turn_query(goods) if alone else None
        # Whatever was read before belongs to an older snapshot of the database.
        self._commit()
        for attempt in range(1, attempts + 1):
            try:
                if alone:
                    self._wait_for_turn(turn)
                result = work()
                # As a job: amounts that are computed anew are no news in chatters.
                self.env.flush_all()
                self.env.cr.flush()
                self._commit()
                return result
            except CONFLICTS:
                self._rollback()
                if attempt == attempts:
                    raise
                time.sleep(random.uniform(0, 0.05 * attempt))  # nosec B311  # no secret
        return None

    def _prepare_turn_query(self, goods):
        """The query that tells whether we are alone with this shop from now on.

        :param bool goods: alone with the goods of its warehouse as well
        """
        locks = [SQL("pg_try_advisory_xact_lock(hashtext('esm_shop'), %s)", self.id)]
        if goods:
            lock = "pg_try_advisory_xact_lock(hashtext('esm_goods'), %s)"
            locks.append(SQL(lock, self.warehouse_id.id))
        return SQL("SELECT %s", SQL(" AND ").join(locks))

    def _wait_for_turn(self, query):
        """Wait until no other worker is alone with this shop, then be it.

        It ends with the transaction, also with that of a worker that is killed. A
        lock that waits inside PostgreSQL would leave us with the snapshot of before.
        Who gets one of two locks gives it back at once: nobody waits for the other.

        :param query: see `_prepare_turn_query`
        """
        while not self.env.execute_query(query)[0][0]:
            self._rollback()
            time.sleep(0.05)

    def _commit(self):
        """Make what was done so far final: a crash later on cannot undo it."""
        # Each step of a job is a transaction of its own, see the README.
        self.env.cr.commit()  # pylint: disable=invalid-commit

    def _time_left(self):
        """Seconds that this scheduled run may still take; without end elsewhere."""
        until = self.env.context.get("esm_until")
        if until is not None:  # a helper: the progress is written by its job
            self._commit()
            return max(until - time.monotonic(), 0)
        return self.env["ir.cron"]._commit_progress()

    def _rollback(self):
        self.env.cr.rollback()
        self.env.transaction.reset()

    def _as_job(self):
        """This shop as its jobs work with it.

        They work in its company, and write in the language of the people who read it,
        whoever runs them. Nor do they take defaults from whoever starts them: what jobs
        write, they write with all rights.
        """
        lang = self.user_id.lang or self.company_id.partner_id.lang or self.env.lang
        context = {**clean_context(self.env.context), **JOB_CONTEXT, "lang": lang}
        return self.with_env(self.env(context=context)).with_company(self.company_id)

    def _run_cycle(self, since=None):
        """Collect, read cancels, acknowledge, book and release for one shop.

        Commits after each step. Whatever ESM answers, orders that are already
        stored are booked and released.

        :param since: naive UTC datetime to read from, instead of the cursor
        :return: whether the orders of ESM could be read
        """
        self.ensure_one()
        shop = self._as_job()
        # stored stays None if the orders could not be collected
        result = {"stored": None, "unreadable": 0, "error": None}
        try:
            shop._talk(shop._api(), since, result)
        except (EsmError, UserError) as error:
            shop._rollback()
            result["error"] = error
            _logger.info("Shop %s: %s", shop.id, type(error).__name__)
        shop._show_progress("book")
        result["booked"], result["released"] = shop._process()
        shop._transact(lambda: shop._note_run(**result))
        return result["stored"] is not None

    def _talk(self, api, since, result):
        """The part of a run that calls ESM.

        :param api: `esm_api.EsmClient` of this shop
        :param since: see `_run_cycle`
        :param dict result: takes what the run has to say
        :raise EsmError: orders could not be collected, or the key is refused
        """
        Order, Outbox = self.env["esm.order"], self.env["esm.outbox"]
        self._show_progress("orders")
        lost = []
        result["stored"], listed, begin = self._collect(api, since, lost)
        if lost:
            result["error"] = UserError("\n".join(lost))
        result["unreadable"] = len(api.orders.unreadable)
        for name, step in (
            ("cancels", lambda: self._read_cancels(api)),
            # After the cancels, which explain most of them in two calls.
            ("cancels", lambda: Order._look_for_missing(self, api, listed, begin)),
            ("missing", lambda: Order._complete(self, api)),
            ("confirm", lambda: Order._request_acknowledgements(self)),
        ):
            try:
                self._show_progress(name)
                step()
            except EsmError as error:
                # One kind of call that fails does not stop the others.
                self._rollback()
                if self._trouble_state(error, works=True) == "refused":
                    raise
                result["error"] = result["error"] or error
        try:
            _confirmed, trouble = Outbox._send_waiting(self, ["acknowledge"], api)
        except (NoPermission, TransientError) as error:
            self._rollback()
            trouble = error
        result["error"] = result["error"] or trouble

    def _confirm_and_process(self):
        """Confirm at ESM what the switch says, then book and release."""
        shop = self._as_job()
        try:
            shop.env["esm.order"]._request_acknowledgements(shop)
            _confirmed, trouble = shop.env["esm.outbox"]._send_waiting(
                shop, ["acknowledge"], shop._api()
            )
        except EsmError as error:
            shop._rollback()
            trouble = error
        if trouble:
            shop._transact(lambda: shop._note_trouble(trouble))
        return shop._process()

    def _process(self):
        """Book and release the stored orders of this shop that are due.

        :return: numbers of orders booked and of sales orders released
        """
        self.ensure_one()
        shop = self._as_job()
        Order = shop.env["esm.order"]
        shop._commit()  # who waits for a turn keeps nobody waiting
        with own_turn():
            booked = Order._book_waiting(shop)
            Order._match_waiting(shop)
            released = Order._release_waiting(shop)
        return booked, released

    def _collect(self, api, since=None, lost=None):
        """Store the new and to-ship orders of ESM, then move the cursor.

        :param api: `esm_api.EsmClient` of this shop
        :param since: see `_run_cycle`
        :param list lost: takes what could not be stored, as texts for people
        :return: number of orders that were not known before; set of the order numbers
            that ESM listed; naive UTC datetime that its lists start at
        :raise EsmError: nothing was moved; the next run reads the same again
        """
        started = fields.Datetime.now()
        begin = since or (
            self.cursor_at - OVERLAP if self.cursor_at else started - SWEEP
        )
        end = started + timedelta(days=1)
        rows = []
        for status in (OrderStatus.NEW, OrderStatus.PREPARING):
            # All pages of both states first: confirming moves rows between them.
            rows += api.orders.search(status, aware(begin), aware(end))
        Order = self.env["esm.order"]
        stored, failed, foreign = 0, [], []
        for start in range(0, len(rows), Order._STORE_BATCH):
            self._show_progress("orders", start, len(rows))
            batch = rows[start : start + Order._STORE_BATCH]
            stored += self._store_orders(batch, failed, foreign)
        if lost is not None:
            lost += self._lost_texts(failed, foreign)
        self._transact(lambda: self._move_cursor(started))
        return stored, {row.order_no for row in rows}, begin

    def _store_orders(self, orders, failed, foreign):
        """Store orders in one transaction; one that fails does not stop the others.

        :param orders: list of `esm_api.Order`
        :param list failed: takes numbers of orders that cannot be stored
        :param list foreign: takes numbers of orders that another shop has
        :return: number of orders that were not known before
        """

        def store(part):
            found = []
            return self.env["esm.order"]._store(self, part, found), found

        results, broken = self._transact_apart(orders, store)
        for order, error in broken:
            _logger.error(
                "Order %s of shop %s cannot be stored: %s",
                order.order_no,
                self.id,
                describe(error),
            )
            failed.append(order.order_no)
        for _stored, found in results:
            foreign += found
        return sum(stored for stored, _found in results)

    def _transact_apart(self, items, work):
        """Do `work` on all items at once; if that fails, on halves, down to each.

        :param items: list of what `work` takes a list of
        :param work: callable that can be run again
        :return: list of what `work` returned; list of (item, error) of those that
            failed alone
        """
        try:
            return [self._transact(lambda: work(items))], []
        except CONFLICTS:
            raise
        except Exception as error:
            self._rollback()
            if len(items) < 2:
                return [], [(item, error) for item in items]
        half = len(items) // 2
        results, broken = self._transact_apart(items[:half], work)
        more, others = self._transact_apart(items[half:], work)
        return results + more, broken + others

    def _lost_texts(self, failed, foreign):
        """What people are told of orders that could not be stored.

        :param failed: numbers of orders that cannot be stored
        :param foreign: numbers of orders that another shop has
        :return: list of texts
        """

        def some(numbers):
            return ", ".join(numbers[:5]) + (", ..." if len(numbers) > 5 else "")

        texts = []
        if failed:
            texts.append(
                self.env._(
                    "%(count)s orders of the marketplace cannot be stored "
                    "(%(orders)s); the server's log says where it went wrong. Look at "
                    "them in ESM Plus. They are read again each night.",
                    count=len(failed),
                    orders=some(failed),
                )
            )
        if foreign:
            texts.append(
                self.env._(
                    "%(count)s orders of the marketplace are known to another shop "
                    "already (%(orders)s), so they are left alone here. Check the shop "
                    "IDs and the endpoint of both accounts.",
                    count=len(foreign),
                    orders=some(foreign),
                )
            )
        return texts

    def _move_cursor(self, started):
        if not self.cursor_at or self.cursor_at < started:
            self.cursor_at = started

    def _read_cancels(self, api):
        """Read what buyers cancelled or want to cancel, and apply it.

        :param api: `esm_api.EsmClient` of this shop
        :return: what was read, see `_fetch_cancels`
        """
        now = fields.Datetime.now()
        reading = self._fetch_cancels(api)
        if reading.cancels:
            self.env["esm.order"]._apply_cancels(self, reading)
        self._transact(lambda: self.write({"cancels_read_at": now}))
        return reading

    def _fetch_cancels(self, api):
        """What buyers cancelled or want to cancel since the last reading.

        :param api: `esm_api.EsmClient` of this shop
        :return: `CancelReading`
        """
        now = fields.Datetime.now()
        begin = aware((self.cancels_read_at or now - SWEEP) - CANCEL_OVERLAP)
        began = next_moment(self.env)
        cancels = {}
        for by in (CancelDate.REQUESTED, CancelDate.COMPLETED):
            for cancel in api.claims.cancels(begin, aware(now), by):
                known = cancels.get(cancel.order_no)
                # An order may have several: one withdrawn, then another one.
                if not known or not cancel.is_older_than(known):
                    cancels[cancel.order_no] = cancel
        return CancelReading(cancels, began, next_moment(self.env))

    def _note_run(self, stored, unreadable, booked, released, error):
        """Say on the shop what the run did, in the merchant's words.

        :param stored: orders that were not known before; None if none were read
        :param int unreadable: rows of ESM without a readable order number
        :param int booked: orders booked
        :param int released: sales orders confirmed
        :param error: the first thing that went wrong, or None
        """
        values = {
            "last_collect_at": fields.Datetime.now(),
            "last_collect_summary": self.env._(
                "%(shop)s: %(stored)s new orders, %(booked)s booked, %(released)s "
                "released for shipping.",
                shop=self.name,
                stored=stored or 0,
                booked=booked,
                released=released,
            ),
        }
        if unreadable:
            text = self.env._(
                "%(count)s orders of the marketplace cannot be read: they have no "
                "order number. Compare the new orders in ESM Plus with those here.",
                count=unreadable,
            )
            if isinstance(error, UserError):
                text = f"{error}\n{text}"
            error = UserError(text) if not isinstance(error, EsmError) else error
        if error is None:
            if self.connection_state != "connected" or self.connection_message:
                # What a test of the connection saw is old news by now.
                values["connection_state"] = "connected"
                values["connection_message"] = False
        else:
            text = self._explain(error) if isinstance(error, EsmError) else str(error)
            values["connection_state"] = self._trouble_state(
                error, works=stored is not None
            )
            values["connection_message"] = text
            values["last_collect_summary"] = f"{self.name}: {text}"
        self.write(values)

    @api.model
    def _trouble_state(self, error, works=False):
        """Connection state after `error`.

        Jobs leave a refused shop alone until a human has looked at it, but for a
        collection now and then.

        :param error: `esm_api.EsmError` or `UserError`
        :param bool works: other calls of the same run passed
        """
        refused = isinstance(error, CredentialError) and not (
            works and isinstance(error, NoPermission)
        )
        return "refused" if refused else "problem"

    def _note_trouble(self, error):
        """Say on the shop why its messages are not sent."""
        self.write(
            {
                "connection_state": self._trouble_state(error),
                "connection_message": self._explain(error),
            }
        )
