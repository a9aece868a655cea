"""What ``./dev demo`` makes of a merchant's CSV file and of its own catalogue."""

from pathlib import Path
from tempfile import TemporaryDirectory

from odoo.tests import BaseCase, tagged

from ..devtools.console import DevError
from ..devtools.demo_goods import (
    BUNDLES,
    demo_goods,
    parse_goods,
    pieces_by_code,
    read_goods,
)

HEADER = "seller_code,inventory_code,name,price,stock\n"


@tagged("post_install", "-at_install")
class TestDemoGoods(BaseCase):
    def goods(self, *lines):
        found, notes = parse_goods(HEADER + "\n".join(lines))
        self.assertEqual(notes, [])
        return found

    def test_item_and_option(self):
        tea, cup = self.goods("TEA,,보리차,12900,5", "CUP,CUP-W,머그컵,5500,7")
        self.assertEqual(
            (tea.seller_code, tea.inventory_code, tea.name, tea.price, tea.stock),
            ("TEA", "", "보리차", 12900, 5),
        )
        self.assertEqual((cup.seller_code, cup.inventory_code), ("CUP", "CUP-W"))

    def test_shared_seller_code_is_left_to_the_row_without_option(self):
        found = self.goods("CUP,CUP-W,컵,1,1", "CUP,CUP-B,컵,1,1", "CUP,,컵,1,1")
        self.assertEqual([goods.seller_code for goods in found], ["", "", "CUP"])

    def test_blanks_empty_lines_and_written_numbers(self):
        found = self.goods(
            "",
            '  TEA ,  ,  보리차  100개입 ,"12,900", 1 200 ',
            " , ,,,",
            "CUP,,,5500.00,",
        )
        self.assertEqual(
            [(g.seller_code, g.name, g.price, g.stock) for g in found],
            [("TEA", "보리차 100개입", 12900, 1200), ("CUP", "CUP", 5500, 0)],
        )

    def test_columns_in_any_order_and_others(self):
        found, _notes = parse_goods(
            "Name,memo,STOCK,price,inventory_code,seller_code\n차,x,3,100,,TEA\n"
        )
        self.assertEqual(
            (found[0].name, found[0].stock, found[0].price), ("차", 3, 100)
        )

    def test_rows_that_cannot_be_used_are_told(self):
        found, notes = parse_goods(
            HEADER + ",,이름,1,1\nA,,a,1,1\nA,,b,1,1\nB,X,b,1,1\nC,X,c,1,1\nD,,d,-5,1"
        )
        self.assertEqual([goods.name for goods in found], ["a", "b"])
        self.assertEqual(len(notes), 4)
        self.assertIn("line 2 is left out: it has no code", notes[0])
        self.assertIn("inventory code X is in a line before", notes[2])

    def test_what_is_wrong_with_a_file_is_said_with_its_line(self):
        for text, expected in (
            ("", "no products"),
            (HEADER, "no products"),
            ("seller_code,name\nA,a\n", "lacks the column inventory_code"),
            (HEADER + "A,,a,free,1\n", "line 2: the price 'free'"),
            (HEADER + "A,,a,1,1.5\n", "line 2: the stock '1.5'"),
            (HEADER + "\nA,,a,12,900,1\n", "line 3 has more columns"),
        ):
            with self.assertRaisesRegex(DevError, expected):
                parse_goods(text)

    def test_file_with_and_without_byte_order_mark(self):
        text = HEADER + "차,,차,1,1\n"
        with TemporaryDirectory() as folder:
            path = Path(folder) / "goods.csv"
            for encoding in ("utf-8", "utf-8-sig"):
                path.write_text(text, encoding=encoding)
                self.assertEqual(read_goods(path)[0][0].seller_code, "차")
            path.write_text(text, encoding="cp949")
            with self.assertRaisesRegex(DevError, "not in UTF-8"):
                read_goods(path)
            with self.assertRaisesRegex(DevError, "cannot be read"):
                read_goods(path.with_name("other.csv"))

    def test_packs_and_sets_are_made_of_the_goods(self):
        pieces = pieces_by_code()
        codes = {goods.inventory_code or goods.seller_code for goods in demo_goods()}
        self.assertEqual(pieces["CUP-05-W"], {"CUP-05-W": 1})
        for bundle in BUNDLES:
            self.assertEqual(pieces[bundle.seller_code], bundle.pieces)
            self.assertLessEqual(set(bundle.pieces), codes)
            self.assertNotIn(bundle.seller_code, codes)

    def test_own_catalogue_has_codes_of_one_product_each(self):
        found = demo_goods()
        for name in ("seller_code", "inventory_code"):
            codes = [getattr(goods, name) for goods in found if getattr(goods, name)]
            self.assertEqual(len(codes), len(set(codes)))
        self.assertTrue(all(g.seller_code or g.inventory_code for g in found))
        self.assertEqual(sum(goods.tax_free for goods in found), 1)
