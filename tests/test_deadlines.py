from datetime import date, datetime, time, timedelta, timezone

from freezegun import freeze_time
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from odoo import fields
from odoo.tests import BaseCase, new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from ..esm_api import Due, due, due_limits, korean_day, planned_dates
from .common import CUP, TEA
from .test_claims import ClaimsCase

KST = timezone(timedelta(hours=9))


@tagged("post_install", "-at_install")
class TestKoreanDays(BaseCase):
    """Deadlines by Korean days, whatever the day is elsewhere."""

    moments = st.datetimes(
        datetime(2026, 1, 1), datetime(2028, 12, 31), timezones=st.just(timezone.utc)
    )

    @settings(max_examples=300, deadline=None)
    @given(now=moments, due_at=moments)
    @example(
        now=datetime(2026, 6, 8, 14, 59, 59, tzinfo=timezone.utc),
        due_at=datetime(2026, 6, 8, 14, 59, 59, tzinfo=timezone.utc),
    )
    @example(
        now=datetime(2026, 6, 8, 15, tzinfo=timezone.utc),
        due_at=datetime(2026, 6, 8, 14, 59, 59, tzinfo=timezone.utc),
    )
    def test_a_deadline_is_what_the_calendar_in_korea_says(self, now, due_at):
        days = (due_at.astimezone(KST).date() - now.astimezone(KST).date()).days
        expected = (
            Due.LATE
            if due_at < now
            else {0: Due.TODAY, 1: Due.TOMORROW}.get(days, Due.LATER)
        )
        self.assertIs(due(due_at, now), expected)
        # Searching goes by the same borders, without gap or overlap.
        found = [
            kind
            for kind, (begin, end) in due_limits(now).items()
            if (begin is None or begin <= due_at) and (end is None or due_at < end)
        ]
        self.assertEqual(found, [expected])

    @settings(max_examples=100, deadline=None)
    @given(now=moments)
    def test_a_ship_date_may_be_planned_from_tomorrow_on(self, now):
        first, last = planned_dates(now)
        self.assertEqual(first - korean_day(now), timedelta(days=1))
        self.assertEqual(last - korean_day(now), timedelta(days=90))


class DeadlineCase(ClaimsCase):
    def told(self, *items, **options):
        """Released orders whose deadline the marketplace has told."""
        rows = self.book(*items, **options)
        self.tell()
        self.assertTrue(all(rows.mapped("due_at")))
        return rows

    def tell(self):
        """The marketplace tells deadlines a minute or two after the order."""
        self.sandbox.advance(121)
        self.later()
        for shop in self.gmarket | self.auction:
            self.run_cycle(shop)

    def due_on(self, rows, day, hour=23):
        """Let the deadline of these orders lie on a Korean day."""
        moment = datetime.combine(day, time(hour, 59, 59), KST)
        rows.due_at = moment.astimezone(timezone.utc).replace(tzinfo=None)
        self.env.flush_all()

    def today(self):
        return korean_day(fields.Datetime.now().replace(tzinfo=timezone.utc))

    def four_deliveries(self):
        """One delivery for each state: late, today, tomorrow, later."""
        rows = [self.book(TEA) for _state in range(4)]
        for days, row in enumerate(rows, start=-1):
            self.due_on(row, self.today() + timedelta(days=days))
        return self.env["stock.picking"].union(
            *(row.sale_order_id.picking_ids for row in rows)
        )


