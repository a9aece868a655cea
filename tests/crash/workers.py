"""The processes of the chaos run: Odoo's scheduler, people, and who disturbs them.

Each is forked from a process that has loaded Odoo, works until it is killed, and does
its work through what Odoo's own processes and browsers call. Each draws from a random
generator of its own.
"""

import base64
import csv
import io
import logging
import random
import resource
import time
from datetime import timedelta

import forking
import psycopg2

import odoo.sql_db
from odoo.exceptions import (
    AccessError,
    ConcurrencyError,
    UserError,
    ValidationError,
)
from odoo.service.model import retrying
from odoo.tools import SQL

from devtools.odoo_env import odoo_env, odoo_registry

_logger = logging.getLogger("chaos")

# Deliveries that a person handles at once.
PILE = 12
# Rows that others write at the same time, and seconds that it takes them.
CONTESTED = (
    *("esm_order", "esm_outbox", "esm_shop", "sale_order", "stock_picking"),
    *("stock_move", "stock_quant"),
)
HELD = (0.005, 0.15)
# Bytes that a file may have while the disk is full.
DISK_FULL = 512
ZPL = "sale_esm.report_waybill_zpl"
CRONS = ("collect", "send", "process", "run", "tracking_import")
# One round in so many.
RARE_CRONS = {"sweep": 20, "states": 10, "deadlines": 30}
PACKER, MANAGER = "chaos_packer", "chaos_manager"
# What the server says while it is restarted, or to whoever was faster.
DISTURBED = (psycopg2.OperationalError, psycopg2.InterfaceError, ConcurrencyError)


def prepare(env):
    """Let what takes minutes in real life take no time, in all processes.

    The marketplace's patience with us, and ours with it, are a tenth.
    """
    from odoo.addons.sale_esm.esm_api.orders import OrdersApi
    from odoo.addons.sale_esm.models import (
        esm_order,
        esm_order_booking,
        esm_outbox,
        esm_shop_jobs,
        esm_shop_states,
        stock_picking_cancels,
    )
    from odoo.addons.sale_esm.models.esm_pace import DatabasePacer
    from odoo.addons.sale_esm.models.esm_shop import EsmShop

    esm_outbox.RETRY_MINUTES = (0, 0.02, 0.05)
    esm_order.COMPLETE_AFTER = (0.1, 0.2, 0.5)
    esm_order_booking.RETRY_ERRORS_AFTER = timedelta(seconds=3)
    esm_shop_jobs.COLLECT_PAUSE = timedelta(seconds=0.5)
    esm_shop_jobs.REFUSED_PAUSE = timedelta(seconds=5)
    esm_shop_jobs.SWEEP_PAUSE = timedelta(seconds=10)
    esm_shop_states.STATES_PAUSE = timedelta(seconds=5)
    stock_picking_cancels.FRESH = timedelta(seconds=1)
    OrdersApi.search.__kwdefaults__["page_size"] = 10
    EsmShop._api_options = lambda shop: {
        "pacer": DatabasePacer(shop.env.registry),
        "calls_per_minute": 0,
        "orders_interval": 0.2,
        "timeout": 2.0,
        "sleep": lambda seconds: time.sleep(seconds if seconds < 0.5 else seconds / 10),
    }


def people(env):
    """Create those who work with Odoo: somebody in the warehouse, and a manager."""
    groups = {
        PACKER: ["stock.group_stock_user"],
        MANAGER: ["sale_esm.group_manager", "sales_team.group_sale_manager"],
    }
    for login, names in groups.items():
        env["res.users"].with_context(no_reset_password=True).create(
            {
                "name": login,
                "login": login,
                "group_ids": [(6, 0, [env.ref(name).id for name in names])],
            }
        )


