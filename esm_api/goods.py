"""Items: search, numbers, options, price, stock and what is on sale.

Sources: etapi.gmarket.com/160 (search), /30 (numbers), /26 (options), /21 (sell
status), /186 (price), /194 (stock); fact sheet 6.
"""

import enum
import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from .codes import HIGHEST_PRICE, LARGEST_STOCK, LOWEST_PRICE, PRICE_STEP
from .endpoints import (
    GOODS_NO,
    GOODS_SEARCH,
    OPTIONS,
    SELL_STATUS,
    SET_OPTIONS,
    SET_PRICE,
    SET_SELL_STATUS,
    SET_STOCK,
    Endpoint,
)
from .errors import BadAnswer, Refusal, RuleError
from .options import OptionSet
from .readers import LONGEST_TEXT, Fields, integer, kst, number
from .redaction import get_logger
from .refusals import normalise, refusal_error
from .sites import Site
from .stock import SetOptions, SetSellStatus, SetStock, SiteStatus, StockPlan
from .transport import Answer, Transport, whole_number

_logger = get_logger(__name__)

#: Largest page of the search (page 160).
LARGEST_PAGE = 500
#: Half a million items mean a server whose list never ends.
MAX_PAGES = 1000
#: Sorted by master number, so that pages move only where an item comes or goes.
_BY_GOODS_NO = {"sortField": 4, "sortOrder": 0}
_NO_NUMBER = ("", "0")
#: More than all options of an item can have together; more is rubbish.
_MOST_PIECES = 10**9
#: "[GMKT] 성공 / [IAC] 성공": one part per site (6.5).
_SITE_PART = re.compile(r"\[(?:GMKT|IAC)\]([^\[]*)", re.IGNORECASE)


class SellState(enum.Enum):
    """State of an item on a site (``sellStatus``, page 160)."""

    WAITING = "01"
    ON_SALE = "11"
    STOPPED = "21"
    STOPPED_BY_SITE = "22"
    SOLD_OUT = "31"

    @classmethod
    def read(cls, value: Any) -> "SellState | None":
        """Return the state, None for a code nobody has documented."""
        code = integer(value)
        known = {int(state.value): state for state in cls}
        return None if code is None else known.get(code)


@dataclass(frozen=True)
class ItemSite:
    """An item on one site.

    :param site_goods_no: the number that orders carry
    :param price: won
    :param stock: pieces; with options that count stock, their sum
    """

    site_goods_no: str
    seller_id: str | None
    state: SellState | None
    price: Decimal | None
    stock: int | None


@dataclass(frozen=True)
class Item:
    """One row of goods/search: an ESM master item (page 160).

    :param goods_no: master number
    :param seller_code: seller management code (``managedCode``)
    :param has_options: its options are read by :meth:`GoodsApi.options`
    :param has_additions: it has addition items (추가구성)
    :param updated_at: UTC
    :param sites: only the sites that gave the item a number
    :param oddities: which keys could not be read; without values
    """

    goods_no: str
    seller_code: str | None
    name: str | None
    image_url: str | None
    has_options: bool
    has_additions: bool
    updated_at: datetime | None
    sites: Mapping[Site, ItemSite]
    oddities: tuple[str, ...] = ()

    @classmethod
    def from_payload(cls, payload: Any) -> "Item | None":
        """Read a row, None if it is no JSON object or has no master number."""
        fields = Fields(payload if isinstance(payload, dict) else {})
        goods_no = fields.number("goodsNo")
        if goods_no is None:
            return None
        return cls(
            goods_no=goods_no,
            seller_code=fields.code("managedCode"),
            name=fields.line("goodsName"),
            image_url=fields.line("imgUrl", LONGEST_TEXT),
            has_options=fields.flag("useOption"),
            has_additions=fields.flag("useAddonService"),
            updated_at=fields.when("updatedDate"),
            sites=_item_sites(fields),
            oddities=tuple(fields.oddities),
        )


