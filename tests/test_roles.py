from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged

from .common import CUP, TEA, UNKNOWN, EsmCase

NUMBER = "123456789012"


@tagged("post_install", "-at_install")
class TestRoles(EsmCase):
    """People who work on marketplace orders without being the connector's users.

    `Form` opens a record as the web client does: it reads every field of the view
    that this person gets.
    """

    def as_role(self, record, *groups):
        user = self.env["res.users"].search([("login", "=", groups[0])])
        user = user or new_test_user(
            self.env, groups[0], ",".join(("base.group_user", *groups))
        )
        return record.with_user(user)

    def book(self, *items, **options):
        numbers = self.place(*items, **options)
        self.run_cycle()
        return self.rows(*numbers)

    # --- sales ----------------------------------------------------------

    def test_sales_people_open_and_confirm_marketplace_orders(self):
        self.gmarket.auto_release = False
        for group in (
            "sales_team.group_sale_salesman",
            "sales_team.group_sale_salesman_all_leads",
            "sales_team.group_sale_manager",
        ):
            with self.subTest(group=group):
                [row] = self.book(TEA, shipping_fee=3000)
                order = self.as_role(row.sale_order_id, group)
                # Own documents only: those without a salesperson are everyone's.
                row.sale_order_id.user_id = order.env.user
                form = Form(order)
                self.assertEqual(form.esm_shop_id.id, self.gmarket.id)
                self.assertFalse(form.esm_problem_text)
                with Form(order) as form:
                    form.client_order_ref = "seen"
                order.action_confirm()
                self.assertEqual(row.state, "released")
                self.assertEqual(Form(order).state, "sale")

    def test_sales_people_mend_what_holds_an_order(self):
        own = "sales_team.group_sale_salesman"
        [row] = self.book(UNKNOWN)
        order = self.as_role(row.sale_order_id, own)
        row.sale_order_id.user_id = order.env.user
        self.assertIn("NEW-99", Form(order).esm_problem_text)
        with Form(order) as form, form.order_line.edit(0) as line:
            line.product_id = self.cup
        self.assertEqual(order.amount_total, 7000)
        order.action_confirm()
        self.assertEqual((row.state, row.problem), ("released", False))

    def test_sales_people_find_orders_by_their_number(self):
        [row] = self.book(TEA)
        orders = self.as_role(
            self.env["sale.order"], "sales_team.group_sale_salesman_all_leads"
        )
        found = orders.search([("esm_order_ids.order_no", "=", row.order_no)])
        self.assertEqual(found, row.sale_order_id)

    def test_accountants_open_and_invoice_marketplace_orders(self):
        [row] = self.book(TEA, CUP, shipping_fee=3000)[:1]
        order = self.as_role(row.sale_order_id, "account.group_account_invoice")
        self.assertEqual(Form(order).esm_shop_id.id, self.gmarket.id)
        self.assertEqual(order.amount_total, 12900 + 5500 + 3000)
        invoice = order._create_invoices()
        self.assertEqual(invoice.amount_total, order.amount_total)

    # --- warehouse ------------------------------------------------------

    def test_the_warehouse_opens_and_validates_deliveries(self):
        for group in ("stock.group_stock_user", "stock.group_stock_manager"):
            with self.subTest(group=group):
                [row] = self.book(TEA)
                picking = self.as_role(row.sale_order_id.picking_ids, group)
                with Form(picking) as form:
                    [shown] = form.esm_story["orders"]
                    self.assertEqual(shown["no"], row.order_no)
                    form.carrier_tracking_ref = NUMBER
                picking.button_validate()
                self.env.cr.commit()  # pylint: disable=invalid-commit
                self.assertEqual(Form(picking).esm_state, "waiting")
                self.send()
                self.assertEqual(Form(picking).esm_state, "sent")

    def test_the_warehouse_sees_why_and_retries(self):
        rows = self.place(TEA, site="auction")
        self.run_cycle(self.auction)
        row = self.rows(*rows)
        picking = self.as_role(row.sale_order_id.picking_ids, "stock.group_stock_user")
        picking.carrier_tracking_ref = "12345"
        picking.button_validate()
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.send()
        self.assertIn("courier's rule", Form(picking).esm_message)
        picking.carrier_tracking_ref = NUMBER
        picking.action_esm_retry()
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.send()
        self.assertEqual(picking.esm_state, "sent")
        self.assertFalse(picking.esm_message)

    def test_the_warehouse_is_stopped_by_a_cancel_request(self):
        [row] = self.book(TEA)
        self.sandbox.cancel(int(row.order_no))
        self.run_cycle()
        picking = self.as_role(row.sale_order_id.picking_ids, "stock.group_stock_user")
        self.assertIn("wants to cancel", Form(picking).esm_stop_text)

    # --- others ---------------------------------------------------------

    def test_who_maintains_products_and_carriers(self):
        product = self.as_role(self.tea, "product.group_product_manager")
        with Form(product.product_tmpl_id) as form:
            form.name = "Barley tea, roasted"
        with Form(product) as form:
            form.name = "Barley tea"
        product.esm_seller_code = "TEA-0101"
        carrier = self.as_role(self.carrier, "stock.group_stock_manager")
        with Form(carrier) as form:
            form.esm_courier_id = self.courier
        contact = self.book(CUP).sale_order_id.partner_id
        Form(self.as_role(contact, "base.group_partner_manager"))

    def test_portal_users_and_the_public_see_nothing(self):
        [row] = self.book(TEA)
        records = (
            *(row, row.outbox_ids, self.gmarket, self.account, self.courier),
            *(row.sale_order_id, row.sale_order_id.picking_ids),
        )
        portal = new_test_user(self.env, "portal", "base.group_portal")
        for user in (portal, self.env.ref("base.public_user")):
            for record in records:
                with self.subTest(user=user.login, model=record._name):
                    with self.assertRaises(AccessError):
                        record.with_user(user).read(["display_name"])
