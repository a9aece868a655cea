"""The items on sale: what ESM Plus keeps of them, what a buyer can buy, what time does.

An item has one master number and is on one or both sites; what may differ from site to
site stands in dicts by site. An item with options sells its options, each with its own
quantity per site (or, where the market does not keep quantities, with the item's).
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from .lifecycle import Lifecycle, NotPossible
from .model import AUCTION, GMARKET, SITES, Item, Option, Order
from .numbers import Numbers
from .strict import Strict

LARGEST_STOCK = 99_999
HIGHEST_PRICE = 10**9
LONG_AGO = timedelta(days=30)
SELLING_DAYS = 90


class SellState(str, enum.Enum):
    """``sellStatus`` of page 160."""

    WAITING = "01"
    ON_SALE = "11"
    STOPPED = "21"
    STOPPED_BY_SITE = "22"
    SOLD_OUT = "31"


class SoldOut(NotPossible):
    """The buyer wants what is not on sale, or more than there is."""


@dataclass(eq=False, slots=True)
class CatalogOption:
    """One choice or combination. ``key``: optSeq. ``group``: of which choice it is, in
    an item with several independent choices."""

    key: int
    values: tuple[str, ...]
    code: str | None
    qty: dict[str, int]
    sold_out: dict[str, bool]
    shown: dict[str, bool]
    surcharge: int = 0
    group: int = 0
    #: recommendedOptValueNo and recommendedOptValue per value, when they were sent
    value_nos: tuple[int, ...] = ()
    texts: tuple[dict, ...] = ()


@dataclass(eq=False, slots=True)
class CatalogItem:
    goods_no: int
    name: str
    seller_code: str
    numbers: dict[str, str]
    sellers: dict[str, str]
    state: dict[str, SellState]
    price: dict[str, int]
    stock: dict[str, int]
    registered_at: datetime
    updated_at: datetime
    #: last day of the selling period, None without end
    ends_on: dict[str, date | None]
    stopped_at: dict[str, datetime] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    options: list[CatalogOption] = field(default_factory=list)
    #: names of the choices; of the parts of a combination
    groups: list[str] = field(default_factory=list)
    group_nos: list[int] = field(default_factory=list)
    combined: bool = False
    per_site: bool = False
    stock_managed: bool = True
    #: parts of the option set that hold no stock, as they were sent
    text_options: dict | None = None
    calculation: dict | None = None
    additions: list[dict] = field(default_factory=list)
    legacy: bool = False
    fulfilment: bool = False

    @property
    def live(self) -> list[str]:
        """The sites it still is on, also when stopped there."""
        return [site for site in self.numbers if site not in self.deleted]

    @property
    def selling(self) -> dict[str, bool]:
        return {site: self.sells(site) for site in self.numbers}

    def sells(self, site: str) -> bool:
        return site not in self.deleted and self.state.get(site) is SellState.ON_SALE

    @property
    def option_type(self) -> int:
        """``type`` of page 26."""
        base = len(self.groups) if self.combined else 1 if self.options else 0
        if self.calculation:
            return 9 if self.options else 4
        if self.text_options:
            return base + 5
        return base

    @property
    def choices(self) -> int:
        """How many options a buyer chooses."""
        if not self.options:
            return 0
        return 1 if self.combined else len(self.groups)

    @property
    def search_text(self) -> str:
        codes = [option.code or "" for option in self.options]
        numbers = [str(self.goods_no), *self.numbers.values()]
        return "\n".join([*numbers, self.name, self.seller_code, *codes]).casefold()

    def stock_kept_by_options(self) -> bool:
        return bool(self.options) and self.stock_managed

    def pieces(self, site: str, option: CatalogOption | None = None) -> int:
        """What a buyer could buy now of this option, or of an item without options."""
        if not self.sells(site):
            return 0
        if option is None:
            return self.stock[site]
        if option.sold_out[site] or not option.shown[site]:
            return 0
        return option.qty[site] if self.stock_managed else self.stock[site]

    def sellable(self, site: str) -> bool:
        if not self.options:
            return self.pieces(site) > 0
        return any(self.pieces(site, option) for option in self.options)

    def shown_state(self, site: str) -> SellState:
        """What the search says: on sale with nothing to buy is sold out."""
        state = self.state[site]
        if state is SellState.ON_SALE and not self.sellable(site):
            return SellState.SOLD_OUT
        return state

    def shown_stock(self, site: str) -> int:
        """The sum of the options where they keep the stock."""
        if self.stock_kept_by_options():
            return sum(option.qty[site] for option in self.options)
        return self.stock[site]

    def counters(
        self, site: str, options: Iterable[CatalogOption]
    ) -> list[tuple[dict[str, int], str]]:
        """The counters that fall when these options (or the item) are bought."""
        if self.stock_kept_by_options():
            return [(option.qty, site) for option in options]
        return [(self.stock, site)]

    def option_text(self, option: CatalogOption, mode: str = "pairs") -> str:
        """As orders say it (3.2.3)."""
        if mode == "values":
            return ";".join(option.values)
        names = self.groups if self.combined else [self.groups[option.group]]
        pairs = zip(names, option.values, strict=True)
        return ", ".join(f"{name}:{value}" for name, value in pairs)

    def chosen(self, keys: Collection[int]) -> list[CatalogOption]:
        """The options of these keys that are still there."""
        return [option for option in self.options if option.key in keys]

    def find_option(self, wanted: object) -> CatalogOption:
        """By optSeq, code or text: the value itself or a dict of one of them."""
        if isinstance(wanted, Option):
            wanted = wanted.code or wanted.text
        if isinstance(wanted, Mapping):
            wanted = wanted.get("key") or wanted.get("code") or wanted.get("text")
        for option in self.options:
            if str(wanted) in (str(option.key), option.code):
                return option
        for option in self.options:
            texts = (self.option_text(option, mode) for mode in ("pairs", "values"))
            if wanted in texts or wanted == "/".join(option.values):
                return option
        raise LookupError(f"{self.goods_no} has no option {wanted!r}")


def per_site(value: object, sites: Iterable[str], kind: type = int) -> dict:
    """One value for all sites, or a dict of values by site."""
    if isinstance(value, Mapping):
        return {site: kind(value.get(site, 0)) for site in sites}
    return {site: kind(value) for site in sites}


def _check_prices(name: str, prices: Mapping[str, int]) -> None:
    if any(won % 10 or not 0 < won < HIGHEST_PRICE for won in prices.values()):
        raise ValueError(f"{name}: a price is a multiple of 10 won, not {prices}")


def _change(values: dict, change: object) -> None:
    """One value for all sites, or some by site; None changes nothing."""
    if isinstance(change, Mapping):
        values.update({site: change[site] for site in values if site in change})
    elif change is not None:
        values.update(dict.fromkeys(values, change))


def item_entry(item: CatalogItem) -> dict:
    """What ESM knows of one item, as JSON: see ``Sandbox.catalog``."""
    return {
        "goods_no": item.goods_no,
        "name": item.name,
        "seller_code": item.seller_code,
        "legacy": item.legacy,
        "per_site": item.per_site,
        "stock_managed": item.stock_managed,
        "updated_at": item.updated_at.isoformat(timespec="seconds"),
        "sites": {
            site: {
                "site_goods_no": item.numbers[site],
                "seller_id": item.sellers[site],
                "state": item.shown_state(site).name.lower(),
                "price": item.price[site],
                "stock": item.shown_stock(site),
                "on_sale": item.pieces(site) if not item.options else None,
            }
            for site in item.live
        },
        "options": [
            {
                "key": option.key,
                "choice": option.group,
                "text": item.option_text(option),
                "code": option.code,
                "surcharge": option.surcharge,
                "qty": {site: option.qty[site] for site in item.live},
                "sold_out": {site: option.sold_out[site] for site in item.live},
                "on_sale": {site: item.pieces(site, option) for site in item.live},
            }
            for option in item.options
        ],
    }


class Catalog:
    """All items. What time and orders do to them is done here; what the seller's calls
    may do stands in api_goods.py and api_options.py."""

    def __init__(self, lifecycle: Lifecycle, strict: Strict):
        self.lifecycle = lifecycle
        self.strict = strict
        self.items: dict[int, CatalogItem] = {}
        self.by_number: dict[str, CatalogItem] = {}
        self._by_seller: dict[tuple[str, str], list[CatalogItem]] = {}
        self._goods_nos = Numbers(910_000_001)
        self._site_nos = {
            GMARKET: Numbers(2_800_000_001),
            AUCTION: Numbers(1),
        }
        self._option_keys = Numbers(7_200_000_001)
        lifecycle.on_paid = self.order_paid
        lifecycle.on_cancelled = self.order_cancelled

    # ---- registration --------------------------------------------------------

    def add(
        self,
        name: str,
        price: int | Mapping[str, int],
        *,
        gmarket: str | None = None,
        auction: str | None = None,
        seller_code: str = "",
        stock: int | Mapping[str, int] = 100,
        options: Sequence[Mapping] = (),
        per_site_options: bool = False,
        stock_managed: bool = True,
        legacy: bool = False,
        registered_at: datetime | None = None,
        numbers: Mapping[str, str] | None = None,
        text_option: str | None = None,
        additions: Sequence[Mapping] = (),
        fulfilment: bool = False,
        days: int | None = SELLING_DAYS,
        waiting: bool = False,
    ) -> CatalogItem:
        """Register an item; see ``Sandbox.add_item``."""
        given = {GMARKET: gmarket, AUCTION: auction}
        sellers = {site: seller for site, seller in given.items() if seller}
        if not sellers:
            raise ValueError(f"{name}: an item needs a seller on one of {SITES}")
        prices = per_site(price, sellers)
        _check_prices(name, prices)
        now = self.lifecycle.now()
        born = registered_at or now - LONG_AGO
        site_numbers = {
            site: str((numbers or {}).get(site) or self._site_number(site))
            for site in sellers
        }
        taken = [no for no in site_numbers.values() if no in self.by_number]
        if taken:
            raise ValueError(f"{name}: {taken} belong to other items")
        end = None if days is None else now.date() + timedelta(days=days)
        item = CatalogItem(
            goods_no=next(self._goods_nos),
            name=name,
            seller_code=seller_code or "",
            numbers=site_numbers,
            sellers=sellers,
            state=dict.fromkeys(
                sellers, SellState.WAITING if waiting else SellState.ON_SALE
            ),
            price=prices,
            stock=per_site(stock, sellers),
            registered_at=born,
            updated_at=born,
            ends_on=dict.fromkeys(sellers, end),
            per_site=per_site_options,
            stock_managed=stock_managed,
            legacy=legacy,
            fulfilment=fulfilment,
            additions=[dict(entry) for entry in additions],
        )
        self._give_options(item, options, text_option)
        self.items[item.goods_no] = item
        for site, seller in sellers.items():
            self.by_number[site_numbers[site]] = item
            self._by_seller.setdefault((site, seller), []).append(item)
        self._watch_end(item, sellers)
        return item

    def _site_number(self, site: str) -> str:
        number = next(self._site_nos[site])
        return f"C{number:09d}" if site == AUCTION else str(number)

    def new_key(self) -> int:
        return next(self._option_keys)

    def _give_options(
        self, item: CatalogItem, options: Sequence[Mapping], text_option: str | None
    ) -> None:
        values = [name for entry in options for name in entry["values"]]
        names = list(dict.fromkeys(values))
        item.combined = any(len(entry["values"]) > 1 for entry in options)
        item.groups, item.group_nos = names, [0] * len(names)
        for entry in options:
            if item.combined and list(entry["values"]) != names:
                raise ValueError(f"{item.name}: each combination names {names}")
            item.options.append(self._option(item, entry))
        if text_option:
            item.text_options = {
                "details": [
                    {"recommendedOptNo": 0, "isDisplay": True, "Value": text_option}
                ]
            }

    def _option(self, item: CatalogItem, entry: Mapping) -> CatalogOption:
        known = {"values", "code", "qty", "sold_out", "shown", "surcharge"}
        if set(entry) - known:
            raise ValueError(f"An option has no {sorted(set(entry) - known)}: {known}")
        values = entry["values"]
        return CatalogOption(
            key=self.new_key(),
            values=tuple(values.values()),
            code=entry.get("code"),
            qty=per_site(entry.get("qty", 100), item.numbers),
            sold_out=per_site(entry.get("sold_out", False), item.numbers, bool),
            shown=per_site(entry.get("shown", True), item.numbers, bool),
            surcharge=int(entry.get("surcharge") or 0),
            group=0 if item.combined else item.groups.index(next(iter(values))),
        )

    # ---- what the seller, the site and time do -------------------------------

    def touch(self, item: CatalogItem) -> None:
        item.updated_at = self.lifecycle.now()

    def stop(
        self, item: CatalogItem, site: str, state: SellState = SellState.STOPPED
    ) -> None:
        """Off sale; what stays stopped for a month is deleted."""
        if not item.sells(site):
            return
        item.state[site] = state
        now = item.stopped_at[site] = self.lifecycle.now()
        due = now + timedelta(days=self.strict.stopped_days)
        self.lifecycle.at(due, self._month_over, item, site, now)

    def start(self, item: CatalogItem, site: str) -> None:
        if site in item.deleted:
            raise NotPossible(f"{item.goods_no} is deleted")
        item.state[site] = SellState.ON_SALE
        item.stopped_at.pop(site, None)

    def edit(
        self,
        item: CatalogItem,
        *,
        name: str | None = None,
        seller_code: str | None = None,
        price: int | Mapping[str, int] | None = None,
        stock: int | Mapping[str, int] | None = None,
        options: Mapping[int | str, Mapping] | None = None,
    ) -> None:
        """What the seller changes by hand; see ``Sandbox.edit_item``."""
        if name is not None:
            item.name = name
        if seller_code is not None:
            item.seller_code = seller_code
        prices = dict(item.price)
        _change(prices, price)
        _check_prices(item.name, prices)
        item.price = prices
        _change(item.stock, stock)
        for wanted, changes in (options or {}).items():
            option = item.find_option(wanted)
            unknown = set(changes) - {"code", "qty", "sold_out", "shown", "surcharge"}
            if unknown:
                raise ValueError(f"An option has no {sorted(unknown)} to change")
            for attribute in ("qty", "sold_out", "shown"):
                _change(getattr(option, attribute), changes.get(attribute))
            option.code = changes.get("code", option.code)
            option.surcharge = int(changes.get("surcharge", option.surcharge))
        self.touch(item)

    def delete(self, item: CatalogItem, sites: Iterable[str]) -> None:
        item.deleted.update(sites)

    def _month_over(self, item: CatalogItem, site: str, since: datetime) -> None:
        if item.stopped_at.get(site) != since or site in item.deleted:
            return
        if self.strict.month_stop_deletes == "listing":
            self.delete(item, [site])
        elif not any(item.sells(other) for other in item.live):
            month = timedelta(days=self.strict.stopped_days)
            now = self.lifecycle.now()
            if all(item.stopped_at[other] + month <= now for other in item.live):
                self.delete(item, item.live)

    def extend(self, item: CatalogItem, site: str, days: int) -> None:
        """``sellingPeriod``: -1 without end, else days from now (or on top)."""
        if days == -1:
            item.ends_on[site] = None
            return
        begin = self.lifecycle.now().date()
        old = item.ends_on[site]
        if self.strict.period_adds_up and old is not None:
            begin = max(begin, old)
        item.ends_on[site] = begin + timedelta(days=days)
        self._watch_end(item, [site])

    def _watch_end(self, item: CatalogItem, sites: Iterable[str]) -> None:
        for site in sites:
            end = item.ends_on[site]
            if end is not None:
                night = datetime.combine(end + timedelta(days=1), datetime.min.time())
                self.lifecycle.at(night, self._period_over, item, site)

    def _period_over(self, item: CatalogItem, site: str) -> None:
        end = item.ends_on[site]
        if end is not None and end < self.lifecycle.now().date():
            self.stop(item, site)

    # ---- what buyers do ------------------------------------------------------

    def fill(self, site: str, seller_id: str, values: Mapping) -> dict:
        """The values of an order line with what the catalogue knows of its item: name,
        price, codes, option text and surcharge."""
        values = dict(values)
        item = self.by_number.get(str(values.get("site_goods_no") or ""))
        if item is None:
            return values
        number = str(values["site_goods_no"])
        if item.numbers.get(site) != number or item.sellers[site] != seller_id:
            raise ValueError(f"{number} is not sold by {seller_id} on {site}")
        wanted = values.pop("options", None)
        single = values.pop("option", None)
        if wanted is None:
            wanted = [] if single is None else [single]
        chosen = [item.find_option(each) for each in wanted]
        if [option.group for option in chosen] != list(range(item.choices)):
            raise ValueError(f"{number}: choose {item.choices} option(s), in order")
        values.setdefault("name", item.name)
        values.setdefault("price", item.price[site])
        values.setdefault("seller_code", item.seller_code)
        mode = self.strict.option_text_mode
        values["options"] = [
            Option(item.option_text(option, mode), option.code, option.surcharge)
            for option in chosen
        ]
        values["bought"] = (item, tuple(option.key for option in chosen))
        return values

    def check_on_sale(self, site: str, lines: Iterable[Item]) -> None:
        """Refuse a basket that wants more than there is: ``SoldOut``."""
        wanted: Counter[tuple[int, str]] = Counter()
        counters: dict[tuple[int, str], tuple[dict[str, int], str]] = {}
        for line in lines:
            if line.bought is None:
                continue
            item, keys = line.bought
            options = item.chosen(keys)
            left = [item.pieces(site, option) for option in options or [None]]
            if len(options) < len(keys) or min(left) < line.quantity:
                raise SoldOut(f"{item.numbers[site]}: not on sale, or too few")
            for counter in item.counters(site, options):
                key = (id(counter[0]), site)
                wanted[key] += line.quantity
                counters[key] = counter
        for key, quantity in wanted.items():
            stock, place = counters[key]
            if stock[place] < quantity:
                raise SoldOut(f"{site}: {quantity} wanted, {stock[place]} left")

    def order_placed(self, order: Order) -> None:
        if self.strict.stock_falls == "order":
            self._take(order)

    def order_paid(self, order: Order) -> None:
        if self.strict.stock_falls == "payment":
            self._take(order)

    def order_cancelled(self, order: Order) -> None:
        if order.stock_taken and self.strict.stock_returns:
            self._move(order, order.item.quantity)
        order.stock_taken = False

    def _take(self, order: Order) -> None:
        if order.item.bought is not None and not order.stock_taken:
            self._move(order, -order.item.quantity)
            order.stock_taken = True

    def _move(self, order: Order, quantity: int) -> None:
        item, keys = order.item.bought
        options = item.chosen(keys)
        for counter, site in item.counters(order.site, options):
            counter[site] = min(max(0, counter[site] + quantity), LARGEST_STOCK)
        if self.strict.zero_sets_sold_out and item.stock_kept_by_options():
            for option in options:
                if not option.qty[order.site]:
                    self.mark_sold_out(item, option, order.site)

    def sold_out_by_cancel(self, order: Order) -> None:
        """SoldOut (52) sets the option, or the item without options, to sold out."""
        if order.item.bought is None:
            return
        item, keys = order.item.bought
        for option in item.chosen(keys):
            self.mark_sold_out(item, option, order.site)
        if not keys and self.strict.sold_out_item == "zero":
            item.stock[order.site] = 0
        elif not keys:
            self.stop(item, order.site)
        self.touch(item)

    @staticmethod
    def mark_sold_out(item: CatalogItem, option: CatalogOption, site: str) -> None:
        """The flag is one for both sites unless the set is kept per site."""
        for each in [site] if item.per_site else option.sold_out:
            option.sold_out[each] = True

    def choose_again(self, order: Order, wanted: object) -> Option:
        """The receiver of a gift takes another option of the same item."""
        item, _old = order.item.bought
        option = item.find_option(wanted)
        quantity = order.item.quantity
        if item.pieces(order.site, option) < quantity:
            raise SoldOut(f"{item.numbers[order.site]}: not on sale, or too few")
        if order.stock_taken:
            self._move(order, quantity)
        order.item.bought = (item, (option.key,))
        if order.stock_taken:
            self._move(order, -quantity)
        text = item.option_text(option, self.strict.option_text_mode)
        return Option(text, option.code, option.surcharge)

    # ---- what is known -------------------------------------------------------

    def of_seller(self, site: str, seller_id: str) -> list[CatalogItem]:
        """In order of registration, deleted ones too."""
        return self._by_seller.get((site, seller_id), [])

    def rows(
        self, site: str | None, seller_id: str | None
    ) -> Iterator[tuple[CatalogItem, str, CatalogOption | None]]:
        """Everything that is or could be on sale: item, site, option."""
        for (place, seller), items in self._by_seller.items():
            if site not in (None, place) or seller_id not in (None, seller):
                continue
            for item in items:
                if place not in item.deleted:
                    for option in item.options or [None]:
                        yield item, place, option

    def on_sale(
        self, site: str | None = None, seller_id: str | None = None
    ) -> dict[tuple[str, str, int | None], int]:
        return {
            (place, item.numbers[place], option and option.key): item.pieces(
                place, option
            )
            for item, place, option in self.rows(site, seller_id)
        }
