"""What can go wrong with a call, sorted by what to do about it."""

import enum
from typing import Any

from .redaction import redact


class Refusal(enum.Enum):
    """Why ESM refused, as far as its text says so.

    Fact sheet 1.4, 2.6, 3.3, 3.4, 4.1, 4.2, 5.1 and 6.
    """

    CANCELLED = "cancelled"
    WRONG_STATE = "wrong_state"
    NOT_FOUND = "not_found"
    BAD_INVOICE_NO = "bad_invoice_no"
    UNKNOWN_COURIER = "unknown_courier"
    STAR_COURIER = "star_courier"
    FULFILMENT = "fulfilment"
    GIFT_WAITING = "gift_waiting"
    IN_PROGRESS = "in_progress"
    CANCEL_COMPLETED = "cancel_completed"
    CANNOT_DELAY = "cannot_delay"
    BAD_PLANNED_DATE = "bad_planned_date"
    DETAIL_TOO_LONG = "detail_too_long"
    TOO_LONG = "too_long"
    WINDOW_TOO_LONG = "window_too_long"
    NUMBER_TYPE = "number_type"
    NO_DATA = "no_data"
    TOKEN_SITES = "token_sites"  # nosec B105  # a name
    ITEM_NOT_FOUND = "item_not_found"
    DELETED_ITEM = "deleted_item"
    FROZEN_ITEM = "frozen_item"
    ALL_SOLD_OUT = "all_sold_out"
    BAD_PRICE = "bad_price"
    BAD_STOCK = "bad_stock"
    OPTION_RULE = "option_rule"
    OTHER = "other"


REFUSAL_ADVICE = {
    Refusal.CANCELLED: "The buyer cancelled this order: do not ship it.",
    Refusal.WRONG_STATE: "Read the order's state at ESM before anything else.",
    Refusal.NOT_FOUND: "Check the order number and that it belongs to this shop.",
    Refusal.BAD_INVOICE_NO: "Correct the tracking number; ESM checks each carrier's "
    "form.",
    Refusal.UNKNOWN_COURIER: "Choose another ESM carrier code for this carrier.",
    Refusal.STAR_COURIER: "Star delivery orders go only with a contracted carrier: "
    "CJ (10013), Hanjin (10007) or Lotte (10008).",
    Refusal.FULFILMENT: "ESM's fulfilment centre ships this order: nothing to do.",
    Refusal.GIFT_WAITING: "Wait until the receiver has accepted the gift.",
    Refusal.IN_PROGRESS: "Try again in ten seconds or more.",
    Refusal.CANCEL_COMPLETED: "The cancel is done: stop the parcel.",
    Refusal.CANNOT_DELAY: "The order has a planned ship date already, is cancelled, or "
    "its item permits no delay.",
    Refusal.BAD_PLANNED_DATE: "Plan a day from tomorrow to 90 days ahead.",
    Refusal.DETAIL_TOO_LONG: "Shorten the explanation to 150 Korean characters.",
    Refusal.TOO_LONG: "Shorten the own order or item number to 30 bytes.",
    Refusal.WINDOW_TOO_LONG: "Ask for a shorter period.",
    Refusal.NUMBER_TYPE: "Check the order number and the shop's site.",
    Refusal.NO_DATA: "There is nothing to show.",
    Refusal.TOKEN_SITES: "Read again on which sites the item is: the token must hold "
    "exactly their sellers.",
    Refusal.ITEM_NOT_FOUND: "Check the goods number and that it belongs to this shop.",
    Refusal.DELETED_ITEM: "The item was deleted in ESM Plus: remove the listing.",
    Refusal.FROZEN_ITEM: "Items can be changed three minutes after their registration: "
    "try again then.",
    Refusal.ALL_SOLD_OUT: "One option must stay on sale; otherwise stop the item.",
    Refusal.BAD_PRICE: "Prices are multiples of 10 won, from 10 won.",
    Refusal.BAD_STOCK: "Stock is 1 to 99,999; with nothing left the item is stopped.",
    Refusal.OPTION_RULE: "Correct the item's options in ESM Plus.",
    Refusal.OTHER: "Read ESM's text, correct the order or look it up in ESM Plus.",
}


class EsmError(Exception):
    """Base of all errors of this library.

    :param message: ESM's own text or our description; it is redacted here
    :param endpoint: short name of the call
    :param code: ``ResultCode``, None without an answer
    :param http_status: None without an answer
    :param advice: what to do now, one English sentence
    """

    advice = "Look at the message."

    def __init__(
        self,
        message: str = "",
        *,
        endpoint: str = "",
        code: Any = None,
        http_status: int | None = None,
        advice: str | None = None,
    ) -> None:
        self.message = redact(message)
        self.endpoint = endpoint
        self.code = code
        self.http_status = http_status
        if advice:
            self.advice = advice
        super().__init__(self.message)

    def __str__(self) -> str:
        marks = [self.endpoint]
        if self.http_status not in (None, 200):
            marks.append(f"HTTP {self.http_status}")
        if self.code is not None:
            marks.append(f"code {self.code}")
        head = ", ".join(mark for mark in marks if mark)
        return ": ".join(part for part in (head, self.message) if part)


class UnreadableRow(EsmError):
    """A row without an order number, or one that is no JSON object."""

    advice = "Look this order up in ESM Plus."


class TransientError(EsmError):
    """Nothing was changed; the same call may work later."""

    advice = "It is tried again by itself."


class HostUnreachable(TransientError):
    """No connection: nothing was sent."""

    advice = "Check the endpoint's address and the server's internet connection."


class TimedOut(TransientError):
    """No answer in time (a read), or no connection in time (any call)."""

    advice = "ESM does not answer in time; it is tried again by itself."


class BadAnswer(TransientError):
    """The answer to a read is not ESM's: an error page, broken JSON, a 5xx."""

    advice = "ESM answers with an error page; it is tried again by itself."


class RateLimited(TransientError):
    """Too many calls; ESM did nothing.

    :param retry_after: seconds after which the call may be repeated
    """

    advice = "Too many calls for this shop; wait a moment."

    def __init__(
        self, message: str = "", *, retry_after: float = 0.0, **details: Any
    ) -> None:
        super().__init__(message, **details)
        self.retry_after = retry_after


class CredentialError(EsmError):
    """ESM refused the token (401, 403). Never repeated by itself."""

    advice = (
        "Check master ID, secret key and seller ID, and that this server's IP "
        "address is registered with ESM."
    )


class NoPermission(CredentialError):
    """The account may not use this API (fact sheet 1.5)."""

    advice = (
        "Ask ESM for the permission to use this API, and check that the service "
        "provider is chosen in ESM Plus."
    )


class UnknownOutcome(EsmError):
    """An action was sent and the answer is lost or unclear: it may be done."""

    advice = "Read the state at ESM, then repeat at most once."


class RuleError(EsmError):
    """ESM understood the call and refused it by a rule.

    :param reason: what the text means
    """

    def __init__(
        self, message: str = "", *, reason: Refusal = Refusal.OTHER, **details: Any
    ) -> None:
        details.setdefault("advice", REFUSAL_ADVICE[reason])
        super().__init__(message, **details)
        self.reason = reason


class AlreadyDone(RuleError):
    """The call was made before: success for the caller (fact sheet 9.3)."""

    def __init__(self, message: str = "", **details: Any) -> None:
        details.setdefault("advice", "Nothing: it is done already.")
        super().__init__(message, **details)
