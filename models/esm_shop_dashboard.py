import json
from datetime import timedelta

from babel.dates import format_date, format_skeleton

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import babel_locale_parse

from ..esm_api import KST_ZONE, korean_day, kst_midnight
from .utc import aware, naive

CHART_DAYS = 14
# Rows of the comparison: how many days ago.
COMPARED = {"sold_today": 0, "sold_yesterday": 1, "sold_week": 7}


class EsmShop(models.Model):
    """The dashboard's cards: what waits in each shop, and how it sells."""

    _inherit = "esm.shop"

    dashboard_data = fields.Json(compute="_compute_dashboard_data")
    dashboard_graph = fields.Text(compute="_compute_dashboard_data")

    # ------------------------------------------------------------------
    # Sales
    # ------------------------------------------------------------------

    @api.model
    def _dashboard_sales_domain(self, first_day, last_day):
        """Orders that were paid on these Korean days and still stand.

        :param first_day, last_day: `datetime.date`, both included
        """
        begin, end = (
            fields.Datetime.to_string(naive(kst_midnight(day)))
            for day in (first_day, last_day + timedelta(days=1))
        )
        return [
            ("paid_at", ">=", begin),
            ("paid_at", "<", end),
            ("state", "not in", ["cancelled", "ignored"]),
        ]

    def _dashboard_sales(self, today):
        """Orders and sales of the last days.

        :param today: Korean `datetime.date`
        :return: dict (shop ID, day) -> (number of orders, won)
        """
        first = today - timedelta(days=CHART_DAYS - 1)
        groups = (
            self.env["esm.order"]
            .with_context(tz=KST_ZONE)
            ._read_group(
                Domain("shop_id", "in", self.ids)
                & Domain(self._dashboard_sales_domain(first, today)),
                ["shop_id", "paid_at:day"],
                ["__count", "amount_sale:sum"],
            )
        )
        return {
            (shop.id, day.date()): (count, amount)
            for shop, day, count, amount in groups
        }

    @api.model
    def _dashboard_today(self):
        return korean_day(aware(fields.Datetime.now()))

    @api.model
    def _dashboard_day_labels(self, today):
        weekday = format_date(today, "EEEE", babel_locale_parse(self.env.lang))
        return {
            "sold_today": self.env._("Today"),
            "sold_yesterday": self.env._("Yesterday"),
            "sold_week": self.env._("Last %(weekday)s", weekday=weekday),
        }

    # ------------------------------------------------------------------
    # The card
    # ------------------------------------------------------------------

    @api.model
    def dashboard_layout(self):
        """What all cards have in common: the words of their numbers.

        :return: dict of sections (each with its figures), labels of days, and whether
            the user may turn switches
        """
        figures = {
            key: figure
            for key, figure in self._dashboard_figures().items()
            if self.env[figure["model"]].has_access("read")
        }
        return {
            "sections": [
                {
                    "key": section,
                    "title": title,
                    "figures": [
                        {
                            "key": key,
                            "label": figure["label"],
                            "help": figure["help"],
                            "tone": figure.get("tone", "primary"),
                            "button": figure.get("button", ""),
                        }
                        for key, figure in figures.items()
                        if figure["section"] == section
                    ],
                }
                for section, title in self._dashboard_sections().items()
            ],
            "days": self._dashboard_day_labels(self._dashboard_today()),
            "manager": self.env.user.has_group("sale_esm.group_manager"),
        }

    def _compute_dashboard_data(self):
        today = self._dashboard_today()
        counts = {
            key: self._dashboard_counts(figure)
            for key, figure in self._dashboard_figures().items()
        }
        sales = self._dashboard_sales(today)
        runs = self.env["esm.run"]._watched(self)
        next_at = self._dashboard_next_collections()
        locale = babel_locale_parse(self.env.lang)
        days = [today - timedelta(days=ago) for ago in reversed(range(CHART_DAYS))]
        chart_labels = [format_skeleton("Md", day, locale=locale) for day in days]
        title = self.env._("Sales")
        for shop in self:
            sold = [sales.get((shop.id, day), (0, 0)) for day in days]
            shop.dashboard_data = {
                "counts": {
                    key: found.get(shop.id, 0)
                    for key, found in counts.items()
                    if found is not None
                },
                "days": [
                    {"key": key, "orders": orders, "sales": won}
                    for key, (orders, won) in zip(
                        COMPARED,
                        (sold[-1 - ago] for ago in COMPARED.values()),
                        strict=True,
                    )
                ],
                "has_sales": any(count for count, _amount in sold),
                "last": fields.Datetime.to_string(shop.last_collect_at) or False,
                "next": next_at.get(shop.id, False),
                "runs": runs[shop.id],
            }
            values = [
                {
                    "label": label,
                    "value": amount,
                    "type": "future" if day == today else "past",
                }
                for label, day, (_count, amount) in zip(
                    chart_labels, days, sold, strict=True
                )
            ]
            shop.dashboard_graph = json.dumps([{"key": title, "values": values}])

    def _dashboard_next_collections(self):
        """When each shop is collected next by itself.

        :return: dict shop ID -> text of a UTC datetime
        """
        # sudo: users cannot read scheduled actions
        cron = self.env.ref("sale_esm.ir_cron_collect").sudo()
        if not cron.active:
            return {}
        next_at = fields.Datetime.to_string(cron.nextcall)
        shops = self.filtered_domain(self._automatic_domain())
        return dict.fromkeys(shops.ids, next_at)
