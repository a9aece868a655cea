"""The ESM Trading API (Gmarket, Auction) as a plain Python library.

It knows nothing of Odoo. Above it there are aware UTC points in time, Decimal won and
named states; Korean time, codes and texts of ESM stay in here.
"""

from .addresses import AddressRefused, check_url, guarded_session
from .auth import Credentials, token
from .claims import ANSWER_TIME, Cancel, CancelDate, CancelStatus
from .client import EsmClient
from .codes import (
    HIGHEST_PRICE,
    INVENTORY_CODE_BYTES,
    LARGEST_STOCK,
    LOWEST_PRICE,
    PRICE_STEP,
    SELLER_CODE_BYTES,
)
from .couriers import (
    COURIERS,
    DIRECT_COURIERS,
    MOST_USED_COURIERS,
    STAR_COURIERS,
    UNTRACKED_COURIERS,
    courier_site,
)
from .deadline import (
    DETAIL_WIDTH,
    LONGEST_DELAY_DAYS,
    DelayReason,
    Due,
    due,
    due_limits,
    planned_dates,
    text_width,
)
from .delivery import Courier, OrderState, StatusDate, korean_day
from .diagnosis import ApiCheck, Diagnosis, DiagnosisOutcome
from .endpoints import PRODUCTION_URL
from .errors import (
    AlreadyDone,
    BadAnswer,
    CredentialError,
    EsmError,
    HostUnreachable,
    NoPermission,
    RateLimited,
    Refusal,
    RuleError,
    TimedOut,
    TransientError,
    UnknownOutcome,
    UnreadableRow,
)
from .goods import GoodsApi, GoodsPage, Item, ItemSite, SellState, check_price
from .links import item_url
from .money import BasketMoney, MoneyProblem, ShippingReading, basket_money
from .options import Option, OptionChange, OptionSet, option_text_key
from .order import (
    DateType,
    MatchCode,
    Order,
    OrderOption,
    OrderStatus,
    ShippingCondition,
)
from .order_file import (
    ORDER_FILE_TITLES,
    is_under_claim,
    read_fee_kind,
    read_file_date,
)
from .order_payload import order_payload, with_paid_amounts
from .orders import Acknowledgement, OrderPage
from .pacing import LocalPacer, NoPacer, Pacer
from .privacy import NAME_KEYS, PERSON_KEYS, PHONE_KEYS, without_person
from .readers import KST_ZONE, kst, kst_midnight
from .redaction import redact
from .sites import Site
from .product_list import product_list_titles, read_site
from .stock import (
    HeldReason,
    SetOptions,
    SetSellStatus,
    SetStock,
    SiteStatus,
    StockPlan,
    plan_stock,
)

__all__ = [
    "ANSWER_TIME",
    "COURIERS",
    "DETAIL_WIDTH",
    "DIRECT_COURIERS",
    "HIGHEST_PRICE",
    "INVENTORY_CODE_BYTES",
    "KST_ZONE",
    "LARGEST_STOCK",
    "LONGEST_DELAY_DAYS",
    "LOWEST_PRICE",
    "MOST_USED_COURIERS",
    "NAME_KEYS",
    "ORDER_FILE_TITLES",
    "PERSON_KEYS",
    "PHONE_KEYS",
    "PRICE_STEP",
    "PRODUCTION_URL",
    "SELLER_CODE_BYTES",
    "STAR_COURIERS",
    "UNTRACKED_COURIERS",
    "Acknowledgement",
    "AddressRefused",
    "AlreadyDone",
    "ApiCheck",
    "BadAnswer",
    "BasketMoney",
    "Cancel",
    "CancelDate",
    "CancelStatus",
    "Courier",
    "CredentialError",
    "Credentials",
    "DateType",
    "DelayReason",
    "Diagnosis",
    "DiagnosisOutcome",
    "Due",
    "EsmClient",
    "EsmError",
    "GoodsApi",
    "GoodsPage",
    "HeldReason",
    "HostUnreachable",
    "Item",
    "ItemSite",
    "LocalPacer",
    "MatchCode",
    "MoneyProblem",
    "NoPacer",
    "NoPermission",
    "Option",
    "OptionChange",
    "OptionSet",
    "Order",
    "OrderOption",
    "OrderPage",
    "OrderState",
    "OrderStatus",
    "Pacer",
    "RateLimited",
    "Refusal",
    "RuleError",
    "SellState",
    "SetOptions",
    "SetSellStatus",
    "SetStock",
    "ShippingCondition",
    "ShippingReading",
    "Site",
    "SiteStatus",
    "StatusDate",
    "StockPlan",
    "TimedOut",
    "TransientError",
    "UnknownOutcome",
    "UnreadableRow",
    "basket_money",
    "check_price",
    "check_url",
    "courier_site",
    "due",
    "due_limits",
    "guarded_session",
    "is_under_claim",
    "item_url",
    "korean_day",
    "kst",
    "kst_midnight",
    "option_text_key",
    "order_payload",
    "plan_stock",
    "planned_dates",
    "product_list_titles",
    "read_fee_kind",
    "read_file_date",
    "read_site",
    "redact",
    "text_width",
    "token",
    "with_paid_amounts",
    "without_person",
]
