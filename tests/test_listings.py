from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from ..esm_api import Refusal, RuleError
from ..esm_api.goods import GoodsApi
from ..models import esm_shop_items
from .common import AUCTION, GMARKET, EsmCase

TEA = "TEA-0100"
MUG = {
    "price": 5500,
    "seller_code": "CUP-05",
    "options": [
        {"values": {"색상": "화이트"}, "code": "CUP-05-W", "qty": 5},
        {"values": {"색상": "블랙"}, "code": "CUP-05-B", "qty": 7, "surcharge": 500},
        {"values": {"색상": "민트"}, "qty": 9},
    ],
}


class ListingCase(EsmCase):
    """Shortcuts for tests about listings."""

    def add(self, name="[샘플] 보리차", price=12900, **values):
        """An item at the sandbox, on Gmarket unless another shop is named."""
        if not values.keys() & {"gmarket", "auction"}:
            values["gmarket"] = GMARKET
        return self.sandbox.add_item(name, price, **values)

    def read_listings(self):
        for shop in self.gmarket | self.auction:
            self.assertIsNone(shop.sudo()._read_listings())
        self.env.invalidate_all()

    def listing(self, item, site="gmarket"):
        return self.env["esm.listing"].search(
            [("site_goods_no", "=", item.numbers[site]), ("site", "=", site)]
        )

    def options(self, item, site="gmarket"):
        return self.listing(item, site).option_ids.sorted("id")

    def match(self, option, *goods):
        """Match an option in the dialog; goods are products or (product, pieces)."""
        wizard = self.env["esm.match"].create({"option_id": option.id})
        pairs = [each if isinstance(each, tuple) else (each, 1) for each in goods]
        wizard.line_ids = [
            Command.clear(),
            *(
                Command.create({"product_id": product.id, "quantity": pieces})
                for product, pieces in pairs
            ),
        ]
        return wizard

    def process(self):
        """Run the job that looks at waiting orders, as its cron does."""
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.env["esm.shop"].sudo()._cron_process()
        self.env.invalidate_all()

    def buy(self, item, site="gmarket", **values):
        """A collected order of one item."""
        number = item.numbers[site]
        [order_no] = self.place({"site_goods_no": number, **values}, site=site)
        self.run_cycle(self.gmarket if site == "gmarket" else self.auction)
        return self.rows(order_no)

    def sync(self):
        """Run the stock job as its cron does; orders are collected each time."""
        self.env.cr.commit()  # pylint: disable=invalid-commit
        with patch.object(esm_shop_items, "FRESH_ORDERS", timedelta(seconds=-1)):
            self.env["esm.shop"].sudo()._cron_stock()
        self.env.invalidate_all()

    def calls(self, *names):
        return [call for call in self.sandbox.calls if call.endpoint in names]

    def sold(self, row):
        """(product, pieces, won) of what an order sells."""
        lines = row.sale_line_ids.filtered("product_uom_qty")
        return [
            (line.product_id, line.product_uom_qty, line.price_total) for line in lines
        ]


