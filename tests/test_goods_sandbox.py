"""The client's item calls and stock plans against the sandbox, over HTTP."""

from datetime import timedelta, timezone

import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..esm_api import (
    Credentials,
    EsmClient,
    NoPacer,
    OptionChange,
    OrderStatus,
    Refusal,
    RuleError,
    SellState,
    SetOptions,
    SetSellStatus,
    SetStock,
    Site,
    UnknownOutcome,
    option_text_key,
    plan_stock,
)
from ..sandbox import Sandbox
from .sandbox_common import AUCTION_ID, GMARKET_ID, MASTER, SECRET, START

GMARKET, AUCTION = Site.GMARKET, Site.AUCTION
KST = timezone(timedelta(hours=9))
BOTH = {GMARKET: GMARKET_ID, AUCTION: AUCTION_ID}
COLORS = [{"values": {"색상": color}} for color in ("화이트", "네이비", "블랙")]


class GoodsSandboxCase(BaseCase):
    """A sandbox per test; its clock stands still."""

    def setUp(self):
        super().setUp()
        self.sb = Sandbox(start=START, orders_interval=0)
        self.sb.add_account(MASTER, SECRET, gmarket=[GMARKET_ID], auction=[AUCTION_ID])
        self.sb.start()
        self.addCleanup(self.sb.stop)
        self.session = requests.Session()
        self.addCleanup(self.session.close)

    def reset(self, **strict):
        """Begin anew, with other readings of the pages."""
        self.sb.reset()
        self.sb.strict.update(**strict)

    def now(self):
        return self.sb.now().replace(tzinfo=KST)

    def client(self, site=GMARKET):
        return EsmClient(
            self.sb.url,
            Credentials(MASTER, SECRET, site, BOTH[site]),
            pacer=NoPacer(),
            now=self.now,
            session=self.session,
        )

    def add(self, sellers=BOTH, **values):
        sites = {site.value: seller for site, seller in sellers.items()}
        return self.sb.add_item("[샘플] 티셔츠", 24000, **sites, **values)

    def on_sale(self, item):
        """Return what a buyer can buy now, by site and option key."""
        names = {number: Site(site) for site, number in item.numbers.items()}
        return {
            (names[number], str(key) if key else ""): pieces
            for (_site, number, key), pieces in self.sb.on_sale().items()
            if number in names
        }

    def push(self, item, wanted, restart=(), sellers=BOTH):
        """Read, plan and write as a caller does; return the plan."""
        goods, number = self.client().goods, str(item.goods_no)
        status = goods.sell_status(number, sellers)
        options = goods.options(number, sellers) if item.options else None
        plan = plan_stock(status, options, wanted, restart)
        goods.apply(number, plan, sellers)
        return plan


