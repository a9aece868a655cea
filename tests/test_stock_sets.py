"""Sets and packs: what the buyer paid is divided among the goods, to the won."""

from decimal import Decimal

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo.fields import Command
from odoo.tests import tagged

from ..models.booking import Lines, Match
from .common import AUCTION, GMARKET, StockCase

PROPERTY = settings(
    deadline=None,
    database=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
TAXES = {"included": (10, True), "excluded": (10, False), "none": None}


@tagged("post_install", "-at_install")
class TestStockSets(StockCase):
    _records = (*StockCase._records, "goods")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.goods = cls.env["product.product"]
        for name, rate in TAXES.items():
            taxes = cls.env["account.tax"]
            if rate:
                taxes = taxes.create(
                    {
                        "name": name,
                        "amount": rate[0],
                        "price_include_override": "tax_included"
                        if rate[1]
                        else "tax_excluded",
                    }
                )
            cls.goods |= cls.env["product.product"].create(
                {
                    "name": name,
                    "is_storable": True,
                    "taxes_id": [Command.set(taxes.ids)],
                }
            )

    @settings(PROPERTY, max_examples=25)
    @given(
        st.lists(
            st.tuples(
                st.one_of(st.just(0), st.integers(0, 99_999), st.just(3333.33)),
                st.sampled_from((1, 1, 2, 3, 7)),
            ),
            min_size=1,
            max_size=3,
        ),
        st.integers(1, 9),
        st.integers(0, 9_999_990),
    )
    def test_prices_of_the_goods_add_up_to_the_line(self, parts, quantity, amount):
        components = []
        for product, (price, needed) in zip(self.goods, parts, strict=False):
            product.lst_price = price
            components.append((product, needed))
        lines = Lines(self.env, self.gmarket).prepare_match_lines(
            None, "item", Match("manual", components), quantity, "set", Decimal(amount)
        )
        self.assertEqual(sum(line["esm_total"] for line in lines), amount)
        for line, (product, needed) in zip(lines, components, strict=True):
            self.assertEqual(line["product_id"], product.id)
            self.assertEqual(line["product_uom_qty"], quantity * needed)
            self.assertGreaterEqual(line["esm_total"], 0)
        order = self.env["sale.order"].create(
            {
                "partner_id": self.company.partner_id.id,
                "order_line": [Command.create(line) for line in lines],
            }
        )
        self.assertEqual(order.amount_total, amount)
        self.assertEqual(
            order.order_line.mapped("price_total"), order.order_line.mapped("esm_total")
        )

    def test_a_set_is_sold_shipped_and_on_sale_again(self):
        item = self.sandbox.add_item("[샘플] 선물 세트", 20000, auction=AUCTION)
        for product, pieces in ((self.tea, 20), (self.cup, 6)):
            self.set_stock(product, pieces)
        self.read_listings()
        self.option(item, "auction")._set_match([(self.tea, 3), (self.cup, 1)])
        self.sync()
        self.assertEqual(self.on_sale(item, "auction"), 6)
        [order_no] = self.place(
            {"site_goods_no": item.numbers["auction"], "quantity": 2}, site="auction"
        )
        self.sync()
        order = self.rows(order_no).sale_order_id
        self.assertEqual(order.amount_total, 40000)
        self.assertEqual(
            order.picking_ids.move_ids.mapped(
                lambda move: (move.product_id, move.product_uom_qty)
            ),
            [(self.tea, 6), (self.cup, 2)],
        )
        self.assertEqual(self.on_sale(item, "auction"), 4)
        self.ship(order)
        self.sync()
        self.assertEqual(self.on_sale(item, "auction"), 4)
        self.set_stock(self.tea, 8)
        self.sync()
        self.assertEqual(self.on_sale(item, "auction"), 2)

    def test_no_more_than_the_marketplace_takes(self):
        item = self.sandbox.add_item(
            "[샘플] 보리차", 12900, gmarket=GMARKET, seller_code="TEA-0100"
        )
        self.set_stock(self.tea, 250_000)
        self.read_listings()
        self.sync()
        self.assertEqual(self.on_sale(item), 99_999)
        self.sync()
        self.assertEqual(len(self.writes()), 1)

    def test_waiting_order_counts_as_soon_as_its_goods_are_known(self):
        """Matched a moment ago: the order still stands for a stand-in product."""
        item = self.sandbox.add_item("[샘플] 보리차", 12900, gmarket=GMARKET, stock=9)
        self.set_stock(self.tea, 10)
        self.read_listings()
        self.place({"site_goods_no": item.numbers["gmarket"], "quantity": 4})
        self.run_cycle()
        self.option(item)._set_match([(self.tea, 1)])
        self.commit()
        changes, _high = self.env["esm.listing"]._compare_stock(self.company)
        self.assertEqual(changes, {self.listing(item).id: {"": 6}})
        self.sync()
        self.assertEqual(self.on_sale(item), 6)

    def test_orders_in_dozens(self):
        """A person may change the unit on the line of a quotation."""
        item = self.sandbox.add_item(
            "[샘플] 보리차", 12900, gmarket=GMARKET, seller_code="TEA-0100"
        )
        self.set_stock(self.tea, 30)
        self.gmarket.auto_release = False
        self.read_listings()
        self.sync()
        [order_no] = self.place({"site_goods_no": item.numbers["gmarket"]})
        self.sync()
        self.assertEqual(self.on_sale(item), 29)
        line = self.rows(order_no).sale_line_ids
        line.product_uom_id = self.env.ref("uom.product_uom_dozen")
        self.sync()
        self.assertEqual(self.on_sale(item), 18)
