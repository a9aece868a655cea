from odoo import api, fields, models

from ..esm_api import OrderStatus
from .utc import naive


class EsmOrder(models.Model):
    """When an order took which step: its story, and how long it took.

    The marketplace's own time counts where it tells one, else when we noticed.
    """

    _inherit = "esm.order"

    acknowledged_at = fields.Datetime(string="Confirmed On", readonly=True)
    shipped_at = fields.Datetime(
        string="Shipped",
        readonly=True,
        help="When the marketplace got the tracking number: that is what counts for "
        "the deadline.",
    )
    delivered_at = fields.Datetime(string="Delivered", readonly=True)
    decided_at = fields.Datetime(string="Purchase Decided", readonly=True)
    cancel_requested_at = fields.Datetime(string="Cancel Requested", readonly=True)
    cancel_withdrawn_at = fields.Datetime(string="Cancel Withdrawn", readonly=True)
    cancelled_at = fields.Datetime(string="Cancelled On", readonly=True)

    # ------------------------------------------------------------------
    # Note the steps
    # ------------------------------------------------------------------

    @api.model
    def _prepare_content_values(self, order):
        """Extend: the marketplace's own times, once it tells them."""
        times = {
            "acknowledged_at": order.confirmed_at,
            "shipped_at": order.shipped_at,
            "delivered_at": order.delivered_at,
            "decided_at": order.decided_at,
        }
        return {
            **super()._prepare_content_values(order),
            **{name: naive(time) for name, time in times.items() if time},
        }

    def write(self, vals):
        """Extend: note when an order takes a step."""
        steps = {
            name: rows
            for name, rows in self._steps_taken(vals).items()
            if rows and name not in vals
        }
        res = super().write(vals)
        for name, rows in steps.items():
            time = fields.Datetime.now()
            if name in ("delivered_at", "decided_at"):
                time = vals.get("market_status_at") or time
            super(EsmOrder, rows).write({name: time})
        return res

    def _steps_taken(self, vals):
        """Which of these orders take a step by being written to, before they are.

        :return: dict name of a datetime field -> `esm.order` recordset
        """
        steps = {}
        status = vals.get("market_status")
        if vals.get("acknowledged"):
            steps["acknowledged_at"] = self.filtered(
                lambda row: not row.acknowledged and not row.acknowledged_at
            )
        if vals.get("state") == "sent":
            # A number that replaces another one ships nothing.
            steps["shipped_at"] = self.filtered(lambda row: not row.shipped_at)
        if status in ("delivered", "decided"):
            name = f"{status}_at"
            steps[name] = self.filtered(
                lambda row: row.market_status != status and not row[name]
            )
        if vals.get("cancel_requested"):
            steps["cancel_requested_at"] = self.filtered(
                lambda row: not row.cancel_requested
            )
        if vals.get("state") == "cancelled" or vals.get("problem") == "cancelled_late":
            steps["cancelled_at"] = self.filtered(lambda row: not row.cancelled_at)
        return steps

    def _apply_cancel(self, cancel, reading):
        """Extend: take over the times of the marketplace's list."""
        res = super()._apply_cancel(cancel, reading)
        times = {"cancel_requested_at": cancel.requested_at}
        if cancel.withdrawn:
            times["cancel_withdrawn_at"] = cancel.withdrawn_at
        elif not cancel.pending:
            times["cancelled_at"] = cancel.completed_at or cancel.approved_at
        self.write({name: naive(time) for name, time in times.items() if time})
        return res

    def _note_cancel_request(self):
        """Extend: what was withdrawn before is past."""
        if not self.cancel_requested and self.cancel_withdrawn_at:
            self.cancel_withdrawn_at = False
        return super()._note_cancel_request()

    def _note_cancel_withdrawn(self):
        """Extend: note when."""
        res = super()._note_cancel_withdrawn()
        self.cancel_withdrawn_at = fields.Datetime.now()
        return res

    def _apply_state(self, state):
        """Extend: when that happened, as the marketplace tells it."""
        before = (self.market_status, self.state)
        res = super()._apply_state(state)
        if state.changed_at and (self.market_status, self.state) != before:
            name = {
                OrderStatus.CANCEL: "cancel_requested_at"
                if state.cancel_requested
                else "cancelled_at",
                OrderStatus.IN_DELIVERY: "shipped_at",
                OrderStatus.DELIVERED: "delivered_at",
                OrderStatus.DECIDED: "decided_at",
            }.get(state.status)
            if name:
                self.write({name: naive(state.changed_at)})
        return res
