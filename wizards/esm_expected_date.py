from odoo import api, fields, models
from odoo.exceptions import UserError

from ..esm_api import DETAIL_WIDTH, planned_dates, text_width
from ..models.utc import aware


class EsmExpectedDate(models.TransientModel):
    """Tell the marketplace when orders leave that cannot leave in time (발송예정일).

    ESM takes one date per order, so those that have one are left out, and it is said.
    """

    _name = "esm.expected.date"
    _inherit = "esm.dialog"
    _description = "Plan Ship Date"

    order_ids = fields.Many2many("esm.order", string="Orders", readonly=True)
    allowed_ids = fields.Many2many(
        "esm.order", compute="_compute_allowed_ids", string="Orders to Plan"
    )
    skipped_text = fields.Text(compute="_compute_allowed_ids")
    expected_date = fields.Date(
        string="Planned Ship Date",
        required=True,
        default=lambda self: self._limits()[0],
        help="From tomorrow on, in Korean days.",
    )
    reason = fields.Selection(
        [
            ("stock", "Preparing the goods, or short of stock"),
            ("buyer", "The buyer asked for it"),
            ("other", "Other"),
        ],
        required=True,
        default="stock",
    )
    detail = fields.Char(
        string="Explanation",
        help="The buyer is told. A Korean character counts as two Latin ones.",
    )

    @api.model
    def _open(self, orders):
        """Action that opens the wizard for these orders.

        :param orders: `esm.order` recordset
        """
        if not orders:
            raise UserError(self.env._("There is no marketplace order in here."))
        wizard = self.create({"order_ids": orders.ids})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Plan Ship Date"),
            "res_model": self._name,
            "res_id": wizard.id,
            "view_mode": "form",
            "target": "new",
        }

    @api.model
    def _limits(self):
        return planned_dates(aware(fields.Datetime.now()))

    @api.depends("order_ids")
    def _compute_allowed_ids(self):
        for wizard in self:
            texts = [row._not_plannable_text() for row in wizard.order_ids]
            wizard.skipped_text = "\n".join(filter(None, texts)) or False
            wizard.allowed_ids = wizard.order_ids.filtered(
                lambda row: not row._not_plannable_text()
            )

    def action_plan(self):
        """Check what ESM would refuse, then put the date into the outbox."""
        self.ensure_one()
        orders = self.allowed_ids
        orders.check_access("read")
        if not orders:
            raise UserError(self.skipped_text)
        first, last = self._limits()
        if not first <= self.expected_date <= last:
            raise UserError(
                self.env._(
                    "The marketplace takes a planned ship date from %(first)s to "
                    "%(last)s. Choose another day.",
                    first=fields.Date.to_string(first),
                    last=fields.Date.to_string(last),
                )
            )
        detail = " ".join((self.detail or "").split())
        width = text_width(detail)
        if width > DETAIL_WIDTH:
            raise UserError(
                self.env._(
                    "The explanation is too long: the marketplace takes %(korean)s "
                    "Korean or %(latin)s Latin characters. Shorten it by %(rest)s.",
                    korean=DETAIL_WIDTH // 2,
                    latin=DETAIL_WIDTH,
                    rest=width - DETAIL_WIDTH,
                )
            )
        # sudo: the outbox is written by the connector only, for any of its users
        self.env["esm.outbox"].sudo()._request_expected(
            orders.sudo(), self.expected_date, self.reason, detail
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%(count)s orders: the planned ship date %(date)s is on its way to "
                    "the marketplace.",
                    count=len(orders),
                    date=fields.Date.to_string(self.expected_date),
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
