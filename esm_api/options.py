"""The options of an item, as ESM sends them and takes them back.

Source: etapi.gmarket.com/26 (recommended options); fact sheet 6.6. A write replaces the
whole set, so an :class:`OptionSet` keeps the payload as it came and changes values in a
copy of it: nothing else, not even the spelling of a key.
"""

import copy
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .codes import INVENTORY_CODE_BYTES, LARGEST_STOCK
from .errors import Refusal, RuleError
from .readers import LONGEST_TEXT, Fields, flag, integer, line, money, number
from .sites import Site

#: Texts of a value, the Korean one first; the others where it is missing.
_LANGUAGES = ("koreanText", "englishText", "chineseText", "japaneseText")
#: A choice has one value; the entry of a combination has two or three.
_PARTS = ("", "1", "2", "3")
_SEPARATORS = re.compile("[,;/]")
#: Kinds of sets (``type``) in which a buyer chooses.
_WITH_CHOICE = (1, 2, 3, 6, 7, 8, 9)
#: Characters of a key: one of an option's text may be folded to eighteen. An index of
#: PostgreSQL takes as many.
_LONGEST_KEY = 600
#: The name of an option in front of its value, "색상:".
_NAME = re.compile("[^,;/:]*:")


@dataclass(frozen=True)
class Option:
    """One entry that a buyer can choose.

    :param key: ``optSeq`` as text, where it is missing :attr:`text_key`
    :param text: for people, "색상: 화이트 / 사이즈: L"
    :param text_key: see :func:`option_text_key`
    :param code: inventory code (``manageCode``), None if the seller never set one
    :param group: a buyer chooses one option of each group; combinations have one group
    :param shown_on: whether the site shows it
    :param sold_out: by site; the same for all sites where the set is not per site
    :param quantity: pieces by site; 0 where the set does not count stock
    :param surcharge: won, may be negative
    """

    key: str
    text: str
    text_key: str
    code: str | None
    group: int
    shown_on: Mapping[Site, bool]
    sold_out: Mapping[Site, bool]
    quantity: Mapping[Site, int]
    surcharge: Decimal

    @property
    def shown(self) -> bool:
        """Whether any site shows it."""
        return any(self.shown_on.values())


