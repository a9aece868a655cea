from odoo.tests import tagged

from .common import GMARKET, StockCase


@tagged("post_install", "-at_install")
class TestStockQueries(StockCase):
    """What a comparison costs does not depend on how much there is to compare."""

    def add_listings(self, *numbers):
        for number in numbers:
            self.sandbox.add_item(
                f"[샘플] 상품 {number}",
                9900,
                gmarket=GMARKET,
                options=[
                    {"values": {"색상": color}, "code": f"Q{number}-{color}", "qty": 5}
                    for color in ("A", "B")
                ],
            )
            for color in ("A", "B"):
                self.make_product(
                    color, 9900, 5, esm_inventory_code=f"Q{number}-{color}"
                )

    def compare(self):
        """Queries of a comparison with an empty cache; it finds nothing to write."""
        self.commit()
        before = self.env.cr.sql_log_count
        changes, high = self.env["esm.listing"]._compare_stock(self.company)
        self.assertEqual((changes, high), ({}, set()))
        return self.env.cr.sql_log_count - before

    def count(self):
        return self.env["esm.listing.option"].search_count(
            [("match_method", "!=", False)]
        )

    def test_more_options_cost_no_more_queries(self):
        costs = []
        for numbers in (range(2), range(2, 20)):
            self.add_listings(*numbers)
            self.read_listings()
            self.sync()
            self.compare()  # what is read once per process
            costs.append((self.count(), self.compare()))
        (few, before), (many, after) = costs
        self.assertEqual((few, many), (4, 40))
        self.assertEqual(before, after)

    def test_orders_that_wait_are_read_together(self):
        self.add_listings(0, 1)
        self.read_listings()
        self.gmarket.auto_release = False
        self.sync()
        costs = []
        for orders in (2, 6):
            for _ in range(orders):
                [item, *_others] = self.sandbox.items.values()
                option = item.options[0]
                self.sandbox.edit_item(item.goods_no, options={option.key: {"qty": 9}})
                self.place(
                    {"site_goods_no": item.numbers["gmarket"], "option": option.key}
                )
            self.run_cycle()
            self.commit()
            before = self.env.cr.sql_log_count
            self.env["esm.listing"]._compare_stock(self.company)
            costs.append(self.env.cr.sql_log_count - before)
        self.assertEqual(costs[0], costs[1])
