from psycopg2.errors import LockNotAvailable

from odoo import api, fields, models
from odoo.fields import Domain

from ..esm_api import (
    HeldReason,
    OptionChange,
    Refusal,
    RuleError,
    Site,
    plan_stock,
)


class EsmOutbox(models.Model):
    """Messages about listings: stock, price and codes.

    Values are absolute, so that a call may be repeated. Both sites of an item are
    written in one go, and all its options as well.
    """

    _inherit = "esm.outbox"

    values = fields.Json(
        readonly=True,
        help="What is written: pieces or codes by option key, or the price.",
    )
    computed_at = fields.Datetime(
        readonly=True, help="When the values were right by what we knew."
    )

    # ------------------------------------------------------------------
    # Decide
    # ------------------------------------------------------------------

    @api.model
    def _request_stock(self, company, changes, computed_at, skip):
        """Let the outbox hold what has to be written, and nothing else.

        :param company: `res.company` record
        :param changes: dict listing ID -> dict option key -> pieces
        :param computed_at: naive UTC datetime at which the pieces were right
        :param skip: `esm.shop` recordset that must not be written now
        """
        stock = Domain("action", "=", "stock") & Domain("company_id", "=", company.id)
        known = self.search(
            stock
            & (
                Domain("listing_id", "in", list(changes))
                | Domain("state", "=", "waiting")
            )
        )
        same, idle = self.browse(), self.browse()
        for message in known:
            values = changes.get(message.listing_id.id)
            if values is None or message.shop_id in skip:
                idle |= message.filtered(lambda m: m.state == "waiting")
            elif message.values != values:
                message.write(
                    {
                        "values": values,
                        "computed_at": computed_at,
                        "state": "waiting",
                        "message": False,
                        "attempts": 0,
                        "next_try_at": False,
                    }
                )
            elif message.state == "waiting":
                same |= message
            elif message.state != "refused" and not message._still_holds():
                message.write(
                    {"computed_at": computed_at, "state": "waiting", "attempts": 0}
                )
        same.write({"computed_at": computed_at})
        idle._withdraw()
        listings = self.env["esm.listing"].browse(changes) - known.listing_id
        self.create(
            [
                {
                    "listing_id": listing.id,
                    "action": "stock",
                    "values": changes[listing.id],
                    "computed_at": computed_at,
                }
                for listing in listings
                if listing.shop_id not in skip
            ]
        )

    @api.model
    def _stock_unsent(self, listings):
        """Whether stock of some of these listings is not written yet."""
        return bool(
            listings
            and self.search_count(
                [
                    ("action", "=", "stock"),
                    ("listing_id", "in", listings.ids),
                    ("state", "!=", "sent"),
                ],
                limit=1,
            )
        )

    def _still_holds(self):
        """Whether these very pieces are what was written last, with no order since.

        Then they are on sale as far as ESM lets them: where sites share options, not
        everything is.
        """
        listing = self.listing_id
        return (
            self.state == "sent"
            and listing.stock_at == self.computed_at
            and not (listing.ordered_at and listing.ordered_at >= listing.stock_at)
        )

    @api.model
    def _request_values(self, action, values_by_listing):
        """Put prices or codes into the outbox, in place of those that wait there.

        :param str action: "price" or "codes"
        :param values_by_listing: dict `esm.listing` -> values
        """
        listings = self.env["esm.listing"].union(*values_by_listing)
        known = self.search(
            [("action", "=", action), ("listing_id", "in", listings.ids)]
        )
        now = fields.Datetime.now()
        for message in known:
            message.write({"values": values_by_listing[message.listing_id]})
        known._retry()
        self.create(
            [
                {
                    "listing_id": listing.id,
                    "action": action,
                    "values": values_by_listing[listing],
                    "computed_at": now,
                }
                for listing in listings - known.listing_id
            ]
        )
        self._trigger_send()

    # ------------------------------------------------------------------
    # Send
    # ------------------------------------------------------------------

    def _send_stock(self, api_client):
        """Write what may be on sale, by ESM's rules for nothing left and back again."""
        listing, messages = self._with_sibling()
        goods = api_client.goods
        sellers = listing._sellers()
        try:
            status = goods.sell_status(listing.goods_no, sellers)
            options = None
            if listing.has_options:
                read_at = fields.Datetime.now()
                options = goods.options(listing.goods_no, sellers)
                if not messages._options_fit(options):
                    messages._start_over(options, read_at)
                    return
            wanted = {
                Site(message.listing_id.site): message.values
                if options and options.editable
                else message.values.get("", 0)
                for message in messages
            }
            plan = plan_stock(
                status,
                options,
                wanted,
                {
                    Site(message.listing_id.site)
                    for message in messages
                    if message.listing_id.stopped_by_us
                },
            )
            goods.apply(listing.goods_no, plan, sellers)
        except RuleError as error:
            if messages._note_lost_item(error, api_client):
                return
            raise
        for message in messages:
            message._note_pushed(plan)
        for other in listing._siblings() - messages.listing_id:
            # Nobody asked for it, but ESM takes no item with nothing left.
            if Site(other.site) in plan.stopped:
                other._note_stopped()

    def _with_sibling(self):
        """Lock the item: its listings and what waits for them.

        :return: the listing, and the messages of this kind for it and for the listing
            on the other site
        :raise LockNotAvailable: another worker has it in hand
        """
        listing = self.listing_id
        siblings = listing._siblings()
        messages = self | self.search(
            [
                ("listing_id", "in", siblings.ids),
                ("action", "=", self.action),
                ("state", "=", "waiting"),
                ("shop_id.connection_state", "!=", "refused"),
            ]
        )
        if siblings.try_lock_for_update() != siblings or (
            messages.try_lock_for_update() != messages
        ):
            raise LockNotAvailable
        return listing, messages

    def _options_fit(self, options):
        """Whether ESM has the options that these messages were computed for."""
        keys = {option.key for option in options.options}
        return all(set(message.values) <= keys for message in self) and all(
            keys == set(listing.option_ids.mapped("key")) for listing in self.listing_id
        )

    def _start_over(self, options, read_at):
        """Somebody changed the options in ESM Plus: take them over, compare again."""
        for listing in self.listing_id:
            listing._store_options(options, read_at)
            listing.stock_at = False
        self._withdraw()
        self.env.ref("sale_esm.ir_cron_stock")._trigger()

    def _note_lost_item(self, error, api_client):
        """ESM does not know the item like this any more: look what became of it.

        :return: whether that settles these messages
        """
        listings = self.listing_id
        if error.reason is Refusal.DELETED_ITEM:
            listings.write({"state": "deleted"})
            self._withdraw()
            return True
        if error.reason not in (Refusal.TOKEN_SITES, Refusal.ITEM_NOT_FOUND):
            return False
        before = [(listing.goods_no, listing.other_site_no) for listing in listings]
        for listing in listings:
            listing._read_from(api_client)
        after = [(listing.goods_no, listing.other_site_no) for listing in listings]
        if before == after:
            return False
        for message in self:
            message._postpone(error)
        return True

    def _note_pushed(self, plan):
        """Take over what a plan has put on sale on the site of this message.

        :param plan: `esm_api.StockPlan` that was carried out
        """
        listing, site = self.listing_id, Site(self.listing_id.site)
        now = fields.Datetime.now()
        offered = plan.offered[site]
        listing._note_stock(
            {"": offered} if isinstance(offered, int) else offered, self.computed_at
        )
        values = {}
        if plan.steps:
            values["pushed_at"] = now
        if site in plan.stopped:
            listing._note_stopped()
        elif plan.selling.get(site):
            values.update(stopped_by_us=False, stopped_at=False, state="on_sale")
        elif not listing.stopped_by_us:
            values["state"] = "stopped"
        listing._write_changed(values)
        texts = {
            HeldReason.STOPPED_BY_HUMAN: self.env._(
                "Stopped in ESM Plus, not by this system: it stays stopped. Start it "
                "there if it shall be sold."
            ),
            HeldReason.SHARED_SOLD_OUT: self.env._(
                "The sites share the options of this item, and the other site has "
                "nothing left to offer: nothing is on sale here either."
            ),
        }
        self._done(texts.get(plan.held.get(site), False))

    def _send_price(self, api_client):
        """Write the price of a listing."""
        listing = self.listing_id
        price = self.values["price"]
        api_client.goods.set_price(
            listing.goods_no, {Site(listing.site): price}, listing._sellers()
        )
        listing.price = price
        self._done()

    def _send_codes(self, api_client):
        """Write inventory codes into the options of an item."""
        listing = self.listing_id
        sellers = listing._sellers()
        read_at = fields.Datetime.now()
        options = api_client.goods.options(listing.goods_no, sellers)
        known = {option.key: option.code for option in options.options}
        changes = {
            key: OptionChange(code=code)
            for key, code in self.values.items()
            if key in known and known[key] != code
        }
        if changes:
            options = options.changed(changes)
            api_client.goods.set_options(listing.goods_no, options, sellers)
        for sibling in listing._siblings():
            sibling._store_options(options, read_at)
        self._done()
