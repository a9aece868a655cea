"""Write an order with ESM's keys: the reverse of ``Order.from_payload``.

For orders that ESM does not hand over (any more) and that people enter from ESM Plus.
Whatever works with orders reads one kind of payload, wherever it came from.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from .money import ZERO, basket_money
from .order import _PLAIN_FIELDS, Order, OrderOption, ShippingCondition
from .readers import kst_second
from .sites import Site

_KEYS = {name: key for keys in _PLAIN_FIELDS.values() for name, key in keys.items()} | {
    "seller_discount": "SellerDiscountPrice",
    "address_front": "DelFrontAddress",
    "address_back": "DelBackAddress",
}


def order_payload(order: Order) -> dict[str, Any]:
    """Return the keys of page 67 that ``Order.from_payload`` reads this order from.

    :param order: with what is known of it; what stands in several keys of a page 67
        row (overseas, same-day, gift, fulfilment) is not written
    """
    payload: dict[str, Any] = {"OrderNo": order.order_no}
    for name, key in _KEYS.items():
        value = getattr(order, name)
        if value is not None:
            payload[key] = _written(value)
    if order.status is not None:
        payload["OrderStatus"] = int(order.status)
    if order.shipping_condition is not None:
        payload["DeliveryFeeCondition"] = order.shipping_condition.value
    for key, options in (
        ("ItemOptionSelectList", order.options),
        ("ItemOptionAdditionList", order.additions),
    ):
        payload[key] = [_option(option) for option in options]
    return payload


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return kst_second(value)
    return str(value) if isinstance(value, Decimal) else value


def _option(option: OrderOption) -> dict[str, Any]:
    return {
        "ItemOptionValue": option.text,
        "ItemOptionOrderCnt": option.quantity,
        "ItemOptionCode": option.code,
    }


def with_paid_amounts(
    orders: Sequence[Order], site: Site, known: Sequence[Order] = ()
) -> list[Order]:
    """Return orders of one cart with the amounts that the buyer must have paid.

    Nobody enters ``AcntMoney``: it is made of price, quantity, options, discount and
    shipping, by the site's rule (:mod:`.money`). So these figures always explain
    themselves.

    ESM Plus shows a bundle's fee with each of its orders: equal fees of one bundle
    (``group_no``) are one fee, all others add up. The sum stands on the first order
    that pays in advance then.

    :param orders: without ``paid_amount``, in the order of their numbers
    :param known: orders of the cart that ESM handed over: their shipping is the cart's
    """
    prepaid = [
        order
        for order in orders
        if order.shipping_condition is not ShippingCondition.ON_DELIVERY
    ]
    fees = {(order.group_no, order.shipping_fee or ZERO) for order in prepaid}
    shipping = sum((fee for _bundle, fee in fees), ZERO)
    if known:
        money = basket_money(known, site)
        shipping = money.shipping + money.surcharge
    result = []
    for order in orders:
        carries = bool(prepaid) and order is prepaid[0] and not known
        net = (
            (order.unit_price or ZERO) * (order.quantity or 0)
            + (order.option_amount or ZERO)
            + (order.addition_amount or ZERO)
            - (order.seller_discount or ZERO)
        )
        above = shipping if site is Site.AUCTION or carries else ZERO
        result.append(
            replace(
                order,
                shipping_fee=shipping if carries else ZERO,
                paid_amount=net + above,
            )
        )
    return result