@tagged("post_install", "-at_install")
class TestReadListings(ListingCase):
    """Listings follow what is on sale in ESM Plus."""

    def test_item_on_both_sites(self):
        item = self.add(
            price={"gmarket": 12900, "auction": 12500},
            gmarket=GMARKET,
            auction=AUCTION,
            seller_code=TEA,
            stock={"gmarket": 3, "auction": 4},
        )
        self.read_listings()
        here, there = self.listing(item), self.listing(item, "auction")
        self.assertRecordValues(
            here | there,
            [
                {
                    "shop_id": self.gmarket.id,
                    "goods_no": str(item.goods_no),
                    "other_site_no": item.numbers["auction"],
                    "name": "[샘플] 보리차",
                    "seller_code": TEA,
                    "price": 12900,
                    "state": "on_sale",
                    "unmatched_count": 0,
                },
                {
                    "shop_id": self.auction.id,
                    "goods_no": str(item.goods_no),
                    "other_site_no": item.numbers["gmarket"],
                    "name": "[샘플] 보리차",
                    "seller_code": TEA,
                    "price": 12500,
                    "state": "on_sale",
                    "unmatched_count": 0,
                },
            ],
        )
        self.assertRecordValues(
            here.option_ids | there.option_ids,
            [
                {"key": "", "code": TEA, "offered": pieces, "match_method": "seller"}
                for pieces in (3, 4)
            ],
        )
        self.assertEqual((here | there).option_ids.product_ids, self.tea)

    def test_options_and_why_they_are_unmatched(self):
        item = self.add("[샘플] 머그컵", **MUG)
        self.read_listings()
        white, black, mint = self.options(item)
        self.assertRecordValues(
            white | black | mint,
            [
                {
                    "key": str(item.options[0].key),
                    "name": "색상: 화이트",
                    "code": "CUP-05-W",
                    "match_method": "inventory",
                    "match_state": "inventory",
                    "offered": 5,
                    "surcharge": 0,
                },
                {
                    "key": str(item.options[1].key),
                    "name": "색상: 블랙",
                    "code": "CUP-05-B",
                    "match_method": False,
                    "match_state": "unknown_code",
                    "offered": 7,
                    "surcharge": 500,
                },
                {
                    "key": str(item.options[2].key),
                    "name": "색상: 민트",
                    "code": False,
                    "match_method": False,
                    "match_state": "no_code",
                    "offered": 9,
                    "surcharge": 0,
                },
            ],
        )
        self.assertEqual(white.product_ids, self.cup)
        self.assertEqual(self.listing(item).unmatched_count, 2)
        self.assertEqual(self.listing(item).offered, 5 + 7 + 9)
        self.assertEqual(self.gmarket.unmatched_count, 2)

    def test_seller_codes_and_inventory_codes_are_two_things(self):
        self.bag.esm_seller_code = "CUP-05-B"
        plain = self.add(seller_code="CUP-05-W")
        item = self.add("[샘플] 머그컵", **MUG)
        self.read_listings()
        self.assertFalse(self.options(plain).match_method)
        self.assertFalse(self.options(item)[1].match_method)

    def test_changes_are_taken_over_and_the_rest_is_left_alone(self):
        tea = self.add(seller_code="NEW-1")
        mug = self.add("[샘플] 머그컵", **MUG)
        self.read_listings()
        reads = len(self.calls("options:read"))
        self.read_listings()
        self.assertEqual(len(self.calls("options:read")), reads, "nothing changed")
        self.sandbox.edit_item(
            tea.goods_no, name="[샘플] 현미차", price=13900, seller_code=TEA
        )
        self.sandbox.edit_item(
            mug.goods_no, options={"CUP-05-B": {"code": "CUP-05-W", "qty": 2}}
        )
        self.sandbox.edit_item(mug.goods_no, options={mug.options[0].key: {"code": ""}})
        self.read_listings()
        self.assertRecordValues(
            self.listing(tea),
            [{"name": "[샘플] 현미차", "price": 13900, "seller_code": TEA}],
        )
        self.assertEqual(self.options(tea).product_ids, self.tea)
        self.assertEqual(self.options(tea).name, "[샘플] 현미차")
        white, black, _mint = self.options(mug)
        self.assertFalse(white.match_method)
        self.assertEqual((black.product_ids, black.offered), (self.cup, 2))

    def test_deleted_items_are_marked(self):
        item = self.add(seller_code=TEA)
        stays = self.add("[샘플] 현미차")
        self.read_listings()
        self.sandbox.delete_item(item.goods_no)
        # Times have whole seconds, tests are quicker.
        for listing in self.env["esm.listing"].search([]):
            listing.read_at -= timedelta(seconds=1)
        self.read_listings()
        self.assertEqual(self.listing(item).state, "deleted")
        self.assertEqual(self.listing(stays).state, "on_sale")

    def test_stopped_items_offer_nothing(self):
        item = self.add(seller_code=TEA, stock=5)
        self.sandbox.stop_item(item.goods_no)
        self.read_listings()
        self.assertEqual(self.listing(item).state, "stopped")
        self.assertEqual(self.options(item).offered, 0)

    def test_options_renewed_in_esm_plus_keep_their_matches(self):
        item = self.add("[샘플] 머그컵", **MUG)
        self.read_listings()
        _white, black, mint = self.options(item)
        self.match(mint, self.bag).action_match()
        self.match(black, self.tea).action_match()
        # ESM gives new keys when options are entered anew; one of them is gone.
        item.options[2].key += 100
        del item.options[1]
        self.sandbox.edit_item(item.goods_no, name="[샘플] 머그컵 2종")
        self.listing(item).action_read()
        self.env.invalidate_all()
        self.assertFalse(black.exists())
        self.assertEqual(mint.key, str(item.options[1].key))
        self.assertEqual((mint.match_method, mint.product_ids), ("manual", self.bag))

    def test_item_that_gets_options_and_loses_them(self):
        item = self.add(seller_code=TEA)
        other = self.add("[샘플] 머그컵", **MUG)
        self.read_listings()
        self.assertEqual(self.options(item).product_ids, self.tea)
        groups, options = other.groups, other.options
        item.groups, item.group_nos, item.options = groups, [0], options
        self.sandbox.edit_item(item.goods_no, stock=5)
        self.read_listings()
        self.assertEqual(len(self.options(item)), 3)
        self.assertEqual(self.options(item).product_ids, self.cup)
        item.groups, item.group_nos, item.options = [], [], []
        self.sandbox.edit_item(item.goods_no, stock=6)
        self.read_listings()
        self.assertEqual(self.options(item).product_ids, self.tea)

    def test_texts_that_buyers_type_are_nothing_to_match(self):
        item = self.add("[샘플] 각인 머그컵", seller_code=TEA, text_option="각인 문구")
        self.read_listings()
        self.assertRecordValues(
            self.options(item), [{"key": "", "match_method": "seller"}]
        )
        self.read_listings()
        self.assertFalse(self.listing(item).options_due)

    def test_nobody_waits_for_a_shop_that_asks_where_its_item_is(self):
        """Its orders could not be stored meanwhile: calls have a slow pace."""
        self.add("[샘플] 머그컵", **MUG)
        Shop, Listing = self.registry["esm.shop"], self.registry["esm.listing"]
        transact, read, turns, asked = Shop._transact, Listing._read_from, [], []

        def in_turn(shop, work, alone=True, **more):
            turns.append(alone)
            try:
                return transact(shop, work, alone=alone, **more)
            finally:
                turns.pop()

        def ask(listing, api_client):
            asked.append(turns[-1])
            return read(listing, api_client)

        gone = RuleError("No such item.", reason=Refusal.ITEM_NOT_FOUND)
        with (
            patch.object(GoodsApi, "options", side_effect=gone),
            patch.object(Shop, "_transact", in_turn),
            patch.object(Listing, "_read_from", ask),
        ):
            self.read_listings()
        self.assertEqual(asked, [False])

    def test_nothing_to_store_cannot_fail_for_ever(self):
        """An empty page, where the database has a day off."""

        def fail(_items):
            raise ZeroDivisionError

        self.assertEqual(self.gmarket._transact_apart([], fail), ([], []))

    def test_legacy_items_are_added_by_number(self):
        item = self.add("[샘플] 옛 상품", seller_code="OLD-1", legacy=True)
        self.read_listings()
        number = item.numbers["gmarket"]
        self.assertFalse(self.listing(item))
        row = self.buy(item)
        self.assertEqual(row.problem, "unmatched")
        wizard = self.env["esm.listing.add"].create(
            {"shop_id": self.gmarket.id, "numbers": f" {number}\n{number} "}
        )
        wizard.action_add()
        listing = self.listing(item)
        # No call tells, but the order does.
        self.assertRecordValues(
            listing, [{"name": "[샘플] 옛 상품", "seller_code": "OLD-1"}]
        )
        self.match(listing.option_ids, self.tea).action_match()
        self.process()
        self.assertEqual(row.state, "released")
        with self.assertRaisesRegex(UserError, "ESM 1.0"):
            listing.action_push_stock()
        self.read_listings()
        self.assertNotEqual(listing.state, "deleted", "the search never has it")

    def test_options_of_legacy_items_are_matched_as_orders_name_them(self):
        item = self.add(
            "[샘플] 옛 컵",
            legacy=True,
            options=[
                {"values": {"색상": "민트"}, "qty": 9},
                {"values": {"색상": "블랙"}, "qty": 9},
            ],
        )
        for option in item.options:
            row = self.buy(item, option=option.key)
            self.assertEqual(row.action_match_listing()["res_model"], "esm.listing.add")
            self.env["esm.listing.add"].create(
                {"shop_id": self.gmarket.id, "numbers": row.goods_no}
            ).action_add()
            action = row.action_match_listing()
            self.assertEqual(action["res_model"], "esm.match")
            chosen = action["context"]["default_option_id"]
            chosen = self.env["esm.listing.option"].browse(chosen)
            self.assertIn(option.values[0], chosen.name)
            self.match(chosen, self.tea).action_match()
            self.process()
            self.assertEqual(row.state, "released")
            self.assertEqual(self.sold(row)[0][0], self.tea)

    def test_stopped_by_us_while_it_is_read(self):
        """What was read before does not make it one that a human has started."""
        item = self.add(seller_code=TEA)
        self.read_listings()
        listing, shop = self.listing(item).sudo(), self.gmarket.sudo()
        read_at = fields.Datetime.now()
        page = next(shop._api().goods.search())
        listing._note_stopped()
        listing._store(shop, page.items, read_at)
        self.assertTrue(listing.stopped_by_us)
        self.assertEqual(listing.state, "stopped")
        listing._store(shop, page.items, read_at + timedelta(minutes=1))
        self.assertFalse(listing.stopped_by_us)
        self.assertEqual(listing.state, "on_sale")

    def test_numbers_that_are_none(self):
        wizard = self.env["esm.listing.add"].create(
            {"shop_id": self.gmarket.id, "numbers": "39000-1"}
        )
        with self.assertRaisesRegex(UserError, "39000-1"):
            wizard.action_add()

    def test_number_that_the_search_has_is_read_whole(self):
        item = self.add("[샘플] 머그컵", **MUG)
        self.env["esm.listing.add"].create(
            {"shop_id": self.gmarket.id, "numbers": item.numbers["gmarket"]}
        ).action_add()
        self.assertEqual(len(self.options(item)), 3)

    def test_number_of_another_seller_is_refused(self):
        item = self.add(auction=AUCTION)
        wizard = self.env["esm.listing.add"].create(
            {"shop_id": self.gmarket.id, "numbers": item.numbers["auction"]}
        )
        with self.assertRaises(UserError):
            wizard.action_add()
        self.assertFalse(self.env["esm.listing"].search([]))

    def test_orders_go_on_without_permission_for_goods(self):
        item = self.add(seller_code=TEA, stock=5)
        self.read_listings()
        self.forbid("goods/search")
        action = self.gmarket.action_read_listings()
        self.assertEqual(action["params"]["type"], "danger")
        self.assertIn(self.gmarket.name, action["params"]["message"])
        self.assertIn("Ask ESM to allow", self.gmarket.listings_message)
        self.assertNotEqual(self.gmarket.connection_state, "refused")
        self.assertEqual(self.buy(item).state, "released")
        self.allow("goods/search")
        self.gmarket.action_read_listings()
        self.assertFalse(self.gmarket.listings_message)

    def test_orders_go_on_without_permission_for_stock(self):
        item = self.add(seller_code=TEA, stock=5)
        self.read_listings()
        self.forbid("stock")
        self.gmarket.auto_stock = True
        self.sync()
        self.assertIn("Ask ESM to allow", self.gmarket.listings_message)
        self.assertEqual(len(self.calls("stock")), 1)
        self.assertEqual(self.buy(item).state, "released")
        self.allow("stock")
        self.sync()
        self.assertFalse(self.gmarket.listings_message)
        self.assertEqual(item.stock["gmarket"], 999)

    def test_orders_go_on_without_permission_for_prices(self):
        item = self.add(seller_code=TEA)
        self.read_listings()
        self.forbid("price")
        self.env["esm.outbox"]._request_values(
            "price", {self.listing(item): {"price": 9900}}
        )
        self.send()
        self.assertIn("Ask ESM to allow", self.listing(item).trouble)
        self.assertEqual(self.buy(item).state, "released")

    def forbid(self, endpoint):
        self.sandbox.set_permission("testmaster", endpoint, False)
        self.addCleanup(self.allow, endpoint)

    def allow(self, endpoint):
        self.sandbox.set_permission("testmaster", endpoint, True)


