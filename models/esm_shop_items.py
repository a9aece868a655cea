import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..esm_api import BadAnswer, EsmError, NoPermission, RuleError
from .jobs import CONFLICTS, describe

_logger = logging.getLogger(__name__)

# All listings are read once a night.
READ_EVERY = timedelta(hours=20)
# Orders that were read this long ago are read again before stock is compared.
FRESH_ORDERS = timedelta(seconds=20)
# Quantities older than this are computed again before more of them are sent.
SLICE_SECONDS = 60
# So many items may have options that cannot be read before the others wait.
MOST_BAD_ANSWERS = 5
AFTER_TROUBLE = timedelta(minutes=1)


class EsmShop(models.Model):
    """The jobs of a shop that are about its listings: read them, keep stock right."""

    _inherit = "esm.shop"

    auto_stock = fields.Boolean(
        string="Automatic stock quantity sync",
        help="On: what is free in the warehouse is put on sale, minutes after it "
        "changed. Each piece is on sale in one place only, so that two sites cannot "
        "sell the same last one. Off: you keep quantities in ESM Plus.",
    )
    stock_warehouse_ids = fields.Many2many(
        "stock.warehouse",
        string="Sold From",
        check_company=True,
        help="Warehouses whose stock this shop sells. Empty: the one that its "
        "deliveries leave from.",
    )
    stock_buffer = fields.Float(
        string="Keep Back",
        digits="Product Unit",
        help="What this shop never puts on sale, of each product.",
    )
    stock_buffer_type = fields.Selection(
        [("units", "pieces"), ("percent", "% of the stock")],
        default="units",
        required=True,
    )
    listings_read_at = fields.Datetime(
        string="Listings Last Read", readonly=True, copy=False
    )
    listings_message = fields.Text(
        readonly=True,
        copy=False,
        help="Why its listings cannot be read, or their stock not be written.",
    )
    listing_ids = fields.One2many("esm.listing", "shop_id")
    listing_count = fields.Integer(compute="_compute_listing_counts")
    unmatched_count = fields.Integer(compute="_compute_listing_counts")

    _buffer_check = models.Constraint(
        "CHECK (stock_buffer >= 0)", "What is kept back cannot be less than nothing."
    )

    @api.constrains("auto_stock", "auto_collect")
    def _check_auto_stock(self):
        for shop in self:
            if shop.auto_stock and not shop.auto_collect:
                raise ValidationError(
                    self.env._(
                        "%(shop)s: stock can only be right where orders are known. "
                        "Switch the collection of orders on too, or the stock "
                        "quantity sync off.",
                        shop=shop.name,
                    )
                )

    @api.constrains("stock_warehouse_ids", "warehouse_id")
    def _check_stock_warehouses(self):
        for shop in self:
            sold_from = shop.stock_warehouse_ids
            if sold_from and shop.warehouse_id not in sold_from:
                raise ValidationError(
                    self.env._(
                        "%(shop)s: deliveries leave from %(warehouse)s, so its stock "
                        "has to be sold too. Add it to “Sold From”, or let deliveries "
                        "leave from another warehouse.",
                        shop=shop.name,
                        warehouse=shop.warehouse_id.display_name,
                    )
                )

    def _compute_listing_counts(self):
        listings = dict(
            self.env["esm.listing"]._read_group(
                [("shop_id", "in", self.ids)], ["shop_id"], ["__count"]
            )
        )
        unmatched = dict(
            self.env["esm.listing.option"]._read_group(
                [("shop_id", "in", self.ids), ("match_method", "=", False)],
                ["shop_id"],
                ["__count"],
            )
        )
        for shop in self:
            shop.listing_count = listings.get(shop, 0)
            shop.unmatched_count = unmatched.get(shop, 0)

    def write(self, vals):
        """Extend: other rules for stock show in what is on sale at once."""
        res = super().write(vals)
        if "auto_stock" in vals and not vals["auto_stock"]:
            # sudo: the outbox is written by the connector only
            self.env["esm.outbox"].sudo().search(
                [("shop_id", "in", self.ids), ("action", "=", "stock")]
            )._withdraw()
        rules = {
            *("auto_stock", "stock_warehouse_ids", "stock_buffer"),
            *("stock_buffer_type", "warehouse_id", "sequence"),
        }
        if rules & vals.keys() and any(self.mapped("auto_stock")):
            self.env.ref("sale_esm.ir_cron_stock").sudo()._trigger()
        return res

    def _stock_warehouses(self):
        """Warehouses whose stock this shop sells, that of its deliveries first."""
        self.ensure_one()
        if not self.stock_warehouse_ids:
            return self.warehouse_id
        return self.warehouse_id | self.stock_warehouse_ids

    def _stock_buffer(self):
        """(pieces, percent) of each product that are kept back."""
        if self.stock_buffer_type == "percent":
            return 0, self.stock_buffer
        return self.stock_buffer, 0

    # ------------------------------------------------------------------
    # Read listings
    # ------------------------------------------------------------------

    @api.model
    def _cron_listings(self):
        """Read all listings once a night, and the options that are due at any time."""
        shops = self.search(
            [
                ("connection_state", "!=", "refused"),
                "|",
                ("auto_stock", "=", True),
                ("auto_collect", "=", True),
            ]
        )
        if not self._leave_to_queue("listings", shops):
            self._for_each_shop(shops, type(self)._scheduled_listings)
        # What was stopped lately is stopped for long by now.
        self.env["esm.problem"]._tell([("kind", "=", "stopped")])

    def _scheduled_listings(self):
        long_ago = fields.Datetime.now() - READ_EVERY
        if not self.listings_read_at or self.listings_read_at < long_ago:
            self._traced("listings", type(self)._work_listings)
        else:
            # Mostly there is nothing to do: no trace of that.
            self._read_listings(everything=False)

    def _read_listings(self, everything=True):
        """Read the listings of this shop from ESM Plus; commits as it goes.

        :param bool everything: all listings, else only the options that are due
        :return: the `EsmError` or `UserError` that stopped it, or that says which
            listings were left out; None after a run without trouble
        """
        self.ensure_one()
        shop = self._as_job()
        broken = []
        try:
            api_client = shop._api()
            if everything:
                broken = shop._read_all(api_client)
            shop._read_options(api_client)
        except EsmError as error:
            shop._rollback()
            trouble = error
            shop._transact(lambda: shop._note_item_trouble(trouble))
            return trouble
        except UserError as error:  # no key, or a neutralized database
            _logger.info("Shop %s cannot read listings: %s", shop.id, error)
            shop._rollback()
            return error
        shop._transact(lambda: shop._note_item_trouble(None))
        return UserError(shop._broken_items_text(broken)) if broken else None

    def _broken_items_text(self, broken):
        """What people are told of listings that cannot be stored.

        :param broken: master numbers of items
        """
        return self.env._(
            "%(count)s listings of the marketplace cannot be stored (%(numbers)s); the "
            "server's log says where it went wrong. All others were read.",
            count=len(broken),
            numbers=", ".join(broken[:5]) + (", ..." if len(broken) > 5 else ""),
        )

    def _note_item_trouble(self, error):
        """Say on the shop why its listings cannot be read or written.

        Permission is granted per API: orders go on without that for goods.

        :param error: `EsmError`, or None after a run without trouble
        """
        text = self._explain(error) if isinstance(error, NoPermission) else False
        if self.listings_message != text:
            self.listings_message = text
        if error and not text:
            self._note_trouble(error)

    def _read_all(self, api_client):
        """Read all listings.

        :return: master numbers of those that cannot be stored
        """
        started = fields.Datetime.now()
        broken = self._read_pages(api_client)
        missing = self._not_read_since(started)
        if missing:
            # One that was deleted meanwhile moves another one to the page before.
            broken += self._read_pages(
                api_client, site_goods_nos=missing.mapped("site_goods_no")
            )
        self._transact(lambda: self._note_all_read(started))
        return list(dict.fromkeys(broken))

    def _read_pages(self, api_client, **query):
        """Store what ESM's search returns, page by page.

        :return: master numbers of those that cannot be stored
        """
        Listing = self.env["esm.listing"]
        pages = api_client.goods.search(**query)
        read = total = 0
        broken = []
        while True:
            self._show_progress("listings", read, total)
            read_at = fields.Datetime.now()
            page = next(pages, None)
            if page is None:
                break
            _stored, failed = self._transact_apart(
                list(page.items),
                lambda items, read_at=read_at: Listing._store(self, items, read_at),
            )
            for item, error in failed:
                _logger.error(
                    "Item %s of shop %s cannot be stored: %s",
                    item.goods_no,
                    self.id,
                    describe(error),
                )
                broken.append(item.goods_no)
            read, total = read + len(page.items), page.total
        return broken

    def _not_read_since(self, started):
        return self.env["esm.listing"].search(
            [
                ("shop_id", "=", self.id),
                ("goods_no", "!=", False),
                ("state", "!=", "deleted"),
                ("read_at", "<", started),
            ]
        )

    def _note_all_read(self, started):
        """What ESM does not list any more is deleted there."""
        self._not_read_since(started).write({"state": "deleted"})
        # Options that could not be read the last time get another try.
        self.env["esm.listing"].search(
            [
                ("shop_id", "=", self.id),
                ("has_options", "=", True),
                ("option_ids", "=", False),
                ("options_due", "=", False),
            ]
        ).options_due = True
        self.listings_read_at = started

    def _read_options(self, api_client, listings=None):
        """Read the options that are due, until the time of this run is used up.

        :param api_client: `esm_api.EsmClient` of this shop
        :param listings: only of these `esm.listing` records
        """
        Listing = self.env["esm.listing"]
        domain = [
            ("shop_id", "=", self.id),
            ("options_due", "=", True),
            ("has_options", "=", True),
            ("state", "!=", "deleted"),
            ("goods_no", "!=", False),
        ]
        due = Listing.search(domain, order="read_at, id")
        if listings is not None:
            due &= listings
        found, bad_answers = Listing.browse(), []
        for number, listing in enumerate(due):
            if number and not self._time_left():
                self.env.ref("sale_esm.ir_cron_listings")._trigger()
                break
            self._show_progress("options", number, len(due))
            if not listing.options_due:
                continue  # read together with the other site's
            read_at = fields.Datetime.now()
            try:
                options = api_client.goods.options(listing.goods_no, listing._sellers())
            except BadAnswer as error:
                # Of one item, or of all? It is told in the end, and tried again.
                bad_answers.append(error)
                if len(bad_answers) > MOST_BAD_ANSWERS:
                    raise
                continue
            except RuleError as error:
                _logger.info(
                    "Options of listing %s: %s", listing.id, type(error).__name__
                )
                found |= self._transact(
                    lambda due=listing, error=error: due._note_unreadable(
                        error, api_client
                    ),
                    alone=False,  # it may ask ESM
                )
                continue
            try:
                self._transact(
                    lambda due=listing, options=options, read_at=read_at: [
                        sibling._store_options(options, read_at)
                        for sibling in due._siblings()
                    ]
                )
            except CONFLICTS:
                raise
            except Exception as error:
                # The others' are read; this one gets another try with all of them.
                self._rollback()
                _logger.error(
                    "Options of listing %s cannot be stored: %s",
                    listing.id,
                    describe(error),
                )
                self._transact(lambda due=listing: due.write({"options_due": False}))
        else:
            if found:
                self._read_options(api_client, found)
        if bad_answers:
            raise bad_answers[0]

    def action_read_listings(self):
        """Read the listings of these shops now."""
        self.check_access("read")
        # sudo: the jobs act for the shop, not for the person who presses the button
        errors = []
        for shop in self.sudo():
            error = shop._read_listings()
            if error:
                errors.append(f"{shop.name}: {shop._run_error_text(error)}")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "danger" if errors else "success",
                "message": "\n".join(errors)
                or self.env._(
                    "%(count)s listings are known.",
                    count=sum(self.mapped("listing_count")),
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_view_listings(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "sale_esm.esm_listing_action"
        )
        action["domain"] = [("shop_id", "=", self.id)]
        action["context"] = {}
        return action

    def action_view_unmatched(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "sale_esm.esm_listing_option_action"
        )
        action["domain"] = [("shop_id", "=", self.id)]
        action["context"] = {"search_default_unmatched": 1}
        return action

    # ------------------------------------------------------------------
    # Stock
    # ------------------------------------------------------------------

    @api.model
    def _cron_stock(self):
        """Put on sale what is free, company by company."""
        shops = self.search(self._stock_domain())
        # One shop stands for all of its company: they share what is free.
        leads = self.browse(
            [group[0].id for group in shops.grouped("company_id").values()]
        )
        if self._leave_to_queue("stock", leads):
            return
        for lead in leads:
            company = lead.company_id
            try:
                lead._scheduled_stock()
            except Exception as error:
                self._rollback()
                _logger.error(
                    "Stock of company %s was not compared: %s",
                    company.id,
                    describe(error),
                )

    def _scheduled_stock(self):
        """Put on sale what is free, for all shops of this one's company."""
        shops = self.search(self._stock_domain())._as_job_of(self.company_id)
        if shops:  # else somebody has just switched it off
            shops._sync_stock()

    @api.model
    def _stock_domain(self):
        return [("auto_stock", "=", True), ("connection_state", "!=", "refused")]

    @api.model
    def _trigger_stock_job(self):
        """Compare stock soon, if any shop wants that."""
        if self.search_count(self._stock_domain(), limit=1):
            self.env.ref("sale_esm.ir_cron_stock")._trigger()

    def _as_job_of(self, company):
        """The shops of one company, as its jobs work with them."""
        shops = self.filtered(lambda shop: shop.company_id == company)
        return shops.with_env(shops[:1]._as_job().env)

    def _sync_stock(self, listings=None):
        """Collect orders, compare all stock, write what differs; commits as it goes.

        Long queues are computed anew every minute: what was ordered meanwhile is not
        put on sale again.

        :param listings: write only these `esm.listing` records, else all
        """
        Outbox = self.env["esm.outbox"]
        lead, before = self[:1], None
        while True:
            unread = self._collect_for_stock()
            high, troubles = self._request_stock(unread), []
            if high:
                # First take goods away where there are too many of them on sale.
                troubles += self._send_stock(
                    unread, high if listings is None else high & listings
                )
                if Outbox._stock_unsent(high):
                    # Nobody else gets what could not be taken away.
                    self._request_stock(unread, lowered=False)
            troubles += self._send_stock(unread, listings)
            waiting = Outbox.search(
                [
                    *Outbox._waiting_domain(),
                    ("action", "=", "stock"),
                    ("shop_id", "in", (self - unread).ids),
                    *([("listing_id", "in", listings.ids)] if listings else []),
                ]
            )
            # Without permission, another try helps nobody.
            if not waiting or any(isinstance(e, NoPermission) for e in troubles):
                return
            # What another worker has in hand waits like what met trouble.
            stuck = any(troubles) or waiting == before
            before = waiting
            if stuck or not lead._time_left():
                pause = AFTER_TROUBLE if stuck else timedelta()
                cron = self.env.ref("sale_esm.ir_cron_stock")
                cron._trigger(fields.Datetime.now() + pause)
                return

    def _request_stock(self, unread, lowered=True):
        """Let the outbox hold what these shops have to write.

        :param unread, lowered: see `esm.listing._wanted`
        :return: the listings that have too much on sale
        """
        return self[:1]._transact(
            lambda: self.env["esm.listing"]._request_stock(
                self.company_id, unread, lowered
            )
        )

    def _send_stock(self, unread, listings):
        """Write the stock that waits for these shops.

        :param unread: shops that nothing is written for
        :param listings: only of these `esm.listing` records; None: of all
        :return: list of errors and None, see `esm.outbox._send_shop`
        """
        Outbox = self.env["esm.outbox"]
        domain = [*Outbox._waiting_domain(), ("action", "=", "stock")]
        if listings is not None:
            domain.append(("listing_id", "in", listings.ids))
        busy = {
            shop.id
            for [shop] in Outbox._read_group(
                [*domain, ("shop_id", "in", self.ids)], ["shop_id"]
            )
        }
        troubles = []

        def send(shop):
            begin = fields.Datetime.now()
            troubles.append(
                Outbox._send_shop(
                    shop, ["stock"], listings=listings, seconds=SLICE_SECONDS
                )
            )
            return shop._stock_result(begin)

        for shop in self - unread:
            if shop.id in busy:
                shop._traced("stock", send)
            else:
                send(shop)  # mostly so, and nothing to watch
        return troubles

    def _collect_for_stock(self):
        """Read the orders of all shops that sell the same goods, if not just done.

        :return: shops whose orders could not be read, those with a refused key too
        """
        shops = self | self.search(
            [("company_id", "=", self.company_id.id), *self._automatic_domain()]
        )
        unread = self.search(
            [
                ("company_id", "=", self.company_id.id),
                ("auto_stock", "=", True),
                ("connection_state", "=", "refused"),
            ]
        )
        for shop in shops.filtered("auto_collect") - unread:
            fresh = fields.Datetime.now() - FRESH_ORDERS
            if shop.cursor_at and shop.cursor_at > fresh:
                continue
            if not shop._run_cycle():
                unread |= shop
        return unread
