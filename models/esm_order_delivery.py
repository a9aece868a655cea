from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..esm_api import DIRECT_COURIERS, OrderStatus
from .due import DUE_STATES, due_domain, due_sql, due_state
from .utc import naive

# The way of a parcel, as ESM tells it. It is only gone forwards.
ARRIVAL_STATUSES = ("in_delivery", "delivered", "decided")
# What an order that is sent cannot be any more, whatever an older version noted.
BEFORE_SENDING = ("new", "preparing")
# The status of a delivery with several orders is the first of these that one has.
MARKET_ORDER = (
    *("deposit_waiting", "new", "preparing", "cancel", "in_delivery", "not_received"),
    *("delivered", "return", "exchange", "decided", "refund_after_remittance"),
)
# Orders whose tracking number ESM has not got yet: their deadline counts.
OPEN_STATES = ("received", "booked", "released", "shipped")
OPEN_DOMAIN = [
    ("state", "in", OPEN_STATES),
    ("silent", "=", False),
]
# What stored fields of deliveries follow from, see `_compute_esm_due_at` there.
DELIVERY_FIELDS = {"state", "due_at", "silent"}


class EsmOrder(models.Model):
    """Deadline, special kinds of delivery, and what became of the parcel."""

    _inherit = "esm.order"

    due_state = fields.Selection(
        DUE_STATES,
        string="Ship By",
        compute="_compute_due_state",
        search="_search_due_state",
        help="Where the dispatch deadline lies, by Korean days, as long as the "
        "marketplace has no tracking number.",
    )
    star_delivery = fields.Boolean(
        readonly=True,
        help="The seller's star delivery (스타배송): it arrives on the promised day, "
        "with a contracted courier only.",
    )
    same_day_dispatch = fields.Boolean(
        string="Same-Day Dispatch",
        readonly=True,
        help="It has to leave on the day of the order (당일발송).",
    )
    same_day_delivery = fields.Boolean(
        string="Same-Day Delivery",
        readonly=True,
        help="It arrives in a time slot that the buyer chose (당일배송).",
    )
    arrival_from = fields.Datetime(string="To Arrive From", readonly=True)
    arrival_until = fields.Datetime(string="To Arrive Until", readonly=True)
    overseas_bundle_no = fields.Char(
        string="Overseas Bundle Number",
        readonly=True,
        help="An overseas parcel must show it (해외묶음번호).",
    )
    special = fields.Char(
        string="Special Delivery",
        compute="_compute_special",
        help="What is special about the delivery of this order.",
    )
    market_status_at = fields.Datetime(
        string="Since",
        readonly=True,
        help="When the order got its status at the marketplace.",
    )
    expected_date = fields.Date(
        string="Planned Ship Date",
        readonly=True,
        help="What the marketplace and the buyer were told (발송예정일).",
    )
    problem = fields.Selection(selection_add=[("delay", "Planned ship date refused")])
    can_mark_delivered = fields.Boolean(compute="_compute_can_mark_delivered")

    # ------------------------------------------------------------------
    # Deliveries follow
    # ------------------------------------------------------------------

    def write(self, vals):
        """Extend: what a delivery shows follows from all of its orders."""
        res = super().write(vals)
        if not DELIVERY_FIELDS.isdisjoint(vals):
            self._meet_in_deliveries()
        return res

    def _meet_in_deliveries(self):
        """Let transactions that work on orders of the same delivery meet there.

        Each sees the other's order as it was before. If the state of the delivery
        changes for neither of them, neither writes it, and what it shows of both
        together stays wrong. So both write it: the slower one starts over.
        """
        hooks, key = self.env.cr.precommit, f"{self._name}.deliveries"
        if key not in hooks.data:
            hooks.data[key] = set()
            hooks.add(self.browse()._write_deliveries)
        hooks.data[key].update(self.ids)

    def _write_deliveries(self):
        order_ids = self.env.cr.precommit.data.pop(f"{self._name}.deliveries", ())
        if not order_ids:
            return
        self.env.cr.execute(
            SQL(
                """UPDATE stock_picking SET write_date = write_date WHERE id IN (
                       SELECT id FROM stock_picking
                        WHERE state <> 'cancel' AND id IN (
                              SELECT move.picking_id FROM stock_move move
                                JOIN sale_order_line line
                                  ON line.id = move.sale_line_id
                               WHERE line.esm_order_id IN %s)
                     ORDER BY id FOR NO KEY UPDATE)""",
                tuple(order_ids),
            )
        )

    # ------------------------------------------------------------------
    # Fields
    # ------------------------------------------------------------------

    def _open(self):
        """Those of these orders that ESM has no tracking number of and waits for it."""
        return self.filtered_domain(OPEN_DOMAIN)

    @api.depends("due_at", "state", "silent")
    def _compute_due_state(self):
        for row in self:
            row.due_state = due_state(bool(row._open()), row.due_at)

    def _search_due_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        return due_domain(OPEN_DOMAIN, "due_at", value)

    def _read_group_groupby(self, alias, groupby_spec, query):
        """Extend: group by what the deadlines are at this moment."""
        if groupby_spec != "due_state":
            return super()._read_group_groupby(alias, groupby_spec, query)
        is_open = SQL(
            "(%s IN %s AND %s IS NOT TRUE)",
            self._field_to_sql(alias, "state", query),
            OPEN_STATES,
            self._field_to_sql(alias, "silent", query),
        )
        return due_sql(is_open, self._field_to_sql(alias, "due_at", query))

    @api.depends(
        "overseas", "star_delivery", "same_day_delivery", "same_day_dispatch", "is_gift"
    )
    def _compute_special(self):
        for row in self:
            row.special = ", ".join(row._special_names()) or False

    def _special_names(self):
        """What is special about the delivery of these orders, most pressing first."""
        names = {
            "overseas": self.env._("Overseas"),
            "same_day_delivery": self.env._("Same-day delivery"),
            "same_day_dispatch": self.env._("Same-day dispatch"),
            "star_delivery": self.env._("Star delivery"),
            "is_gift": self.env._("Gift"),
        }
        return [text for name, text in names.items() if any(self.mapped(name))]

    @api.depends("state", "market_status", "outbox_ids.courier_id.code")
    def _compute_can_mark_delivered(self):
        for row in self:
            codes = row.outbox_ids.filtered(
                lambda message: message.action == "ship" and message.state == "sent"
            ).courier_id.mapped("code")
            row.can_mark_delivered = (
                row.state == "sent"
                and row.market_status == "in_delivery"
                and not DIRECT_COURIERS.isdisjoint(codes)
            )

    @api.model
    def _prepare_content_values(self, order):
        """Extend: what is special about the delivery.

        ESM sends the bundle number of an overseas order as delivery memo.
        """
        return {
            **super()._prepare_content_values(order),
            "memo": False if order.overseas_bundle_no else order.memo,
            "overseas_bundle_no": order.overseas_bundle_no,
            "star_delivery": order.is_star_delivery,
            "same_day_dispatch": order.same_day_dispatch,
            "same_day_delivery": order.same_day_delivery,
            "arrival_from": naive(order.arrival_from),
            "arrival_until": naive(order.arrival_until),
        }

    def _stop_text(self):
        """Extend: a gift whose receiver has not accepted it has no address."""
        text = super()._stop_text()
        if not text and self.problem == "address":
            return self.problem_text
        return text

    # ------------------------------------------------------------------
    # After shipping
    # ------------------------------------------------------------------

    @api.model
    def _apply_arrivals(self, shop, states):
        """Take over how far ESM says that parcels of ours have come.

        :param shop: `esm.shop` record
        :param states: dict order number -> `esm_api.OrderState`
        :return: number of orders that moved
        """
        rows = self.search(
            [
                ("shop_id", "=", shop.id),
                ("order_no", "in", list(states)),
                ("state", "not in", ("cancelled", "ignored")),
                "|",
                ("market_status", "in", ARRIVAL_STATUSES[:-1]),
                *("&", ("state", "=", "sent"), ("market_status", "in", BEFORE_SENDING)),
            ]
        )
        return sum(row._apply_arrival(states[row.order_no]) for row in rows)

    def _apply_arrival(self, state):
        """Take over how far the parcel has come, if it has moved on.

        :param state: `esm_api.OrderState`
        :return: whether it has
        """
        self.ensure_one()
        status = state.status.name.lower() if state.status is not None else None
        known = self.market_status
        if self.state == "sent" and known in BEFORE_SENDING:
            known = ARRIVAL_STATUSES[0]
        if status not in ARRIVAL_STATUSES or known not in ARRIVAL_STATUSES:
            return False
        if ARRIVAL_STATUSES.index(status) <= ARRIVAL_STATUSES.index(known):
            return False
        self.write(
            {"market_status": status, "market_status_at": naive(state.changed_at)}
        )
        return True

    def _note_delivered(self):
        """ESM has just taken the order for delivered, on our word."""
        if self.market_status == OrderStatus.IN_DELIVERY.name.lower():
            self.write(
                {
                    "market_status": "delivered",
                    "market_status_at": fields.Datetime.now(),
                }
            )

    def action_mark_delivered(self):
        """Tell the marketplace that these orders have arrived (배송완료)."""
        self.check_access("read")
        rows = self.filtered("can_mark_delivered")
        if not rows:
            raise UserError(
                self.env._(
                    "Only orders in delivery that went by direct delivery or with a "
                    "courier that cannot be tracked are marked as delivered by hand: "
                    "the others arrive by themselves."
                )
            )
        # sudo: the outbox is written by the connector only, for any of its users
        self.env["esm.outbox"].sudo()._request_delivered(rows.sudo())
        return True

    # ------------------------------------------------------------------
    # Planned ship date
    # ------------------------------------------------------------------

    def _not_plannable_text(self):
        """Why no ship date can be planned for this order, or None if one can."""
        self.ensure_one()
        if self.expected_date:
            return self.env._(
                "Order %(order)s: the marketplace has the planned ship date %(date)s "
                "already, and takes it once.",
                order=self.order_no,
                date=fields.Date.to_string(self.expected_date),
            )
        if any(
            message.action == "expected" and message.state == "waiting"
            for message in self.outbox_ids
        ):
            return self.env._(
                "Order %(order)s: a planned ship date is on its way already.",
                order=self.order_no,
            )
        if self.silent:
            return self.env._(
                "Order %(order)s was entered by hand: nothing is told about it.",
                order=self.order_no,
            )
        if self.cancel_requested or not self._open():
            return self.env._(
                "Order %(order)s is cancelled, under a cancel request or shipped.",
                order=self.order_no,
            )
        return None

    def action_expected_date(self):
        """Open the wizard that plans the ship date of these orders."""
        self.check_access("read")
        return self.env["esm.expected.date"]._open(self)
