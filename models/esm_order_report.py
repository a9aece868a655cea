from odoo import api, fields, models


class EsmOrder(models.Model):
    """What the reports need of an order beyond its own figures, stored with it.

    So a report is one pass over one table, whatever it is grouped by.
    """

    _name = "esm.order"
    _inherit = ["esm.order", "esm.won"]

    product_id = fields.Many2one(
        "product.product",
        compute="_compute_product_id",
        store=True,
        index="btree_not_null",
        help="The first product that leaves the warehouse for this order; none as long "
        "as its code is unknown.",
    )
    amount_shipping = fields.Monetary(
        string="Shipping",
        compute="_compute_amount_shipping",
        store=True,
        help="Shipping fee and surcharges, once per sales order: on its first order "
        "that is not cancelled, or on its first one if all are.",
    )

    @api.depends("sale_line_ids.product_id", "sale_line_ids.esm_kind")
    def _compute_product_id(self):
        stand_in = self.env.ref("sale_esm.product_unmatched")
        for row in self:
            goods = row.sale_line_ids.filtered(
                lambda line: line.esm_kind == "item" and line.product_id != stand_in
            )
            # What was taken off, because it was matched anew, is sold no more.
            sold = goods.filtered("product_uom_qty") or goods
            row.product_id = sold[:1].product_id

    @api.depends(
        "sale_order_id.order_line.esm_kind",
        "sale_order_id.order_line.esm_total",
        "sale_order_id.esm_order_ids.state",
    )
    def _compute_amount_shipping(self):
        for order, rows in self.grouped("sale_order_id").items():
            lines = order.order_line.filtered(lambda line: line.esm_kind == "shipping")
            bearer = order.esm_order_ids.sorted(
                lambda row: (row.state == "cancelled", row.id)
            )[:1]
            total = sum(lines.mapped("esm_total"))
            for row in rows:
                row.amount_shipping = total if row == bearer else 0
