"""When calls came in, whoever made them: what several clients of a seller amount to.

Times are those of the rate buckets (``Clock.pace``).
"""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, dataclass, field

from .clock import Clock

#: the buckets: order lists, item searches, everything else
LISTS, SEARCHES, OTHERS = "orders", "goods", "calls"
MINUTE = 60.0


@dataclass
class Flow:
    """The calls of one seller in one bucket. ``smallest_gap``: seconds between two of
    them, None after less than two. ``most_in_a_minute``: in any 60 seconds.
    ``breaches``: calls that came earlier than the published limit permits, answered or
    refused."""

    site: str
    seller_id: str
    bucket: str
    calls: int = 0
    smallest_gap: float | None = None
    most_in_a_minute: int = 0
    breaches: int = 0
    _last: float | None = field(default=None, repr=False)
    _minute: deque[float] = field(default_factory=deque, repr=False)

    def note(self, now: float, interval: float, per_minute: int | None) -> None:
        gap = None if self._last is None else now - self._last
        if gap is not None and (self.smallest_gap is None or gap < self.smallest_gap):
            self.smallest_gap = gap
        self._last = now
        self._minute.append(now)
        while now - self._minute[0] >= MINUTE:
            self._minute.popleft()
        count = len(self._minute)
        self.calls += 1
        self.most_in_a_minute = max(self.most_in_a_minute, count)
        early = gap is not None and gap < interval
        self.breaches += early or (per_minute is not None and count > per_minute)

    def entry(self) -> dict:
        return {key: value for key, value in asdict(self).items() if key[0] != "_"}


class Traffic:
    """All flows since the beginning or the last reset."""

    def __init__(self, clock: Clock):
        self._clock = clock
        self._flows: dict[tuple[str, str, str], Flow] = {}

    def note(
        self,
        seller: tuple[str, str],
        bucket: str,
        interval: float = 0.0,
        per_minute: int | None = None,
    ) -> None:
        """A call has come in. ``interval``: seconds to the one before it, at least;
        ``per_minute``: how many there may be, None without a limit."""
        flow = self._flows.setdefault((*seller, bucket), Flow(*seller, bucket))
        flow.note(self._clock.pace(), interval, per_minute)

    def entries(self) -> list[dict]:
        """One dict per seller and bucket, see ``Flow``."""
        return [flow.entry() for _key, flow in sorted(self._flows.items())]
