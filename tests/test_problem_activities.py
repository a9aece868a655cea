"""Who is told of problems: once for each cause, and not any longer than it lasts."""

from datetime import timedelta

from odoo import fields
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import CUP, TEA, UNKNOWN, migrate
from .test_concurrency import TwoWorkersCase
from .test_problems import ProblemCase


class ActivityCase(ProblemCase):
    def activities(self, *records):
        """Open activities, all or of these records."""
        domain = [("automated", "=", True)]
        for record in records:
            domain += [("res_model", "=", record._name), ("res_id", "in", record.ids)]
        self.env.cr.flush()
        return self.env["mail.activity"].search(domain)

    def again(self):
        """The shop's problems change somehow."""
        self.env["esm.problem"]._tell_later(self.gmarket | self.auction)
        return self.activities()


@tagged("post_install", "-at_install")
class TestProblemActivities(ActivityCase):
    def test_thirty_orders_of_one_code_are_one_activity(self):
        first = self.receive(UNKNOWN)
        [activity] = self.activities()
        self.assertEqual(activity.res_model, "sale.order")
        self.assertEqual(activity.res_id, first.sale_order_id.id)
        self.assertEqual(activity.summary, "Unknown code: NEW-99")
        self.assertEqual(activity.user_id, self.gmarket.user_id)
        for _order in range(29):
            self.place(UNKNOWN)
        self.run_cycle()
        self.assertEqual(self.activities(), activity)
        self.assertIn("30 orders wait", activity.note)
        # The first order is settled in another way: the others still wait.
        self.sandbox.cancel(int(first.order_no))
        self.sandbox.approve_cancel(int(first.order_no))
        self.run_cycle()
        self.assertEqual(self.activities(), activity)
        self.assertNotEqual(activity.res_id, first.sale_order_id.id)
        self.assertIn("29 orders wait", activity.note)
        self.new_product("NEW-99")
        self.gmarket._process()
        self.assertFalse(self.activities())

    def test_what_was_told_does_not_come_again_until_it_was_solved(self):
        for end in ("action_feedback", "unlink"):
            with self.subTest(end):
                row = self.receive(TEA)
                row._set_problem("elsewhere", "Somewhere.")
                manager = self.env.ref("base.user_admin")
                getattr(self.activities().with_user(manager), end)()
                row._set_problem("elsewhere", "Somewhere else.")
                self.assertFalse(self.again())
                row._clear_problem()
                self.assertFalse(self.again())
                row._set_problem("elsewhere", "Again.")
                self.assertEqual(len(self.activities()), 1)
                # Another problem is another cause.
                self.activities().action_feedback()
                row._set_problem("cancelled_late", "It was cancelled as well.")
                self.assertIn("cancelled as well", self.activities().note)
                row._clear_problem()
                self.assertFalse(self.activities())

    def test_a_quotation_that_is_deleted_takes_no_warning_with_it(self):
        rows = self.receive(UNKNOWN) | self.receive(UNKNOWN)
        rows[0].sale_order_id.unlink()
        [activity] = self.activities()
        self.assertEqual(activity.res_id, rows[1].sale_order_id.id)

    def test_each_problem_of_a_sales_order_is_told_once(self):
        rows = self.book(TEA, CUP)
        for row in rows:
            self.sandbox.cancel(int(row.order_no))
        self.run_cycle()
        [activity] = self.activities()
        self.assertEqual(activity.res_id, rows.sale_order_id.id)
        self.assertIn(rows[0].order_no, activity.note)
        self.assertIn("1 more like this", activity.note)

    def test_what_is_wrong_with_the_system_is_told_once(self):
        numbers = [self.place(TEA)[0] for _order in range(3)]
        self.gmarket.auto_acknowledge = False
        self.run_cycle()
        rows = self.rows(*numbers)
        for row in rows:
            row._set_problem("error", f"Basket {row.pay_no} could not be processed.")
        self.assertEqual(len(self.activities()), 1)
        self.assertIn("2 more like this", self.activities().note)

    def test_problems_before_there_is_a_sales_order_are_told_on_the_shop(self):
        [number] = self.place(TEA)
        self.sandbox.faults.add("503", "OrderCheck", times=1)
        self.run_cycle()
        row = self.rows(number)
        self.assertFalse(row.sale_order_id)
        row._set_problem("error", "It could not be processed.")
        [activity] = self.activities()
        self.assertEqual(
            (activity.res_model, activity.res_id), ("esm.shop", self.gmarket.id)
        )

    def test_gifts_that_are_not_accepted_are_nobodys_task(self):
        row = self.receive(TEA)
        row.is_gift = True
        row._set_problem("address", "Not accepted yet.")
        self.assertFalse(self.activities())

    def test_a_refused_key_is_told_once(self):
        self.sandbox.faults.add("401", "RequestOrders", times=None)
        self.run_cycle()
        self.run_cycle()
        [activity] = self.activities(self.gmarket)
        self.assertIn("ESM refuses", activity.note)
        self.assertIn(self.gmarket.name, activity.summary)
        activity.action_feedback()
        self.commit()
        self.run_cycle()
        self.assertFalse(self.activities())
        self.sandbox.faults.clear()
        self.run_cycle()
        self.sandbox.faults.add("401", "RequestOrders", times=None)
        self.run_cycle()
        self.assertEqual(len(self.activities(self.gmarket)), 1)
        # New credentials deserve a new try.
        self.account.secret_key = "another-secret-key-of-32-characters!"
        self.assertFalse(self.activities())

    def test_trouble_that_passes_is_told_nobody(self):
        self.sandbox.faults.add("503", "RequestOrders", times=None)
        self.run_cycle()
        self.assertEqual(self.gmarket.connection_state, "problem")
        self.assertFalse(self.activities())

    def test_refused_stock_is_told_once_for_each_reason(self):
        listings = self.env["esm.listing"].create(
            [
                {
                    "shop_id": self.gmarket.id,
                    "site_goods_no": f"39000001{number:02}",
                    "name": f"Listing {number}",
                    "state": "on_sale",
                }
                for number in range(4)
            ]
        )
        messages = self.env["esm.outbox"].create(
            [{"listing_id": listing.id, "action": "stock"} for listing in listings]
        )
        for message in messages[:3]:
            message._refuse("No.")
        messages[3]._refuse("Never.")
        self.assertEqual(
            sorted(self.activities().mapped("res_id")), [listings[0].id, listings[3].id]
        )
        messages[:3].write({"state": "sent", "message": False})
        self.assertEqual(self.activities().res_id, listings[3].id)
        messages.unlink()
        self.assertFalse(self.again())

    def test_who_is_told_may_open_it(self):
        helper = new_test_user(self.env, "helper", groups="sale_esm.group_user")
        seller = new_test_user(
            self.env, "seller", groups="sales_team.group_sale_salesman_all_leads"
        )
        nobody = new_test_user(self.env, "nobody", groups="base.group_user")
        gone = new_test_user(self.env, "gone", groups="sale_esm.group_manager")
        gone.active = False
        admin = self.env.ref("base.user_admin")
        for user, told, model in (
            (helper, helper, "esm.shop"),
            (seller, seller, "sale.order"),
            (nobody, admin, "sale.order"),
            (gone, admin, "sale.order"),
        ):
            with self.subTest(user.login):
                self.gmarket.user_id = user
                row = self.receive(TEA)
                row._set_problem("elsewhere", "Somewhere.")
                [activity] = self.activities()
                self.assertEqual((activity.user_id, activity.res_model), (told, model))
                record = self.env[model].browse(activity.res_id)
                record.with_user(told).check_access("read")
                row._clear_problem()
                self.assertFalse(self.activities())

    def test_who_is_responsible_now_takes_over(self):
        rows = self.receive(TEA) | self.receive(CUP) | self.receive(TEA)
        for row in rows:
            row._set_problem("elsewhere", f"{row.order_no} left.")
        old = self.gmarket.user_id
        new = new_test_user(self.env, "new", groups="sale_esm.group_user")
        chosen = new_test_user(self.env, "chosen", groups="sale_esm.group_user")
        first, by_hand, done = self.activities().sorted("id")
        by_hand.user_id = chosen
        done.action_feedback()
        self.gmarket.user_id = new
        self.assertEqual(self.activities().sorted("id"), first | by_hand)
        self.assertEqual((first.user_id, by_hand.user_id), (new, chosen))
        self.assertIn(rows[0].order_no, first.note)
        self.gmarket.user_id = old
        self.activities()
        self.assertEqual((first.user_id, by_hand.user_id), (old, chosen))

    def test_who_takes_over_reads_it_in_their_language(self):
        self.env["res.lang"]._activate_lang("ko_KR")
        self.env["ir.module.module"]._load_module_terms(["sale_esm"], ["ko_KR"])
        self.receive(TEA)._set_problem("elsewhere", "Somewhere.")
        self.assertFalse(self.is_korean(self.activities().summary))
        self.gmarket.user_id = new_test_user(
            self.env, "new", groups="sale_esm.group_user", lang="ko_KR"
        )
        self.assertTrue(self.is_korean(self.activities().summary))

    def is_korean(self, text):
        return any("가" <= letter <= "힣" for letter in text)

    def test_taking_over_does_not_query_per_activity(self):
        rows = self.receive(TEA)
        for _number in range(11):
            rows |= self.receive(CUP)
        users = [
            new_test_user(self.env, name, groups="sale_esm.group_user")
            for name in ("one", "two", "three")
        ]

        def queries(rows, user):
            for row in rows:
                row._set_problem("elsewhere", f"{row.order_no} left.")
            self.activities()
            self.gmarket.user_id = user
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.env.cr.flush()
            spent = self.env.cr.sql_log_count - before
            self.assertEqual(self.activities().user_id, user)
            return spent

        queries(rows[:1], users[0])  # caches of the registry
        few = queries(rows[:2], users[1])
        self.assertLessEqual(queries(rows, users[2]), few + 2)

    def test_in_the_language_of_who_is_told(self):
        self.env["res.lang"]._activate_lang("ko_KR")
        self.env["ir.module.module"]._load_module_terms(["sale_esm"], ["ko_KR"])
        self.gmarket.user_id.lang = "ko_KR"
        self.receive(TEA)._set_problem("elsewhere", "Somewhere.")
        self.assertTrue(self.is_korean(self.activities().summary))

    def test_a_copy_of_the_database_tells_nobody(self):
        row = self.receive(TEA)
        self.env["ir.config_parameter"].set_param("database.is_neutralized", True)
        row._set_problem("elsewhere", "Somewhere.")
        self.assertFalse(self.activities())
        # What was told before the copy was made ends all the same.
        self.env["ir.config_parameter"].set_param("database.is_neutralized", False)
        self.assertTrue(self.again())
        self.env["ir.config_parameter"].set_param("database.is_neutralized", True)
        row._clear_problem()
        self.assertFalse(self.activities())

    def test_it_does_not_query_per_order(self):
        rows = self.receive(TEA)
        for _number in range(14):
            rows |= self.receive(CUP)

        def queries(rows):
            for row in rows:
                row._set_problem("elsewhere", f"{row.order_no} left.")
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.env.cr.flush()
            spent = self.env.cr.sql_log_count - before
            self.assertEqual(len(self.activities()), len(rows))
            rows._clear_problem()
            before = self.env.cr.sql_log_count
            self.env.cr.flush()
            spent += self.env.cr.sql_log_count - before
            self.assertFalse(self.activities())
            return spent

        queries(rows[:1])  # caches of the registry
        few = queries(rows[1:4])
        self.assertLessEqual(queries(rows[4:]), few + 2)


