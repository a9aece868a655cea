"""The calls of the ESM Trading API that this library makes (fact sheet 0.1)."""

from dataclasses import dataclass

PRODUCTION_URL = "https://sa2.esmplus.com"

#: Pacing buckets: "orders" is ESM's published limit of one call per 5 seconds and
#: seller ID (pages 66, 67), "goods" that of 30 item searches per minute (page 160);
#: "calls" is for everything else, which has no published limit.
ORDERS_BUCKET = "orders"
GOODS_BUCKET = "goods"
CALLS_BUCKET = "calls"


@dataclass(frozen=True)
class Endpoint:
    """One call.

    :param name: short name for errors, logs and the connection test
    :param path: as spelled on the page; whether ESM minds the case is unknown
    :param family: "shipping", "claims" or "items": they answer differently
    :param action: it changes something at ESM, so it is never sent twice blindly
    """

    name: str
    method: str
    path: str
    family: str
    action: bool = False
    bucket: str = CALLS_BUCKET

    @property
    def of_item(self) -> bool:
        """It is about one item, whose number is in the path."""
        return "goods_no}" in self.path


#: Page 67. By state: one call per 5 seconds.
REQUEST_ORDERS = Endpoint(
    "RequestOrders",
    "POST",
    "/shipping/v1/Order/RequestOrders",
    "shipping",
    bucket=ORDERS_BUCKET,
)
#: Page 67. The look-up by number is exempt from the 5 seconds.
ORDER_BY_NUMBER = Endpoint(
    "RequestOrders", "POST", "/shipping/v1/Order/RequestOrders", "shipping"
)
#: Page 68.
ORDER_CHECK = Endpoint(
    "OrderCheck",
    "POST",
    "/shipping/v1/Order/OrderCheck/{order_no}",
    "shipping",
    action=True,
)
#: Page 69.
SHIPPING_EXPECTED_DATE = Endpoint(
    "ShippingExpectedDate",
    "POST",
    "/shipping/v1/Order/ShippingExpectedDate",
    "shipping",
    action=True,
)
#: Page 70.
SHIPPING_INFO = Endpoint(
    "ShippingInfo",
    "POST",
    "/shipping/v1/Delivery/ShippingInfo",
    "shipping",
    action=True,
)
#: Page 71. Needs a permission of its own.
SHIPPING_COMPLETE = Endpoint(
    "AddShippingCompleteInfo",
    "POST",
    "/shipping/v1/Delivery/AddShippingCompleteInfo/{order_no}",
    "shipping",
    action=True,
)
#: Page 72.
DELIVERY_STATUS = Endpoint(
    "GetDeliveryStatus", "POST", "/shipping/v1/Delivery/GetDeliveryStatus", "shipping"
)
#: Page 142.
COURIERS = Endpoint("couriers", "GET", "/item/v1/shipping/delivery-company", "items")
#: Page 50.
CANCELS = Endpoint("Cancels", "POST", "/claim/v1/sa/Cancels", "claims")
#: Page 160.
GOODS_SEARCH = Endpoint(
    "goods/search", "POST", "/item/v1/goods/search", "items", bucket=GOODS_BUCKET
)
#: Page 30.
GOODS_NO = Endpoint(
    "site-goods", "GET", "/item/v1/site-goods/{site_goods_no}/goods-no", "items"
)
#: Page 26.
OPTIONS = Endpoint(
    "options", "GET", "/item/v1/goods/{goods_no}/recommended-options", "items"
)
SET_OPTIONS = Endpoint(
    "options",
    "PUT",
    "/item/v1/goods/{goods_no}/recommended-options",
    "items",
    action=True,
)
#: Page 21.
SELL_STATUS = Endpoint(
    "sell-status", "GET", "/item/v1/goods/{goods_no}/sell-status", "items"
)
SET_SELL_STATUS = Endpoint(
    "sell-status", "PUT", "/item/v1/goods/{goods_no}/sell-status", "items", action=True
)
#: Page 186.
SET_PRICE = Endpoint(
    "price", "PUT", "/item/v1/goods/{goods_no}/price", "items", action=True
)
#: Page 194.
SET_STOCK = Endpoint(
    "stock", "PUT", "/item/v1/goods/{goods_no}/stock", "items", action=True
)
