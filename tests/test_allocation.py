"""How stock and money are divided, whatever there is and whoever wants it."""

import random
from fractions import Fraction
from itertools import combinations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..models.allocation import Offer, allocate, split_amount

PRODUCTS, PLACES = ("tea", "cup", "bag"), ("main", "second", "third")
PROPERTY = settings(
    max_examples=150,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)

needs = st.dictionaries(
    st.sampled_from(PRODUCTS), st.sampled_from((1, 1, 1, 2, 3, 0.5)), min_size=1
)
numbers = st.integers(0, 12)


def one_of_each(places):
    """Where goods may come from: one place, or several in any order."""
    return st.lists(st.sampled_from(places), min_size=1, unique=True).map(tuple)


@st.composite
def markets(draw, places=PLACES, held=True):
    """(stock, offers): a few warehouses, and what is sold out of them."""
    stock = {
        (product, place): draw(st.one_of(st.integers(-5, 40), st.just(0.5)))
        for product in PRODUCTS
        for place in places
        if draw(st.integers(0, 4))
    }
    # Buffers are those of a shop, which sells from the same places.
    shops = [
        (draw(one_of_each(places)), draw(st.sampled_from((0, 0, 1, 4))), percent)
        for percent in draw(st.lists(st.sampled_from((0, 0, 10, 50)), max_size=2))
    ] or [(places, 0, 0)]
    offers = []
    for key in range(draw(st.integers(1, 6))):
        shop_places, units, percent = draw(st.sampled_from(shops))
        offers.append(
            Offer(
                key,
                shop_places,
                draw(needs),
                units,
                percent,
                most=draw(st.sampled_from((99_999, 99_999, 3, 0))),
                held=draw(st.sampled_from((None, None, None, 2))) if held else None,
            )
        )
    return stock, offers


def subsets(places):
    return [
        set(part)
        for count in range(1, len(places) + 1)
        for part in combinations(places, count)
    ]


def demand(offers, pieces, product, places):
    """Units of a product that can come out of nothing but these places."""
    return sum(
        pieces[offer.key] * offer.needs.get(product, 0)
        for offer in offers
        if set(offer.places) <= places
    )


def there(stock, product, places):
    return sum(max(0, stock.get((product, place), 0)) for place in places)


