import logging
from datetime import timedelta

from psycopg2 import errors as pg_errors

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..esm_api import (
    BadAnswer,
    CancelDate,
    CredentialError,
    Credentials,
    DiagnosisOutcome,
    EsmClient,
    EsmError,
    HostUnreachable,
    NoPermission,
    OrderStatus,
    RateLimited,
    Refusal,
    Site,
    TimedOut,
    TransientError,
    UnknownOutcome,
)
from .esm_pace import DatabasePacer
from .utc import aware

_logger = logging.getLogger(__name__)

# Orders show up late or change their state for a while: each run reads again
# what was paid this long before the last run began.
OVERLAP = timedelta(days=1)
# The first run and the nightly sweep look back this far.
SWEEP = timedelta(days=14)
# A cancel request is decided within 24 hours; read two days of them again.
CANCEL_OVERLAP = timedelta(days=2)
# A scheduled run that ran out of time goes on with the other shops at once: those
# that it has just collected are not collected again within this time.
COLLECT_PAUSE = timedelta(seconds=45)
SWEEP_PAUSE = timedelta(hours=12)
# Conflicts that mean "another worker was faster": roll back and look again.
CONFLICTS = (
    pg_errors.SerializationFailure,
    pg_errors.DeadlockDetected,
    pg_errors.UniqueViolation,
    pg_errors.LockNotAvailable,
)
# What only a human can mend; jobs leave the shop alone until then.
NEEDS_OTHER_CREDENTIALS = (
    DiagnosisOutcome.REFUSED,
    DiagnosisOutcome.IP_NOT_REGISTERED,
    DiagnosisOutcome.NO_PERMISSION,
    DiagnosisOutcome.SELLER_UNKNOWN,
)
# Marketplace work is nothing to write home about in each record's chatter.
JOB_CONTEXT = {
    "tracking_disable": True,
    "mail_create_nosubscribe": True,
    "mail_auto_subscribe_no_notify": True,
}


