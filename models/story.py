"""The story of marketplace orders, as sales orders and deliveries show it.

It is plain data with translated texts. Points in time are UTC; the browser shows them
in the user's time zone and language.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from odoo import fields

from ..esm_api import Site, item_url
from .due import due_state
from .esm_order_delivery import MARKET_ORDER

# More orders of one basket are behind a link.
SHOWN_ORDERS = 8
# What a job does to one order after the other happens at one moment for people.
TOGETHER = timedelta(minutes=5)
_PAID = 1
_GONE = ("cancel", "return", "exchange", "not_received", "refund_after_remittance")
_CLAIMS = _GONE[1:]


class Step(NamedTuple):
    """Something that happened to an order or a delivery.

    :param rank: where steps of one moment, or without a known one, stand
    :param kind: how it looks: "done", "note" or "bad"
    :param at: naive UTC datetime, False if nobody noted it
    :param who: what it happened to: order number, or name of a delivery
    """

    rank: int
    kind: str
    text: str
    at: Any
    who: str


def read_at_once(rows, pickings):
    """Read what the stories of many orders need, so that none reads on its own.

    :param rows: `esm.order` recordset
    :param pickings: `stock.picking` recordset
    """
    rows.mapped("state")
    rows.shop_id.account_id.mapped("environment")
    rows.outbox_ids.courier_id.mapped("name")
    pickings.mapped("esm_print_count")


def story(rows, pickings):
    """What the panel shows of these orders.

    :param rows: `esm.order` recordset of one shop
    :param pickings: `stock.picking` recordset of their deliveries to the buyer
    :return: dict, or False without orders
    """
    if not rows:
        return False
    env, shop = rows.env, rows[0].shop_id
    # Salespeople and accountants see the story as well; a memo is for those who ship.
    ships = env.user.has_group("sale_esm.group_user")
    rows = rows.sorted("order_no")
    living = rows.filtered(lambda row: row.state != "cancelled")
    memos = dict.fromkeys(filter(None, living.mapped("memo")))
    gifts = dict.fromkeys(filter(None, living.mapped("free_gift")))
    return {
        "site": shop.site,
        "shop": shop.name,
        **_status(env, living),
        "special": ", ".join(living._special_names()),
        "orders": [_order(row) for row in rows[:SHOWN_ORDERS]],
        "order_ids": rows.ids,
        "basket": ", ".join(dict.fromkeys(filter(None, rows.mapped("pay_no")))),
        "due": _due(living),
        "memo": " / ".join(memos) if ships else "",
        "gift": ", ".join(gifts),
        "steps": _collapse(_steps(rows, pickings), rows, pickings),
    }


def _status(env, living):
    """The status of the order that is behind the others, in words."""
    if not living:
        return {"status": env._("Cancelled"), "tone": "secondary"}
    statuses = set(living.mapped("market_status"))
    status = next((status for status in MARKET_ORDER if status in statuses), None)
    if any(living.mapped("cancel_requested")):
        return {"status": env._("Buyer wants to cancel"), "tone": "danger"}
    labels = dict(env["esm.order"]._fields["market_status"]._description_selection(env))
    tone = "danger" if status in _GONE else "info"
    if status in ("delivered", "decided"):
        tone = "success"
    return {"status": labels.get(status, ""), "tone": tone}


def _order(row):
    # The numbers of a sandbox are nobody's, or a stranger's, at the sites.
    real = row.shop_id.account_id.environment == "production"
    url = item_url(Site(row.site), row.goods_no or None) if real else None
    return {"id": row.id, "no": row.order_no, "goods": row.goods_name, "url": url}


def _due(living):
    """The earliest deadline that still has to be met."""
    waiting = living._open().filtered("due_at")
    if not waiting:
        return False
    at = min(waiting.mapped("due_at"))
    return {"at": fields.Datetime.to_string(at), "state": due_state(True, at)}


# --- steps --------------------------------------------------------------------------


def _steps(rows, pickings):
    for row in rows:
        yield from _order_steps(row)
    for picking in pickings:
        yield from _picking_steps(picking)


def _order_steps(row):
    env, no = row.env, row.order_no

    def step(rank, text, at, kind="done"):
        return Step(rank, kind, text, at, no)

    if row.ordered_at != row.paid_at:
        yield step(0, env._("Ordered"), row.ordered_at)
        yield step(_PAID, env._("Paid"), row.paid_at)
    else:
        yield step(_PAID, env._("Ordered and paid"), row.paid_at)
    by_hand = row.origin != "collected"
    text = env._("Entered by hand") if by_hand else env._("Collected")
    yield step(2, text, row.create_date)
    if row.acknowledged:
        yield step(3, env._("Confirmed at the marketplace"), row.acknowledged_at)
    yield from _message_steps(row, step)
    status = row.market_status
    if row.delivered_at or status in ("delivered", "decided"):
        yield step(8, env._("Delivered"), row.delivered_at)
    if row.decided_at or status == "decided":
        yield step(9, env._("Purchase decided"), row.decided_at)
    yield from _claim_steps(row, step)


def _message_steps(row, step):
    """What the marketplace was told of an order's dispatch."""
    env = row.env
    sent = {
        message.action: message
        for message in row.outbox_ids
        if message.state == "sent" or message.sent_at
    }
    if row.expected_date:
        text = env._(
            "Told to be shipped on %(date)s",
            date=fields.Date.to_string(row.expected_date),
        )
        told = sent.get("expected")
        yield step(4, text, told and told.sent_at, "note")
    if ship := sent.get("ship"):
        text = env._(
            "Tracking number sent: %(courier)s %(number)s",
            courier=ship.courier_id.name or "",
            number=ship.tracking_no or "",
        )
        yield step(7, text, ship.sent_at or row.shipped_at)
    elif row.packed_at and row.tracking_no:
        # The message is cleared; what it said is on the order.
        text = env._("Tracking number sent: %(number)s", number=row.tracking_no)
        yield step(7, text, row.shipped_at)
    elif row.shipped_at or row.state == "sent":
        yield step(7, env._("In delivery at the marketplace"), row.shipped_at)


