"""What buyers type goes through everything as text, and is nothing but text."""

import base64
import io
import json
import zipfile

import openpyxl

from odoo.tests import tagged

from ..models import waybill_label
from .common import CUP, TEA, UNKNOWN, EsmCase

SCRIPT = "<script>alert(1)</script>"
HOSTILE = (
    f"{SCRIPT}<img src=x onerror=alert(2)>",
    "'; DROP TABLE esm_order; -- %s %(name)s %% {0} {x}",
    '=HYPERLINK("http://evil.example")',
    "^XZ^XA~JA^FD",
)
MARKUP = ("<script", "<img", "onerror=alert(2)>")


@tagged("post_install", "-at_install")
class TestHostileTexts(EsmCase):
    def orders(self, *items, **options):
        numbers = self.place(*items, **options)
        self.run_cycle()
        return self.rows(*numbers)

    def place_hostile(self, text):
        person = {"name": text, "mobile": "010-0000-7777"}
        address = {"front": f"{text} 1", "back": text, "zip_code": "06236"}
        return self.place(
            {**TEA, "name": text},
            buyer=person,
            receiver={**person, **address},
            memo=text,
        )

    def assertPlain(self, html, text):
        """There is nothing in it but text."""
        for tag in MARKUP:
            self.assertNotIn(tag, html, text)

    def test_from_the_order_to_the_label(self):
        numbers = {text: self.place_hostile(text) for text in HOSTILE}
        self.run_cycle()
        for text, [number] in numbers.items():
            with self.subTest(text=text):
                row = self.rows(number)
                sale = row.sale_order_id
                picking = sale.picking_ids
                self.assertEqual(row.state, "released")
                self.assertEqual(picking.partner_id.name, text)
                self.assertIn(text, row.memo)
                picking.carrier_tracking_ref = "123456789012"
                [label] = picking._esm_labels()
                zpl = waybill_label.zpl(label)
                for command in ("^XA", "^XZ", "~JA"):
                    self.assertEqual(zpl.count(command), command != "~JA")
                html = self.env["ir.actions.report"]._render_qweb_html(
                    "sale_esm.action_report_waybill", picking.ids
                )[0]
                self.assertPlain(html.decode(), text)
                story = json.dumps(picking.esm_story, ensure_ascii=False)
                self.assertIn(json.dumps(text, ensure_ascii=False)[1:-1], story)
                self.assertSafeFile(picking, text)
                for message in sale.message_ids | picking.message_ids:
                    self.assertPlain(message.body, text)

    def assertSafeFile(self, picking, text):
        """Each cell of the courier's file is a text, as it came."""
        wizard = self.env["esm.courier.export"].create({"picking_ids": picking.ids})
        wizard.action_export()
        data = base64.b64decode(wizard.with_context(bin_size=False).file)
        self.assertNoFormula(data)
        cells = [
            cell
            for [*row] in openpyxl.load_workbook(io.BytesIO(data)).active.iter_rows()
            for cell in row
            if cell.value is not None
        ]
        self.assertEqual({cell.data_type for cell in cells}, {"s"})
        self.assertEqual({cell.number_format for cell in cells[12:]}, {"@"})
        self.assertIn(text, [cell.value for cell in cells])

    def assertNoFormula(self, data):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                if "worksheets/" in name:
                    self.assertNotIn(b"<f", archive.read(name).replace(b"<filter", b""))

    def test_problems_activities_and_the_mail(self):
        text = HOSTILE[0]
        [unknown] = self.orders({**UNKNOWN, "name": text, "seller_code": "<b>X</b>"})
        [late] = self.orders({**CUP, "name": text}, buyer={"name": text})
        self.sandbox.cancel(int(late.order_no))
        self.run_cycle()
        rows = unknown | late
        self.env["esm.problem"]._tell_all()
        self.env.invalidate_all()
        sale = rows.sale_order_id
        activities = self.env["mail.activity"].search(
            [("automated", "=", True), ("res_model", "like", "esm.%")]
        )
        activities |= (sale | sale.picking_ids.sale_id).activity_ids
        self.assertTrue(activities)
        for activity in activities:
            self.assertPlain(str(activity.note or ""), text)
            self.assertNotIn("<b>X", str(activity.note or ""))
        problems = self.env["esm.problem"].search([])
        self.assertIn("<b>X</b>", problems.mapped("code"), "kept as it came")
        self.gmarket.name = text
        for message in self.env["mail.message"].search(
            [("model", "in", ("sale.order", "stock.picking", "esm.shop"))]
        ):
            self.assertPlain(message.body, text)
        html = self.env["ir.qweb"]._render(
            "sale_esm.summary_mail",
            {
                "company": self.company,
                "day": text,
                "shops": [
                    {
                        **{"shop": self.gmarket, "name": text, "orders": 1},
                        **{"sales": text, "to_ship": 1, "late": 1},
                        "problems": [("1", text, text)],
                    }
                ],
                "problems_url": "http://localhost",
                "settings_url": "http://localhost",
            },
        )
        self.assertPlain(html, text)

    def test_what_a_person_closes(self):
        """Its text goes into the chatter."""
        [row] = self.orders(TEA)
        row.write({"problem": "elsewhere", "problem_text": HOSTILE[0]})
        row.action_handled()
        [message] = row.sale_order_id.message_ids.filtered(
            lambda message: "alert" in (message.body or "")
        )
        self.assertPlain(message.body, HOSTILE[0])
        self.assertIn("&lt;script&gt;", message.body)
