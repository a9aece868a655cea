import logging
import random
import time
from datetime import timedelta

from psycopg2 import errors as pg_errors

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.fields import Domain

from ..esm_api import (
    AlreadyDone,
    CredentialError,
    EsmError,
    NoPermission,
    OrderStatus,
    RateLimited,
    Refusal,
    RuleError,
    TransientError,
    UnknownOutcome,
)
from .crew import Crew
from .jobs import CONFLICTS
from .utc import aware, naive

_logger = logging.getLogger(__name__)

# Minutes until the next try after trouble that passes; the last one is repeated.
RETRY_MINUTES = (1, 2, 5, 15, 30, 60)
# What other workers were in the way of is tried again after this time.
AFTER_CONFLICTS = timedelta(minutes=1)
# What is sent as it stands; stock is compared anew right before it is written.
SENT_AT_ONCE = ("acknowledge", "expected", "ship", "delivered", "price", "codes")
# Shops that one worker sends for at a time: each has a pace of its own.
SHOPS_AT_ONCE = 16


class EsmOutbox(models.Model):
    """The outbox: one row per call that changes something at ESM.

    A row is written in the transaction that decides the call and sent after its
    commit by a job of its own. The natural key (order, action) keeps it single.
    Before a call the state at ESM is read: what is already done is not done again.
    """

    _name = "esm.outbox"
    _description = "Message to the Marketplace"
    _order = "id desc"
    _check_company_auto = True

    order_id = fields.Many2one("esm.order", readonly=True, ondelete="cascade")
    listing_id = fields.Many2one("esm.listing", readonly=True, ondelete="cascade")
    shop_id = fields.Many2one(
        "esm.shop",
        compute="_compute_shop_id",
        store=True,
        precompute=True,
        required=True,
    )
    company_id = fields.Many2one(
        related="shop_id.company_id", store=True, precompute=True
    )
    action = fields.Selection(
        [
            ("acknowledge", "Confirm order"),
            ("ship", "Send tracking number"),
            ("stock", "Write stock"),
            ("price", "Write price"),
            ("codes", "Write codes"),
        ],
        required=True,
        readonly=True,
    )
    picking_id = fields.Many2one(
        "stock.picking",
        string="Delivery",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    courier_id = fields.Many2one("esm.courier", readonly=True, ondelete="restrict")
    tracking_no = fields.Char(string="Tracking Number", readonly=True)
    replaces = fields.Boolean(
        readonly=True,
        help="A user wants this number in place of another that ESM already shows.",
    )
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("sent", "Sent"),
            ("refused", "Refused"),
            ("withdrawn", "Withdrawn"),
        ],
        default="waiting",
        required=True,
        readonly=True,
    )
    message = fields.Text(string="Result", readonly=True)
    attempts = fields.Integer(readonly=True)
    next_try_at = fields.Datetime(readonly=True)
    sent_at = fields.Datetime(readonly=True)

    _action_uniq = models.UniqueIndex(
        "(order_id, action)", "This message is already in the outbox."
    )
    _listing_action_uniq = models.UniqueIndex(
        "(listing_id, action)", "This message is already in the outbox."
    )
    _about_check = models.Constraint(
        "CHECK ((order_id IS NULL) <> (listing_id IS NULL))",
        "A message is about an order or about a listing.",
    )
    # Of all messages that ever were, only these two kinds are looked for by shop.
    _waiting_idx = models.Index("(shop_id, next_try_at) WHERE state = 'waiting'")
    _refused_idx = models.Index("(shop_id) WHERE state = 'refused'")

    @api.model_create_multi
    def create(self, vals_list):
        """Extend: whoever is slower than another with the same message starts over.

        :raise ConcurrencyError: somebody else has just put it here. Odoo repeats what
            the user wanted, and so do jobs: they find it then.
        """
        try:
            messages = super().create(vals_list)
        except pg_errors.UniqueViolation as error:
            raise ConcurrencyError(self._action_uniq.message) from error
        messages.filtered("picking_id").order_id._meet_in_deliveries()
        return messages

    def write(self, vals):
        """Extend: what a delivery shows follows from all of its messages."""
        res = super().write(vals)
        if "state" in vals:
            self.filtered("picking_id").order_id._meet_in_deliveries()
        return res

    @api.depends("order_id.shop_id", "listing_id.shop_id")
    def _compute_shop_id(self):
        for message in self:
            message.shop_id = message.order_id.shop_id or message.listing_id.shop_id

    @api.depends("action", "order_id.order_no", "listing_id.site_goods_no")
    def _compute_display_name(self):
        actions = dict(self._fields["action"]._description_selection(self.env))
        for message in self:
            number = message.order_id.order_no or message.listing_id.site_goods_no
            message.display_name = f"{number}: {actions.get(message.action)}"

    # ------------------------------------------------------------------
    # Decide
    # ------------------------------------------------------------------

    @api.model
    def _request_acknowledge(self, orders):
        """Put the confirmation of these marketplace orders into the outbox.

        :param orders: `esm.order` recordset in status "new"
        """
        known = self.search(
            [("order_id", "in", orders.ids), ("action", "=", "acknowledge")]
        )
        known.filtered(lambda m: m.state in ("refused", "withdrawn"))._retry()
        self.create(
            [
                {"order_id": order.id, "action": "acknowledge"}
                for order in orders - known.order_id
            ]
        )

    @api.model
    def _request_ship(self, parcels):
        """Put the tracking numbers of deliveries into the outbox.

        The first parcel of an order counts at ESM: it keeps its number, sent or not.
        Changing it is a user's decision, see `_replace`.

        :param list parcels: (`stock.picking` with carrier and number, recordset of the
            `esm.order` that are in it)
        """
        order_ids = {row.id for _picking, orders in parcels for row in orders}
        known = self.search(
            [("order_id", "in", list(order_ids)), ("action", "=", "ship")]
        )
        by_order = known.grouped("order_id")
        new = {}
        for picking, orders in parcels:
            values = {
                "picking_id": picking.id,
                "courier_id": picking.carrier_id.esm_courier_id.id,
                "tracking_no": picking._esm_tracking_no(),
            }
            for order in orders:
                if order in by_order:
                    by_order[order]._note_parcel(picking, values)
                else:
                    message = {"order_id": order.id, "action": "ship", **values}
                    new.setdefault(order, message)
        self.create(list(new.values()))
        self._trigger_send()

    def _note_parcel(self, picking, values):
        """Take over the number of a delivery, if it is the one that ESM gets.

        :param picking: `stock.picking`
        :param dict values: picking, courier and number of it
        """
        self.ensure_one()
        if self.state == "sent" and self.picking_id == picking:
            # Told when the waybill was printed, say; validating is no news.
            return
        first_parcel = self.picking_id in (self.picking_id.browse(), picking)
        if first_parcel or self.state in ("refused", "withdrawn"):
            self._replace(values, force=False)

    def _replace(self, values, force):
        """Send these values instead of those before.

        :param values: dict of picking, courier and number
        :param bool force: also in place of another number that ESM shows
        """
        self.write(
            {
                **values,
                "replaces": force or self.replaces,
                "state": "waiting",
                "next_try_at": False,
                "attempts": 0,
                "message": False,
            }
        )

    def _retry(self):
        """Send these messages again, now."""
        self.write({"state": "waiting", "next_try_at": False, "attempts": 0})
        self._trigger_send()

    def _withdraw(self):
        """Do not send these messages any more, if they are not sent yet."""
        self.filtered(lambda m: m.state in ("waiting", "refused")).write(
            {"state": "withdrawn", "next_try_at": False}
        )

    def _trigger_send(self):
        self.env.ref("sale_esm.ir_cron_send").sudo()._trigger()
        if "stock" in self.mapped("action"):
            self.env.ref("sale_esm.ir_cron_stock").sudo()._trigger()

    def action_retry(self):
        """Try these messages again now."""
        self.check_access("read")
        # sudo: the outbox is written by the connector only
        messages = self.sudo().filtered(lambda m: m.state in ("waiting", "refused"))
        if not messages:
            raise UserError(self.env._("There is nothing to send again."))
        messages._retry()
        return True

    # ------------------------------------------------------------------
    # Send
    # ------------------------------------------------------------------

    @api.model
    def _cron_send(self):
        """Send what waits, shop by shop; stock goes with its own job."""
        Shop = self.env["esm.shop"]
        found = self._read_group(
            [*self._waiting_domain(), ("action", "in", SENT_AT_ONCE)], ["shop_id"]
        )
        shop_ids = [shop.id for [shop] in found]
        # One that has more to send than its pace permits is not always the first one.
        random.shuffle(shop_ids)
        shops = Shop.browse(shop_ids)
        if not Shop._leave_to_queue("send", shops):
            Shop._for_each_shop(shops, type(Shop)._scheduled_send, SHOPS_AT_ONCE)

    @api.model
    def _waiting_domain(self):
        return [
            ("state", "=", "waiting"),
            ("shop_id.connection_state", "!=", "refused"),
            "|",
            ("next_try_at", "=", False),
            ("next_try_at", "<=", fields.Datetime.now()),
        ]

    def _send_shop(self, shop, actions, **limits):
        """Send the waiting messages of one shop, whatever the last answers were.

        :param shop: `esm.shop` record
        :param actions: list of values of field `action`
        :param limits: see `_send_waiting`
        :return: the error that lets messages wait for another try, or None
        """
        shop = shop._as_job()
        try:
            confirmed, trouble = self._send_waiting(
                shop, actions, shop._api(), **limits
            )
        except EsmError as error:
            shop._rollback()
            confirmed, trouble = 0, error
        except UserError as error:  # no key, or a neutralized database
            _logger.info("Shop %s cannot send: %s", shop.id, error)
            shop._rollback()
            return error
        if confirmed:
            shop._process()
        if actions == ["stock"]:
            shop._transact(lambda: shop._note_item_trouble(trouble))
        elif trouble:
            shop._transact(lambda: shop._note_trouble(trouble))
        return trouble

    @api.model
    def _send_waiting(self, shop, actions, api_client, listings=None, seconds=None):
        """Send the waiting messages of one shop; each is a transaction of its own.

        Several are on their way at a time, each with a connection and a client of its
        own: see `crew`. An error that stops them lets those end that have begun.

        :param shop: `esm.shop` record
        :param actions: list of values of field `action`
        :param api_client: `esm_api.EsmClient` of the shop
        :param listings: only messages about these `esm.listing` records
        :param seconds: the rest goes with the next run after that time
        :return: number of orders confirmed at ESM; the first `EsmError` that let a
            message wait for another try, or None
        :raise CredentialError: the key is refused; nothing more is tried
        :raise RateLimited: ESM asks to slow down; the rest goes with the next run
        """
        troubles, confirmed, started = [], [], time.monotonic()
        domain = Domain(self._waiting_domain()) & Domain(
            [("shop_id", "=", shop.id), ("action", "in", actions)]
        )
        if listings is not None:
            domain &= Domain("listing_id", "in", listings.ids)
        messages = self.with_env(shop.env).search(domain, order="id")
        step = "stock" if actions == ["stock"] else "confirm"
        handled, skipped = [], []

        def begin(me):
            client = api_client if me.env is shop.env else me._api()

            def send(message_ids):
                for message in me.env["esm.outbox"].browse(message_ids):
                    if crew.stopped:
                        break
                    sent = message._send_alone(me, client, troubles)
                    if sent:
                        confirmed.append(message.id)
                    elif sent is None:
                        skipped.append(message.id)
                    handled.append(message.id)

            return send

        def note():
            shop._show_progress(step, len(handled), len(messages))
            if seconds and time.monotonic() - started > seconds:
                crew.stop()

        if messages:
            shop._show_progress(step, 0, len(messages))
        crew = Crew(shop, begin, messages._in_sequences())
        # Stock is read and compared again in between: one after the other.
        crew.work_off(1 if actions == ["stock"] else shop._calls_in_flight(), note)
        if crew.left and not shop._time_left():
            messages._trigger_send()
        elif skipped and actions != ["stock"]:
            cron = self.env.ref("sale_esm.ir_cron_send").sudo()
            cron._trigger(fields.Datetime.now() + AFTER_CONFLICTS)
        return len(confirmed), troubles[0] if troubles else None

    def _in_sequences(self):
        """What can be sent at a time, and what has to follow each other.

        Messages about the orders of a basket may write the same sales order, those
        about an item need it for themselves.

        :return: list of lists of IDs
        """
        sequences = {}
        for message in self:
            order, listing = message.order_id, message.listing_id
            key = (order.pay_no, listing.goods_no)
            if not any(key):
                key = message.id
            sequences.setdefault(key, []).append(message.id)
        return list(sequences.values())

    def _send_alone(self, shop, api_client, troubles):
        """Send one message in a transaction of its own.

        :return: see `_send`; None if other workers always were in the way
        """
        try:
            return shop._transact(lambda: self._send(api_client, troubles), alone=False)
        except CONFLICTS:
            # Another worker has it in hand.
            shop._rollback()
            return None

    def _send(self, api_client, troubles):
        """Send one message, unless another worker has it.

        :param api_client: `esm_api.EsmClient` of its shop
        :param list troubles: takes the error that lets it wait for another try
        :return: whether it confirmed an order
        """
        message = self.try_lock_for_update()
        message.invalidate_recordset()
        if message.state != "waiting":
            return False
        method = getattr(message, f"_send_{message.action}")
        try:
            method(api_client)
        except (CredentialError, RateLimited) as error:
            if (
                self.action in SENT_AT_ONCE
                and self.listing_id
                and (isinstance(error, NoPermission))
            ):
                # Permission is granted per API: orders can be sent all the same.
                message._refuse(message.shop_id._explain(error))
                return False
            raise
        except (TransientError, UnknownOutcome) as error:
            troubles.append(error)
            message._postpone(error)
        except RuleError as error:
            if error.reason in (Refusal.IN_PROGRESS, Refusal.FROZEN_ITEM):
                message._postpone(error)
            else:
                message._refuse(message.shop_id._explain_refusal(error))
        return message.action == "acknowledge" and message.state == "sent"

    def _postpone(self, error):
        """Try again later: what happened is not final, or not known."""
        minutes = RETRY_MINUTES[min(self.attempts, len(RETRY_MINUTES) - 1)]
        self.write(
            {
                "attempts": self.attempts + 1,
                "next_try_at": fields.Datetime.now() + timedelta(minutes=minutes),
                "message": self.shop_id._explain(error),
            }
        )

    def _refuse(self, text):
        """ESM, or a rule of ours, says no: a human has to look at it."""
        self.write({"state": "refused", "message": text, "next_try_at": False})
        if not self.order_id:
            return
        problem = "confirmation" if self.action == "acknowledge" else "tracking"
        if self.order_id.state != "cancelled" and not (
            self.order_id.problem in ("cancel", "cancelled_late")
        ):
            self.order_id._set_problem(problem, text)

    def _done(self, text=False):
        self.write(
            {
                "state": "sent",
                "message": text,
                "next_try_at": False,
                "sent_at": fields.Datetime.now(),
                "replaces": False,
            }
        )

    # --- acknowledge ----------------------------------------------------

    def _send_acknowledge(self, api_client):
        """Confirm the order at ESM (주문확인) and read it again if it changed."""
        order = self.order_id
        if self.attempts and self._read_state(api_client):
            # The answer to the last try got lost: it did take effect, or cannot.
            return
        try:
            result = api_client.orders.acknowledge(order.order_no)
        except AlreadyDone:
            result = None
        except RuleError as error:
            if error.reason is Refusal.CANCELLED:
                self._withdraw()
                order._cancel(self.env._("Cancelled by the buyer before confirmation"))
                return
            if error.reason is Refusal.GIFT_WAITING:
                order._set_problem("address", order._address_problem_text())
                self._postpone(error)
                return
            if error.reason is Refusal.FULFILMENT:
                self._withdraw()
                order.state = "ignored"
                return
            if error.reason is Refusal.WRONG_STATE and self._read_state(api_client):
                return
            raise
        changed = result is None or result.already_done or result.address_changed
        self._note_acknowledged(api_client, reread=changed)

    def _note_acknowledged(self, api_client, reread, text=False):
        """ESM has the order confirmed.

        :param bool reread: the buyer changed the address, or may have: read it
            again, so that the label is right
        :param text: what is worth saying about it
        """
        order = self.order_id
        again = None
        if reread:
            again = api_client.orders.get(order.order_no, around=aware(order.paid_at))
        self._done(text)
        order.write({"acknowledged": True, "market_status": "preparing"})
        if order.problem == "confirmation":
            order._clear_problem()
        if again is not None:
            order._refresh(again)

    def _read_state(self, api_client):
        """After a lost answer or a refusal: look what the state is.

        :return: True if that settles the message
        """
        state = api_client.delivery.status(self.order_id.order_no)
        if state is None:
            return False
        if state.cancelled:
            self._withdraw()
            self.order_id._cancel(self.env._("Cancelled at the marketplace"))
            return True
        if state.cancel_requested:
            self._withdraw()
            self.order_id._note_cancel_request()
            return True
        if state.status == OrderStatus.PREPARING or state.in_delivery_or_later:
            self._note_acknowledged(
                api_client,
                reread=True,
                text=self.env._("The marketplace already had it confirmed."),
            )
            return True
        return False

    # --- ship -----------------------------------------------------------

    def _send_ship(self, api_client):
        """Send courier and tracking number, if the order's state permits it."""
        order = self.order_id
        state = api_client.delivery.status(order.order_no)
        if state is None:
            self._refuse(
                self.env._(
                    "The marketplace does not know order %(order)s for this shop. "
                    "Check the shop, then press Retry.",
                    order=order.order_no,
                )
            )
            return
        if state.cancelled:
            self._stop_parcel()
            return
        if state.cancel_requested and not order.ship_despite_cancel:
            order._note_cancel_request()
            self._refuse(order.problem_text)
            return
        if state.under_claim and not state.cancel_requested:
            self._refuse(
                self.env._(
                    "Order %(order)s is under a return, exchange or report of non-"
                    "receipt: the marketplace takes no tracking number now. Handle it "
                    "in ESM Plus.",
                    order=order.order_no,
                )
            )
            return
        if state.in_delivery_or_later and self._is_at_esm(api_client, state):
            return
        if state.status == OrderStatus.NEW and not self._acknowledge_first(api_client):
            return
        try:
            api_client.delivery.ship(
                order.order_no, self.courier_id.code, self.tracking_no
            )
        except RuleError as error:
            if error.reason in (Refusal.CANCELLED, Refusal.CANCEL_COMPLETED):
                self._stop_parcel()
                return
            raise
        self._note_shipped()

    def _stop_parcel(self):
        """The order is cancelled: nothing is sent, and the parcel must not leave."""
        order = self.order_id
        order._cancel(self.env._("Cancelled at the marketplace"))
        if order.problem_text:
            self._refuse(order.problem_text)
            return
        # A number of a waybill that was printed: its delivery is cancelled by now.
        self._withdraw()
        self.message = self.env._(
            "Order %(order)s is cancelled at the marketplace. Stop the parcel.",
            order=order.order_no,
        )

    def _is_at_esm(self, api_client, state):
        """The order is in delivery at ESM already: with our number?

        :return: True if that settles the message
        """
        order = self.order_id
        remote = api_client.orders.get(order.order_no, around=aware(order.paid_at))
        remote_no = "".join(filter(str.isalnum, (remote and remote.invoice_no) or ""))
        if remote_no == self.tracking_no:
            if remote.shipped_at:
                order.shipped_at = naive(remote.shipped_at)
            self._note_shipped(self.env._("The marketplace already had this number."))
            return True
        if state.status == OrderStatus.IN_DELIVERY and self.replaces:
            return False
        if state.status == OrderStatus.IN_DELIVERY:
            self._refuse(
                self.env._(
                    "The marketplace already shows the number %(remote)s for order "
                    "%(order)s. Press Replace Number to send %(ours)s instead.",
                    remote=remote_no or "?",
                    order=order.order_no,
                    ours=self.tracking_no,
                )
            )
        else:
            self._refuse(
                self.env._(
                    "Order %(order)s counts as delivered at the marketplace already, "
                    "with the number %(remote)s: it cannot be changed any more.",
                    remote=remote_no or "?",
                    order=order.order_no,
                )
            )
        return True

    def _acknowledge_first(self, api_client):
        """The goods left before the order was confirmed: confirm it now.

        :return: False if the parcel must not be told to the buyer yet
        """
        order = self.order_id
        result = api_client.orders.acknowledge(order.order_no)
        order.write({"acknowledged": True, "market_status": "preparing"})
        if result.address_changed:
            reread = api_client.orders.get(order.order_no, around=aware(order.paid_at))
            if reread is not None:
                order._refresh(reread)
            if order.problem == "address_changed":
                self._refuse(order.problem_text)
                return False
        return True

    def _note_shipped(self, text=False):
        self._done(text)
        order = self.order_id
        order.write(
            {
                "state": "sent",
                "market_status": "in_delivery",
                "tracking_no": self.tracking_no,
                "cancel_requested": False,
            }
        )
        if order.problem in ("tracking", "cancel", "elsewhere"):
            order._clear_problem()
