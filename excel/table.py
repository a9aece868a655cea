"""Read a table of a workbook: columns found by their names, rows as plain texts."""

import enum
import io
import itertools
import re
import unicodedata
import warnings
from dataclasses import dataclass, field

import openpyxl
from openpyxl.utils import get_column_letter

from . import guard
from .refusal import Reason, WorkbookRefused

#: The header stands in one of the first rows: lists often begin with a title.
HEADER_ROWS = 20
#: Longer texts are no codes, names or numbers of goods; they are cut.
LONGEST_TEXT = 500
#: Numbers from here on are shown as 1.23E+12 in a cell of Excel's default format, and
#: Excel keeps no more than 15 digits of any number.
DIGITS_SHOWN, DIGITS_KEPT = 11, 15

# openpyxl warns of odd dates and of extensions that it leaves out; neither is news.
warnings.filterwarnings("ignore", module=r"openpyxl\.")


class Trouble(enum.Enum):
    """Why the text of one cell cannot be trusted."""

    FORMULA = enum.auto()
    ERROR = enum.auto()  # such as #N/A
    DATE = enum.auto()
    LOGICAL = enum.auto()  # TRUE, FALSE
    FRACTION = enum.auto()  # 12.5
    LARGE_NUMBER = enum.auto()  # shown as 1.23E+12
    EXPONENT = enum.auto()  # a text like 1.23E+12: the digits are gone
    MERGED = enum.auto()
    CONTROL = enum.auto()  # line breaks and characters that nobody can see
    LONG = enum.auto()


@dataclass(frozen=True)
class Column:
    """A column to look for.

    :param key: what it is called in the rows that are read
    :param names: its titles; blanks, punctuation and case do not matter
    """

    key: str
    names: tuple


@dataclass(frozen=True)
class Cell:
    """What one cell says.

    :param text: as Excel shows it, without blanks around it; "" when it is empty
    :param trouble: why the text cannot be trusted, or None
    :param number: it is a number: zeros in front may have been lost
    """

    text: str
    trouble: Trouble | None = None
    number: bool = False


@dataclass(frozen=True)
class Row:
    """A row with something in the columns that are looked for.

    :param number: its number in the sheet
    :param cells: key of a column -> `Cell`; empty cells are left out
    """

    number: int
    cells: dict


@dataclass
class Table:
    """The table of a workbook that has the columns that are looked for."""

    sheet: str
    header_row: int
    titles: dict  # key -> title as it stands in the file
    letters: dict  # key -> letter of the column
    unread: list  # titles of the other columns
    filled_rows: int  # rows below the header with anything in them, at most
    twice: str | None = None  # title of a column that is there twice
    _worksheet: object = field(repr=False, default=None)
    _facts: object = field(repr=False, default=None)
    _positions: dict = field(repr=False, default_factory=dict)

    def check(self, most_rows):
        """Refuse a table that cannot be read as it is meant.

        :param int most_rows: most rows below the header
        :raise WorkbookRefused: two columns have the same title, or there are more rows
        """
        if self.twice:
            raise WorkbookRefused(Reason.TWO_HEADERS, title=self.twice)
        if self.filled_rows > most_rows:
            raise WorkbookRefused(Reason.TOO_MANY_ROWS, limit=most_rows)

    def rows(self):
        """Yield each `Row` below the header that has something in these columns.

        :raise WorkbookRefused: the worksheet turns out to be broken
        """
        merges = _Merges(self._facts.merges)
        rows = _cells_of(self._worksheet, self._facts.last_row)
        try:
            for number, cells in enumerate(rows, 1):
                if number <= self.header_row:
                    continue
                found = {
                    key: self._read(merges, number, position, cells)
                    for key, position in self._positions.items()
                }
                found = {
                    key: cell
                    for key, cell in found.items()
                    if cell.text or cell.trouble
                }
                if found:
                    yield Row(number, found)
        except Exception as error:
            # Whatever openpyxl stumbles over: it is the file's fault.
            raise WorkbookRefused(Reason.BROKEN) from error

    def take_title(self, keys, position, content):
        """Take a cell of the header.

        :param keys: `header_key` of a title -> key of its column
        :param int position: of the cell in its row, from 0
        :param content: of the cell
        """
        title = " ".join(str(content or "").split())[:LONGEST_TEXT]
        key = keys.get(header_key(title))
        if key in self.titles:
            # A fault of this row only if it is the header.
            self.twice = self.twice or title
        elif key:
            self.titles[key] = title
            self.letters[key] = get_column_letter(position + 1)
            self._positions[key] = position
        elif title:
            self.unread.append(title)

    def _read(self, merges, number, position, cells):
        if merges.cover(number, position + 1):
            return Cell("", Trouble.MERGED)
        if (number, position + 1) in self._facts.formulas:
            return Cell("", Trouble.FORMULA)
        if position >= len(cells):
            return Cell("")
        return read_cell(cells[position])