@dataclass(frozen=True)
class GoodsPage:
    """One page of a search.

    :param items: those that no page before had
    :param total: ``totalItems``, 0 if ESM did not say
    :param index: from 1
    :param unreadable: rows without a readable master number
    """

    items: tuple[Item, ...]
    total: int
    index: int
    unreadable: int


class GoodsApi:
    """Item calls of one shop.

    Calls on one item are signed by the sellers of exactly the sites that the item is
    on (1.4): ``sellers``, seller ID by site. Their errors, besides those of all calls:
    RuleError with TOKEN_SITES (it is on other sites), ITEM_NOT_FOUND (also of another
    seller), DELETED_ITEM or FROZEN_ITEM (registered less than three minutes ago).

    All values that are written are absolute: after an UnknownOutcome the same call
    may be made again.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._site = transport.credentials.site

    # ---- search and numbers ----------------------------------------------------------

    def search(
        self,
        *,
        updated_since: date | None = None,
        goods_nos: Sequence[str] = (),
        site_goods_nos: Sequence[str] = (),
        seller_codes: Sequence[str] = (),
        page_size: int = LARGEST_PAGE,
    ) -> Iterator[GoodsPage]:
        """Yield the shop's items page by page, each item once (page 160).

        Items of the old system (1.0) are not found. If items come or go while the
        pages are read, all are read once more for those that slipped through.

        :param updated_since: Korean day
        :param goods_nos: only these master numbers
        :param site_goods_nos: only these site numbers
        :param seller_codes: only these seller management codes
        :param page_size: 1 to 500; of a longer list of numbers or codes, as many are
            asked for at once
        :raise EsmError: as every read
        """
        query: dict[str, Any] = {
            "siteId": [self._site.order_code],
            "siteSellerId": [self._transport.credentials.seller_id.strip()],
        }
        if updated_since:
            # A bare end date is 00:00 of that day (2.5).
            tomorrow = kst(self._transport.now()).date() + timedelta(days=1)
            query["updatedDate"] = {
                "from": updated_since.isoformat(),
                "to": tomorrow.isoformat(),
            }
        filters = {
            "goodsNo": [_goods_number(value, GOODS_SEARCH) for value in goods_nos],
            "siteGoodsNo": list(site_goods_nos),
            "managedCode": list(seller_codes),
        }
        query |= {key: values for key, values in filters.items() if values}
        longest, values = max(filters.items(), key=lambda item: len(item[1]))
        seen: set[str] = set()
        for start in range(0, max(len(values), 1), page_size):
            part = values[start : start + page_size]
            # At the top level the filters would be ignored without a word (6.1).
            request = {
                "query": query | ({longest: part} if part else {}),
                "pageSize": page_size,
                **_BY_GOODS_NO,
            }
            complete = yield from self._pages(request, seen)
            if not complete:
                yield from self._pages(request, seen)

    def _pages(
        self, request: dict[str, Any], known: set[str]
    ) -> Generator[GoodsPage, None, bool]:
        """Yield one pass over the pages; return whether all rows were seen.

        :param known: what identifies the rows of the pages before, extended here
        """
        seen: set[str] = set()
        totals: set[int] = set()
        for index in range(1, MAX_PAGES + 1):
            answer = self._transport.call(GOODS_SEARCH, request | {"pageIndex": index})
            fields = _payload(answer)
            rows = fields.raw("items")
            total = fields.integer("totalItems")
            if not isinstance(rows, list):
                rows = None if total or total is None else []
            if rows is None or (index == 1 and not rows and total):
                # It must not pass for "no items": they would count as deleted.
                raise BadAnswer(
                    "The answer has no list of items.", endpoint=GOODS_SEARCH.name
                )
            read = {
                item.goods_no if item else repr(row): item
                for row, item in ((row, Item.from_payload(row)) for row in rows)
            }
            yield _page(read, known, total, index)
            if total is not None:
                totals.add(total)
            before = len(seen)
            seen.update(read)
            # Without a total a short page is the last.
            done = (
                len(rows) < request["pageSize"] if total is None else len(seen) >= total
            )
            # A page without a new row is empty, or the answer of a server that does
            # not look at the page number.
            if done or len(seen) == before:
                return len(totals) < 2 and len(seen) >= max(totals, default=0)
        raise BadAnswer("The list has no end.", endpoint=GOODS_SEARCH.name)

    def item(self, site_goods_no: str) -> Item | None:
        """Return the item with this number on the shop's site (page 160).

        None: the search does not have it; an item of the old system, of another
        seller, or deleted.
        """
        wanted = _site_number(site_goods_no, GOODS_SEARCH)
        for page in self.search(site_goods_nos=[wanted]):
            for item in page.items:
                here = item.sites.get(self._site)
                if here and here.site_goods_no.upper() == wanted.upper():
                    return item
        return None

    def goods_no_of(self, site_goods_no: str) -> str | None:
        """Return the master number of a site number (page 30).

        None: ESM has none for it; unknown, of another seller, or deleted.
        """
        path = {"site_goods_no": _site_number(site_goods_no, GOODS_NO)}
        try:
            answer = self._transport.call(GOODS_NO, path=path)
        except RuleError as error:
            if error.reason in (
                Refusal.ITEM_NOT_FOUND,
                Refusal.DELETED_ITEM,
                Refusal.NO_DATA,
            ):
                return None
            raise
        return _payload(answer).number("goodsNo")

    # ---- options ---------------------------------------------------------------------

    def options(self, goods_no: str, sellers: Mapping[Site, str]) -> OptionSet:
        """Return the item's options (page 26); an item without has an empty set."""
        try:
            payload = self._read(OPTIONS, goods_no, sellers).payload
        except RuleError as error:
            # What an item without options gets is unknown; this is the text for
            # "nothing there" of these calls (6.6).
            if error.reason is not Refusal.NO_DATA:
                raise
            payload = {"type": 0}
        option_set = OptionSet.from_payload(payload, sellers)
        if not option_set.readable:
            # It must not pass for "no options": matches would be lost with them.
            raise BadAnswer("The options cannot be read.", endpoint=OPTIONS.name)
        return option_set

    def set_options(
        self, goods_no: str, option_set: OptionSet, sellers: Mapping[Site, str]
    ) -> None:
        """Replace the whole set (page 26): read it, change it, write it at once.

        :param option_set: of :meth:`options` and :meth:`.OptionSet.changed`
        :raise RuleError: ALL_SOLD_OUT (before anything is sent), BAD_STOCK,
            OPTION_RULE
        """
        if option_set.all_sold_out:
            raise RuleError(
                "All options are sold out.",
                reason=Refusal.ALL_SOLD_OUT,
                endpoint=SET_OPTIONS.name,
            )
        self._write(SET_OPTIONS, goods_no, option_set.payload, sellers)

    # ---- price, stock, on sale or not ------------------------------------------------

    def sell_status(
        self, goods_no: str, sellers: Mapping[Site, str]
    ) -> dict[Site, SiteStatus]:
        """Return what each of the item's sites sells (page 21)."""
        fields = _payload(self._read(SELL_STATUS, goods_no, sellers))
        selling = _object(fields, "isSell")
        values = _object(fields, "itemBasicInfo")
        prices, stocks, periods = (
            _object(values, key) for key in ("price", "stock", "sellingPeriod")
        )
        statuses = {}
        for site in sellers:
            key = site.item_key
            price = prices.integer(key)
            if selling.raw(key) is None or (price is None and selling.flag(key)):
                raise BadAnswer(
                    "The sell status cannot be read.", endpoint=SELL_STATUS.name
                )
            statuses[site] = SiteStatus(
                selling=selling.flag(key),
                price=price or 0,
                stock=max(0, integer(stocks.raw(key)) or 0),
                ends_on=_last_day(periods.raw(key)),
            )
        return statuses

    def set_sell_status(
        self,
        goods_no: str,
        statuses: Mapping[Site, SiteStatus],
        sellers: Mapping[Site, str],
    ) -> None:
        """Start and stop the item, with price and stock (page 21).

        ESM applies price and stock only to a site that sells, and not the stock
        where the options count it. The selling period stays. An item that is stopped
        for a month is deleted by ESM.

        :param statuses: for all sites of ``sellers``, since ESM takes all at once
        :raise RuleError: BAD_PRICE, BAD_STOCK (before anything is sent)
        """
        if set(statuses) != set(sellers):
            raise ValueError("the sell status is written for all sites of an item")
        for status in statuses.values():
            if status.selling:
                check_price(status.price, SET_SELL_STATUS)
                _check_stock(status.stock, SET_SELL_STATUS)
        # The stock of a stopped site is not applied, but 0 is refused anywhere.
        stocks = {
            site: min(max(1, new.stock), LARGEST_STOCK)
            for site, new in statuses.items()
        }
        body = {
            "isSell": _by_site({site: new.selling for site, new in statuses.items()}),
            "itemBasicInfo": {
                "price": _by_site({site: new.price for site, new in statuses.items()}),
                "stock": _by_site(stocks),
                "sellingPeriod": _by_site(dict.fromkeys(statuses, 0)),
            },
        }
        self._write(SET_SELL_STATUS, goods_no, body, sellers)

    def set_price(
        self, goods_no: str, prices: Mapping[Site, int], sellers: Mapping[Site, str]
    ) -> None:
        """Change prices of an item on sale (page 186).

        :param prices: won, for the sites whose price changes
        :raise RuleError: BAD_PRICE (before anything is sent)
        """
        for price in prices.values():
            check_price(price, SET_PRICE)
        body = {site.item_key: price for site, price in prices.items()}
        self._write(SET_PRICE, goods_no, body, sellers)

    def set_stock(
        self, goods_no: str, stocks: Mapping[Site, int], sellers: Mapping[Site, str]
    ) -> None:
        """Change the stock of an item without options (page 194).

        :param stocks: 1 to 99,999, for the sites whose stock changes
        :raise RuleError: BAD_STOCK (before anything is sent)
        """
        for stock in stocks.values():
            _check_stock(stock, SET_STOCK)
        body = {"stock": {site.item_key: stock for site, stock in stocks.items()}}
        self._write(SET_STOCK, goods_no, body, sellers)

    def apply(
        self, goods_no: str, plan: StockPlan, sellers: Mapping[Site, str]
    ) -> None:
        """Take the steps of a plan, in order.

        After any error read the item again and plan anew: steps that were taken are
        then not in the plan.

        :raise EsmError: of the step that failed; those before it are done
        """
        for step in plan.steps:
            if isinstance(step, SetStock):
                self.set_stock(goods_no, step.stocks, sellers)
            elif isinstance(step, SetOptions):
                self.set_options(goods_no, step.options, sellers)
            elif isinstance(step, SetSellStatus):
                self.set_sell_status(goods_no, step.statuses, sellers)

    def _read(
        self, endpoint: Endpoint, goods_no: str, sellers: Mapping[Site, str]
    ) -> Answer:
        path = {"goods_no": _goods_number(goods_no, endpoint)}
        return self._transport.call(endpoint, path=path, sellers=sellers)

    def _write(
        self,
        endpoint: Endpoint,
        goods_no: str,
        body: dict[str, Any],
        sellers: Mapping[Site, str],
    ) -> None:
        path = {"goods_no": _goods_number(goods_no, endpoint)}
        answer = self._transport.call(endpoint, body, path=path, sellers=sellers)
        message = _payload(answer).line("message", LONGEST_TEXT) or ""
        # How ESM tells that one site refused is unknown (6.5); its message has a part
        # for each site.
        for part in _SITE_PART.findall(message):
            if normalise(part).strip("/,") not in ("", "성공", "success"):
                raise refusal_error(endpoint, None, message, None, 200)


