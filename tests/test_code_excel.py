import io
import struct
import zipfile
from datetime import datetime
from unittest import mock

import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter

from odoo.tests import BaseCase, tagged

from .. import excel
from ..excel import (
    Column,
    Heading,
    Note,
    Reason,
    Sheet,
    Trouble,
    WorkbookRefused,
    guard,
)
from .workbooks import MAIN, make_workbook, raw_sheet, repack, save

COLUMNS = [
    Column("id", ("Product ID", "상품 ID")),
    Column("code", ("Seller Code", "판매자관리코드")),
]
NEEDED = (("id",), ("code",))
HEADER = ("Product ID", "Seller Code")


def read(data, most_rows=1000):
    return excel.read_table(data, COLUMNS, NEEDED, most_rows)


def rows(data):
    return list(read(data).rows())


class ExcelCase(BaseCase):
    def assertRefused(self, data, reason, **details):
        with self.assertRaises(WorkbookRefused) as refusal:
            rows(data)
        self.assertEqual(refusal.exception.reason, reason)
        for name, value in details.items():
            self.assertEqual(refusal.exception.details[name], value)

    def code_cell(self, content, **style):
        """What the reader makes of one cell."""

        def change(sheet):
            sheet["B2"] = content
            for name, wanted in style.items():
                setattr(sheet["B2"], name, wanted)

        [row] = rows(make_workbook(HEADER, (1,), change=change))
        return row.cells["code"]


