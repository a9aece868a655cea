"""What must not be left when everything has come to its end.

As in `ledger`: plain SQL where Odoo's own idea could be wrong, and each function
returns lines that say what is wrong.
"""

import hashlib
import os
from collections import Counter

from odoo.tools import config

from devtools.merchant import PLENTY

# What may hold up an order for good: only a person decides what becomes of it.
HELD = ("cancel", "cancelled_late")


def orders_at_their_end(env, ledger):
    """No order waits without a reason, and each reason is a buyer's cancel."""
    env.cr.execute(
        """SELECT order_no, state, problem, problem_text FROM esm_order
            WHERE state NOT IN ('sent', 'cancelled') OR problem IS NOT NULL"""
    )
    for number, state, problem, text in env.cr.fetchall():
        claim = ledger[number]["claim"]
        if problem not in HELD or not text or not claim:
            yield (
                f"order {number} is {state}, problem {problem}, {claim}: {text}; "
                f"{_delivery(env, number)}"
            )
    env.cr.execute(
        "SELECT order_no, state, market_status, cancel_requested FROM esm_order"
    )
    for number, state, status, requested in env.cr.fetchall():
        claim = ledger[number]["claim"]
        if state == "sent" and status != (claim and "cancel" or "in_delivery"):
            yield f"order {number} is sent, {claim}, but {status} here"
        if bool(requested) != (claim == "cancel_requested"):
            yield f"order {number}, {state}: {claim} at ESM, request here {requested}"
        if state == "cancelled" and claim not in ("cancel_in_process", "cancel_done"):
            yield f"order {number} is cancelled, but {claim} at ESM"


def _delivery(env, number):
    """What there is to see of an order's deliveries, in a few words."""
    row = env["esm.order"].search([("order_no", "=", number)])
    return ", ".join(
        f"{picking.name} {picking.state} number {picking.carrier_tracking_ref} printed "
        f"{picking.esm_printed_at} bundle {picking.esm_bundle_id.id} stop "
        f"{picking.esm_stop_text}"
        for picking in row.sale_line_ids.move_ids.picking_id
    )


def problems_are_told(env, _ledger):
    """Each order that is held and each refused message is on the list of problems."""
    told = Counter()
    for line in env["esm.problem"].search([]):
        told[line.kind] += line.order_count
        if not (line.told_text or line.name):
            yield f"problem {line.kind} of {line.res_model} {line.res_id} says nothing"
    env.cr.execute(
        "SELECT problem, count(*) FROM esm_order WHERE problem IS NOT NULL GROUP BY 1"
    )
    for problem, count in env.cr.fetchall():
        if told[problem] < count:
            yield f"{count} orders with {problem}, {told[problem]} on the list"
    env.cr.execute(
        """SELECT row.order_no, box.action, box.message
             FROM esm_outbox box JOIN esm_order row ON row.id = box.order_id
            WHERE box.state = 'refused' AND row.problem IS NULL"""
    )
    for number, action, message in env.cr.fetchall():
        yield f"message {action} of {number} is refused, its order is fine: {message}"


