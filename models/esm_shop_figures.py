from datetime import timedelta

from markupsafe import Markup

from odoo import api, models
from odoo.fields import Domain

from .esm_shop_dashboard import COMPARED

# Apart from their words: the search for texts to translate takes a bracket that follows
# a translated text for another one.
DOMAINS = {
    "to_confirm": [
        ("market_status", "=", "new"),
        ("silent", "=", False),
        ("state", "in", ["received", "booked", "released"]),
        (
            "outbox_ids",
            "not any",
            [("action", "=", "acknowledge"), ("state", "=", "waiting")],
        ),
    ],
    "unknown": [("problem", "=", "unmatched")],
    "cancels": [
        ("cancel_requested", "=", True),
        ("ship_despite_cancel", "=", False),
    ],
    "problems": [],
    "to_ship": [("state", "=", "released")],
    "deliveries": [
        ("picking_type_code", "=", "outgoing"),
        ("state", "=", "assigned"),
    ],
    "today": [("due_state", "=", "today")],
    "late": [("due_state", "=", "late")],
    "waiting": [("state", "=", "waiting"), ("action", "!=", "stock")],
    "refused": [("state", "=", "refused"), ("action", "!=", "stock")],
    "unmatched": [
        ("match_method", "=", False),
        ("listing_id.state", "!=", "deleted"),
    ],
    "stock": [
        (
            "outbox_ids",
            "any",
            [
                ("action", "=", "stock"),
                ("state", "in", ["waiting", "refused"]),
            ],
        ),
    ],
}


class EsmShop(models.Model):
    """The numbers on the dashboard's cards, their links and their buttons.

    Each number is counted for all shops in one query, with the domain of the list that
    it opens.
    """

    _inherit = "esm.shop"

    # ------------------------------------------------------------------
    # Numbers
    # ------------------------------------------------------------------

    @api.model
    def _dashboard_sections(self):
        """Titles of the parts that numbers stand in."""
        return {
            "orders": self.env._("Orders"),
            "shipping": self.env._("Deliveries"),
            "marketplace": self.env._("Marketplace"),
        }

    @api.model
    def _dashboard_figures(self):
        """What is counted, in the order of the card.

        :return: dict key -> dict with section, label, help, model, domain, action (the
            list that the number opens), tone (of a number above zero) and button
        """
        orders = {"model": "esm.order", "action": "sale_esm.esm_order_action"}
        messages = {"model": "esm.outbox", "action": "sale_esm.esm_outbox_action"}
        look = self.env._("View")
        figures = {
            "to_confirm": {
                **orders,
                "section": "orders",
                "label": self.env._("To confirm"),
                "help": self.env._(
                    "New orders that the marketplace waits to see confirmed."
                ),
                "button": self.env._("Confirm"),
            },
            "unknown": {
                **orders,
                "action": "sale_esm.esm_order_action_problems",
                "section": "orders",
                "label": self.env._("Unknown goods"),
                "help": self.env._(
                    "Orders whose code no product has yet: they wait for it."
                ),
                "tone": "warning",
                "button": self.env._("Match"),
            },
            "cancels": {
                **orders,
                "section": "orders",
                "label": self.env._("Cancel requests"),
                "help": self.env._(
                    "Buyers want to cancel: without an answer the marketplace does it."
                ),
                "tone": "warning",
                "button": self.env._("Decide"),
            },
            "problems": {
                "model": "esm.problem",
                "action": "sale_esm.esm_problem_action",
                "section": "orders",
                "label": self.env._("Problems"),
                "help": self.env._(
                    "All that waits for a human, a line for each cause."
                ),
                "tone": "warning",
                "button": look,
            },
            "to_ship": {
                **orders,
                "section": "shipping",
                "label": self.env._("Orders to ship"),
                "help": self.env._("Orders whose delivery is there for the warehouse."),
            },
            "deliveries": {
                "model": "stock.picking",
                "action": "sale_esm.stock_picking_action_to_ship",
                "section": "shipping",
                "label": self.env._("Deliveries ready"),
                "help": self.env._("Deliveries whose goods are all there."),
                "button": look,
            },
            "today": {
                **orders,
                "section": "shipping",
                "label": self.env._("Due today"),
                "help": self.env._("The dispatch deadline ends today, by Korean time."),
                "tone": "warning",
                "button": look,
            },
            "late": {
                **orders,
                "section": "shipping",
                "label": self.env._("Late"),
                "help": self.env._(
                    "The dispatch deadline has passed: that costs a penalty."
                ),
                "tone": "danger",
                "button": look,
            },
            "waiting": {
                **messages,
                "section": "marketplace",
                "label": self.env._("Waiting to send"),
                "help": self.env._(
                    "What the marketplace will be told with the next sending."
                ),
                "button": self.env._("Send Now"),
            },
            "refused": {
                **messages,
                "section": "marketplace",
                "label": self.env._("Refused"),
                "help": self.env._(
                    "What the marketplace did not accept; each says why."
                ),
                "tone": "danger",
                "button": self.env._("Send Again"),
            },
            "unmatched": {
                "model": "esm.listing.option",
                "action": "sale_esm.esm_listing_option_action",
                "section": "marketplace",
                "label": self.env._("Unmatched goods"),
                "help": self.env._(
                    "Goods of your listings that belong to no product yet."
                ),
                "tone": "warning",
                "button": self.env._("Match"),
            },
            "stock": {
                "model": "esm.listing",
                "action": "sale_esm.esm_listing_action",
                "section": "marketplace",
                "label": self.env._("Stock not in sync"),
                "help": self.env._(
                    "Listings whose stock waits to be written, or was refused."
                ),
                "tone": "warning",
                "button": self.env._("Push Stock"),
            },
        }
        return {
            key: {**figure, "domain": DOMAINS[key]} for key, figure in figures.items()
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
        action["help"] = Markup('<p class="o_view_nocontent_smiling_face">%s</p>') % (
            self.env._("Nothing here at the moment")
        )
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
