"""Break everything at random, then compare the marketplace's ledger with Odoo's.

Run by ``./dev chaos`` and, shortly, by ``./dev test``, on a database of its own::

    python tests/crash/run.py [--minutes M] [--seed N] [--orders K] [--short] [--plan]

With ``--short`` it is another run: it kills collectors in every phase of their work
(see `phases`), and those who print waybills at once (see `printers`).
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import chaos
import phases
from market import CATALOG, running_market
from verdict import Verdict

from devtools.console import say
from devtools.merchant import make_products, make_shops
from devtools.odoo_env import odoo_env

ORDERS_PER_MINUTE = 250


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--orders", type=int)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--plan", action="store_true")
    parser.add_argument("--server", help="name of the PostgreSQL server to restart")
    arguments = parser.parse_args()
    arguments.seconds = 60 * arguments.minutes
    if arguments.orders is None:
        arguments.orders = round(ORDERS_PER_MINUTE * arguments.minutes)
    folder = Path(tempfile.mkdtemp(prefix="sale_esm_chaos_"))
    verdict = Verdict()
    with running_market(folder, arguments.seed) as market:
        with odoo_env() as env:
            make_products(env, CATALOG)
            make_shops(env, market.url)
        if arguments.short:
            phases.print_waybills(phases.run(verdict, market, folder, arguments.seed))
        else:
            with odoo_env() as env:
                chaos.prepare(env)
            chaos.run(verdict, market, folder, arguments, arguments.server)
    if verdict.failed:
        say(f"The logs are in {folder}")
    else:
        shutil.rmtree(folder)
    say(f"{verdict.passed} passed, {verdict.failed} failed")
    return bool(verdict.failed)


if __name__ == "__main__":
    sys.exit(main())