@tagged("post_install", "-at_install")
class TestMatchListings(ListingCase):
    """What no code matches is matched by hand, and what waits for it goes on."""

    def test_suggestion_by_reference_or_barcode_never_by_name(self):
        item = self.add("[샘플] 머그컵", **MUG)
        self.bag.write({"name": "색상: 민트", "default_code": "X"})
        self.read_listings()
        _white, black, mint = self.options(item)
        self.assertFalse(black.suggestion_id)
        self.tea.default_code = "CUP-05-B"
        black.invalidate_recordset(["suggestion_id"])
        self.assertEqual(black.suggestion_id, self.tea)
        self.tea.write({"default_code": False, "barcode": "CUP-05-B"})
        black.invalidate_recordset(["suggestion_id"])
        self.assertEqual(black.suggestion_id, self.tea)
        self.assertFalse(mint.suggestion_id, "a name says nothing")
        self.bag.default_code = "CUP-05-B"
        black.invalidate_recordset(["suggestion_id"])
        self.assertFalse(black.suggestion_id, "two that fit are a guess")
        self.assertEqual(black.match_state, "several")

    def test_accept_suggestions_in_one_go(self):
        item = self.add("[샘플] 머그컵", **MUG)
        self.read_listings()
        self.tea.default_code = "CUP-05-B"
        options = self.options(item)
        options.invalidate_recordset(["suggestion_id"])
        options.action_accept_suggestion()
        self.assertEqual(options.mapped("match_method"), ["inventory", "manual", False])
        self.assertEqual(options[1].product_ids, self.tea)
        with self.assertRaisesRegex(UserError, "no suggestion"):
            options.action_accept_suggestion()

    def test_dialog_begins_with_the_suggestion_or_the_match(self):
        item = self.add("[샘플] 머그컵", **MUG)
        self.read_listings()
        self.tea.default_code = "CUP-05-B"
        _white, black, _mint = self.options(item)
        black.invalidate_recordset(["suggestion_id"])
        context = black.action_match()["context"]
        form = Form(self.env["esm.match"].with_context(**context))
        with form.line_ids.edit(0) as line:
            self.assertEqual((line.product_id, line.quantity), (self.tea, 1))
            line.quantity = 3
        form.save().action_match()
        form = Form(self.env["esm.match"].with_context(**context))
        with form.line_ids.edit(0) as line:
            self.assertEqual((line.product_id, line.quantity), (self.tea, 3))

    def test_options_that_share_a_code(self):
        item = self.add(
            options=[
                {"values": {"묶음": "1개"}, "code": "BAG-01"},
                {"values": {"묶음": "3개"}, "code": "BAG-01", "surcharge": 500},
            ],
        )
        self.read_listings()
        one, three = self.options(item)
        before = self.buy(item, option=item.options[0].key)
        wizard = self.match(three, (self.bag, 3))
        self.assertFalse(wizard.order_ids, "the order is for one")
        wizard.action_match()
        self.assertEqual(self.match(one, self.bag).order_ids, before)
        self.assertEqual(one.match_method, "inventory")
        for option, pieces in zip(item.options, (1, 3), strict=True):
            row = self.buy(item, option=option.key)
            self.assertEqual(self.sold(row)[0][:2], (self.bag, pieces))

    def test_shared_code_beside_an_unknown_text_waits_for_a_person(self):
        packs = {"1개": "BAG-01", "3개": "BAG-01"}
        item = self.add(
            options=[{"values": {"묶음": k}, "code": code} for k, code in packs.items()]
        )
        self.read_listings()
        self.options(item)[1]._set_match([(self.bag, 3)])
        chosen = {"ItemOptionValue": "묶음:5개", "ItemOptionCode": "BAG-01"}
        number = item.numbers["gmarket"]
        raw = {"ItemOptionSelectList": [{**chosen, "ItemOptionOrderCnt": 1}]}
        row = self.buy(item, option=item.options[0].key, raw=raw)
        self.assertEqual((row.goods_no, row.problem), (number, "unmatched"))

    def test_products_that_are_sold_cannot_be_deleted_unseen(self):
        item = self.add(seller_code="LATE-1")
        self.read_listings()
        new = self.env["product.product"].create(
            {"name": "Late", "esm_seller_code": "LATE-1"}
        )
        option = self.options(item)
        self.assertEqual(option.product_ids, new)
        option._set_match([(new, 2)])
        with self.assertRaisesRegex(UserError, "Match that listing"):
            new.unlink()
        option.action_undo_match()
        new.unlink()
        self.assertFalse(option.match_method or option.component_ids)

    def test_one_warning_for_each_stop(self):
        item = self.add()
        self.read_listings()
        listing = self.listing(item)
        long_ago = fields.Datetime.now() - timedelta(days=21)
        listing.write(
            {"state": "stopped", "stopped_by_us": True, "stopped_at": long_ago}
        )
        self.env["esm.shop"]._cron_listings()
        self.assertEqual(len(listing.activity_ids), 1)
        self.assertIn("deletes items", listing.trouble)
        listing.activity_ids.action_feedback()
        self.env["esm.shop"]._cron_listings()
        self.assertFalse(listing.activity_ids, "it was said, and closed")
        listing.state = "on_sale"
        self.assertFalse(listing.trouble)

    def test_parts_of_a_piece_stay_matched(self):
        item = self.add(seller_code=TEA)
        self.read_listings()
        self.match(self.options(item), (self.tea, 0.1)).action_match()
        row = self.buy(item, quantity=3)
        self.assertEqual(self.sold(row)[0][1], 0.3)
        with self.assertRaisesRegex(UserError, "Nothing to change"):
            row.action_rematch()

    def test_on_to_the_next_until_none_is_left(self):
        item = self.add("[샘플] 머그컵", gmarket=GMARKET, auction=AUCTION, **MUG)
        gone = self.add("[샘플] 지난 상품")
        self.read_listings()
        self.listing(gone).state = "deleted"
        _white, black, mint = self.options(item)
        action = self.match(mint, self.bag).action_match_next()
        self.assertEqual(action["context"], {"default_option_id": black.id})
        wizard = self.env["esm.match"].create({"option_id": black.id})
        self.assertFalse(wizard.has_next)

    def test_nothing_to_match_with(self):
        item = self.add("[샘플] 머그컵", **MUG)
        self.read_listings()
        with self.assertRaisesRegex(UserError, "색상: 민트"):
            self.match(self.options(item)[2]).action_match()
        for pieces in (0, -1):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.match(self.options(item)[2], (self.tea, pieces)).action_match()

    def test_one_match_for_both_sites(self):
        item = self.add("[샘플] 머그컵", gmarket=GMARKET, auction=AUCTION, **MUG)
        self.read_listings()
        here, there = self.options(item)[2], self.options(item, "auction")[2]
        self.match(here, (self.tea, 2)).action_match()
        for option in here | there:
            self.assertEqual(option.match_method, "manual")
            self.assertEqual(option.component_ids.quantity, 2)
        there.action_undo_match()
        for option in here | there:
            self.assertFalse(option.match_method)
            self.assertFalse(option.component_ids)

    def test_undo_lets_the_code_count_again(self):
        item = self.add(seller_code=TEA)
        self.read_listings()
        option = self.options(item)
        self.match(option, self.bag).action_match()
        self.assertEqual(self.buy(item).sale_line_ids.product_id, self.bag)
        self.env["esm.match"].create({"option_id": option.id}).action_undo()
        self.assertEqual(
            (option.match_method, option.product_ids), ("seller", self.tea)
        )
        self.assertEqual(self.buy(item).sale_line_ids.product_id, self.tea)

    def test_codes_of_products_match_what_is_known(self):
        item = self.add("[샘플] 머그컵", **MUG)
        self.read_listings()
        white, black, _mint = self.options(item)
        self.bag.esm_inventory_code = "CUP-05-B"
        self.assertEqual(
            (black.match_method, black.product_ids), ("inventory", self.bag)
        )
        self.cup.esm_inventory_code = False
        self.assertFalse(white.match_method)
        self.assertFalse(white.component_ids)

    def test_a_match_by_hand_survives_codes(self):
        item = self.add("[샘플] 머그컵", **MUG)
        self.read_listings()
        black = self.options(item)[1]
        self.match(black, self.tea).action_match()
        self.bag.esm_inventory_code = "CUP-05-B"
        self.read_listings()
        self.assertEqual((black.match_method, black.product_ids), ("manual", self.tea))

    def test_products_show_where_they_are_on_sale(self):
        mug = self.add("[샘플] 머그컵", gmarket=GMARKET, auction=AUCTION, **MUG)
        gift = self.add("[샘플] 차와 머그컵", 18000)
        self.read_listings()
        self.match(self.options(gift), self.tea, self.cup).action_match()
        options = (
            self.options(mug)[0] | self.options(mug, "auction")[0] | self.options(gift)
        )
        for record in (self.cup, self.cup.product_tmpl_id):
            self.assertEqual(record.esm_listing_count, 3)
            action = record.action_view_esm_listings()
            found = self.env[action["res_model"]].search(action["domain"])
            self.assertEqual(found, options)
        self.assertEqual(self.tea.esm_listing_count, 1)
        self.assertEqual(self.bag.product_tmpl_id.esm_listing_count, 0)

    # --- orders ---------------------------------------------------------

    def test_waiting_order_goes_on(self):
        item = self.add("[샘플] 머그컵", **MUG)
        self.read_listings()
        row = self.buy(item, option="색상:민트")
        self.assertEqual(row.problem, "unmatched")
        self.assertIn("Match its listing", row.problem_text)
        wizard = self.match(self.options(item)[2], self.bag)
        self.assertEqual(wizard.waiting_ids, row)
        self.assertFalse(wizard.order_ids)
        wizard.action_match()
        self.process()
        self.assertEqual((row.state, row.problem), ("released", False))
        self.assertEqual(self.sold(row), [(self.bag, 1, 5500)])
        self.assertTrue(row.sale_order_id.picking_ids)

    def test_from_the_order_to_its_match(self):
        item = self.add("[샘플] 머그컵", **MUG)
        self.read_listings()
        row = self.buy(item, option="색상:민트")
        action = row.action_match_listing()
        self.assertEqual(
            action["context"], {"default_option_id": self.options(item)[2].id}
        )
        unknown = self.add("[샘플] 옛 상품", legacy=True)
        action = self.buy(unknown).action_match_listing()
        form = Form(self.env[action["res_model"]].with_context(**action["context"]))
        form.save().action_add()
        self.assertTrue(self.listing(unknown))

    def test_pack(self):
        item = self.add("[샘플] 보리차 3개 묶음", 33000, seller_code="PACK-3")
        self.read_listings()
        self.match(self.options(item), (self.tea, 3)).action_match()
        row = self.buy(item, quantity=2)
        self.assertEqual(row.state, "released")
        self.assertEqual(self.sold(row), [(self.tea, 6, 66000)])
        self.assertEqual(row.sale_order_id.picking_ids.move_ids.product_uom_qty, 6)
        self.assertEqual(row.sale_line_ids.esm_matched_by, "manual")

    def test_set_is_split_to_the_won(self):
        item = self.add("[샘플] 차와 머그컵", 19990, seller_code="SET-1")
        self.read_listings()
        self.match(
            self.options(item), self.tea, (self.cup, 2), (self.bag, 1)
        ).action_match()
        row = self.buy(item, quantity=3)
        self.assertEqual(row.state, "released")
        sold = self.sold(row)
        self.assertEqual(
            [(product, pieces) for product, pieces, _won in sold],
            [(self.tea, 3), (self.cup, 6), (self.bag, 3)],
        )
        self.assertEqual(sum(won for _product, _pieces, won in sold), 3 * 19990)
        self.assertEqual(row.sale_order_id.amount_total, 3 * 19990)
        # As the prices of the goods are: 12,900, 11,000 and 2,000.
        self.assertEqual([won for *_, won in sold], [29869, 25470, 4631])

    def test_match_by_hand_counts_before_the_code(self):
        item = self.add("[샘플] 머그컵", **MUG)
        self.read_listings()
        self.match(self.options(item)[0], self.bag).action_match()
        row = self.buy(item, option="CUP-05-W")
        self.assertEqual(self.sold(row), [(self.bag, 1, 5500)])
        # Other goods with the same code are not meant.
        other = self.add("[샘플] 다른 머그컵", **MUG)
        row = self.buy(other, option="CUP-05-W")
        self.assertEqual(self.sold(row), [(self.cup, 1, 5500)])

    def test_option_without_code_is_found_by_its_text(self):
        for text in ("색상:화이트", "화이트", "색상 : 화이트 "):
            with self.subTest(text=text):
                item = self.add("[샘플] 머그컵", **MUG)
                self.read_listings()
                # An order may lack the code for a while.
                number = item.numbers["gmarket"]
                raw = [{"ItemOptionValue": text, "ItemOptionOrderCnt": 1}]
                [order_no] = self.place(
                    {
                        "site_goods_no": number,
                        "option": "CUP-05-W",
                        "raw": {"ItemOptionSelectList": raw},
                    }
                )
                self.run_cycle()
                row = self.rows(order_no)
                self.assertEqual(self.sold(row), [(self.cup, 1, 5500)])
                self.assertEqual(row.sale_line_ids.esm_matched_by, "text")

    def test_draft_order_gets_the_corrected_goods(self):
        self.gmarket.auto_release = False
        item = self.add(seller_code=TEA)
        self.read_listings()
        row = self.buy(item, quantity=2)
        wizard = self.match(self.options(item), self.cup, self.bag)
        self.assertEqual(wizard.order_ids, row)
        self.assertIn(row.order_no, wizard.order_numbers)
        wizard.action_match()
        self.assertEqual(
            [line[:2] for line in self.sold(row)], [(self.cup, 2), (self.bag, 2)]
        )
        self.assertEqual(row.sale_order_id.amount_total, 25800)
        self.assertEqual(row.sale_order_id.state, "draft")

    def test_confirmed_order_gets_the_corrected_goods(self):
        item = self.add(seller_code=TEA)
        self.read_listings()
        row = self.buy(item, quantity=2)
        self.assertEqual(row.state, "released")
        self.match(self.options(item), (self.cup, 3)).action_match()
        self.assertEqual(self.sold(row), [(self.cup, 6, 25800)])
        moves = row.sale_order_id.picking_ids.move_ids
        live = moves.filtered(lambda move: move.state != "cancel")
        self.assertEqual(
            [(move.product_id, move.product_uom_qty) for move in live], [(self.cup, 6)]
        )
        self.assertEqual(row.sale_order_id.amount_total, 25800)

    def test_orders_stay_as_they_are_if_one_says_so(self):
        item = self.add(seller_code=TEA)
        self.read_listings()
        row = self.buy(item)
        wizard = self.match(self.options(item), self.cup)
        wizard.rematch_orders = False
        wizard.action_match()
        self.assertEqual(self.sold(row), [(self.tea, 1, 12900)])

    def test_shipped_orders_are_not_touched(self):
        item = self.add(seller_code=TEA)
        self.read_listings()
        shipped = self.buy(item)
        self.ship(shipped.sale_order_id)
        waiting = self.buy(item)
        wizard = self.match(self.options(item), self.cup)
        self.assertEqual(wizard.order_ids, waiting)
        wizard.action_match()
        self.assertEqual(self.sold(shipped), [(self.tea, 1, 12900)])
        self.assertEqual(self.sold(waiting), [(self.cup, 1, 12900)])

    def test_invoiced_order_is_left_with_a_message(self):
        item = self.add(seller_code=TEA)
        self.read_listings()
        row = self.buy(item, quantity=2)
        row.sale_order_id._create_invoices()
        action = self.match(self.options(item), self.cup).action_match()
        self.assertEqual(self.sold(row), [(self.tea, 2, 25800)])
        self.assertIn(row.order_no, action["params"]["message"])

    def test_orders_of_other_options_are_not_named(self):
        item = self.add("[샘플] 머그컵", **MUG)
        self.read_listings()
        white = self.buy(item, option="CUP-05-W")
        mint = self.buy(item, option="색상:민트")
        wizard = self.match(self.options(item)[2], self.bag)
        self.assertEqual((wizard.order_ids, wizard.waiting_ids), (white.browse(), mint))
        wizard = self.match(self.options(item)[0], self.bag)
        self.assertEqual(
            (wizard.order_ids, wizard.waiting_ids), (white, white.browse())
        )


