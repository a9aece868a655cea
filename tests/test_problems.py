"""The list of everything that waits for a human."""

from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import CUP, TEA, UNKNOWN
from .test_deadlines import DeadlineCase

NUMBER = "123456789012"


class ProblemCase(DeadlineCase):
    def problems(self, **values):
        """Lines with these values, as a manager sees them."""
        manager = self.env.ref("base.user_admin")
        self.env.invalidate_all()
        domain = [(name, "=", value) for name, value in values.items()]
        return self.env["esm.problem"].with_user(manager).search(domain)

    def only(self, kind, severity, button, about=None):
        """The one line that there is: it is of this kind and has this button."""
        [problem] = self.problems()
        self.assertEqual(
            (problem.kind, problem.severity, problem.button), (kind, severity, button)
        )
        if about:
            self.assertEqual(problem.name, about)
        self.assertTrue(problem.what)
        self.assertTrue(problem.fix)
        self.assertTrue(problem.since)
        return problem

    def commit(self):
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.env.invalidate_all()

    def user(self, *groups):
        return new_test_user(self.env, groups[-1].split(".")[-1], ",".join(groups))

    def new_product(self, code):
        """Somebody enters the code that orders wait for."""
        self.env["product.product"].create({"name": code, "esm_seller_code": code})
        self.commit()

    def receive(self, item, **options):
        """One order that the marketplace has, collected, whatever becomes of it."""
        [number] = self.place(item, **options)
        self.run_cycle()
        return self.rows(number)

    def refused_number(self):
        [row] = self.book(TEA, site="auction")
        picking = self.ship(row.sale_order_id, "12345")
        self.send()
        return row, picking


