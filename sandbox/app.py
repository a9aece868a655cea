"""From an HTTP request to an ESM answer: routing, gate, faults, envelopes."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from . import (
    api_claims,
    api_delivery,
    api_goods,
    api_options,
    api_orders,
    texts,
)
from .auth import Token, Unauthorized, check_token
from .catalog import SoldOut
from .clock import KST
from .faults import BEFORE, Fault, Faults
from .lifecycle import Refused
from .model import AUCTION
from .placing import Placer
from .reading import ApiRequest, fold_keys, parse_int
from .traffic import LISTS, OTHERS, SEARCHES
from .world import Call, RateViolation, World

JSON_TYPE = "application/json; charset=utf-8"
HTML_TYPE = "text/html; charset=utf-8"
_ERROR_PAGE = (
    b"<!DOCTYPE html><html><head><title>Runtime Error</title></head>"
    b"<body><h1>Server Error in '/' Application.</h1></body></html>"
)


class Endpoint(NamedTuple):
    name: str
    method: str
    path: str
    handler: Callable[[World, ApiRequest], dict]

    @property
    def of_items(self) -> bool:
        """The item family refuses with HTTP 400 and lower-case keys (2.2, 2.3)."""
        return self.path.startswith("/item/")


#: {no} is the order number or the number of an item. Paths are taken in any case.
ENDPOINTS = (
    Endpoint("PreRequestOrders", "POST", "/shipping/v1/Order/PreRequestOrders",
             api_orders.pre_request_orders),
    Endpoint("RequestOrders", "POST", "/shipping/v1/Order/RequestOrders",
             api_orders.request_orders),
    Endpoint("OrderCheck", "POST", "/shipping/v1/Order/OrderCheck/{no}",
             api_orders.order_check),
    Endpoint("ShippingExpectedDate", "POST", "/shipping/v1/Order/ShippingExpectedDate",
             api_orders.shipping_expected_date),
    Endpoint("ShippingInfo", "POST", "/shipping/v1/Delivery/ShippingInfo",
             api_delivery.shipping_info),
    Endpoint("AddShippingCompleteInfo", "POST",
             "/shipping/v1/Delivery/AddShippingCompleteInfo/{no}",
             api_delivery.add_shipping_complete_info),
    Endpoint("GetDeliveryStatus", "POST", "/shipping/v1/Delivery/GetDeliveryStatus",
             api_delivery.get_delivery_status),
    Endpoint("Progress", "POST", "/shipping/v1/Delivery/Progress",
             api_delivery.progress),
    Endpoint("ClaimList", "POST", "/shipping/v1/Delivery/ClaimList",
             api_delivery.claim_list),
    Endpoint("DeliveryCompany", "GET", "/item/v1/shipping/delivery-company",
             api_delivery.delivery_company),
    Endpoint("Cancels", "POST", "/claim/v1/sa/Cancels", api_claims.cancels),
    Endpoint("CancelApprove", "PUT", "/claim/v1/sa/Cancel/{no}",
             api_claims.approve_cancel),
    Endpoint("SoldOut", "POST", "/claim/v1/sa/Cancel/{no}/SoldOut",
             api_claims.sold_out),
    Endpoint("SellerCancel", "POST", "/claim/v1/sa/Cancel/{no}",
             api_claims.seller_cancel),
    Endpoint("goods/search", "POST", "/item/v1/goods/search", api_goods.search),
    Endpoint("goods/status", "GET", "/item/v1/goods/{no}/status", api_goods.status),
    Endpoint("site-goods", "GET", "/item/v1/site-goods/{no}/goods-no",
             api_goods.goods_no),
    Endpoint("goods/detail", "GET", "/item/v1/goods/{no}", api_goods.detail),
    Endpoint("goods/delete", "DELETE", "/item/v1/goods/{no}", api_goods.delete),
    Endpoint("sell-status:read", "GET", "/item/v1/goods/{no}/sell-status",
             api_goods.read_sell_status),
    Endpoint("sell-status", "PUT", "/item/v1/goods/{no}/sell-status",
             api_goods.write_sell_status),
    Endpoint("price:read", "GET", "/item/v1/goods/{no}/price", api_goods.read_price),
    Endpoint("price", "PUT", "/item/v1/goods/{no}/price", api_goods.write_price),
    Endpoint("stock", "PUT", "/item/v1/goods/{no}/stock", api_goods.write_stock),
    Endpoint("options:read", "GET", "/item/v1/goods/{no}/recommended-options",
             api_options.read_options),
    Endpoint("options", "PUT", "/item/v1/goods/{no}/recommended-options",
             api_options.write_options),
)  # fmt: skip

#: Permission is granted per API; these two need a separate application (71, 52).
ALL_PERMISSIONS = frozenset(endpoint.name for endpoint in ENDPOINTS)
RESTRICTED = frozenset({"AddShippingCompleteInfo", "SellerCancel"})
DEFAULT_PERMISSIONS = ALL_PERMISSIONS - RESTRICTED

_LIST_CALLS = ("RequestOrders", "PreRequestOrders")
_ROUTES = {
    (endpoint.method, *endpoint.path.lower().strip("/").split("/")): endpoint
    for endpoint in ENDPOINTS
}


@dataclass
class Reply:
    """What goes back over the wire, and how: late, cut off or not at all."""

    status: int = 200
    body: bytes = b""
    content_type: str = JSON_TYPE
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drop: bool = False


def json_reply(payload: object, status: int = 200) -> Reply:
    text = json.dumps(payload, ensure_ascii=False, default=str)
    # Half a surrogate pair has no bytes: it goes out as JSON's \\u escape.
    body = text.encode("utf-8", "backslashreplace")
    return Reply(status, body)


def route(method: str, path: str) -> tuple[Endpoint | None, str | None]:
    """The endpoint of a path and the number in it."""
    parts = path.strip("/").split("/")
    key = (method, *(part.lower() for part in parts))
    if key in _ROUTES:
        return _ROUTES[key], None
    for index in range(len(parts) - 1, 2, -1):
        # the number is the last or the last but one part
        endpoint = _ROUTES.get((*key[: index + 1], "{no}", *key[index + 2 :]))
        if endpoint is not None:
            return endpoint, parts[index]
    return None, None


def _unauthorized(message: str) -> Reply:
    body = {"status": {"message": message, "status_code": 401}}
    return json_reply(body, 401)


class Api:
    """Answers the ESM calls. ``handle`` is thread safe."""

    def __init__(self, world: World, faults: Faults, placer: Placer):
        self.world = world
        self.faults = faults
        self.placer = placer

    def handle(
        self,
        method: str,
        path: str,
        authorization: str | None,
        content_type: str,
        body: bytes,
        address: str,
    ) -> Reply:
        endpoint, path_no = route(method, path)
        of_items = endpoint is not None and endpoint.of_items
        params, bad_body = _read_body(body, content_type, of_items)
        subject = _Subject(
            endpoint.name if endpoint else f"{method} {path}",
            None if of_items else _order_no(path_no, params),
            path_no if of_items else None,
        )
        with self.world.lock:
            self.world.lifecycle.run_due()
            token, refusal = self._gate(endpoint, authorization, address)
            label = token.label if token else ""
            if token is not None and endpoint is not None:
                self._note_traffic(endpoint, token, params)
            picked = self.faults.pick(
                subject.endpoint, label, subject.order_no, subject.goods_no
            )
            if picked and picked[0].replaces_answer:
                self._log(subject, label, f"fault {picked[0].kind}")
                return _broken(picked[0], of_items)
            if refusal is not None or token is None or endpoint is None:
                self._log(subject, label, f"401 {refusal}")
                distinct = self.world.strict.auth_message_mode == "distinct"
                return _unauthorized(str(refusal) if distinct else texts.NO_ACCESS)
            if bad_body is not None:
                self._log(subject, label, "bad body")
                return bad_body
            request = ApiRequest(token, params, path_no)
            status, payload, outcome = self._answer(endpoint, request, picked)
            happened = "".join(f" + fault {fault.kind}" for fault in picked)
            self._log(subject, label, outcome + happened)
            self._insert_between_pages(endpoint, payload, picked)
            self._remove_between_pages(payload, picked)
        return _finish(status, payload, picked, of_items)

    def _log(self, subject: _Subject, seller: str, outcome: str) -> None:
        name, order_no, goods_no = subject
        now = self.world.clock.now()
        self.world.calls.add(Call(now, name, seller, order_no, outcome, goods_no))

    def _note_traffic(self, endpoint: Endpoint, token: Token, params: dict) -> None:
        """Count the call, whatever becomes of it."""
        world = self.world
        limits: dict = {}
        if endpoint.name in _LIST_CALLS and not api_orders.is_exempt(world, params):
            bucket, limits["interval"] = LISTS, world.interval
        elif endpoint.handler is api_goods.search:
            bucket, limits["per_minute"] = SEARCHES, world.buckets.search_limit
        else:
            bucket, limits["per_minute"] = OTHERS, world.strict.calls_per_minute
        for seller in token.sellers.items():
            world.traffic.note(seller, bucket, **limits)

    def _gate(
        self, endpoint: Endpoint | None, authorization: str | None, address: str
    ) -> tuple[Token | None, str | None]:
        """Token and refusal: wrong path and missing permission look alike (1.5)."""
        strict = self.world.strict
        now = self.world.clock.now().replace(tzinfo=KST).timestamp()
        try:
            token = check_token(authorization, self.world.store.accounts, strict, now)
        except Unauthorized as error:
            return None, str(error)
        if strict.allowed_addresses is not None:
            if address not in strict.allowed_addresses:
                return token, f"address {address} is not registered"
        if endpoint is None:
            return token, "no such path"
        if endpoint.name not in token.account.permissions:
            return token, f"no permission for {endpoint.name}"
        if token.foreign and strict.foreign_seller_mode == "unauthorized":
            return token, "seller ID is not under this master ID"
        return token, None

    def _answer(
        self, endpoint: Endpoint, request: ApiRequest, picked: list[Fault]
    ) -> tuple[int, dict, str]:
        """HTTP status, payload and what the log says."""
        for fault in picked:
            if fault.kind == "unconfirmed_delay":
                request.confirming_seconds = fault.options.get("seconds", 10.0)
            elif fault.kind == "one_site_fails":
                request.failing_site = fault.options.get("site", AUCTION)
        try:
            self._check_minute(endpoint, request.token)
            return 200, endpoint.handler(self.world, request), "ok"
        except Refused as refusal:
            outcome = f"{refusal.code} {refusal.message.strip()}"
            if endpoint.of_items:
                payload = {"resultCode": refusal.code, "message": refusal.message}
                return refusal.status or 400, payload, outcome
            payload = {
                "ResultCode": refusal.code,
                "Message": refusal.message,
                "Data": None,
            }
            if endpoint.path.startswith("/claim"):
                if api_claims.request_site(request) == AUCTION:
                    payload["BizRuleCode"] = refusal.rule
            return 200, payload, outcome

    def _check_minute(self, endpoint: Endpoint, token: Token) -> None:
        if endpoint.name in _LIST_CALLS:
            return
        search = endpoint.handler is api_goods.search
        for site, seller_id in token.sellers.items():
            if search and not self.world.buckets.take_search((site, seller_id)):
                self.world.rate_violations.append(
                    RateViolation(
                        self.world.clock.now(), site, seller_id, endpoint.name
                    )
                )
                busy = self.world.strict.search_limit_answer == "429"
                raise Refused(1000, texts.SEARCH_RATE, status=429 if busy else 400)
            if not search and not self.world.buckets.take_other_call((site, seller_id)):
                raise Refused(3000, "분당 호출 횟수를 초과하였습니다.")  # assumed

    def _insert_between_pages(
        self, endpoint: Endpoint, payload: dict, picked: list[Fault]
    ) -> None:
        faults = [fault for fault in picked if fault.kind == "insert_between_pages"]
        if not faults:
            return
        data = payload.get("Data") if endpoint.name == "RequestOrders" else None
        more = data and data["TotalCount"] > data["PageIndex"] * data["PageSize"]
        for fault in faults:
            if not more:
                self.faults.give_back(fault)
                continue
            shown = self.world.store.orders[data["RequestOrders"][-1]["OrderNo"]]
            values = dict(fault.options.get("basket") or {})
            values.setdefault("items", [copy.copy(shown.item)])
            try:
                self.placer.place(shown.site, shown.seller_id, **values)
            except SoldOut:
                self.faults.give_back(fault)

    def _remove_between_pages(self, payload: dict, picked: list[Fault]) -> None:
        for fault in picked:
            if fault.kind != "remove_between_pages":
                continue
            total, end = payload.get("totalItems", 0), payload.get("pageIndex", 0)
            if total <= end * payload.get("pageSize", 0):
                self.faults.give_back(fault)
                continue
            catalog = self.world.catalog
            item = catalog.items[int(payload["items"][0]["goodsNo"])]
            catalog.delete(item, item.live)


class _Subject(NamedTuple):
    """What a call is about, for the log and the faults."""

    endpoint: str
    order_no: int | None
    goods_no: str | None


def _order_no(path_no: str | None, params: dict) -> int | None:
    return parse_int(path_no if path_no is not None else params.get("orderno")) or None


def _read_body(
    body: bytes, content_type: str, of_items: bool
) -> tuple[dict, Reply | None]:
    """Folded parameters, or the answer to a body that is not JSON."""
    if not body.strip():
        return {}, None
    if "json" not in content_type.lower():
        return {}, json_reply({"Message": "Unsupported Media Type"}, 415)
    try:
        value = json.loads(body.decode("utf-8"))
    except ValueError:
        value = None
    if not isinstance(value, dict):
        if of_items:
            refusal = {"resultCode": 1000, "message": texts.BAD_JSON}
            return {}, json_reply(refusal, 400)
        refusal = {"ResultCode": 2141, "Message": texts.BAD_JSON, "Data": None}
        return {}, json_reply(refusal)
    return fold_keys(value), None


# ---- faults ------------------------------------------------------------------


def _gateway_page(status: int, title: str) -> Reply:
    html = f"<html><head><title>{status} {title}</title></head><body><center><h1>"
    html += f"{status} {title}</h1></center><hr><center>nginx</center></body></html>"
    return Reply(status, html.encode(), HTML_TYPE)


def _broken(fault: Fault, of_items: bool) -> Reply:
    """The answer of a call that did not get through."""
    kind = fault.kind
    if kind == "502":
        return _gateway_page(502, "Bad Gateway")
    if kind == "503":
        return _gateway_page(503, "Service Temporarily Unavailable")
    if kind == "429":
        reply = _gateway_page(429, "Too Many Requests")
        if "retry_after" in fault.options:
            reply.headers["Retry-After"] = str(fault.options["retry_after"])
        return reply
    if kind == "401":
        return _unauthorized(texts.NO_ACCESS)
    if kind == "html":
        return Reply(200, _ERROR_PAGE, HTML_TYPE)
    if kind == "rate_message" and of_items:
        payload = {"resultCode": 1000, "message": texts.SEARCH_RATE}
        return json_reply(payload, 400)
    if kind == "rate_message":
        payload = {"ResultCode": 3000, "Message": texts.RATE, "Data": None}
        return json_reply(payload)
    return Reply(drop=True)


def _rows(payload: dict) -> list[dict]:
    """The rows of any list: orders, claims, items, options."""
    data = payload.get("Data", payload)
    for key in ("RequestOrders", "items", "independent", "combination", "details"):
        if isinstance(data, dict) and data.get(key):
            data = data[key]
    return data if isinstance(data, list) else []


def _extra_keys(payload: dict) -> None:
    data = payload.get("Data")
    for row in _rows(payload) or ([data] if isinstance(data, dict) else []):
        if isinstance(row, dict):
            row["UnknownNewField"] = {"nested": [1, "둘", None]}
            row["unknownFlagYn"] = "N"
    payload["ServerTraceId"] = "sandbox-0001"


def _duplicate_row(payload: dict, index: int) -> None:
    found = _rows(payload)
    if found:
        found.append(dict(found[index]))


def _odd_numbers(value: object) -> object:
    """Numbers as text and the reverse, all through the answer."""
    if isinstance(value, dict):
        return {key: _odd_numbers(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_odd_numbers(each) for each in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and value.endswith(".0000"):
        return float(value)
    return value


def _odd_keys(value: object) -> object:
    if isinstance(value, dict):
        return {
            key[:1].swapcase() + key[1:]: _odd_keys(each) for key, each in value.items()
        }
    if isinstance(value, list):
        return [_odd_keys(each) for each in value]
    return value


_FORMS: dict[str, Callable[[object], object]] = {
    "odd_numbers": _odd_numbers,
    "odd_keys": _odd_keys,
}


def _finish(status: int, payload: dict, picked: list[Fault], of_items: bool) -> Reply:
    """Turn the payload into a reply, with what the faults do to it."""
    for fault in picked:
        if fault.kind == "extra_keys":
            _extra_keys(payload)
        elif fault.kind == "duplicate_row":
            _duplicate_row(payload, fault.options.get("row", -1))
    answer: object = payload
    for fault in picked:
        if fault.kind in _FORMS:
            answer = _FORMS[fault.kind](answer)
    reply = json_reply(answer, status)
    for fault in picked:
        options = fault.options
        if fault.kind in BEFORE:
            reply = _broken(fault, of_items)
        elif fault.kind == "slow":
            reply.delay = max(reply.delay, options.get("seconds", 3.0))
        elif fault.kind == "timeout_after_effect":
            reply.delay = max(reply.delay, options.get("seconds", 60.0))
            reply.drop = reply.drop or options.get("then") == "close"
        elif fault.kind == "drop_after_effect":
            reply.drop = True
        elif fault.kind == "truncated_json":
            reply.body = reply.body[: int(len(reply.body) * options.get("keep", 0.5))]
        elif fault.kind == "wrong_charset":
            other = _in_cp949(reply.body)
            if options.get("mode", "header") == "header" or other is None:
                reply.content_type = "application/json; charset=ISO-8859-1"
            else:
                reply.body = other
    return reply


def _in_cp949(body: bytes) -> bytes | None:
    """The text in CP949; None if it has characters that CP949 has no place for."""
    try:
        return body.decode("utf-8").encode("cp949")
    except UnicodeError:
        return None
