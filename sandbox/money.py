"""What a basket costs, by the words of page 67 and section 3.2 of the fact sheet.

    seller's sale = price x quantity + options + additions + shipping and surcharges
                    (once per basket) - seller discount - seller-paid cash
    buyer paid    = seller's sale - what the site gives away

``AcntMoney`` of a row is what the buyer paid for that order, with the cart's shipping
on one order (Gmarket) or on every order (Auction). Whole won everywhere.
"""

from __future__ import annotations

from .model import GMARKET, Basket, Item, Order
from .strict import Strict

FEE_PERCENT = 13


def option_amount(item: Item) -> int:
    """OptSelPrice: surcharge of the options times quantity."""
    return sum(option.surcharge for option in item.options) * item.quantity


def addition_amount(item: Item) -> int:
    """OptAddPrice: addition items, unit price times their own quantity."""
    return sum(addition.price * addition.quantity for addition in item.additions)


def goods_amount(item: Item) -> int:
    return item.price * item.quantity


def line_sale(item: Item) -> int:
    """The seller's sale of one order without shipping."""
    return (
        goods_amount(item)
        + option_amount(item)
        + addition_amount(item)
        - item.seller_discount
        - item.seller_cash
    )


def order_amount(order: Order) -> int:
    """OrderAmount: Auction deducts the discount it bears, Gmarket does not."""
    amount = goods_amount(order.item)
    if order.site != GMARKET:
        amount -= order.item.site_discount
    return amount


def service_fee(order: Order) -> int:
    base = goods_amount(order.item)
    if order.site == GMARKET:
        base += option_amount(order.item) + addition_amount(order.item)
    return base * FEE_PERCENT // 100


def settlement(order: Order) -> int:
    """CostPrice and SettlementPrice: the sale without shipping minus the fee."""
    return line_sale(order.item) - service_fee(order)


def is_charged(basket: Basket) -> bool:
    """Pay on delivery (D) is paid to the courier, not to the shop. Free shipping (X)
    may still cost a surcharge on islands."""
    return basket.condition != "D"


def shipping_total(basket: Basket) -> int:
    """Fees and surcharges of the basket, each once."""
    if not is_charged(basket):
        return 0
    return sum(basket.shipping) + basket.jeju + basket.remote


def basket_sale(basket: Basket) -> int:
    return sum(line_sale(o.item) for o in basket.orders) + shipping_total(basket)


def basket_site_share(basket: Basket) -> int:
    return sum(order.item.site_discount for order in basket.orders)


def basket_paid(basket: Basket) -> int:
    return basket_sale(basket) - basket_site_share(basket)


def _split_mode(basket: Basket, strict: Strict) -> str:
    if basket.split:
        return basket.split
    if basket.site == GMARKET:
        return strict.gmarket_shipping_split
    return strict.auction_shipping_split


def _share(amount: int, index: int, count: int, mode: str) -> int:
    if mode == "each":
        return amount
    if mode == "even":
        part = amount // count
        return amount - part * (count - 1) if index == 0 else part
    return amount if index == 0 else 0


def row_shipping(order: Order, strict: Strict) -> tuple[int, int, int]:
    """ShippingFee, JejuAddDeliveryFee, BackwoodsAddDeliveryFee of this order's row."""
    basket = order.basket
    shown = is_charged(basket) or (basket.condition == "D" and strict.cod_rows_show_fee)
    if not shown:
        return 0, 0, 0
    mode = _split_mode(basket, strict)
    bundle = [o for o in basket.orders if o.item.bundle == order.item.bundle]
    index = bundle.index(order)
    fee = _share(basket.shipping[order.item.bundle], index, len(bundle), mode)
    if order.item.bundle != basket.orders[0].item.bundle:
        return fee, 0, 0
    return (
        fee,
        _share(basket.jeju, index, len(bundle), mode),
        _share(basket.remote, index, len(bundle), mode),
    )


def row_paid(order: Order, strict: Strict) -> int:
    """AcntMoney of this order's row."""
    basket = order.basket
    paid = line_sale(order.item) - order.item.site_discount
    if not is_charged(basket):
        return paid
    extra = basket.jeju + basket.remote if strict.surcharges_in_paid else 0
    if basket.site == GMARKET:
        first = strict.gmarket_paid_shipping_on == "first"
        holder = basket.orders[0 if first else -1]
        return paid + (sum(basket.shipping) + extra if order is holder else 0)
    if strict.auction_paid_shipping == "cart":
        return paid + sum(basket.shipping) + extra
    if order.item.bundle != basket.orders[0].item.bundle:
        extra = 0
    return paid + basket.shipping[order.item.bundle] + extra
