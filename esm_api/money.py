"""The seller's sale of a basket, and whether ESM's figures explain it.

Source: etapi.gmarket.com/67; fact sheet 3.2, 10 and 14.

ESM gives the amount paid (``AcntMoney``) per order:

    price x quantity + options + additions
    - seller discount - seller-paid cash - site discount + shipping

where "shipping" is the cart's sum, on Gmarket on **one** order of the cart, on Auction
on **every** order (3.2). So the rows themselves say what shipping was paid:

* Gmarket: the sum over the cart of what ``AcntMoney`` has above the goods;
* Auction: what each ``AcntMoney`` has above the goods, the same on every order. (If
  that is not so, but each order has exactly the shipping of its own bundle, that is
  taken too.)

How ``ShippingFee`` is split over the rows of a bundle is unknown (10, 14). Three ways
of reading it are tried, and the one that the paid shipping explains is taken:

* ``SUM``: each row carries its share, or one row carries it all;
* ``GROUPS``: each row repeats the fee of its bundle (``GroupNo``);
* ``CART``: each row repeats the fee of the cart.

Remote-area and Jeju surcharges are read in the same ways. Whether they are inside of
``AcntMoney`` is unknown (14): both are accepted, and they are booked as shipping. If
nothing explains the figures, nothing is guessed: the basket is not balanced and the
caller holds it.
"""

import enum
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

from .order import Order, ShippingCondition
from .sites import Site

ZERO = Decimal(0)

_Shares = Mapping[str, Decimal]


class MoneyProblem(enum.Enum):
    """Why a basket must not be booked as it is."""

    NOT_WHOLE_WON = "not_whole_won"
    PAID_DIFFERS = "paid_differs"
    MISSING_AMOUNT = "missing_amount"
    IMPOSSIBLE = "impossible"


class ShippingReading(enum.Enum):
    """How the rows' shipping fees were understood; see the module's text."""

    SUM = "sum"
    GROUPS = "groups"
    CART = "cart"


@dataclass(frozen=True)
class BasketMoney:
    """Amounts of a basket in won. Every mapping has an entry for each order number.

    :param goods: price x quantity + option surcharge
    :param additions: addition items
    :param seller_discounts: what the seller gives away
    :param seller_cash: seller-paid Smile Cash, given away too
    :param site_shares: what the site gives away and pays out to the seller
    :param shipping_shares: which row's fee makes up ``shipping``; for a basket that
        becomes several sales orders
    :param surcharge_shares: the same for ``surcharge``
    :param paid: what the buyer paid for these rows; None without ``AcntMoney``.
        Surcharges are in it also where ESM leaves them out of ``AcntMoney``
    :param reading: None if nothing explains the figures
    :param surcharge_in_paid: whether ``AcntMoney`` contains the surcharges
    :param problem: None if the basket can be booked
    """

    goods: _Shares
    additions: _Shares
    seller_discounts: _Shares
    seller_cash: _Shares
    site_shares: _Shares
    shipping_shares: _Shares
    surcharge_shares: _Shares
    paid: Decimal | None
    reading: ShippingReading | None
    surcharge_in_paid: bool
    problem: MoneyProblem | None

    @property
    def shipping(self) -> Decimal:
        """Shipping fee of the basket, once."""
        return sum(self.shipping_shares.values(), ZERO)

    @property
    def surcharge(self) -> Decimal:
        """Remote-area and Jeju surcharge of the basket, once."""
        return sum(self.surcharge_shares.values(), ZERO)

    @property
    def site_share(self) -> Decimal:
        return sum(self.site_shares.values(), ZERO)

    @property
    def total(self) -> Decimal:
        """The seller's sale (design rule 2), 0 or more."""
        return self.sale_of(self.goods)

    def sale_of(self, order_nos: Iterable[str]) -> Decimal:
        """Return the seller's sale of some of the orders.

        For a basket with several destinations, or one of which an order was
        cancelled: give the whole cart to :func:`basket_money` and ask here for what
        is left. The parts add up to the whole.
        """
        plus = (
            self.goods,
            self.additions,
            self.shipping_shares,
            self.surcharge_shares,
        )
        minus = (self.seller_discounts, self.seller_cash)
        total = ZERO
        for order_no in order_nos:
            total += sum((shares[order_no] for shares in plus), ZERO)
            total -= sum((shares[order_no] for shares in minus), ZERO)
        return max(total, ZERO)

    @property
    def expected_paid(self) -> Decimal:
        """What the buyer must have paid by these figures."""
        return self.total - self.site_share

    @property
    def difference(self) -> Decimal:
        """Paid minus expected, 0 without ``AcntMoney``."""
        return ZERO if self.paid is None else self.paid - self.expected_paid

    @property
    def balanced(self) -> bool:
        return self.problem is None


