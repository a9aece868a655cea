"""Stock: what it costs to know that nothing has to be written, and to write the rest.

Two companies sell listings with four options each, every option with a product of its
own: one has few, the other many. The sandbox has the same items, so that what is
written arrives somewhere.

few, many   the whole comparison of what is free with what is on sale, nothing changed
plain       plain Odoo: `free_qty` of the products of the large company, which is the
            least that anybody has to read

All are repeated in turn on fresh cursors, the small company as often as it fits into
the large one, so that the machine's moods hit all; figures are medians of the rounds.
Then the stock job runs as its cron does: once with nothing changed, once with three
options changed in each of some items, and the calls that reach the sandbox are counted.
"""

import gc
import statistics
import time
import tracemalloc

from devtools.odoo_env import odoo_env, odoo_registry
from sandbox import Sandbox

OPTIONS = 4
CHANGED_OPTIONS = 3
FEW, MANY, CHANGED = 500, 5000, 100
MASTER, SECRET = "stockmaster", "stock-secret-key-of-32-characters"
SELLERS = ("stock_few", "stock_many")
PIECES = 10
ITEM_WRITES = ("stock", "options", "sell-status")


class Bench:
    """A sandbox, and the companies that sell there."""

    def __init__(self, *sizes):
        """
        :param sizes: listings of each company
        """
        odoo_registry()  # loads the addon
        self.sandbox = Sandbox(orders_interval=0)
        self.sandbox.add_account(MASTER, SECRET, gmarket=SELLERS)
        self.sandbox.start()
        with odoo_env() as env:
            account = env["esm.account"].create(
                {
                    "name": "Stock",
                    "company_id": False,
                    "master_id": MASTER,
                    "secret_key": SECRET,
                    "environment": "sandbox",
                    "sandbox_url": self.sandbox.url,
                    "calls_per_minute": 0,
                }
            )
            self.merchants = [
                Merchant(env, account, seller, self.sandbox, listings)
                for seller, listings in zip(SELLERS, sizes, strict=True)
            ]
        with odoo_env() as env:
            env.cr.execute("ANALYZE")

    def close(self):
        """Leave nothing that the other benchmarks would notice."""
        with odoo_env() as env:
            for merchant in self.merchants:
                env["esm.shop"].browse(merchant.shop_id).active = False
        self.sandbox.stop()

    def sync(self):
        """The stock job; returns the item calls, and how many of them wrote."""
        before = len(self.sandbox.calls)
        with odoo_env() as env:
            env["esm.shop"]._cron_stock()
        calls = [call for call in self.sandbox.calls[before:] if call.goods_no]
        return len(calls), sum(call.endpoint in ITEM_WRITES for call in calls)


