"""Items: search (160), number mapping (30), detail (20), delete (29), sell-status (21),
price (186) and stock (194).

Refusals of the item API are HTTP 400 with lower-case keys. Keys of answers are in lower
and in upper case as the pages have them; requests are read in any case. Registering and
rewriting whole items is no part of it: ``Sandbox.add_item`` and ``edit_item`` do that.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

from . import texts
from .api_options import option_set
from .catalog import HIGHEST_PRICE, LARGEST_STOCK, CatalogItem, SellState
from .item_access import (
    KEYS,
    LABELS,
    SITE_IDS,
    by_key,
    field_range,
    filled,
    master_item,
    own_item,
    owned,
)
from .lifecycle import Refused
from .model import SITES
from .reading import ApiRequest, fold_deep, parse_date, parse_int
from .world import World

LARGEST_PAGE = 500
PERIODS = (-1, 0, 15, 30, 60, 90, 365)
NO_END = 99991231
CATEGORY = "300000001"


# ---- search (160) ---------------------------------------------------------------


def _texts_of(value: object) -> set[str]:
    found = value if isinstance(value, list) else [] if value is None else [value]
    return {str(each) for each in found}


def _in_range(world: World, wanted: dict, moment: datetime | date | None) -> bool:
    """``{from, to}``: a bare end date is 00:00 of that day unless read inclusively."""
    if moment is None:
        return False
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, datetime.min.time())
    begin, end = parse_date(wanted.get("from")), parse_date(wanted.get("to"))
    if end is not None and world.strict.search_to_date == "inclusive":
        end += timedelta(days=1)
    return (begin is None or begin <= moment) and (end is None or moment < end)


#: Filters of the query by folded name; an item is found when one of its sites fits.
_LISTS: dict[str, Callable[[CatalogItem, str], object]] = {
    "goodsno": lambda item, site: item.goods_no,
    "siteid": lambda item, site: SITE_IDS[site],
    "sitegoodsno": lambda item, site: item.numbers[site],
    "managedcode": lambda item, site: item.seller_code,
    "sitesellerid": lambda item, site: item.sellers[site],
    "sellstatus": lambda item, site: item.shown_state(site).value,
}
_RANGES: dict[str, Callable[[CatalogItem, str], datetime | date | None]] = {
    "registrationdate": lambda item, site: item.registered_at,
    "updateddate": lambda item, site: item.updated_at,
    "sellenddate": lambda item, site: item.ends_on[site],
}
_FLAGS: dict[str, Callable[[CatalogItem], bool]] = {
    "useorderoption": lambda item: item.option_type != 0,
    "is3pl": lambda item: item.fulfilment,
}


def _conditions(
    world: World, query: dict
) -> list[Callable[[CatalogItem, list[str]], bool]]:
    """One test per filter that is set."""
    found: list[Callable[[CatalogItem, list[str]], bool]] = []
    for name, value in _LISTS.items():
        wanted = _texts_of(query.get(name))
        if wanted:
            found.append(
                lambda item, sites, value=value, wanted=wanted: any(
                    str(value(item, site)) in wanted for site in sites
                )
            )
    for name, moment in _RANGES.items():
        if isinstance(query.get(name), dict):
            found.append(
                lambda item, sites, moment=moment, wanted=query[name]: any(
                    _in_range(world, wanted, moment(item, site)) for site in sites
                )
            )
    for name, flag in _FLAGS.items():
        if isinstance(query.get(name), bool):
            found.append(
                lambda item, _sites, flag=flag, wanted=query[name]: flag(item) is wanted
            )
    keyword = str(query.get("keyword") or "").casefold()
    if keyword:
        found.append(
            lambda item, _sites: (
                keyword in f"{item.name}\n{item.seller_code}".casefold()
            )
        )
    return found


def _sort_key(number: int) -> Callable[[CatalogItem], object]:
    return {
        0: lambda item: item.registered_at,
        1: lambda item: max(item.stopped_at.values(), default=datetime.min),
        2: lambda item: sum(item.shown_stock(site) for site in item.live),
        3: lambda item: min(item.price.values()),
    }.get(number, lambda item: item.goods_no)


def _visible(world: World, request: ApiRequest, query: dict) -> Iterable[CatalogItem]:
    """The 2.0 items of the sellers that the token names, each once. Numbers in the
    query save walking through all of them."""
    if request.token.foreign and world.strict.foreign_seller_mode == "refuse":
        raise Refused(1000, texts.NOT_THE_SELLERS_ITEM)
    numbers = _texts_of(query.get("sitegoodsno"))
    by_number = world.catalog.by_number
    named = [by_number[number] for number in numbers if number in by_number]
    found: dict[int, CatalogItem] = {}
    for site, seller in request.token.sellers.items():
        if (site, seller) not in request.token.account.sellers:
            continue
        for item in named if numbers else world.catalog.of_seller(site, seller):
            if item.sellers.get(site) == seller and site in item.live:
                if not item.legacy:
                    found[item.goods_no] = item
    return found.values()


def search(world: World, request: ApiRequest) -> dict:
    """상품 목록 조회. Filters count only inside ``query``; those for category, group,
    gift, discount and star delivery find all, as the sandbox keeps none of these."""
    index, size = request.integer("pageIndex"), request.integer("pageSize")
    if not 1 <= size <= LARGEST_PAGE:
        raise Refused(1000, texts.PAGE_SIZE)
    if index < 1:
        raise Refused(1000, texts.PAGE_INDEX)
    query = fold_deep(request.get("query"))
    query = query if isinstance(query, dict) else {}
    conditions = _conditions(world, query)
    shown = _sites_shown(world, request)
    found = [
        item
        for item in _visible(world, request, query)
        if all(fits(item, shown(item)) for fits in conditions)
    ]
    descending = request.integer("sortOrder") == 1
    found.sort(key=_sort_key(request.integer("sortField")), reverse=descending)
    begin = (index - 1) * size
    items = [
        _search_row(item, shown(item), begin + position + 1)
        for position, item in enumerate(found[begin : begin + size])
    ]
    return {
        "totalItems": len(found),
        "pageIndex": index,
        "pageSize": size,
        "items": items,
    }


def _sites_shown(
    world: World, request: ApiRequest
) -> Callable[[CatalogItem], list[str]]:
    if world.strict.search_shows_other_site:
        return lambda item: item.live
    named = request.token.sellers
    return lambda item: [site for site in item.live if site in named]


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _each(
    sites: Iterable[str], value: Callable[[str], object], empty: object = ""
) -> dict:
    return by_key({site: value(site) if site in sites else empty for site in SITES})


@functools.cache
def _same_for_all(sites: tuple[str, ...]) -> dict:
    """What the sandbox does not keep: the same in each row of these sites."""
    category = {"catCode": CATEGORY, "catName": "견본"}
    return {
        "prmtGoodsNameType": 0,
        "prmtGoodsName": _each(sites, lambda site: ""),
        "groupNo": _each(sites, lambda site: 0, 0),
        "sellerDiscount": _each(
            sites, lambda site: {"type": 0, "discountAmt": 0.0}, None
        ),
        "category": {
            "site": _each(sites, lambda site: category, None),
            "esm": {"catCode": "00010001", "catName": "견본"},
        },
        "gift": False,
        "plusOne": False,
        "brand": {"id": 0, "name": ""},
        "maker": {"id": 0, "name": ""},
        "productBrand": {"id": 0, "name": ""},
        "catalog": {"epinCode": 0, "epinName": "", "barCode": ""},
        "isDisplayExclude": False,
        "isGift": True,
        "shipping": {
            "fee": 3000.0,
            "placeNo": 10001,
            "placeName": "견본 창고",
            "dispatchPolicyNo": 20001,
            "dispatchPolicyName": "당일발송",
            "bundleDeliveryTmplId": "0",
            "is3plDeliveryFeeFree": False,
        },
        "isEventGoods": _each(sites, lambda site: False, False),
        "isLowestPrice": _each(sites, lambda site: False, False),
        "lowestPrice": _each(sites, lambda site: 0.0, 0.0),
        "isStarDelivery": False,
    }


def _search_row(item: CatalogItem, sites: list[str], number: int) -> dict:
    ends = [item.ends_on[site] for site in sites]
    end = date.max if None in ends else max(ends)
    stops = item.stopped_at
    return {
        "no": number,
        "goodsNo": str(item.goods_no),
        "siteGoodsNo": _each(sites, item.numbers.__getitem__),
        "managedCode": item.seller_code,
        "imgUrl": f"http://image.invalid/{item.goods_no}.jpg",
        "goodsName": item.name,
        "siteSellerId": _each(sites, item.sellers.__getitem__),
        "sellStatus": _each(sites, lambda site: item.shown_state(site).value),
        "price": _each(sites, lambda site: float(item.price[site]), 0.0),
        "dispEndDate": end.strftime("%Y-%m-%d 23:59:59"),
        "stock": _each(sites, item.shown_stock, 0),
        "useOption": item.option_type != 0,
        "useAddonService": bool(item.additions),
        "createdDate": _stamp(item.registered_at),
        "updatedDate": _stamp(item.updated_at),
        "sellStopDate": _each(
            sites, lambda site: _stamp(stops[site]) if site in stops else ""
        ),
        "is3PL": item.fulfilment,
        **_same_for_all(tuple(sites)),
    }


# ---- number mapping (30), detail (20), delete (29) --------------------------------


def status(world: World, request: ApiRequest) -> dict:
    """상품번호 조회 by master number."""
    item = master_item(world, request)
    detail = filled(
        item,
        lambda site: {
            "SiteGoodsNo": item.numbers[site],
            "SiteGoodsComment": "Success",
        },
        {"SiteGoodsNo": None, "SiteGoodsComment": None},
    )
    return {
        "goodsNo": item.goods_no,
        "sellManageCode": item.seller_code,
        "innerResultCode": 0,
        "innerMessage": None,
        "siteDetail": detail,
    }


def goods_no(world: World, request: ApiRequest) -> dict:
    """상품번호 조회 by site number."""
    number = request.path_no or ""
    item = world.catalog.by_number.get(number)
    if item is None or not owned(request, item):
        raise Refused(1000, texts.NOT_THE_SELLERS_ITEM)
    if item.legacy:
        raise Refused(1000, texts.NO_ITEM_DATA)
    [site] = [site for site, own in item.numbers.items() if own == number]
    if site in item.deleted:
        raise Refused(1000, texts.DELETED_ITEM)
    return {"goodsNo": item.goods_no, "isConverted": False}


def detail(world: World, request: ApiRequest) -> dict:
    """상품조회: the registration tree, letter case by branch as the page has it."""
    item = own_item(world, request)

    def capital(value: Callable[[str], object], empty: object) -> dict:
        by_site = filled(item, value, empty)
        return {"Gmkt": by_site["gmkt"], "Iac": by_site["iac"]}

    return {
        "itemBasicInfo": {
            "goodsName": {"kor": item.name, "promotion": ""},
            "category": {
                "site": [
                    {"siteType": SITE_IDS[site], "catCode": CATEGORY}
                    for site in item.live
                ]
            },
            "catalog": {"barCode": ""},
        },
        "itemAddtionalInfo": {
            "price": capital(lambda site: item.price[site], 0),
            "stock": capital(item.shown_stock, 0),
            "sellingPeriod": capital(lambda site: _days_left(world, item, site), 0),
            "managedCode": item.seller_code,
            "inventoryCode": "",
            "recommendedOpts": option_set(item),
            "addonService": {
                "addonServiceUseType": 1 if item.additions else 0,
                "addonServiceList": [
                    {
                        "addonServiceType": 1,
                        "addonServiceName": "추가구성",
                        "addonServiceValueName": entry["text"],
                        "addonServiceAmnt": entry["price"],
                        "manageCode": entry.get("code"),
                    }
                    for entry in item.additions
                ],
            },
        },
        "addtionalInfo": {},
        "isSell": filled(item, item.sells, False),
        "isEditableGoodsName": True,
        "isDisplayExclude": False,
    }


def _days_left(world: World, item: CatalogItem, site: str) -> int:
    end = item.ends_on[site]
    return -1 if end is None else max(0, (end - world.lifecycle.now().date()).days)


def delete(world: World, request: ApiRequest) -> dict:
    """상품삭제: only what is stopped on all its sites."""
    item = own_item(world, request, change=True)
    if any(item.sells(site) for site in item.live):
        raise Refused(1000, texts.DELETE_ONLY_STOPPED)
    world.catalog.delete(item, item.live)
    return _written(item)


def _written(item: CatalogItem, message: str | None = None) -> dict:
    return {"goodsNo": item.goods_no, "resultCode": 0, "message": message}


# ---- sell-status (21) ---------------------------------------------------------


def read_sell_status(world: World, request: ApiRequest) -> dict:
    """Mixed case, and the period as the day it ends: not to be written back as is."""
    item = own_item(world, request)

    def end(site: str) -> int:
        last = item.ends_on[site]
        return NO_END if last is None else int(last.strftime("%Y%m%d"))

    return {
        "IsSell": filled(item, item.sells, False),
        "itemBasicInfo": {
            "Price": filled(item, lambda site: item.price[site], 0),
            "Stock": filled(item, item.shown_stock, 0),
            "SellingPeriod": filled(item, end, 0),
        },
    }


def _need(values: object, name: str, kind: type) -> dict:
    """A dict with a value for both sites, or the refusal."""
    part = values.get(name.lower()) if isinstance(values, dict) else None
    found = {}
    for site, key in KEYS.items():
        value = part.get(key) if isinstance(part, dict) else None
        found[site] = parse_int(value) if kind is int else value
        if not isinstance(found[site], kind):
            raise Refused(1000, texts.NEEDS_BOTH_SITES.format(field=name))
    return found


def price_refusal(site: str, won: int) -> str | None:
    label = f"[{LABELS[site]}]"
    if won <= 0:
        return "[InvalidApiRequestEx]" + label + texts.PRICE_ZERO
    if won % 10:
        return label + texts.PRICE_STEP
    if won >= HIGHEST_PRICE:
        return label + texts.PRICE_TOO_HIGH
    return None


def write_sell_status(world: World, request: ApiRequest) -> dict:
    """Price, stock and state of both sites. Values of a site that is (or goes) off sale
    are not applied."""
    item = own_item(world, request, change=True)
    selling = _need(request.folded(), "isSell", bool)
    info = request.folded().get("itembasicinfo")
    price = _need(info, "price", int)
    stock = _need(info, "stock", int)
    period = _need(info, "sellingPeriod", int)
    live = item.live
    for site in SITES:
        if selling[site] and site not in live:
            raise Refused(1000, f"[{LABELS[site]}]" + texts.NO_SITE_NUMBER)
    on = [site for site in live if selling[site]]
    _check_sell_status(world, item, on, price, stock, period)
    for site in _reached(request, live):
        if site not in on:
            world.catalog.stop(item, site)
            continue
        item.price[site] = price[site]
        if not item.stock_kept_by_options():
            item.stock[site] = stock[site]
        if period[site]:
            world.catalog.extend(item, site, period[site])
        world.catalog.start(item, site)
    world.catalog.touch(item)
    _refuse_partly(request, live)
    return _written(item)


def _check_sell_status(
    world: World,
    item: CatalogItem,
    sites: list[str],
    price: dict[str, int],
    stock: dict[str, int],
    period: dict[str, int],
) -> None:
    for site in sites:
        refusal = price_refusal(site, price[site])
        if refusal:
            raise Refused(1000, refusal)
        if item.state[site] is SellState.STOPPED_BY_SITE:
            raise Refused(1000, f"[{LABELS[site]}]" + texts.STOPPED_BY_SITE)
        if period[site] not in PERIODS:
            raise Refused(1000, f"[{LABELS[site]}]" + texts.BAD_PERIOD)
        end = item.ends_on[site]
        if not period[site] and end and end < world.lifecycle.now().date():
            raise Refused(1000, f"[{LABELS[site]}]" + texts.PERIOD_OVER)
    if item.stock_kept_by_options() and not world.strict.option_item_stock_checked:
        return
    wrong = [site for site in sites if not 1 <= stock[site] <= LARGEST_STOCK]
    if wrong:
        raise Refused(1000, field_range(wrong))


# ---- price (186), stock (194) -------------------------------------------------


def _site_values(item: CatalogItem, values: object) -> dict[str, int]:
    """What is sent for the sites the item is on; 0 for another site is no value."""
    found = {}
    folded = values if isinstance(values, dict) else {}
    for site, key in KEYS.items():
        value = parse_int(folded.get(key))
        if site in item.live and value is not None:
            found[site] = value
        elif value:
            raise Refused(1000, f"[{LABELS[site]}]" + texts.NO_SITE_NUMBER)
    if not found:
        raise Refused(1000, texts.NO_VALUE)
    return found


def _done(sites: Iterable[str]) -> str:
    return " / ".join(f"[{LABELS[site]}] 성공" for site in LABELS if site in sites)


def _reached(request: ApiRequest, sites: Iterable[str]) -> list[str]:
    """The sites where the change takes effect: all, unless a fault has it fail."""
    return [site for site in sites if site != request.failing_site]


def _refuse_partly(request: ApiRequest, sites: Iterable[str]) -> None:
    if request.failing_site in sites:
        failed = f"[{LABELS[request.failing_site]}] " + texts.SITE_FAILED
        done = _done(_reached(request, sites))
        raise Refused(1000, " / ".join(part for part in (done, failed) if part))


def _refuse_any(refusals: Iterable[str | None]) -> None:
    found = [refusal for refusal in refusals if refusal]
    if found:
        raise Refused(1000, " / ".join(found))


def read_price(world: World, request: ApiRequest) -> dict:
    item = own_item(world, request)
    return filled(item, lambda site: item.price[site], 0)


def write_price(world: World, request: ApiRequest) -> dict:
    """Only of items on sale; either site may be left out."""
    item = own_item(world, request, change=True)
    values = _site_values(item, request.folded())
    _refuse_any(price_refusal(site, won) for site, won in values.items())
    _refuse_any(
        None if item.sells(site) else f"[{LABELS[site]}]" + texts.PRICE_ONLY_ON_SALE
        for site in values
    )
    item.price.update({site: values[site] for site in _reached(request, values)})
    world.catalog.touch(item)
    _refuse_partly(request, values)
    return _written(item, _done(values))


def write_stock(world: World, request: ApiRequest) -> dict:
    """Only of items without options; 0 is refused: stop the item instead."""
    item = own_item(world, request, change=True)
    if item.option_type:
        raise Refused(1000, texts.STOCK_OF_OPTION_ITEM)
    if item.fulfilment:
        raise Refused(1000, texts.STOCK_OF_FULFILMENT)
    values = _site_values(item, request.folded().get("stock"))
    _refuse_any(
        f"[{LABELS[site]}] " + texts.STOCK_TOO_MANY if pieces > LARGEST_STOCK
        else f"[{LABELS[site]}] " + texts.STOCK_TOO_FEW if pieces < 1
        else None
        for site, pieces in values.items()
    )  # fmt: skip
    item.stock.update({site: values[site] for site in _reached(request, values)})
    world.catalog.touch(item)
    _refuse_partly(request, values)
    return _written(item, _done(values))
