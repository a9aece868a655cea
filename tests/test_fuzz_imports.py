import base64
import itertools

from odoo.tests import tagged

from .common import CUP
from .mutations import VALUES
from .test_fuzz_orders import FuzzCase
from .test_manual_order import HEADER, ROW
from .test_tracking_import import TrackingImportCase, make_csv

#: Texts that a cell of a file can hold. NUL makes a file none at all.
CELLS = {
    name: value
    for name, value in VALUES.items()
    if isinstance(value, str) and name not in ("nul", "half a pair", "a megabyte")
} | {
    "below zero": "-3",
    "much": "9" * 18,
    "too much": "9" * 40,
    "fraction": "1.5",
    "thousands": "1,2,3",
    "full width": "１２３",
    "two": "1\n2",
}


def changes(titles, per_title):
    """Name -> (title, text): what to put into which column of a row."""
    around = itertools.cycle(CELLS)
    pairs = ((title, next(around)) for title in titles for _ in range(per_title))
    return {f"{title}: {name}": (title, CELLS[name]) for title, name in pairs}


@tagged("post_install", "-at_install")
class TestFuzzManualOrders(FuzzCase):
    """Rows of an order file that have gone wrong, beside good ones."""

    def test_one_cell_of_each_row_gone_wrong(self):
        cases = changes(HEADER, 3)
        rows = [
            {
                **ROW,
                "주문번호": str(4_700_000_000 + index),
                "장바구니번호(결제번호)": str(9_900_000_000 + index),
                "수령인명": f"김수령{index}",
                **{title: text for title, text in [case or ("주문상태", "배송중")]},
            }
            for index, case in enumerate([None, *cases.values(), None])
        ]
        record = self.env["esm.manual.order"].create(
            {
                "shop_id": self.gmarket.id,
                "kind": "file",
                "file": base64.b64encode(
                    make_csv(
                        HEADER, *([row[title] for title in HEADER] for row in rows)
                    )
                ),
                "filename": "orders.csv",
                "mode": "good",
            }
        )
        record.action_read()
        self.assertEqual(record.state, "preview", record.message)
        self.assertShown(record)
        self.assertShown(record.line_ids)
        self.assertTrue(record.problem_file)
        first, *lines, last = record.line_ids.sorted("row")
        self.assertEqual({first.state, last.state}, {"change"})
        self.assertEqual(len(lines), len(cases))
        for name, line in zip(cases, lines, strict=True):
            with self.subTest(name):
                self.assertIn(line.state, ("change", "problem"))
                self.assertEqual(bool(line.problem), line.state == "problem")
                self.assertLess(len(line.problem or ""), 1200)
        record.action_apply()
        self.assertEqual(record.state, "done", record.message)
        self.gmarket._process()
        self.env.invalidate_all()
        for line in first, last:
            self.assertEqual(line.order_id.state, "released", line.order_id.problem)
        for name, line in zip(cases, lines, strict=True):
            if line.order_id:
                with self.subTest(name):
                    self.assertExplained(line.order_id)
                    if line.order_id.state == "released":
                        self.assertSoldRight(line.order_id)
        orders = record.line_ids.order_id
        self.assertShown(orders)
        self.assertShown(orders.sale_order_id)


@tagged("post_install", "-at_install")
class TestFuzzTracking(FuzzCase, TrackingImportCase):
    """Rows of a courier's file that have gone wrong, beside good ones."""

    def test_one_cell_of_each_row_gone_wrong(self):
        header = ("고객주문번호", "출고번호", "운송장번호", "택배사")
        [row], picking = self.delivery(CUP)
        cases = changes(header, 12)
        good = (row.order_no, picking.name, "123456789012", "CJ")
        rows = [
            [text if title == name else cell
             for name, cell in zip(header, ("45", "", "223456789012", ""), strict=True)]
            for title, text in cases.values()
        ]  # fmt: skip
        record = self.upload_rows(*rows, good, header=header, mode="good")
        self.assertEqual(record.state, "preview", record.message)
        self.assertShown(record.line_ids)
        self.assertTrue(record.problem_file)
        self.assertEqual(record.problem_count, len(cases))
        for line in record.line_ids.filtered("problem"):
            self.assertLess(len(line.problem), 1200)
        record.action_apply()
        self.assertEqual(record.state, "done", record.message)
        self.assertEqual(picking.carrier_tracking_ref, "123456789012")
