from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..esm_api import HIGHEST_PRICE, LOWEST_PRICE, PRICE_STEP


class EsmPrice(models.TransientModel):
    """Write prices of some listings to the marketplace, after a look at old and new.

    The connector never writes a price by itself.
    """

    _name = "esm.price"
    _inherit = "esm.dialog"
    _description = "Write Prices to the Marketplace"

    listing_ids = fields.Many2many(
        "esm.listing",
        default=lambda self: self.env.context.get("active_ids"),
        required=True,
    )
    rule = fields.Selection(
        [
            ("product", "Sales price of the goods"),
            ("percent", "Change by percent"),
            ("typed", "As typed below"),
        ],
        default="product",
        required=True,
        string="New Prices",
    )
    percent = fields.Float(
        string="Change (%)", help="-10 makes everything a tenth cheaper."
    )
    line_ids = fields.One2many(
        "esm.price.line",
        "wizard_id",
        compute="_compute_line_ids",
        compute_sudo=False,
        store=True,
        readonly=False,
    )
    change_count = fields.Integer(compute="_compute_change_count")

    @api.depends("listing_ids", "rule", "percent")
    def _compute_line_ids(self):
        for wizard in self:
            if wizard.rule == "typed" and wizard.line_ids:
                continue  # what stands there is where one begins to type
            wizard.line_ids = [
                Command.clear(),
                *(
                    Command.create(
                        {
                            "listing_id": listing.id,
                            "new_price": wizard._price_of(listing),
                        }
                    )
                    for listing in wizard.listing_ids._origin
                ),
            ]

    def _price_of(self, listing):
        """Price by this wizard's rule, in whole steps of the marketplace."""
        price = listing.price
        if self.rule == "percent":
            price *= 1 + self.percent / 100
        elif self.rule == "product":
            # An option costs what its item costs plus its surcharge.
            free = listing.option_ids.filtered(
                lambda option: option.component_ids and not option.surcharge
            )[:1]
            shop = listing.shop_id
            # Prices of products are in the currency of their company.
            company = shop.company_id
            goods = sum(
                shop._taxes_for(line.product_id).compute_all(
                    company.currency_id._convert(
                        line.product_id.lst_price, shop.currency_id, company
                    ),
                    shop.currency_id,
                    line.quantity,
                )["total_included"]
                for line in free.component_ids
            )
            price = goods or price
        return round(price / PRICE_STEP) * PRICE_STEP

    @api.depends("line_ids.new_price")
    def _compute_change_count(self):
        for wizard in self:
            wizard.change_count = len(wizard._changed_lines())

    def _changed_lines(self):
        return self.line_ids.filtered(lambda line: line.new_price != line.old_price)

    def action_write(self):
        """Send the new prices; what stays as it is, is not sent."""
        self.ensure_one()
        self.line_ids.listing_id.check_access("write")
        lines = self._changed_lines()
        if not lines:
            raise UserError(self.env._("No price changes: there is nothing to write."))
        for line in lines:
            line._check_price()
        # sudo: the outbox is written by the connector only
        self.env["esm.outbox"].sudo()._request_values(
            "price",
            {line.listing_id.sudo(): {"price": int(line.new_price)} for line in lines},
        )
        return {"type": "ir.actions.act_window_close"}


class EsmPriceLine(models.TransientModel):
    _name = "esm.price.line"
    _inherit = "esm.dialog"
    _description = "New Price of a Listing"

    wizard_id = fields.Many2one("esm.price", required=True, ondelete="cascade")
    listing_id = fields.Many2one("esm.listing", required=True, readonly=True)
    site = fields.Selection(related="listing_id.site", related_sudo=False)
    currency_id = fields.Many2one(related="listing_id.currency_id", related_sudo=False)
    old_price = fields.Monetary(
        related="listing_id.price", related_sudo=False, string="Price Now"
    )
    new_price = fields.Monetary(required=True)

    def _check_price(self):
        """Refuse what the marketplace would refuse.

        :raise UserError: naming the listing
        """
        if not self.listing_id.goods_no:
            raise UserError(
                self.env._(
                    "%(listing)s is an item of ESM 1.0: its price cannot be written. "
                    "Convert it to ESM 2.0 in ESM Plus.",
                    listing=self.listing_id.display_name,
                )
            )
        price = self.new_price
        if price % PRICE_STEP or not LOWEST_PRICE <= price <= HIGHEST_PRICE:
            raise UserError(
                self.env._(
                    "%(listing)s: %(price)s is not possible. Prices are whole tens of "
                    "won, from %(least)s.",
                    listing=self.listing_id.display_name,
                    price=self.currency_id.format(price),
                    least=self.currency_id.format(LOWEST_PRICE),
                )
            )
