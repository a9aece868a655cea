"""Stock: what it costs to know that nothing has to be written, and to write the rest.

Listings with four options each, every option with a product of its own, are there in
two sizes; the sandbox has the same items, so that what is written arrives somewhere.

compare     the whole comparison of what is free with what is on sale, nothing changed
plain Odoo  `free_qty` of the same products, which is the least that anybody has to read

Both are repeated in turn on fresh cursors; times are medians. Then the stock job runs
as its cron does: once with nothing changed, once with three options changed in each of
some items, and the calls that reach the sandbox are counted.
"""

import gc
import statistics
import time
import tracemalloc

from devtools.merchant import make_carrier
from devtools.odoo_env import odoo_env, odoo_registry
from sandbox import Sandbox

OPTIONS = 4
CHANGED_OPTIONS = 3
FEW, MANY, CHANGED = 500, 5000, 100
MASTER, SECRET, SELLER = "stockmaster", "stock-secret-key-of-32-characters", "stock_g"
PIECES = 10
ITEM_WRITES = ("stock", "options", "sell-status")


class Bench:
    """One shop whose listings are all right, and the sandbox that sells them."""

    def __init__(self):
        odoo_registry()  # loads the addon, whose modules are imported here
        from odoo.addons.sale_esm.models.jobs import JOB_CONTEXT

        self.context = JOB_CONTEXT
        self.items = []
        self.sandbox = Sandbox(orders_interval=0)
        self.sandbox.add_account(MASTER, SECRET, gmarket=[SELLER])
        self.sandbox.start()
        with odoo_env() as env:
            account = env["esm.account"].create(
                {
                    "name": "Stock",
                    "master_id": MASTER,
                    "secret_key": SECRET,
                    "environment": "sandbox",
                    "sandbox_url": self.sandbox.url,
                    "calls_per_minute": 0,
                }
            )
            shop = env["esm.shop"].create(
                {
                    "account_id": account.id,
                    "site": "gmarket",
                    "seller_id": SELLER,
                    "carrier_id": make_carrier(env).id,
                    "auto_collect": True,
                    "auto_stock": True,
                }
            )
            self.shop_id = shop.id

    def close(self):
        """Leave nothing that the other benchmarks would notice."""
        with odoo_env() as env:
            env["esm.shop"].browse(self.shop_id).active = False
        self.sandbox.stop()

    # --- what there is ----------------------------------------------------

    def grow(self, listings):
        """Let there be so many listings."""
        fresh = [
            self.sandbox.add_item(
                f"[샘플] 상품 {number}",
                9900,
                gmarket=SELLER,
                options=[
                    {"values": {"색상": f"{index}"}, "qty": PIECES}
                    for index in range(OPTIONS)
                ],
            )
            for number in range(len(self.items), listings)
        ]
        self.items += fresh
        with odoo_env() as env:
            shop = env["esm.shop"].browse(self.shop_id)
            products = self._make_products(env, shop, len(fresh) * OPTIONS)
            found = env["esm.listing"].create(
                [
                    {
                        "shop_id": shop.id,
                        "site_goods_no": item.numbers["gmarket"],
                        "goods_no": str(item.goods_no),
                        "name": item.name,
                        "price": 9900,
                        "state": "on_sale",
                        "has_options": True,
                        "stock_at": "2026-01-01 00:00:00",
                    }
                    for item in fresh
                ]
            )
            options = env["esm.listing.option"].create(
                [
                    {
                        "listing_id": listing.id,
                        "key": str(option.key),
                        "name": option.values[0],
                        "match_method": "manual",
                        "offered": PIECES,
                    }
                    for listing, item in zip(found, fresh, strict=True)
                    for option in item.options
                ]
            )
            env["esm.listing.component"].create(
                [
                    {"option_id": option.id, "product_id": product}
                    for option, product in zip(options, products, strict=True)
                ]
            )
        with odoo_env() as env:
            env.cr.execute("ANALYZE")

    def _make_products(self, env, shop, count):
        """Products with their stock: one as Odoo makes it, the others its copies."""
        first = env["product.product"].create({"name": "Copy", "is_storable": True})
        location = shop.warehouse_id.lot_stock_id
        env["stock.quant"]._update_available_quantity(first, location, PIECES)
        quant = env["stock.quant"].search([("product_id", "=", first.id)])
        env.flush_all()
        templates = _copy(env, "product_template", first.product_tmpl_id.id, count)
        products = _copy(
            env,
            "product_product",
            first.id,
            count,
            product_tmpl_id=f"{templates[0]} + copy - 1",
        )
        _copy(
            env, "stock_quant", quant.id, count, product_id=f"{products[0]} + copy - 1"
        )
        return products

    # --- the two ways -----------------------------------------------------

    def compare(self):
        """What has to be written: nothing."""
        with Run(self) as run:
            company = run.env["esm.shop"].browse(self.shop_id).company_id
            changes, _high = run.env["esm.listing"]._compare_stock(company)
        if changes:
            raise SystemExit(f"{len(changes)} listings differ, none should")
        return run

    def plain(self):
        """Plain Odoo: what is free of the same products."""
        with odoo_env() as env:
            products = env["esm.listing.component"].search([]).product_id.ids
        with Run(self) as run:
            shop = run.env["esm.shop"].browse(self.shop_id)
            free = (
                run.env["product.product"]
                .browse(products)
                .with_context(location=shop.warehouse_id.lot_stock_id.id)
                .mapped("free_qty")
            )
        if set(free) != {PIECES}:
            raise SystemExit("The products are not what they should be")
        return run

    def peak(self):
        """Megabytes that a comparison needs at its height."""
        gc.collect()
        tracemalloc.start()
        self.compare()
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak / 1024**2

    def sync(self):
        """The stock job; returns the item calls, and how many of them wrote."""
        before = len(self.sandbox.calls)
        with odoo_env() as env:
            env["esm.shop"]._cron_stock()
        calls = [call for call in self.sandbox.calls[before:] if call.goods_no]
        return len(calls), sum(call.endpoint in ITEM_WRITES for call in calls)

    def change(self, items):
        """Some more lie in the warehouse of three options of each of these items."""
        with odoo_env() as env:
            listings = env["esm.listing"].search([], order="id", limit=items)
            options = [
                option
                for listing in listings
                for option in listing.option_ids[:CHANGED_OPTIONS]
            ]
            quants = env["stock.quant"].search(
                [
                    (
                        "product_id",
                        "in",
                        [option.component_ids.product_id.id for option in options],
                    )
                ]
            )
            quants.quantity = PIECES + 5

    def check(self, items):
        """Everything arrived at the sandbox."""
        for number, item in enumerate(self.items):
            for index, option in enumerate(item.options):
                changed = number < items and index < CHANGED_OPTIONS
                if option.qty["gmarket"] != PIECES + 5 * changed:
                    raise SystemExit(f"{item.goods_no} has {option.qty}")


