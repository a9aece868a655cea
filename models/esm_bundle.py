from odoo import api, fields, models


class EsmBundle(models.Model):
    """Deliveries that leave in one parcel with one waybill.

    Which deliveries may, and what becomes of their number, is the deliveries' business:
    see `stock.picking`.
    """

    _name = "esm.bundle"
    _description = "Parcel of Several Deliveries"
    _order = "id desc"

    picking_ids = fields.One2many("stock.picking", "esm_bundle_id", string="Deliveries")
    shop_id = fields.Many2one(
        "esm.shop", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="shop_id.company_id", store=True)
    carrier_id = fields.Many2one(
        "delivery.carrier", string="Courier", compute="_compute_parcel"
    )
    number = fields.Char(string="Tracking Number", compute="_compute_parcel")
    state = fields.Selection(
        [
            ("packed", "Packed together"),
            ("printed", "Waybill printed"),
            ("done", "Shipped"),
        ],
        compute="_compute_parcel",
    )

    @api.depends(
        "picking_ids.carrier_id",
        "picking_ids.carrier_tracking_ref",
        "picking_ids.esm_printed_at",
        "picking_ids.state",
    )
    def _compute_parcel(self):
        for bundle in self:
            pickings = bundle.picking_ids
            bundle.carrier_id = pickings.carrier_id[:1]
            bundle.number = pickings[:1].carrier_tracking_ref
            if pickings and all(picking.state == "done" for picking in pickings):
                bundle.state = "done"
            elif any(pickings.mapped("esm_printed_at")):
                bundle.state = "printed"
            else:
                bundle.state = "packed"

    @api.depends("picking_ids.name")
    def _compute_display_name(self):
        for bundle in self:
            names = bundle.picking_ids.sorted("id").mapped("name")
            bundle.display_name = " + ".join(names)

    def action_print_waybill(self):
        self.check_access("read")
        return self.picking_ids.action_esm_print_waybill()

    def action_validate(self):
        self.check_access("read")
        return self.picking_ids.button_validate()

    def action_take_apart(self):
        self.check_access("read")
        pickings = self.picking_ids
        pickings.action_esm_take_apart()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "sale_esm.stock_picking_action_to_ship"
        )
        return {**action, "domain": [("id", "in", pickings.ids)], "context": {}}