class EsmShop(models.Model):
    """One shop: a seller ID on Gmarket or Auction, with its switches and jobs."""

    _name = "esm.shop"
    _description = "Gmarket or Auction Shop"
    _order = "sequence, id"

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
        "esm.account", required=True, ondelete="restrict", check_company=True
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
        help="Only its currency counts: prices are the marketplace's. Needed when the "
        "company does not keep its books in won.",
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    carrier_id = fields.Many2one(
        "delivery.carrier",
        string="Shipping Method",
        check_company=True,
        help="Set on each order of this shop; its marketplace courier is what ESM is "
        "told when the delivery is sent.",
    )
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
        parameters = self.env["ir.config_parameter"].sudo()
        if parameters.get_param("database.is_neutralized"):
            raise UserError(
                self.env._(
                    "This is a neutralized copy of your database: it cannot call the "
                    "marketplace, so that real orders stay untouched."
                )
            )
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
            **self._api_options(),
        )

    def _api_options(self):
        """Options of the client: its pace is shared by all workers of this database."""
        return {
            "pacer": DatabasePacer(self.env.registry),
            "calls_per_minute": self.account_id.calls_per_minute,
        }

    def _explain(self, error):
        """What `error` means and what to do now, for the merchant.

        :param error: an `esm_api.EsmError`
        :return: translated text that ends with ESM's own words, if there are any
        """
        explanations = [
            (
                NoPermission,
                self.env._(
                    "ESM refuses this kind of call for your key. Ask ESM to allow the "
                    "API for your master ID."
                ),
            ),
            (
                CredentialError,
                self.env._(
                    "ESM refuses the key. Check the master ID, the secret key and that "
                    "this server's IP address is registered, then press Test "
                    "Connection."
                ),
            ),
            (
                HostUnreachable,
                self.env._(
                    "ESM cannot be reached. Check the internet connection of this "
                    "server; the next run tries again."
                ),
            ),
            (
                TimedOut,
                self.env._("ESM did not answer in time. The next run tries again."),
            ),
            (
                RateLimited,
                self.env._("ESM asks to slow down. The next run tries again."),
            ),
            (
                BadAnswer,
                self.env._(
                    "ESM sent an answer that cannot be read. The next run tries again."
                ),
            ),
            (
                UnknownOutcome,
                self.env._(
                    "The answer of ESM got lost, so it is not known whether the call "
                    "took effect. The next run asks ESM first."
                ),
            ),
            (
                TransientError,
                self.env._("ESM has trouble at the moment. The next run tries again."),
            ),
            (EsmError, self.env._("ESM refuses this.")),
        ]
        text = next(text for kind, text in explanations if isinstance(error, kind))
        return f"{text} ({error.message})" if error.message else text

    def _explain_refusal(self, error):
        """What a refusal by rule means and what to do now.

        :param error: an `esm_api.RuleError`
        :return: translated text that ends with ESM's own words
        """
        explanations = {
            Refusal.NOT_FOUND: self.env._(
                "ESM does not know this order for this shop ID. Check the shop ID."
            ),
            Refusal.UNKNOWN_COURIER: self.env._(
                "ESM does not know this courier. Choose another marketplace courier on "
                "the shipping method, then press Retry."
            ),
            Refusal.BAD_INVOICE_NO: self.env._(
                "The tracking number does not fit the courier's rule. Correct number "
                "or shipping method on the delivery, then press Retry."
            ),
            Refusal.STAR_COURIER: self.env._(
                "Star delivery orders can only be sent with a contracted courier. "
                "Choose another shipping method, then press Retry."
            ),
            Refusal.FULFILMENT: self.env._(
                "This order is shipped by the marketplace's own fulfilment centre."
            ),
            Refusal.GIFT_WAITING: self.env._(
                "The receiver has not accepted this gift yet."
            ),
            Refusal.WRONG_STATE: self.env._(
                "The state of the order at ESM does not permit this. Look at it in ESM "
                "Plus."
            ),
            Refusal.CANCEL_COMPLETED: self.env._(
                "The order is cancelled. Stop the parcel."
            ),
        }
        text = explanations.get(
            error.reason, self.env._("ESM refuses this. Look at the order in ESM Plus.")
        )
        return f"{text} ({error.message})" if error.message else text

    def _note_trouble(self, error):
        """Say on the shop why its messages are not sent."""
        self.write(
            {
                "connection_state": "refused"
                if isinstance(error, CredentialError)
                else "problem",
                "connection_message": self._explain(error),
            }
        )

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

    def _diagnosis_text(self, diagnosis):
        outcomes = {
            DiagnosisOutcome.CONNECTED: self.env._(
                "Connected as %(seller)s: %(new)s new orders and %(preparing)s orders "
                "to ship today, %(couriers)s couriers.",
                seller=diagnosis.seller_id_seen or self.seller_id,
                new=diagnosis.new_orders or 0,
                preparing=diagnosis.preparing_orders or 0,
                couriers=diagnosis.courier_count or 0,
            ),
            DiagnosisOutcome.REFUSED: self.env._(
                "ESM refuses the key or its signature. Check the master ID and the "
                "secret key letter by letter, that this server's IP address is "
                "registered with ESM, and that the server's clock is right."
            ),
            DiagnosisOutcome.IP_NOT_REGISTERED: self.env._(
                "ESM does not know this server's IP address. Register it with ESM, "
                "then test again."
            ),
            DiagnosisOutcome.NO_PERMISSION: self.env._(
                "The key is right, but ESM does not allow it to use: %(apis)s. Ask ESM "
                "to allow these APIs for your master ID.",
                apis=", ".join(check.name for check in diagnosis.apis if not check.ok),
            ),
            DiagnosisOutcome.SELLER_UNKNOWN: self.env._(
                "The key is right, but the shop ID %(seller)s does not belong to this "
                "master ID on %(site)s. Check the shop ID in ESM Plus; with a selling "
                "tool, check that the tool company is chosen there.",
                seller=self.seller_id,
                site=dict(self._fields["site"]._description_selection(self.env))[
                    self.site
                ],
            ),
            DiagnosisOutcome.UNREACHABLE: self.env._(
                "The server of ESM cannot be reached. Check the address and the "
                "internet connection of this server."
            ),
            DiagnosisOutcome.TIMED_OUT: self.env._(
                "The server of ESM did not answer in time. Try again in a few minutes."
            ),
            DiagnosisOutcome.BUSY: self.env._(
                "ESM asks to slow down. Try again in a minute."
            ),
            DiagnosisOutcome.FAILED: self.env._(
                "ESM answers, but not as expected. Try again in a few minutes."
            ),
        }
        text = outcomes[diagnosis.outcome]
        if diagnosis.error and diagnosis.error.message:
            text = self.env._(
                "%(text)s ESM says: %(message)s",
                text=text,
                message=diagnosis.error.message,
            )
        return text

    def action_collect_now(self):
        """Run one whole cycle for these shops at once, whatever the switches say."""
        self.check_access("read")
        # sudo: the jobs act for the shop, not for the person who presses the button
        for shop in self.sudo():
            shop._run_cycle()
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
    # Jobs
    # ------------------------------------------------------------------

    @api.model
    def _cron_collect(self):
        """Collect the orders of all shops whose switch says so."""
        paused = fields.Datetime.now() - COLLECT_PAUSE
        shops = self.search(self._automatic_domain()).filtered(
            lambda shop: not shop.last_collect_at or shop.last_collect_at < paused
        )
        self._for_each_shop(shops, lambda shop: shop._run_cycle())

    @api.model
    def _automatic_domain(self):
        """Shops that scheduled work may call ESM for."""
        return [("auto_collect", "=", True), ("connection_state", "!=", "refused")]

    @api.model
    def _cron_process(self):
        """Book and release what waits, without calling ESM."""
        shops = self.env["esm.order"]._read_group(
            self.env["esm.order"]._waiting_domain(), ["shop_id"]
        )
        self._for_each_shop(
            self.browse([shop.id for [shop] in shops]), lambda shop: shop._process()
        )

    @api.model
    def _cron_sweep(self):
        """Read the last days once more: what was missed comes in now."""
        now = fields.Datetime.now()
        shops = self.search(self._automatic_domain()).filtered(
            lambda shop: not shop.swept_at or shop.swept_at < now - SWEEP_PAUSE
        )

        def sweep(shop):
            shop._run_cycle(since=now - SWEEP)
            shop._transact(lambda: shop.write({"swept_at": now}))

        self._for_each_shop(shops, sweep)

    def _for_each_shop(self, shops, work):
        """Do `work` for each shop; trouble of one never stops the others."""
        remaining = len(shops)
        progress = self.env["ir.cron"]._commit_progress
        progress(remaining=remaining)
        for shop in shops:
            try:
                work(shop)
            except Exception:
                self.env.cr.rollback()
                _logger.exception("Work for shop %s (id %s) failed", shop.name, shop.id)
            remaining -= 1
            if not progress(1, remaining=remaining):
                break

    def _transact(self, work):
        """Run `work` as one transaction; start over when another worker was faster.

        :param work: callable without arguments that can be run again
        :return: what `work` returns
        """
        # Whatever was read before belongs to an older snapshot of the database.
        self._commit()
        for attempt in range(1, 11):
            try:
                result = work()
                self.env.cr.flush()
                self._commit()
                return result
            except CONFLICTS:
                self._rollback()
                if attempt == 10:
                    raise
        return None

    def _commit(self):
        """Make what was done so far final: a crash later on cannot undo it."""
        # Each step of a job is a transaction of its own, see the README.
        self.env.cr.commit()  # pylint: disable=invalid-commit

    def _time_left(self):
        """Seconds that this scheduled run may still take; without end elsewhere."""
        return self.env["ir.cron"]._commit_progress()

    def _rollback(self):
        self.env.cr.rollback()
        self.env.transaction.reset()

    def _run_cycle(self, since=None):
        """Collect, read cancels, acknowledge, book and release for one shop.

        Commits after each step. Whatever ESM answers, orders that are already
        stored are booked and released.

        :param since: naive UTC datetime to read from, instead of the cursor
        """
        self.ensure_one()
        shop = self.with_company(self.company_id).with_context(**JOB_CONTEXT)
        stored, error = 0, None
        try:
            api = shop._api()
            stored = shop._collect(api, since)
            shop._read_cancels(api)
            self.env["esm.order"]._complete(shop, api)
            self.env["esm.order"]._request_acknowledgements(shop)
            self.env["esm.outbox"]._send_waiting(shop, ["acknowledge"], api)
        except EsmError as exc:
            shop._rollback()
            error = exc
            _logger.warning("Shop %s: %s", shop.name, type(exc).__name__)
        except UserError as exc:
            shop._rollback()
            error = exc
        booked, released = shop._process()
        shop._transact(lambda: shop._note_run(stored, booked, released, error))

    def _confirm_and_process(self):
        """Confirm at ESM what the switch says, then book and release."""
        shop = self.with_company(self.company_id).with_context(**JOB_CONTEXT)
        try:
            shop.env["esm.order"]._request_acknowledgements(shop)
            shop.env["esm.outbox"]._send_waiting(shop, ["acknowledge"], shop._api())
        except EsmError as error:
            shop._rollback()
            shop._transact(lambda trouble=error: shop._note_trouble(trouble))
        return shop._process()

    def _process(self):
        """Book and release the stored orders of this shop that are due.

        :return: numbers of orders booked and of sales orders released
        """
        self.ensure_one()
        shop = self.with_company(self.company_id).with_context(**JOB_CONTEXT)
        Order = shop.env["esm.order"]
        booked = Order._book_waiting(shop)
        Order._match_waiting(shop)
        released = Order._release_waiting(shop)
        return booked, released

    def _collect(self, api, since=None):
        """Store the new and to-ship orders of ESM, then move the cursor.

        :param api: `esm_api.EsmClient` of this shop
        :param since: see `_run_cycle`
        :return: number of orders that were not known before
        :raise EsmError: nothing was moved; the next run reads the same again
        """
        started = fields.Datetime.now()
        begin = since or (
            self.cursor_at - OVERLAP if self.cursor_at else started - SWEEP
        )
        end = started + timedelta(days=1)
        rows = []
        for status in (OrderStatus.NEW, OrderStatus.PREPARING):
            # All pages of both states first: confirming moves rows between them.
            rows += api.orders.search(status, aware(begin), aware(end))
        Order = self.env["esm.order"]
        stored = 0
        for start in range(0, len(rows), Order._STORE_BATCH):
            batch = rows[start : start + Order._STORE_BATCH]
            stored += self._transact(lambda batch=batch: Order._store(self, batch))
        self._transact(lambda: self._move_cursor(started))
        Order._look_for_missing(self, api, {row.order_no for row in rows}, begin)
        return stored

    def _move_cursor(self, started):
        if not self.cursor_at or self.cursor_at < started:
            self.cursor_at = started

    def _read_cancels(self, api):
        """Read what buyers cancelled or want to cancel, and apply it.

        :param api: `esm_api.EsmClient` of this shop
        """
        now = fields.Datetime.now()
        begin = aware((self.cancels_read_at or now - SWEEP) - CANCEL_OVERLAP)
        cancels = {}
        for by in (CancelDate.REQUESTED, CancelDate.COMPLETED):
            for cancel in api.claims.cancels(begin, aware(now), by):
                cancels[cancel.order_no] = cancel
        if cancels:
            self.env["esm.order"]._apply_cancels(self, cancels)
        self._transact(lambda: self.write({"cancels_read_at": now}))

    def _note_run(self, stored, booked, released, error):
        """Say on the shop what the run did, in the merchant's words."""
        values = {
            "last_collect_at": fields.Datetime.now(),
            "last_collect_summary": self.env._(
                "%(shop)s: %(stored)s new orders, %(booked)s booked, %(released)s "
                "released for shipping.",
                shop=self.name,
                stored=stored,
                booked=booked,
                released=released,
            ),
        }
        if error is None:
            if self.connection_state != "connected":
                values["connection_state"] = "connected"
                values["connection_message"] = False
        else:
            text = self._explain(error) if isinstance(error, EsmError) else str(error)
            values["connection_state"] = (
                "refused" if isinstance(error, CredentialError) else "problem"
            )
            values["connection_message"] = text
            values["last_collect_summary"] = f"{self.name}: {text}"
        self.write(values)

    # ------------------------------------------------------------------
    # What orders of this shop look like
    # ------------------------------------------------------------------

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
