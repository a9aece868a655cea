import base64

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..excel import Sheet, write_workbook
from ..models.stock_picking_courier import HEADINGS


class EsmCourierExport(models.TransientModel):
    """Deliveries to ship as a workbook that the courier's program takes."""

    _name = "esm.courier.export"
    _inherit = "esm.dialog"
    _description = "Export of Deliveries for the Courier"

    picking_ids = fields.Many2many("stock.picking", string="Deliveries")
    allowed_ids = fields.Many2many(
        "stock.picking", compute="_compute_allowed_ids", string="In the File"
    )
    count = fields.Integer(string="Parcels", compute="_compute_allowed_ids")
    left_out_text = fields.Text(string="Left Out", compute="_compute_allowed_ids")
    warning = fields.Text(readonly=True)
    file = fields.Binary(readonly=True)

    @api.model
    def _open(self, pickings):
        """Action that opens the export of these deliveries.

        What the courier prints leaves: so cancels are read now, as before printing.

        :param pickings: `stock.picking` recordset
        """
        self.check_access("create")
        unread = pickings._esm_read_cancels()
        wizard = self.create(
            {
                "picking_ids": pickings.ids,
                "warning": self.env._(
                    "%(shops)s cannot be asked whether buyers cancelled. Look into ESM "
                    "Plus before these parcels leave.",
                    shops=", ".join(shop.name for shop in unread),
                )
                if unread
                else False,
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Export for the Courier"),
            "res_model": self._name,
            "res_id": wizard.id,
            "view_mode": "form",
            "target": "new",
        }

    @api.depends("picking_ids")
    def _compute_allowed_ids(self):
        for wizard in self:
            allowed, texts = wizard.picking_ids.browse(), []
            # What stops one delivery stops its parcel.
            for parcel in wizard.picking_ids._esm_parcels():
                obstacles = [picking._esm_courier_obstacle() for picking in parcel]
                texts += filter(None, obstacles)
                if not any(obstacles):
                    allowed |= parcel
            wizard.allowed_ids = allowed
            wizard.count = len(allowed._esm_parcels())
            wizard.left_out_text = "\n".join(texts) or False

    def action_export(self):
        """Make the workbook and download it."""
        self.ensure_one()
        self.picking_ids.check_access("read")
        if not self.allowed_ids:
            raise UserError(
                self.left_out_text or self.env._("Nothing is to be shipped.")
            )
        parcels = self.allowed_ids._esm_parcels()
        exported = self.picking_ids.browse().union(*parcels)
        # sudo: as for the rows; each parcel alone would read the lines of its orders
        exported.sudo()._esm_orders().mapped("sale_line_ids.esm_kind")
        rows = [parcel._esm_courier_row() for parcel in parcels]
        sheet = Sheet(self.env._("Deliveries"), list(HEADINGS), rows)
        self.file = base64.b64encode(write_workbook(sheet))
        # Names, telephones and addresses leave Odoo: each delivery tells by whom.
        text = self.env._(
            "Receiver and address were exported for the courier's program."
        )
        exported._message_log_batch(bodies=dict.fromkeys(exported.ids, text))
        name = self.env._("courier %(date)s", date=fields.Date.today())
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/file/{name}.xlsx"
            "?download=true",
            "target": "self",
        }
