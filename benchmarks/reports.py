"""What a pivot of marketplace sales costs, beside Odoo's own sales analysis.

Both are asked for as the web client asks: sales of a year by month and shop (the sales
analysis by month and team), with all sums, over as many marketplace orders as sales
orders with one line each. They are copies of one order, made in the database and rolled
back afterwards; a tenth of them goes to each of ten months.
"""

import statistics
import time

from odoo.fields import Command

from benchmarks.stock import copy_rows
from devtools.merchant import make_products, make_shops
from devtools.odoo_env import odoo_env, odoo_registry

ORDERS = 100_000
MONTHS = 12
# As long as a row of ESM's is: it lies beside the figures in the table.
PAYLOAD = {f"Key{n}": f"value {n * 7919}" for n in range(70)}
SALES = (
    *("quantity:sum", "amount_goods:sum", "amount_shipping:sum", "amount_total:sum"),
    *("amount_fee:sum", "amount_settlement:sum", "amount_total:sum_currency"),
    "currency_id:array_agg_distinct",
)
TIMES = ("lead_hours:avg", "in_time_share:avg")
PLAIN = (
    *("product_uom_qty:sum", "price_subtotal:sum", "price_total:sum"),
    *("price_total:sum_currency", "currency_id:array_agg_distinct"),
)


def run(quick, rounds):
    """Measure and print; returns the entries (name, value, unit, limit)."""
    orders, rounds = (ORDERS // 5, 1) if quick else (ORDERS, rounds)
    print(f"{orders} orders for the reports ...", flush=True)
    with odoo_env() as env:
        _copy(env, orders)
        asked = {
            "sales by month and shop": (
                *("esm.sales.report", "paid_at:month", "shop_id"),
                ("__count", *SALES),
            ),
            "sales by day and product": (
                *("esm.sales.report", "paid_at:day", "product_id"),
                ("__count", *SALES),
            ),
            "lead times by week and shop": (
                *("esm.sales.report", "paid_at:week", "shop_id"),
                ("__count", *TIMES),
            ),
            "Odoo's sales analysis": (
                *("sale.report", "date:month", "team_id"),
                ("__count", *PLAIN),
            ),
        }
        seconds = {name: [] for name in asked}
        for _round in range(rounds + 1):
            for name, question in asked.items():
                seconds[name].append(_ask(env, orders, *question))
        env.cr.rollback()
    _vacuum()
    medians = {name: statistics.median(times[1:]) for name, times in seconds.items()}
    print(f"\n{'pivot':30} {'orders':>8} {'seconds':>9}")
    for name, value in medians.items():
        print(f"{name:30} {orders:8} {value:9.3f}")
    return [
        (
            "marketplace sales by month and shop / Odoo's by month and team",
            medians["sales by month and shop"] / medians["Odoo's sales analysis"],
            "ratio",
            0.6,
        )
    ]


def _ask(env, orders, model, rows, columns, aggregates):
    """Seconds that the answer to a pivot takes."""
    env.invalidate_all()
    sets = [[], [rows], [columns], [rows, columns]]
    started = time.perf_counter()
    answer = env[model].formatted_read_grouping_sets([], sets, aggregates)
    seconds = time.perf_counter() - started
    if answer[0][0]["__count"] < orders:
        raise SystemExit(f"{model} counts {answer[0][0]['__count']} of {orders} orders")
    return seconds


def _copy(env, count):
    """So many copies of a marketplace order with its sales order and line."""
    shops = env["esm.shop"].search([]).ids or [
        shop.id for shop in make_shops(env, "http://127.0.0.1:9").values()
    ]
    products = make_products(
        env, [{"name": f"Report {n}", "price": 1000 * n} for n in range(1, 101)]
    )
    order = env["sale.order"].create(
        {
            "partner_id": env["res.partner"].create({"name": "견본"}).id,
            "order_line": [Command.create({"product_id": products[0].id})],
        }
    )
    order.action_confirm()
    row = env["esm.order"].create(
        {
            "shop_id": shops[0],
            "site": "gmarket",
            "order_no": "report",
            "payload": PAYLOAD,
            "state": "sent",
            "quantity": 1,
            "amount_sale": 9900,
            "amount_settlement": 8600,
            "amount_shipping": 3000,
        }
    )
    env.flush_all()
    line, products = order.order_line, products.ids
    when = f"now() - mod(copy, {MONTHS * 30}) * interval '1 day'"
    first = copy_rows(
        *(env, "sale_order", order.id, count),
        name="'B' || copy",
        esm_basket_key="NULL",
        date_order=when,
    )[0]
    order_id = f"{first} + copy - 1"
    copy_rows(
        *(env, "sale_order_line", line.id, count),
        order_id=order_id,
        product_id=_pick(products),
    )
    copy_rows(
        *(env, "esm_order", row.id, count),
        order_no="'B' || copy",
        sale_order_id=order_id,
        shop_id=_pick(shops),
        product_id=_pick(products),
        paid_at=when,
        due_at=f"{when} + interval '1 day'",
        shipped_at=f"{when} + mod(copy, 48) * interval '1 hour'",
    )
    env.cr.execute("ANALYZE sale_order; ANALYZE sale_order_line; ANALYZE esm_order")


def _vacuum():
    """Give back the room of the copies: other benchmarks read these tables too."""
    with odoo_registry().cursor() as cr:
        cr._cnx.autocommit = True
        cr.execute("VACUUM esm_order, sale_order, sale_order_line")
        cr._cnx.autocommit = False


def _pick(ids):
    """SQL of one of these numbers after the other."""
    return f"(ARRAY{ids})[1 + mod(copy, {len(ids)})]"
