from collections import defaultdict

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain

from .jobs import JOB_CONTEXT
from .masking import MASK, masked_name

# Documents whose contact is part of them: printed live, so it stays as it is.
_ACCOUNTING = ("account.move", "account.payment")
# Fields that are looked at by themselves, or only repeat what another document says.
_LOOKED_AT = (
    *("res.partner", "res.users", "res.partner.bank", "sale.order"),
    *("sale.order.line", "stock.picking", "stock.move", "stock.move.line"),
    *("account.move.line", "account.analytic.line", *_ACCOUNTING),
)
_OF_ODOO = ("mail.", "bus.", "ir.", "esm.")


class ResPartner(models.Model):
    """Contacts of buyers, after their orders are masked."""

    _inherit = "res.partner"

    esm_masked_at = fields.Datetime(
        string="Marketplace Data Masked",
        readonly=True,
        copy=False,
        help="The orders of this buyer are masked. Of a contact that is on an invoice "
        "or payment, name and address are kept until the law needs them no more.",
    )
    esm_mask_again_at = fields.Date(
        string="Kept for Invoices Until", readonly=True, copy=False
    )

    _esm_mask_again_idx = models.Index(
        "(esm_mask_again_at) WHERE esm_mask_again_at IS NOT NULL"
    )

    def _esm_used_elsewhere(self):
        """Those of these contacts that something needs besides masked orders.

        Another order, a user, a contact below them, a document of any other app.

        :return: `res.partner` recordset
        """
        me = self.with_context(active_test=False)
        used = me.user_ids.partner_id
        alive = Domain("masked_at", "=", False)
        by_hand = Domain("esm_shop_id", "=", False)
        orders = me.env["sale.order"].search(
            (by_hand | Domain("esm_order_ids", "any", alive))
            & (
                Domain("partner_id", "in", me.ids)
                | Domain("partner_invoice_id", "in", me.ids)
                | Domain("partner_shipping_id", "in", me.ids)
            )
        )
        used |= orders.partner_id | orders.partner_invoice_id
        used |= orders.partner_shipping_id
        used |= (
            me.env["stock.picking"]
            .search(
                Domain("partner_id", "in", me.ids)
                & (
                    Domain("sale_id", "=", False)
                    | Domain("sale_id.esm_shop_id", "=", False)
                    | Domain("sale_id.esm_order_ids", "any", alive)
                )
            )
            .partner_id
        )
        children = me.child_ids
        used |= children.filtered(
            lambda child: not (child.esm_buyer_key or child.esm_masked_at)
        ).parent_id
        for model, name in self._esm_references():
            groups = me.env[model]._read_group([(name, "in", me.ids)], [name])
            used |= me.browse([partner.id for [partner] in groups])
        # A contact above is shown with the one below it.
        used |= used.parent_id
        return self & used

    @api.model
    def _esm_references(self):
        """Fields of other apps that name a contact: list of (model, field)."""
        return [
            (model._name, field.name)
            for model in self.env.values()
            if model._auto
            and not (model._abstract or model._transient)
            and model._name not in _LOOKED_AT
            and not model._name.startswith(_OF_ODOO)
            for field in model._fields.values()
            if field.type == "many2one"
            and field.comodel_name == "res.partner"
            and field.store
            and not field.company_dependent
            and not field.related
        ]

    def _esm_invoiced(self):
        """When these contacts were last on an invoice or a payment.

        :return: dict `res.partner` -> date
        """
        last = defaultdict(lambda: fields.Date.today().replace(year=1970))
        names = {"account.move": ("partner_id", "partner_shipping_id")}
        for model in _ACCOUNTING:
            for name in names.get(model, ("partner_id",)):
                groups = self.env[model]._read_group(
                    [
                        (name, "in", self.ids),
                        ("state", "not in", ("cancel", "canceled", "rejected")),
                    ],
                    [name],
                    ["date:max"],
                )
                for partner, date in groups:
                    # An invoice names the company of a contact, too.
                    for shown in partner | partner.parent_id:
                        last[shown] = max(last[shown], date or fields.Date.today())
        return {partner: date for partner, date in last.items() if partner in self}

    def _esm_mask(self):
        """Mask these contacts, which nothing needs any more.

        A contact on an invoice keeps name and address as long as the company has
        chosen, put away where nobody comes across it; then it is masked as well.

        :return: those that are kept so
        """
        me = self.with_context(**JOB_CONTEXT, active_test=False)
        invoiced = me._esm_invoiced()
        kept = me.browse()
        for partner, date in invoiced.items():
            company = partner.company_id or self.env.company
            years = company.esm_keep_invoiced_years
            until = date + relativedelta(years=years)
            if years and until <= fields.Date.today():
                continue
            kept |= partner
            partner.esm_mask_again_at = until if years else False
        now = fields.Datetime.now()
        # Nobody is found again by a fingerprint: the next order makes a new contact.
        unknown = {"esm_buyer_key": False, "esm_address_key": False}
        put_away = {**unknown, "phone": False, "active": False, "esm_masked_at": now}
        kept.write(put_away)
        gone = me - kept
        gone.bank_ids.unlink()
        gone.filtered("vat").vat = False
        gone.filtered("street").street = MASK
        gone.write(
            {
                **put_away,
                **dict.fromkeys(("street2", "zip", "city", "email"), False),
                "comment": False,
                "esm_mask_again_at": False,
            }
        )
        for name, partners in gone.grouped(lambda p: masked_name(p.name)).items():
            partners.write({"name": name})
        return kept

    @api.model
    def _esm_to_mask_again(self):
        """Contacts that were kept for an invoice long enough."""
        return self.with_context(active_test=False).search(
            [("esm_mask_again_at", "<=", fields.Date.today())], order="id", limit=10_000
        )

    def _esm_mask_again(self):
        """Mask contacts whose invoices are old enough, with their chatter.

        :return: number of contacts looked at
        """
        partners = self.try_lock_for_update().with_context(active_test=False)
        used = partners._esm_used_elsewhere()
        # Somebody sells to them today: they are that seller's customers.
        used.write({"esm_mask_again_at": False})
        rest = partners - used
        rest._esm_mask()
        masked = rest.filtered(lambda partner: not partner.esm_mask_again_at)
        messages = self.env["mail.message"].search(
            [("model", "=", self._name), ("res_id", "in", masked.ids)]
        )
        messages.unlink()
        return len(self)