@tagged("post_install", "-at_install")
class TestHourlyComparison(ActivityCase):
    """What was not told at once, whatever the reason, is told within the hour."""

    def compare(self):
        self.env["stock.picking"]._cron_deadlines()
        return self.activities()

    def test_what_was_missed_is_caught_up_on(self):
        row = self.receive(TEA)
        row._set_problem("elsewhere", "Somewhere.")
        self.activities().unlink()
        self.env["esm.notice"].search([]).unlink()
        [activity] = self.compare()
        self.assertEqual(activity.res_id, row.sale_order_id.id)
        self.assertEqual(self.compare(), activity)
        # Solved, and the activity did not hear of it.
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE esm_order SET problem = NULL, problem_text = NULL WHERE id = %s",
            [row.id],
        )
        self.env.invalidate_all()
        self.assertEqual(self.activities(), activity)
        self.assertFalse(self.compare())
        self.assertFalse(self.env["esm.notice"].search([]))

    def test_it_does_not_query_per_problem(self):
        rows = self.receive(TEA)
        for _number in range(11):
            rows |= self.receive(CUP)

        def queries(rows):
            for row in rows:
                row._set_problem("elsewhere", f"{row.order_no} left.")
            told = self.activities()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["stock.picking"]._cron_deadlines()
            spent = self.env.cr.sql_log_count - before
            self.assertEqual(self.activities(), told)
            return spent

        queries(rows[:1])  # caches of the registry
        few = queries(rows[:2])
        self.assertLessEqual(queries(rows), few + 2)


