import logging

from odoo import models
from odoo.exceptions import UserError

from ..excel import Reason, WorkbookRefused
from .jobs import CONFLICTS, describe

_logger = logging.getLogger(__name__)


class EsmImport(models.AbstractModel):
    """What an import says about a file, in the words of the person who uploads it."""

    _inherit = "esm.import"

    def _error_text(self, error):
        """Why the job could not go on; what nobody expects is logged."""
        if isinstance(error, WorkbookRefused):
            return self._refusal_text(error)
        if isinstance(error, UserError):
            return str(error)
        if isinstance(error, CONFLICTS):
            return self.env._(
                "Others were changing the same records at the same time. Try again."
            )
        _logger.error("Import %s failed: %s", self.id, describe(error))
        return self.env._(
            "An unexpected error (%(kind)s); the server's log says where.",
            kind=type(error).__name__,
        )

    def _refusal_text(self, refusal):
        """Why a file is not read, and what to do now.

        :param refusal: `excel.WorkbookRefused`
        """
        details = refusal.details
        save_as = self.env._(
            'Open it in Excel, save it as "Excel Workbook (.xlsx)" and upload that.'
        )
        texts = {
            Reason.EMPTY: self.env._("The file is empty. Choose another one."),
            Reason.TEXT: self.env._(
                "This is a text file (CSV), not an Excel workbook, whatever its name "
                "says. Copy its values into the exported workbook: from a CSV, Excel "
                "drops the zeros in front of codes."
            ),
            Reason.WEB_PAGE: self.env._(
                "This is a web page, not an Excel workbook, whatever its name says."
            ),
            Reason.OLD_XLS: self.env._("This is a workbook of the old format (.xls)."),
            Reason.ENCRYPTED: self.env._(
                "The workbook is protected by a password. Save it without one."
            ),
            Reason.OTHER_FORMAT: self.env._("This is no Excel workbook (.xlsx)."),
            Reason.BROKEN: self.env._(
                "The workbook cannot be read: it seems to be damaged."
            ),
            Reason.TOO_LARGE: self.env._(
                "The workbook is too large, or packs far more than its size says. Copy "
                "the rows into a new workbook, without pictures and formats."
            ),
            Reason.MACROS: self.env._(
                "The workbook contains macros. Save it as a workbook without macros."
            ),
            Reason.LINKS: self.env._(
                "The workbook takes values from other files or from a database. Copy "
                "its rows and paste them as values into a new workbook."
            ),
            Reason.ENTITIES: self.env._(
                "The workbook contains definitions that Excel never writes. It is not "
                "opened, because it may be harmful."
            ),
            Reason.NO_HEADER: self._no_header_text(details),
            Reason.TWO_HEADERS: self.env._(
                'Two columns mean the same; one of them is "%(title)s". Delete or '
                "rename the one that does not count.",
                title=details.get("title"),
            ),
            Reason.TWO_SHEETS: self.env._(
                "Several sheets have the columns that are needed: %(sheets)s. Delete "
                "or hide all but one.",
                sheets=", ".join(details.get("sheets", ())),
            ),
            Reason.TOO_MANY_ROWS: self.env._(
                "The workbook has more than %(limit)s rows. Split it into several.",
                limit=details.get("limit"),
            ),
            Reason.TOO_WIDE: self.env._(
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
