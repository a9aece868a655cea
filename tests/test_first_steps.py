from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import CUP, TEA, UNKNOWN, EsmCase


@tagged("post_install", "-at_install")
class TestFirstSteps(EsmCase):
    """Whether a step is done follows from what is there."""

    def steps(self, user=None):
        Shop = self.env["esm.shop"]
        found = (Shop.with_user(user) if user else Shop).get_first_steps()
        return {step["key"]: step for step in found["steps"]}

    def done(self):
        return {key for key, step in self.steps().items() if step["done"]}

    def press(self, key):
        """Press the button of a step, as the panel does."""
        name = self.steps()[key]["button"]["name"]
        return self.env["esm.shop"].action_first_step(name)

    def make_user(self, *groups):
        return self.env["res.users"].create(
            {
                "name": groups[-1],
                "login": groups[-1],
                "group_ids": [
                    Command.set([self.env.ref(group).id for group in groups])
                ],
            }
        )

    def empty(self):
        """Back to where a new merchant begins."""
        (self.gmarket | self.auction).unlink()
        self.account.unlink()
        (self.tea | self.cup | self.bag).write(
            {"esm_seller_code": False, "esm_inventory_code": False}
        )

    def test_nothing_yet(self):
        self.empty()
        found = self.env["esm.shop"].get_first_steps()
        self.assertEqual(
            [(step["key"], step["done"]) for step in found["steps"]],
            [
                (key, False)
                for key in (
                    *("account", "shop", "connection"),
                    *("products", "collect", "ship"),
                )
            ],
        )
        self.assertFalse(found["done"])
        buttons = {
            step["key"]: step["button"] and step["button"]["name"]
            for step in found["steps"]
        }
        # What cannot be done yet has no button.
        self.assertEqual(
            buttons,
            {
                "account": "account",
                "shop": False,
                "connection": False,
                "products": "codes",
                "collect": False,
                "ship": False,
            },
        )
        self.assertEqual(found["sandbox"]["links"][0]["name"], "trial")

    def test_account(self):
        self.account.secret_key = False
        step = self.steps()["account"]
        self.assertFalse(step["done"])
        self.assertIn("Test account", step["text"])
        self.assertEqual(self.press("account")["res_id"], self.account.id)
        self.account.secret_key = "another-secret-key-of-32-letters!"
        self.assertTrue(self.steps()["account"]["done"])
        self.assertNotIn("another", str(self.steps()))

    def test_shop_without_carrier_or_courier(self):
        self.gmarket.carrier_id = False
        self.assertIn(self.gmarket.name, self.steps()["shop"]["text"])
        self.assertEqual(self.press("shop")["res_id"], self.gmarket.id)
        self.gmarket.carrier_id = self.carrier
        self.carrier.esm_courier_id = False
        self.assertIn("no marketplace courier", self.steps()["shop"]["text"])
        action = self.press("shop")
        self.assertEqual(
            (action["res_model"], action["res_id"]),
            ("delivery.carrier", self.carrier.id),
        )
        self.carrier.esm_courier_id = self.courier
        self.assertTrue(self.steps()["shop"]["done"])

    def test_connection(self):
        self.assertEqual(self.steps()["connection"]["button"]["name"], "test")
        self.press("connection")
        self.assertEqual(self.gmarket.connection_state, "connected")
        self.assertEqual(self.auction.connection_state, "connected")
        self.assertTrue(self.steps()["connection"]["done"])
        # A key that is refused undoes the step; passing trouble does not.
        self.gmarket.write({"connection_state": "problem", "cursor_at": "2026-06-01"})
        self.assertTrue(self.steps()["connection"]["done"])
        self.gmarket.write(
            {"connection_state": "refused", "connection_message": "The key is old."}
        )
        step = self.steps()["connection"]
        self.assertFalse(step["done"])
        self.assertEqual(step["text"], "The key is old.")
        self.assertEqual(self.press("connection")["res_id"], self.gmarket.id)

    def test_connection_with_a_wrong_key(self):
        self.account.secret_key = "a-wrong-secret-key-of-32-letters!"
        action = self.press("connection")
        self.assertEqual(action["params"]["type"], "danger")
        self.assertIn(self.gmarket.name, action["params"]["message"])
        self.assertFalse(self.steps()["connection"]["done"])

    def test_products(self):
        self.empty()
        self.assertFalse(self.steps()["products"]["done"])
        self.tea.esm_seller_code = "TEA-0100"
        self.assertTrue(self.steps()["products"]["done"])

    def test_products_of_listings(self):
        self.sandbox.add_item(
            "Barley tea", 12900, gmarket="mallsample_g", seller_code="TEA-0100"
        )
        self.sandbox.add_item(
            "Novelty",
            7000,
            gmarket="mallsample_g",
            seller_code="NEW-99",
            options=[
                {"values": {"색상": "민트"}, "code": "NEW-99-M", "surcharge": 500},
                {"values": {"색상": "하늘"}},
            ],
        )
        self.press("connection")
        self.assertEqual(self.steps()["products"]["button"]["name"], "listings")
        self.press("products")
        self.env.invalidate_all()
        step = self.steps()["products"]
        self.assertFalse(step["done"])
        self.assertIn("1 of 3", step["text"])
        action = self.press("products")
        self.assertEqual(action["context"], {"search_default_unmatched": 1})
        option = self.env["esm.listing.option"].search([("match_method", "=", False)])
        action = option.action_create_products()
        product = self.env["product.product"].search(action["domain"], order="id")
        self.assertRecordValues(
            product,
            [
                {
                    "name": "Novelty (색상: 민트)",
                    "list_price": 7500,
                    "esm_inventory_code": "NEW-99-M",
                    "is_storable": True,
                },
                {
                    "name": "Novelty (색상: 하늘)",
                    "list_price": 7000,
                    "esm_inventory_code": False,
                    "is_storable": True,
                },
            ],
        )
        self.assertEqual(option.mapped("match_method"), ["inventory", "manual"])
        self.assertTrue(self.steps()["products"]["done"])
        with self.assertRaisesRegex(UserError, "already"):
            option.action_create_products()

    def test_collect_and_ship(self):
        (self.gmarket | self.auction).write({"connection_state": "connected"})
        [number, _other] = self.place(TEA, CUP, shipping_fee=3000)
        self.assertEqual(self.steps()["collect"]["button"]["name"], "collect")
        self.assertFalse(self.steps()["ship"]["button"])
        self.press("collect")
        self.env.invalidate_all()
        self.assertTrue(self.steps()["collect"]["done"])
        self.assertEqual(self.steps()["ship"]["button"]["name"], "deliveries")
        self.ship(self.rows(number).sale_order_id)
        self.assertEqual(self.steps()["ship"]["button"]["name"], "send")
        self.press("ship")
        self.env.invalidate_all()
        self.assertTrue(self.steps()["ship"]["done"])
        self.assertEqual(len(self.remote(number).invoices), 1)

    def test_nothing_to_collect(self):
        (self.gmarket | self.auction).write({"connection_state": "connected"})
        self.press("collect")
        self.env.invalidate_all()
        self.assertTrue(self.steps()["collect"]["done"])

    def test_what_stands_between_order_and_parcel(self):
        [number] = self.place(UNKNOWN, shipping_fee=3000)
        self.run_cycle()
        self.assertEqual(self.steps()["ship"]["button"]["name"], "problems")
        order = self.rows(number).sale_order_id
        self.env["product.product"].create(
            {"name": "New", "is_storable": True, "esm_seller_code": "NEW-99"}
        )
        self.env["esm.shop"]._cron_process()
        self.env.invalidate_all()
        self.assertEqual(order.state, "sale")
        self.assertEqual(self.steps()["ship"]["button"]["name"], "stock")

    def test_switches_off(self):
        self.gmarket.write({"auto_acknowledge": False, "auto_release": False})
        [number] = self.place(TEA, shipping_fee=3000)
        self.run_cycle()
        self.assertEqual(self.steps()["ship"]["button"]["name"], "to_confirm")
        self.rows(number).action_acknowledge()
        self.run_cycle()
        self.assertEqual(self.steps()["ship"]["button"]["name"], "quotations")
        action = self.press("ship")
        self.assertEqual(
            self.env["sale.order"].search(action["domain"]),
            self.rows(number).sale_order_id,
        )

    def test_close(self):
        (self.gmarket | self.auction).write({"connection_state": "connected"})
        [number] = self.place(TEA, shipping_fee=3000)
        self.run_cycle()
        self.ship(self.rows(number).sale_order_id)
        self.send()
        self.press("products")
        self.env.invalidate_all()
        found = self.env["esm.shop"].get_first_steps()
        self.assertTrue(found["done"])
        self.assertFalse(found["closed"])
        user = self.make_user("sale_esm.group_user")
        with self.assertRaises(UserError):
            self.env["esm.shop"].with_user(user).close_first_steps()
        manager = self.make_user("sale_esm.group_manager")
        self.env["esm.shop"].with_user(manager).close_first_steps()
        self.assertTrue(self.env["esm.shop"].get_first_steps()["closed"])
        # The dashboard asks no more than that.
        with self.assertQueryCount(2):
            self.env.invalidate_all()
            found = self.env["esm.shop"].get_first_steps(always=False)
        self.assertEqual(found, {"closed": True})
        # It is a matter of this company alone.
        other = self.env["res.company"].create({"name": "Other"})
        found = self.env["esm.shop"].with_company(other).get_first_steps()
        self.assertFalse(found["closed"])
        self.assertFalse(found["done"])

    def test_no_dead_buttons(self):
        """People without rights read what a manager must do."""
        self.account.secret_key = False
        user = self.make_user("sale_esm.group_user")
        for key, step in self.steps(user).items():
            self.assertFalse(step["button"], key)
        self.assertIn("manager", self.steps(user)["account"]["text"])
        with self.assertRaises(AccessError):
            self.env["esm.shop"].with_user(user).action_first_step("won")
        with self.assertRaises(UserError):
            self.env["esm.shop"].action_first_step("no_such")

    def test_packer(self):
        self.place(TEA, shipping_fee=3000)
        self.run_cycle()
        packer = self.make_user("stock.group_stock_user")
        self.assertEqual(self.steps(packer)["ship"]["button"]["name"], "deliveries")
        seller = self.make_user("sale_esm.group_user")
        self.assertFalse(self.steps(seller)["ship"]["button"])
        self.assertIn("warehouse role", self.steps(seller)["ship"]["text"])

    def test_books_in_another_currency(self):
        company = self.make_company_abroad()
        Shop = (
            self.env["esm.shop"]
            .with_company(company)
            .with_context(allowed_company_ids=company.ids)
        )
        steps = {step["key"]: step for step in Shop.get_first_steps()["steps"]}
        self.assertIn("USD", steps["shop"]["text"])
        Shop.action_first_step(steps["shop"]["button"]["name"])
        self.assertEqual(Shop._default_pricelist().currency_id.name, "KRW")
        steps = {step["key"]: step for step in Shop.get_first_steps()["steps"]}
        self.assertNotIn("USD", steps["shop"]["text"])

    def make_company_abroad(self):
        return self.env["res.company"].create(
            {"name": "Abroad", "currency_id": self.env.ref("base.USD").id}
        )

    def test_pricelist_needs_no_other_role(self):
        company = self.make_company_abroad()
        users = [
            self.make_user(f"sale_esm.group_{name}") for name in ("user", "manager")
        ]
        for each in users:
            each.write(
                {"company_ids": [Command.link(company.id)], "company_id": company.id}
            )
        user, manager = (
            self.env["esm.shop"]
            .with_user(each)
            .with_context(allowed_company_ids=company.ids)
            for each in users
        )
        won = self.env.ref("base.KRW")
        won.with_context(force_deactivate=True).active = False
        with self.assertRaisesRegex(AccessError, "Only managers"):
            user.action_first_step("won")
        self.assertFalse(user._default_pricelist() or won.active)
        manager.action_first_step("won")
        self.assertTrue(won.active)
        self.assertRecordValues(
            manager._default_pricelist(),
            [{"currency_id": won.id, "company_id": company.id}],
        )
