from odoo import models

from ..excel import Heading

# The titles that programs of Korean couriers look for, whatever the user speaks. The
# last three are those that the import of tracking numbers finds the delivery by.
HEADINGS = (
    Heading("받는분성명", 14),
    Heading("받는분전화번호", 16),
    Heading("받는분기타연락처", 16),
    Heading("받는분우편번호", 10),
    Heading("받는분주소(전체, 분할)", 50),
    Heading("품목명", 40),
    Heading("내품수량", 8),
    Heading("박스수량", 8),
    Heading("배송메세지1", 30),
    Heading("고객주문번호", 16),
    Heading("출고번호", 18),
    Heading("운송장번호", 16),
)


class StockPicking(models.Model):
    """The row of a parcel in the file for the courier's program."""

    _inherit = "stock.picking"

    def action_esm_courier_export(self):
        """Export these deliveries for the courier's program."""
        self.check_access("read")
        return self.env["esm.courier.export"]._open(self)

    def _esm_courier_obstacle(self):
        """Why this delivery does not go into the courier's file, or None."""
        self.ensure_one()
        if not self._esm_is_delivery():
            return self.env._(
                "%(delivery)s is no delivery of a Gmarket or Auction order.",
                delivery=self.name,
            )
        if self.state in ("done", "cancel"):
            return self.env._(
                "%(delivery)s has left already, or is cancelled.", delivery=self.name
            )
        if self.esm_stop_text:
            return f"{self.name}: {self.esm_stop_text}"
        address = self.partner_id
        if not (address.street or address.street2):
            return self.env._(
                "Delivery %(delivery)s has no address. Read the order again, or enter "
                "the address.",
                delivery=self.name,
            )
        return None

    def _esm_courier_row(self):
        """Texts of the row of one parcel, one for each of `HEADINGS`."""
        first, partner = self[:1], self[:1].partner_id
        # sudo: the warehouse needs what the order says, whatever else it may see
        orders = self.sudo()._esm_orders().sorted("order_no")
        moves = self.move_ids.filtered(lambda move: move.state != "cancel")
        phone, other = first._esm_courier_phones(orders[:1])
        memos = [first.esm_overseas_bundle_no, *orders.filtered("memo").mapped("memo")]
        return [
            partner.name,
            phone,
            other,
            partner.zip,
            first._esm_label_address(partner).removeprefix(f"({partner.zip}) "),
            " / ".join(map(" ".join, self.sudo()._esm_label_items())),
            f"{sum(moves.mapped('product_uom_qty')):g}",
            "1",
            " / ".join(dict.fromkeys(filter(None, memos))),
            orders[:1].order_no,
            first.name,
            first._esm_tracking_no(),
        ]

    def _esm_courier_phones(self, order):
        """The receiver's telephone numbers: what to call, and the other one.

        A safe number (안심번호) is what couriers are to call.

        :param order: `esm.order` of this delivery
        """
        parsed = order and order._parsed()
        numbers = [self.partner_id.phone]
        if parsed:
            numbers += [parsed.receiver_mobile, parsed.receiver_phone]
        numbers = list(dict.fromkeys(filter(None, numbers)))
        numbers.sort(key=lambda number: not number.startswith("05"))
        return (numbers + ["", ""])[:2]
