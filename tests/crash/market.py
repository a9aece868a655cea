"""The marketplace that collectors are killed at."""

from datetime import datetime, timezone

from devtools import market
from devtools.merchant import MASTER, SECRET, SELLERS
from sandbox.clock import KST
from sandbox.generator import DEFAULT_CATALOG

CATALOG = [*DEFAULT_CATALOG]


class Market(market.Market):
    """The sandbox's control endpoints, for these sellers and goods."""

    def arrive(self, site, orders, baskets, seed):
        """Buyers pay for this many orders, now."""
        self.tell(
            "generate",
            site=site,
            seller_id=SELLERS[site],
            orders=orders,
            baskets=baskets,
            catalog=CATALOG,
            seed=seed,
            spread=0,
        )


def paid_at(entry):
    """When an order of the ledger was paid, as Odoo stores times."""
    moment = datetime.fromisoformat(entry["paid_at"]).replace(tzinfo=KST)
    return moment.astimezone(timezone.utc).replace(tzinfo=None)


def running_market(folder, seed):
    """Give a :class:`Market` for as long as the block lasts.

    :param folder: where its files go
    :param seed: of its orders and faults
    """
    sellers = {site: [seller] for site, seller in SELLERS.items()}
    account = {"master_id": MASTER, "secret_key": SECRET, **sellers}
    options = ("--orders-interval", "0", "--seed", seed)
    return market.running_market(folder, [account], *options, kind=Market)
