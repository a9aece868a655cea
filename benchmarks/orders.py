"""Orders: what the connector costs on top of plain Odoo.

The same one-line orders are made three ways, in turn, on one database:

connector   from payloads as ESM sends them: parse, store in the inbox, book, check
            the amounts, confirm; committed batch by batch as the jobs do
batch       plain Odoo: one `create` of the customers with their addresses, one
            `create` of the sales orders, one `action_confirm`, one commit
one by one  plain Odoo: the same for each order, with a commit each

All three make as many customers, sales orders, lines and deliveries, with equal
totals and under the same context (no tracking, no subscriptions); what a way made is
counted after it ran. Two things make the connector cheaper than the floor: it leaves
out the note in each delivery's chatter that names its sales order, and what Odoo asks
and writes order by order, it does once for a batch (see models/release_batch.py).

Each round goes batch, connector, connector, batch, one by one, or with the first two
swapped, so that the machine's moods hit both; it compares seconds per order, and each
figure is the median of the rounds. One by one is so slow that a part of the orders has
to do.
"""

import gc
import statistics
import time
from collections import defaultdict

from odoo.fields import Command

from devtools.merchant import (
    MASTER,
    SECRET,
    SELLERS,
    make_products,
    make_shops,
)
from devtools.odoo_env import odoo_env, odoo_registry
from sandbox import Sandbox

ORDERS, FEW_ORDERS, MANY_ORDERS = 200, 50, 2000
SITE = "gmarket"
CATALOG = [
    {"seller_code": f"BENCH-{n}", "name": f"[샘플] 상품 {n}", "price": 5000 + 1300 * n}
    for n in range(1, 11)
]


def price_of(orders):
    """What so many orders amount to: they go through the catalogue in turn."""
    return sum(CATALOG[index % len(CATALOG)]["price"] for index in range(orders))


class Bench:
    """One merchant, and a marketplace that never runs out of buyers."""

    def __init__(self):
        odoo_registry()  # loads the addon, whose modules are imported here
        from odoo.addons.sale_esm.esm_api import Order
        from odoo.addons.sale_esm.models.jobs import JOB_CONTEXT

        self.context = JOB_CONTEXT
        self.order_class = Order
        self.sandbox = Sandbox(orders_interval=0)
        self.sandbox.add_account(
            MASTER, SECRET, **{site: [seller] for site, seller in SELLERS.items()}
        )
        self.sandbox.start()
        with odoo_env() as env:
            shops = make_shops(env, self.sandbox.url, auto_acknowledge=False)
            self.shop_id = shops[SITE].id
            self.product_ids = make_products(env, CATALOG).ids
        self.prices = {}

    def pay_for(self, count):
        """Let buyers pay for one-line baskets; returns the orders' payloads."""
        numbers = [
            number
            for index in range(count)
            for number in self.sandbox.place_basket(
                SITE, SELLERS[SITE], [{**CATALOG[index % len(CATALOG)]}]
            )
        ]
        for number in numbers:
            self.sandbox.confirm(number)
        # Phones and deadlines are assigned a few minutes after the payment.
        self.sandbox.advance(3600)
        return [self.sandbox.orders[number].row() for number in numbers]

    # --- the three ways -------------------------------------------------

    def connector(self, payloads):
        """Payloads to confirmed sales orders through the connector."""
        with Run(self, len(payloads)) as run:
            shop = run.env["esm.shop"].browse(self.shop_id)
            orders = [
                self.order_class.from_payload(payload, seller_id=shop.seller_id)
                for payload in payloads
            ]
            Order = run.env["esm.order"]
            size = Order._STORE_BATCH
            for start in range(0, len(orders), size):
                batch = orders[start : start + size]
                shop._transact(lambda batch=batch: Order._store(shop, batch))
            shop._process()
        return run

    def batch(self, payloads):
        """The same orders with plain Odoo, all at once."""
        prices = self._prices()
        with Run(self, len(payloads)) as run:
            self._plain(run.env, payloads, prices)
            run.env.cr.commit()
        return run

    def one_by_one(self, payloads):
        """The same orders with plain Odoo, each on its own."""
        prices = self._prices()
        with Run(self, len(payloads)) as run:
            for payload in payloads:
                self._plain(run.env, [payload], prices)
                run.env.cr.commit()
        return run

    def _plain(self, env, payloads, prices):
        shop = env["esm.shop"].browse(self.shop_id)
        korea = env.ref("base.kr").id
        partners = env["res.partner"].create(
            [
                {
                    "name": payload["BuyerName"],
                    "phone": payload["BuyerMobileTel"],
                    "zip": payload["ZipCode"],
                    "street": payload["DelFrontAddress"],
                    "street2": payload["DelBackAddress"],
                    "country_id": korea,
                    "company_id": shop.company_id.id,
                    "lang": "ko_KR",
                    "customer_rank": 1,
                }
                for payload in payloads
            ]
        )
        env["sale.order"].create(
            [
                {
                    "company_id": shop.company_id.id,
                    "partner_id": partner.id,
                    "date_order": payload["PayDate"][:19].replace("T", " "),
                    "warehouse_id": shop.warehouse_id.id,
                    "user_id": shop.user_id.id,
                    "carrier_id": shop.carrier_id.id,
                    "client_order_ref": str(payload["PayNo"]),
                    "origin": str(payload["OrderNo"]),
                    "order_line": [
                        Command.create(
                            {
                                **prices[payload["OutGoodsNo"]],
                                "name": payload["GoodsName"],
                                "product_uom_qty": payload["ContrAmount"],
                            }
                        )
                    ],
                }
                for partner, payload in zip(partners, payloads, strict=True)
            ]
        ).action_confirm()

    def _prices(self):
        """Product and net price of each code: plain Odoo need not look for them."""
        if not self.prices:
            with odoo_env() as env:
                for product in env["product.product"].browse(self.product_ids):
                    self.prices[product.esm_seller_code] = {
                        "product_id": product.id,
                        "price_unit": env["sale.order.line"]._esm_prepare_price_values(
                            product.list_price,
                            1,
                            product.taxes_id,
                            env.company.currency_id,
                            env.company,
                            product,
                        )["price_unit"],
                    }
        return self.prices


