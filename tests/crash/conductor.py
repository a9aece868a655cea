"""Does what the plan says: to the marketplace, the processes, the database."""

import os
import signal
import time
from collections import Counter, deque
from urllib.error import HTTPError

import workers
from plan import SKEW_TOLERATED, SKEWS, Event, Plan

import odoo.sql_db

from devtools.console import say
from devtools.odoo_env import odoo_env
from devtools.postgres import restart_breakable

PROCESSES = (
    *("cron-1", "cron-2", "cron-3", "packer-1", "packer-2", "printer-1", "printer-2"),
    *("clerk-1", "manager-1", "meddler-1", "meddler-2"),
)
# Those that are killed; who disturbs is left alone.
KILLABLE = tuple(name for name in PROCESSES if not name.startswith("meddler"))
# Buyers cancel one of the newest orders.
NEWEST = 150
# Seconds for the last work, and of them without any change: what the marketplace had
# begun with its clock ahead is "in progress" there until that time has come.
SETTLE, STANDSTILL = 900, 60 + max(SKEWS)
LAST_ROUND = 30
OPEN = ("received", "booked", "released", "shipped")


class Conductor:
    """One run.

    :param market: `market.Market`
    :param folder: of logs and marks
    :param plan: `plan.Plan`
    :param server: name of the `breakable_server`, None: only its connections to this
        database are broken off
    """

    def __init__(self, market, folder, plan, server=None):
        self.market = market
        self.folder = folder
        self.plan = plan
        self.server = server
        self.done = Counter()
        self.problems = []
        self.processes = {}
        self.started = Counter()
        self.skewed = 0
        self.arrived = 0

    def run(self):
        """Begin, let everything of the plan happen, then let the work come to its end.

        :return: seconds that the end took
        """
        self.market.tell("strict", iat_tolerance=SKEW_TOLERATED)
        try:
            for name in PROCESSES:
                self._start(name)
            began = time.monotonic()
            waiting = deque(self.plan.events)
            while waiting:
                due = waiting[0].at - (time.monotonic() - began)
                if due > 0:
                    time.sleep(min(due, 0.2))
                    self._look_after()
                    continue
                for later in self._happen(waiting.popleft()):
                    waiting.append(later)
                    waiting = deque(sorted(waiting))
            return self._settle()
        finally:
            for pid in self.processes.values():
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            odoo.sql_db.close_all()

    def _happen(self, event):
        """Do it; give what follows from it."""
        self.done[event.kind] += 1
        return getattr(self, f"_do_{event.kind}")(event, **event.values) or ()

    # --- processes --------------------------------------------------------

    def _start(self, name):
        self.started[name] += 1
        seed = f"{self.plan.seed}:{name}:{self.started[name]}"
        self.processes[name] = workers.start(name, self.folder, seed)

    def _look_after(self):
        """Start again what ended by itself, which nothing should."""
        for name, pid in list(self.processes.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                code = os.waitstatus_to_exitcode(status)
                self.problems.append(f"{name} ended with exit code {code}: see its log")
                self._start(name)

    def _do_kill(self, _event, worker):
        os.kill(self.processes[worker], signal.SIGKILL)
        os.waitpid(self.processes[worker], 0)
        self._start(worker)

    # --- the database, the disk ---------------------------------------------

    def _do_restart(self, _event, crash):
        if self.server:
            restart_breakable(self.server, crash)
            return
        with odoo_env() as env:
            env.cr.execute(
                """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND pid <> pg_backend_pid()"""
            )
        odoo.sql_db.close_all()

    def _do_disk(self, event, lasts):
        (self.folder / "disk_full").touch()
        yield Event(event.at + lasts, "room")

    def _do_room(self, _event):
        (self.folder / "disk_full").unlink(missing_ok=True)

    # --- the marketplace ----------------------------------------------------

    def _do_arrive(self, _event, site, orders, baskets, seed):
        self.market.arrive(site, orders, baskets, f"chaos:{self.plan.seed}:{seed}")
        self.arrived += orders

    def _do_fault(self, _event, **values):
        self.market.tell("faults", **values)

    def _do_skew(self, _event, seconds):
        """Set the marketplace's clock so far apart from ours."""
        self.market.tell("clock", advance=seconds - self.skewed)
        self.skewed = seconds

    def _do_beyond(self, event, seconds, lasts):
        back = self.skewed
        yield Event(event.at + lasts, "skew", {"seconds": back})
        self._do_skew(event, seconds)

    def _do_cancel(self, _event, state, pick):
        """The buyer of a new order, or of one that is packed, changes his mind."""
        found = [
            entry
            for entry in self.market.read(f"ledger?last={NEWEST}")
            if entry["state"] == state and not entry["claim"]
        ]
        if found:
            self._try("cancel", found[int(pick * len(found))])

    def _do_decide(self, _event, how, pick):
        """Some requests are taken back by the buyer, or approved in ESM Plus."""
        asked = [
            entry
            for entry in self.market.read("ledger")
            if entry["claim"] == "cancel_requested"
        ]
        if asked:
            self._try(f"{how}_cancel", asked[int(pick * len(asked))])

    def _try(self, action, entry):
        try:
            self.market.tell(action, order_no=entry["order_no"])
            self.done[f"{action} took effect"] += 1
        except HTTPError as error:
            if error.code != 409:  # 409: it has gone too far for that
                raise

    def _do_press(self, _event, button):
        (self.folder / f"press_{button}_{self.done['press']}").touch()

    # --- the end ------------------------------------------------------------

    def _settle(self):
        """Nothing goes wrong any more: wait until nobody has anything to do.

        :return: seconds that it took
        """
        began = time.monotonic()
        self.market.tell("faults", clear=True)
        self._do_skew(None, 0)
        for mark in (*self.folder.glob("press_*"), *self.folder.glob("disk_full")):
            mark.unlink(missing_ok=True)
        for name in [name for name in self.processes if name.startswith("meddler")]:
            pid = self.processes.pop(name)
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        seen, since = None, began
        while True:
            time.sleep(1)
            self._look_after()
            now = time.monotonic()
            state, open_work = self._state()
            if self.plan.shown and state != seen:
                say(f"  settling, {now - began:.0f} s: {open_work}")
            if not open_work and state == seen:
                break
            if state != seen:
                seen, since = state, now
            if self.plan.shown and now - since > 10:
                say(f"    {self._reasons()}")
            if now - began > SETTLE or now - since > STANDSTILL:
                self.problems.append(
                    f"the work did not come to its end: {open_work}; {self._reasons()}"
                )
                break
        took = time.monotonic() - began
        self._end_processes()
        return took

    def _state(self):
        """How far everything is, and what there is still to do."""
        with odoo_env() as env:
            env.cr.execute(
                """SELECT state, problem, count(*) FROM esm_order GROUP BY 1, 2"""
            )
            orders = env.cr.fetchall()
            env.cr.execute("SELECT state, count(*) FROM esm_outbox GROUP BY 1")
            messages = env.cr.fetchall()
            env.cr.execute("SELECT count(*) FROM esm_run WHERE state = 'waiting'")
            [runs] = env.cr.fetchone()
            # Told when they were printed, but still in the warehouse.
            env.cr.execute(
                """SELECT count(DISTINCT move.picking_id) FROM stock_move move
                     JOIN sale_order_line line ON line.id = move.sale_line_id
                     JOIN esm_order row ON row.id = line.esm_order_id
                    WHERE row.state = 'sent' AND move.state NOT IN ('done', 'cancel')"""
            )
            [deliveries] = env.cr.fetchone()
            stored = sum(count for _state, _problem, count in orders)
            env.cr.execute(
                "SELECT name FROM esm_shop WHERE connection_state <> %s", ["connected"]
            )
            shops = env.cr.fetchall()
        listed = sum(
            bool(entry["confirmations"] or not entry["claim"])
            for entry in self.market.ledger().values()
        )
        todo = {
            "orders": sum(
                c for state, problem, c in orders if state in OPEN and not problem
            ),
            "messages": dict(messages).get("waiting", 0),
            "to collect": max(0, listed - stored),
            "shops in trouble": len(shops),
            "runs": runs,
            "deliveries": deliveries,
        }
        return (sorted(map(str, orders)), messages, shops, deliveries), {
            what: count for what, count in todo.items() if count
        }

    def _reasons(self):
        """What some of the messages wait for."""
        with odoo_env() as env:
            waiting = env["esm.outbox"].search([("state", "=", "waiting")], limit=3)
            return "; ".join(
                f"{message.action} of {message.order_id.order_no}, "
                f"{message.attempts} tries, next at {message.next_try_at}: "
                f"{message.message}"
                for message in waiting
            )

    def _end_processes(self):
        """Let each finish what it has in hand."""
        (self.folder / "stop").touch()
        deadline = time.monotonic() + LAST_ROUND
        while self.processes and time.monotonic() < deadline:
            for name, pid in list(self.processes.items()):
                ended, status = os.waitpid(pid, os.WNOHANG)
                if ended:
                    del self.processes[name]
                    if code := os.waitstatus_to_exitcode(status):
                        self.problems.append(f"{name} ended with exit code {code}")
            time.sleep(0.1)
        self.problems += [f"{name} does not end" for name in self.processes]


def make_plan(seed, seconds, orders, shown):
    plan = Plan(seed, seconds, orders, KILLABLE)
    plan.shown = shown
    return plan