@tagged("post_install", "-at_install")
class TestFormat(ExcelCase):
    """What is not a workbook, or not one to trust, is refused by what it is."""

    def test_other_files(self):
        ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)
        docx = io.BytesIO()
        with zipfile.ZipFile(docx, "w") as archive:
            archive.writestr("[Content_Types].xml", "<Types/>")
        ods = io.BytesIO()
        with zipfile.ZipFile(ods, "w") as archive:
            archive.writestr("mimetype", "application/vnd.oasis.opendocument")
        for data, reason in (
            (b"", Reason.EMPTY),
            ("상품 ID,판매자관리코드\n1,A\n".encode("cp949"), Reason.TEXT),
            ("\ufeffa,b\n".encode("utf-16"), Reason.TEXT),
            (b"\xef\xbb\xbfa,b\n", Reason.TEXT),
            (b"<html><table><tr><td>1</td></tr></table>", Reason.WEB_PAGE),
            (b"\n <TABLE border=1>", Reason.WEB_PAGE),
            (ole, Reason.OLD_XLS),
            (ole + "EncryptedPackage".encode("utf-16-le"), Reason.ENCRYPTED),
            (b"%PDF-1.7", Reason.OTHER_FORMAT),
            (docx.getvalue(), Reason.OTHER_FORMAT),
            (ods.getvalue(), Reason.OTHER_FORMAT),
            (b"PK\x03\x04 and no more", Reason.BROKEN),
        ):
            with self.subTest(data=data[:12], reason=reason):
                self.assertRefused(data, reason)

    def test_cut_and_damaged_files(self):
        data = make_workbook(HEADER, (1, "A"))
        for damaged in (
            data[: len(data) // 2],
            data[:-30],
            data[:200] + bytes(50) + data[250:],
            repack(data, {"xl/workbook.xml": "<workbook"}),
            repack(data, {"xl/workbook.xml": None}),
            raw_sheet(data, '<row r="x"/>'),
            raw_sheet(data, '<row r="2000000"/>'),
            raw_sheet(data, '<row r="1"><c r="$A"/></row>'),
            raw_sheet(data, '<row r="1"><c r="A1" t="s"><v>999</v></c></row>'),
        ):
            self.assertRefused(damaged, Reason.BROKEN)

    def test_a_part_with_a_password(self):
        data = make_workbook(HEADER, (1, "A"))
        encrypted = bytearray(data)
        at = encrypted.find(b"PK\x01\x02")
        encrypted[at + 8] |= 1
        self.assertRefused(bytes(encrypted), Reason.ENCRYPTED)

    def test_macros_and_links(self):
        data = make_workbook(HEADER, (1, "A"))
        types = zipfile.ZipFile(io.BytesIO(data)).read("[Content_Types].xml").decode()
        for kind, reason in (
            ("application/vnd.ms-excel.sheet.macroEnabled.main+xml", Reason.MACROS),
            ("application/vnd.ms-office.vbaProject", Reason.MACROS),
            ("application/vnd.ms-excel.macrosheet+xml", Reason.MACROS),
            (
                "application/vnd.openxmlformats-officedocument.spreadsheetml."
                "externalLink+xml",
                Reason.LINKS,
            ),
            (
                "application/vnd.openxmlformats-officedocument.spreadsheetml."
                "connections+xml",
                Reason.LINKS,
            ),
        ):
            with self.subTest(kind=kind):
                override = f'<Override PartName="/xl/x.bin" ContentType="{kind}"/>'
                self.assertRefused(
                    repack(
                        data,
                        {
                            "[Content_Types].xml": types.replace(
                                "</Types>", override + "</Types>"
                            )
                        },
                    ),
                    reason,
                )

    def test_a_link_is_only_a_link(self):
        def change(sheet):
            sheet["B2"].hyperlink = "https://example.com/"

        [row] = rows(make_workbook(HEADER, (1, "A"), change=change))
        self.assertEqual(row.cells["code"].text, "A")


@tagged("post_install", "-at_install")
class TestBombs(ExcelCase):
    """Small files that would fill the memory, or keep a worker busy."""

    def setUp(self):
        super().setUp()
        self.data = make_workbook(HEADER, (1, "A"))

    def test_a_zip_bomb(self):
        bomb = repack(self.data, {"xl/media/image1.png": bytes(70_000_000)})
        self.assertLess(len(bomb), 200_000)
        self.assertRefused(bomb, Reason.TOO_LARGE)

    def test_many_parts(self):
        parts = {f"xl/media/{number}.png": b"x" for number in range(1100)}
        self.assertRefused(repack(self.data, parts), Reason.TOO_LARGE)

    def test_a_list_of_parts_too_long_to_read(self):
        """It is refused by its size, before zipfile makes an object of each entry."""
        at = self.data.rfind(b"PK\x05\x06")
        claimed = bytearray(self.data)
        claimed[at + 12 : at + 16] = struct.pack("<L", 40_000_000)
        with mock.patch.object(guard.zipfile, "ZipFile") as opened:
            self.assertRefused(bytes(claimed), Reason.TOO_LARGE)
        opened.assert_not_called()

    def test_a_large_file(self):
        with mock.patch.object(guard, "LARGEST_FILE", len(self.data) - 1):
            self.assertRefused(self.data, Reason.TOO_LARGE)

    def test_entities(self):
        """Billion laughs and entities of other files, in any part and encoding."""
        laughs = '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]>'
        outside = '<!DOCTYPE a SYSTEM "file:///etc/passwd">'
        for name in (
            "xl/worksheets/sheet1.xml",
            "xl/workbook.xml",
            "xl/sharedStrings.xml",
            "xl/hidden.bin",
        ):
            for doctype in (laughs, outside):
                for encoding in ("utf-8", "utf-16"):
                    xml = f'<?xml version="1.0" encoding="{encoding}"?>{doctype}<a/>'
                    with self.subTest(name=name, doctype=doctype, encoding=encoding):
                        self.assertRefused(
                            repack(self.data, {name: xml.encode(encoding)}),
                            Reason.ENTITIES,
                        )

    def test_many_elements(self):
        with mock.patch.object(guard, "MOST_OTHER_ELEMENTS", 1000):
            styles = f'<styleSheet xmlns="{MAIN}">' + "<a/>" * 1000 + "</styleSheet>"
            self.assertRefused(
                repack(self.data, {"xl/styles.xml": styles}), Reason.TOO_LARGE
            )

    def test_deep_elements(self):
        sheet = raw_sheet(self.data, "<x>" * 100 + "</x>" * 100)
        self.assertRefused(sheet, Reason.TOO_LARGE)

    def test_long_texts(self):
        text = "가" * 40_000
        sheet = raw_sheet(
            self.data,
            f'<row><c t="inlineStr"><is><t>{text}</t></is></c></row>',
        )
        self.assertRefused(sheet, Reason.TOO_LARGE)

    def test_many_cells(self):
        with mock.patch.object(guard, "MOST_CELLS", 10):
            self.assertRefused(
                raw_sheet(self.data, "<row><c/><c/></row>" * 6), Reason.TOO_LARGE
            )

    def test_cells_far_to_the_right(self):
        """openpyxl would fill the row up to them."""
        self.assertRefused(
            raw_sheet(self.data, '<row><c r="XFD1"><v>1</v></c></row>'),
            Reason.TOO_WIDE,
            limit=guard.MOST_COLUMNS,
        )

    def test_a_claimed_size_is_not_believed(self):
        xml = (
            f'<worksheet xmlns="{MAIN}"><dimension ref="A1:XFD1048576"/><sheetData>'
            '<row r="1"><c t="inlineStr"><is><t>Product ID</t></is></c>'
            '<c t="inlineStr"><is><t>Seller Code</t></is></c></row>'
            '<row r="2"><c><v>7</v></c></row></sheetData></worksheet>'
        )
        for claim in ("A1:XFD1048576", "A1", "B1:A9"):
            with self.subTest(claim=claim):
                data = repack(
                    self.data,
                    {"xl/worksheets/sheet1.xml": xml.replace("A1:XFD1048576", claim)},
                )
                [row] = rows(data)
                self.assertEqual(row.cells["id"].text, "7")

    def test_shared_formulas_are_not_translated(self):
        """openpyxl would write each of them out: minutes for a small file."""
        cells = "".join(
            f'<row r="{number}"><c r="A{number}"><f t="shared" si="0">'
            f"{'A1+' * 2000 + 'A1' if number == 2 else ''}</f><v>1</v></c></row>"
            for number in range(2, 3000)
        )
        header = (
            '<row r="1"><c t="inlineStr"><is><t>Product ID</t></is></c>'
            '<c t="inlineStr"><is><t>Seller Code</t></is></c></row>'
        )
        data = raw_sheet(self.data, header + cells)
        found = list(read(data, most_rows=5000).rows())
        self.assertEqual(len(found), 2998)
        self.assertEqual({row.cells["id"].trouble for row in found}, {Trouble.FORMULA})

    def test_many_merged_ranges(self):
        merges = '<mergeCell ref="A2:A3"/>' * (guard.MOST_MERGES + 1)
        self.assertRefused(
            raw_sheet(self.data, "<row/>", f"<mergeCells>{merges}</mergeCells>"),
            Reason.TOO_LARGE,
        )

    def test_many_rows(self):
        data = make_workbook(HEADER, *[(n, "A") for n in range(1, 12)])
        self.assertEqual(len(list(read(data, most_rows=11).rows())), 11)
        with self.assertRaises(WorkbookRefused) as refusal:
            read(data, most_rows=10)
        self.assertEqual(refusal.exception.reason, Reason.TOO_MANY_ROWS)

    def test_a_row_at_the_very_end(self):
        def change(sheet):
            sheet["A1048576"] = 5

        [first, last] = rows(make_workbook(HEADER, (1, "A"), change=change))
        self.assertEqual((last.number, last.cells["id"].text), (1048576, "5"))


@tagged("post_install", "-at_install")
class TestTable(ExcelCase):
    """Columns are found by their titles, wherever they stand."""

    def test_titles_in_any_order_and_language(self):
        for header in (
            ("Seller Code", "Memo", "Product ID"),
            ("판매자 관리코드*", "비고", "상품ID"),
            ("  seller-code ", None, "PRODUCT  id"),
        ):
            with self.subTest(header=header):
                table = read(make_workbook(("My goods",), (), header, ("A", "x", 1)))
                [row] = table.rows()
                self.assertEqual(row.number, 4)
                self.assertEqual(
                    {key: cell.text for key, cell in row.cells.items()},
                    {"id": "1", "code": "A"},
                )
                self.assertEqual(table.letters, {"code": "A", "id": "C"})
                self.assertEqual(table.unread, [header[1]] if header[1] else [])

    def test_a_renamed_column(self):
        self.assertRefused(
            make_workbook(("Product ID", "Seler Code"), (1, "A")),
            Reason.NO_HEADER,
            missing=(("code",),),
            sheets=["Products"],
        )

    def test_no_titles_at_all(self):
        self.assertRefused(
            make_workbook((1, "A"), (2, "B")), Reason.NO_HEADER, missing=NEEDED
        )
        self.assertRefused(make_workbook(), Reason.NO_HEADER, missing=NEEDED)

    def test_a_title_that_stands_twice(self):
        self.assertRefused(
            make_workbook((*HEADER, "판매자관리코드"), (1, "A", "B")),
            Reason.TWO_HEADERS,
            title="판매자관리코드",
        )

    def test_sheets(self):
        workbook = openpyxl.Workbook()
        workbook.active.append(("Read me",))
        self.assertRefused(save(workbook), Reason.NO_HEADER)
        goods = workbook.create_sheet("Goods")
        goods.append(HEADER)
        goods.append((1, "A"))
        self.assertEqual(read(save(workbook)).sheet, "Goods")
        copy = workbook.copy_worksheet(goods)
        self.assertRefused(
            save(workbook), Reason.TWO_SHEETS, sheets=["Goods", copy.title]
        )
        copy.sheet_state = "hidden"
        self.assertEqual(read(save(workbook)).sheet, "Goods")

    def test_empty_rows_are_skipped(self):
        data = make_workbook(HEADER, (), (1, "A"), (None, " "), (2, None, "memo"))
        self.assertEqual([row.number for row in rows(data)], [3, 5])


@tagged("post_install", "-at_install")
class TestCells(ExcelCase):
    """A cell says what Excel shows, or why nobody can tell."""

    def test_texts(self):
        for value, text in (
            ("00123", "00123"),
            ("  A-1  ", "A-1"),
            ("가나", "가나"),
            ("1E5", "1E5"),
            ("-", "-"),
        ):
            with self.subTest(value=value):
                cell = self.code_cell(value)
                self.assertEqual((cell.text, cell.trouble), (text, None))
                self.assertFalse(cell.number)

    def test_a_text_that_begins_like_a_formula(self):
        cell = self.code_cell("=A1", data_type="s")
        self.assertEqual((cell.text, cell.trouble), ("=A1", None))

    def test_numbers(self):
        for value, number_format, text, number in (
            (123, "General", "123", True),
            (123.0, "General", "123", True),
            (12345678901, "General", "12345678901", True),
            (8800000000001, "0", "8800000000001", True),
            (123, "@", "123", True),
            (12900, "#,##0", "12900", True),
            (0, "General", "0", True),
            # A format of zeros shows them: they are kept on purpose.
            (123, "00000", "00123", False),
        ):
            with self.subTest(value=value, number_format=number_format):
                cell = self.code_cell(value, number_format=number_format)
                self.assertEqual((cell.text, cell.trouble), (text, None))
                self.assertEqual(cell.number, number)

    def test_what_cannot_be_trusted(self):
        for value, trouble in (
            (1230000000000, Trouble.LARGE_NUMBER),
            (1.23e12, Trouble.LARGE_NUMBER),
            (1e300, Trouble.LARGE_NUMBER),
            (12.5, Trouble.FRACTION),
            ("1.23E+12", Trouble.EXPONENT),
            ("1e+05", Trouble.EXPONENT),
            ("=A1", Trouble.FORMULA),
            ("=1+1", Trouble.FORMULA),
            ("#N/A", Trouble.ERROR),
            (True, Trouble.LOGICAL),
            (datetime(2026, 1, 2), Trouble.DATE),
            ("A\nB", Trouble.CONTROL),
            ("A\u200bB", Trouble.CONTROL),
            ("A" * 501, Trouble.LONG),
        ):
            with self.subTest(value=value):
                self.assertEqual(self.code_cell(value).trouble, trouble)
        self.assertEqual(
            self.code_cell(8800000000001234, number_format="0").trouble,
            Trouble.LARGE_NUMBER,
            "Excel keeps 15 digits",
        )
        self.assertEqual(
            self.code_cell(123, number_format="0.00E+00").trouble,
            Trouble.LARGE_NUMBER,
        )

    def test_merged_cells(self):
        def change(sheet):
            sheet.merge_cells("A3:A5")
            sheet.merge_cells("B7:C7")
            sheet.merge_cells("D2:D9")

        data = make_workbook(
            HEADER, *[(number, f"C{number}") for number in range(2, 9)], change=change
        )
        merged = {
            (row.number, key)
            for row in rows(data)
            for key, cell in row.cells.items()
            if cell.trouble
        }
        self.assertEqual(merged, {(3, "id"), (4, "id"), (5, "id"), (7, "code")})


@tagged("post_install", "-at_install")
class TestWriting(ExcelCase):
    """Workbooks that we write, as Excel sees them."""

    def write(self, *lines, **options):
        headings = [
            Heading("Product ID", 10, hidden=True),
            Heading("Seller Code", 20, fill_in=True, longest=20),
        ]
        data = excel.write_workbook(
            Sheet("Products", headings, lines, **options), "Help", [("What", "=text")]
        )
        return data, openpyxl.load_workbook(io.BytesIO(data))

    def test_layout(self):
        _data, workbook = self.write(["1", "00123"], ["2", None], refusal="Too long")
        self.assertEqual(workbook.sheetnames, ["Products", "Help"])
        sheet = workbook["Products"]
        self.assertEqual(sheet.freeze_panes, "A2")
        self.assertEqual(sheet.auto_filter.ref, "A1:B3")
        self.assertTrue(sheet.column_dimensions["A"].hidden)
        self.assertEqual(sheet["B2"].value, "00123")
        self.assertEqual(sheet["B2"].number_format, "@")
        self.assertEqual(
            sheet.column_dimensions["B"].number_format,
            "@",
            "cells that are empty yet, and rows that are added",
        )
        [rule] = sheet.data_validations.dataValidation
        self.assertEqual((rule.type, rule.formula1), ("textLength", "20"))
        self.assertEqual(workbook["Help"]["B1"].data_type, "s")

    def test_no_text_becomes_a_formula(self):
        for name in ("=1+1", '=HYPERLINK("http://example.com")', "+1", "-1", "@x"):
            _data, workbook = self.write(["1", name])
            cell = workbook["Products"]["B2"]
            self.assertEqual((cell.value, cell.data_type), (name, "s"))

    def test_texts_that_xml_cannot_hold(self):
        data, _workbook = self.write(["1", "A\x00\x0bB"])
        [row] = rows(data)
        self.assertEqual(row.cells["code"].text, "A  B")

    def test_marked_cells(self):
        _data, workbook = self.write(["1", Note("bad")], ["2", Note(None)])
        for address in ("B2", "B3"):
            cell = workbook["Products"][address]
            self.assertEqual(cell.fill.fgColor.rgb, "FFF8CBAD")
            self.assertEqual(cell.number_format, "@")


_TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cf", "Co", "Cn")), max_size=30
)


