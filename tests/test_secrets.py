"""The secret key is in one column, and nowhere else: whatever happened before."""

import traceback

from odoo.exceptions import AccessError, ValidationError
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL, mute_logger

from ..esm_api import EsmError
from ..models.esm_account import HOSTS_PARAMETER
from .common import SECRET, TEA, EsmCase

METADATA = "http://169.254.169.254/latest"


@tagged("post_install", "-at_install")
class TestSecrets(EsmCase):
    def where_is(self, text):
        """Names of the tables of the whole database that hold a text."""
        self.env.flush_all()
        tables = self.env.execute_query(
            SQL(
                """SELECT c.relname FROM pg_class c
                     JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE c.relkind = 'r' AND n.nspname = current_schema()"""
            )
        )
        parts = (
            SQL(
                "SELECT %s WHERE EXISTS"
                " (SELECT FROM %s t WHERE strpos(t::text, %s) > 0)",
                table,
                SQL.identifier(table),
                text,
            )
            for [table] in tables
        )
        return {
            name for [name] in self.env.execute_query(SQL(" UNION ALL ").join(parts))
        }

    def neutralize(self):
        """Run what `odoo neutralize` runs for this addon."""
        self.env.flush_all()
        for query in get_neutralization_queries(["sale_esm"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()

    @mute_logger("odoo.addons.sale_esm.models.esm_shop_jobs")
    def test_the_key_is_in_one_column_only(self):
        """Also after trouble of all kinds, and not at all in a neutralized copy."""
        numbers = self.place(TEA)
        for kind in ("html", "502", "401", "drop_before"):
            self.sandbox.faults.add(kind, "RequestOrders", times=None)
            self.run_cycle()
            self.sandbox.faults.clear()
        self.gmarket.action_test_connection()
        self.run_cycle()
        self.rows(*numbers)
        self.account.write({"secret_key": SECRET, "name": "Renamed"})
        self.gmarket.message_post(body="A note")
        self.assertEqual(self.where_is(SECRET), {"esm_account"})
        self.assertFalse(self.where_is("Bearer "))
        self.neutralize()
        self.assertFalse(self.where_is(SECRET))
        self.assertFalse(self.where_is(self.sandbox.url))
        self.assertFalse(self.account.secret_key or self.account.sandbox_url)
        switches = ("auto_collect", "auto_acknowledge", "auto_release", "auto_stock")
        shops = self.env["esm.shop"].search([])
        self.assertFalse([name for name in switches if any(shops.mapped(name))])

    def test_errors_do_not_show_it(self):
        """Neither as they are, nor with all that led to them."""
        for kind in ("html", "502", "401", "drop_before", "truncated_json"):
            self.sandbox.faults.add(kind, "GetDeliveryStatus", times=None)
            client = self.gmarket._api()
            with self.assertRaises(EsmError) as caught:
                client.delivery.status("5")
            self.sandbox.faults.clear()
            error, shown = caught.exception, []
            while error is not None:
                shown += [str(error), repr(error), repr(vars(error)), repr(error.args)]
                shown += traceback.format_exception(error)
                error = error.__cause__ or error.__context__
            text = "".join(shown)
            self.assertNotIn(SECRET, text)
            self.assertNotIn("eyJ", text)
        for thing in (client, client.credentials, client.transport, client.orders):
            self.assertNotIn(SECRET, f"{thing!r} {thing}")

    def test_error_in_a_dialog(self):
        self.account.secret_key = f"{SECRET}\n"
        self.sandbox.faults.add("401", "GetDeliveryStatus", times=None)
        notification = self.gmarket.action_test_connection()
        self.assertNotIn(SECRET, str(notification))
        self.assertNotIn(SECRET, self.gmarket.connection_message)

    def test_nothing_of_it_is_tracked(self):
        """What is tracked stands in the chatter, for everybody who follows."""
        for model in ("esm.account", "esm.shop"):
            for name, field in self.env[model]._fields.items():
                if field.groups:
                    self.assertFalse(getattr(field, "tracking", None), name)


@tagged("post_install", "-at_install")
class TestSandboxAddress(EsmCase):
    def test_managers_point_it_at_the_internet_or_this_machine(self):
        for url in ("https://sandbox.example", "http://127.0.0.1:8070"):
            self.account.sandbox_url = url
        for url, words in (
            (METADATA, "inside your network"),
            ("https://10.0.0.5", "inside your network"),
            ("http://sandbox.example", "https://"),
            ("file:///etc/passwd", "name of a server"),
            ("https://user:pw@sandbox.example", "name of a server"),
        ):
            with self.subTest(url=url), self.assertRaisesRegex(ValidationError, words):
                self.account.sandbox_url = url
                self.env.flush_all()

    def test_others_point_it_nowhere(self):
        user = new_test_user(self.env, "no_manager", "sale_esm.group_user")
        with self.assertRaises(AccessError):
            self.account.with_user(user).sandbox_url = "https://sandbox.example"
        with self.assertRaises(AccessError):
            self.account.with_user(user).environment = "sandbox"
        with self.assertRaises(AccessError):
            self.env["esm.account"].with_user(user).create(
                {
                    "master_id": "other",
                    "environment": "sandbox",
                    "sandbox_url": "https://sandbox.example",
                }
            )

    def test_an_administrator_allows_a_host(self):
        parameters = self.env["ir.config_parameter"]
        parameters.set_param(HOSTS_PARAMETER, "10.0.0.5, sandbox")
        self.account.sandbox_url = "http://10.0.0.5:8070"
        self.account.sandbox_url = "http://sandbox:8070"
        session = self.account._api_session("http://sandbox:8070")
        self.assertTrue(session.trust_env, "a session like any other")
        manager = new_test_user(self.env, "manager", "sale_esm.group_manager")
        with self.assertRaises(AccessError):
            parameters.with_user(manager).set_param(HOSTS_PARAMETER, "x")

    def test_an_address_that_is_not_allowed_any_more(self):
        """From before this was looked at, or by SQL: it is not called either."""
        self.env.flush_all()
        self.env.cr.execute("UPDATE esm_account SET sandbox_url = %s", [METADATA])
        self.env.invalidate_all()
        self.run_cycle()
        self.assertEqual(self.gmarket.connection_state, "problem")
        self.assertIn("inside your network", self.gmarket.connection_message)

    def test_production_has_its_own_address(self):
        self.account.environment = "production"
        self.assertIsNone(self.account._api_session(self.account._base_url()))
        self.assertTrue(self.account._base_url().startswith("https://"))
