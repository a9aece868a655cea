"""Rate limits per seller (2.4 of the fact sheet; page 67)."""

from __future__ import annotations

from collections import deque

from .clock import Clock
from .strict import Strict

Seller = tuple[str, str]


class Buckets:
    """One bucket of ``interval`` seconds per seller ID, shared by RequestOrders and
    PreRequestOrders; 30 item searches per minute; optionally a number of other calls
    per minute. An interval of 0 switches the first two off."""

    searches_per_minute = 30

    def __init__(self, clock: Clock, strict: Strict, interval: float):
        self.clock = clock
        self.strict = strict
        self.interval = interval
        self._last: dict[Seller, float] = {}
        self._minutes: dict[tuple[str, Seller], deque[float]] = {}

    def take_list_call(self, seller: Seller) -> bool:
        now = self.clock.pace()
        last = self._last.get(seller)
        free = last is None or now - last >= self.interval
        if free or self.strict.refusal_restarts_bucket:
            self._last[seller] = now
        return free

    @property
    def search_limit(self) -> int | None:
        """Item searches per minute, None where the pace is switched off."""
        return self.searches_per_minute if self.interval else None

    def take_search(self, seller: Seller) -> bool:
        return self._take_of_minute("search", seller, self.search_limit)

    def take_other_call(self, seller: Seller) -> bool:
        return self._take_of_minute("other", seller, self.strict.calls_per_minute)

    def _take_of_minute(self, kind: str, seller: Seller, limit: int | None) -> bool:
        if limit is None:
            return True
        now = self.clock.pace()
        taken = self._minutes.setdefault((kind, seller), deque())
        while taken and now - taken[0] >= 60:
            taken.popleft()
        if len(taken) >= limit:
            return False
        taken.append(now)
        return True
