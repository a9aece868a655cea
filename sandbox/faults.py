"""Faults on demand: what goes wrong between a client and a real server.

before the call takes effect
    "502", "503", "429", "401", "html" (200 with an error page), "rate_message" (the
    5-second refusal; for items the one of the search), "drop_before" (connection
    closed)
    with effect=True the call takes effect first and the answer is replaced
inside
    "unconfirmed_delay"     seconds=10: "주문확인 진행중입니다" after this OrderCheck
    "insert_between_pages"  a basket arrives after this list page was read
                            (basket=dict of place_basket arguments)
    "remove_between_pages"  the first item of this search page is deleted after it was
                            read, so that the next page begins one item later
    "one_site_fails"        price, stock or sell-status takes effect on the other site
                            only, and is refused (site="auction" or "gmarket")
    "duplicate_row"         the last row of the list comes twice (row=index)
    "extra_keys"            unknown keys in the answer and in its rows
    "odd_numbers"           numbers as text, and money as numbers (2.5)
    "odd_keys"              keys with another first letter (2.1)
on the answer, the call took effect
    "slow" seconds=3, "timeout_after_effect" seconds=60 (then="answer" or "close"),
    "drop_after_effect" (connection closed without an answer), "truncated_json"
    (keep=0.5 of the bytes), "wrong_charset" (mode="header": UTF-8 bytes declared
    ISO-8859-1; mode="bytes": CP949 bytes declared UTF-8, where CP949 has all of
    the characters, else as "header")
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

BEFORE = ("502", "503", "429", "401", "html", "rate_message", "drop_before")
INSIDE = (
    "unconfirmed_delay",
    "insert_between_pages",
    "remove_between_pages",
    "one_site_fails",
    "duplicate_row",
    "extra_keys",
    "odd_numbers",
    "odd_keys",
)
AFTER = (
    "slow",
    "timeout_after_effect",
    "drop_after_effect",
    "truncated_json",
    "wrong_charset",
)
KINDS = BEFORE + INSIDE + AFTER


@dataclass
class Fault:
    kind: str
    endpoint: str | tuple[str, ...] | None = None
    times: int | None = 1
    probability: float | None = None
    after: int = 0
    seller: str | None = None
    order_no: int | None = None
    goods_no: str | None = None
    options: dict = field(default_factory=dict)
    fired: int = 0

    @property
    def replaces_answer(self) -> bool:
        """The call does not reach the API at all."""
        return self.kind in BEFORE and not self.options.get("effect")

    def matches(
        self,
        endpoint: str,
        seller: str,
        order_no: int | None,
        goods_no: str | None = None,
    ) -> bool:
        return (
            (self.times is None or self.fired < self.times)
            and (self.endpoint is None or endpoint in _names(self.endpoint))
            and (self.seller is None or self.seller in seller)
            and (self.order_no is None or self.order_no == order_no)
            and (self.goods_no is None or self.goods_no == goods_no)
        )


def _names(endpoint: str | tuple[str, ...]) -> tuple[str, ...]:
    return (endpoint,) if isinstance(endpoint, str) else endpoint


class Faults:
    def __init__(self, seed: int = 1):
        self._random = random.Random(f"faults:{seed}")  # nosec B311  # repeatable
        self._lock = threading.Lock()
        self.active: list[Fault] = []
        #: (kind, endpoint, order number) of every fault that happened
        self.happened: list[tuple[str, str, int | None]] = []

    def add(
        self,
        kind: str,
        endpoint: str | Iterable[str] | None = None,
        times: int | None = 1,
        probability: float | None = None,
        after: int = 0,
        *,
        seller: str | None = None,
        order_no: int | None = None,
        goods_no: int | str | None = None,
        **options: object,
    ) -> Fault:
        """Let ``kind`` happen on calls of ``endpoint`` (None: on all).

        ``times`` None: without end. ``probability``: on that share of the calls.
        ``after``: let this many matching calls pass first. ``goods_no``: only item
        calls with this number (of the master or of a site) in their path.
        """
        if not (endpoint is None or isinstance(endpoint, str)):
            endpoint = tuple(endpoint)
        if kind not in KINDS:
            raise ValueError(f"There is no fault {kind!r}: {KINDS}")
        number = None if goods_no is None else str(goods_no)
        fault = Fault(
            kind, endpoint, times, probability, after, seller, order_no, number, options
        )
        with self._lock:
            self.active.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self.active.clear()

    def pick(
        self,
        endpoint: str,
        seller: str,
        order_no: int | None,
        goods_no: str | None = None,
    ) -> list[Fault]:
        """The faults that happen to this call; at most one that replaces it, and then
        alone."""
        if not self.active:
            return []
        picked: list[Fault] = []
        with self._lock:
            for fault in self.active:
                if not fault.matches(endpoint, seller, order_no, goods_no):
                    continue
                if fault.after > 0:
                    fault.after -= 1
                    continue
                if (
                    fault.probability is not None
                    and self._random.random() >= fault.probability
                ):
                    continue
                if fault.replaces_answer:
                    picked = [fault]
                    break
                picked.append(fault)
            for fault in picked:
                fault.fired += 1
                self.happened.append((fault.kind, endpoint, order_no))
            self.active = [
                f for f in self.active if f.times is None or f.fired < f.times
            ]
        return picked

    def give_back(self, fault: Fault) -> None:
        """The call gave the fault no occasion: let it wait for the next one."""
        with self._lock:
            fault.fired -= 1
            if fault not in self.active:
                self.active.append(fault)
