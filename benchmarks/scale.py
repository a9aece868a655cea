"""Scale: what a cycle costs when much is stored already.

Two databases with the same shops: in one nothing happened yet, in the other the shops
have been running for a quarter, with sales orders, deliveries, messages, buyers and
listings. Each has a process of its own, and a sandbox of its own where buyers pay for
the same orders. Then the scheduled actions run as Odoo runs them, over all shops:
collect (read orders and cancels, store, confirm, book, release), process, send, read
which parcels arrived, and compare the activities with the problems.

Both take turns; figures are medians of the rounds, and ratios full / empty. CPU time is
that of the process and of its database connections: unlike the time on the wall, it
does not depend on what else the machine does.

Statements that cost noticeably more in the full database are listed with their plans.
At last the full one works on for many small cycles, and its memory is looked at.
"""

import contextlib
import gc
import multiprocessing
import os
import re
import statistics
import time
import tracemalloc
from collections import defaultdict

import psutil

from odoo import sql_db

from benchmarks.stock import copy_rows
from benchmarks.stored import StoredShops
from devtools import database
from devtools.merchant import MASTER, SECRET, make_carrier, make_products
from devtools.odoo_env import odoo_env, odoo_registry
from devtools.odoo_process import CONFIG_VARIABLE, script_config
from devtools.postgres import postgres_server
from sandbox import Sandbox

SITE, NAME = "gmarket", "8"
SHOPS, STORED, NEW = 100, 100_000, 1000
CYCLES = 20
# What is loaded once and kept, such as caches, is there by then.
WARM_CYCLES = 5
# Seconds that the sandbox's clock is put forward each time; all cycles together must
# stay below a day, because no further ahead are orders looked for.
ASSIGNED = 900
CATALOG = [
    {"seller_code": f"SCALE-{n}", "name": f"[샘플] 상품 {n}", "price": 5000 + 1300 * n}
    for n in range(1, 51)
]
# Of so many statements that cost more than in the empty database, those are shown that
# take so many seconds of a cycle.
CANDIDATES, NOTICEABLE = 30, 0.1
MEGABYTE = 2**20


# --- in the process of a database -----------------------------------------------------


