"""Why a file is not read."""

import enum


class Reason(enum.Enum):
    """What is wrong with a whole file. Problems of single cells are `table.Trouble`."""

    EMPTY = enum.auto()
    TEXT = enum.auto()  # a CSV or other text under the name of a workbook
    WEB_PAGE = enum.auto()  # an HTML table under the name of a workbook
    OLD_XLS = enum.auto()
    ENCRYPTED = enum.auto()
    OTHER_FORMAT = enum.auto()
    BROKEN = enum.auto()
    TOO_LARGE = enum.auto()  # packed or unpacked, or in number of parts and cells
    MACROS = enum.auto()
    LINKS = enum.auto()  # values from other workbooks or from databases
    ENTITIES = enum.auto()  # XML with a document type: no program writes that
    NO_HEADER = enum.auto()
    TWO_HEADERS = enum.auto()
    TWO_SHEETS = enum.auto()
    TOO_MANY_ROWS = enum.auto()
    TOO_WIDE = enum.auto()


class WorkbookRefused(Exception):
    """A file that is not read, and why.

    :param Reason reason: what is wrong
    :param details: what a text for people needs beside the reason: `sheets` (titles),
        `missing` (tuple of groups of keys, one of each is needed), `title` (of a
        column), `limit` (a number)
    """

    def __init__(self, reason, **details):
        super().__init__(reason.name)
        self.reason = reason
        self.details = details
