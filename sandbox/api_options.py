"""Options of an item (26): read the set, replace the set."""

from __future__ import annotations

from collections import Counter

from . import texts
from .catalog import LARGEST_STOCK, CatalogItem, CatalogOption
from .item_access import KEYS, field_range, filled, own_item
from .lifecycle import Refused
from .reading import ApiRequest, parse_int
from .world import World

#: type -> number of values of an entry; 0: no entries
PARTS = {1: 1, 2: 2, 3: 3, 4: 0, 5: 0, 6: 1, 7: 2, 8: 3, 9: 1}
WITH_TEXT, CALCULATED = (5, 6, 7, 8), (4, 9)
MOST_CHOICES, MOST_COMBINATIONS = 50, 500
LONGEST_CODE = 20
_LANGUAGES = ("englishText", "chineseText", "japaneseText")


# ---- reading -------------------------------------------------------------------


def _text(korean: str, sent: dict | None = None) -> dict:
    sent = sent or {}
    return {
        "koreanText": korean,
        **{name: sent.get(name.lower(), "") for name in _LANGUAGES},
        "exposeLanguage": 0,
    }


def _entry(item: CatalogItem, option: CatalogOption) -> dict:
    row: dict = {}
    for index, value in enumerate(option.values):
        suffix = index + 1 if item.combined else ""
        row[f"recommendedOptValueNo{suffix}"] = (
            option.value_nos[index] if option.value_nos else 0
        )
        sent = option.texts[index] if option.texts else None
        row[f"recommendedOptValue{suffix}"] = _text(value, sent)
    live = item.live
    row.update(
        optSeq=option.key,
        isSoldOut=all(option.sold_out[site] for site in live),
        isSoldOutSite=filled(item, option.sold_out.__getitem__, False),
        isDisplay=any(option.shown[site] for site in live),
        isDisplaySite=filled(item, option.shown.__getitem__, False),
        qty=filled(item, lambda site: option.qty[site] if item.stock_managed else 0, 0),
        manageCode=option.code,
        skuInfo=None,
        addAmnt=float(option.surcharge),
        addAmntSite=filled(item, lambda site: float(option.surcharge), 0.0),
    )
    return row


def option_set(item: CatalogItem) -> dict:
    """The set as GET answers it."""
    answer: dict = {
        "type": item.option_type,
        "isStockManage": bool(item.options) and item.stock_managed,
        "inputType": int(item.per_site),
        "independent": None,
        "independents": None,
        "combination": None,
        "text": item.text_options,
        "calculation": item.calculation,
    }
    if item.combined:
        part: dict = {"imageInfo": None}
        for index, name in enumerate(item.groups, 1):
            part[f"recommendedOptNo{index}"] = item.group_nos[index - 1]
            part[f"recommendedOptName{index}"] = _text(name)
        part["details"] = [_entry(item, option) for option in item.options]
        answer["combination"] = part
    elif item.options:
        parts = [
            {
                "recommendedOptNo": item.group_nos[index],
                "recommendedOptName": _text(name),
                "details": [
                    _entry(item, option)
                    for option in item.options
                    if option.group == index
                ],
            }
            for index, name in enumerate(item.groups)
        ]
        if len(parts) == 1:
            answer["independent"] = parts[0]
        else:
            answer["independents"] = parts
    return answer


def read_options(world: World, request: ApiRequest) -> dict:
    item = own_item(world, request)
    if not item.option_type and world.strict.optionless_read == "refuse":
        raise Refused(1000, texts.NO_ITEM_DATA)
    return option_set(item)


# ---- replacing -------------------------------------------------------------------


def write_options(world: World, request: ApiRequest) -> dict:
    """The whole set anew: what is not sent is gone. Entries keep their optSeq by
    sending it back. Success has no resultCode."""
    item = own_item(world, request, change=True)
    body = request.folded()
    kind = parse_int(body.get("type"))
    if kind not in PARTS:
        raise Refused(3000, texts.BAD_OPTION_TYPE)
    reader = _Reader(world, item, body, PARTS[kind])
    options, groups, group_nos = reader.read()
    item.options, item.groups, item.group_nos = options, groups, group_nos
    item.combined = PARTS[kind] > 1
    item.per_site, item.stock_managed = reader.per_site, reader.managed
    item.text_options = request.get("text") if kind in WITH_TEXT else None
    item.calculation = request.get("calculation") if kind in CALCULATED else None
    world.catalog.touch(item)
    return {"goodsNo": item.goods_no}


