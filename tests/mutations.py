"""Payloads gone wrong, each with a name, so that a failure says which one it was.

A catalogue without chance in it: the same names mean the same payloads on each run.
`SALE_ESM_FUZZ=all` in the environment takes every value under every key; without it
each key meets a few of them, and each value meets many keys.
"""

import itertools
import os

from ..sandbox.rows import MISSING

#: Every value under every key takes minutes, too long for each run of the tests.
ALL = os.environ.get("SALE_ESM_FUZZ") == "all"


def nested(depth):
    """A list in a list in a list ..."""
    value = "kernel"
    for _ in range(depth):
        value = [value]
    return value


#: What no server should send, under any key.
VALUES = {
    "missing": MISSING,
    "null": None,
    "true": True,
    "zero": 0,
    "minus": -7,
    "negative text": "-12900.0000",
    "fraction": 1.5,
    "huge": 10**30,
    "4000 digits": 10**3999,
    "64 bits": 2**63 - 1,
    "nan": float("nan"),
    "infinity": float("inf"),
    "nan text": "NaN",
    "exponent text": "1e999",
    "number as text": "12900.0000",
    "words": "많음",
    "empty": "",
    "blanks": " \t\r\n ",
    "nul": "a\x00b",
    "half a pair": "a\ud800b",
    "control characters": "a\x01\x1b[31m\x7f\x9fb",
    "not a character": "a\ufffe\uffffb",
    "emoji": "윤시험👩‍👩‍👧😀🏳️‍🌈",
    "right to left": "\u202e가나다\u202c \u2067abc\u2069",
    "markup": "<script>alert(1)</script>&amp;<img src=x onerror=alert(1)>",
    "placeholders": "%s %(order)s {0} ${object} {{ 7*7 }} %",
    "quotes": "'; DROP TABLE esm_order; --\"\\",
    "formula": "=HYPERLINK(\"http://localhost\")",
    "3000 letters": "".join(chr(0xAC00 + 7 * n % 11172) for n in range(3000)),
    "a megabyte": "가나다라 " * 80_000,
    "list": [],
    "list of lists": [[], [[]]],
    "list of nothing": [None, True, 5, "x"],
    "object": {"a": {"b": [1]}},
    "deep": nested(400),
    "thousand": [{"ItemOptionValue": f"색상:{n}", "ItemOptionOrderCnt": 1,
                  "ItemOptionCode": f"C-{n}"} for n in range(1000)],
    "day 99": "2026-99-99T99:99:99",
    "year 1": "0001-01-01T00:00:00",
    "year 2199": "2199-12-31T23:59:59",
    "year 10000": "10000-01-01T00:00:00",
    "zone": "2026-06-08T10:00:00+99:99",
    "epoch": 1780000000,
}  # fmt: skip


def mutations(keys, values=None, per_key=2):
    """Name -> (key, value): what to put under which key of a payload.

    :param keys: iterable of keys
    :param values: names of `VALUES`; default: all of them
    :param int per_key: how many of them each key meets if not all do
    """
    keys, values = list(keys), list(values or VALUES)
    if ALL:
        pairs = itertools.product(keys, values)
    else:
        # Neighbours start elsewhere, so that each value meets many keys.
        around = itertools.cycle(values)
        pairs = ((key, next(around)) for key in keys for _ in range(per_key))
    return {f"{key}: {name}": (key, VALUES[name]) for key, name in pairs}
