"""Whatever happens in whatever order: nothing is sold twice, and nothing lies unsold.

The real jobs run against the sandbox, whose buyers buy only what it shows as on sale.
What can be shipped is counted apart from the connector: goods in the warehouse less
what the sandbox's own ledger and the other deliveries still ask for.
"""

from collections import Counter
from contextlib import contextmanager
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo.sql_db import Savepoint
from odoo.tests import tagged

from ..models.esm_shop_items import EsmShop
from ..sandbox import NotPossible
from .common import AUCTION, GMARKET, StockCase

PROPERTY = settings(
    deadline=None,
    database=None,
    derandomize=True,
    # Without shrinking: a failure would take minutes, and the report names the steps.
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
SELLERS = {"gmarket": GMARKET, "auction": AUCTION}
WHITE, BAG = "CUP-05-W", "BAG-01"

places = st.sampled_from((("gmarket",), ("auction",), ("gmarket", "auction")))
few = st.integers(0, 4)


@st.composite
def items(draw):
    """Something to sell: (kind, sites, option set is kept per site)."""
    kind = draw(st.sampled_from(("tea", "pack", "set", "mugs", "cup", "texts")))
    return kind, draw(places), draw(st.booleans())


@st.composite
def worlds(draw):
    return {
        # The tea is always there, and mostly something else that takes of it.
        "items": [
            ("tea", draw(places), draw(st.booleans())),
            *draw(st.lists(items(), min_size=1, max_size=2)),
        ],
        "tea": draw(st.integers(0, 9)),
        "cup": draw(few),
        "bag": draw(few),
        "buffer": draw(st.sampled_from((0, 0, 1))),
        "auto_release": draw(st.sampled_from((True, True, False))),
        "strict": {
            "stock_falls": draw(st.sampled_from(("payment", "never"))),
            "stock_returns": draw(st.booleans()),
            "zero_sets_sold_out": draw(st.booleans()),
            "option_text_mode": draw(st.sampled_from(("pairs", "values"))),
        },
        "steps": draw(
            st.lists(
                st.tuples(
                    st.sampled_from(STEPS), st.integers(0, 50), st.integers(1, 3)
                ),
                min_size=4,
                max_size=9,
            )
        ),
    }


# Buyers buy more often than the rest happens.
STEPS = (
    *("buy", "buy", "buy", "sync", "buy_meanwhile", "buy_meanwhile", "collect"),
    *("cancel", "ask_cancel", "regret", "regret", "regret_late", "regret_late"),
    *("read", "ship", "send", "deliver", "sell", "receive", "count"),
)


@tagged("post_install", "-at_install")
class TestStockProperty(StockCase):
    @settings(PROPERTY, max_examples=35)
    @given(worlds())
    def test_any_interleaving(self, world):
        with self.undone():
            self.arrange(world)
            for step, number, pieces in world["steps"]:
                getattr(self, f"do_{step}")(number, pieces)
            self.sync()
            self.assertRight()
            # Both sides are quiet: nothing is left to write.
            written = len(self.writes())
            self.sync()
            self.assertEqual(self.writes()[written:], [])

    @contextmanager
    def undone(self):
        """Undo what is done inside, commits of the jobs too."""
        self.commit()
        savepoint = Savepoint(self.env.cr._cursor._obj)
        try:
            yield
        finally:
            self.env.cr.rollback()
            savepoint.close(rollback=True)
            self.env.transaction.reset()
            self.registry.clear_all_caches()

    # --- what there is ----------------------------------------------------

    def arrange(self, world):
        self.sandbox.reset()
        self.sandbox.strict.update(**world["strict"])
        self.products = {"tea": self.tea, "cup": self.cup, "bag": self.bag}
        for name, product in self.products.items():
            self.set_stock(product, world[name])
        shops = self.gmarket | self.auction
        shops.write(
            {"stock_buffer": world["buffer"], "auto_release": world["auto_release"]}
        )
        # (site, goods number, option key) -> goods of one piece; order -> its goods
        self.needs, self.bought = {}, {}
        # Goods that sites with common options sell; that others have ordered.
        self.shared, self.local = set(), Counter()
        for kind, sites, per_site in world["items"]:
            self.add(kind, sites, per_site)
        self.read_listings()
        for (site, number, key), needs in self.needs.items():
            option = self.env["esm.listing.option"].search(
                [
                    ("listing_id.site_goods_no", "=", number),
                    ("site", "=", site),
                    ("key", "=", str(key) if key else ""),
                ]
            )
            goods = [(self.products[name], units) for name, units in needs.items()]
            if option.component_ids.mapped(lambda c: (c.product_id, c.quantity)) != (
                goods
            ):
                option._set_match(goods)
        self.sync()

    def add(self, kind, sites, per_site):
        sellers = {site: SELLERS[site] for site in sites}
        if kind == "mugs":
            goods = [{"cup": 1}, {"bag": 1}]
            options = [
                {"values": {"색상": "화이트"}, "code": WHITE},
                {"values": {"색상": "가방"}, "code": BAG},
            ]
        elif kind == "texts":
            # Options without codes, one of them a pack: matched by hand.
            goods = [{"tea": 1}, {"tea": 2, "cup": 1}]
            options = [
                {"values": {"구성": "낱개"}, "qty": 7},
                {"values": {"구성": "선물 세트"}, "qty": 7},
            ]
        else:
            goods = [
                {
                    "tea": {"tea": 1},
                    "pack": {"tea": 3},
                    "set": {"tea": 1, "cup": 1},
                    "cup": {"cup": 1},
                }[kind]
            ]
            options = []
        item = self.sandbox.add_item(
            f"[샘플] {kind}",
            9900,
            **sellers,
            seller_code="TEA-0100" if kind == "tea" else "",
            stock=5,
            options=options,
            per_site=per_site,
        )
        for site in sites:
            keys = [option.key for option in item.options] or [None]
            for key, needs in zip(keys, goods, strict=True):
                self.needs[site, item.numbers[site], key] = needs
                if options and len(sites) > 1 and not per_site:
                    self.shared |= needs.keys()

    # --- what happens -----------------------------------------------------

    def do_buy(self, number, pieces):
        """A buyer buys something that is on sale, if anything is."""
        offers = [item for item in self.sandbox.on_sale().items() if item[1]]
        if not offers:
            return None
        (site, goods_no, key), there = offers[number % len(offers)]
        item = {"site_goods_no": goods_no, "quantity": min(pieces, there)}
        if key:
            item["option"] = key
        [order_no] = self.place(item, site=site)
        self.bought[order_no] = Counter(
            {
                name: units * item["quantity"]
                for name, units in self.needs[site, goods_no, key].items()
            }
        )
        return int(order_no)

    def do_buy_meanwhile(self, number, pieces):
        """A buyer is faster than the job that has just computed what to write."""
        original, bought = EsmShop._request_stock, []

        def request_stock(shops, *args, **kwargs):
            result = original(shops, *args, **kwargs)
            if not bought:
                bought.append(self.do_buy(number, pieces))
            return result

        with patch.object(EsmShop, "_request_stock", request_stock):
            self.sync()

    def live_orders(self):
        return [order for order in self.sandbox.orders.values() if not order.cancelled]

    def ask_cancel(self, order_no):
        """A buyer cancels, or asks for it when the order is confirmed."""
        try:
            self.sandbox.cancel(order_no)
        except NotPossible:  # it is on its way, or asked for already
            return False
        return True

    def cancel(self, order_no):
        """The same, and the request is approved."""
        if self.ask_cancel(order_no) and not self.sandbox.orders[order_no].cancelled:
            self.sandbox.approve_cancel(order_no)

    def do_ask_cancel(self, number, _pieces):
        orders = self.live_orders()
        if orders:
            self.ask_cancel(orders[number % len(orders)].order_no)

    def do_cancel(self, number, _pieces):
        orders = self.live_orders()
        if orders:
            self.cancel(orders[number % len(orders)].order_no)

    def do_regret(self, number, pieces):
        """A buyer cancels what has just been collected."""
        order_no = self.do_buy(number, pieces)
        self.do_sync()
        self.do_sync()
        if order_no:
            self.cancel(order_no)
            self.do_sync()

    def do_regret_late(self, number, pieces):
        """A buyer cancels when the parcel has left, but ESM does not know that yet."""
        order_no = self.do_buy(number, pieces)
        self.sync()
        order = order_no and self.rows(str(order_no)).sale_order_id
        if order and order.picking_ids.filtered(lambda p: p.state == "assigned"):
            self.ship(order)
            self.cancel(order_no)
            self.do_sync()

    def do_sync(self, *_):
        """The job collects, then writes: nothing happens meanwhile."""
        self.sync()
        self.assertRight()
        self.later()

    def do_collect(self, number, _pieces):
        self.run_cycle((self.gmarket, self.auction)[number % 2])
        self.env.invalidate_all()

    def do_read(self, _number, _pieces):
        self.read_listings()

    def do_ship(self, number, _pieces):
        """The warehouse validates a delivery that is reserved in full."""
        pickings = self.env["stock.picking"].search(
            [("sale_id.esm_shop_id", "!=", False), ("state", "=", "assigned")]
        )
        pickings = [
            picking
            for picking in pickings
            if not any(picking.sale_id.esm_order_ids.mapped("cancel_requested"))
        ]
        if pickings:
            picking = pickings[number % len(pickings)]
            picking.carrier_tracking_ref = "123456789012"
            picking.button_validate()
            self.commit()

    def do_send(self, _number, _pieces):
        self.send()

    def move(self, name, units, source, target, done=True):
        move = self.env["stock.move"].create(
            {
                "product_id": self.products[name].id,
                "product_uom_qty": units,
                "location_id": source.id,
                "location_dest_id": target.id,
            }
        )
        move._action_confirm()
        if done:
            move.quantity = units
            move.picked = True
            move._action_done()
        self.commit()

    def name(self, number):
        return ("tea", "tea", "cup", "bag")[number % 4]

    def do_deliver(self, number, pieces):
        """Goods leave for somebody who is no buyer of the marketplace."""
        name = self.name(number)
        there = self.on_hand(name)
        if there:
            units = min(pieces, there)
            customers = self.env.ref("stock.stock_location_customers")
            self.move(name, units, self.warehouse.lot_stock_id, customers)

    def do_sell(self, number, pieces):
        """The same, but they wait for it."""
        name = self.name(number)
        customers = self.env.ref("stock.stock_location_customers")
        self.move(name, pieces, self.warehouse.lot_stock_id, customers, done=False)
        self.local[name] += pieces

    def do_receive(self, number, pieces):
        suppliers = self.env.ref("stock.stock_location_suppliers")
        self.move(self.name(number), pieces, suppliers, self.warehouse.lot_stock_id)

    def do_count(self, number, pieces):
        self.set_stock(self.products[self.name(number)], pieces)

    # --- what must hold ---------------------------------------------------

    def assertRight(self):
        left = self.left()
        for product, units in left.items():
            self.assertGreaterEqual(units, 0, f"{product} is sold twice")
        self.assertNothingLiesUnsold(left)

    def on_hand(self, name):
        quants = self.env["stock.quant"].search(
            [
                ("product_id", "=", self.products[name].id),
                ("location_id", "=", self.warehouse.lot_stock_id.id),
            ]
        )
        return int(sum(quants.mapped("quantity")))

    def left(self):
        """Pieces of each product that could be shipped beside all that is on sale."""
        left = {name: self.on_hand(name) - self.local[name] for name in self.products}
        gone = set(
            self.env["esm.order"]
            .search([("state", "in", ("shipped", "sent"))])
            .mapped("order_no")
        )
        for order in self.live_orders():
            if str(order.order_no) not in gone:
                for name, units in self.bought[str(order.order_no)].items():
                    left[name] -= units
        # More may be ordered than there is: then nothing is on sale.
        left = {name: max(0, units) for name, units in left.items()}
        for key, pieces in self.sandbox.on_sale().items():
            for name, units in self.needs[key].items():
                left[name] -= units * pieces
        return left

    def assertNothingLiesUnsold(self, left):
        for key, needs in self.needs.items():
            if needs.keys() & self.shared:
                continue  # sites that share their options do not show everything
            self.assertTrue(
                any(
                    left[name] - self.gmarket.stock_buffer < units
                    for name, units in needs.items()
                ),
                f"{key} could be sold: {left}",
            )
