import os
from contextlib import suppress

from odoo import api, models


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    @api.model
    def _file_write(self, bin_value, checksum):
        """Extend: leave nothing of a file that the disk had no room for.

        Odoo would take what is left of it for another file with the same fingerprint:
        the courier's file that somebody uploads again could never be stored.
        """
        try:
            return super()._file_write(bin_value, checksum)
        except OSError:
            path = self._full_path(f"{checksum[:2]}/{checksum}")
            with suppress(OSError):
                # What is whole may belong to somebody else meanwhile.
                if os.path.getsize(path) < len(bin_value):
                    os.unlink(path)
            raise
