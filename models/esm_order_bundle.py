from odoo import models


class EsmOrder(models.Model):
    """A cancelled order leaves its parcel by itself."""

    _inherit = "esm.order"

    def _open_pickings(self):
        """Deliveries with goods of these orders that have not left yet."""
        return self.sale_line_ids.move_ids.picking_id.filtered(
            lambda picking: (
                picking.state not in ("done", "cancel") and picking._esm_is_delivery()
            )
        )

    def _cancel(self, reason):
        """Extend: out of the parcel; what is printed already has to be packed again."""
        pickings = self._open_pickings()
        res = super()._cancel(reason)
        text = self.env._("order %(order)s is cancelled", order=self.order_no)
        gone = pickings.filtered(lambda picking: picking.state == "cancel")
        # Its label is on a parcel that somebody may give to the courier.
        packed = gone.filtered(
            lambda picking: (
                not picking.esm_bundle_id
                and (picking.esm_printed_at or picking.carrier_tracking_ref)
            )
        )
        gone._esm_leave_parcel(text)
        packed._esm_ask_to_unpack(self)
        # Of several orders in one delivery, the others still leave.
        printed = (pickings - gone).filtered(
            lambda picking: picking.esm_printed_at or picking.carrier_tracking_ref
        )
        printed._esm_whole_parcels()._esm_ask_to_repack(
            self.env._(
                "Order %(order)s is cancelled: take its goods out of this parcel. Then "
                "print the waybill again; its number stays.",
                order=self.order_no,
            )
        )
        return res

    def _note_cancel_request(self):
        """Extend: the others of the parcel need not wait for the merchant's answer."""
        res = super()._note_cancel_request()
        self._open_pickings()._esm_leave_parcel(
            self.env._(
                "the buyer of order %(order)s wants to cancel", order=self.order_no
            )
        )
        return res
