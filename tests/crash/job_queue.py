"""The same orders without OCA's job queue, with it, and without it again.

Run by ``./dev test``, on a database of its own that does not have `queue_job` yet::

    python tests/crash/job_queue.py [--long]

A sandbox and, while the queue is used, an Odoo server with its job runner are processes
of their own. This one is the clock: it calls the scheduled actions. A worker is killed
(``kill -9``) in the middle of a job. After each part the marketplace's ledger is
compared with Odoo's tables. The long run also uninstalls `queue_job` again, and then
the connector beside it.
"""

import argparse
import configparser
import os
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
from contextlib import contextmanager
from pathlib import Path

import collector
import ledger
from market import CATALOG, running_market

from devtools.console import say
from devtools.merchant import make_products, make_shops
from devtools.odoo_env import odoo_env
from devtools.odoo_process import script_config, serving

ORDERS, BASKETS, PATIENCE = 12, 8, 60
KINDS = ("collect", "sweep", "process", "send", "states", "listings", "stock")
PRIVATE = "-".join(("010", "0000", "1234"))


class Check:
    """One marketplace, one database, three ways to work."""

    def __init__(self, market, folder):
        self.market = market
        self.folder = folder
        self.passed = self.failed = 0
        self.last_sale = 0
        self.sales = []

    def expect(self, what, found, expected):
        """Note whether what was found is what was expected."""
        if found == expected:
            self.passed += 1
        else:
            self.failed += 1
            say(f"  FAILED: {what}: {found!r}, expected {expected!r}")

    @contextmanager
    def part(self, name):
        """Orders arrive; in the end they are at ESM, and like those of other parts."""
        say(f"{name}: {ORDERS} orders")
        started = time.monotonic()
        with odoo_env() as env:
            # As if the parts before were long ago.
            env["esm.shop"].search([]).last_collect_at = False
        for site in ("gmarket", "auction"):
            self.market.arrive(site, ORDERS // 2, BASKETS // 2, seed=f"queue:{site}")
        yield
        facts = self.market.ledger()
        with odoo_env() as env:
            for check in ledger.WHEN_ALL_IS_SENT:
                what = check.__doc__.splitlines()[0].rstrip(".")
                self.expect(what, list(check(env.cr, facts))[:5], [])
            self.sales.append(self._new_sales(env))
        self.expect("the same sales as before", self.sales[-1], self.sales[0])
        say(f"  {time.monotonic() - started:.0f} s")

    def _new_sales(self, env):
        """What the part booked, but for numbers: who worked, where, in what words."""
        sales = env["sale.order"].search([("id", ">", self.last_sale)], order="id")
        self.last_sale = max(sales.ids, default=self.last_sale)
        return sorted(
            (
                sale.create_uid.id,
                sale.company_id.id,
                sale.team_id.id,
                sale.partner_id.lang,
                sale.esm_shop_id.id,
                sale.amount_total,
                re.sub(r"\d{10}", "...", "\n".join(sale.order_line.mapped("name"))),
            )
            for sale in sales
        )

    # --- without --------------------------------------------------------

    def work_by_itself(self):
        """The scheduled actions do the work, in this process."""
        jobs = count_jobs()
        with odoo_env() as env:
            env["esm.shop"]._cron_collect()
            collector._validate_deliveries(env)
            env["esm.outbox"]._cron_send()
        self.expect("jobs that were put", count_jobs() - jobs, 0)

    # --- with -----------------------------------------------------------

    def work_by_jobs(self):
        """The scheduled actions put jobs, and a server does them; a worker dies."""
        self.press_the_button()
        with odoo_env() as env:
            shops = env["esm.shop"].search([], order="id")
            shops.last_collect_at = False
            env["esm.shop"]._cron_collect()
            env["esm.shop"]._cron_collect()  # what waits is not put again
            jobs = env["queue.job"].search([("model_name", "=", "esm.shop")])
            keys = [f"esm.shop:collect:{shop.id}" for shop in shops]
            self.expect("jobs", sorted(jobs.mapped("identity_key")), keys)
            self.expect("companies of jobs", jobs.company_id, shops.company_id)
        await_jobs()
        with odoo_env() as env:
            collector._validate_deliveries(env)
            env["esm.outbox"]._cron_send()
        await_jobs()
        with odoo_env() as env:
            channels = {f"root.esm.{name}" for name in ("run", "collect", "send")}
            done = env["queue.job"].search([]).grouped("channel")
            self.expect("channels", set(done), channels)

    def press_the_button(self):
        """Somebody watches a run whose worker is killed: another one goes on."""
        with odoo_env() as env:
            shop = env["esm.shop"].search([("site", "=", "gmarket")])
            shop.action_start_collect()
            env["esm.run"]._cron_work()
        # ESM's pace alone lets it take five seconds.
        killed = kill_a_worker()
        await_jobs()
        with odoo_env() as env:
            job = env["queue.job"].browse(killed)
            self.expect("the killed job", (job.state, job.retry), ("done", 2))
            self.expect("its work", job.records._name, "esm.run")
            [shown] = shop.with_env(env).dashboard_runs()[str(shop.id)]
            self.expect("its run", shown["state"], "done")
            summary = shop.with_env(env).last_collect_summary
            self.expect("what it says", shown["message"], summary)

    def try_again(self):
        """A reading that fails is tried again by the queue, and told on the shop."""
        self.market.tell("faults", kind="502", endpoint="RequestOrders", times=None)
        with odoo_env() as env:
            shop = env["esm.shop"].search([], limit=1)
            shop._put_in_queue("sweep")
        job = wait_for(
            "SELECT id FROM queue_job WHERE eta IS NOT NULL AND state = 'pending'"
        )
        with odoo_env() as env:
            job = env["queue.job"].browse(job)
            self.expect("tries of a failed sweep", job.retry, 1)
            self.expect("its reason", job.result, shop_message(env, job))
        self.market.tell("faults", clear=True)
        pass_time()
        await_jobs()
        with odoo_env() as env:
            self.expect("the sweep", env["queue.job"].browse(job.id).state, "done")

    # --- in this process ------------------------------------------------

    def work_here(self):
        """What jobs do that are hard to meet with a runner at work."""
        from odoo.addons.queue_job.exception import JobError, RetryableJobError

        with odoo_env() as env:
            first, second = env["esm.shop"].search([], order="id")
            for kind in KINDS:
                with self.ends(kind, None):
                    first._work_from_queue(kind)
            # The same work goes on in another process.
            with at_work_elsewhere(first._queue_key("process")):
                with self.ends("what goes on elsewhere", RetryableJobError):
                    first._work_from_queue("process")
            # Stock is compared when orders are known.
            second._put_in_queue("collect")
            first._put_in_queue("stock")
            jobs = env["queue.job"].search([("state", "=", "pending")])
            collect, stock = jobs.sorted("channel")
            job = first.with_context(job_uuid=stock.uuid)
            with self.ends("stock before orders", RetryableJobError):
                job._work_from_queue("stock")
            collect.button_cancelled()
            with self.ends("stock after orders", None):
                job._work_from_queue("stock")
            stock.button_cancelled()
            # What goes wrong says where, but nothing about buyers.
            with fails(type(first), "_scheduled_process", PRIVATE):
                with self.ends("what goes wrong", JobError) as error:
                    first._work_from_queue("process")
            text = "".join(traceback.format_exception(error[0]))
            self.expect("text", ("ValueError" in text, PRIVATE in text), (True, False))

    @contextmanager
    def ends(self, what, expected):
        """Expect the block to end with such an error, or none; gives a list of it."""
        errors = []
        try:
            yield errors
        except Exception as error:
            errors.append(error)
        self.expect(what, type(errors[0]) if errors else None, expected)

    def uninstall_beside_it(self):
        """The connector leaves nothing in the queue that is asked for for ever."""
        with odoo_env() as env:
            env["esm.shop"].search([])._put_in_queue("collect")
        uninstall("sale_esm")
        with odoo_env() as env:
            for model, field, domain in (
                ("queue.job", "identity_key", [("state", "!=", "done")]),
                ("queue.job.channel", "complete_name", []),
                ("queue.job.function", "name", []),
            ):
                names = env[model].search(domain).mapped(field)
                self.expect(model, [name for name in names if "esm" in name], [])
            notes = [("module", "=", "queue_job"), ("name", "like", "esm")]
            left = env["ir.model.data"].search(notes)
            self.expect("notes of records", left.mapped("name"), [])


@contextmanager
def at_work_elsewhere(key):
    """Hold the lock of a job while the block lasts."""
    query = "SELECT {}(hashtext('esm_queue'), hashtext(%s))"
    with odoo_env() as env:
        env.cr.execute(query.format("pg_advisory_lock"), [key])
        yield
        env.cr.execute(query.format("pg_advisory_unlock"), [key])


@contextmanager
def fails(cls, name, text):
    """Let a method fail while the block lasts."""

    def fail(_self):
        raise ValueError(text)

    original = getattr(cls, name)
    setattr(cls, name, fail)
    try:
        yield
    finally:
        setattr(cls, name, original)


def count_jobs():
    with odoo_env() as env:
        return env["queue.job"].search_count([]) if "queue.job" in env else 0


def shop_message(env, job):
    return job.records.connection_message


def wait_for(query):
    """The first column of the first row, once there is one."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with odoo_env() as env:
            env.cr.execute(query)
            if row := env.cr.fetchone():
                return row[0]
        time.sleep(0.1)
    raise TimeoutError(query)


def await_jobs():
    """Wait until all jobs are done."""
    wait_for(
        "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM queue_job"
        " WHERE state IN ('pending', 'enqueued', 'started'))"
    )


def kill_a_worker():
    """Kill the process that does a job; returns the job's ID."""
    job_id = wait_for("SELECT id FROM queue_job WHERE state = 'started' ORDER BY id")
    with odoo_env() as env:
        os.kill(env["queue.job"].browse(job_id).worker_pid, signal.SIGKILL)
    # It is over once nobody holds the job's lock any more.
    wait_for(
        f"SELECT 1 FROM queue_job_lock WHERE queue_job_id = {job_id}"
        " FOR UPDATE SKIP LOCKED"
    )
    pass_time()
    return job_id


def pass_time():
    """What the runner waits for is over: it asks again, and looks for dead jobs."""
    with odoo_env() as env:
        env.cr.execute(
            """UPDATE queue_job SET eta = eta - INTERVAL '1 hour',
                      date_enqueued = date_enqueued - INTERVAL '1 minute'
                WHERE state IN ('pending', 'enqueued', 'started')"""
        )


def install(name):
    with odoo_env() as env:
        env["ir.module.module"].update_list()
        module = env["ir.module.module"].search([("name", "=", name)])
        module.button_immediate_install()


def uninstall(name):
    with odoo_env() as env:
        module = env["ir.module.module"].search([("name", "=", name)])
        module.button_immediate_uninstall()


@contextmanager
def job_server(folder):
    """An Odoo server with two workers and the runner of the queue."""
    config = script_config()
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(config)
    url = f"http://127.0.0.1:{parser['options']['http_port']}/web/health"
    command = [sys.executable, "-m", "odoo", "-c", config]
    command += ["--load=base,web,queue_job", "--workers=2", "--max-cron-threads=0"]
    environment = {**os.environ, "ODOO_QUEUE_JOB_CHANNELS": "root:2"}
    log = folder / "server.log"
    with serving(command, url, log, env=environment):
        with odoo_env() as env:
            deadline = time.monotonic() + PATIENCE
            while not env["esm.shop"]._has_queue():
                if time.monotonic() > deadline:
                    raise TimeoutError(f"No job runner: {log}")
                time.sleep(0.2)
        yield


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--long", action="store_true", help="uninstall, too")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="sale_esm_queue_"))
    with running_market(folder, seed=20) as market:
        with odoo_env() as env:
            make_products(env, CATALOG)
            make_shops(env, market.url)
            collector.prepare(env)
        check = Check(market, folder)
        with check.part("Without the job queue"):
            check.work_by_itself()
        started = time.monotonic()
        install("queue_job")
        say(f"  installed in {time.monotonic() - started:.0f} s")
        with odoo_env() as env:
            collector.prepare(env)
        with check.part("Installed, but no runner"):
            check.work_by_itself()
        started = time.monotonic()
        with job_server(folder):
            say(f"  server after {time.monotonic() - started:.0f} s")
            with check.part("With the job queue"):
                check.work_by_jobs()
            check.try_again()
        check.work_here()
        if arguments.long:
            uninstall("queue_job")
            with odoo_env() as env:
                collector.prepare(env)
            with check.part("Without it again"):
                check.work_by_itself()
            install("queue_job")
            check.uninstall_beside_it()
    if check.failed:
        say(f"The logs are in {folder}")
    else:
        shutil.rmtree(folder)
    say(f"{check.passed} passed, {check.failed} failed")
    return bool(check.failed)


if __name__ == "__main__":
    sys.exit(main())
