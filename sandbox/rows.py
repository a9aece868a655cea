"""Payload rows with each site's spelling, nulls and number forms (66, 67, 50, 72)."""

from __future__ import annotations

from datetime import datetime, timedelta

from . import money
from .couriers import COURIERS
from .model import GMARKET, Claim, ClaimKind, Order, State
from .people import Person
from .strict import Strict

#: In ``Item.raw``: take the key out of the row instead of setting it.
MISSING = "__missing__"


def won(amount: int) -> str:
    return f"{amount}.0000"


def stamp(moment: datetime | None) -> str | None:
    """``YYYY-MM-DDThh:mm:ss`` with up to three fraction digits, no trailing zeros."""
    if moment is None:
        return None
    if not moment.microsecond:
        return moment.isoformat()
    return moment.isoformat(timespec="milliseconds").rstrip("0").rstrip(".")


_DUE_DAYS = {"A": 1, "B": 2, "C": 7, "D": 3, "E": 7, "F": 10}


def due_date(order: Order, now: datetime, strict: Strict) -> datetime | None:
    """TransDueDate: not there for the first one or two minutes, nor for gifts that
    wait for their receiver."""
    base = order.gift_at if order.gift else order.paid_at
    if base is None or order.gift_waiting:
        return None
    least, most = strict.due_seconds
    delay = least + (most - least) * order.due_delay
    if now < base + timedelta(seconds=delay):
        return None
    days = _DUE_DAYS.get(order.trans_type, 2) + (order.site != GMARKET)
    day = base + timedelta(days=days)
    return day.replace(hour=23, minute=59, second=59, microsecond=0)


def mobile(person: Person, order: Order, now: datetime, strict: Strict) -> str | None:
    """A virtual number (안심번호) is assigned about five minutes after the payment."""
    if person.virtual:
        base = order.gift_at or order.paid_at
        if base is None or now < base + timedelta(seconds=strict.phone_seconds):
            return None
    return person.mobile


def _joined(person: Person) -> str | None:
    parts = [part for part in (person.front, person.back) if part]
    return " ".join(parts) if parts else person.front


def _people(order: Order, now: datetime, strict: Strict) -> dict:
    buyer, receiver = order.buyer, order.receiver
    if (
        order.old_receiver is not None
        and strict.address_change_visible == "after_confirm"
        and order.state in (State.DEPOSIT_WAITING, State.NEW)
    ):
        receiver = order.old_receiver
    row = {
        "BuyerName": buyer.name,
        "BuyerId": buyer.user_id,
        "BuyerMobileTel": mobile(buyer, order, now, strict),
        "BuyerTel": buyer.phone,
        "ReceiverName": receiver.name,
    }
    if order.gift_waiting:
        blank = ("HpNo", "TelNo", "ZipCode", "DelFrontAddress", "DelBackAddress")
        row.update(dict.fromkeys((*blank, "DelFullAddress", "DelMemo")))
        return row
    row.update(
        HpNo=mobile(receiver, order, now, strict),
        TelNo=receiver.phone,
        ZipCode=receiver.zip_code,
        DelFrontAddress=receiver.front,
        DelBackAddress=receiver.back,
        DelFullAddress=_joined(receiver),
        DelMemo=order.memo,
    )
    return row


def _lists(order: Order) -> dict:
    item = order.item
    return {
        "ItemOptionSelectList": [
            {
                "ItemOptionValue": option.text,
                "ItemOptionOrderCnt": item.quantity,
                "ItemOptionCode": option.code,
            }
            for option in item.options
        ],
        "ItemOptionAdditionList": [
            {
                "ItemOptionValue": addition.text,
                "ItemOptionOrderCnt": addition.quantity,
                "ItemOptionCode": addition.code,
            }
            for addition in item.additions
        ],
        "FreeGift": item.free_gift,
        "FreeGiftCode": item.free_gift_code,
        "Bonus": item.bonus,
        "BonusCode": item.bonus_code,
    }