def _copy(env, table, record_id, count, **columns):
    """Copy a row so many times; returns the IDs, one after the other.

    :param columns: SQL of what differs; `copy` is the number of the copy
    """
    env.cr.execute(
        """SELECT column_name FROM information_schema.columns
            WHERE table_name = %s AND column_name != 'id'""",
        [table],
    )
    names = [name for [name] in env.cr.fetchall()]
    values = ", ".join(columns.get(name, f'"{name}"') for name in names)
    names = ", ".join(f'"{name}"' for name in names)
    env.cr.execute(
        f"""INSERT INTO {table} ({names})
            SELECT {values} FROM {table}, generate_series(1, %s) copy
             WHERE id = %s ORDER BY copy RETURNING id""",
        [count, record_id],
    )
    env.invalidate_all()
    return sorted(row_id for [row_id] in env.cr.fetchall())


class Run:
    """One timed way on a fresh cursor, with the SQL it took."""

    def __init__(self, bench):
        self._bench = bench

    def __enter__(self):
        self._environment = odoo_env(**self._bench.context)
        self.env = self._environment.__enter__()
        gc.collect()
        self._queries = self.env.cr.sql_log_count
        self._started = time.perf_counter()
        return self

    def __exit__(self, *exception):
        self.seconds = time.perf_counter() - self._started
        self.queries = self.env.cr.sql_log_count - self._queries
        return self._environment.__exit__(*exception)


def measure(bench, rounds):
    """Both ways in turn: medians of seconds and of queries, by way."""
    runs = {"compare": [], "plain": []}
    bench.compare()
    bench.plain()
    for number in range(rounds):
        ways = ("compare", "plain") if number % 2 else ("plain", "compare")
        for way in ways:
            runs[way].append(getattr(bench, way)())
    return {
        way: {
            fact: statistics.median(getattr(run, fact) for run in found)
            for fact in ("seconds", "queries")
        }
        for way, found in runs.items()
    }


def run(quick, rounds):
    """Measure and print; returns the entries (name, value, unit, limit)."""
    few, many, changed = (50, 500, 10) if quick else (FEW, MANY, CHANGED)
    rounds = 2 if quick else rounds
    bench = Bench()
    results = {}
    print(f"\n{'way':12} {'options':>7} {'seconds':>8} {'s/1,000':>8} {'queries':>8}")
    for size in (few, many):
        bench.grow(size)
        results[size] = measure(bench, rounds)
        for way, found in results[size].items():
            options = size * OPTIONS
            print(
                f"{way:12} {options:7} {found['seconds']:8.2f} "
                f"{found['seconds'] / options * 1000:8.3f} {found['queries']:8.0f}",
                flush=True,
            )
    peak = bench.peak()
    calls, _writes = bench.sync()
    bench.change(changed)
    started = time.perf_counter()
    _calls, writes = bench.sync()
    print(
        f"{changed * CHANGED_OPTIONS} changed options of {changed} items: {writes} "
        f"writes, {time.perf_counter() - started:.1f} s; comparing takes {peak:.0f} MB"
    )
    bench.check(changed)
    bench.close()
    small, large = results[few], results[many]
    label = f"{many * OPTIONS:,} / {few * OPTIONS:,} options"
    return [
        (
            f"comparing stock, queries, {label}",
            large["compare"]["queries"] / small["compare"]["queries"],
            "ratio",
            1.0,
        ),
        (
            f"comparing stock, seconds per option, {label}",
            large["compare"]["seconds"] / small["compare"]["seconds"] / (many / few),
            "ratio",
            1.3,
        ),
        (
            f"comparing {many * OPTIONS:,} options / plain Odoo's free_qty, seconds",
            large["compare"]["seconds"] / large["plain"]["seconds"],
            "ratio",
            2.0,
        ),
        (
            f"comparing {many * OPTIONS:,} options, memory",
            peak,
            "MB",
            150,
        ),
        ("item calls when nothing has changed", calls, "calls", 0),
        ("item writes per changed item", writes / changed, "ratio", 1.0),
    ]
