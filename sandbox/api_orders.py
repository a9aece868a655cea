"""Orders: PreRequestOrders (66), RequestOrders (67), OrderCheck (68) and
ShippingExpectedDate (69)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from . import rows, texts
from .lifecycle import Refused
from .model import (
    AUCTION,
    GMARKET,
    SITE_TYPE,
    Order,
    State,
)
from .reading import INT32_MAX, ApiRequest, parse_int
from .world import RateViolation, World

_SITE_OF_TYPE = {number: site for site, number in SITE_TYPE.items()}
_STATE_OF_CODE = {state.code: state for state in State}
_ORDER_TYPES = {1: "NL", 2: "TL", 3: "SL"}
_BY_NUMBER, _BY_CART = 0, 6


def _site(request: ApiRequest) -> str:
    site = _SITE_OF_TYPE.get(request.integer("siteType"))
    if site is None:
        raise Refused(3000, texts.NOT_IMPLEMENTED)
    return site


def _seller(world: World, request: ApiRequest, site: str) -> str:
    """The token's seller ID of that site; a token without one is a foreign token."""
    seller_id = request.token.sellers.get(site)
    if seller_id is None or request.token.foreign:
        if world.strict.foreign_seller_mode == "empty":
            return seller_id or ""
        raise Refused(3000, texts.NO_SUCH_ORDER)
    return seller_id


def _take_bucket(world: World, seller: tuple[str, str], endpoint: str) -> None:
    if not world.buckets.take_list_call(seller):
        world.rate_violations.append(
            RateViolation(world.clock.now(), *seller, endpoint)
        )
        raise Refused(3000, texts.RATE)


def _window(world: World, request: ApiRequest, site: str) -> tuple[datetime, datetime]:
    begin, end = request.date("requestDateFrom"), request.date("requestDateTo")
    if begin is None or end is None:
        raise Refused(2000, texts.BAD_PARAMETER)
    if begin > end or (begin == end and world.strict.equal_dates_refused):
        raise Refused(3000, texts.FROM_AFTER_TO)
    if site == GMARKET and end - begin > timedelta(days=31):
        raise Refused(3000, texts.WINDOW_31_DAYS)
    if site == AUCTION:
        days = world.strict.auction_window_days
        if end - begin > timedelta(days=days):
            text = texts.WINDOW_31_DAYS if days == 31 else texts.WINDOW_180_DAYS
            raise Refused(3000, text)
    return begin, end


def _page(
    world: World, request: ApiRequest, site: str, seller_id: str, found: list[Order]
) -> tuple[dict, list[Order]]:
    """The envelope with the echo of page and size, and the orders of that page."""
    index = max(request.integer("pageIndex"), 0) or 1
    size = max(request.integer("pageSize"), 0) or world.search_limit
    size = min(size, world.search_limit)
    data = {
        "SiteType": rows.response_site_type(site, world.strict),
        "PageIndex": index,
        "PageSize": size,
        "TotalCount": len(found),
        "SellerId": seller_id,
        "RequestOrders": [],
    }
    return data, found[(index - 1) * size : index * size]


def _envelope(data: dict) -> dict:
    return {"ResultCode": 0, "Message": "", "Data": data}


# ---- 66 ----------------------------------------------------------------------


def pre_request_orders(world: World, request: ApiRequest) -> dict:
    """Orders that wait for a bank transfer (입금확인중)."""
    site = _site(request)
    seller_id = _seller(world, request, site)
    _take_bucket(world, (site, seller_id), "PreRequestOrders")
    begin, end = _window(world, request, site)
    found = [
        order
        for order in world.store.seller_orders(request.token, site)
        if order.state is State.DEPOSIT_WAITING
        and order.current_claim is None
        and begin <= order.ordered_at <= end
    ]
    data, page = _page(world, request, site, seller_id, _sorted(world, found))
    now = world.clock.now()
    data["RequestOrders"] = [rows.deposit_row(o, now, world.strict) for o in page]
    return _envelope(data)


# ---- 67 ----------------------------------------------------------------------


def _date_of(world: World, order: Order, date_type: int) -> datetime | None:
    if date_type == 1:
        return order.ordered_at
    if date_type == 2:
        return order.paid_at
    if date_type == 3:
        return rows.due_date(order, world.clock.now(), world.strict)
    if date_type == 4:
        return order.gift_at
    if order.gift and not (
        order.gift_waiting and world.strict.waiting_gifts_by_payment
    ):
        return order.gift_at
    return order.paid_at


def _check_condition(site: str, status: int, date_type: int) -> None:
    """A bad condition gets the .NET text of an unwritten method."""
    bad = (
        not 0 <= status <= 6
        or (status == _BY_CART and site != GMARKET)
        or (status not in (_BY_NUMBER, _BY_CART) and not 1 <= date_type <= 5)
        or (date_type == 3 and status != State.PREPARING.code)
        or (date_type in (4, 5) and site != GMARKET)
    )
    if bad:
        raise Refused(3000, texts.NOT_IMPLEMENTED)


def _listed(order: Order) -> bool:
    """Orders under any claim are missing, by number as well."""
    return (
        order.state is not State.DEPOSIT_WAITING
        and order.current_claim is None
        and not order.hidden_after_withdrawal
    )


