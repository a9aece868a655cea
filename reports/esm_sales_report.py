from odoo import api, fields, models
from odoo.tools import SQL


class EsmSalesReport(models.Model):
    """Sales and lead times of the marketplaces, to be grouped as one likes.

    A row is a marketplace order. Everything comes from its own row in one table, so a
    report over years of orders is one pass over it. The sums over the orders that are
    neither cancelled nor shipped by the marketplace itself are the sums of their sales
    orders.
    """

    _name = "esm.sales.report"
    _inherit = ["esm.won", "esm.sandbox.mixin"]
    _esm_shop_field = "shop_id"
    _description = "Marketplace Sales Analysis"
    _auto = False
    _order = "paid_at desc, id desc"
    _rec_name = "order_id"
    _depends = {
        "esm.order": [
            *("shop_id", "company_id", "site", "product_id", "goods_no", "goods_name"),
            *("state", "market_status", "silent", "paid_at", "due_at", "shipped_at"),
            *("quantity", "amount_sale", "amount_seller_discount", "amount_shipping"),
            *("amount_site_share", "amount_settlement"),
        ]
    }

    order_id = fields.Many2one("esm.order", string="Order Number", readonly=True)
    shop_id = fields.Many2one("esm.shop", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    site = fields.Selection(
        lambda self: self._selection_of("site"), string="Marketplace", readonly=True
    )
    product_id = fields.Many2one(
        "product.product",
        readonly=True,
        help="The first product that leaves the warehouse for the order.",
    )
    goods_no = fields.Char(string="Goods Number", readonly=True)
    goods_name = fields.Char(string="Goods", readonly=True)
    state = fields.Selection(lambda self: self._selection_of("state"), readonly=True)
    market_status = fields.Selection(
        lambda self: self._selection_of("market_status"),
        string="Marketplace Status",
        readonly=True,
    )
    paid_at = fields.Datetime(string="Paid On", readonly=True)
    due_at = fields.Datetime(string="Dispatch Deadline", readonly=True)
    shipped_at = fields.Datetime(string="Shipped On", readonly=True)
    # --- money -----------------------------------------------------------
    quantity = fields.Float(string="Pieces", digits=(16, 0), readonly=True)
    amount_gross = fields.Monetary(
        string="Goods Before Discounts",
        readonly=True,
        help="Price times quantity, options and add-on items.",
    )
    amount_discount = fields.Monetary(
        string="Seller Discounts", readonly=True, help="What you gave away."
    )
    amount_goods = fields.Monetary(
        string="Goods Sold", readonly=True, help="After your discounts."
    )
    amount_shipping = fields.Monetary(
        string="Shipping Fees",
        readonly=True,
        help="What buyers paid for shipping, once per sales order: on its first order "
        "that is not cancelled, or on its first one if all are.",
    )
    amount_total = fields.Monetary(
        string="Total Sales",
        readonly=True,
        help="Goods sold and shipping fees, taxes included: the totals of the sales "
        "orders.",
    )
    amount_site_share = fields.Monetary(
        string="Paid by the Site",
        readonly=True,
        help="Discounts that the site gave and pays out to you. They are part of the "
        "sales.",
    )
    amount_settlement = fields.Monetary(
        string="Expected Payout",
        readonly=True,
        help="What the marketplace announced to pay out for the goods, without "
        "shipping fees.",
    )
    amount_fee = fields.Monetary(
        string="Expected Fees",
        readonly=True,
        help="Goods sold less the expected payout, where one was announced.",
    )
    # --- time ------------------------------------------------------------
    lead_hours = fields.Float(
        string="Hours to Ship",
        digits=(16, 1),
        aggregator="avg",
        readonly=True,
        help="Average time from the payment until the marketplace got the tracking "
        "number.",
    )
    lead_days = fields.Float(
        string="Days to Ship",
        digits=(16, 1),
        aggregator="avg",
        readonly=True,
        help="The same in days.",
    )
    punctuality = fields.Selection(
        [("in_time", "In time"), ("late", "Late")],
        string="Deadline",
        readonly=True,
        help="Whether the marketplace got the tracking number by the dispatch "
        "deadline. Orders that still have time, or no deadline, are neither.",
    )
    in_time_share = fields.Float(
        string="Share in Time",
        aggregator="avg",
        readonly=True,
        help="Orders shipped in time among those shipped or overdue.",
    )

    @api.model
    def _selection_of(self, name):
        """The choices of a field of the orders, translated."""
        return self.env["esm.order"]._fields[name]._description_selection(self.env)

    def _compute_currency_id(self):
        self.currency_id = self.env.ref("base.KRW")

    @property
    def _table_query(self):
        """Extend: the orders, with what follows from their own figures."""
        return SQL(
            """
            SELECT id, id AS order_id, shop_id, company_id, site, product_id, goods_no,
                   goods_name, state, market_status, paid_at, due_at, shipped_at,
                   quantity,
                   amount_sale + amount_seller_discount AS amount_gross,
                   amount_seller_discount AS amount_discount,
                   amount_sale AS amount_goods,
                   COALESCE(amount_shipping, 0) AS amount_shipping,
                   amount_sale + COALESCE(amount_shipping, 0) AS amount_total,
                   amount_site_share,
                   NULLIF(amount_settlement, 0) AS amount_settlement,
                   amount_sale - NULLIF(amount_settlement, 0) AS amount_fee,
                   EXTRACT(EPOCH FROM shipped_at - paid_at) / 3600 AS lead_hours,
                   EXTRACT(EPOCH FROM shipped_at - paid_at) / 86400 AS lead_days,
                   CASE WHEN shipped_at <= due_at THEN 'in_time'
                        WHEN %(late)s THEN 'late' END AS punctuality,
                   CASE WHEN shipped_at <= due_at THEN 1.0
                        WHEN %(late)s THEN 0.0 END AS in_time_share
              FROM esm_order
            """,
            late=SQL(
                """(shipped_at > due_at OR shipped_at IS NULL AND due_at < %s
                    AND silent IS NOT TRUE
                    AND state IN ('received', 'booked', 'released', 'shipped'))""",
                fields.Datetime.now(),
            ),
        )

    @api.readonly
    def action_open_order(self):
        """Open the marketplace order of this row."""
        self.ensure_one()
        return self.order_id._get_records_action()
