"""One run of everything that goes wrong at once, and its judgement."""

import re
import time
from collections import Counter

import ledger
import leftovers
import proof
import workers
from conductor import Conductor, make_plan

from devtools.console import say
from devtools.odoo_env import odoo_env
from devtools.odoo_process import log_problems

FIRST = 810_000_000_000
CHECKS = (
    *(ledger.stored_once, ledger.booked_once, ledger.one_sale_per_basket),
    *(ledger.totals_equal, ledger.confirmed_once, ledger.delivered_once),
)
LEFTOVERS = (
    *(leftovers.orders_at_their_end, leftovers.problems_are_told),
    *(leftovers.nothing_open, leftovers.numbers_once, leftovers.stock_balances),
    leftovers.files_are_whole,
)
# What the log may say while the database is away or others are faster.
EXPECTED = re.compile(
    "could not serialize|deadlock detected|could not obtain lock|SerializationFailure|"
    "DeadlockDetected|OperationalError|InterfaceError|AdminShutdown|CrashShutdown|"
    "connection already closed|cursor already closed|server closed the connection|"
    "terminating connection|Connection refused|starting up|shutting down|"
    "recovery mode|UniqueViolation|duplicate key value|processed no record|"
    # Odoo's words for a job whose process was killed time and again.
    r"Job .* timed out|"
    # More than fifty a day: it says so each time.
    "the list may be cut"
)
CONFLICT = re.compile("could not serialize|deadlock detected")


def prepare(env):
    """Set up what the run needs in a new database, and compress time."""
    workers.people(env)
    workers.prepare(env)
    shop = env["esm.shop"].search([("site", "=", "auction")])
    shop.tracking_moment = "print"
    env["esm.waybill.range"].create(
        {
            "carrier_id": shop.carrier_id.id,
            "first": str(FIRST),
            "last": str(FIRST + 1_000_000),
        }
    )
    # The others have nothing to do with orders.
    env["ir.cron"].search(
        [("cron_name", "not like", "Gmarket & Auction")]
    ).active = False


def run(verdict, market, folder, arguments, server):
    """Run it.

    :param verdict: the `verdict.Verdict` that takes what passed and failed
    :param market: `market.Market`
    :param folder: of logs and marks
    :param arguments: seconds, orders and seed
    :param server: see `Conductor`
    """
    plan = make_plan(
        arguments.seed, arguments.seconds, arguments.orders, arguments.plan
    )
    say(
        f"Chaos: {arguments.orders} orders, {arguments.seconds:.0f} s, "
        f"seed {arguments.seed}"
    )
    if arguments.plan:
        for event in plan.events:
            say(f"  {event}")
    conductor = Conductor(market, folder, plan, server)
    began = time.monotonic()
    settled = conductor.run()
    took = time.monotonic() - began
    verdict.note("every process did its work to the end", conductor.problems)
    facts = market.ledger()
    with odoo_env() as env:
        figures = _figures(env, facts)
        for check in CHECKS:
            verdict.check(check, env.cr, facts)
        for check in LEFTOVERS:
            verdict.check(check, env, facts)
        verdict.check(proof.unnoticed, env, facts)
    entries = [
        f"{log.name}: {entry}"
        for log in sorted(folder.glob("*-*.log"))
        for entry in log_problems(log)
    ]
    unexpected = Counter(
        _gist(entry) for entry in entries if not EXPECTED.search(entry)
    )
    verdict.note(
        "no error in the logs but the faults themselves",
        [f"{count} times {gist}" for gist, count in unexpected.most_common()],
    )
    figures["conflicts of transactions"] = sum(
        len(CONFLICT.findall(log.read_text(encoding="utf-8", errors="replace")))
        for log in folder.glob("*-*.log")
    )
    full = folder / "disk_refused"
    figures["files that found no room at first"] = (
        full.stat().st_size if full.exists() else 0
    )
    _show(conductor, market, figures, took, settled)


def _gist(entry):
    lines = entry.splitlines()
    first = re.sub(r"^(\S+: )\S+ \S+ \d+ ", r"\1", lines[0])
    return first if len(lines) == 1 else f"{first} ... {lines[-1]}"


def _figures(env, facts):
    def count(query):
        env.cr.execute(query)
        return env.cr.fetchone()[0]

    return {
        "orders at the marketplace": len(facts),
        "... in Odoo": count("SELECT count(*) FROM esm_order"),
        "... sent": count("SELECT count(*) FROM esm_order WHERE state = 'sent'"),
        "... cancelled": count(
            "SELECT count(*) FROM esm_order WHERE state = 'cancelled'"
        ),
        "... held with a reason": count(
            "SELECT count(*) FROM esm_order WHERE problem IS NOT NULL"
        ),
        "won of sales orders": count(
            """SELECT COALESCE(sum(amount_total), 0)::bigint FROM sale_order
                WHERE state = 'sale'"""
        ),
        "collections": count("SELECT count(*) FROM esm_run"),
        "... interrupted": count(
            "SELECT count(*) FROM esm_run WHERE state = 'stopped'"
        ),
        "products that Odoo reserved wrongly": count(
            """SELECT count(*) FROM (
                   SELECT product_id FROM stock_quant
                    WHERE quantity IS NULL AND reserved_quantity <> 0
                 GROUP BY 1) wrong"""
        ),
        "files of couriers": count("SELECT count(*) FROM esm_tracking_import"),
    }


def _show(conductor, market, figures, took, settled):
    """The table of what was done."""
    done = conductor.done
    what = "restarts" if conductor.server else "times all connections were cut"
    lines = {
        "seconds": f"{took:.0f}, of them {settled:.0f} to settle",
        **figures,
        "cancels of buyers": done["cancel took effect"],
        "... withdrawn": done["withdraw_cancel took effect"],
        "... approved": done["approve_cancel took effect"],
        "processes killed": done["kill"],
        f"PostgreSQL: {what}": done["restart"],
        "disk full": done["disk"],
        "clock put apart": done["skew"] + done["beyond"],
        "... beyond what ESM tolerates": done["beyond"],
    }
    faults = Counter(kind for kind, *_rest in market.read("faults")["happened"])
    lines["faults of the marketplace"] = faults.total()
    lines |= {f"... {kind}": count for kind, count in faults.most_common()}
    for name, value in lines.items():
        say(
            f"  {name:<36}{value:>14,}"
            if isinstance(value, int)
            else f"  {name:<36}{value:>14}"
        )
