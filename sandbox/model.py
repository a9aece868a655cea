"""What the sandbox remembers: accounts, baskets, orders, claims. Data only; what may
happen to it stands in lifecycle.py, what it costs in money.py."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from .people import Person

if TYPE_CHECKING:
    from .catalog import CatalogItem

GMARKET = "gmarket"
AUCTION = "auction"
SITES = (GMARKET, AUCTION)
PREFIX = {GMARKET: "G", AUCTION: "A"}
SITE_OF_PREFIX = {"G": GMARKET, "A": AUCTION}
#: siteType in requests of orders and claim actions.
SITE_TYPE = {AUCTION: 1, GMARKET: 2}


class State(str, enum.Enum):
    """Where an order stands, claims aside. Compares equal to its name in the ledger."""

    DEPOSIT_WAITING = "deposit_waiting"
    NEW = "new"
    PREPARING = "preparing"
    IN_DELIVERY = "in_delivery"
    DELIVERED = "delivered"
    DECIDED = "decided"

    @property
    def code(self) -> int:
        return _STATE_CODES[self]

    def __str__(self) -> str:
        return self.value


_STATE_CODES = {state: number for number, state in enumerate(State)}


class ClaimKind(enum.IntEnum):
    """Status of GetDeliveryStatus (72) while the claim is there."""

    CANCEL = 6
    RETURN = 7
    EXCHANGE = 8
    NON_RECEIPT = 9
    REFUND = 10


#: Names of ClaimStatus (72) per kind; Cancels (50) adds 4 withdrawn.
CLAIM_STEPS = {
    ClaimKind.CANCEL: {1: "requested", 2: "in_process", 3: "done", 4: "withdrawn"},
    ClaimKind.RETURN: {1: "requested", 2: "in_process", 3: "done"},
    ClaimKind.EXCHANGE: {1: "requested", 2: "picked_up", 3: "resending", 4: "done"},
    ClaimKind.NON_RECEIPT: {0: "reported"},
    ClaimKind.REFUND: {0: "done"},
}

REQUESTED, IN_PROCESS, DONE, WITHDRAWN = 1, 2, 3, 4

# RequestUser / ApproveUser of page 50
NOBODY, BUYER, SELLER, CENTRE, OTHER, GIFT_RECEIVER = range(6)


@dataclass
class Claim:
    kind: ClaimKind
    status: int
    requested_at: datetime
    requested_by: int = BUYER
    approved_by: int = NOBODY
    reason: int = 1
    reason_code: int = 1
    detail: str = ""
    withdrawn_at: datetime | None = None
    approved_at: datetime | None = None
    completed_at: datetime | None = None
    solved_at: datetime | None = None

    @property
    def name(self) -> str:
        step = CLAIM_STEPS[self.kind].get(self.status, str(self.status))
        return f"{self.kind.name.lower()}_{step}"


@dataclass
class Option:
    text: str
    code: str | None
    surcharge: int = 0


@dataclass
class Addition:
    text: str
    code: str | None
    price: int
    quantity: int = 1


@dataclass
class Item:
    """One order line as the buyer put it into the cart. Whole won; discounts and cash
    are for the whole line, prices and surcharges for one piece."""

    site_goods_no: str
    seller_code: str
    name: str
    price: int
    quantity: int = 1
    options: list[Option] = field(default_factory=list)
    additions: list[Addition] = field(default_factory=list)
    seller_discount: int = 0
    site_discount: int = 0
    seller_cash: int = 0
    bundle: int = 0
    free_gift: str | None = None
    free_gift_code: str | None = None
    bonus: str | None = None
    bonus_code: str | None = None
    raw: dict = field(default_factory=dict)
    #: the item of the catalogue and the keys of its options, when it is one
    bought: tuple[CatalogItem, tuple[int, ...]] | None = None


@dataclass
class Basket:
    """One payment (PayNo). ``shipping``: fee per bundle."""

    pay_no: int
    site: str
    seller_id: str
    condition: str
    shipping: list[int]
    jeju: int
    remote: int
    split: str | None
    group_nos: list[int]
    orders: list[Order] = field(default_factory=list)


@dataclass(eq=False)
class Order:
    order_no: int
    basket: Basket
    position: int
    item: Item
    buyer: Person
    receiver: Person
    state: State
    ordered_at: datetime
    paid_at: datetime | None
    due_delay: float
    memo: str | None = ""
    distribution: str = "NL"
    trans_type: str = "B"
    overseas: bool = False
    customs_code: str | None = None
    gift: bool = False
    gift_accepted: bool = False
    gift_due: datetime | None = None
    gift_at: datetime | None = None
    deposit_due: datetime | None = None
    confirmed_at: datetime | None = None
    confirming_until: datetime | None = None
    shipped_at: datetime | None = None
    first_shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    decided_at: datetime | None = None
    changed_at: datetime | None = None
    planned_date: date | None = None
    courier_code: int | None = None
    invoice_no: str | None = None
    seller_order_no: str | None = None
    seller_item_no: str | None = None
    address_changed: bool = False
    old_receiver: Person | None = None
    hidden_after_withdrawal: bool = False
    claims: list[Claim] = field(default_factory=list)
    #: how often OrderCheck took effect
    confirmations: int = 0
    #: (courier code, invoice number, time), one for each ShippingInfo that took effect
    invoices: list[tuple[int, str, datetime]] = field(default_factory=list)
    history: list[tuple[str, datetime]] = field(default_factory=list)
    render: Callable[[Order], dict] | None = None
    #: whether the counters of the catalogue fell for it
    stock_taken: bool = False

    @property
    def pay_no(self) -> int:
        return self.basket.pay_no

    @property
    def site(self) -> str:
        return self.basket.site

    @property
    def seller_id(self) -> str:
        return self.basket.seller_id

    @property
    def group_no(self) -> int:
        return self.basket.group_nos[self.item.bundle]

    @property
    def current_claim(self) -> Claim | None:
        """The last claim unless it was withdrawn, refused or solved."""
        if not self.claims:
            return None
        last = self.claims[-1]
        return None if last.withdrawn_at else last

    @property
    def claim(self) -> str | None:
        """For people and tests: "cancel_requested", "cancel_done", ... or None."""
        current = self.current_claim
        return current.name if current else None

    @property
    def gift_waiting(self) -> bool:
        return self.gift and not self.gift_accepted

    @property
    def cancelled(self) -> bool:
        current = self.current_claim
        return (
            current is not None
            and current.kind is ClaimKind.CANCEL
            and current.status in (IN_PROCESS, DONE)
        )

    def row(self) -> dict:
        """The order as RequestOrders shows it now (also while a claim hides it)."""
        if self.render is None:
            raise RuntimeError("This order does not belong to a sandbox")
        return self.render(self)


@dataclass
class Account:
    """An ESM+ master ID with its secret, its seller IDs and its permissions."""

    master_id: str
    secret_key: str
    sellers: set[tuple[str, str]]
    permissions: set[str]
