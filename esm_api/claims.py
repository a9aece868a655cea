"""Cancels: list and look-up.

Source: etapi.gmarket.com/50; fact sheet 5 and 5.1.
"""

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from .delivery import korean_day
from .endpoints import CANCELS
from .errors import Refusal, RuleError
from .readers import Fields, integer, kst, storable, windows
from .redaction import get_logger
from .transport import Transport, order_number, result_rows

_logger = get_logger(__name__)

#: Exactly 7 days are sometimes refused (2.6).
LONGEST_WINDOW = timedelta(days=6)
#: Unanswered cancel requests are approved by the site this long after them (page 50).
ANSWER_TIME = timedelta(hours=24)
#: The list has no paging and no total; this many rows may be a cut list (5).
SUSPICIOUS_COUNT = 50


class CancelStatus(enum.IntEnum):
    """State of a cancel (page 50)."""

    REQUESTED = 1
    IN_PROCESS = 2
    DONE = 3
    WITHDRAWN = 4
    REFUNDED_BY_SITE = 5
    REFUNDED_AFTER_REMITTANCE = 6


class CancelDate(enum.IntEnum):
    """Which date a search goes by (``Type``, page 50)."""

    REQUESTED = 2
    COMPLETED = 3


#: Types of page 50 that look for a number.
_BY_ORDER_NUMBER = 0


@dataclass(frozen=True)
class Cancel:
    """One row of the cancel list. Points in time in UTC.

    :param status: None for a number nobody has documented
    :param site_goods_no: number of the item on its site
    :param reason_code: 1 change of mind, 2 size or colour, 3 wrong item, 4 not
        arrived, 5 defect, 6 out of stock, 7 gift not accepted in time, 8 gift
        refused, 11 Smile Fresh, 0 other
    :param payload: the row as it came, but for what PostgreSQL cannot store
    """

    order_no: str
    pay_no: str | None
    site_goods_no: str | None
    status: CancelStatus | None
    requested_at: datetime | None
    completed_at: datetime | None
    withdrawn_at: datetime | None
    approved_at: datetime | None
    reason_code: int | None
    reason_text: str | None
    payload: dict[str, Any]

    @property
    def pending(self) -> bool:
        """Not over: requested or in process."""
        return self.status in (CancelStatus.REQUESTED, CancelStatus.IN_PROCESS)

    @property
    def done(self) -> bool:
        """The buyer has or gets the money back."""
        return self.status in (
            CancelStatus.DONE,
            CancelStatus.REFUNDED_BY_SITE,
            CancelStatus.REFUNDED_AFTER_REMITTANCE,
        )

    @property
    def withdrawn(self) -> bool:
        """The order goes on."""
        return self.status == CancelStatus.WITHDRAWN

    def is_older_than(self, other: "Cancel") -> bool:
        """Whether the other one of the same order was requested later."""
        if self.requested_at is None or other.requested_at is None:
            return False
        return self.requested_at < other.requested_at

    @classmethod
    def from_payload(cls, payload: dict[str, Any]) -> "Cancel | None":
        """Read a row, None without an order number."""
        fields = Fields(payload)
        order_no = fields.number("OrderNo")
        if order_no is None:
            return None
        status = fields.integer("CancelStatus")
        return cls(
            order_no=order_no,
            pay_no=fields.number("PayNo"),
            site_goods_no=fields.line("SiteGoodsNo"),
            status=CancelStatus(status) if status in set(CancelStatus) else None,
            requested_at=fields.when("RequestDate"),
            completed_at=fields.when("CompleteDate"),
            withdrawn_at=fields.when("WithdrawDate"),
            approved_at=fields.when("ApproveDate"),
            reason_code=integer(fields.raw("ReasonCode")),
            reason_text=fields.text("ReasonDetail"),
            payload=storable(payload),
        )


class ClaimsApi:
    """Claim calls of one shop."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def cancels(
        self,
        date_from: date | datetime,
        date_to: date | datetime,
        by: CancelDate = CancelDate.REQUESTED,
    ) -> list[Cancel]:
        """Return the cancels of a period in any state (page 50).

        An order may have several: a withdrawn one and a new one. Ask once by request
        and once by completion to miss none (fact sheet 5).

        :param date_from: Korean day, or an aware point in time
        :param date_to: the same, inclusive
        """
        found: dict[tuple[str, datetime | None], Cancel] = {}
        # A bare end date is 00:00 of that day (2.5), hence the day more.
        end = korean_day(date_to) + timedelta(days=1)
        for start, stop in windows(korean_day(date_from), end, LONGEST_WINDOW):
            for cancel in self._window(start, stop, by):
                found[cancel.order_no, cancel.requested_at] = cancel
        return list(found.values())

    def _window(self, start: date, stop: date, by: CancelDate) -> Iterator[Cancel]:
        """Yield the cancels from ``start`` to before ``stop``."""
        rows = self._rows({"Type": int(by)}, start, stop)
        if len(rows) < SUSPICIOUS_COUNT:
            yield from rows
        elif (stop - start).days < 2:
            _logger.warning("%d cancels on one day: the list may be cut.", len(rows))
            yield from rows
        else:
            middle = start + (stop - start) // 2
            yield from self._window(start, middle, by)
            yield from self._window(middle, stop, by)

    def _rows(
        self,
        condition: dict[str, Any],
        start: date,
        stop: date,
        *,
        patient: bool = True,
    ) -> list[Cancel]:
        request = {
            "SiteType": self._transport.credentials.site.cancel_code,
            "CancelStatus": 0,
            "StartDate": start.isoformat(),
            "EndDate": stop.isoformat(),
        }
        try:
            answer = self._transport.call(CANCELS, request | condition, patient=patient)
        except RuleError as error:
            # "Nothing there" is 99999 or 1000 with a text on both sites (5.1).
            if error.reason in (Refusal.NO_DATA, Refusal.NOT_FOUND):
                return []
            raise
        cancels = map(Cancel.from_payload, result_rows(answer.data, CANCELS))
        return [cancel for cancel in cancels if cancel]

    def probe(self, day: date) -> None:
        """Read one day's cancels once, for the connection test."""
        self._rows(
            {"Type": int(CancelDate.REQUESTED)},
            day,
            day + timedelta(days=1),
            patient=False,
        )

    def cancel_of(self, order_no: str) -> Cancel | None:
        """Return the latest cancel of an order, None if it has none (page 50).

        Both dates are required by the page although the number says it all.
        """
        number = order_number(order_no, CANCELS)
        stop = kst(self._transport.now()).date() + timedelta(days=1)
        cancels = self._rows(
            {"Type": _BY_ORDER_NUMBER, "OrderNo": number}, stop - LONGEST_WINDOW, stop
        )
        return max(
            (cancel for cancel in cancels if cancel.order_no == str(number)),
            key=lambda cancel: (
                cancel.requested_at.timestamp() if cancel.requested_at else 0.0
            ),
            default=None,
        )
