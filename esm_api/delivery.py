"""Dispatch, order states and couriers.

Sources: etapi.gmarket.com/69 (ShippingExpectedDate), /70 (ShippingInfo), /71
(AddShippingCompleteInfo), /72 (GetDeliveryStatus), /142 (courier list); fact sheet 3.4,
4.
"""

import enum
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from .deadline import DelayReason, check_planned
from .endpoints import (
    COURIERS,
    DELIVERY_STATUS,
    SHIPPING_COMPLETE,
    SHIPPING_EXPECTED_DATE,
    SHIPPING_INFO,
)
from .errors import AlreadyDone, Refusal, RuleError
from .order import OrderStatus
from .orders import seller_numbers
from .readers import Fields, kst, kst_second, windows
from .transport import Transport, order_number, result_rows

#: ESM accepts 7 days (2.6). Whether it counts the last day is unknown.
LONGEST_WINDOW = timedelta(days=6)
#: A dispatch date must lie within 2 days of the call (page 70).
OLDEST_DISPATCH = timedelta(days=2)
#: No page size is published, so pages are read until an empty one. This many pages
#: in one week mean a server that never sends it.
MAX_PAGES = 1000


class StatusDate(enum.IntEnum):
    """Which date a period search goes by (``SearchDateConditionType``, page 72)."""

    PAYMENT = 1
    CONFIRMATION = 2
    DISPATCH = 3
    DELIVERY = 4
    DECISION = 5
    REMITTANCE = 6
    RETURN_APPROVAL = 7
    EXCHANGE_APPROVAL = 8
    CANCEL = 9


@dataclass(frozen=True)
class OrderState:
    """State of one order and of its claim (page 72).

    :param status: None for a number nobody has documented
    :param claim_status: for cancels and returns 1 requested, 2 in process, 3 done;
        for exchanges 1 requested, 2 picked up, 3 resending, 4 done
    :param changed_at: UTC
    """

    order_no: str
    status: OrderStatus | None
    claim_status: int | None
    changed_at: datetime | None
    is_gift: bool

    @property
    def cancel_requested(self) -> bool:
        """A cancel that still waits for the seller or is under way."""
        return self.status == OrderStatus.CANCEL and self.claim_status in (1, 2)

    @property
    def cancelled(self) -> bool:
        return self.status == OrderStatus.CANCEL and self.claim_status == 3

    @property
    def in_delivery_or_later(self) -> bool:
        return self.status in (
            OrderStatus.IN_DELIVERY,
            OrderStatus.DELIVERED,
            OrderStatus.DECIDED,
        )

    @property
    def under_claim(self) -> bool:
        """Cancel, return, exchange, non-receipt or refund, done or not."""
        return self.status is not None and self.status >= OrderStatus.CANCEL


@dataclass(frozen=True)
class Courier:
    """A courier of ESM's list (page 142)."""

    code: int
    name: str


