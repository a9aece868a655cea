from odoo import api, fields, models
from odoo.tools.sql import column_exists, create_column, table_exists

# Odoo would read all sales orders to fill in the orders of an older version: minutes
# for 100,000 of them.
_FILL_PRODUCT = """
    UPDATE esm_order
       SET product_id = goods.product_id
      FROM (SELECT DISTINCT ON (esm_order_id) esm_order_id, product_id
              FROM sale_order_line
             WHERE esm_kind = 'item'
               AND product_id <> (SELECT res_id FROM ir_model_data
                                   WHERE module = 'sale_esm'
                                     AND name = 'product_unmatched')
             ORDER BY esm_order_id, product_uom_qty = 0, sequence, id) AS goods
     WHERE goods.esm_order_id = esm_order.id
"""
_FILL_SHIPPING = """
    UPDATE esm_order
       SET amount_shipping = shipping.total
      FROM (SELECT DISTINCT ON (bearer.sale_order_id) bearer.id, line.total
              FROM esm_order AS bearer
              JOIN (SELECT order_id, SUM(esm_total) AS total
                      FROM sale_order_line
                     WHERE esm_kind = 'shipping'
                     GROUP BY order_id) AS line
                ON line.order_id = bearer.sale_order_id
             ORDER BY bearer.sale_order_id, bearer.state = 'cancelled', bearer.id
           ) AS shipping
     WHERE shipping.id = esm_order.id
"""


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

    def _auto_init(self):
        """Extend: fill in the orders of an older version at once."""
        cr = self.env.cr
        if table_exists(cr, self._table) and not column_exists(
            cr, self._table, "amount_shipping"
        ):
            create_column(cr, self._table, "product_id", "int4")
            create_column(cr, self._table, "amount_shipping", "numeric")
            cr.execute(_FILL_PRODUCT)
            cr.execute(_FILL_SHIPPING)
        return super()._auto_init()
