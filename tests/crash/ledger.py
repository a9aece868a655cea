"""Compare what the marketplace knows with what stands in Odoo's tables.

Plain SQL: the connector's own idea of its state is not asked. Each function returns
lines that say what is wrong.
"""

from collections import defaultdict

from market import paid_at

from devtools.merchant import CJ


def stored_once(cr, ledger):
    """One inbox row for each order."""
    cr.execute("SELECT order_no, count(*) FROM esm_order GROUP BY order_no")
    counts = dict(cr.fetchall())
    yield from _differences(dict.fromkeys(ledger, 1), counts, "inbox rows of order")


def booked_once(cr, ledger):
    """Each order's quantity of goods on confirmed sales orders, once."""
    cr.execute(
        """SELECT row.order_no, sum(line.product_uom_qty)::int
             FROM sale_order_line line
             JOIN esm_order row ON row.id = line.esm_order_id
             JOIN sale_order sale ON sale.id = line.order_id
            WHERE line.esm_kind = 'item' AND sale.state = 'sale'
         GROUP BY row.order_no"""
    )
    quantities = {number: entry["quantity"] for number, entry in ledger.items()}
    yield from _differences(quantities, dict(cr.fetchall()), "pieces sold of order")


def one_sale_per_basket(cr, ledger):
    """One sales order for each basket, whatever its state."""
    cr.execute(
        """SELECT esm_pay_no, count(*) FROM sale_order
            WHERE esm_pay_no IS NOT NULL GROUP BY esm_pay_no"""
    )
    baskets = {str(entry["pay_no"]): 1 for entry in ledger.values()}
    yield from _differences(baskets, dict(cr.fetchall()), "sales orders of basket")


def totals_equal(cr, ledger):
    """Each basket's sales order amounts to the seller's sale."""
    cr.execute(
        """SELECT esm_pay_no, sum(amount_total)::int FROM sale_order
            WHERE esm_pay_no IS NOT NULL AND state = 'sale' GROUP BY esm_pay_no"""
    )
    sales = {str(e["pay_no"]): e["basket_seller_sale"] for e in ledger.values()}
    yield from _differences(sales, dict(cr.fetchall()), "won of basket")


def confirmed_once(_cr, ledger):
    """OrderCheck took effect once for each order."""
    counts = {number: entry["confirmations"] for number, entry in ledger.items()}
    yield from _differences(dict.fromkeys(ledger, 1), counts, "confirmations of order")


def delivered_once(cr, ledger):
    """All pieces of an order left in one delivery; its number is at ESM once."""
    cr.execute(
        """SELECT row.order_no, picking.carrier_tracking_ref, sum(move.quantity)::int
             FROM stock_move move
             JOIN stock_picking picking ON picking.id = move.picking_id
             JOIN sale_order_line line ON line.id = move.sale_line_id
             JOIN esm_order row ON row.id = line.esm_order_id
            WHERE move.state = 'done' AND line.esm_kind = 'item'
         GROUP BY row.order_no, picking.id"""
    )
    left = defaultdict(list)
    for number, tracking, quantity in cr.fetchall():
        left[number].append((CJ, tracking, quantity))
    at_esm = {
        number: [
            (courier, tracking, entry["quantity"])
            for courier, tracking, _when in entry["invoices"]
        ]
        for number, entry in ledger.items()
    }
    yield from _differences(at_esm, left, "parcels of order")
    for number, entry in ledger.items():
        if len(entry["invoices"]) != 1:
            yield f"order {number} has {len(entry['invoices'])} numbers at ESM, not 1"


def nothing_waits(cr, ledger):
    """Every order came to its end, and nobody was bothered."""
    cr.execute(
        """SELECT order_no, state, problem, problem_text FROM esm_order
            WHERE state <> 'sent' OR problem IS NOT NULL"""
    )
    for number, state, problem, text in cr.fetchall():
        yield f"order {number} is {state}, problem {problem}: {text}"
    cr.execute(
        """SELECT row.order_no, box.action, box.state, box.message
             FROM esm_outbox box JOIN esm_order row ON row.id = box.order_id
            WHERE box.state <> 'sent'"""
    )
    for number, action, state, message in cr.fetchall():
        yield f"message {action} of order {number} is {state}: {message}"
    for number, entry in ledger.items():
        if entry["state"] != "in_delivery":
            yield f"order {number} is {entry['state']} at ESM"


def cursor_ahead(cr, ledger):
    """Orders paid before a shop's cursor that are not stored."""
    cr.execute("SELECT site, cursor_at FROM esm_shop WHERE cursor_at IS NOT NULL")
    cursors = dict(cr.fetchall())
    cr.execute("SELECT order_no FROM esm_order")
    stored = {number for [number] in cr.fetchall()}
    for number, entry in ledger.items():
        cursor = cursors.get(entry["site"])
        if cursor and paid_at(entry) < cursor and number not in stored:
            yield f"order {number}, paid {paid_at(entry)}, cursor {cursor}"


def _differences(expected, found, what):
    for key in sorted(expected.keys() | found.keys()):
        if expected.get(key) != found.get(key):
            yield f"{what} {key}: {found.get(key)}, at ESM {expected.get(key)}"
