"""What of an order is about people, and what is left of it without them.

Keys of etapi.gmarket.com/67 (RequestOrders); fact sheet 3.2. ESM itself masks the
buyer's ID only.
"""

from typing import Any

#: Names, for a search.
NAME_KEYS = ("BuyerName", "ReceiverName")
#: Telephone numbers, for a search.
PHONE_KEYS = ("BuyerMobileTel", "BuyerTel", "HpNo", "TelNo")
#: What tells who bought or gets something, and where that person lives.
PERSON_KEYS = (
    *NAME_KEYS,
    *PHONE_KEYS,
    *("BuyerId", "BuyerID", "ZipCode", "InfoCin"),
    *("DelFrontAddress", "DelBackAddress", "DelFullAddress", "DelMemo"),
)
# What sums, goods and the way of an order are read from. A key that is not here goes
# with the people: ESM adds keys without a word, and nobody knows what is in them.
_FIGURE_KEYS = frozenset(
    (
        *("OrderNo", "PayNo", "GroupNo", "OrderStatus", "SellerId", "SiteType"),
        *("OrderDate", "PayDate", "OrderConfirmDate", "TransDate", "TransDueDate"),
        *("TransCompleteDate", "BuyDecisionDate", "GiftConfirmDueDate"),
        *("SiteGoodsNo", "OutGoodsNo", "GoodsNo", "GoodsName", "InventoryNo", "SKUNo"),
        *("SalePrice", "ContrAmount", "OrderAmount", "AcntMoney", "CostPrice"),
        *("SellerDiscountPrice", "SellerDiscountPrice1", "SellerDiscountPrice2"),
        *("SellerFundingDiscountPrice", "SellerCashbackMoney", "SellerCashBackMoney"),
        *("DirectDiscountPrice", "SinglePayDcAmnt", "MultiBuyDcAmnt"),
        *("GreatMembDcAmnt", "ShippingFee", "DeliveryFeeCondition", "BranchPrice"),
        *("BackwoodsAddDeliveryFee", "JejuAddDeliveryFee", "SettlementPrice"),
        *("OutsidePrice", "ServiceFee", "BasicServiceFee", "OptSelPrice"),
        *("OptAddPrice", "TransType", "DistrType", "TakbaeName", "NoSongjang"),
        *("OverseaTransYn", "OutOrderNo", "GlobalSellerYn"),
        *("FreeGift", "FreeGiftCode", "Bonus", "BonusCode"),
        *("IsGiftOrder", "GiftOrderStatus", "isGiftOrder", "giftOrderStatus"),
    )
)
_LISTS = ("ItemOptionSelectList", "ItemOptionAdditionList")
_OPTION_KEYS = ("ItemOptionValue", "ItemOptionOrderCnt", "ItemOptionCode")


def without_person(payload: dict[str, Any]) -> dict[str, Any]:
    """Return what figures and goods are read from, without all that is about people.

    ``Order.from_payload`` reads the same amounts, codes and dates from it as before.

    :param payload: a row of RequestOrders, whole or without people already
    """
    left = {
        key: value
        for key, value in payload.items()
        if key in _FIGURE_KEYS
        and value is not None
        and not isinstance(value, (dict, list))
    }
    for key in _LISTS:
        rows = payload.get(key)
        if isinstance(rows, list):
            left[key] = [
                {name: row[name] for name in _OPTION_KEYS if name in row}
                for row in rows
                if isinstance(row, dict)
            ]
    return left
