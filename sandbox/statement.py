"""The seller's sale of a cart, added up from its payload rows by the words of page 67.

For tools that check a client from outside: whatever the client makes of the rows, this
is what they say. It takes the buyer's payment (``AcntMoney``) as the truth about
shipping, where a client may go by ``ShippingFee``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal, InvalidOperation

from .model import GMARKET

ZERO = Decimal(0)


class _Row:
    """One row; its keys in any case, amounts as numbers or text."""

    def __init__(self, payload: Mapping):
        self._values = {str(key).lower(): value for key, value in payload.items()}

    def text(self, key: str) -> str:
        return str(self._values.get(key.lower()) or "").strip()

    def known(self, key: str) -> bool:
        return bool(self.text(key)) or self._values.get(key.lower()) == 0

    def won(self, *keys: str) -> Decimal:
        """The sum of these amounts; what is missing counts as 0."""
        try:
            return sum((Decimal(self.text(key) or 0) for key in keys), ZERO)
        except InvalidOperation:
            raise ValueError(f"no amounts: {keys}") from None

    @property
    def sale(self) -> Decimal:
        """What the seller sells for, without shipping."""
        discount = self.won("SellerDiscountPrice") or self.won(
            "SellerDiscountPrice1", "SellerDiscountPrice2"
        )
        return (
            self.won("SalePrice") * self.won("ContrAmount")
            + self.won("OptSelPrice", "OptAddPrice")
            - discount
            - self.won("SellerCashbackMoney")
        )

    @property
    def above(self) -> Decimal:
        """What the buyer paid above the goods: the cart's shipping, or nothing."""
        return self.won("AcntMoney") - (self.sale - self.won("DirectDiscountPrice"))

    @property
    def surcharge(self) -> Decimal:
        return self.won("JejuAddDeliveryFee", "BackwoodsAddDeliveryFee")


def seller_sale(
    site: str,
    payloads: Mapping[str, Mapping],
    live: Collection[str] | None = None,
) -> int | None:
    """The seller's sale of one cart in won, shipping once; None if it cannot be told.

    ``payloads``: by order number all rows of the cart, cancelled ones too, as they were
    last shown. ``live``: the numbers that are not cancelled (default: all of them).
    """
    rows = {number: _Row(payload) for number, payload in payloads.items()}
    if not rows or not all(row.known("AcntMoney") for row in rows.values()):
        return None
    try:
        shipping = _shipping(site, list(rows.values()))
        kept = [row for number, row in rows.items() if live is None or number in live]
        if shipping is None or not kept:
            return None
        return int(sum((row.sale for row in kept), ZERO) + shipping)
    except ValueError:
        return None


def _shipping(site: str, rows: list[_Row]) -> Decimal | None:
    above = [row.above for row in rows]
    if site == GMARKET:
        paid = sum(above, ZERO)
    elif len(set(above)) == 1:
        paid = above[0]
    else:  # not the cart's sum on each row, so that of the row's bundle (14)
        bundles = {
            (row.text("GroupNo"), amount)
            for row, amount in zip(rows, above, strict=True)
        }
        if len(bundles) != len({group for group, _amount in bundles}):
            return None
        paid = sum((amount for _group, amount in bundles), ZERO)
    fees = _readings(rows, [row.won("ShippingFee") for row in rows])
    surcharges = _readings(rows, [row.surcharge for row in rows])
    inside = {fee + surcharge for fee in fees for surcharge in surcharges}
    if paid not in fees or paid in inside:
        return paid
    # Whether AcntMoney has the island surcharges in it is unknown (14). Here only the
    # fee explains what was paid, so they come on top, if one can tell how much.
    return paid + surcharges.pop() if len(surcharges) == 1 else None


def _readings(rows: list[_Row], amounts: list[Decimal]) -> set[Decimal]:
    """The cart's amount if each row has its share, its bundle's or the cart's whole."""
    bundles: dict[str, Decimal] = {}
    for row, amount in zip(rows, amounts, strict=True):
        group = row.text("GroupNo")
        bundles[group] = max(amount, bundles.get(group, ZERO))
    return {sum(amounts, ZERO), sum(bundles.values(), ZERO), max(amounts)}
