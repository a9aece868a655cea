from odoo import fields, models


class EsmPrivacyLog(models.Model):
    """Who exported or erased the data of a buyer, and when; nothing about whom."""

    _name = "esm.privacy.log"
    _description = "Export or Erasure of Personal Data"
    _order = "id desc"
    _rec_name = "kind"

    kind = fields.Selection(
        [("export", "Exported"), ("erase", "Erased")],
        string="What",
        required=True,
        readonly=True,
    )
    user_id = fields.Many2one("res.users", string="By", required=True, readonly=True)
    company_id = fields.Many2one("res.company", readonly=True, index=True)
    searched_by = fields.Selection(
        [("number", "Order number"), ("person", "Name or phone")], readonly=True
    )
    order_count = fields.Integer(string="Orders", readonly=True)
    contact_count = fields.Integer(string="Contacts", readonly=True)
    message_count = fields.Integer(string="Notes and Messages", readonly=True)
    file_count = fields.Integer(string="Files", readonly=True)
