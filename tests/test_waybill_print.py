import subprocess
import tempfile
from pathlib import Path

from odoo.tests import tagged

from .common import CUP, TEA
from .test_claims import ClaimsCase

FIRST, LAST = "600000000014", "600000009991"


class WaybillCase(ClaimsCase):
    """A carrier with a range of numbers, and deliveries to print."""

    def setUp(self):
        super().setUp()
        self.range = self.add_range()

    def add_range(self, first=FIRST, last=LAST, **values):
        return self.env["esm.waybill.range"].create(
            {
                "carrier_id": self.carrier.id,
                "first": first,
                "last": last,
                "check_digit": "modulo_7",
                **values,
            }
        )

    def delivery(self, *items, **options):
        """The delivery of a new basket."""
        rows = self.book(*items, **options)
        return rows.sale_order_id.picking_ids

    def commit(self):
        self.env.cr.commit()  # pylint: disable=invalid-commit

    def render(self, pickings, report="report_waybill"):
        """What the Print menu gives."""
        Report = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        content, _kind = Report._render(f"sale_esm.{report}", pickings.ids)
        self.env.invalidate_all()
        return content

    def pages(self, pdf):
        """Each page of a PDF as a PNG file's path, at a label printer's 203 dpi."""
        folder = Path(tempfile.mkdtemp())
        self.addCleanup(subprocess.run, ["rm", "-r", folder], check=True)
        (folder / "labels.pdf").write_bytes(pdf)
        command = ["pdftoppm", "-r", "203", "-png", "labels.pdf", "page"]
        subprocess.run(command, cwd=folder, check=True)
        return sorted(folder.glob("page*.png"))


@tagged("post_install", "-at_install")
class TestWaybillPrint(WaybillCase):
    def test_numbers_are_printed_and_sent(self):
        self.gmarket.tracking_moment = "print"
        pickings = self.delivery(TEA, CUP) | self.delivery(TEA)
        action = pickings.action_esm_print_waybill()
        self.assertEqual(action["report_name"], "sale_esm.report_waybill")
        self.assertEqual(
            pickings.mapped("carrier_tracking_ref"), ["600000000014", "600000000025"]
        )
        pages = self.pages(self.render(pickings))
        self.assertEqual(len(pages), 2)
        self.send()
        self.assertEqual(pickings.mapped("esm_state"), ["sent", "sent"])
