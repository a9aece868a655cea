from lxml import etree

from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import CUP, TEA, UNKNOWN, EsmCase


@tagged("post_install", "-at_install")
class TestScreens(EsmCase):
    """The screens open for those who work with them, with nothing but their role."""

    def make_user(self, *groups):
        return self.env["res.users"].create(
            {
                "name": groups[-1],
                "login": groups[-1],
                "tz": "Asia/Seoul",
                "group_ids": [
                    Command.set([self.env.ref(group).id for group in groups])
                ],
            }
        )

    def read_list(self, action, user):
        """Read what the action's list shows, as the web client does."""
        action = self.env.ref(f"sale_esm.{action}")
        model = self.env[action.res_model].with_user(user)
        arch = etree.fromstring(
            model.get_view(action._get_action_dict()["views"][0][0], "list")["arch"]
        )
        names = {node.get("name") for node in arch.iterfind("./field")}
        found = model.web_search_read([], {name: {} for name in names})
        self.assertTrue(found["records"])

    def test_warehouse(self):
        [number, _other] = self.place(TEA, CUP, shipping_fee=3000)
        self.run_cycle()
        user = self.make_user("stock.group_stock_user")
        self.read_list("stock_picking_action_to_ship", user)
        picking = self.rows(number).sale_order_id.picking_ids
        with Form(picking.with_user(user)) as form:
            form.carrier_tracking_ref = "123456789012"
        picking.with_user(user).button_validate()
        self.assertEqual(picking.esm_state, "waiting")
        Form(picking.with_user(user))
        self.read_list("esm_outbox_action", user)

    def test_salesperson(self):
        [number] = self.place(UNKNOWN, shipping_fee=3000)
        self.run_cycle()
        user = self.make_user("sales_team.group_sale_salesman_all_leads")
        for action in (
            "esm_order_action",
            "esm_order_action_problems",
            "esm_problem_action",
        ):
            self.read_list(action, user)
        self.read_list("esm_shop_action", user)
        row = self.rows(number)
        Form(row.sale_order_id.with_user(user))
        Form(row.with_user(user))
        Form(self.gmarket.with_user(user))

    def test_salesperson_of_own_documents(self):
        [number] = self.place(UNKNOWN, shipping_fee=3000)
        self.run_cycle()
        user = self.make_user("sales_team.group_sale_salesman")
        order = self.rows(number).sale_order_id
        order.user_id = user
        form = Form(order.with_user(user))
        self.assertIn("NEW-99", form.esm_problem_text)

    def test_invoicing(self):
        [number] = self.place(TEA, shipping_fee=3000)
        self.run_cycle()
        order = self.rows(number).sale_order_id
        invoice = order._create_invoices()
        user = self.make_user("account.group_account_invoice")
        Form(invoice.with_user(user))