@tagged("post_install", "-at_install")
class TestUpgrade(ActivityCase):
    """A database of a version that did not write down what it had told."""

    def upgrade(self):
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM esm_notice")
        self.env.invalidate_all()
        for _time in range(2):
            migrate(self.env.cr, "post-tell-anew")
        self.env.invalidate_all()

    def warned(self, record, kind="sale_esm.mail_activity_type_deadline", **values):
        return self.env["mail.activity"].create(
            {
                "res_model_id": self.env["ir.model"]._get_id(record._name),
                "res_id": record.id,
                "activity_type_id": self.env.ref(kind).id,
                "automated": True,
                "user_id": self.env.user.id,
                **values,
            }
        )

    def test_activities_of_an_older_version_are_told_anew(self):
        rows = self.receive(TEA) | self.receive(CUP)
        rows[0]._set_problem("elsewhere", "Somewhere.")
        self.activities().unlink()
        self.env["esm.notice"].search([]).unlink()
        orders = rows.sale_order_id
        problem = "sale_esm.mail_activity_type_problem"
        listing = self.env["esm.listing"].create(
            {
                "shop_id": self.gmarket.id,
                "site_goods_no": "3900000101",
                "name": "Listing",
                "state": "on_sale",
            }
        )
        warning = "mail.mail_activity_data_warning"
        old = self.warned(orders[0], problem) | self.warned(orders[1], problem)
        old |= self.warned(listing, warning)
        kept = self.warned(listing, warning, automated=False)
        kept |= self.warned(self.env.user.partner_id, warning)
        kept |= self.warned(orders[0], problem, active=False)
        self.upgrade()
        self.assertFalse(old.exists())
        self.assertEqual(kept.exists(), kept)
        self.env["stock.picking"]._cron_deadlines()
        told = self.activities() - kept
        self.assertEqual(told.mapped("res_id"), orders[0].ids)

    def test_deadlines_that_somebody_saw_are_not_told_again(self):
        rows = self.told(TEA) | self.told(CUP)
        self.due_on(rows, self.today() - timedelta(days=1))
        seen, unseen = (row.sale_order_id.picking_ids for row in rows)
        self.warned(seen).action_archive()
        old = self.warned(unseen)
        self.upgrade()
        self.assertFalse(old.exists())
        self.env["stock.picking"]._cron_deadlines()
        [told] = self.activities()
        self.assertEqual(told.res_id, unseen.id)
        # The danger is over: nothing is left of it.
        self.due_on(rows, self.today() + timedelta(days=3))
        self.env["stock.picking"]._cron_deadlines()
        self.assertFalse(self.env["esm.notice"].search([]))


