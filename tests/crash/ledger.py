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
    expected = {
        number: 1
        for number, entry in ledger.items()
        # Who cancels at once may not be seen at all.
        if entry["confirmations"] or not _cancelled(entry) or number in counts
    }
    yield from _differences(expected, counts, "inbox rows of order")


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
    found = {number: pieces for number, pieces in cr.fetchall() if pieces}
    states = _states(cr)
    expected = {}
    for number, entry in ledger.items():
        state, problem = states.get(number, (None, None))
        if _asked(entry):
            # Held where the request met it; its goods may be on a sale or not yet.
            if number in found:
                expected[number] = entry["quantity"]
        elif not _cancelled(entry) or problem == "cancelled_late":
            expected[number] = entry["quantity"]
    yield from _differences(expected, found, "pieces sold of order")


def one_sale_per_basket(cr, ledger):
    """One sales order for each basket, whatever its state.

    What comes late gets another one if the first one has left or is cancelled by then.
    """
    cr.execute(
        """SELECT esm_pay_no, count(*) FROM sale_order sale
            WHERE esm_pay_no IS NOT NULL AND (
                  NOT EXISTS (
                      SELECT FROM sale_order WHERE esm_pay_no = sale.esm_pay_no
                                               AND id < sale.id)
                  OR EXISTS (
                      SELECT FROM sale_order other
                       WHERE other.esm_pay_no = sale.esm_pay_no AND other.id < sale.id
                         AND other.state <> 'cancel' AND NOT EXISTS (
                             SELECT FROM stock_picking picking
                              WHERE picking.sale_id = other.id
                                AND picking.state = 'done'
                                AND picking.date_done <= sale.create_date)))
            GROUP BY esm_pay_no"""
    )
    found = dict(cr.fetchall())
    baskets = {
        str(entry["pay_no"]): 1
        for entry in ledger.values()
        if not (_cancelled(entry) or _asked(entry)) or str(entry["pay_no"]) in found
    }
    yield from _differences(baskets, found, "sales orders of basket")


def totals_equal(cr, ledger):
    """Each basket's sales order amounts to the seller's sale."""
    cr.execute(
        """SELECT esm_pay_no, sum(amount_total)::int FROM sale_order
            WHERE esm_pay_no IS NOT NULL AND state <> 'cancel' GROUP BY esm_pay_no"""
    )
    found = dict(cr.fetchall())
    states, sales = _states(cr), {}
    unseen = {e["pay_no"] for number, e in ledger.items() if number not in states}
    for number, entry in ledger.items():
        state, problem = states.get(number, (None, None))
        waits = state == "received" and _asked(entry)
        if waits or (_cancelled(entry) and problem != "cancelled_late"):
            continue
        basket = str(entry["pay_no"])
        sales.setdefault(basket, entry["basket_shipping"])
        sales[basket] += entry["seller_sale"]
    for entry in ledger.values():
        # The row that shows the fee of a Gmarket basket may be one that was cancelled
        # before anybody saw it.
        basket, fee = str(entry["pay_no"]), entry["basket_shipping"]
        if (
            entry["pay_no"] in unseen
            and found.get(basket) == sales.get(basket, 0) - fee
        ):
            sales[basket] = found[basket]
    yield from _differences(sales, found, "won of basket")


def confirmed_once(_cr, ledger):
    """OrderCheck took effect once for each order."""
    counts = {number: entry["confirmations"] for number, entry in ledger.items()}
    expected = {
        number: 1
        for number, entry in ledger.items()
        if counts[number] or not _cancelled(entry)
    }
    counts = {number: count for number, count in counts.items() if count}
    yield from _differences(expected, counts, "confirmations of order")


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
        entry = ledger[number]
        if not (_cancelled(entry) or _asked(entry)):
            left[number].append((CJ, tracking, quantity))
    at_esm = {
        number: [
            (courier, tracking, entry["quantity"])
            for courier, tracking, _when in entry["invoices"]
        ]
        for number, entry in ledger.items()
        if entry["invoices"]
    }
    yield from _differences(at_esm, left, "parcels of order")
    for number, entry in ledger.items():
        wanted = 0 if _cancelled(entry) or _asked(entry) else 1
        if len(entry["invoices"]) != wanted:
            yield (
                f"order {number} has {len(entry['invoices'])} numbers at ESM, "
                f"not {wanted}"
            )


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


def _cancelled(entry):
    return entry["claim"] in ("cancel_in_process", "cancel_done")


def _asked(entry):
    """The buyer wants to cancel, and nobody has answered."""
    return entry["claim"] == "cancel_requested"


def _states(cr):
    """State and problem in Odoo by order number."""
    cr.execute("SELECT order_no, state, problem FROM esm_order")
    return {number: rest for number, *rest in cr.fetchall()}


def _differences(expected, found, what):
    for key in sorted(expected.keys() | found.keys()):
        if expected.get(key) != found.get(key):
            yield f"{what} {key}: {found.get(key)}, at ESM {expected.get(key)}"


# All that holds once every order has been sent.
WHEN_ALL_IS_SENT = (
    stored_once,
    booked_once,
    one_sale_per_basket,
    totals_equal,
    confirmed_once,
    delivered_once,
    nothing_waits,
)
