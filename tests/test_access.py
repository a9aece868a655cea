from contextlib import contextmanager

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import file_open

from .common import SECRET, TEA, EsmCase


@tagged("post_install", "-at_install")
class TestAccess(EsmCase):
    """Who may see and do what."""

    def setUp(self):
        super().setUp()
        user = lambda login, groups, **values: new_test_user(  # noqa: E731
            self.env, login=login, groups=groups, **values
        )
        self.manager = user("esm_manager", "sale_esm.group_manager")
        self.user = user("esm_user", "sale_esm.group_user,base.group_allow_export")
        self.plain = user("plain", "base.group_user")
        self.portal = user("esm_portal", "base.group_portal")
        self.picker = user("picker", "stock.group_stock_user")
        self.seller = user("seller", "sales_team.group_sale_salesman_all_leads")
        other = self.env["res.company"].create(
            {"name": "Other", "currency_id": self.env.ref("base.KRW").id}
        )
        self.outsider = user(
            "outsider",
            "sale_esm.group_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )

    @contextmanager
    def refused(self):
        with self.assertRaises(UserError):  # AccessError is one of these
            yield

    def test_secrets_are_for_managers(self):
        account = self.account
        self.assertEqual(account.with_user(self.manager).secret_key, SECRET)
        for name in ("secret_key", "sandbox_url"):
            with self.assertRaises(AccessError):
                account.with_user(self.user).read([name])
            with self.assertRaises(AccessError):
                account.with_user(self.user).search([(name, "like", "t")])
            with self.assertRaises(AccessError):
                account.with_user(self.user).export_data([name])
        self.assertNotIn(
            "secret_key", self.env["esm.account"].with_user(self.user).fields_get()
        )
        self.assertFalse(account.copy({"master_id": "another"}).secret_key)

    def test_payload_is_for_managers(self):
        [number] = self.place(TEA)
        self.run_cycle()
        row = self.rows(number)
        self.assertTrue(row.with_user(self.manager).payload)
        mine = row.with_user(self.user)
        for peep in (
            lambda: mine.read(["payload"]),
            lambda: mine.search([("payload", "ilike", "BuyerName")]),
            lambda: mine.search([], order="payload"),
            lambda: mine.export_data(["payload"]),
            lambda: mine.web_read({"payload": {}}),
            lambda: mine.formatted_read_group([], ["payload"]),
            lambda: mine.outbox_ids.search([("order_id.payload", "ilike", "x")]),
        ):
            with self.assertRaises(AccessError):
                peep()
        self.assertNotIn("payload", mine.fields_get())
        self.assertEqual(mine.name_search(number)[0][0], row.id)

    def test_users_change_nothing_behind_the_connector(self):
        [number] = self.place(TEA)
        self.run_cycle()
        row, shop = self.rows(number), self.gmarket
        for user in (self.user, self.picker, self.seller):
            for record, values in (
                (shop, {"auto_collect": False}),
                (self.account, {"name": "x"}),
                (row, {"state": "sent"}),
                (row.outbox_ids, {"state": "waiting"}),
            ):
                with self.assertRaises(AccessError):
                    record.with_user(user).write(values)
        with self.assertRaises(AccessError):
            row.with_user(self.manager).write({"state": "sent"})

    def test_without_the_group_nothing_is_seen(self):
        [number] = self.place(TEA)
        self.run_cycle()
        row = self.rows(number)
        for user in (self.plain, self.portal):
            for record in (row, self.gmarket, self.account, row.outbox_ids):
                with self.assertRaises(AccessError):
                    record.with_user(user).read(["display_name"])
            for button in (
                lambda user=user: row.with_user(user).action_retry(),
                lambda user=user: row.with_user(user).action_acknowledge(),
                lambda user=user: row.outbox_ids.with_user(user).action_retry(),
                lambda user=user: self.gmarket.with_user(user).action_collect_now(),
            ):
                with self.refused():
                    button()

    def test_other_companies_see_nothing(self):
        [number] = self.place(TEA)
        self.run_cycle()
        row = self.rows(number)
        env = self.env(user=self.outsider)
        for model in ("esm.shop", "esm.order", "esm.outbox"):
            self.assertFalse(env[model].search([]))
        for button in (
            lambda: self.gmarket.with_user(self.outsider).action_collect_now(),
            lambda: self.gmarket.with_user(self.outsider).action_test_connection(),
            lambda: row.with_user(self.outsider).action_retry(),
            lambda: row.with_user(self.outsider).action_ship_despite_cancel(),
            lambda: row.sale_order_id.with_user(
                self.outsider
            ).action_esm_accept_amounts(),
            lambda: (
                env["esm.fetch"]
                .create({"shop_id": self.gmarket.id, "numbers": number})
                .action_fetch()
            ),
        ):
            with self.refused():
                button()

    def test_only_managers_decide(self):
        [number] = self.place(TEA)
        self.run_cycle()
        row = self.rows(number)
        with self.refused():
            row.with_user(self.user).action_ship_despite_cancel()
        with self.refused():
            row.sale_order_id.with_user(self.seller).action_esm_accept_amounts()
        with self.refused():
            self.gmarket.with_user(self.user).action_test_connection()
        self.gmarket.with_user(self.manager).action_test_connection()
        self.assertEqual(self.gmarket.connection_state, "connected")

    def test_users_collect(self):
        [number] = self.place(TEA)
        self.gmarket.with_user(self.user).action_collect_now()
        self.assertEqual(self.rows(number).state, "released")
        [other] = self.place(TEA)
        wizard = (
            self.env["esm.fetch"]
            .with_user(self.user)
            .create({"shop_id": self.gmarket.id, "numbers": f"no. {other},"})
        )
        wizard.action_fetch()
        self.assertEqual(self.rows(other).state, "released")
        self.assertEqual(wizard.line_ids.order_no, other)

    def test_the_warehouse_ships(self):
        [number] = self.place(TEA)
        self.run_cycle()
        row = self.rows(number)
        picking = row.sale_order_id.picking_ids.with_user(self.picker)
        self.assertEqual(picking.esm_order_numbers, number)
        picking.carrier_tracking_ref = "123456789012"
        picking.button_validate()
        self.assertEqual(picking.esm_state, "waiting")
        self.send()
        self.assertEqual(picking.esm_state, "sent")
        picking.carrier_tracking_ref = "123456789013"
        self.assertTrue(picking.esm_can_replace)
        picking.action_esm_replace()
        self.send()
        self.assertEqual(self.remote(number).invoice_no, "123456789013")

    def test_sales_people_confirm(self):
        self.gmarket.auto_release = False
        [number] = self.place(TEA)
        self.run_cycle()
        order = self.rows(number).sale_order_id.with_user(self.seller)
        self.assertFalse(order.esm_problem_text)
        self.assertEqual(order.esm_amount_paid, 12900)
        order.action_confirm()
        self.assertEqual(self.rows(number).state, "released")

    def test_own_documents_only_sees_why_an_order_waits(self):
        own = new_test_user(self.env, "own_docs", "sales_team.group_sale_salesman")
        self.gmarket.user_id = own
        [number] = self.place({**TEA, "seller_code": "NEW-1"})
        self.run_cycle()
        order = self.rows(number).sale_order_id.with_user(own)
        self.assertIn("NEW-1", order.esm_problem_text)
        with self.assertRaisesRegex(UserError, "NEW-1"):
            order.action_confirm()

    def test_neutralized_database_calls_nobody(self):
        self.env["ir.config_parameter"].set_param("database.is_neutralized", True)
        self.place(TEA)
        self.run_cycle()
        self.assertEqual(self.sandbox.calls, [])
        self.assertEqual(self.gmarket.connection_state, "problem")
        self.assertIn("neutralized", self.gmarket.connection_message)

    def test_neutralize_script_takes_the_keys(self):
        with file_open("sale_esm/data/neutralize.sql") as script:
            self.env.flush_all()
            self.env.cr.execute(script.read())
        self.env.invalidate_all()
        self.assertFalse(self.account.secret_key)
        self.assertFalse(self.gmarket.auto_collect)
        with self.assertRaises(UserError):
            self.gmarket._api()
