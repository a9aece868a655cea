from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..esm_api import LARGEST_STOCK
from .allocation import Offer, allocate
from .booking import Products, addition_parts, goods_parts

# Moves of one delivery come one after the other: let them gather.
GATHER = timedelta(seconds=20)
# As long may it take until a stored order shows for other workers.
STORING = timedelta(seconds=10)


class EsmListing(models.Model):
    """What of a company's stock is put on sale, and where.

    Free is what lies in the stock location, less everything ordered: deliveries that
    wait, marketplace orders that are not confirmed in Odoo yet, orders of the inbox.
    `allocation` divides it, so that each piece is on sale in one place only.
    """

    _inherit = "esm.listing"

    @api.model
    def _trigger_stock(self, products):
        """Stock or matches of these products changed: compare soon, if it matters.

        :param products: `product.product` recordset
        """
        if not products or self.env.context.get("esm_job"):
            return  # jobs compare at their end
        # sudo: who moves goods need not have access to listings
        components = self.env["esm.listing.component"].sudo()
        if components.search_count(
            [
                ("product_id", "in", products.ids),
                ("option_id.shop_id.auto_stock", "=", True),
            ],
            limit=1,
        ):
            cron = self.env.ref("sale_esm.ir_cron_stock").sudo()
            cron._trigger(fields.Datetime.now() + GATHER)

    # ------------------------------------------------------------------
    # What should be on sale
    # ------------------------------------------------------------------

    @api.model
    def _offers(self, company):
        """What a company's shops sell with their stock switch on.

        One query, whatever the number of options: plain tuples, no records.

        :param company: `res.company` record
        :return: list of :class:`SoldOption`, in the order of the shops
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT option.id, option.key, option.offered, listing.id,
                       listing.shop_id, listing.stock_managed,
                       listing.stock_at IS NULL OR (
                           listing.ordered_at IS NOT NULL
                           AND listing.ordered_at >= listing.stock_at
                       ),
                       component.product_id, component.quantity
                  FROM esm_listing_option option
                  JOIN esm_listing listing ON listing.id = option.listing_id
                  JOIN esm_shop shop ON shop.id = listing.shop_id
                  JOIN esm_listing_component component
                    ON component.option_id = option.id
                  JOIN product_product product ON product.id = component.product_id
                  JOIN product_template template
                    ON template.id = product.product_tmpl_id
                 WHERE shop.company_id = %s
                   AND shop.active
                   AND shop.auto_stock
                   AND listing.sync_stock
                   AND listing.goods_no IS NOT NULL
                   AND (listing.state IN ('on_sale', 'sold_out')
                        OR listing.stopped_by_us)
                   AND option.shown
                   AND template.is_storable
              ORDER BY shop.sequence, shop.id, option.id, component.id
                """,
                company.id,
            )
        )
        offers = {}
        for option, key, offered, listing, shop, managed, stale, product, need in rows:
            if option not in offers:
                offers[option] = SoldOption(
                    option, key, offered, listing, shop, managed, stale
                )
            offers[option].needs[product] = need
        return list(offers.values())

    @api.model
    def _wanted(self, company, offers, unread=(), lowered=True):
        """Pieces of each option that may be on sale.

        :param company: `res.company` record
        :param offers: list of :class:`SoldOption`
        :param unread: `esm.shop` recordset whose orders could not be read: what they
            have on sale may be sold already, so nobody else gets it
        :param bool lowered: False: what is too much somewhere could not be lowered, and
            nobody else gets that either
        :return: dict option ID -> pieces
        """
        shops = self.env["esm.shop"].browse({offer.shop for offer in offers})
        places = {shop.id: shop._stock_warehouses() for shop in shops}
        warehouses = self.env["stock.warehouse"].union(*places.values())
        products = {product for offer in offers for product in offer.needs}
        stock = self._free_stock(company, warehouses, products)
        buffers = {shop.id: shop._stock_buffer() for shop in shops}

        def divide(held):
            return allocate(
                stock,
                [
                    Offer(
                        offer.option,
                        tuple(places[offer.shop].ids),
                        offer.needs,
                        *buffers[offer.shop],
                        most=LARGEST_STOCK,
                        held=offer.offered if held(offer) else None,
                    )
                    for offer in offers
                ],
            )

        unread_ids = set(unread and unread.ids)
        wanted = divide(lambda offer: offer.shop in unread_ids)
        if lowered:
            return wanted
        high = {
            offer.option: wanted[offer.option]
            for offer in offers
            if wanted[offer.option] < offer.offered
        }
        held = divide(lambda offer: offer.shop in unread_ids or offer.option in high)
        return held | high

    @api.model
    def _free_stock(self, company, warehouses, product_ids):
        """What nobody has ordered yet.

        The number of queries depends on the warehouses only.

        :param company: `res.company` record
        :param warehouses: `stock.warehouse` recordset
        :param product_ids: IDs of products
        :return: dict (product ID, warehouse ID) -> pieces, may be negative
        """
        products = self.env["product.product"].browse(product_ids)
        # All at once, or Odoo reads them a thousand at a time.
        products.fetch(["product_tmpl_id"])
        products.product_tmpl_id.fetch(["uom_id"])
        stock = {}
        for warehouse in warehouses:
            # The stock location alone: goods that are being received or packed are
            # not, or no longer, for sale.
            quantities = products.with_context(
                location=warehouse.lot_stock_id.id
            )._compute_quantities_dict(None, None, None)
            for product_id, values in quantities.items():
                stock[product_id, warehouse.id] = (
                    values["qty_available"] - values["outgoing_qty"]
                )
        for (product_id, warehouse_id), quantity in self._awaited(
            company, products
        ).items():
            if (product_id, warehouse_id) in stock:
                stock[product_id, warehouse_id] -= quantity
        return stock

    @api.model
    def _awaited(self, company, products):
        """Marketplace orders that no delivery reserves goods for yet.

        :return: dict (product ID, warehouse ID) -> pieces
        """
        awaited = defaultdict(float)
        lines = self.env["sale.order.line"]._read_group(
            [
                ("company_id", "=", company.id),
                ("order_id.esm_shop_id", "!=", False),
                ("state", "in", ("draft", "sent")),
                ("product_id", "in", products.ids),
            ],
            ["product_id", "warehouse_id"],
            ["product_uom_qty:sum"],
        )
        for product, warehouse, quantity in lines:
            awaited[product.id, warehouse.id] += quantity
        Order = self.env["esm.order"]
        rows = Order.search(
            [("company_id", "=", company.id), ("state", "=", "received")]
        )
        for shop, part in rows.grouped("shop_id").items():
            orders = [row._parsed() for row in part]
            found = Products(self.env, shop, orders)
            for order in orders:
                for piece in goods_parts(order) + addition_parts(order):
                    match = found.find(order, piece)
                    for product, needed in match.components if match else ():
                        slot = (product.id, shop.warehouse_id.id)
                        awaited[slot] += piece.quantity * needed
        # Booked for a stand-in, but the goods may have been matched since.
        stand_in = self.env.ref("sale_esm.product_unmatched")
        rows = Order.search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "booked"),
                ("sale_line_ids.product_id", "=", stand_in.id),
            ]
        )
        for row, part in rows._matched_parts():
            if part.lines.product_id == stand_in:
                for product, quantity in part.goods:
                    awaited[product.id, row.shop_id.warehouse_id.id] += quantity
        return awaited

    # ------------------------------------------------------------------
    # Compare, and ask for a push
    # ------------------------------------------------------------------

    @api.model
    def _compare_stock(self, company, unread=(), lowered=True):
        """What has to be written to the marketplace: nothing else is.

        :param company: `res.company` record
        :param unread, lowered: see `_wanted`
        :return: dict listing ID -> dict option key -> pieces, of all its options; and
            the IDs of the listings that have too much on sale
        """
        offers = self._offers(company)
        if not offers:
            return {}, set()
        wanted = self._wanted(company, offers, unread, lowered)
        values, differ, high = defaultdict(dict), set(), set()
        for offer in offers:
            pieces = wanted[offer.option]
            values[offer.listing][offer.key or ""] = pieces
            if offer.differs_from(pieces):
                differ.add(offer.listing)
            if pieces < offer.offered:
                high.add(offer.listing)
        return {listing: values[listing] for listing in differ}, high & differ

    @api.model
    def _request_stock(self, company, unread, lowered=True):
        """Put what differs into the outbox, and take out what differs no more.

        :param company: `res.company` record
        :param unread, lowered: see `_wanted`; nothing is written for unread shops
        :return: the listings that have too much on sale: they are written first
        """
        # Orders that another worker is storing now do not show yet.
        computed_at = fields.Datetime.now() - STORING
        changes, high = self._compare_stock(company, unread, lowered)
        self.env["esm.outbox"]._request_stock(company, changes, computed_at, unread)
        return self.browse(high)

    def _push_now(self):
        """Write the stock of these listings, also if it looks right."""
        wrong = self.filtered(lambda listing: not listing.shop_id.auto_stock)
        if wrong:
            raise UserError(
                self.env._(
                    "The stock switch of %(shop)s is off. Turn on “Automatic stock "
                    "quantity sync” first: quantities are divided among all listings "
                    "that sell the same product.",
                    shop=wrong[0].shop_id.name,
                )
            )
        # As of never: it is read at ESM and written if it differs.
        self.stock_at = False
        shops = self.env["esm.shop"].search(self.env["esm.shop"]._stock_domain())
        for company, listings in self.grouped("company_id").items():
            job = shops._as_job_of(company)
            job._sync_stock(listings.with_env(job.env))

    def _stock_preview(self):
        """What a push would change, for people.

        :return: list of dicts option_id, offered, wanted; without the unchanged
        """
        preview = []
        for company in self.company_id:
            offers = self._offers(company)
            wanted = self._wanted(company, offers) if offers else {}
            preview += [
                {
                    "option_id": offer.option,
                    "offered": offer.offered,
                    "wanted": wanted[offer.option],
                    "known": not offer.stale,
                }
                for offer in offers
                if offer.listing in self._ids
                and offer.differs_from(wanted[offer.option])
            ]
        return preview


class SoldOption:
    """An option that is on sale, or could be: a row of `_offers`."""

    __slots__ = (
        "key",
        "listing",
        "managed",
        "needs",
        "offered",
        "option",
        "shop",
        "stale",
    )

    def __init__(self, option, key, offered, listing, shop, managed, stale):
        self.option = option
        self.key = key
        self.offered = offered or 0
        self.listing = listing
        self.shop = shop
        self.managed = managed
        self.stale = stale
        self.needs = {}

    def differs_from(self, wanted):
        """Whether ESM has to be told."""
        if not self.managed:
            return self.stale or bool(self.offered) != bool(wanted)
        return self.stale or self.offered != wanted
