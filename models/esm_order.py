import logging
import random
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..esm_api import (
    ANSWER_TIME,
    CancelStatus,
    EsmError,
    Order,
    OrderStatus,
    RuleError,
    Site,
)
from .cancel_reading import make_sequence, next_moment
from .jobs import CONFLICTS
from .utc import aware, naive

_logger = logging.getLogger(__name__)

# The phone (virtual numbers) and the dispatch deadline come minutes after the
# order. Ask again after this many minutes, then leave it: some never come.
COMPLETE_AFTER = (6, 20, 60)
# What could not be booked, confirmed or read anew for a reason of Odoo's is tried
# again then.
RETRY_ERRORS_AFTER = timedelta(hours=1)
# Orders that are asked for one by one in one collection, because no list has them.
MISSING_MOST = 50
# As long after it took place may ESM list a cancel for the first time.
LISTED_LATE = timedelta(minutes=10)


class EsmOrder(models.Model):
    """The inbox: one row per marketplace order number.

    A row is stored before anything is done with it, so that nothing is lost,
    and the database keeps it unique per site, so that nothing is doubled.
    """

    _name = "esm.order"
    _description = "Marketplace Order"
    _order = "paid_at desc, id desc"
    _rec_name = "order_no"
    _rec_names_search = ["order_no", "pay_no"]
    _check_company_auto = True

    # Rows stored in one transaction.
    _STORE_BATCH = 500

    # --- what it is -----------------------------------------------------
    shop_id = fields.Many2one(
        "esm.shop", required=True, index=True, ondelete="restrict", readonly=True
    )
    company_id = fields.Many2one(
        related="shop_id.company_id", store=True, precompute=True, index=True
    )
    currency_id = fields.Many2one(related="shop_id.currency_id")
    site = fields.Selection(
        [("gmarket", "Gmarket"), ("auction", "Auction")], required=True, readonly=True
    )
    order_no = fields.Char(string="Order Number", required=True, readonly=True)
    pay_no = fields.Char(
        string="Basket Number",
        readonly=True,
        index="btree_not_null",
        help="Orders that were paid together have the same basket number "
        "(장바구니번호).",
    )
    payload = fields.Json(
        readonly=True,
        required=True,
        groups="sale_esm.group_manager",
        help="The order as the marketplace sent it.",
    )
    address_key = fields.Char(
        readonly=True, help="Fingerprint of receiver, phones and address."
    )
    destination_key = fields.Char(
        readonly=True,
        help="Fingerprint of receiver and address: what goes into one parcel.",
    )

    # --- where it stands ------------------------------------------------
    market_status = fields.Selection(
        [
            ("deposit_waiting", "Waiting for payment"),
            ("new", "New order"),
            ("preparing", "To ship"),
            ("in_delivery", "In delivery"),
            ("delivered", "Delivered"),
            ("decided", "Purchase decided"),
            ("cancel", "Cancel"),
            ("return", "Return"),
            ("exchange", "Exchange"),
            ("not_received", "Reported as not received"),
            ("refund_after_remittance", "Refund after payout"),
        ],
        string="Marketplace Status",
        readonly=True,
    )
    state = fields.Selection(
        [
            ("received", "Received"),
            ("booked", "Booked"),
            ("released", "To ship"),
            ("shipped", "Shipped"),
            ("sent", "Tracking sent"),
            ("cancelled", "Cancelled"),
            ("ignored", "Not shipped by us"),
        ],
        default="received",
        required=True,
        readonly=True,
        index=True,
    )
    acknowledged = fields.Boolean(string="Confirmed at the Marketplace", readonly=True)
    cancel_requested = fields.Boolean(string="Buyer Wants to Cancel", readonly=True)
    cancel_moment = fields.Integer(
        readonly=True,
        copy=False,
        aggregator=None,
        help="Of two readings of the marketplace the later one has the higher number. "
        "A request to cancel was read before this one, a withdrawal after it; what "
        "was read earlier and comes later is no news.",
    )
    ship_despite_cancel = fields.Boolean(
        string="Ship Despite Cancel Request",
        readonly=True,
        help="A manager decided to refuse the buyer's cancel request by shipping.",
    )
    problem = fields.Selection(
        [
            ("unmatched", "Unknown code"),
            ("amount", "Amounts differ"),
            ("address", "No address yet"),
            ("confirmation", "Confirmation refused"),
            ("cancel", "Buyer wants to cancel"),
            ("cancelled_late", "Cancelled after shipping"),
            ("cancelled_here", "Cancelled in Odoo only"),
            ("elsewhere", "Shipped elsewhere"),
            ("address_changed", "Address changed"),
            ("tracking", "Tracking number refused"),
            ("error", "Could not be booked"),
        ],
        readonly=True,
        index="btree_not_null",
    )
    problem_text = fields.Text(string="What To Do", readonly=True)
    waiting_code = fields.Char(
        readonly=True,
        index="btree_not_null",
        help="The code that no product has yet.",
    )
    next_try_at = fields.Datetime(readonly=True)
    complete_at = fields.Datetime(
        readonly=True,
        index="btree_not_null",
        help="When the order is read again for what was missing in it.",
    )
    complete_tries = fields.Integer(readonly=True)

    # --- what it says ---------------------------------------------------
    ordered_at = fields.Datetime(readonly=True)
    paid_at = fields.Datetime(readonly=True)  # see _sales_idx
    due_at = fields.Datetime(
        string="Dispatch Deadline",
        readonly=True,
        help="Ship until then (발송마감일): later costs a penalty.",
    )
    goods_no = fields.Char(string="Goods Number", readonly=True)
    goods_name = fields.Char(string="Goods", readonly=True)
    option_text = fields.Char(string="Option", readonly=True)
    quantity = fields.Float(digits=(16, 0), readonly=True)
    memo = fields.Char(string="Delivery Memo", readonly=True)
    free_gift = fields.Char(
        readonly=True,
        help="Free gift (사은품) or bonus (덤) that belongs into the parcel.",
    )
    is_gift = fields.Boolean(string="Gift", readonly=True)
    overseas = fields.Boolean(readonly=True)
    amount_paid = fields.Monetary(
        string="Paid by the Buyer",
        readonly=True,
        help="As the marketplace counts it. It may contain the shipping fee of the "
        "whole basket, so do not add it up over a basket.",
    )
    amount_sale = fields.Monetary(
        string="Seller's Sale",
        readonly=True,
        help="Goods, options and add-on items less what the seller gives away. The "
        "basket's shipping fee is on the sales order.",
    )
    amount_site_share = fields.Monetary(
        string="Paid by the Site",
        readonly=True,
        help="Discount that the site gave and pays out to you. It is part of the sale.",
    )
    amount_seller_discount = fields.Monetary(string="Seller Discount", readonly=True)
    amount_settlement = fields.Monetary(string="Expected Payout", readonly=True)

    # --- what became of it ----------------------------------------------
    sale_order_id = fields.Many2one(
        "sale.order",
        string="Sales Order",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    sale_line_ids = fields.One2many(
        "sale.order.line", "esm_order_id", string="Sales Order Lines"
    )
    outbox_ids = fields.One2many("esm.outbox", "order_id", string="Messages")
    tracking_no = fields.Char(string="Tracking Number", readonly=True)

    _order_uniq = models.UniqueIndex(
        "(site, order_no)", "This marketplace order is already stored."
    )
    _waiting_idx = models.Index(
        "(shop_id, state, next_try_at) WHERE state IN ('received', 'booked')"
    )
    # The numbers of the dashboard, for all shops at once.
    _cancel_idx = models.Index("(shop_id) WHERE cancel_requested IS TRUE")
    _sales_idx = models.Index(
        "(paid_at, shop_id) INCLUDE (company_id, state, amount_sale)"
    )

    def init(self):
        """Extend: the numbers that readings are ordered by."""
        res = super().init()
        make_sequence(self.env.cr)
        return res

    def _parsed(self):
        """The order of this row as `esm_api` reads it."""
        self.ensure_one()
        # sudo: the payload is a field for managers only, the jobs book from it
        return Order.from_payload(
            self.sudo().payload,
            # Rows carry no site, but money is counted by each site's rule.
            site=Site(self.site),
            seller_id=self.shop_id.seller_id,
        )

    # ------------------------------------------------------------------
    # Store
    # ------------------------------------------------------------------

    @api.model
    def _store(self, shop, orders, foreign=None):
        """Store what ESM sent: create unknown orders, refresh known ones.

        Orders that another shop has are left alone: ESM shows each shop its own, so
        one of both is not what it says it is.

        :param shop: `esm.shop` record that the orders were read for
        :param orders: list of `esm_api.Order`
        :param list foreign: takes the numbers of those that another shop has
        :return: number of created rows
        """
        orders = {order.order_no: order for order in orders}
        known = self._find(shop.site, orders)._by_number()
        for no, row in known.items():
            if row.shop_id == shop:
                row._refresh(orders[no])
            elif foreign is not None:
                foreign.append(no)
        new = [order for no, order in orders.items() if no not in known]
        # Oldest first: so are the sales orders made, and their lines.
        new.sort(key=lambda order: (str(order.paid_at), int(order.order_no)))
        self.create(
            [self._prepare_values(shop, order) for order in new]
        )._hold_in_odd_state()
        self.env["esm.listing"]._note_ordered(
            shop, {order.site_goods_no for order in new if order.site_goods_no}
        )
        return len(new)

    @api.model
    def _find(self, site, order_numbers):
        return self.search(
            [("site", "=", site), ("order_no", "in", list(order_numbers))]
        )

    def _by_number(self):
        return {row.order_no: row for row in self}

    @api.model
    def _prepare_values(self, shop, order):
        """Values of a new row.

        :param shop: `esm.shop` record
        :param order: `esm_api.Order`
        """
        return {
            "shop_id": shop.id,
            "site": shop.site,
            "order_no": order.order_no,
            "state": "ignored" if order.is_fulfilment else "received",
            **self._prepare_content_values(order),
            **self._prepare_completion_values(order),
        }

    def _hold_in_odd_state(self):
        """Set those of these orders aside that are listed as open, but say otherwise.

        Nothing would be done with them, and nobody would know.
        """
        odd = self.filtered(
            lambda row: (
                row.state == "received"
                and row.origin == "collected"
                and not row.problem
                and row.market_status not in ("new", "preparing")
            )
        )
        for row in odd:
            row._set_problem(
                "error",
                self.env._(
                    "The marketplace lists order %(order)s among the open ones, but "
                    "gives it another state. It is not booked until both agree: look "
                    "at it in ESM Plus.",
                    order=row.order_no,
                ),
            )

    @api.model
    def _prepare_content_values(self, order):
        """Values that are read from ESM and may change with each reading."""
        fingerprint = self.env["res.partner"]._esm_fingerprint
        status = order.status.name.lower() if order.status is not None else False
        discount = (order.seller_discount or 0) + (order.seller_cash or 0)
        goods = (order.unit_price or 0) * (order.quantity or 0)
        extras = (order.option_amount or 0) + (order.addition_amount or 0)
        return {
            "payload": order.payload,
            "pay_no": order.pay_no or order.order_no,
            "address_key": fingerprint(*self._address_parts(order)),
            "destination_key": fingerprint(*order.address_key),
            "market_status": status,
            # A claim may come before the confirmation.
            "acknowledged": bool(
                order.status
                and OrderStatus.PREPARING <= order.status <= OrderStatus.DECIDED
            ),
            "ordered_at": naive(order.ordered_at),
            "paid_at": naive(order.paid_at or order.ordered_at),
            "due_at": naive(order.due_at),
            "goods_no": order.site_goods_no,
            "goods_name": order.goods_name,
            "option_text": ", ".join(o.text for o in order.options if o.text) or False,
            "quantity": order.quantity,
            "memo": order.memo,
            "free_gift": " / ".join(filter(None, (order.free_gift, order.bonus)))
            or False,
            "is_gift": order.is_gift,
            "overseas": order.overseas,
            "amount_paid": float(order.paid_amount or 0),
            "amount_sale": float(goods + extras - discount),
            "amount_site_share": float(order.site_discount or 0),
            "amount_seller_discount": float(discount),
            "amount_settlement": float(order.settlement_amount or 0),
        }

    @api.model
    def _address_parts(self, order):
        return (
            order.receiver_name,
            order.receiver_mobile,
            order.receiver_phone,
            order.zip_code,
            order.address_front,
            order.address_back,
        )

    @api.model
    def _prepare_completion_values(self, order, tries=0):
        """When to read the order again for what is missing in it, if at all."""
        missing = order.contact_pending or not order.due_at or order.gift_waiting
        if not missing or (tries >= len(COMPLETE_AFTER) and not order.gift_waiting):
            return {"complete_at": False, "complete_tries": tries}
        minutes = COMPLETE_AFTER[min(tries, len(COMPLETE_AFTER) - 1)]
        return {
            "complete_at": fields.Datetime.now() + timedelta(minutes=minutes),
            "complete_tries": tries,
        }

    def _prepare_changes(self, order):
        """What differs in another reading of this order: dict field name -> value.

        :param order: `esm_api.Order` with the same number
        """
        values = self._prepare_content_values(order)
        if order.status is None or (self.acknowledged and not values["acknowledged"]):
            # Unreadable, or read before the confirmation that another worker has sent.
            del values["acknowledged"], values["market_status"]
        elif (
            self.state == "sent" or self.cancel_requested
        ) and order.status <= OrderStatus.PREPARING:
            # Read before the number was sent, or the buyer asked to cancel: lists are
            # stored when all is read.
            del values["market_status"]
        return {
            name: value
            for name, value in values.items()
            if self[name] != value and (self[name] or value)
        }

    def _refresh(self, order):
        """Take over a newer reading of this order; unchanged values are not written.

        :param order: `esm_api.Order` with the same number
        """
        self.ensure_one()
        if self.state in ("cancelled", "ignored"):
            return
        changed = self._prepare_changes(order)
        if "payload" in changed and self.payload:
            known = self._parsed()
            if self.acknowledged and order.status == OrderStatus.NEW:
                # Read before the confirmation, which may have brought another address.
                order = known.keeping_late_parts(order)
            else:
                order = order.keeping_late_parts(known)
            changed = self._prepare_changes(order)
        if not changed:
            return
        before = self._parsed() if "address_key" in changed else None
        self.write(changed)
        if self.complete_at and not (
            order.contact_pending or not order.due_at or order.gift_waiting
        ):
            self.complete_at = False
        if changed.get("market_status") in ("new", "preparing") and (
            self.problem == "error" and self.state == "received"
        ):
            self._clear_problem()  # see _hold_in_odd_state
        if self.problem == "address" and not order.gift_waiting:
            self._clear_problem()
            self.outbox_ids.filtered(lambda m: m.state == "waiting")._retry()
        if self.sale_order_id:
            self._refresh_sale_order(order, before)

    # ------------------------------------------------------------------
    # Complete: what was missing when the order came in
    # ------------------------------------------------------------------

    @api.model
    def _complete(self, shop, api_client):
        """Read orders again that came without phone, deadline or gift address.

        :param shop: `esm.shop` record
        :param api_client: `esm_api.EsmClient` of the shop
        """
        rows = self.search(
            [
                ("shop_id", "=", shop.id),
                ("complete_at", "<=", fields.Datetime.now()),
                ("state", "in", ("received", "booked", "released")),
            ],
            limit=100,
        )
        for row in rows:
            try:
                order = api_client.orders.get(row.order_no, around=aware(row.paid_at))
            except RuleError as error:
                # It is complete enough for the others to go on.
                _logger.info("Order row %s: %s", row.id, type(error).__name__)
                order = None
            row._alone(lambda row=row, order=order: row._note_completion(order))

    def _note_completion(self, order):
        tries = self.complete_tries + 1
        if order is None:
            # Orders under a claim are not shown; cancels are read on their own.
            self.write({"complete_at": False, "complete_tries": tries})
            return
        self._refresh(order)
        if self.payload:  # with what was known before
            order = order.keeping_late_parts(self._parsed())
        self.write(self._prepare_completion_values(order, tries))

    # ------------------------------------------------------------------
    # Acknowledge
    # ------------------------------------------------------------------

    @api.model
    def _request_acknowledgements(self, shop):
        """Put a confirmation into the outbox for each new order, if so switched."""
        if not shop.auto_acknowledge:
            return
        rows = self.search(
            [
                ("shop_id", "=", shop.id),
                ("market_status", "=", "new"),
                ("state", "in", ("received", "booked", "released")),
                ("problem", "not in", ("address", "confirmation", "cancel")),
                ("outbox_ids", "not any", [("action", "=", "acknowledge")]),
            ]
        )
        if rows:
            shop._transact(lambda: self.env["esm.outbox"]._request_acknowledge(rows))

    def action_acknowledge(self):
        """Confirm these orders at the marketplace now (주문확인)."""
        self.check_access("read")
        rows = self.filtered(
            lambda row: (
                row.market_status == "new"
                and row.state in ("received", "booked", "released")
            )
        )
        if not rows:
            raise UserError(
                self.env._("Only new orders can be confirmed at the marketplace.")
            )
        # sudo: the outbox is written by the connector only, for any of its users
        outbox = self.env["esm.outbox"].sudo()
        outbox._request_acknowledge(rows.sudo())
        outbox._trigger_send()
        return True

    # ------------------------------------------------------------------
    # Problems
    # ------------------------------------------------------------------

    def _alone(self, work, claim=False):
        """Do something with this order in a transaction of its own.

        What goes wrong with it is told on it and stops nothing else.

        :param work: callable without arguments that can be run again
        :param bool claim: `work` takes over a cancel or the like: goods of an order
            that may be cancelled must not leave
        """
        shop = self.shop_id

        def succeed():
            work()
            if not claim and self.problem == "error" and self.state != "received":
                self._clear_problem()  # what was told below

        try:
            shop._transact(succeed)
        except CONFLICTS:
            _logger.info("Order row %s waits for the next run", self.id)
        except Exception as error:
            shop._rollback()
            reason = self._error_reason(error)

            def hold():
                if not claim:
                    self._set_problem(
                        "error",
                        self._error_text(reason),
                        fields.Datetime.now() + RETRY_ERRORS_AFTER,
                    )
                    return
                if not self.cancel_requested:
                    self.cancel_requested = True
                    self._note_request_read()
                self._set_problem(
                    "cancel",
                    self.env._(
                        "Order %(order)s was changed or cancelled at the marketplace, "
                        "but that could not be taken over: %(reason)s Do not ship it "
                        "before you have looked at it in ESM Plus. It is tried again "
                        "with each collection.",
                        order=self.order_no,
                        reason=reason,
                    ),
                )

            shop._transact(hold)

    def _set_problem(self, problem, text, next_try_at=False):
        """Set these orders aside with a reason that a merchant understands.

        :param problem: value of field `problem`
        :param text: what happened and what to do, translated
        :param next_try_at: naive UTC datetime of the next automatic try, or False
        """
        for row in self:
            values = {
                "problem": problem,
                "problem_text": text,
                "next_try_at": next_try_at,
            }
            if any(row[name] != value for name, value in values.items()):
                row.write(values)

    def _clear_problem(self):
        rows = self.filtered(lambda row: row.problem or row.next_try_at)
        rows.write(
            {
                "problem": False,
                "problem_text": False,
                "next_try_at": False,
                "waiting_code": False,
            }
        )

    @api.model
    def _waiting_domain(self):
        """Orders that can be booked or released without a word from ESM."""
        return Domain("state", "in", ("received", "booked")) & (
            Domain("next_try_at", "=", False)
            | Domain("next_try_at", "<=", fields.Datetime.now())
        )

    @api.model
    def _wake_waiting_for(self, codes):
        """Let orders try again that wait for one of these codes."""
        rows = self.search(
            [
                ("waiting_code", "in", list(codes)),
                ("problem", "=", "unmatched"),
                ("state", "in", ("received", "booked")),
            ]
        )
        rows._wake_unmatched()

    def _wake_unmatched(self):
        """Let those of these orders try again that wait for a product."""
        rows = self.filtered(lambda row: row.problem == "unmatched")
        if rows:
            rows.next_try_at = fields.Datetime.now()
            self.env.ref("sale_esm.ir_cron_process")._trigger()

    def _stop_text(self):
        """Why the goods of this order must not leave now, or None if they may."""
        if self.state == "cancelled" or self.problem == "cancelled_late":
            return self.env._(
                "Order %(order)s is cancelled. Do not ship it.", order=self.order_no
            )
        if self.cancel_requested and not self.ship_despite_cancel:
            return self.problem_text
        return None

    # ------------------------------------------------------------------
    # Claims
    # ------------------------------------------------------------------

    @api.model
    def _apply_cancels(self, shop, reading):
        """Apply cancels that ESM lists to the orders that are stored.

        :param shop: `esm.shop` record
        :param reading: `CancelReading` of this shop
        """
        # Meanwhile others may have read and stored more than us.
        shop._commit()
        cancels = reading.cancels
        known = self._find(shop.site, cancels)
        rows = known.filtered(
            lambda row: (
                row.shop_id == shop
                and (
                    row._cancel_is_news(cancels[row.order_no], reading)
                    or row._is_another_request(cancels[row.order_no], reading)
                )
            )
        )
        for row in rows:
            cancel = cancels[row.order_no]

            def apply(row=row, cancel=cancel):
                # Asked again: in this transaction another worker's word counts.
                if row._cancel_is_news(cancel, reading):
                    row._apply_cancel(cancel, reading)
                elif row._is_another_request(cancel, reading):
                    row._note_another_request(cancel)

            row._alone(apply, claim=True)
        self._note_strangers(shop, cancels, set(known.mapped("order_no")))

    @api.model
    def _note_strangers(self, shop, cancels, known):
        """Orders that were cancelled before anybody saw them: pieces fell and rose.

        :param shop: `esm.shop` record
        :param cancels: dict order number -> `esm_api.Cancel`
        :param known: order numbers that are stored
        """
        since = aware((shop.cancels_read_at or fields.Datetime.now()) - LISTED_LATE)
        numbers = {
            cancel.site_goods_no
            for number, cancel in cancels.items()
            if number not in known
            and cancel.done
            and (cancel.completed_at is None or cancel.completed_at >= since)
        }
        if numbers - {None}:
            Listing = self.env["esm.listing"]
            shop._transact(lambda: Listing._note_ordered(shop, numbers - {None}))

    def _cancel_is_news(self, cancel, reading):
        """Whether something has to be done about it.

        :param cancel: `esm_api.Cancel` of this order
        :param reading: the `CancelReading` that it is from. Where it and what is known
            were read at the same time, the goods stay here until the next one
        """
        if cancel.pending:
            return (
                not self.cancel_requested
                and self.state not in ("cancelled", "ignored", "sent")
                and not reading.precedes(self.cancel_moment)
            )
        if cancel.withdrawn:
            return self.cancel_requested and reading.follows(self.cancel_moment)
        return (
            cancel.done
            and self.state != "cancelled"
            and (self.problem != "cancelled_late")
        )

    def _is_another_request(self, cancel, reading):
        """Whether it is not the request that is known, or its time was not known.

        :param cancel: `esm_api.Cancel` of this order
        :param reading: the `CancelReading` that it is from
        """
        requested_at = naive(cancel.requested_at)
        return (
            cancel.pending
            and self.cancel_requested
            and requested_at
            and requested_at != self.cancel_requested_at
            and not reading.precedes(self.cancel_moment)
        )

    def _late_cancel_text(self, cancel):
        """What the warehouse is told of a cancel that comes in at the last moment."""
        if cancel.pending:
            return self.env._(
                "The buyer of order %(order)s has just asked to cancel. Do not ship "
                "it, unless a manager decides to.",
                order=self.order_no,
            )
        return self.env._(
            "Order %(order)s has just been cancelled. Do not ship it.",
            order=self.order_no,
        )

    def _apply_cancel(self, cancel, reading):
        """Apply one cancel: requested, withdrawn or done.

        :param cancel: `esm_api.Cancel` of this order
        :param reading: the `CancelReading` that it is from
        """
        self.ensure_one()
        if cancel.pending:
            self._note_cancel_request()
        elif cancel.withdrawn:
            self._note_cancel_withdrawn()
            self.cancel_moment = reading.began
        else:
            self._cancel(
                self.env._("Refunded by the site")
                if cancel.status == CancelStatus.REFUNDED_BY_SITE
                else self.env._("Cancelled by the buyer")
            )

    def _note_cancel_request(self):
        self.write({"cancel_requested": True, "market_status": "cancel"})
        self._note_request_read()
        self._set_problem(
            "cancel",
            self.env._(
                "The buyer of order %(order)s wants to cancel. Approve it in ESM Plus, "
                "or ask a manager to ship all the same, which refuses the request. "
                "Without an answer the marketplace cancels after %(hours)s hours.",
                order=self.order_no,
                hours=ANSWER_TIME // timedelta(hours=1),
            ),
        )

    def _note_request_read(self):
        """Note that this order's request was read by now, not later."""
        self.cancel_moment = next_moment(self.env)

    def _note_another_request(self, cancel):
        """What was read of a withdrawal, or decided, until now is about the former."""
        requested_at = naive(cancel.requested_at)
        self._note_request_read()
        if self.ship_despite_cancel and (
            self.cancel_requested_at and requested_at > self.cancel_requested_at
        ):
            self.ship_despite_cancel = False
            self._note_cancel_request()
        self.cancel_requested_at = requested_at

    def _note_cancel_withdrawn(self):
        """The buyer or the dispatch took the request back: the order goes on."""
        self.write(
            {
                "cancel_requested": False,
                "ship_despite_cancel": False,
                "market_status": "in_delivery" if self.state == "sent" else "preparing",
            }
        )
        if self.problem == "cancel":
            self._clear_problem()
            # What it waited for before the request, it still waits for.
            if self.state == "booked":
                self.sale_order_id._esm_review()

    def _cancel(self, reason):
        """The order is cancelled at the marketplace: take it out of our books.

        Goods that have not left are taken off the sales order and the delivery.
        Goods that have left are a case for a human: nothing is undone silently.

        :param reason: translated text
        """
        self.ensure_one()
        self.outbox_ids._withdraw()
        self.env["esm.listing"]._note_ordered(self.shop_id, [self.goods_no])
        shipped = self.sale_line_ids.move_ids.filtered(
            lambda move: (
                move.state == "done" and move.location_dest_id.usage == "customer"
            )
        )
        if shipped or self.state in ("shipped", "sent"):
            self.write({"market_status": "cancel", "cancel_requested": False})
            self._set_problem(
                "cancelled_late",
                self.env._(
                    "Order %(order)s was cancelled at the marketplace after it left "
                    "the warehouse. Stop the parcel or plan its return, then take the "
                    "goods back with a return of the delivery and a credit note.",
                    order=self.order_no,
                ),
            )
            return
        order = self.sale_order_id
        self.write(
            {
                "state": "cancelled",
                "market_status": "cancel",
                "cancel_requested": False,
                "problem": False,
                "problem_text": False,
                "waiting_code": False,
                "complete_at": False,
            }
        )
        if order:
            order._esm_cancel_lines(self, reason)

    def action_ship_despite_cancel(self):
        """A manager decides: the goods are shipped, which refuses the cancel."""
        self.check_access("read")
        if not self.env.user.has_group("sale_esm.group_manager"):
            raise UserError(
                self.env._("Only managers can ship against a cancel request.")
            )
        rows = self.filtered("cancel_requested").sudo()  # read-only for users
        rows.ship_despite_cancel = True
        rows._clear_problem()
        for row in rows:
            row.sale_order_id.message_post(
                body=self.env._(
                    "%(user)s decided to ship order %(order)s although the buyer asked "
                    "to cancel.",
                    user=self.env.user.name,
                    order=row.order_no,
                )
            )
        outbox = rows.outbox_ids.filtered(lambda message: message.action == "ship")
        outbox._retry()
        return True

    @api.model
    def _look_for_missing(self, shop, api_client, seen, begin):
        """Ask for open orders that ESM lists neither as new nor as to ship any more.

        They are under a claim, or somebody shipped them in ESM Plus. Each costs a call:
        of more than `MISSING_MOST` some are asked for, and others the next time.

        :param shop: `esm.shop` record
        :param api_client: `esm_api.EsmClient` of the shop
        :param seen: order numbers that ESM has just listed
        :param begin: naive UTC datetime that ESM's list starts at
        """
        ids = self.search(
            [
                ("shop_id", "=", shop.id),
                ("state", "in", ("received", "booked", "released")),
                ("market_status", "in", ("new", "preparing")),
                ("paid_at", ">=", begin),
                ("order_no", "not in", list(seen)),
            ]
        ).ids
        if len(ids) > MISSING_MOST:
            # By lot: those that ESM never tells the state of stand in nobody's way.
            ids = random.sample(ids, MISSING_MOST)  # nosec B311  # no secret
        for row in self.browse(ids):
            try:
                state = api_client.delivery.status(row.order_no)
            except RuleError as error:
                # Others may be cancelled: they are asked for all the same.
                _logger.info("Order row %s: %s", row.id, type(error).__name__)
                continue
            if state is not None:
                row._alone(
                    lambda row=row, state=state: row._apply_state(state),
                    claim=state.under_claim,
                )

    def _apply_state(self, state):
        """Take over what ESM says of an order that it does not list any more.

        :param state: `esm_api.OrderState`
        """
        self.ensure_one()
        if self.state not in ("received", "booked", "released"):
            return
        if state.cancelled:
            self._cancel(self.env._("Cancelled at the marketplace"))
        elif state.cancel_requested:
            if not self.cancel_requested:
                self._note_cancel_request()
        elif state.in_delivery_or_later:
            self.write(
                {"acknowledged": True, "market_status": state.status.name.lower()}
            )
            self._set_problem(
                "elsewhere",
                self.env._(
                    "Order %(order)s is in delivery at the marketplace, but not by "
                    "this system: somebody entered a tracking number in ESM Plus. If "
                    "it has left, validate its delivery here with the same number.",
                    order=self.order_no,
                ),
            )

    # ------------------------------------------------------------------
    # By number
    # ------------------------------------------------------------------

    @api.model
    def _fetch_by_number(self, shop, order_no):
        """Read one order by its number and take it in, if ESM still lets us.

        :param shop: `esm.shop` record
        :param str order_no: order number
        :return: (row or empty recordset, translated text for the user)
        """
        known = self._find(shop.site, [order_no])
        if known and known.shop_id != shop:
            return known, self.env._(
                "belongs to %(shop)s already.", shop=known.shop_id.sudo().name
            )
        try:
            api_client = shop._api()
            order = api_client.orders.get(order_no)
            if order is None:
                return known, self._explain_missing(api_client, order_no)
        except EsmError as error:
            return known, shop._explain(error)
        if order.status not in (OrderStatus.NEW, OrderStatus.PREPARING):
            if known:
                shop._transact(lambda: known._refresh(order))
                return known, self.env._("is known and was read again.")
            return known, self.env._(
                "is already in delivery or beyond. The marketplace only hands over "
                "orders that are not shipped yet: press Enter by Hand to take it over "
                "all the same."
            )
        created = shop._transact(lambda: self._store(shop, [order]))
        return self._find(shop.site, [order_no]), (
            self.env._("was collected.")
            if created
            else self.env._("is known and was read again.")
        )

    @api.model
    def _explain_missing(self, api_client, order_no):
        state = api_client.delivery.status(order_no)
        if state is None:
            return self.env._(
                "is not known to this shop. Check the number and the shop: each shop "
                "only sees its own orders."
            )
        if state.under_claim:
            return self.env._(
                "is under a cancel, return or exchange. The marketplace does not hand "
                "over such orders: handle it in ESM Plus."
            )
        return self.env._(
            "is already in delivery or beyond, and the marketplace does not show it "
            "any more. Enter it by hand: take it from the order workbook of ESM Plus, "
            "or type it in."
        )

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_view_sale_order(self):
        self.ensure_one()
        return self.sale_order_id._get_records_action()

    def action_handled(self):
        """A person has done what no job can do: the problem is closed."""
        self.check_access("read")
        # sudo: rows are read-only for users
        rows = self.sudo().filtered(
            lambda row: (
                row.problem
                in ("cancelled_late", "elsewhere", "address_changed", "delay")
            )
        )
        if not rows:
            raise UserError(self.env._("There is nothing to close here."))
        # The marketplace goes on listing the cancel: nothing is left to do about it.
        rows.filtered(lambda row: row.problem == "cancelled_late").state = "cancelled"
        for row in rows:
            row.sale_order_id.message_post(
                body=self.env._(
                    "%(user)s closed: %(text)s",
                    user=self.env.user.name,
                    text=row.problem_text,
                )
            )
        rows._clear_problem()
        return True

    def action_rematch(self):
        """Put on orders that are not shipped yet what the matches say today."""
        self.check_access("read")
        # sudo: rows are read-only for users
        rows = self.sudo().filtered(lambda row: row.state in ("booked", "released"))
        changed = rows._mismatched()
        if not changed:
            raise UserError(
                self.env._(
                    "Nothing to change: these orders have left, or their goods are "
                    "what their codes and listings say."
                )
            )
        left = changed._rematch()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if left else "success",
                "sticky": bool(left),
                "message": changed._rematch_text(left),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_retry(self):
        """Try to book and release these orders again now."""
        self.check_access("read")
        # sudo: the jobs act for the shop, not for the person who presses the button
        rows = self.sudo()
        rows.filtered("next_try_at").next_try_at = False
        rows._wake_unmatched()
        held = rows.filtered(lambda row: row.problem in ("error", "confirmation"))
        held.write({"problem": False, "problem_text": False})
        held._hold_in_odd_state()
        rows.outbox_ids.filtered(lambda message: message.state == "refused")._retry()
        self.env.ref("sale_esm.ir_cron_process").sudo()._trigger()
        return True
