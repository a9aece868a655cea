"""Every model of ours, read and changed by those who must not: by the ORM's methods."""

import itertools
from contextlib import nullcontext

from odoo.exceptions import AccessDenied, AccessError
from odoo.fields import Command
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from .common import SECRET
from .security_common import SecurityCase, own_models

# Models that all companies share, and why; nothing in them is any company's.
SHARED = {
    "esm.bundle.rule": "which tags of products are not packed together",
    "esm.courier": "ESM's own list of couriers",
    "esm.pace": "when a seller ID may call next, in the whole database",
}
# Who may read a shared model.
SHARED_READERS = {
    "esm.bundle.rule": ("outsider",),
    "esm.courier": ("outsider", "plain"),
    "esm.pace": ("outsider",),
}
SECRETS = {
    "esm.account": ("secret_key", "sandbox_url"),
    "esm.order": ("payload",),
    "esm.manual.order.line": ("payload",),
}
QUIET = mute_logger(
    "odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model"
)


@tagged("post_install", "-at_install")
class TestRules(TransactionCase):
    def test_each_model_has_a_rule(self):
        """A new model cannot be forgotten: its rule, or the reason why it has none."""
        rules = self.env["ir.rule"].search([("global", "=", True)])
        ruled = set(rules.model_id.mapped("model"))
        without = set(own_models(self.registry)) - ruled
        self.assertEqual(without, set(SHARED))
        dialogs = {
            name for name in own_models(self.registry) if self.registry[name]._transient
        }
        owned = rules.filtered(lambda rule: "create_uid" in (rule.domain_force or ""))
        self.assertLessEqual(dialogs, set(owned.model_id.mapped("model")))


