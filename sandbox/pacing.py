"""Rate limits per seller (2.4 of the fact sheet; page 67)."""

from __future__ import annotations

from collections import deque

from .clock import Clock
from .strict import Strict

Seller = tuple[str, str]


class Buckets:
    """One bucket of ``interval`` seconds per seller ID, shared by RequestOrders and
    PreRequestOrders; optionally a number of other calls per minute."""

    def __init__(self, clock: Clock, strict: Strict, interval: float):
        self.clock = clock
        self.strict = strict
        self.interval = interval
        self._last: dict[Seller, float] = {}
        self._others: dict[Seller, deque[float]] = {}

    def take_list_call(self, seller: Seller) -> bool:
        now = self.clock.pace()
        last = self._last.get(seller)
        free = last is None or now - last >= self.interval
        if free or self.strict.refusal_restarts_bucket:
            self._last[seller] = now
        return free

    def take_other_call(self, seller: Seller) -> bool:
        limit = self.strict.calls_per_minute
        if limit is None:
            return True
        now = self.clock.pace()
        taken = self._others.setdefault(seller, deque())
        while taken and now - taken[0] >= 60:
            taken.popleft()
        if len(taken) >= limit:
            return False
        taken.append(now)
        return True
