"""The process that is killed: it collects, ships and sends, over and over."""

import os
import sys
import time
import traceback

from devtools.odoo_env import odoo_env

# In the order in which a round goes through them.
PHASES = ("collect", "confirm", "book", "release", "validate", "send")
# Deliveries that the warehouse validates in one transaction.
PARCELS = 20
# Exit code of a collector that has seen nothing change for so many seconds.
STUCK = 3
LONGEST_STANDSTILL = 30


def prepare(env):
    """Let the jobs of this process, and of those forked from it, say where they are.

    What takes minutes in real life, so that a marketplace in trouble is left in
    peace, takes no time here.
    """
    from odoo.addons.sale_esm.models import esm_outbox
    from odoo.addons.sale_esm.models.esm_pace import DatabasePacer
    from odoo.addons.sale_esm.models.esm_shop import EsmShop

    esm_outbox.RETRY_MINUTES = (0,)
    EsmShop._api_options = lambda shop: {
        "pacer": DatabasePacer(shop.env.registry),
        "calls_per_minute": 0,
        "orders_interval": 0.05,
        "sleep": lambda seconds: time.sleep(min(seconds, 0.1)),
    }
    for model, method, phase in (
        ("esm.shop", "_collect", lambda *args: "collect"),
        ("esm.outbox", "_send_waiting", _kind_of_sending),
        ("esm.order", "_book_waiting", lambda *args: "book"),
        ("esm.order", "_release_waiting", lambda *args: "release"),
    ):
        _announce(type(env[model]), method, phase)


def _kind_of_sending(_shop, actions, *_):
    return "send" if "ship" in actions else "confirm"


def _announce(cls, method, phase):
    original = getattr(cls, method)

    def announced(self, *args, **kwargs):
        announce(phase(*args))
        return original(self, *args, **kwargs)

    setattr(cls, method, announced)


def announce(phase):
    """Tell the parent, if there is one, that a phase begins."""
    if announce.to is not None:
        os.write(announce.to, f"{phase} {time.monotonic()}\n".encode())


announce.to = None


def start(log, goal=None):
    """Fork a collector.

    No database connection may be open, and no thread may run: both would be shared.

    :param log: path that it writes its log to, behind what is there
    :param goal: number of orders that it ends at, once all of them are sent, with
        exit code 0 (else `STUCK`); None: it goes on until it is killed
    :return: its process ID, and a file descriptor to read its phases from
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, reading
    status = 1
    try:
        os.close(reading)
        announce.to = writing
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(output, sys.stdout.fileno())
        os.dup2(output, sys.stderr.fileno())
        status = _run(goal)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _run(goal):
    seen, since = None, time.monotonic()
    while True:
        with odoo_env() as env:
            for shop in env["esm.shop"].search([], order="id"):
                shop._run_cycle()
            announce("validate")
            _validate_deliveries(env)
            env["esm.outbox"]._cron_send()
            states = dict(env["esm.order"]._read_group([], ["state"], ["__count"]))
        if goal and states.get("sent", 0) >= goal:
            return 0
        if states != seen:
            seen, since = states, time.monotonic()
        elif goal and time.monotonic() - since > LONGEST_STANDSTILL:
            return STUCK


def _validate_deliveries(env):
    """What the warehouse does: number and courier on each parcel, then it leaves."""
    from odoo.addons.sale_esm.models.jobs import CONFLICTS

    waiting = env["stock.picking"].search(
        [("esm_shop_id", "!=", False), ("state", "=", "assigned")], order="id"
    )
    for first in range(0, len(waiting), PARCELS):
        env.cr.commit()
        try:
            pickings = waiting[first : first + PARCELS].try_lock_for_update()
            pickings.invalidate_recordset()
            pickings = pickings.filtered(lambda picking: picking.state == "assigned")
            for picking in pickings:
                picking.carrier_tracking_ref = f"{700_000_000_000 + picking.id}"
            pickings.button_validate()
            env.cr.commit()
        except CONFLICTS:
            # The other collector took from the same shelf: they wait a round.
            env.cr.rollback()
            env.transaction.reset()
