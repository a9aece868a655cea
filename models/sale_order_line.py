import math
from decimal import Decimal

from odoo import api, fields, models


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    esm_order_id = fields.Many2one(
        "esm.order",
        string="Marketplace Order",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    esm_kind = fields.Selection(
        [
            ("item", "Goods"),
            ("addition", "Add-on item"),
            ("discount", "Seller discount"),
            ("shipping", "Shipping"),
        ],
        string="Marketplace Line Kind",
        copy=False,
        readonly=True,
    )
    esm_code_kind = fields.Selection(
        [
            ("seller", "Seller management code"),
            ("inventory", "Inventory code"),
            ("addition", "Code of an add-on item"),
        ],
        copy=False,
        readonly=True,
    )
    esm_code = fields.Char(string="Marketplace Code", copy=False, readonly=True)
    esm_total = fields.Monetary(
        string="Amount at the Marketplace",
        copy=False,
        readonly=True,
        help="What this line amounts to by the marketplace's own figures, taxes "
        "included. The unit price is fitted to it, whatever the product's taxes.",
    )

    @api.depends("product_id", "product_uom_id", "product_uom_qty")
    def _compute_price_unit(self):
        """Override: pricelists have no say in what a buyer paid at the marketplace."""
        return super(
            SaleOrderLine, self.filtered(lambda line: not line.esm_kind)
        )._compute_price_unit()

    @api.depends("product_id", "product_uom_id", "product_uom_qty")
    def _compute_discount(self):
        """Override: discounts of a marketplace order are lines of their own."""
        return super(
            SaleOrderLine, self.filtered(lambda line: not line.esm_kind)
        )._compute_discount()

    def write(self, vals):
        """Extend: other taxes must not change what the line amounts to."""
        res = super().write(vals)
        if {"product_id", "tax_ids"} & vals.keys() and not self.env.context.get(
            "esm_fitting"
        ):
            self.filtered("esm_kind").with_context(esm_fitting=True)._esm_fit_price()
        return res

    def _esm_code(self):
        """(kind, code) by which the product of this line is found."""
        return self.esm_code_kind, self.esm_code

    def _esm_unmatched_text(self):
        """What a merchant has to do about the unknown code of this line."""
        self.ensure_one()
        row = self.esm_order_id
        values = {"order": row.order_no, "goods": self.name, "code": self.esm_code}
        if not self.esm_code:
            return self.env._(
                "Order %(order)s: “%(goods)s” has no code at the marketplace. Enter a "
                "seller management code or inventory code in ESM Plus for the next "
                "orders; for this one, choose the product on the sales order's line.",
                **values,
            )
        if self.esm_code_kind == "seller":
            return self.env._(
                "Order %(order)s: no product has the seller management code %(code)s "
                "(“%(goods)s”). Enter the code on the product; the order goes on by "
                "itself.",
                **values,
            )
        return self.env._(
            "Order %(order)s: no product has the inventory code %(code)s "
            "(“%(goods)s”). Enter the code on the product; the order goes on by "
            "itself.",
            **values,
        )

    def _esm_fit_price(self):
        """Set the unit price so that each line amounts to its `esm_total`."""
        for line in self:
            line.write(
                self._esm_prepare_price_values(
                    line.esm_total,
                    line.product_uom_qty,
                    line.tax_ids,
                    line.order_id.currency_id,
                    line.order_id.company_id,
                    line.product_id,
                )
            )
            if line.esm_kind == "item":
                discounts = line.order_id.order_line.filtered(
                    lambda other, line=line: (
                        other.esm_kind == "discount"
                        and other.esm_order_id == line.esm_order_id
                    )
                )
                discounts.with_context(esm_fitting=False).tax_ids = line.tax_ids

    @api.model
    def _esm_prepare_price_values(
        self, total, quantity, taxes, currency, company, product
    ):
        """Values of a line that amounts to exactly `total`, taxes included.

        The unit price is searched for by Odoo's own tax computation, so it works
        for included, excluded, none and several taxes. Where no unit price hits
        the total (1,006 won with 10 % on top: 914 gives 1,005, 915 gives 1,007),
        the taxes stand as computed, the base takes the rest, and both are fixed
        in `extra_tax_data`, Odoo's place for that; invoices take it over.

        :param total: amount including taxes, in `currency`
        :param float quantity: of the line, not 0
        :param taxes: `account.tax` recordset of the line
        :param currency: `res.currency` of the order
        :param company: `res.company` of the order
        :param product: `product.product` of the line
        :return: dict with `price_unit`, `technical_price_unit`, `extra_tax_data`
        """
        digits = self.env["decimal.precision"].precision_get("Product Price")
        total = float(total)
        # Rounded once per order, small rests of many lines would add up.
        globally = company.tax_calculation_rounding_method == "round_globally"
        price_unit = round(total / quantity, digits) if quantity else 0.0
        base_line = None
        # Taxes are close to linear: a few steps of proportion find the price.
        for _step in range(6):
            base_line = self._esm_compute_taxes(
                price_unit, quantity, taxes, currency, company, product
            )
            included = base_line["tax_details"]["total_included_currency"]
            exact = base_line["tax_details"]["raw_total_included_currency"]
            if not currency.compare_amounts(included, total) and not (
                globally and not math.isclose(exact, total, abs_tol=1e-6)
            ):
                return self._esm_price_values(price_unit)
            if not taxes or not included:
                break
            following = round(price_unit * total / (exact or included), digits)
            if following == price_unit:
                break
            price_unit = following
        if not taxes:
            return self._esm_price_values(price_unit)
        base_line = self._esm_compute_taxes(
            price_unit, quantity, taxes, currency, company, product
        )
        details = base_line["tax_details"]
        rest = Decimal(str(total)) - Decimal(str(details["total_included_currency"]))
        rest = currency.round(float(rest))
        company_rest = company.currency_id.round(
            rest / base_line["rate"] if base_line["rate"] else 0.0
        )
        details["total_excluded_currency"] += rest
        details["total_excluded"] += company_rest
        for tax_data in details["taxes_data"]:
            tax_data["base_amount_currency"] += rest
            tax_data["base_amount"] += company_rest
        AccountTax = self.env["account.tax"]
        AccountTax._fix_base_lines_tax_details_on_manual_tax_amounts(
            [base_line], company
        )
        return self._esm_price_values(
            price_unit, AccountTax._export_base_line_extra_tax_data(base_line)
        )

    @api.model
    def _esm_price_values(self, price_unit, extra_tax_data=False):
        return {
            "price_unit": price_unit,
            "technical_price_unit": price_unit,
            "extra_tax_data": extra_tax_data,
        }

    @api.model
    def _esm_compute_taxes(
        self, price_unit, quantity, taxes, currency, company, product
    ):
        """A base line of Odoo's tax engine, computed and rounded."""
        AccountTax = self.env["account.tax"]
        base_line = AccountTax._prepare_base_line_for_taxes_computation(
            None,
            product_id=product,
            tax_ids=taxes,
            price_unit=price_unit,
            quantity=quantity,
            currency_id=currency,
            rate=self.env["res.currency"]._get_conversion_rate(
                company.currency_id, currency, company
            ),
        )
        AccountTax._add_tax_details_in_base_line(base_line, company)
        AccountTax._round_base_lines_tax_details([base_line], company)
        return base_line
