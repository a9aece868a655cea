"""Look into a workbook before openpyxl does: what it holds, and that it is harmless.

openpyxl trusts its input. It unpacks whatever a zip claims to hold, expands entities in
worksheets and shared strings (its `iterparse` is the standard library's; lxml, which
reads the other parts, does not resolve them), fills up each row to the last column that
a cell or the `dimension` claims to be in, and translates shared formulas cell by cell.
So each XML part is read once with expat, which keeps nothing, and is refused for what
could cost memory or time. On the way this tells what openpyxl does not tell in its
read-only mode: merged cells, and which cells are formulas.
"""

import io
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from xml.parsers import expat

from .refusal import Reason, WorkbookRefused

#: Bytes of a file, and of what is packed in it. 50,000 rows of our own export have
#: 25 million bytes unpacked.
LARGEST_FILE = 20_000_000
LARGEST_CONTENT = 64_000_000
MOST_PARTS = 1_000
MOST_CELLS = 1_000_000
MOST_COLUMNS = 500
MOST_MERGES = 1_000
#: XML elements, by the part's root. Styles cost most: openpyxl makes objects of them.
MOST_ELEMENTS = {"worksheet": 5_000_000, "sst": 1_500_000}
MOST_OTHER_ELEMENTS = 100_000
DEEPEST = 64
#: Excel's own limits.
LAST_ROW = 1_048_576
LONGEST_TEXT = 32_767

_CHUNK = 1 << 16
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


@dataclass
class SheetFacts:
    """What the XML of one worksheet holds."""

    last_row: int = 0
    filled_rows: int = 0
    merges: list = field(default_factory=list)  # (first row, last row, first, last col)
    formulas: set = field(default_factory=set)  # (row, column)


