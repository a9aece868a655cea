"""Stock when the marketplace is in trouble, when we are, and when people interfere."""

from contextlib import contextmanager
from unittest.mock import patch

from psycopg2.errors import LockNotAvailable

from odoo.tests import tagged

from ..esm_api import RuleError
from ..esm_api.goods import GoodsApi
from ..models.esm_outbox_items import EsmOutbox
from .common import AUCTION, GMARKET, StockCase

TEA, WHITE, BAG = "TEA-0100", "CUP-05-W", "BAG-01"
# What a server in trouble answers; from "lost" on, the call took effect all the same.
NOT_DONE = ("502", "503", "429", "html", "drop_before")
LOST = ("timeout_after_effect", "drop_after_effect", "truncated_json")


class Killed(BaseException):
    """The process ends here."""


class StockFaultCase(StockCase):
    @contextmanager
    def killed(self):
        """The job inside does not live to see its end."""
        try:
            yield
        except Killed:
            self.env.cr.rollback()
            self.env.transaction.reset()
        else:
            self.fail("The job went on to its end.")

    def setUp(self):
        super().setUp()
        self.set_stock(self.tea, 10)

    def add_tea(self, stock=3, **values):
        sites = {"gmarket", "auction"} & values.keys()
        sellers = {} if sites else {"gmarket": GMARKET}
        return self.sandbox.add_item(
            "[샘플] 보리차",
            12900,
            **{"seller_code": TEA, "stock": stock, **sellers, **values},
        )

    def add_mugs(self, **values):
        return self.sandbox.add_item(
            "[샘플] 머그컵",
            5500,
            **{
                "gmarket": GMARKET,
                "options": [
                    {"values": {"색상": "화이트"}, "code": WHITE, "qty": 5},
                    {"values": {"색상": "가방"}, "code": BAG, "qty": 5},
                ],
                **values,
            },
        )

    def disturb(self, endpoint, kind, **options):
        """Let a call go wrong, once unless told otherwise (see sandbox.faults)."""
        if kind == "timeout_after_effect":
            options.update(seconds=0, then="close")
        return self.sandbox.faults.add(kind, endpoint, **options)

    def after_a_while(self):
        """Messages that were put off may be tried again."""
        waiting = self.env["esm.outbox"].sudo().search([("state", "=", "waiting")])
        waiting.next_try_at = False
        (self.gmarket | self.auction)._reset_connection()

    def assertPutOff(self, item, site="gmarket"):
        """It waits for another try, and the listing says why."""
        message = self.message(item, site)
        self.assertEqual(message.state, "waiting")
        self.assertTrue(message.next_try_at)
        self.assertTrue(message.message)
        self.assertIn(message.message, self.listing(item, site).trouble)

    def assertSettled(self, item, pieces, site="gmarket", option=None):
        self.assertEqual(self.on_sale(item, site, option), pieces)
        self.assertEqual(self.message(item, site).state, "sent")
        self.assertFalse(self.listing(item, site).trouble)


