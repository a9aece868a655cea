from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from ..esm_api import without_person
from .jobs import JOB_CONTEXT
from .personal_data import PersonalData

# Goods are on their way or with the buyer, or nothing was sold.
_ENDED = ("shipped", "sent", "cancelled", "ignored")
_TO_SHIP = ("received", "booked", "released")
# Somebody has to talk to the buyer yet.
_CLAIM_PROBLEMS = ("cancel", "cancelled_late", "address_changed")
_CLAIMS = ("return", "exchange", "not_received", "refund_after_remittance")


class EsmOrder(models.Model):
    """Personal data of orders: how long it is kept, and what is left of it."""

    _inherit = "esm.order"

    # Rows masked in one transaction, and most of one night's run of one company.
    _MASK_BATCH, _MASK_MOST = 200, 50_000

    memo = fields.Char(groups="sale_esm.group_user")
    address_key = fields.Char(groups="sale_esm.group_user")
    destination_key = fields.Char(groups="sale_esm.group_user")
    masked_at = fields.Datetime(
        string="Personal Data Masked",
        readonly=True,
        copy=False,
        help="Since then nothing here tells who bought this order.",
    )

    # The orders of the last months only, whatever is stored besides.
    _unmasked_idx = models.Index("(company_id, paid_at) WHERE masked_at IS NULL")

    # ------------------------------------------------------------------
    # Which orders are over
    # ------------------------------------------------------------------

    @api.model
    def _over_domain(self, days):
        """Orders that have been over for so many days, without an open claim.

        That is: the purchase is decided (구매결정). Where the marketplace never told
        so, or the order was entered by hand, the last change counts; then the goods
        must have left, or the order be cancelled.

        :param int days: whole days
        """
        limit = fields.Datetime.now() - timedelta(days=days)
        told = Domain("origin", "=", "collected") & Domain("decided_at", "!=", False)
        decided = Domain("origin", "=", "collected") & Domain("decided_at", "<", limit)
        ended = Domain("state", "in", _ENDED) & Domain("write_date", "<", limit)
        return (
            # Nothing is over before it is paid: this is what the index is asked for.
            (Domain("paid_at", "<", limit) | Domain("paid_at", "=", False))
            & (decided | (~told & ended))
            & ~self._claims_domain()
        )

    @api.model
    def _claims_domain(self):
        return (
            Domain("cancel_requested", "=", True)
            | Domain("problem", "in", _CLAIM_PROBLEMS)
            | Domain("market_status", "in", _CLAIMS)
        )

    def _whole_and_over(self, over):
        """These rows, without those that share a sales order with one still alive.

        :param over: domain as of `_over_domain`
        :return: rows of this recordset and their mates, all of them over
        """
        mates = (self | self.sale_order_id.esm_order_ids).filtered(
            lambda row: not row.masked_at
        )
        rows = self.search(over & Domain("id", "in", mates.ids))
        alive = (mates - rows).sale_order_id
        # A return that is on its way back is a claim, too.
        alive |= (
            self.env["stock.picking"]
            .search(
                [
                    ("sale_id", "in", rows.sale_order_id.ids),
                    ("picking_type_code", "=", "incoming"),
                    ("state", "not in", ("done", "cancel")),
                ]
            )
            .sale_id
        )
        return rows.filtered(lambda row: row.sale_order_id not in alive)

    def _not_erasable_text(self):
        """Why the personal data of this order is still needed, or None."""
        self.ensure_one()
        if self.filtered_domain(self._claims_domain()):
            return self.env._(
                "Order %(order)s has an open claim, or its buyer has to be told "
                "something. Close that first.",
                order=self.order_no,
            )
        if self.state in _TO_SHIP and (
            self.silent or self.market_status not in ("delivered", "decided")
        ):
            return self.env._(
                "Order %(order)s is still to be shipped: ship or cancel it first.",
                order=self.order_no,
            )
        if self.state in ("shipped", "sent") and self.market_status not in (
            *("delivered", "decided", "cancel"),
        ):
            return self.env._(
                "The parcel of order %(order)s is on its way: its data is needed until "
                "it has arrived.",
                order=self.order_no,
            )
        if self.sale_order_id.picking_ids.filtered(
            lambda picking: (
                picking.picking_type_code == "incoming"
                and picking.state not in ("done", "cancel")
            )
        ):
            return self.env._(
                "Goods of order %(order)s are on their way back: finish the return "
                "first.",
                order=self.order_no,
            )
        return None

    # ------------------------------------------------------------------
    # Mask
    # ------------------------------------------------------------------

    @api.model
    def _to_mask(self, company):
        """The orders of a company whose time is over, oldest first."""
        if not company.esm_mask:
            return self.browse()
        domain = (
            Domain("company_id", "=", company.id)
            & Domain("masked_at", "=", False)
            & self._over_domain(company.esm_mask_days)
        )
        return self.search(domain, order="paid_at, id", limit=self._MASK_MOST)

    def _mask_due(self):
        """Mask these orders of one company, unless something has come in between.

        :return: number of orders masked
        """
        rows = self.try_lock_for_update()
        rows.invalidate_recordset()
        rows = rows.filtered(lambda row: not row.masked_at)
        over = self._over_domain(rows.company_id.esm_mask_days or 0)
        rows = rows._whole_and_over(over)
        if rows:
            rows._mask()
        return len(rows)

    def _mask(self):
        """Take out all that tells who bought these orders, wherever it is.

        Whole sales orders only: see `_whole_and_over`. The marketplace is told
        nothing, and nothing that it tells later brings the data back.

        :return: contacts that other documents need, and those that invoices need
        """
        rows = self.filtered(lambda row: not row.masked_at)
        return PersonalData(rows.with_context(**JOB_CONTEXT)).mask()

    def _mask_rows(self):
        """Mask what these rows themselves hold of people."""
        now = fields.Datetime.now()
        self.write(
            {
                "memo": False,
                "address_key": False,
                "destination_key": False,
                "complete_at": False,
                "masked_at": now,
            }
        )
        for row in self:
            row.payload = without_person(row.payload)

    def _masked_text(self):
        """What is said where somebody wants the data of a masked order."""
        self.ensure_one()
        return self.env._(
            "The personal data of order %(order)s was masked on %(date)s. Whoever "
            "needs the address finds the order in ESM Plus.",
            order=self.order_no,
            date=format_date(self.env, self.masked_at),
        )

    # ------------------------------------------------------------------
    # What comes in later
    # ------------------------------------------------------------------

    def _refresh(self, order):
        """Extend: a later reading does not bring back what was masked."""
        if not self.masked_at:
            return super()._refresh(order)
        return self._refresh_status(order)

    def _refresh_status(self, order):
        """Take over from a reading how far an order has come, and nothing else."""
        if self.state in ("cancelled", "ignored"):
            return
        status = order.status.name.lower() if order.status is not None else False
        if status and status != self.market_status:
            self.market_status = status
