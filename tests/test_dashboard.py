from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import CUP, TEA, UNKNOWN, EsmCase

STOCK_GROUP = "stock.group_stock_user"
# Numbers that count deliveries: for people who may see them.
OF_DELIVERIES = {"deliveries"}


@tagged("post_install", "-at_install")
class TestDashboard(EsmCase):
    """What the cards of the dashboard say, and that it is what their links open."""

    def setUp(self):
        super().setUp()
        user = lambda login, groups, **values: new_test_user(  # noqa: E731
            self.env, login=login, groups=groups, **values
        )
        self.user = user("dash_user", "sale_esm.group_user")
        self.manager = user("dash_manager", f"sale_esm.group_manager,{STOCK_GROUP}")
        self.picker = user("dash_picker", STOCK_GROUP)
        other = self.env["res.company"].create(
            {"name": "Other", "currency_id": self.env.ref("base.KRW").id}
        )
        self.outsider = user(
            "dash_outsider",
            f"sale_esm.group_manager,{STOCK_GROUP}",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )

    # --- shortcuts ------------------------------------------------------

    def card(self, shop, user=None):
        """What is on the card of a shop, read afresh."""
        self.env.flush_all()
        self.env.invalidate_all()
        return shop.with_user(user or self.manager).dashboard_data

    def counts(self, shop, user=None):
        return self.card(shop, user)["counts"]

    def layout(self, user):
        return self.env["esm.shop"].with_user(user).dashboard_layout()

    def listed(self, shop, key, user):
        """The records that a number opens, as that user."""
        action = shop.with_user(user).action_dashboard_open(key)
        self.assertFalse(action["context"], "a default filter would hide records")
        return self.env[action["res_model"]].with_user(user).search(action["domain"])

    def day(self, shop, key):
        [day] = [day for day in self.card(shop)["days"] if day["key"] == key]
        return day

    def fill(self):
        """Something of everything at Gmarket, a little at Auction."""
        self.place(UNKNOWN)
        ready = self.place(TEA) + self.place(CUP) + self.place(TEA)
        self.place(TEA, site="auction")
        self.run_cycle()
        self.run_cycle(self.auction)
        self.gmarket.auto_acknowledge = False
        self.place(TEA)
        self.place(CUP)
        self.run_cycle()  # to confirm
        now = fields.Datetime.now()
        late, today, cancel = self.rows(*ready)
        late.due_at = now - timedelta(hours=1)
        today.due_at = now + timedelta(minutes=1)
        cancel.write({"cancel_requested": True, "due_at": now + timedelta(days=3)})
        messages = self.gmarket.order_ids.outbox_ids
        messages[:1].state = "waiting"
        messages[1:2].state = "refused"
        self.sandbox.add_item(
            "[샘플] 새 상품", 7000, gmarket=self.gmarket.seller_id, seller_code="NEW-1"
        )
        for shop in self.gmarket, self.auction:
            shop._read_listings()
        self.env["esm.outbox"].create(
            {
                "listing_id": self.gmarket.listing_ids[:1].id,
                "action": "stock",
                "values": {"": 3},
            }
        )
        self.env.flush_all()

    # --- tests ----------------------------------------------------------

    def test_each_number_is_the_length_of_its_list(self):
        self.fill()
        for user in (self.manager, self.user, self.picker):
            for shop in self.gmarket, self.auction:
                counts = self.counts(shop, user)
                for key, count in counts.items():
                    self.assertEqual(
                        count,
                        len(self.listed(shop, key, user)),
                        f"{key} of {shop.name} as {user.login}",
                    )
                    if shop == self.gmarket:
                        self.assertTrue(count, f"nothing to count for {key}")
                for day in self.card(shop, user)["days"]:
                    self.assertEqual(
                        day["orders"], len(self.listed(shop, day["key"], user))
                    )
        # They count by shop.
        self.assertNotEqual(self.counts(self.gmarket), self.counts(self.auction))

    def test_nobody_sees_what_they_may_not(self):
        self.fill()
        self.assertFalse(
            self.env["stock.picking"].with_user(self.user).has_access("read")
        )
        self.assertEqual(
            self.counts(self.gmarket, self.manager).keys()
            - self.counts(self.gmarket, self.user).keys(),
            OF_DELIVERIES,
        )
        self.assertFalse(
            self.env["esm.shop"].with_user(self.outsider).search([]).dashboard_data
        )
        self.assertTrue(self.layout(self.manager)["manager"])
        self.assertFalse(self.layout(self.picker)["manager"])
        for user in (self.manager, self.user, self.picker):
            shown = [
                figure["key"]
                for section in self.layout(user)["sections"]
                for figure in section["figures"]
            ]
            self.assertCountEqual(shown, self.counts(self.gmarket, user))

    def test_queries_do_not_grow_with_shops(self):
        self.fill()
        more = self.env["esm.shop"].create(
            [
                {
                    "account_id": self.account.id,
                    "site": "gmarket",
                    "seller_id": f"more{number}",
                }
                for number in range(20)
            ]
        )
        row = self.gmarket.order_ids[:1]
        for shop in more:
            row.copy(
                {"shop_id": shop.id, "order_no": f"9{shop.id}", "payload": {"a": 1}}
            )

        def queries(shops):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            shops.with_user(self.manager).read(["dashboard_data", "dashboard_graph"])
            return self.env.cr.sql_log_count - before

        queries(more)  # what is read once per process
        few, many = queries(self.gmarket), queries(self.gmarket | self.auction | more)
        self.assertLessEqual(many, few + 1)
        self.assertLessEqual(many, 40)

    def test_days_begin_at_korean_midnight(self):
        [before, after] = self.place(TEA) + self.place(CUP)
        self.run_cycle()
        # 2026-06-10 in Korea begins at 15:00 of the 9th.
        self.rows(before).write({"paid_at": datetime(2026, 6, 9, 14, 59, 59)})
        self.rows(after).write({"paid_at": datetime(2026, 6, 9, 15, 0, 0)})
        with freeze_time("2026-06-09 14:59:59"):
            self.assertEqual(self.day(self.gmarket, "sold_today")["orders"], 1)
            self.assertEqual(self.day(self.gmarket, "sold_yesterday")["orders"], 0)
        with freeze_time("2026-06-09 15:00:00"):
            self.assertEqual(self.day(self.gmarket, "sold_today")["orders"], 1)
            self.assertEqual(self.day(self.gmarket, "sold_today")["sales"], 5500)
            self.assertEqual(self.day(self.gmarket, "sold_yesterday")["orders"], 1)
            self.assertEqual(self.day(self.gmarket, "sold_yesterday")["sales"], 12900)
            self.assertEqual(
                self.listed(self.gmarket, "sold_today", self.manager), self.rows(after)
            )
        with freeze_time("2026-06-17 14:59:59"):
            self.assertEqual(self.day(self.gmarket, "sold_week")["orders"], 1)
            self.assertEqual(
                self.listed(self.gmarket, "sold_week", self.manager), self.rows(after)
            )
            self.assertEqual(
                self.layout(self.user)["days"]["sold_week"], "Last Wednesday"
            )

    def test_deadlines_end_at_korean_midnight(self):
        [number] = self.place(TEA)
        self.run_cycle()
        self.rows(number).due_at = datetime(2026, 6, 9, 14, 59, 59)
        with freeze_time("2026-06-08 15:00:00"):
            counts = self.counts(self.gmarket)
            self.assertEqual((counts["today"], counts["late"]), (1, 0))
        with freeze_time("2026-06-08 14:59:59"):
            counts = self.counts(self.gmarket)
            self.assertEqual((counts["today"], counts["late"]), (0, 0))
        with freeze_time("2026-06-09 15:00:00"):
            counts = self.counts(self.gmarket)
            self.assertEqual((counts["today"], counts["late"]), (0, 1))

    def test_cancelled_orders_are_no_sales(self):
        [number] = self.place(TEA)
        self.run_cycle()
        self.assertEqual(self.day(self.gmarket, "sold_today")["orders"], 1)
        for state in ("cancelled", "ignored"):
            self.rows(number).state = state
            self.assertEqual(self.day(self.gmarket, "sold_today")["orders"], 0)
            self.rows(number).state = "released"

    def test_next_collection_is_what_the_switch_says(self):
        cron = self.env.ref("sale_esm.ir_cron_collect")
        self.assertEqual(
            self.card(self.gmarket)["next"], fields.Datetime.to_string(cron.nextcall)
        )
        self.gmarket.auto_collect = False
        self.assertFalse(self.card(self.gmarket)["next"])
        self.auction.connection_state = "refused"
        self.assertFalse(self.card(self.auction)["next"])

    def test_confirm_beside_the_number(self):
        self.gmarket.auto_acknowledge = False
        [number] = self.place(TEA)
        self.run_cycle()
        self.assertEqual(self.counts(self.gmarket)["to_confirm"], 1)
        # Of orders that were entered by hand the marketplace is told nothing.
        self.rows(number).silent = True
        self.assertEqual(self.counts(self.gmarket)["to_confirm"], 0)
        self.rows(number).silent = False
        shop = self.gmarket.with_user(self.user)
        self.assertFalse(shop.action_dashboard_do("to_confirm"))
        counts = self.counts(self.gmarket)
        self.assertEqual((counts["to_confirm"], counts["waiting"]), (0, 1))
        self.send()
        self.assertEqual(self.remote(number).confirmations, 1)
        counts = self.counts(self.gmarket)
        self.assertEqual((counts["to_confirm"], counts["waiting"]), (0, 0))
        # Pressed on a card that was read before: nothing is left to do.
        self.assertFalse(shop.action_dashboard_do("to_confirm"))

    def test_send_again_beside_the_number(self):
        [number] = self.place(TEA)
        self.run_cycle()
        message = self.rows(number).outbox_ids
        message.state = "refused"
        self.assertEqual(self.counts(self.gmarket)["refused"], 1)
        self.gmarket.with_user(self.user).action_dashboard_do("refused")
        self.assertEqual(message.state, "waiting")
        self.assertEqual(self.counts(self.gmarket)["refused"], 0)
