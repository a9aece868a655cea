from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..esm_api import without_person

_DONE_MESSAGES = ("sent", "withdrawn")


class EsmOrder(models.Model):
    """Old orders take less room: figures stay, what only the way needed goes."""

    _inherit = "esm.order"

    _PACK_BATCH, _PACK_MOST = 1_000, 200_000

    packed_at = fields.Datetime(
        string="Cleared On",
        readonly=True,
        copy=False,
        help="Since then only its figures are kept of what the marketplace sent, and "
        "its messages are gone: nothing more is told to the marketplace about it.",
    )

    _unpacked_idx = models.Index("(company_id, paid_at) WHERE packed_at IS NULL")

    @api.model
    def _to_pack(self, company):
        """The orders of a company that are old enough to be cleared, oldest first."""
        if not company.esm_pack:
            return self.browse()
        domain = self._pack_domain(company)
        return self.search(domain, order="paid_at, id", limit=self._PACK_MOST)

    @api.model
    def _pack_domain(self, company):
        return (
            Domain("company_id", "=", company.id)
            & Domain("packed_at", "=", False)
            & self._over_domain(company.esm_pack_days)
            # What nobody has shipped here may still have to be told.
            & Domain("state", "in", ("sent", "cancelled", "ignored", "shipped"))
        )

    def _pack_due(self):
        """Clear these orders of one company, unless something has come in between.

        :return: number of orders cleared
        """
        rows = self.try_lock_for_update()
        rows.invalidate_recordset()
        still_over = self._pack_domain(rows.company_id)
        rows = self.search(still_over & Domain("id", "in", rows.ids))
        messages = self.env["esm.outbox"].search([("order_id", "in", rows.ids)])
        # What waits or was refused is somebody's business yet.
        rows -= messages.filtered(lambda m: m.state not in _DONE_MESSAGES).order_id
        rows.write({"packed_at": fields.Datetime.now()})
        for row in rows:
            figures = without_person(row.payload)
            if figures != row.payload:
                row.payload = figures
        # First the mark, so that nobody takes the message for one that is missing.
        rows.flush_recordset(["packed_at"])
        messages.filtered(lambda message: message.order_id in rows).unlink()
        return len(rows)

    def action_tell_marketplace(self):
        """Extend: what was cleared is told nothing more."""
        # sudo: as there
        packed = self.sudo().filtered(lambda row: row.silent and row.packed_at)
        if packed:
            raise UserError(
                self.env._(
                    "Nothing more is told to the marketplace about these orders, they "
                    "are over and cleared: %(orders)s.",
                    orders=", ".join(packed.mapped("order_no")),
                )
            )
        return super().action_tell_marketplace()

    def _refresh(self, order):
        """Extend: what was cleared does not fill up again."""
        if self.packed_at:
            return self._refresh_status(order)
        return super()._refresh(order)