class _Reader:
    """Reads and checks one set that was sent. ``body`` has folded keys."""

    def __init__(self, world: World, item: CatalogItem, body: dict, parts: int):
        self.world = world
        self.item = item
        self.body = body
        self.parts = parts
        self.managed = bool(body.get("isstockmanage"))
        self.per_site = parse_int(body.get("inputtype")) == 1
        self.known = {option.key: option for option in item.options}

    def read(self) -> tuple[list[CatalogOption], list[str], list[int]]:
        if not self.parts:
            return [], [], []
        if self.parts == 1:
            found = self._choices()
        else:
            found = self._combinations()
        self._check(found[0])
        return found

    def _choices(self) -> tuple[list[CatalogOption], list[str], list[int]]:
        choices = self.body.get("independents") or [self.body.get("independent")]
        options: list[CatalogOption] = []
        names, numbers = [], []
        for index, choice in enumerate(choices):
            choice = choice if isinstance(choice, dict) else {}
            name, number = self._group(choice, "", "Independent")
            names.append(name)
            numbers.append(number)
            details = self._details(choice)
            if len(details) > MOST_CHOICES:
                raise Refused(1000, texts.TOO_MANY_CHOICES)
            options += [self._option(detail, ("",), index) for detail in details]
        return options, names, numbers

    def _combinations(self) -> tuple[list[CatalogOption], list[str], list[int]]:
        sent = self.body.get("combination")
        sent = sent if isinstance(sent, dict) else {}
        suffixes = tuple(str(index + 1) for index in range(self.parts))
        groups = [self._group(sent, suffix, "Combination") for suffix in suffixes]
        details = self._details(sent)
        if len(details) > MOST_COMBINATIONS:
            raise Refused(1000, texts.TOO_MANY_COMBINATIONS)
        options = [self._option(detail, suffixes, 0) for detail in details]
        return options, [name for name, _no in groups], [no for _name, no in groups]

    @staticmethod
    def _group(sent: dict, suffix: str, label: str) -> tuple[str, int]:
        """Code and name of a choice; code 0 is a name of one's own."""
        number = parse_int(sent.get(f"recommendedoptno{suffix}")) or 0
        name = sent.get(f"recommendedoptname{suffix}")
        name = str((name if isinstance(name, dict) else {}).get("koreantext") or "")
        if not name and not number:
            raise Refused(3000, f"[{label}] " + texts.BAD_OPTION_NUMBER)
        return name, number

    @staticmethod
    def _details(sent: dict) -> list[dict]:
        details = sent.get("details")
        found = [each for each in details or [] if isinstance(each, dict)]
        if not found:
            raise Refused(3000, texts.EMPTY_SEQUENCE)
        return found

    def _option(
        self, detail: dict, suffixes: tuple[str, ...], group: int
    ) -> CatalogOption:
        sent = [detail.get(f"recommendedoptvalue{suffix}") for suffix in suffixes]
        sent = [each if isinstance(each, dict) else {} for each in sent]
        numbers = [
            parse_int(detail.get(f"recommendedoptvalueno{suffix}")) or 0
            for suffix in suffixes
        ]
        values = tuple(str(each.get("koreantext") or "") for each in sent)
        if any(not value and not no for value, no in zip(values, numbers, strict=True)):
            raise Refused(1000, texts.EMPTY_OPTION_VALUE)
        code = str(detail.get("managecode") or "")
        if len(code.encode("cp949", "replace")) > LONGEST_CODE:
            raise Refused(1000, texts.OPTION_CODE_TOO_LONG)
        key = parse_int(detail.get("optseq")) or 0
        return CatalogOption(
            key=key if key in self.known else self.world.catalog.new_key(),
            values=values,
            code=code or None,
            qty=self._quantities(detail),
            sold_out=self._flags(detail, "issoldout", False),
            shown=self._flags(detail, "isdisplay", True),
            surcharge=int(float(detail.get("addamnt") or 0)),
            group=group,
            value_nos=tuple(numbers),
            texts=tuple(sent),
        )

    def _quantities(self, detail: dict) -> dict[str, int]:
        sent = detail.get("qty")
        sent = sent if isinstance(sent, dict) else {}
        sites = self.item.numbers
        return {site: parse_int(sent.get(KEYS[site])) or 0 for site in sites}

    def _flags(self, detail: dict, name: str, default: bool) -> dict[str, bool]:
        """Per site only in sets that are kept per site."""
        common = detail.get(name, default)
        by_site = detail.get(name + "site")
        if not self.per_site or not isinstance(by_site, dict):
            by_site = {}
        return {
            site: bool(by_site.get(KEYS[site], common)) for site in self.item.numbers
        }

    def _check(self, options: list[CatalogOption]) -> None:
        live = self.item.live
        if self.managed:
            wrong = {
                site
                for site in live
                for option in options
                if not 1 <= option.qty[site] <= LARGEST_STOCK
            }
            if wrong:
                raise Refused(1000, field_range(wrong))
        counts = Counter((option.group, option.values) for option in options)
        if max(counts.values()) > 1:
            raise Refused(1000, texts.OPTION_TWICE)
        self._check_surcharges(options)
        gone = [all(option.sold_out[site] for option in options) for site in live]
        every = self.world.strict.all_sold_out_on == "every_site"
        if all(gone) if every else any(gone):
            raise Refused(3000, texts.ALL_SOLD_OUT)
        if not any(
            option.shown[site] and not option.sold_out[site]
            for option in options
            for site in live
        ):
            raise Refused(1000, texts.NOTHING_TO_CHOOSE)

    def _check_surcharges(self, options: list[CatalogOption]) -> None:
        """Limits by the price (26): below 2,000 won no deduction, above 10,000 half."""
        price = min(self.item.price[site] for site in self.item.live)
        most = price if price < 10_000 else price // 2
        least = 0 if price < 2_000 else -(price // 2)
        if any(not least <= option.surcharge <= most for option in options):
            raise Refused(1000, texts.BAD_SURCHARGE)
