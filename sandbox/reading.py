"""Reading requests as ESM does: keys in any case, unknown keys ignored, numbers also as
text, dates as naive Korean time."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from . import texts
from .auth import Token
from .lifecycle import Refused

INT32_MAX = 2**31 - 1
INT64_MAX = 2**63 - 1

_DATE = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?)?"
)


def parse_date(text: object) -> datetime | None:
    """``YYYY-MM-DD`` (00:00 of that day), ``YYYY-MM-DD hh:mm`` or with seconds and
    ``T``; None when it is anything else, such as a time with an offset."""
    match = _DATE.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        return None
    *numbers, fraction = match.groups()
    micro = int((fraction or "0").ljust(6, "0")[:6])
    try:
        return datetime(*(int(number or 0) for number in numbers), micro)
    except ValueError:
        return None


def parse_int(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and re.fullmatch(r"\s*-?\d{1,25}\s*", value):
        return int(value)
    return None


@dataclass
class ApiRequest:
    """One call: its token, the number in its path and its body with folded keys."""

    token: Token
    body: dict = field(default_factory=dict)
    path_no: str | None = None
    #: extra seconds of the "confirmation in progress" phase (fault)
    confirming_seconds: float = 0.0
    #: the site on which a change of an item fails (fault)
    failing_site: str | None = None

    def get(self, name: str) -> object:
        return self.body.get(name.lower())

    def folded(self) -> dict:
        """The body with folded keys at every depth."""
        return {key: fold_deep(value) for key, value in self.body.items()}

    def integer(self, name: str, default: int = 0) -> int:
        """0 stands for absent, as with .NET value types."""
        value = self.get(name)
        if value is None or value == "":
            return default
        number = parse_int(value)
        if number is None:
            raise Refused(2000, texts.BAD_PARAMETER)
        return number

    def text(self, name: str) -> str | None:
        value = self.get(name)
        if value is None or value == "":
            return None
        return str(value)

    def date(self, name: str) -> datetime | None:
        value = self.get(name)
        if value is None or value == "":
            return None
        moment = parse_date(value)
        if moment is None:
            raise Refused(2000, texts.BAD_PARAMETER)
        return moment


def fold_keys(body: dict) -> dict:
    return {str(key).lower(): value for key, value in body.items()}


def fold_deep(value: object) -> object:
    """Keys in lower case all through."""
    if isinstance(value, dict):
        return {str(key).lower(): fold_deep(each) for key, each in value.items()}
    if isinstance(value, list):
        return [fold_deep(each) for each in value]
    return value
