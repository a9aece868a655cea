from contextlib import contextmanager

from psycopg2.errors import UniqueViolation

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import CUP, TEA, UNKNOWN, EsmCase


@tagged("post_install", "-at_install")
class TestMatching(EsmCase):
    """Which product an order's code stands for, and what happens if none does."""

    def book(self, *items, **options):
        numbers = self.place(*items, **options)
        self.run_cycle()
        return self.rows(*numbers)

    def assertWaits(self, row, code):
        """The order is a draft, and its activity names the unknown code."""
        order = row.sale_order_id
        self.assertEqual((row.state, row.problem), ("booked", "unmatched"))
        self.assertEqual(row.waiting_code, code)
        self.assertEqual(order.state, "draft")
        self.assertEqual(len(order.activity_ids), 1)
        self.assertIn(code, order.activity_ids.note)
        self.assertIn(code, order.activity_ids.summary)
        self.assertEqual(order.activity_ids.user_id, self.gmarket.user_id)
        with self.assertRaisesRegex(UserError, code):
            order.action_confirm()

    def assertReleased(self, row):
        self.env.cr.flush()  # who is told is settled at the end of a transaction
        order = row.sale_order_id
        self.assertEqual((row.state, row.problem), ("released", False))
        self.assertFalse(row.waiting_code)
        self.assertEqual(order.state, "sale")
        self.assertFalse(order.activity_ids)
        self.assertTrue(order.picking_ids)

    def new_product(self, name, **values):
        """Goods without stock, so that their company can change."""
        return self.env["product.product"].create({"name": name, **values})

    @contextmanager
    def refuses(self, pattern):
        with (
            self.assertRaisesRegex(ValidationError, pattern),
            self.env.cr.savepoint(),
        ):
            yield

    def process_triggers(self):
        cron = self.env.ref("sale_esm.ir_cron_process")
        return self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])

    # --- which code -----------------------------------------------------

    def test_goods_without_options_by_seller_code(self):
        [row] = self.book(TEA)
        self.assertEqual(row.sale_line_ids.product_id, self.tea)
        # The same text as an inventory code is another product's business.
        self.bag.esm_inventory_code = "TEA-0100"
        [row] = self.book(TEA)
        self.assertEqual(row.sale_line_ids.product_id, self.tea)

    def test_options_by_inventory_code(self):
        self.bag.esm_seller_code = CUP["seller_code"]
        [row] = self.book(CUP)
        self.assertEqual(row.sale_line_ids.product_id, self.cup)

    def test_an_option_is_never_found_by_the_seller_code(self):
        self.bag.esm_seller_code = CUP["seller_code"]
        [row] = self.book({**CUP, "option": ("색상:블랙", "CUP-05-B")})
        self.assertWaits(row, "CUP-05-B")

    def test_nothing_is_found_by_its_name(self):
        self.tea.write({"name": UNKNOWN["name"], "default_code": "NEW-99"})
        self.tea.barcode = "NEW-99"
        [row] = self.book(UNKNOWN)
        self.assertWaits(row, "NEW-99")

    def test_several_options_in_one_order(self):
        options = [
            {
                "ItemOptionValue": text,
                "ItemOptionOrderCnt": count,
                "ItemOptionCode": code,
            }
            for text, count, code in (("화이트", 2, "CUP-05-W"), ("봉투", 1, "BAG-01"))
        ]
        [row] = self.book(
            {**TEA, "quantity": 3, "raw": {"ItemOptionSelectList": options}}
        )
        self.assertReleased(row)
        lines = row.sale_line_ids
        self.assertEqual(lines.product_id, self.cup | self.bag)
        self.assertEqual(lines.mapped("product_uom_qty"), [2, 1])
        self.assertEqual(row.sale_order_id.amount_total, 3 * 12900)

    def test_several_options_of_which_one_is_unknown(self):
        options = [
            {"ItemOptionValue": code, "ItemOptionOrderCnt": 1, "ItemOptionCode": code}
            for code in ("CUP-05-W", "X-1", "X-2")
        ]
        [row] = self.book({**TEA, "raw": {"ItemOptionSelectList": options}})
        self.assertWaits(row, "X-1")
        self.tea.esm_inventory_code = "X-2"
        self.env["esm.shop"]._cron_process()
        self.assertWaits(row, "X-1")
        self.bag.esm_inventory_code = "X-1"
        self.env["esm.shop"]._cron_process()
        self.assertReleased(row)
        self.assertEqual(row.sale_line_ids.product_id, self.cup | self.bag | self.tea)
        self.assertEqual(row.sale_order_id.amount_total, 12900)

    def test_add_on_items_by_either_code(self):
        additions = [("bag", "BAG-01", 2000, 2), ("tea", "TEA-0100", 500, 1)]
        [row] = self.book({**CUP, "additions": additions})
        self.assertReleased(row)
        self.assertEqual(
            row.sale_line_ids.mapped(lambda x: (x.product_id, x.product_uom_qty)),
            [(self.cup, 1), (self.bag, 2), (self.tea, 1)],
        )
        self.assertEqual(row.sale_order_id.amount_total, 5500 + 4000 + 500)

    def test_an_unknown_add_on_item_holds_the_order(self):
        [row] = self.book({**TEA, "additions": [("card", "CARD-1", 1000, 1)]})
        self.assertWaits(row, "CARD-1")
        self.bag.esm_inventory_code = "CARD-1"
        self.env["esm.shop"]._cron_process()
        self.assertReleased(row)

    # --- not found ------------------------------------------------------

    def test_setting_the_code_releases_the_order(self):
        [row] = self.book(UNKNOWN, shipping_fee=3000)
        self.assertWaits(row, "NEW-99")
        self.assertEqual(row.sale_order_id.amount_total, 10000)
        user = new_test_user(
            self.env, "products", "base.group_user,product.group_product_manager"
        )
        before = self.process_triggers()
        # The form, as whoever maintains products sees it.
        template = self.bag.product_tmpl_id.with_user(user)
        template.esm_seller_code = " NEW-99 "
        self.assertEqual(self.bag.esm_seller_code, "NEW-99")
        self.assertEqual(self.process_triggers(), before + 1)
        self.env["esm.shop"]._cron_process()
        self.assertReleased(row)
        line = row.sale_line_ids
        self.assertEqual(line.product_id, self.bag)
        self.assertIn(UNKNOWN["name"], line.name)
        self.assertEqual(row.sale_order_id.amount_total, 10000)
        self.assertEqual(row.sale_order_id.picking_ids.move_ids.product_id, self.bag)

    def test_a_new_product_with_the_code_releases_the_order(self):
        [row] = self.book({**UNKNOWN, "option": ("빨강", "RED-1")})
        before = self.process_triggers()
        self.make_product("Other", 1, esm_inventory_code="OTHER")
        self.assertEqual(self.process_triggers(), before)
        product = self.env["product.template"].create(
            {"name": "Red", "esm_inventory_code": "RED-1", "is_storable": True}
        )
        self.assertEqual(self.process_triggers(), before + 1)
        self.env["esm.shop"]._cron_process()
        self.assertReleased(row)
        self.assertEqual(row.sale_line_ids.product_id.product_tmpl_id, product)

    def test_all_orders_that_wait_for_the_code_are_released(self):
        rows = self.book(UNKNOWN) | self.book(UNKNOWN) | self.book(TEA, UNKNOWN)
        self.tea.esm_seller_code = False
        self.bag.esm_seller_code = "NEW-99"
        self.env["esm.shop"]._cron_process()
        self.assertEqual(rows.mapped("state"), ["released"] * 4)

    def test_one_unknown_code_holds_its_basket_only(self):
        tea, unknown = self.book(TEA, UNKNOWN)
        [other] = self.book(TEA)
        self.assertEqual(tea.sale_order_id, unknown.sale_order_id)
        self.assertFalse(tea.problem)
        self.assertWaits(unknown, "NEW-99")
        self.assertReleased(other)

    def test_an_archived_product_is_not_found_until_it_is_back(self):
        self.tea.active = False
        [row] = self.book(TEA)
        self.assertWaits(row, "TEA-0100")
        self.tea.active = True
        self.env["esm.shop"]._cron_process()
        self.assertReleased(row)

    def test_a_product_of_another_company_is_not_found(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.tea.esm_seller_code = False
        self.new_product("theirs", esm_seller_code="TEA-0100", company_id=other.id)
        [row] = self.book(TEA)
        self.assertWaits(row, "TEA-0100")
        # Two companies may use one code for different goods.
        self.bag.write({"esm_seller_code": "TEA-0100", "company_id": self.company.id})
        self.env["esm.shop"]._cron_process()
        self.assertReleased(row)
        self.assertEqual(row.sale_line_ids.product_id, self.bag)

    # --- by hand --------------------------------------------------------

    def test_a_product_chosen_by_hand_releases_the_order(self):
        """Its taxes are others than the stand-in's: the amount stays."""
        tax = self.env["account.tax"].create(
            {
                "name": "5 % on top",
                "amount": 5,
                "price_include_override": "tax_excluded",
            }
        )
        self.cup.taxes_id = tax
        [row] = self.book({**UNKNOWN, "seller_discount": 333}, shipping_fee=2500)
        order = row.sale_order_id
        before = self.process_triggers()
        with Form(order) as form, form.order_line.edit(0) as line:
            line.product_id = self.cup
        self.assertEqual(order.order_line[0].tax_ids, tax)
        self.assertEqual(order.amount_total, 7000 - 333 + 2500)
        self.assertEqual(self.process_triggers(), before + 1)
        self.env["esm.shop"]._cron_process()
        self.assertReleased(row)
        self.assertEqual(order.amount_total, 7000 - 333 + 2500)

    def test_an_option_without_a_code_needs_a_hand(self):
        for code in (None, ""):
            with self.subTest(code=code):
                [row] = self.book({**CUP, "option": ("색상:회색", code)})
                order = row.sale_order_id
                self.assertEqual((row.state, row.problem), ("booked", "unmatched"))
                self.assertIn("has no code", order.activity_ids.note)
                with self.assertRaisesRegex(UserError, "색상:회색.*has no code"):
                    order.action_confirm()
                order.order_line.product_id = self.cup
                order.action_confirm()
                self.assertReleased(row)

    def test_goods_without_any_code_need_a_hand(self):
        [row] = self.book({**TEA, "seller_code": ""})
        self.assertEqual(row.problem, "unmatched")
        self.assertIn("has no code", row.problem_text)

    def test_a_cleared_code_finds_nothing(self):
        self.tea.esm_seller_code = "  "
        self.assertFalse(self.tea.esm_seller_code)
        [row] = self.book(TEA)
        self.assertWaits(row, "TEA-0100")

    # --- codes are unique -----------------------------------------------

    def test_a_code_belongs_to_one_product(self):
        for fname, code in (
            ("esm_seller_code", "TEA-0100"),
            ("esm_inventory_code", "CUP-05-W"),
        ):
            with self.subTest(fname=fname):
                pattern = f"{code} is already used by"
                with self.refuses(pattern):
                    self.bag[fname] = code
                with self.refuses(pattern):
                    self.env["product.template"].create({"name": "x", fname: code})

    def test_the_database_keeps_codes_unique(self):
        """Also where two people type at the same time."""
        self.env.flush_all()
        for fname, code in (
            ("esm_seller_code", "TEA-0100"),
            ("esm_inventory_code", "CUP-05-W"),
        ):
            with (
                self.subTest(fname=fname),
                mute_logger("odoo.sql_db"),
                self.assertRaises(UniqueViolation),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(
                    f"UPDATE product_product SET {fname} = %s WHERE id = %s",
                    (code, self.bag.id),
                )

    def test_codes_of_companies_and_of_all_companies(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.new_product("mine", esm_seller_code="C-1", company_id=self.company.id)
        theirs = self.new_product("theirs", company_id=other.id)
        theirs.esm_seller_code = "C-1"
        with self.refuses("C-1 is already used"):
            self.bag.esm_seller_code = "C-1"
        with self.refuses("C-1 is already used"):
            theirs.company_id = False
        with self.refuses("C-1 is already used"):
            theirs.company_id = self.company
        with self.refuses("C-1 is already used"):
            self.new_product("all", esm_seller_code="C-1")
        with self.refuses("TEA-0100 is already used"):
            theirs.esm_seller_code = "TEA-0100"

    def test_an_archived_product_frees_its_code(self):
        self.tea.active = False
        self.bag.esm_seller_code = "TEA-0100"
        with self.refuses("TEA-0100 is already used"):
            self.tea.active = True

    def test_codes_fit_into_what_the_marketplace_takes(self):
        """Seller code 100 bytes, inventory code 20; a Korean letter counts three."""
        self.tea.esm_seller_code = "a" * 100
        self.tea.esm_inventory_code = "가" * 6
        with self.refuses("100 bytes"):
            self.tea.esm_seller_code = "a" * 101
        with self.refuses("100 bytes"):
            self.tea.esm_seller_code = "가" * 34
        with self.refuses("20 bytes"):
            self.tea.esm_inventory_code = "가" * 7

    def test_a_copy_has_no_codes(self):
        copy = self.tea.product_tmpl_id.copy().product_variant_id
        self.assertEqual(
            (copy.esm_seller_code, copy.esm_inventory_code), (False, False)
        )

    def test_templates_show_and_find_the_codes_of_their_variant(self):
        template = self.tea.product_tmpl_id
        self.assertEqual(template.esm_seller_code, "TEA-0100")
        found = self.env["product.template"].search(
            [("esm_seller_code", "=", "TEA-0100")]
        )
        self.assertEqual(found, template)
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
        self.assertEqual(len(template.product_variant_ids), 2)
        self.assertFalse(template.esm_seller_code)
        small, large = template.product_variant_ids
        small.esm_inventory_code, large.esm_inventory_code = "S-1", "L-1"
        [row] = self.book({**TEA, "option": ("사이즈:L", "L-1")})
        self.assertEqual(row.sale_line_ids.product_id, large)