class Merchant:
    """A company with one shop, whose listings are all right."""

    def __init__(self, env, account, seller, sandbox, listings):
        company = env["res.company"].create(
            {"name": seller, "currency_id": env.company.currency_id.id}
        )
        env["stock.warehouse"].create({"code": seller[-4:], "company_id": company.id})
        shop = env["esm.shop"].create(
            {
                "account_id": account.id,
                "site": "gmarket",
                "seller_id": seller,
                "company_id": company.id,
                "auto_collect": True,
                "auto_stock": True,
            }
        )
        self.shop_id = shop.id
        self.items = [
            sandbox.add_item(
                f"[샘플] 상품 {number}",
                9900,
                gmarket=seller,
                options=[
                    {"values": {"색상": f"{index}"}, "qty": PIECES}
                    for index in range(OPTIONS)
                ],
            )
            for number in range(listings)
        ]
        self.product_ids = self._make_products(env, shop, listings * OPTIONS)
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
                for item in self.items
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
                for listing, item in zip(found, self.items, strict=True)
                for option in item.options
            ]
        )
        env["esm.listing.component"].create(
            [
                {"option_id": option.id, "product_id": product}
                for option, product in zip(options, self.product_ids, strict=True)
            ]
        )

    @staticmethod
    def _make_products(env, shop, count):
        """Products with their stock: one as Odoo makes it, the others its copies."""
        first = env["product.product"].create({"name": "Copy", "is_storable": True})
        location = shop.warehouse_id.lot_stock_id
        env["stock.quant"]._update_available_quantity(first, location, PIECES)
        quant = env["stock.quant"].search([("product_id", "=", first.id)])
        env.flush_all()
        templates = copy_rows(env, "product_template", first.product_tmpl_id.id, count)
        products = copy_rows(
            env,
            "product_product",
            first.id,
            count,
            product_tmpl_id=f"{templates[0]} + copy - 1",
        )
        copy_rows(
            env, "stock_quant", quant.id, count, product_id=f"{products[0]} + copy - 1"
        )
        return products

    # --- the two ways -----------------------------------------------------

    def compare(self):
        """What has to be written: nothing."""
        with Run(self.shop_id) as run:
            changes, _high = run.shop.env["esm.listing"]._compare_stock(
                run.shop.company_id
            )
        if changes:
            raise SystemExit(f"{len(changes)} listings differ, none should")
        return run

    def plain(self):
        """Plain Odoo: what is free of the same products."""
        with Run(self.shop_id) as run:
            free = (
                run.shop.env["product.product"]
                .browse(self.product_ids)
                .with_context(location=run.shop.warehouse_id.lot_stock_id.id)
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

    def change(self, items):
        """Some more lie in the warehouse of three options of each of these items."""
        products = [
            product
            for index, product in enumerate(self.product_ids[: items * OPTIONS])
            if index % OPTIONS < CHANGED_OPTIONS
        ]
        with odoo_env() as env:
            quants = env["stock.quant"].search([("product_id", "in", products)])
            quants.quantity = PIECES + 5

    def check(self, items):
        """What was changed arrived at the sandbox, and nothing else."""
        for number, item in enumerate(self.items):
            for index, option in enumerate(item.options):
                changed = number < items and index < CHANGED_OPTIONS
                if option.qty["gmarket"] != PIECES + 5 * changed:
                    raise SystemExit(f"{item.goods_no} has {option.qty}")


def copy_rows(env, table, record_id, count, **columns):
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

    def __init__(self, shop_id):
        self._shop_id = shop_id

    def __enter__(self):
        self._environment = odoo_env()
        env = self._environment.__enter__()
        self.shop = env["esm.shop"].browse(self._shop_id)._as_job()
        gc.collect()
        self._queries = env.cr.sql_log_count
        self._started = time.perf_counter()
        return self

    def __exit__(self, *exception):
        self.seconds = time.perf_counter() - self._started
        self.queries = self.shop.env.cr.sql_log_count - self._queries
        return self._environment.__exit__(*exception)


def measure(few, many, rounds):
    """All ways in turn: list of rounds, each a dict way -> seconds and queries."""
    times = len(many.items) // len(few.items)
    for way in (few.compare, many.compare, many.plain):
        way()  # what is read once per process
    results = []
    for number in range(rounds):
        ways = [("many", many.compare), ("plain", many.plain)]
        # The small company before, between and after the others.
        ways[number % 2 : number % 2] = [("few", few.compare)] * (times // 2)
        ways += [("few", few.compare)] * (times - times // 2)
        runs = {}
        for name, way in ways:
            runs.setdefault(name, []).append(way())
        results.append(
            {
                name: {
                    "seconds": statistics.mean(run.seconds for run in found),
                    "queries": statistics.mean(run.queries for run in found),
                }
                for name, found in runs.items()
            }
        )
    return results


def ratio(results, fact, way, other):
    """Median of the rounds of a way's figure divided by another way's."""
    return statistics.median(found[way][fact] / found[other][fact] for found in results)


def run(quick, rounds):
    """Measure and print; returns the entries (name, value, unit, limit)."""
    sizes, changed = ((50, 500), 10) if quick else ((FEW, MANY), CHANGED)
    bench = Bench(*sizes)
    few, many = bench.merchants
    results = measure(few, many, 2 if quick else rounds)
    print(f"\n{'way':10} {'options':>7} {'seconds':>8} {'s/1,000':>8} {'queries':>8}")
    for way, merchant in (("few", few), ("many", many), ("plain", many)):
        options = len(merchant.product_ids)
        seconds, queries = (
            statistics.median(found[way][fact] for found in results)
            for fact in ("seconds", "queries")
        )
        print(
            f"{way:10} {options:7} {seconds:8.2f} {seconds / options * 1000:8.3f} "
            f"{queries:8.0f}",
            flush=True,
        )
    peak = many.peak()
    calls, _writes = bench.sync()
    many.change(changed)
    started = time.perf_counter()
    _calls, writes = bench.sync()
    print(
        f"{changed * CHANGED_OPTIONS} changed options of {changed} items: {writes} "
        f"writes, {time.perf_counter() - started:.1f} s; comparing takes {peak:.0f} MB"
    )
    many.check(changed)
    bench.close()
    large = f"{sizes[1] * OPTIONS:,}"
    label = f"{large} / {sizes[0] * OPTIONS:,} options"
    slower = ratio(results, "seconds", "many", "few") * sizes[0] / sizes[1]
    plain = ratio(results, "seconds", "many", "plain")
    return [
        (
            f"comparing stock, queries, {label}",
            ratio(results, "queries", "many", "few"),
            "ratio",
            1.0,
        ),
        (f"comparing stock, seconds per 1,000, {label}", slower, "ratio", 1.3),
        (f"comparing {large} options / plain free_qty, seconds", plain, "ratio", 1.25),
        (f"comparing {large} options, peak memory", peak, "MB", 60),
        ("item calls when nothing has changed", calls, "calls", 0),
        ("item writes per changed item", writes / changed, "ratio", 1.0),
    ]
