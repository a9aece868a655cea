"""Dispatch deadlines and planned ship dates, in Korean days.

Sources: etapi.gmarket.com/67 (``TransDueDate``), /69 (ShippingExpectedDate); fact sheet
3.2, 3.4.
"""

import enum
from datetime import date, datetime, timedelta

from .errors import Refusal, RuleError
from .readers import kst, kst_midnight

#: A planned ship date lies this many days ahead at most (page 69).
LONGEST_DELAY_DAYS = 90
#: 150 Korean or 300 Latin characters (page 69).
DETAIL_WIDTH = 300


class Due(enum.Enum):
    """Where a dispatch deadline lies, seen from a point in time in Korea."""

    LATE = "late"
    TODAY = "today"
    TOMORROW = "tomorrow"
    LATER = "later"


class DelayReason(enum.IntEnum):
    """Why an order cannot be shipped in time (``ReasonType``, page 69)."""

    STOCK = 1
    BUYER = 2
    OTHER = 3


def due_limits(now: datetime) -> dict[Due, tuple[datetime | None, datetime | None]]:
    """Return from when to before when a deadline counts as what.

    :param now: aware
    :return: aware (from, before); None: without end
    """
    day = kst(now).date()
    tomorrow = kst_midnight(day + timedelta(days=1))
    day_after = kst_midnight(day + timedelta(days=2))
    return {
        Due.LATE: (None, now),
        Due.TODAY: (now, tomorrow),
        Due.TOMORROW: (tomorrow, day_after),
        Due.LATER: (day_after, None),
    }


def due(due_at: datetime, now: datetime) -> Due:
    """Return where a deadline lies; both aware. Its last second is in time."""
    return next(
        kind
        for kind, (_begin, end) in due_limits(now).items()
        if end is None or due_at < end
    )


def planned_dates(now: datetime) -> tuple[date, date]:
    """Return the first and last Korean day that a planned ship date may be.

    :param now: aware
    """
    today = kst(now).date()
    return today + timedelta(days=1), today + timedelta(days=LONGEST_DELAY_DAYS)


def text_width(text: str) -> int:
    """Return the length of a text as page 69 counts it: all but Latin ones twice."""
    return sum(1 if ord(char) <= 0xFF else 2 for char in text)


def check_planned(planned: date, detail: str, now: datetime, endpoint: str) -> None:
    """Check what page 69 refuses without a call.

    :param now: aware
    :param endpoint: short name of the call
    :raise RuleError: BAD_PLANNED_DATE, DETAIL_TOO_LONG
    """
    first, last = planned_dates(now)
    if not first <= planned <= last:
        raise RuleError(
            f"{planned} does not lie from {first} to {last}.",
            reason=Refusal.BAD_PLANNED_DATE,
            endpoint=endpoint,
        )
    if (width := text_width(detail)) > DETAIL_WIDTH:
        raise RuleError(
            f"The explanation is {width} long, {DETAIL_WIDTH} are allowed.",
            reason=Refusal.DETAIL_TOO_LONG,
            endpoint=endpoint,
        )
