"""What all item calls share: which item a path means, whether the token may touch it
(1.4), and how values per site are spelled."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta

from . import texts
from .catalog import CatalogItem
from .lifecycle import Refused
from .model import AUCTION, GMARKET, SITES
from .reading import ApiRequest, parse_int
from .world import World

KEYS = {GMARKET: "gmkt", AUCTION: "iac"}
#: as messages name the sites; Auction comes first on page 194
LABELS = {AUCTION: "IAC", GMARKET: "GMKT"}
SITE_IDS = {AUCTION: 1, GMARKET: 2}


def by_key(values: dict) -> dict:
    """A dict by site as ESM sends it: gmkt first."""
    return {KEYS[site]: values[site] for site in SITES}


def filled(item: CatalogItem, value: Callable[[str], object], empty: object) -> dict:
    """One value per site, ``empty`` where the item is not."""
    live = item.live
    return by_key({site: value(site) if site in live else empty for site in SITES})


# ---- which item, and whether this token may touch it (1.4) ---------------------


def owned(request: ApiRequest, item: CatalogItem) -> list[str]:
    """The sites whose seller of this item the token names."""
    token = request.token
    return [
        site
        for site, seller in item.sellers.items()
        if token.sellers.get(site) == seller and (site, seller) in token.account.sellers
    ]


def _site_text(world: World, site: str, text: str) -> str:
    """``[G마켓/옥션]``: whether it is a list or a choice the pages do not say."""
    named = world.strict.site_in_token_text == "named"  # nosec B105  # no secret
    return (texts.SITE_NAMES[site] if named else texts.BOTH_SITES) + text


def master_item(world: World, request: ApiRequest) -> CatalogItem:
    """The item of a path with a master number, or the refusal. A site number there is
    a wrong address; what a legacy item has for a master number nobody can use."""
    item = world.catalog.items.get(parse_int(request.path_no) or 0)
    if item is None or item.legacy:
        raise Refused(3000, texts.NOT_FOUND, status=404)
    if not owned(request, item):
        raise Refused(1000, texts.NOT_THE_SELLERS_ITEM)
    if not item.live:
        raise Refused(1000, texts.DELETED_ITEM)
    return item


def own_item(world: World, request: ApiRequest, *, change: bool = False) -> CatalogItem:
    """The item of a call that needs exactly the sellers of the sites it is on.

    ``change``: refused within three minutes of the registration.
    """
    item = master_item(world, request)
    live = item.live
    for site in SITES:
        if site in live and site not in request.token.sellers:
            raise Refused(1000, _site_text(world, site, texts.CHECK_TOKEN))
        if site not in live and site in request.token.sellers:
            raise Refused(1000, _site_text(world, site, texts.NO_SITE_NUMBER))
    if len(owned(request, item)) < len(live):
        raise Refused(1000, texts.NOT_THE_SELLERS_ITEM)
    age = world.lifecycle.now() - item.registered_at
    if change and age < timedelta(seconds=world.strict.freeze_seconds):
        raise Refused(1000, texts.FROZEN_ITEM)
    return item


def field_range(sites: Iterable[str]) -> str:
    """The text for quantities out of 1 to 99,999 in option sets and sell-status."""
    parts = [
        f'"{KEYS[site].capitalize()} {texts.FIELD_RANGE}"'
        for site in SITES
        if site in sites
    ]
    return "[InvalidApiRequestEx][" + ",".join(parts) + "]"
