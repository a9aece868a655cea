"""``python -m sandbox``: the sandbox as a process of its own."""

from __future__ import annotations

import argparse
import itertools
import json
import os
import signal
import sys
import threading
from datetime import datetime
from pathlib import Path

from .simulator import Sandbox

DEMO_ACCOUNT = {
    "master_id": "sandbox_master",
    # Everybody knows it.
    "secret_key": "sandbox-secret-key-of-nobody-0123456789",  # nosec B105
    "gmarket": ["mallsample_g"],
    "auction": ["mallsample_a"],
}
DEMO_ITEMS = (
    {"name": "[샘플] 보리차 티백 100개입", "price": 12900, "seller_code": "TEA-0100"},
    {"name": "[샘플] 수제 쿠키 세트", "price": 19800, "seller_code": "GIFTSET-7"},
    {
        "name": "[샘플] 머그컵",
        "price": 5500,
        "seller_code": "CUP-05",
        "options": [
            {"values": {"색상": color}, "code": f"CUP-05-{letter}"}
            for color, letter in (("화이트", "W"), ("블랙", "B"))
        ],
    },
    {
        "name": "[샘플] 반팔 티셔츠",
        "price": 24000,
        "seller_code": "TS-2026",
        "options": [
            {
                "values": {"색상": color, "사이즈": size},
                "code": f"TS-{letters}-{size}",
                "qty": 20,
            }
            for color, letters in (("네이비", "NV"), ("화이트", "WH"))
            for size in ("S", "M", "L")
        ],
    },
)


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="A local ESM server (Gmarket, Auction) to build and test against.",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8070, help="0 takes a free one")
    parser.add_argument(
        "--accounts",
        type=Path,
        metavar="FILE.json",
        help="a list of {master_id, secret_key, gmarket: [], auction: []}",
    )
    parser.add_argument(
        "--demo", action="store_true", help="an account, items and orders to look at"
    )
    parser.add_argument(
        "--items",
        type=Path,
        metavar="FILE.json",
        help="a list of arguments of Sandbox.add_item: items to sell",
    )
    parser.add_argument("--orders", type=int, help="orders to begin with")
    parser.add_argument(
        "--catalog",
        type=Path,
        metavar="FILE.json",
        help="goods that are ordered without being items",
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--every", type=float, metavar="SECONDS", help="a new basket that often"
    )
    parser.add_argument(
        "--orders-interval",
        type=float,
        default=5.0,
        metavar="S",
        help="seconds between two order lists of one seller (ESM: 5)",
    )
    parser.add_argument(
        "--latency",
        type=float,
        default=0.0,
        metavar="S",
        help="seconds that each answer takes, at least",
    )
    parser.add_argument(
        "--start",
        type=datetime.fromisoformat,
        metavar="YYYY-MM-DDThh:mm",
        help="Korean time to begin with (it runs on); default: now",
    )
    parser.add_argument(
        "--strict",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a reading of an open point, VALUE in JSON (see sandbox/strict.py)",
    )
    parser.add_argument(
        "--ready-file", type=Path, help="the URL is written here when it listens"
    )
    parser.add_argument("--verbose", action="store_true", help="log each call")
    return parser.parse_args(arguments)


def read_options(pairs: list[str]) -> dict:
    options = {}
    for pair in pairs:
        name, _sign, value = pair.partition("=")
        try:
            options[name] = json.loads(value)
        except ValueError:
            options[name] = value
    return options


def sellers_of(accounts: list[dict]) -> list[tuple[str, str]]:
    return [
        (site, seller)
        for account in accounts
        for site in ("gmarket", "auction")
        for seller in account.get(site, [])
    ]


def read_items(options: argparse.Namespace) -> list[dict]:
    if options.items:
        return json.loads(options.items.read_text(encoding="utf-8"))
    if not options.demo or options.accounts:
        return []
    sellers = {site: DEMO_ACCOUNT[site][0] for site in ("gmarket", "auction")}
    return [{**item, **sellers} for item in DEMO_ITEMS]


def build(options: argparse.Namespace) -> tuple[Sandbox, list[dict], list | None]:
    sandbox = Sandbox(
        start=options.start,
        ticking=True,
        seed=options.seed,
        orders_interval=options.orders_interval,
        latency=options.latency,
        strict=read_options(options.strict),
        verbose=options.verbose,
    )
    accounts = []
    if options.accounts:
        accounts = json.loads(options.accounts.read_text(encoding="utf-8"))
    elif options.demo:
        accounts = [DEMO_ACCOUNT]
    for account in accounts:
        sandbox.add_account(**account)
    for item in read_items(options):
        sandbox.add_item(**item)
    catalog = None
    if options.catalog:
        catalog = json.loads(options.catalog.read_text(encoding="utf-8"))
    sellers = sellers_of(accounts)
    wanted = options.orders if options.orders is not None else 24 * options.demo
    for index, (site, seller) in enumerate(sellers):
        share = wanted // len(sellers) + (index < wanted % len(sellers))
        sandbox.generate(site, seller, share, catalog=catalog)
    return sandbox, accounts, catalog


def keep_ordering(
    sandbox: Sandbox,
    sellers: list[tuple[str, str]],
    catalog: list | None,
    every: float,
    stopped: threading.Event,
) -> None:
    """New baskets of one to three orders, the sellers in turn, until stopped."""
    for number, (site, seller) in enumerate(itertools.cycle(sellers)):
        if stopped.wait(every):
            return
        sandbox.generate(
            site,
            seller,
            1 + number % 3,
            1,
            catalog=catalog,
            seed=f"{sandbox.seed}:{number}",
            spread=0,
        )


def write_ready_file(path: Path, url: str) -> None:
    """All at once: who waits for the file never reads half a line."""
    beside = path.with_name(path.name + ".part")
    beside.write_text(url + "\n", encoding="utf-8")
    os.replace(beside, path)


def main(arguments: list[str] | None = None) -> int:
    options = parse_arguments(arguments)
    try:
        sandbox, accounts, catalog = build(options)
    except (OSError, ValueError, TypeError) as error:
        print(f"The sandbox cannot begin: {error}", file=sys.stderr)
        return 2
    stopped = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopped.set())
    try:
        url = sandbox.start(options.port, options.host)
    except OSError as error:
        where = f"{options.host}:{options.port}"
        print(f"The sandbox cannot listen on {where}: {error}", file=sys.stderr)
        return 2
    print(f"ESM sandbox: {url} (page for people, stop with Ctrl-C)", flush=True)
    for account in accounts:
        ids = ", ".join(f"{site} {seller}" for site, seller in sellers_of([account]))
        print(f"  master ID {account['master_id']}: {ids}", flush=True)
    if options.ready_file:
        write_ready_file(options.ready_file, url)
    sellers = sellers_of(accounts)
    if options.every and sellers:
        threading.Thread(
            target=keep_ordering,
            args=(sandbox, sellers, catalog, options.every, stopped),
            daemon=True,
        ).start()
    while not stopped.wait(1):
        pass
    sandbox.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