def _head(order: Order, gmarket: bool) -> dict:
    row = {
        "OrderStatus": order.state.code,
        "BranchCode": 0 if gmarket else None,
        "PayNo": order.pay_no,
        "GroupNo": order.group_no,
        "OrderNo": order.order_no,
        "OrderDate": stamp(order.ordered_at),
    }
    if gmarket:
        return row
    keys = ("PayNo", "GroupNo", "OrderNo", "OrderStatus", "BranchCode", "OrderDate")
    return {key: row[key] for key in keys}


def _money(order: Order, strict: Strict) -> dict:
    item = order.item
    gmarket = order.site == GMARKET
    fee, jeju, remote = money.row_shipping(order, strict)
    bare = not gmarket and not item.options
    settlement = won(money.settlement(order))
    row = {
        "SalePrice": won(item.price),
        "ContrAmount": item.quantity,
        "OrderAmount": won(money.order_amount(order)),
        "AcntMoney": won(money.row_paid(order, strict)),
        "SellerDiscountPrice1": won(item.seller_discount),
        "SellerDiscountPrice2": won(0),
        "SellerDiscountPrice": won(item.seller_discount),
        "DirectDiscountPrice": won(item.site_discount),
        "CostPrice": settlement,
        "ShippingFee": won(fee),
        "DeliveryFeeCondition": order.basket.condition,
        "BackwoodsAddDeliveryFee": won(remote),
        "JejuAddDeliveryFee": won(jeju),
        "SettlementPrice": settlement,
        "OutsidePrice": won(0 if gmarket else item.seller_discount),
        "ServiceFee": won(money.service_fee(order)),
        "SellerCashbackMoney": won(item.seller_cash),
        "SinglePayDcAmnt": None if gmarket else won(0),
        "MultiBuyDcAmnt": None if gmarket else won(0),
        "GreatMembDcAmnt": None if gmarket else won(0),
        "OptSelPrice": None if bare else won(money.option_amount(item)),
        "OptAddPrice": (
            None if bare and not item.additions else won(money.addition_amount(item))
        ),
    }
    if not gmarket:
        row["BasicServiceFee"] = row["ServiceFee"]
    return row


def _site_tail(order: Order, gmarket: bool) -> dict:
    taken = COURIERS.get(order.courier_code) if order.courier_code else None
    slot = (
        ("AllocationStartDate", "AllocationEndDate") if gmarket else ("AllocationDate",)
    )
    row: dict = dict.fromkeys(slot)
    row.update(
        DeliverySlotId=0 if gmarket else None,
        BranchPrice=won(0) if gmarket else None,
        ReplaceYn=None,
        TakbaeName=taken,
        NoSongjang=order.invoice_no,
        OverseaTransYn="Y" if order.overseas else "N",
        InfoCin=order.customs_code or (None if gmarket else ""),
        GlobalSellerYn="Y" if order.overseas else "N",
        OutOrderNo=("102" if order.overseas else "101") if gmarket else None,
        SKUNo=None,
    )
    if order.distribution == "TL":
        row["SKUNo"] = f"SKU{order.item.site_goods_no}/{order.item.quantity}"
    if gmarket:
        row["InventoryNo"] = ""
        row["SellerFundingDiscountPrice"] = won(0)
        row.update(IsInstallOrder="N", InstallDate=None, InstallModelCode=None)
    return row


def order_row(order: Order, now: datetime, strict: Strict) -> dict:
    """A row of RequestOrders (67)."""
    gmarket = order.site == GMARKET
    item = order.item
    row = _head(order, gmarket)
    row.update(
        PayDate=stamp(order.paid_at),
        OrderConfirmDate=stamp(order.confirmed_at),
        TransDate=stamp(order.shipped_at),
        TransDueDate=stamp(due_date(order, now, strict)),
        TransCompleteDate=stamp(order.delivered_at),
        BuyDecisionDate=stamp(order.decided_at),
        TransType=order.trans_type,
        DistrType=order.distribution,
        GoodsNo=None if gmarket else "",
        SiteGoodsNo=item.site_goods_no,
        OutGoodsNo=item.seller_code,
        GoodsName=item.name,
    )
    row.update(_money(order, strict))
    row.update(_people(order, now, strict))
    row.update(_site_tail(order, gmarket))
    row.update(_lists(order))
    gift_status = 0 if not order.gift else 2 if order.gift_accepted else 1
    row.update(
        IsGiftOrder="Y" if order.gift else "N",
        GiftOrderStatus=gift_status,
        GiftConfirmDate=stamp(order.gift_at),
        GiftConfirmDueDate=stamp(order.gift_due),
    )
    for key, value in item.raw.items():
        if value == MISSING:
            row.pop(key, None)
        else:
            row[key] = value
    return row


