import base64
import re

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..esm_api import NAME_KEYS, PHONE_KEYS
from ..excel import Heading, Sheet, write_workbook
from ..models.masking import digits
from ..models.personal_data import PersonalData

# More are no single buyer: the search has to be narrower.
MOST_FOUND = 100
_PHONE_DIGITS = 7


class EsmPrivacy(models.TransientModel):
    """Find, export and erase what is known of one buyer."""

    _name = "esm.privacy"
    _inherit = "esm.dialog"
    _description = "Personal Data of a Buyer"

    query = fields.Char(
        string="Name, Phone or Order Number",
        help="The whole name, a telephone number in any form, an order number or a "
        "basket number.",
    )
    searched_by = fields.Selection(
        [("number", "Order number"), ("person", "Name or phone")], readonly=True
    )
    line_ids = fields.One2many("esm.privacy.line", "wizard_id", string="Found")
    message = fields.Text(readonly=True)
    file = fields.Binary(readonly=True)

    # ------------------------------------------------------------------
    # Find
    # ------------------------------------------------------------------

    def action_find(self):
        """List the orders of whoever has this name, phone or order number."""
        self.ensure_one()
        text = " ".join((self.query or "").split())
        if len(text) < 2:
            raise UserError(
                self.env._("Enter a whole name, a phone number or an order number.")
            )
        rows = self._find_by_number(text)
        searched_by = "number" if rows else "person"
        if not rows:
            rows = self._find_by_person(text)
        typed = self._find_typed(text)
        message = False
        if not rows and not typed:
            message = self.env._(
                "Nothing was found. Names have to be whole: without a title or a blank "
                "between. What is masked already is not found by name any more."
            )
        elif len(rows) > MOST_FOUND:
            message = self.env._(
                "These are the newest %(count)s orders only. A phone number or order "
                "number finds fewer.",
                count=MOST_FOUND,
            )
        # People share names: others of the same name are nobody's by accident.
        chosen = bool(
            searched_by == "number"
            or len(digits(text)) >= _PHONE_DIGITS
            or len(rows.sale_order_id.partner_id) < 2
        )
        self.line_ids.unlink()
        self.write(
            {
                "searched_by": searched_by,
                "message": message,
                "file": False,
                "line_ids": [
                    fields.Command.create({"order_id": row.id, "chosen": chosen})
                    for row in rows[:MOST_FOUND]
                ]
                + [
                    fields.Command.create({"typed_id": line.id, "chosen": chosen})
                    for line in typed
                ],
            }
        )
        return self._reopen()

    def _find_by_number(self, text):
        numbers = text.replace(" ", "")
        if not numbers.isdigit():
            return self.env["esm.order"]
        return self.env["esm.order"].search(
            Domain("company_id", "in", self.env.companies.ids)
            & (Domain("order_no", "=", numbers) | Domain("pay_no", "=", numbers))
        )

    def _find_by_person(self, text):
        """Orders that a name or phone stands in, or on a contact of."""
        phone = digits(text)
        phone = phone if len(phone) >= _PHONE_DIGITS else None
        name = text.casefold()
        # What ESM sent has telephone numbers that no contact has.
        matches = [
            SQL("lower(payload->>%s) = %s", key, name)
            for key in NAME_KEYS
            if phone is None
        ] + [
            SQL("regexp_replace(payload->>%s, '\\D', '', 'g') = %s", key, phone)
            for key in PHONE_KEYS
            if phone is not None
        ]
        found = self.env.execute_query(
            SQL(
                """SELECT id FROM esm_order
                    WHERE company_id IN %s AND masked_at IS NULL AND (%s)""",
                tuple(self.env.companies.ids),
                SQL(" OR ").join(matches),
            )
        )
        contacts = self._find_contacts(name, phone)
        return self.env["esm.order"].search(
            Domain("company_id", "in", self.env.companies.ids)
            & (
                Domain("id", "in", [row_id for [row_id] in found])
                | Domain("sale_order_id.partner_id", "in", contacts)
                | Domain("sale_order_id.partner_shipping_id", "in", contacts)
                | Domain("sale_order_id.partner_invoice_id", "in", contacts)
            )
        )

    def _find_contacts(self, name, phone):
        """IDs of contacts of the connector; people may have corrected them."""
        if phone:
            match = SQL("regexp_replace(phone, '\\D', '', 'g') = %s", phone)
        else:
            match = SQL("lower(name) = %s", name)
        self.env["res.partner"].flush_model(["name", "phone", "esm_buyer_key"])
        return [
            partner_id
            for [partner_id] in self.env.execute_query(
                SQL(
                    """SELECT id FROM res_partner
                        WHERE (esm_buyer_key IS NOT NULL OR esm_masked_at IS NOT NULL)
                          AND company_id IN %s AND %s""",
                    tuple(self.env.companies.ids),
                    match,
                )
            )
        ]

    def _find_typed(self, text):
        """Orders that somebody typed or uploaded, and has not taken over."""
        phone = digits(text)
        domain = Domain("order_no", "=", text)
        name = re.sub(r"([\\%_])", r"\\\1", text)
        domain |= Domain("buyer_name", "=ilike", name)
        domain |= Domain("receiver_name", "=ilike", name)
        if len(phone) >= _PHONE_DIGITS:
            forms = [text, phone, f"{phone[:3]}-{phone[3:-4]}-{phone[-4:]}"]
            domain |= Domain("buyer_mobile", "in", forms)
            domain |= Domain("receiver_mobile", "in", forms)
        return self.env["esm.manual.order.line"].search(
            domain
            & Domain("order_id", "=", False)
            & Domain("import_id.company_id", "in", self.env.companies.ids),
            limit=MOST_FOUND,
        )

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Personal Data of a Buyer"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    # ------------------------------------------------------------------
    # Export
    # ------------------------------------------------------------------

    def _chosen(self):
        """Lines that are chosen, and the whole sales orders behind them."""
        lines = self.line_ids.filtered("chosen")
        if not lines:
            raise UserError(self.env._("Choose at least one order."))
        rows = lines.order_id
        rows.check_access("read")
        lines.typed_id.check_access("read")
        # sudo: chatter, files and messages of the connector are not all open to the
        # manager; what is found belongs to orders that are
        rows |= rows.sudo().sale_order_id.esm_order_ids.with_env(self.env)
        return rows.sudo(), lines.typed_id.sudo()

    def action_export(self):
        """Download all that is known of the buyer of these orders."""
        self.ensure_one()
        rows, typed = self._chosen()
        data = PersonalData(rows)
        data.lines |= typed
        headings = [
            Heading(self.env._("What"), 24),
            Heading(self.env._("Where"), 24),
            Heading(self.env._("Field"), 24),
            Heading(self.env._("Value"), 80),
        ]
        sheet = Sheet(self.env._("Personal Data"), headings, data.export_rows())
        self.file = base64.b64encode(write_workbook(sheet))
        self._log("export", data)
        name = self.env._("personal data %(date)s", date=fields.Date.today())
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/file/{name}.xlsx"
            "?download=true",
            "target": "self",
        }

    # ------------------------------------------------------------------
    # Erase
    # ------------------------------------------------------------------

    def action_erase(self):
        """Mask all that is known of the buyer of these orders, now and for good."""
        self.ensure_one()
        rows, typed = self._chosen()
        rows = rows.filtered(lambda row: not row.masked_at)
        if not rows and not typed:
            raise UserError(self.env._("These orders are masked already."))
        reasons = [text for row in rows if (text := row._not_erasable_text())]
        if reasons:
            raise UserError(
                self.env._(
                    "Nothing was erased, because the data is still needed:\n"
                    "%(reasons)s",
                    reasons="\n".join(reasons),
                )
            )
        locked = rows.try_lock_for_update()
        if locked != rows:
            raise UserError(
                self.env._("Somebody works on these orders right now. Try again.")
            )
        data = PersonalData(rows)
        data.lines |= typed
        self._log("erase", data)
        count = len(rows) + len(typed)
        data.forget_lines(typed)
        # Of what was done, it is kept that there was a row.
        typed.filtered(lambda line: line.import_id.state != "done").unlink()
        used, invoiced = rows._mask()
        texts = [self.env._("%(count)s orders were erased.", count=count)]
        if used:
            texts.append(
                self.env._(
                    "%(count)s contacts stay as they are, because other orders or "
                    "documents need them.",
                    count=len(used),
                )
            )
        if invoiced:
            texts.append(
                self.env._(
                    "%(count)s contacts keep name and address, because they are on an "
                    "invoice or payment. They are archived.",
                    count=len(invoiced),
                )
            )
        # What was searched for is personal data as well.
        self.line_ids.unlink()
        self.write({"query": False, "file": False, "message": "\n".join(texts)})
        return self._reopen()

    def _log(self, kind, data):
        counts = data.counts()
        # sudo: nobody writes the log by hand
        self.env["esm.privacy.log"].sudo().create(
            {
                "kind": kind,
                "user_id": self.env.uid,
                "company_id": (data.rows or data.lines).company_id[:1].id,
                "searched_by": self.searched_by,
                "order_count": counts["orders"],
                "contact_count": counts["contacts"],
                "message_count": counts["messages"],
                "file_count": counts["files"],
            }
        )


