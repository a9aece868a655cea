"""What stands where on a waybill label, for the PDF and for label printers.

Plain Python, all measures in millimetres. Text is fitted into its box before it is
drawn: it wraps, then it shrinks, and what does not fit in the smallest size ends in
an ellipsis. Nothing runs out of its box, whatever names buyers have.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from reportlab.graphics.barcode.code128 import Code128

WIDTH, HEIGHT = 100, 150
DOTS = 8  # per millimetre: label printers of 203 dpi
LINE = 1.2  # height of a line, in font sizes
# Widths of characters in font sizes, on the safe side: fonts differ.
WIDE, UPPER, NARROW = 1.0, 0.72, 0.58
SHRINK = 0.92
# Scanners want a margin of ten modules on both sides, and bars of whole dots.
QUIET, LARGEST_MODULE, BARCODE_WIDTH = 10, 4, 96


@dataclass(frozen=True)
class Box:
    """A place on the label, with the largest and the smallest font size in it."""

    x: float
    y: float
    width: float
    height: float
    largest: float
    smallest: float = 1.8
    bold: bool = False
    align: str = "left"


# The caption in the corner of each part, what is in it, and a rule below it.
CAPTION = 2.0
BOXES = {
    "courier": Box(2, 1.5, 62, 7, 5.2, bold=True),
    "parcel": Box(65, 1.5, 33, 7, 4.4, bold=True, align="right"),
    "number": Box(2, 28, 96, 7.5, 6, bold=True, align="center"),
    "receiver": Box(2, 39.5, 96, 10, 6, 2.0, bold=True),
    "phone": Box(2, 49.5, 96, 6, 4.6, bold=True),
    "address": Box(2, 56, 96, 17, 4.6, 2.2),
    "memo": Box(2, 77.5, 96, 9.5, 3.8),
    "items": Box(2, 91, 96, 29, 3.4, 1.9),
    "gift": Box(2, 120.3, 96, 4.7, 3.2, bold=True),
    "orders": Box(2, 127, 96, 5.8, 2.6, 1.6),
    "sender": Box(2, 136.5, 96, 11, 3, 1.8),
}
# Equal on many labels, and no buyer's: these are fitted once.
SHARED = {"courier", "sender"}
CAPTIONS = {"receiver": 36.7, "memo": 75, "items": 88.5, "sender": 134}
RULES = (9, 36, 74.3, 87.8, 126, 133.4)
BARCODE = Box(2, 10.5, 96, 17, 0)


@dataclass(frozen=True)
class Fitted:
    """Text as it stands in its box: the lines, the font size, whether it is cut."""

    box: Box
    lines: tuple[str, ...]
    size: float
    cut: bool = False


def width_of(text):
    """Width of a text, in font sizes."""
    return sum(map(_width_of_character, text))


@lru_cache(maxsize=5000)
def _width_of_character(character):
    if unicodedata.east_asian_width(character) in "WFA" or ord(character) > 0xFFFF:
        return WIDE
    if unicodedata.combining(character):
        return 0
    return UPPER if character.isupper() or character in "@%&MWmw" else NARROW


def clean(text):
    """Text without what no label can show: control characters and runs of blanks."""
    text = text or ""
    if text.isprintable() and "  " not in text:
        return text.strip()
    lines = text.splitlines()
    printable = (
        "".join(c for c in line.replace("\t", " ") if c.isprintable()) for line in lines
    )
    return "\n".join(filter(None, (" ".join(line.split()) for line in printable)))


def fit_label(label):
    """All texts of a label, each in its box.

    :param dict label: texts by the names of `BOXES`; "items": a list as for `fit_list`
    :return: list of :class:`Fitted`
    """
    return [
        fit_list(label[name], box)
        if name == "items"
        else (_fit_once if name in SHARED else fit)(label[name], box)
        for name, box in BOXES.items()
    ]


def fit(text, box):
    """Wrap and, if need be, shrink a text until it is in its box.

    :param str text: with a newline wherever a new line has to begin
    :return: :class:`Fitted`
    """
    text, size = clean(text), box.largest
    if "\n" not in text and width_of(text) * size <= box.width:
        return Fitted(box, (text,), size)
    while True:
        lines = [
            part for line in text.split("\n") for part in _wrap(line, box.width / size)
        ]
        room = int(box.height / (size * LINE))
        if len(lines) <= room:
            return Fitted(box, tuple(lines), round(size, 2))
        if size == box.smallest:
            lines = (*lines[: room - 1], _cut(lines, room, box))
            return Fitted(box, lines, size, cut=True)
        size = max(box.smallest, size * SHRINK)


_fit_once = lru_cache(maxsize=100)(fit)


def fit_list(items, box):
    """Fit a list into a box: where it is too long, each entry becomes a single line.

    :param items: list of (text, how many of it)
    :return: :class:`Fitted`; its last line says how many entries have no room
    """
    fitted = fit("\n".join(f"{text}  {count}" for text, count in items), box)
    if not fitted.cut:
        return fitted
    room = int(box.height / (box.smallest * LINE))
    lines = [clean(f"{_shortened(text, count, box)} {count}") for text, count in items]
    if len(lines) > room:
        lines[room - 1 :] = [f"… + {len(lines) - room + 1}"]
    return Fitted(box, tuple(lines), box.smallest)


def _shortened(text, tail, box):
    """A text that has room in one line, with its tail."""
    text, room = clean(text).replace("\n", " "), box.width / box.smallest
    if width_of(f"{text} {tail}") <= room:
        return text
    while text and width_of(f"{text}… {tail}") > room:
        text = text[:-1]
    return f"{text}…"


def _wrap(line, room):
    """Parts of a line that are at most `room` wide; blanks are broken at first."""
    while line:
        widths = list(accumulate(map(_width_of_character, line)))
        if widths[-1] <= room:
            break
        end = max(1, sum(width <= room for width in widths))
        blank = line.rfind(" ", 0, end + 1)
        # A blank far from the end would waste the line.
        cut = blank if blank > end * 0.6 else end
        yield line[:cut].rstrip()
        line = line[cut:].lstrip()
    yield line


def _cut(lines, room, box):
    """The last line that has room, with an ellipsis."""
    line = lines[room - 1]
    while line and width_of(f"{line}…") > box.width / box.smallest:
        line = line[:-1]
    return f"{line}…"


# ----------------------------------------------------------------------
# Code 128
# ----------------------------------------------------------------------


def bars(number):
    """The bars of a Code 128 barcode.

    :param str number: ASCII
    :return: list of (position, width) in modules, and the width of them all
    """
    code = Code128(number)
    code.validate()
    code.encode()
    code.decompose()
    found, position = [], 0
    # reportlab's pattern: letters by width, capitals for bars.
    for letter in code.decomposed:
        width = ord(letter.upper()) - ord("A") + 1
        if letter.isupper():
            found.append((position, width))
        position += width
    return found, position


_DIGIT = re.compile("[0-9]")


@lru_cache(maxsize=100)
def _modules(number):
    """Width of a barcode in modules: which digits are in it does not matter."""
    return bars(number)[1]


def module_dots(modules):
    """Dots per module: as wide as scanners like and the label lets them be."""
    return max(1, min(LARGEST_MODULE, BARCODE_WIDTH * DOTS // (modules + 2 * QUIET)))


def barcode_path(number):
    """Path of an SVG in modules, the modules' number, and their width in mm."""
    found, modules = bars(number)
    path = "".join(f"M{position} 0h{width}v1h-{width}z" for position, width in found)
    return path, modules, modules * module_dots(modules) / DOTS


