"""When the next call may go (fact sheet 2.4)."""

import threading
import time
from collections.abc import Callable
from typing import Protocol

from .endpoints import CALLS_BUCKET, GOODS_BUCKET, ORDERS_BUCKET

#: Published limit of the order lists is 5 s; integrations leave this gap.
ORDERS_INTERVAL = 5.2
#: Published limit of the item search is 30 per minute (page 160), with a margin.
GOODS_INTERVAL = 2.1


class Pacer(Protocol):
    """Gives out slots. One state must be shared by all who call for a seller."""

    def reserve(self, key: str, interval: float, burst: int = 0) -> float:
        """Reserve the next slot of a bucket.

        :param key: ``"{host}/{site}:{seller_id}/{bucket}"``
        :param interval: seconds between two calls
        :param burst: calls that may go at once after a quiet time
        :return: seconds to wait before the call, 0 or more
        """

    def begin(self, key: str, interval: float) -> float:
        """Begin the call whose slot has come, if the one before it is long enough ago.

        That one may have gone later than its slot: its caller was held up.

        :param key: see `reserve`
        :param interval: seconds since the last call, at least
        :return: 0 if the call may go now, else the seconds until asking again
        """

    def end(self, key: str) -> None:
        """Note that a call has been answered: ESM had it by now, at the latest."""


class NoPacer:
    """Lets everything through."""

    def reserve(self, key: str, interval: float, burst: int = 0) -> float:
        return 0.0

    def begin(self, key: str, interval: float) -> float:
        return 0.0

    def end(self, key: str) -> None:
        return None


class LocalPacer:
    """Paces the calls of one process, from any thread.

    It keeps two numbers per key: the time at which the bucket is empty again (the
    generic cell rate algorithm), and that of the last call.

    :param clock: seconds of a clock that never goes back
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._busy_until: dict[str, float] = {}
        self._called: dict[str, float] = {}

    def reserve(self, key: str, interval: float, burst: int = 0) -> float:
        with self._lock:
            now = self._clock()
            start = max(self._busy_until.get(key, now), now)
            self._busy_until[key] = start + interval
            return max(0.0, start - burst * interval - now)

    def begin(self, key: str, interval: float) -> float:
        with self._lock:
            now = self._clock()
            wait = self._called.get(key, now - interval) + interval - now
            if wait <= 0:
                self._called[key] = now
            return max(0.0, wait)

    def end(self, key: str) -> None:
        with self._lock:
            self._called[key] = self._clock()


class Pacing:
    """The intervals of one shop.

    :param pacer: where the state lives
    :param owner: ``"{host}/{site}:{seller_id}"``
    :param calls_per_minute: limit of all calls but those of the next two, 0 for none
    :param orders_interval: seconds between two order lists, 0 for no limit
    :param goods_interval: seconds between two item searches, 0 for no limit
    """

    def __init__(
        self,
        pacer: Pacer,
        owner: str,
        calls_per_minute: float,
        orders_interval: float,
        goods_interval: float,
    ) -> None:
        self._pacer = pacer
        self._owner = owner
        calls = 60.0 / calls_per_minute if calls_per_minute else 0.0
        self._limits = {
            ORDERS_BUCKET: (orders_interval, 0),
            GOODS_BUCKET: (goods_interval, 0),
            CALLS_BUCKET: (calls, int(calls_per_minute)),
        }

    def interval(self, bucket: str) -> float:
        """Return the seconds between two calls of the bucket."""
        return self._limits[bucket][0]

    def reserve(self, bucket: str) -> float:
        """Reserve a slot and return the seconds to wait for it."""
        interval, burst = self._limits[bucket]
        if not interval:
            return 0.0
        return self._pacer.reserve(f"{self._owner}/{bucket}", interval, burst)

    def begin(self, bucket: str) -> float:
        """Begin a call and return 0, or the seconds until asking again.

        Only where calls are an interval apart: a burst has no order to keep.
        """
        interval, burst = self._limits[bucket]
        if not interval or burst:
            return 0.0
        return self._pacer.begin(f"{self._owner}/{bucket}", interval)

    def end(self, bucket: str) -> None:
        """Note that a call of the bucket has been answered, or given up."""
        interval, burst = self._limits[bucket]
        if interval and not burst:
            self._pacer.end(f"{self._owner}/{bucket}")
