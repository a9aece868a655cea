"""The sandbox as a process of its own, and what is done to it from outside."""

import json
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

from devtools.merchant import MASTER, SECRET, SELLERS
from devtools.odoo_process import stop
from devtools.paths import CHECKOUT
from sandbox.clock import KST
from sandbox.generator import DEFAULT_CATALOG

CATALOG = [*DEFAULT_CATALOG]


class Market:
    """The sandbox's control endpoints."""

    def __init__(self, url):
        self.url = url

    def read(self, name):
        """Answer of ``GET /_sandbox/<name>``."""
        with urllib.request.urlopen(f"{self.url}/_sandbox/{name}", timeout=30) as page:
            return json.load(page)

    def tell(self, name, **values):
        """Answer of ``POST /_sandbox/<name>``."""
        request = urllib.request.Request(
            f"{self.url}/_sandbox/{name}",
            json.dumps(values).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as page:
            return json.load(page)

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

    def ledger(self):
        """What the marketplace knows: dict order number -> entry."""
        return {str(entry["order_no"]): entry for entry in self.read("ledger")}


def paid_at(entry):
    """When an order of the ledger was paid, as Odoo stores times."""
    moment = datetime.fromisoformat(entry["paid_at"]).replace(tzinfo=KST)
    return moment.astimezone(timezone.utc).replace(tzinfo=None)


@contextmanager
def running_market(folder, seed):
    """Give a :class:`Market` for as long as the block lasts.

    :param folder: where its files go
    :param seed: of its orders and faults
    """
    account = {
        "master_id": MASTER,
        "secret_key": SECRET,
        **{site: [seller] for site, seller in SELLERS.items()},
    }
    accounts, ready = folder / "accounts.json", folder / "ready"
    accounts.write_text(json.dumps([account]), encoding="utf-8")
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--orders-interval", "0"]
    command += ["--accounts", accounts, "--ready-file", ready, "--seed", str(seed)]
    with open(folder / "sandbox.log", "w", encoding="utf-8") as log:
        process = subprocess.Popen(command, cwd=CHECKOUT, stdout=log, stderr=log)
    try:
        deadline = datetime.now() + timedelta(seconds=60)
        while not ready.exists():
            if process.poll() is not None or datetime.now() > deadline:
                raise RuntimeError(f"The sandbox did not begin: {folder}/sandbox.log")
            time.sleep(0.05)
        yield Market(ready.read_text(encoding="utf-8").strip())
    finally:
        stop(process)