@tagged("post_install", "-at_install")
class TestProblemsOfOrders(ProblemCase):
    def test_nothing_waits_when_all_goes_well(self):
        [row] = self.told(TEA)
        self.assertFalse(self.problems())
        self.ship(row.sale_order_id)
        self.send()
        self.assertEqual(row.state, "sent")
        self.assertFalse(self.problems())

    def test_one_line_for_a_code_however_many_orders_wait(self):
        rows = self.receive(UNKNOWN) | self.receive(UNKNOWN) | self.receive(UNKNOWN)
        problem = self.only("unmatched", "2", "Match", about="NEW-99")
        self.assertEqual(problem.order_count, 3)
        self.assertIn("3 orders wait", problem.what)
        self.assertEqual(problem.shop_id, self.gmarket)
        self.assertEqual(problem.since, min(rows.mapped("problem_at")))
        other = {**UNKNOWN, "seller_code": "NEW-98", "site_goods_no": "3900000098"}
        self.receive(other)
        self.assertEqual(
            sorted(self.problems().mapped(lambda p: (p.name, p.order_count))),
            [("NEW-98", 1), ("NEW-99", 3)],
        )
        # The listing was never read: its number leads to it.
        action = problem.action_solve()
        self.assertEqual(action["res_model"], "esm.listing.add")
        self.new_product("NEW-99")
        self.assertEqual(self.problems().mapped("name"), ["NEW-98"])
        self.gmarket._process()
        self.assertEqual(set(rows.mapped("state")), {"released"})
        self.assertEqual(self.problems().mapped("name"), ["NEW-98"])

    def test_a_code_that_holds_up_what_is_due_soon_is_urgent(self):
        row = self.receive(UNKNOWN)
        self.assertEqual(self.problems().severity, "2")
        row.due_at = fields.Datetime.now() + timedelta(hours=7)
        self.assertEqual(self.problems().severity, "1")

    def test_goods_without_a_code_are_told_apart_by_their_number(self):
        for number in ("3900000081", "3900000082"):
            self.receive({**UNKNOWN, "seller_code": "", "site_goods_no": number})
        problems = self.problems()
        self.assertEqual(len(problems), 2)
        self.assertEqual(set(problems.mapped("name")), {UNKNOWN["name"]})

    def test_amounts_that_differ(self):
        rows = self.receive(TEA)
        rows._set_problem("amount", "They differ.")
        problem = self.only("amount", "2", "Check Amounts", about=rows.order_no)
        action = problem.action_solve()
        self.assertEqual(
            (action["res_model"], action["res_id"]),
            ("sale.order", rows.sale_order_id.id),
        )

    def test_each_kind_of_order_problem_has_its_words_and_button(self):
        row = self.receive(TEA)
        kinds = row._fields["problem"].get_values(self.env)
        self.assertGreater(len(kinds), 12)
        for kind in kinds:
            with self.subTest(kind):
                row._set_problem(kind, f"What happened: {kind}.")
                [problem] = self.problems()
                self.assertEqual(problem.kind, kind)
                self.assertEqual(problem.what, f"What happened: {kind}.")
                self.assertTrue(problem.fix)
                self.assertTrue(problem.button)
                self.assertEqual(problem.since, row.problem_at)
                self.assertTrue(problem.action_solve())
        row._clear_problem()
        self.assertFalse(row.problem_at)
        self.assertFalse(self.problems())

    def test_since_is_when_this_problem_began(self):
        row = self.receive(TEA)
        with freeze_time("2026-06-08 10:00:00"):
            row._set_problem("elsewhere", "One.")
        with freeze_time("2026-06-08 11:00:00"):
            row._set_problem("elsewhere", "Two.")
        self.assertEqual(str(row.problem_at), "2026-06-08 10:00:00")
        with freeze_time("2026-06-08 12:00:00"):
            row._set_problem("tracking", "Three.")
        self.assertEqual(str(row.problem_at), "2026-06-08 12:00:00")

    def test_a_cancel_request_waits_for_a_decision(self):
        [row] = self.book(TEA)
        self.sandbox.cancel(int(row.order_no))
        self.run_cycle()
        problem = self.only("cancel", "1", "Decide", about=row.order_no)
        self.assertEqual(problem.action_solve()["res_id"], row.id)
        row.action_ship_despite_cancel()
        self.assertFalse(self.problems())

    def test_refused_tracking_number(self):
        row, picking = self.refused_number()
        problem = self.only("tracking", "1", "Open Delivery", about=row.order_no)
        self.assertIn("does not fit", problem.what)
        action = problem.action_solve()
        self.assertEqual(
            (action["res_model"], action["res_id"]), ("stock.picking", picking.id)
        )
        picking.carrier_tracking_ref = NUMBER
        picking.action_esm_retry()
        self.commit()
        self.send()
        self.assertFalse(self.problems())

    def test_confirmations_refused_for_the_same_reason_are_one_line(self):
        rows = self.receive(TEA) | self.receive(CUP)
        rows._set_problem("confirmation", "ESM says no.")
        self.env["esm.outbox"].search([("order_id", "in", rows.ids)]).state = "refused"
        problem = self.only("confirmation", "2", "Send Again")
        self.assertEqual(problem.order_count, 2)
        problem.action_solve()
        self.assertEqual(set(rows.outbox_ids.mapped("state")), {"waiting"})
        self.assertFalse(self.problems())

    def test_what_cannot_be_booked_is_tried_again(self):
        row = self.receive(TEA)
        row._set_problem("error", "Something is wrong.", fields.Datetime.now())
        self.only("error", "2", "Try Again").action_solve()
        self.assertFalse(row.problem)
        self.assertFalse(self.problems())

    def test_a_gift_that_is_not_accepted_can_wait(self):
        row = self.receive(TEA)
        row.is_gift = True
        row._set_problem("address", "Not accepted yet.")
        self.assertEqual(self.problems().severity, "3")

    def test_phone_numbers_that_never_came(self):
        [row] = self.told(TEA)
        row.complete_tries = 3
        self.assertFalse(self.problems())
        receiver = row.sale_order_id.partner_shipping_id
        receiver.phone = False
        problem = self.only("phone", "3", "Enter Phone", about=row.order_no)
        action = problem.action_solve()
        self.assertEqual(
            (action["res_model"], action["res_id"]), ("res.partner", receiver.id)
        )
        receiver.phone = "010-0000-0001"
        self.assertFalse(self.problems())

    def test_late_orders_that_the_warehouse_does_not_have(self):
        self.gmarket.auto_release = False
        row = self.receive(TEA)
        row.due_at = fields.Datetime.now() - timedelta(hours=1)
        self.only("late", "1", "Open Order", about=row.order_no)
        row.expected_date = self.today() + timedelta(days=2)
        self.assertFalse(self.problems(), "the marketplace knows of another date")
        row.expected_date = self.today() - timedelta(days=1)
        self.assertTrue(self.problems())
        row.sale_order_id.action_confirm()
        problem = self.only("late", "1", "Open Delivery")
        self.assertEqual(problem.res_model, "stock.picking")

    def test_refused_messages_that_no_order_tells_of(self):
        row = self.receive(TEA)
        row.write({"state": "sent", "market_status": "in_delivery"})
        message = self.env["esm.outbox"].create(
            {"order_id": row.id, "action": "delivered"}
        )
        message._refuse("No permission.")
        problem = self.only("delivered", "3", "Send Again", about=row.order_no)
        self.assertEqual(problem.what, "No permission.")
        problem.action_solve()
        self.assertEqual(message.state, "waiting")
        self.assertFalse(self.problems())
        message._refuse("No permission.")
        row.market_status = "delivered"
        self.assertFalse(self.problems(), "it arrived without our word")


