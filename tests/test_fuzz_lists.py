from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.esm_listing import EsmListing
from ..models.esm_order import MISSING_MOST
from ..sandbox import api_goods, api_options
from ..sandbox import rows as sandbox_rows
from ..sandbox.rows import MISSING
from .common import AUCTION, CUP, GMARKET, TEA
from .mutations import mutations
from .test_fuzz_orders import FuzzCase

CANCEL_KEYS = (
    *("CancelStatus", "AddShippingFee", "SiteType", "PayNo", "OrderNo", "SiteGoodsNo"),
    *("RequestUser", "ApproveUser", "Reason", "ReasonCode", "ReasonDetail"),
    *("OrderDate", "RequestDate", "WithdrawDate", "ApproveDate", "CompleteDate"),
)
STATE_KEYS = ("OrderNo", "Status", "ClaimStatus", "StatusChangeDate", "IsGiftOrder")
ITEM_KEYS = (
    *("goodsNo", "siteGoodsNo", "managedCode", "imgUrl", "goodsName", "siteSellerId"),
    *("sellStatus", "price", "stock", "useOption", "useAddonService", "updatedDate"),
)
OPTION_KEYS = (
    *("optSeq", "isSoldOut", "isSoldOutSite", "isDisplay", "isDisplaySite", "qty"),
    *("manageCode", "addAmnt", "recommendedOptValue", "recommendedOptValueNo"),
)
CLAIMS = "odoo.addons.sale_esm.esm_api.claims"
GOODS = "odoo.addons.sale_esm.esm_api.goods"
SHOP_ITEMS = "odoo.addons.sale_esm.models.esm_shop_items"


def changed(make_row, changes, number_of):
    """A function of the sandbox that makes rows, some of which go wrong.

    :param changes: number -> (key, value)
    :param number_of: tells the number of what a row is made of
    """

    def make(*args):
        row = make_row(*args)
        key, value = changes.get(number_of(*args), (None, None))
        if value == MISSING:
            row.pop(key)
        elif key:
            row[key] = value
        return row

    return make


