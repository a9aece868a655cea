"""The goods of the demo: a catalogue of its own, or a merchant's CSV file.

Needs neither Odoo nor a server.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from .console import DevError

COLUMNS = ("seller_code", "inventory_code", "name", "price", "stock")


@dataclass(frozen=True)
class Goods:
    """One product of Odoo, and what the marketplaces call it.

    :param name: what both sides call it
    :param price: won, VAT included
    :param stock: pieces in the warehouse
    :param seller_code: seller management code of the item (판매자관리코드)
    :param inventory_code: inventory code of an option (재고관리코드), else empty
    :param option: the option's text at the marketplace
    :param tax_free: sold without VAT (면세)
    :param tag: what packing rules tell it by
    """

    name: str
    price: int
    stock: int
    seller_code: str = ""
    inventory_code: str = ""
    option: str = ""
    tax_free: bool = False
    tag: str = ""

    @property
    def full_name(self):
        return f"{self.name} ({self.option})" if self.option else self.name


@dataclass(frozen=True)
class Bundle:
    """A listing that is several pieces of one product, or several products.

    :param site: where it is on sale
    :param pieces: code of a product -> pieces of it in one piece sold
    """

    name: str
    price: int
    seller_code: str
    site: str
    pieces: Mapping[str, int]


NAVY, WHITE = "색상:네이비, 사이즈:L", "색상:화이트, 사이즈:M"
# Goods that do not go into one parcel.
FOOD, DETERGENT = "식품", "세제"
CATALOGUE = (
    Goods("[샘플] 보리차 티백 100개입", 12900, 400, "TEA-0100", tag=FOOD),
    Goods("[샘플] 머그컵", 5500, 300, "CUP-05", "CUP-05-W", "색상:화이트"),
    Goods("[샘플] 머그컵", 5500, 300, "CUP-05", "CUP-05-B", "색상:블랙"),
    Goods("[샘플] 반팔 티셔츠", 24000, 250, "TS-2026", "TS-NV-L", NAVY),
    Goods("[샘플] 반팔 티셔츠", 24000, 250, "TS-2026", "TS-WH-M", WHITE),
    Goods("[샘플] 스테인리스 텀블러", 17800, 200, "TUM-47", "TUM-47-S", "용량:470ml"),
    Goods("[샘플] 수제 쿠키 세트", 19800, 200, "GIFTSET-7", tag=FOOD),
    Goods("[샘플] 대나무 도마", 15900, 60, "BOARD-03"),
    Goods("[샘플] 면 수건 5매", 13500, 300, "TOWEL-50"),
    Goods("[샘플] 핸드워시 리필", 6900, 300, "WASH-11", tag=DETERGENT),
    Goods("[샘플] 국산 현미 5kg", 21900, 200, "RICE-05", tax_free=True, tag=FOOD),
    Goods("[샘플] 선물포장 쇼핑백", 2000, 800, "BAG-01"),
)
# No code says what leaves the warehouse for these: they are matched by hand.
BUNDLES = (
    Bundle("[샘플] 보리차 3개 묶음", 35900, "TEA-PACK-3", "gmarket", {"TEA-0100": 3}),
    Bundle(
        "[샘플] 보리차와 머그컵 세트",
        17400,
        "TEA-CUP-SET",
        "auction",
        {"TEA-0100": 1, "CUP-05-W": 1},
    ),
)
# An option that the merchant forgot to give a code.
WITHOUT_CODE = ("CUP-05", "색상:민트")
# The goods that buyers buy up, on both sites.
SCARCE = "BOARD-03"


def read_goods(path):
    """Read a merchant's products from a CSV file in UTF-8.

    :return: list of :class:`Goods`, and a list of texts about rows that were left out
    :raise DevError: if the file cannot be used
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DevError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise DevError(
            f"{path} is not in UTF-8.", "Save it as CSV UTF-8 and try again."
        ) from error
    return parse_goods(text, path.name)


def parse_goods(text, name="the file"):
    """:func:`read_goods` of a text."""
    rows = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True)
    header, width = {}, 0
    found, notes = [], []
    try:
        for row in rows:
            cells = [" ".join(cell.split()) for cell in row]
            if not any(cells):
                continue
            if not header:
                header, width = _columns(cells, name), len(cells)
                continue
            where = f"{name}, line {rows.line_num}"
            if any(cells[width:]):
                raise DevError(
                    f"{where} has more columns than the first line.",
                    "Put prices with commas in quotes, or leave the commas out.",
                )
            cells += [""] * (width - len(cells))
            values = {column: cells[index] for column, index in header.items()}
            goods = _goods(values, where)
            if problem := _problem(goods, found):
                notes.append(f"{where} is left out: {problem}.")
            else:
                found.append(goods)
    except csv.Error as error:
        raise DevError(f"{name}, line {rows.line_num}: {error}.") from error
    if not found:
        raise DevError(
            f"There are no products in {name}.",
            f"It needs a first line with {', '.join(COLUMNS)} and a line for each.",
        )
    return _with_own_codes(found), notes


def _columns(cells, name):
    """Dict column -> index, in whatever order the file has them."""
    places = {cell.lower(): index for index, cell in enumerate(cells)}
    absent = [column for column in COLUMNS if column not in places]
    if absent:
        raise DevError(
            f"{name} lacks the column {', '.join(absent)}.",
            f"Its first line has to name: {', '.join(COLUMNS)}",
        )
    return {column: places[column] for column in COLUMNS}


def _goods(values, where):
    return Goods(
        name=values["name"] or values["inventory_code"] or values["seller_code"],
        price=_number(values["price"], "price", where),
        stock=_number(values["stock"], "stock", where),
        seller_code=values["seller_code"],
        inventory_code=values["inventory_code"],
    )


def _number(text, column, where):
    """A whole number out of "12,900", "12900.00" or "12 900원"; empty is 0."""
    bare = re.sub(r"[\s,₩원]", "", text)
    match = re.fullmatch(r"(-?\d+)(\.0*)?", bare or "0")
    if not match:
        raise DevError(f"{where}: the {column} {text!r} is no whole number.")
    return int(match[1])


def _problem(goods, found):
    if not goods.seller_code and not goods.inventory_code:
        return "it has no code to find it by"
    if goods.price < 0:
        return "its price is negative"
    for other in found:
        if (goods.seller_code, goods.inventory_code) == (
            other.seller_code,
            other.inventory_code,
        ):
            return "the same codes are in a line before"
        if goods.inventory_code and goods.inventory_code == other.inventory_code:
            return f"inventory code {goods.inventory_code} is in a line before"
    return None


def _with_own_codes(found):
    """Leave a seller code only where it means one product.

    The options of an item share its seller code; they are found by their inventory
    codes, and in Odoo a code belongs to one product.
    """
    shared = Counter(goods.seller_code for goods in found)
    return [
        replace(goods, seller_code="")
        if goods.inventory_code and shared[goods.seller_code] > 1
        else goods
        for goods in found
    ]


def pieces_by_code():
    """Code at the marketplace -> what leaves for it: code of a product -> pieces."""
    found = {bundle.seller_code: bundle.pieces for bundle in BUNDLES}
    for goods in CATALOGUE:
        code = goods.inventory_code or goods.seller_code
        found[code] = {code: 1}
    return found


def demo_goods():
    """The catalogue as Odoo's products: a seller code is on one product at most."""
    return _with_own_codes(CATALOGUE)
