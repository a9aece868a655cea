from odoo import models

from ..excel import Reason


class EsmImport(models.AbstractModel):
    """What an import says about a file, in the words of the person who uploads it."""

    _inherit = "esm.import"

    def _refusal_text(self, refusal):
        """Why a file is not read, and what to do now.

        :param refusal: `excel.WorkbookRefused`
        """
        _, details = self.env._, refusal.details
        save_as = _(
            'Open it in Excel, save it as "Excel Workbook (.xlsx)" and upload that.'
        )
        texts = {
            Reason.EMPTY: _("The file is empty. Choose another one."),
            Reason.TEXT: _(
                "This is a text file (CSV), not an Excel workbook, whatever its name "
                "says. Copy its values into the exported workbook: from a CSV, Excel "
                "drops the zeros in front of codes."
            ),
            Reason.WEB_PAGE: _(
                "This is a web page, not an Excel workbook, whatever its name says."
            ),
            Reason.OLD_XLS: _("This is a workbook of the old format (.xls)."),
            Reason.ENCRYPTED: _(
                "The workbook is protected by a password. Save it without one."
            ),
            Reason.OTHER_FORMAT: _("This is no Excel workbook (.xlsx)."),
            Reason.BROKEN: _("The workbook cannot be read: it seems to be damaged."),
            Reason.TOO_LARGE: _(
                "The workbook is too large, or packs far more than its size says. Copy "
                "the rows into a new workbook, without pictures and formats."
            ),
            Reason.MACROS: _(
                "The workbook contains macros. Save it as a workbook without macros."
            ),
            Reason.LINKS: _(
                "The workbook takes values from other files or from a database. Copy "
                "its rows and paste them as values into a new workbook."
            ),
            Reason.ENTITIES: _(
                "The workbook contains definitions that Excel never writes. It is not "
                "opened, because it may be harmful."
            ),
            Reason.NO_HEADER: self._no_header_text(details),
            Reason.TWO_HEADERS: _(
                'Two columns mean the same; one of them is "%(title)s". Delete or '
                "rename the one that does not count.",
                title=details.get("title"),
            ),
            Reason.TWO_SHEETS: _(
                "Several sheets have the columns that are needed: %(sheets)s. Delete "
                "or hide all but one.",
                sheets=", ".join(details.get("sheets", ())),
            ),
            Reason.NO_ROWS: self._no_rows_text(),
            Reason.TOO_MANY_ROWS: _(
                "The workbook has more than %(limit)s rows. Split it into several.",
                limit=details.get("limit"),
            ),
            Reason.TOO_WIDE: _(
                "The sheet has more than %(limit)s columns. Delete the columns that "
                "are not needed.",
                limit=details.get("limit"),
            ),
        }
        text = texts[refusal.reason]
        if refusal.reason in (
            Reason.WEB_PAGE,
            Reason.OLD_XLS,
            Reason.OTHER_FORMAT,
            Reason.BROKEN,
        ):
            text = f"{text} {save_as}"
        return text

    def _no_header_text(self, details):
        """Which columns are missing, and where they were looked for."""
        titles = self._titles()
        either = self.env._(" or ")
        missing = "; ".join(
            either.join(titles[key] for key in keys)
            for keys in details.get("missing", ())
        )
        sheets = details.get("sheets", ())
        if not sheets:
            return self.env._(
                "The file does not have the columns that are needed. Missing: "
                "%(missing)s. The titles must stand in one of the first rows.",
                missing=missing,
            )
        return self.env._(
            "No sheet has the columns that are needed. Sheets: %(sheets)s. Missing: "
            "%(missing)s. The titles must stand in one of the first rows.",
            sheets=", ".join(sheets),
            missing=missing,
        )

    def _no_rows_text(self):
        return self.env._("The sheet has its titles, but no rows below them.")

    def _columns_text(self, table):
        """Which columns of a file count.

        :param table: `excel.Table`
        """
        titles = ", ".join(table.titles.values())
        if table.sheet:
            text = self.env._(
                'Sheet "%(sheet)s", columns read: %(titles)s.',
                sheet=table.sheet,
                titles=titles,
            )
        else:
            text = self.env._("Columns read: %(titles)s.", titles=titles)
        if table.unread:
            text += " " + self.env._(
                "Not read: %(titles)s.", titles=", ".join(table.unread[:20])
            )
        return text
