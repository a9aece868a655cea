from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, TransactionCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestCodeDefaults(TransactionCase):
    """Codes from internal references: when it is so set, and never silently."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Product = cls.env["product.product"]
        cls.Template = cls.env["product.template"]
        cls.env.company.esm_codes_from_reference = True
        cls.attribute = cls.env["product.attribute"].create(
            {
                "name": "Size",
                "value_ids": [Command.create({"name": name}) for name in ("S", "L")],
            }
        )

    def make_variants(self, **values):
        return self.Template.create(
            {
                "name": "Shirt",
                "attribute_line_ids": [
                    Command.create(
                        {
                            "attribute_id": self.attribute.id,
                            "value_ids": [Command.set(self.attribute.value_ids.ids)],
                        }
                    )
                ],
                **values,
            }
        ).product_variant_ids

    # --- the setting ----------------------------------------------------

    def test_off_by_default(self):
        company = self.env["res.company"].create({"name": "New"})
        self.assertFalse(company.esm_codes_from_reference)
        self.env.company.esm_codes_from_reference = False
        self.assertFalse(
            self.Product.create({"name": "A", "default_code": "A-1"}).esm_seller_code
        )
        with Form(self.Template) as form:
            form.name = "B"
            form.default_code = "B-1"
            self.assertFalse(form.esm_seller_code)

    def test_in_the_settings(self):
        settings = self.env["res.config.settings"].create({})
        self.assertTrue(settings.esm_codes_from_reference)
        settings.esm_codes_from_reference = False
        settings.execute()
        self.assertFalse(self.env.company.esm_codes_from_reference)

    # --- created elsewhere ----------------------------------------------

    def test_new_products(self):
        product = self.Product.create({"name": "A", "default_code": " A-1 "})
        self.assertEqual(product.esm_seller_code, "A-1")
        template = self.Template.create({"name": "B", "default_code": "B-1"})
        self.assertEqual(template.product_variant_id.esm_seller_code, "B-1")
        self.assertFalse(template.product_variant_id.esm_inventory_code)

    def test_new_variants(self):
        small, _large = self.make_variants()
        self.assertFalse(small.esm_inventory_code)
        template = small.product_tmpl_id
        small.unlink()
        [value] = template.attribute_line_ids.product_template_value_ids.filtered(
            lambda value: value.name == "S"
        )
        variant = self.Product.create(
            {
                "product_tmpl_id": template.id,
                "product_template_attribute_value_ids": [Command.set(value.ids)],
                "default_code": "SHIRT-S",
            }
        )
        self.assertEqual(variant.esm_inventory_code, "SHIRT-S")
        self.assertFalse(variant.esm_seller_code)

    def test_whoever_gives_a_code_has_decided(self):
        given, emptied = self.Product.create(
            [
                {"name": "A", "default_code": "A-1", "esm_inventory_code": "MINE"},
                {"name": "B", "default_code": "B-1", "esm_seller_code": False},
            ]
        )
        self.assertFalse(given.esm_seller_code)
        self.assertFalse(emptied.esm_seller_code)

    def test_taken_and_long_references_stay_empty_and_say_so(self):
        first = self.Product.create({"name": "A", "default_code": "A-1"})
        second, third, long = self.Product.create(
            [
                {"name": "B", "default_code": "A-1"},
                {"name": "C", "default_code": "A-1"},
                {"name": "D", "default_code": "가" * 34},
            ]
        )
        self.assertEqual(first.esm_seller_code, "A-1")
        for product, text in (
            (second, "already used by"),
            (third, "already used by"),
            (long, "too long"),
        ):
            self.assertFalse(product.esm_seller_code)
            self.assertIn(text, product.message_ids[0].body)
        self.assertFalse(first.message_ids.filtered(lambda m: "taken" in m.body))

    def test_two_new_products_with_the_same_reference(self):
        first, second = self.Product.create(
            [{"name": name, "default_code": "A-1"} for name in "AB"]
        )
        self.assertEqual(
            (first.esm_seller_code, second.esm_seller_code), ("A-1", False)
        )

    def test_the_setting_is_the_companys(self):
        other = self.env["res.company"].create({"name": "Other"})
        product = self.Product.create(
            {"name": "A", "default_code": "A-1", "company_id": other.id}
        )
        self.assertFalse(product.esm_seller_code)
        other.esm_codes_from_reference = True
        product = self.Product.create(
            {"name": "B", "default_code": "A-1", "company_id": other.id}
        )
        self.assertEqual(product.esm_seller_code, "A-1")

    # --- the forms ------------------------------------------------------

    def test_the_form_proposes(self):
        with Form(self.Template) as form:
            form.name = "A"
            form.default_code = "A-1"
            self.assertEqual(form.esm_seller_code, "A-1")
            form.default_code = "A-2"
            self.assertEqual(form.esm_seller_code, "A-2", "it follows")
            form.esm_seller_code = "MINE"
            form.default_code = "A-3"
            self.assertEqual(form.esm_seller_code, "MINE", "until someone types")
        self.assertEqual(form.record.esm_seller_code, "MINE")
        with Form(self.Product) as form:
            form.name = "B"
            form.default_code = "B-1"
            self.assertEqual(form.esm_seller_code, "B-1")
            form.default_code = False
            self.assertFalse(form.esm_seller_code)

    def test_an_emptied_field_stays_empty(self):
        with Form(self.Template) as form:
            form.name = "A"
            form.default_code = "A-1"
            form.esm_seller_code = False
        self.assertFalse(form.record.esm_seller_code)

    def test_the_form_of_a_known_product(self):
        product = self.Product.create({"name": "A", "default_code": "A-1"})
        template = self.Template.browse(product.product_tmpl_id.id)
        with Form(template) as form:
            form.default_code = "A-2"
            self.assertEqual(form.esm_seller_code, "A-2")
        self.assertEqual(product.esm_seller_code, "A-2")

    def test_the_form_of_a_variant(self):
        small, large = self.make_variants()
        with Form(small) as form:
            form.default_code = "SHIRT-S"
            self.assertEqual(form.esm_inventory_code, "SHIRT-S")
            self.assertFalse(form.esm_seller_code)
        with self.assertLogs("odoo.tests.form.onchange", "WARNING") as log:
            with Form(large) as form:
                form.default_code = "SHIRT-S"
                self.assertFalse(form.esm_inventory_code)
        self.assertIn("already used by", "".join(log.output))

    def test_people_without_the_fields_get_the_code_too(self):
        user = new_test_user(
            self.env, "plain_goods", "base.group_user,product.group_product_manager"
        )
        with Form(self.Template.with_user(user)) as form:
            form.name = "A"
            form.default_code = "A-1"
        self.assertEqual(form.record.sudo().esm_seller_code, "A-1")

    def test_lengths_are_checked_on_both_forms(self):
        template = self.Template.create({"name": "A"})
        for record in (template, template.product_variant_id):
            for fname, code in (
                ("esm_seller_code", "x" * 101),
                ("esm_inventory_code", "가" * 7),
            ):
                with (
                    self.subTest(record=record, fname=fname),
                    self.assertRaisesRegex(ValidationError, "too long"),
                    Form(record) as form,
                ):
                    form[fname] = code

    # --- on selected products -------------------------------------------

    def test_take_codes_from_references(self):
        self.env.company.esm_codes_from_reference = False
        a, b, c, d = self.Product.create(
            [
                {"name": "A", "default_code": "A-1"},
                {"name": "B", "default_code": "B-1", "esm_seller_code": "KEEP"},
                {"name": "C"},
                {"name": "D", "default_code": "A-1"},
            ]
        )
        small, _large = self.make_variants()
        small.default_code = "SHIRT-S"
        products = a | b | c | d | small
        for records in (products, products.product_tmpl_id):
            action = records.action_esm_take_references()
            record = self.env["esm.code.import"].browse(action["res_id"])
            self.assertEqual(record.state, "preview")
            by_product = {line.product_id: line for line in record.line_ids}
            self.assertEqual(by_product[a].state, "problem")
            self.assertIn("stands in rows", by_product[a].problem)
            self.assertEqual(by_product[b].state, "unchanged")
            self.assertIn("no internal reference", by_product[c].problem)
            self.assertEqual(by_product[small].new_inventory_code, "SHIRT-S")
            self.assertFalse(a.esm_seller_code)
        other = self.env["res.company"].create({"name": "Other"})
        c.company_id = other
        with self.assertRaisesRegex(UserError, "belong to Other"):
            products.action_esm_take_references()
        record.mode = "good"
        record.action_apply()
        self.assertEqual(small.esm_inventory_code, "SHIRT-S")
        self.assertEqual(b.esm_seller_code, "KEEP")
