"""How the pieces of a warehouse are divided among what is on sale.

Needs neither Odoo nor a database.

The rule: **each piece is on sale in one place only.** Listings that sell the same
product, on one site or on both, alone or in sets, get equal shares of it; what does not
divide goes to the first. So all of them may sell out in the same second, and everything
can still be shipped.
"""

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

# Quantities are floats in Odoo: 0.1 + 0.2 of a kilogram are three tenths.
_EPSILON = 1e-6


class Offer(NamedTuple):
    """Something on sale: a listing, or one option of it.

    :param key: what the answer calls it
    :param places: where its goods may come from, the best one first
    :param needs: product -> pieces of it in one piece sold
    :param buffer_units: pieces of each product that must be left in its places
    :param buffer_percent: the same as a part of the stock, the larger one counts
    :param most: pieces that it may not exceed
    :param held: pieces that are on sale and cannot be changed now; they get their
        goods before all others, also where there are none. None: it can be changed
    """

    key: Hashable
    places: tuple[Hashable, ...]
    needs: Mapping[Hashable, float]
    buffer_units: float = 0
    buffer_percent: float = 0
    most: float = math.inf
    held: int | None = None


def allocate(
    stock: Mapping[tuple[Hashable, Hashable], float], offers: Iterable[Offer]
) -> dict[Hashable, int]:
    """Divide stock among offers.

    :param stock: (product, place) -> pieces that nobody has ordered; less than nothing
        where more is ordered than there is
    :param offers: in the order in which they get what does not divide
    :return: key -> pieces to put on sale
    """
    offers = list(offers)
    left = dict(stock)
    pieces = {}
    for offer in offers:
        if offer.held:
            _take(offer, offer.held, left, left)
    _settle_debts(left, offers)
    free = [offer for offer in offers if offer.held is None]
    start = dict(left)
    shares = _shares(start, free)
    for offer in offers:
        pieces[offer.key] = offer.held or 0
    for limits in (shares, left):
        # First everyone's own share, then what is left over.
        for offer in free:
            more = _possible(offer, start, limits, left)
            more = min(more, offer.most - pieces[offer.key])
            if more > 0:
                pieces[offer.key] += more
                _take(offer, more, limits, left)
    return pieces


def _settle_debts(left, offers):
    """Where more is ordered than there is, the rest comes from the places beside it.

    :param left: (product, place) -> pieces, changed in place: nothing is below zero
    """
    debts = [slot for slot, units in left.items() if units < 0]
    if debts:
        beside = defaultdict(dict)
        for offer in offers:
            for product in offer.needs:
                for place in offer.places:
                    beside[product, place].update(dict.fromkeys(offer.places))
        for product, place in debts:
            _settle(left, product, place, beside)
    for slot in debts:
        left[slot] = 0


def _settle(left, product, place, beside):
    """Pay for one place, from its neighbours first, then from theirs."""
    owed = -left[product, place]
    reached = [place]
    for near in reached:
        slot = (product, near)
        part = min(owed, max(0, left.get(slot, 0)))
        if part:
            left[slot] -= part
            owed -= part
        reached += [other for other in beside[slot] if other not in reached]


def _shares(start, offers):
    """(product, place) -> what each of the offers that sell it from there gets."""
    sharers = defaultdict(int)
    for offer in offers:
        for product in offer.needs:
            for place in offer.places:
                sharers[product, place] += 1
    return {
        slot: start[slot] / count for slot, count in sharers.items() if start.get(slot)
    }


def _possible(offer, start, limits, left):
    """Pieces that an offer may add without using more than `limits`."""
    possible = math.inf
    for product, needed in offer.needs.items():
        slots = [(product, place) for place in offer.places]
        total = sum(start.get(slot, 0) for slot in slots)
        buffer = max(offer.buffer_units, total * offer.buffer_percent / 100)
        units = sum(left.get(slot, 0) for slot in slots) - buffer
        if limits is not left and total:
            # Nobody gets a full share where something is kept back.
            share = sum(limits.get(slot, 0) for slot in slots)
            units = min(units, share * (1 - buffer / total))
        possible = min(possible, math.floor(units / needed + _EPSILON))
    return 0 if possible is math.inf else possible


def _take(offer, more, limits, left):
    """Take the goods of `more` pieces out of `left`, the best places first."""
    for product, needed in offer.needs.items():
        units = more * needed
        for place in offer.places:
            slot = (product, place)
            part = min(units, limits.get(slot, 0))
            if part > 0:
                left[slot] -= part
                units -= part


def split_amount(amount, weights):
    """Split whole won by weights; the parts always add up to the amount.

    :param amount: Decimal or int, whole won
    :param weights: list of numbers >= 0; all zero counts as all equal
    :return: list of Decimal, none of them negative if the amount is not
    """
    weights = [Fraction(weight) for weight in weights]
    total = sum(weights)
    if not total:
        weights, total = [1] * len(weights), len(weights)
    parts, given, weighed = [], Decimal(0), 0
    for weight in weights:
        weighed += weight
        until = Decimal(int(Fraction(amount) * weighed / total))
        if weighed == total:
            until = Decimal(amount)
        parts.append(until - given)
        given = until
    return parts
