"""Read a table of a text file (CSV), such as programs of couriers write."""

import csv
import io
import itertools
import re
from dataclasses import dataclass, field

from . import guard
from .refusal import Reason, WorkbookRefused
from .table import (
    HEADER_ROWS,
    Cell,
    Row,
    Table,
    Trouble,
    missing,
    read_text,
    title_keys,
)

#: Tried in this order: CP949 takes almost any bytes, UTF-8 only its own.
ENCODINGS = ("utf-8-sig", "cp949")
DELIMITERS = (",", "\t", ";", "|")
#: How programs keep Excel from making a number of a text: ="00123" and '00123.
_KEPT_TEXT = re.compile(r'="([^"]*)"|\'([0-9].*)')


@dataclass
class TextTable(Table):
    """The table of a text file; its letters are those that Excel would show."""

    delimiter: str = ","
    _records: list = field(repr=False, default_factory=list)

    def read_records(self, lines):
        """Read the rows of the file, given as lines.

        :raise WorkbookRefused: there is an open quotation mark, which would swallow
            rows, or too many columns
        """
        counts = [line.count(self.delimiter) for line in lines]
        if max(counts, default=0) > guard.MOST_COLUMNS:
            raise WorkbookRefused(Reason.TOO_WIDE, limit=guard.MOST_COLUMNS)
        if sum(counts) + len(counts) > guard.MOST_CELLS:
            raise WorkbookRefused(Reason.TOO_LARGE)
        try:
            reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
            self._records = list(reader)
        except csv.Error as error:
            raise WorkbookRefused(Reason.BROKEN) from error
        self.filled_rows = sum(map(any, self._records[self.header_row :]))

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
    # Not splitlines(): that takes other characters for the end of a line as well.
    lines = list(io.StringIO(_decode(data), newline=""))
    keys = title_keys(columns)
    table = max(
        (_find_header(lines, delimiter, keys) for delimiter in DELIMITERS),
        key=lambda table: len(table.titles),
    )
    if lacking := missing(table, needed):
        raise WorkbookRefused(Reason.NO_HEADER, sheets=[], missing=lacking)
    table.read_records(lines)
    table.check(most_rows)
    return table


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


def _find_header(lines, delimiter, keys):
    """The table whose header is the best of the first records."""
    best = TextTable("", 0, {}, {}, [], 0, delimiter=delimiter)
    records = csv.reader(lines, delimiter=delimiter)
    try:
        for number, record in enumerate(itertools.islice(records, HEADER_ROWS), 1):
            table = TextTable("", number, {}, {}, [], 0, delimiter=delimiter)
            for position, content in enumerate(record[: guard.MOST_COLUMNS]):
                table.take_title(keys, position, content)
            if len(table.titles) > len(best.titles):
                best = table
    except csv.Error as error:
        raise WorkbookRefused(Reason.BROKEN) from error
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