def _claim_steps(row, step):
    env = row.env
    if row.cancel_requested_at or row.cancel_requested:
        text = env._("Buyer asked to cancel")
        yield step(10, text, row.cancel_requested_at, "bad")
    if row.cancel_withdrawn_at:
        yield step(11, env._("Cancel request withdrawn"), row.cancel_withdrawn_at)
    if row.state == "cancelled" or row.cancelled_at:
        yield step(12, env._("Cancelled"), row.cancelled_at, "bad")
    if row.market_status in _CLAIMS:
        labels = dict(row._fields["market_status"]._description_selection(env))
        text = labels[row.market_status]
        yield step(13, text, row.market_status_at, "bad")


def _picking_steps(picking):
    env = picking.env
    if picking.esm_printed_at:
        text = env._("Waybill printed")
        if picking.esm_print_count > 1:
            text = env._(
                "Waybill printed, %(count)s times", count=picking.esm_print_count
            )
        yield Step(5, "done", text, picking.esm_printed_at, picking.name)
    if picking.state == "done":
        text = env._("Left the warehouse")
        yield Step(6, "done", text, picking.date_done, picking.name)


def _collapse(steps, rows, pickings):
    """Steps in time order; those of several orders at one moment are one.

    :return: list of dicts
    """
    known = {*rows.mapped("order_no")}, {*pickings.mapped("name")}
    found = [
        same[0]._replace(who=_of_whom(same, known)) for same in _same_moments(steps)
    ]
    timed = [step for step in found if step.at]
    # The clocks of both sides differ a little: nothing comes before the payment.
    begin = min((row.paid_at for row in rows if row.paid_at), default=datetime.min)

    def place(step):
        at = step.at
        if not at:
            # What nobody noted stands behind all that comes before it.
            earlier = [other.at for other in timed if other.rank < step.rank]
            at = max(earlier, default=begin)
        if step.rank > _PAID:
            at = max(at, begin)
        return at.replace(second=0, microsecond=0), step.rank, step.who

    return [
        {
            "kind": step.kind,
            "text": step.text,
            "at": step.at and fields.Datetime.to_string(step.at),
            "who": step.who,
        }
        for step in sorted(found, key=place)
    ]


def _same_moments(steps):
    """Lists of steps that several orders or deliveries took together."""
    groups, open_groups = [], {}
    for step in sorted(steps, key=lambda step: (step.at or datetime.min, step.rank)):
        key = step.rank, step.text, bool(step.at)
        same = open_groups.get(key)
        if same and (not step.at or step.at - same[-1].at <= TOGETHER):
            same.append(step)
        else:
            open_groups[key] = [step]
            groups.append(open_groups[key])
    return groups


def _of_whom(steps, known):
    """Names of what took a step together; empty if that is all there are."""
    names = {step.who for step in steps}
    if any(names >= those for those in known if those):
        return ""
    return ", ".join(sorted(names))
