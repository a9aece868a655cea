"""Where the pages are silent or contradict themselves: the reading in force.

Each option has the plausible reading as default; set another one to see whether a
client is right whichever way the real server turns out. Sections are those of the
fact sheet.

Access (1)
    foreign_seller_mode     "refuse" (default): a token naming a seller ID that is not
                            under its master ID gets 3000 해당 주문 내역이 없습니다.;
                            "empty": lists are empty, actions 3000; "unauthorized": 401
    mixed_token_mode        "resolve": a token with both sites finds any order;
                            "int32": the token counts as Auction's in calls without a
                            site field, so Gmarket numbers give the Int32 text
    iat_tolerance           seconds between ``iat`` and the clock; None = not checked
    require_iat             refuse tokens without ``iat``
    auth_message_mode       "same": every 401 has the documented text; "distinct": the
                            text says what was wrong
    allowed_addresses       None, or the client addresses that are registered
Pacing (2.4)
    by_number_exempt        look-ups by order number do not use the bucket (page 67)
    by_cart_exempt          look-ups by cart number (orderStatus 6) do not either
    refusal_restarts_bucket a refused call starts the 5 seconds anew
    calls_per_minute        for all other calls, per seller; None = unlimited
Lists (2.6, 3.2)
    auction_window_days     180 (enforced) or 31 (as the field text says)
    equal_dates_refused     from = to is refused like from > to
    number_lookup_needs_dates   2000 파라메터 유효성 검사 실패 without them
    newest_first            order of rows in RequestOrders; False = oldest first
    waiting_gifts_by_payment    requestDateType 5 also shows gifts not yet accepted, by
                            their payment date
    reappears_after_withdrawal  an order whose cancel was withdrawn is listed again
    address_change_visible  "at_once", or "after_confirm": the list shows the old
                            address until OrderCheck
Money (3.2, 14)
    surcharges_in_paid      Jeju and remote surcharges are inside AcntMoney
    auction_paid_shipping   "cart": AcntMoney of each order holds the cart's shipping
                            sum; "bundle": only its own bundle's
    gmarket_paid_shipping_on    "first" or "last" order of the cart holds it
    gmarket_shipping_split, auction_shipping_split
                            rows' ShippingFee: "first" row of the bundle, "each" row
                            the whole fee, "even" parts. Default first / each
    cod_rows_show_fee       pay-on-delivery rows carry a ShippingFee
Actions (3.3, 3.4, 4.1, 9.3)
    confirm_in_claim        OrderCheck on a requested cancel: "state" or "already"
    confirm_after_dispatch  OrderCheck on 3, 4, 5: "state" or "already"
    confirming_seconds      length of the "confirmation in progress" phase
    dispatch_unconfirmed    ShippingInfo on a new order: "refuse" or "accept"
    identical_repeat        ShippingInfo with the same data: "success" or "refuse"
    shipping_date_future    ShippingDate may lie ahead (up to 2 days)
    gmarket_invoice_rule    the couriers' number rules hold on Gmarket as well
    second_planned_date     "refuse" (manual) or "accept" (field text)
State (4.3)
    unknown_number          GetDeliveryStatus: "empty" or "refuse"
    status_page_size        rows per page
Site codes (2.7)
    gmarket_site_type       3 (samples) or 2 (field text), in the answers
Cancels (5)
    exact_seven_days_refused    a window of exactly seven days is refused
    auction_not_found_code  99999 or 1000
    auction_empty_cancels   "empty", or "1000" for a search without rows
    auto_approve_hours      24
    cancel_process_seconds  how long an approved cancel stays "in process"
Items (1.4, 6)
    site_in_token_text      "[G마켓/옥션]" in the refusals of 1.4 is the whole text
                            ("both") or a choice ("named": the site that is meant)
    freeze_seconds          no change of an item that soon after its registration
    search_shows_other_site the search shows an item of two sites with both, whichever
                            the token names; False: only with the token's own
    search_to_date          "to" of a search is 00:00 of that day ("midnight") or the
                            whole day ("inclusive")
    search_limit_answer     the 31st search of a minute: "message" (400) or "429"
    optionless_read         options of an item without: "empty" (type 0) or "refuse"
    all_sold_out_on         a set kept per site is refused when it is all sold out on
                            "any_site" of the item, or on "every_site"
    option_item_stock_checked   sell-status wants 1 to 99,999 for option items as well
    period_adds_up          sellingPeriod adds to the days left, not to today
    stopped_days            after that long off sale an item is deleted
    month_stop_deletes      "item": when it is off sale on all its sites; "listing":
                            each site by itself
Stock (6.7)
    stock_falls             counters fall at "payment", at the "order" or "never"
    stock_returns           a cancel puts the pieces back
    zero_sets_sold_out      the last piece of an option sets its sold-out flag
    sold_out_item           SoldOut (52) on an item without options: it is "stopped",
                            or its stock becomes "zero"
    option_text_mode        orders say "pairs" (색상:네이비, 사이즈:L) or "values"
                            (네이비;L)
Time (3.2, 9)
    phone_seconds           until a virtual number is assigned
    due_seconds             (least, most) until TransDueDate is there
    auto_deliver_seconds, auto_decide_seconds
                            None = only by mark_delivered() / decide()
"""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass
class Strict:
    foreign_seller_mode: str = "refuse"
    mixed_token_mode: str = "resolve"
    iat_tolerance: float | None = None
    require_iat: bool = False
    auth_message_mode: str = "same"
    allowed_addresses: tuple[str, ...] | None = None

    by_number_exempt: bool = True
    by_cart_exempt: bool = False
    refusal_restarts_bucket: bool = False
    calls_per_minute: int | None = None

    auction_window_days: int = 180
    equal_dates_refused: bool = False
    number_lookup_needs_dates: bool = False
    newest_first: bool = True
    waiting_gifts_by_payment: bool = False
    reappears_after_withdrawal: bool = True
    address_change_visible: str = "at_once"

    surcharges_in_paid: bool = True
    auction_paid_shipping: str = "cart"
    gmarket_paid_shipping_on: str = "first"
    gmarket_shipping_split: str = "first"
    auction_shipping_split: str = "each"
    cod_rows_show_fee: bool = False

    confirm_in_claim: str = "state"
    confirm_after_dispatch: str = "state"
    confirming_seconds: float = 0.0
    dispatch_unconfirmed: str = "refuse"
    identical_repeat: str = "success"
    shipping_date_future: bool = True
    gmarket_invoice_rule: bool = False
    second_planned_date: str = "refuse"

    unknown_number: str = "empty"
    status_page_size: int = 100

    gmarket_site_type: int = 3

    exact_seven_days_refused: bool = False
    auction_not_found_code: int = 99999
    auction_empty_cancels: str = "empty"
    auto_approve_hours: float = 24.0
    cancel_process_seconds: float = 0.0

    site_in_token_text: str = "both"
    freeze_seconds: float = 180.0
    search_shows_other_site: bool = True
    search_to_date: str = "midnight"
    search_limit_answer: str = "message"
    optionless_read: str = "empty"
    all_sold_out_on: str = "any_site"
    option_item_stock_checked: bool = False
    period_adds_up: bool = False
    stopped_days: float = 30.0
    month_stop_deletes: str = "item"

    stock_falls: str = "payment"
    stock_returns: bool = True
    zero_sets_sold_out: bool = False
    sold_out_item: str = "stopped"
    option_text_mode: str = "pairs"

    phone_seconds: float = 300.0
    due_seconds: tuple[float, float] = (60.0, 120.0)
    auto_deliver_seconds: float | None = None
    auto_decide_seconds: float | None = None

    def update(self, **options: object) -> None:
        """Set options by name; an unknown name is an error, not a silent no-op."""
        known = {field.name for field in fields(self)}
        for name, value in options.items():
            if name not in known:
                raise ValueError(f"There is no option {name!r}: {sorted(known)}")
            if isinstance(value, list):
                value = tuple(value)
            setattr(self, name, value)
