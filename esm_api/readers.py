"""Tolerant readers of what ESM sends (fact sheet 2.1, 2.5).

Keys in any case, numbers as text and the reverse, money with four decimals, dates
with 0 to 7 fraction digits. This is the only place where Korean time is converted.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

KST = timezone(timedelta(hours=9), "KST")
#: The same for libraries and databases that take names; Korea has no summer time.
KST_ZONE = "Asia/Seoul"

#: No amount and no number of ESM is larger; more is rubbish.
_MONEY_LIMIT = Decimal(10) ** 13
_INT64_MAX = 2**63 - 1
#: Characters of a text that are kept. No field of ESM is as long. Two lines in one, of
#: any characters, still fit into an index of PostgreSQL (2704 bytes).
LONGEST_LINE = 300
LONGEST_TEXT = 2000
#: Deeper values are no part of any payload; Python and PostgreSQL end at some depth.
_DEEPEST = 20
_LONGEST_STORED = 10_000
#: Dates outside of these years mean "no value" (0001-01-01, 9999-12-31).
_YEARS = range(1990, 2200)

_DATE = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:[T ]+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d+))?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?)?",
    re.ASCII,
)
_NUMBER = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)?(?:\.\d*)?", re.ASCII)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# Besides control characters: what no XML file (a workbook) holds, and what turns the
# direction of reading, so that an address on a label would say something else.
_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff"
    "\ufffe\uffff\ud800-\udfff]"
)
_LINE_BREAK = re.compile("\r\n|[\r\u2028\u2029]")


class Fields:
    """Reads a JSON object by key in any case and notes what it cannot read.

    :param payload: the JSON object
    :ivar oddities: what could not be read, by key, never by value
    """

    def __init__(self, payload: dict[str, Any]) -> None:
        self._values: dict[str, Any] = {}
        for key, value in payload.items():
            if self._values.get(str(key).lower()) is None:
                self._values[str(key).lower()] = value
        self.oddities: list[str] = []

    def raw(self, key: str) -> Any:
        """Return the value as it came, None if the key is missing."""
        return self._values.get(key.lower())

    def _read(self, key: str, reader: Any, what: str) -> Any:
        value = self.raw(key)
        result = reader(value)
        if result is None and not _is_blank(value):
            self.oddities.append(f"{key} is not {what}")
        return result

    def text(self, key: str) -> str | None:
        """Return a text that may have several lines."""
        return self._cut(key, text(self.raw(key), None), LONGEST_TEXT)

    def line(self, key: str, longest: int = LONGEST_LINE) -> str | None:
        """Return a text on one line.

        :param longest: characters that are kept
        """
        return self._cut(key, line(self.raw(key), None), longest)

    def _cut(self, key: str, value: str | None, longest: int) -> str | None:
        if value and len(value) > longest:
            self.oddities.append(f"{key} is cut: it is too long")
            return value[:longest].rstrip()
        return value

    def code(self, key: str) -> str | None:
        """Return a code, None if it is too long: a part of it is another code."""
        value = line(self.raw(key), None)
        if value and len(value) > LONGEST_LINE:
            self.oddities.append(f"{key} is too long")
            return None
        return value

    def flag(self, key: str) -> bool:
        """Return whether the value is Y (orders) or true (items)."""
        return flag(self.raw(key))

    def money(self, key: str) -> Decimal | None:
        return self._read(key, money, "an amount")

    def integer(self, key: str) -> int | None:
        return self._read(key, integer, "a whole number")

    def number(self, key: str) -> str | None:
        """Return an ESM number (order, cart, ...) as digits; 0 means none."""
        return self._read(key, number, "a number")

    def when(self, key: str) -> datetime | None:
        return self._read(key, when, "a date")

    def rows(self, key: str) -> list[Any]:
        """Return a list; null and a single object are accepted."""
        value = self.raw(key)
        if value is None:
            return []
        if isinstance(value, dict):
            return [value]
        if isinstance(value, list):
            return value
        if not _is_blank(value):
            self.oddities.append(f"{key} is not a list")
        return []


def _is_blank(value: Any) -> bool:
    """Tell whether the value is one of ESM's ways to say "none"."""
    if isinstance(value, str):
        value = value.strip()
        return not value.strip("0") or value[:10] in ("0001-01-01", "9999-12-31")
    return value is None or (type(value) in (int, float) and value == 0)