def nothing_open(env, _ledger):
    """No message, run, import, delivery or lock is left half way."""
    for what, query in {
        "message waits": "SELECT id FROM esm_outbox WHERE state = 'waiting'",
        "run is open": """SELECT concat_ws(' ', id, kind, state, started_at)
             FROM esm_run WHERE state IN ('waiting', 'running')""",
        "run ended without a time": """SELECT id FROM esm_run
            WHERE state NOT IN ('waiting', 'running') AND ended_at IS NULL""",
        "import is open": """SELECT id FROM esm_tracking_import
            WHERE state IN ('reading', 'applying')""",
        "sales order without an order": """SELECT id FROM sale_order sale
            WHERE esm_pay_no IS NOT NULL AND NOT EXISTS (
                  SELECT FROM esm_order WHERE sale_order_id = sale.id)""",
        "delivery that has left is not told": """SELECT id FROM stock_picking
            WHERE esm_shop_id IS NOT NULL AND state = 'done'
              AND esm_state NOT IN ('sent', 'refused')""",
        "advisory lock": """SELECT objid FROM pg_locks WHERE locktype = 'advisory'
              AND database = (SELECT oid FROM pg_database
                               WHERE datname = current_database())""",
        "scheduled action is switched off": """SELECT res_id FROM ir_model_data data
              JOIN ir_cron cron ON cron.id = data.res_id
             WHERE data.model = 'ir.cron' AND data.module = 'sale_esm'
               AND NOT cron.active""",
    }.items():
        env.cr.execute(query)
        if found := [key for [key] in env.cr.fetchall()]:
            yield f"{what}: {len(found)}, the first is {found[0]}"


def numbers_once(env, _ledger):
    """No two deliveries have the same number, and no number of a range is lost."""
    env.cr.execute(
        """SELECT carrier_tracking_ref, count(*) FROM stock_picking
            WHERE carrier_tracking_ref IS NOT NULL GROUP BY 1 HAVING count(*) > 1"""
    )
    for number, count in env.cr.fetchall():
        yield f"{count} deliveries have the number {number}"
    env.cr.execute("SELECT first, last, used FROM esm_waybill_range")
    for first, last, used in env.cr.fetchall():
        env.cr.execute(
            """SELECT count(*) FROM stock_picking
                WHERE carrier_tracking_ref BETWEEN %s AND %s""",
            [first, last],
        )
        [found] = env.cr.fetchone()
        if found != used:
            yield f"range {first}: {used} numbers used, {found} on deliveries"


def stock_balances(env, _ledger):
    """What is on the shelf is what was there less what left; what is kept is needed.

    Where two transactions reserve the same goods, Odoo notes it in a second place and
    adds up wrongly when it takes the reservation back: it has a daily job to mend that,
    which is run before.
    """
    env["stock.quant"]._quant_tasks()
    env.flush_all()
    env.cr.execute(
        """WITH gone AS (
                SELECT product_id, sum(quantity) AS pieces FROM stock_move_line
                 WHERE state = 'done' GROUP BY 1),
             kept AS (
                SELECT line.product_id, sum(line.quantity) AS pieces
                  FROM stock_move_line line
                 WHERE line.state NOT IN ('done', 'cancel') GROUP BY 1)
           SELECT quant.product_id, sum(quant.quantity), sum(quant.reserved_quantity),
                  COALESCE(max(gone.pieces), 0), COALESCE(max(kept.pieces), 0)
             FROM stock_quant quant
             JOIN stock_location place ON place.id = quant.location_id
        LEFT JOIN gone ON gone.product_id = quant.product_id
        LEFT JOIN kept ON kept.product_id = quant.product_id
            WHERE place.usage = 'internal' GROUP BY 1"""
    )
    for product, there, reserved, gone, kept in env.cr.fetchall():
        if there != PLENTY - gone:
            yield f"product {product}: {there} there, {gone} of {PLENTY} left"
        if reserved != kept:
            yield f"product {product}: {reserved} reserved, {kept} on deliveries"


def files_are_whole(env, _ledger):
    """Every attachment's file is there, and is what was stored."""
    env.cr.execute(
        """SELECT id, name, store_fname, checksum FROM ir_attachment
            WHERE store_fname IS NOT NULL AND res_model LIKE 'esm.%%'"""
    )
    for key, name, path, checksum in env.cr.fetchall():
        path = os.path.join(config.filestore(env.cr.dbname), path)
        try:
            with open(path, "rb") as stored:
                whole = hashlib.sha1(stored.read()).hexdigest() == checksum
        except OSError as error:
            yield f"attachment {key} {name}: {error}"
            continue
        if not whole:
            yield f"attachment {key} {name} is not what was stored"
