from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..esm_api import KST_ZONE

# What people type: field of the line -> key of the file's column.
TYPED = {
    "order_no": "order_no",
    "pay_no": "pay_no",
    "goods_no": "site_goods_no",
    "goods_name": "goods_name",
    "option_text": "option",
    "seller_code": "seller_code",
    "inventory_code": "inventory_code",
    "buyer_name": "buyer_name",
    "buyer_mobile": "buyer_mobile",
    "receiver_name": "receiver_name",
    "receiver_mobile": "receiver_mobile",
    "zip_code": "zip_code",
    "address": "address",
    "memo": "memo",
    "courier_name": "courier_name",
    "tracking_no": "invoice_no",
}
_TYPED_FIGURES = ("unit_price", "seller_discount", "shipping_fee")
_PERSONAL = (
    *("buyer_name", "buyer_mobile", "receiver_name", "receiver_mobile"),
    *("zip_code", "address", "memo"),
)


class EsmManualOrderLine(models.Model):
    """One order that is taken over by hand: typed fields, and what became of it."""

    _name = "esm.manual.order.line"
    _inherit = "esm.import.line"
    _description = "Order Entered by Hand"

    import_id = fields.Many2one(
        "esm.manual.order", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="import_id.company_id")
    currency_id = fields.Many2one(related="import_id.shop_id.currency_id")
    state = fields.Selection(
        selection_add=[("change", "Will be taken over"), ("done", "Taken over")],
        default="change",
    )
    payload = fields.Json(
        readonly=True,
        groups="sale_esm.group_manager",
        help="The order with the keys that the marketplace uses.",
    )
    order_id = fields.Many2one(
        "esm.order", string="Marketplace Order", readonly=True, ondelete="set null"
    )
    sale_order_id = fields.Many2one(related="order_id.sale_order_id")

    order_no = fields.Char(string="Order Number")
    pay_no = fields.Char(
        string="Basket Number",
        help="Orders that were paid together have the same one (장바구니번호): they "
        "become one sales order. Empty: the order was paid alone.",
    )
    paid_at = fields.Datetime(string="Paid", default=fields.Datetime.now)
    goods_no = fields.Char(string="Goods Number")
    goods_name = fields.Char(string="Goods")
    option_text = fields.Char(string="Option")
    seller_code = fields.Char(
        string="Seller Management Code",
        help="Finds the product of an item without options (판매자관리코드).",
    )
    inventory_code = fields.Char(
        help="Finds the product of an option (재고관리코드).",
    )
    quantity = fields.Integer(default=1)
    unit_price = fields.Monetary()
    option_amount = fields.Monetary(string="Option Surcharge", readonly=True)
    seller_discount = fields.Monetary()
    shipping_fee = fields.Monetary(
        help="What the buyer paid for shipping; once for a basket.",
    )
    buyer_name = fields.Char(string="Buyer")
    buyer_mobile = fields.Char(string="Buyer's Phone")
    receiver_name = fields.Char(string="Receiver")
    receiver_mobile = fields.Char(string="Receiver's Phone")
    zip_code = fields.Char(string="Postal Code")
    address = fields.Char()
    memo = fields.Char(string="Delivery Memo")
    courier_name = fields.Char(string="Courier")
    tracking_no = fields.Char(string="Tracking Number")

    _state_idx = models.Index("(import_id, state)")

    @api.model_create_multi
    def create(self, vals_list):
        """Extend: users type orders; what becomes of them is written by us."""
        if not self.env.su:
            names = self._user_fields()
            vals_list = [
                {name: vals[name] for name in names & vals.keys()} for vals in vals_list
            ]
        lines = super().create(vals_list)
        lines._check_typing()
        return lines

    def write(self, vals):
        """Extend: as above."""
        self._check_typing()
        if not self.env.su and vals.keys() - self._user_fields():
            raise AccessError(
                self.env._("What becomes of an order is written by the connector only.")
            )
        return super().write(vals)

    def unlink(self):
        """Extend: as above."""
        self._check_typing()
        return super().unlink()

    @api.model
    def _user_fields(self):
        """Names of what users type; the rest is what became of it."""
        return {"import_id", "paid_at", "quantity", *TYPED, *_TYPED_FIGURES}

    def _check_typing(self):
        if not self.env.su and self.filtered(
            lambda line: line.import_id.state != "draft"
        ):
            raise UserError(
                self.env._("Go back first: these orders are checked already.")
            )

    def _given(self):
        """What was typed, as the file would say it: dict of key -> text."""
        self.ensure_one()
        given = {key: self[name] for name, key in TYPED.items()}
        given |= {name: f"{self[name]:.0f}" for name in _TYPED_FIGURES if self[name]}
        given.setdefault("unit_price", "0")
        given["quantity"] = str(self.quantity)
        if self.paid_at:
            paid_at = fields.Datetime.context_timestamp(
                self.with_context(tz=KST_ZONE), self.paid_at
            )
            given["paid_at"] = paid_at.strftime("%Y-%m-%d %H:%M:%S")
        return {key: text for key, text in given.items() if text}

    def _forgotten(self):
        """Values that leave out what is about people: the order has it."""
        return {"payload": False, "given": False, **dict.fromkeys(_PERSONAL, False)}

    def _groups(self):
        """Override: a basket is taken over as a whole."""
        return list(self.grouped(lambda line: line.pay_no or line.order_no).values())
