from odoo import api, fields, models


class EsmBundleRule(models.Model):
    """Goods that do not go into one parcel, told apart by their tags.

    What a buyer ordered as one delivery is not taken apart: a rule only keeps
    deliveries from being packed together.
    """

    _name = "esm.bundle.rule"
    _description = "Packing Rule"
    _rec_name = "tag_id"

    active = fields.Boolean(default=True)
    tag_id = fields.Many2one(
        "product.tag", string="Goods with the Tag", required=True, ondelete="cascade"
    )
    other_tag_id = fields.Many2one(
        "product.tag",
        string="Not Together with",
        ondelete="cascade",
        help="Empty: these goods are never packed together with another delivery.",
    )
    note = fields.Char(string="Why")

    @api.depends("tag_id", "other_tag_id")
    def _compute_display_name(self):
        for rule in self:
            if rule.other_tag_id:
                rule.display_name = self.env._(
                    "%(tag)s not with %(other)s",
                    tag=rule.tag_id.name,
                    other=rule.other_tag_id.name,
                )
            else:
                rule.display_name = self.env._(
                    "%(tag)s always alone", tag=rule.tag_id.name
                )

    def _keeps_apart(self, tags, other_tags):
        """Whether one of these rules keeps a delivery out of a parcel.

        :param tags: `product.tag` recordset of the goods of the delivery
        :param other_tags: the same of all that is in the parcel
        """
        return any(
            rule._applies(tags, other_tags) or rule._applies(other_tags, tags)
            for rule in self
        )

    def _applies(self, tags, other_tags):
        return self.tag_id in tags and (
            not self.other_tag_id or self.other_tag_id in other_tags
        )
