"""What became of the orders of ``./dev demo``: counts, and what must not have happened.

Needs neither Odoo nor a server: it compares what Odoo has with what the marketplace
shows.
"""

import enum
from collections import Counter, defaultdict
from dataclasses import dataclass, field

# Keys of the last line of `./dev demo --once`, and what they count in the tables.
COUNTS = {
    "collected": "orders stored in Odoo",
    "acknowledged": "confirmed at the marketplace (주문확인)",
    "booked": "have a sales order",
    "released": "sales order confirmed, so the delivery exists",
    "shipped": "delivery validated with a tracking number",
    "tracking_at_esm": "the marketplace shows that number",
    "held": "wait for a human, with a reason",
    "failed": "broke on the way",
}
ALSO_IN_TABLES = {
    "cancelled": "cancelled at the marketplace, out of the books",
    "not_ours": "shipped by the marketplace's own warehouse",
}
# Problems of an order that something broke for. All others are for a human to decide.
BROKEN = ("error", "tracking", "confirmation")


class Outcome(enum.Enum):
    SHIPPED = "shipped"
    HELD = "held"
    FAILED = "failed"
    CANCELLED = "cancelled"
    NOT_OURS = "not_ours"


@dataclass
class Booked:
    """One marketplace order as Odoo has it.

    :param shop: site and seller ID, for people
    :param state: of the marketplace order
    :param sale_order: its sales order's name, empty without one
    :param live_sale_orders: every sales order that is not cancelled and has it
    :param amount_total: won, of the whole sales order
    :param confirmed: whether the sales order is confirmed
    :param validated: whether its delivery is
    :param tracking: the delivery's number as it is sent
    :param problem: code of what is wrong, or empty
    :param reason: the same in words, or why it is not finished
    :param because_of: number of the order that this one waits for
    :param partner_name: of the delivery address, like phone and zip
    """

    site: str
    shop: str
    order_no: str
    pay_no: str
    state: str = "received"
    acknowledged: bool = False
    sale_order: str = ""
    live_sale_orders: tuple[str, ...] = ()
    amount_total: int = 0
    confirmed: bool = False
    validated: bool = False
    tracking: str = ""
    problem: str = ""
    reason: str = ""
    because_of: str = ""
    partner_name: str = ""
    phone: str = ""
    zip: str = ""

    @property
    def key(self):
        return self.site, self.order_no

    @property
    def outcome(self):
        if self.state == "cancelled":
            return Outcome.CANCELLED
        if self.state == "ignored":
            return Outcome.NOT_OURS
        if self.problem:
            return Outcome.FAILED if self.problem in BROKEN else Outcome.HELD
        # A delivery that left is done when its number is at the marketplace, and an
        # order without a problem should have come as far as that.
        return Outcome.SHIPPED if self.state == "sent" else Outcome.FAILED

    def for_report(self):
        return {
            "order_no": self.order_no,
            "pay_no": self.pay_no,
            "sale_order": self.sale_order or None,
            "amount_total": self.amount_total if self.sale_order else None,
            "state": self.state,
            "tracking": self.tracking or None,
            "partner_name": self.partner_name or None,
            "phone": self.phone or None,
            "zip": self.zip or None,
            "problem": self.reason or None,
        }


@dataclass
class Remote:
    """One order as the marketplace shows it.

    :param to_do: it is listed as new or to ship
    :param confirmed: None where it cannot be told
    :param invoice_no: the number that buyers see, empty without one
    :param times_confirmed: how often a confirmation took effect; None if unknown
    :param times_sent: how often a tracking number did; None if unknown
    """

    site: str
    order_no: str
    to_do: bool = False
    confirmed: bool | None = None
    invoice_no: str = ""
    times_confirmed: int | None = None
    times_sent: int | None = None

    @property
    def key(self):
        return self.site, self.order_no


@dataclass
class Basket:
    """Money of one basket: its sales orders, and the seller's sale by ESM's figures.

    :param sale: won; None where the marketplace does not show its orders any more
    """

    shop: str
    pay_no: str
    booked: int
    sale: int | None


