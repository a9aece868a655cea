from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ..esm_api import Due, due_limits, korean_day
from .due import DUE_STATES, due_domain, due_sql, due_state
from .esm_order_delivery import MARKET_ORDER
from .utc import aware, naive

# Before a deadline passes there has to be time for the parcel, or for planning another
# date.
WARN_BEFORE = timedelta(hours=8)


class StockPicking(models.Model):
    """Dispatch deadlines of deliveries, and where their parcels are."""

    _name = "stock.picking"
    _inherit = ["stock.picking", "esm.activity.mixin"]

    esm_open = fields.Boolean(
        string="Not at the Marketplace Yet",
        compute="_compute_esm_due_at",
        compute_sudo=True,
        store=True,
        help="The marketplace has no tracking number yet of an order in this delivery.",
    )
    esm_due_at = fields.Datetime(
        string="Dispatch Deadline",
        compute="_compute_esm_due_at",
        compute_sudo=True,
        store=True,
        index="btree_not_null",
        help="The earliest deadline of this delivery's orders that the marketplace has "
        "no tracking number of yet: later costs a penalty.",
    )
    esm_due_state = fields.Selection(
        DUE_STATES,
        string="Ship By",
        compute="_compute_esm_due_state",
        search="_search_esm_due_state",
        group_expand=True,
        help="Where the dispatch deadline lies, by Korean days.",
    )
    esm_expected_date = fields.Date(
        string="Planned Ship Date",
        compute="_compute_esm_way",
        compute_sudo=True,
        help="The latest date that the marketplace was told for these orders "
        "(발송예정일).",
    )
    esm_market_status = fields.Selection(
        lambda self: (
            self.env["esm.order"]
            ._fields["market_status"]
            ._description_selection(self.env)
        ),
        string="At the Marketplace",
        compute="_compute_esm_way",
        compute_sudo=True,
        help="How far the order is that is behind the others.",
    )
    esm_special = fields.Char(
        string="Special Delivery", compute="_compute_esm_way", compute_sudo=True
    )
    esm_can_mark_delivered = fields.Boolean(
        compute="_compute_esm_can_mark_delivered", compute_sudo=True
    )
    esm_overseas_bundle_no = fields.Char(
        string="Overseas Bundle Number",
        compute="_compute_esm_overseas",
        compute_sudo=True,
        help="An overseas parcel must show it (해외묶음번호).",
    )
    esm_customs_code = fields.Char(
        string="Customs Code",
        compute="_compute_esm_overseas",
        compute_sudo=True,
        groups="stock.group_stock_user",
        help="The receiver's personal code for the customs (개인통관고유부호).",
    )

    _esm_open_idx = models.Index("(esm_shop_id, esm_due_at) WHERE esm_open")

    # ------------------------------------------------------------------
    # Fields
    # ------------------------------------------------------------------

    @api.depends(
        "state",
        "esm_shop_id",
        "picking_type_code",
        "move_ids.sale_line_id.esm_order_id.due_at",
        "move_ids.sale_line_id.esm_order_id.silent",
        "move_ids.sale_line_id.esm_order_id.state",
    )
    def _compute_esm_due_at(self):
        for picking in self:
            rows = self.env["esm.order"]
            # A step inside the warehouse is over when it is done, a delivery when the
            # marketplace has its number.
            over = ("cancel",) if picking._esm_is_delivery() else ("cancel", "done")
            if (
                picking.esm_shop_id
                and picking.picking_type_code != "incoming"
                and picking.state not in over
            ):
                # As `_esm_orders`.
                rows = picking._origin.move_ids.sale_line_id.esm_order_id
            rows = rows._open()
            picking.esm_open = bool(rows)
            picking.esm_due_at = min(
                (row.due_at for row in rows if row.due_at), default=False
            )

    @api.depends("esm_open", "esm_due_at")
    def _compute_esm_due_state(self):
        for picking in self:
            picking.esm_due_state = due_state(picking.esm_open, picking.esm_due_at)

    def _search_esm_due_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        return due_domain([("esm_open", "=", True)], "esm_due_at", value)

    def _read_group_groupby(self, alias, groupby_spec, query):
        """Extend: group by what the deadlines are at this moment."""
        if groupby_spec != "esm_due_state":
            return super()._read_group_groupby(alias, groupby_spec, query)
        return due_sql(
            self._field_to_sql(alias, "esm_open", query),
            self._field_to_sql(alias, "esm_due_at", query),
        )

    @api.depends(
        "move_ids.state",
        "move_ids.sale_line_id.esm_order_id.state",
        "move_ids.sale_line_id.esm_order_id.market_status",
        "move_ids.sale_line_id.esm_order_id.expected_date",
    )
    def _compute_esm_way(self):
        self._esm_orders().mapped("state")  # read at once, not for each delivery
        for picking in self:
            rows = picking._esm_orders() if picking.esm_shop_id else []
            rows = rows and rows.filtered(lambda row: row.state != "cancelled")
            statuses = {row.market_status for row in rows}
            picking.esm_market_status = next(
                (status for status in MARKET_ORDER if status in statuses), False
            )
            picking.esm_expected_date = max(
                (row.expected_date for row in rows if row.expected_date), default=False
            )
            names = rows and rows._special_names()
            picking.esm_special = ", ".join(names) or False

    def _compute_esm_orders(self):
        """Extend: read the orders at once, not for each delivery."""
        self._esm_orders().mapped("state")
        return super()._compute_esm_orders()

    @api.depends("move_ids.sale_line_id.esm_order_id.can_mark_delivered")
    def _compute_esm_can_mark_delivered(self):
        for picking in self:
            rows = picking._esm_orders()
            picking.esm_can_mark_delivered = any(rows.mapped("can_mark_delivered"))

    @api.depends(
        "move_ids.state",
        "move_ids.sale_line_id.esm_order_id.overseas_bundle_no",
        "move_ids.sale_line_id.esm_order_id.payload",
    )
    def _compute_esm_overseas(self):
        for picking in self:
            rows = picking._esm_orders()
            numbers = rows.filtered("overseas_bundle_no").mapped("overseas_bundle_no")
            picking.esm_overseas_bundle_no = ", ".join(dict.fromkeys(numbers)) or False
            # A personal code: it is kept in what the marketplace sent and nowhere else.
            codes = filter(None, (row._parsed().customs_code for row in rows))
            picking.esm_customs_code = ", ".join(dict.fromkeys(codes)) or False

    # ------------------------------------------------------------------
    # What will be late
    # ------------------------------------------------------------------

    @api.model
    def _cron_deadlines(self):
        """Bring all activities up to date, of deadlines and of other problems.

        Of problems people are told at once; what two transactions did not see of each
        other, or what came with time alone, is caught up on here.
        """
        shops = self.env["esm.shop"]
        shops._transact(self._esm_warn_of_deadlines, alone=False)
        shops._transact(self.env["esm.problem"]._tell_all, alone=False)

    @api.model
    def _esm_warn_of_deadlines(self):
        """Warn of each delivery once that may miss its deadline; end what is over.

        A warning that somebody marked as done or deleted counts until the danger is
        over.
        """
        risky = self.search(self._esm_risk_domain(), order="id").filtered(
            lambda picking: not picking._esm_is_planned()
        )
        self._esm_keep_activities(
            self._esm_deadline_notices(),
            {
                picking._esm_deadline_cause(): picking._prepare_esm_warning()
                for picking in risky
            },
        )

    @api.model
    def _esm_deadline_notices(self, domain=()):
        """What somebody was told of deadlines, also if that was marked as done.

        :param domain: of the `esm.notice` records
        """
        # sudo: everybody's activities are kept by the connector
        return (
            self.env["esm.notice"].sudo().search([("kind", "=", "deadline"), *domain])
        )

    def _esm_deadline_cause(self):
        return f"deadline/{self.id}"

    @api.model
    def _esm_risk_domain(self):
        """Deliveries whose deadline is near, or nearer than goods that are missing."""
        now = fields.Datetime.now()
        _tomorrow, day_after = due_limits(aware(now))[Due.TOMORROW]
        missing = Domain("state", "in", ("waiting", "confirmed"))
        return Domain("picking_type_code", "=", "outgoing") & (
            Domain("esm_due_at", "<", now + WARN_BEFORE)
            | (missing & Domain("esm_due_at", "<", naive(day_after)))
        )

    def _esm_is_planned(self):
        """Whether the marketplace knows of a ship date that is still to come."""
        self.ensure_one()
        planned = self.esm_expected_date
        return bool(planned and planned >= korean_day(aware(fields.Datetime.now())))

    def _prepare_esm_warning(self):
        """What `_esm_keep_activities` needs to warn of this delivery's deadline."""
        self.ensure_one()
        user = self._esm_warned_user()
        picking = self.with_context(lang=user.lang)
        return {
            "kind": "deadline",
            "type": "sale_esm.mail_activity_type_deadline",
            "record": self,
            "user": user,
            "summary": picking.env._("Ship in time"),
            "text": picking._esm_warning_text(),
            "date": korean_day(aware(self.esm_due_at)),
            "shop": self.esm_shop_id,
            "company": self.company_id,
        }

    def _esm_warned_user(self):
        """Who looks after this delivery: it has to be someone who may open it."""
        return self._esm_activity_user(
            self.user_id,
            self.esm_shop_id.user_id,
            company=self.company_id,
            group="stock.group_stock_user",
        )

    def _esm_warning_text(self):
        numbers = self.esm_order_numbers
        if self.state in ("waiting", "confirmed"):
            return self.env._(
                "Goods for order %(orders)s are missing and the dispatch deadline is "
                "near. Get them, or tell the marketplace another date with Plan Ship "
                "Date.",
                orders=numbers,
            )
        if self.state == "done":
            return self.env._(
                "Order %(orders)s has left, but the marketplace has no tracking number "
                "yet and the dispatch deadline is near. See on the delivery why.",
                orders=numbers,
            )
        return self.env._(
            "Order %(orders)s has not left yet and the dispatch deadline is near. Ship "
            "it, or tell the marketplace another date with Plan Ship Date.",
            orders=numbers,
        )

    # ------------------------------------------------------------------
    # Odoo's own flow
    # ------------------------------------------------------------------

    def _action_done(self):
        """Extend: what has left needs no warning."""
        res = super()._action_done()
        self._esm_end_warnings()
        return res

    def _esm_end_warnings(self):
        """No warnings of those of these deliveries that left or are cancelled."""
        over = self.filtered(
            lambda picking: (
                picking.state in ("done", "cancel") and picking._esm_is_delivery()
            )
        )
        if over:
            causes = [picking._esm_deadline_cause() for picking in over]
            over._esm_keep_activities(
                self._esm_deadline_notices([("cause", "in", causes)]), {}
            )

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_esm_expected_date(self):
        """Open the wizard that plans the ship date of these deliveries."""
        self.check_access("read")
        return self.env["esm.expected.date"]._open(self._esm_orders())

    def action_esm_mark_delivered(self):
        """Tell the marketplace that the orders of these deliveries have arrived."""
        self.check_access("write")
        return self._esm_orders().action_mark_delivered()
