"""Cancels: list (50), approval (51) and the seller's own cancel (52)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from . import rows, texts
from .lifecycle import Refused
from .model import (
    AUCTION,
    DONE,
    GMARKET,
    SITE_TYPE,
    WITHDRAWN,
    Claim,
    ClaimKind,
    Order,
)
from .reading import ApiRequest, parse_int
from .world import World

#: Cancels is the one call whose request says 3 for Gmarket.
_SITE_OF_LIST_TYPE = {1: AUCTION, 3: GMARKET}
_BY_NUMBER, _BY_CART, _BY_REQUEST, _BY_COMPLETION, _BY_PAYMENT = range(5)


def request_site(request: ApiRequest) -> str | None:
    """The site a claim call names: Auction's envelopes have one key more."""
    number = parse_int(request.get("SiteType"))
    return {1: AUCTION, 2: GMARKET, 3: GMARKET}.get(number or 0)


def _success(site: str, data: object) -> dict:
    envelope: dict = {"ResultCode": 0, "Message": "Success", "Data": data}
    if site == AUCTION:
        envelope["BizRuleCode"] = ""
    return envelope


def _bad_dates(site: str) -> Refused:
    if site == AUCTION:
        return Refused(2000, texts.CLAIM_DATES)
    return Refused(99999, "API Error - " + texts.CLAIM_DATES)


def _window(world: World, request: ApiRequest, site: str) -> tuple[datetime, datetime]:
    begin, end = request.date("StartDate"), request.date("EndDate")
    if begin is None or end is None or begin > end:
        raise _bad_dates(site)
    if end - begin > timedelta(days=7):
        raise Refused(8668, texts.CLAIM_WINDOW_7_DAYS)
    if end - begin == timedelta(days=7) and world.strict.exact_seven_days_refused:
        raise _bad_dates(site)
    return begin, end


def _cancels(order: Order) -> Iterator[Claim]:
    for claim in order.claims:
        if claim.kind in (ClaimKind.CANCEL, ClaimKind.REFUND):
            yield claim


def _moment(order: Order, claim: Claim, by: int) -> datetime | None:
    if by == _BY_REQUEST:
        return claim.requested_at
    if by == _BY_PAYMENT:
        return order.paid_at
    if claim.status == WITHDRAWN:
        return claim.withdrawn_at
    return claim.approved_at if claim.status == DONE else None


def _not_found(world: World, site: str, text: str) -> Refused:
    if site == AUCTION and world.strict.auction_not_found_code == 1000:
        return Refused(1000, texts.LOOKUP_FAILED_A)
    return Refused(99999, text)


def _by_number(world: World, request: ApiRequest, site: str) -> list[Order]:
    order = world.store.find(request.integer("OrderNo"), request.token)
    if order is None or order.site != site:
        raise _not_found(world, site, texts.NO_ORDER_INFO)
    if not any(_cancels(order)):
        raise _not_found(world, site, texts.NO_CLAIM_INFO)
    return [order]


def cancels(world: World, request: ApiRequest) -> dict:
    """취소조회. SiteType 2 (Gmarket elsewhere) succeeds silently with no rows."""
    number = request.integer("SiteType")
    site = _SITE_OF_LIST_TYPE.get(number)
    if site is None:
        if number == SITE_TYPE[GMARKET]:
            return _success(GMARKET, [])
        raise Refused(2000, texts.BAD_PARAMETER)
    window = _window(world, request, site)
    by = request.integer("Type")
    if not _BY_NUMBER <= by <= _BY_PAYMENT:
        raise Refused(2000, texts.BAD_PARAMETER)
    orders = world.store.seller_orders(request.token, site)
    if by == _BY_NUMBER:
        orders = _by_number(world, request, site)
    elif by == _BY_CART:
        pay_no = request.integer("PayNo")
        orders = [order for order in orders if order.pay_no == pay_no]
    found = _matching(request, orders, by, window)
    data = [rows.cancel_row(order, claim, world.strict) for order, claim in found]
    if not data and site == AUCTION and world.strict.auction_empty_cancels == "1000":
        raise Refused(1000, texts.LOOKUP_FAILED_A)
    return _success(site, data)


def _matching(
    request: ApiRequest,
    orders: list[Order],
    by: int,
    window: tuple[datetime, datetime],
) -> list[tuple[Order, Claim]]:
    status = request.integer("CancelStatus")
    gift = (request.text("IsGiftOrder") or "").upper()
    begin, end = window
    found = []
    for order in orders:
        if gift in ("Y", "N") and order.gift != (gift == "Y"):
            continue
        for claim in _cancels(order):
            shown = 6 if claim.kind is ClaimKind.REFUND else claim.status
            if status and shown != status:
                continue
            if by in (_BY_REQUEST, _BY_COMPLETION, _BY_PAYMENT):
                moment = _moment(order, claim, by)
                if moment is None or not begin <= moment <= end:
                    continue
            found.append((order, claim))
    return found


def _action_order(world: World, request: ApiRequest) -> Order:
    """Claim actions say 1 Auction, 2 Gmarket."""
    site = {1: AUCTION, 2: GMARKET}.get(request.integer("SiteType"))
    order = world.store.find(parse_int(request.path_no) or 0, request.token)
    if order is None or order.site != site:
        if site == AUCTION:
            raise Refused(1000, texts.LOOKUP_FAILED_A)
        raise Refused(8668, texts.NO_CANCEL_TO_APPROVE)
    return order


def approve_cancel(world: World, request: ApiRequest) -> dict:
    """취소승인."""
    order = _action_order(world, request)
    world.lifecycle.approve_cancel(order)
    return _success(order.site, None)


def sold_out(world: World, request: ApiRequest) -> dict:
    """판매취소(품절): refunds the buyer and stops the item."""
    order = _action_order(world, request)
    world.lifecycle.cancel_by_seller(order, sold_out=True)
    world.catalog.sold_out_by_cancel(order)
    return _success(order.site, None)


def seller_cancel(world: World, request: ApiRequest) -> dict:
    """판매취소 for other reasons; needs its own permission."""
    order = _action_order(world, request)
    world.lifecycle.cancel_by_seller(order, sold_out=False)
    return _success(order.site, None)