@tagged("post_install", "-at_install")
class TestAllocate(BaseCase):
    @PROPERTY
    @given(markets(held=False))
    def test_all_of_it_can_be_shipped(self, market):
        stock, offers = market
        pieces = allocate(stock, offers)
        self.assertEqual(set(pieces), {offer.key for offer in offers})
        for product in PRODUCTS:
            for places in subsets(PLACES):
                self.assertLessEqual(
                    demand(offers, pieces, product, places),
                    there(stock, product, places) + 1e-6,
                )

    @PROPERTY
    @given(markets(held=False))
    def test_what_is_owed_in_one_place_comes_out_of_the_others(self, market):
        stock, offers = market
        # All of them may sell from everywhere: one heap, debts included.
        offers = [offer._replace(places=PLACES) for offer in offers]
        pieces = allocate(stock, offers)
        for product in PRODUCTS:
            heap = sum(stock.get((product, place), 0) for place in PLACES)
            self.assertLessEqual(
                demand(offers, pieces, product, set(PLACES)), max(0, heap) + 1e-6
            )

    @PROPERTY
    @given(markets())
    def test_what_is_held_comes_first(self, market):
        stock, offers = market
        pieces = allocate(stock, offers)
        held = [offer for offer in offers if offer.held is not None]
        for offer in held:
            self.assertEqual(pieces[offer.key], offer.held)
        for product in PRODUCTS:
            kept = demand(held, pieces, product, set(PLACES))
            self.assertLessEqual(
                demand(offers, pieces, product, set(PLACES)),
                max(there(stock, product, PLACES), kept) + 1e-6,
            )

    @PROPERTY
    @given(markets(held=False))
    def test_limits_and_buffers(self, market):
        stock, offers = market
        pieces = allocate(stock, offers)
        for offer in offers:
            self.assertGreaterEqual(pieces[offer.key], 0)
            self.assertLessEqual(pieces[offer.key], offer.most)
        for places, units, percent in {offer[1:2] + offer[3:5] for offer in offers}:
            shop = [
                offer
                for offer in offers
                if offer[1:2] + offer[3:5] == (places, units, percent)
            ]
            for product in PRODUCTS:
                total = there(stock, product, places)
                buffer = units if len(places) > 1 else max(units, total * percent / 100)
                self.assertLessEqual(
                    demand(shop, pieces, product, set(places)),
                    max(0, total - buffer) + 1e-6,
                )

    @PROPERTY
    @given(markets(places=("main",), held=False))
    def test_nothing_is_left_that_an_offer_could_take(self, market):
        stock, offers = market
        pieces = allocate(stock, offers)
        left, start = {}, {}
        for product in PRODUCTS:
            start[product] = there(stock, product, PLACES)
            left[product] = start[product] - demand(
                offers, pieces, product, set(PLACES)
            )
        for offer in offers:
            room = all(
                left[product]
                - max(offer.buffer_units, start[product] * offer.buffer_percent / 100)
                > needed - 1e-7
                for product, needed in offer.needs.items()
            )
            self.assertFalse(room and pieces[offer.key] < offer.most, offer)

    @PROPERTY
    @given(markets(), st.randoms(use_true_random=False))
    def test_names_and_their_order_say_nothing(self, market, rng):
        stock, offers = market
        pieces = allocate(stock, offers)
        self.assertEqual(allocate(stock, offers), pieces)
        slots = list(stock.items())
        rng.shuffle(slots)
        renamed = [offer._replace(key=f"listing {offer.key}") for offer in offers]
        for index, offer in enumerate(renamed):
            mixed = list(offer.needs.items())
            rng.shuffle(mixed)
            renamed[index] = offer._replace(needs=dict(mixed))
        self.assertEqual(
            allocate(dict(slots), renamed),
            {f"listing {key}": count for key, count in pieces.items()},
        )

    @PROPERTY
    @given(
        numbers,
        st.lists(st.sampled_from((99_999, 4, 0)), min_size=1),
        st.integers(0, 99),
    )
    def test_the_order_of_offers_does_not_change_the_total(self, units, limits, seed):
        offers = [
            Offer(key, ("main",), {"tea": 1}, most=most)
            for key, most in enumerate(limits)
        ]
        stock = {("tea", "main"): units}
        self.assertEqual(sum(allocate(stock, offers).values()), min(units, sum(limits)))
        random.Random(seed).shuffle(offers)
        self.assertEqual(sum(allocate(stock, offers).values()), min(units, sum(limits)))

    @PROPERTY
    @given(numbers, st.integers(1, 5), st.integers(0, 5))
    def test_equal_shares_the_rest_to_the_first(self, units, count, buffer):
        offers = [Offer(key, ("main",), {"tea": 1}, buffer) for key in range(count)]
        pieces = allocate({("tea", "main"): units}, offers)
        rest = max(0, units - buffer)
        self.assertEqual(sum(pieces.values()), rest)
        self.assertEqual(
            [pieces[key] for key in range(1, count)], [rest // count] * (count - 1)
        )

    def test_a_set_gets_no_more_than_its_scarcest_goods(self):
        stock = {("tea", "main"): 10, ("cup", "main"): 2}
        offers = [
            Offer("set", ("main",), {"tea": 2, "cup": 1}),
            Offer("tea", ("main",), {"tea": 1}),
        ]
        self.assertEqual(allocate(stock, offers), {"set": 2, "tea": 6})

    def test_tenths_of_a_kilogram_do_not_get_lost(self):
        offers = [Offer("bag", ("main",), {"tea": 0.1})]
        self.assertEqual(allocate({("tea", "main"): 0.1 + 0.2}, offers), {"bag": 3})

    def test_a_set_of_nothing_sells_nothing(self):
        self.assertEqual(allocate({}, [Offer("set", ("main",), {})]), {"set": 0})


@tagged("post_install", "-at_install")
class TestSplitAmount(BaseCase):
    @PROPERTY
    @given(
        st.integers(0, 10**9),
        st.lists(
            st.one_of(
                st.integers(0, 10**7),
                st.floats(0, 10**7, allow_nan=False),
                st.just(0),
            ),
            min_size=1,
            max_size=8,
        ),
    )
    def test_parts_add_up(self, amount, weights):
        parts = split_amount(amount, weights)
        self.assertEqual(len(parts), len(weights))
        self.assertEqual(sum(parts), amount)
        total = sum(map(Fraction, weights))
        for part, weight in zip(parts, weights, strict=True):
            self.assertGreaterEqual(part, 0)
            self.assertEqual(part, int(part), "whole won")
            share = Fraction(weight) / total if total else Fraction(1, len(weights))
            self.assertLess(abs(Fraction(part) - amount * share), 1)

    def test_no_weights_are_equal_weights(self):
        self.assertEqual(split_amount(10, [0, 0, 0]), [3, 3, 4])
