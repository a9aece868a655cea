"""The product list that ESM Plus lets sellers download as a workbook.

Its layout is not documented. The titles below are those that sellers and integrators
quote (etapi.gmarket.com/160 uses the same words); they are looked for in any order.
"""

from .sites import Site

#: Numbers of goods, by the site that has them: some lists have a column per site.
_OWN_NUMBER = {
    Site.GMARKET: ("G마켓 상품번호", "지마켓 상품번호", "Gmarket Goods Number"),
    Site.AUCTION: ("옥션 상품번호", "Auction Goods Number"),
}
_TITLES = {
    "goods_no": ("마스터 상품번호", "마스터 번호", "Master Goods Number"),
    "name": ("상품명", "Goods Name", "Product Name"),
    "seller_code": (
        "판매자 관리코드",
        "관리코드",
        "판매자 상품코드",
        "Seller Management Code",
    ),
    "price": ("판매가", "판매가격", "판매가(원)", "Price", "Sale Price"),
    "site": ("사이트", "판매 사이트", "마켓", "Site"),
    "seller_id": ("판매자 ID", "판매자 아이디", "판매 아이디", "Seller ID"),
}
_SITE_WORDS = {
    "g마켓": Site.GMARKET,
    "지마켓": Site.GMARKET,
    "gmarket": Site.GMARKET,
    "gmkt": Site.GMARKET,
    "g": Site.GMARKET,
    "옥션": Site.AUCTION,
    "auction": Site.AUCTION,
    "iac": Site.AUCTION,
    "a": Site.AUCTION,
}


def product_list_titles(site):
    """Titles of the columns of a product list.

    :param Site site: whose goods are looked for
    :return: dict of key -> tuple of titles; the keys are `site_goods_no` and those of
        `_TITLES`
    """
    numbers = ("상품번호", "사이트 상품번호", "Goods Number", "Site Goods Number")
    return {"site_goods_no": (*numbers, *_OWN_NUMBER[site]), **_TITLES}


def read_site(text):
    """The `Site` that a list means; None for an unknown word."""
    return _SITE_WORDS.get("".join(text.split()).casefold())