class _Candidate(NamedTuple):
    """One way to understand fees and surcharges."""

    reading: ShippingReading
    fees: _Shares
    surcharges: _Shares
    surcharge_in_paid: bool

    @property
    def paid_shipping(self) -> Decimal:
        """What ``AcntMoney`` has above the goods if this is right."""
        paid = sum(self.fees.values(), ZERO)
        if self.surcharge_in_paid:
            paid += sum(self.surcharges.values(), ZERO)
        return paid


def basket_money(orders: Sequence[Order], site: Site) -> BasketMoney:
    """Return the money of the orders of one cart (``PayNo``).

    The result does not depend on the order of the rows; a number given twice counts
    once. With missing ``AcntMoney``, or if nothing explains the figures, shipping is
    the sum of the rows on Gmarket and their largest on Auction (10).

    Rows of the cart that are not given may make the figures inexplicable, as the
    paid shipping may belong to them: the result is then not balanced, and is when
    they come. Give rows that were cancelled meanwhile too and use
    :meth:`BasketMoney.sale_of`.

    :param orders: all known rows of the cart
    """
    rows = sorted({order.order_no: order for order in orders}.values(), key=_by_number)
    goods = {row.order_no: _goods(row) for row in rows}
    additions = _each(rows, lambda row: row.addition_amount)
    seller_discounts = _each(rows, lambda row: row.seller_discount)
    seller_cash = _each(rows, lambda row: row.seller_cash)
    site_shares = _each(rows, lambda row: row.site_discount)
    net = {
        number: goods[number]
        + additions[number]
        - seller_discounts[number]
        - seller_cash[number]
        - site_shares[number]
        for number in goods
    }
    # What each AcntMoney has above the goods.
    above = [
        row.paid_amount - net[row.order_no]
        for row in rows
        if row.paid_amount is not None
    ]
    complete = len(above) == len(rows)
    candidates = _candidates(rows, site)
    chosen = _explained(candidates, rows, above, site) if complete else None
    used = chosen or candidates[0]
    paid = None
    if complete:
        paid = sum(net.values(), ZERO)
        paid += chosen.paid_shipping if chosen else _differing(used, above, site)
        if not used.surcharge_in_paid:
            paid += sum(used.surcharges.values(), ZERO)
    money = BasketMoney(
        goods=goods,
        additions=additions,
        seller_discounts=seller_discounts,
        seller_cash=seller_cash,
        site_shares=site_shares,
        shipping_shares=used.fees,
        surcharge_shares=used.surcharges,
        paid=paid,
        reading=chosen.reading if chosen else None,
        surcharge_in_paid=used.surcharge_in_paid,
        problem=_unfit(rows, complete),
    )
    return money if money.problem else _checked(money)


def _by_number(row: Order) -> tuple[int, str]:
    return len(row.order_no), row.order_no


def _each(
    rows: Iterable[Order], amount: Callable[[Order], Decimal | None]
) -> dict[str, Decimal]:
    """Return the amount per order; ESM leaves out or nulls what is none (3.2)."""
    return {row.order_no: amount(row) or ZERO for row in rows}


def _goods(row: Order) -> Decimal:
    price = row.unit_price or ZERO
    return price * (row.quantity or 0) + (row.option_amount or ZERO)


def _unfit(rows: Sequence[Order], complete: bool) -> MoneyProblem | None:
    """A sale cannot be told without price, quantity and amount paid.

    Other amounts that cannot be read count as 0, and then do not balance. What nobody
    can have ordered is not believed, however well its figures fit.
    """
    if any(row.impossible for row in rows):
        return MoneyProblem.IMPOSSIBLE
    known = all(row.unit_price is not None and row.quantity is not None for row in rows)
    return None if known and complete else MoneyProblem.MISSING_AMOUNT


def _checked(money: BasketMoney) -> BasketMoney:
    problem = None
    if money.reading is None or money.difference:
        problem = MoneyProblem.PAID_DIFFERS
    elif any(amount % 1 for amount in _amounts(money)):
        problem = MoneyProblem.NOT_WHOLE_WON
    return replace(money, problem=problem)


def _amounts(money: BasketMoney) -> Iterable[Decimal]:
    for shares in (
        money.goods,
        money.additions,
        money.seller_discounts,
        money.seller_cash,
        money.site_shares,
        money.shipping_shares,
        money.surcharge_shares,
    ):
        yield from shares.values()


