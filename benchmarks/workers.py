"""Workers: ten shops, worked for by one, two and four cron processes at once.

The processes are Odoo servers of their own (``odoo --workers --max-cron-threads``) on
one database; four are two servers with two cron processes each, as on two machines.
Each round brings every shop as many orders. They are collected, confirmed, booked and
released, then their tracking numbers are sent, by Odoo's scheduled actions and at
ESM's real pace of one order list per 5 seconds and seller; an answer takes 100 ms.

In the end each order has to be confirmed at ESM once, in one sales order, released, and
have one tracking number; no call may have come earlier than the published limits
permit, and no problem may be in the servers' logs.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

from odoo import fields

from devtools.merchant import CJ, make_products
from devtools.odoo_env import odoo_env
from devtools.odoo_process import log_problems, script_config

from . import fleet

ORDERS, FEW_ORDERS = 40, 3
LATENCY = 0.1
# Cron processes: how many each server has.
SERVERS = {1: [1], 2: [2], 4: [2, 2]}
# Seconds for all orders of a round; for workers to come to an end.
PATIENCE, LAST_WORK = 900, 120


@contextmanager
def servers(cron_processes, folder):
    """Run Odoo servers with these numbers of cron processes while the block lasts.

    :return: the paths of their logs
    """
    with ExitStack() as stack:
        logs = []
        for number, count in enumerate(cron_processes):
            log = folder / f"server{number}.log"
            command = [sys.executable, "-m", "odoo", "-c", script_config()]
            command += ["--no-http", "--workers=1", f"--max-cron-threads={count}"]
            command += ["--limit-time-real-cron=600", "--limit-time-cpu=600"]
            output = stack.enter_context(open(log, "w", encoding="utf-8"))
            process = subprocess.Popen(
                [str(part) for part in command],
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
            stack.callback(end, process)
            logs.append(log)
        deadline = time.monotonic() + PATIENCE
        while not all("Registry loaded" in log.read_text("utf-8") for log in logs):
            if time.monotonic() > deadline:
                raise SystemExit(f"A server did not begin: {folder}")
            time.sleep(0.5)
        time.sleep(2)  # until they listen
        yield logs


def end(process):
    """End a server once its workers have ended what they have in hand."""
    process.terminate()
    try:
        process.wait(timeout=LAST_WORK)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class Bench:
    def __init__(self, market, shop_ids, folder):
        self.market = market
        self.shop_ids = shop_ids
        self.folder = folder
        self.wrong = []
        self.conflicts = self.connections = 0

    def rest(self):
        """Nothing is scheduled but what is asked for here."""
        later = fields.Datetime.now() + timedelta(days=2)
        with odoo_env() as env:
            env["ir.cron"].search([]).write({"nextcall": later})
            env["ir.cron.trigger"].search([]).unlink()

    def round(self, workers, orders):
        """Let these processes do all for so many orders of each shop.

        :return: seconds until all are released; seconds until all are sent; most
            connections to the database meanwhile
        """
        self.rest()
        self.connections = 0
        with odoo_env() as env:
            shops = env["esm.shop"].browse(self.shop_ids)
            sellers = shops.mapped("seller_id")
        with servers(SERVERS[workers], self.folder) as logs:
            seed = f"workers{workers}"
            numbers = fleet.pay(self.market, sellers, orders, seed)
            self.market.tell("clock", advance=3600)  # phones, deadlines are there
            with odoo_env() as env:
                shops.with_env(env).last_collect_at = False
                env.ref("sale_esm.ir_cron_collect")._trigger()
            collected = self._wait_for("released", numbers)
            with odoo_env() as env:
                self._ship(env, numbers)
            sent = self._wait_for("sent", numbers)
            for log in logs:
                for problem in log_problems(log):
                    if " odoo.sql_db: " in problem:
                        self.conflicts += 1  # and the transaction is repeated
                    else:
                        self.wrong.append(problem)
        self._check(numbers)
        return collected, sent, self.connections

    def _wait_for(self, state, numbers):
        started = time.monotonic()
        while True:
            with odoo_env() as env:
                states = dict(
                    env["esm.order"]._read_group(
                        [("order_no", "in", [str(number) for number in numbers])],
                        ["state"],
                        ["__count"],
                    )
                )
                env.cr.execute(
                    """SELECT count(*) FROM pg_stat_activity
                        WHERE datname = current_database()"""
                )
                self.connections = max(self.connections, env.cr.fetchone()[0] - 1)
            seconds = time.monotonic() - started
            if states.get(state) == len(numbers):
                return seconds
            if seconds > PATIENCE:
                raise SystemExit(f"{states} after {seconds:.0f} s, not all {state}")
            time.sleep(0.2)

    def _ship(self, env, numbers):
        rows = env["esm.order"].search(
            [("order_no", "in", [str(number) for number in numbers])]
        )
        rows.state = "shipped"
        courier = env["esm.courier"].search([("code", "=", CJ)])
        messages = env["esm.outbox"].create(
            [
                {
                    "order_id": row.id,
                    "action": "ship",
                    "courier_id": courier.id,
                    "tracking_no": f"88{row.order_no}",
                }
                for row in rows
            ]
        )
        messages._trigger_send()

    def _check(self, numbers):
        """Note what was doubled, refused or left."""
        ledger = self.market.ledger()
        with odoo_env() as env:
            rows = env["esm.order"].search(
                [("order_no", "in", [str(number) for number in numbers])]
            )
            for row in rows:
                entry = ledger[row.order_no]
                sales = env["sale.order"].search_count(
                    [("esm_pay_no", "=", row.pay_no)]
                )
                facts = entry["confirmations"], sales, len(entry["invoices"])
                if facts != (1, 1, 1) or row.problem:
                    self.wrong.append(f"order {row.order_no}: {facts}, {row.problem}")
            refused = env["esm.outbox"].search_count(
                [("order_id", "in", rows.ids), ("state", "!=", "sent")]
            )
        self.wrong += [f"{refused} messages are not sent"] * bool(refused)


def run(quick, rounds):
    """Measure and print; returns the entries (name, value, unit, limit)."""
    orders = FEW_ORDERS if quick else ORDERS
    ways = {}
    switches = ("auto_collect", "auto_acknowledge", "auto_release")
    with (
        tempfile.TemporaryDirectory(prefix="sale_esm_workers_") as folder,
        fleet.fleet("--latency", LATENCY, **dict.fromkeys(switches, True)) as (
            market,
            shop_ids,
        ),
    ):
        with odoo_env() as env:
            make_products(env, fleet.CATALOG)
        bench = Bench(market, shop_ids, Path(folder))
        for workers in SERVERS:
            ways[workers] = bench.round(workers, orders)
        breaches, gap = fleet.breaches(market), fleet.smallest_gap(market)
    total = orders * len(shop_ids)
    print(
        f"\n{'cron processes':14} {'released':>11} {'orders/s':>9} {'sent':>11} "
        f"{'numbers/s':>10} {'connections':>12}"
    )
    for workers, (released, sent, connections) in ways.items():
        print(
            f"{workers:14} {released:9.1f} s {total / released:9.1f} {sent:9.1f} s "
            f"{total / sent:10.1f} {connections:12}"
        )
    print(f"Smallest gap between two order lists of a seller: {gap:.2f} s")
    print(f"Transactions that met others and were repeated: {bench.conflicts}")
    for line in bench.wrong[:20]:
        print(line)
    ratio = ways[4][0] / ways[1][0]
    return [
        (f"{total} orders released, 4 cron processes / 1", ratio, "ratio", 1.1),
        ("workers: doubled, refused, left or in the log", len(bench.wrong), "", 0),
        ("workers: calls earlier than ESM permits", breaches, "calls", 0),
    ]
