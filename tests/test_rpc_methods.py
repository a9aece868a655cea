"""Every method that can be called over RPC, tried by those who must not.

The methods are found by introspection: a new one fails here until `WHO` says who may
call it, and why.
"""

import inspect
import json
from typing import NamedTuple

from odoo.exceptions import AccessError
from odoo.http import Controller
from odoo.service.model import call_kw, get_public_method
from odoo.tests import HttpCase, TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import SECRET
from .security_common import SecurityCase, own_models

OURS = "odoo.addons.sale_esm"
# These go by the rights of the records: see test_record_rules.py.
CRUD = ("create", "write", "unlink")


class Who(NamedTuple):
    """Who may call a method.

    :param insiders: which people of the merchant's own company are refused as well
    :param args: after the record; texts in braces name records of the test
    :param harmless: why strangers are answered: what it gives and does is nothing of
        the merchant's, which the test looks at
    :param own: why people of another company are answered: it works on their company
    :param elsewhere: why it is not tried here
    """

    insiders: tuple = ()
    args: tuple = ()
    harmless: str = ""
    own: str = ""
    elsewhere: str = ""


# Every user of the connector, within the company.
USERS = Who()
# Only managers; sales people and packers are users of the connector, too.
MANAGERS = Who(("user", "picker", "seller"))
# Who may change deliveries; with `sale_stock`, sales people may as well.
WAREHOUSE = Who(("user",))
# Who may change sales orders.
SALES = Who(("user", "picker"))
# Who opened the dialog; the colleague may do all of that, but in one of their own.
OPENER = Who(("user", "colleague"))
ODOO = Who(elsewhere="Odoo's own method with Odoo's own check, which comes first")
OWN = "it takes no record, but the company that the person works in"
OPENS = "it opens a list, which shows each person what that person may see"