@tagged("post_install", "-at_install")
class TestProblemsOfDeliveries(ProblemCase):
    def test_late_deliveries(self):
        [row] = self.told(TEA)
        picking = row.sale_order_id.picking_ids
        self.due_on(row, self.today() - timedelta(days=1))
        problem = self.only("late", "1", "Open Delivery", about=picking.name)
        self.assertEqual(problem.since, row.due_at)
        row._set_problem("cancel", "The buyer wants to cancel.")
        self.assertEqual(self.problems().kind, "cancel", "that tells more")
        row._clear_problem()
        self.ship(row.sale_order_id)
        self.assertTrue(self.problems(), "the marketplace does not know yet")
        self.send()
        self.assertFalse(self.problems())

    def test_what_left_without_a_number(self):
        [row] = self.told(TEA)
        picking = self.ship(row.sale_order_id)
        picking.esm_outbox_ids.unlink()
        picking.carrier_tracking_ref = False
        problem = self.only("number", "1", "Enter Number", about=picking.name)
        self.assertEqual(problem.action_solve()["res_id"], picking.id)
        picking.carrier_tracking_ref = NUMBER
        self.commit()
        self.assertFalse(self.problems())

    def test_a_parcel_that_is_packed_and_cancelled_must_not_leave(self):
        [row] = self.book(TEA)
        picking = row.sale_order_id.picking_ids
        picking.write({"carrier_tracking_ref": NUMBER})
        picking.esm_printed_at = fields.Datetime.now()
        self.sandbox.cancel(int(row.order_no))
        self.sandbox.approve_cancel(int(row.order_no))
        self.run_cycle()
        self.assertEqual((row.state, picking.state), ("cancelled", "cancel"))
        problem = self.only("repack", "1", "Open Delivery", about=picking.name)
        self.assertIn(row.order_no, problem.what)
        [activity] = picking.activity_ids
        self.assertIn(row.order_no, activity.note)
        picking.action_esm_packed_again()
        self.commit()
        self.assertFalse(self.problems())
        self.assertFalse(picking.activity_ids)

    def test_an_order_out_of_a_printed_parcel(self):
        rows = self.book(TEA, CUP)
        picking = rows.sale_order_id.picking_ids
        picking.carrier_tracking_ref = NUMBER
        self.sandbox.cancel(int(rows[0].order_no))
        self.sandbox.approve_cancel(int(rows[0].order_no))
        self.run_cycle()
        self.only("repack", "1", "Open Delivery", about=picking.name)
        picking.action_esm_packed_again()
        self.assertFalse(self.problems())

    def test_waybill_numbers_run_out(self):
        numbers = self.env["esm.waybill.range"].create(
            {
                "carrier_id": self.carrier.id,
                "first": "600000000001",
                "last": "600000000100",
            }
        )
        self.assertEqual(self.problems().kind, "numbers", "fewer than wanted at once")
        self.carrier.esm_warn_below = 90
        self.assertFalse(self.problems())
        self.assertFalse(self.carrier.esm_few_since)
        self.carrier._esm_take_numbers(11)
        problem = self.only("numbers", "2", "Enter Numbers", about="CJ")
        self.assertIn("89 waybill numbers", problem.what)
        self.assertEqual(problem.action_solve()["res_model"], "delivery.carrier")
        self.carrier._esm_take_numbers(89)
        self.assertEqual(self.problems().severity, "1")
        numbers.last = "600000000900"
        self.assertFalse(self.problems())
        self.assertFalse(numbers.activity_ids)


