"""Test Connection: what works with these credentials, and what does not.

Fact sheet 1.4, 1.5, 10. How ESM refuses a bad signature, an unregistered IP address or
a foreign seller ID is unknown, so this goes by what can be seen:

* every call refused -> key, signature or IP address, or, if a token without the seller
  ID passes, the seller ID;
* some calls refused, with the documented permission text, with words for permission,
  or while the order list passes -> these permissions;
* the courier list passes, which needs no seller, and the order list is refused with
  another text -> the seller ID;
* another ``SellerId`` comes back, or 3000 with 판매자 or 내역이 없습니다 -> the
  seller ID.
"""

import enum
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from .endpoints import CANCELS, COURIERS, DELIVERY_STATUS, REQUEST_ORDERS
from .errors import (
    CredentialError,
    EsmError,
    HostUnreachable,
    NoPermission,
    RateLimited,
    RuleError,
    TimedOut,
)
from .order import OrderStatus
from .orders import OrderPage
from .readers import kst, kst_midnight
from .refusals import normalise

if TYPE_CHECKING:
    from .client import EsmClient

_IP_TEXT = re.compile(r"\bip\b|\bip address|아이피", re.IGNORECASE)
_PERMISSION_TEXT = re.compile(r"permission|not permitted|access|권한", re.IGNORECASE)
_SELLER_TEXT = re.compile(r"\bssi\b|seller|판매자", re.IGNORECASE)


class DiagnosisOutcome(enum.Enum):
    """What Test Connection found."""

    CONNECTED = "connected"
    REFUSED = "refused"  # key, signature, or the IP address is not registered
    IP_NOT_REGISTERED = "ip_not_registered"  # only where ESM's text says so
    NO_PERMISSION = "no_permission"
    SELLER_UNKNOWN = "seller_unknown"
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"
    BUSY = "busy"  # too many calls: try again in some seconds
    FAILED = "failed"  # anything else, see the error


@dataclass(frozen=True)
class ApiCheck:
    """One probed call.

    :param name: couriers, RequestOrders, GetDeliveryStatus or Cancels
    :param message: ESM's text or ours where it is not ok, else empty
    """

    name: str
    ok: bool
    message: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """Result of :func:`diagnose`.

    :param apis: the probed calls in order; what follows an unreachable host or a
        time-out is not probed
    :param seller_id_seen: ``SellerId`` of ESM's answer
    :param new_orders: orders of today in state new, None if not read
    :param preparing_orders: orders of today to ship, None if not read
    :param courier_count: None if not read
    :param error: the error behind an outcome other than CONNECTED, if one was raised
    """

    outcome: DiagnosisOutcome
    apis: tuple[ApiCheck, ...] = ()
    seller_id_seen: str | None = None
    new_orders: int | None = None
    preparing_orders: int | None = None
    courier_count: int | None = None
    error: EsmError | None = None


def diagnose(client: "EsmClient") -> Diagnosis:
    """Probe the four APIs that the connector needs, reading only.

    It makes five or six calls and waits 5 seconds between its two order lists.

    :return: never raises an :class:`.EsmError`
    """
    return _Probes(client).run()


