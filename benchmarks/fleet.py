"""Ten shops at a marketplace that is a process of its own."""

import tempfile
from contextlib import contextmanager
from pathlib import Path

from devtools.market import running_market
from devtools.merchant import make_carrier
from devtools.odoo_env import odoo_env

MASTER, SECRET = "fleetmaster", "fleet-secret-key-of-32-characters!"
SITE = "gmarket"
SHOPS = 10
CATALOG = [
    {"seller_code": f"FLEET-{n}", "name": f"[샘플] 상품 {n}", "price": 5000 + 1300 * n}
    for n in range(1, 11)
]


@contextmanager
def fleet(*options, **values):
    """Give the marketplace and the IDs of its shops.

    :param options: of ``python -m sandbox``
    :param values: fields of the shops
    :return: `devtools.market.Market`, list of IDs of `esm.shop`
    """
    sellers = [f"fleet{number:02}" for number in range(SHOPS)]
    account = {"master_id": MASTER, "secret_key": SECRET, SITE: sellers}
    with (
        tempfile.TemporaryDirectory(prefix="sale_esm_fleet_") as folder,
        running_market(Path(folder), [account], *options) as market,
    ):
        with odoo_env() as env:
            shop_ids = make_fleet(env, market.url, sellers, values)
        try:
            yield market, shop_ids
        finally:
            with odoo_env() as env:
                # Other parts have shops of their own.
                env["esm.shop"].browse(shop_ids).write({"active": False})
                env["esm.account"].search([("master_id", "=", MASTER)]).active = False


def make_fleet(env, url, sellers, values):
    account = env["esm.account"].create(
        {
            "name": "Fleet",
            "master_id": MASTER,
            "secret_key": SECRET,
            "environment": "sandbox",
            "sandbox_url": url,
            "calls_per_minute": 0,
        }
    )
    carrier = make_carrier(env)
    return (
        env["esm.shop"]
        .create(
            [
                {
                    "account_id": account.id,
                    "site": SITE,
                    "seller_id": seller,
                    "carrier_id": carrier.id,
                    "connection_state": "connected",
                    **values,
                }
                for seller in sellers
            ]
        )
        .ids
    )


def pay(market, sellers, orders, seed):
    """Let buyers pay for so many orders, with one basket each, at each shop."""
    return [
        number
        for seller in sellers
        for number in market.tell(
            "generate",
            site=SITE,
            seller_id=seller,
            orders=orders,
            baskets=orders,
            catalog=CATALOG,
            seed=f"{seed}:{seller}",
            spread=0,
        )["order_nos"]
    ]


def breaches(market):
    """Calls that came earlier than the published limits permit."""
    return sum(entry["breaches"] for entry in market.read("traffic"))


def smallest_gap(market):
    """Seconds between two order lists of a seller, at least."""
    gaps = [
        e["smallest_gap"] for e in market.read("traffic") if e["bucket"] == "orders"
    ]
    return min((gap for gap in gaps if gap is not None), default=None)
