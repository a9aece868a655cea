"""One order as ESM sends it.

Source: etapi.gmarket.com/67 (RequestOrders); fact sheet 3.2.
"""

import enum
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from .codes import HIGHEST_PRICE, LARGEST_STOCK
from .errors import UnreadableRow
from .readers import Fields, integer, line, storable
from .sites import Site

#: Texts of chosen options may hold what a buyer typed.
_LONGEST_OPTION = 600
#: Nobody chooses as many options of one item.
_MOST_OPTIONS = 50
#: What the parcel holds stands in these.
_GOODS_LISTS = ("ItemOptionSelectList", "ItemOptionAdditionList")
#: Origin of Gmarket's global site (``OutOrderNo``, page 67).
_GLOBAL_ORIGIN = "102"


class OrderStatus(enum.IntEnum):
    """Order states; the numbers of page 72, of which page 67 uses 1 to 5."""

    DEPOSIT_WAITING = 0
    NEW = 1
    PREPARING = 2
    IN_DELIVERY = 3
    DELIVERED = 4
    DECIDED = 5
    CANCEL = 6
    RETURN = 7
    EXCHANGE = 8
    NOT_RECEIVED = 9
    REFUND_AFTER_REMITTANCE = 10

    @classmethod
    def read(cls, value: Any) -> "OrderStatus | None":
        """Return the state, None for a number nobody has documented."""
        code = integer(value)
        return cls(code) if code is not None and 0 <= code <= 10 else None


class DateType(enum.IntEnum):
    """Which date a search goes by (page 67). 4 and 5 are Gmarket's."""

    ORDER = 1
    PAYMENT = 2
    DISPATCH_DEADLINE = 3
    GIFT_ACCEPTANCE = 4
    PAYMENT_OR_ACCEPTANCE = 5


class ShippingCondition(enum.Enum):
    """Who pays for shipping, and when (``DeliveryFeeCondition``, page 67)."""

    CONDITIONAL = "M"
    PREPAID = "R"
    FIXED = "F"
    ON_DELIVERY = "D"
    FREE = "X"
    PICK_UP = "W"
    QUICK = "Q"

    @classmethod
    def read(cls, value: Any) -> "ShippingCondition | None":
        letter = (line(value) or "").upper()
        return cls(letter) if letter in {item.value for item in cls} else None


@dataclass(frozen=True)
class OrderOption:
    """A chosen option, or an addition item (추가구성).

    :param text: for people; never to be split or matched by (3.2.3)
    :param quantity: pieces, which may differ from the order's quantity
    :param code: the seller's option code (manageCode), the inventory code (3.2.2)
    """

    text: str | None
    quantity: int | None
    code: str | None


class MatchCode(NamedTuple):
    """Which code finds the product: "inventory" or "seller", and the code."""

    kind: str
    code: str | None