@tagged("post_install", "-at_install")
class TestFuzzClaims(FuzzCase):
    """Cancels and states that have gone wrong, beside good ones."""

    def collect(self):
        """Run all jobs; so many cancels on one day are worth a warning."""
        with mute_logger(CLAIMS):
            return super().collect()

    def cancel_all(self, cases):
        """Collect an order for each case, then the buyers cancel: name -> its row."""
        numbers = {name: self.place(TEA)[0] for name in cases}
        good = self.place(CUP)[0]
        self.collect()
        for number in (*numbers.values(), good):
            self.sandbox.cancel(int(number))
            self.sandbox.approve_cancel(int(number))
        return {name: self.rows(number) for name, number in numbers.items()}, good

    def test_one_key_of_each_cancel_gone_wrong(self):
        cases = mutations(CANCEL_KEYS)
        found, good = self.cancel_all(cases)
        changes = {int(row.order_no): cases[name] for name, row in found.items()}
        self.gmarket.cursor_at = False
        with patch.object(
            sandbox_rows,
            "cancel_row",
            changed(
                sandbox_rows.cancel_row, changes, lambda order, *_rest: order.order_no
            ),
        ):
            # Those that the list does not tell are asked for some at a time.
            for _collection in range(1 + len(cases) // MISSING_MOST):
                self.collect()
        self.assertEqual(self.rows(good).state, "cancelled")
        for name, row in found.items():
            # What the list does not say, the order's own state does.
            with self.subTest(name):
                self.assertTrue(row.state == "cancelled" or row.cancel_requested)
        self.assertEqual(self.gmarket.connection_state, "connected")
        self.assertTrue(self.gmarket.cancels_read_at)

    def test_one_key_of_each_state_gone_wrong(self):
        cases = mutations(STATE_KEYS, per_key=5)
        found, good = self.cancel_all(cases)
        changes = {int(row.order_no): cases[name] for name, row in found.items()}
        with (
            patch.object(
                sandbox_rows,
                "status_row",
                changed(sandbox_rows.status_row, changes, lambda order: order.order_no),
            ),
            patch.object(sandbox_rows, "cancel_row", lambda *_args: "x"),
        ):
            for _collection in range(60):
                self.collect()
                # Of many, it is drawn by lot which ones are asked for.
                if self.rows(good).state == "cancelled" or len(cases) < MISSING_MOST:
                    break
        self.assertEqual(self.rows(good).state, "cancelled")
        self.assertEqual(self.gmarket.connection_state, "connected")
        # The list of cancels is right again, and nothing stands in its way.
        self.collect()
        for name, row in found.items():
            with self.subTest(name):
                self.assertEqual((row.state, row.problem), ("cancelled", False))


@tagged("post_install", "-at_install")
class TestFuzzListings(FuzzCase):
    """Items and options that have gone wrong, beside good ones."""

    def add(self, name, **values):
        return self.sandbox.add_item(
            name, 12900, gmarket=GMARKET, auction=AUCTION, **values
        )

    def listing(self, item):
        return self.env["esm.listing"].search(
            [
                ("shop_id", "=", self.gmarket.id),
                ("site_goods_no", "=", item.numbers["gmarket"]),
            ]
        )

    def read_listings(self):
        with mute_logger(GOODS):
            for shop in self.gmarket, self.auction:
                self.assertIsNone(shop.sudo()._read_listings())
        self.env.invalidate_all()

    def test_one_key_of_each_item_gone_wrong(self):
        cases = mutations(ITEM_KEYS)
        items = {name: self.add("tea", seller_code="X-1") for name in cases}
        first = self.add("good", seller_code="TEA-0100")
        changes = {items[name].goods_no: case for name, case in cases.items()}
        with patch.object(
            api_goods,
            "_search_row",
            changed(api_goods._search_row, changes, lambda item, *_rest: item.goods_no),
        ):
            self.read_listings()
            last = self.add("good", seller_code="TEA-0100")
            self.read_listings()
        for item in first, last:
            self.assertEqual(self.listing(item).option_ids.product_ids, self.tea)
        listings = self.env["esm.listing"].search([])
        self.assertShown(listings)
        self.assertShown(listings.option_ids)
        (self.gmarket | self.auction).write({"auto_stock": True})
        self.env["esm.shop"].sudo()._cron_stock()
        self.assertGreater(self.listing(first).offered, 0)
        # All are well again.
        self.read_listings()
        for name, item in items.items():
            with self.subTest(name):
                self.assertEqual(self.listing(item).name, "tea")

    def test_one_key_of_each_option_gone_wrong(self):
        cases = mutations(OPTION_KEYS)
        options = [{"values": {"색상": "화이트"}, "code": "CUP-05-W", "qty": 5}]
        items = {name: self.add(name[:40], options=options) for name in cases}
        good = self.add("good", options=options)
        changes = {items[name].goods_no: case for name, case in cases.items()}
        with patch.object(
            api_options,
            "_entry",
            changed(api_options._entry, changes, lambda item, *_rest: item.goods_no),
        ):
            self.read_listings()
            self.assertEqual(self.listing(good).option_ids.product_ids, self.cup)
            for name, item in items.items():
                with self.subTest(name):
                    self.assertEqual(len(self.listing(item).option_ids), 1)
            self.assertShown(self.env["esm.listing.option"].search([]))
        self.assertFalse(
            self.env["esm.listing"].search_count([("options_due", "=", True)])
        )

    def test_options_that_cannot_be_read_stop_no_others(self):
        """They keep their matches, and are read once they can be."""
        options = [{"values": {"색상": "화이트"}, "code": "CUP-05-W", "qty": 5}]
        first = self.add("first", options=options)
        self.read_listings()
        self.sandbox.edit_item(first.goods_no, name="other")
        last = self.add("last", options=options)
        make = api_options.option_set
        with patch.object(
            api_options,
            "option_set",
            lambda item: {} if item is first else make(item),
        ):
            error = self.gmarket.sudo()._read_listings()
        self.assertIn("options cannot be read", str(error))
        for item in first, last:
            self.assertEqual(self.listing(item).option_ids.product_ids, self.cup)
        self.assertTrue(self.listing(first).options_due)
        self.read_listings()
        self.assertFalse(self.listing(first).options_due)

    def test_item_that_cannot_be_stored(self):
        bad, *good = (self.add(f"item {number}") for number in range(6))
        prepare = EsmListing._prepare_values

        def broken(records, shop, item):
            if item.goods_no == str(bad.goods_no):
                raise ValueError("broken on purpose")
            return prepare(records, shop, item)

        with (
            patch.object(EsmListing, "_prepare_values", broken),
            self.assertLogs(SHOP_ITEMS, "ERROR"),
        ):
            error = self.gmarket.sudo()._read_listings()
        self.assertIn(str(bad.goods_no), str(error))
        self.assertFalse(self.listing(bad))
        for item in good:
            self.assertTrue(self.listing(item))
        self.assertTrue(self.gmarket.listings_read_at)
