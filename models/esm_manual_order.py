import re

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..esm_api import ORDER_FILE_TITLES, EsmError, Order, Site
from ..excel import read_file
from . import esm_import, manual_rows
from .import_rows import titles_for
from .manual_rows import ManualRows

# Orders that are asked for by number: two calls each, and two seconds for a call at the
# usual pace. Somebody waits for it.
MOST_NUMBERS = 20
# Booking and releasing takes about a tenth of a second for each order: more than these
# are left to the job.
BOOK_AT_ONCE = 100
# What the check says of a line.
_CHECKED = {"row", "state", "problem", "problem_keys", "note", "given", "payload"}


class EsmManualOrder(models.Model):
    """Orders that ESM does not hand over any more, taken over by hand.

    By number as far as ESM shows them, from the order workbook of ESM Plus, or typed.
    They are booked as all orders are, but nothing about them is told to ESM.
    """

    _name = "esm.manual.order"
    _inherit = "esm.import"
    _description = "Orders Entered by Hand"

    # Rows that could not be taken over hold names and addresses.
    _KEEP_ROWS_DAYS = 30
    _job = "sale_esm.ir_cron_manual_order"

    kind = fields.Selection(
        [
            ("number", "By order number"),
            ("file", "Order workbook of ESM Plus"),
            ("typed", "Typed in"),
        ],
        string="Where From",
        default="number",
        required=True,
    )
    shop_id = fields.Many2one(
        "esm.shop",
        required=True,
        check_company=True,
        default=lambda self: self._default_shop(),
    )
    state = fields.Selection(selection_add=[("draft", "Enter the orders")])
    numbers = fields.Text(
        string="Order Numbers",
        help="One or several order numbers, separated by blanks, commas or lines.",
    )
    line_ids = fields.One2many("esm.manual.order.line", "import_id", string="Orders")
    problem_line_ids = fields.One2many(
        "esm.manual.order.line",
        "import_id",
        string="Orders with Problems",
        domain=[("state", "=", "problem")],
    )

    def _default_shop(self):
        shops = self.env["esm.shop"].search(
            [("company_id", "=", self.env.company.id)], limit=2
        )
        return shops if len(shops) == 1 else shops.browse()

    @api.depends("filename", "kind")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for record in self:
            record.display_name = record.filename or kinds.get(record.kind)

    @api.model
    def _user_fields(self):
        return super()._user_fields() | {"kind", "shop_id", "numbers", "line_ids"}

    @api.model
    def _open(self, shop, numbers):
        """Action that opens a new one for these order numbers.

        :param shop: `esm.shop` record
        :param numbers: list of order numbers
        """
        record = self.create(
            {"shop_id": shop.id, "kind": "number", "numbers": "\n".join(numbers)}
        )
        return record._get_records_action()

    # ------------------------------------------------------------------
    # Read
    # ------------------------------------------------------------------

    def _check_read(self):
        if self.kind == "file":
            return super()._check_read()
        if self.kind == "typed" and not self.line_ids:
            raise UserError(self.env._("Enter at least one order."))
        if self.kind == "number":
            numbers = self._asked_numbers()
            if not numbers:
                raise UserError(self.env._("Enter at least one order number."))
            if len(numbers) > MOST_NUMBERS:
                raise UserError(
                    self.env._(
                        "Enter at most %(count)s order numbers at a time.",
                        count=MOST_NUMBERS,
                    )
                )
        return None

    def _asked_numbers(self):
        return list(dict.fromkeys(re.findall(r"[0-9]+", self.numbers or "")))

    def _start_reading(self):
        """Override: only files are read as files."""
        if self.kind == "file":
            super()._start_reading()
            return
        mine = self._as(self.user_id)
        rows = ManualRows(mine)
        if self.kind == "typed":
            for number, line in enumerate(self.line_ids, 1):
                rows.add_given(number, line._given())
        else:
            for number, order_no in enumerate(self._asked_numbers(), 1):
                self._ask(rows, number, order_no)
        rows.look_up()
        rows.check()
        if self.kind == "number":
            self.line_ids.unlink()
            self._store(rows)
            return
        for line, row in zip(self.line_ids, rows.rows, strict=True):
            values = self._prepare_line_values(rows, row)
            # What was typed stays as it is.
            line.write({name: values[name] for name in values.keys() & _CHECKED})
        self._count()
        self.state = "preview"

    def _ask(self, rows, number, order_no):
        """Add what ESM says of one order number.

        :param rows: `ManualRows`
        """
        api_client = self.shop_id._api()
        try:
            order = api_client.orders.get(order_no)
            why = not order and self.env["esm.order"]._explain_missing(
                api_client, order_no
            )
        except EsmError as error:
            order, why = None, self.shop_id._explain(error)
        if order:
            rows.add_order(number, order_no, order)
            return
        row = rows.add_given(number, {"order_no": order_no})
        row.refuse("order_no", why)

    def _open_table(self):
        return read_file(
            self._data(), manual_rows.COLUMNS, manual_rows.NEEDED, esm_import.MOST_ROWS
        )

    def _make_rows(self, table):
        return ManualRows(self, table.letters)

    def _titles(self):
        return titles_for(ORDER_FILE_TITLES, self.env.lang)

    def action_reset(self):
        """Override: go back to what was typed, or to the numbers."""
        if self.kind != "typed":
            return super().action_reset()
        self.ensure_one()
        self.check_access("write")
        self._expect("preview")
        # sudo: users do not write the history themselves
        me = self.sudo()
        me.line_ids.write({"state": "change", "problem": False, "note": False})
        me.write({"state": "draft", "message": False})
        return True

    # ------------------------------------------------------------------
    # Apply
    # ------------------------------------------------------------------

    def action_apply(self):
        """Extend: a few orders are booked at once."""
        self.ensure_one()
        # Before the shop's turn is taken, which commits.
        self.check_access("write")
        # sudo: the jobs act for the shop, not for the person who presses the button
        shop = self.sudo().shop_id
        # No other worker stores orders of this shop meanwhile.
        res = shop._transact(super().action_apply)
        if self.state == "done" and self.applied_count <= BOOK_AT_ONCE:
            shop._process()
        return res

    def _apply_lines(self, lines):
        # sudo: the inbox is the connector's; users have seen what comes into it
        shop = self.sudo().shop_id._as_job()
        known = shop.env["esm.order"]._find(shop.site, lines.mapped("order_no"))
        known = known._by_number()
        taken = lines.filtered(lambda line: line.order_no in known)
        for line in taken.sudo():  # lines are the history
            line._refuse(
                {
                    "order_no": self.env._(
                        "order %(order)s has come into Odoo meanwhile.",
                        order=line.order_no,
                    )
                }
            )
        if taken and self.mode == "all":
            return
        good = (lines - taken).sudo()
        orders = [
            Order.from_payload(line.payload, Site(shop.site), shop.seller_id)
            for line in good
        ]
        rows = shop.env["esm.order"]._store_manual(shop, orders, self.kind)
        for line, row in zip(good, rows, strict=True):
            line.write({"state": "done", "order_id": row.id, **line._forgotten()})

    def _finish(self):
        """Extend: the orders have all that the file said of people."""
        res = super()._finish()
        self.file = False
        # sudo: anyone may wake the job; it works by itself
        self.env.ref("sale_esm.ir_cron_process").sudo()._trigger()
        return res