@dataclass(frozen=True)
class Order:
    """One row of RequestOrders: one item or option line (page 67, fact sheet 3.2).

    Amounts are in won, points in time in UTC, numbers are digits as text. Every
    field but ``order_no`` may be None: ESM leaves out keys, and fills in the phone
    numbers and the dispatch deadline minutes after the order.

    :param paid_amount: ``AcntMoney``; contains the cart's shipping on one order
        (Gmarket) or on every order (Auction), see :mod:`.money`
    :param option_amount: ``OptSelPrice``, surcharge times quantity
    :param addition_amount: ``OptAddPrice``, price times quantity
    :param seller_discount: total, or the two parts where the total is missing
    :param site_discount: borne by the site, which pays it out to the seller
    :param overseas_bundle_no: what an overseas parcel must show; ESM sends it as
        delivery memo
    :param same_day_dispatch: it has to leave on the day of the order (당일발송)
    :param same_day_delivery: a branch brings it in a slot that the buyer chose
        (당일배송)
    :param arrival_from: begin of that slot
    :param arrival_until: end of that slot, or the arrival promised for star delivery
    :param oddities: which keys could not be read; without values
    :param payload: the row as it came, but for what PostgreSQL cannot store
    """

    order_no: str
    pay_no: str | None = None
    group_no: str | None = None
    site: Site | None = None
    status: OrderStatus | None = None
    seller_id: str | None = None
    ordered_at: datetime | None = None
    paid_at: datetime | None = None
    confirmed_at: datetime | None = None
    shipped_at: datetime | None = None
    due_at: datetime | None = None
    delivered_at: datetime | None = None
    decided_at: datetime | None = None
    gift_due_at: datetime | None = None
    site_goods_no: str | None = None
    seller_code: str | None = None
    goods_name: str | None = None
    unit_price: Decimal | None = None
    quantity: int | None = None
    order_amount: Decimal | None = None
    paid_amount: Decimal | None = None
    seller_discount: Decimal | None = None
    seller_cash: Decimal | None = None
    site_discount: Decimal | None = None
    shipping_fee: Decimal | None = None
    shipping_condition: ShippingCondition | None = None
    remote_surcharge: Decimal | None = None
    jeju_surcharge: Decimal | None = None
    option_amount: Decimal | None = None
    addition_amount: Decimal | None = None
    settlement_amount: Decimal | None = None
    service_fee: Decimal | None = None
    buyer_name: str | None = None
    buyer_id: str | None = None
    buyer_mobile: str | None = None
    buyer_phone: str | None = None
    receiver_name: str | None = None
    receiver_mobile: str | None = None
    receiver_phone: str | None = None
    zip_code: str | None = None
    address_front: str | None = None
    address_back: str | None = None
    memo: str | None = None
    courier_name: str | None = None
    invoice_no: str | None = None
    overseas: bool = False
    overseas_bundle_no: str | None = None
    customs_code: str | None = None
    transport_type: str | None = None
    same_day_dispatch: bool = False
    same_day_delivery: bool = False
    arrival_from: datetime | None = None
    arrival_until: datetime | None = None
    distribution: str | None = None
    is_fulfilment: bool = False
    is_star_delivery: bool = False
    options: tuple[OrderOption, ...] = ()
    additions: tuple[OrderOption, ...] = ()
    free_gift: str | None = None
    free_gift_code: str | None = None
    bonus: str | None = None
    bonus_code: str | None = None
    is_gift: bool = False
    gift_waiting: bool = False
    oddities: tuple[str, ...] = ()
    payload: dict[str, Any] | None = None

    @classmethod
    def from_payload(
        cls, payload: Any, site: Site | None = None, seller_id: str | None = None
    ) -> "Order":
        """Read a row, however odd.

        :param site: the shop's site; rows do not carry one
        :param seller_id: ``SellerId`` of the answer around the row
        :raise UnreadableRow: if it is no JSON object or has no order number
        """
        if not isinstance(payload, dict):
            raise UnreadableRow("The row is no JSON object.")
        fields = Fields(payload)
        order_no = fields.number("OrderNo")
        if order_no is None:
            raise UnreadableRow("The row has no readable order number.")
        values: dict[str, Any] = {}
        for reader, keys in _PLAIN_FIELDS.items():
            for name, key in keys.items():
                values[name] = getattr(fields, reader)(key)
        values |= _address(fields) | _overseas(fields) | _fulfilment(fields)
        values |= _arrival(fields)
        options, additions = (_options(fields, key) for key in _GOODS_LISTS)
        return cls(
            order_no=order_no,
            site=site or Site.from_code(fields.raw("SiteType")),
            status=OrderStatus.read(fields.raw("OrderStatus")),
            seller_id=seller_id or fields.line("SellerId"),
            seller_discount=_seller_discount(fields),
            shipping_condition=ShippingCondition.read(
                fields.raw("DeliveryFeeCondition")
            ),
            options=options,
            additions=additions,
            is_gift=fields.flag("IsGiftOrder"),
            # 1 waiting for acceptance, 2 accepted (page 67).
            gift_waiting=integer(fields.raw("GiftOrderStatus")) == 1,
            oddities=tuple(fields.oddities),
            payload=storable(payload),
            **values,
        )

    @property
    def contact_pending(self) -> bool:
        """No phone number at all: assigned within minutes, or never typed (3.2.1)."""
        return not any(
            (
                self.receiver_mobile,
                self.receiver_phone,
                self.buyer_mobile,
                self.buyer_phone,
            )
        )

    def keeping_late_parts(self, before: "Order") -> "Order":
        """This reading, with what comes late and an older one had already.

        Telephone numbers and the deadline come in minutes after the order (3.2.1).
        Readings may overtake each other, and virtual numbers (안심번호) end some day:
        what was told once is not unsaid. Numbers belong to their address.

        :param before: an older reading of the same order
        :return: this one, or a copy with the missing parts
        """
        names = _LATE_PARTS
        if self.address_key != before.address_key:
            names = names - _RECEIVER_PHONES
        old = Fields(before.payload)
        found = {
            key: old.raw(key)
            for plain in _PLAIN_FIELDS.values()
            for name, key in plain.items()
            if name in names and not getattr(self, name) and getattr(before, name)
        }
        if not found:
            return self
        empty = {key.lower() for key in found}
        rest = {k: v for k, v in self.payload.items() if k.lower() not in empty}
        return self.from_payload({**rest, **found}, self.site, self.seller_id)

    @property
    def has_destination(self) -> bool:
        """Somebody somewhere, to write on a parcel."""
        return bool(self.address_front and (self.receiver_name or self.buyer_name))

    @property
    def impossible(self) -> bool:
        """Figures or goods that nobody can have ordered: a misread or broken row.

        A count that is missing is none of them where it does not matter: the one option
        of an order has the order's.
        """
        counts = [addition.quantity for addition in self.additions]
        counts += [option.quantity or 1 for option in self.options]
        if self.quantity is not None:
            counts.append(self.quantity)
        goods = (self.unit_price or 0) * (self.quantity or 0)
        amounts = (
            self.unit_price,
            goods + (self.option_amount or 0),
            self.addition_amount,
            self.seller_discount,
            self.seller_cash,
            self.site_discount,
            self.shipping_fee,
            self.remote_surcharge,
            self.jeju_surcharge,
        )
        return (
            not all(0 < (count or 0) <= LARGEST_STOCK for count in counts)
            or not all(0 <= (amount or 0) <= HIGHEST_PRICE for amount in amounts)
            or any(oddity.startswith(_GOODS_LISTS) for oddity in self.oddities)
        )

    @property
    def item_code(self) -> str | None:
        """Seller management code of the item (판매자관리코드)."""
        return self.seller_code

    @property
    def option_codes(self) -> tuple[str, ...]:
        """Inventory codes of the chosen options, each once."""
        codes = (option.code for option in self.options if option.code)
        return tuple(dict.fromkeys(codes))

    @property
    def match_code(self) -> MatchCode:
        """The code that finds the product.

        An order with options is found by its one inventory code; where it has none
        or several, the code is None and a person decides.
        """
        if not self.options:
            return MatchCode("seller", self.seller_code)
        codes = {option.code for option in self.options}
        return MatchCode("inventory", codes.pop() if len(codes) == 1 else None)

    @property
    def address_key(self) -> tuple[str, ...]:
        """Equal for rows with the same destination; blanks and forms folded."""
        parts = (
            self.receiver_name,
            "".join(filter(str.isdigit, self.zip_code or "")),
            self.address_front,
            self.address_back,
        )
        return tuple(
            "".join(unicodedata.normalize("NFKC", part or "").split()).casefold()
            for part in parts
        )