@tagged("post_install", "-at_install")
class TestStockFaults(StockFaultCase):
    """Calls that go wrong."""

    def test_reads_that_fail(self):
        item = self.add_mugs()
        self.read_listings()
        for endpoint in ("sell-status:read", "options:read"):
            for kind in (*NOT_DONE, *LOST):
                with self.subTest(endpoint=endpoint, kind=kind):
                    number = self.on_sale(item, option=item.options[0]) + 1
                    self.set_stock(self.cup, number)
                    self.disturb(endpoint, kind, times=None)
                    self.sync()
                    self.assertEqual(
                        self.on_sale(item, option=item.options[0]), number - 1
                    )
                    if kind != "429":
                        self.assertPutOff(item)
                    self.assertTrue(self.gmarket.connection_message)
                    self.sandbox.faults.clear()
                    self.after_a_while()
                    self.sync()
                    self.assertSettled(item, number, option=item.options[0])

    def test_writes_that_fail(self):
        item, mugs = self.add_tea(stock=10), self.add_mugs()
        self.set_stock(self.cup, 10)
        self.read_listings()
        self.sync()
        number = 10
        for kind in (*NOT_DONE, *LOST):
            with self.subTest(kind=kind):
                number += 1
                for product in (self.tea, self.cup):
                    self.set_stock(product, number)
                self.disturb(("stock", "options"), kind, times=None)
                self.sync()
                self.sandbox.faults.clear()
                done = number if kind in LOST else number - 1
                self.assertEqual(self.on_sale(item), done)
                self.assertEqual(self.on_sale(mugs, option=mugs.options[0]), done)
                if kind != "429":
                    self.assertPutOff(item)
                    self.assertPutOff(mugs)
                self.after_a_while()
                written = len(self.writes())
                self.sync()
                self.assertSettled(item, number)
                self.assertSettled(mugs, number, option=mugs.options[0])
                # What has taken effect is not written again.
                self.assertEqual(len(self.writes()) - written, 0 if kind in LOST else 2)

    def test_stop_whose_answer_gets_lost_is_still_ours(self):
        """Stopped for lack of stock, it starts again when there is some."""
        item = self.add_tea()
        self.read_listings()
        for kind in LOST:
            with self.subTest(kind=kind):
                self.set_stock(self.tea, 0)
                self.disturb("sell-status", kind, times=None)
                self.sync()
                self.sandbox.faults.clear()
                self.assertFalse(item.selling["gmarket"])
                self.after_a_while()
                self.sync()
                self.assertTrue(self.listing(item).stopped_by_us)
                self.set_stock(self.tea, 4)
                self.sync()
                self.assertSettled(item, 4)
                self.assertFalse(self.listing(item).stopped_by_us)

    def test_killed_between_call_and_commit(self):
        for quantity in (7, 0):
            with self.subTest(quantity=quantity):
                item = self.add_tea(seller_code="", stock=3)
                self.read_listings()
                product = self.make_product("Cake", 3000, 1)
                self.set_stock(product, quantity)
                self.option(item)._set_match([(product, 1)])
                self.commit()
                dead = patch.object(EsmOutbox, "_note_pushed", side_effect=Killed)
                with dead, self.killed():
                    self.sync()
                self.assertEqual(self.on_sale(item), quantity)
                self.assertFalse(self.listing(item).pushed_at)
                written = len(self.writes())
                self.sync()
                self.assertEqual(len(self.writes()), written, "it was written already")
                self.set_stock(product, 5)
                self.sync()
                self.assertSettled(item, 5)

    def test_killed_before_the_stop_was_sent(self):
        """Announced but not done: it is on sale, and goes on like that."""
        item = self.add_tea()
        self.read_listings()
        self.set_stock(self.tea, 0)
        with patch.object(GoodsApi, "apply", side_effect=Killed), self.killed():
            self.sync()
        self.set_stock(self.tea, 6)
        self.sync()
        self.assertSettled(item, 6)
        self.assertFalse(self.listing(item).stopped_by_us)

    def test_one_site_fails(self):
        item = self.add_tea(gmarket=GMARKET, auction=AUCTION)
        self.read_listings()
        self.disturb("stock", "one_site_fails", site="auction", times=None)
        self.sync()
        self.assertEqual(self.on_sale(item, "gmarket"), 5)
        self.assertEqual(self.on_sale(item, "auction"), 3)
        for site in item.numbers:
            self.assertTrue(self.listing(item, site).trouble)
        self.sandbox.faults.clear()
        # As much as was believed to be on sale before, but it is not.
        self.set_stock(self.tea, 6)
        self.sync()
        for site in item.numbers:
            self.assertSettled(item, 3, site)

    def test_lost_write_is_read_again_before_it_counts(self):
        """Wanted is again what was on sale before: but is it still?"""
        item = self.add_tea(stock=10)
        self.read_listings()
        self.sync()
        for end in ("lost", "killed"):
            with self.subTest(end=end):
                self.set_stock(self.tea, 20)
                if end == "lost":
                    self.disturb("stock", "drop_after_effect", times=None)
                    self.sync()
                    self.sandbox.faults.clear()
                else:
                    dead = patch.object(EsmOutbox, "_note_pushed", side_effect=Killed)
                    with dead, self.killed():
                        self.sync()
                self.assertEqual(self.on_sale(item), 20)
                self.set_stock(self.tea, 10)
                self.after_a_while()
                self.sync()
                self.assertSettled(item, 10)

    def test_what_cannot_be_lowered_is_not_sold_elsewhere(self):
        first, second = self.add_tea(stock=9), self.add_tea(auction=AUCTION)
        self.read_listings()
        self.sync()
        self.assertEqual((self.on_sale(first), self.on_sale(second, "auction")), (5, 5))
        self.set_stock(self.tea, 5)
        fault = self.disturb("stock", "502", times=None, goods_no=first.goods_no)
        self.sync()
        self.assertTrue(fault.fired)
        self.assertEqual((self.on_sale(first), self.on_sale(second, "auction")), (5, 0))
        self.assertPutOff(first)
        self.sandbox.faults.clear()
        self.after_a_while()
        self.sync()
        self.assertEqual((self.on_sale(first), self.on_sale(second, "auction")), (3, 2))

    def test_lowered_before_others_are_raised(self):
        first, second = self.add_tea(stock=10), self.add_tea(auction=AUCTION, stock=1)
        self.read_listings()
        self.assertLess(self.listing(first).id, self.listing(second, "auction").id)
        self.auction.sequence = self.gmarket.sequence - 1
        self.commit()
        seen, original = [], GoodsApi.apply

        def apply(*args):
            original(*args)
            seen.append((self.on_sale(first), self.on_sale(second, "auction")))

        with patch.object(GoodsApi, "apply", apply):
            self.sync()
        self.assertEqual(seen, [(5, 1), (5, 5)])

    def test_refused_once_is_not_asked_again(self):
        item = self.add_tea(fulfilment=True)
        self.read_listings()
        self.sync()
        message = self.message(item)
        self.assertEqual(message.state, "refused")
        self.assertIn(message.message, self.listing(item).trouble)
        calls = len(self.sandbox.calls)
        self.sync()
        self.assertFalse([call for call in self.sandbox.calls[calls:] if call.goods_no])
        self.set_stock(self.tea, 9)
        self.sync()
        self.assertTrue([call for call in self.sandbox.calls[calls:] if call.goods_no])

    def test_refused_stop_is_not_taken_for_one(self):
        item = self.add_tea()
        self.set_stock(self.tea, 0)
        self.read_listings()
        refused = RuleError("No.", endpoint="sell-status")
        with patch.object(GoodsApi, "set_sell_status", side_effect=refused):
            self.sync()
        self.assertEqual(self.message(item).state, "refused")
        self.assertTrue(item.selling["gmarket"])
        self.assertFalse(self.listing(item).stopped_by_us)
        self.assertFalse(self.listing(item).stopped_at)

    def test_item_in_another_hand_is_left_for_later(self):
        item = self.add_tea()
        self.read_listings()
        listing = type(self.env["esm.listing"])
        with patch.object(listing, "_lock_item", side_effect=LockNotAvailable):
            self.sync()
        self.assertEqual(self.message(item).state, "waiting")
        self.assertEqual(self.writes(), [])
        self.sync()
        self.assertSettled(item, 10)

    def test_switched_off_leaves_no_message_behind(self):
        item = self.add_tea()
        self.read_listings()
        self.disturb("stock", "502", times=None)
        self.sync()
        self.assertPutOff(item)
        self.gmarket.auto_stock = False
        self.assertEqual(self.message(item).state, "withdrawn")
        self.assertFalse(self.listing(item).trouble)

    def test_frozen_right_after_registration(self):
        item = self.add_tea(registered_at=self.sandbox.now())
        self.read_listings()
        self.sync()
        self.assertPutOff(item)
        self.sandbox.advance(200)
        self.after_a_while()
        self.sync()
        self.assertSettled(item, 10)