def _page(
    read: Mapping[str, Item | None], known: set[str], total: int | None, index: int
) -> GoodsPage:
    """Return a page of the rows that are not known yet, which they are then."""
    new = [item for key, item in read.items() if key not in known]
    known.update(read)
    items = tuple(item for item in new if item)
    unreadable = len(new) - len(items)
    if unreadable:
        _logger.warning("ESM sent %d items that cannot be read.", unreadable)
    return GoodsPage(items, total or 0, index, unreadable)


def check_price(price: int, endpoint: Endpoint = SET_PRICE) -> None:
    """Check a price in won against ESM's rules (6.3).

    :raise RuleError: BAD_PRICE
    """
    if price % PRICE_STEP or not LOWEST_PRICE <= price <= HIGHEST_PRICE:
        raise RuleError(
            f"A price is a multiple of {PRICE_STEP} won from {LOWEST_PRICE} to "
            f"{HIGHEST_PRICE:,}.",
            reason=Refusal.BAD_PRICE,
            endpoint=endpoint.name,
        )


def _check_stock(stock: int, endpoint: Endpoint) -> None:
    if not 0 < stock <= LARGEST_STOCK:
        raise RuleError(
            f"Stock is 1 to {LARGEST_STOCK:,}.",
            reason=Refusal.BAD_STOCK,
            endpoint=endpoint.name,
        )


