import base64
import io
import itertools
from unittest.mock import patch

import openpyxl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg2.errors import SerializationFailure

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..excel import Reason, WorkbookRefused
from ..models import esm_import
from .workbooks import make_workbook

HEADER = ("Internal Reference", "Seller Management Code", "Inventory Code")


class CodeCase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.Product = cls.env["product.product"]
        cls.tea, cls.cup, cls.bag = cls.Product.create(
            [
                {
                    "name": "Tea",
                    "default_code": "T-1",
                    "barcode": "8801234567890",
                    "esm_seller_code": "TEA",
                },
                {"name": "Cup", "default_code": "C-1", "esm_inventory_code": "CUP"},
                {"name": "Bag", "default_code": "B-1"},
            ]
        )
        cls.manager = new_test_user(
            cls.env, "goods", "sale_esm.group_user,product.group_product_manager"
        )

    def upload(self, data, user=None, **values):
        """An import of this file, read."""
        record = (
            self.env["esm.code.import"]
            .with_user(user or self.manager)
            .create(
                {"file": base64.b64encode(data), "filename": "codes.xlsx", **values}
            )
        )
        record.action_read()
        return record

    def upload_rows(self, *rows, header=HEADER, **values):
        return self.upload(make_workbook(header, *rows), **values)

    def assertProblem(self, record, row, *patterns):
        lines = record.line_ids.filtered(lambda line: line.row == row)
        self.assertEqual(lines.mapped("state"), ["problem"], lines.mapped("problem"))
        for pattern in patterns:
            self.assertRegex(lines.problem, pattern)

    def codes(self, *products):
        return [(p.esm_seller_code, p.esm_inventory_code) for p in products]