def start(name, folder, seed):
    """Fork a worker.

    :param name: kind of worker and number, as ``cron-1``
    :param folder: of the logs and marks
    :param seed: of its random decisions
    :return: its process ID
    """
    return forking.start(
        folder / f"{name}.log",
        lambda: _work(name.partition("-")[0], random.Random(seed), folder),
    )


def _work(kind, rng, folder):
    work = KINDS[kind]
    while not (folder / "stop").exists():
        try:
            work(rng, folder)
        except DISTURBED:
            _logger.info("The database is away, or another was faster", exc_info=True)
            odoo.sql_db.close_all()
            time.sleep(0.2)
        time.sleep(rng.uniform(0.05, 0.3))


def _user(login):
    with odoo_env() as env:
        return env["res.users"].search([("login", "=", login)]).id


# --- Odoo's scheduler -------------------------------------------------------


def cron(rng, _folder):
    """Let Odoo run the scheduled actions that are due."""
    names = [*CRONS, *(n for n, rare in RARE_CRONS.items() if not rng.randrange(rare))]
    registry = odoo_registry()
    with registry.cursor() as cr:
        cr.execute(
            """INSERT INTO ir_cron_trigger (cron_id, call_at)
               SELECT res_id, now() AT TIME ZONE 'UTC' FROM ir_model_data
                WHERE module = 'sale_esm' AND name = ANY(%s)
                  AND NOT EXISTS (SELECT FROM ir_cron_trigger
                                   WHERE cron_id = ir_model_data.res_id)""",
            [[f"ir_cron_{name}" for name in names]],
        )
    registry["ir.cron"]._process_jobs(registry.db_name)


# --- people ---------------------------------------------------------------


def _as_browser(env, work):
    """Do what a request of a browser does; people read errors and go on.

    :return: whether it went well
    """
    try:
        retrying(work, env)
        env.cr.commit()
    except (UserError, ValidationError, AccessError) as error:
        env.cr.rollback()
        env.transaction.reset()
        _logger.info("Told: %s", error)
        return False
    return True


def packer(rng, _folder):
    """Scan a number onto each parcel, then validate the pile."""
    with odoo_env(_user(PACKER)) as env:
        pile = _pile(env, rng, [("esm_shop_id.site", "=", "gmarket")])

        def scan():
            for picking in pile - _of_clerk(pile):
                if not picking.carrier_tracking_ref:
                    picking.carrier_tracking_ref = f"{700_000_000_000 + picking.id}"

        if _as_browser(env, scan):
            _validate(env, pile - _of_clerk(pile))
        # Those of the other shop are printed first.
        printed = ("carrier_tracking_ref", "!=", False)
        _validate(env, _pile(env, rng, [("esm_shop_id.site", "=", "auction"), printed]))


def _of_clerk(pickings):
    """Those that get their number from a courier's file, and have none yet."""
    return pickings.filtered(
        lambda picking: picking.id % 3 == 0 and not picking.carrier_tracking_ref
    )


def _pile(env, rng, domain):
    ready = env["stock.picking"].search(
        [("state", "=", "assigned"), ("esm_shop_id", "!=", False), *domain], limit=100
    )
    ready = ready.filtered(lambda picking: not picking.esm_stop_text)
    ids = rng.sample(ready.ids, min(PILE, len(ready)))
    return env["stock.picking"].browse(sorted(ids))


def _validate(env, pile):
    if not pile:
        return
    if again := pile.filtered("esm_repack_text"):
        _as_browser(env, again.action_esm_packed_again)
    pile = pile.with_context(esm_no_window=True)
    if not _as_browser(env, pile.button_validate):
        for picking in pile:
            _as_browser(env, picking.button_validate)


def printer(rng, _folder):
    """Print the waybills of a pile."""
    with odoo_env(_user(PACKER)) as env:
        pile = _pile(
            env,
            rng,
            [("esm_shop_id.site", "=", "auction"), ("esm_printed_at", "=", False)],
        )
        report = env["ir.actions.report"]
        if pile and not _as_browser(
            env, lambda: report._render_qweb_text(ZPL, pile.ids)
        ):
            for picking in pile:
                _as_browser(
                    env,
                    lambda picking=picking: report._render_qweb_text(ZPL, picking.ids),
                )


