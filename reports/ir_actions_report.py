import io

from odoo import models
from odoo.exceptions import UserError

PDF, ZPL = "sale_esm.report_waybill", "sale_esm.report_waybill_zpl"


class IrActionsReport(models.Model):
    """Waybills are printed with all that belongs to it, from wherever it is done."""

    _inherit = "ir.actions.report"

    def _pre_render_qweb_pdf(self, report_ref, res_ids=None, data=None):
        """Extend: check deliveries, give them numbers, note that they are printed."""
        render = super()._pre_render_qweb_pdf
        pickings = self._esm_waybills_of(report_ref, PDF, res_ids)
        if pickings is None:
            return render(report_ref, res_ids=res_ids, data=data)
        if self.get_wkhtmltopdf_state() == "install":
            raise UserError(
                self.env._(
                    "This server cannot make PDF files: the program wkhtmltopdf is "
                    "missing on it. Ask its administrator to install it, or print the "
                    "labels on a label printer (Waybill Labels (ZPL)). No number was "
                    "used."
                )
            )
        return pickings._esm_print(
            lambda: render(report_ref, res_ids=res_ids, data=data)
        )

    def _render_qweb_html(self, report_ref, docids, data=None):
        """Extend: the same, where labels are shown in the browser.

        Odoo does that where it cannot make PDF files.
        """
        render = super()._render_qweb_html
        pickings = self._esm_waybills_of(report_ref, PDF, docids)
        if pickings is None or (data or {}).get("report_type", "html") != "html":
            return render(report_ref, docids, data=data)
        return pickings._esm_print(lambda: render(report_ref, docids, data=data))

    def _render_qweb_text(self, report_ref, docids, data=None):
        """Extend: the same, for label printers."""
        render = super()._render_qweb_text
        pickings = self._esm_waybills_of(report_ref, ZPL, docids)
        if pickings is None:
            return render(report_ref, docids, data=data)
        return pickings._esm_print(lambda: render(report_ref, docids, data=data))

    def _esm_waybills_of(self, report_ref, name, res_ids):
        """The deliveries that a waybill report is made of; None for other reports."""
        if self._get_report(report_ref).report_name != name:
            return None
        res_ids = [res_ids] if isinstance(res_ids, int) else res_ids
        return self.env["stock.picking"].browse(res_ids or [])

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        """Override for labels: they are a page each and need nothing of Odoo's pages.

        Without its style sheets and headers, and without being taken apart and put
        together again, they are there in a fraction of the time.
        """
        if self._get_report(report_ref).report_name != PDF:
            return super()._render_qweb_pdf_prepare_streams(
                report_ref, data, res_ids=res_ids
            )
        html = self._render_qweb_html(report_ref, res_ids, data=data)[0]
        pdf = self._run_wkhtmltopdf([html.decode()], report_ref=report_ref)
        return {False: {"stream": io.BytesIO(pdf), "attachment": None}}

    def _build_wkhtmltopdf_args(self, paperformat_id, landscape, *args, **kwargs):
        """Extend: no script runs on a label, so none is waited for."""
        command = super()._build_wkhtmltopdf_args(
            paperformat_id, landscape, *args, **kwargs
        )
        if paperformat_id == self.env.ref("sale_esm.paperformat_waybill", False):
            command += ["--javascript-delay", "0"]
        return command
