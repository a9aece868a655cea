from odoo import api, fields, models
from odoo.exceptions import UserError


class EsmProblem(models.Model):
    """One button for each problem: it solves it, or opens the place where that is done.

    The lines can be seen by everybody who works with the connector. Who may not open
    what a line is about gets the marketplace order or the shop, and reads there who is
    asked.
    """

    _inherit = "esm.problem"

    button = fields.Char(
        compute="_compute_button", help="What the button of this line does."
    )

    @api.depends("kind", "res_model")
    @api.depends_context("uid", "lang")
    def _compute_button(self):
        labels = self._button_labels()
        for problem in self:
            problem.button = labels[problem._button_key()]

    def _button_key(self):
        """Which button this line has, for the user who looks at it."""
        manager = self.env.user.has_group("sale_esm.group_manager")
        if self.kind == "connection":
            return "test" if manager else "shop"
        if self.kind == "unmatched":
            return "match" if manager else "orders"
        if self.kind == "late":
            return "delivery" if self.res_model == "stock.picking" else "order"
        return {
            "goods": "shop",
            "amount": "amounts",
            "confirmation": "send",
            "cancel": "decide",
            "cancelled_here": "sale",
            "elsewhere": "delivery",
            "tracking": "delivery",
            "error": "again",
            "delay": "plan",
            "number": "number",
            "repack": "delivery",
            "phone": "phone",
            "stock": "send",
            "price": "listing",
            "codes": "listing",
            "delivered": "send",
            "stopped": "listing",
            "options": "options",
            "numbers": "numbers",
            "import": "file",
        }.get(self.kind, "order")

    @api.model
    def _button_labels(self):
        return {
            "test": self.env._("Test Connection"),
            "shop": self.env._("Open Shop"),
            "match": self.env._("Match"),
            "orders": self.env._("Open Orders"),
            "order": self.env._("Open Order"),
            "amounts": self.env._("Check Amounts"),
            "send": self.env._("Send Again"),
            "again": self.env._("Try Again"),
            "decide": self.env._("Decide"),
            "sale": self.env._("Open Sales Order"),
            "delivery": self.env._("Open Delivery"),
            "number": self.env._("Enter Number"),
            "plan": self.env._("Plan Ship Date"),
            "listing": self.env._("Open Listing"),
            "options": self.env._("Match Listings"),
            "numbers": self.env._("Enter Numbers"),
            "file": self.env._("Open Import"),
            "phone": self.env._("Enter Phone"),
        }

    def action_solve(self):
        """Do what the button of this line says."""
        self.ensure_one()
        if not self.exists():
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "type": "success",
                    "message": self.env._("This is solved already."),
                    "next": {"type": "ir.actions.client", "tag": "soft_reload"},
                },
            }
        self.check_access("read")
        return getattr(self, f"_solve_{self._button_key()}")()

    # ------------------------------------------------------------------
    # What it is about
    # ------------------------------------------------------------------

    def _record(self):
        return self.env[self.res_model].browse(self.res_id)

    def _market_order(self):
        """The (first) marketplace order that this line is about, if any."""
        if self.res_model == "esm.order":
            return self._record()
        if self.res_model == "esm.outbox":
            return self._record().order_id
        return self.env["esm.order"]

    def _messages(self):
        """All messages that this line stands for."""
        message = self._record()
        if not message.listing_id:
            return message
        return message.search(
            [
                ("shop_id", "=", message.shop_id.id),
                ("action", "=", message.action),
                ("state", "=", "refused"),
                ("message", "=", message.message),
                ("listing_id", "!=", False),
            ]
        )

    def _open(self, *records):
        """Open the first of these records that the user may open.

        :raise UserError: none of them
        """
        for record in records:
            if record and record._filtered_access("read") == record:
                return record._get_records_action(
                    **({"name": self.display_name} if len(record) > 1 else {})
                )
        raise UserError(
            self.env._(
                "You may not open what “%(name)s” is about. Ask %(who)s to solve it.",
                name=self.name or self.display_name,
                who=self.sudo().user_id.name or self.env._("a manager"),
            )
        )

    # ------------------------------------------------------------------
    # The buttons
    # ------------------------------------------------------------------

    def _solve_test(self):
        return self.shop_id.action_test_connection()

    def _solve_shop(self):
        return self._open(self.shop_id)

    def _solve_match(self):
        return self._market_order().action_match_listing()

    def _solve_orders(self):
        order = self._market_order()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "sale_esm.esm_order_action"
        )
        about = (
            [("waiting_code", "=", self.code)]
            if self.code
            else [("goods_no", "=", order.goods_no)]
        )
        domain = [
            ("shop_id", "=", self.shop_id.id),
            ("problem", "=", "unmatched"),
            *about,
        ]
        return {**action, "domain": domain, "context": {}}

    def _solve_order(self):
        return self._open(self._market_order(), self.shop_id)

    _solve_decide = _solve_order

    def _solve_sale(self):
        order = self._market_order()
        return self._open(order.sudo().sale_order_id.with_env(self.env), order)

    _solve_amounts = _solve_sale

    def _solve_delivery(self):
        if self.res_model == "stock.picking":
            return self._open(self._record(), self.shop_id)
        order = self._market_order()
        # sudo: which delivery it is, whoever asks; opening it takes the user's rights
        row = order.sudo()
        pickings = row.outbox_ids.picking_id or row.sale_line_ids.move_ids.picking_id
        pickings = pickings.filtered(
            lambda picking: picking.state != "cancel" and picking._esm_is_delivery()
        )
        return self._open(pickings[:1].with_env(self.env), order)

    _solve_number = _solve_delivery

    def _solve_plan(self):
        return self._market_order().action_expected_date()

    def _solve_send(self):
        if self.res_model == "esm.outbox":
            self._messages().action_retry()
        else:
            # All orders that the marketplace refused with the same words.
            order = self._market_order()
            order.search(
                [
                    ("shop_id", "=", order.shop_id.id),
                    ("problem", "=", order.problem),
                    ("problem_text", "=", order.problem_text),
                ]
            ).action_retry()
        return self._reload(self.env._("It is sent again now."))

    def _solve_again(self):
        self._market_order().action_retry()
        return self._reload(self.env._("It is tried again now."))

    def _reload(self, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _solve_listing(self):
        record = self._record()
        if self.res_model == "esm.outbox":
            record = self._messages().listing_id
        return self._open(record)

    def _solve_options(self):
        return self.shop_id.action_view_unmatched()

    def _solve_numbers(self):
        return self._open(self._record())

    _solve_file = _solve_numbers

    def _solve_phone(self):
        order = self._market_order()
        # sudo: as above
        receiver = order.sudo().sale_order_id.partner_shipping_id
        return self._open(receiver.with_env(self.env), order)
