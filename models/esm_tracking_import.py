from odoo import api, fields, models
from odoo.exceptions import UserError

from ..excel import read_file
from . import esm_import, tracking_columns
from .import_rows import titles_for
from .tracking_rows import TrackingRows

# Validating takes longer than writing numbers: more than these are left to the job.
VALIDATE_AT_ONCE = 100


class EsmTrackingImport(models.Model):
    """Tracking numbers from the courier program's workbook or CSV file."""

    _name = "esm.tracking.import"
    _inherit = "esm.import"
    _description = "Import of Tracking Numbers"

    _job = "sale_esm.ir_cron_tracking_import"

    shop_id = fields.Many2one(
        "esm.shop",
        check_company=True,
        help="Only orders of this shop; empty: of all shops. Needed where both "
        "marketplaces have an order with the same number.",
    )
    carrier_id = fields.Many2one(
        "delivery.carrier",
        string="Courier",
        check_company=True,
        help="For rows without a courier. Empty: the shipping method that each "
        "delivery has.",
    )
    validate_deliveries = fields.Boolean(
        string="Validate the Deliveries",
        help="The goods leave, and the marketplace is told. Otherwise only the numbers "
        "are set.",
    )
    line_ids = fields.One2many("esm.tracking.import.line", "import_id", string="Rows")
    problem_line_ids = fields.One2many(
        "esm.tracking.import.line",
        "import_id",
        string="Rows with Problems",
        domain=[("state", "=", "problem")],
    )
    validated_count = fields.Integer(string="Deliveries Validated", readonly=True)

    @api.model
    def _user_fields(self):
        return super()._user_fields() | {"shop_id", "carrier_id", "validate_deliveries"}

    @api.model
    def _preview_fields(self):
        return super()._preview_fields() | {"validate_deliveries"}

    # ------------------------------------------------------------------
    # Read
    # ------------------------------------------------------------------

    def _open_table(self):
        return read_file(
            self._data(),
            tracking_columns.COLUMNS,
            tracking_columns.NEEDED,
            esm_import.MOST_ROWS,
        )

    def _make_rows(self, table):
        return TrackingRows(self, table.letters)

    def _titles(self):
        return titles_for(tracking_columns.TITLES, self.env.lang)

    # ------------------------------------------------------------------
    # Apply
    # ------------------------------------------------------------------

    def _check_apply(self):
        if not self.env["stock.picking"].has_access("write"):
            raise UserError(
                self.env._(
                    "You may not change deliveries. Ask someone of the warehouse to "
                    "apply this import."
                )
            )

    def _most_at_once(self):
        if self.validate_deliveries:
            return VALIDATE_AT_ONCE
        return super()._most_at_once()

    def _apply_lines(self, lines):
        pickings = lines.picking_id
        locked = pickings.try_lock_for_update()
        locked.invalidate_recordset()
        problems = {}
        for line in lines:
            problem = line._problem(locked)
            if problem:
                problems[line] = problem
        # sudo: lines are the history, which users do not write themselves
        for line, (key, text) in problems.items():
            line.sudo()._refuse({key: text})
        if problems and self.mode == "all":
            return
        good = lines - self.line_ids.browse([line.id for line in problems])
        for line in good:
            line.picking_id.write(
                {
                    "carrier_id": line.carrier_id.id,
                    "carrier_tracking_ref": line.tracking_no,
                }
            )
        if self.validate_deliveries:
            waiting = good.picking_id.filtered(lambda picking: picking.state != "done")
            waiting._esm_validate_whole()
            self.sudo().validated_count += len(waiting)
        good.sudo().state = "done"

    def _finish(self):
        """Extend: the courier's file is full of addresses, and of no use any more."""
        res = super()._finish()
        self.file = False
        return res


class EsmTrackingImportLine(models.Model):
    """One row of a courier's file."""

    _name = "esm.tracking.import.line"
    _inherit = "esm.import.line"
    _description = "Row of an Import of Tracking Numbers"

    import_id = fields.Many2one(
        "esm.tracking.import", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="import_id.company_id")
    order_no = fields.Char(string="Order Number", readonly=True)
    picking_id = fields.Many2one(
        "stock.picking", string="Delivery", readonly=True, ondelete="set null"
    )
    partner_id = fields.Many2one(related="picking_id.partner_id", string="Receiver")
    tracking_no = fields.Char(string="Tracking Number", readonly=True)
    old_tracking_no = fields.Char(string="Number So Far", readonly=True)
    carrier_id = fields.Many2one(
        "delivery.carrier", string="Courier", readonly=True, ondelete="set null"
    )

    _state_idx = models.Index("(import_id, state)")

    def _problem(self, locked):
        """What has come in between, as `stock.picking._esm_number_problem` says it.

        :param locked: those deliveries that nobody else works on
        """
        self.ensure_one()
        picking = self.picking_id.with_env(self.env)
        if not picking or not self.carrier_id:
            return "order", self.env._("the delivery or its courier was deleted.")
        if picking not in locked:
            return "order", self.env._(
                "somebody works on delivery %(delivery)s right now. Try again.",
                delivery=picking.name,
            )
        problems = map(picking._esm_number_problem, self.tracking_no.split(","))
        return next(filter(None, problems), None)