@tagged("post_install", "-at_install")
class TestGoodsSandbox(GoodsSandboxCase):
    def keys(self, item):
        return [str(option.key) for option in item.options]

    def test_the_search_finds_each_item_once(self):
        items = [self.add(seller_code=f"A-{number}") for number in range(7)]
        items.append(self.add({GMARKET: GMARKET_ID}, options=COLORS))
        self.add({AUCTION: AUCTION_ID})
        self.add(legacy=True)
        goods = self.client().goods
        found = [item for page in goods.search(page_size=3) for item in page.items]
        self.assertEqual(
            [item.goods_no for item in found], [str(item.goods_no) for item in items]
        )
        self.assertEqual(
            {site: entry.seller_id for site, entry in found[0].sites.items()}, BOTH
        )
        self.assertEqual(set(found[-1].sites), {GMARKET})
        self.assertTrue(found[-1].has_options)
        [page] = goods.search(seller_codes=["A-2", "A-5"])
        self.assertEqual([item.seller_code for item in page.items], ["A-2", "A-5"])

    def test_what_changed_today_is_found_today(self):
        for reading in ("midnight", "inclusive"):
            self.reset(search_to_date=reading)
            items = [self.add(), self.add()]
            self.sb.stop_item(items[1].goods_no)
            today = self.sb.now().date()
            [page] = self.client().goods.search(updated_since=today)
            [item] = page.items
            self.assertEqual(item.goods_no, str(items[1].goods_no))
            self.assertIs(item.sites[AUCTION].state, SellState.STOPPED)

    def test_numbers(self):
        item, legacy = self.add(), self.add(legacy=True)
        goods = self.client(AUCTION).goods
        number = item.numbers["auction"]
        self.assertEqual(goods.item(number).goods_no, str(item.goods_no))
        self.assertEqual(goods.goods_no_of(number), str(item.goods_no))
        self.assertIsNone(goods.item(legacy.numbers["auction"]))
        self.assertIsNone(goods.goods_no_of(legacy.numbers["auction"]))
        self.assertIsNone(goods.goods_no_of("C999999999"))
        self.sb.delete_item(item.goods_no)
        self.assertIsNone(goods.item(number))
        self.assertIsNone(goods.goods_no_of(number))

    def test_refusals(self):
        goods = self.client().goods
        item = self.add()
        one = {GMARKET: GMARKET_ID}
        fresh = self.add(one, registered_at=self.sb.now())
        deleted = self.add(one)
        self.sb.delete_item(deleted.goods_no)
        options = self.add(one, options=COLORS)
        for number, sellers, reason in (
            (item.goods_no, one, Refusal.TOKEN_SITES),
            (fresh.goods_no, BOTH, Refusal.TOKEN_SITES),
            (fresh.goods_no, one, Refusal.FROZEN_ITEM),
            (deleted.goods_no, one, Refusal.DELETED_ITEM),
            (item.numbers["gmarket"], one, Refusal.ITEM_NOT_FOUND),
            (options.goods_no, one, Refusal.OTHER),  # the stock of an option item
        ):
            with self.assertRaises(RuleError) as caught:
                goods.set_stock(str(number), {GMARKET: 5}, sellers)
            self.assertIs(caught.exception.reason, reason)
        self.sb.advance(240)
        goods.set_stock(str(fresh.goods_no), {GMARKET: 5}, one)
        self.assertEqual(fresh.stock, {"gmarket": 5})

    def test_price_and_stock_of_one_site(self):
        item = self.add(stock=10)
        goods = self.client().goods
        goods.set_price(str(item.goods_no), {AUCTION: 23000}, BOTH)
        goods.set_stock(str(item.goods_no), {GMARKET: 3}, BOTH)
        self.assertEqual(item.price, {"gmarket": 24000, "auction": 23000})
        self.assertEqual(item.stock, {"gmarket": 3, "auction": 10})

    def test_codes_are_written_and_nothing_else(self):
        item = self.add(options=COLORS, text_option="각인")
        goods, number = self.client().goods, str(item.goods_no)
        before = goods.options(number, BOTH)
        first = before.options[0]
        goods.set_options(
            number, before.changed({first.key: OptionChange(code="W-1")}), BOTH
        )
        after = goods.options(number, BOTH)
        self.assertEqual(after.options[0].code, "W-1")
        self.assertEqual(
            before.changed({first.key: OptionChange(code="W-1")}).payload,
            after.payload,
        )

    def test_an_item_without_options_has_an_empty_set(self):
        for reading in ("empty", "refuse"):
            self.reset(optionless_read=reading)
            item = self.add()
            options = self.client().goods.options(str(item.goods_no), BOTH)
            self.assertEqual((options.kind, options.options), (0, ()))

    def test_out_of_stock_and_back(self):
        item = self.add(stock=10)
        plan = self.push(item, {GMARKET: 4, AUCTION: 4})
        self.assertEqual(plan.steps, (SetStock({GMARKET: 4, AUCTION: 4}),))
        plan = self.push(item, {GMARKET: 0, AUCTION: 4})
        self.assertEqual(item.selling, {"gmarket": False, "auction": True})
        self.sb.stop_item(item.goods_no, "auction")
        again = self.push(item, {GMARKET: 7, AUCTION: 7}, restart=plan.stopped)
        self.assertEqual(set(again.held), {AUCTION})
        self.assertEqual(self.on_sale(item), {(GMARKET, ""): 7, (AUCTION, ""): 0})

    def test_options_out_of_stock_and_back(self):
        item = self.add(options=COLORS)
        one, two, three = self.keys(item)
        wanted = {one: 5, two: 0, three: 120_000}
        plan = self.push(item, {GMARKET: wanted, AUCTION: wanted})
        self.assertIsInstance(plan.steps[0], SetOptions)
        self.assertEqual(
            self.on_sale(item),
            {
                (site, key): pieces
                for site in BOTH
                for key, pieces in ((one, 5), (two, 0), (three, 99_999))
            },
        )
        nothing = dict.fromkeys(wanted, 0)
        plan = self.push(item, {GMARKET: nothing, AUCTION: nothing})
        self.assertIsInstance(plan.steps[0], SetSellStatus)
        self.assertFalse(any(self.on_sale(item).values()))
        wanted = {one: 0, two: 2, three: 0}
        self.push(item, {GMARKET: wanted, AUCTION: wanted}, restart=plan.stopped)
        self.assertEqual(
            {key: pieces for key, pieces in self.on_sale(item).items() if pieces},
            {(GMARKET, two): 2, (AUCTION, two): 2},
        )

    def test_an_order_text_finds_its_option(self):
        sizes = [
            {"values": {"색상": color, "사이즈": size}}
            for color in ("네이비", "화이트")
            for size in ("L", "M/95")
        ]
        for mode in ("pairs", "values"):
            self.reset(option_text_mode=mode)
            item = self.add(options=sizes)
            self.sb.place_basket(
                "gmarket",
                GMARKET_ID,
                [{"site_goods_no": item.numbers["gmarket"], "option": "화이트/M/95"}],
            )
            client, now = self.client(), self.now()
            [order] = client.orders.search(
                OrderStatus.NEW, now - timedelta(days=1), now + timedelta(minutes=1)
            )
            [chosen] = order.options
            options = client.goods.options(str(item.goods_no), BOTH)
            [match] = [
                option
                for option in options.options
                if option.text_key == option_text_key(chosen.text)
            ]
            self.assertEqual(match.text, "색상: 화이트 / 사이즈: M/95")

    def test_an_answer_that_got_lost(self):
        item = self.add(stock=10)
        self.sb.faults.add("drop_after_effect", "stock")
        with self.assertRaises(UnknownOutcome):
            self.push(item, {GMARKET: 4, AUCTION: 4})
        plan = self.push(item, {GMARKET: 4, AUCTION: 4})
        self.assertEqual(plan.steps, ())