WHO = {
    "esm.account": {
        "action_end_trial": MANAGERS,
        "action_trial_orders": USERS,
    },
    "esm.bundle": {
        "action_print_waybill": WAREHOUSE,
        "action_take_apart": WAREHOUSE,
        "action_validate": WAREHOUSE,
    },
    "esm.code.export": {"action_export": OPENER},
    "esm.code.import": {
        "action_apply": USERS,
        "action_download_problems": USERS,
        "action_read": USERS,
        "action_reset": USERS,
        "action_view_lines": USERS,
    },
    "esm.courier": {"action_refresh": MANAGERS},
    "esm.courier.export": {"action_export": OPENER},
    "esm.expected.date": {"action_plan": OPENER},
    "esm.fetch": {"action_fetch": OPENER, "action_manual": OPENER},
    "esm.listing": {
        "action_preview_stock": USERS,
        "action_push_stock": USERS,
        "action_read": USERS,
        "action_view_options": Who(harmless=OPENS),
    },
    "esm.listing.add": {"action_add": OPENER},
    "esm.listing.option": {
        "action_accept_suggestion": MANAGERS,
        "action_create_products": MANAGERS,
        "action_match": Who(harmless="it opens a dialog, which managers may"),
        "action_undo_match": MANAGERS,
        "action_write_codes": MANAGERS,
    },
    "esm.manual.order": {
        "action_apply": USERS,
        "action_download_problems": USERS,
        "action_read": USERS,
        "action_reset": USERS,
        "action_view_lines": USERS,
    },
    "esm.match": {
        "action_match": OPENER,
        "action_match_next": OPENER,
        "action_undo": OPENER,
    },
    "esm.order": {
        "action_acknowledge": USERS,
        "action_expected_date": USERS,
        "action_handled": USERS,
        "action_mark_delivered": USERS,
        "action_match_listing": USERS,
        "action_rematch": USERS,
        "action_retry": USERS,
        "action_ship_despite_cancel": MANAGERS,
        "action_tell_marketplace": USERS,
        "action_view_sale_order": USERS,
    },
    "esm.outbox": {"action_retry": USERS},
    "esm.price": {"action_write": OPENER},
    "esm.print.stop": {"action_print_all": OPENER, "action_print_others": OPENER},
    "esm.privacy": {
        "action_erase": OPENER,
        "action_export": OPENER,
        "action_find": OPENER,
    },
    "esm.problem": {"action_solve": USERS},
    "esm.run": {"action_run_again": USERS},
    "esm.sales.report": {"action_open_order": USERS},
    "esm.shop": {
        "action_collect_now": USERS,
        "action_dashboard_do": Who(args=("stock",)),
        "action_dashboard_open": Who(args=("problems",)),
        "action_first_step": MANAGERS._replace(args=("won",), own=OWN),
        "action_read_listings": USERS,
        "action_start_collect": USERS,
        "action_start_listings": USERS,
        "action_start_stock": USERS,
        "action_test_connection": MANAGERS,
        "action_view_listings": Who(harmless=OPENS),
        "action_view_orders": Who(harmless=OPENS),
        "action_view_problems": Who(harmless=OPENS),
        "action_view_to_ship": Who(harmless=OPENS),
        "action_view_unmatched": Who(harmless=OPENS),
        "close_first_steps": MANAGERS._replace(own=OWN),
        "dashboard_layout": Who(harmless="words, and what the person may see at all"),
        "dashboard_runs": USERS,
        "get_first_steps": Who(
            harmless="the steps of the person's own company; needs to see shops"
        ),
    },
    "esm.stock.preview": {"action_push": OPENER},
    "esm.tracking.import": {
        "action_apply": USERS,
        "action_download_problems": USERS,
        "action_read": USERS,
        "action_reset": USERS,
        "action_view_lines": USERS,
    },
    "esm.trial": {
        "action_end": MANAGERS._replace(own=OWN),
        "action_start": MANAGERS._replace(own=OWN),
    },
    "esm.validate.stop": {
        "action_validate_all": OPENER,
        "action_validate_others": OPENER,
    },
    "product.product": {
        "action_esm_take_references": USERS,
        "action_view_esm_listings": Who(harmless=OPENS),
    },
    "product.template": {
        "action_esm_take_references": USERS,
        "action_view_esm_listings": Who(harmless=OPENS),
    },
    "sale.order": {
        "action_confirm": SALES,
        "action_draft": USERS,
        "action_esm_accept_amounts": MANAGERS,
        "action_esm_acknowledge": USERS,
    },
    "stock.picking": {
        "action_cancel": WAREHOUSE,
        "action_confirm": WAREHOUSE,
        "action_esm_add_parcel": WAREHOUSE,
        "action_esm_courier_export": WAREHOUSE,
        "action_esm_expected_date": USERS,
        "action_esm_mark_delivered": WAREHOUSE,
        "action_esm_pack_together": WAREHOUSE,
        "action_esm_packed_again": WAREHOUSE,
        "action_esm_print_waybill": WAREHOUSE,
        "action_esm_replace": WAREHOUSE,
        "action_esm_retry": WAREHOUSE,
        "action_esm_take_apart": WAREHOUSE,
        "button_validate": WAREHOUSE,
        "message_post_with_source": ODOO,
    },
}


def our_methods(env):
    """Names of the methods of this addon that can be called over RPC, by model."""
    found = {}
    for name, model in env.registry.items():
        if model._abstract:  # no records, no access rights: nothing to reach
            continue
        for part in model.mro():
            if not part.__module__.startswith(OURS):
                continue
            for method, function in vars(part).items():
                if (
                    inspect.isfunction(function)
                    and method not in CRUD
                    and _is_public(env[name], method)
                ):
                    found.setdefault(name, set()).add(method)
    return {name: sorted(methods) for name, methods in found.items()}


def _is_public(model, name):
    try:
        get_public_method(model, name)
    except AccessError:
        return False
    return True


@tagged("post_install", "-at_install")
class TestRpcTable(TransactionCase):
    maxDiff = None

    def test_the_table_names_every_method(self):
        self.assertEqual(
            our_methods(self.env),
            {name: sorted(methods) for name, methods in WHO.items()},
            "Say in WHO who may call a new method, or begin its name with “_”.",
        )

    def test_there_is_no_controller(self):
        """What is reached without RPC needs its own tests: there is nothing yet."""
        self.assertFalse(Controller.children_classes.get("sale_esm"))


