from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import AUCTION, GMARKET, StockCase

TEA = "TEA-0100"


@tagged("post_install", "-at_install")
class TestStock(StockCase):
    """Free stock is on sale, each piece in one place only."""

    def setUp(self):
        super().setUp()
        self.set_stock(self.tea, 10)

    def test_what_is_free_is_on_sale(self):
        item = self.sandbox.add_item(
            "[샘플] 보리차", 12900, gmarket=GMARKET, seller_code=TEA, stock=3
        )
        self.read_listings()
        self.sync()
        self.assertEqual(self.on_sale(item, "gmarket"), 10)
        listing = self.env["esm.listing"].search([("shop_id", "=", self.gmarket.id)])
        self.assertTrue(listing.pushed_at)
        self.assertEqual(listing.option_ids.offered, 10)
        self.assertFalse(listing.trouble)

    def test_an_item_that_asks_for_a_text(self):
        """The call for stock refuses it, so its state is written with the stock."""
        item = self.sandbox.add_item(
            "[샘플] 각인 보리차",
            12900,
            gmarket=GMARKET,
            seller_code=TEA,
            stock=3,
            text_option="각인 문구",
        )
        self.read_listings()
        self.sync()
        self.assertEqual(self.on_sale(item, "gmarket"), 10)
        self.assertEqual([call.endpoint for call in self.writes()], ["sell-status"])

    def test_no_stock_sync_without_orders(self):
        with self.assertRaisesRegex(ValidationError, "collection of orders"):
            self.gmarket.auto_collect = False

    def test_nothing_changed_writes_nothing(self):
        self.sandbox.add_item(
            "[샘플] 보리차", 12900, gmarket=GMARKET, seller_code=TEA, stock=10
        )
        self.read_listings()
        self.sync()
        self.sync()
        self.assertEqual(self.writes(), [])
        self.assertEqual(self.calls("sell-status:read"), [])

    def test_each_piece_is_on_sale_on_one_site_only(self):
        item = self.sandbox.add_item(
            "[샘플] 보리차",
            12900,
            gmarket=GMARKET,
            auction=AUCTION,
            seller_code=TEA,
        )
        self.read_listings()
        self.set_stock(self.tea, 5)
        self.sync()
        self.assertEqual(self.on_sale(item, "gmarket"), 3)
        self.assertEqual(self.on_sale(item, "auction"), 2)
        # Both sites are written in one go.
        self.assertEqual(len(self.writes()), 1)
        self.set_stock(self.tea, 1)
        self.sync()
        self.assertEqual(self.on_sale(item, "gmarket"), 1)
        self.assertEqual(self.on_sale(item, "auction"), 0)
        self.assertFalse(item.selling["auction"])
        self.set_stock(self.tea, 4)
        self.sync()
        self.assertEqual(self.on_sale(item, "auction"), 2)

    def test_orders_take_from_what_is_on_sale_before_they_are_reserved(self):
        item = self.sandbox.add_item(
            "[샘플] 보리차", 12900, gmarket=GMARKET, seller_code=TEA
        )
        self.read_listings()
        self.gmarket.auto_release = False
        self.sync()
        self.place({"site_goods_no": item.numbers["gmarket"], "quantity": 4})
        self.sync()
        order = self.env["sale.order"].search([("esm_shop_id", "=", self.gmarket.id)])
        self.assertEqual(order.state, "draft")
        self.assertEqual(self.on_sale(item, "gmarket"), 6)
        self.gmarket.auto_release = True
        self.run_cycle()
        self.sync()
        self.assertEqual(order.state, "sale")
        self.assertEqual(self.on_sale(item, "gmarket"), 6)
        self.ship(order)
        self.sync()
        self.assertEqual(self.on_sale(item, "gmarket"), 6)

    def test_options_are_sold_out_and_come_back_in_one_write(self):
        mug = self.cup
        blue = self.make_product("Mug, blue", 5500, 7, esm_inventory_code="CUP-05-B")
        self.set_stock(mug, 0)
        item = self.sandbox.add_item(
            "[샘플] 머그컵",
            5500,
            auction=AUCTION,
            options=[
                {"values": {"색상": "화이트"}, "code": "CUP-05-W", "qty": 5},
                {"values": {"색상": "블루"}, "code": "CUP-05-B", "qty": 5},
                {"values": {"색상": "레드"}, "code": None, "qty": 9},
            ],
        )
        white, cyan, red = item.options
        self.read_listings()
        self.sync()
        self.assertEqual(self.on_sale(item, "auction", white), 0)
        self.assertEqual(self.on_sale(item, "auction", cyan), 7)
        self.assertEqual(self.on_sale(item, "auction", red), 9, "nobody knows it")
        self.assertEqual(len(self.writes()), 1)
        self.set_stock(mug, 3)
        self.sync()
        self.assertEqual(self.on_sale(item, "auction", white), 3)
        self.assertEqual(self.on_sale(item, "auction", cyan), 7)
        self.assertTrue(blue)

    def test_packs_and_sets(self):
        item = self.sandbox.add_item("[샘플] 3개 묶음", 30000, gmarket=GMARKET)
        gift = self.sandbox.add_item("[샘플] 차와 머그컵", 18000, auction=AUCTION)
        self.set_stock(self.cup, 2)
        self.read_listings()
        pack = self.option(item)
        pack._set_match([(self.tea, 3)])
        self.option(gift, "auction")._set_match([(self.tea, 1), (self.cup, 1)])
        self.sync()
        self.assertEqual(self.on_sale(item, "gmarket"), 2)
        self.assertEqual(self.on_sale(gift, "auction"), 2)

    def test_buffer_and_opt_out(self):
        item = self.sandbox.add_item(
            "[샘플] 보리차", 12900, gmarket=GMARKET, seller_code=TEA
        )
        self.read_listings()
        self.gmarket.stock_buffer = 4
        self.sync()
        self.assertEqual(self.on_sale(item, "gmarket"), 6)
        self.gmarket.write({"stock_buffer": 50, "stock_buffer_type": "percent"})
        self.sync()
        self.assertEqual(self.on_sale(item, "gmarket"), 5)
        self.option(item).listing_id.sync_stock = False
        self.gmarket.stock_buffer = 0
        self.sync()
        self.assertEqual(self.on_sale(item, "gmarket"), 5)

    def test_what_a_human_stopped_stays_stopped(self):
        item = self.sandbox.add_item(
            "[샘플] 보리차", 12900, gmarket=GMARKET, seller_code=TEA
        )
        self.read_listings()
        self.sandbox.stop_item(item.goods_no)
        self.set_stock(self.tea, 8)
        self.sync()
        self.assertEqual(self.on_sale(item, "gmarket"), 0)
        listing = self.option(item).listing_id
        self.assertEqual(listing.state, "stopped")
        self.assertFalse(listing.stopped_by_us)

    def test_dry_run_and_push_now(self):
        item = self.sandbox.add_item(
            "[샘플] 보리차", 12900, gmarket=GMARKET, seller_code=TEA, stock=3
        )
        self.read_listings()
        listing = self.option(item).listing_id
        action = listing.action_preview_stock()
        preview = self.env["esm.stock.preview"].browse(action["res_id"])
        self.assertEqual(
            [(line.offered, line.wanted) for line in preview.line_ids], [(3, 10)]
        )
        self.assertEqual(self.on_sale(item, "gmarket"), 3, "it is only a look")
        self.commit()
        preview.action_push()
        self.assertEqual(self.on_sale(item, "gmarket"), 10)

    def test_stock_of_two_warehouses(self):
        other = self.env["stock.warehouse"].create({"name": "Second", "code": "W2"})
        self.env["stock.quant"]._update_available_quantity(
            self.tea, other.lot_stock_id, 5
        )
        item = self.sandbox.add_item(
            "[샘플] 보리차", 12900, gmarket=GMARKET, seller_code=TEA
        )
        self.read_listings()
        self.sync()
        self.assertEqual(self.on_sale(item, "gmarket"), 10)
        self.gmarket.stock_warehouse_ids = [Command.set((self.warehouse | other).ids)]
        self.sync()
        self.assertEqual(self.on_sale(item, "gmarket"), 15)
