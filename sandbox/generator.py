"""A realistic mix of baskets: options, addition items, both discounts, conditional
shipping, islands, quirky memos. From a catalogue of any goods, or from the items that
the sandbox has on sale. The same seed gives the same orders."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from .catalog import SoldOut
from .model import GMARKET
from .placing import Placer

if TYPE_CHECKING:
    from .catalog import CatalogItem, CatalogOption

DEFAULT_CATALOG: tuple[dict, ...] = (
    {"seller_code": "TEA-0100", "name": "[샘플] 보리차 티백 100개입", "price": 12900},
    {"seller_code": "CUP-05", "inventory_code": "CUP-05-W", "option": "색상:화이트",
     "name": "[샘플] 머그컵", "price": 5500},
    {"seller_code": "CUP-05", "inventory_code": "CUP-05-B", "option": "색상:블랙",
     "name": "[샘플] 머그컵", "price": 5500},
    {"seller_code": "TS-2026", "inventory_code": "TS-NV-L",
     "option": "색상:네이비, 사이즈:L", "name": "[샘플] 반팔 티셔츠", "price": 24000},
    {"seller_code": "TS-2026", "inventory_code": "TS-WH-M", "option": "화이트;M",
     "name": "[샘플] 반팔 티셔츠", "price": 24000},
    {"seller_code": "GIFTSET-7", "name": "[샘플] 수제 쿠키 세트", "price": 19800},
    {"seller_code": "BAG-01", "name": "[샘플] 선물포장 쇼핑백", "price": 2000},
)  # fmt: skip

MEMOS = (
    "문 앞에 놓아주세요",
    "경비실에 맡겨주세요",
    "배송 전 연락 부탁드립니다",
    '부재시\r\n전화주세요\t"꼭"',
    "빠른 배송 부탁드려요🙏🙏",
    "  택배함에 넣어주세요  ",
    "<공동현관 #0000*> & 종 버튼",
    "파손주의!! 유리제품이라 조심히 다뤄주시고 " + "꼭 세워서 " * 20 + "배송해주세요",
)
QUANTITIES = (1, 1, 1, 1, 2, 2, 3, 5)
#: how often a basket is put together anew because it wants too much of something
TRIES = 20
FREE_FROM = 50_000
SHIPPING_FEE = 3_000


class Mix:
    """Draws baskets. Each basket is one chunk of the wanted number of orders."""

    def __init__(
        self, placer: Placer, catalog: Sequence[Mapping], rng: random.Random, site: str
    ):
        self.placer = placer
        self.catalog = [dict(entry) for entry in catalog]
        self.rng = rng
        self.site = site
        self.addable = [
            entry for entry in self.catalog if not entry.get("inventory_code")
        ]
        self.goods_nos: dict[str, str] = {}
        for entry in self.catalog:
            code = entry.get("seller_code") or entry.get("inventory_code") or ""
            number = len(self.goods_nos) + 1
            self.goods_nos.setdefault(
                code,
                f"{3_900_000_000 + number}" if site == GMARKET else f"F{number:09d}",
            )

    def goods(self) -> dict | None:
        """What is bought, and how much of it; None when there is nothing left."""
        rng = self.rng
        entry = rng.choice(self.catalog)
        price = int(entry["price"])
        quantity = rng.choice(QUANTITIES)
        code = entry.get("seller_code") or entry.get("inventory_code") or ""
        item = {
            "site_goods_no": entry.get("site_goods_no") or self.goods_nos[code],
            "seller_code": entry.get("seller_code") or "",
            "name": entry["name"],
            "price": price,
            "quantity": quantity,
        }
        if entry.get("inventory_code"):
            item["option"] = {
                "text": entry.get("option") or f"선택:{entry['inventory_code']}",
                "code": entry["inventory_code"],
                "surcharge": int(
                    entry.get("surcharge") or rng.choice((0, 0, 0, 500, 1000, 1900))
                ),
            }
        if self.addable and rng.random() < 0.15:
            extra = rng.choice(self.addable)
            item["additions"] = [
                {
                    "text": f"추가구성:{extra['name']}",
                    "code": extra.get("seller_code"),
                    "price": int(extra["price"]),
                    "quantity": rng.choice((1, 1, 2)),
                }
            ]
        return item

    def item(self) -> dict | None:
        item = self.goods()
        if item is None:
            return None
        rng = self.rng
        amount = item["price"] * item["quantity"]
        if rng.random() < 0.25:
            item["seller_discount"] = amount * rng.choice((3, 5, 7, 10)) // 100
        if rng.random() < 0.25:
            item["site_discount"] = min(
                amount // 10, rng.choice((500, 1000, 1237, 3000))
            )
        if rng.random() < 0.08:
            item["seller_cash"] = min(amount // 20, rng.choice((100, 333, 500)))
        if rng.random() < 0.05:
            item["free_gift"], item["free_gift_code"] = "엽서", "CARD1"
        return item

    def shipping(self, items: list[dict]) -> dict:
        rng = self.rng
        amount = sum(item["price"] * item["quantity"] for item in items)
        kind = rng.random()
        if kind < 0.30:
            return {"condition": "X", "shipping_fee": 0}
        if kind < 0.35:
            return {"condition": "D", "shipping_fee": SHIPPING_FEE}
        if kind < 0.65 and self.site == GMARKET:
            fee = 0 if amount >= FREE_FROM else SHIPPING_FEE
            return {"condition": "M", "shipping_fee": fee}
        return {
            "condition": "F",
            "shipping_fee": rng.choice((2500, SHIPPING_FEE, 4000)),
        }

    def basket(self, size: int) -> tuple[list[dict], dict]:
        rng = self.rng
        items = [item for item in (self.item() for _ in range(size)) if item]
        values = self.shipping(items)
        if values["condition"] != "D":
            place = rng.random()
            if place < 0.06:
                values["jeju"] = 3000
            elif place < 0.09:
                values["remote"] = 5000
        values["memo"] = rng.choice(MEMOS) if rng.random() < 0.5 else ""
        phone = rng.random()
        values["virtual"] = phone < 0.35
        values["no_phone"] = phone > 0.97
        quirk = rng.random()
        if quirk < 0.03:
            values["receiver"] = {"name": "  윤시험 😀"}
        elif quirk < 0.06:
            values["receiver"] = {"zip_code": "000-07 "}
        return items, values


class ItemMix(Mix):
    """Baskets of what a seller's items have on sale at the moment."""

    def __init__(self, placer: Placer, rng: random.Random, site: str, seller_id: str):
        super().__init__(placer, (), rng, site)
        self.offers = list(placer.world.catalog.rows(site, seller_id))

    def goods(self) -> dict | None:
        rng = self.rng
        while self.offers:
            index = rng.randrange(len(self.offers))
            item, site, option = self.offers[index]
            chosen = self.chosen(item, option)
            left = min(item.pieces(site, each) for each in chosen or [option])
            if left and len(chosen) == item.choices:
                bought = {
                    "site_goods_no": item.numbers[site],
                    "price": item.price[site],
                    "quantity": min(left, rng.choice(QUANTITIES)),
                    "options": [each.key for each in chosen],
                }
                if item.additions and rng.random() < 0.15:
                    bought["additions"] = [rng.choice(item.additions)]
                return bought
            self.offers[index] = self.offers[-1]
            self.offers.pop()
        return None

    def chosen(
        self, item: CatalogItem, option: CatalogOption | None
    ) -> list[CatalogOption]:
        """The option, with one of each other choice of the item."""
        if option is None or item.choices == 1:
            return [option] if option else []
        found = []
        for group in range(item.choices):
            others = [
                other
                for other in item.options
                if other.group == group and item.pieces(self.site, other)
            ]
            if group == option.group:
                found.append(option)
            elif others:
                found.append(self.rng.choice(others))
        return found


