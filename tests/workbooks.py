"""Workbooks as people make them, and as nobody should."""

import io
import zipfile

from openpyxl import Workbook

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def make_workbook(*rows, title="Products", change=None):
    """The bytes of a workbook with these rows on its only sheet.

    :param change: called with the worksheet before it is saved
    """
    workbook = Workbook()
    sheet = workbook.active
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    if change:
        change(sheet)
    return save(workbook)


def save(workbook):
    output = io.BytesIO()
    workbook.save(output)
    return output.getvalue()


def repack(data, parts=None, compression=zipfile.ZIP_DEFLATED):
    """The bytes of a workbook with parts put in or replaced (None: left out)."""
    parts = dict(parts or {})
    output = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(output, "w", compression) as new,
    ):
        for name in old.namelist():
            content = parts.pop(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
        for name, content in parts.items():
            new.writestr(name, content)
    return output.getvalue()


def raw_sheet(data, rows, after=""):
    """A workbook whose first sheet has this XML for its rows."""
    return repack(
        data,
        {
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{rows}'
            f"</sheetData>{after}</worksheet>"
        },
    )
