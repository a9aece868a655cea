import csv
import io
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from .. import excel
from ..excel import Column, Reason, Trouble, WorkbookRefused, guard
from ..models import manual_rows, tracking_columns
from .test_tracking_import import make_csv
from .workbooks import make_workbook

COLUMNS = tracking_columns.COLUMNS
NEEDED = tracking_columns.NEEDED
HEADER = ("주문번호", "송장번호")
ROW = ("4700000001", "123456789012")

# What a cell of a file may hold: anything but NUL and half letters.
hostile = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20
)


def read(data, columns=COLUMNS, needed=NEEDED, most_rows=1000):
    table = excel.read_file(data, columns, needed, most_rows)
    return table, list(table.rows())


def texts(data, **options):
    return [
        {key: cell.text for key, cell in row.cells.items()}
        for row in read(data, **options)[1]
    ]


@tagged("post_install", "-at_install")
class TestFileReader(BaseCase):
    """Workbooks and CSV files, by their content and whatever the columns' order."""

    @settings(deadline=None, max_examples=200)
    @given(
        order=st.permutations(("order", "delivery", "number", "courier", "a", "b")),
        rows=st.lists(st.tuples(*[hostile] * 6), max_size=4),
        names=st.fixed_dictionaries(
            {key: st.sampled_from(t) for key, t in tracking_columns.TITLES.items()}
        ),
        encoding=st.sampled_from(("utf-8", "utf-8-sig", "utf-16")),
        delimiter=st.sampled_from((",", "\t", ";")),
        first=st.lists(st.just(("", "", "")), max_size=3),
    )
    def test_any_order_of_columns_and_any_cells(
        self, order, rows, names, encoding, delimiter, first
    ):
        """Each cell is read as it stands there, or it is said what is wrong with it."""
        header = [names.get(key, f"Other {key}") for key in order]
        data = make_csv(*first, header, *rows, encoding=encoding, delimiter=delimiter)
        table, found = read(data)
        self.assertEqual(set(table.titles), set(tracking_columns.TITLES))
        by_number = {row.number: row.cells for row in found}
        for number, cells in enumerate(rows, len(first) + 2):
            for key, content in zip(order, cells, strict=True):
                cell = by_number.get(number, {}).get(key)
                if key not in tracking_columns.TITLES:
                    self.assertIsNone(cell)
                elif not content.strip():
                    self.assertIsNone(cell)
                elif cell is None:
                    # A text that says nothing: ="" and the like.
                    self.assertEqual(content.strip(), '=""')
                elif cell.trouble is None and content.strip()[0] not in "='":
                    self.assertEqual(cell.text, content.strip())

    def test_titles_in_a_row_are_no_second_header(self):
        """Hypothesis found it: such a row made the whole file a file of two headers."""
        header, row = ("주문번호", "송장번호", "비고"), ("4999", "택배사", "택배사")
        for data in (make_csv(header, row), make_workbook(header, row)):
            [found] = texts(data)
            self.assertEqual(found["number"], "택배사")

    @settings(deadline=None, max_examples=200)
    @given(st.binary(max_size=300))
    def test_any_bytes(self, data):
        """What is no table is refused, and nothing else happens."""
        try:
            read(data)
        except WorkbookRefused:
            return

    @settings(deadline=None, max_examples=100)
    @given(st.binary(max_size=60), st.integers(0, 60))
    def test_damaged_files(self, junk, at):
        good = make_csv(HEADER, ROW)
        try:
            read(good[:at] + junk + good[at:])
        except WorkbookRefused:
            return

    def test_encodings_and_delimiters(self):
        for encoding in ("utf-8", "utf-8-sig", "cp949", "utf-16"):
            for delimiter in (",", "\t", ";", "|"):
                with self.subTest(encoding=encoding, delimiter=delimiter):
                    data = make_csv(HEADER, ROW, encoding=encoding, delimiter=delimiter)
                    self.assertEqual(texts(data), [{"order": ROW[0], "number": ROW[1]}])

    def test_workbook_and_csv_say_the_same(self):
        rows = (HEADER, ROW, ("4700000002", "="), ("", ""), ("4700000003", "1-2"))
        csv_table, csv_rows = read(make_csv(*rows[:1], *rows[3:]))
        table, book_rows = read(make_workbook(*rows[:1], *rows[3:]))
        self.assertEqual(
            [(row.number, row.cells) for row in csv_rows],
            [(row.number, row.cells) for row in book_rows],
        )
        self.assertEqual(csv_table.letters, table.letters)

    def test_what_programs_write_to_keep_zeros(self):
        output = io.StringIO()
        csv.writer(output).writerows(
            [HEADER, ('="0047"', "'0123"), ('=""', "1"), ("=1+1", "=A1"), ("1", "'x")]
        )
        [kept, blank, formulas, quote] = read(output.getvalue().encode())[1]
        self.assertEqual(
            {key: cell.text for key, cell in kept.cells.items()},
            {"order": "0047", "number": "0123"},
        )
        self.assertNotIn("order", blank.cells)
        for cell in formulas.cells.values():
            self.assertEqual(cell.trouble, Trouble.FORMULA)
        self.assertEqual(quote.cells["number"].text, "'x")

    def test_quoted_cells_with_line_breaks_and_delimiters(self):
        data = make_csv(
            ("주소", *HEADER), ('서울, "1"\n2층', *ROW), ("서울\u2028x", *ROW)
        )
        table, found = read(data)
        self.assertEqual([row.number for row in found], [2, 3])
        self.assertEqual(table.unread, ["주소"])

    def test_what_is_refused(self):
        for data, reason in (
            (make_csv(("이름",), ("a",)), Reason.NO_HEADER),
            (make_csv(("주문번호", "고객주문번호", "송장번호")), Reason.TWO_HEADERS),
            (make_csv(HEADER, *[ROW] * 4), Reason.TOO_MANY_ROWS),
            (make_csv(HEADER, ROW) + b'"open,1\n2,3\n', Reason.BROKEN),
            (make_csv(HEADER, ("x",) * (guard.MOST_COLUMNS + 2)), Reason.TOO_WIDE),
            (b"\xff\xfe\x00", Reason.BROKEN),
            (b"\x81\xff,\xff\n", Reason.BROKEN),
        ):
            with (
                self.subTest(reason=reason),
                self.assertRaises(WorkbookRefused) as refusal,
            ):
                read(data, most_rows=3)
            self.assertEqual(refusal.exception.reason, reason)

    def test_as_many_cells_as_in_a_workbook(self):
        """Twenty million bytes of commas would be hundreds of millions of memory."""
        wide = make_csv(HEADER, ROW, *[("",) * 100] * 20)
        with patch.object(guard, "MOST_CELLS", 1000):
            with self.assertRaises(WorkbookRefused) as refused:
                read(wide)
        self.assertEqual(refused.exception.reason, Reason.TOO_LARGE)
        self.assertEqual(len(read(wide)[1]), 1)

    def test_titles_are_told_apart(self):
        """No title stands for two columns of one kind of file."""
        for columns in (tracking_columns.COLUMNS, manual_rows.COLUMNS):
            keys = [
                excel.header_key(name)
                for column in columns
                for name in {excel.header_key(name) for name in column.names}
            ]
            self.assertEqual(len(keys), len(set(keys)))

    def test_a_header_further_down(self):
        columns = [Column("a", ("A",)), Column("b", ("B",))]
        data = make_csv(("A",), ("Title",), ("B", "A"), ("1", "2"))
        self.assertEqual(
            texts(data, columns=columns, needed=(("a",), ("b",))),
            [{"b": "1", "a": "2"}],
        )
