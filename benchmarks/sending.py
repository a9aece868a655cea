"""Sending: 500 tracking numbers of ten shops to a marketplace that answers late.

Each answer takes 100 ms. For each number the state is read and the number is sent, one
call after the other, and each message is a transaction of its own. The same job runs

one by one   without helpers: message after message, shop after shop
pipelined    as it is: several shops, and several messages of a shop, at a time

both without a limit of calls per minute. The third way is pipelined at the default
limit: no helper sends faster than a shop's pace permits.
"""

import time
from unittest.mock import patch

from devtools.merchant import CJ
from devtools.odoo_env import odoo_env

from . import fleet

LATENCY = 0.1
NUMBERS, FEW_NUMBERS, PACED_NUMBERS = 50, 10, 20
DEFAULT_PACE = 30


class Bench:
    def __init__(self, market, shop_ids):
        self.market = market
        self.shop_ids = shop_ids
        self.ways = 0

    def prepare(self, numbers):
        """Let so many tracking numbers wait in each shop; returns the order numbers."""
        self.ways += 1
        with odoo_env() as env:
            shops = env["esm.shop"].browse(self.shop_ids)
            sellers = shops.mapped("seller_id")
            found = fleet.pay(self.market, sellers, numbers, f"sending{self.ways}")
            for number in found:
                self.market.tell("confirm", order_no=number)
            for shop in shops:
                shop.cursor_at = False
                shop._collect(shop._as_job()._api())
            rows = env["esm.order"].search([("order_no", "in", list(map(str, found)))])
            if len(rows) != len(found):
                raise SystemExit(f"{len(rows)} of {len(found)} orders are stored")
            rows.state = "shipped"
            courier = env["esm.courier"].search([("code", "=", CJ)])
            env["esm.outbox"].create(
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
        return found

    def send(self, numbers, per_minute=0):
        """Send; returns the seconds it took. Each number has to be at ESM, once."""
        found = self.prepare(numbers)
        with odoo_env() as env:
            env["esm.shop"].browse(
                self.shop_ids
            ).account_id.calls_per_minute = per_minute
        with odoo_env() as env:
            env["esm.outbox"].search_count([])  # connected, and everything imported
            started = time.perf_counter()
            env["esm.outbox"]._cron_send()
            seconds = time.perf_counter() - started
        ledger = self.market.ledger()
        for number in found:
            told = [invoice[1] for invoice in ledger[str(number)]["invoices"]]
            if told != [f"88{number}"]:
                raise SystemExit(f"Order {number} has the numbers {told}")
        return seconds


def run(quick, rounds):
    """Measure and print; returns the entries (name, value, unit, limit)."""
    numbers = FEW_NUMBERS if quick else NUMBERS
    options = ("--orders-interval", 0, "--latency", LATENCY)
    ways = {}
    with fleet.fleet(*options) as (market, shop_ids):
        from odoo.addons.sale_esm.models import crew
        from odoo.addons.sale_esm.models.esm_shop import EsmShop

        def api_options(shop):
            return {**original(shop), "orders_interval": 0}

        original = EsmShop._api_options
        bench = Bench(market, shop_ids)
        with patch.object(EsmShop, "_api_options", api_options):
            bench.send(1)
            ways["pipelined"] = numbers, bench.send(numbers)
            with patch.object(crew, "MOST_HELPERS", 0):
                ways["one by one"] = numbers, bench.send(numbers)
            if not quick:
                ways["at 30 a minute"] = (
                    PACED_NUMBERS,
                    bench.send(PACED_NUMBERS, DEFAULT_PACE),
                )
    print(f"\n{'way':16} {'numbers':>8} {'seconds':>8} {'per second':>11}")
    for way, (count, seconds) in ways.items():
        total = count * len(shop_ids)
        print(f"{way:16} {total:8} {seconds:8.1f} {total / seconds:11.1f}")
    if not quick:
        calls = 2 * PACED_NUMBERS
        least = (calls - DEFAULT_PACE) * 60 / DEFAULT_PACE
        most = (2 * NUMBERS - DEFAULT_PACE) * 60 / DEFAULT_PACE
        print(
            f"At {DEFAULT_PACE} calls a minute, after that many at once, {calls} calls "
            f"of a shop take {least:.0f} s at least, {2 * NUMBERS} take {most:.0f} s."
        )
    ratio = ways["pipelined"][1] / ways["one by one"][1]
    name = f"sending {numbers * len(shop_ids)} numbers, pipelined / one by one"
    return [(name, ratio, "ratio", 0.2)]