def clerk(rng, folder):
    """Hand in the file of a courier: numbers for some deliveries."""
    with odoo_env(_user(PACKER)) as env:
        unnumbered = ("carrier_tracking_ref", "=", False)
        pile = _of_clerk(
            _pile(env, rng, [("esm_shop_id.site", "=", "gmarket"), unnumbered])
        )
        if not pile:
            return
        rows = [("고객주문번호", "운송장번호")]
        rows += [
            (picking.esm_order_numbers.split(", ")[0], 700_000_000_000 + picking.id)
            for picking in pile
        ]
        output = io.StringIO()
        csv.writer(output).writerows(rows)
        # As large as the files of couriers are.
        output.write(f"\r\n{'':{DISK_FULL}}")
        data = base64.b64encode(output.getvalue().encode("utf-8-sig"))
        Import = env["esm.tracking.import"]
        records = Import.browse()

        def upload():
            nonlocal records
            records = Import.create(
                {"file": data, "filename": f"courier-{rng.random()}.csv"}
            )

        full = (folder / "disk_full").exists()
        try:
            with _full_disk(full):
                uploaded = _as_browser(env, upload)
        except OSError as error:
            (folder / "disk_refused").open("a").write("x")
            _logger.info("The file was not stored: %s", error)
            env.cr.rollback()
            env.transaction.reset()
            # He tries again with the same file, once there is room.
            while (folder / "disk_full").exists():
                time.sleep(0.1)
            uploaded = _as_browser(env, upload)
        if uploaded and _as_browser(env, records.action_read):
            _as_browser(env, records.action_apply)


class _full_disk:
    """No file of this process may grow: what it logs is kept back meanwhile."""

    def __init__(self, full):
        self.full = full

    def __enter__(self):
        if self.full:
            logging.disable()
            _soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (DISK_FULL, hard))

    def __exit__(self, *_exception):
        if self.full:
            _soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
            logging.disable(logging.NOTSET)


def manager(rng, folder):
    """Press buttons when it is time; nobody looks after shops that are refused."""
    with odoo_env(_user(MANAGER)) as env:
        for mark in sorted(folder.glob("press_*")):
            button = mark.name.split("_")[1]
            try:
                mark.unlink()
            except FileNotFoundError:
                # The run is at its end: who presses now presses for nobody.
                continue
            shops = env["esm.shop"].search([])
            work = {
                "collect": shops.action_collect_now,
                "start": shops.action_start_collect,
                "dashboard": shops.dashboard_runs,
            }
            _as_browser(env, work[button])
    time.sleep(rng.uniform(0.2, 1))


# --- who disturbs -----------------------------------------------------------


def meddler(rng, _folder):
    """Write rows that others are about to write, slowly; sometimes in vain."""
    with odoo_registry().cursor() as cr:
        for _number in range(10):
            for table in rng.sample(CONTESTED, 2):
                query = SQL(
                    """UPDATE %(table)s SET write_date = now() AT TIME ZONE 'UTC'
                        WHERE id IN (SELECT id FROM %(table)s
                                   ORDER BY write_date DESC NULLS LAST, id
                                      LIMIT 40)
                          AND MOD(id, 5) = %(rest)s""",
                    table=SQL.identifier(table),
                    rest=rng.randrange(5),
                )
                cr.execute(query, log_exceptions=False)
            time.sleep(rng.uniform(*HELD))
            if rng.random() < 0.2:
                cr.rollback()
            else:
                cr.commit()  # pylint: disable=invalid-commit
            time.sleep(rng.uniform(0, 0.3))


KINDS = {
    work.__name__: work for work in (cron, packer, printer, clerk, manager, meddler)
}