@tagged("post_install", "-at_install")
class TestDeadlines(DeadlineCase):
    """The dispatch deadline on its way to the people who ship."""

    def test_a_delivery_has_no_deadline_until_the_marketplace_tells_it(self):
        [row] = self.book(TEA)
        picking = row.sale_order_id.picking_ids
        self.assertFalse(row.due_at)
        self.assertFalse(picking.esm_due_at)
        self.assertFalse(picking.date_deadline)
        self.assertEqual((row.due_state, picking.esm_due_state), ("unknown",) * 2)
        self.tell()
        self.assertTrue(row.due_at)
        self.assertEqual(picking.esm_due_at, row.due_at)
        self.assertEqual(picking.date_deadline, row.due_at)
        self.assertEqual((row.due_state, picking.esm_due_state), ("later", "later"))

    def test_it_counts_until_the_marketplace_has_the_number(self):
        [row] = self.told(TEA, site="auction")
        picking = self.ship(row.sale_order_id, "12345")
        self.send()
        self.assertEqual((picking.state, picking.esm_state), ("done", "refused"))
        self.assertEqual(picking.esm_due_at, row.due_at)
        picking.carrier_tracking_ref = "123456789012"
        picking.action_esm_retry()
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.send()
        self.assertEqual(picking.esm_state, "sent")
        self.assertFalse(picking.esm_due_at)
        self.assertEqual((row.due_state, picking.esm_due_state), (False, False))

    def test_the_earliest_of_the_parcel_counts_and_cancelled_ones_do_not(self):
        rows = self.told(TEA, CUP)
        picking = rows.sale_order_id.picking_ids
        early, late = self.today(), self.today() + timedelta(days=3)
        self.due_on(rows[0], early)
        self.due_on(rows[1], late)
        self.assertEqual(picking.esm_due_state, "today")
        self.sandbox.cancel(int(rows[0].order_no))
        self.sandbox.approve_cancel(int(rows[0].order_no))
        self.run_cycle()
        self.assertEqual(rows.mapped("state"), ["cancelled", "released"])
        self.assertEqual(picking.esm_due_at, rows[1].due_at)

    def test_search_and_groups_say_what_the_record_says(self):
        untold = self.book(CUP).sale_order_id.picking_ids
        pickings = self.four_deliveries() | untold
        rows = pickings.move_ids.sale_line_id.esm_order_id
        names = ["late", "today", "tomorrow", "later", "unknown"]
        self.assertEqual(pickings.mapped("esm_due_state"), names)
        ours = [("id", "in", pickings.ids)]
        for name, picking in zip(names, pickings, strict=True):
            found = pickings.search([*ours, ("esm_due_state", "=", name)])
            self.assertEqual(found, picking, name)
            found = rows.search(
                [("id", "in", rows.ids), ("due_state", "=", name)]
            ).sale_order_id.picking_ids
            self.assertEqual(found, picking, name)
        found = pickings.search([*ours, ("esm_due_state", "not in", ["late", False])])
        self.assertEqual(found, pickings[1:])
        self.assertFalse(pickings.search([*ours, ("esm_due_state", "=", False)]))
        groups = pickings._read_group(ours, ["esm_due_state"], ["id:recordset"])
        self.assertEqual(
            {state: picking for state, picking in groups},
            dict(zip(names, pickings, strict=True)),
        )
        board = pickings.with_context(read_group_expand=True).web_read_group(
            [*ours, ("esm_due_state", "!=", "today")],
            ["esm_due_state"],
            ["__count"],
        )
        self.assertEqual(
            [(group["esm_due_state"], group["__count"]) for group in board["groups"]],
            [("late", 1), ("today", 0), ("tomorrow", 1), ("later", 1), ("unknown", 1)],
        )
        # Shipped or cancelled orders have no deadline to miss.
        late = rows[0]
        late.state = "cancelled"
        self.assertFalse(late.due_state)
        self.assertNotIn(late, rows.search([("due_state", "=", "late")]))
        self.assertIn(late, rows.search([("due_state", "=", False)]))

    def test_the_state_changes_with_the_korean_day(self):
        [row] = self.told(TEA)
        picking = row.sale_order_id.picking_ids
        self.due_on(row, date(2026, 6, 10))
        for now, state in (
            ("2026-06-08 14:59:59", "later"),
            ("2026-06-08 15:00:00", "tomorrow"),
            ("2026-06-09 15:00:00", "today"),
            ("2026-06-10 14:59:59", "today"),
            ("2026-06-10 15:00:00", "late"),
        ):
            with self.subTest(now), freeze_time(now):
                picking.invalidate_recordset()
                self.assertEqual(picking.esm_due_state, state)
                ours = [("id", "=", picking.id)]
                # Korean days count, wherever who looks is.
                for zone in ("Asia/Seoul", "America/Los_Angeles", "Pacific/Auckland"):
                    there = picking.with_context(tz=zone)
                    domain = [*ours, ("esm_due_state", "=", state)]
                    self.assertTrue(there.search(domain))
                    groups = there._read_group(ours, ["esm_due_state"], ["__count"])
                    self.assertEqual(groups, [(state, 1)])

    def test_other_transfers_have_none(self):
        self.warehouse.delivery_steps = "pick_ship"
        [row] = self.told(TEA)
        order = row.sale_order_id
        pick = order.picking_ids
        self.assertEqual(pick.esm_due_at, row.due_at)
        pick.button_validate()
        self.assertFalse(pick.esm_due_at)
        ship = order.picking_ids - pick
        self.assertEqual(ship.esm_due_at, row.due_at)
        self.ship(order)
        self.send()
        back = ship.copy({"picking_type_id": self.warehouse.in_type_id.id})
        self.assertFalse(back.esm_due_at)

    # --- filters --------------------------------------------------------

    def test_who_packs_can_use_each_filter_and_grouping(self):
        [row] = self.told(TEA)
        self.due_on(row, self.today())
        picking = row.sale_order_id.picking_ids
        user = new_test_user(self.env, "packer", groups="stock.group_stock_user")
        pickings = picking.with_user(user)
        arch = etree.fromstring(
            pickings.get_view(
                self.env.ref("stock.view_picking_internal_search").id, "search"
            )["arch"]
        )
        found = set()
        for node in arch.iter("filter"):
            name = node.get("name")
            if "esm" not in name:
                continue
            with self.subTest(name):
                if node.get("domain"):
                    domain = safe_eval(node.get("domain"), {"uid": user.id})
                    if pickings.search([("id", "=", picking.id), *domain]):
                        found.add(name)
                else:
                    by = safe_eval(node.get("context"))["group_by"]
                    groups = pickings.formatted_read_group(
                        [("id", "=", picking.id)], [by], ["__count"]
                    )
                    self.assertEqual([group["__count"] for group in groups], [1])
        self.assertEqual(found, {"esm", "esm_open", "esm_today"})

    def test_sales_people_filter_orders_by_their_deadline(self):
        orders = self.four_deliveries().sale_id
        names = ("late", "today", "tomorrow", "later")
        view = self.env.ref("sale.view_sales_order_filter")
        for group, may in (("salesman_all_leads", True), ("salesman", False)):
            user = new_test_user(
                self.env, group, groups=f"sales_team.group_sale_{group}"
            )
            mine = orders.with_user(user)
            arch = etree.fromstring(mine.get_view(view.id, "search")["arch"])
            filters = {node.get("name"): node for node in arch.iter("filter")}
            for name, order in zip(names, mine, strict=True):
                with self.subTest(group, name=name):
                    node = filters.get(f"esm_{name}")
                    # Who sees own sales only has no access to marketplace orders.
                    self.assertEqual(node is not None, may)
                    if may:
                        domain = safe_eval(node.get("domain"))
                        found = mine.search([("id", "in", mine.ids), *domain])
                        self.assertEqual(found, order)

    # --- the board ------------------------------------------------------

    def board_fields(self, view):
        spec = self.env["stock.picking"].get_view(
            self.env.ref(f"sale_esm.{view}").id,
            "kanban" if "kanban" in view else "list",
        )
        names = spec["models"]["stock.picking"]
        known = self.env["stock.picking"]._fields
        return {
            name: {"fields": {"display_name": {}}}
            if known[name].type == "many2one"
            else {}
            for name in names
            if known[name].type not in ("one2many", "many2many")
        }

    def queries_of_board(self, user, view, pickings):
        """Queries that the web client's reading of a view takes."""
        pickings = pickings.with_user(user)
        spec = self.board_fields(view)
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        found = pickings.web_search_read([("id", "in", pickings.ids)], spec)
        self.assertEqual(found["length"], len(pickings))
        return self.env.cr.sql_log_count - before

    def test_board_and_list_do_not_query_per_delivery(self):
        user = new_test_user(self.env, "packer", groups="stock.group_stock_user")
        pickings = self.env["stock.picking"]
        for number in range(12):
            [row] = self.book(TEA)
            self.due_on(row, self.today())
            picking = row.sale_order_id.picking_ids
            pickings |= picking
            if number % 3 == 0:
                self.ship(row.sale_order_id, f"1234567890{number:02}")
        for view in (
            "stock_picking_view_kanban_board",
            "stock_picking_view_list_to_ship",
        ):
            with self.subTest(view):
                self.queries_of_board(user, view, pickings)  # caches of the registry
                few = self.queries_of_board(user, view, pickings[:3])
                many = self.queries_of_board(user, view, pickings)
                self.assertLessEqual(many, few)

    # --- warnings -------------------------------------------------------

    def warnings(self, pickings):
        kind = self.env.ref("sale_esm.mail_activity_type_deadline")
        return self.env["mail.activity"].search(
            [("res_id", "in", pickings.ids), ("activity_type_id", "=", kind.id)]
        )

    def warn(self):
        self.env["stock.picking"]._cron_deadlines()

    def test_a_delivery_that_may_be_late_is_warned_of_once(self):
        rows = self.told(TEA, CUP)
        picking = rows.sale_order_id.picking_ids
        self.due_on(rows, date(2026, 6, 10))
        packer = new_test_user(self.env, "packer", groups="stock.group_stock_user")
        self.gmarket.user_id = packer
        with freeze_time("2026-06-10 06:59:00"):
            self.warn()
            self.assertFalse(self.warnings(picking))
        with freeze_time("2026-06-10 07:01:00"):
            self.warn()
            self.warn()
            warning = self.warnings(picking)
            self.assertEqual(len(warning), 1)
            self.assertEqual(warning.user_id, packer)
            self.assertEqual(warning.date_deadline, date(2026, 6, 10))
            for row in rows:
                self.assertIn(row.order_no, warning.note)
            self.assertIn("has not left yet", warning.note)
        self.ship(rows.sale_order_id)
        self.assertFalse(self.warnings(picking))

    def test_a_warning_that_somebody_closed_does_not_come_again(self):
        [row] = self.told(TEA)
        picking = row.sale_order_id.picking_ids
        self.due_on(row, self.today() - timedelta(days=1))
        self.warn()
        self.warnings(picking).action_feedback("Called the buyer")
        self.warn()
        self.assertFalse(self.warnings(picking))
        # It is in time again, then another deadline is near: that is news.
        self.due_on(row, self.today() + timedelta(days=3))
        self.warn()
        self.due_on(row, self.today() - timedelta(days=1))
        self.warn()
        self.assertEqual(len(self.warnings(picking)), 1)

    def test_a_warning_that_somebody_deleted_does_not_come_again(self):
        [row] = self.told(TEA)
        picking = row.sale_order_id.picking_ids
        packer = new_test_user(self.env, "packer", groups="stock.group_stock_user")
        self.gmarket.user_id = packer
        self.due_on(row, self.today() - timedelta(days=1))
        self.warn()
        self.warnings(picking).with_user(packer).unlink()
        self.assertFalse(self.warnings(picking))
        self.warn()
        self.assertFalse(self.warnings(picking))
        # It goes for good with its delivery's danger.
        self.due_on(row, self.today() + timedelta(days=3))
        self.warn()
        self.assertFalse(picking._esm_deadline_notices())

    def test_a_cancel_ends_the_warning_at_once(self):
        [first] = self.told(TEA)
        [second] = self.told(CUP)
        pickings = (first | second).sale_order_id.picking_ids
        self.due_on(first | second, self.today() - timedelta(days=1))
        self.warn()
        self.assertEqual(len(self.warnings(pickings)), 2)
        self.sandbox.cancel(int(first.order_no))
        self.sandbox.approve_cancel(int(first.order_no))
        self.run_cycle()
        self.assertEqual(self.warnings(pickings).mapped("res_id"), pickings[1:].ids)
        pickings[1].action_cancel()
        self.assertFalse(self.warnings(pickings))

    def test_warnings_do_not_query_per_delivery(self):
        packer = new_test_user(self.env, "packer", groups="stock.group_stock_user")
        self.gmarket.user_id = packer

        def queries(count):
            rows = self.env["esm.order"].union(*(self.book(TEA) for _ in range(count)))
            self.due_on(rows, self.today() - timedelta(days=1))
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.warn()
            self.env.flush_all()
            spent = self.env.cr.sql_log_count - before
            self.assertEqual(
                len(self.warnings(rows.sale_order_id.picking_ids)), len(rows)
            )
            return spent

        queries(1)  # caches of the registry
        few = queries(2)
        self.assertLessEqual(queries(10), few + 2)

    def test_what_has_left_without_a_number_at_the_marketplace_is_warned_of(self):
        [row] = self.told(TEA, site="auction")
        picking = self.ship(row.sale_order_id, "12345")
        self.send()
        self.due_on(row, self.today() - timedelta(days=1))
        self.warn()
        self.assertIn("has left, but", self.warnings(picking).note)
        picking.carrier_tracking_ref = "123456789012"
        picking.action_esm_retry()
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.send()
        self.warn()
        self.assertFalse(self.warnings(picking))

    def test_missing_goods_are_warned_of_a_day_before(self):
        none_left = {**TEA, "seller_code": "RARE-1", "site_goods_no": "3900000033"}
        rare = self.tea.copy({"name": "Rare tea", "esm_seller_code": "RARE-1"})
        self.assertFalse(rare.free_qty)
        [row] = self.told(none_left)
        [other] = self.told(TEA)
        pickings = (row | other).sale_order_id.picking_ids
        for each in (row, other):
            self.due_on(each, date(2026, 6, 10))
        with freeze_time("2026-06-09 00:00:00"):
            self.warn()
        warning = self.warnings(pickings)
        self.assertEqual(warning.res_id, row.sale_order_id.picking_ids.id)
        self.assertIn("are missing", warning.note)

    def test_a_planned_date_or_a_cancel_ends_the_warning(self):
        [first] = self.told(TEA)
        [second] = self.told(CUP)
        pickings = (first | second).sale_order_id.picking_ids
        self.due_on(first | second, self.today() - timedelta(days=1))
        self.warn()
        self.assertEqual(len(self.warnings(pickings)), 2)
        first.expected_date = self.today() + timedelta(days=3)
        self.sandbox.cancel(int(second.order_no))
        self.sandbox.approve_cancel(int(second.order_no))
        self.run_cycle()
        self.warn()
        self.assertFalse(self.warnings(pickings))
        # The planned day has passed as well.
        self.due_on(first, self.today() - timedelta(days=1))
        first.expected_date = self.today() - timedelta(days=1)
        self.warn()
        self.assertEqual(len(self.warnings(pickings)), 1)