# -- shipping ------------------------------------------------------------------------


def _candidates(rows: Sequence[Order], site: Site) -> list[_Candidate]:
    """Return the ways to read the fees, the preferred ones first.

    Surcharges inside of the amount paid come first: whatever of these fits, shipping
    and surcharges together are then exactly what was paid. Section 10 prefers the sum
    on Gmarket and the largest on Auction.
    """
    readings = [ShippingReading.SUM, ShippingReading.GROUPS, ShippingReading.CART]
    if site is Site.AUCTION:
        readings.reverse()
    # Pay on delivery (D) is never booked, whatever its ShippingFee says (14).
    prepaid = [
        row for row in rows if row.shipping_condition != ShippingCondition.ON_DELIVERY
    ]
    fees = {
        reading: _shares(rows, prepaid, reading, lambda row: row.shipping_fee)
        for reading in readings
    }
    # A surcharge on a D row was paid to the site only where AcntMoney has it.
    surcharges = {
        reading: _shares(rows, prepaid, reading, _surcharge) for reading in readings
    }
    all_surcharges = {
        reading: _shares(rows, rows, reading, _surcharge) for reading in readings
    }
    same = [(reading, reading) for reading in readings]
    mixed = [(a, b) for a in readings for b in readings if a is not b]
    return [
        _Candidate(fee, fees[fee], amounts[extra], inside)
        for amounts, inside, pairs in (
            (surcharges, True, same),
            (all_surcharges, True, same),
            (surcharges, True, mixed),
            (all_surcharges, True, mixed),
            (surcharges, False, same),
        )
        for fee, extra in pairs
    ]


def _surcharge(row: Order) -> Decimal:
    return (row.jeju_surcharge or ZERO) + (row.remote_surcharge or ZERO)


def _shares(
    rows: Sequence[Order],
    counted: Sequence[Order],
    reading: ShippingReading,
    amount: Callable[[Order], Decimal | None],
) -> dict[str, Decimal]:
    """Return which row's amount counts, 0 for the others."""
    shares = dict.fromkeys((row.order_no for row in rows), ZERO)
    largest: dict[str | None, Order] = {}
    for row in counted:
        key = {
            ShippingReading.SUM: row.order_no,
            ShippingReading.GROUPS: _bundle(row),
            ShippingReading.CART: None,
        }[reading]
        best = largest.get(key)
        if best is None or (amount(row) or ZERO) > (amount(best) or ZERO):
            largest[key] = row
    for row in largest.values():
        shares[row.order_no] = amount(row) or ZERO
    return shares


def _explained(
    candidates: Sequence[_Candidate],
    rows: Sequence[Order],
    above: Sequence[Decimal],
    site: Site,
) -> _Candidate | None:
    """Return the first reading that the amounts paid explain."""
    for candidate in candidates:
        expected = candidate.paid_shipping
        if site is Site.GMARKET:
            fits = sum(above, ZERO) == expected
        else:
            fits = all(amount == expected for amount in above)
        if fits:
            return candidate
    if site is Site.AUCTION:
        for candidate in candidates:
            if candidate.reading is not ShippingReading.CART and all(
                amount == expected
                for amount, expected in zip(
                    above, _of_bundles(candidate, rows), strict=True
                )
            ):
                return candidate
    return None


def _of_bundles(candidate: _Candidate, rows: Sequence[Order]) -> list[Decimal]:
    """Return for each row what its bundle's rows pay for shipping together."""
    bundles: dict[str, Decimal] = {}
    for row in rows:
        paid = candidate.fees[row.order_no]
        if candidate.surcharge_in_paid:
            paid += candidate.surcharges[row.order_no]
        bundles[_bundle(row)] = bundles.get(_bundle(row), ZERO) + paid
    return [bundles[_bundle(row)] for row in rows]


def _bundle(row: Order) -> str:
    """Return the key of a row's bundle; a row without ``GroupNo`` travels alone."""
    return row.group_no or f"alone {row.order_no}"


def _differing(used: _Candidate, above: Sequence[Decimal], site: Site) -> Decimal:
    """Return what the buyer paid above the goods where nothing explains it.

    Auction's rows must agree. The one furthest from what is expected is taken, so
    that the difference shows.
    """
    if site is Site.GMARKET:
        return sum(above, ZERO)
    expected = used.paid_shipping
    return max(above, key=lambda amount: (abs(amount - expected), amount))