class Worker:
    """One of the two databases, in a process of its own."""

    def __init__(self, url, shops, stored):
        """
        :param url: of its sandbox
        :param int shops, stored: how many shops, and orders of all of them together
        """
        odoo_registry()  # loads the addon, whose modules are imported here
        from odoo.addons.sale_esm.esm_api import NoPacer
        from odoo.addons.sale_esm.models.esm_shop import EsmShop

        # Waiting for the next slot costs no work.
        EsmShop._api_options = lambda shop: {
            "pacer": NoPacer(),
            "sleep": lambda seconds: None,
            "calls_per_minute": 0,
        }
        self._statements = None
        with odoo_env() as env:
            self._carrier = make_carrier(env)
            self._product_ids = make_products(env, CATALOG).ids
            account = env["esm.account"].create(
                {
                    "name": "Scale",
                    "master_id": MASTER,
                    "secret_key": SECRET,
                    "environment": "sandbox",
                    "sandbox_url": url,
                    "calls_per_minute": 0,
                }
            )
            switches = ("auto_collect", "auto_acknowledge", "auto_release")
            self.shops = StoredShops(
                env,
                account,
                NAME,
                shops,
                stored,
                busy=False,
                carrier_id=self._carrier.id,
                **dict.fromkeys(switches, True),
            )

    def store(self):
        """Copy the first order, which went all the way, as often as it has to be."""
        self.cycle()
        with odoo_env() as env:
            order = env["esm.order"].search([])
            picking = order.sale_order_id.picking_ids
            picking.carrier_tracking_ref = "600000000001"
            picking.move_ids.picked = True
            picking.button_validate()
            env.cr.commit()
            env["esm.outbox"]._cron_send()
            if (order.state, picking.state) != ("sent", "done"):
                raise SystemExit(f"The order is {order.state}, not sent")
            Books(env, self.shops, order, self._product_ids)
            self.shops.make_listings(env)
        with odoo_env() as env:
            env.cr.execute("ANALYZE")

    def cycle(self, explain=False):
        """Let all scheduled actions run once.

        :param bool explain: note what each statement costs
        :return: dict step -> (seconds, seconds of CPU, queries), and what came of it
        """
        with odoo_env() as env:
            # As if the last cycle was a while ago.
            env.cr.execute(
                """UPDATE esm_shop SET last_collect_at = NULL, states_read_at =
                          states_read_at - interval '1 hour'"""
            )
        self._statements = defaultdict(Statement) if explain else None
        steps = {}
        for name, model, method in (
            ("collect", "esm.shop", "_cron_collect"),
            ("process", "esm.shop", "_cron_process"),
            ("send", "esm.outbox", "_cron_send"),
            ("arrivals", "esm.shop", "_cron_states"),
            ("activities", "stock.picking", "_cron_deadlines"),
            ("summary", "res.company", "_esm_cron_summary"),
        ):
            with odoo_env() as env:
                gc.collect()
                # Of all cursors: the jobs have helpers with cursors of their own.
                queries, cpu = sql_db.sql_counter, self._cpu(env.cr)
                started = time.perf_counter()
                with self._watching() if explain else contextlib.nullcontext():
                    getattr(env[model], method)()
                    env.flush_all()
                    env.cr.commit()
                steps[name] = (
                    time.perf_counter() - started,
                    self._cpu(env.cr) - cpu,
                    sql_db.sql_counter - queries,
                )
        return steps

    def released(self):
        """How many orders are ready to be shipped."""
        with odoo_env() as env:
            return env["esm.order"].search_count([("state", "=", "released")])

    def memory(self):
        """(megabytes of the process, megabytes that Python's objects take)"""
        gc.collect()
        traced = tracemalloc.get_traced_memory()[0]
        return psutil.Process().memory_info().rss / MEGABYTE, traced / MEGABYTE

    def trace(self):
        """From now on, look at memory."""
        tracemalloc.start()

    def statements(self):
        """What was noted: dict statement without its values -> (times, seconds)."""
        return {
            text: (found.count, found.seconds)
            for text, found in self._statements.items()
        }

    def plans(self, texts):
        """How PostgreSQL goes about these statements now."""
        plans = []
        with odoo_env() as env:
            for text in texts:
                sample = self._statements[text].sample
                # Neither writes nor locks once more.
                if not re.match(r"SELECT\b.+\bFROM\b", sample.strip(), re.S):
                    continue
                env.cr.execute(f"EXPLAIN (ANALYZE, BUFFERS) {sample}")
                plans.append((text, [line for [line] in env.cr.fetchall()]))
        return plans

    def _cpu(self, cr):
        """Seconds of CPU that this process and its database connections have taken."""
        cr.execute("SELECT pid FROM pg_stat_activity WHERE datname = %s", [cr.dbname])
        seconds = time.process_time()
        for [pid] in cr.fetchall():
            # Not with a server on another machine.
            with contextlib.suppress(psutil.NoSuchProcess):
                times = psutil.Process(pid).cpu_times()
                seconds += times.user + times.system
        return seconds

    @contextlib.contextmanager
    def _watching(self):
        """Note what each statement costs."""
        real, statements = sql_db.Cursor.execute, self._statements

        def execute(cursor, *args, **kwargs):
            started = time.perf_counter()
            result = real(cursor, *args, **kwargs)
            sample = cursor._obj.query.decode("utf-8", "replace")
            statements[_shape(sample)].add(sample, time.perf_counter() - started)
            return result

        sql_db.Cursor.execute = execute
        try:
            yield
        finally:
            sql_db.Cursor.execute = real


class Statement:
    """What a statement cost, whatever its values."""

    def __init__(self):
        self.count, self.seconds, self.longest, self.sample = 0, 0.0, 0.0, ""

    def add(self, sample, seconds):
        self.count += 1
        self.seconds += seconds
        if seconds > self.longest:
            self.longest, self.sample = seconds, sample


def _shape(statement):
    """A statement without its values."""
    shape = re.sub(r"E?'(?:[^']|'')*'", "?", statement)
    shape = re.sub(r"\b\d+\b", "?", shape)
    return re.sub(r"\(\s*\?(?:\s*,\s*\?)*\s*\)", "(?)", " ".join(shape.split()))


