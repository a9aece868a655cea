from odoo import models
from odoo.exceptions import UserError


class StockPicking(models.Model):
    """Tracking numbers that come from elsewhere: may this delivery have them?"""

    _inherit = "stock.picking"

    def _esm_number_problem(self, number):
        """Why this delivery does not take a tracking number, or None if it does.

        :param str number: letters and digits only
        :return: (key of `tracking_columns` that is at fault, translated text)
        """
        self.ensure_one()
        if not self._esm_is_delivery():
            return "delivery", self.env._(
                "%(delivery)s is no delivery of a Gmarket or Auction order.",
                delivery=self.name,
            )
        key = "order"
        if self.state == "cancel":
            return key, self.env._(
                "delivery %(delivery)s is cancelled.", delivery=self.name
            )
        numbers = self._esm_tracking_numbers()
        if number in numbers:
            return None
        if self.state != "done" and self.esm_stop_text:
            return key, self.esm_stop_text
        if numbers and self.state == "done":
            return "number", self.env._(
                "delivery %(delivery)s has left with the number %(number)s. If that is "
                "wrong, correct it on the delivery and press Replace Number.",
                delivery=self.name,
                number=self.carrier_tracking_ref,
            )
        if numbers:
            return "number", self.env._(
                "delivery %(delivery)s has the number %(number)s already. If that is "
                "wrong, remove it from the delivery first.",
                delivery=self.name,
                number=self.carrier_tracking_ref,
            )
        return None

    def _esm_validate_whole(self):
        """Validate these deliveries, as long as all of their goods leave.

        :raise UserError: one of them waits for goods, its buyer cancelled, or Odoo has
            a question about it
        """
        for picking in self:
            if picking.state != "assigned":
                raise UserError(
                    self.env._(
                        "The goods of delivery %(delivery)s are not all reserved: it "
                        "cannot be validated yet.",
                        delivery=picking.name,
                    )
                )
        if self:
            self.with_context(esm_no_window=True).button_validate()
        left = self.filtered(lambda picking: picking.state != "done")
        if left:
            raise UserError(
                self.env._(
                    "Validate %(deliveries)s by hand: only a part of the goods is "
                    "packed, or something has to be answered.",
                    deliveries=", ".join(left.mapped("name")),
                )
            )