def _by_site(values: Mapping[Site, Any]) -> dict[str, Any]:
    """Return values of both sites; a site without the item gets false or 0 (6.4)."""
    empty = type(next(iter(values.values())))()
    return {site.item_key: values.get(site, empty) for site in Site}


def _item_sites(fields: Fields) -> dict[Site, ItemSite]:
    numbers, sellers, states, prices, stocks = (
        _object(fields, key)
        for key in ("siteGoodsNo", "siteSellerId", "sellStatus", "price", "stock")
    )
    sites = {}
    for site in Site:
        key = site.item_key
        site_goods_no = numbers.code(key) or ""
        if site_goods_no in _NO_NUMBER:
            continue
        sites[site] = ItemSite(
            site_goods_no=site_goods_no,
            seller_id=sellers.line(key),
            state=SellState.read(states.raw(key)),
            price=prices.money(key),
            stock=_pieces(stocks, key),
        )
    for name, part in (("price", prices), ("stock", stocks)):
        fields.oddities += [f"{name}.{oddity}" for oddity in part.oddities]
    return sites


def _pieces(fields: Fields, key: str) -> int | None:
    """Return a number of pieces, None if nobody can have as many."""
    pieces = fields.integer(key)
    if pieces is None or pieces > _MOST_PIECES:
        return None
    return max(0, pieces)


