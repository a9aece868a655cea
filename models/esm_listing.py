import logging
from datetime import timedelta

from psycopg2.errors import LockNotAvailable

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..esm_api import EsmError, Refusal, Site, option_text_key
from .booking import goods_parts
from .jobs import JOB_CONTEXT, write_changed

_logger = logging.getLogger(__name__)

# ESM deletes an item that is stopped for a month: say so in time.
WARN_STOPPED_AFTER = timedelta(days=20)

# Refusals that say that an item is not where we think it is.
MISPLACED = (Refusal.TOKEN_SITES, Refusal.ITEM_NOT_FOUND)


class EsmListing(models.Model):
    """A listing: an item that is on sale on one site under a goods number.

    An item of ESM 2.0 has a master number and may be on both sites: then there are two
    listings with the same master number, one for each shop.
    """

    _name = "esm.listing"
    _description = "Marketplace Listing"
    # Activities need a thread: closing one is noted there.
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "name, id"
    _rec_names_search = ["name", "site_goods_no", "goods_no", "seller_code"]
    _check_company_auto = True

    shop_id = fields.Many2one(
        "esm.shop", required=True, index=True, ondelete="restrict", readonly=True
    )
    company_id = fields.Many2one(
        related="shop_id.company_id", store=True, precompute=True, index=True
    )
    currency_id = fields.Many2one(related="shop_id.currency_id")
    site = fields.Selection(related="shop_id.site", store=True, precompute=True)
    site_goods_no = fields.Char(
        string="Goods Number",
        required=True,
        readonly=True,
        help="Number of the item on its site (상품번호), as orders name it.",
    )
    goods_no = fields.Char(
        string="Master Number",
        readonly=True,
        index="btree_not_null",
        help="Number of the item in ESM Plus (마스터 상품번호). Items of ESM 1.0 have "
        "none: their stock cannot be written.",
    )
    other_site_no = fields.Char(
        string="Goods Number on the Other Site",
        readonly=True,
        help="The same item is on the other site under this number: both sites are "
        "written together.",
    )
    other_seller_id = fields.Char(readonly=True)
    name = fields.Char(required=True, readonly=True)
    seller_code = fields.Char(
        string="Seller Management Code",
        readonly=True,
        index="btree_not_null",
        help="판매자관리코드, as it stands in ESM Plus.",
    )
    image_url = fields.Char(readonly=True)
    price = fields.Monetary(readonly=True)
    state = fields.Selection(
        [
            ("waiting", "Not on sale yet"),
            ("on_sale", "On sale"),
            ("sold_out", "Sold out"),
            ("stopped", "Stopped"),
            ("stopped_by_site", "Stopped by the site"),
            ("deleted", "Deleted"),
            ("unknown", "Unknown"),
        ],
        default="unknown",
        required=True,
        readonly=True,
        index=True,
    )
    has_options = fields.Boolean(readonly=True)
    only_texts = fields.Boolean(
        readonly=True,
        help="Its options are texts that the buyer types: nothing to match or count.",
    )
    read_at = fields.Datetime(
        string="Last Read", readonly=True, help="When it was last read from ESM Plus."
    )
    updated_at = fields.Datetime(
        string="Changed at ESM", readonly=True, help="As the marketplace says."
    )
    options_due = fields.Boolean(
        readonly=True, help="Its options have to be read from ESM Plus."
    )
    option_ids = fields.One2many("esm.listing.option", "listing_id", string="Options")
    option_count = fields.Integer(compute="_compute_counts")
    offered = fields.Integer(
        string="On Sale",
        compute="_compute_counts",
        help="Pieces that buyers can buy, of all options, as last read or written.",
    )
    unmatched_count = fields.Integer(
        string="Unmatched", compute="_compute_counts", search="_search_unmatched_count"
    )

    # --- stock ----------------------------------------------------------
    sync_stock = fields.Boolean(
        default=True,
        help="Off: the quantity of this listing is kept in ESM Plus by hand, whatever "
        "the shop's switch says.",
    )
    auto_stock = fields.Boolean(related="shop_id.auto_stock")
    stock_managed = fields.Boolean(
        default=True,
        readonly=True,
        help="Off: ESM keeps no quantities of its options, only whether they are sold "
        "out.",
    )
    stock_at = fields.Datetime(
        string="Stock As Of",
        readonly=True,
        help="What is on sale was right at this time: it was read or written then.",
    )
    ordered_at = fields.Datetime(
        readonly=True,
        help="Last order or cancel that came in: ESM may have changed the quantity "
        "since.",
    )
    pushed_at = fields.Datetime(string="Last Push", readonly=True)
    stopped_by_us = fields.Boolean(
        string="Stopped for Lack of Stock",
        readonly=True,
        help="Nothing was left, so it was stopped; it starts again by itself.",
    )
    stopped_at = fields.Datetime(readonly=True)
    outbox_ids = fields.One2many(
        "esm.outbox", "listing_id", string="Messages to the Marketplace"
    )
    trouble = fields.Text(
        string="What To Do",
        compute="_compute_trouble",
        help="Why stock, price or codes of this listing could not be written, or what "
        "else needs a human.",
    )

    _number_uniq = models.UniqueIndex(
        "(shop_id, site_goods_no)", "This listing is already known."
    )

    # ------------------------------------------------------------------
    # Fields
    # ------------------------------------------------------------------

    @api.depends("name", "site_goods_no")
    def _compute_display_name(self):
        for listing in self:
            listing.display_name = f"[{listing.site_goods_no}] {listing.name}"

    @api.depends("option_ids.match_method", "option_ids.offered")
    def _compute_counts(self):
        for listing in self:
            listing.option_count = len(listing.option_ids)
            listing.offered = sum(listing.option_ids.mapped("offered"))
            listing.unmatched_count = len(
                listing.option_ids.filtered(lambda option: not option.match_method)
            )

    def _search_unmatched_count(self, operator, value):
        unmatched = Domain("option_ids", "any", [("match_method", "=", False)])
        if operator == ">" and value == 0:
            return unmatched
        if operator == "=" and value == 0:
            return ~unmatched
        return NotImplemented

    @api.depends(
        "outbox_ids.state", "outbox_ids.message", "state", "stopped_by_us", "stopped_at"
    )
    def _compute_trouble(self):
        now = fields.Datetime.now()
        for listing in self:
            texts = [
                message.message
                for message in listing.outbox_ids
                if message.message and message.state != "withdrawn"
            ]
            stopped_at = listing.state == "stopped" and listing.stopped_at
            if stopped_at and stopped_at + WARN_STOPPED_AFTER < now:
                texts.append(listing._stopped_text())
            listing.trouble = "\n".join(texts) or False

    def _stopped_text(self):
        """What is going to happen to a listing that is stopped for long."""
        return self.env._(
            "“%(listing)s” is stopped since %(since)s, because nothing is left. ESM "
            "deletes items that are stopped for a month: get stock, or start it in ESM "
            "Plus.",
            listing=self.display_name,
            since=fields.Date.to_string(self.stopped_at),
        )

    # ------------------------------------------------------------------
    # Read from ESM
    # ------------------------------------------------------------------

    @api.model
    def _store(self, shop, items, read_at):
        """Store items that ESM lists for a shop: create or update, unchanged skipped.

        :param shop: `esm.shop` record
        :param items: iterable of `esm_api.Item` that are on the shop's site
        :param read_at: naive UTC datetime before they were read
        :return: listings of these items
        """
        site = Site(shop.site)
        items = {
            item.sites[site].site_goods_no: item
            for item in items
            if site in item.sites
            and item.sites[site].seller_id in (None, shop.seller_id)
        }
        known = self._find(shop, items)
        by_number = {listing.site_goods_no: listing for listing in known}
        fresh = []
        for number, item in items.items():
            values = self._prepare_values(shop, item)
            listing = by_number.get(number)
            if listing is None:
                fresh.append({**values, "options_due": item.has_options})
            else:
                listing._take_over(values, read_at)
        created = self.create(
            [{"shop_id": shop.id, "read_at": read_at, **values} for values in fresh]
        )
        if known:
            # One statement for all: only the time is the same for each of them.
            known.read_at = read_at
        listings = known | created
        listings._store_plain_options(
            {
                listing: items[listing.site_goods_no].sites[site].stock
                for listing in listings
            },
            read_at,
        )
        return listings

    @api.model
    def _find(self, shop, numbers):
        return self.search(
            [("shop_id", "=", shop.id), ("site_goods_no", "in", list(numbers))]
        )

    @api.model
    def _prepare_values(self, shop, item):
        """Values of a listing.

        :param shop: `esm.shop` record
        :param item: `esm_api.Item` that is on the shop's site
        """
        site = Site(shop.site)
        here = item.sites[site]
        other = next((s for s in item.sites.items() if s[0] is not site), None)
        return {
            "site_goods_no": here.site_goods_no,
            "goods_no": item.goods_no,
            "other_site_no": other[1].site_goods_no if other else False,
            "other_seller_id": other[1].seller_id if other else False,
            "name": item.name or here.site_goods_no,
            "seller_code": item.seller_code or False,
            "image_url": item.image_url or False,
            "price": float(here.price or 0),
            "state": here.state.name.lower() if here.state else "unknown",
            "has_options": item.has_options,
            "updated_at": item.updated_at and item.updated_at.replace(tzinfo=None),
        }

    def _take_over(self, values, read_at):
        """Write what changed, and decide whether the options are read again.

        :param values: as of `_prepare_values`
        :param read_at: naive UTC datetime before they were read
        """
        if any(at and at >= read_at for at in (self.pushed_at, self.stopped_at)):
            # Stopped or started by us while it was read: we know better.
            values = {**values, "state": self.state}
        if self.only_texts and values["updated_at"] == self.updated_at:
            values = {**values, "has_options": False}
        changed = {
            name: value
            for name, value in values.items()
            if self[name] != value and (self[name] or value)
        }
        if not changed:
            return
        if values.get("has_options") and changed.keys() & {
            "updated_at",
            "has_options",
            "goods_no",
            "state",
        }:
            changed["options_due"] = True
        if changed.get("state", "stopped") != "stopped" and self.stopped_by_us:
            # Somebody started it in ESM Plus.
            changed.update(stopped_by_us=False, stopped_at=False)
        self.write(changed)

    def _store_plain_options(self, stocks, read_at):
        """Keep the one option row of each listing that has no options at ESM.

        :param stocks: dict listing -> pieces at ESM, None if unknown
        :param read_at: naive UTC datetime before they were read
        """
        plain = self.filtered(lambda listing: not listing.has_options)
        rows = {
            option.listing_id: option
            for option in plain.option_ids.filtered(lambda option: not option.key)
        }
        Option = self.env["esm.listing.option"]
        created = Option.create(
            [
                {"listing_id": listing.id, "key": "", "name": listing.name}
                for listing in plain
                if listing not in rows
            ]
        )
        rows.update((option.listing_id, option) for option in created)
        # An item that got options or lost them sells something else now.
        (self.option_ids - Option.union(*rows.values())).filtered(
            lambda option: bool(option.key) != option.listing_id.has_options
        ).unlink()
        renamed = Option
        for listing in plain:
            option = rows[listing]
            values = {"name": listing.name, "code": listing.seller_code}
            if option not in created and option.code != values["code"]:
                renamed |= option
            write_changed(option, values)
            if listing.state != "on_sale":
                listing._note_stock({"": 0}, read_at, read=True)
            elif stocks[listing] is not None:
                listing._note_stock({"": stocks[listing]}, read_at, read=True)
        (created | renamed)._rematch()

    def _store_options(self, option_set, read_at):
        """Take over the options of this listing as ESM has them.

        An option is known by ESM's key; if that changed, by its text. Matches stay.

        :param option_set: `esm_api.OptionSet`
        :param read_at: naive UTC datetime before they were read
        """
        self.ensure_one()
        Option = self.env["esm.listing.option"]
        if not option_set.editable:
            write_changed(
                self, {"options_due": False, "has_options": False, "only_texts": True}
            )
            self._store_plain_options({self: None}, read_at)
            return
        by_key = {option.key: option for option in self.option_ids}
        by_text = {option.text_key: option for option in self.option_ids}
        kept, fresh, touched = Option, [], Option
        wanted_keys = {option.key for option in option_set.options}
        for option in option_set.options:
            row = by_key.get(option.key)
            if row is None:
                row = by_text.get(option.text_key, Option)
                if row and row.key in wanted_keys:
                    row = Option
            values = {
                "key": option.key,
                "name": option.text,
                "text_key": option.text_key,
                "code": option.code or False,
                "shown": option.shown,
                "surcharge": float(option.surcharge),
            }
            if not row:
                fresh.append({"listing_id": self.id, **values})
                continue
            if row.code != values["code"]:
                touched |= row
            write_changed(row, values)
            kept |= row
        (self.option_ids - kept).unlink()
        touched |= Option.create(fresh)
        write_changed(
            self,
            {
                "options_due": False,
                "only_texts": False,
                "stock_managed": option_set.stock_managed,
            },
        )
        touched._rematch()
        site = Site(self.site)
        selling = self.state == "on_sale"
        offered = {
            option.key: option.quantity.get(site, 0)
            if selling and not option.sold_out.get(site)
            else 0
            for option in option_set.options
        }
        self._note_stock(offered, read_at, read=True)

    def _note_stock(self, offered, at, read=False):
        """What is on sale is known as of `at`.

        :param offered: dict option key -> pieces that buyers can buy
        :param at: naive UTC datetime
        :param bool read: it was read at ESM, not written
        """
        self.ensure_one()
        if read and self.stock_at and self.stock_at > at:
            return
        if read and self.pushed_at and self.pushed_at >= at:
            # Written while it was read: nobody knows which of both was first.
            self.stock_at = False
            return
        for option in self.option_ids:
            if option.key in offered and option.offered != offered[option.key]:
                option.offered = offered[option.key]
        self.stock_at = at

    def _note_attempt(self, offered):
        """So much may be on sale soon, or what was before: nobody knows until then.

        :param offered: dict option key -> pieces that are about to be written
        """
        self.ensure_one()
        for option in self.option_ids:
            if offered.get(option.key or "", 0) > option.offered:
                option.offered = offered[option.key or ""]
        self.stock_at = False

    def _note_stopped(self):
        """Nothing was left, so selling was stopped; it may start again by itself."""
        self.write(
            {
                "stopped_by_us": True,
                "stopped_at": fields.Datetime.now(),
                "state": "stopped",
            }
        )

    @api.model
    def _note_ordered(self, shop, numbers):
        """Orders or cancels came in: ESM may have changed these quantities itself.

        :param shop: `esm.shop` record
        :param numbers: goods numbers on the shop's site
        """
        listings = self._find(shop, numbers)
        # The last piece may have set a flag that both sites share.
        listings = listings._siblings().filtered(
            lambda listing: (
                not listing.ordered_at
                or not listing.stock_at
                or listing.ordered_at < listing.stock_at
            )
        )
        if listings:
            listings.ordered_at = fields.Datetime.now()

    @api.model
    def _learn(self, shop, rows):
        """Take over what a file of ESM Plus, or a person, says about listings.

        :param shop: `esm.shop` record
        :param rows: list of dicts with site_goods_no and optionally goods_no, name,
            seller_code, price; what is absent or empty stays as it is
        :return: numbers of listings that were created and that were changed
        """
        rows = {row["site_goods_no"]: row for row in rows}
        names = ("goods_no", "name", "seller_code", "price")
        known = {row.site_goods_no: row for row in self._find(shop, rows)}
        fresh, updated = [], self.browse()
        for number, row in rows.items():
            values = {name: row[name] for name in names if row.get(name)}
            if number not in known:
                fresh.append(
                    {"shop_id": shop.id, "site_goods_no": number, "name": number}
                    | values
                )
                continue
            listing = known[number]
            if any(listing[name] != value for name, value in values.items()):
                write_changed(listing, values)
                updated |= listing
        created = self.with_context(**JOB_CONTEXT).create(fresh).with_env(self.env)
        Option = self.env["esm.listing.option"]
        Option.create(
            [
                {"listing_id": listing.id, "key": "", "name": listing.name}
                for listing in created
            ]
        )
        options = (created | updated).option_ids.filtered(lambda option: not option.key)
        for option in options:
            listing = option.listing_id
            write_changed(option, {"name": listing.name, "code": listing.seller_code})
        options._rematch()
        return len(created), len(updated)

    # ------------------------------------------------------------------
    # Item calls
    # ------------------------------------------------------------------

    def _read_from(self, api_client):
        """Read this listing anew; one that ESM's search does not have keeps its values.

        :param api_client: `esm_api.EsmClient` of its shop
        :return: whether ESM has it
        """
        self.ensure_one()
        read_at = fields.Datetime.now()
        item = api_client.goods.item(self.site_goods_no)
        if item is not None:
            self._store(self.shop_id, [item], read_at)
        return item is not None

    def _note_unreadable(self, error, api_client):
        """ESM refuses to show the options of this listing.

        :param error: `esm_api.RuleError`
        :param api_client: `esm_api.EsmClient` of its shop
        :return: this listing if another try makes sense, else none
        """
        listings = self | self._siblings()
        if error.reason in MISPLACED and listings._find_again(api_client):
            return self.filtered(lambda listing: listing.state != "deleted")
        self.options_due = False
        return self.browse()

    def _find_again(self, api_client):
        """ESM does not know these items as we do: look where they are by now.

        :param api_client: `esm_api.EsmClient` of the shop of the first of them
        :return: whether we know better now
        """
        facts = ("goods_no", "other_site_no", "state")
        before = [[listing[name] for name in facts] for listing in self]
        first = self[:1].shop_id
        for shop, listings in self.grouped("shop_id").items():
            client = api_client if shop == first else shop._api()
            for listing in listings:
                if not listing._read_from(client):
                    listing.state = "deleted"
        for listing in self:
            listing._pair()
        return before != [[listing[name] for name in facts] for listing in self]

    def _pair(self):
        """Couple this listing with that of the same item on the other site.

        ESM's search may show each seller his own site only.
        """
        if not self.goods_no or self.other_site_no or self.state == "deleted":
            return
        twin = self.search(
            [
                ("goods_no", "=", self.goods_no),
                ("site", "!=", self.site),
                ("shop_id.account_id", "=", self.shop_id.account_id.id),
                ("state", "!=", "deleted"),
            ],
            limit=1,
        )
        for one, other in ((self, twin), (twin, self)) if twin else ():
            one.write(
                {
                    "other_site_no": other.site_goods_no,
                    "other_seller_id": other.shop_id.seller_id,
                }
            )

    def _read_now(self):
        """Read these listings and their options; commits as it goes."""
        for shop, listings in self.grouped("shop_id").items():
            job = shop._as_job()
            listings = listings.with_env(job.env)
            try:
                api_client = job._api()
                job._read_pages(
                    api_client, site_goods_nos=listings.mapped("site_goods_no")
                )
                listings.filtered("has_options").options_due = True
                job._read_options(api_client, listings)
            except EsmError as error:
                raise UserError(shop._explain(error)) from error

    @api.model
    def _add(self, shop, number):
        """Add one listing by its goods number, also if ESM's search does not have it.

        :param shop: `esm.shop` record
        :param str number: goods number on the shop's site
        :return: the listing
        :raise UserError: if ESM could not be asked
        """
        known = self._find(shop, [number])
        try:
            api_client = shop._api()
            item = api_client.goods.item(number)
            if item is not None:
                listing = self._store(shop, [item], fields.Datetime.now())
                if listing.options_due:
                    shop._read_options(api_client, listing)
                return listing
            goods_no = api_client.goods.goods_no_of(number)
        except EsmError as error:
            raise UserError(shop._explain(error)) from error
        orders = self.env["esm.order"].search(
            [("shop_id", "=", shop.id), ("goods_no", "=", number)], limit=100
        )
        if known:
            if not known.goods_no:
                known._learn_options(orders)
            return known
        # An item of ESM 1.0: no call tells its name or options, but orders do, and it
        # can be matched.
        order = orders[:1]
        self._learn(
            shop,
            [
                {
                    "site_goods_no": number,
                    "goods_no": goods_no,
                    "name": order.goods_name,
                    "seller_code": order._parsed().seller_code if order else False,
                }
            ],
        )
        listing = self._find(shop, [number])
        if not goods_no:
            listing._learn_options(orders)
        return listing

    def _learn_options(self, orders):
        """Take over the options that orders of this listing name, so far unknown.

        :param orders: `esm.order` recordset of this listing
        """
        self.ensure_one()
        keys = set(self.option_ids.mapped("key"))
        fresh = {}
        for order in orders:
            for part in goods_parts(order._parsed()):
                key = part.kind == "inventory" and option_text_key(part.text)
                if key and key not in keys:
                    fresh[key] = {
                        "listing_id": self.id,
                        "key": key,
                        "name": part.text,
                        "text_key": key,
                        "code": part.code or False,
                    }
        if fresh:
            # The row of an item without options: buyers choose one of these.
            self.option_ids.filtered(lambda option: not option.key).unlink()
        self.env["esm.listing.option"].create(list(fresh.values()))._rematch()

    def _lock_item(self):
        """Be the only worker that writes this item, until the transaction ends.

        Not a lock on rows: orders that come in meanwhile are noted on them.

        :raise LockNotAvailable: another worker writes it
        """
        query = SQL(
            "SELECT pg_try_advisory_xact_lock(hashtext('esm_item'), hashtext(%s))",
            self.goods_no,
        )
        if not self.env.execute_query(query)[0][0]:
            raise LockNotAvailable

    def _siblings(self):
        """The listings of the same items: these, and those on the other site."""
        both = self.filtered(lambda listing: listing.goods_no and listing.other_site_no)
        if not both:
            return self
        return self | self.search(
            [
                ("goods_no", "in", both.mapped("goods_no")),
                ("site_goods_no", "in", both.mapped("other_site_no")),
                ("shop_id.account_id", "in", both.shop_id.account_id.ids),
            ]
        )

    def _sellers(self):
        """Who signs calls for this item: the sellers of the sites that it is on."""
        self.ensure_one()
        here = Site(self.site)
        sellers = {here: self.shop_id.seller_id}
        if self.other_site_no and self.other_seller_id:
            other = next(site for site in Site if site is not here)
            sellers[other] = self.other_seller_id
        return sellers

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_view_options(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "sale_esm.esm_listing_option_action"
        )
        action["domain"] = [("listing_id", "in", self.ids)]
        action["context"] = {}
        return action

    def action_read(self):
        """Read these listings and their options from ESM Plus now."""
        self.check_access("read")
        # sudo: listings are written by the connector only
        self.sudo()._read_now()
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_preview_stock(self):
        """Show what a push would change."""
        self.check_access("read")
        return self.env["esm.stock.preview"]._open(self)

    def action_push_stock(self):
        """Write the stock of these listings to the marketplace now."""
        self.check_access("read")
        if not self.filtered("goods_no"):
            raise UserError(
                self.env._(
                    "Stock of items of ESM 1.0 cannot be written. Convert them to ESM "
                    "2.0 in ESM Plus, then read the listings again."
                )
            )
        # sudo: the outbox is written by the connector only
        self.sudo()._push_now()
        return {"type": "ir.actions.client", "tag": "soft_reload"}