class DeliveryApi:
    """Delivery calls of one shop."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def ship(
        self,
        order_no: str,
        courier_code: int,
        invoice_no: str,
        *,
        shipped_at: datetime | None = None,
        seller_order_no: str | None = None,
    ) -> None:
        """Send courier and tracking number: preparing -> in delivery (page 70).

        On an order in delivery the last call wins. **A pending cancel request is
        refused by this call without a question**: read :meth:`status` right before.

        :param courier_code: of :meth:`couriers`
        :param invoice_no: blanks and hyphens are left out
        :param shipped_at: aware; used if it lies in the last 2 days, else the present
        :param seller_order_no: own number, cut at 30 bytes
        :raise UnknownOutcome: read the state, then repeat at most once
        :raise RuleError: BAD_INVOICE_NO, UNKNOWN_COURIER, STAR_COURIER, WRONG_STATE,
            CANCEL_COMPLETED, IN_PROGRESS (again after 10 seconds), FULFILMENT,
            NOT_FOUND
        """
        number = order_number(order_no, SHIPPING_INFO)
        invoice = invoice_digits(invoice_no)
        if not invoice:
            raise RuleError(
                "There is no tracking number.",
                reason=Refusal.BAD_INVOICE_NO,
                endpoint=SHIPPING_INFO.name,
            )
        now = self._transport.now()
        if shipped_at is None or not now - OLDEST_DISPATCH < shipped_at <= now:
            shipped_at = now
        body = {
            "OrderNo": number,
            "ShippingDate": kst_second(shipped_at),
            "DeliveryCompanyCode": int(courier_code),
            "InvoiceNo": invoice,
        }
        self._transport.call(SHIPPING_INFO, body | seller_numbers(seller_order_no))

    def expected_date(
        self,
        order_no: str,
        planned: date,
        reason: DelayReason,
        detail: str | None = None,
    ) -> None:
        """Tell ESM when an order will leave that cannot leave in time (page 69).

        Once per order: whether a second date updates or is refused is not settled, and
        no call reads the date back.

        :param planned: Korean day, from tomorrow to 90 days ahead
        :param detail: 150 Korean or 300 Latin characters
        :raise UnknownOutcome: read the state, then repeat at most once
        :raise RuleError: BAD_PLANNED_DATE, DETAIL_TOO_LONG (both before the call),
            CANNOT_DELAY, WRONG_STATE, FULFILMENT, NOT_FOUND
        """
        number = order_number(order_no, SHIPPING_EXPECTED_DATE)
        detail = " ".join((detail or "").split())
        now = self._transport.now()
        check_planned(planned, detail, now, SHIPPING_EXPECTED_DATE.name)
        body = {
            "OrderNo": number,
            "ReasonType": int(reason),
            "ShippingExpectedDate": planned.isoformat(),
        }
        if detail:
            body["ReasonDetail"] = detail
        self._transport.call(SHIPPING_EXPECTED_DATE, body)

    def complete(self, order_no: str) -> bool:
        """Mark an order as delivered: in delivery -> delivered (page 71).

        For couriers that nobody can track; tracked parcels arrive by themselves.

        :return: False if it counted as delivered before
        :raise NoPermission: ESM grants this call separately
        :raise UnknownOutcome: read the state, then repeat at most once
        :raise RuleError: WRONG_STATE, FULFILMENT, NOT_FOUND
        """
        number = order_number(order_no, SHIPPING_COMPLETE)
        try:
            self._transport.call(SHIPPING_COMPLETE, path={"order_no": number})
        except AlreadyDone:
            return False
        return True

    def status(self, order_no: str) -> OrderState | None:
        """Return the state of an order and of its claim (page 72).

        The only call that tells both. None: ESM does not know the number for this
        seller; such an order must not be shipped.
        """
        number = order_number(order_no, DELIVERY_STATUS)
        states = self._states({"OrderNo": number, "Page": 1})
        return max(
            (state for state in states if state.order_no == str(number)),
            key=_age,
            default=None,
        )

    def statuses(
        self,
        date_from: date | datetime,
        date_to: date | datetime,
        condition: StatusDate = StatusDate.PAYMENT,
    ) -> list[OrderState]:
        """Return the states of a period, each order once (page 72).

        :param date_from: Korean day, or an aware point in time
        :param date_to: the same, inclusive
        :param condition: which date counts
        """
        found: dict[str, OrderState] = {}
        # A bare end date is 00:00 of that day (2.5), hence the day more.
        end = korean_day(date_to) + timedelta(days=1)
        for start, stop in windows(korean_day(date_from), end, LONGEST_WINDOW):
            request = {
                "OrderNo": 0,
                "SearchDateConditionType": int(condition),
                "FromDate": start.isoformat(),
                "ToDate": stop.isoformat(),
            }
            seen: set[str] = set()
            for page in range(1, MAX_PAGES + 1):
                states = self._states(request | {"Page": page})
                numbers = {state.order_no for state in states}
                if numbers <= seen:  # an empty page, or the same page again
                    break
                seen |= numbers
                for state in states:
                    known = found.get(state.order_no)
                    if known is None or _age(state) >= _age(known):
                        found[state.order_no] = state
        return list(found.values())

    def _states(
        self, request: dict[str, Any], *, patient: bool = True
    ) -> list[OrderState]:
        try:
            answer = self._transport.call(DELIVERY_STATUS, request, patient=patient)
        except RuleError as error:
            # What an unknown number gets is unknown; actions get 3000 (section 14).
            if error.reason in (Refusal.NOT_FOUND, Refusal.NO_DATA):
                return []
            raise
        rows = [Fields(row) for row in result_rows(answer.data, DELIVERY_STATUS)]
        return [
            OrderState(
                order_no=order_no,
                status=OrderStatus.read(row.raw("Status")),
                claim_status=row.integer("ClaimStatus"),
                changed_at=row.when("StatusChangeDate"),
                is_gift=row.flag("IsGiftOrder"),
            )
            for row in rows
            if (order_no := row.number("OrderNo"))
        ]

    def probe(self, day: date) -> None:
        """Read one day's states once, for the connection test."""
        request = {
            "OrderNo": 0,
            "SearchDateConditionType": int(StatusDate.PAYMENT),
            "FromDate": day.isoformat(),
            "ToDate": (day + timedelta(days=1)).isoformat(),
            "Page": 1,
        }
        self._states(request, patient=False)

    def couriers(self, *, patient: bool = True) -> list[Courier]:
        """Return ESM's couriers (page 142). :data:`.couriers.COURIERS` is a copy."""
        payload = self._transport.call(COURIERS, patient=patient).payload
        if isinstance(payload, dict):
            payload = Fields(payload).rows("deliveryCompanies")
        rows = [Fields(row) for row in result_rows(payload, COURIERS)]
        return [
            Courier(code, row.line("deliveryCompName") or str(code))
            for row in rows
            if (code := row.integer("deliveryCompCode"))
        ]


def invoice_digits(invoice_no: str | None) -> str:
    """Return a tracking number without blanks and hyphens (page 70)."""
    return "".join((invoice_no or "").split()).replace("-", "")


def korean_day(value: date | datetime) -> date:
    """Return the Korean calendar day of an aware point in time, or the date."""
    return kst(value).date() if isinstance(value, datetime) else value


def _age(state: OrderState) -> float:
    return state.changed_at.timestamp() if state.changed_at else float("-inf")
