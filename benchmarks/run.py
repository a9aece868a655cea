"""``./dev bench``: what the connector costs on top of plain Odoo.

The same one-line orders are made three ways, in turn, on one database:

connector   from payloads as ESM sends them: parse, store in the inbox, book, check
            the amounts, confirm; committed batch by batch as the jobs do
batch       plain Odoo: one `create` of the customers with their addresses, one
            `create` of the sales orders, one `action_confirm`, one commit
one by one  plain Odoo: the same for each order, with a commit each

All three make as many customers, sales orders, lines and deliveries, with equal
totals and under the same context (no tracking, no subscriptions); each way's orders
are counted after it ran. Connector and plain Odoo take turns so that the machine's
moods hit both, and each figure is the median of the rounds' ratios. Prints a table
and, as its last line, one JSON list; lower is better, a value above its limit makes
the exit code 1.
"""

import argparse
import gc
import json
import statistics
import sys
import time

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

ORDERS = 200
MANY_ORDERS = 2000
SITE = "gmarket"
CATALOG = [
    {"seller_code": f"BENCH-{n}", "name": f"[샘플] 상품 {n}", "price": 5000 + 1300 * n}
    for n in range(1, 11)
]


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
        with self._measured() as run:
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
        with self._measured() as run:
            self._plain(run.env, payloads, prices)
            run.env.cr.commit()
        return run

    def one_by_one(self, payloads):
        """The same orders with plain Odoo, each on its own."""
        prices = self._prices()
        with self._measured() as run:
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

    def _measured(self):
        return Run(self)


class Run:
    """One timed way of making orders, with the SQL it took and what it made."""

    models = ("res.partner", "sale.order.line", "stock.picking")

    def __init__(self, bench):
        self._bench = bench

    def __enter__(self):
        self._environment = odoo_env(**self._bench.context)
        self.env = self._environment.__enter__()
        self._before = self._count()
        gc.collect()
        self._queries = self.env.cr.sql_log_count
        self._started = time.perf_counter()
        return self

    def __exit__(self, *exception):
        self.seconds = time.perf_counter() - self._started
        self.queries = self.env.cr.sql_log_count - self._queries
        if exception[0] is None:
            after = self._count()
            self.made = {key: after[key] - self._before[key] for key in after}
        return self._environment.__exit__(*exception)

    def _count(self):
        self.env.flush_all()
        counts = {name: self.env[name].search_count([]) for name in self.models}
        [[counts["confirmed"], counts["total"]]] = self.env["sale.order"]._read_group(
            [("state", "=", "sale")], [], ["__count", "amount_total:sum"]
        )
        return counts


def check(orders, *runs):
    """All ways must have made the same, or their times say nothing."""
    for run in runs:
        if run.made != runs[0].made or run.made["confirmed"] != orders:
            raise SystemExit(f"Different work was measured: {[r.made for r in runs]}")


def measure(rounds, orders, many):
    """Run all ways in turn; returns rows (name, value, limit) and lines to print."""
    bench = Bench()
    ways = (bench.connector, bench.batch, bench.one_by_one)
    for way in ways:
        way(bench.pay_for(20))
    results = []
    for number in range(rounds):
        order = ways if number % 2 else (bench.batch, bench.connector, bench.one_by_one)
        runs = {way.__name__: way(bench.pay_for(orders)) for way in order}
        check(orders, *runs.values())
        results.append(runs)
        print(
            f"round {number + 1}/{rounds}: "
            + ", ".join(f"{name} {run.seconds:.1f} s" for name, run in runs.items()),
            flush=True,
        )
    large = bench.connector(bench.pay_for(many))
    check(many, large)
    bench.sandbox.stop()
    return results, large


def report(results, large, orders, many):
    """Print the table; returns the entries of the JSON line."""

    def median(value):
        return statistics.median(value(runs) for runs in results)

    print(f"\n{'way':12} {'seconds':>8} {'orders/s':>9} {'queries/order':>14}")
    for name in results[0]:
        seconds = median(lambda runs, name=name: runs[name].seconds)
        queries = median(lambda runs, name=name: runs[name].queries)
        print(
            f"{name:12} {seconds:8.2f} {orders / seconds:9.1f} {queries / orders:14.1f}"
        )
    print(
        f"{f'{many} orders':12} {large.seconds:8.2f} {many / large.seconds:9.1f} "
        f"{large.queries / many:14.1f}"
    )
    small = median(lambda runs: runs["connector"].queries) / orders
    rows = [
        (
            "connector / plain batch, seconds",
            median(lambda runs: runs["connector"].seconds / runs["batch"].seconds),
            1.25,
        ),
        (
            "connector / plain one by one, seconds",
            median(lambda runs: runs["connector"].seconds / runs["one_by_one"].seconds),
            0.5,
        ),
        (
            f"queries per order, {many} / {orders} orders",
            large.queries / many / small,
            1.05,
        ),
    ]
    print()
    for name, value, limit in rows:
        verdict = "ok" if value <= limit else "TOO MUCH"
        print(f"{name:40} {value:6.3f}  (limit {limit})  {verdict}")
    return [
        {"name": name, "value": round(value, 4), "unit": "ratio", "limit": limit}
        for name, value, limit in rows
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--quick", action="store_true", help="one round with few orders, to try it out"
    )
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    rounds, orders, many = arguments.rounds, ORDERS, MANY_ORDERS
    if arguments.quick:
        rounds, orders, many = 1, 50, 200
    results, large = measure(rounds, orders, many)
    entries = report(results, large, orders, many)
    print(json.dumps(entries))
    return any(entry["value"] > entry["limit"] for entry in entries)


if __name__ == "__main__":
    sys.exit(main())
