"""The ESM Trading API (Gmarket, Auction) as a plain Python library.

It knows nothing of Odoo. Above it there are aware UTC points in time, Decimal won and
named states; Korean time, codes and texts of ESM stay in here.
"""

from .auth import Credentials, token
from .claims import Cancel, CancelDate, CancelStatus
from .client import EsmClient
from .codes import INVENTORY_CODE_BYTES, SELLER_CODE_BYTES
from .couriers import (
    COURIERS,
    MOST_USED_COURIERS,
    STAR_COURIERS,
    UNTRACKED_COURIERS,
    courier_site,
)
from .delivery import Courier, OrderState, StatusDate
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
from .money import BasketMoney, MoneyProblem, ShippingReading, basket_money
from .order import (
    DateType,
    MatchCode,
    Order,
    OrderOption,
    OrderStatus,
    ShippingCondition,
)
from .orders import Acknowledgement, OrderPage
from .pacing import LocalPacer, NoPacer, Pacer
from .redaction import redact
from .sites import Site

__all__ = [
    "COURIERS",
    "INVENTORY_CODE_BYTES",
    "MOST_USED_COURIERS",
    "PRODUCTION_URL",
    "SELLER_CODE_BYTES",
    "STAR_COURIERS",
    "UNTRACKED_COURIERS",
    "Acknowledgement",
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
    "Diagnosis",
    "DiagnosisOutcome",
    "EsmClient",
    "EsmError",
    "HostUnreachable",
    "LocalPacer",
    "MatchCode",
    "MoneyProblem",
    "NoPacer",
    "NoPermission",
    "Order",
    "OrderOption",
    "OrderPage",
    "OrderState",
    "OrderStatus",
    "Pacer",
    "RateLimited",
    "Refusal",
    "RuleError",
    "ShippingCondition",
    "ShippingReading",
    "Site",
    "StatusDate",
    "TimedOut",
    "TransientError",
    "UnknownOutcome",
    "UnreadableRow",
    "basket_money",
    "courier_site",
    "redact",
    "token",
]