@tagged("post_install", "-at_install")
class TestStockUnread(StockFaultCase):
    """Orders that cannot be read may have sold the goods already."""

    def test_nothing_is_raised_without_orders(self):
        item = self.add_tea()
        self.read_listings()
        self.sync()
        [order_no] = self.place({"site_goods_no": item.numbers["gmarket"]})
        self.set_stock(self.tea, 15)
        self.disturb("RequestOrders", "502", times=None, seller=GMARKET)
        self.sync()
        self.assertEqual(self.on_sale(item), 9)
        self.assertTrue(self.gmarket.connection_message)
        self.sandbox.faults.clear()
        self.sync()
        self.assertTrue(self.rows(order_no))
        self.assertSettled(item, 14)

    def test_other_shops_do_not_get_its_goods(self):
        item, other = self.add_tea(), self.add_tea(auction=AUCTION)
        self.read_listings()
        self.sync()
        for _ in range(4):
            self.place({"site_goods_no": item.numbers["gmarket"]})
        self.place({"site_goods_no": other.numbers["auction"]}, site="auction")
        self.disturb("RequestOrders", "502", times=None, seller=GMARKET)
        self.sync()
        self.assertEqual(self.on_sale(item), 1)
        self.assertEqual(self.on_sale(other, "auction"), 4)
        self.sandbox.faults.clear()
        self.sync()
        self.assertEqual(self.on_sale(item), 3)
        self.assertEqual(self.on_sale(other, "auction"), 2)

    def test_refused_key(self):
        item, other = self.add_tea(), self.add_tea(auction=AUCTION)
        self.read_listings()
        self.disturb(None, "401", times=None, seller=GMARKET)
        self.sync()
        self.assertEqual(self.gmarket.connection_state, "refused")
        self.assertTrue(self.gmarket.connection_message)
        self.assertEqual(self.on_sale(item), 3)
        # What it has on sale is not sold elsewhere.
        self.assertEqual(self.on_sale(other, "auction"), 7)
        calls = len(self.sandbox.calls)
        self.sync()
        self.assertFalse(
            [call for call in self.sandbox.calls[calls:] if GMARKET in call.seller]
        )
        self.sandbox.faults.clear()
        self.after_a_while()
        self.sync()
        self.assertEqual(self.on_sale(item), 5)
        self.assertEqual(self.on_sale(other, "auction"), 5)