@tagged("post_install", "-at_install")
class TestCodeImport(CodeCase):
    """Upload, look, apply: what changes, and what is refused and why."""

    # --- the way through ------------------------------------------------

    def test_preview_then_apply(self):
        record = self.upload_rows(
            ("T-1", "TEA", None), ("C-1", "CUP-S", "CUP-I"), ("B-1", None, "00123")
        )
        self.assertEqual(record.state, "preview")
        self.assertEqual(
            (record.row_count, record.change_count, record.unchanged_count), (3, 2, 1)
        )
        self.assertRecordValues(
            record.line_ids,
            [
                {"row": 2, "state": "unchanged", "product_id": self.tea.id},
                {"row": 3, "state": "change", "product_id": self.cup.id},
                {"row": 4, "state": "change", "product_id": self.bag.id},
            ],
        )
        cup = record.line_ids[1]
        self.assertEqual((cup.old_seller_code, cup.new_seller_code), (False, "CUP-S"))
        self.assertEqual(
            (cup.old_inventory_code, cup.new_inventory_code), ("CUP", "CUP-I")
        )
        self.assertEqual(
            self.codes(self.cup, self.bag),
            [(False, "CUP"), (False, False)],
            "nothing is written before it is confirmed",
        )
        record.action_apply()
        self.assertEqual(
            self.codes(self.tea, self.cup, self.bag),
            [("TEA", False), ("CUP-S", "CUP-I"), (False, "00123")],
        )
        self.assertEqual(record.state, "done")
        self.assertEqual(record.applied_by_id, self.manager)
        self.assertTrue(record.applied_at)
        self.assertEqual(record.applied_count, 2)
        self.assertEqual(record.line_ids.mapped("state"), ["unchanged", "done", "done"])

    def test_empty_keeps_and_a_hyphen_removes(self):
        record = self.upload_rows(("T-1", None, "X"), ("C-1", None, "-"))
        record.action_apply()
        self.assertEqual(self.codes(self.tea, self.cup), [("TEA", "X"), (False, False)])
        self.assertEqual(record.line_ids[1].new_inventory_code, "-")

    def test_codes_swap(self):
        self.bag.esm_seller_code = "BAG"
        record = self.upload_rows(
            ("T-1", "BAG", None), ("B-1", "TEA", None), ("C-1", None, "CUP")
        )
        self.assertEqual(record.problem_count, 0)
        record.action_apply()
        self.assertEqual(self.tea.esm_seller_code, "BAG")
        self.assertEqual(self.bag.esm_seller_code, "TEA")

    def test_codes_go_round(self):
        """Each takes its neighbour's code, in batches smaller than the ring."""
        ring = self.Product.create(
            [
                {"name": f"R{n}", "default_code": f"R{n}", "esm_seller_code": f"S{n}"}
                for n in range(7)
            ]
        )
        record = self.upload_rows(
            *((f"R{n}", f"S{(n + 1) % 7}") for n in range(7)),
            ("B-1", "NEW"),
            header=HEADER[:2],
            mode="good",
        )
        with patch.object(esm_import, "BATCH", 2):
            record.action_apply()
        self.assertEqual(
            ring.mapped("esm_seller_code"), [f"S{(n + 1) % 7}" for n in range(7)]
        )
        self.assertEqual(self.bag.esm_seller_code, "NEW")

    def test_all_or_none(self):
        record = self.upload_rows(("T-1", "NEW", None), ("X-9", "OTHER", None))
        with self.assertRaisesRegex(UserError, "1 rows have problems"):
            record.action_apply()
        self.assertEqual(self.tea.esm_seller_code, "TEA")
        record.mode = "good"
        record.action_apply()
        self.assertEqual(self.tea.esm_seller_code, "NEW")
        self.assertEqual((record.applied_count, record.problem_count), (1, 1))

    def test_nothing_to_do(self):
        record = self.upload_rows(("T-1", "TEA", None))
        with self.assertRaisesRegex(UserError, "nothing to change"):
            record.action_apply()

    def test_another_file(self):
        record = self.upload_rows(("X-9", "A", None))
        record.action_reset()
        self.assertEqual((record.state, record.line_ids.ids), ("draft", []))
        record.file = base64.b64encode(make_workbook(HEADER, ("T-1", "A")))
        record.action_read()
        self.assertEqual(record.change_count, 1)

    def test_waiting_orders_wake_up_once(self):
        with patch.object(
            self.registry["esm.order"], "_wake_waiting_for", autospec=True
        ) as wake:
            self.upload_rows(("T-1", "A", None), ("C-1", "B", "C")).action_apply()
        [call] = wake.call_args_list
        self.assertEqual(call.args[1], {"A", "B", "C"})

    # --- which product --------------------------------------------------

    def test_ways_to_name_a_product(self):
        self.cup.esm_seller_code = "CUP-S"
        for title, value, product in (
            ("Product ID", self.bag.id, self.bag),
            ("상품 ID", str(self.bag.id), self.bag),
            ("Internal Reference", "B-1", self.bag),
            ("Barcode", 8801234567890, self.tea),
            ("바코드", "8801234567890", self.tea),
            ("Existing Code", "CUP", self.cup),
            ("기존 코드", "CUP-S", self.cup),
        ):
            with self.subTest(title=title):
                record = self.upload_rows(
                    (value, "N"), header=(title, "판매자관리코드")
                )
                if title == "Barcode":
                    self.assertProblem(record, 2, r"A2 Barcode: .*8\.80123E\+12")
                else:
                    self.assertEqual(record.line_ids.product_id, product)

    def test_a_barcode_that_is_shown_in_full(self):
        def change(sheet):
            sheet["A2"].number_format = "0"

        record = self.upload(
            make_workbook(
                ("Barcode", "Seller Management Code"),
                (8801234567890, "N"),
                change=change,
            )
        )
        self.assertEqual(record.line_ids.product_id, self.tea)

    def test_unknown_products(self):
        record = self.upload_rows(
            ("X-9", "A", None),
            (None, "B", None),
            (12, "C", None),
            ("Tea", "D", None),
        )
        self.assertProblem(record, 2, "^A2 Internal Reference: .*no product with X-9")
        self.assertProblem(record, 3, "names no product")
        self.assertProblem(record, 4, "no product with 12.*zeros in front")
        self.assertProblem(record, 5, "no product with Tea")  # never by name
        self.assertEqual(record.problem_count, 4)

    def test_strange_ids(self):
        record = self.upload_rows(
            ("abc", "A"),
            (9_999_999_999, "B"),
            ("²", "C"),
            (-1, "D"),
            (float(self.bag.id), "E"),
            (f"00{self.cup.id}", "F"),
            header=("Product ID", "Seller Management Code"),
        )
        for row in (2, 3, 4, 5):
            self.assertProblem(record, row, "no product with")
        self.assertEqual(record.line_ids[4].product_id, self.bag)
        self.assertEqual(record.line_ids[5].product_id, self.cup)

    def test_two_products_fit(self):
        other = self.Product.create({"name": "Tea 2", "default_code": "T-1"})
        record = self.upload_rows(("T-1", "A", None))
        self.assertProblem(record, 2, "2 products fit: .*Fill in the product ID")
        header = ("Product ID", *HEADER)
        record = self.upload_rows((other.id, "T-1", "A", None), header=header)
        self.assertEqual(record.line_ids.product_id, other)

    def test_columns_that_name_different_products(self):
        record = self.upload_rows(
            (self.bag.id, "T-1", "A"),
            (self.bag.id, "OLD", "B"),
            header=("Product ID", *HEADER[:2]),
        )
        self.assertProblem(record, 2, "different products.*Bag.*Tea")
        line = record.line_ids[1]
        self.assertEqual((line.state, line.product_id), ("change", self.bag))
        self.assertIn("OLD is not that of", line.note)

    def test_archived_products(self):
        self.bag.active = False
        record = self.upload_rows(("B-1", "A", None))
        self.assertProblem(record, 2, "Bag is archived")

    def test_two_rows_for_one_product(self):
        record = self.upload_rows(
            ("T-1", "A", None), ("C-1", None, None), ("T-1", None, "B")
        )
        for row in (2, 4):
            self.assertProblem(record, row, "rows 2, 4 are for the same product")

    # --- which code -----------------------------------------------------

    def test_codes_that_stand_twice_in_the_file(self):
        record = self.upload_rows(("C-1", "A", "I"), ("B-1", "A", None))
        for row in (2, 3):
            self.assertProblem(
                record, row, rf"^B{row} Seller Management Code: A stands in rows 2, 3"
            )

    def test_codes_that_others_keep(self):
        record = self.upload_rows(("C-1", "TEA", None), ("B-1", None, "CUP"))
        self.assertProblem(record, 2, "TEA is already used by .*Tea")
        # The cup keeps its code, because its own row is refused.
        self.assertProblem(record, 3, "CUP is already used by .*Cup")

    def test_rows_that_wait_for_a_refused_row(self):
        """A wants B's code, B wants C's, and C's row is wrong: all three are."""
        self.cup.esm_seller_code, self.bag.esm_seller_code = "CUP-S", "BAG"
        record = self.upload_rows(
            ("T-1", "CUP-S", None), ("C-1", "BAG", None), ("B-1", "x" * 101, None)
        )
        self.assertProblem(record, 4, "too long")
        self.assertProblem(record, 3, "BAG is already used by .*Bag")
        self.assertProblem(record, 2, "CUP-S is already used by .*Cup")

    def test_codes_of_other_companies(self):
        other = self.env["res.company"].create({"name": "Other"})
        shared = self.Product.create({"name": "Shared", "default_code": "S-1"})
        mine = self.Product.create(
            {"name": "Mine", "default_code": "M-1", "company_id": self.company.id}
        )
        theirs = self.Product.create(
            {
                "name": "Theirs",
                "default_code": "O-1",
                "company_id": other.id,
                "esm_seller_code": "THEIRS",
            }
        )
        record = self.upload_rows(
            ("S-1", "THEIRS", None), ("O-1", "A", None), ("B-1", None, "Q")
        )
        self.assertProblem(record, 2, "used by a product that you may not see")
        self.assertNotIn("Theirs", record.line_ids[0].problem)
        self.assertProblem(record, 3, "has no product with O-1")
        # Two companies may have the same code.
        record = self.upload_rows(("M-1", "THEIRS", None))
        record.action_apply()
        self.assertEqual(mine.esm_seller_code, theirs.esm_seller_code)
        self.assertFalse(shared.esm_seller_code)

    def test_lengths_in_bytes(self):
        record = self.upload_rows(
            ("T-1", "가" * 34, None),
            ("C-1", None, "가" * 7),
            ("B-1", "가" * 33, "가" * 6),
        )
        self.assertProblem(record, 2, "^B2 .*100 bytes")
        self.assertProblem(record, 3, "^C3 .*20 bytes")
        self.assertEqual(record.line_ids[2].state, "change")

    def test_numbers(self):
        self.tea.esm_seller_code = "00123"
        record = self.upload_rows(
            ("T-1", 123, None), ("C-1", 456, None), ("B-1", 1.23e12, None)
        )
        self.assertProblem(record, 2, "dropped the zeros: the code is 00123")
        self.assertEqual(record.line_ids[1].new_seller_code, "456")
        self.assertIn("456 is a number", record.line_ids[1].note)
        self.assertProblem(record, 4, r"B4 Seller Management Code: .*1\.23000E\+12")

    def test_each_problem_of_a_row(self):
        record = self.upload_rows(("X-9", "=A1", "1.23E+12"))
        self.assertEqual(len(record.line_ids.problem.splitlines()), 3)
        self.assertProblem(record, 2, "A2 .*", "B2 .*formula", "C2 .*shortened")

    def test_merged_cells(self):
        def change(sheet):
            sheet.merge_cells("B2:B3")

        record = self.upload(
            make_workbook(HEADER, ("T-1", "A"), ("C-1", None), change=change)
        )
        for row in (2, 3):
            self.assertProblem(record, row, f"B{row} .*merged")

    # --- which file -----------------------------------------------------

    def test_files_that_are_refused(self):
        for data, pattern in (
            (b"a,b\n1,2\n", "text file"),
            (b"<html><table>", "web page"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1old", "old format"),
            (b"PK\x03\x04", "damaged"),
            (make_workbook(("Internal Reference", "Code?"), ("T-1", "A")), "Missing"),
            (make_workbook(HEADER), "no rows"),
            (make_workbook((*HEADER, "재고코드"), ("T-1",)), "재고코드"),
        ):
            with self.subTest(pattern=pattern):
                record = self.upload(data)
                self.assertEqual(record.state, "draft")
                self.assertRegex(record.message, pattern)
                self.assertFalse(record.line_ids)

    def test_every_refusal_has_a_text(self):
        record = self.env["esm.code.import"].create({})
        texts = {record._refusal_text(WorkbookRefused(reason)) for reason in Reason}
        self.assertEqual(len(texts), len(Reason))

    def test_columns_that_are_not_read_are_named(self):
        record = self.upload_rows(("T-1", "A", "x"), header=(*HEADER[:2], "Seler"))
        self.assertIn("Not read: Seler.", record.columns_text)

    def test_too_many_rows(self):
        rows = [("T-1", "A", None)] * 3
        with patch.object(esm_import, "MOST_ROWS", 2):
            record = self.upload_rows(*rows)
        self.assertIn("more than 2 rows", record.message)

    # --- what comes in between ------------------------------------------

    def test_products_that_change_after_the_preview(self):
        record = self.upload_rows(("T-1", "A", None), ("C-1", "B", None))
        self.tea.esm_seller_code = "NEWER"
        record.action_apply()
        self.assertEqual(record.state, "preview")
        self.assertIn("Nothing was changed", record.message)
        self.assertProblem(record, 2, "changed to NEWER since the file was read")
        self.assertFalse(self.cup.esm_seller_code)
        record.mode = "good"
        record.action_apply()
        self.assertEqual(self.codes(self.cup), [("B", "CUP")])
        self.assertEqual(self.tea.esm_seller_code, "NEWER")

    def test_codes_that_are_taken_after_the_preview(self):
        record = self.upload_rows(("C-1", "A", None), ("B-1", "B", None), mode="good")
        self.tea.esm_seller_code = "A"
        record.action_apply()
        self.assertEqual(record.state, "done")
        self.assertProblem(record, 2, "A is already used by .*Tea")
        self.assertEqual(self.bag.esm_seller_code, "B")

    def test_products_that_go_after_the_preview(self):
        record = self.upload_rows(("C-1", "A", None), ("B-1", "B", None), mode="good")
        self.bag.unlink()
        self.cup.active = False
        record.action_apply()
        for row in (2, 3):
            self.assertProblem(record, row, "archived or deleted meanwhile")

    def test_a_product_that_another_module_refuses(self):
        """It is set aside; the others go on."""
        write = type(self.Product).write
        locked = "The bag is locked."

        def refusing(products, vals):
            if self.bag in products:
                raise UserError(locked)
            return write(products, vals)

        record = self.upload_rows(("C-1", "A", None), ("B-1", "B", None), mode="good")
        with patch.object(type(self.Product), "write", refusing):
            record.action_apply()
        self.assertEqual(self.cup.esm_seller_code, "A")
        self.assertProblem(record, 3, "The bag is locked")

    # --- in the background ----------------------------------------------

    def test_large_files_go_on_in_the_background(self):
        self.enterContext(self.enter_registry_test_mode())
        cron = self.env.ref("sale_esm.ir_cron_code_import")
        rows = [("T-1", "A", None), ("C-1", "B", "I"), ("X", "C", None)]
        with patch.object(esm_import, "AT_ONCE", 1):
            record = self.upload_rows(*rows, mode="good")
            self.assertEqual((record.state, record.line_ids.ids), ("reading", []))
            self.assertTrue(
                self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
            )
            with self.assertRaisesRegex(UserError, "Reload the page"):
                record.action_read()
            cron.method_direct_trigger()
            self.env.invalidate_all()
            self.assertEqual(record.state, "preview", record.message)
            self.assertEqual((record.change_count, record.problem_count), (2, 1))
            record.action_apply()
            self.assertEqual(record.state, "applying")
            cron.method_direct_trigger()
            self.env.invalidate_all()
        self.assertEqual((record.state, record.progress), ("done", 100))
        self.assertEqual(record.applied_by_id, self.manager)
        self.assertEqual(self.codes(self.tea, self.cup), [("A", False), ("B", "I")])
        self.assertEqual(self.cup.write_uid, self.manager)

    def test_trouble_in_the_background_is_told(self):
        self.enterContext(self.enter_registry_test_mode())
        cron = self.env.ref("sale_esm.ir_cron_code_import")
        with patch.object(esm_import, "AT_ONCE", 1):
            record = self.upload_rows(("T-1", "A", None), ("C-1", "B", None))
            failing = patch.object(
                self.registry["esm.code.import"], "_store", side_effect=KeyError("x")
            )
            with failing, mute_logger("odoo.addons.sale_esm.models.esm_import_texts"):
                cron.method_direct_trigger()
            self.env.invalidate_all()
            self.assertEqual(record.state, "draft")
            self.assertIn("KeyError", record.message)
            record.action_read()
            cron.method_direct_trigger()
            self.env.invalidate_all()
            self.assertEqual(record.state, "preview")
            record.action_apply()
            with patch.object(
                self.registry["esm.code.import"],
                "_apply_lines",
                side_effect=UserError("Not today."),
            ):
                cron.method_direct_trigger()
            self.env.invalidate_all()
            self.assertEqual((record.state, record.message), ("preview", "Not today."))

    def test_others_who_change_the_same_products(self):
        """The job tries again, but not for ever."""
        self.enterContext(self.enter_registry_test_mode())
        cron = self.env.ref("sale_esm.ir_cron_code_import")
        apply = self.registry["esm.code.import"]._apply_lines
        tries = []

        def failing(times):
            def _apply_lines(record, lines):
                tries.append(len(lines))
                if len(tries) <= times:
                    raise SerializationFailure
                return apply(record, lines)

            return patch.object(
                self.registry["esm.code.import"], "_apply_lines", _apply_lines
            )

        for times, state in ((3, "preview"), (2, "done")):
            with patch.object(esm_import, "AT_ONCE", 1), failing(times):
                record = self.upload_rows(("T-1", "A", None), ("C-1", "B", None))
                cron.method_direct_trigger()
                self.env.invalidate_all()
                record.action_apply()
                tries.clear()
                cron.method_direct_trigger()
                self.env.invalidate_all()
            self.assertEqual((record.state, tries), (state, [2, 2, 2]))
            self.assertEqual(bool(record.message), state == "preview")

    # --- what is kept, and who may what ---------------------------------

    def test_problem_rows_as_a_workbook(self):
        record = self.upload_rows(
            ("T-1", "A", None), ("X-9", "00123", None), mode="good"
        )
        record.action_apply()
        action = record.action_download_problems()
        self.assertIn(f"/{record.id}/problem_file/", action["url"])
        data = base64.b64decode(record.problem_file)
        sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
        header, row = sheet.values
        row = dict(zip(header, row, strict=True))
        self.assertEqual(row["Internal Reference"], "X-9")
        self.assertEqual(row["Seller Management Code"], "00123")
        self.assertIn("no product with X-9", row["Problem"])
        self.Product.create({"name": "X", "default_code": "X-9"})
        again = self.upload(data)
        self.assertEqual((again.change_count, again.problem_count), (1, 0))

    def test_history_is_kept(self):
        record = self.upload_rows(("T-1", "A", None))
        record.action_apply()
        for change in (
            lambda: record.unlink(),
            lambda: record.write({"applied_count": 99}),
            lambda: record.write({"mode": "good"}),
        ):
            with self.assertRaises(UserError):
                change()
        with self.assertRaises(AccessError):
            record.line_ids.write({"state": "change"})
        forged = (
            self.env["esm.code.import"]
            .with_user(self.manager)
            .with_context(default_state="done", default_applied_count=7)
            .create({"state": "done", "applied_by_id": 1})
        )
        self.assertEqual(forged.state, "draft")
        self.assertEqual((forged.applied_count, forged.applied_by_id.ids), (0, []))

    def test_old_imports_are_forgotten(self):
        done = self.upload_rows(("T-1", "A", None))
        done.action_apply()
        unused = self.upload_rows(("X-1", "A", None))
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE esm_code_import SET write_date = '2020-01-01', "
            "applied_at = '2020-01-01' WHERE applied_at IS NOT NULL OR id = %s",
            [unused.id],
        )
        self.env.invalidate_all()
        self.env["esm.code.import"]._gc_imports()
        self.assertFalse(unused.exists())
        self.assertFalse(done.line_ids)
        self.assertFalse(done.file)
        self.assertEqual(done.applied_count, 1)

    def test_who_may_not_change_products(self):
        user = new_test_user(self.env, "reader", "sale_esm.group_user")
        record = self.upload_rows(("T-1", "A", None), user=user)
        self.assertEqual(record.change_count, 1)
        with self.assertRaisesRegex(UserError, "may not change products"):
            record.action_apply()
        plain = new_test_user(self.env, "plain_user", "base.group_user")
        with self.assertRaises(AccessError):
            record.with_user(plain).read(["filename"])

    def test_imports_of_other_companies(self):
        record = self.upload_rows(("T-1", "A", None))
        other = self.env["res.company"].create({"name": "Other"})
        outsider = new_test_user(
            self.env,
            "outsider",
            "sale_esm.group_manager,product.group_product_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        mine = self.env(user=outsider)
        self.assertFalse(mine["esm.code.import"].search([]))
        self.assertFalse(mine["esm.code.import.line"].search([]))
        with self.assertRaises(AccessError):
            record.with_user(outsider).action_apply()

    def test_korean(self):
        self.manager.lang = "ko_KR"
        record = self.upload_rows(("X-9", "A"), header=("내부 참조", "판매자 관리코드"))
        self.assertTrue(record.line_ids.problem.startswith("A2 내부 참조: "))

    # --- in batches -----------------------------------------------------

    def test_queries_do_not_grow_with_the_rows(self):
        def count(size, tag):
            products = self.Product.create(
                [
                    {"name": f"{tag}{n}", "default_code": f"{tag}{n}"}
                    for n in range(size)
                ]
            )
            record = self.upload_rows(
                *((p.default_code, f"S-{p.default_code}") for p in products),
                header=HEADER[:2],
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            record.action_apply()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        count(5, "W")
        few, many = count(10, "F"), count(200, "M")
        self.assertLessEqual(many, few + 12)


@tagged("post_install", "-at_install")
class TestCodeExport(CodeCase):
    """The workbook to fill in."""

    def export(self, lang=None, **values):
        env = self.env["esm.code.export"].with_user(self.manager)
        wizard = env.with_context(lang=lang).create(values)
        action = wizard.action_export()
        self.assertIn(f"/{wizard.id}/file/", action["url"])
        return base64.b64decode(wizard.file)

    def sheet(self, data):
        return openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]

    def test_products_without_codes_come_first(self):
        data = self.export(
            scope="selected",
            product_ids=[Command.set((self.tea | self.cup | self.bag).ids)],
        )
        sheet = self.sheet(data)
        rows = list(sheet.values)
        self.assertEqual(
            rows[0],
            (
                "Product ID",
                "Internal Reference",
                "Barcode",
                "Product Name",
                "Variant",
                "Seller Management Code",
                "Inventory Code",
            ),
        )
        self.assertEqual([row[3] for row in rows[1:]], ["Bag", "Cup", "Tea"])
        self.assertEqual(rows[3][5], "TEA")
        self.assertEqual(sheet["B2"].number_format, "@")
        self.assertTrue(sheet.column_dimensions["A"].hidden)

    def test_which_products(self):
        category = self.env["product.category"].create({"name": "C"})
        self.bag.categ_id = category
        names = (
            lambda **values: {  # noqa: E731
                row[3] for row in list(self.sheet(self.export(**values)).values)[1:]
            }
        )
        everything = names(scope="all")
        self.assertLessEqual({"Tea", "Cup", "Bag"}, everything)
        self.assertNotIn("Marketplace shipping fee", everything)
        missing = names(scope="missing")
        self.assertIn("Bag", missing)
        self.assertFalse(missing & {"Tea", "Cup"})
        self.assertEqual(names(scope="category", category_id=category.id), {"Bag"})
        other = self.env["res.company"].create({"name": "Other"})
        self.bag.company_id = other
        self.assertNotIn("Bag", names(scope="all"))

    def test_from_the_list(self):
        wizard = Form(
            self.env["esm.code.export"].with_context(
                active_model="product.template", active_ids=self.bag.product_tmpl_id.ids
            )
        )
        self.assertEqual((wizard.scope, wizard.count), ("selected", 1))
        wizard = Form(self.env["esm.code.export"])
        self.assertEqual(wizard.scope, "missing")

    def test_none(self):
        with self.assertRaises(UserError):
            self.export(scope="selected")

    def test_names_are_no_formulas(self):
        self.bag.name = "=1+1"
        data = self.export(scope="selected", product_ids=[Command.set(self.bag.ids)])
        self.assertEqual(self.sheet(data)["D2"].data_type, "s")

    def test_in_korean(self):
        data = self.export(
            lang="ko_KR",
            scope="selected",
            product_ids=[Command.set((self.tea | self.bag).ids)],
        )
        self.assertEqual(
            [cell.value for cell in self.sheet(data)[1]][-2:],
            ["판매자관리코드", "재고관리코드"],
        )
        record = self.upload(data)
        self.assertEqual((record.unchanged_count, record.row_count), (2, 2))

    def test_variants(self):
        template = self.env["product.template"].browse(self.bag.product_tmpl_id.id)
        attribute = self.env["product.attribute"].create(
            {
                "name": "Size",
                "value_ids": [Command.create({"name": name}) for name in ("S", "L")],
            }
        )
        template.attribute_line_ids = [
            Command.create(
                {
                    "attribute_id": attribute.id,
                    "value_ids": [Command.set(attribute.value_ids.ids)],
                }
            )
        ]
        variants = template.product_variant_ids
        data = self.export(scope="selected", product_ids=[Command.set(variants.ids)])
        rows = list(self.sheet(data).values)[1:]
        self.assertEqual({row[4] for row in rows}, {"S", "L"})

    @settings(
        max_examples=15,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def test_round_trip(self, data):
        """Unchanged, in any order of columns and rows: nothing to do."""
        codes = st.one_of(
            st.none(),
            st.from_regex(r"[0-9A-Za-z가-힣 .#=+\-]{1,6}", fullmatch=True).filter(
                lambda code: code.strip() not in ("", "-")
            ),
        )
        # PostgreSQL's texts hold anything but a zero.
        names = st.text(
            st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
            max_size=5,
        )
        with self.env.cr.savepoint() as savepoint:
            products = self.Product.create(
                [
                    {
                        "name": data.draw(names) or "x",
                        "default_code": data.draw(st.sampled_from(["A", "B", None])),
                    }
                    for _number in range(data.draw(st.integers(1, 5)))
                ]
            )
            for product in products:
                code = data.draw(codes)
                if code and code.strip() not in products.mapped("esm_seller_code"):
                    product.esm_seller_code = code
            exported = self.export(
                scope="selected", product_ids=[Command.set(products.ids)]
            )
            header, *rows = self.sheet(exported).values
            order = data.draw(st.permutations(range(len(header))))
            rows = data.draw(st.permutations(rows))
            shuffled = make_workbook(
                *([line[i] for i in order] for line in (header, *rows)),
                change=_as_text,
            )
            for workbook in (exported, shuffled):
                record = self.upload(workbook)
                self.assertEqual(record.state, "preview", record.message)
                self.assertEqual(
                    set(record.line_ids.mapped("state")),
                    {"unchanged"},
                    record.line_ids.mapped("problem"),
                )
            savepoint.rollback()

    def test_any_order_of_columns(self):
        cells = dict(zip(HEADER, ("T-1", "NEW-S", "NEW-I"), strict=True))
        for titles in itertools.permutations(HEADER):
            record = self.upload_rows([cells[t] for t in titles], header=titles)
            self.assertRecordValues(
                record.line_ids,
                [
                    {
                        "product_id": self.tea.id,
                        "new_seller_code": "NEW-S",
                        "new_inventory_code": "NEW-I",
                    }
                ],
            )


def _as_text(sheet):
    """Texts that begin with "=" are texts in the workbook that they come from."""
    for row in sheet.iter_rows():
        for cell in row:
            if cell.data_type == "f":
                cell.data_type = "s"
