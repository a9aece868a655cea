"""A merchant who has something of everything, and people who must not get at it."""

import json
from contextlib import closing
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import new_test_user
from odoo.tools import SQL

from .common import CUP, GMARKET, MASTER, SECRET, TEA, UNKNOWN, EsmCase

# What must never come out of an answer to a stranger.
BUYER = "홍비밀"
STREET = "비밀로 7"
MARKERS = (SECRET, MASTER, GMARKET, BUYER, STREET, "[샘플]", "Barley tea")
# What must be as it was after a stranger's call.
TABLES = (
    *("esm_account", "esm_shop", "esm_order", "esm_outbox", "esm_run", "esm_bundle"),
    *("esm_listing", "esm_listing_option", "esm_listing_component", "esm_notice"),
    *("esm_code_import", "esm_code_import_line", "esm_tracking_import"),
    *("esm_tracking_import_line", "esm_manual_order", "esm_manual_order_line"),
    *("esm_waybill_range", "esm_courier", "esm_bundle_rule", "esm_pace"),
    *("sale_order", "sale_order_line", "stock_picking", "stock_move"),
    *("product_product", "product_template", "product_pricelist", "res_company"),
    *("delivery_carrier", "mail_message", "mail_activity"),
)


def own_models(registry):
    """Names of the models that this addon defines, without abstract ones."""
    return sorted(
        name
        for name, model in registry.items()
        if model._original_module == "sale_esm" and not model._abstract
    )


