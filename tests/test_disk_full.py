import errno
import io
import os
from contextlib import contextmanager
from unittest.mock import patch

from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from odoo.addons.base.models import ir_attachment


class _HalfFile:
    """A file that there is room for half of."""

    def __init__(self, path):
        self._file = io.FileIO(path, "w")

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self._file.close()

    def _write_half(self, data):
        self._file.write(data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    write = _write_half


@contextmanager
def disk_full():
    def half(path, mode="r", *args, **kwargs):
        if mode == "wb":
            return _HalfFile(path)
        return open(path, mode, *args, **kwargs)

    with (
        patch.object(ir_attachment, "open", half, create=True),
        mute_logger("odoo.addons.base.models.ir_attachment"),
    ):
        yield


@tagged("post_install", "-at_install")
class TestDiskFull(TransactionCase):
    def setUp(self):
        super().setUp()
        # Nobody has stored it yet: files outlive a test.
        self.data = os.urandom(5000)

    def store(self):
        return self.env["ir.attachment"].create({"name": "a.csv", "raw": self.data})

    def test_the_same_file_is_stored_once_there_is_room(self):
        with self.assertRaises(OSError), disk_full():
            self.store()
        attachment = self.store()
        self.assertEqual(attachment.raw, self.data)

    def test_a_file_that_others_have_stored_stays(self):
        first = self.store()
        with disk_full():
            self.store()
        self.assertEqual(first.raw, self.data)
