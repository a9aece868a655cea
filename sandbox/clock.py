"""The settable clock: everything that time drives in the sandbox reads it.

All times are naive Korean wall clock (UTC+9), as ESM sends and expects them.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

KST = timezone(timedelta(hours=9), "KST")


def to_kst(moment: datetime) -> datetime:
    """An aware time becomes naive Korean time; a naive one is Korean already."""
    if moment.tzinfo is not None:
        moment = moment.astimezone(KST).replace(tzinfo=None)
    return moment


class Clock:
    """``start`` None: the real time plus whatever was advanced. Otherwise the clock
    begins at ``start`` and stands still until advanced, or runs on when ``ticking``.
    """

    def __init__(self, start: datetime | None = None, *, ticking: bool | None = None):
        self.ticking = start is None if ticking is None else ticking
        self._advanced = 0.0
        self._base = self._real() if start is None else to_kst(start)
        self._since = self._real()

    @staticmethod
    def _real() -> datetime:
        return datetime.now(KST).replace(tzinfo=None)

    def now(self) -> datetime:
        """Naive Korean time, cut to milliseconds as ESM stores it."""
        moment = self._base
        if self.ticking:
            moment += self._real() - self._since
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def advance(self, seconds: float) -> datetime:
        self._base += timedelta(seconds=seconds)
        self._advanced += max(0.0, seconds)
        return self.now()

    def set(self, moment: datetime) -> datetime:
        return self.advance((to_kst(moment) - self.now()).total_seconds())

    def pace(self) -> float:
        """Seconds for the rate buckets: real time passed plus time advanced, so that
        clients who really wait and tests who advance the clock both get through."""
        return time.monotonic() + self._advanced
