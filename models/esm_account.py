from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..esm_api import PRODUCTION_URL, AddressRefused, check_url, guarded_session

# Hosts of sandboxes in one's own network, separated by blanks or commas.
HOSTS_PARAMETER = "sale_esm.sandbox_hosts"


class EsmAccount(models.Model):
    """An ESM Plus master account: who signs the calls of its shops."""

    _name = "esm.account"
    _description = "ESM Plus Account"
    _order = "name, id"

    name = fields.Char(
        compute="_compute_name",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        help="What you call it here. Empty: the master ID.",
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        default=lambda self: self.env.company,
        help="Empty: shops of every company may use this account.",
    )
    access_path = fields.Selection(
        [("own", "Own API (자사 API)"), ("tool", "Selling tool (셀링툴)")],
        default="own",
        required=True,
        help="Own API: you applied for the API yourself. Selling tool: a tool "
        "company did, and you chose that company in ESM Plus.",
    )
    master_id = fields.Char(
        string="ESM Master ID",
        required=True,
        help="The master ID of ESM Plus that the secret key was issued for. With a "
        "selling tool this is the tool company's master ID.",
    )
    secret_key = fields.Char(
        groups="sale_esm.group_manager",
        copy=False,
        help="The key that ESM issued for the master ID. Only managers see it.",
    )
    issuer = fields.Char(
        default="www.esmplus.com",
        required=True,
        help="Your domain. ESM does not visibly check it.",
    )
    environment = fields.Selection(
        [("production", "Production"), ("sandbox", "Sandbox")],
        default="production",
        required=True,
        help="Production: the real Gmarket and Auction. Sandbox: a server to try "
        "things out with; what comes from it is marked everywhere.",
    )
    sandbox_url = fields.Char(
        string="Sandbox Address",
        groups="sale_esm.group_manager",
        help="Address of a server that speaks the ESM Trading API, for trying things "
        "out, e.g. http://127.0.0.1:8070",
    )
    calls_per_minute = fields.Integer(
        default=30,
        help="Per seller ID and on average, for calls that ESM publishes no limit for: "
        "confirmations, tracking numbers, states, cancels. After a quiet time so many "
        "may go at once. 0 = no limit. Order collection always keeps ESM's own pace.",
    )
    shop_ids = fields.One2many("esm.shop", "account_id", string="Shops")
    shop_count = fields.Integer(compute="_compute_shop_count")

    _master_uniq = models.UniqueIndex(
        "(master_id, environment) WHERE active",
        "This ESM master ID is already registered for this environment.",
    )

    @api.depends("master_id")
    def _compute_name(self):
        for account in self:
            account.name = account.name or account.master_id

    @api.depends("shop_ids")
    def _compute_shop_count(self):
        counts = dict(
            self.env["esm.shop"]._read_group(
                [("account_id", "in", self.ids)], ["account_id"], ["__count"]
            )
        )
        for account in self:
            account.shop_count = counts.get(account, 0)

    @api.constrains("environment", "sandbox_url")
    def _check_sandbox_url(self):
        for account in self.sudo():  # the address is a field for managers only
            if account.environment != "sandbox":
                continue
            try:
                check_url(account.sandbox_url or "", account._allowed_hosts())
            except AddressRefused as refusal:
                raise ValidationError(
                    account._address_text(refusal.reason)
                ) from refusal

    def _address_text(self, reason):
        """What people are told of an address that is refused.

        :param str reason: of `AddressRefused`
        """
        if reason == "form":
            return self.env._(
                "The sandbox of %(account)s needs an address that starts with http:// "
                "or https://, followed by the name of a server.",
                account=self.name,
            )
        if reason == "plain":
            return self.env._(
                "The sandbox of %(account)s is on another machine: its address has to "
                "start with https://, so that nobody on the way reads orders. For a "
                "server of your own network, ask your administrator to add its name to "
                "the system parameter %(parameter)s.",
                account=self.name,
                parameter=HOSTS_PARAMETER,
            )
        return self.env._(
            "The sandbox of %(account)s has an address inside your network. Odoo does "
            "not call such addresses, unless your administrator adds the name or "
            "number to the system parameter %(parameter)s.",
            account=self.name,
            parameter=HOSTS_PARAMETER,
        )

    @api.model
    def _allowed_hosts(self):
        """Hosts of sandboxes that an administrator allows, whatever they are.

        :return: frozenset of names in lower case
        """
        # sudo: only administrators write parameters, everybody keeps to them
        parameters = self.env["ir.config_parameter"].sudo()
        hosts = parameters.get_param(HOSTS_PARAMETER) or ""
        return frozenset(hosts.lower().replace(",", " ").split())

    def _api_session(self, url):
        """The HTTP session of this account's calls.

        :param str url: what `_base_url` says
        :return: None for the client's own: ESM's address is fixed
        :raise UserError: the address was allowed once, and is not any more
        """
        self.ensure_one()
        if self.environment != "sandbox":
            return None
        allowed = self._allowed_hosts()
        try:
            check_url(url, allowed)
        except AddressRefused as refusal:
            raise UserError(self._address_text(refusal.reason)) from refusal
        return guarded_session(url, allowed)

    @api.constrains("calls_per_minute")
    def _check_calls_per_minute(self):
        if any(account.calls_per_minute < 0 for account in self):
            raise ValidationError(
                self.env._("Calls per minute must be 0 (no limit) or more.")
            )

    def write(self, vals):
        """Extend: new credentials deserve a new try of refused shops."""
        res = super().write(vals)
        if self.env.context.get("esm_same_server"):
            return res
        if {"master_id", "secret_key", "environment", "sandbox_url"} & vals.keys():
            # sudo: shops of other companies that share the account as well
            self.sudo().with_context(active_test=False).shop_ids._reset_connection()
        return res

    def _base_url(self):
        """The address that this account's calls go to, without final slash."""
        self.ensure_one()
        if self.environment == "sandbox":
            return (self.sudo().sandbox_url or "").rstrip("/")
        return PRODUCTION_URL