class EsmPrivacyLine(models.TransientModel):
    """One order that was found. It repeats nothing, so nothing of it is left over."""

    _name = "esm.privacy.line"
    _inherit = "esm.dialog"
    _description = "Order of a Buyer"

    wizard_id = fields.Many2one("esm.privacy", required=True, ondelete="cascade")
    order_id = fields.Many2one(
        "esm.order", string="Marketplace Order", readonly=True, ondelete="cascade"
    )
    typed_id = fields.Many2one(
        "esm.manual.order.line",
        string="Entered by Hand",
        readonly=True,
        ondelete="cascade",
    )
    chosen = fields.Boolean(default=True)
    shop_id = fields.Many2one("esm.shop", compute="_compute_order")
    paid_at = fields.Datetime(string="Paid", compute="_compute_order")
    number = fields.Char(string="Order Number", compute="_compute_order")
    buyer = fields.Char(compute="_compute_order")
    receiver = fields.Char(compute="_compute_order")
    phone = fields.Char(compute="_compute_order")
    note = fields.Text(string="Can It Be Erased?", compute="_compute_order")

    @api.depends("order_id", "typed_id")
    def _compute_order(self):
        for line in self:
            row, typed = line.order_id, line.typed_id
            order = row.sale_order_id
            parsed = row._parsed() if row and not row.masked_at else None
            line.shop_id = row.shop_id or typed.import_id.shop_id
            line.paid_at = row.paid_at or typed.paid_at
            line.number = row.order_no or typed.order_no
            line.buyer = (
                order.partner_id.name
                or (parsed and parsed.buyer_name)
                or typed.buyer_name
            )
            line.receiver = (
                order.partner_shipping_id.name
                or (parsed and parsed.receiver_name)
                or typed.receiver_name
            )
            line.phone = (
                order.partner_shipping_id.phone
                or (parsed and (parsed.receiver_mobile or parsed.buyer_mobile))
                or typed.receiver_mobile
                or typed.buyer_mobile
            )
            if row.masked_at:
                line.note = self.env._("Masked already")
            elif row:
                line.note = row._not_erasable_text() or self.env._("Yes")
            else:
                line.note = self.env._("Yes; it was entered, but not taken over")
