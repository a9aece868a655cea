from odoo import api, models

from ..excel import header_key


def courier_key(name):
    """A courier's name as people shorten it: 택배 means parcel service."""
    key = header_key(name)
    return key.replace("택배", "") or key


class DeliveryCarrier(models.Model):
    """Names of couriers and tracking numbers that come from elsewhere."""

    _inherit = "delivery.carrier"

    @api.model
    def _esm_by_name(self, company):
        """The shipping methods of a company, by their own and their couriers' names.

        :return: dict of what `courier_key` makes of a name -> recordset
        """
        found = {}
        for carrier in self.search([("company_id", "in", (False, company.id))]):
            for name in {carrier.name, carrier.esm_courier_id.name} - {False}:
                key = courier_key(name)
                found[key] = found.get(key, self.browse()) | carrier
        return found

    def _esm_number_warning(self, number):
        """Why a number is unlike those that the courier gave, or None.

        Only a warning: the courier may have given others that nobody entered here.

        :param str number: letters and digits only
        """
        self.ensure_one()
        # sudo: who ships need not be allowed to see the ranges
        ranges = self.sudo().with_context(active_test=False).esm_range_ids
        if not ranges:
            return None
        alike = ranges.filtered(lambda source: source.digits == len(number))
        if not alike or not number.isdecimal():
            return self.env._(
                "%(number)s is no number of %(carrier)s: its waybill numbers have "
                "%(digits)s digits.",
                number=number,
                carrier=self.name,
                digits=", ".join(
                    str(digits) for digits in sorted(set(ranges.mapped("digits")))
                ),
            )
        if all(source._printed(source._serial(number)) != number for source in alike):
            return self.env._(
                "the last digit of %(number)s is not the check digit of %(carrier)s.",
                number=number,
                carrier=self.name,
            )
        if not any(source.first <= number <= source.last for source in alike):
            return self.env._(
                "%(number)s is outside of the waybill numbers of %(carrier)s.",
                number=number,
                carrier=self.name,
            )
        return None
