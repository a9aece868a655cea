"""What every endpoint works on: the clock, the readings, the data and the rules."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import NamedTuple

from .catalog import Catalog
from .clock import Clock
from .lifecycle import Lifecycle
from .pacing import Buckets
from .store import Store
from .strict import Strict
from .traffic import Traffic


class Call(NamedTuple):
    """One call as the sandbox saw it. ``outcome``: "ok", "3000 해당 ...", "401 kid is
    not known", "fault 502". ``goods_no``: the number in the path of an item call."""

    time: datetime
    endpoint: str
    seller: str
    order_no: int | None
    outcome: str
    goods_no: str | None = None


class RateViolation(NamedTuple):
    time: datetime
    site: str
    seller_id: str
    endpoint: str


class CallLog(list):
    """A list that forgets its oldest half when it gets very long."""

    limit = 200_000

    def add(self, call: Call) -> None:
        if len(self) >= self.limit:
            del self[: self.limit // 2]
        self.append(call)


class World:
    def __init__(
        self, clock: Clock, strict: Strict, interval: float, search_limit: int
    ):
        self.clock = clock
        self.strict = strict
        self.search_limit = search_limit
        self.store = Store(strict)
        self.lifecycle = Lifecycle(clock, strict)
        self.catalog = Catalog(self.lifecycle, strict)
        self.buckets = Buckets(clock, strict, interval)
        self.traffic = Traffic(clock)
        self.calls = CallLog()
        self.rate_violations: list[RateViolation] = []
        self.interval = interval
        #: held while state is read or changed; never while an answer is delayed
        self.lock = threading.RLock()

    # ---- kept in a file: see hosting.py ----------------------------------------

    def __getstate__(self) -> dict:
        """Without the lock and the paces, whose clock ends with the machine."""
        state = dict(self.__dict__)
        del state["lock"], state["buckets"], state["traffic"]
        return state

    def __setstate__(self, state: dict) -> None:
        self.__dict__.update(state)
        self.buckets = Buckets(self.clock, self.strict, self.interval)
        self.traffic = Traffic(self.clock)
        self.lock = threading.RLock()