@dataclass(frozen=True)
class OptionChange:
    """New values of one option; what is left out stays as it is.

    :param code: inventory code, at most 20 bytes; empty: remove it
    :param quantity: 1 to 99,999 by site
    :param sold_out: by site; where the set is not per site, any True counts for all
    """

    code: str | None = None
    quantity: Mapping[Site, int] = field(default_factory=dict)
    sold_out: Mapping[Site, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class OptionSet:
    """The options of one item.

    :param kind: ``type`` of page 26; 0: an item without options
    :param options: the entries with a choice; a text or a measure (kind 4, 5) has none
    :param stock_managed: ESM counts the pieces of each option; else only the sold-out
        flag works
    :param per_site: sold-out and shown are set for each site
    :param sites: the sites that the item is on
    :param payload: as it came, changed values aside
    """

    kind: int
    options: tuple[Option, ...]
    stock_managed: bool
    per_site: bool
    sites: frozenset[Site]
    payload: dict[str, Any]

    @classmethod
    def from_payload(cls, payload: Any, sites: Iterable[Site]) -> "OptionSet":
        """Read a set, however odd.

        :param sites: the sites that the item is on
        """
        payload = payload if isinstance(payload, dict) else {}
        fields = Fields(payload)
        reader = _Reader(integer(fields.raw("inputType")) == 1, frozenset(sites))
        return cls(
            kind=integer(fields.raw("type")) or 0,
            options=reader.options(payload),
            stock_managed=fields.flag("isStockManage"),
            per_site=reader.per_site,
            sites=reader.sites,
            payload=payload,
        )

    @property
    def readable(self) -> bool:
        """Whether it says what kind of set it is, and has what that kind has."""
        kind = integer(Fields(self.payload).raw("type"))
        return kind is not None and (kind not in _WITH_CHOICE or self.editable)

    @property
    def editable(self) -> bool:
        """Whether there is an option to change."""
        return bool(self.options)

    @property
    def all_sold_out(self) -> bool:
        """No option is on offer on any site: ESM refuses such a set."""
        return self.editable and all(
            all(option.sold_out.values()) for option in self.options
        )

    def changed(self, changes: Mapping[str, OptionChange]) -> "OptionSet":
        """Return the set with these changes, by option key.

        ESM refuses a set that counts stock if any quantity is 0, also that of an
        option nobody wants to change: it becomes sold out and gets 1, unless the
        change says itself whether it is sold out.

        :raise RuleError: OPTION_RULE for an option that the set does not have or a
            code that is too long, BAD_STOCK for a quantity that ESM refuses
        """
        _check(changes, {option.key for option in self.options})
        payload = copy.deepcopy(self.payload)
        for option, (_group, entry) in zip(
            self.options, _entries(payload), strict=True
        ):
            change = changes.get(option.key, OptionChange())
            _Writer(self, option, entry).write(change)
        return OptionSet.from_payload(payload, self.sites)


def option_text_key(text: str | None) -> str:
    """Return what is the same in all spellings of a chosen option.

    An order says "색상:네이비, 사이즈:L", "네이비;L" or "네이비/L": the names go, so do
    blanks and invisible characters; case, width and separators are made one. Values
    may contain separators themselves, so this is for comparing only, and only with
    keys of the same item (3.2.3).
    """
    folded = _folded(text or "")
    # The first name may contain separators ("색상/사이즈:네이비/L"); in later names
    # they cannot be told from those between two options.
    _name, colon, rest = folded.partition(":")
    first, *others = _SEPARATORS.split(rest if colon else folded)
    return _joined([first, *(_NAME.sub("", part, count=1) for part in others)])


def _folded(value: str) -> str:
    """Return a text without differences of case, width and blanks."""
    folded = unicodedata.normalize("NFKC", value).casefold()
    folded = unicodedata.normalize("NFKC", folded)
    return "".join(char for char in folded if char.isprintable() and char != " ")


def _joined(values: Iterable[str]) -> str:
    """Return folded values with one separator."""
    parts = (part for value in values for part in _SEPARATORS.split(value))
    return "/".join(part for part in parts if part)[:_LONGEST_KEY]


def _check(changes: Mapping[str, OptionChange], keys: set[str]) -> None:
    for key, change in changes.items():
        if key not in keys:
            raise RuleError(
                "The item does not have this option any more.",
                reason=Refusal.OPTION_RULE,
            )
        if len((change.code or "").encode()) > INVENTORY_CODE_BYTES:
            raise RuleError(
                f"An inventory code may have {INVENTORY_CODE_BYTES} bytes.",
                reason=Refusal.OPTION_RULE,
            )
        if not all(0 < pieces <= LARGEST_STOCK for pieces in change.quantity.values()):
            raise RuleError(
                f"The stock of an option is 1 to {LARGEST_STOCK:,}.",
                reason=Refusal.BAD_STOCK,
            )


def _groups(payload: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the objects that have ``details``: choices, or the combination."""
    fields = Fields(payload)
    for key in ("independent", "independents", "combination"):
        for group in fields.rows(key):
            if isinstance(group, dict):
                yield group


def _entries(payload: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield group number and entry of each option, in order."""
    for index, group in enumerate(_groups(payload)):
        for entry in Fields(group).rows("details"):
            if isinstance(entry, dict):
                yield index, entry


@dataclass(frozen=True)
class _Reader:
    """Reads the entries of one set."""

    per_site: bool
    sites: frozenset[Site]

    def options(self, payload: dict[str, Any]) -> tuple[Option, ...]:
        names = [_names(Fields(group)) for group in _groups(payload)]
        options: dict[str, Option] = {}
        for group, entry in _entries(payload):
            option = self._option(Fields(entry), group, names[group], options)
            options[option.key] = option
        return tuple(options.values())

    def _option(
        self,
        fields: Fields,
        group: int,
        names: list[str | None],
        known: Mapping[str, Option],
    ) -> Option:
        values = [_localised(fields.raw(f"recommendedOptValue{no}")) for no in _PARTS]
        text = " / ".join(
            f"{name}: {value}" if name else value
            for name, value in zip(names, values, strict=True)
            if value
        )
        text_key = _joined(_folded(value) for value in values if value)
        return Option(
            key=_unused(number(fields.raw("optSeq")) or text_key, known),
            text=text[:LONGEST_TEXT],
            text_key=text_key,
            code=fields.code("manageCode"),
            group=group,
            shown_on=self._flags(fields, "isDisplay", default=True),
            sold_out=self._flags(fields, "isSoldOut", default=False),
            quantity=self._quantities(fields),
            surcharge=money(fields.raw("addAmnt")) or Decimal(),
        )

    def _flags(self, fields: Fields, key: str, *, default: bool) -> dict[Site, bool]:
        common = default if fields.raw(key) is None else fields.flag(key)
        by_site = _object(fields, f"{key}Site") if self.per_site else Fields({})
        return {
            site: common
            if by_site.raw(site.item_key) is None
            else by_site.flag(site.item_key)
            for site in self.sites
        }

    def _quantities(self, fields: Fields) -> dict[Site, int]:
        by_site = _object(fields, "qty")
        return {
            site: min(max(0, integer(by_site.raw(site.item_key)) or 0), LARGEST_STOCK)
            for site in self.sites
        }


def _object(fields: Fields, key: str) -> Fields:
    value = fields.raw(key)
    return Fields(value if isinstance(value, dict) else {})


def _names(group: Fields) -> list[str | None]:
    """Return the names of a group's parts, "색상", "사이즈"."""
    return [_localised(group.raw(f"recommendedOptName{no}")) for no in _PARTS]


def _localised(value: Any) -> str | None:
    """Return a text that may be an object with one text per language."""
    if not isinstance(value, dict):
        return line(value)
    fields = Fields(value)
    return next((text for key in _LANGUAGES if (text := fields.line(key))), None)


def _unused(key: str, known: Mapping[str, Option]) -> str:
    """Return a key that no other option has; ESM should not send one twice."""
    result, count = key, 1
    while result in known:
        count += 1
        result = f"{key}#{count}"
    return result


@dataclass(frozen=True)
class _Writer:
    """Changes one entry of a payload in place."""

    options: OptionSet
    option: Option
    entry: dict[str, Any]

    def write(self, change: OptionChange) -> None:
        if change.code is not None and change.code != (self.option.code or ""):
            _put(self.entry, "manageCode", change.code or None)
        quantity = dict(change.quantity)
        sold_out = dict(change.sold_out)
        if self.options.stock_managed:
            for site, pieces in self.option.quantity.items():
                if not pieces and site not in quantity:
                    quantity[site] = 1
                    sold_out.setdefault(site, True)
            self._write_quantities(quantity)
        self._write_sold_out(sold_out)

    def _write_quantities(self, quantity: Mapping[Site, int]) -> None:
        for site, pieces in quantity.items():
            if pieces != self.option.quantity.get(site):
                _put(_child(self.entry, "qty"), site.item_key, pieces)

    def _write_sold_out(self, sold_out: Mapping[Site, bool]) -> None:
        if not sold_out:
            return
        if self.options.per_site:
            result = {**self.option.sold_out, **sold_out}
        else:
            result = dict.fromkeys(self.options.sites, any(sold_out.values()))
        if result == self.option.sold_out:
            return
        self._put_flag(self.entry, "isSoldOut", all(result.values()))
        by_site = self.entry.get(_spelled(self.entry, "isSoldOutSite"))
        if self.options.per_site or isinstance(by_site, dict):
            by_site = _child(self.entry, "isSoldOutSite")
            for site, value in result.items():
                self._put_flag(by_site, site.item_key, value)

    @staticmethod
    def _put_flag(target: dict[str, Any], key: str, value: bool) -> None:
        known = target.get(_spelled(target, key))
        if known is None or flag(known) != value:
            _put(target, key, value)


def _spelled(target: dict[str, Any], key: str) -> str:
    """Return the key as the object spells it."""
    same = [known for known in target if known.lower() == key.lower()]
    filled = [known for known in same if target[known] is not None]
    return (filled or same or [key])[0]


def _put(target: dict[str, Any], key: str, value: Any) -> None:
    target[_spelled(target, key)] = value


def _child(target: dict[str, Any], key: str) -> dict[str, Any]:
    """Return the object below a key, made if it is missing."""
    spelled = _spelled(target, key)
    if not isinstance(target.get(spelled), dict):
        target[spelled] = {}
    return target[spelled]
