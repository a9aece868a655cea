"""Write workbooks that people fill in: quick, and with codes as text."""

import io
import re
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

#: Excel's number format for cells that keep what is typed: 00123 stays 00123.
TEXT = "@"
LONGEST_TEXT = 32_767
#: What XML 1.0 has no way to write, and so no workbook; openpyxl knows only a part.
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

_HEADER_FILL = PatternFill("solid", fgColor="FF5F5E97")
_INPUT_FILL = PatternFill("solid", fgColor="FFFFF8DC")
_MARK_FILL = PatternFill("solid", fgColor="FFF8CBAD")
_WHITE = Font(bold=True, color="FFFFFFFF")
_GREY = Font(color="FF808080")


@dataclass(frozen=True)
class Heading:
    """A column of a table.

    :param title: what its header says
    :param width: in characters
    :param hidden: the column is there, but not shown
    :param fill_in: people are asked to fill it in
    :param longest: most characters that Excel lets people type, or None
    """

    title: str
    width: int = 16
    hidden: bool = False
    fill_in: bool = False
    longest: int | None = None


@dataclass(frozen=True)
class Sheet:
    """A table with a frozen header that can be filtered.

    :param headings: list of `Heading`
    :param rows: iterable of lists of texts (None: empty), one per heading; a text that
        stands in a `Note` is marked
    :param refusal: what Excel says when someone types more than `Heading.longest`
    """

    title: str
    headings: list
    rows: object
    refusal: str = ""


@dataclass(frozen=True)
class Note:
    """A text in a cell that is marked."""

    text: str | None


def write_workbook(sheet, instructions_title="", instructions=()):
    """The bytes of a workbook with a table, and a sheet that explains it to people.

    :param Sheet sheet: the table; it opens first
    :param instructions_title: title of the other sheet
    :param instructions: list of (heading or "", text); without, there is no such sheet
    """
    workbook = Workbook(write_only=True)
    _write_table(workbook.create_sheet(sheet.title[:31]), sheet)
    if instructions:
        _write_instructions(
            workbook.create_sheet(instructions_title[:31]), instructions
        )
    output = io.BytesIO()
    workbook.save(output)
    return output.getvalue()


def _write_table(worksheet, sheet):
    worksheet.freeze_panes = "A2"
    styles = []
    for number, heading in enumerate(sheet.headings, 1):
        column = worksheet.column_dimensions[get_column_letter(number)]
        column.width = heading.width
        column.hidden = heading.hidden
        # Cells that nobody has written yet take the format of their column.
        column.number_format = TEXT
        style = WriteOnlyCell(worksheet)
        style.number_format = TEXT
        if heading.fill_in:
            column.fill = style.fill = _INPUT_FILL
        else:
            style.font = _GREY
        styles.append(style._style)
    marked = WriteOnlyCell(worksheet)
    marked.number_format, marked.fill = TEXT, _MARK_FILL
    worksheet.append([_header_cell(worksheet, head) for head in sheet.headings])
    last_row = 1
    for row in sheet.rows:
        last_row += 1
        worksheet.append(
            [
                _text_cell(worksheet, value, style, marked._style)
                for value, style in zip(row, styles, strict=True)
            ]
        )
    worksheet.auto_filter.ref = f"A1:{get_column_letter(len(styles))}{last_row}"
    for number, heading in enumerate(sheet.headings, 1):
        if heading.longest:
            _limit_length(worksheet, get_column_letter(number), heading, sheet.refusal)


def _header_cell(worksheet, heading):
    cell = WriteOnlyCell(worksheet, heading.title)
    cell.font, cell.fill = _WHITE, _HEADER_FILL
    cell.alignment = Alignment(vertical="center", wrap_text=True)
    return cell


def _text_cell(worksheet, value, style, marked_style):
    """A cell with a text in it; None for an empty one, which needs no cell."""
    if isinstance(value, Note):
        value, style = value.text or "", marked_style
    elif not value:
        return None
    cell = WriteOnlyCell(worksheet)
    cell._value = _NOT_IN_XML.sub(" ", str(value))[:LONGEST_TEXT]
    # Not by way of `value`: that makes a formula of a name that begins with "=".
    cell.data_type = "s"
    cell._style = style
    return cell


def _limit_length(worksheet, letter, heading, refusal):
    rule = DataValidation(
        type="textLength",
        operator="lessThanOrEqual",
        formula1=str(heading.longest),
        allow_blank=True,
        showErrorMessage=True,
        errorTitle=heading.title[:32],
        error=refusal[:255],
    )
    rule.add(f"{letter}2:{letter}1048576")
    worksheet.data_validations.append(rule)


def _write_instructions(worksheet, instructions):
    worksheet.column_dimensions["A"].width = 28
    worksheet.column_dimensions["B"].width = 100
    for heading, text in instructions:
        title, body = WriteOnlyCell(worksheet, heading), WriteOnlyCell(worksheet, text)
        title.font = Font(bold=True)
        for cell in (title, body):
            cell.data_type = "s"
            cell.alignment = Alignment(vertical="top", wrap_text=True)
        worksheet.append([title, body])
