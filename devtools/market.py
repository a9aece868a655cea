"""The sandbox as a process of its own, and what is done to it from outside."""

import json
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

from .odoo_process import stop
from .paths import CHECKOUT

# Seconds that it may take to listen.
PATIENCE = 60


class Market:
    """The sandbox's control endpoints.

    :param url: where it listens
    """

    def __init__(self, url):
        self.url = url

    def read(self, name):
        """Answer of ``GET /_sandbox/<name>``."""
        return self._answer(f"{self.url}/_sandbox/{name}", 30)

    def tell(self, name, **values):
        """Answer of ``POST /_sandbox/<name>``."""
        request = urllib.request.Request(
            f"{self.url}/_sandbox/{name}",
            json.dumps(values).encode(),
            {"Content-Type": "application/json"},
        )
        return self._answer(request, 60)

    @staticmethod
    def _answer(request, timeout):
        # The address is that of a sandbox that we have started.
        with urllib.request.urlopen(request, timeout=timeout) as page:  # nosec B310
            return json.load(page)

    def ledger(self):
        """What the marketplace knows: dict order number -> entry."""
        return {str(entry["order_no"]): entry for entry in self.read("ledger")}


@contextmanager
def running_market(folder, accounts, *options, kind=Market):
    """Give the control of a new sandbox for as long as the block lasts.

    :param folder: where its files go
    :param accounts: list of dicts of master_id, secret_key, gmarket and auction
    :param options: of ``python -m sandbox``
    :param kind: class of what is given; it takes the URL
    """
    file, ready = folder / "accounts.json", folder / "ready"
    file.write_text(json.dumps(accounts), encoding="utf-8")
    ready.unlink(missing_ok=True)
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--accounts", file]
    command += ["--ready-file", ready, *options]
    with open(folder / "sandbox.log", "w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [str(part) for part in command], cwd=CHECKOUT, stdout=log, stderr=log
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while not ready.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The sandbox did not begin: {folder}/sandbox.log")
            time.sleep(0.05)
        yield kind(ready.read_text(encoding="utf-8").strip())
    finally:
        stop(process)
