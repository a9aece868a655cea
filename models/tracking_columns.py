"""The columns of a courier program's file with tracking numbers.

Each program has its own layout. The titles are those of the programs of CJ, Hanjin,
Lotte, Logen and the post office, of ESM Plus, and of the file that Odoo exports for
them; they are looked for in any order.
"""

from ..excel import Column

#: Key of a column -> its titles: English, Korean, then others. All are understood.
TITLES = {
    "order": (
        "Order Number",
        "고객주문번호",
        "주문번호",
        "쇼핑몰주문번호",
        "판매처주문번호",
        "마켓주문번호",
        "고객사주문번호",
        "Customer Order Number",
        "Order No.",
    ),
    "delivery": (
        "Delivery",
        "출고번호",
        "출고지시번호",
        "출고 관리번호",
        "Delivery Order",
        "Transfer",
    ),
    "number": (
        "Tracking Number",
        "운송장번호",
        "송장번호",
        "운송장",
        "송장",
        "등기번호",
        "택배송장번호",
        "Waybill Number",
        "Invoice Number",
        "Tracking No.",
    ),
    "courier": (
        "Courier",
        "택배사",
        "택배사명",
        "택배사명(발송방법)",
        "택배회사",
        "배송업체",
        "배송사",
        "Carrier",
        "Delivery Company",
    ),
}
COLUMNS = tuple(Column(key, titles) for key, titles in TITLES.items())
#: What tells which delivery is meant. Receivers and addresses never do.
KEYS = ("order", "delivery")
NEEDED = (KEYS, ("number",))
