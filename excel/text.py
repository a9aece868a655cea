"""Read a table of a text file (CSV), such as programs of couriers write."""

import csv
import io
import re
from dataclasses import dataclass, field

from . import guard
from .refusal import Reason, WorkbookRefused
from .table import HEADER_ROWS, Cell, Row, Table, Trouble, header_key, read_text

#: Tried in this order: CP949 takes almost any bytes, UTF-8 only its own.
ENCODINGS = ("utf-8-sig", "cp949")
DELIMITERS = (",", "\t", ";", "|")
#: How programs keep Excel from making a number of a text: ="00123" and '00123.
_KEPT_TEXT = re.compile(r'="([^"]*)"|\'([0-9].*)')


@dataclass
class TextTable(Table):
    """The table of a text file; its letters are those that Excel would show."""

    _records: list = field(repr=False, default_factory=list)

    def rows(self):
        """Yield each `Row` below the header that has something in these columns."""
        for number, record in enumerate(self._records, 1):
            if number <= self.header_row:
                continue
            cells = {
                key: read_field(record[position])
                for key, position in self._positions.items()
                if position < len(record)
            }
            cells = {
                key: cell for key, cell in cells.items() if cell.text or cell.trouble
            }
            if cells:
                yield Row(number, cells)


def read_text_table(data, columns, needed, most_rows):
    """Find the table of a text file that has certain columns, in any order.

    :param bytes data: the file; UTF-8, CP949, or what Excel calls Unicode text
    :param columns: iterable of `Column`
    :param needed: tuple of tuples of keys: of each at least one column must be there
    :param int most_rows: most rows below the header
    :return: `TextTable`
    :raise WorkbookRefused: it is no such text, or has no such table
    """
    text = _decode(data)
    keys = {header_key(name): column.key for column in columns for name in column.names}
    best = None
    for delimiter in DELIMITERS:
        records = _records(text, delimiter)
        table = _find_header(records, keys)
        if best is None or len(table.titles) > len(best.titles):
            best = table
    missing = tuple(
        group for group in needed if not any(key in best.titles for key in group)
    )
    if missing:
        raise WorkbookRefused(Reason.NO_HEADER, sheets=[], missing=missing)
    if best.filled_rows > most_rows:
        raise WorkbookRefused(Reason.TOO_MANY_ROWS, limit=most_rows)
    return best


def _decode(data):
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ("utf-16",)
    else:
        encodings = ENCODINGS
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise WorkbookRefused(Reason.BROKEN)


def _records(text, delimiter):
    """The records of a text; an open quotation mark would swallow rows: refused."""
    # Not splitlines(): that takes other characters for the end of a line as well.
    lines = list(io.StringIO(text, newline=""))
    if any(line.count(delimiter) > guard.MOST_COLUMNS for line in lines):
        raise WorkbookRefused(Reason.TOO_WIDE, limit=guard.MOST_COLUMNS)
    try:
        return list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise WorkbookRefused(Reason.BROKEN) from error


def _find_header(records, keys):
    """The table whose header is the best of the first records."""
    best = TextTable("", 0, {}, {}, [], 0)
    for number, record in enumerate(records[:HEADER_ROWS], 1):
        table = TextTable("", number, {}, {}, [], 0)
        for position, content in enumerate(record):
            table.take_title(keys, position, content)
        if len(table.titles) > len(best.titles):
            best = table
    best._records = records
    best.filled_rows = sum(map(any, records[best.header_row :]))
    return best


def read_field(content):
    """The `Cell` of a field of a text file."""
    content = content.strip()
    kept = _KEPT_TEXT.fullmatch(content)
    if kept:
        return read_text(kept[1] if kept[1] is not None else kept[2])
    if content.startswith("="):
        return Cell("", Trouble.FORMULA)
    return read_text(content)