def _filters(request: ApiRequest) -> list[Callable[[Order], bool]]:
    """orderType, isGiftOrder, giftOrderStatus; absent ones let everything pass."""
    filters: list[Callable[[Order], bool]] = []
    kind = _ORDER_TYPES.get(request.integer("orderType"))
    if kind is not None:
        filters.append(lambda order: order.distribution == kind)
    gift = (request.text("isGiftOrder") or "").upper()
    if gift in ("Y", "N"):
        filters.append(lambda order: order.gift == (gift == "Y"))
    accepted = request.integer("giftOrderStatus")
    if accepted in (1, 2):
        filters.append(
            lambda order: order.gift and order.gift_accepted == (accepted == 2)
        )
    return filters


def _sorted(world: World, found: list[Order]) -> list[Order]:
    return sorted(
        found,
        key=lambda order: (order.paid_at or order.ordered_at, order.order_no),
        reverse=world.strict.newest_first,
    )


def _by_number(world: World, request: ApiRequest, site: str) -> list[Order]:
    number = request.integer("orderNo")
    if site == AUCTION and number > INT32_MAX:
        raise Refused(3000, texts.INT32_SEARCH)
    order = world.store.find(number, request.token)
    return [order] if order and order.site == site and _listed(order) else []


def _by_cart(world: World, request: ApiRequest) -> list[Order]:
    basket = world.store.baskets.get(request.integer("payNo"))
    if basket is None or basket.site != GMARKET:
        return []
    return [
        order
        for order in basket.orders
        if _listed(order) and world.store.own(order, request.token)
    ]


def _by_state(
    world: World, request: ApiRequest, site: str, wanted: State, date_type: int
) -> list[Order]:
    begin, end = _window(world, request, site)
    filters = _filters(request)
    found = []
    for order in world.store.seller_orders(request.token, site):
        if order.state is not wanted or not _listed(order):
            continue
        moment = _date_of(world, order, date_type)
        if moment is None or not begin <= moment <= end:
            continue
        if all(passes(order) for passes in filters):
            found.append(order)
    return found


def is_exempt(world: World, params: dict) -> bool:
    """Whether an order list is a look-up that the five seconds do not hold for."""
    status = parse_int(params.get("orderstatus"))
    return (status == _BY_NUMBER and world.strict.by_number_exempt) or (
        status == _BY_CART and world.strict.by_cart_exempt
    )


def request_orders(world: World, request: ApiRequest) -> dict:
    """Paid orders by state, by number or by cart."""
    site = _site(request)
    seller_id = _seller(world, request, site)
    status = request.integer("orderStatus", -1)
    strict = world.strict
    if not is_exempt(world, request.body):
        _take_bucket(world, (site, seller_id), "RequestOrders")
    date_type = request.integer("requestDateType")
    _check_condition(site, status, date_type)
    if status in (_BY_NUMBER, _BY_CART):
        if strict.number_lookup_needs_dates:
            if not date_type:
                raise Refused(2000, texts.BAD_PARAMETER)
            _window(world, request, site)
        if status == _BY_NUMBER:
            found = _by_number(world, request, site)
        else:
            found = _by_cart(world, request)
    else:
        found = _by_state(world, request, site, _STATE_OF_CODE[status], date_type)
    data, page = _page(world, request, site, seller_id, _sorted(world, found))
    now = world.clock.now()
    data["RequestOrders"] = [rows.order_row(order, now, strict) for order in page]
    return _envelope(data)


# ---- 68 ----------------------------------------------------------------------


def check_own_numbers(request: ApiRequest) -> tuple[str | None, str | None]:
    """SellerOrderNo and SellerItemNo: 30 bytes each (68, 70)."""
    order_no, item_no = request.text("SellerOrderNo"), request.text("SellerItemNo")
    if order_no and len(order_no.encode("utf-8")) > 30:
        raise Refused(2141, texts.SELLER_ORDER_NO_TOO_LONG)
    if item_no and len(item_no.encode("utf-8")) > 30:
        raise Refused(2141, texts.SELLER_ITEM_NO_TOO_LONG)
    return order_no, item_no


def keep_own_numbers(order: Order, order_no: str | None, item_no: str | None) -> None:
    order.seller_order_no = order_no or order.seller_order_no
    order.seller_item_no = item_no or order.seller_item_no


def order_check(world: World, request: ApiRequest) -> dict:
    """주문확인: the seller has seen the order."""
    own = check_own_numbers(request)
    number = parse_int(request.path_no)
    order = world.store.action_order(number, request.token)
    changed = world.lifecycle.confirm(order, request.confirming_seconds)
    keep_own_numbers(order, *own)
    return {"ResultCode": 0, "Message": "Success", "Data": {"IsChanged": changed}}


# ---- 69 ----------------------------------------------------------------------


def shipping_expected_date(world: World, request: ApiRequest) -> dict:
    """발송예정일: dispatch by TransDueDate is impossible."""
    number = request.integer("OrderNo")
    order = world.store.action_order(number, request.token)
    planned = request.date("ShippingExpectedDate")
    if planned is None:
        raise Refused(2000, texts.BAD_PARAMETER)
    reason = request.integer("ReasonType")
    detail = request.text("ReasonDetail") or ""
    world.lifecycle.plan_ship_date(order, reason, planned.date(), detail)
    return {"ResultCode": 0, "Message": "Success", "Data": {"OrderNo": number}}
