"""Processes that print waybills at once: each number is used once, and none is lost.

Some deliveries lie in two printers' piles. With the second half of the deliveries,
printers are killed (``kill -9``) at random moments and started again.
"""

import os
import signal
import time

import forking

from odoo.service.model import retrying

from devtools.console import say
from devtools.merchant import CJ
from devtools.odoo_env import odoo_env

PRINTERS, PILE, KILLS = 4, 25, 8
FIRST = 800_000_000_000
ZPL = "sale_esm.report_waybill_zpl"
# Seconds after which a printer that was started is killed, and a printer's patience.
LIFE, LONGEST = (0.3, 3), 300


def run(crash, count):
    """Print so many deliveries.

    :param crash: the `Crash` that counts what passed and failed
    :param int count: of deliveries
    """
    say(f"{PRINTERS} printers at once: {count} deliveries, {KILLS} kills")
    started = time.monotonic()
    ids = _deliveries(crash.market, count)
    log = crash.log.with_name("printers.log")
    half = count // 2
    codes = _print_all(log, ids[:half])
    codes += _print_all(log, ids[half:], kills=KILLS, rng=crash.rng)
    say(f"  {time.monotonic() - started:.0f} s")
    crash.note(
        "no printer failed", [f"exit code {code}: see {log}" for code in codes if code]
    )
    with odoo_env() as env:
        _send_all(env, ids)
        for check in (_each_number_once, _esm_has_the_numbers):
            lines = list(check(env, ids, crash.market))
            crash.note(check.__doc__.splitlines()[0].rstrip("."), lines)


def _deliveries(market, count):
    """IDs of new deliveries, by a carrier that has numbers for them."""
    market.arrive("gmarket", count, count, seed="printers")
    with odoo_env() as env:
        shop = env["esm.shop"].search([("site", "=", "gmarket")])
        shop.tracking_moment = "print"
        env["esm.waybill.range"].create(
            {
                "carrier_id": shop.carrier_id.id,
                "first": str(FIRST),
                "last": str(FIRST + 10 * count),
            }
        )
        while True:
            shop._run_cycle()
            ready = env["stock.picking"].search(
                [
                    ("esm_shop_id", "=", shop.id),
                    ("state", "=", "assigned"),
                    ("carrier_tracking_ref", "=", False),
                ],
                order="id",
            )
            # Some may be held: their buyers want to cancel.
            ready = ready.filtered(lambda picking: not picking.esm_stop_text)
            if len(ready) >= count:
                return ready.ids


def _print_all(log, ids, kills=0, rng=None):
    """Let printers print these deliveries; returns their exit codes."""
    size = len(ids) // PRINTERS
    # A printer's own deliveries, and the first pile of the next printer.
    shares = [
        ids[number * size : (number + 1) * size + PILE] for number in range(PRINTERS)
    ]
    shares[-1] = ids[(PRINTERS - 1) * size :] + ids[:PILE]
    printers = [_start(log, share) for share in shares]
    for _kill in range(kills):
        time.sleep(rng.uniform(*LIFE) / PRINTERS)
        index = rng.randrange(PRINTERS)
        os.kill(printers[index], signal.SIGKILL)
        os.waitpid(printers[index], 0)
        printers[index] = _start(log, shares[index])
    return [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in printers]


def _start(log, ids):
    """Fork a printer; returns its process ID."""

    def work():
        signal.alarm(LONGEST)
        for first in range(0, len(ids), PILE):
            with odoo_env() as env:
                _print_pile(env, ids[first : first + PILE])

    return forking.start(log, work)


def _print_pile(env, ids):
    """What a person's browser makes Odoo do."""
    report = env["ir.actions.report"]
    retrying(lambda: report._render_qweb_text(ZPL, ids), env)


def _send_all(env, ids):
    """Send all numbers, however often ESM fails."""
    deadline = time.monotonic() + LONGEST
    while time.monotonic() < deadline:
        env["esm.outbox"]._cron_send()
        env.invalidate_all()
        states = env["stock.picking"].browse(ids).mapped("esm_state")
        if set(states) == {"sent"}:
            return


def _each_number_once(env, ids, _market):
    """The numbers of all printers follow each other without gaps or doubles."""
    env.cr.execute(
        "SELECT id, carrier_tracking_ref FROM stock_picking WHERE id = ANY(%s)", [ids]
    )
    found = sorted(number or "" for _id, number in env.cr.fetchall())
    expected = [str(FIRST + index) for index in range(len(ids))]
    for number in sorted(set(found) ^ set(expected)):
        yield f"number {number} is {'used' if number in found else 'missing'}"
    if len(found) != len(set(found)):
        yield "numbers are used twice"
    env.cr.execute("SELECT used FROM esm_waybill_range WHERE first = %s", [str(FIRST)])
    [used] = env.cr.fetchone()
    if used != len(ids):
        yield f"the range counts {used} numbers for {len(ids)} deliveries"


def _esm_has_the_numbers(env, ids, market):
    """Each printed number is at ESM, once."""
    ledger = market.ledger()
    for picking in env["stock.picking"].browse(ids):
        for row in picking._esm_orders():
            told = [invoice[:2] for invoice in ledger[row.order_no]["invoices"]]
            if told != [[CJ, picking.carrier_tracking_ref]]:
                yield f"order {row.order_no}: {told}, {picking.carrier_tracking_ref}"
        if not picking.esm_printed_at:
            yield f"{picking.name} is not printed"
