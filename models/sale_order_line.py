import math

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
    esm_part = fields.Integer(
        copy=False,
        readonly=True,
        help="Which of the order's goods, or of its add-on items, this line is; the "
        "lines of a set share it.",
    )
    esm_matched_by = fields.Selection(
        [
            ("inventory", "Inventory code"),
            ("seller", "Seller management code"),
            ("text", "Option text of the goods number"),
            ("manual", "By hand"),
        ],
        string="Matched By",
        copy=False,
        readonly=True,
        help="How the product was found.",
    )
    esm_total = fields.Monetary(
        string="Amount at the Marketplace",
        copy=False,
        readonly=True,
        help="What this line amounts to by the marketplace's own figures, taxes "
        "included. The unit price is fitted to it, whatever the product's taxes.",
    )

    @api.depends("product_id", "company_id")
    def _compute_tax_ids(self):
        """Extend: a shop may put the same taxes on everything."""
        fixed = self.filtered(
            lambda line: (
                line.esm_kind and line.order_id.esm_shop_id.sudo().tax_rule == "fixed"
            )
        )
        for line in fixed:
            # sudo: who edits the order need not have access to the shop
            line.tax_ids = line.order_id.esm_shop_id.sudo().tax_ids
        return super(SaleOrderLine, self - fixed)._compute_tax_ids()

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
        """Extend: other taxes must not change what the line amounts to.

        A product that somebody chose may be what the order is waiting for.
        """
        res = super().write(vals)
        if "product_id" in vals:
            # sudo: rows are read-only for users
            self.esm_order_id.sudo()._wake_unmatched()
        if {"product_id", "tax_ids"} & vals.keys() and not self.env.context.get(
            "esm_fitting"
        ):
            self.filtered("esm_kind").with_context(esm_fitting=True)._esm_fit_price()
        return res

    def _prepare_invoice_line(self, **optional_values):
        """Extend: invoices of parts of a line add up to its amount, to the won."""
        values = super()._prepare_invoice_line(**optional_values)
        ordered, quantity = self.product_uom_qty, values.get("quantity")
        if self.esm_kind and ordered and quantity and quantity != ordered:
            total = self._esm_total_of(self.qty_invoiced + quantity)
            prices = self._esm_prepare_price_values(
                total - self._esm_total_of(self.qty_invoiced),
                quantity,
                self.tax_ids,
                self.order_id.currency_id,
                self.order_id.company_id,
                self.product_id,
            )
            values["price_unit"] = prices["price_unit"]
            values["extra_tax_data"] = prices["extra_tax_data"]
        return values

    def _esm_total_of(self, quantity):
        """What `quantity` of this line's pieces amount to, taxes included."""
        share = self.price_total * quantity / self.product_uom_qty
        return self.order_id.currency_id.round(share)

    def _esm_unmatched_text(self):
        """What a merchant has to do about the unknown code of this line."""
        self.ensure_one()
        row = self.esm_order_id
        values = {
            "order": row.order_no,
            "goods": self.name,
            "code": self.esm_code,
            "number": row.goods_no,
        }
        if not self.esm_code:
            return self.env._(
                "Order %(order)s: “%(goods)s” has no code at the marketplace. Match "
                "its listing (goods number %(number)s) with a product, or enter a code "
                "in ESM Plus for the next orders and choose the product on the sales "
                "order's line for this one.",
                **values,
            )
        if self.esm_code_kind == "seller":
            return self.env._(
                "Order %(order)s: no product has the seller management code %(code)s "
                "(“%(goods)s”). Enter the code on the product, or match the listing "
                "%(number)s with a product; the order goes on by itself.",
                **values,
            )
        return self.env._(
            "Order %(order)s: no product has the inventory code %(code)s "
            "(“%(goods)s”). Enter the code on the product, or match the option of "
            "listing %(number)s with a product; the order goes on by itself.",
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
                taxes = self._esm_discount_taxes(line.tax_ids)
                discounts.with_context(esm_fitting=False).tax_ids = taxes

    @api.model
    def _esm_discount_taxes(self, taxes):
        """Taxes of a discount on goods with `taxes`: those per piece stay as they are.

        :param taxes: `account.tax` recordset
        """
        single = taxes.flatten_taxes_hierarchy()
        shared = single.filtered(lambda tax: tax._can_be_discounted())
        return taxes if shared == single else shared

    @api.model
    def _esm_prepare_price_values(
        self, total, quantity, taxes, currency, company, product
    ):
        """Values of a line that amounts to exactly `total`, taxes included.

        The unit price is searched for by Odoo's own tax computation, so it works
        for included, excluded, none and several taxes. Where no unit price hits
        the total (1,006 won with 10 % on top: 914 gives 1,005, 915 gives 1,007),
        taxes and base are fixed in `extra_tax_data`, Odoo's place for that, the
        base taking the rest of the rounding; invoices take it over.

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
        price_unit = round(total / quantity, digits) if quantity else 0.0

        def compute(price):
            return self._esm_compute_taxes(
                price, quantity, taxes, currency, company, product
            )

        # Taxes are close to linear: a few steps of proportion find the price.
        for _step in range(6):
            base_line = compute(price_unit)
            if self._esm_amounts_to(base_line, total, company):
                return self._esm_price_values(price_unit)
            included = base_line["tax_details"]["raw_total_included_currency"]
            if not included:
                break
            following = round(price_unit * total / included, digits)
            if following == price_unit:
                break
            price_unit = following
        # The same with all digits, so that base and taxes fit each other.
        exact_price = price_unit
        for _step in range(6):
            base_line = compute(exact_price)
            included = base_line["tax_details"]["raw_total_included_currency"]
            if not included or math.isclose(included, total, abs_tol=1e-6):
                break
            exact_price *= total / included
        if currency.compare_amounts(base_line["price_unit"], price_unit):
            # Odoo takes the fixed amounts for another price's.
            base_line = compute(price_unit)
        return self._esm_price_values(
            price_unit, self._esm_pin_amounts(base_line, total, company)
        )

    @api.model
    def _esm_amounts_to(self, base_line, total, company):
        """Whether a computed line amounts to `total`, also among other lines.

        Companies that round once per order add up what lines have below one won,
        by tax: there, only lines without such rests are safe.
        """
        details = base_line["tax_details"]
        currency = base_line["currency_id"]
        if currency.compare_amounts(details["total_included_currency"], total):
            return False
        if company.tax_calculation_rounding_method != "round_globally":
            return True
        raw_amounts = [
            details["raw_total_excluded_currency"],
            *(tax["raw_tax_amount_currency"] for tax in details["taxes_data"]),
        ]
        return all(
            math.isclose(amount, currency.round(amount), abs_tol=1e-6)
            for amount in raw_amounts
        )

    @api.model
    def _esm_pin_amounts(self, base_line, total, company):
        """Fix the amounts of a computed line so that they are `total` together.

        :return: value of `extra_tax_data`
        """
        AccountTax = self.env["account.tax"]
        details = base_line["tax_details"]
        currency, rate = base_line["currency_id"], base_line["rate"]
        rest = currency.round(
            total
            - details["total_included_currency"]
            - details["delta_total_excluded_currency"]
        )
        company_rest = company.currency_id.round(rest / rate if rate else 0.0)
        details["total_excluded_currency"] += rest
        details["total_excluded"] += company_rest
        for tax_data in details["taxes_data"]:
            tax_data["base_amount_currency"] += rest
            tax_data["base_amount"] += company_rest
        AccountTax._fix_base_lines_tax_details_on_manual_tax_amounts(
            [base_line], company
        )
        if not details["taxes_data"]:
            base_line["manual_total_excluded_currency"] = total
            base_line["manual_total_excluded"] = (
                details["total_excluded"] + details["delta_total_excluded"]
            )
            # Odoo reads fixed amounts only if there is one of a tax: of none, here.
            base_line["manual_tax_amounts"] = {"0": {}}
        return AccountTax._export_base_line_extra_tax_data(base_line)

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