class _Probes:
    """The probes of one run and what they found."""

    def __init__(self, client: "EsmClient") -> None:
        self._client = client
        self._today = kst(client.now()).date()
        self._errors: dict[str, EsmError | None] = {}
        self._seen: dict[str, Any] = {}

    def run(self) -> Diagnosis:
        client = self._client
        probes: tuple[tuple[str, Callable[[], None]], ...] = (
            (COURIERS.name, self._couriers),
            (REQUEST_ORDERS.name, self._orders),
            (DELIVERY_STATUS.name, lambda: client.delivery.probe(self._today)),
            (CANCELS.name, lambda: client.claims.probe(self._today)),
        )
        for name, probe in probes:
            try:
                probe()
            except EsmError as error:
                self._errors[name] = error
                if isinstance(error, HostUnreachable | TimedOut):
                    break
            else:
                self._errors[name] = None
        outcome, error = self._judge()
        return Diagnosis(
            outcome=outcome,
            apis=tuple(
                ApiCheck(name, error is None, error.message if error else "")
                for name, error in self._errors.items()
            ),
            error=error,
            **self._seen,
        )

    def _couriers(self) -> None:
        couriers = self._client.delivery.couriers(patient=False)
        self._seen["courier_count"] = len(couriers)

    def _orders(self) -> None:
        page = self._order_page(OrderStatus.NEW)
        self._seen["new_orders"] = _count(page)
        self._seen["seller_id_seen"] = page.seller_id
        try:
            page = self._order_page(OrderStatus.PREPARING)
        except RateLimited:
            return  # another worker was faster; the first list said what matters
        self._seen["preparing_orders"] = _count(page)

    def _order_page(self, status: OrderStatus) -> OrderPage:
        start: datetime = kst_midnight(self._today)
        return self._client.orders.page(status, start, start + timedelta(days=1))

    def _judge(self) -> tuple[DiagnosisOutcome, EsmError | None]:
        errors = [error for error in self._errors.values() if error]
        for kind, outcome in (
            (HostUnreachable, DiagnosisOutcome.UNREACHABLE),
            (TimedOut, DiagnosisOutcome.TIMED_OUT),
        ):
            for error in errors:
                if isinstance(error, kind):
                    return outcome, error
        if self._another_seller_answers():
            return DiagnosisOutcome.SELLER_UNKNOWN, None
        refused = [error for error in errors if isinstance(error, CredentialError)]
        if refused:
            return self._judge_refusal(refused), refused[0]
        for error in errors:
            if _says_foreign(error):
                return DiagnosisOutcome.SELLER_UNKNOWN, error
        for error in errors:
            busy = isinstance(error, RateLimited)
            return DiagnosisOutcome.BUSY if busy else DiagnosisOutcome.FAILED, error
        return DiagnosisOutcome.CONNECTED, None

    def _another_seller_answers(self) -> bool:
        seen = self._seen.get("seller_id_seen")
        own = self._client.credentials.seller_id.strip().casefold()
        return bool(seen) and seen.casefold() != own

    def _judge_refusal(self, refused: list[CredentialError]) -> DiagnosisOutcome:
        texts = " ".join(error.message for error in refused)
        if _IP_TEXT.search(texts):
            return DiagnosisOutcome.IP_NOT_REGISTERED
        if _SELLER_TEXT.search(texts):
            return DiagnosisOutcome.SELLER_UNKNOWN
        if len(refused) == len(self._errors):
            if self._passes_without_seller():
                return DiagnosisOutcome.SELLER_UNKNOWN
            return DiagnosisOutcome.REFUSED
        orders = self._errors.get(REQUEST_ORDERS.name)
        if orders in refused and not _lacks_permission(orders):
            return DiagnosisOutcome.SELLER_UNKNOWN
        return DiagnosisOutcome.NO_PERMISSION

    def _passes_without_seller(self) -> bool:
        """Tell whether the seller ID is what the gateway minds.

        ``ssi`` is required, so a refusal of this call proves nothing; its success
        proves that master ID, key and IP address are fine.
        """
        try:
            self._client.transport.call(COURIERS, patient=False, sellers={})
        except EsmError:
            return False
        return True


def _count(page: OrderPage) -> int:
    return len(page.rows) if page.total is None else page.total


def _lacks_permission(error: EsmError | None) -> bool:
    return isinstance(error, NoPermission) or bool(
        error and _PERMISSION_TEXT.search(error.message)
    )


def _says_foreign(error: EsmError) -> bool:
    text = normalise(error.message) if isinstance(error, RuleError) else ""
    return "판매자" in text or "내역이없습니다" in text