class Books:
    """The sales orders, buyers and deliveries of the stored orders."""

    def __init__(self, env, shops, order, product_ids):
        """
        :param shops: `StoredShops`
        :param order: `esm.order` record that is copied, with all that hangs on it
        :param product_ids: products that the orders are for
        """
        self._env = env
        self._count = shops.orders
        sale, line = order.sale_order_id, order.sale_line_ids
        move = line.move_ids
        product = {"product_id": f"(ARRAY{product_ids})[1 + mod(copy, {len(CATALOG)})]"}
        shop = f"(ARRAY{shops.ids})[1 + mod(copy, {len(shops.ids)})]"
        buyer = self._following("res_partner")
        self._copy(
            sale.partner_id,
            commercial_partner_id=buyer,
            esm_buyer_key="'buyer' || copy",
            esm_address_key="'address' || copy",
        )
        sale_id = self._following("sale_order")
        self._copy(
            sale,
            name="'OLD' || copy",
            esm_shop_id=shop,
            esm_pay_no="'7' || copy",
            esm_basket_key="'old' || copy",
            partner_id=buyer,
            partner_invoice_id=buyer,
            partner_shipping_id=buyer,
            access_token="NULL",
            date_order=f"now() AT TIME ZONE 'UTC' - {shops._age}",
        )
        order_ids = shops.copy_orders(
            env,
            order,
            sale_order_id=sale_id,
            pay_no="'7' || copy",
            goods_no="(100000 + mod(copy, 5000))::text",
            **product,
        )
        for message in order.outbox_ids:
            shops.copy_messages(env, message, order_ids)
        line_id = self._following("sale_order_line")
        self._copy(
            line,
            order_id=sale_id,
            order_partner_id=buyer,
            esm_order_id=f"{order_ids[0]} + copy - 1",
            **product,
        )
        self._relate(
            "account_tax_sale_order_line_rel", sale_order_line_id=(line, line_id)
        )
        picking_id = self._following("stock_picking")
        picking = move.picking_id
        shops.copy_deliveries(
            env,
            picking,
            sale_id=sale_id,
            partner_id=buyer,
            carrier_tracking_ref="(600000000001 + copy)::text",
        )
        move_id = self._following("stock_move")
        links = {"picking_id": picking_id, **product}
        self._copy(move, sale_line_id=line_id, partner_id=buyer, **links)
        self._copy(move.move_line_ids, move_id=move_id, **links)
        reference_id = self._following("stock_reference")
        reference = sale.stock_reference_ids
        self._copy(reference, name="'OLD' || copy")
        self._relate(
            "stock_reference_sale_rel",
            sale_id=(sale, sale_id),
            reference_id=(reference, reference_id),
        )
        self._relate(
            "stock_reference_move_rel",
            move_id=(move, move_id),
            reference_id=(reference, reference_id),
        )

    def _following(self, table):
        """SQL of the ID that a copy will get."""
        self._env.flush_all()
        self._env.cr.execute(f"SELECT last_value FROM {table}_id_seq")
        return f"({self._env.cr.fetchone()[0]} + copy)"

    def _copy(self, record, **columns):
        record.ensure_one()
        copy_rows(self._env, record._table, record.id, self._count, **columns)

    def _relate(self, table, **columns):
        """Copy what is related to the copied records.

        :param columns: column -> (copied record, SQL of the ID of its copy)
        """
        [[name, (record, _new)], *_] = columns.items()
        self._env.cr.execute(
            """SELECT column_name FROM information_schema.columns
                WHERE table_name = %s""",
            [table],
        )
        names = [name for [name] in self._env.cr.fetchall()]
        values = [columns[n][1] if n in columns else n for n in names]
        self._env.cr.execute(
            f"""INSERT INTO {table} ({", ".join(names)})
                SELECT {", ".join(values)} FROM {table}, generate_series(1, %s) copy
                 WHERE {name} = %s""",
            [self._count, record.id],
        )


def _serve(connection, config, *arguments):
    """Do what the parent asks for, until it hangs up."""
    os.environ[CONFIG_VARIABLE] = config
    worker = Worker(*arguments)
    connection.send(worker.shops.sellers)
    while request := connection.recv():
        method, *values = request
        connection.send(getattr(worker, method)(*values))


# --- in the process that compares -----------------------------------------------------


class Side:
    """A database with its process, its sandbox and its buyers."""

    def __init__(self, name, server, shops, stored):
        source = database_of(script_config())
        self.database = f"{source}_{name}"
        database.copy(server, source, self.database)
        self._server = server
        config = script_config().with_name(f"{self.database}.conf")
        config.write_text(
            script_config().read_text("utf-8").replace(source, self.database), "utf-8"
        )
        self.sandbox = Sandbox(orders_interval=0)
        self.sellers = [f"dash{NAME}n{number}" for number in range(shops)]
        self.sandbox.add_account(MASTER, SECRET, **{SITE: self.sellers})
        self.sandbox.start()
        # Not forked: Odoo's connections and threads are not to be shared.
        context = multiprocessing.get_context("spawn")
        self._connection, other = context.Pipe()
        self._process = context.Process(
            target=_serve,
            args=(other, str(config), self.sandbox.url, shops, stored),
            daemon=True,
        )
        self._process.start()
        other.close()  # it ends with the process: nobody waits for it then
        self._connection.recv()
        self.paid = 0

    def ask(self, method, *values):
        self._connection.send((method, *values))
        return self._connection.recv()

    def pay(self, count):
        """Let buyers pay for so many baskets, in all shops in turn."""
        for index in range(count):
            self.sandbox.place_basket(
                SITE,
                self.sellers[index % len(self.sellers)],
                [{**CATALOG[index % len(CATALOG)]}],
            )
        self.paid += count
        # Phones and deadlines are assigned a few minutes after the payment.
        self.sandbox.advance(ASSIGNED)

    def cycle(self, count, *options):
        """A cycle with so many new orders."""
        self.pay(count)
        before = self.ask("released")
        steps = self.ask("cycle", *options)
        released = self.ask("released") - before
        if released != count:
            raise SystemExit(f"{count} orders were paid, {released} can be shipped")
        return steps

    def close(self):
        with contextlib.suppress(OSError):  # it may have ended on its own
            self._connection.send(None)
        self._process.join()
        self.sandbox.stop()
        database.drop(self._server, self.database)


