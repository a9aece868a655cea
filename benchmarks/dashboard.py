"""The dashboard: what it costs to know what waits in all shops.

Few shops with their orders, messages, deliveries and listings, and ten times as many
shops with ten times as many of all that, in one database. Both are read in turn as the
browser reads them, by a manager, on fresh cursors; figures are medians of the rounds.

Most orders are sent, as in a shop that has been running for a quarter; those of the
last two days wait for all that the dashboard counts.
"""

import gc
import statistics
import time

from benchmarks.stored import StoredShops
from devtools.odoo_env import odoo_env

FEW, MANY = (5, 10_000), (50, 100_000)
SPECIFICATION = {
    name: {}
    for name in (
        *("name", "site", "connection_state", "connection_message"),
        *("auto_collect", "auto_acknowledge", "auto_release", "auto_stock"),
        *("currency_id", "dashboard_data", "dashboard_graph"),
    )
}


class Shops(StoredShops):
    """Busy shops whose dashboard is read."""

    def __init__(self, env, account, name, shops, orders):
        super().__init__(env, account, name, shops, orders)
        order = env["esm.order"].create(
            {
                "shop_id": self.ids[0],
                "site": "gmarket",
                "order_no": f"{name}000000000",
                "payload": {"SiteType": 2},
                "quantity": 1,
                "amount_sale": 9900,
            }
        )
        message = env["esm.outbox"].create(
            {"order_id": order.id, "action": "acknowledge", "state": "sent"}
        )
        shop = env["esm.shop"].browse(self.ids[0])
        picking = env["stock.picking"].create(
            {
                "picking_type_id": shop.warehouse_id.out_type_id.id,
                "esm_shop_id": shop.id,
            }
        )
        env.flush_all()
        self.copy_messages(env, message, self.copy_orders(env, order))
        self.copy_deliveries(env, picking)
        self.make_listings(env)

    def read(self):
        """What the browser asks for; returns (seconds, queries)."""
        with odoo_env() as env:
            user = env.ref("base.user_admin")
            shops = env["esm.shop"].with_user(user)
            gc.collect()
            queries, started = env.cr.sql_log_count, time.perf_counter()
            result = shops.web_search_read(
                [("id", "in", self.ids)], SPECIFICATION, limit=200
            )
            seconds = time.perf_counter() - started
            queries = env.cr.sql_log_count - queries
        self._check(result["records"])
        return seconds, queries

    def _check(self, records):
        if len(records) != len(self.ids):
            raise SystemExit(f"{len(records)} shops were read, not {len(self.ids)}")
        counts = {}
        for record in records:
            for key, count in record["dashboard_data"]["counts"].items():
                counts[key] = counts.get(key, 0) + count
        empty = [key for key, count in counts.items() if not count]
        if empty:
            raise SystemExit(f"Nothing is counted for {empty}")


def run(quick, rounds):
    """Measure and print; returns the entries (name, value, unit, limit)."""
    sizes = ((2, 1_000), (20, 10_000)) if quick else (FEW, MANY)
    with odoo_env() as env:
        account = env["esm.account"].create(
            {
                "name": "Dashboard",
                "company_id": False,
                "master_id": "dashmaster",
                "secret_key": "dashboard-secret-key-of-32-letters",
                "environment": "sandbox",
                "sandbox_url": "http://127.0.0.1:1",
            }
        )
        few, many = (
            Shops(env, account, name, *size)
            for name, size in zip("78", sizes, strict=True)
        )
    with odoo_env() as env:
        env.cr.execute("ANALYZE")
    for shops in few, many:
        shops.read()  # what is read once per process
    found = {"few": [], "many": []}
    for _number in range(3 if quick else 3 * rounds):
        found["few"].append(few.read())
        found["many"].append(many.read())
    with odoo_env() as env:
        # Nothing that the other benchmarks would notice.
        env["esm.shop"].browse(few.ids + many.ids).active = False
    print(f"\n{'dashboard':10} {'shops':>6} {'orders':>8} {'ms':>8} {'queries':>8}")
    medians = {}
    for name, shops in (("few", few), ("many", many)):
        seconds, queries = (
            statistics.median(values) for values in zip(*found[name], strict=True)
        )
        medians[name] = seconds, queries
        print(
            f"{name:10} {len(shops.ids):6} {shops.orders:8,} {seconds * 1000:8.1f} "
            f"{queries:8.0f}",
            flush=True,
        )
    label = f"{sizes[1][0]} shops, {sizes[1][1]:,} orders"
    return [
        (f"dashboard, queries, {label}", medians["many"][1], "queries", 40),
        (
            f"dashboard, seconds, {label} / {sizes[0][0]}, {sizes[0][1]:,}",
            medians["many"][0] / medians["few"][0],
            "ratio",
            3.0,
        ),
    ]