@tagged("post_install", "-at_install")
class TestRecordRules(SecurityCase):
    def wrong(self, what, call, changes=True):
        """What is wrong with how an attempt ended, or None; refused is right.

        :param bool changes: it may change something
        """
        with self.undone() if changes else nullcontext():
            kind, answer = self.attempt(call)
        return None if kind == "refused" else f"{what}: {kind} {answer!r:.150}"

    @QUIET
    def test_strangers(self):
        """They read, find, count and change nothing."""
        wrong = self.strangers_read_or_change() + self.strangers_find()
        wrong += self.strangers_print()
        self.assertFalse(list(filter(None, wrong)))

    def strangers_read_or_change(self):
        wrong = []
        for name, record in self.owned.items():
            for stranger, user in self.strangers.items():
                if stranger in SHARED_READERS.get(name, ()):
                    continue
                theirs = record.with_user(user)
                field = record._rec_name or "id"
                for what, call in {
                    "read": lambda r=theirs: r.read(["id", "display_name"]),
                    "web_read": lambda r=theirs: r.web_read({"display_name": {}}),
                    "export_data": lambda r=theirs: r.export_data(["display_name"]),
                    "copy": lambda r=theirs: r.copy(),
                    "write": lambda r=theirs, f=field: r.write({f: False}),
                    "unlink": lambda r=theirs: r.unlink(),
                    "metadata": lambda r=theirs: r.get_metadata(),
                }.items():
                    if what == "metadata" and not record._log_access:
                        continue
                    if name == "esm.trial" and what == "copy":
                        continue  # there is nothing in it
                    changes = what in ("copy", "write", "unlink")
                    if changes and stranger in ("portal", "public"):
                        continue  # they have even fewer rights than "plain"
                    wrong.append(
                        self.wrong(f"{name}.{what} as {stranger}", call, changes)
                    )
        return wrong

    def strangers_find(self):
        wrong = []
        for name in self.owned:
            for stranger, user in self.strangers.items():
                if stranger in SHARED_READERS.get(name, ()):
                    continue
                model = self.env(user=user)[name].with_context(active_test=False)
                for what, call in {
                    "search": lambda m=model: m.search([]).ids,
                    "search_count": lambda m=model: m.search_count([]),
                    "search_read": lambda m=model: m.search_read([], ["id"]),
                    "name_search": lambda m=model: m.name_search(""),
                    "web_search_read": lambda m=model: m.web_search_read([], {})[
                        "length"
                    ],
                    "formatted_read_group": lambda m=model: sum(
                        group["__count"]
                        for group in m.formatted_read_group([], [], ["__count"])
                    ),
                    "web_read_group": lambda m=model: m.web_read_group([], ["id"])[
                        "length"
                    ],
                }.items():
                    kind, answer = self.attempt(call)
                    if kind == "broken" or (kind == "answered" and answer):
                        wrong.append(
                            f"{name}.{what} as {stranger}: {kind} {answer!r:.150}"
                        )
        return wrong

    def strangers_print(self):
        """Reports are reached by their name, in any form, with data of one's own."""
        self.picking.carrier_tracking_ref = "123456789012"
        data = self.env["ir.model.data"].search(
            [("module", "=", "sale_esm"), ("model", "=", "ir.actions.report")]
        )
        reports = self.env["ir.actions.report"].browse(data.mapped("res_id"))
        self.assertTrue(reports)
        people = {**self.strangers, "user": self.user}
        wrong = []
        for report, kind, options, (who, user) in itertools.product(
            reports,
            ("html", "text", "pdf"),
            ({}, {"report_type": "pdf"}),
            people.items(),
        ):
            theirs = report.with_user(user)
            wrong.append(
                self.wrong(
                    f"{report.report_name} as {kind} with {options} by {who}",
                    lambda r=theirs, k=kind, o=options: getattr(r, f"_render_qweb_{k}")(
                        r.report_name, self.picking.ids, data=dict(o)
                    ),
                )
            )
        return wrong

    @QUIET
    def test_people_of_the_company(self):
        """Shared records are changed by managers; dialogs belong to who opened them."""
        wrong = self.shared_models() + self.dialogs()
        self.assertFalse(list(filter(None, wrong)))
        self.files_of_dialogs()

    def shared_models(self):
        wrong = []
        for name in SHARED:
            record = self.owned[name]
            for who in (self.user, self.picker, self.seller, self.strangers["plain"]):
                theirs = record.with_user(who)
                for what, call in {
                    "write": lambda r=theirs: r.write({r._rec_name or "key": "x"}),
                    "unlink": lambda r=theirs: r.unlink(),
                    "create": lambda r=theirs: r.create({}),
                }.items():
                    wrong.append(self.wrong(f"{name}.{what} as {who.login}", call))
        return wrong

    @QUIET
    def test_secrets_cannot_be_read_or_guessed(self):
        """A field that one may not read cannot be searched, sorted or grouped either.

        Whoever may search a field reads it letter by letter.
        """
        wrong = []
        people = [("user", self.user), ("picker", self.picker)]
        people += [("plain", self.strangers["plain"])]
        for name, fields in SECRETS.items():
            for field in fields:
                for who, user in people:
                    record = self.owned[name].with_user(user)
                    for what, call in {
                        "read": lambda r=record, f=field: r.read([f]),
                        "web_read": lambda r=record, f=field: r.web_read({f: {}}),
                        "export": lambda r=record, f=field: r.export_data([f]),
                        "like": lambda r=record, f=field: r.search(
                            [(f, "=like", f"{SECRET[0]}%")]
                        ),
                        "set": lambda r=record, f=field: r.search([(f, "!=", False)]),
                        "order": lambda r=record, f=field: r.search([], order=f),
                        "group": lambda r=record, f=field: r.formatted_read_group(
                            [], [f]
                        ),
                        "sum": lambda r=record, f=field: r.formatted_read_group(
                            [], [], [f"{f}:count_distinct"]
                        ),
                        "write": lambda r=record, f=field: r.write({f: "x"}),
                        "onchange": lambda r=record, f=field: r.onchange(
                            {}, [f], {f: {}}
                        )["value"][f],
                    }.items():
                        if what == "set" and record._fields[field].required:
                            continue  # it always is
                        wrong.append(
                            self.wrong(
                                f"{name}.{field} {what} as {who}",
                                call,
                                changes=what == "write",
                            )
                        )
        # By way of another model.
        for path, model in (
            ("account_id.secret_key", "esm.shop"),
            ("shop_id.account_id.secret_key", "esm.order"),
            ("esm_order_ids.payload", "sale.order"),
            ("order_id.payload", "esm.outbox"),
        ):
            found = self.env(user=self.user)[model]
            if model == "sale.order":
                found = self.env(user=self.seller)[model]
            wrong.append(
                self.wrong(
                    f"{model} by {path}",
                    lambda m=found, p=path: m.search([(p, "like", "a")]),
                )
            )
        self.assertFalse(list(filter(None, wrong)))

    def dialogs(self):
        wrong = []
        for name, record in self.owned.items():
            if not record._transient:
                continue
            theirs = record.with_user(self.colleague)
            wrong.append(self.wrong(f"{name}.read", lambda r=theirs: r.read([])))
            wrong.append(self.wrong(f"{name}.write", lambda r=theirs: r.write({})))
            if theirs.search([]):
                wrong.append(f"{name}.search")
        return wrong

    def files_of_dialogs(self):
        export = self.owned["esm.courier.export"]
        export.action_export()
        [file] = self.env["ir.attachment"].search(
            [
                ("res_model", "=", export._name),
                ("res_id", "=", export.id),
                ("res_field", "=", "file"),
            ]
        )
        self.assertTrue(export.file)
        for user in (self.colleague, self.user, *self.strangers.values()):
            with self.assertRaises(AccessError):
                file.with_user(user).read(["datas"])
            with self.assertRaises(AccessError):
                export.with_user(user).read(["file"])

    @QUIET
    def test_records_of_others_cannot_be_named(self):
        """Nothing of another company comes out by writing its ID somewhere."""
        self.tea.product_tmpl_id.company_id = self.company
        env = self.env(user=self.strangers["outsider"])
        company = env.company
        carrier = self.env["delivery.carrier"].create(
            {
                "name": "Theirs",
                "product_id": self.carrier.product_id.copy({"company_id": False}).id,
                "company_id": company.id,
            }
        )
        shop = {
            "site": "gmarket",
            "seller_id": "stranger",
            "company_id": company.id,
            "carrier_id": carrier.id,
        }
        account = env["esm.account"].create(
            {"master_id": "stranger", "secret_key": "x" * 32}
        )
        mine = env["esm.shop"].create({**shop, "account_id": account.id})
        new = {"master_id": "another", "secret_key": "x" * 32}
        wrong = [
            self.wrong(what, call)
            for what, call in {
                # Another company's key would sign for the stranger.
                "shop with their key": lambda: env["esm.shop"].create(
                    {**shop, "seller_id": "other", "account_id": self.account.id}
                ),
                "shop gets their key": lambda: mine.write(
                    {"account_id": self.account.id}
                ),
                "their carrier": lambda: mine.write({"carrier_id": self.carrier.id}),
                "their warehouse": lambda: mine.write(
                    {"warehouse_id": self.warehouse.id}
                ),
                "their company": lambda: mine.write({"company_id": self.company.id}),
                "account with their shop": lambda: env["esm.account"].create(
                    {**new, "shop_ids": [Command.link(self.gmarket.id)]}
                ),
                "account of their trial": lambda: account.write(
                    {"trial": True, "trial_product_ids": [Command.set(self.tea.ids)]}
                ),
                "orders by hand": lambda: env["esm.manual.order"].create(
                    {"shop_id": self.gmarket.id}
                ),
                "orders by hand, there": lambda: env["esm.manual.order"].create(
                    {"shop_id": mine.id, "company_id": self.company.id}
                ),
                "tracking numbers": lambda: env["esm.tracking.import"].create(
                    {"shop_id": self.gmarket.id}
                ),
                "range": lambda: env["esm.waybill.range"].create(
                    {"carrier_id": self.carrier.id, "first": "7", "last": "8"}
                ),
                "match": lambda: env["esm.match"].create({"option_id": self.option.id}),
                "match by a default": lambda: (
                    env["esm.match"]
                    .with_context(default_option_id=self.option.id)
                    .create({})
                ),
                "fetch by a default": lambda: self.named(
                    env["esm.fetch"]
                    .with_context(default_shop_id=self.gmarket.id)
                    .create({"numbers": "1"})
                    .read(["shop_id"])
                ),
                "price": lambda: (
                    env["esm.price"]
                    .create({"listing_ids": self.listing.ids})
                    .action_write()
                ),
                "date": lambda: (
                    env["esm.expected.date"]
                    .create({"order_ids": self.row.ids})
                    .action_plan()
                ),
                "addresses": lambda: (
                    env["esm.courier.export"]
                    .create({"picking_ids": self.picking.ids})
                    .action_export()
                ),
                "products": lambda: (
                    env["esm.code.export"]
                    .create({"scope": "selected", "product_ids": self.tea.ids})
                    .action_export()
                ),
                "typed order": lambda: self.named(
                    env["esm.manual.order"]
                    .create(
                        {
                            "shop_id": mine.id,
                            "kind": "typed",
                            "line_ids": [Command.create({"order_id": self.row.id})],
                        }
                    )
                    .line_ids.read(["order_id", "sale_order_id"])
                ),
                "personal data": lambda: (
                    env["esm.privacy"]
                    .create({"line_ids": [Command.create({"typed_id": self.typed.id})]})
                    .action_export()
                ),
                "a form of a sales order": lambda: self.named(
                    self.form_of(
                        env["sale.order"],
                        esm_shop_id=self.gmarket.id,
                        esm_order_ids=[Command.link(self.row.id)],
                        order_line=[Command.link(self.sale.order_line[0].id)],
                    )
                ),
                "a form of a delivery": lambda: self.named(
                    self.form_of(
                        env["stock.picking"],
                        esm_shop_id=self.gmarket.id,
                        sale_id=self.sale.id,
                        carrier_id=self.carrier.id,
                        move_ids=[Command.link(self.picking.move_ids[0].id)],
                    )
                ),
                "a form of a product": lambda: self.named(
                    self.form_of(
                        env["product.template"],
                        product_variant_ids=[Command.link(self.tea.id)],
                    )
                ),
                "result of a number": lambda: self.named(
                    env["esm.fetch"]
                    .create(
                        {
                            "shop_id": mine.id,
                            "line_ids": [Command.create({"order_id": self.row.id})],
                        }
                    )
                    .line_ids.read(["order_id", "sale_order_id"])
                ),
            }.items()
        ]
        self.assertFalse(list(filter(None, wrong)))

    def form_of(self, model, **values):
        """What the form of a new record shows of our fields with these values.

        Fields that are computed with all rights are, for new records as well.
        """
        names = [
            name
            for name, field in model._fields.items()
            if name.startswith("esm_") and field.compute and name not in values
        ]
        names += values
        return model.onchange(values, list(values), {name: {} for name in names})

    def named(self, answer):
        """Refuse what names nothing of the merchant's: as good as an error."""
        if not self.leaks(answer):
            raise AccessDenied
        return answer

    @property
    def option(self):
        return self.owned["esm.listing.option"]

    @property
    def typed(self):
        return self.owned["esm.manual.order.line"]

    @property
    def listing(self):
        return self.owned["esm.listing"]
