"""Pages of the two sites that a browser can open.

The API's pages name none. Assumption: the address of an item is the one that shopping
guides link to (``https://item.gmarket.co.kr/Item?goodscode=...``,
``https://itempage3.auction.co.kr/DetailView.aspx?itemno=...``). ESM Plus has no known
address of a single order.
"""

from urllib.parse import quote

from .sites import Site

_ITEM_PAGES = {
    Site.GMARKET: "https://item.gmarket.co.kr/Item?goodscode=",
    Site.AUCTION: "https://itempage3.auction.co.kr/DetailView.aspx?itemno=",
}


def item_url(site: Site, site_goods_no: str | None) -> str | None:
    """Return the page on which buyers see an item; None if the number is not one.

    :param site_goods_no: the item's number on that site
    """
    if not site_goods_no or not site.has_goods_no(site_goods_no):
        return None
    return _ITEM_PAGES[site] + quote(site_goods_no)
