"""What both releases' scripts do to the sandbox and in the warehouse.

Works with the modules of any release.
"""

import json
import urllib.request

from devtools.merchant import SELLERS
from sandbox.generator import DEFAULT_CATALOG

CATALOG = [*DEFAULT_CATALOG]
# What the merchant has no product for before the update.
UNKNOWN = "GIFTSET-7"
WISH = "cancel_requested"


class Market:
    """The sandbox's control endpoints."""

    def __init__(self, url):
        self.url = url

    def tell(self, name, **values):
        """Answer of ``POST /_sandbox/<name>``."""
        request = urllib.request.Request(
            f"{self.url}/_sandbox/{name}",
            json.dumps(values).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as page:
            return json.load(page)

    def arrive(self, site, orders, seed):
        """Buyers pay for this many orders, now."""
        self.tell(
            "generate",
            site=site,
            seller_id=SELLERS[site],
            orders=orders,
            baskets=orders // 2,
            catalog=CATALOG,
            seed=seed,
            spread=0,
        )

    def ledger(self):
        """What the marketplace knows: dict order number -> entry."""
        with urllib.request.urlopen(f"{self.url}/_sandbox/ledger", timeout=30) as page:
            return {str(entry["order_no"]): entry for entry in json.load(page)}


def validate(env):
    """Each delivery that is ready, and that no buyer wants to cancel, leaves."""
    ready = env["stock.picking"].search(
        [("esm_shop_id", "!=", False), ("state", "=", "assigned")], order="id"
    )
    ready = ready.filtered(
        lambda picking: not any(picking.sale_id.esm_order_ids.mapped(WISH))
    )
    for picking in ready:
        picking.carrier_tracking_ref = f"{700_000_000_000 + picking.id}"
    ready.button_validate()
    env.cr.commit()
