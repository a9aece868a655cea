"""From rows of ESM Plus's own product list to listings of a shop."""

from collections import defaultdict

from odoo.tools import split_every

from ..esm_api import Site, product_list_titles, read_site
from ..excel import Column
from .import_rows import ImportRows

# Listings looked up at a time.
_BATCH = 2000


class ListingRows(ImportRows):
    """The rows of one product list."""

    #: Of each of these, one column must be there.
    NEEDED = (("site_goods_no",), ("seller_code", "name"))

    @staticmethod
    def columns(shop):
        titles = product_list_titles(Site(shop.site))
        return [Column(key, names) for key, names in titles.items()]

    @staticmethod
    def titles(shop, lang):
        """Key -> title in a user's language."""
        korean = (lang or "").startswith("ko")
        titles = product_list_titles(Site(shop.site))
        # The first title is Korean, the last one English.
        return {key: names[0 if korean else -1] for key, names in titles.items()}

    def __init__(self, env, shop, letters):
        """
        :param shop: `esm.shop` whose goods are meant
        """
        super().__init__(env, self.titles(shop, env.lang), letters)
        self._shop = shop
        self._known = {}

    def look_up(self):
        """Read which goods are known already."""
        numbers = {row.given["site_goods_no"] for row in self.rows if self._number(row)}
        # sudo: the preview of a shop's file tells no more than the file itself
        listings = self._env["esm.listing"].sudo()
        for batch in split_every(_BATCH, numbers, list):
            found = listings.search_fetch(
                [("shop_id", "=", self._shop.id), ("site_goods_no", "in", batch)],
                ["site_goods_no", "goods_no", "name", "seller_code", "price"],
            )
            self._known.update(found.grouped("site_goods_no"))

    @staticmethod
    def _number(row):
        """The goods number of a row, or None if there is none to be trusted."""
        return None if row.problems else row.given.get("site_goods_no")

    def check(self):
        """Find out what would change, and what speaks against it."""
        by_number = defaultdict(list)
        for row in self.rows:
            if not row.problems and self._is_ours(row):
                self._check_row(row)
                by_number[row.given.get("site_goods_no")].append(row)
        for number, rows in by_number.items():
            if number and len(rows) > 1:
                text = self._env._(
                    "goods number %(number)s stands in several rows: %(rows)s. Keep "
                    "one of them.",
                    number=number,
                    rows=self.numbers(rows),
                )
                for row in rows:
                    row.refuse("site_goods_no", text)

    def _is_ours(self, row):
        """Whether a row is about goods of this shop; lists may hold several shops'."""
        seller, site = row.given.get("seller_id"), row.given.get("site")
        elsewhere = (seller and seller != self._shop.seller_id) or (
            site and read_site(site) not in (None, Site(self._shop.site))
        )
        if elsewhere:
            row.notes.append(
                self._env._(
                    "Left out: it belongs to %(shop)s.",
                    shop=" ".join(filter(None, (site, seller))),
                )
            )
        return not elsewhere

    def _check_row(self, row):
        number = row.given.get("site_goods_no", "")
        if not Site(self._shop.site).has_goods_no(number):
            row.refuse(
                "site_goods_no",
                self._env._(
                    "this is no goods number of %(shop)s: Gmarket's consist of "
                    "digits, Auction's of a letter and digits.",
                    shop=self._shop.name,
                ),
            )
            return
        values = {
            key: row.given[key]
            for key in ("goods_no", "name", "seller_code")
            if row.given.get(key)
        }
        if row.given.get("price"):
            price = row.given["price"].replace(",", "")
            if not price.isdecimal() or len(price) > 12:
                row.refuse("price", self._env._("a price is a number of won."))
                return
            values["price"] = float(price)
        listing = self._known.get(number)
        row.changes = {
            key: value
            for key, value in values.items()
            if not listing or listing[key] != value
        } or ({} if listing else {"site_goods_no": number})
        if "seller_code" in row.numeric and "seller_code" in row.changes:
            self.note_number(row, "seller_code")

    def prepare_line_values(self, row):
        """Values of `esm.code.import.line` for a row."""
        listing = self._known.get(row.given.get("site_goods_no"))
        return {
            "site_goods_no": row.given.get("site_goods_no"),
            "name": row.given.get("name") or (listing and listing.name),
            "price": row.changes.get("price", 0),
            "old_seller_code": listing and listing.seller_code,
            "new_seller_code": row.changes.get("seller_code"),
        }
