from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    esm_shop_count = fields.Integer(compute="_compute_esm_shop_count")
    esm_codes_from_reference = fields.Boolean(
        related="company_id.esm_codes_from_reference", readonly=False
    )
    esm_summary = fields.Boolean(related="company_id.esm_summary", readonly=False)
    esm_summary_hour = fields.Integer(
        related="company_id.esm_summary_hour", readonly=False
    )
    esm_summary_user_ids = fields.Many2many(
        related="company_id.esm_summary_user_ids", readonly=False
    )

    esm_mask = fields.Boolean(related="company_id.esm_mask", readonly=False)
    esm_mask_days = fields.Integer(related="company_id.esm_mask_days", readonly=False)
    esm_keep_invoiced_years = fields.Integer(
        related="company_id.esm_keep_invoiced_years", readonly=False
    )
    esm_pack = fields.Boolean(related="company_id.esm_pack", readonly=False)
    esm_pack_days = fields.Integer(related="company_id.esm_pack_days", readonly=False)
    esm_run_days = fields.Integer(related="company_id.esm_run_days", readonly=False)

    def _compute_esm_shop_count(self):
        self.esm_shop_count = self.env["esm.shop"].search_count([])
