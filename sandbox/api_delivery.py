"""Delivery: ShippingInfo (70), AddShippingCompleteInfo (71), GetDeliveryStatus (72),
Progress (73), ClaimList (74) and the courier list (142)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from . import rows, texts
from .api_orders import check_own_numbers, keep_own_numbers
from .couriers import COURIERS
from .lifecycle import Refused
from .model import ClaimKind, Order
from .reading import ApiRequest, parse_int
from .world import World


def _success(number: int) -> dict:
    return {"ResultCode": 0, "Message": "Success", "Data": {"OrderNo": number}}


def _visible(world: World, request: ApiRequest) -> list[Order]:
    """Look-ups without a site field: all orders the token may see."""
    return [
        order
        for site in request.token.sellers
        for order in world.store.seller_orders(request.token, site)
    ]


def shipping_info(world: World, request: ApiRequest) -> dict:
    """발송처리: dispatch, change of invoice, silent refusal of a cancel request."""
    own = check_own_numbers(request)
    number = request.integer("OrderNo")
    order = world.store.action_order(number, request.token)
    invoice = request.text("InvoiceNo") or ""
    if not invoice.strip():
        raise Refused(2000, texts.MISSING_FIELD.format(field="InvoiceNo"))
    shipped = request.date("ShippingDate")
    if shipped is None:
        raise Refused(2000, texts.MISSING_FIELD.format(field="ShippingDate"))
    courier = request.integer("DeliveryCompanyCode")
    world.lifecycle.dispatch(order, courier, invoice, shipped)
    keep_own_numbers(order, *own)
    return _success(number)


def add_shipping_complete_info(world: World, request: ApiRequest) -> dict:
    """배송완료: for couriers that cannot be tracked."""
    number = parse_int(request.path_no)
    order = world.store.action_order(
        number, request.token, unknown=texts.NOT_THE_SELLERS
    )
    world.lifecycle.mark_delivered_by_seller(order)
    return _success(order.order_no)


# ---- 72 ----------------------------------------------------------------------


def _claim_date(kind: ClaimKind) -> Callable[[Order], datetime | None]:
    def find(order: Order) -> datetime | None:
        claim = order.current_claim
        if claim is None or claim.kind is not kind:
            return None
        return claim.approved_at or claim.requested_at

    return find


_CONDITIONS: dict[int, Callable[[Order], datetime | None]] = {
    1: lambda order: order.paid_at,
    2: lambda order: order.confirmed_at,
    3: lambda order: order.first_shipped_at,
    4: lambda order: order.delivered_at,
    5: lambda order: order.decided_at,
    6: lambda order: None,
    7: _claim_date(ClaimKind.RETURN),
    8: _claim_date(ClaimKind.EXCHANGE),
    9: _claim_date(ClaimKind.CANCEL),
}


def get_delivery_status(world: World, request: ApiRequest) -> dict:
    """주문상태조회: order state and claim state by number or by period."""
    page = request.integer("Page")
    if page < 1:
        raise Refused(3000, texts.PAGE_FROM_1)
    number = request.integer("OrderNo")
    if number:
        order = world.store.find(number, request.token)
        if order is None and world.strict.unknown_number == "refuse":
            raise Refused(3000, texts.NO_SUCH_ORDER)
        found = [order] if order is not None else []
    else:
        found = _by_period(world, request)
    size = world.strict.status_page_size
    found = found[(page - 1) * size : page * size]
    data = [rows.status_row(order) for order in found]
    return {"ResultCode": 0, "Message": "Success", "Data": data}


def _by_period(world: World, request: ApiRequest) -> list[Order]:
    begin, end = request.date("FromDate"), request.date("ToDate")
    if begin is None or end is None:
        raise Refused(2000, texts.BAD_PARAMETER)
    if end < begin or end - begin > timedelta(days=7):
        raise Refused(3000, texts.WINDOW_7_DAYS)
    moment_of = _CONDITIONS.get(request.integer("SearchDateConditionType"))
    if moment_of is None:
        raise Refused(2000, texts.BAD_PARAMETER)
    found = []
    for order in _visible(world, request):
        moment = moment_of(order)
        if moment is not None and begin <= moment <= end:
            found.append((moment, order.order_no, order))
    return [order for _moment, _number, order in sorted(found, key=lambda f: f[:2])]


# ---- 73, 74, 142 -------------------------------------------------------------


def progress(world: World, request: ApiRequest) -> dict:
    """배송진행정보: the history of one order in free text."""
    order = world.store.action_order(request.integer("OrderNo"), request.token)
    tracking = None
    if order.invoice_no:
        tracking = f"http://tracking.invalid/{order.courier_code}/{order.invoice_no}"
    data = [
        {
            "EscrowType": event,
            "EscrowDt": rows.stamp(when),
            "TrackingUrl": tracking if event.startswith("배송중") else None,
        }
        for event, when in order.history
    ]
    return {
        "TotalCount": len(data),
        "ResultCode": 0,
        "Message": "Success",
        "Data": data,
    }


def claim_list(world: World, request: ApiRequest) -> dict:
    """미수령신고: no rows is 1100, not an error."""
    begin, end = request.date("StartDate"), request.date("EndDate")
    if begin is None or end is None:
        raise Refused(2000, texts.BAD_PARAMETER)
    if end < begin or end - begin > timedelta(days=30):
        raise Refused(3000, texts.WINDOW_30_DAYS)
    number = request.integer("OrderNo") if not request.integer("SearchType") else 0
    data = []
    for order in _visible(world, request):
        for claim in order.claims:
            if claim.kind is not ClaimKind.NON_RECEIPT:
                continue
            if number and order.order_no != number:
                continue
            if not number and not begin <= claim.requested_at <= end:
                continue
            data.append(
                {
                    "OrderNo": order.order_no,
                    "ClaimDate": rows.stamp(claim.requested_at),
                    "ClaimReason": "배송지연7일이상",
                    "ClaimDetailReason": claim.detail,
                    "ClaimSolveDate": rows.stamp(claim.solved_at),
                }
            )
    if not data:
        raise Refused(1100, texts.NO_DATA)
    return {
        "TotalCount": len(data),
        "ResultCode": 0,
        "Message": "Success",
        "Data": data,
    }


def delivery_company(world: World, request: ApiRequest) -> dict:
    """택배사: an item-family read, so a bare object without ResultCode."""
    return {
        "deliveryCompanies": [
            {"deliveryCompCode": code, "deliveryCompName": name}
            for code, name in COURIERS.items()
        ]
    }
