from odoo import api, fields, models
from odoo.exceptions import UserError

from ..esm_api import OrderStatus
from .delivery_carrier_number import courier_key

# What ESM would hand over by itself.
_OPEN = (OrderStatus.NEW, OrderStatus.PREPARING)


class EsmOrder(models.Model):
    """Orders that people entered, because ESM does not hand them over any more.

    They go the way of all orders. Only the way back is closed: nothing about them is
    told to ESM as long as they are `silent`.
    """

    _inherit = "esm.order"

    origin = fields.Selection(
        [
            ("collected", "Collected"),
            ("number", "By order number"),
            ("file", "Order workbook of ESM Plus"),
            ("typed", "Typed in"),
        ],
        default="collected",
        required=True,
        readonly=True,
        help="Where the order came from. All but collected ones were entered by hand.",
    )
    silent = fields.Boolean(
        string="Nothing Is Told",
        readonly=True,
        help="The marketplace is told nothing about this order: no confirmation, no "
        "tracking number.",
    )
    problem = fields.Selection(selection_add=[("silent", "Entered by hand, but open")])

    @api.model
    def _store_manual(self, shop, orders, origin):
        """Store orders that were entered by hand; none of them is known.

        :param shop: `esm.shop` record
        :param orders: list of `esm_api.Order`
        :param str origin: value of the field `origin`
        :return: the new rows, in the same order
        """
        rows = self.create(
            [
                {
                    **self._prepare_values(shop, order),
                    "origin": origin,
                    "silent": True,
                    # The marketplace has its tracking number: no deadline counts, and
                    # nothing more will come.
                    "due_at": False,
                    "complete_at": False,
                    "tracking_no": order.invoice_no,
                }
                for order in orders
            ]
        )
        self.env["esm.listing"]._note_ordered(
            shop, {order.site_goods_no for order in orders if order.site_goods_no}
        )
        return rows

    def _refresh(self, order):
        """Extend: hold an order that was entered by hand, but that ESM hands over.

        Nobody would tell ESM its tracking number, and nobody would know.
        """
        news = (
            self.silent
            and order.status in _OPEN
            and self.market_status not in ("new", "preparing")
        )
        if news:
            # It was taken for one that is in delivery, which is beyond confirming.
            self.acknowledged = False
        res = super()._refresh(order)
        if news and self.state not in ("cancelled", "ignored"):
            self._set_problem(
                "silent",
                self.env._(
                    "Order %(order)s was entered by hand, but the marketplace waits "
                    "for its tracking number. Press Tell the Marketplace to let it go "
                    "the normal way, or Handled if you do that in ESM Plus.",
                    order=self.order_no,
                ),
            )
        return res

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_tell_marketplace(self):
        """Let these orders go the normal way from now on: ESM is told about them."""
        self.check_access("read")
        # sudo: rows are read-only for users
        rows = self.sudo().filtered("silent")
        if not rows:
            raise UserError(
                self.env._("The marketplace is told about these orders already.")
            )
        rows.silent = False
        rows.filtered(lambda row: row.problem == "silent")._clear_problem()
        for row in rows:
            row.sale_order_id.message_post(
                body=self.env._(
                    "%(user)s lets the marketplace be told about order %(order)s.",
                    user=self.env.user.name,
                    order=row.order_no,
                )
            )
        # What has left, or was printed where that counts, is told now.
        pickings = rows.sale_line_ids.move_ids.picking_id
        pickings._esm_request_sending()
        pickings.filtered("esm_printed_at")._esm_tell_printed()
        return True

    def action_handled(self):
        """Extend: an order that is told about in ESM Plus."""
        rows = self.sudo().filtered(lambda row: row.problem == "silent")
        others = self.filtered(lambda row: row.id not in rows.ids)
        if rows:
            self.check_access("read")
            rows._clear_problem()
        return super(EsmOrder, others).action_handled() if others else True

    def action_acknowledge(self):
        """Extend: say that nothing would be told."""
        if self and all(self.mapped("silent")):
            raise UserError(
                self.env._(
                    "Nothing is told about orders that were entered by hand. Press "
                    "Tell the Marketplace first."
                )
            )
        return super().action_acknowledge()

    # ------------------------------------------------------------------
    # Deliveries
    # ------------------------------------------------------------------

    def _put_numbers_on_deliveries(self):
        """Give the open deliveries of these orders the number that was entered."""
        for row in self:
            order = row._parsed()
            if not order.invoice_no:
                continue
            carriers = self.env["delivery.carrier"]._esm_by_name(row.company_id)
            for picking in row.sale_line_ids.move_ids.picking_id:
                if (
                    not picking._esm_is_delivery()
                    or picking.state in ("done", "cancel")
                    or picking.carrier_tracking_ref
                ):
                    continue
                values = {"carrier_tracking_ref": order.invoice_no}
                found = carriers.get(courier_key(order.courier_name or ""))
                if found and picking.carrier_id not in found and len(found) == 1:
                    values["carrier_id"] = found.id
                picking.write(values)