_DEPOSIT_KEYS = (
    "PayNo", "BranchCode", "GroupNo", "OrderNo", "OrderDate", "GoodsNo", "SiteGoodsNo",
    "OutGoodsNo", "GoodsName", "SalePrice", "ContrAmount", "OrderAmount", "AcntMoney",
    "SellerDiscountPrice1", "SellerDiscountPrice2", "SellerDiscountPrice",
    "DirectDiscountPrice", "ShippingFee", "OptSelPrice", "OptAddPrice", "BuyerName",
    "BuyerId", "BuyerMobileTel", "BuyerTel", "ReceiverName", "HpNo", "TelNo", "ZipCode",
    "DelFrontAddress", "DelBackAddress", "DelFullAddress", "DelMemo",
    "ItemOptionSelectList", "ItemOptionAdditionList",
)  # fmt: skip


def deposit_row(order: Order, now: datetime, strict: Strict) -> dict:
    """A row of PreRequestOrders (66). Gmarket has no telephone numbers and no group
    before the payment; DelFullAddress holds the front part only."""
    full = order_row(order, now, strict)
    row = {key: full[key] for key in _DEPOSIT_KEYS if key in full}
    if order.site == GMARKET:
        row.pop("GroupNo", None)
        row.update(BuyerMobileTel=None, BuyerTel=None, HpNo=None, TelNo=None)
    row["DelFullAddress"] = row.get("DelFrontAddress")
    row["DepositDueDate"] = stamp(order.deposit_due)
    return row


def status_row(order: Order) -> dict:
    """A row of GetDeliveryStatus (72): order state, or the claim that covers it."""
    claim = order.current_claim
    status, claim_status = order.state.code, 0
    if claim is not None and not _is_resent(claim):
        status, claim_status = int(claim.kind), claim.status
    return {
        "OrderNo": order.order_no,
        "Status": status,
        "ClaimStatus": claim_status,
        "StatusChangeDate": stamp(order.changed_at),
        "IsGiftOrder": "Y" if order.gift else "N",
    }


def _is_resent(claim: Claim) -> bool:
    """A resent exchange is shown as in delivery again until it is completed."""
    return claim.kind is ClaimKind.EXCHANGE and claim.status == 3


def response_site_type(site: str, strict: Strict) -> int:
    """SiteType in answers: the samples say 3 for Gmarket, the field text 2."""
    return strict.gmarket_site_type if site == GMARKET else 1


def cancel_row(order: Order, claim: Claim, strict: Strict) -> dict:
    """A row of Cancels (50): no goods name, price or quantity; GoodsNo is 0."""
    row = {
        "CancelStatus": claim.status,
        "AddShippingFee": 0.0,
        "SiteType": response_site_type(order.site, strict),
        "SellerId": order.seller_id,
        "PayNo": order.pay_no,
        "GroupNo": order.group_no,
        "OrderNo": order.order_no,
        "GoodsNo": 0,
        "SiteGoodsNo": order.item.site_goods_no,
    }
    if claim.kind is ClaimKind.REFUND:
        row["CancelStatus"] = 6
    if order.site == GMARKET:
        row["IsGiftOrder"] = "Y" if order.gift else "N"
    row.update(
        RequestUser=claim.requested_by,
        ApproveUser=claim.approved_by,
        Reason=claim.reason,
        ReasonCode=claim.reason_code,
        ReasonDetail=claim.detail,
        OrderDate=stamp(order.ordered_at),
        PayDate=stamp(order.paid_at),
        RequestDate=stamp(claim.requested_at),
        WithdrawDate=stamp(claim.withdrawn_at),
        ApproveDate=stamp(claim.approved_at),
        CompleteDate=stamp(claim.completed_at),
    )
    return row