PIECES = st.one_of(st.integers(0, 3), st.just(150_000))
READINGS = st.fixed_dictionaries(
    {
        "all_sold_out_on": st.sampled_from(["any_site", "every_site"]),
        "option_item_stock_checked": st.booleans(),
        "zero_sets_sold_out": st.booleans(),
        "stock_falls": st.sampled_from(["payment", "order", "never"]),
    }
)


@tagged("post_install", "-at_install")
class TestGoodsSandboxRules(GoodsSandboxCase):
    """Buyers, people in ESM Plus and pushes, in any order."""

    @settings(
        max_examples=40,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def test_never_more_than_wanted(self, data):
        self.reset(**data.draw(READINGS))
        sites = data.draw(st.sampled_from([[GMARKET], [AUCTION], [GMARKET, AUCTION]]))
        sellers = {site: BOTH[site] for site in sites}
        values = {"stock": 3}
        kind = data.draw(st.sampled_from(["none", "choice", "choices", "pairs"]))
        if kind != "none":
            values["options"] = self.options(data, kind)
            values["per_site"] = data.draw(st.booleans())
        item = self.add(sellers, **values)
        keys = [str(option.key) for option in item.options] or [""]
        ours = set()
        for _round in range(data.draw(st.integers(1, 3))):
            self.disturb(data, item, sites)
            targets = {site: {key: data.draw(PIECES) for key in keys} for site in sites}
            wanted = targets if item.options else {s: targets[s][""] for s in sites}
            plan = self.push(item, wanted, ours, sellers)
            ours = (ours | plan.stopped) - plan.restarted
            on_sale = self.on_sale(item)
            for (site, key), pieces in on_sale.items():
                self.assertLessEqual(pieces, targets[site][key])
                offered = plan.offered[site]
                self.assertEqual(pieces, offered[key] if item.options else offered)
            self.assertEqual(self.push(item, wanted, ours, sellers).steps, ())
            self.assertEqual(self.on_sale(item), on_sale)

    @staticmethod
    def options(data, kind):
        colors = ["화이트", "네이비"][: data.draw(st.integers(1, 2))]
        if kind == "choice":
            values = [{"색상": color} for color in colors]
        elif kind == "choices":
            values = [{"색상": color} for color in colors] + [{"사이즈": "L"}]
        else:
            values = [{"색상": color, "사이즈": "L"} for color in colors]
        return [{"values": each, "qty": 2} for each in values]

    def disturb(self, data, item, sites):
        """Let a buyer buy what is there, or a person stop or start a site."""
        site = data.draw(st.sampled_from(sites))
        act = data.draw(st.sampled_from(["buy", "buy", "stop", "start", "nothing"]))
        if act == "stop":
            self.sb.stop_item(item.goods_no, site.value)
        elif act == "start":
            self.sb.start_item(item.goods_no, site.value)
        elif act == "buy":
            self.buy(item, site)

    def buy(self, item, site):
        """Buy all there is of the first option of each choice, if there is any."""
        first = {}
        for option in item.options:
            if item.pieces(site.value, option):
                first.setdefault(option.group, option)
        groups = {option.group for option in item.options}
        if set(first) != groups or (not groups and not item.pieces(site.value)):
            return
        pieces = min(
            item.pieces(site.value, option) for option in first.values() or [None]
        )
        self.sb.place_basket(
            site.value,
            BOTH[site],
            [
                {
                    "site_goods_no": item.numbers[site.value],
                    "options": [{"key": option.key} for option in first.values()],
                    "quantity": min(pieces, 50),
                }
            ],
        )