@tagged("post_install", "-at_install")
class TestRpcMethods(SecurityCase):
    def call(self, user, name, method, who):
        """Call as the web client and other programs do: all there and back is JSON."""
        records = {
            "sale.order": self.sale,
            "stock.picking": self.picking,
            "product.product": self.tea,
            "product.template": self.tea.product_tmpl_id,
        }
        record = records.get(name) or self.owned[name]
        model = self.env(user=user)[name]
        function = get_public_method(model, method)
        ids = () if getattr(function, "_api_model", False) else (record.ids,)
        args = json.loads(json.dumps([*ids, *who.args]))
        return call_kw(model, method, args, {})

    def tries(self):
        for name, methods in WHO.items():
            for method, who in methods.items():
                if not who.elsewhere:
                    yield name, method, who

    def tried(self, who_is, user, name, method, who):
        """What is wrong with how a call ended, or None."""
        with self.undone():
            kind, answer = self.attempt(lambda: self.call(user, name, method, who))
            wrong = None
            may = who.harmless or (who_is == "outsider" and who.own)
            if kind == "broken" or (kind == "answered" and not may):
                wrong = f"{kind}: {answer!r:.200}"
            elif kind == "answered" and (found := self.leaks(answer)):
                wrong = f"gives away {found}"
            elif kind == "answered" and not (who_is == "outsider" and who.own):
                # What is refused is rolled back.
                changed = self.fingerprint().items() - self.before.items()
                if changed:
                    wrong = f"changes {sorted(table for table, _md5 in changed)}"
        return wrong and f"{name}.{method} as {who_is}: {wrong}"

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
    def test_strangers_and_insiders_without_the_right(self):
        self.tea.product_tmpl_id.company_id = self.company
        self.before = self.fingerprint()
        wrong = []
        for name, method, who in self.tries():
            people = {
                **self.strangers,
                **{insider: getattr(self, insider) for insider in who.insiders},
            }
            wrong += [
                self.tried(who_is, user, name, method, who)
                for who_is, user in people.items()
            ]
        self.assertFalse(list(filter(None, wrong)))


@tagged("post_install", "-at_install")
class TestRpcOverHttp(HttpCase):
    """The same over the wire, as far as that adds something."""

    def rpc(self, model, method, *args):
        """The error's name, or None, and the whole answer as text."""
        answer = self.url_open(
            f"/web/dataset/call_kw/{model}/{method}",
            json={
                "params": {
                    "model": model,
                    "method": method,
                    "args": args,
                    "kwargs": {},
                }
            },
        )
        error = answer.json().get("error")
        return error and error["data"]["name"], answer.text

    @mute_logger("odoo.http")
    def test_without_login(self):
        self.authenticate(None, None)
        name, _text = self.rpc("esm.shop", "search_read", [], ["name"])
        self.assertIn("SessionExpired", name)
        answer = self.url_open("/json/2/esm.shop/search_read", json={"domain": []})
        self.assertIn(answer.status_code, (401, 403))

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_model")
    def test_without_our_rights(self):
        for group in ("base.group_portal", "base.group_user"):
            new_test_user(self.env, group, group, password=group)
            self.authenticate(group, group)
            for model in own_models(self.registry):
                with self.subTest(model=model, group=group):
                    name, text = self.rpc(model, "search_read", [], ["id"])
                    if (model, group) == ("esm.courier", "base.group_user"):
                        self.assertIsNone(name)  # ESM's own list
                    else:
                        self.assertEqual(name, "odoo.exceptions.AccessError", text)

    @mute_logger("odoo.http")
    def test_private_methods_and_errors(self):
        """Not even an administrator calls the connector's own methods."""
        account = self.env["esm.account"].create(
            {
                "master_id": "wire",
                "secret_key": SECRET,
                "environment": "sandbox",
                "sandbox_url": "http://127.0.0.1:1",
            }
        )
        shop = self.env["esm.shop"].create(
            {"account_id": account.id, "seller_id": "wire"}
        )
        self.authenticate("admin", "admin")
        for model, method in (
            *(("esm.shop", "_api"), ("esm.shop", "_run_cycle")),
            *(("esm.account", "_start_trial"), ("esm.outbox", "_send_shop")),
            *(("esm.account", "_trial_token"), ("esm.shop", "init")),
        ):
            name, _text = self.rpc(model, method, shop.ids)
            self.assertEqual(name, "odoo.exceptions.AccessError", method)
        _name, text = self.rpc("esm.shop", "action_test_connection", shop.ids)
        self.assertIn("127.0.0.1", text)
        self.assertNotIn(SECRET, text)
        self.assertNotIn("eyJ", text)
        account.secret_key = False
        _name, text = self.rpc("esm.shop", "action_test_connection", shop.ids)
        self.assertIn("no secret key", text)