@tagged("post_install", "-at_install")
class TestAnything(ExcelCase):
    """Whatever stands in the cells, reading ends with rows or with a refusal."""

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.tuples(_TEXT, _TEXT), max_size=8))
    def test_what_is_written_is_read(self, pairs):
        headings = [Heading("Product ID"), Heading("Seller Code")]
        data = excel.write_workbook(Sheet("Products", headings, pairs), "Help", [])
        found = {
            row.number: {key: cell.text for key, cell in row.cells.items()}
            for row in rows(data)
            if not any(cell.trouble for cell in row.cells.values())
        }
        for number, pair in enumerate(pairs, 2):
            wanted = {
                key: text.strip()
                for key, text in zip(("id", "code"), pair, strict=True)
                if text.strip()
            }
            if number in found:
                self.assertEqual(found[number], wanted)

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(
            st.one_of(
                st.integers(),
                st.floats(allow_nan=False, allow_infinity=False),
                st.booleans(),
                st.datetimes(datetime(1900, 3, 1), datetime(9999, 1, 1)),
                _TEXT,
                st.sampled_from(["=A1", "#REF!", "1.23E+12", "'001", "\t"]),
            ),
            max_size=10,
        )
    )
    def test_cells_of_any_kind(self, values):
        data = make_workbook(HEADER, *[(1, value) for value in values])
        for row in rows(data):
            for cell in row.cells.values():
                self.assertIsInstance(cell.text, str)
                self.assertLessEqual(len(cell.text), 500)

    @settings(max_examples=80, deadline=None)
    @given(st.data())
    def test_damaged_bytes(self, data):
        workbook = bytearray(make_workbook(HEADER, (1, "A"), (2, "B")))
        for _number in range(data.draw(st.integers(1, 20))):
            at = data.draw(st.integers(0, len(workbook) - 1))
            workbook[at] = data.draw(st.integers(0, 255))
        try:
            found = rows(bytes(workbook))
        except WorkbookRefused as refusal:
            self.assertIsInstance(refusal.reason, Reason)
        else:
            self.assertLessEqual(len(found), 2)

    @settings(max_examples=100, deadline=None)
    @given(
        st.recursive(
            st.sampled_from(
                [
                    "",
                    "text",
                    "<v>1</v>",
                    '<c r="B7"/>',
                    '<c t="s"><v>-1</v></c>',
                    '<c t="b"><v>2</v></c>',
                    '<c t="d"><v>x</v></c>',
                    "<f>A1</f>",
                    '<mergeCell ref="A1:B2"/>',
                    '<c t="inlineStr"><is><t>Product ID</t></is></c>',
                ]
            ),
            lambda inner: st.builds(
                lambda tag, parts: f"<{tag}>{''.join(parts)}</{tag}>",
                st.sampled_from(["row", "c", "v", "is", "t", "f", "sheetData"]),
                st.lists(inner, max_size=4),
            ),
            max_leaves=20,
        )
    )
    def test_sheets_of_any_shape(self, xml):
        data = raw_sheet(make_workbook(HEADER, (1, "A")), xml)
        with self.assertRaises(WorkbookRefused):
            rows(data)


@tagged("post_install", "-at_install")
class TestLetters(BaseCase):
    def test_references(self):
        for column in (1, 26, 27, 500, 702, 703, 16384):
            reference = f"{get_column_letter(column)}{column}"
            self.assertEqual(guard._split(reference), (column, column))
        for bad in ("", "A", "1", "a1", "A1:B2", "AAAA1", "A12345678"):
            with self.assertRaises(ValueError):
                guard._split(bad)
