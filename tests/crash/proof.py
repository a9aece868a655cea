"""Can the ledger fail at all? One entry after the other is falsified, on both sides.

After a run that balanced: each check must notice what it is there for. What is written
to the database is rolled back.
"""

import copy

import ledger
import leftovers


def _sent(facts):
    """An order that went its way to the end."""
    return next(entry for entry in facts.values() if entry["invoices"])


def _at_market(change):
    """A falsification of the marketplace's ledger; `change` takes a sent entry."""

    def falsify(_env, facts):
        change(_sent(facts))

    return falsify


def _lose(_env, facts):
    del facts[str(_sent(facts)["order_no"])]


def _sql(query):
    """A falsification of Odoo's tables."""

    def falsify(env, facts):
        entry = _sent(facts)
        values = {"order": str(entry["order_no"]), "basket": str(entry["pay_no"])}
        env.cr.execute(query, values)
        assert env.cr.rowcount, query

    return falsify


_ROW = "(SELECT id FROM esm_order WHERE order_no = %(order)s)"
_LINE = f"""SELECT id FROM sale_order_line
             WHERE esm_order_id = {_ROW} AND esm_kind = 'item'"""
#: (check, falsification)
LIES = (
    (ledger.stored_once, _lose),
    (ledger.stored_once, _sql(
        "UPDATE esm_order SET order_no = '1' WHERE order_no = %(order)s")),
    (ledger.booked_once, _at_market(lambda entry: entry.update(quantity=77))),
    (ledger.booked_once, _sql(
        f"""UPDATE sale_order_line SET product_uom_qty = product_uom_qty + 1
             WHERE id IN ({_LINE})""")),
    (ledger.one_sale_per_basket, _sql(
        """UPDATE sale_order SET esm_pay_no = '1' WHERE esm_pay_no = %(basket)s""")),
    (ledger.totals_equal, _sql(
        """UPDATE sale_order SET amount_total = amount_total + 1
            WHERE esm_pay_no = %(basket)s""")),
    (ledger.confirmed_once, _at_market(lambda entry: entry.update(confirmations=2))),
    (ledger.delivered_once, _at_market(
        lambda entry: entry["invoices"].append(entry["invoices"][0]))),
    (ledger.delivered_once, _at_market(lambda entry: entry["invoices"].clear())),
    (ledger.delivered_once, _sql(
        f"""UPDATE stock_picking SET carrier_tracking_ref = '1' WHERE id IN (
             SELECT picking_id FROM stock_move WHERE sale_line_id IN ({_LINE}))""")),
    (leftovers.orders_at_their_end, _sql(
        "UPDATE esm_order SET state = 'booked' WHERE order_no = %(order)s")),
    (leftovers.orders_at_their_end, _sql(
        "UPDATE esm_order SET market_status = 'preparing' WHERE order_no = %(order)s")),
    (leftovers.orders_at_their_end, _at_market(
        lambda entry: entry.update(claim="cancel_requested"))),
    (leftovers.problems_are_told, _sql(
        f"UPDATE esm_order SET problem = 'unmatched', next_try_at = now() "
        f"WHERE id = {_ROW}")),
    (leftovers.nothing_open, _sql(
        f"UPDATE esm_outbox SET state = 'waiting' WHERE order_id = {_ROW}")),
    (leftovers.nothing_open, _sql(
        """UPDATE esm_run SET state = 'running', shop_id = shop_id WHERE id = (
             SELECT max(id) FROM esm_run)""")),
    (leftovers.numbers_once, _sql(
        """UPDATE stock_picking SET carrier_tracking_ref = '1' WHERE id IN (
             SELECT id FROM stock_picking WHERE state = 'done' LIMIT 2)""")),
    (leftovers.stock_balances, _sql(
        """UPDATE stock_quant SET quantity = quantity - 1 WHERE id = (
             SELECT max(quant.id) FROM stock_quant quant
               JOIN stock_location place ON place.id = quant.location_id
              WHERE place.usage = 'internal')""")),
)  # fmt: skip


def unnoticed(env, facts):
    """Each check notices what it is there for."""
    env.flush_all()
    env.cr.commit()
    for number, (check, falsify) in enumerate(LIES, 1):
        lied = copy.deepcopy(facts)
        falsify(env, lied)
        first = env.cr if check.__module__ == "ledger" else env
        if not list(check(first, lied)):
            yield f"falsification {number} passed {check.__name__}"
        env.cr.rollback()
        env.invalidate_all()
