"""A merchant works with the first release, and leaves work unfinished.

Runs with the first release's own ``devtools``; ``./dev upgrade`` starts it::

    python tests/upgrade/first_release.py SANDBOX_URL
"""

import sys

from market import CATALOG, UNKNOWN, Market, validate

from devtools.merchant import make_products, make_shops
from devtools.odoo_env import odoo_env

SENT, VALIDATED, RELEASED, UNSEEN = 20, 8, 8, 6


def main(url):
    market = Market(url)
    with odoo_env() as env:
        known = [item for item in CATALOG if item["seller_code"] != UNKNOWN]
        make_products(env, known)
        make_shops(env, url)
        env.cr.commit()
        shops = env["esm.shop"].search([])
        cycle(shops, market, SENT, seed=1)
        validate(env)
        env["esm.outbox"]._cron_send()
        invoice(env)
        cycle(shops, market, VALIDATED, seed=2)
        # Validated, but not sent yet.
        validate(env)
        cycle(shops, market, RELEASED, seed=3)
        cancel(env, market)
        for shop in shops:
            shop._run_cycle()
        env.cr.commit()
    for site in ("gmarket", "auction"):
        market.arrive(site, UNSEEN, seed=4)


def cycle(shops, market, orders, seed):
    for shop in shops:
        market.arrive(shop.site, orders, seed)
        shop._run_cycle()


def invoice(env):
    """The accountant invoices what was delivered, and posts a part of it."""
    sales = env["sale.order"].search([("invoice_status", "=", "to invoice")])
    invoices = sales._create_invoices()
    invoices[: len(invoices) // 2].action_post()
    env.cr.commit()


def cancel(env, market):
    """One buyer cancels for good; another one asks for it."""
    waiting = env["esm.order"].search([("state", "=", "released")], order="id")
    first, second = waiting[0], waiting[-1]
    for order in (first, second):
        market.tell("cancel", order_no=int(order.order_no))
    market.tell("approve_cancel", order_no=int(first.order_no))


if __name__ == "__main__":
    main(sys.argv[1])
