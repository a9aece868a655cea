from odoo import api, fields, models
from odoo.exceptions import UserError

from ..esm_api import MoneyProblem, basket_money


class SaleOrder(models.Model):
    _inherit = "sale.order"

    esm_shop_id = fields.Many2one(
        "esm.shop",
        string="Marketplace Shop",
        readonly=True,
        copy=False,
        index="btree_not_null",
    )
    esm_site = fields.Selection(related="esm_shop_id.site", string="Marketplace")
    esm_pay_no = fields.Char(
        string="Basket Number", readonly=True, copy=False, index="btree_not_null"
    )
    esm_basket_key = fields.Char(
        readonly=True,
        copy=False,
        help="Shop, basket and destination: orders with the same key are one sale.",
    )
    esm_order_ids = fields.One2many(
        "esm.order", "sale_order_id", string="Marketplace Orders"
    )
    esm_amount_accepted = fields.Boolean(
        string="Marketplace Amounts Accepted",
        readonly=True,
        copy=False,
        help="A manager looked at the amounts that differ and took them as they are.",
    )
    esm_problem_text = fields.Text(
        compute="_compute_esm_summary",
        compute_sudo=True,  # every salesperson sees why an order cannot go on
        string="Marketplace Problem",
    )
    esm_amount_problem = fields.Boolean(
        compute="_compute_esm_summary", compute_sudo=True
    )
    esm_to_acknowledge = fields.Boolean(
        compute="_compute_esm_summary", compute_sudo=True
    )
    esm_amount_paid = fields.Monetary(
        compute="_compute_esm_summary",
        compute_sudo=True,
        string="Paid by the Buyer",
        help="The total of this order less what the site pays.",
    )
    esm_amount_site_share = fields.Monetary(
        compute="_compute_esm_summary",
        compute_sudo=True,
        string="Paid by the Site",
        help="Discounts that the site gave to the buyer and pays out to you.",
    )

    # One sale per basket and destination, whoever books it at the same time.
    _esm_basket_uniq = models.UniqueIndex(
        "(esm_basket_key) WHERE esm_basket_key IS NOT NULL AND state <> 'cancel'",
        "This marketplace basket is already booked.",
    )

    def _compute_esm_summary(self):
        for order in self:
            rows = order.esm_order_ids.filtered(lambda row: row.state != "cancelled")
            # A cancelled order has one only where something is left to do.
            problems = order.esm_order_ids.filtered("problem")
            order.esm_problem_text = (
                "\n".join(dict.fromkeys(problems.mapped("problem_text"))) or False
            )
            order.esm_amount_problem = "amount" in problems.mapped("problem")
            order.esm_to_acknowledge = any(
                row.market_status == "new" and not row.acknowledged for row in rows
            )
            share = sum(rows.mapped("amount_site_share"))
            order.esm_amount_site_share = share
            order.esm_amount_paid = order.amount_total - share

    # ------------------------------------------------------------------
    # Review: may this order be confirmed?
    # ------------------------------------------------------------------

    def _esm_review(self, parsed=None):
        """Hold orders with unknown goods or odd amounts, free the others.

        :param parsed: dict `esm.order` row -> `esm_api.Order` of those rows that the
            caller has read already
        """
        stand_in = self.env.ref("sale_esm.product_unmatched")
        money_problems = self._esm_amount_problems(parsed or {})
        for order in self:
            waiting = order.order_line.filtered(
                lambda line: line.product_id == stand_in and line.product_uom_qty
            )
            for row in order.esm_order_ids.filtered(lambda r: r.state != "cancelled"):
                lines = waiting.filtered(lambda line, row=row: line.esm_order_id == row)
                amount_text = money_problems.get(order)
                if lines:
                    code = lines[0].esm_code
                    if row.waiting_code != (code or False):
                        row.waiting_code = code
                    row._set_problem("unmatched", lines[0]._esm_unmatched_text())
                elif amount_text:
                    row._set_problem("amount", amount_text)
                elif row.problem in ("unmatched", "amount"):
                    row._clear_problem()

    def _esm_amount_problems(self, parsed):
        """Why amounts of these orders cannot be right.

        The check is per basket: shipping is booked once in it.

        :param parsed: see `_esm_review`
        :return: dict sale order -> translated text, for those with a problem
        """
        pay_numbers = list(set(self.filtered("esm_pay_no").mapped("esm_pay_no")))
        baskets = self.search(
            [
                ("esm_pay_no", "in", pay_numbers),
                ("esm_shop_id", "in", self.esm_shop_id.ids),
                ("state", "!=", "cancel"),
            ]
        ).grouped(lambda order: (order.esm_shop_id, order.esm_pay_no))
        # With a part cancelled the figures of the rest prove nothing.
        broken = self.env["esm.order"]._read_group(
            [
                ("pay_no", "in", pay_numbers),
                ("shop_id", "in", self.esm_shop_id.ids),
                ("state", "=", "cancelled"),
            ],
            ["shop_id", "pay_no"],
        )
        problems = {}
        for basket, orders in baskets.items():
            rows = orders.esm_order_ids
            if not rows or any(orders.mapped("esm_amount_accepted")):
                continue
            if basket in broken:
                rows = rows.filtered(lambda row: row.state != "cancelled")
            read = [parsed.get(row) or row._parsed() for row in rows]
            text = self._esm_impossible_text(read)
            if not text and basket not in broken:
                text = orders._esm_amount_problem_text(rows, read)
            if text:
                problems.update(dict.fromkeys(orders, text))
        return problems

    @api.model
    def _esm_impossible_text(self, parsed):
        """Text about orders that nobody can have placed like this, or None.

        :param parsed: list of `esm_api.Order`
        """
        odd = [order.order_no for order in parsed if order.impossible]
        if not odd:
            return None
        return self.env._(
            "Order %(order)s came with quantities, amounts or goods that cannot be "
            "right: below zero, far too large or unreadable. Compare it with ESM Plus "
            "and correct the lines of the sales order, then accept the amounts.",
            order=", ".join(odd[:5]) + (", ..." if len(odd) > 5 else ""),
        )

    def _esm_amount_problem_text(self, rows, parsed):
        """Text about the basket's amounts, or None if they are right."""
        money = basket_money(parsed, parsed[0].site)
        currency = self.currency_id
        if money.problem is MoneyProblem.NOT_WHOLE_WON:
            return self.env._(
                "The amounts of basket %(basket)s are not whole won, so they may be "
                "misread. Compare them with ESM Plus, then accept the amounts or "
                "correct the order.",
                basket=self[0].esm_pay_no,
            )
        if money.problem:
            return self.env._(
                "The amounts of basket %(basket)s do not fit: by the order's lines the "
                "buyer paid %(expected)s, the marketplace says %(paid)s. Compare both "
                "with ESM Plus, then accept the amounts or correct the order.",
                basket=self[0].esm_pay_no,
                expected=currency.format(float(money.expected_paid)),
                paid=self.env._("nothing")
                if money.paid is None
                else currency.format(float(money.paid)),
            )
        booked = sum(self.mapped("amount_total"))
        total = float(money.sale_of(rows.mapped("order_no")))
        if currency.compare_amounts(booked, total):
            return self.env._(
                "The sales order of basket %(basket)s amounts to %(booked)s, but the "
                "marketplace's figures to %(total)s. Correct the lines, then confirm.",
                basket=self[0].esm_pay_no,
                booked=currency.format(booked),
                total=currency.format(total),
            )
        return None

    def action_esm_accept_amounts(self):
        """A manager takes the amounts of these orders as they are."""
        self.check_access("write")
        if not self.env.user.has_group("sale_esm.group_manager"):
            raise UserError(self.env._("Only managers can accept amounts that differ."))
        for order in self.sudo():  # rows are read-only for users
            order.esm_amount_accepted = True
            order.message_post(
                body=self.env._(
                    "%(user)s accepted the amounts as they are: %(text)s",
                    user=self.env.user.name,
                    text=order.esm_problem_text or "",
                )
            )
            order._esm_review()
        return True

    def action_esm_acknowledge(self):
        """Confirm the new marketplace orders of these sales orders (주문확인)."""
        return self.esm_order_ids.filtered(
            lambda row: row.market_status == "new"
        ).action_acknowledge()

    # ------------------------------------------------------------------
    # Odoo's own flow
    # ------------------------------------------------------------------

    def _confirmation_error_message(self):
        """Extend: orders that wait for a human cannot be confirmed."""
        message = super()._confirmation_error_message()
        if not message and self.esm_shop_id:
            return self.esm_problem_text
        return message

    def action_confirm(self):
        """Extend: look at codes and amounts once more before the goods go."""
        marketplace = self.filtered("esm_shop_id")
        if marketplace:
            marketplace.sudo()._esm_review()  # rows are read-only for users
            marketplace.invalidate_recordset(["esm_problem_text"])
        if marketplace and marketplace != self:
            super(SaleOrder, marketplace).action_confirm()
            return super(SaleOrder, self - marketplace).action_confirm()
        return super().action_confirm()

    def _prepare_confirmation_values(self):
        """Extend: the order was made when the buyer paid, not when it is confirmed."""
        values = super()._prepare_confirmation_values()
        if self.esm_shop_id:
            values.pop("date_order", None)
        return values

    def _action_confirm(self):
        """Extend: the orders are in the warehouse's hands now."""
        res = super()._action_confirm()
        # sudo: any salesperson may confirm, rows are written by the connector only
        rows = self.esm_order_ids.sudo().filtered(lambda row: row.state == "booked")
        if rows:
            rows.write({"state": "released"})
        return res

    def _action_cancel(self):
        """Extend: the marketplace does not know that we cancelled."""
        res = super()._action_cancel()
        # sudo: any salesperson may cancel, rows are written by the connector only
        rows = self.sudo().esm_order_ids.filtered(
            lambda row: row.state in ("booked", "released")
        )
        if rows:
            rows.write({"state": "booked"})
            rows._set_problem(
                "cancelled_here",
                self.env._(
                    "The sales order is cancelled in Odoo, but the buyer still waits: "
                    "cancel the order in ESM Plus as well, or set the sales order back "
                    "to quotation and confirm it."
                ),
            )
        return res

    def action_draft(self):
        """Extend: an order that was set back goes its way again."""
        res = super().action_draft()
        # sudo: as above
        rows = self.sudo().esm_order_ids.filtered(
            lambda row: row.problem == "cancelled_here"
        )
        rows._clear_problem()
        self.sudo().filtered("esm_shop_id")._esm_review()
        return res

    def unlink(self):
        """Extend: a deleted quotation is booked again, the buyer still waits."""
        # sudo: as above
        rows = self.sudo().esm_order_ids.filtered(
            lambda row: row.state in ("booked", "released")
        )
        self.env["esm.notice"].sudo()._forget(self)  # notices are the connector's
        res = super().unlink()
        rows.write({"state": "received", "problem": False, "problem_text": False})
        return res

    def _esm_take_off(self, lines):
        """Sell and deliver nothing of these lines any more."""
        lines.move_ids.filtered(
            lambda move: move.state not in ("done", "cancel")
        )._action_cancel()
        # The lock keeps users from changing what is sold; the marketplace has done so.
        locked = self.locked
        self.locked = False
        # No procurement: it would plan the return of goods that never left.
        lines.with_context(skip_procurement=True).write(
            {"product_uom_qty": 0, "esm_total": 0}
        )
        self.locked = locked
        picked = lines.move_ids.filtered(
            lambda move: (
                move.state == "done" and move.location_dest_id.usage == "internal"
            )
        )
        if picked:
            self.message_post(
                body=self.env._(
                    "%(goods)s are picked already: put them back from %(place)s.",
                    goods=", ".join(picked.product_id.mapped("display_name")),
                    place=", ".join(picked.location_dest_id.mapped("display_name")),
                )
            )

    def _esm_part_from(self, row):
        """Let one order leave this sales order, so that it gets one of its own.

        :param row: `esm.order` record of this sales order, not shipped
        :return: False if that is too late
        """
        self.ensure_one()
        lines = row.sale_line_ids
        if any(lines.mapped("qty_invoiced")) or any(lines.mapped("qty_delivered")):
            return False
        if self.state in ("draft", "sent"):
            lines.unlink()
        else:
            self._esm_take_off(lines)
            lines.esm_order_id = False
        row.write({"state": "received", "sale_order_id": False})
        row._clear_problem()
        self.message_post(
            body=self.env._(
                "Marketplace order %(order)s goes to another address: it gets a sales "
                "order of its own.",
                order=row.order_no,
            )
        )
        self.env.ref("sale_esm.ir_cron_process")._trigger()
        return True

    def _esm_cancel_lines(self, rows, reason):
        """Take cancelled marketplace orders off this sales order.

        :param rows: cancelled `esm.order` recordset of this sales order
        :param reason: translated text
        """
        self.ensure_one()
        lines = rows.sale_line_ids
        none_left = all(row.state == "cancelled" for row in self.esm_order_ids)
        if none_left:
            lines |= self.order_line.filtered(lambda line: line.esm_kind == "shipping")
        invoiced = any(lines.mapped("qty_invoiced"))
        if none_left and not invoiced:
            self._action_cancel()
        else:
            self._esm_take_off(lines)
        if invoiced:
            rows._set_problem(
                "cancelled_late",
                self.env._(
                    "Order %(order)s was cancelled at the marketplace, but it is "
                    "invoiced already. Make a credit note.",
                    order=", ".join(rows.mapped("order_no")),
                ),
            )
        self.message_post(
            body=self.env._(
                "Marketplace order %(order)s: %(reason)s.",
                order=", ".join(rows.mapped("order_no")),
                reason=reason,
            )
        )