@tagged("post_install", "-at_install")
class TestProblemsOfShops(ProblemCase):
    def test_a_refused_key(self):
        self.sandbox.faults.add("401", "RequestOrders", times=None)
        self.run_cycle()
        problem = self.only("connection", "1", "Test Connection", self.gmarket.name)
        self.assertEqual(problem.what, self.gmarket.connection_message)
        self.assertEqual(problem.since, self.gmarket.connection_since)
        self.sandbox.faults.clear()
        problem.action_solve()
        self.assertEqual(self.gmarket.connection_state, "connected")
        self.assertFalse(self.problems())

    def test_trouble_that_lasts_does_not_pass_by_itself(self):
        with freeze_time("2026-06-08 10:00:00"):
            self.gmarket.write(
                {"connection_state": "problem", "connection_message": "Unreachable."}
            )
            self.only("connection", "2", "Test Connection")
        with freeze_time("2026-06-08 11:01:00"):
            self.gmarket.connection_message = "Still unreachable."
            self.only("connection", "1", "Test Connection")
        self.gmarket.active = False
        self.assertFalse(self.problems())

    def test_listings_are_not_permitted(self):
        self.gmarket.listings_message = "Ask ESM to allow the API."
        problem = self.only("goods", "2", "Open Shop", about=self.gmarket.name)
        self.assertEqual(problem.action_solve()["res_id"], self.gmarket.id)
        self.gmarket.listings_message = False
        self.assertFalse(self.problems())

    def listings(self, count, **values):
        return self.env["esm.listing"].create(
            [
                {
                    "shop_id": self.gmarket.id,
                    "site_goods_no": f"39000001{number:02}",
                    "name": f"Listing {number}",
                    "state": "on_sale",
                    **values,
                }
                for number in range(count)
            ]
        )

    def test_what_is_refused_for_the_same_reason_is_one_line(self):
        listings = self.listings(3)
        messages = self.env["esm.outbox"].create(
            [{"listing_id": listing.id, "action": "stock"} for listing in listings]
        )
        for message, text in zip(messages, ("No.", "No.", "Never."), strict=True):
            message._refuse(text)
        problems = self.problems(kind="stock")
        self.assertEqual(problems, self.problems())
        self.assertEqual(sorted(problems.mapped("order_count")), [1, 2])
        self.assertEqual(set(problems.mapped("severity")), {"1"})
        problems.filtered(lambda p: p.order_count == 2).action_solve()
        self.assertEqual(messages.mapped("state"), ["waiting", "waiting", "refused"])
        self.assertEqual(self.problems().what, "Never.")
        listings[2].state = "deleted"
        self.assertFalse(self.problems())

    def test_prices_and_codes_lead_to_their_listing(self):
        listing = self.listings(1)
        for action, severity in (("price", "2"), ("codes", "3")):
            with self.subTest(action):
                message = self.env["esm.outbox"].create(
                    {"listing_id": listing.id, "action": action}
                )
                message._refuse("Not like this.")
                problem = self.only(action, severity, "Open Listing", listing.name)
                self.assertEqual(problem.action_solve()["res_id"], listing.id)
                message._withdraw()
                self.assertFalse(self.problems())

    def test_listings_that_are_stopped_for_long(self):
        listing = self.listings(1, state="stopped")
        listing.stopped_at = fields.Datetime.now() - timedelta(days=19)
        self.assertFalse(self.problems())
        listing.stopped_at = fields.Datetime.now() - timedelta(days=21)
        problem = self.only("stopped", "2", "Open Listing", about="Listing 0")
        stopped = fields.Datetime.context_timestamp(problem, listing.stopped_at)
        self.assertIn(fields.Date.to_string(stopped), problem.what)
        listing.state = "on_sale"
        self.assertFalse(self.problems())

    def test_options_that_are_on_sale_without_a_product(self):
        listings = self.listings(2)
        options = self.env["esm.listing.option"].create(
            [
                {"listing_id": listing.id, "key": "", "name": listing.name}
                for listing in listings
            ]
        )
        problem = self.only("options", "3", "Match Listings")
        self.assertEqual(problem.order_count, 2)
        self.assertEqual(problem.action_solve()["res_model"], "esm.listing.option")
        options[0]._set_match([(self.tea, 1)])
        self.assertEqual(self.problems().order_count, 1)
        listings[1].state = "stopped"
        self.assertFalse(self.problems())

    def test_files_that_could_not_be_applied(self):
        for model, more in (
            ("esm.code.import", {}),
            ("esm.manual.order", {"shop_id": self.gmarket.id}),
        ):
            with self.subTest(model):
                record = self.env[model].create({"filename": "mine.xlsx", **more})
                self.assertFalse(self.problems())
                record.message = "The file is broken."
                problem = self.only("import", "3", "Open Import", about="mine.xlsx")
                self.assertEqual(problem.what, "The file is broken.")
                record.write({"state": "preview", "message": False, "problem_count": 2})
                self.assertIn("2 rows", self.only("import", "3", "Open Import").what)
                record.unlink()
                self.assertFalse(self.problems())