#: Reader of :class:`Fields` -> field of :class:`Order` -> key of page 67.
_PLAIN_FIELDS = {
    "number": {
        "pay_no": "PayNo",
        "group_no": "GroupNo",
    },
    "when": {
        "ordered_at": "OrderDate",
        "paid_at": "PayDate",
        "confirmed_at": "OrderConfirmDate",
        "shipped_at": "TransDate",
        "due_at": "TransDueDate",
        "delivered_at": "TransCompleteDate",
        "decided_at": "BuyDecisionDate",
        "gift_due_at": "GiftConfirmDueDate",
    },
    "integer": {
        "quantity": "ContrAmount",
    },
    "money": {
        "unit_price": "SalePrice",
        "order_amount": "OrderAmount",
        "paid_amount": "AcntMoney",
        "seller_cash": "SellerCashbackMoney",
        "site_discount": "DirectDiscountPrice",
        "shipping_fee": "ShippingFee",
        "remote_surcharge": "BackwoodsAddDeliveryFee",
        "jeju_surcharge": "JejuAddDeliveryFee",
        "option_amount": "OptSelPrice",
        "addition_amount": "OptAddPrice",
        "settlement_amount": "SettlementPrice",
        "service_fee": "ServiceFee",
    },
    "code": {
        "site_goods_no": "SiteGoodsNo",
        "seller_code": "OutGoodsNo",
    },
    "line": {
        "goods_name": "GoodsName",
        "buyer_name": "BuyerName",
        "buyer_id": "BuyerId",
        "buyer_mobile": "BuyerMobileTel",
        "buyer_phone": "BuyerTel",
        "receiver_name": "ReceiverName",
        "receiver_mobile": "HpNo",
        "receiver_phone": "TelNo",
        "zip_code": "ZipCode",
        "courier_name": "TakbaeName",
        "invoice_no": "NoSongjang",
        "customs_code": "InfoCin",
        "transport_type": "TransType",
        "distribution": "DistrType",
        "free_gift": "FreeGift",
        "free_gift_code": "FreeGiftCode",
        "bonus": "Bonus",
        "bonus_code": "BonusCode",
    },
    "text": {
        "memo": "DelMemo",
    },
}

