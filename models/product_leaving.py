from odoo import api, models


class ProductProduct(models.Model):
    _inherit = "product.product"

    @api.model
    def _leave_what_was_sold(self):
        """Let the products of this module that were sold outlive it.

        Odoo deletes the records of a module with it. With these it would fail, and log
        that as an error: sales order lines need them. Without an external ID they are
        products like any other.
        """
        names = self.env["ir.model.data"].search(
            [("module", "=", "sale_esm"), ("model", "=", self._name)]
        )
        products = self.browse(names.mapped("res_id"))
        sold = self.env["sale.order.line"]._read_group(
            [("product_id", "in", products.ids)], ["product_id"]
        )
        kept = self.union(*(product for [product] in sold))
        names.filtered(lambda name: name.res_id in kept.ids).unlink()
        self.env["ir.model.data"].search(
            [
                ("module", "=", "sale_esm"),
                ("model", "=", "product.template"),
                ("res_id", "in", kept.product_tmpl_id.ids),
            ]
        ).unlink()