@tagged("post_install", "-at_install")
class TestWriteListings(ListingCase):
    """Codes and prices are written when a person says so, and only then."""

    def test_codes_of_matched_products_are_written_into_the_options(self):
        item = self.add("[샘플] 머그컵", gmarket=GMARKET, auction=AUCTION, **MUG)
        self.read_listings()
        mint = self.options(item)[2]
        black = item.options[1]
        before = (black.values, black.code, dict(black.qty), black.surcharge)
        self.match(mint, self.bag).action_match()
        mint.action_write_codes()
        self.send()
        self.assertEqual(item.options[2].code, "BAG-01")
        self.assertEqual(
            (black.values, black.code, dict(black.qty), black.surcharge), before
        )
        self.assertEqual(mint.code, "BAG-01")
        self.assertEqual(self.options(item, "auction")[2].code, "BAG-01")
        with self.assertRaisesRegex(UserError, "no code to write"):
            mint.action_write_codes()

    def test_codes_written_one_after_the_other_all_arrive(self):
        codes = [{"values": {"색상": color}, "code": None} for color in ("흑", "백")]
        item = self.add("[샘플] 머그컵", options=codes)
        self.read_listings()
        for option, product in zip(self.options(item), (self.cup, self.bag), strict=1):
            option._set_match([(product, 1)])
            option.action_write_codes()
        self.send()
        self.assertEqual(
            [option.code for option in item.options], ["CUP-05-W", "BAG-01"]
        )

    def test_packs_have_no_code_to_write(self):
        item = self.add("[샘플] 머그컵", **MUG)
        self.read_listings()
        mint = self.options(item)[2]
        self.match(mint, (self.bag, 2)).action_match()
        with self.assertRaisesRegex(UserError, "no code to write"):
            mint.action_write_codes()

    def price_form(self, listings):
        return Form(self.env["esm.price"].with_context(active_ids=listings.ids))

    def test_prices_of_the_goods(self):
        tea = self.add(price=11000, seller_code=TEA)
        pack = self.add("[샘플] 보리차 3개 묶음", 33000)
        self.read_listings()
        self.match(self.options(pack), (self.tea, 3)).action_match()
        listings = self.listing(tea) | self.listing(pack)
        wizard = self.price_form(listings).save()
        self.assertEqual(
            {
                line.listing_id: (line.old_price, line.new_price)
                for line in wizard.line_ids
            },
            {self.listing(tea): (11000, 12900), self.listing(pack): (33000, 38700)},
        )
        self.assertEqual(self.calls("price"), [])
        wizard.action_write()
        self.send()
        self.assertEqual((tea.price["gmarket"], pack.price["gmarket"]), (12900, 38700))
        self.assertEqual(listings.mapped("price"), [12900, 38700])

    def test_percent_and_what_stays(self):
        item = self.add(price=12990)
        self.read_listings()
        form = self.price_form(self.listing(item))
        form.rule = "percent"
        self.assertEqual(form.change_count, 0)
        with self.assertRaisesRegex(UserError, "nothing to write"):
            form.save().action_write()
        form = self.price_form(self.listing(item))
        form.rule = "percent"
        form.percent = -10
        wizard = form.save()
        self.assertEqual(wizard.line_ids.new_price, 11690)
        self.assertEqual(wizard.change_count, 1)

    def test_typed_prices_that_esm_refuses(self):
        item = self.add()
        self.read_listings()
        for price in (12905, 0, -10, 2_000_000_000):
            with self.subTest(price=price):
                form = self.price_form(self.listing(item))
                form.rule = "typed"
                with form.line_ids.edit(0) as line:
                    line.new_price = price
                with self.assertRaisesRegex(UserError, "whole tens of won"):
                    form.save().action_write()

    def test_price_of_one_site_leaves_the_other_alone(self):
        item = self.add(gmarket=GMARKET, auction=AUCTION, seller_code=TEA)
        self.read_listings()
        form = self.price_form(self.listing(item, "auction"))
        form.rule = "typed"
        with form.line_ids.edit(0) as line:
            line.new_price = 9900
        form.save().action_write()
        self.send()
        self.assertEqual(item.price, {"gmarket": 12900, "auction": 9900})

    def test_connector_never_writes_a_price_by_itself(self):
        item = self.add(seller_code=TEA)
        (self.gmarket | self.auction).auto_stock = True
        self.read_listings()
        self.tea.list_price = 15000
        self.sync()
        self.assertEqual(item.price["gmarket"], 12900)


