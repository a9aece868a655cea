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
    :param buffer_units: pieces of each product that it must not touch
    :param buffer_percent: the same as a part of the stock, the larger one counts
    """

    key: Hashable
    places: tuple[Hashable, ...]
    needs: Mapping[Hashable, float]
    buffer_units: float = 0
    buffer_percent: float = 0


def allocate(
    stock: Mapping[tuple[Hashable, Hashable], float],
    offers: Iterable[Offer],
    most: int,
) -> dict[Hashable, int]:
    """Divide stock among offers.

    :param stock: (product, place) -> pieces that nobody has ordered
    :param offers: in the order in which they get what does not divide
    :param most: pieces that no offer may exceed
    :return: key -> pieces to put on sale
    """
    offers = list(offers)
    left = {slot: units for slot, units in stock.items() if units > 0}
    sharers = defaultdict(int)
    for offer in offers:
        for product in offer.needs:
            for place in offer.places:
                sharers[product, place] += 1
    shares = {
        slot: math.floor(left[slot] / sharers[slot]) for slot in left if sharers[slot]
    }
    pieces = {offer.key: 0 for offer in offers}
    for limits in (shares, left):
        # First everyone's own share, then what is left over.
        for offer in offers:
            more = _possible(offer, stock, limits, pieces[offer.key])
            more = min(more, most - pieces[offer.key])
            if more > 0:
                pieces[offer.key] += more
                _take(offer, more, limits, left)
    return pieces


def _possible(offer, stock, limits, taken):
    """Pieces that an offer may still add without using more than `limits`."""
    possible = math.inf
    for product, needed in offer.needs.items():
        slots = [(product, place) for place in offer.places]
        total = sum(max(0, stock.get(slot, 0)) for slot in slots)
        buffer = max(offer.buffer_units, total * offer.buffer_percent / 100)
        units = min(
            sum(limits.get(slot, 0) for slot in slots),
            total - buffer - taken * needed,
        )
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
