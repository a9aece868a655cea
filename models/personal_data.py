"""All places where Odoo holds something of the buyers of marketplace orders.

Masking and the export for one buyer go through the same places: what one finds, the
other takes out. Odoo's own privacy lookup goes by e-mail addresses, which marketplaces
do not tell.
"""

from collections import defaultdict

from odoo import fields
from odoo.fields import Domain

from ..esm_api import NAME_KEYS, PERSON_KEYS, PHONE_KEYS
from .masking import MASK, Scrubber

# Fields of contacts that are about the person.
CONTACT_FIELDS = ("name", "phone", "email", "street", "street2", "zip", "city", "vat")
_CHATTERS = ("sale.order", "stock.picking", "res.partner")
_MESSAGE_FIELDS = (
    *("body", "subject", "email_from", "reply_to"),
    *("incoming_email_to", "incoming_email_cc", "outgoing_email_to"),
)


class PersonalData:
    """What Odoo holds of the people of some orders.

    :param rows: `esm.order` recordset with all rights (jobs, or sudo)
    """

    def __init__(self, rows):
        self._env = rows.env
        self.rows = rows.with_context(active_test=False)
        orders = self.rows.sale_order_id
        baskets = {(row.shop_id, row.pay_no) for row in self.rows}
        # Of a sales order that was cancelled and booked again, the first one as well.
        former = self._env["sale.order"].search(
            [
                ("esm_shop_id", "in", self.rows.shop_id.ids),
                ("esm_pay_no", "in", self.rows.mapped("pay_no")),
                ("esm_order_ids", "=", False),
            ]
        )
        self.orders = orders | former.filtered(
            lambda order: (order.esm_shop_id, order.esm_pay_no) in baskets
        )
        self.pickings = self._env["stock.picking"].search(
            [("sale_id", "in", self.orders.ids)]
        )
        self.contacts = self._find_contacts()
        self.lines = self._env["esm.manual.order.line"].search(
            [
                ("order_no", "in", self.rows.mapped("order_no")),
                ("import_id.company_id", "in", self.rows.company_id.ids),
            ]
        )

    def _find_contacts(self):
        """The contacts that the connector made for these orders."""
        Partner = self._env["res.partner"].with_context(active_test=False)
        people = self.orders.partner_id | self.orders.partner_invoice_id
        people |= self.orders.partner_shipping_id | self.pickings.partner_id
        people = people.filtered("esm_buyer_key").with_env(Partner.env)
        # Addresses that the buyer changed are at the same buyer.
        return people | Partner.search(
            [
                ("esm_buyer_key", "in", people.mapped("esm_buyer_key")),
                ("company_id", "in", self.rows.company_id.ids),
            ]
        )

    # ------------------------------------------------------------------
    # What is known of the people, by sales order and by contact
    # ------------------------------------------------------------------

    def _scrubbers(self):
        """What to take out of the texts of each sales order, contact and order.

        Of orders only those without a sales order.

        :return: dict record -> :class:`Scrubber`
        """
        scrubbers = {}
        rows_of = self.rows.grouped("sale_order_id")
        by_buyer = self.contacts.grouped("esm_buyer_key")
        by_basket = self.rows.grouped(lambda row: (row.shop_id, row.pay_no))
        for order in self.orders:
            rows = rows_of.get(order) or by_basket.get(
                (order.esm_shop_id, order.esm_pay_no), self.rows.browse()
            )
            people = order.partner_id | order.partner_invoice_id
            people |= order.partner_shipping_id
            keys = filter(None, people.mapped("esm_buyer_key"))
            family = self.contacts.browse().union(*(by_buyer[key] for key in keys))
            scrubbers[order] = self._scrubber(rows, family)
        for contact in self.contacts:
            scrubbers[contact] = self._scrubber(self.rows.browse(), contact)
        for row in self.rows.filtered(lambda row: not row.sale_order_id):
            scrubbers[row] = self._scrubber(row, self.contacts.browse())
        return scrubbers

    def _scrubber(self, rows, contacts):
        payloads = [row.payload or {} for row in rows]

        def texts(keys):
            return {
                str(payload[key])
                for payload in payloads
                for key in keys
                if payload.get(key)
            }

        others = set(PERSON_KEYS) - {*NAME_KEYS, *PHONE_KEYS, "BuyerId", "BuyerID"}
        return Scrubber(
            names=texts(NAME_KEYS) | set(contacts.mapped("name")),
            phones=texts(PHONE_KEYS) | set(filter(None, contacts.mapped("phone"))),
            others=texts(others)
            | set(filter(None, contacts.mapped("street")))
            | set(filter(None, contacts.mapped("street2")))
            | set(filter(None, contacts.mapped("email")))
            | set(filter(None, rows.mapped("memo"))),
        )

    # ------------------------------------------------------------------
    # Records around them
    # ------------------------------------------------------------------

    def _of_chatter(self, contacts):
        """Domain of what hangs on these sales orders, deliveries and contacts."""
        records = (self.orders, self.pickings, contacts)
        return Domain.OR(
            Domain("model", "=", model) & Domain("res_id", "in", part.ids)
            for model, part in zip(_CHATTERS, records, strict=True)
        )

    def messages(self, contacts):
        return self._env["mail.message"].search(self._of_chatter(contacts))

    def activities(self, contacts):
        Activity = self._env["mail.activity"].with_context(active_test=False)
        domain = self._of_chatter(contacts)
        return Activity.search(
            domain.map_conditions(
                lambda part: (
                    Domain("res_model", part.operator, part.value)
                    if part.field_expr == "model"
                    else part
                )
            )
        )

    def attachments(self, contacts):
        """Files that nobody can mask inside: labels, slips, signatures, pictures.

        Files of invoices are none of them.
        """
        Attachment = self._env["ir.attachment"]
        files = Attachment.browse()
        for model, part in (
            ("sale.order", self.orders),
            ("stock.picking", self.pickings),
            ("res.partner", contacts),
            ("esm.order", self.rows),
        ):
            files |= Attachment.search(
                [
                    ("res_model", "=", model),
                    ("res_id", "in", part.ids),
                    # Those of fields, too: signatures and pictures.
                    ("id", "!=", False),
                ]
            )
        return files

    # ------------------------------------------------------------------
    # Mask
    # ------------------------------------------------------------------

    def mask(self):
        """Mask all of it. Whole sales orders only.

        :return: contacts that other documents need, and those that invoices need
        """
        scrubbers = self._scrubbers()
        self.rows._mask_rows()
        self.rows.flush_recordset(["masked_at"])
        self._mask_texts(scrubbers)
        self.orders.filtered("esm_basket_key").esm_basket_key = False
        self.orders.filtered("signed_by").signed_by = False
        kept = self.contacts._esm_used_elsewhere()
        gone = self.contacts - kept
        self._mask_chatter(scrubbers, gone)
        self.attachments(gone).unlink()
        self.forget_lines(self.lines)
        return kept, gone._esm_mask()

    @staticmethod
    def forget_lines(lines):
        """Mask orders that somebody entered, and the workbooks that they are from.

        :param lines: `esm.manual.order.line` recordset with all rights
        """
        # What was read from a workbook is in its lines; before, it is needed.
        read = lines.import_id.filtered(lambda i: i.state not in ("draft", "reading"))
        read.filtered("file").file = False
        for line in lines:
            line.write(line._forgotten())

    def _mask_texts(self, scrubbers):
        """What people wrote into fields of sales orders and deliveries."""
        for record, name, scrubber in (
            *((order, "note", scrubbers[order]) for order in self.orders),
            *((p, "note", scrubbers[p.sale_id]) for p in self.pickings),
            *(
                (row, "problem_text", scrubbers[row.sale_order_id or row])
                for row in self.rows
            ),
            *(
                (message, "message", scrubbers[row.sale_order_id or row])
                for row in self.rows
                for message in row.outbox_ids
            ),
        ):
            self._clean(record, [name], scrubber)

    @staticmethod
    def _clean(record, names, scrubber):
        values = {}
        for name in names:
            before = record[name]
            after = scrubber.clean(before)
            if after != before:
                values[name] = after
        if values:
            record.write(values)

    def _mask_chatter(self, scrubbers, contacts):
        owners = self._owners(contacts)
        messages = self.messages(contacts)
        for message in messages:
            scrubber = scrubbers[owners[message.model, message.res_id]]
            self._clean(message, _MESSAGE_FIELDS, scrubber)
            if message.author_id in contacts and message.email_from:
                message.email_from = False
        # They are made anew from the text, if somebody asks for them.
        self._env["mail.message.translation"].search(
            [("message_id", "in", messages.ids)]
        ).unlink()
        for value in self._env["mail.tracking.value"].search(
            [("mail_message_id", "in", messages.ids)]
        ):
            message = value.mail_message_id
            owner = owners[message.model, message.res_id]
            self._mask_tracking(value, owner, scrubbers[owner])
        # Mails that somebody wrote, where the server keeps them, repeat the text.
        for mail in self._env["mail.mail"].search(
            [("mail_message_id", "in", messages.ids)]
        ):
            message = mail.mail_message_id
            scrubber = scrubbers[owners[message.model, message.res_id]]
            self._clean(mail, ["body_html", "email_to"], scrubber)
        for activity in self.activities(contacts):
            scrubber = scrubbers[owners[activity.res_model, activity.res_id]]
            self._clean(activity, ["summary", "note"], scrubber)

    def _owners(self, contacts):
        """Whose texts stand in the chatter of a record: dict (model, ID) -> record."""
        return {
            **{("sale.order", order.id): order for order in self.orders},
            **{("stock.picking", p.id): p.sale_id for p in self.pickings},
            **{("res.partner", contact.id): contact for contact in contacts},
        }

    def _mask_tracking(self, value, owner, scrubber):
        """What a tracked field was before, and after.

        Of contacts, older names and addresses that nothing tells any more go as well.
        """
        of_people = owner._name == "res.partner" or (
            value.field_id.relation == "res.partner"
        )
        values = {}
        for name in (
            *("old_value_char", "new_value_char", "old_value_text", "new_value_text"),
        ):
            before = value[name]
            after = (before and MASK) if of_people else scrubber.clean(before)
            if after != before:
                values[name] = after
        if values:
            value.write(values)

    # ------------------------------------------------------------------
    # Show
    # ------------------------------------------------------------------

    def export_rows(self):
        """All of it, for the person that it is about.

        :return: list of (what, which record, name of the field, value), texts
        """
        env, result = self._env, []

        def add(record, name, label, value):
            if value not in (False, None, ""):
                kind = env["ir.model"]._get(record._name).name
                result.append((kind, name, label, str(value)))

        for records, names in self._exported_fields():
            for record in records:
                for name in names:
                    field, value = record._fields[name], record[name]
                    if field.relational:
                        value = value.display_name
                    label = field._description_string(env)
                    add(record, record.display_name, label, value)
        for record in (*self.rows, *self.lines):
            # With the keys of the marketplace, or the titles of the file.
            given = {} if record._name == "esm.order" else record.given
            for key, value in {**(record.payload or {}), **(given or {})}.items():
                add(record, record.order_no, key, value)
        for message in self.messages(self.contacts):
            name = f"{message.model} {message.res_id}"
            add(message, name, fields.Datetime.to_string(message.date), message.preview)
        for activity in self.activities(self.contacts):
            name = f"{activity.res_model} {activity.res_id}"
            add(activity, name, activity.summary or "", activity.note)
        for file in self.attachments(self.contacts):
            add(file, f"{file.res_model} {file.res_id}", env._("File"), file.name)
        return result

    def _exported_fields(self):
        """Records with the names of their fields that go into the export."""
        partners = ("partner_id", "partner_invoice_id", "partner_shipping_id")
        return (
            (
                self.rows,
                ("goods_name", "option_text", "memo", "paid_at", "tracking_no"),
            ),
            (self.contacts, (*CONTACT_FIELDS, "comment")),
            (
                self.orders,
                (*partners, "date_order", "amount_total", "note", "signed_by"),
            ),
            (
                self.pickings,
                ("partner_id", "carrier_tracking_ref", "date_done", "note"),
            ),
            (
                self.orders.invoice_ids,
                ("partner_id", "partner_shipping_id", "invoice_date", "amount_total"),
            ),
        )

    def counts(self):
        """How much there is, without a word about whom.

        :return: dict of name -> number
        """
        found = defaultdict(int)
        found["orders"] = len(self.rows)
        found["contacts"] = len(self.contacts)
        found["deliveries"] = len(self.pickings)
        found["messages"] = len(self.messages(self.contacts))
        found["files"] = len(self.attachments(self.contacts))
        return dict(found)
