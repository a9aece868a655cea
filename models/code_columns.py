"""The columns of the workbook that products get their codes by."""

from ..excel import Column

#: Key of a column -> its titles: English, Korean, then others that people use. One of
#: the first two stands in the workbook, by the user's language; all are understood.
TITLES = {
    "id": ("Product ID", "상품 ID"),
    "reference": (
        "Internal Reference",
        "내부 참조",
        "내부참조번호",
        "Reference",
        "품번",
    ),
    "barcode": ("Barcode", "바코드"),
    "name": ("Product Name", "상품명", "Name", "Product"),
    "variant": ("Variant", "옵션", "Variant Values"),
    "code": ("Existing Code", "기존 코드", "Current Code"),
    "seller_code": ("Seller Management Code", "판매자관리코드", "Seller Code"),
    "inventory_code": ("Inventory Code", "재고관리코드", "재고코드", "옵션관리코드"),
}
COLUMNS = tuple(Column(key, titles) for key, titles in TITLES.items())
#: What names a product. Names never do.
KEYS = ("id", "reference", "barcode", "code")
#: Key of a column -> the product's field that it fills.
CODE_FIELDS = {
    "seller_code": "esm_seller_code",
    "inventory_code": "esm_inventory_code",
}
NEEDED = (KEYS, tuple(CODE_FIELDS))
#: What people write to remove a code: an empty cell keeps it.
REMOVE = "-"