@dataclass
class Shelf:
    """The stock of one product, and what the marketplace sells of it.

    :param on_hand: pieces that lie in the warehouse
    :param ordered: pieces that the marketplace's open orders need
    :param on_sale: dict listing, for people -> (pieces on sale, pieces of this product
        in one piece sold, pieces of other goods in it as well)
    """

    name: str
    on_hand: int
    ordered: int
    on_sale: dict[str, tuple[int, int, bool]]

    @property
    def free(self):
        return max(0, self.on_hand - self.ordered)

    @property
    def promised(self):
        """Pieces of this product that buyers could buy now."""
        return sum(pieces * needed for pieces, needed, _set in self.on_sale.values())

    @property
    def missed(self):
        """Pieces that could be on sale and are not."""
        alone = [needed for _p, needed, is_set in self.on_sale.values() if not is_set]
        left = self.free - self.promised
        return left if alone and left >= min(alone) else 0


@dataclass
class Verdict:
    """:func:`judge`'s finding.

    :param counts: of all shops, by the keys of :data:`COUNTS`
    :param shops: the same and :data:`ALSO_IN_TABLES` for each shop
    :param shelves: list of :class:`Shelf`, empty where stock is not kept
    :param unmatched: texts of options that no product is known for
    :param wrong: what must not have happened, in words
    """

    counts: dict[str, int]
    shops: dict[str, Counter]
    totals_equal: bool
    baskets: list[Basket]
    waiting: list[Booked]
    shelves: list[Shelf] = field(default_factory=list)
    unmatched: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def summary(self):
        found = {**self.counts, "totals_equal": self.totals_equal}
        if self.shelves:
            found["on_sale"] = sum(shelf.promised for shelf in self.shelves)
            found["may_be_sold"] = sum(shelf.free for shelf in self.shelves)
            found["unmatched_options"] = len(self.unmatched)
            found["stock_right"] = not any(map(_stock_faults, self.shelves))
        return found


def judge(orders, remote, baskets, shops=(), shelves=(), unmatched=()):
    """Compare Odoo with the marketplace.

    :param orders: list of :class:`Booked`
    :param remote: list of :class:`Remote`, all orders that the marketplace shows
    :param baskets: list of :class:`Basket`, those whose orders are all booked
    :param shops: names of shops that get a table even without an order
    :param shelves: list of :class:`Shelf`
    :param unmatched: texts of options that no product is known for
    """
    seen = {other.key: other for other in remote}
    tables = {shop: Counter() for shop in shops}
    for order in orders:
        table = tables.setdefault(order.shop, Counter())
        table.update(_counted(order, seen.get(order.key)))
    counts = {key: sum(table[key] for table in tables.values()) for key in COUNTS}
    different = [b for b in baskets if b.sale is not None and b.sale != b.booked]
    wrong = [
        *_lost(orders, remote),
        *_doubled(orders, seen),
        *_missing(orders, seen),
        *(
            f"{basket.shop}: basket {basket.pay_no} amounts to {basket.booked:,} won "
            f"in Odoo, but to {basket.sale:,} won at the marketplace."
            for basket in different
        ),
        *(fault for shelf in shelves for fault in _stock_faults(shelf)),
    ]
    waiting = [o for o in orders if o.outcome in (Outcome.HELD, Outcome.FAILED)]
    return Verdict(
        counts,
        tables,
        not different,
        baskets,
        waiting,
        shelves=list(shelves),
        unmatched=list(unmatched),
        wrong=wrong,
    )


def _counted(order, other):
    """Which counts an order adds one to."""
    live = order.outcome not in (Outcome.CANCELLED, Outcome.NOT_OURS)
    return [
        name
        for name, counts in (
            ("collected", True),
            ("acknowledged", order.acknowledged),
            ("booked", bool(order.sale_order)),
            ("released", live and order.confirmed),
            ("shipped", order.validated),
            ("tracking_at_esm", _is_tracked(order, other)),
            ("held", order.outcome is Outcome.HELD),
            ("failed", order.outcome is Outcome.FAILED),
            ("cancelled", order.outcome is Outcome.CANCELLED),
            ("not_ours", order.outcome is Outcome.NOT_OURS),
        )
        if counts
    ]


def _is_tracked(order, other):
    return bool(
        order.validated
        and order.tracking
        and other
        and other.invoice_no == order.tracking
    )


def _lost(orders, remote):
    known = {order.key for order in orders}
    for other in remote:
        if other.to_do and other.key not in known:
            yield (
                f"Order {other.order_no} ({other.site}) waits at the marketplace, but "
                "is not in Odoo."
            )


