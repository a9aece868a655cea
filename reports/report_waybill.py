from markupsafe import Markup

from odoo import api, models

from odoo.addons.base.models.ir_actions_report import _wkhtml

from ..models import waybill_label

# Debian's wkhtmltopdf prints everything smaller by this factor, and cannot be told not
# to (--disable-smart-shrinking needs the authors' own Qt).
UNPATCHED_SCALE = 1.3


class ReportWaybill(models.AbstractModel):
    _name = "report.sale_esm.report_waybill"
    _description = "Waybill Labels"

    @api.model
    def _get_report_values(self, docids, data=None):
        pickings = self.env["stock.picking"].browse(docids)
        to_pdf = (data or {}).get("report_type") == "pdf"
        scale = UNPATCHED_SCALE if to_pdf and not _wkhtml().is_patched_qt else 1
        return {
            "doc_ids": docids,
            "doc_model": "stock.picking",
            "docs": pickings,
            "labels": [
                {
                    **label,
                    "fitted": waybill_label.fit_label(label),
                    "bars": waybill_label.barcode_path(label["barcode"]),
                }
                for label in pickings._esm_labels()
            ],
            "rules": waybill_label.RULES,
            "caption_tops": waybill_label.CAPTIONS,
            "barcode_box": waybill_label.BARCODE,
            # All measures are in rem: a hundredth of the label's width each.
            "unit": f"{scale}mm",
        }


class ReportWaybillZpl(models.AbstractModel):
    _name = "report.sale_esm.report_waybill_zpl"
    _description = "Waybill Labels for ZPL Printers"

    @api.model
    def _get_report_values(self, docids, data=None):
        labels = self.env["stock.picking"].browse(docids)._esm_labels()
        return {
            "zpl": Markup(  # noqa: S704  # nosec B704  # it is no HTML
                "".join(waybill_label.zpl(label, label["font"]) for label in labels)
            )
        }
