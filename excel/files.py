"""Read a table of a file, workbook or text: by its content, whatever its name."""

from .refusal import Reason, WorkbookRefused
from .table import read_table
from .text import read_text_table


def read_file(data, columns, needed, most_rows):
    """Find the table of a workbook or a text file; see `read_table`.

    :return: `Table`
    :raise WorkbookRefused: it is no harmless file, or has no such table, or two
    """
    try:
        return read_table(data, columns, needed, most_rows)
    except WorkbookRefused as refusal:
        # The guard has looked at size and first bytes.
        if refusal.reason is not Reason.TEXT:
            raise
    return read_text_table(data, columns, needed, most_rows)
