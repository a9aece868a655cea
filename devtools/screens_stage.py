"""The Odoo that ``./dev screens`` looks at (runs in the virtual environment).

First as it is on the first day, then with the demo's merchant in the midst of a
morning's work.
"""

import argparse
import json
import os
import signal
import sys
from contextlib import contextmanager
from datetime import datetime, timedelta

from . import demo_options, screens_data
from .console import DevError, Progress, complain, say
from .demo import Demo, odoo_server
from .demo_buyers import SELLERS
from .demo_cycle import Cycle
from .demo_setup import COURIERS
from .odoo_env import odoo_env
from .odoo_process import run_child, script_config
from .paths import CHECKOUT
from .postgres import free_port
from .screens import LANGUAGES, ME, SCREENS
from .screens_check import table

# One of so many older deliveries is still there when the pictures are taken, and one
# of so many new ones has left.
STAYS = 8
# What was sold on the days before.
LAST_WEEK = {"orders": 20, "baskets": 14, "seed": "last week", "spread": 8 * 24 * 3600}


def main():
    order = json.loads(sys.argv[1])
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    try:
        with Stage(order) as stage:
            return stage.play()
    except DevError as error:
        complain(error)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


class Stage(Demo):
    """The demo, with a browser in it.

    :param order: what ``devtools/screens_command.py`` wants
    """

    def __init__(self, order):
        parser = argparse.ArgumentParser()
        demo_options.add_arguments(parser)
        super().__init__(parser.parse_args([]), LANGUAGES[order["language"]])
        self._order = order
        self._results = []

    def play(self):
        """Take all pictures; returns the exit code."""
        progress = Progress(8)
        wanted = [screen for screen in SCREENS if screen.name in self._order["looks"]]
        if self._order["again"]:
            # The marketplace is gone: it is not shown, nor asked before printing.
            wanted = [screen for screen in wanted if not (screen.path or screen.report)]
        else:
            with odoo_env() as env:
                screens_data.create_manager(env, self._order["language"])
            progress.step("Looking at Odoo before anything is set up ...")
            self._visit([screen for screen in wanted if screen.first_day])
            self._fill(progress)
        progress.step("Looking at the merchant's Odoo ...")
        self._visit([screen for screen in wanted if not screen.first_day])
        say(table(self._results))
        say(f"\nPictures: {self._order['out']} ({progress.elapsed})")
        return int(any(result["faults"] for result in self._results))

    def _fill(self, progress):
        """A morning's work: some orders have left, some wait, some have problems."""
        self.prepare(progress)
        for site in SELLERS:
            self._market.generate(site, **LAST_WEEK)
        cycle = Cycle([name for name, _code in COURIERS[:1]])
        self.begin_day(progress, cycle)
        progress.step("Some deliveries leave, buyers change their minds ...")
        cycle.ship(self._leaving(cycle.to_ship()))
        cycle.send()
        cycle.collect_once()
        with odoo_env() as env:
            screens_data.begin_imports(env)
            # So that the dashboard shows the shops; the first day has its own picture.
            manager = screens_data.manager(env)
            env(user=manager)["esm.shop"].close_first_steps()

    def _leaving(self, picking_ids):
        """IDs of the deliveries that have left by now: most of the older ones."""
        yesterday = datetime.now() - timedelta(hours=20)
        with odoo_env() as env:
            pickings = env["stock.picking"].browse(picking_ids)
            old = pickings.filtered(lambda p: p.sale_id.date_order < yesterday)
            ids = [id_ for number, id_ in enumerate(old.ids) if number % STAYS]
            return ids + (pickings - old).ids[::STAYS]

    def _visit(self, screens):
        if not screens:
            return
        port = free_port()
        log = script_config().with_suffix(".server.log")
        with _report_url(f"http://127.0.0.1:{port}"), odoo_server(port, log, 0):
            self._browse(screens, port)

    def _browse(self, screens, port):
        """Let the browser visit the screens; what it finds is in its file."""
        with odoo_env() as env:
            visits = [
                visit for screen in screens for visit in self._visits(env, screen, port)
            ]
        job = script_config().with_suffix(".job.json")
        results = script_config().with_suffix(".results.json")
        job.write_text(
            json.dumps({**self._order, "visits": visits, "results": str(results)}),
            "utf-8",
        )
        environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
        command = [self._order["python"], "-m", "devtools.screens_browser", job]
        if run_child(command, env=environment, cwd=CHECKOUT):
            raise DevError("The browser could not go on.", "See above.")
        self._results += json.loads(results.read_text("utf-8"))

    def _visits(self, env, screen, port):
        """What the browser has to know of a screen, for each look at it."""
        user, language = screens_data.manager(env), self._order["language"]
        ids = _records(env(user=user), screen)
        for size in self._order["looks"][screen.name]:
            yield {
                "screen": screen.name,
                "language": language,
                "locale": user.lang,
                "size": size,
                "login": screens_data.LOGIN,
                "password": screens_data.PASSWORD,
                "server": f"http://127.0.0.1:{port}",
                "url": self._url(screen, ids, f"http://127.0.0.1:{port}"),
                "go": _go(screen, ids),
                "call": [screen.record[0], screen.button, ids] if screen.button else [],
                "dialog": screen.dialog,
                "click": screen.click,
                "wait": screen.wait,
                "scroll": screen.scroll,
                "scope": screen.scope,
                "report": bool(screen.report),
                "foreign": screen.foreign,
                "first_day": screen.first_day,
                "published": screen.published,
            }

    def _url(self, screen, ids, server):
        """Address of a screen; empty if it has nothing to show."""
        if screen.path:
            return self._market.url + screen.path if self._market else ""
        if screen.record and not ids:
            return ""
        if screen.report:
            with odoo_env() as env:
                name = env.ref(screen.report).report_name
            return f"{server}/report/pdf/{name}/{ids[0]}"
        where = f"action-{screen.action}" if screen.action else screen.record[0]
        if screen.record and not screen.button:
            where += f"/{ids[0]}"
        view = f"?view_type={screen.view}" if screen.view else ""
        return f"{server}/odoo/{where}{view}"


def _go(screen, ids):
    """Action, view and record that the web client is to show; none of these without
    an action."""
    if not screen.action:
        return []
    if screen.record and not screen.button:
        return [screen.action, "form", ids[0] if ids else None]
    return [screen.action, screen.view or None, None]


def _records(env, screen):
    """IDs of the records of a screen."""
    if not screen.record:
        return []
    model, domain = screen.record
    domain = [
        (*term[:2], env.uid) if len(term) == 3 and term[2] == ME else term
        for term in domain
    ]
    return env[model].search(domain, limit=screen.most).ids


@contextmanager
def _report_url(url):
    """Let the PDF printer find the server's style sheets."""
    with odoo_env() as env:
        env["ir.config_parameter"].set_param("report.url", url)
    yield


if __name__ == "__main__":
    sys.exit(main())
