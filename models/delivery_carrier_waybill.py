import time

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

# The numbers of a delivery's parcels in SQL, as `_esm_tracking_numbers` reads them.
TRACKING_NUMBERS = (
    "string_to_array("
    "regexp_replace(carrier_tracking_ref, '[^0-9A-Za-z,]', '', 'g'), ',')"
)


class DeliveryCarrier(models.Model):
    """Where the tracking numbers of printed waybills come from."""

    _inherit = "delivery.carrier"

    esm_range_ids = fields.One2many(
        "esm.waybill.range",
        "carrier_id",
        string="Waybill Numbers",
        help="Tracking numbers that the courier gave you. Printing waybills uses them "
        "one after the other.",
    )
    esm_warn_below = fields.Integer(
        string="Warn Below",
        default=500,
        help="You are told once fewer waybill numbers than this are left.",
    )
    esm_numbers_left = fields.Integer(
        string="Waybill Numbers Left", compute="_compute_esm_numbers", compute_sudo=True
    )
    esm_few_since = fields.Datetime(
        readonly=True,
        copy=False,
        help="Since when fewer waybill numbers are left than wanted.",
    )
    esm_numbers_warning = fields.Char(compute="_compute_esm_numbers", compute_sudo=True)
    esm_zpl_font = fields.Char(
        string="Label Printer Font",
        help="Font of the ZPL label: the letter of a font in your label printer, or a "
        "font file with Korean in it, such as E:NANUMGOT.TTF. Empty: the printer's "
        "scalable font 0, which has no Korean on many printers.",
    )

    @api.depends("esm_range_ids.size", "esm_range_ids.used", "esm_warn_below")
    def _compute_esm_numbers(self):
        for carrier in self:
            carrier.esm_numbers_left = sum(carrier.esm_range_ids.mapped("left"))
            carrier.esm_numbers_warning = (
                carrier._esm_runs_out() and carrier._esm_numbers_warning_text()
            )

    def _esm_runs_out(self):
        """Whether it is time to ask the courier for more numbers."""
        self.ensure_one()
        return bool(self.esm_range_ids) and self.esm_numbers_left < self.esm_warn_below

    def _esm_numbers_warning_text(self):
        return self.env._(
            "%(carrier)s has %(left)s waybill numbers left. Ask the courier for more "
            "and add them as a new range.",
            carrier=self.name,
            left=f"{self.esm_numbers_left:,}",
        )

    # ------------------------------------------------------------------
    # Take numbers
    # ------------------------------------------------------------------

    def _esm_has_numbers(self, count):
        """Whether the ranges have so many numbers left, as far as we know now."""
        self.ensure_one()
        return self.sudo().esm_numbers_left >= count

    def _esm_take_numbers(self, count):
        """Take the next free numbers of this carrier's ranges, one range after another.

        They belong to the caller's transaction: rolled back, they are free again. Who
        comes second waits for the end of the first's transaction and then meets a
        conflict of PostgreSQL, upon which Odoo runs a call again.

        :param int count: how many
        :return: list of tracking numbers as they are printed
        :raise UserError: the ranges have fewer; none is taken
        """
        self.ensure_one()
        # sudo: who prints need not be allowed to change ranges
        Range = self.env["esm.waybill.range"].sudo()
        Range.flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT id FROM esm_waybill_range
                    WHERE carrier_id = %s AND active AND used < size
                 ORDER BY sequence, id
                      FOR UPDATE""",
                self.id,
            )
        )
        ranges = Range.browse([row[0] for row in rows])
        ranges.invalidate_recordset()
        self._esm_require(count, sum(ranges.mapped("left")))
        numbers = []
        for source in ranges:
            while len(numbers) < count and source.left:
                part = min(count - len(numbers), source.left)
                found = [source._number(source.used + index) for index in range(part)]
                source.used += part
                numbers += self._esm_not_typed(found)
        self._esm_require(count, len(numbers))
        self._esm_sync_numbers_warning()
        return numbers

    def _esm_require(self, count, left):
        if left < count:
            raise UserError(
                self.env._(
                    "%(carrier)s has too few waybill numbers: %(count)s are needed, "
                    "%(left)s are left. Ask the courier for more and add them to the "
                    "shipping method, or enter tracking numbers by hand.",
                    carrier=self.name,
                    count=count,
                    left=left,
                )
            )

    def _esm_not_typed(self, numbers):
        """Those of these numbers that nobody has put on a delivery by hand.

        Whatever the company and the shipping method are: the courier counts them all.
        """
        # sudo: see above
        carriers = self.sudo().with_context(active_test=False)
        if self.esm_courier_id:
            carriers |= carriers.search(
                [("esm_courier_id", "=", self.esm_courier_id.id)]
            )
        self.env["stock.picking"].flush_model(["carrier_id", "carrier_tracking_ref"])
        rows = self.env.execute_query(
            SQL(
                """SELECT unnest(%(numbers)s) FROM stock_picking
                    WHERE %(numbers)s && %(wanted)s AND carrier_id IN %(carriers)s""",
                numbers=SQL(TRACKING_NUMBERS),
                wanted=numbers,
                carriers=tuple(carriers.ids),
            )
        )
        typed = {number for [number] in rows}
        return [number for number in numbers if number not in typed]

    @api.model
    def _esm_wait_for_turn(self):
        """Wait until no other printer takes numbers, then be alone with them.

        It begins a new transaction, which ends the turn: so no printer meets numbers
        that were taken since its own transaction began.
        """
        shop = self.env["esm.shop"]
        query = SQL(
            "SELECT pg_try_advisory_xact_lock(hashtext('esm_waybill_range'), 0)"
        )
        while not self.env.execute_query(query)[0][0]:
            shop._rollback()
            time.sleep(0.02)
        self.env.invalidate_all()

    # ------------------------------------------------------------------
    # Warn before they run out
    # ------------------------------------------------------------------

    def _esm_sync_numbers_warning(self):
        """Ask somebody for more numbers, once; nobody any more once there are enough.

        It is the same for all carriers of a call, and for those that warn already.
        """
        carriers = self.sudo()  # the connector keeps everybody's activities
        for carrier in carriers:
            since = carrier._esm_runs_out() and (
                carrier.esm_few_since or fields.Datetime.now()
            )
            if carrier.esm_few_since != since:
                carrier.esm_few_since = since
                self.env["esm.problem"].sudo()._tell([("kind", "=", "numbers")])

    def write(self, vals):
        """Extend: another limit may be above or below what is left."""
        res = super().write(vals)
        if {"esm_warn_below", "active"} & vals.keys():
            self._esm_sync_numbers_warning()
        return res