def _doubled(orders, seen):
    times = Counter(order.key for order in orders)
    for (site, order_no), count in times.items():
        if count > 1:
            yield f"Order {order_no} ({site}) is stored {count} times."
    for order in orders:
        if len(order.live_sale_orders) > 1:
            names = ", ".join(order.live_sale_orders)
            yield f"Order {order.order_no} is in several sales orders: {names}."
        other = seen.get(order.key)
        if not other:
            continue
        if (other.times_confirmed or 0) > 1:
            yield (
                f"Order {order.order_no} was confirmed {other.times_confirmed} times "
                "at the marketplace."
            )
        if (other.times_sent or 0) > 1:
            yield (
                f"The tracking number of order {order.order_no} was sent "
                f"{other.times_sent} times."
            )


def _missing(orders, seen):
    """What Odoo believes to be done at the marketplace and is not."""
    for order in orders:
        other = seen.get(order.key)
        if order.acknowledged and other and other.confirmed is False:
            yield f"Order {order.order_no} is not confirmed at the marketplace."
        if (
            order.validated
            and order.outcome is not Outcome.HELD  # its reason says why not
            and not _is_tracked(order, other)
        ):
            shown = (other and other.invoice_no) or "none"
            yield (
                f"The number {order.tracking or '(none)'} of order {order.order_no} is "
                f"not at the marketplace: it shows {shown}."
            )


def _stock_faults(shelf):
    """What is wrong with the stock of one product: a list of texts."""
    faults = []
    if shelf.ordered > shelf.on_hand:
        faults.append(
            f"{shelf.name}: {shelf.ordered} pieces are sold, but only {shelf.on_hand} "
            "lie in the warehouse."
        )
    if shelf.promised > shelf.free:
        faults.append(
            f"{shelf.name}: {shelf.promised} pieces are on sale, but only "
            f"{shelf.free} may be sold."
        )
    if shelf.missed:
        faults.append(
            f"{shelf.name}: {shelf.missed} pieces more could be on sale than the "
            f"{shelf.promised} that are."
        )
    return faults


def _stock_table(shelves):
    """Lines of the stock table: one for each product, one for each listing of it."""
    lines = ["", "Stock", "  in stock   ordered   may be sold   on sale"]
    for shelf in shelves:
        lines.append(
            f"  {shelf.on_hand:>8}  {shelf.ordered:>8}  {shelf.free:>12}  "
            f"{shelf.promised:>8}  {shelf.name}"
        )
        lines += [
            f"{'':>38}{pieces:>4} {f'× {needed}' if needed > 1 else ''}  {where}"
            for where, (pieces, needed, _set) in shelf.on_sale.items()
        ]
    return lines


def tables(verdict):
    """The verdict for a terminal: a table for each shop, then what needs a human."""
    lines = []
    labels = {**COUNTS, **ALSO_IN_TABLES}
    money = defaultdict(lambda: [0, 0])
    for basket in verdict.baskets:
        money[basket.shop][0] += basket.booked
        money[basket.shop][1] += basket.booked if basket.sale is None else basket.sale
    for shop, counts in verdict.shops.items():
        lines += ["", shop]
        for key, label in labels.items():
            if counts[key] or key in COUNTS:
                lines.append(f"  {key:<16}{counts[key]:>5}  {label}")
        booked, sale = money[shop]
        lines.append(
            f"  sales orders {booked:,} won, the marketplace's figures {sale:,} won"
        )
    followers = Counter((o.site, o.because_of) for o in verdict.waiting)
    for title, outcome in (("Held:", Outcome.HELD), ("Failed:", Outcome.FAILED)):
        chosen = [
            order
            for order in verdict.waiting
            if order.outcome is outcome and not order.because_of
        ]
        if chosen:
            lines += ["", title]
        for order in chosen:
            more = followers[order.key]
            also = f" (and {more} in the same sales order)" if more else ""
            lines.append(f"  {order.shop}, {order.order_no}{also}: {order.reason}")
    if verdict.shelves:
        lines += _stock_table(verdict.shelves)
    if verdict.unmatched:
        lines += ["", "Unmatched:", *(f"  {text}" for text in verdict.unmatched)]
    if verdict.wrong:
        lines += ["", "Wrong:", *(f"  {text}" for text in verdict.wrong)]
    return "\n".join(lines)
