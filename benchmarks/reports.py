"""What a pivot of marketplace sales costs, beside Odoo's own sales analysis.

Both are asked for as the web client asks: sales of a year by month and shop (the sales
analysis by month and team), with all sums, over as many marketplace orders as sales
orders with one line each. They are copies of one order, made in the database and rolled
back afterwards; a tenth of them goes to each of ten months.
"""

import statistics
import time

from devtools.odoo_env import odoo_env

ORDERS = 100_000
MONTHS = 12
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
    """Measure and print; returns the entries (name, value, unit, limit).

    The order that is copied is one that the other benchmarks have made.
    """
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
    medians = {name: statistics.median(times[1:]) for name, times in seconds.items()}
    print(f"\n{'pivot':30} {'orders':>8} {'seconds':>9}")
    for name, value in medians.items():
        print(f"{name:30} {orders:8} {value:9.3f}")
    plain = medians.pop("Odoo's sales analysis")
    return [
        ("slowest marketplace pivot / Odoo's sales analysis, seconds",)
        + (max(medians.values()) / plain, "ratio", 1.0)
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
    row = env["esm.order"].search([("state", "=", "released")], limit=1, order="id")
    order = row.sale_order_id
    line = order.order_line[:1]
    shops = env["esm.shop"].search([]).ids
    products = line.search([("product_id", "!=", False)], limit=500).product_id.ids
    when = f"now() - (n % {MONTHS * 30}) * interval '1 day'"
    env.cr.execute("SELECT max(id) + 1 FROM sale_order")
    [first] = env.cr.fetchone()
    _multiply(
        *(env.cr, order, count),
        id=f"{first} + n",
        name="'B' || n",
        esm_basket_key="NULL",
        date_order=when,
    )
    _multiply(
        *(env.cr, line, count), order_id=f"{first} + n", product_id=_pick(products)
    )
    _multiply(
        *(env.cr, row, count),
        order_no="'B' || n",
        sale_order_id=f"{first} + n",
        shop_id=_pick(shops),
        product_id=_pick(products),
        paid_at=when,
        due_at=f"{when} + interval '1 day'",
        shipped_at=f"{when} + (n % 48) * interval '1 hour'",
    )
    env.cr.execute("ANALYZE sale_order; ANALYZE sale_order_line; ANALYZE esm_order")


def _pick(ids):
    """SQL of one of these numbers after the other."""
    return f"(ARRAY{ids})[1 + n % {len(ids)}]"


def _multiply(cr, record, count, **others):
    """Copy a record in the database.

    :param others: column -> SQL of what differs; the copies are counted by ``n``
    """
    table = record._table
    cr.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s",
        [table],
    )
    columns = [name for [name] in cr.fetchall() if name != "id" or "id" in others]
    values = ", ".join(others.get(name, f'"{name}"') for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    cr.execute(
        f"INSERT INTO {table} ({names}) SELECT {values} FROM {table}, "  # noqa: S608
        f"generate_series(1, {count}) AS n WHERE id = {record.id}"
    )
