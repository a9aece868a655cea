from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import GMARKET, TEA, EsmCase


@tagged("post_install", "-at_install")
class TestSandboxMark(EsmCase):
    """What comes from a sandbox can be told from what is real, everywhere."""

    def setUp(self):
        super().setUp()
        [number] = self.place(TEA, shipping_fee=3000)
        self.run_cycle()
        self.row = self.rows(number)
        self.order = self.row.sale_order_id
        self.picking = self.order.picking_ids

    def marked(self, model, domain):
        return self.env[model].search([("esm_sandbox", "=", True), *domain])

    def test_marks(self):
        for record in (self.row, self.order, self.picking):
            self.assertTrue(record.esm_sandbox)
            mine = [("id", "=", record.id)]
            self.assertEqual(self.marked(record._name, mine), record)
            self.assertFalse(
                record.search([("esm_sandbox", "=", False), *mine]),
            )
        self.assertEqual(self.gmarket.display_name, f"[Sandbox] Gmarket {GMARKET}")
        self.assertIn("SANDBOX", self.picking._esm_label_values()["courier"])

    def test_marketplace_report(self):
        self.env.flush_all()
        report = self.env["esm.sales.report"]
        mine = [("order_id", "=", self.row.id)]
        self.assertTrue(report.search([("esm_sandbox", "=", True), *mine]))
        self.assertFalse(report.search([("esm_sandbox", "=", False), *mine]))

    def test_sales_report(self):
        self.env.flush_all()
        report = self.env["sale.report"]
        mine = [("order_reference", "=", f"sale.order,{self.order.id}")]
        self.assertTrue(report.search([("esm_sandbox", "=", True), *mine]))
        self.assertFalse(report.search([("esm_sandbox", "=", False), *mine]))

    def test_other_orders_are_real(self):
        other = self.env["sale.order"].create({"partner_id": self.order.partner_id.id})
        self.assertFalse(other.esm_sandbox)
        self.assertEqual(
            other.search([("esm_sandbox", "=", False), ("id", "=", other.id)]), other
        )

    def test_real_marketplace(self):
        account = self.env["esm.account"].create(
            {"master_id": "real", "secret_key": "a-secret-key-of-some-32-letters!"}
        )
        self.assertEqual(account.name, "real")
        shop = self.env["esm.shop"].create(
            {"account_id": account.id, "site": "gmarket", "seller_id": "real_g"}
        )
        self.assertEqual(shop.display_name, "Gmarket real_g")

    def test_sandbox_orders_stay_sandbox_orders(self):
        with self.assertRaisesRegex(ValidationError, "register another account"):
            self.account.environment = "production"
        other = self.env["esm.account"].create(
            {"master_id": "real", "secret_key": "a-secret-key-of-some-32-letters!"}
        )
        with self.assertRaisesRegex(ValidationError, "register another account"):
            self.gmarket.account_id = other
        self.row.unlink()
        self.gmarket.account_id = other
        self.account.environment = "production"

    def test_people_without_rights_see_the_mark(self):
        user = self.env["res.users"].create(
            {
                "name": "Own documents",
                "login": "own",
                "group_ids": [
                    Command.set([self.env.ref("sales_team.group_sale_salesman").id])
                ],
            }
        )
        self.order.user_id = user
        with Form(self.order.with_user(user)) as form:
            self.assertTrue(form.esm_sandbox)
        found = (
            self.env["sale.order"].with_user(user).search([("esm_sandbox", "=", True)])
        )
        self.assertEqual(found, self.order)
