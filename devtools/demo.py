"""``./dev demo``: Odoo with the connector, against the sandbox or another server.

Runs in the virtual environment, beside Odoo, on a database of its own; start it
through ``./dev demo``.
"""

import argparse
import json
import os
import signal
import sys
import threading
from contextlib import ExitStack

from odoo.tools import config

from . import demo_options, demo_remote, demo_setup, demo_verdict
from .console import DevError, Progress, complain, say
from .demo_buyers import ACCOUNT, ARRIVAL_SECONDS, SELLERS, Market
from .demo_cycle import (
    Cycle,
    baskets,
    books,
    on_hand,
    shops_of,
    tested_connection,
    unmatched,
)
from .demo_goods import SCARCE, demo_goods, read_goods
from .odoo_env import odoo_env, odoo_registry
from .odoo_process import log_problems, script_config, serving
from .postgres import free_port


def main():
    parser = argparse.ArgumentParser(prog="./dev demo", allow_abbrev=False)
    demo_options.add_arguments(parser)
    arguments = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    try:
        demo = Demo(arguments)
        with demo:
            if arguments.once:
                return demo.once()
            return demo.serve_empty() if arguments.empty else demo.serve()
    except DevError as error:
        complain(error)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return 128 + signal.SIGINT


class Demo:
    """A demo on the script's database; a context manager that stops what it began."""

    def __init__(self, arguments, language=demo_setup.LANGUAGE):
        self._arguments = arguments
        self._language = language
        self._foreign = bool(arguments.endpoint)
        self._notes = []
        if self._foreign:
            self._goods, self._notes = read_goods(arguments.products)
            self._sellers = {
                site: getattr(arguments, site)
                for site in SELLERS
                if getattr(arguments, site)
            }
        else:
            self._goods = demo_goods()
            self._sellers = SELLERS
        self._log = script_config().with_suffix(".demo.log")
        self._market = None
        self._stack = ExitStack()

    def __enter__(self):
        self._log.unlink(missing_ok=True)
        config.parse_config(
            ["--config", str(script_config()), "--logfile", str(self._log)],
            setup_logging=True,
        )
        odoo_registry()
        return self

    def __exit__(self, *exception):
        return self._stack.__exit__(*exception)

    # --- both modes ------------------------------------------------------

    def prepare(self, progress):
        """A merchant in Odoo whose shops reach a server."""
        progress.step(
            f"Setting up a Korean merchant with {len(self._goods)} products; shops: "
            f"{', '.join(self._sellers.values())} ..."
        )
        for note in self._notes:
            say(f"    {note}")
        if self._foreign:
            url = self._arguments.endpoint.rstrip("/")
            account = {
                "master_id": self._arguments.master_id,
                "secret_key": self._arguments.secret,
            }
        else:
            self._market = Market()
            self._stack.callback(self._market.close)
            self._market.open()
            url, account = self._market.url, ACCOUNT
        with odoo_env() as env:
            demo_setup.set_up(
                env,
                {**account, "sandbox_url": url},
                self._sellers,
                self._goods,
                stock=not self._foreign,
                language=self._language,
            )
        if self._foreign:
            demo_remote.check_reachable()

    # --- one cycle ---------------------------------------------------------

    def once(self):
        """Run one whole cycle; returns the exit code."""
        steps = 5 if self._foreign else 10
        progress = Progress(steps)
        self.prepare(progress)
        couriers = [name for name, _code in demo_setup.COURIERS[:3]]
        cycle = Cycle(couriers[:1] if self._foreign else couriers)
        if self._market:
            server = demo_remote.Ledger(self._market.sandbox)
            progress.step("Collecting, confirming and booking the first orders ...")
            cycle.collect()
            progress.step("Reading the listings, matching packs and sets by hand ...")
            cycle.read_listings()
            progress.step("Putting on sale what is free in the warehouse ...")
            self._put_on_sale(cycle)
            self._market.change_minds()
            say(f"    Buyers take {self._market.buy_up()}")
        else:
            server = demo_remote.Api()
        verdict, orders = self._work_off(cycle, server, progress)
        verdict.wrong += cycle.trouble + server.trouble
        self._tell(verdict, orders, progress)
        return 1 if verdict.wrong or verdict.counts["failed"] else 0

    def _work_off(self, cycle, server, progress):
        """Work off what the marketplace has, and compare.

        What it lists then and Odoo has not may have arrived meanwhile: it is lost if
        a second pass does not find it either.
        """
        absent, shelves, options = set(), [], []
        for again in (False, True):
            if again:
                progress = Progress(6 if self._market else 4)
                say("Orders arrived meanwhile; once more:")
            self._pass(cycle, progress)
            progress.step("Reading back what the marketplace has ...")
            remote = server.orders()
            with odoo_env() as env:
                orders = books(env)
                found = baskets(env, server.sale_of)
                names = list(shops_of(env))
                if self._market:
                    shelves = server.shelves(on_hand(env))
                    options = unmatched(env)
            before, absent = absent, _absent(orders, remote)
            if not absent:
                break
        late = absent - before
        if late:
            say(f"    {len(late)} orders arrived just now; the next run takes them.")
        remote = [other for other in remote if other.key not in late]
        verdict = demo_verdict.judge(orders, remote, found, names, shelves, options)
        return verdict, orders

    def _pass(self, cycle, progress):
        progress.step("Collecting, confirming and booking ...")
        cycle.collect()
        with odoo_env() as env:
            shops = shops_of(env)
            trouble = {
                name: shop.connection_message
                for name, shop in shops.items()
                if shop.connection_state in ("problem", "refused")
            }
            if len(trouble) == len(shops) and not env["esm.order"].search_count([]):
                say("    Nothing; testing the connection ...")
                raise DevError(
                    "Nothing could be collected.\n"
                    + "\n".join(
                        f"{name}: {tested_connection(shop)}"
                        for name, shop in shops.items()
                    )
                )
        cycle.trouble += [f"{name}: {text}" for name, text in trouble.items()]
        if self._market:
            progress.step("Packing together, printing waybills ...")
            cycle.pack()
            cycle.plan()
            cycle.print_waybills(every=2)
        progress.step("Validating deliveries with tracking numbers ...")
        cycle.ship()
        progress.step("Sending the tracking numbers ...")
        cycle.send()
        if self._market:
            progress.step("Receiving goods, putting on sale what is free now ...")
            cycle.receive(SCARCE)
            self._put_on_sale(cycle)

    def _put_on_sale(self, cycle):
        say(f"    Buyers can buy {self._market.on_sale_text()}")
        cycle.put_on_sale()
        say(f"    Buyers can buy {self._market.on_sale_text()}")

    def _tell(self, verdict, orders, progress):
        """Print the tables, write the report; the last line is for programs."""
        say(demo_verdict.tables(verdict))
        errors = [text for text in log_problems(self._log) if " ERROR " in text[:60]]
        if errors:
            say(f"\nOdoo logged {len(errors)} errors, see {self._log}")
        if report := self._arguments.report:
            rows = [order.for_report() for order in orders]
            text = json.dumps(rows, ensure_ascii=False, indent=2) + "\n"
            report.write_text(text, encoding="utf-8")
            say(f"\nReport: {report}")
        say(f"\nDone in {progress.elapsed}.")
        say(json.dumps(verdict.summary))

    # --- until Ctrl-C ------------------------------------------------------

    def begin_day(self, progress, cycle):
        """Bring in a morning's orders, some of them further than others."""
        progress.step("Collecting the first orders ...")
        cycle.collect_once()
        if not self._market:
            return
        progress.step("Reading the listings, matching packs and sets by hand ...")
        cycle.read_listings()
        self._put_on_sale(cycle)
        progress.step("Packing a parcel, printing the first waybills ...")
        cycle.pack(most=1)
        cycle.plan()
        cycle.print_waybills(every=6)
        self._market.change_minds()

    def serve(self):
        """Run Odoo with its scheduled actions until somebody ends it."""
        port = self._arguments.port or free_port()
        progress = Progress(3 if self._foreign else 5)
        self.prepare(progress)
        self.begin_day(progress, Cycle([]))
        with odoo_env() as env:
            cron = env.ref("sale_esm.ir_cron_collect")
            cron.write({"interval_number": 1, "interval_type": "minutes"})
        stopped = threading.Event()

        def ready(url, log):
            if self._market:
                self._market.keep_ordering(stopped)
            self._greet(url, log)

        return self._run_odoo(port, progress, stopped, ready)

    def serve_empty(self):
        """Run Odoo as a new user finds it, and a marketplace to register at."""
        port = self._arguments.port or free_port()
        progress = Progress(2)
        progress.step("Starting a marketplace ...")
        self._market = Market()
        self._stack.callback(self._market.close)
        self._market.open_plain()
        return self._run_odoo(port, progress, threading.Event(), self._greet_empty)

    def _run_odoo(self, port, progress, stopped, ready):
        """Run Odoo until somebody ends it.

        :param stopped: the event that is set then
        :param ready: is called with Odoo's address and log once it answers
        """
        progress.step("Starting Odoo ...")
        url = f"http://127.0.0.1:{port}"
        log = script_config().with_suffix(".server.log")
        server = self._stack.enter_context(odoo_server(port, log))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: stopped.set())
        ready(url, log)
        while not stopped.wait(1):
            if server.poll() is not None:
                raise DevError("Odoo has ended by itself.", f"Read the log, {log}")
        say("\nStopping ...")
        return 0

    def _greet_empty(self, url, log):
        login, password = demo_setup.ADMIN
        sellers = ", ".join(
            f"{site.capitalize()} {seller}" for site, seller in SELLERS.items()
        )
        say(
            "\n".join(
                [
                    "",
                    f"Odoo               {url}/odoo",
                    f"Login / password   {login} / {password}",
                    "Begin with the app Gmarket & Auction. It asks for:",
                    f"  ESM master ID    {ACCOUNT['master_id']}",
                    f"  secret key       {ACCOUNT['secret_key']}",
                    f"  environment      Sandbox, address {self._market.url}",
                    f"  shop IDs         {sellers}",
                    "",
                    f"The sandbox shows its orders at {self._market.url}/",
                    f"Odoo's log is {log}",
                    "Stop with Ctrl-C.",
                ]
            )
        )

    def _greet(self, url, log):
        orders = f"{url}/odoo/action-sale_esm.esm_order_action"
        logins = " or ".join(
            f"{login} / {password}"
            for login, password in (demo_setup.ADMIN, demo_setup.CLERK)
        )
        lines = [
            "",
            f"Odoo               {url}/odoo",
            f"Login / password   {logins} (both in Korean, 한국어)",
            f"Marketplace orders {orders}",
            f"Listings           {url}/odoo/action-sale_esm.esm_listing_action",
        ]
        if self._market:
            lines += [
                f"Sandbox            {self._market.url}/",
                "",
                f"A new basket arrives about every {ARRIVAL_SECONDS} seconds, in turn "
                "at Gmarket and Auction.",
            ]
        lines += [
            "Odoo collects every minute. Validate a delivery with a tracking number, "
            "and see it arrive there;",
            "change what lies in the warehouse, and see what is on sale follow."
            if self._market
            else "stock and listings are left alone.",
            f"Odoo's log is {log}",
            "Stop with Ctrl-C.",
        ]
        say("\n".join(lines))


def _absent(orders, remote):
    known = {order.key for order in orders}
    return {other.key for other in remote if other.to_do and other.key not in known}


def odoo_server(port, log, cron_threads=2):
    """Odoo on the script's database while the block lasts."""
    options = ["--max-cron-threads", str(cron_threads), "--http-port", str(port)]
    command = [sys.executable, "-m", "odoo", "-c", str(script_config()), *options]
    return serving(
        command, f"http://127.0.0.1:{port}/web/login", log, env=_environment()
    )


def _environment():
    """Ours without the path to the checkout: Odoo gets the addon by its own name."""
    return {name: v for name, v in os.environ.items() if name != "PYTHONPATH"}


if __name__ == "__main__":
    sys.exit(main())
