import base64
import io

from openpyxl import load_workbook

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .common import CUP, TEA
from .privacy_common import PEOPLE, TRACES, PrivacyCase


@tagged("post_install", "-at_install")
class TestOneBuyer(PrivacyCase):
    """A buyer asks what is known, and wants it erased."""

    def setUp(self):
        super().setUp()
        self.manager = self.env["res.users"].search([("login", "=", "dpo")])
        self.manager = self.manager or new_test_user(
            self.env,
            "dpo",
            "sale_esm.group_manager,sales_team.group_sale_salesman_all_leads",
        )

    def find(self, query):
        wizard = self.env["esm.privacy"].with_user(self.manager).create({})
        with Form(wizard) as form:
            form.query = query
        wizard.action_find()
        return wizard

    def delivered(self, *items, **options):
        rows = self.shipped(*items, **{**PEOPLE, **options})
        for number in rows.mapped("order_no"):
            self.sandbox.mark_delivered(int(number))
        self.read_states()
        return rows

    def test_found_by_whatever_the_buyer_tells(self):
        rows = self.delivered(TEA, CUP)
        other = {**PEOPLE["receiver"], "name": "임수렁", "mobile": "010-0000-5555"}
        other["phone"] = "02-0000-1111"
        [stranger] = self.book(TEA, receiver=other, buyer={"name": "홍비말"})
        for query in (
            *("홍비밀", " 임수령 ", "010-0000-7777", "01000008888", "02 0000 9999"),
            *(rows[0].order_no, rows[0].pay_no),
        ):
            with self.subTest(query):
                found = self.find(query).line_ids
                self.assertTrue(found)
                self.assertLessEqual(found.order_id, rows)
                self.assertNotIn(stranger, found.order_id)
                self.assertEqual(found[0].buyer, "홍비밀")
                self.assertEqual(found[0].note, "Yes")
        self.assertIn("Nothing was found", self.find("홍비").message)
        # Corrected by hand: the contact counts as well.
        rows.sale_order_id.partner_shipping_id.phone = "010-0000-6666"
        self.assertEqual(self.find("01000006666").line_ids.order_id, rows)

    def test_the_export_has_all_of_it(self):
        rows = self.delivered(TEA)
        order = rows.sale_order_id
        order.message_post(body="임수령 님과 통화했음")
        order.picking_ids.message_post(attachments=[("label.pdf", b"%PDF")])
        wizard = self.find(rows.order_no)
        action = wizard.action_export()
        self.assertIn(f"/esm.privacy/{wizard.id}/file/", action["url"])
        book = load_workbook(io.BytesIO(base64.b64decode(wizard.file)))
        cells = [tuple(row) for row in book.active.iter_rows(values_only=True)]
        text = "\n".join(str(cell) for row in cells for cell in row)
        for trace in (*TRACES, "통화했음", "label.pdf", order.name):
            self.assertIn(trace, text)
        where = {row[0] for row in cells[1:]}
        self.assertLessEqual(
            {"Marketplace Order", "Contact", "Transfer", "Sales Order", "Message"},
            where,
        )

    def test_erased_at_once_everywhere(self):
        rows = self.delivered(TEA, CUP)
        rows.sale_order_id.message_post(body="임수령 님과 통화했음")
        [typed] = self._typed()
        wizard = self.find("임수령")
        self.assertEqual(wizard.line_ids.typed_id, typed)
        wizard.action_export()
        wizard.action_erase()
        self.assertTrue(all(rows.mapped("masked_at")))
        self.assertFalse(typed.exists())
        self.assertIn("3 orders were erased", wizard.message)
        self.assertEqual(self.traces(), set())
        log = self.env["esm.privacy.log"].search([], limit=2)
        self.assertEqual(log.mapped("kind"), ["erase", "export"])
        self.assertEqual(log.user_id, self.manager)
        self.assertEqual(log.mapped("order_count"), [2, 2])
        self.assertFalse(self.find("임수령").line_ids)
        again = self.find(rows[0].order_no)
        self.assertEqual(again.line_ids.note, "Masked already")
        with self.assertRaisesRegex(UserError, "masked already"):
            again.action_erase()

    def _typed(self):
        """An order that somebody typed and did not take over."""
        return (
            self.env["esm.manual.order"]
            .create(
                {
                    "kind": "typed",
                    "shop_id": self.gmarket.id,
                    "line_ids": [
                        (
                            *(0, 0),
                            {
                                "order_no": "4500000999",
                                "receiver_name": "임수령",
                                "receiver_mobile": "01000008888",
                                "address": "서울특별시 가상구 비밀로 7",
                            },
                        )
                    ],
                }
            )
            .line_ids
        )

    def test_entered_rows_that_came_to_nothing_are_erased_too(self):
        """They stay as a record of the import, and so did their workbook."""
        done, waiting = self._typed(), self._typed()
        done.import_id.write({"state": "done", "file": base64.b64encode(b"x")})
        waiting.import_id.write({"state": "preview", "file": base64.b64encode(b"x")})
        done.write({"state": "problem", "problem_keys": ["order_no"]})
        done.given = {"order_no": "4500000999", "receiver_name": "임수령"}
        wizard = self.find("임수령")
        self.assertEqual(wizard.line_ids.typed_id, done | waiting)
        imports = (done | waiting).import_id
        wizard.action_erase()
        self.assertEqual(self.traces(), set())
        self.assertEqual((done | waiting).exists(), done)
        self.assertFalse(any(imports.mapped("file")))
        self.assertTrue(done.import_id.problem_file, "the rest can be downloaded")
        self.assertFalse(self.find("임__").line_ids)

    def test_people_of_the_same_name_are_not_taken_for_one(self):
        rows = self.delivered(TEA)
        other = {"name": "홍비밀", "user_id": "abc***", "mobile": "010-0000-3333"}
        [namesake] = self.delivered(TEA, buyer=other)
        wizard = self.find("홍비밀")
        self.assertEqual(wizard.line_ids.order_id, rows | namesake)
        self.assertFalse(any(wizard.line_ids.mapped("chosen")))
        for action in (wizard.action_export, wizard.action_erase):
            with self.assertRaisesRegex(UserError, "Choose at least one order"):
                action()
        for query in ("010-0000-3333", namesake.order_no):
            found = self.find(query).line_ids
            self.assertEqual((found.order_id, found.chosen), (namesake, True))

    def test_what_is_still_needed_is_not_erased(self):
        [waiting] = self.book(TEA, **PEOPLE)
        with self.assertRaisesRegex(UserError, "still to be shipped"):
            self.find(waiting.order_no).action_erase()
        self.ship(waiting.sale_order_id)
        self.send()
        with self.assertRaisesRegex(UserError, "on its way"):
            self.find(waiting.order_no).action_erase()
        self.sandbox.mark_delivered(int(waiting.order_no))
        self.read_states()
        waiting.market_status = "return"
        with self.assertRaisesRegex(UserError, "open claim"):
            self.find(waiting.order_no).action_erase()
        self.assertFalse(waiting.masked_at)
        self.assertFalse(self.env["esm.privacy.log"].search([("kind", "=", "erase")]))

    def test_only_what_is_chosen_but_whole_sales_orders(self):
        rows, [other] = self.delivered(TEA, CUP), self.delivered(TEA)
        wizard = self.find("홍비밀")
        self.assertEqual(wizard.line_ids.order_id, rows | other)
        wizard.line_ids.filtered(lambda x: x.order_id != rows[0]).chosen = False
        wizard.action_erase()
        self.assertTrue(all(rows.mapped("masked_at")))
        self.assertFalse(other.masked_at)
        self.assertIn("2 contacts stay", wizard.message)
        self.assertEqual(other.sale_order_id.partner_id.name, "홍비밀")

    def test_managers_only_and_their_companies_only(self):
        rows = self.delivered(TEA)
        user = new_test_user(self.env, "packer", "stock.group_stock_user")
        with self.assertRaises(AccessError):
            self.env["esm.privacy"].with_user(user).create({"query": "홍비밀"})
        wizard = self.find("홍비밀")
        second = new_test_user(self.env, "dpo2", "sale_esm.group_manager")
        with self.assertRaises(AccessError):
            wizard.with_user(second).read(["query"])
        for name in ("write", "unlink"):
            with self.assertRaises(AccessError):
                log = self.env["esm.privacy.log"].with_user(self.manager)
                log.check_access(name)
        company = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "dpo3",
            "sale_esm.group_manager",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        self.manager = stranger
        for query in ("홍비밀", rows.order_no, "01000008888"):
            self.assertFalse(self.find(query).line_ids)