@tagged("post_install", "-at_install")
class TestListingAccess(ListingCase):
    """Users read listings, managers match and write; companies see only their own."""

    def setUp(self):
        super().setUp()
        self.item = self.add("[샘플] 머그컵", **MUG)
        self.read_listings()
        self.manager = new_test_user(self.env, "manager", "sale_esm.group_manager")
        self.user = new_test_user(self.env, "user", "sale_esm.group_user")
        self.plain = new_test_user(self.env, "plain", "base.group_user")
        other = self.env["res.company"].create(
            {"name": "Other", "currency_id": self.env.ref("base.KRW").id}
        )
        self.outsider = new_test_user(
            self.env,
            "outsider",
            "sale_esm.group_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )

    @contextmanager
    def refused(self):
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            yield

    def buttons(self, user):
        listing = self.listing(self.item).with_user(user)
        options = self.options(self.item).with_user(user)
        env = self.env(user=user)
        return {
            "accept": options.action_accept_suggestion,
            "codes": options.action_write_codes,
            "undo": options.action_undo_match,
            "match": lambda: (
                env["esm.match"].create({"option_id": options[2].id}).action_undo()
            ),
            "price": lambda: env["esm.price"].create({"listing_ids": listing.ids}),
            "add": lambda: (
                env["esm.listing.add"]
                .create({"shop_id": self.gmarket.id, "numbers": "1"})
                .action_add()
            ),
            "opt out": lambda: listing.write({"sync_stock": False}),
        }

    def test_users_look_and_read_anew(self):
        listing = self.listing(self.item).with_user(self.user)
        self.assertEqual(Form(listing).state, "on_sale")
        self.assertEqual(len(listing.option_ids.mapped("product_text")), 3)
        listing.action_read()
        listing.action_preview_stock()

    def test_only_managers_change(self):
        for user in (self.user, self.plain, self.outsider):
            for name, button in self.buttons(user).items():
                with self.subTest(user=user.login, button=name), self.refused():
                    button()
        for name in ("match", "price", "add", "opt out", "undo"):
            with self.subTest(button=name):
                self.buttons(self.manager)[name]()
        self.assertFalse(self.listing(self.item).sync_stock)

    def test_managers_change_only_what_the_screens_offer(self):
        options = self.options(self.item).with_user(self.manager)
        with self.refused():
            options[2].component_ids = [
                Command.create({"product_id": self.bag.id, "quantity": 1})
            ]
        with self.refused():
            self.listing(self.item).with_user(self.manager).unlink()

    def test_companies_are_separated(self):
        env = self.env(user=self.outsider)
        for model in ("esm.listing", "esm.listing.option", "esm.listing.component"):
            self.assertFalse(env[model].search([]))
        listing = self.listing(self.item).with_user(self.outsider)
        for peep in (
            lambda: listing.read(["name"]),
            listing.action_read,
            listing.action_preview_stock,
            listing.action_push_stock,
            lambda: self.gmarket.with_user(self.outsider).action_read_listings(),
        ):
            with self.refused():
                peep()

    def test_goods_of_another_company_are_no_match(self):
        theirs = self.env["product.product"].create(
            {
                "name": "Theirs",
                "company_id": self.outsider.company_id.id,
                "esm_inventory_code": "CUP-05-B",
            }
        )
        self.read_listings()
        black = self.options(self.item)[1]
        self.assertFalse(black.match_method)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.match(black, theirs).action_match()
