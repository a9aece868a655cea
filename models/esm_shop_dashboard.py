import json
from datetime import timedelta

from babel.dates import format_date, format_skeleton

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import babel_locale_parse
from odoo.tools.misc import format_amount

from ..esm_api import KST_ZONE, korean_day, kst_midnight
from .utc import aware, naive

CHART_DAYS = 14
# Rows of the comparison: how many days ago.
COMPARED = {"sold_today": 0, "sold_yesterday": 1, "sold_week": 7}


class EsmShop(models.Model):
    """The dashboard: what waits in each shop, and how it sells.

    Each number is counted for all shops in one query, with the domain of the list that
    it opens.
    """

    _inherit = "esm.shop"

    dashboard_data = fields.Json(compute="_compute_dashboard_data")
    dashboard_graph = fields.Text(compute="_compute_dashboard_data")

    # ------------------------------------------------------------------
    # Numbers
    # ------------------------------------------------------------------

    @api.model
    def _dashboard_sections(self):
        """Titles of the parts that numbers stand in."""
        return {
            "orders": self.env._("Orders"),
            "shipping": self.env._("Shipping"),
            "marketplace": self.env._("Marketplace"),
        }

    @api.model
    def _dashboard_figures(self):
        """What is counted, in the order of the card.

        :return: dict key -> dict with section, label, help, model, domain, action (the
            list that the number opens), tone (of a number above zero) and button
        """
        _ = self.env._
        orders = {"model": "esm.order", "action": "sale_esm.esm_order_action"}
        messages = {"model": "esm.outbox", "action": "sale_esm.esm_outbox_action"}
        look = _("Open")
        return {
            "to_confirm": {
                **orders,
                "section": "orders",
                "label": _("To confirm"),
                "help": _("New orders that the marketplace waits to see confirmed."),
                "domain": [
                    ("market_status", "=", "new"),
                    ("state", "in", ["received", "booked", "released"]),
                    (
                        "outbox_ids",
                        "not any",
                        [("action", "=", "acknowledge"), ("state", "=", "waiting")],
                    ),
                ],
                "button": _("Confirm"),
            },
            "unknown": {
                **orders,
                "action": "sale_esm.esm_order_action_problems",
                "section": "orders",
                "label": _("Unknown goods"),
                "help": _("Orders whose code no product has yet: they wait for it."),
                "domain": [("problem", "=", "unmatched")],
                "tone": "warning",
                "button": _("Match"),
            },
            "cancels": {
                **orders,
                "section": "orders",
                "label": _("Cancel requests"),
                "help": _(
                    "Buyers want to cancel: without an answer the marketplace does it."
                ),
                "domain": [
                    ("cancel_requested", "=", True),
                    ("ship_despite_cancel", "=", False),
                ],
                "tone": "warning",
                "button": _("Decide"),
            },
            "to_ship": {
                **orders,
                "section": "shipping",
                "label": _("To ship"),
                "help": _("Orders whose delivery is there for the warehouse."),
                "domain": [("state", "=", "released")],
            },
            "deliveries": {
                "model": "stock.picking",
                "action": "sale_esm.stock_picking_action_to_ship",
                "section": "shipping",
                "label": _("Deliveries ready"),
                "help": _("Deliveries whose goods are all there."),
                "domain": [
                    ("picking_type_code", "=", "outgoing"),
                    ("state", "=", "assigned"),
                ],
                "button": _("Print"),
            },
            "today": {
                **orders,
                "section": "shipping",
                "label": _("Due today"),
                "help": _("The dispatch deadline ends today, by Korean time."),
                "domain": [("due_state", "=", "today")],
                "tone": "warning",
                "button": look,
            },
            "late": {
                **orders,
                "section": "shipping",
                "label": _("Late"),
                "help": _("The dispatch deadline has passed: that costs a penalty."),
                "domain": [("due_state", "=", "late")],
                "tone": "danger",
                "button": look,
            },
            "waiting": {
                **messages,
                "section": "marketplace",
                "label": _("Waiting to send"),
                "help": _("What the marketplace will be told with the next sending."),
                "domain": [("state", "=", "waiting"), ("action", "!=", "stock")],
                "button": _("Send Now"),
            },
            "refused": {
                **messages,
                "section": "marketplace",
                "label": _("Refused"),
                "help": _("What the marketplace did not accept; each says why."),
                "domain": [("state", "=", "refused"), ("action", "!=", "stock")],
                "tone": "danger",
                "button": _("Send Again"),
            },
            "unmatched": {
                "model": "esm.listing.option",
                "action": "sale_esm.esm_listing_option_action",
                "section": "marketplace",
                "label": _("Unmatched goods"),
                "help": _("Goods of your listings that belong to no product yet."),
                "domain": [
                    ("match_method", "=", False),
                    ("listing_id.state", "!=", "deleted"),
                ],
                "tone": "warning",
                "button": _("Match"),
            },
            "stock": {
                "model": "esm.listing",
                "action": "sale_esm.esm_listing_action",
                "section": "marketplace",
                "label": _("Stock not in sync"),
                "help": _("Listings whose stock waits to be written, or was refused."),
                "domain": [
                    (
                        "outbox_ids",
                        "any",
                        [
                            ("action", "=", "stock"),
                            ("state", "in", ["waiting", "refused"]),
                        ],
                    ),
                ],
                "tone": "warning",
                "button": _("Push Stock"),
            },
        }

    @api.model
    def _dashboard_shop_field(self, model):
        """Name of the field that leads from a counted record to its shop."""
        return "esm_shop_id" if model == "stock.picking" else "shop_id"

    def _dashboard_counts(self, figure):
        """Count what a number stands for, for all of these shops at once.

        :param dict figure: see `_dashboard_figures`
        :return: dict shop ID -> count; None if the user may not see such records
        """
        Model = self.env[figure["model"]]
        if not Model.has_access("read"):
            return None
        name = self._dashboard_shop_field(figure["model"])
        groups = Model._read_group(
            Domain(name, "in", self.ids) & Domain(figure["domain"]),
            [name],
            ["__count"],
        )
        return {shop.id: count for shop, count in groups}

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
            ("state", "!=", "cancelled"),
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

    def _compute_dashboard_data(self):
        today = self._dashboard_today()
        figures = self._dashboard_figures()
        counts = {
            key: self._dashboard_counts(figure) for key, figure in figures.items()
        }
        sections = self._dashboard_sections()
        sales = self._dashboard_sales(today)
        day_labels = self._dashboard_day_labels(today)
        runs = self.env["esm.run"]._watched(self)
        next_at = self._dashboard_next_collections()
        manager = self.env.user.has_group("sale_esm.group_manager")
        locale = babel_locale_parse(self.env.lang)
        days = [today - timedelta(days=ago) for ago in reversed(range(CHART_DAYS))]
        chart_labels = [format_skeleton("Md", day, locale=locale) for day in days]
        # sudo: the currency may come from a pricelist that warehouse people cannot read
        currencies = {shop.id: shop.currency_id for shop in self.sudo()}
        for shop in self:
            shown = [
                {
                    "key": key,
                    "section": figure["section"],
                    "label": figure["label"],
                    "help": figure["help"],
                    "tone": figure.get("tone", "primary"),
                    "button": figure.get("button", ""),
                    "count": counts[key].get(shop.id, 0),
                }
                for key, figure in figures.items()
                if counts[key] is not None
            ]
            sold = [sales.get((shop.id, day), (0, 0)) for day in days]
            shop.dashboard_data = {
                "sections": [
                    {
                        "key": key,
                        "title": title,
                        "figures": [f for f in shown if f["section"] == key],
                    }
                    for key, title in sections.items()
                ],
                "days": [
                    {
                        "key": key,
                        "label": day_labels[key],
                        "orders": sold[-1 - ago][0],
                        "sales": format_amount(
                            self.env, sold[-1 - ago][1], currencies[shop.id]
                        ),
                    }
                    for key, ago in COMPARED.items()
                ],
                "has_sales": any(count for count, _amount in sold),
                "last": fields.Datetime.to_string(shop.last_collect_at) or False,
                "next": next_at.get(shop.id, False),
                "runs": runs[shop.id],
                "manager": manager,
            }
            shop.dashboard_graph = json.dumps(
                [
                    {
                        "key": self.env._("Sales"),
                        "values": [
                            {
                                "label": label,
                                "value": amount,
                                "type": "future" if day == today else "past",
                            }
                            for label, day, (_count, amount) in zip(
                                chart_labels, days, sold, strict=True
                            )
                        ],
                    }
                ]
            )

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

    # ------------------------------------------------------------------
    # Links and buttons
    # ------------------------------------------------------------------

    def action_dashboard_open(self, key):
        """Open exactly the records that a number of this shop's card counts.

        :param str key: of `_dashboard_figures`, or of `COMPARED`
        """
        self.ensure_one()
        if key in COMPARED:
            today = self._dashboard_today()
            day = today - timedelta(days=COMPARED[key])
            figure = {
                "model": "esm.order",
                "action": "sale_esm.esm_order_action",
                "label": self._dashboard_day_labels(today)[key],
                "domain": self._dashboard_sales_domain(day, day),
            }
        else:
            figure = self._dashboard_figures()[key]
        action = self.env["ir.actions.act_window"]._for_xml_id(figure["action"])
        shop_field = self._dashboard_shop_field(figure["model"])
        action["domain"] = [(shop_field, "=", self.id), *figure["domain"]]
        action["context"] = {}
        action["display_name"] = f"{self.name}: {figure['label']}"
        return action

    def action_dashboard_do(self, key):
        """Do what fits a number of this shop's card, or open where it is done.

        :param str key: of `_dashboard_figures`
        :return: action, or False
        """
        self.ensure_one()
        figure = self._dashboard_figures()[key]
        if key == "stock":
            return self.action_start_stock()
        if key not in ("to_confirm", "waiting", "refused"):
            return self.action_dashboard_open(key)
        records = self.env[figure["model"]].search(
            Domain(self._dashboard_shop_field(figure["model"]), "=", self.id)
            & Domain(figure["domain"])
        )
        if not records:
            return False  # somebody else was faster
        if key == "to_confirm":
            records.action_acknowledge()
        else:
            records.action_retry()
        return False
