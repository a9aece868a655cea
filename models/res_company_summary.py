import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tools import format_date

from ..esm_api import kst, kst_midnight
from .jobs import CONFLICTS, describe
from .utc import aware, naive

_logger = logging.getLogger(__name__)


class ResCompany(models.Model):
    """A mail a day that says how the shops are doing, and what waits."""

    _inherit = "res.company"

    esm_summary = fields.Boolean(string="Daily Summary of the Shops")
    esm_summary_hour = fields.Integer(
        string="Summary Sent At",
        default=8,
        help="Hour in Korea, 0 to 23, from which the summary is sent.",
    )
    esm_summary_user_ids = fields.Many2many(
        "res.users",
        "esm_summary_user_rel",
        string="Summary Sent To",
        domain="[('share', '=', False), ('company_ids', 'in', id)]",
        help="Empty: to those who are responsible for the shops.",
    )
    esm_summary_sent_on = fields.Date(
        readonly=True, copy=False, help="Day in Korea of the last summary."
    )

    @api.constrains("esm_summary_hour")
    def _check_esm_summary_hour(self):
        for company in self:
            if not 0 <= company.esm_summary_hour <= 23:
                raise ValidationError(
                    self.env._("The hour of the daily summary must be from 0 to 23.")
                )

    # ------------------------------------------------------------------
    # When, and to whom
    # ------------------------------------------------------------------

    @api.model
    def _esm_cron_summary(self):
        """Send the summary of each company whose hour has come, once a day."""
        parameters = self.env["ir.config_parameter"].sudo()
        if parameters.get_param("database.is_neutralized"):
            return
        now = kst(aware(fields.Datetime.now()))
        companies = self.search(
            [
                ("esm_summary", "=", True),
                ("esm_summary_hour", "<=", now.hour),
                "|",
                ("esm_summary_sent_on", "=", False),
                ("esm_summary_sent_on", "<", now.date()),
            ]
        )
        progress = self.env["ir.cron"]._commit_progress
        progress(remaining=len(companies))
        for number, company in enumerate(companies, 1):
            try:
                company._esm_send_summary(now.date())
                self.env.cr.flush()
            except CONFLICTS:
                # Another worker has it in hand.
                self.env["esm.shop"]._rollback()
            except Exception as error:
                self.env["esm.shop"]._rollback()
                _logger.error(
                    "Daily summary of company %s: %s", company.id, describe(error)
                )
            if not progress(1, remaining=len(companies) - number):
                break

    def _esm_send_summary(self, day):
        """Put the summary of this company into the queue of mails, once.

        The day is noted in the same transaction: a mail is lost rather than sent
        twice.

        :param day: the day in Korea on which it is sent
        """
        company = self.try_lock_for_update(allow_referencing=True)
        company.invalidate_recordset(["esm_summary_sent_on"])
        if not company or company.esm_summary_sent_on == day:
            return
        company.esm_summary_sent_on = day
        figures = company._esm_summary_figures(day)
        if not figures:
            return
        self.env["mail.mail"].create(
            [
                company._prepare_esm_summary_values(user, figures, day)
                for user in company._esm_summary_users()
            ]
        )

    def _esm_summary_users(self):
        """Who gets the summary: chosen people, or who is responsible for the shops."""
        self.ensure_one()
        users = self.esm_summary_user_ids
        if not users:
            users = self.env["esm.shop"].search([("company_id", "=", self.id)]).user_id
        return users.filtered(
            lambda user: (
                user.active
                and not user.share
                and user.email
                and self in user.company_ids
                and user.has_group("sale_esm.group_user")
            )
        )

    # ------------------------------------------------------------------
    # What it says
    # ------------------------------------------------------------------

    def _esm_summary_figures(self, day):
        """What happened in the shops the day before, and what waits now.

        Counts and sums only, nothing about buyers. One grouped query for each figure.

        :param day: the day in Korea on which it is sent
        :return: list of dicts, one for each shop that has something to say; empty if
            none has
        """
        self.ensure_one()
        shops = self.env["esm.shop"].search([("company_id", "=", self.id)])
        ours = [("shop_id", "in", shops.ids)]
        Order = self.env["esm.order"]
        begin, end = kst_midnight(day - timedelta(days=1)), kst_midnight(day)
        yesterday = [("paid_at", ">=", naive(begin)), ("paid_at", "<", naive(end))]
        sales = Order._read_group(
            [*ours, *yesterday, ("state", "not in", ("cancelled", "ignored"))],
            ["shop_id"],
            ["__count", "amount_sale:sum"],
        )
        sales = {shop: (count, amount) for shop, count, amount in sales}

        def count(domain):
            groups = Order._read_group([*ours, *domain], ["shop_id"], ["__count"])
            return dict(groups)

        to_ship = count([("state", "=", "released")])
        late = count([("due_state", "in", ["late"])])
        problems = {}
        for shop, kind, severity, lines in self.env["esm.problem"]._read_group(
            [("company_id", "in", (self.id, False))],
            ["shop_id", "kind", "severity"],
            ["__count"],
        ):
            kinds = problems.setdefault(shop, {})
            before, known = kinds.get(kind, (severity, 0))
            kinds[kind] = min(severity, before), known + lines
        figures = []
        # What belongs to no shop comes last: numbers of a courier, files.
        for shop in (*shops, shops.browse()):
            orders, amount = sales.get(shop, (0, 0))
            values = {
                "shop": shop,
                "orders": orders,
                "sales": amount,
                "to_ship": to_ship.get(shop, 0),
                "late": late.get(shop, 0),
                # The most urgent first.
                "problems": sorted(
                    (severity, kind, lines)
                    for kind, (severity, lines) in problems.get(shop, {}).items()
                ),
            }
            if any(values[name] for name in ("orders", "to_ship", "late", "problems")):
                figures.append(values)
        return figures

    def _prepare_esm_summary_values(self, user, figures, day):
        """Values of the mail to one person, in that person's language.

        :param user: `res.users` record
        :param figures: as of `_esm_summary_figures`
        :param day: the day in Korea on which it is sent
        """
        me = self.with_context(lang=user.lang, tz=user.tz)
        kinds = dict(
            me.env["esm.problem"]._fields["kind"]._description_selection(me.env)
        )
        base = self.get_base_url()
        body = me.env["ir.qweb"]._render(
            "sale_esm.summary_mail",
            {
                "company": me,
                "day": format_date(me.env, day - timedelta(days=1)),
                "shops": [
                    {
                        **values,
                        "name": values["shop"].with_env(me.env).display_name,
                        "sales": values["shop"]
                        and values["shop"]
                        .currency_id.with_env(me.env)
                        .format(values["sales"]),
                        "problems": [
                            (severity, kinds[kind], lines)
                            for severity, kind, lines in values["problems"]
                        ],
                    }
                    for values in figures
                ],
                "problems_url": f"{base}/odoo/esm-problems",
                "settings_url": f"{base}/odoo/settings",
            },
            minimal_qcontext=True,
            raise_if_not_found=True,
        )
        return {
            "subject": me.env._(
                "%(company)s: your Gmarket and Auction shops on %(day)s",
                company=self.name,
                day=format_date(me.env, day - timedelta(days=1)),
            ),
            "body_html": body,
            "email_from": self.email_formatted or user.email_formatted,
            "recipient_ids": [Command.link(user.partner_id.id)],
            "auto_delete": True,
            "is_internal": True,
        }