def text(value: Any, longest: int | None = LONGEST_TEXT) -> str | None:
    """Return a clean text, None if nothing is left of it.

    Control characters (but line breaks and tabs) and what no database stores are
    removed, line breaks are unified.

    :param longest: characters that are kept; None: all
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        result = str(value)
    except ValueError:  # an integer of thousands of digits
        return None
    if not result.isprintable():  # seldom, and three substitutions
        result = _LINE_BREAK.sub("\n", result)
        result = _CONTROL.sub("", result).replace("\t", " ")
    return result.strip()[:longest].rstrip() or None


def line(value: Any, longest: int | None = LONGEST_LINE) -> str | None:
    """Return a clean text on one line with single blanks.

    :param longest: characters that are kept; None: all
    """
    result = text(value, None)
    return " ".join(result.split())[:longest].rstrip() or None if result else None


def flag(value: Any) -> bool:
    """Return whether a value says yes: true, Y or 1, also as text."""
    return value is True or (line(value) or "").upper() in ("Y", "TRUE", "1")


def money(value: Any) -> Decimal | None:
    """Return an exact amount in won, None if the value is none.

    ``"3400.0000"`` is 3400: whole amounts come back without fraction.
    """
    amount = _decimal(value)
    if amount is None or abs(amount) >= _MONEY_LIMIT:
        return None
    whole = amount.to_integral_value()
    return whole + 0 if whole == amount else amount  # + 0: no negative zero


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        raw = str(value).strip()
        if isinstance(value, str):
            if len(raw) > 40 or not _NUMBER.fullmatch(raw):
                return None
            raw = raw.replace(",", "")
        amount = Decimal(raw)
    except (ValueError, InvalidOperation):
        return None
    return amount if amount.is_finite() else None


def integer(value: Any) -> int | None:
    """Return a whole number of at most 64 bits, None if the value is none."""
    amount = _decimal(value)
    if amount is None or abs(amount) > _INT64_MAX or amount != int(amount):
        return None
    return int(amount)


def number(value: Any) -> str | None:
    """Return an ESM number as digits, None if the value is none or 0."""
    result = integer(value)
    return str(result) if result and result > 0 else None


def when(value: Any) -> datetime | None:
    """Return a point in time in UTC, None if the value is none.

    ESM's naive times are Korean (2.5); an offset is respected where there is one.
    """
    match = _DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if not match or int(match[1]) not in _YEARS:
        return None
    parts = [int(part or 0) for part in match.groups()[:6]]
    micro = int((match[7] or "").ljust(6, "0")[:6])
    try:
        zone = _zone(match[8])
        moment = datetime(*parts, micro, tzinfo=zone)
        return moment.astimezone(timezone.utc)
    except ValueError:
        return None


def _zone(offset: str | None) -> timezone:
    if not offset:
        return KST
    if offset == "Z":
        return timezone.utc
    minutes = int(offset[1:3]) * 60 + int(offset[-2:])
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))


def storable(value: Any, levels: int = _DEEPEST) -> Any:
    """Return a copy of a JSON value that PostgreSQL can store.

    NUL and half surrogate pairs become U+FFFD, what is nested deeper than ``levels``
    becomes null, texts end after 10,000 characters; the rest stays as it came.
    """
    if isinstance(value, str):
        value = value[:_LONGEST_STORED]
        return value if value.isprintable() else _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, dict | list | tuple) and not levels:
        return None
    if isinstance(value, dict):
        return {
            storable(str(key)): storable(item, levels - 1)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [storable(item, levels - 1) for item in value]
    if isinstance(value, float) and value - value != 0:
        return None  # NaN and infinity are no JSON
    return value


def kst(moment: datetime) -> datetime:
    """Return an aware point in time as Korean time.

    :raise ValueError: for a naive value, which would be nine hours off
    """
    if moment.tzinfo is None:
        raise ValueError("a point in time needs a time zone")
    return moment.astimezone(KST)


def kst_minute(moment: datetime) -> str:
    """Return the request form ``YYYY-MM-DD hh:mm`` of the order lists."""
    return kst(moment).strftime("%Y-%m-%d %H:%M")


def kst_second(moment: datetime) -> str:
    """Return the request form ``YYYY-MM-DDThh:mm:ss`` of a dispatch."""
    return kst(moment).strftime("%Y-%m-%dT%H:%M:%S")


def kst_midnight(day: date) -> datetime:
    """Return the start of a Korean day."""
    return datetime.combine(day, time(), KST)


def windows(start: Any, end: Any, longest: timedelta) -> Iterable[tuple[Any, Any]]:
    """Cut a period into windows; neighbours share their border.

    :param start: date or datetime
    :param end: not before start
    """
    if end < start:
        raise ValueError("the end lies before the start")
    while end - start > longest:
        yield start, start + longest
        start += longest
    yield start, end
