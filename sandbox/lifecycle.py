"""The state machine of an order: what buyers, sellers, couriers and time may do.

Table of states and events: section 9 of the fact sheet, after the pages 66 to 75 and 50
to 52. Calls of the seller that are not allowed raise ``Refused`` with ESM's code and
text; things a buyer cannot do raise ``NotPossible``.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import date, datetime, timedelta

from . import couriers, texts
from .clock import Clock
from .model import (
    AUCTION,
    BUYER,
    DONE,
    GIFT_RECEIVER,
    GMARKET,
    IN_PROCESS,
    OTHER,
    REQUESTED,
    SELLER,
    WITHDRAWN,
    Claim,
    ClaimKind,
    Option,
    Order,
    State,
)
from .numbers import Numbers
from .people import PERSON_FIELDS
from .strict import Strict

_BEFORE_DISPATCH = (State.NEW, State.PREPARING)


class Refused(Exception):
    """A business refusal as ESM words it; ``rule`` is Auction's BizRuleCode,
    ``status`` the HTTP status where the API family has none of its own."""

    def __init__(self, code: int, message: str, rule: str = "", status: int = 0):
        super().__init__(message)
        self.code = code
        self.message = message
        self.rule = rule
        self.status = status


class NotPossible(Exception):
    """The buyer (or the test) asked for something the state does not allow."""


def _nothing(order: Order) -> None:
    """Nobody wants to know."""


class Lifecycle:
    def __init__(self, clock: Clock, strict: Strict):
        self.clock = clock
        self.strict = strict
        self._due: list[tuple[datetime, int, Callable[..., None], tuple]] = []
        self._sequence = Numbers(0)
        self._moment: datetime | None = None
        #: what stock has to know: see catalog.py
        self.on_paid: Callable[[Order], None] = _nothing
        self.on_cancelled: Callable[[Order], None] = _nothing

    # ---- time ----------------------------------------------------------------

    def now(self) -> datetime:
        """The clock; while something due happens, the time it was due."""
        return self._moment or self.clock.now()

    def at(
        self, when: datetime, action: Callable[..., None], *arguments: object
    ) -> None:
        """Let something happen at a time. A method of the world, no lambda: what is
        due is kept with everything else (see hosting.py)."""
        heapq.heappush(self._due, (when, next(self._sequence), action, arguments))

    def run_due(self) -> None:
        """Let happen what time has brought: to be called before anything is read."""
        while self._due and self._due[0][0] <= self.clock.now():
            self._moment, _number, action, arguments = heapq.heappop(self._due)
            try:
                action(*arguments)
            finally:
                self._moment = None

    def _touch(self, order: Order, event: str, when: datetime | None = None) -> None:
        order.changed_at = when or self.now()
        order.history.append((event, order.changed_at))

    # ---- arrival -------------------------------------------------------------

    def placed(self, order: Order) -> None:
        """A new order begins its life; deadlines of gifts and deposits are set."""
        if order.state is State.DEPOSIT_WAITING:
            self._touch(order, "주문일", order.ordered_at)
            if order.deposit_due:
                self.at(order.deposit_due, self._deposit_over, order)
            return
        self._touch(order, "결제일", order.paid_at)
        self.on_paid(order)
        if order.gift_waiting and order.gift_due:
            self.at(order.gift_due, self._gift_over, order)

    def pay(self, order: Order) -> None:
        """The bank transfer of a deposit-waiting order arrives."""
        if order.state is not State.DEPOSIT_WAITING or order.claim:
            raise NotPossible(f"{order.order_no} does not wait for a deposit")
        order.paid_at = self.now()
        order.state = State.NEW
        self._touch(order, "결제일")
        self.on_paid(order)

    def _deposit_over(self, order: Order) -> None:
        if order.state is State.DEPOSIT_WAITING and not order.claim:
            self._cancel_now(order, by=OTHER, reason_code=0)

    def _gift_over(self, order: Order) -> None:
        if order.gift_waiting and not order.claim:
            self._cancel_now(order, by=OTHER, reason_code=7)

    @staticmethod
    def check_gift_waits(order: Order) -> None:
        if not order.gift_waiting or order.claim:
            raise NotPossible(f"{order.order_no} is no gift that waits")

    def accept_gift(self, order: Order, address: dict, option: Option | None) -> None:
        self.check_gift_waits(order)
        order.receiver = order.receiver.changed(**_known(address))
        if option:
            surcharges = [chosen.surcharge for chosen in order.item.options]
            order.item.options = [Option(option.text, option.code, sum(surcharges))]
        order.gift_accepted = True
        order.gift_at = self.now()
        self._touch(order, "선물수락일")

    def refuse_gift(self, order: Order) -> None:
        self.check_gift_waits(order)
        self._cancel_now(order, by=GIFT_RECEIVER, reason_code=8)

    def change_address(self, order: Order, values: dict) -> None:
        """Possible until the confirmation (67, 68)."""
        if order.state not in (State.NEW, State.DEPOSIT_WAITING) or order.claim:
            raise NotPossible(
                f"{order.order_no}: the address can change only before 주문확인"
            )
        if order.old_receiver is None:
            order.old_receiver = order.receiver
        order.receiver = order.receiver.changed(**_known(values))
        order.address_changed = True
        if "memo" in values:
            order.memo = values["memo"]

    # ---- OrderCheck (68) -----------------------------------------------------

    def confirm(self, order: Order, progress_seconds: float = 0.0) -> int:
        """Status 1 becomes 2. Returns IsChanged."""
        self._check_confirmable(order)
        now = self.now()
        order.state = State.PREPARING
        order.confirmed_at = now
        seconds = max(progress_seconds, self.strict.confirming_seconds)
        if seconds:
            order.confirming_until = now + timedelta(seconds=seconds)
        order.confirmations += 1
        self._touch(order, "주문확인")
        return int(order.address_changed)

    def _check_confirmable(self, order: Order) -> None:
        claim = order.current_claim
        already = Refused(3000, texts.ALREADY_CONFIRMED)
        wrong_state = Refused(3000, texts.CANNOT_CONFIRM)
        if claim is not None:
            if order.cancelled:
                raise Refused(3000, texts.CANCELLED_ORDER)
            in_claim = self.strict.confirm_in_claim
            raise already if in_claim == "already" else wrong_state
        if order.distribution == "TL":
            raise Refused(3000, texts.THIRD_PARTY_LOGISTICS)
        if order.gift_waiting:
            raise Refused(3000, texts.GIFT_WAITING)
        if order.state is State.PREPARING:
            raise already
        if order.state is not State.NEW:
            later = self.strict.confirm_after_dispatch == "already"
            raise already if later and order.confirmed_at else wrong_state

    # ---- ShippingExpectedDate (69) -------------------------------------------

    def plan_ship_date(
        self, order: Order, reason: int, planned: date, detail: str
    ) -> None:
        if order.distribution == "TL":
            raise Refused(3000, texts.THIRD_PARTY_LOGISTICS)
        if reason not in (1, 2, 3):
            raise Refused(3000, texts.UNKNOWN_REASON)
        if sum(2 if ord(char) > 0xFF else 1 for char in detail) > 300:
            raise Refused(3000, texts.DETAIL_TOO_LONG)
        days = (planned - self.now().date()).days
        if days > 90:
            raise Refused(3000, texts.OVER_90_DAYS)
        if order.cancelled or days < 1:
            raise Refused(3000, texts.CANNOT_DELAY)
        if order.current_claim is not None:
            raise Refused(3000, texts.DELAY_IN_CLAIM)
        if order.state is State.IN_DELIVERY:
            raise Refused(3000, texts.DELAY_IN_DELIVERY)
        if order.state not in _BEFORE_DISPATCH:
            raise Refused(3000, texts.DELAY_DELIVERED)
        if order.planned_date and self.strict.second_planned_date == "refuse":
            raise Refused(3000, texts.CANNOT_DELAY)
        order.planned_date = planned
        order.history.append(("발송예정일 등록", self.now()))

    # ---- ShippingInfo (70) ---------------------------------------------------

    def dispatch(
        self, order: Order, courier: int, invoice_no: str, shipped: datetime
    ) -> None:
        """Status 2 becomes 3; in 3 the invoice is changed; a pending cancel request is
        refused without a word."""
        if order.distribution == "TL":
            raise Refused(3000, texts.THIRD_PARTY_LOGISTICS + ".")
        self._check_parcel(order, courier, invoice_no, shipped)
        self._check_dispatchable(order, courier, invoice_no)
        now = self.now()
        claim = order.current_claim
        if claim is not None:
            self._withdraw(order, claim, by=SELLER)
        if order.confirmed_at is None:
            order.confirmed_at = now
        order.state = State.IN_DELIVERY
        order.shipped_at = shipped
        order.first_shipped_at = order.first_shipped_at or now
        order.courier_code, order.invoice_no = courier, invoice_no
        order.invoices.append((courier, invoice_no, now))
        self._touch(order, "배송중(발송처리일)")
        if self.strict.auto_deliver_seconds is not None:
            later = now + timedelta(seconds=self.strict.auto_deliver_seconds)
            self.at(later, self._arrives, order)

    def _check_parcel(
        self, order: Order, courier: int, invoice_no: str, shipped: datetime
    ) -> None:
        name = couriers.COURIERS.get(courier)
        if name is None:
            raise Refused(3000, texts.UNKNOWN_COURIER)
        if order.distribution == "SL" and courier not in couriers.STAR_COURIERS:
            raise Refused(3000, texts.STAR_COURIERS_ONLY)
        checked = order.site == AUCTION or self.strict.gmarket_invoice_rule
        fits = couriers.invoice_fits(courier, invoice_no) if checked else invoice_no
        if not fits:
            raise Refused(3000, texts.INVOICE_RULE.format(code=courier, name=name))
        ahead = shipped - self.now()
        future = timedelta(days=2) if self.strict.shipping_date_future else timedelta(0)
        if not timedelta(days=-2) <= ahead <= future + timedelta(minutes=1):
            raise Refused(3000, texts.SHIPPING_DATE_RULE)

    def _check_dispatchable(self, order: Order, courier: int, invoice_no: str) -> None:
        if order.cancelled:
            raise Refused(3000, texts.CANCEL_WITHDRAWAL_FAILED)
        wrong = Refused(3000, texts.NOT_DISPATCHABLE.format(order_no=order.order_no))
        claim = order.current_claim
        if claim is not None and claim.kind is not ClaimKind.CANCEL:
            raise wrong
        if order.state is State.PREPARING:
            until = order.confirming_until
            if until is not None and self.now() < until:
                raise Refused(3000, texts.CONFIRMING)
            return
        if order.state is State.IN_DELIVERY:
            same = (order.courier_code, order.invoice_no) == (courier, invoice_no)
            if same and self.strict.identical_repeat == "refuse":
                raise wrong
            return
        accepted = self.strict.dispatch_unconfirmed == "accept"
        if order.state is not State.NEW or not accepted or order.gift_waiting:
            raise wrong

    # ---- arrival of the parcel (71) ------------------------------------------

    def mark_delivered_by_seller(self, order: Order) -> None:
        if order.distribution == "TL":
            raise Refused(3000, texts.THIRD_PARTY_LOGISTICS)
        if order.state in (State.DELIVERED, State.DECIDED):
            raise Refused(3000, texts.ALREADY_DELIVERED)
        claim = order.current_claim
        if claim is not None and claim.kind is ClaimKind.RETURN:
            raise Refused(3000, texts.IN_RETURN)
        if order.state is not State.IN_DELIVERY or claim is not None:
            raise Refused(3000, texts.INVALID_ORDER)
        self.delivered(order)

    def delivered(self, order: Order) -> None:
        if order.state is not State.IN_DELIVERY:
            raise NotPossible(f"{order.order_no} is not in delivery")
        now = self.now()
        order.state = State.DELIVERED
        order.delivered_at = now
        self._touch(order, "배송완료일")
        if self.strict.auto_decide_seconds is not None:
            later = now + timedelta(seconds=self.strict.auto_decide_seconds)
            self.at(later, self._decides, order)

    def decide(self, order: Order) -> None:
        if order.state is not State.DELIVERED or order.current_claim is not None:
            raise NotPossible(f"{order.order_no} is not delivered or in a claim")
        order.state = State.DECIDED
        order.decided_at = self.now()
        self._touch(order, "구매결정")

    def _arrives(self, order: Order) -> None:
        if order.state is State.IN_DELIVERY and order.current_claim is None:
            self.delivered(order)

    def _decides(self, order: Order) -> None:
        if order.state is State.DELIVERED and order.current_claim is None:
            self.decide(order)

    # ---- cancels (50, 51, 52) ------------------------------------------------

    def cancel_by_buyer(self, order: Order, *, detail: str = "") -> Claim:
        """Before the confirmation at once, after it a request that the seller approves
        or that 24 hours approve."""
        if order.current_claim is not None:
            raise NotPossible(f"{order.order_no} has a claim: {order.claim}")
        if order.state in (State.DEPOSIT_WAITING, State.NEW):
            return self._cancel_now(order, by=BUYER, reason_code=1, detail=detail)
        if order.state is not State.PREPARING:
            raise NotPossible(f"{order.order_no} is {order.state}: ask for a return")
        now = self.now()
        claim = Claim(ClaimKind.CANCEL, REQUESTED, now, detail=detail)
        order.claims.append(claim)
        self._touch(order, "취소요청")
        hours = timedelta(hours=self.strict.auto_approve_hours)
        self.at(now + hours, self._approve_by_time, order, claim)
        return claim

    def _cancel_now(
        self, order: Order, *, by: int, reason_code: int, detail: str = ""
    ) -> Claim:
        when = self.now()
        fault = 0 if by == SELLER else 1
        claim = Claim(
            ClaimKind.CANCEL,
            DONE,
            when,
            requested_by=by,
            approved_by=OTHER if by == GIFT_RECEIVER else by,
            reason=fault,
            reason_code=reason_code,
            detail=detail,
            approved_at=when,
            completed_at=when,
        )
        order.claims.append(claim)
        self._touch(order, "취소완료")
        self.on_cancelled(order)
        return claim

    def _approve_by_time(self, order: Order, claim: Claim) -> None:
        if claim.status == REQUESTED and order.current_claim is claim:
            self._approve(order, claim, by=OTHER)

    def _approve(self, order: Order, claim: Claim, *, by: int) -> None:
        claim.approved_by = by
        claim.approved_at = self.now()
        claim.status = IN_PROCESS
        self._touch(order, "취소승인")
        seconds = self.strict.cancel_process_seconds
        if seconds:
            later = self.now() + timedelta(seconds=seconds)
            self.at(later, self._complete, order, claim)
        else:
            self._complete(order, claim)

    def _complete(self, order: Order, claim: Claim) -> None:
        claim.status = DONE
        claim.completed_at = self.now()
        self._touch(order, "취소완료")
        self.on_cancelled(order)

    def _withdraw(self, order: Order, claim: Claim, *, by: int) -> None:
        now = self.now()
        claim.status = WITHDRAWN
        claim.withdrawn_at = now
        claim.completed_at = now
        if by != SELLER and not self.strict.reappears_after_withdrawal:
            order.hidden_after_withdrawal = True
        self._touch(order, "취소철회")

    def withdraw_cancel(self, order: Order) -> None:
        """The buyer takes the request back."""
        claim = order.current_claim
        if (
            claim is None
            or claim.kind is not ClaimKind.CANCEL
            or claim.status != REQUESTED
        ):
            raise NotPossible(f"{order.order_no} has no cancel request")
        self._withdraw(order, claim, by=BUYER)

    def approve_cancel(self, order: Order) -> None:
        """PUT Cancel (51)."""
        claim = order.current_claim
        gmarket = order.site == GMARKET
        if claim is None or claim.kind is not ClaimKind.CANCEL:
            if gmarket:
                raise Refused(8668, texts.NO_CANCEL_TO_APPROVE)
            raise Refused(8668, texts.CANNOT_CANCEL, "W8-1")
        if claim.status != REQUESTED:
            if gmarket:
                raise Refused(8668, texts.CANCEL_ALREADY_APPROVED_G)
            raise Refused(8668, texts.CANCEL_ALREADY_APPROVED_A, "W8-2")
        self._approve(order, claim, by=SELLER)

    def cancel_by_seller(self, order: Order, *, sold_out: bool) -> None:
        """POST Cancel/{no}/SoldOut, or without it for other reasons (52)."""
        claim = order.current_claim
        cannot = texts.CANNOT_CANCEL
        if order.site == GMARKET:
            if claim is not None or order.state not in _BEFORE_DISPATCH:
                raise Refused(8668, "8668$" + cannot)
        elif claim is not None and claim.status == REQUESTED:
            raise Refused(8668, texts.CANCEL_ALREADY_REQUESTED, "W28-1")
        elif claim is not None or order.state not in _BEFORE_DISPATCH:
            raise Refused(8668, cannot, "W8-1")
        self._cancel_now(order, by=SELLER, reason_code=6 if sold_out else 0)

    # ---- other claims: only as far as the state call shows them --------------

    def open_claim(self, order: Order, kind: ClaimKind, *, detail: str = "") -> Claim:
        """Return, exchange, non-receipt or refund: the buyer opens it."""
        if order.current_claim is not None:
            raise NotPossible(f"{order.order_no} has a claim: {order.claim}")
        allowed = {
            ClaimKind.RETURN: (State.IN_DELIVERY, State.DELIVERED, State.DECIDED),
            ClaimKind.EXCHANGE: (State.IN_DELIVERY, State.DELIVERED, State.DECIDED),
            ClaimKind.NON_RECEIPT: (State.IN_DELIVERY, State.DELIVERED),
            ClaimKind.REFUND: (State.DECIDED,),
        }[kind]
        if order.state not in allowed:
            raise NotPossible(f"{order.order_no} is {order.state}")
        status = 0 if kind in (ClaimKind.NON_RECEIPT, ClaimKind.REFUND) else REQUESTED
        claim = Claim(kind, status, self.now(), detail=detail)
        order.claims.append(claim)
        self._touch(order, claim.name)
        return claim

    def set_claim_status(self, order: Order, status: int) -> None:
        """Move a return or exchange to another ClaimStatus of page 72."""
        claim = order.current_claim
        if claim is None:
            raise NotPossible(f"{order.order_no} has no claim")
        claim.status = status
        self._touch(order, claim.name)

    def solve_claim(self, order: Order) -> None:
        """The claim goes away: withdrawn by the buyer or solved."""
        claim = order.current_claim
        if claim is None or claim.kind is ClaimKind.CANCEL:
            raise NotPossible(f"{order.order_no} has no claim to solve")
        claim.withdrawn_at = self.now()
        self._touch(order, "클레임철회")


def _known(values: dict) -> dict:
    return {key: value for key, value in values.items() if key in PERSON_FIELDS}
