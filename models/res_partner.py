import hashlib

from odoo import api, fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    # Fingerprints, so that a repeat buyer is found again without a search by
    # name: the same contact is used again, a different one is never rewritten.
    esm_buyer_key = fields.Char(copy=False, readonly=True, groups="sale_esm.group_user")
    esm_address_key = fields.Char(
        copy=False, readonly=True, groups="sale_esm.group_user"
    )

    _esm_buyer_idx = models.Index("(esm_buyer_key) WHERE esm_buyer_key IS NOT NULL")
    _esm_address_idx = models.Index(
        "(esm_address_key) WHERE esm_address_key IS NOT NULL"
    )

    @api.model
    def _esm_fingerprint(self, *parts):
        """Hash of `parts`: equal inputs match, the inputs cannot be read back.

        :param parts: texts; None counts as empty
        :return: 40 hexadecimal characters
        """
        text = "\x1f".join(" ".join((part or "").split()).casefold() for part in parts)
        return hashlib.sha256(text.encode()).hexdigest()[:40]