# ----------------------------------------------------------------------
# ZPL
# ----------------------------------------------------------------------


def zpl(label, font=None):
    """A label in the language of Zebra's printers (UTF-8, 203 dpi).

    :param dict label: texts by the names of `BOXES`, "barcode", "captions"
    :param font: letter or file of a font of the printer; None: its scalable one
    """
    modules = _modules(_DIGIT.sub("0", label["barcode"]))
    width = modules * module_dots(modules) / DOTS
    parts = [
        "^XA",
        _zpl_frame(tuple(label["captions"].items()), font),
        f"^FO{_dots(BARCODE.x + (BARCODE.width - width) / 2)},{_dots(BARCODE.y)}"
        f"^BY{module_dots(modules)}^BCN,{_dots(BARCODE.height)},N,N,N,A"
        f"^FH^FD{escape(label['barcode'])}^FS",
    ]
    for fitted in fit_label(label):
        box = fitted.box
        for index, line in enumerate(fitted.lines):
            x = box.x
            if box.align != "left":
                room = box.width - width_of(line) * fitted.size
                x += room / 2 if box.align == "center" else room
            y = box.y + index * fitted.size * LINE
            parts.append(_zpl_line(line, x, y, fitted.size, font))
    return "".join([*filter(None, parts), "^XZ\n"])


@lru_cache(maxsize=100)
def _zpl_frame(captions, font):
    """What is the same on each label."""
    return "".join(
        [
            f"^CI28^PW{_dots(WIDTH)}^LL{_dots(HEIGHT)}^LH0,0",
            *(f"^FO0,{_dots(y)}^GB{_dots(WIDTH)},2,2^FS" for y in RULES),
            *(
                _zpl_line(text, 2, CAPTIONS[name], CAPTION, font)
                for name, text in captions
            ),
        ]
    )


def _dots(millimetres):
    return round(millimetres * DOTS)


def _zpl_line(text, x, y, size, font):
    if not text:
        return ""
    dots = _dots(size)
    choice = (
        f"^A@N,{dots},{dots},{font}"
        if font and ":" in font
        else f"^A{font or '0'}N,{dots},{dots}"
    )
    return f"^FO{_dots(x)},{_dots(y)}{choice}^FH^FD{escape(text)}^FS"


_COMMANDS = {ord(c): f"_{ord(c):02X}" for c in "^~\\_"}


def escape(text):
    r"""Text for a field after ^FH: no character in it is a command.

    >>> escape("50% ^XZ~\\_")
    '50% _5EXZ_7E_5C_5F'
    """
    return text.translate(_COMMANDS)
