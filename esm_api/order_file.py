"""The workbook of orders that ESM Plus lets sellers download.

Its layout is not documented and has changed. The titles below are those that sellers
and integrators quote, of today's and of older files; they are looked for in any order.
"""

import re
from datetime import datetime

from .order import ShippingCondition
from .readers import when

#: Key of a column -> its titles: English, Korean, then others. Most keys are those of
#: `Order`.
ORDER_FILE_TITLES = {
    "order_no": ("Order Number", "주문번호"),
    "pay_no": (
        "Basket Number",
        "장바구니번호(결제번호)",
        "장바구니번호",
        "결제번호",
    ),
    "group_no": ("Bundle Number", "배송번호"),
    "seller_id": ("Seller ID", "판매아이디", "아이디", "판매자 아이디", "판매자ID"),
    "state": ("Status", "주문상태", "진행상태"),
    "paid_at": ("Paid", "결제일", "결제완료일", "결제일자", "입금확인일"),
    "ordered_at": (
        "Ordered",
        "주문일(결제확인전)",
        "주문일자(결제확인전)",
        "주문일자",
        "주문일",
    ),
    "site_goods_no": ("Goods Number", "상품번호"),
    "goods_name": ("Goods", "상품명"),
    "option": ("Option", "주문옵션", "옵션", "옵션정보"),
    "addition": ("Add-on Items", "추가구성"),
    "seller_code": ("Seller Management Code", "판매자 관리코드"),
    "inventory_code": (
        "Inventory Code",
        "판매자 상세관리코드",
        "재고관리코드",
        "옵션 관리코드",
    ),
    "quantity": ("Quantity", "수량", "주문수량"),
    "unit_price": ("Unit Price", "판매단가"),
    "amount": ("Sale Amount", "판매금액"),
    "seller_discount": ("Seller Discount", "판매자쿠폰할인", "판매자할인"),
    "fee_kind": ("Shipping", "배송비", "배송비 결제방법", "배송비 종류"),
    "shipping_fee": ("Shipping Fee", "배송비 금액"),
    "buyer_name": ("Buyer", "구매자명"),
    "buyer_id": ("Buyer ID", "구매자아이디", "구매자ID"),
    "buyer_mobile": ("Buyer Mobile", "구매자 휴대폰"),
    "buyer_phone": ("Buyer Phone", "구매자 전화번호"),
    "receiver_name": ("Receiver", "수령인명", "수취인명"),
    "receiver_mobile": ("Receiver Mobile", "수령인 휴대폰", "수취인 휴대폰"),
    "receiver_phone": ("Receiver Phone", "수령인 전화번호", "수취인 전화번호"),
    "zip_code": ("Postal Code", "우편번호"),
    "address": ("Address", "주소", "배송지 주소"),
    "memo": ("Delivery Memo", "배송시 요구사항", "배송메시지", "배송메모"),
    "free_gift": ("Free Gift", "사은품"),
    "bonus": ("Bonus", "덤"),
    "customs_code": ("Customs Code", "수령인 통관정보", "수령인 통관번호"),
    "courier_name": (
        "Courier",
        "택배사명(발송방법)",
        "택배사명",
        "택배사",
    ),
    "invoice_no": ("Tracking Number", "송장번호", "운송장번호"),
}

_FEE_KINDS = {
    "무료": ShippingCondition.FREE,
    "free": ShippingCondition.FREE,
    "착불": ShippingCondition.ON_DELIVERY,
    "ondelivery": ShippingCondition.ON_DELIVERY,
    "방문수령": ShippingCondition.PICK_UP,
    "선결제": ShippingCondition.PREPAID,
    "선불": ShippingCondition.PREPAID,
    "조건부": ShippingCondition.CONDITIONAL,
}
#: Words of states in which nothing leaves, or comes back (주문상태).
_CLAIM_WORDS = ("취소", "반품", "교환", "환불", "미수령")
_DATE = re.compile(
    r"(\d{4})[-./년 ]+(\d{1,2})[-./월 ]+(\d{1,2})[일 ]*"
    r"(?:[T ]*(\d{1,2}:\d{1,2}(?::\d{1,2})?)(?:\.\d+)?)?",
    re.ASCII,
)


def read_file_date(text: str) -> datetime | None:
    """Return a point in time of the file in UTC, None if it cannot be read.

    The file's times are Korean. A day alone is its midnight.
    """
    match = _DATE.fullmatch(" ".join(text.split()))
    if not match:
        return None
    year, month, day, clock = match.groups()
    return when(f"{year}-{month}-{day} {clock or '0:00'}")


def read_fee_kind(text: str) -> ShippingCondition | None:
    """Return what a word of the file says about shipping, None for an unknown one."""
    word = "".join(text.split()).casefold()
    for start, condition in _FEE_KINDS.items():
        if word.startswith(start):
            return condition
    return None


def is_under_claim(state: str) -> bool:
    """Tell whether the file's state of an order means a cancel, return or the like."""
    return any(word in state for word in _CLAIM_WORDS)