def cut(orders: int, baskets: int, rng: random.Random) -> list[int]:
    """``orders`` spread over ``baskets``, each with at least one."""
    sizes = [1] * baskets
    for _ in range(orders - baskets):
        sizes[rng.randrange(baskets)] += 1
    return sizes


def generate(
    placer: Placer,
    site: str,
    seller_id: str,
    *,
    orders: int,
    baskets: int | None = None,
    catalog: Sequence[Mapping] | None = None,
    seed: int | str = 1,
    spread: float = 6 * 3600,
) -> list[int]:
    """Place ``orders`` orders in ``baskets`` baskets (default about half as many), paid
    within the last ``spread`` seconds. Returns the order numbers. Without ``catalog``
    from the seller's items, and fewer when not enough is on sale; from the default
    catalogue when he has none."""
    if orders <= 0:
        return []
    # Repeatable is what it has to be.
    rng = random.Random(f"generate:{seed}:{site}:{seller_id}")  # nosec B311
    baskets = min(orders, baskets or max(1, (orders + 1) // 2))
    if not catalog and placer.world.catalog.of_seller(site, seller_id):
        mix: Mix = ItemMix(placer, rng, site, seller_id)
    else:
        mix = Mix(placer, catalog or DEFAULT_CATALOG, rng, site)
    now = placer.world.clock.now()
    ages = sorted((rng.random() * spread for _ in range(baskets)), reverse=True)
    numbers: list[int] = []
    for age, size in zip(ages, cut(orders, baskets, rng), strict=True):
        paid_at = now - timedelta(milliseconds=int(age * 1000))
        for _try in range(TRIES):
            items, values = mix.basket(size)
            if not items:
                return numbers
            with contextlib.suppress(SoldOut):
                numbers += placer.place(
                    site, seller_id, items, paid_at=paid_at, **values
                )
                break
    return numbers