def database_of(config):
    """The database that a configuration file is for."""
    [name] = re.findall(r"^db_name = (\S+)$", config.read_text("utf-8"), re.M)
    return name


def run(quick, rounds):
    """Measure and print; returns the entries (name, value, unit, limit)."""
    shops, stored, new, cycles = (
        (10, 2_000, 50, 8) if quick else (SHOPS, STORED, NEW, CYCLES)
    )
    with postgres_server() as server:
        sides = {name: Side(name, server, shops, stored) for name in ("empty", "full")}
        try:
            return _measure(sides, new, 1 if quick else min(rounds, 3), cycles)
        finally:
            for side in sides.values():
                side.close()


def _measure(sides, new, rounds, cycles):
    full = sides["full"]
    full.sandbox.place_basket(SITE, full.sellers[0], [{**CATALOG[0]}])
    full.sandbox.advance(ASSIGNED)
    full.ask("store")
    for side in sides.values():
        side.cycle(len(side.sellers))  # what is read once per process
    found = {name: [] for name in sides}
    for number in range(rounds):
        for name in sides if number % 2 else reversed(sides):
            found[name].append(sides[name].cycle(new))
            seconds = sum(step[0] for step in found[name][-1].values())
            print(f"round {number + 1}/{rounds}: {name} {seconds:.1f} s", flush=True)
    ratios = _report(found, new)
    _explain(sides, new)
    return ratios + _memory(full, cycles, len(full.sellers))


def _report(found, new):
    """Print the table; returns the entries."""
    print(f"\n{'step':12} {'':6} {'s':>8} {'CPU s':>8} {'queries':>9}")
    totals = {}
    for name, runs in found.items():
        medians = {
            step: [statistics.median(run[step][i] for run in runs) for i in range(3)]
            for step in runs[0]
        }
        for step, values in medians.items():
            print(
                f"{step:12} {name:6} {values[0]:8.2f} {values[1]:8.2f} {values[2]:9.0f}"
            )
        totals[name] = [
            statistics.median(sum(step[i] for step in run.values()) for run in runs)
            for i in range(3)
        ]
    for name, values in totals.items():
        print(f"{'all':12} {name:6} {values[0]:8.2f} {values[1]:8.2f} {values[2]:9.0f}")
    return [
        (
            f"cycle of {new} orders, {what}, full / empty",
            totals["full"][index] / totals["empty"][index],
            "ratio",
            limit,
        )
        for index, (what, limit) in enumerate(
            [("seconds", 1.3), ("CPU", 1.3), ("queries", 1.05)]
        )
    ]


def _explain(sides, new):
    """Print what costs more because much is stored, and why."""
    for side in sides.values():
        side.cycle(new, True)
    empty, full = (side.ask("statements") for side in sides.values())
    growth = {
        text: seconds - empty.get(text, (0, 0.0))[1]
        for text, (_count, seconds) in full.items()
    }
    grown = sorted(growth, key=growth.get, reverse=True)[:CANDIDATES]
    print("\nstatements that cost more because of what is stored, with their plans:")
    for text, plan in sides["full"].ask("plans", grown):
        [seconds] = re.findall(r"Execution Time: ([\d.]+) ms", "\n".join(plan))
        # What only waited for its turn on a busy machine is quick now.
        if full[text][0] * float(seconds) / 1000 > NOTICEABLE:
            print(f"{growth[text]:7.2f} s more in {full[text][0]} times: {text[:400]}")
            print("\n".join(f"{'':8}{line[:160]}" for line in plan), flush=True)


def _memory(side, cycles, new):
    """Look at the memory of the process, cycle after cycle."""
    side.ask("trace")
    found = []
    for number in range(1, cycles + 1):
        side.cycle(new)
        found.append(side.ask("memory"))
        print(
            f"cycle {number}/{cycles}: {found[-1][0]:.1f} MB, of these "
            f"{found[-1][1]:.1f} MB for Python's objects since the first",
            flush=True,
        )
    warm = found[min(WARM_CYCLES, cycles - 2)]
    count = cycles - 1 - min(WARM_CYCLES, cycles - 2)
    return [
        (
            f"memory of a process, {count} cycles later",
            found[-1][0] / warm[0],
            "ratio",
            1.05,
        ),
        ("memory per further cycle", (found[-1][1] - warm[1]) / count, "MB", 0.25),
    ]
