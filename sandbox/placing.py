"""How orders come in: a buyer puts items into a cart and pays."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from . import money, rows
from .clock import to_kst
from .couriers import COURIERS
from .model import (
    AUCTION,
    GMARKET,
    SITES,
    Addition,
    Basket,
    Item,
    Option,
    Order,
    State,
)
from .people import PERSON_FIELDS, Person, invent, invent_abroad
from .world import World

GIFT_DAYS = 5
DEPOSIT_DAYS = 7
#: DeliveryFeeCondition letters of each site (67)
CONDITIONS = {GMARKET: "MRFDXWQ", AUCTION: "FDXWQ"}


def as_option(value: object) -> Option:
    """``dict(text, code, surcharge)`` or ``(text, code, surcharge)``."""
    if isinstance(value, Option):
        return value
    if isinstance(value, Mapping):
        return Option(
            value["text"], value.get("code"), int(value.get("surcharge") or 0)
        )
    text, code, *surcharge = value
    return Option(text, code, int(surcharge[0]) if surcharge else 0)


def as_addition(value: object) -> Addition:
    """``(text, code, price, quantity)`` or a dict with these keys."""
    if isinstance(value, Addition):
        return value
    if isinstance(value, Mapping):
        return Addition(
            value["text"],
            value.get("code"),
            int(value["price"]),
            int(value.get("quantity", value.get("qty", 1))),
        )
    text, code, price, quantity = value
    return Addition(text, code, int(price), int(quantity))


def as_item(value: Mapping | Item) -> Item:
    if isinstance(value, Item):
        return value
    values = dict(value)
    options = values.pop("options", None)
    option = values.pop("option", None)
    if options is None:
        options = [] if option is None else [option]
    additions = values.pop("additions", None) or []
    values.setdefault("site_goods_no", "")
    values.setdefault("name", values.get("seller_code") or "상품")
    values["seller_code"] = values.get("seller_code") or ""
    return Item(
        options=[as_option(entry) for entry in options],
        additions=[as_addition(entry) for entry in additions],
        **values,
    )


class Placer:
    def __init__(self, world: World, seed: int):
        self.world = world
        self.seed = seed

    def place(
        self,
        site: str,
        seller_id: str,
        items: Iterable[Mapping | Item],
        *,
        shipping_fee: int | list[int] = 0,
        condition: str | None = None,
        jeju: int = 0,
        remote: int = 0,
        buyer: Mapping | Person | None = None,
        receiver: Mapping | Person | None = None,
        virtual: bool = False,
        no_phone: bool = False,
        gift: bool = False,
        gift_due: datetime | None = None,
        overseas: bool = False,
        customs_code: str | None = None,
        deposit: bool = False,
        paid_at: datetime | str | None = None,
        memo: str | None = "",
        distribution: str = "NL",
        trans_type: str | None = None,
        group_no: int | None = None,
        split: str | None = None,
    ) -> list[int]:
        """Place one basket; see ``Sandbox.place_basket``. Returns the order numbers."""
        world = self.world
        if site not in SITES:
            raise ValueError(f"There is no site {site!r}: {SITES}")
        lines = [
            item
            if isinstance(item, Item)
            else as_item(world.catalog.fill(site, seller_id, item))
            for item in items
        ]
        if not lines:
            raise ValueError("A basket needs an item")
        world.catalog.check_on_sale(site, lines)
        pay_no = world.store.next_pay_no(site)
        rng = random.Random(f"{self.seed}:{pay_no}")  # nosec B311  # repeatable
        region = "jeju" if jeju else "remote" if remote else "mainland"
        invented = invent(rng, region=region, virtual=virtual)
        buyer = _person(buyer, invented)
        target = invent_abroad(rng) if overseas else buyer
        if gift:
            target = invent(rng, region=region, virtual=virtual)
        receiver = _person(receiver, target)
        if no_phone:
            buyer = buyer.changed(mobile=None, phone=None, virtual=False)
            receiver = receiver.changed(mobile=None, phone=None, virtual=False)
        paid = self._moment(paid_at)
        if overseas and not memo:
            memo = f"{rng.randrange(10**9):010d}"
        fees = list(shipping_fee) if isinstance(shipping_fee, list) else [shipping_fee]
        bundles = max(line.bundle for line in lines) + 1
        fees += [0] * (bundles - len(fees))
        first_group = group_no or world.store.group_no(site, seller_id, 0)
        if condition is None:
            condition = "F" if any(fees) else "X"
        if condition not in CONDITIONS[site] or (condition == "X" and any(fees)):
            raise ValueError(f"{site} has no {condition!r} with fees {fees}")
        basket = Basket(
            pay_no=pay_no,
            site=site,
            seller_id=seller_id,
            condition=condition,
            shipping=[int(fee) for fee in fees],
            jeju=int(jeju),
            remote=int(remote),
            split=split,
            group_nos=[first_group + index for index in range(bundles)],
        )
        ordered = paid - timedelta(milliseconds=rng.randrange(4000, 30000))
        if site != GMARKET:
            ordered = paid = paid.replace(microsecond=0)
        if trans_type is None:
            trans_type = "G" if distribution == "TL" else "C" if customs_code else "B"
        numbers = []
        for position, line in enumerate(lines):
            order = Order(
                order_no=world.store.next_order_no(site),
                basket=basket,
                position=position,
                item=line,
                buyer=buyer,
                receiver=receiver,
                state=State.DEPOSIT_WAITING if deposit else State.NEW,
                ordered_at=ordered,
                paid_at=None if deposit else paid,
                due_delay=rng.random(),
                memo=memo,
                distribution=distribution,
                trans_type=trans_type,
                overseas=overseas,
                customs_code=customs_code,
                gift=gift,
                gift_due=_end_of_day(gift_due, paid, GIFT_DAYS) if gift else None,
                deposit_due=_end_of_day(None, paid, DEPOSIT_DAYS) if deposit else None,
                render=self._render,
            )
            world.store.add(order)
            world.lifecycle.placed(order)
            world.catalog.order_placed(order)
            numbers.append(order.order_no)
        return numbers

    def _moment(self, value: datetime | str | None) -> datetime:
        if value is None:
            return self.world.clock.now()
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        return to_kst(value)

    def _render(self, order: Order) -> dict:
        return rows.order_row(order, self.world.clock.now(), self.world.strict)


def _person(value: Mapping | Person | None, base: Person) -> Person:
    if value is None:
        return base
    if isinstance(value, Person):
        return value
    unknown = set(value) - PERSON_FIELDS
    if unknown:
        raise ValueError(f"A person has no {sorted(unknown)}: {sorted(PERSON_FIELDS)}")
    return base.changed(**value)


def _end_of_day(given: datetime | None, base: datetime, days: int) -> datetime:
    if given is not None:
        return to_kst(given)
    end = base + timedelta(days=days)
    return end.replace(hour=23, minute=59, second=59, microsecond=0)


def ledger_entry(order: Order, world: World) -> dict:
    """What ESM knows of one order, as JSON: see ``Sandbox.ledger``."""
    basket, item = order.basket, order.item
    status = rows.status_row(order)
    live = [other for other in basket.orders if not other.cancelled]
    shipping = money.shipping_total(basket)
    live_sale = sum(money.line_sale(other.item) for other in live)
    return {
        "order_no": order.order_no,
        "pay_no": order.pay_no,
        "group_no": order.group_no,
        "site": order.site,
        "seller_id": order.seller_id,
        "state": order.state.value,
        "status": status["Status"],
        "claim": order.claim,
        "claim_status": status["ClaimStatus"],
        "gift_waiting": order.gift_waiting,
        "distribution": order.distribution,
        "ordered_at": rows.stamp(order.ordered_at),
        "paid_at": rows.stamp(order.paid_at),
        "confirmed_at": rows.stamp(order.confirmed_at),
        "shipped_at": rows.stamp(order.first_shipped_at),
        "confirmations": order.confirmations,
        "invoices": [
            [code, number, rows.stamp(when)] for code, number, when in order.invoices
        ],
        "courier_code": order.courier_code,
        "courier": COURIERS.get(order.courier_code or 0),
        "invoice_no": order.invoice_no,
        "planned_date": order.planned_date and order.planned_date.isoformat(),
        "seller_order_no": order.seller_order_no,
        "site_goods_no": item.site_goods_no,
        "goods_name": item.name,
        "seller_code": item.seller_code,
        "option_codes": [option.code for option in item.options],
        "quantity": item.quantity,
        "seller_sale": money.line_sale(item),
        "site_share": item.site_discount,
        "paid": money.row_paid(order, world.strict),
        "basket_orders": [other.order_no for other in basket.orders],
        "basket_shipping": shipping,
        "basket_seller_sale": money.basket_sale(basket),
        "basket_site_share": money.basket_site_share(basket),
        "basket_paid": money.basket_paid(basket),
        "basket_seller_sale_live": live_sale + shipping if live else 0,
        "buyer": order.buyer.name,
        "receiver": order.receiver.name,
        "receiver_mobile": order.receiver.mobile,
        "zip_code": order.receiver.zip_code,
        "address_front": order.receiver.front,
        "address_back": order.receiver.back,
        "address_changed": order.address_changed,
        "memo": order.memo,
    }