class Run:
    """One timed way of making orders, with the SQL it took and what it made."""

    models = ("res.partner", "sale.order.line", "stock.picking")

    def __init__(self, bench, orders):
        self._bench = bench
        self.orders = orders

    def __enter__(self):
        self._environment = odoo_env(**self._bench.context)
        self.env = self._environment.__enter__()
        self._before = self._count()
        gc.collect()
        self._queries = self.env.cr.sql_log_count
        self._cpu = time.process_time()
        self._started = time.perf_counter()
        return self

    def __exit__(self, *exception):
        self.seconds = time.perf_counter() - self._started
        self.cpu = time.process_time() - self._cpu
        self.queries = self.env.cr.sql_log_count - self._queries
        if exception[0] is None:
            after = self._count()
            made = {key: after[key] - self._before[key] for key in after}
            # All ways must make the same, or their times say nothing.
            expected = dict.fromkeys((*self.models, "confirmed"), self.orders)
            if made != {**expected, "total": price_of(self.orders)}:
                raise SystemExit(f"{self.orders} orders became {made}")
        return self._environment.__exit__(*exception)

    @property
    def seconds_per_order(self):
        return self.seconds / self.orders

    @property
    def cpu_per_order(self):
        return self.cpu / self.orders

    @property
    def queries_per_order(self):
        return self.queries / self.orders

    def _count(self):
        self.env.flush_all()
        counts = {name: self.env[name].search_count([]) for name in self.models}
        [[counts["confirmed"], counts["total"]]] = self.env["sale.order"]._read_group(
            [("state", "=", "sale")], [], ["__count", "amount_total:sum"]
        )
        return counts


def measure(rounds, orders, few, many):
    """Run all ways in turn.

    :return: the rounds, each a dict way -> its runs; and the run with many orders
    """
    bench = Bench()
    for way in (bench.batch, bench.connector, bench.one_by_one):
        way(bench.pay_for(20))
    results = []
    for number in range(rounds):
        pair = [bench.batch, bench.connector]
        if number % 2:
            pair.reverse()
        runs = defaultdict(list)
        for way in (*pair, *reversed(pair)):
            runs[way.__name__].append(way(bench.pay_for(orders)))
        runs["one_by_one"].append(bench.one_by_one(bench.pay_for(few)))
        results.append(runs)
        seconds = (
            f"{name} {' + '.join(f'{run.seconds:.1f}' for run in ways)} s"
            for name, ways in runs.items()
        )
        print(f"round {number + 1}/{rounds}: {', '.join(seconds)}", flush=True)
    print(f"{many} orders at once ...", flush=True)
    large = bench.connector(bench.pay_for(many))
    bench.sandbox.stop()
    return results, large


def report(results, large):
    """Print the table; returns the entries (name, value, unit, limit)."""

    def median(way, fact, other=None):
        """Median of the rounds of a fact of a way, or of its ratio to another way's."""
        values = []
        for runs in results:
            value = statistics.mean(getattr(run, fact) for run in runs[way])
            if other:
                value /= statistics.mean(getattr(run, fact) for run in runs[other])
            values.append(value)
        return statistics.median(values)

    print(
        f"\n{'way':12} {'orders':>7} {'orders/s':>9} {'CPU ms/order':>13} "
        f"{'queries/order':>14}"
    )

    def line(way, orders, seconds, cpu, queries):
        speed = 1 / seconds
        print(f"{way:12} {orders:7} {speed:9.1f} {cpu * 1000:13.1f} {queries:14.1f}")

    facts = ("seconds_per_order", "cpu_per_order", "queries_per_order")
    for way, [run, *_] in results[0].items():
        line(way, run.orders, *(median(way, fact) for fact in facts))
    line("connector", large.orders, *(getattr(large, fact) for fact in facts))
    small = results[0]["connector"][0].orders
    rows = [
        (
            "connector / plain batch, seconds per order",
            median("connector", "seconds_per_order", "batch"),
            1.0,
        ),
        (
            "connector / plain batch, CPU per order",
            median("connector", "cpu_per_order", "batch"),
            1.0,
        ),
        (
            "connector / plain batch, queries per order",
            median("connector", "queries_per_order", "batch"),
            0.5,
        ),
        (
            "connector / plain one by one, seconds per order",
            median("connector", "seconds_per_order", "one_by_one"),
            0.5,
        ),
        (
            f"connector, queries per order, {large.orders} / {small} orders",
            large.queries_per_order / median("connector", "queries_per_order"),
            1.05,
        ),
    ]
    return [(name, value, "ratio", limit) for name, value, limit in rows]


def run(quick, rounds):
    """Measure and print; returns the entries (name, value, unit, limit)."""
    sizes = (1, 50, 10, 200) if quick else (rounds, ORDERS, FEW_ORDERS, MANY_ORDERS)
    return report(*measure(*sizes))
