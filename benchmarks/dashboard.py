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

from benchmarks.stock import copy_rows
from devtools.odoo_env import odoo_env

FEW, MANY = (5, 10_000), (50, 100_000)
DAYS = 90
LISTINGS_PER_SHOP = 100
SPECIFICATION = {
    name: {}
    for name in (
        *("name", "site", "connection_state", "connection_message"),
        *("auto_collect", "auto_acknowledge", "auto_release", "auto_stock"),
        *("currency_id", "dashboard_data", "dashboard_graph"),
    )
}


class Shops:
    """Shops with so many orders; made with SQL, for there are many."""

    def __init__(self, env, account, name, shops, orders):
        """
        :param name: what tells these shops and orders from others; a digit
        :param int shops: how many
        :param int orders: of all of them together
        """
        self.orders = orders
        records = env["esm.shop"].create(
            [
                {
                    "account_id": account.id,
                    "site": "gmarket",
                    "seller_id": f"dash{name}n{number}",
                    "connection_state": "connected",
                }
                for number in range(shops)
            ]
        )
        self.ids = records.ids
        self._any = f"(ARRAY{self.ids})[1 + mod(copy, {shops})]"
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
        picking = env["stock.picking"].create(
            {
                "picking_type_id": records[0].warehouse_id.out_type_id.id,
                "esm_shop_id": self.ids[0],
            }
        )
        env.flush_all()
        self._copy_orders(env, name, order)
        self._copy_pickings(env, name, picking)
        self._copy_listings(env, name)

    def _copy_orders(self, env, name, order):
        age = f"copy::float / {self.orders} * interval '{DAYS} days'"
        recent = f"copy < {self.orders} * 2 / {DAYS}"
        rows = copy_rows(
            env,
            "esm_order",
            order.id,
            self.orders,
            shop_id=self._any,
            order_no=f"({name}000000000 + copy)::text",
            paid_at=f"now() AT TIME ZONE 'UTC' - {age}",
            due_at=f"now() AT TIME ZONE 'UTC' + interval '1 day' - {age}",
            state=f"""CASE WHEN NOT {recent} THEN 'sent' WHEN mod(copy, 3) = 0
                           THEN 'booked' ELSE 'released' END""",
            market_status=f"""CASE WHEN NOT {recent} THEN 'decided'
                                   WHEN mod(copy, 3) = 0 THEN 'new'
                                   ELSE 'preparing' END""",
            problem=f"CASE WHEN {recent} AND mod(copy, 7) = 0 THEN 'unmatched' END",
            cancel_requested=f"{recent} AND mod(copy, 11) = 0",
        )
        message = env["esm.outbox"].create(
            {"order_id": order.id, "action": "acknowledge", "state": "sent"}
        )
        env.flush_all()
        copy_rows(
            env,
            "esm_outbox",
            message.id,
            self.orders,
            shop_id=self._any,
            order_id=f"{rows[0]} + copy - 1",
            state="CASE mod(copy, 499) WHEN 0 THEN 'waiting' WHEN 1 THEN 'refused' "
            "ELSE 'sent' END",
        )

    def _copy_pickings(self, env, name, picking):
        recent = f"copy < {self.orders} * 2 / {DAYS}"
        copy_rows(
            env,
            "stock_picking",
            picking.id,
            self.orders,
            esm_shop_id=self._any,
            name=f"'DASH{name}/' || copy",
            state=f"CASE WHEN {recent} THEN 'assigned' ELSE 'done' END",
        )

    def _copy_listings(self, env, name):
        listing = env["esm.listing"].create(
            {
                "shop_id": self.ids[0],
                "site_goods_no": f"{name}0000000",
                "name": "[샘플]",
            }
        )
        option = env["esm.listing.option"].create(
            {"listing_id": listing.id, "name": "[샘플]", "match_method": "manual"}
        )
        message = env["esm.outbox"].create(
            {"listing_id": listing.id, "action": "stock", "state": "sent"}
        )
        env.flush_all()
        count = len(self.ids) * LISTINGS_PER_SHOP
        numbers = {"shop_id": self._any}
        listings = copy_rows(
            env,
            "esm_listing",
            listing.id,
            count,
            site_goods_no=f"({name}0000000 + copy)::text",
            **numbers,
        )
        numbers["listing_id"] = f"{listings[0]} + copy - 1"
        copy_rows(
            env,
            "esm_listing_option",
            option.id,
            count,
            match_method="CASE WHEN mod(copy, 19) <> 0 THEN 'manual' END",
            **numbers,
        )
        copy_rows(
            env,
            "esm_outbox",
            message.id,
            count,
            state="CASE mod(copy, 47) WHEN 0 THEN 'waiting' ELSE 'sent' END",
            **numbers,
        )

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