_RECEIVER_PHONES = {"receiver_mobile", "receiver_phone"}
_LATE_PARTS = {"buyer_mobile", "buyer_phone", "due_at", *_RECEIVER_PHONES}


def _seller_discount(fields: Fields) -> Decimal | None:
    """The total, or the sum of its parts where the total is missing or 0."""
    total = fields.money("SellerDiscountPrice")
    parts = [
        part
        for part in (
            fields.money("SellerDiscountPrice1"),
            fields.money("SellerDiscountPrice2"),
        )
        if part is not None
    ]
    return total or (sum(parts, Decimal()) if parts else total)


def _address(fields: Fields) -> dict[str, Any]:
    """Front and back; the full text only without front (page 67).

    The full text of some rows holds the front part alone.
    """
    front, back = fields.line("DelFrontAddress"), fields.line("DelBackAddress")
    if not front and (full := fields.line("DelFullAddress")):
        front, back = full, None
    return {"address_front": front, "address_back": back}


def _overseas(fields: Fields) -> dict[str, Any]:
    overseas = (
        fields.flag("OverseaTransYn") or fields.line("OutOrderNo") == _GLOBAL_ORIGIN
    )
    bundle_no = fields.line("DelMemo") if overseas else None
    return {"overseas": overseas, "overseas_bundle_no": bundle_no}


def _fulfilment(fields: Fields) -> dict[str, Any]:
    """Who ships: ESM's centre (TL) or the seller, with or without star (SL).

    ``DistrType`` is in the field table only, so where it is missing the dispatch
    policy tells: G to Z are fulfilment.
    """
    kind = (fields.line("DistrType") or "").upper()
    policy = (fields.line("TransType") or "").upper()
    by_policy = not kind and len(policy) == 1 and "G" <= policy <= "Z"
    return {
        "is_fulfilment": kind in ("TL", "3PL") or by_policy,
        "is_star_delivery": kind == "SL",
    }


def _arrival(fields: Fields) -> dict[str, Any]:
    """Same-day orders: by dispatch policy A, or by a branch and its delivery slot.

    Gmarket gives begin and end of the slot, Auction one point in time (page 67); star
    delivery the promised arrival.
    """
    begin = fields.when("AllocationStartDate") or fields.when("AllocationDate")
    end = fields.when("AllocationEndDate") or fields.when("ArrivalScheduledDate")
    keys = ("BranchCode", "DeliverySlotId")
    return {
        "same_day_dispatch": (fields.line("TransType") or "").upper() == "A",
        "same_day_delivery": bool(begin or any(fields.number(key) for key in keys)),
        "arrival_from": begin,
        "arrival_until": end or begin,
    }


def _options(fields: Fields, key: str) -> tuple[OrderOption, ...]:
    options = []
    rows = fields.rows(key)
    if len(rows) > _MOST_OPTIONS:
        fields.oddities.append(f"{key} has too many rows")
    for row in rows[:_MOST_OPTIONS]:
        if not isinstance(row, dict):
            fields.oddities.append(f"{key} has a row that is no JSON object")
            continue
        entry = Fields(row)
        option = OrderOption(
            text=entry.line("ItemOptionValue", _LONGEST_OPTION),
            quantity=entry.integer("ItemOptionOrderCnt"),
            code=entry.code("ItemOptionCode"),
        )
        fields.oddities += [f"{key}: {oddity}" for oddity in entry.oddities]
        if option.text or option.code:
            options.append(option)
    return tuple(options)
