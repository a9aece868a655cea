import logging

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..esm_api import (
    Credentials,
    DiagnosisOutcome,
    EsmClient,
    Site,
)
from .esm_pace import DatabasePacer

_logger = logging.getLogger(__name__)

# What only a human can mend; jobs leave the shop alone until then.
NEEDS_OTHER_CREDENTIALS = (
    DiagnosisOutcome.REFUSED,
    DiagnosisOutcome.IP_NOT_REGISTERED,
    DiagnosisOutcome.NO_PERMISSION,
    DiagnosisOutcome.SELLER_UNKNOWN,
)
# Messages that one worker sends for a shop at a time, and the seconds that they may
# wait for each other's slots.
CALLS_IN_FLIGHT = 4
LONGEST_WAIT = 8


class EsmShop(models.Model):
    """One shop: a seller ID on Gmarket or Auction, with its switches and jobs."""

    _name = "esm.shop"
    _description = "Gmarket or Auction Shop"
    # Activities need a thread: closing one is noted there.
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(
        compute="_compute_name",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    account_id = fields.Many2one(
        "esm.account",
        required=True,
        ondelete="restrict",
        check_company=True,
        default=lambda self: self._default_account(),
        help="The ESM Plus account (master ID and key) that this seller ID belongs to.",
    )
    access_path = fields.Selection(related="account_id.access_path")
    environment = fields.Selection(related="account_id.environment")
    site = fields.Selection(
        [("gmarket", "Gmarket"), ("auction", "Auction")],
        required=True,
        default="gmarket",
    )
    seller_id = fields.Char(
        string="Shop ID",
        required=True,
        help="Your seller ID (판매자 ID) on this site, as shown in ESM Plus.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    warehouse_id = fields.Many2one(
        "stock.warehouse",
        compute="_compute_warehouse_id",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        check_company=True,
        help="Deliveries of this shop leave from here.",
    )
    team_id = fields.Many2one("crm.team", string="Sales Team", check_company=True)
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        help="Gets the activities when an order needs a human.",
    )
    pricelist_id = fields.Many2one(
        "product.pricelist",
        check_company=True,
        ondelete="restrict",  # without it, won would be booked as another currency
        default=lambda self: self._default_pricelist(),
        help="Only its currency counts: prices are the marketplace's. Needed when the "
        "company does not keep its books in won.",
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    carrier_id = fields.Many2one(
        "delivery.carrier",
        string="Shipping Method",
        check_company=True,
        default=lambda self: self._default_carrier(),
        help="Set on each order of this shop; its marketplace courier is what ESM is "
        "told when the delivery is sent.",
    )
    carrier_hint = fields.Char(compute="_compute_carrier_hint")
    tax_rule = fields.Selection(
        [
            ("product", "Taxes of each product"),
            ("fixed", "The same taxes on everything"),
        ],
        default="product",
        required=True,
        string="Sales Tax Rule",
        help="Marketplace prices include VAT. Whichever taxes apply, the order's total "
        "stays what the marketplace says.",
    )
    tax_ids = fields.Many2many(
        "account.tax",
        string="Taxes on Everything",
        domain="[('type_tax_use', '=', 'sale'), ('company_id', '=', company_id)]",
        check_company=True,
    )
    auto_collect = fields.Boolean(
        string="Automatic order integration",
        help="On: new and to-ship orders are collected every few minutes. Off: only "
        "when you press Collect Now.",
    )
    auto_acknowledge = fields.Boolean(
        string="Automatic order confirmation",
        help="On: new orders are confirmed at the marketplace (주문확인) as soon as "
        "they are collected. From then on a buyer needs your consent to cancel. Off: "
        "you confirm each order yourself, here or in ESM Plus.",
    )
    auto_release = fields.Boolean(
        string="Automatic fulfilment shipping instruction",
        help="On: a sales order whose goods are all known and whose amount is right is "
        "confirmed, so that its delivery is there for the warehouse. Off: it stays a "
        "quotation until you confirm it.",
    )
    connection_state = fields.Selection(
        [
            ("untested", "Not tested"),
            ("connected", "Connected"),
            ("problem", "Problem"),
            ("refused", "Refused"),
        ],
        default="untested",
        readonly=True,
        copy=False,
        string="Connection",
    )
    connection_message = fields.Text(readonly=True, copy=False)
    cursor_at = fields.Datetime(
        string="Collected Up To",
        readonly=True,
        copy=False,
        help="Everything paid before is stored; each run reads a day more than that.",
    )
    last_collect_at = fields.Datetime(
        string="Last Collection", readonly=True, copy=False
    )
    cancels_read_at = fields.Datetime(readonly=True, copy=False)
    swept_at = fields.Datetime(readonly=True, copy=False)
    last_collect_summary = fields.Char(string="Last Result", readonly=True, copy=False)
    order_ids = fields.One2many("esm.order", "shop_id", string="Marketplace Orders")
    order_count = fields.Integer(compute="_compute_counts")
    problem_count = fields.Integer(compute="_compute_counts")
    to_ship_count = fields.Integer(compute="_compute_counts")

    _seller_uniq = models.UniqueIndex(
        "(site, seller_id) WHERE active",
        "This shop is already registered. A seller ID can be registered once per site.",
    )

    # ------------------------------------------------------------------
    # Fields
    # ------------------------------------------------------------------

    @api.model
    def _default_account(self):
        """The account, where there is only one."""
        found = self.env["esm.account"].search(
            [("company_id", "in", (False, self.env.company.id))], limit=2
        )
        return found if len(found) == 1 else found.browse()

    @api.model
    def _default_carrier(self):
        """The shipping method with a courier, or of all, where there is only one."""
        domain = [("company_id", "in", (False, self.env.company.id))]
        Carrier = self.env["delivery.carrier"]
        for more in ([("esm_courier_id", "!=", False)], []):
            found = Carrier.search([*domain, *more], limit=2)
            if found:
                return found if len(found) == 1 else Carrier
        return Carrier

    @api.model
    def _default_pricelist(self):
        """A pricelist in won, where the company's books are in another currency."""
        company = self.env.company
        if company.currency_id.name == "KRW":
            return self.env["product.pricelist"]
        Pricelist = self.env["product.pricelist"]
        return Pricelist.search(
            [
                ("currency_id.name", "=", "KRW"),
                *Pricelist._check_company_domain(company),
            ],
            limit=1,
        )

    @api.depends("carrier_id.esm_courier_id")
    def _compute_carrier_hint(self):
        for shop in self:
            carrier = shop.carrier_id
            shop.carrier_hint = (
                carrier
                and not carrier.esm_courier_id
                and self.env._(
                    "%(carrier)s has no marketplace courier yet: open it and choose "
                    "the courier that brings the parcels, or no tracking number can be "
                    "sent.",
                    carrier=carrier.name,
                )
            )

    @api.depends("site", "seller_id")
    def _compute_name(self):
        sites = dict(self._fields["site"]._description_selection(self.env))
        for shop in self:
            shop.name = f"{sites.get(shop.site, '')} {shop.seller_id or ''}".strip()

    @api.depends("company_id")
    def _compute_warehouse_id(self):
        for shop in self:
            if shop.warehouse_id.company_id != shop.company_id:
                shop.warehouse_id = self.env["stock.warehouse"].search(
                    [("company_id", "=", shop.company_id.id)], limit=1
                )

    @api.depends("pricelist_id.currency_id", "company_id.currency_id")
    def _compute_currency_id(self):
        for shop in self:
            shop.currency_id = (
                shop.pricelist_id.currency_id or shop.company_id.currency_id
            )

    def _compute_counts(self):
        Order = self.env["esm.order"]
        totals = Order._read_group(
            [("shop_id", "in", self.ids)], ["shop_id"], ["__count"]
        )
        problems = Order._read_group(
            [("shop_id", "in", self.ids), ("problem", "!=", False)],
            ["shop_id"],
            ["__count"],
        )
        to_ship = Order._read_group(
            [("shop_id", "in", self.ids), ("state", "=", "released")],
            ["shop_id"],
            ["__count"],
        )
        totals, problems, to_ship = dict(totals), dict(problems), dict(to_ship)
        for shop in self:
            shop.order_count = totals.get(shop, 0)
            shop.problem_count = problems.get(shop, 0)
            shop.to_ship_count = to_ship.get(shop, 0)

    @api.constrains("pricelist_id", "company_id")
    def _check_currency(self):
        for shop in self:
            if shop.currency_id.name != "KRW":
                raise ValidationError(
                    self.env._(
                        "%(shop)s: marketplace orders are in Korean won. Choose a "
                        "pricelist in KRW, because %(company)s works in %(currency)s.",
                        shop=shop.name,
                        company=shop.company_id.name,
                        currency=shop.currency_id.name,
                    )
                )

    @api.constrains("seller_id")
    def _check_seller_id(self):
        for shop in self:
            if any(c in shop.seller_id for c in " ,:") or not shop.seller_id.isascii():
                raise ValidationError(
                    self.env._(
                        "The shop ID %(seller)s cannot be right: seller IDs have no "
                        "blanks, commas or colons.",
                        seller=shop.seller_id,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        """Extend: an ID pasted with blanks around it is still that ID."""
        for vals in vals_list:
            if vals.get("seller_id"):
                vals["seller_id"] = vals["seller_id"].strip()
        # sudo: currencies are the administrator's, but Odoo posts no invoice in one
        # that is switched off
        won = self.env.ref("base.KRW").sudo()
        if vals_list and not won.active:
            won.active = True
        return super().create(vals_list)

    def write(self, vals):
        """Extend: another shop ID deserves a new try after a refusal."""
        if vals.get("seller_id"):
            vals = {**vals, "seller_id": vals["seller_id"].strip()}
        res = super().write(vals)
        if {"seller_id", "site", "account_id"} & vals.keys():
            self._reset_connection()
        return res

    def _reset_connection(self):
        self.write({"connection_state": "untested", "connection_message": False})

    # ------------------------------------------------------------------
    # The seam to the ESM Trading API
    # ------------------------------------------------------------------

    def _api(self):
        """The client of the ESM Trading API for this shop.

        :return: `esm_api.EsmClient`
        :raise UserError: in a neutralized database or without a secret key
        """
        self.ensure_one()
        # sudo: the key is a field for managers only, but every job signs with it
        account = self.account_id.sudo()
        self._check_may_call()
        base_url = account._base_url()
        if not account.secret_key or not base_url:
            raise UserError(
                self.env._(
                    "%(account)s has no secret key or address yet. Enter it in the "
                    "account.",
                    account=account.name,
                )
            )
        return EsmClient(
            base_url,
            Credentials(
                master_id=account.master_id.strip(),
                secret_key=account.secret_key.strip(),
                site=Site(self.site),
                seller_id=self.seller_id,
                issuer=account.issuer,
            ),
            session=account._api_session(base_url),
            **self._api_options(),
        )

    @api.model
    def _check_may_call(self):
        """Copies of a database leave the marketplace alone.

        :raise UserError: in a neutralized database
        """
        # sudo: only administrators read parameters
        parameters = self.env["ir.config_parameter"].sudo()
        if parameters.get_param("database.is_neutralized"):
            raise UserError(
                self.env._(
                    "This is a neutralized copy of your database: it cannot call the "
                    "marketplace, so that real orders stay untouched."
                )
            )

    def _api_options(self):
        """Options of the client: its pace is shared by all workers of this database."""
        return {
            "pacer": DatabasePacer(self.env.registry),
            "calls_per_minute": self.account_id.calls_per_minute,
        }

    def _calls_in_flight(self):
        """How many messages of this shop are sent at a time.

        Each holds its message, waiting for its turn: as many as get a slot of the pace
        within some seconds.
        """
        per_minute = self.account_id.calls_per_minute
        if not per_minute:
            return CALLS_IN_FLIGHT
        return min(CALLS_IN_FLIGHT, max(1, per_minute * LONGEST_WAIT // 60))

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_test_connection(self):
        """Ask ESM with this shop's key and say in plain words what came back."""
        self.ensure_one()
        if not self.env.user.has_group("sale_esm.group_manager"):
            raise UserError(self.env._("Only managers can test the connection."))
        diagnosis = self._api().diagnose()
        connected = diagnosis.outcome is DiagnosisOutcome.CONNECTED
        self.write(
            {
                "connection_state": "connected"
                if connected
                else "refused"
                if diagnosis.outcome in NEEDS_OTHER_CREDENTIALS
                else "problem",
                "connection_message": self._diagnosis_text(diagnosis),
            }
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if connected else "danger",
                "sticky": not connected,
                "message": self.connection_message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_collect_now(self):
        """Run one whole cycle for these shops at once, whatever the switches say."""
        self.check_access("read")
        # sudo: the jobs act for the shop, not for the person who presses the button
        for shop in self.sudo():
            shop._run_cycle()
        self.sudo()._trigger_stock_job()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning"
                if any(s.connection_state in ("problem", "refused") for s in self)
                else "success",
                "message": "\n".join(s.last_collect_summary or "" for s in self),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_view_orders(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "sale_esm.esm_order_action"
        )
        action["domain"] = [("shop_id", "=", self.id)]
        action["context"] = {}
        return action

    def action_view_problems(self):
        action = self.action_view_orders()
        action["context"] = {"search_default_problem": 1}
        return action

    def action_view_to_ship(self):
        action = self.action_view_orders()
        action["context"] = {"search_default_to_ship": 1}
        return action

    # ------------------------------------------------------------------
    # What orders of this shop look like
    # ------------------------------------------------------------------

    def _books_obstacle(self):
        """Why amounts of this shop cannot be booked right, whatever the order.

        :return: translated text, or None
        """
        self.ensure_one()
        won = self.env.ref("base.KRW")
        company = self.company_id
        if self.currency_id != won:
            return self.env._(
                "%(shop)s: marketplace orders are in Korean won (KRW), but %(company)s "
                "works in %(currency)s. Choose a pricelist in KRW in the shop.",
                shop=self.name,
                company=company.name,
                currency=self.currency_id.name,
            )
        rate = self.env["res.currency"]._get_conversion_rate(
            company.currency_id, won, company
        )
        # Odoo takes 1 where it knows no rate, and no currency is worth a won.
        if company.currency_id != won and rate == 1:
            return self.env._(
                "There is no exchange rate for KRW: %(company)s would book each won as "
                "one %(currency)s. Enter a rate for KRW under Currencies in the "
                "settings of Invoicing.",
                company=company.name,
                currency=company.currency_id.name,
            )
        return None

    def _taxes_for(self, product):
        """Sales taxes of a line with `product` by this shop's tax rule."""
        self.ensure_one()
        if self.tax_rule == "fixed":
            return self.tax_ids
        return product.taxes_id._filter_taxes_by_company(self.company_id)

    def _shipping_product(self):
        """The product of shipping lines: the carrier's, else the connector's own."""
        return self.carrier_id.product_id or self.env.ref("sale_esm.product_shipping")

    def _shipping_taxes(self):
        """Taxes of shipping lines: shipping is taxable unless said otherwise."""
        taxes = self._taxes_for(self._shipping_product())
        if not taxes and self.tax_rule == "product":
            taxes = self.company_id.account_sale_tax_id
        return taxes