@tagged("post_install", "-at_install")
class TestWhoSeesProblems(ProblemCase):
    GROUPS = (
        "sale_esm.group_user",
        "sale_esm.group_manager",
        "stock.group_stock_user",
        "sales_team.group_sale_salesman_all_leads",
    )

    def make_all(self):
        """Problems of as many kinds as possible."""
        self.receive(UNKNOWN)
        kinds = self.env["esm.order"]._fields["problem"].get_values(self.env)
        for kind in kinds:
            if kind != "unmatched":
                self.receive(TEA)._set_problem(kind, f"{kind}.")
        listings = TestProblemsOfShops.listings(self, 4)
        listings[0].write(
            {
                "state": "stopped",
                "stopped_at": fields.Datetime.now() - timedelta(days=22),
            }
        )
        for listing, action in zip(listings, ("stock", "price", "codes"), strict=False):
            message = self.env["esm.outbox"].create(
                {"listing_id": listing.id, "action": action}
            )
            message._refuse("No.")
        self.env["esm.listing.option"].create(
            {"listing_id": listings[3].id, "key": "", "name": "Option"}
        )
        self.auction.write(
            {"connection_state": "refused", "listings_message": "Not permitted."}
        )
        self.env["esm.waybill.range"].create(
            {
                "carrier_id": self.carrier.id,
                "first": "600000000001",
                "last": "600000000100",
            }
        )
        self.env["esm.tracking.import"].create(
            {"filename": "courier.xlsx", "message": "The file is broken."}
        )
        late = self.told(TEA)
        self.due_on(late, self.today() - timedelta(days=1))
        packed = self.book(CUP)
        packed.sale_order_id.picking_ids.esm_repack_text = "Take it out."
        self.commit()

    def test_everybody_sees_all_of_it_and_each_button_says_where_to_go(self):
        self.make_all()
        everything = self.env["esm.problem"].search([])
        self.assertGreater(len(set(everything.mapped("kind"))), 20)
        spec = {
            name: {"fields": {"display_name": {}}} if name.endswith("_id") else {}
            for name in (
                *("severity", "kind", "name", "order_count", "what", "fix", "since"),
                *("shop_id", "user_id", "company_id", "button"),
            )
        }
        for group in self.GROUPS:
            user = self.user(group)
            mine = self.env["esm.problem"].with_user(user)
            with self.subTest(group):
                self.env.invalidate_all()
                found = mine.web_search_read([], spec)["records"]
                self.assertEqual([r["id"] for r in found], everything.ids)
                for values in found:
                    self.assertTrue(values["what"], values)
                    self.assertTrue(values["fix"], values)
            for problem in mine.browse(everything.ids):
                with self.subTest(group, kind=problem.kind):
                    sends = problem.button in ("Send Again", "Try Again")
                    if sends or problem.button == "Test Connection":
                        continue  # tested for itself, it changes things
                    try:
                        action = problem.action_solve()
                    except UserError as refusal:
                        self.assertNotIsInstance(refusal, AccessError)
                        self.assertIn("Ask", str(refusal))
                        continue
                    model = self.env[action["res_model"]].with_user(user)
                    self.assertTrue(model.has_access("read"))

    def test_who_does_not_work_with_the_connector_does_not_see_them(self):
        self.receive(UNKNOWN)
        user = self.user("base.group_user")
        with self.assertRaises(AccessError):
            self.env["esm.problem"].with_user(user).search([])

    def test_another_companys_problems(self):
        self.receive(UNKNOWN)
        second = self.env["res.company"].create({"name": "Second"})
        user = self.user("sale_esm.group_manager")
        self.assertTrue(self.env["esm.problem"].with_user(user).search([]))
        user.write({"company_ids": [Command.set(second.ids)], "company_id": second.id})
        self.assertFalse(self.env["esm.problem"].with_user(user).search([]))

    def test_solved_meanwhile(self):
        row = self.receive(TEA)
        row._set_problem("elsewhere", "Somewhere.")
        [problem] = self.problems()
        row._clear_problem()
        action = problem.action_solve()
        self.assertEqual(action["params"]["message"], "This is solved already.")

    def test_searches_and_groups_of_the_screen(self):
        self.make_all()
        Problem = self.env["esm.problem"]
        count = Problem.search_count([])
        for by in ("severity", "kind", "shop_id", "since:day"):
            with self.subTest(by):
                groups = Problem.formatted_read_group([], [by], ["__count"])
                self.assertEqual(sum(g["__count"] for g in groups), count)
        severities = Problem.search([]).mapped("severity")
        self.assertEqual(severities, sorted(severities))
        found = Problem.search([("name", "ilike", "new-99")])
        self.assertEqual(found.kind, "unmatched")

    def test_lists_do_not_query_per_line(self):
        manager = self.env.ref("base.user_admin")

        def queries():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            problems = self.env["esm.problem"].with_user(manager)
            found = problems.web_search_read(
                [], {"what": {}, "fix": {}, "button": {}, "kind": {}}
            )
            return self.env.cr.sql_log_count - before, found["length"]

        self.receive(TEA)._set_problem("elsewhere", "1.")
        queries()  # caches of the registry
        few, one = queries()
        self.make_all()
        many, lines = queries()
        self.assertEqual(one, 1)
        self.assertGreater(lines, 20)
        # The time zone of who looks at it is read once, for the days in the texts.
        self.assertLessEqual(many, few + 2)