@tagged("post_install", "-at_install")
class TestWhoReads(PrivacyCase):
    """Personal data is for those who ship."""

    PRIVATE = {
        "esm.order": ("memo", "payload", "address_key", "destination_key"),
        "stock.picking": ("esm_memo", "esm_customs_code"),
        "res.partner": ("esm_buyer_key", "esm_address_key"),
    }

    def test_fields_are_closed_to_others(self):
        rows = self.shipped(TEA, **PEOPLE)
        order = rows.sale_order_id
        for group in (
            *("account.group_account_manager", "sales_team.group_sale_salesman"),
        ):
            user = new_test_user(
                self.env, group, f"base.group_user,base.group_allow_export,{group}"
            )
            self.assertFalse(user.has_group("sale_esm.group_user"))
            # As if another app had opened the model to them.
            self.env["ir.model.access"].create(
                [
                    {
                        "name": f"{group} {model}",
                        "model_id": self.env["ir.model"]._get(model).id,
                        "group_id": self.env.ref(group).id,
                        "perm_read": True,
                    }
                    for model in self.PRIVATE
                ]
            )
            for model, names in self.PRIVATE.items():
                records = {
                    "esm.order": rows,
                    "stock.picking": order.picking_ids,
                    "res.partner": order.partner_id,
                }[model].with_user(user)
                for name in names:
                    with self.subTest(group=group, field=f"{model}.{name}"):
                        self.assertNotIn(name, records.fields_get())
                        with self.assertRaises(AccessError):
                            records.read([name])
                        with self.assertRaises(AccessError):
                            records.export_data([name])
                        if not records._fields[name].store:
                            continue
                        with self.assertRaises(AccessError):
                            records.search([(name, "ilike", "1")])
                        with self.assertRaises(AccessError):
                            records.search([], order=name)
                        if records._fields[name].type != "json":
                            with self.assertRaises(AccessError):
                                records.formatted_read_group([], [name], ["__count"])
            story = order.with_user(user).sudo(False).esm_story
            self.assertEqual(story["memo"], "", "a memo may hold a door's code")
            self.assertTrue(story["steps"])
        self.assertIn("현관샘플", order.esm_story["memo"])