@tagged("post_install", "-at_install")
class TestStockPeople(StockFaultCase):
    """What people do in ESM Plus meanwhile."""

    def test_deleted_item(self):
        item, other = self.add_tea(), self.add_tea(auction=AUCTION)
        self.read_listings()
        self.sandbox.delete_item(item.goods_no)
        self.sync()
        self.assertEqual(self.listing(item).state, "deleted")
        self.sync()
        self.assertEqual(self.on_sale(other, "auction"), 10)
        self.assertFalse(self.message(item).filtered(lambda m: m.state == "waiting"))

    def test_deleted_while_it_was_stopped(self):
        """ESM deletes what is stopped for a month: others get its goods then."""
        item, other = self.add_tea(), self.add_tea(auction=AUCTION)
        self.set_stock(self.tea, 1)
        self.read_listings()
        self.sync()
        stopped, selling = (
            (other, (item, "gmarket"))
            if self.on_sale(item)
            else (item, (other, "auction"))
        )
        self.assertFalse(any(stopped.selling.values()))
        self.sandbox.delete_item(stopped.goods_no)
        self.set_stock(self.tea, 6)
        self.sync()
        self.sync()
        self.assertEqual(self.on_sale(*selling), 6)
        calls = len(self.calls("sell-status:read"))
        self.sync()
        self.assertEqual(len(self.calls("sell-status:read")), calls)

    def test_option_taken_away(self):
        item = self.add_mugs()
        self.read_listings()
        white, bag = item.options
        item.options = [white]
        self.set_stock(self.cup, 4)
        self.sync()
        self.assertEqual(len(self.option(item)), 1)
        self.assertEqual(self.on_sale(item, option=white), 4)
        self.assertNotIn(bag.key, [option.key for option in item.options])

    def test_option_set_written_anew(self):
        """All keys are new: matches made by hand are kept by their texts."""
        item = self.add_mugs()
        self.read_listings()
        white, bag = self.option(item)
        bag._set_match([(self.tea, 2)])
        self.sync()
        for option in item.options:
            option.key += 1000
        self.set_stock(self.tea, 6)
        self.sync()
        self.assertEqual(self.option(item), white | bag)
        self.assertEqual(bag.match_method, "manual")
        self.assertEqual(self.on_sale(item, option=item.options[1]), 3)

    def test_code_swapped_between_options(self):
        """Each option sells what its code says, with the quantity of that."""
        item = self.add_mugs()
        self.read_listings()
        self.set_stock(self.cup, 4)
        self.set_stock(self.bag, 9)
        self.sync()
        first, second = item.options
        self.sandbox.edit_item(
            item.goods_no,
            options={first.key: {"code": BAG}, second.key: {"code": WHITE}},
        )
        self.read_listings()
        self.sync()
        self.assertEqual(self.on_sale(item, option=first), 9)
        self.assertEqual(self.on_sale(item, option=second), 4)

    def test_item_that_left_one_site(self):
        item = self.add_tea(gmarket=GMARKET, auction=AUCTION)
        self.read_listings()
        self.sync()
        self.sandbox.delete_item(item.goods_no, "auction")
        self.set_stock(self.tea, 8)
        self.sync()
        self.after_a_while()
        self.sync()
        self.assertEqual(self.on_sale(item, "gmarket"), 8)
        self.assertEqual(self.listing(item, "auction").state, "deleted")
        self.assertFalse(self.listing(item).other_site_no)
        self.assertFalse(self.listing(item).trouble)

    def test_options_of_an_item_that_left_one_site(self):
        """It leaves after it was listed, before its options are read."""
        item = self.add_mugs(auction=AUCTION)
        for shop in self.gmarket | self.auction:
            shop._read_all(shop._api())
        self.sandbox.delete_item(item.goods_no, "auction")
        self.read_listings()
        self.set_stock(self.cup, 4)
        self.sync()
        self.assertEqual(self.on_sale(item, option=item.options[0]), 4)

    def test_item_that_came_to_the_other_site(self):
        item = self.add_tea(gmarket=GMARKET, auction=AUCTION)
        item.deleted.add("auction")
        self.read_listings()
        self.sync()
        self.assertEqual(self.on_sale(item), 10)
        item.deleted.clear()
        self.set_stock(self.tea, 8)
        self.sync()
        self.after_a_while()
        self.read_listings()
        self.sync()
        self.assertEqual(self.on_sale(item, "gmarket"), 4)
        self.assertEqual(self.on_sale(item, "auction"), 4)

    def test_search_that_shows_each_seller_his_own_site_only(self):
        """ESM wants both sellers to sign all the same, and says so in a refusal."""
        self.sandbox.strict.update(search_shows_other_site=False)
        self.addCleanup(self.sandbox.strict.update, search_shows_other_site=True)
        item = self.add_tea(gmarket=GMARKET, auction=AUCTION)
        mugs = self.add_mugs(auction=AUCTION, per_site=True)
        self.set_stock(self.cup, 8)
        self.read_listings()
        self.assertEqual(len(self.option(mugs)), 2)
        for number in (10, 6):
            self.set_stock(self.tea, number)
            self.sync()
            self.after_a_while()
            self.sync()
            for site in item.numbers:
                self.assertSettled(item, number // 2, site)
                self.assertSettled(mugs, 4, site, mugs.options[0])
            self.read_listings()

    def test_other_site_is_not_our_shop(self):
        """Both sellers sign, but only what we know is written."""
        item = self.add_tea(gmarket=GMARKET, auction=AUCTION, stock=3)
        self.auction.active = False
        self.commit()
        self.gmarket._read_listings()
        self.sync()
        self.assertSettled(item, 10)
        self.assertEqual(self.on_sale(item, "auction"), 3)
        self.set_stock(self.tea, 0)
        self.sync()
        self.assertEqual(self.on_sale(item), 0)
        self.assertEqual(self.on_sale(item, "auction"), 3)

    def test_edited_by_hand(self):
        """What a person enters holds until it is read; then it is put right."""
        item = self.add_tea()
        self.read_listings()
        self.sync()
        self.sandbox.edit_item(item.goods_no, stock=77)
        self.sync()
        self.assertEqual(self.on_sale(item), 77)
        self.listing(item).sudo().pushed_at = False  # long ago
        self.read_listings()
        self.sync()
        self.assertSettled(item, 10)

    def test_read_while_it_was_written(self):
        """A page that was on its way while stock was written is old news."""
        item = self.add_tea()
        self.read_listings()
        pages = list(self.gmarket._api().goods.search())
        listing = self.listing(item).sudo()
        before = self.env.cr.now().replace(microsecond=0)
        self.sync()
        listing._store(self.gmarket, pages[0].items, before)
        self.assertEqual(listing.option_ids.offered, 10)
        self.sync()
        self.assertSettled(item, 10)

    def test_cancel_after_the_goods_left(self):
        """ESM puts the pieces back on sale, but they are gone."""
        item = self.add_tea()
        self.read_listings()
        self.sync()
        [order_no] = self.place(
            {"site_goods_no": item.numbers["gmarket"], "quantity": 3}
        )
        self.sync()
        self.ship(self.rows(order_no).sale_order_id)
        self.sync()
        self.assertEqual(self.on_sale(item), 7)
        self.later()
        self.sync()
        self.later()
        self.sandbox.cancel(int(order_no))
        self.sandbox.approve_cancel(int(order_no))
        self.assertEqual(self.on_sale(item), 10)
        self.run_cycle()
        self.sync()
        self.assertEqual(self.rows(order_no).problem, "cancelled_late")
        self.assertEqual(self.on_sale(item), 7)

    def test_figures_that_look_right_but_are_not(self):
        """ESM counts orders and cancels itself, while shares move back and forth."""
        item = self.add_tea(gmarket=GMARKET, auction=AUCTION)
        self.set_stock(self.tea, 5)
        self.read_listings()
        self.sync()
        self.assertEqual(self.on_sale(item, "auction"), 2)
        [order_no] = self.place(
            {"site_goods_no": item.numbers["auction"]}, site="auction"
        )
        self.assertEqual(self.on_sale(item, "auction"), 1)
        self.sync()
        self.assertEqual(self.on_sale(item, "gmarket"), 2)
        self.assertEqual(self.on_sale(item, "auction"), 2, "its share of four")
        self.later()
        self.sync()
        self.later()
        self.sandbox.cancel(int(order_no))
        if not self.remote(order_no).cancelled:
            self.sandbox.approve_cancel(int(order_no))
        self.assertEqual(self.on_sale(item, "auction"), 3)
        self.sync()
        self.assertEqual(self.on_sale(item, "gmarket"), 3)
        self.assertEqual(self.on_sale(item, "auction"), 2, "its share of five")

    def test_order_that_nobody_saw(self):
        """Bought and cancelled in between, while stock was written."""
        item = self.add_tea()
        self.read_listings()
        self.sync()
        original = GoodsApi.apply

        def apply(*args):
            [order_no] = self.place(
                {"site_goods_no": item.numbers["gmarket"], "quantity": 2}
            )
            original(*args)
            self.sandbox.cancel(int(order_no))

        self.set_stock(self.tea, 12)
        with patch.object(GoodsApi, "apply", apply):
            self.sync()
        self.assertEqual(self.on_sale(item), 14, "12 written, 2 put back")
        self.sync()
        self.assertEqual(self.on_sale(item), 12)
