"""The mail that says once a day how the shops are doing."""

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import TEA, UNKNOWN
from .test_concurrency import TwoWorkersCase
from .test_problems import ProblemCase

# Eight in the morning in Korea.
MORNING = "2026-06-09 23:00:00"


@tagged("post_install", "-at_install")
class TestSummary(ProblemCase):
    def setUp(self):
        super().setUp()
        self.manager = new_test_user(
            self.env,
            "boss",
            groups="sale_esm.group_manager",
            email="boss@example.com",
        )
        (self.gmarket | self.auction).user_id = self.manager
        self.company.write({"esm_summary": True, "esm_summary_hour": 8})
        self.env["mail.mail"].search([]).unlink()

    def send_at(self, moment):
        """The mails that the job leaves in the queue at a moment (UTC)."""
        known = self.env["mail.mail"].search([])
        with freeze_time(moment):
            self.env["res.company"]._esm_cron_summary()
        return self.env["mail.mail"].search([]) - known

    def yesterday(self, **options):
        """An order that was paid in Korea the day before `MORNING`."""
        row = self.receive(TEA, **options)
        row.paid_at = "2026-06-09 05:00:00"
        return row

    def test_a_mail_a_day_says_what_happened_and_what_waits(self):
        rows = self.receive(TEA)
        for _order in range(3):
            rows |= self.receive(TEA)
        rows |= self.receive(UNKNOWN)
        rows.paid_at = "2026-06-09 05:00:00"
        rows[2].paid_at = "2026-06-08 14:59:59"  # the day before
        rows[3].paid_at = "2026-06-09 15:00:00"  # today
        rows[0].due_at = "2026-06-09 22:00:00"
        self.assertFalse(self.send_at("2026-06-09 22:59:00"), "it is not eight yet")
        [mail] = self.send_at(MORNING)
        self.assertEqual(mail.recipient_ids, self.manager.partner_id)
        text = " ".join(str(mail.body_html).split())
        self.assertIn(f"[Sandbox] {self.gmarket.name}", text)
        self.assertNotIn(self.auction.name, text, "it has nothing to say")
        # Three orders yesterday, four to ship, one of them late.
        self.assertRegex(text, r"<td>3</td>.*32,800.*<td>4</td>.*>1</td>")
        self.assertRegex(text, r"Unknown code\W.*1")
        self.assertIn("/odoo/esm-problems", text)
        self.assertIn("06/09/2026", mail.subject)
        self.assertFalse(self.send_at("2026-06-10 05:00:00"), "once a day")
        self.assertEqual(len(self.send_at("2026-06-10 23:10:00")), 1)

    def test_nothing_about_buyers(self):
        row = self.yesterday()
        order = row._parsed()
        [mail] = self.send_at(MORNING)
        for value in (
            *(order.buyer_name, order.receiver_name, order.receiver_mobile),
            *(order.address_front, row.order_no, row.pay_no),
        ):
            self.assertTrue(value)
            self.assertNotIn(value, str(mail.body_html))

    def test_no_mail_if_there_is_nothing_to_say(self):
        self.assertFalse(self.send_at(MORNING))
        # An order that comes in later on the same day is tomorrow's news.
        self.yesterday()
        self.assertFalse(self.send_at("2026-06-10 01:00:00"))

    def test_problems_without_a_shop(self):
        self.env["esm.waybill.range"].create(
            {
                "carrier_id": self.carrier.id,
                "first": "600000000001",
                "last": "600000000100",
            }
        )
        [mail] = self.send_at(MORNING)
        self.assertIn("Waybill numbers run out", str(mail.body_html))

    def test_only_who_is_chosen_and_may_see_it(self):
        self.yesterday()
        other = new_test_user(
            self.env, "other", groups="sale_esm.group_user", email="other@example.com"
        )
        stranger = new_test_user(
            self.env, "stranger", groups="base.group_user", email="s@example.com"
        )
        self.company.esm_summary_user_ids = [Command.set((other | stranger).ids)]
        [mail] = self.send_at(MORNING)
        self.assertEqual(mail.recipient_ids, other.partner_id)

    def test_switched_off(self):
        self.yesterday()
        self.company.esm_summary = False
        self.assertFalse(self.send_at(MORNING))

    def test_a_copy_of_the_database_sends_none(self):
        self.yesterday()
        self.env["ir.config_parameter"].set_param("database.is_neutralized", True)
        self.assertFalse(self.send_at(MORNING))

    def test_other_companies_are_not_mixed_in(self):
        self.yesterday()
        second = self.env["res.company"].create({"name": "Second"})
        second.write({"esm_summary": True, "esm_summary_hour": 8})
        self.assertEqual(len(self.send_at(MORNING)), 1)

    def test_in_the_language_of_who_gets_it(self):
        self.env["res.lang"]._activate_lang("ko_KR")
        self.manager.lang = "ko_KR"
        self.yesterday()
        [mail] = self.send_at(MORNING)
        self.assertIn("2026.06.09", mail.subject)

    def test_there_are_24_hours(self):
        for hour in (-1, 24):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.company.esm_summary_hour = hour

    def test_it_does_not_query_per_shop(self):
        def queries():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            figures = self.company._esm_summary_figures(
                fields.Date.to_date("2026-06-10")
            )
            return self.env.cr.sql_log_count - before, len(figures)

        self.yesterday()
        queries()
        few, one = queries()
        [number] = self.place(TEA, site="auction")
        self.run_cycle(self.auction)
        self.rows(number).paid_at = "2026-06-09 05:00:00"
        many, two = queries()
        self.assertEqual((one, two), (1, 2))
        self.assertLessEqual(many, few)


@tagged("post_install", "-at_install")
class TestTwoWorkersSend(TwoWorkersCase):
    def test_two_workers_send_one_mail(self):
        with self.worker() as env:
            shop = self.shop(env)
            user = env.ref("base.user_admin")
            before, email = shop.user_id, user.email
            user.email = "admin@example.com"
            shop.write({"user_id": user.id, "listings_message": "Not permitted."})
            shop.company_id.write({"esm_summary": True, "esm_summary_hour": 0})

        def clean():
            with self.worker() as env:
                shop = self.shop(env)
                shop.company_id.write(
                    {"esm_summary": False, "esm_summary_sent_on": False}
                )
                shop.user_id.email = email
                shop.write({"user_id": before.id, "listings_message": False})
                env["mail.mail"].search([("subject", "like", "Gmarket")]).unlink()

        self.addCleanup(clean)
        with mute_logger("odoo.sql_db"):
            self.both(lambda env: env["res.company"]._esm_cron_summary())
        with self.worker() as env:
            mails = env["mail.mail"].search([("subject", "like", "Gmarket")])
            self.assertEqual(len(mails), 1)
