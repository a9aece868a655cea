"""Accounts and orders of the sandbox, and who may see which of them."""

from __future__ import annotations

from . import texts
from .auth import Token
from .lifecycle import Refused
from .model import AUCTION, SITES, Account, Basket, Order
from .reading import INT32_MAX, INT64_MAX
from .strict import Strict


class Store:
    def __init__(self, strict: Strict):
        self.strict = strict
        self.accounts: dict[str, Account] = {}
        self.orders: dict[int, Order] = {}
        self.baskets: dict[int, Basket] = {}
        self.by_seller: dict[tuple[str, str], list[Order]] = {}
        self._counters: dict[str, int] = {}

    def count_from(self, number: int) -> None:
        """Begin the numbers of orders and baskets later, so that two sandboxes, one
        after the other, do not give the same ones."""
        for name in ("order", "pay"):
            for site in SITES:
                self._counters[f"{name}:{site}"] = number

    # ---- numbers: G beyond 32 bits, A below, as in the samples of the pages --

    def _next(self, name: str, base: int) -> int:
        self._counters[name] = self._counters.get(name, 0) + 1
        return base + self._counters[name]

    def next_order_no(self, site: str) -> int:
        base = 2_100_000_000 if site == AUCTION else 4_500_000_000
        return self._next(f"order:{site}", base)

    def next_pay_no(self, site: str) -> int:
        base = 1_900_000_000 if site == AUCTION else 5_500_000_000
        return self._next(f"pay:{site}", base)

    def group_no(self, site: str, seller_id: str, bundle: int) -> int:
        """A policy number: carts that have nothing to do with each other share it."""
        key = f"group:{site}:{seller_id}"
        if key not in self._counters:
            count = sum(name.startswith("group:") for name in self._counters)
            base = 1_600_000_000 if site == AUCTION else 90_000_000
            self._counters[key] = base + 10 * (count + 1)
        return self._counters[key] + 1 + bundle

    def add(self, order: Order) -> None:
        self.orders[order.order_no] = order
        self.by_seller.setdefault((order.site, order.seller_id), []).append(order)
        order.basket.orders.append(order)
        self.baskets[order.pay_no] = order.basket

    # ---- scoping (1.4) -------------------------------------------------------

    def own(self, order: Order, token: Token) -> bool:
        return (
            token.sellers.get(order.site) == order.seller_id
            and (order.site, order.seller_id) in token.account.sellers
        )

    def seller_orders(self, token: Token, site: str) -> list[Order]:
        seller_id = token.sellers.get(site)
        if seller_id is None or (site, seller_id) not in token.account.sellers:
            return []
        return self.by_seller.get((site, seller_id), [])

    def find(self, number: int, token: Token) -> Order | None:
        """The order if this token may see it."""
        order = self.orders.get(number)
        return order if order is not None and self.own(order, token) else None

    def action_order(
        self,
        number: object,
        token: Token,
        *,
        unknown: str = texts.NO_SUCH_ORDER,
    ) -> Order:
        """The order of an action without a site field (68 to 71), or the refusal."""
        if not isinstance(number, int) or not 0 < number <= INT64_MAX:
            raise Refused(3000, texts.INT32_ACTION)
        auction_token = AUCTION in token.sellers and (
            len(token.sellers) == 1 or self.strict.mixed_token_mode == "int32"  # nosec B105  # no secret
        )
        if len(str(number)) != 10 or (auction_token and number > INT32_MAX):
            raise Refused(3000, texts.INT32_ACTION)
        order = self.find(number, token)
        if order is None:
            raise Refused(3000, unknown)
        return order
