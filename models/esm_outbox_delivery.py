from datetime import date

from odoo import api, fields, models

from ..esm_api import DelayReason, NoPermission, OrderStatus, Refusal, RuleError

# `ReasonType` of ESM by the value that is kept.
DELAY_REASONS = {
    "stock": DelayReason.STOCK,
    "buyer": DelayReason.BUYER,
    "other": DelayReason.OTHER,
}


class EsmOutbox(models.Model):
    """Messages about an order's way: planned ship date, and delivered.

    They have no delivery: what the warehouse sees as sending state of a delivery is
    that of its tracking number.
    """

    _inherit = "esm.outbox"

    action = fields.Selection(
        selection_add=[
            ("expected", "Plan ship date"),
            ("delivered", "Mark as delivered"),
        ],
        ondelete={"expected": "cascade", "delivered": "cascade"},
    )
    tried = fields.Boolean(
        readonly=True,
        help="The call may have reached the marketplace, whatever became of its "
        "answer.",
    )

    # ------------------------------------------------------------------
    # Decide
    # ------------------------------------------------------------------

    @api.model
    def _request_expected(self, orders, planned, reason, detail):
        """Put a planned ship date into the outbox, once per order.

        :param orders: `esm.order` recordset that has none yet
        :param date planned: Korean day
        :param str reason: key of `DELAY_REASONS`
        :param str detail: what the buyer is told, may be empty
        """
        values = {"date": planned.isoformat(), "reason": reason, "detail": detail}
        # A try of another date says nothing about this one.
        self._request_once("expected", orders, {"values": values, "tried": False})

    @api.model
    def _request_delivered(self, orders):
        """Put the word that these orders have arrived into the outbox.

        :param orders: `esm.order` recordset in delivery
        """
        self._request_once("delivered", orders, {})

    @api.model
    def _request_once(self, action, orders, values):
        """Put a message into the outbox; what was refused or withdrawn goes again."""
        known = self.search([("order_id", "in", orders.ids), ("action", "=", action)])
        again = known.filtered(lambda m: m.state in ("refused", "withdrawn"))
        again.write({**values, "message": False})
        again._retry()
        self.create(
            [
                {"order_id": order.id, "action": action, **values}
                for order in orders - known.order_id
            ]
        )
        self._trigger_send()

    # ------------------------------------------------------------------
    # Send
    # ------------------------------------------------------------------

    def _refuse(self, text):
        """Extend: a date or arrival that ESM does not take stops no parcel."""
        if self.action not in ("expected", "delivered"):
            return super()._refuse(text)
        self.write({"state": "refused", "message": text, "next_try_at": False})
        order = self.order_id
        if self.action == "expected" and order.state == "released":
            # Somebody relies on it, but other problems of the order come first.
            if order.problem in (False, "delay"):
                order._set_problem("delay", text)
        return None

    def _send_expected(self, api_client):
        """Tell ESM and the buyer when the order leaves (발송예정일).

        ESM takes one date per order and reads none back. So what may have arrived is
        noted before the call: a refusal of the second try then means that the first
        one took effect.
        """
        order = self.order_id
        if self.tried and self._settle_expected(api_client):
            return
        again = self.tried
        if not again and not self._note_try(True):
            return
        values = self.values
        try:
            api_client.delivery.expected_date(
                order.order_no,
                date.fromisoformat(values["date"]),
                DELAY_REASONS[values["reason"]],
                values["detail"],
            )
        except RuleError as error:
            if error.reason is Refusal.CANNOT_DELAY and again:
                self._note_expected(
                    self.env._("The marketplace already had this planned ship date.")
                )
                return
            if not self._note_try(False):
                return
            if error.reason is Refusal.WRONG_STATE and self._settle_expected(
                api_client
            ):
                return
            raise
        self._note_expected()

    def _note_try(self, tried):
        """Make it final whether the call may have reached ESM, and go on.

        :return: whether the message still waits and no other worker has taken it
        """
        self.tried = tried
        self.env.flush_all()
        self.shop_id._commit()
        message = self.try_lock_for_update()
        message.invalidate_recordset()
        return message.state == "waiting"

    def _settle_expected(self, api_client):
        """Look at the order's state: is there still something to plan?

        :return: True if that settles the message
        """
        state = api_client.delivery.status(self.order_id.order_no)
        if state is None or state.status in (OrderStatus.NEW, OrderStatus.PREPARING):
            return False
        self._withdraw()
        self.message = self.env._(
            "Order %(order)s does not wait for its dispatch any more: nothing to plan.",
            order=self.order_id.order_no,
        )
        return True

    def _note_expected(self, text=False):
        self._done(text)
        order = self.order_id
        order.expected_date = date.fromisoformat(self.values["date"])
        if order.problem == "delay":
            order._clear_problem()

    def _send_delivered(self, api_client):
        """Tell ESM that the parcel has arrived, if its state permits it.

        The state is read before: a key that is refused altogether shows there, so that
        a refusal afterwards is about this kind of call.
        """
        order = self.order_id
        state = api_client.delivery.status(order.order_no)
        if state is not None and state.status in (
            OrderStatus.DELIVERED,
            OrderStatus.DECIDED,
        ):
            order._apply_arrival(state)
            self._done(self.env._("The marketplace already had it delivered."))
            return
        if state is None or state.status != OrderStatus.IN_DELIVERY:
            self._refuse(
                self.env._(
                    "Order %(order)s is not in delivery at the marketplace, so it "
                    "cannot be marked as delivered. Look at it in ESM Plus.",
                    order=order.order_no,
                )
            )
            return
        try:
            api_client.delivery.complete(order.order_no)
        except NoPermission as error:
            self._refuse(
                self.env._(
                    "ESM has not given your key the permission to mark orders as "
                    "delivered (AddShippingCompleteInfo). Mark order %(order)s in ESM "
                    "Plus, or ask ESM for the permission and press Retry. (%(text)s)",
                    order=order.order_no,
                    text=error.message,
                )
            )
            return
        order._note_delivered()
        self._done()

    def _note_shipped(self, text=False):
        """Extend: a planned ship date that was refused does not matter any more."""
        res = super()._note_shipped(text)
        if self.order_id.problem == "delay":
            self.order_id._clear_problem()
        return res