def check(data):
    """Refuse what is no harmless .xlsx workbook.

    :param bytes data: the whole file
    :return: dict of part name -> `SheetFacts` of the worksheets
    :raise WorkbookRefused: naming the first thing that is wrong
    """
    _check_format(data)
    _check_directory(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _check_parts(archive)
    except (
        zipfile.BadZipFile,
        zlib.error,
        expat.ExpatError,
        NotImplementedError,  # a packing method that zipfile does not know
        EOFError,
        OSError,
        ValueError,
    ) as error:
        raise WorkbookRefused(Reason.BROKEN) from error
    except RuntimeError as error:  # what zipfile raises for a part with a password
        raise WorkbookRefused(Reason.ENCRYPTED) from error


def _check_format(data):
    """Tell by its first bytes what a file is, whatever it is called."""
    if not data:
        raise WorkbookRefused(Reason.EMPTY)
    if len(data) > LARGEST_FILE:
        raise WorkbookRefused(Reason.TOO_LARGE)
    if data.startswith(b"PK\x03\x04"):
        return
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        # The old container holds old workbooks, and new ones with a password.
        encrypted = "EncryptedPackage".encode("utf-16-le") in data
        raise WorkbookRefused(Reason.ENCRYPTED if encrypted else Reason.OLD_XLS)
    start = data[:4096]
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise WorkbookRefused(Reason.TEXT)  # what Excel calls Unicode text
    if re.search(rb"<(!doctype html|html|table|meta)\b", start, re.IGNORECASE):
        raise WorkbookRefused(Reason.WEB_PAGE)
    if start.startswith((b"%PDF", b"PK", b"\x89PNG", b"\xff\xd8")) or b"\0" in start:
        raise WorkbookRefused(Reason.OTHER_FORMAT)
    raise WorkbookRefused(Reason.TEXT)


def _check_directory(data):
    """Refuse a zip whose list of parts alone would fill the memory.

    zipfile makes an object of each entry before anyone can count them.
    """
    end = data.rfind(b"PK\x05\x06")
    if end < 0 or len(data) < end + 22:
        raise WorkbookRefused(Reason.BROKEN)
    [size] = struct.unpack_from("<L", data, end + 12)
    if data[end - 20 : end - 16] == b"PK\x06\x07":
        # The long form of the list's end, whose size counts instead.
        [record] = struct.unpack_from("<Q", data, end - 12)
        if len(data) < record + 48:
            raise WorkbookRefused(Reason.BROKEN)
        [size] = struct.unpack_from("<Q", data, record + 40)
    if size > MOST_PARTS * 512:
        raise WorkbookRefused(Reason.TOO_LARGE)


def _check_parts(archive):
    parts = archive.infolist()
    # zipfile reads no more of a part than its entry says, so that these sizes hold.
    if (
        len(parts) > MOST_PARTS
        or sum(part.file_size for part in parts) > LARGEST_CONTENT
    ):
        raise WorkbookRefused(Reason.TOO_LARGE)
    names = {part.filename for part in parts}
    if "[Content_Types].xml" not in names:
        raise WorkbookRefused(Reason.OTHER_FORMAT)
    if any(part.flag_bits & 1 for part in parts):
        raise WorkbookRefused(Reason.ENCRYPTED)
    if any(
        part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        for part in parts
    ):
        raise WorkbookRefused(Reason.BROKEN)
    sheets, kinds = {}, set()
    for part in parts:
        scan = _Scan()
        with archive.open(part) as source:
            try:
                scan.read(source)
            except expat.ExpatError:
                # Pictures and the like. What must be XML is noticed by its name.
                if part.filename.endswith((".xml", ".rels")):
                    raise
        if scan.root == "worksheet":
            sheets[part.filename] = scan.facts
        if part.filename == "[Content_Types].xml":
            kinds = scan.kinds
    _check_kinds(" ".join(kinds))
    return sheets


def _check_kinds(kinds):
    if "macro" in kinds or "vbaproject" in kinds:
        raise WorkbookRefused(Reason.MACROS)
    if "externallink" in kinds or "connections+xml" in kinds:
        raise WorkbookRefused(Reason.LINKS)
    if "spreadsheetml" not in kinds:
        raise WorkbookRefused(Reason.OTHER_FORMAT)


class _Scan:
    """Read one XML part and keep only what `SheetFacts` and the limits need."""

    def __init__(self):
        self.root = None
        self.facts = SheetFacts()
        self.kinds = set()
        self._elements = self._cells = self._depth = self._text = 0
        self._most_elements = MOST_OTHER_ELEMENTS
        self._row = self._column = self._last_filled = 0
        self._parser = parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        self._by_name = {
            "row": self._start_row,
            "c": self._start_cell,
            "v": self._start_value,
            "is": self._start_value,
            "f": self._start_formula,
            "mergeCell": self._start_merge,
        }

    def read(self, source):
        while chunk := source.read(_CHUNK):
            self._parser.Parse(chunk, False)
        self._parser.Parse(b"", True)

    def _refuse_doctype(self, *_declaration):
        raise WorkbookRefused(Reason.ENTITIES)

    def _start(self, name, attributes):
        name = name.rpartition(" ")[2]
        if self.root is None:
            self.root = name
            self._most_elements = MOST_ELEMENTS.get(name, MOST_OTHER_ELEMENTS)
        self._elements += 1
        self._depth += 1
        self._text = 0
        if self._elements > self._most_elements or self._depth > DEEPEST:
            raise WorkbookRefused(Reason.TOO_LARGE)
        if self.root == "worksheet":
            handler = self._by_name.get(name)
            if handler:
                handler(attributes)
        elif self.root == "Types":
            self.kinds.add(attributes.get("ContentType", "").lower())

    def _end(self, _name):
        self._depth -= 1
        self._text = 0

    def _characters(self, text):
        self._text += len(text)
        if self._text > LONGEST_TEXT:
            raise WorkbookRefused(Reason.TOO_LARGE)

    # --- worksheets: rows and cells may leave their address out ------------------

    def _start_row(self, attributes):
        address = attributes.get("r")
        self._row = self._row + 1 if address is None else int(address)
        self._column = 0
        if not 0 < self._row <= LAST_ROW:
            raise WorkbookRefused(Reason.BROKEN)
        self.facts.last_row = max(self.facts.last_row, self._row)

    def _start_cell(self, attributes):
        address = attributes.get("r")
        self._column = self._column + 1 if address is None else _split(address)[1]
        self._cells += 1
        if self._column > MOST_COLUMNS:
            raise WorkbookRefused(Reason.TOO_WIDE, limit=MOST_COLUMNS)
        if self._cells > MOST_CELLS:
            raise WorkbookRefused(Reason.TOO_LARGE)

    def _start_value(self, _attributes):
        if self._row != self._last_filled:
            self._last_filled = self._row
            self.facts.filled_rows += 1

    def _start_formula(self, _attributes):
        self.facts.formulas.add((self._row, self._column))
        self._start_value(None)

    def _start_merge(self, attributes):
        first, _colon, last = attributes.get("ref", "").partition(":")
        (top, left), (bottom, right) = _split(first), _split(last or first)
        self.facts.merges.append((top, bottom, left, right))
        if len(self.facts.merges) > MOST_MERGES:
            raise WorkbookRefused(Reason.TOO_LARGE)


def _split(reference):
    """(row, column) of a cell reference such as ``AB12``.

    :raise ValueError: it is none
    """
    match = _REFERENCE.fullmatch(reference)
    if not match:
        raise ValueError(reference)
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]), column