def _object(fields: Fields, key: str) -> Fields:
    """Return the object below a key, and note if there is something else."""
    value = fields.raw(key)
    if value is not None and not isinstance(value, dict):
        fields.oddities.append(f"{key} is not an object")
    return Fields(value if isinstance(value, dict) else {})


def _payload(answer: Answer) -> Fields:
    return Fields(answer.payload if isinstance(answer.payload, dict) else {})


def _last_day(value: Any) -> date | None:
    """Return the day of ``YYYYMMDD``, None for 99991231, which means unlimited."""
    digits = number(value) or ""
    try:
        day = datetime.strptime(digits, "%Y%m%d").date()
    except ValueError:
        return None
    return day if day.year < 9999 else None


def _goods_number(value: Any, endpoint: Endpoint) -> int:
    """Return a master number.

    :raise RuleError: NUMBER_TYPE, before anything is sent
    """
    return whole_number(value, endpoint, "An item number consists of digits.")


def _site_number(value: str, endpoint: Endpoint) -> str:
    """Return a site number: digits, on Auction behind a letter.

    :raise RuleError: NUMBER_TYPE, before anything is sent
    """
    result = "".join(str(value or "").split())
    if not re.fullmatch("[0-9A-Za-z]+", result):
        raise RuleError(
            "A site's item number consists of letters and digits.",
            reason=Refusal.NUMBER_TYPE,
            endpoint=endpoint.name,
        )
    return result
