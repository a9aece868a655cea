"""A counter that can be kept: those of itertools cannot any more (Python 3.14)."""

from __future__ import annotations


class Numbers:
    def __init__(self, first: int):
        self._next = first

    def __iter__(self) -> Numbers:
        return self

    def __next__(self) -> int:
        self._next += 1
        return self._next - 1