@tagged("post_install", "-at_install")
class TestTwoWorkersTell(TwoWorkersCase):
    def test_two_workers_tell_the_same_cause_once(self):
        def refuse(env):
            env["esm.shop"].browse(self.shop_id)._transact(
                lambda: self.shop(env).write({"connection_state": "refused"}),
                alone=False,
            )

        with self.worker() as env:
            self.shop(env).connection_state = "connected"
        with mute_logger("odoo.sql_db"):
            self.both(refuse)
        with self.worker() as env:
            shop = self.shop(env)
            self.assertEqual(len(shop.activity_ids), 1)
            shop.connection_state = "connected"
        with self.worker() as env:
            self.assertFalse(self.shop(env).activity_ids)
            self.assertFalse(env["esm.notice"].search([("shop_id", "=", self.shop_id)]))


@tagged("post_install", "-at_install")
class TestStoppedListings(ActivityCase):
    def test_another_stop_is_news(self):
        listing = self.env["esm.listing"].create(
            {
                "shop_id": self.gmarket.id,
                "site_goods_no": "3900000101",
                "name": "Listing",
                "state": "stopped",
                "stopped_at": fields.Datetime.now() - timedelta(days=21),
            }
        )
        self.env["esm.shop"]._cron_listings()
        self.activities(listing).action_feedback()
        self.env["esm.shop"]._cron_listings()
        self.assertFalse(self.activities(listing))
        listing.write({"state": "on_sale", "stopped_at": False})
        listing.write(
            {
                "state": "stopped",
                "stopped_at": fields.Datetime.now() - timedelta(days=22),
            }
        )
        self.env["esm.shop"]._cron_listings()
        self.assertEqual(len(self.activities(listing)), 1)
        listing.state = "on_sale"
        self.assertFalse(self.activities(listing))