class SecurityCase(EsmCase):
    """Tests of somebody who tries what the screens do not offer."""

    def setUp(self):
        super().setUp()
        self.sandbox.add_item("[샘플] 보리차", 12900, gmarket=GMARKET)
        self.account.company_id = self.carrier.company_id = self.company
        self.make_people()
        self.make_records()
        self.env.flush_all()

    # ---- people --------------------------------------------------------------------

    def make_people(self):
        other = self.env["res.company"].create(
            {"name": "Other", "currency_id": self.env.ref("base.KRW").id}
        )
        everything = (
            "sale_esm.group_manager,stock.group_stock_manager,"
            "sales_team.group_sale_manager,base.group_allow_export"
        )

        def user(login, groups, **values):
            return new_test_user(self.env, f"sec_{login}", groups, **values)

        self.owner = user("owner", everything)
        self.user = user("user", "sale_esm.group_user,base.group_allow_export")
        self.colleague = user("colleague", everything)
        self.picker = user("picker", "stock.group_stock_user")
        self.seller = user("seller", "sales_team.group_sale_salesman_all_leads")
        self.strangers = {
            "plain": user("plain", "base.group_user"),
            "outsider": user(
                "outsider",
                everything,
                company_id=other.id,
                company_ids=[Command.set(other.ids)],
            ),
            "portal": user("portal", "base.group_portal"),
            "public": self.env.ref("base.public_user"),
        }

    # ---- records -------------------------------------------------------------------

    def make_records(self):
        """One record of each model, as the merchant has them: `self.owned`."""
        people = {"name": BUYER, "mobile": "010-0000-7777"}
        numbers = self.place(
            TEA, CUP, buyer=people, receiver={**people, "front": STREET}
        )
        numbers += self.place(UNKNOWN)
        self.run_cycle()
        self.assertIsNone(self.gmarket.sudo()._read_listings())
        rows = self.rows(*numbers)
        self.row = rows[0]
        self.sale = self.row.sale_order_id
        self.picking = self.sale.picking_ids
        self.picking.carrier_id = self.carrier
        mine = self.env(user=self.owner)
        Listing = self.env["esm.listing"]
        listing = Listing.search([("shop_id", "=", self.gmarket.id)], limit=1)
        option = listing.option_ids[:1]
        option._set_match([(self.tea, 1)])
        shop, company = self.gmarket.id, self.company.id
        tag = self.env["product.tag"].create({"name": "Secret tag"})
        values = {
            "esm.run": {"shop_id": shop, "kind": "collect", "state": "done"},
            "esm.bundle": {"shop_id": shop, "picking_ids": self.picking.ids},
            "esm.bundle.rule": {"tag_id": tag.id},
            "esm.privacy.log": {
                "kind": "export",
                "user_id": self.owner.id,
                "company_id": company,
            },
            "esm.notice": {"cause": "a", "kind": "late", "company_id": company},
            "esm.waybill.range": {
                "carrier_id": self.carrier.id,
                "first": "600000000000",
                "last": "600000000009",
            },
            "esm.pace": {"key": f"{GMARKET}/x", "next_at": 0},
        }
        owned = {
            "esm.account": self.account,
            "esm.shop": self.gmarket,
            "esm.order": self.row,
            "esm.outbox": rows.outbox_ids[:1],
            "esm.courier": self.courier,
            "esm.listing": listing,
            "esm.listing.option": option,
            "esm.listing.component": option.component_ids[:1],
            **{name: self.env[name].create(vals) for name, vals in values.items()},
        }
        # What people make themselves belongs to one of them.
        by_people = {
            "esm.code.import": {},
            "esm.tracking.import": {"shop_id": shop},
            "esm.manual.order": {"shop_id": shop, "numbers": numbers[0]},
            "esm.code.export": {"product_ids": self.tea.ids},
            "esm.courier.export": {"picking_ids": self.picking.ids},
            "esm.expected.date": {"order_ids": self.row.ids},
            "esm.fetch": {"shop_id": shop, "numbers": numbers[0]},
            "esm.listing.add": {"shop_id": shop, "numbers": "3900000001"},
            "esm.match": {"option_id": option.id},
            "esm.price": {"listing_ids": listing.ids},
            "esm.print.stop": {
                "picking_ids": self.picking.ids,
                "stop_text": numbers[0],
            },
            "esm.stock.preview": {"listing_ids": listing.ids},
            "esm.privacy": {"query": BUYER},
            "esm.trial": {},
            "esm.validate.stop": {"picking_ids": self.picking.ids},
        }
        owned |= {name: mine[name].create(vals) for name, vals in by_people.items()}
        owned["esm.match.line"] = owned["esm.match"].line_ids[:1]
        owned["esm.price.line"] = owned["esm.price"].line_ids[:1]
        lines = {
            "esm.code.import.line": ("import_id", "esm.code.import", {}),
            "esm.tracking.import.line": ("import_id", "esm.tracking.import", {}),
            "esm.manual.order.line": ("import_id", "esm.manual.order", {}),
            "esm.privacy.line": (
                "wizard_id",
                "esm.privacy",
                {"order_id": self.row.id},
            ),
            "esm.fetch.line": ("fetch_id", "esm.fetch", {"order_id": self.row.id}),
            "esm.stock.preview.line": (
                "preview_id",
                "esm.stock.preview",
                {"option_id": option.id},
            ),
        }
        for name, (field, parent, vals) in lines.items():
            state = {"state": "change"} if field == "import_id" else {}
            owned[name] = (
                mine[name]
                .sudo()
                .create({field: owned[parent].id, **state, **vals})
                .sudo(False)
            )
        self.env.flush_all()
        for name in ("esm.problem", "esm.sales.report"):
            owned[name] = self.env[name].search(
                [("shop_id", "=", self.gmarket.id)], limit=1
            )
        self.owned = owned
        self.numbers = numbers
        lacking = [name for name, record in owned.items() if not record]
        self.assertFalse(lacking, "nothing to protect")
        self.assertEqual(
            sorted(owned),
            own_models(self.registry),
            "a new model? Add one of its records here, and it is tried as well.",
        )

    # ---- checks --------------------------------------------------------------------

    def fingerprint(self):
        """What the tables say, as one text for each."""
        self.env.flush_all()
        parts = SQL(" UNION ALL ").join(
            SQL(
                "SELECT %s, md5(COALESCE(string_agg(t::text, '|' ORDER BY id), ''))"
                " FROM %s t",
                table,
                SQL.identifier(table),
            )
            for table in TABLES
        )
        return dict(self.env.execute_query(parts))

    def leaks(self, answer):
        """Which secrets of the merchant stand in an answer."""
        text = json.dumps(answer, default=str, ensure_ascii=False)
        return [word for word in (*MARKERS, *self.numbers) if word in text]

    def undone(self):
        """Whatever is tried in it, the next try begins with the same records."""
        return closing(self.env.cr.savepoint())

    def attempt(self, call):
        """What a call comes to: ("refused", error), ("answered", answer), or
        ("broken", error) for an error that is not in plain words.

        What commits has gone too far already.
        """
        commits = UserWarning("it commits")
        try:
            with patch.object(type(self.env.cr), "commit", side_effect=commits):
                answer = call()
                self.env.flush_all()
        except UserError as error:  # AccessError is one of these
            return ("refused" if str(error).strip() else "broken"), error
        except Exception as error:
            return "broken", error
        return "answered", answer