def read_table(data, columns, needed, most_rows):
    """Find the table of a workbook that has certain columns, in any order.

    :param bytes data: the file
    :param columns: iterable of `Column`
    :param needed: tuple of tuples of keys: of each at least one column must be there
    :param int most_rows: most rows below the header
    :return: `Table`
    :raise WorkbookRefused: it is no harmless workbook, or has no such table, or two
    """
    facts = guard.check(data)
    try:
        workbook = openpyxl.load_workbook(
            io.BytesIO(data),
            read_only=True,
            # Formulas are known from the guard; translating them costs too much.
            data_only=True,
            keep_links=False,
        )
        sheets = [
            (sheet, facts[sheet._worksheet_path])
            for sheet in workbook.worksheets
            if sheet.sheet_state == "visible" and sheet._worksheet_path in facts
        ]
        tables = [_find_table(sheet, facts, columns, needed) for sheet, facts in sheets]
    except WorkbookRefused:
        raise
    except Exception as error:
        # Whatever openpyxl stumbles over: it is the file's fault.
        raise WorkbookRefused(Reason.BROKEN) from error
    fitting = [table for table in tables if not missing(table, needed)]
    if not fitting:
        best = max(tables, key=lambda table: len(table.titles), default=None)
        raise WorkbookRefused(
            Reason.NO_HEADER,
            sheets=[sheet.title for sheet, _facts in sheets],
            missing=missing(best, needed) if best else needed,
        )
    if len(fitting) > 1:
        raise WorkbookRefused(
            Reason.TWO_SHEETS, sheets=[table.sheet for table in fitting]
        )
    [table] = fitting
    table.check(most_rows)
    return table


def header_key(title):
    """A title without what people add or leave out: blanks, punctuation, case."""
    text = unicodedata.normalize("NFKC", str(title)).casefold()
    return "".join(letter for letter in text if letter.isalnum())


def title_keys(columns):
    """`header_key` of each title of these columns -> key of its column."""
    return {header_key(name): column.key for column in columns for name in column.names}


def missing(table, needed):
    """Those of the groups of keys of which a table has no column."""
    return tuple(
        keys for keys in needed if not any(key in table.titles for key in keys)
    )


def _find_table(sheet, facts, columns, needed):
    """The table of a sheet; of all rows that could be its header, the best one."""
    keys = title_keys(columns)
    best = Table(sheet.title, 0, {}, {}, [], 0)
    rows = _cells_of(sheet, min(facts.last_row, HEADER_ROWS))
    for number, cells in enumerate(rows, 1):
        table = _read_header(sheet.title, number, cells, keys)
        if len(table.titles) > len(best.titles):
            best = table
            if not missing(table, needed):
                break
    best.filled_rows = max(0, facts.filled_rows - 1)
    best._worksheet, best._facts = sheet, facts
    return best


def _read_header(sheet, number, cells, keys):
    table = Table(sheet, number, {}, {}, [], 0)
    for position, cell in enumerate(cells):
        table.take_title(keys, position, cell.value)
    return table


def _cells_of(sheet, last_row):
    """The cells of the first `last_row` rows of a sheet.

    What the file says about its own size is often wrong and never needed. What comes
    after the last row is not read: openpyxl stumbles over much of it.
    """
    sheet.reset_dimensions()
    return itertools.islice(sheet.iter_rows(), last_row)


class _Merges:
    """Asks for rows from top to bottom whether a cell is part of a merged range."""

    def __init__(self, merges):
        self._coming = sorted(merges, reverse=True)
        self._open = []
        self._row = 0

    def cover(self, row, column):
        if row != self._row:
            self._row = row
            self._open = [merge for merge in self._open if merge[1] >= row]
            while self._coming and self._coming[-1][0] <= row:
                merge = self._coming.pop()
                if merge[1] >= row:
                    self._open.append(merge)
        return any(left <= column <= right for _t, _b, left, right in self._open)


def read_cell(cell):
    """The `Cell` of a cell of openpyxl."""
    value, kind = cell.value, cell.data_type
    if value is None:
        return Cell("")
    if kind == "e":
        return Cell(str(value), Trouble.ERROR)
    if kind == "d" or not isinstance(value, (str, int, float)):
        return Cell(str(value), Trouble.DATE)
    if isinstance(value, bool):
        return Cell(str(value).upper(), Trouble.LOGICAL)
    if isinstance(value, str):
        return read_text(value)
    return _read_number(value, cell.number_format)


def read_text(value):
    """The `Cell` of a text that somebody typed or a program wrote."""
    text = value.strip()
    if len(text) > LONGEST_TEXT:
        return Cell(text[:LONGEST_TEXT], Trouble.LONG)
    if any(unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co") for letter in text):
        return Cell(" ".join(text.split()), Trouble.CONTROL)
    if re.fullmatch(r"[0-9](\.[0-9]+)?[Ee]\+[0-9]+", text):
        return Cell(text, Trouble.EXPONENT)
    return Cell(text)


def _read_number(value, number_format):
    """A number, as Excel shows it in its format."""
    if value != value or abs(value) == float("inf") or int(value) != value:
        return Cell(f"{value:.15g}", Trouble.FRACTION, number=True)
    text = str(int(value))
    shown = DIGITS_SHOWN if number_format in ("General", "@") else DIGITS_KEPT
    if len(text.lstrip("-")) > shown or re.search("[Ee][+-]", number_format):
        return Cell(f"{value:.5E}", Trouble.LARGE_NUMBER, number=True)
    if re.fullmatch("0+", number_format):
        # "00000" shows 123 as 00123: this is how people keep zeros in front.
        return Cell(text.zfill(len(number_format)), number=len(number_format) == 1)
    return Cell(text, number=True)
