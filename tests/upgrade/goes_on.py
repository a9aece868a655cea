"""Today's release goes on where the first one left off.

``./dev upgrade`` starts it after the update::

    python tests/upgrade/goes_on.py SANDBOX_URL
"""

import sys
from pathlib import Path

from market import CATALOG, UNKNOWN, Market, validate

from devtools.console import say
from devtools.merchant import make_products
from devtools.odoo_env import odoo_env

ROUNDS, SHOWN = 4, 10


def main(url):
    market = Market(url)
    with odoo_env() as env:
        make_products(env, [item for item in CATALOG if item["seller_code"] == UNKNOWN])
        env.cr.commit()
        for _round in range(ROUNDS):
            env["esm.shop"]._cron_collect()
            env["esm.shop"].search([]).last_collect_at = False
            env["esm.shop"]._cron_process()
            validate(env)
            env["esm.outbox"]._cron_send()
        env.cr.commit()
        trouble = list(what_is_wrong(env, market.ledger()))
    for line in trouble[:SHOWN]:
        say(line)
    return bool(trouble)


def what_is_wrong(env, entries):
    """Lines that say what the marketplace and Odoo do not agree on."""
    wished = {number for number, entry in entries.items() if entry["claim"]}
    if len(wished) != 2:
        yield f"{len(wished)} cancels at ESM, not 2"
    numbers = {number: e for number, e in entries.items() if number not in wished}
    orders = env["esm.order"].search([])
    if sorted(orders.mapped("order_no")) != sorted(entries):
        yield f"{len(orders)} orders stored, {len(entries)} at ESM"
    for order in orders:
        if order.order_no in wished:
            if order.state == "sent":
                yield f"order {order.order_no} was sent in spite of its cancel"
            continue
        entry = numbers[order.order_no]
        sent = [number for _courier, number, _when in entry["invoices"]]
        own = order.sale_line_ids.move_ids.picking_id.mapped("carrier_tracking_ref")
        if len(sent) != 1 or sent != own:
            yield (
                f"order {order.order_no} is {order.state}, {order.problem_text}; "
                f"number {own}, at ESM {sent}"
            )
    sales = env["sale.order"].search([("esm_pay_no", "!=", False)])
    expected = {str(e["pay_no"]): e["basket_seller_sale"] for e in numbers.values()}
    for sale in sales:
        whole = not wished.intersection(sale.esm_order_ids.mapped("order_no"))
        total = expected.get(sale.esm_pay_no)
        if whole and sale.amount_total != total:
            yield f"{sale.name}: {sale.amount_total}, at ESM {total}"


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    sys.exit(main(sys.argv[1]))
