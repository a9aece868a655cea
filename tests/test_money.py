"""Money to the won: what ESM says, what Odoo books, what the invoice says.

The expectation is the sandbox's own ledger, which shares no code with the connector.
"""

from datetime import timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import CUP, TEA, UNKNOWN, EsmCase

#: Name -> (taxes as [(amount type, amount, included, affects the next ones)]).
TAX_KINDS = {
    "included": [("percent", 10, True, False)],
    "excluded": [("percent", 10, False, False)],
    "free": [],
    "zero": [("percent", 0, False, False)],
    "excluded_and_fixed": [("percent", 10, False, False), ("fixed", 37, False, False)],
    "mixed": [("percent", 10, True, False), ("percent", 3, False, False)],
    "stacked": [("percent", 10, False, True), ("percent", 7, False, False)],
    "stacked_included": [("percent", 10, True, True), ("percent", 7, True, False)],
}
POLICIES = ("order", "delivery")
PROPERTY = settings(
    deadline=None,
    database=None,
    derandomize=True,
    # Without shrinking: a failure would take minutes, and the report names the basket.
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


# --- generated baskets ------------------------------------------------------

kinds = st.sampled_from((*TAX_KINDS, "group"))
quantities = st.one_of(
    st.just(1), st.integers(1, 12), st.integers(1, 9999), st.just(9999)
)


@st.composite
def items(draw):
    kind, policy = draw(kinds), draw(st.sampled_from(POLICIES))
    item = {
        "site_goods_no": "3900000001",
        "seller_code": f"S-{kind}-{policy}",
        "name": f"{kind} {policy}",
        "price": draw(st.one_of(st.integers(1, 99), st.integers(100, 3_000_000))),
        "quantity": draw(quantities),
    }
    if draw(st.booleans()):
        other = draw(kinds)
        item["options"] = [
            (f"option {code}", f"{code}-{policy}"[:20], surcharge)
            for code, surcharge in zip(
                [kind, other][: draw(st.integers(1, 2))],
                draw(st.tuples(st.integers(0, 3000), st.integers(0, 3000))),
                strict=False,
            )
        ]
    if draw(st.integers(0, 3)) == 0:
        item["additions"] = [
            (
                "add-on",
                f"{draw(kinds)}-{policy}"[:20],
                draw(st.integers(1, 5000)),
                draw(st.integers(1, 7)),
            )
            for _ in range(draw(st.integers(1, 3)))
        ]
    amount = item["price"] * item["quantity"]
    for name in ("seller_discount", "site_discount", "seller_cash"):
        if draw(st.integers(0, 2)) == 0:
            item[name] = draw(st.integers(0, amount // 4))
    return item


@st.composite
def baskets(draw):
    site = draw(st.sampled_from(("gmarket", "auction")))
    lines = draw(st.lists(items(), min_size=1, max_size=4))
    fees = [0]
    if draw(st.booleans()):
        fees = [draw(st.integers(1, 9000))]
        if len(lines) > 1 and draw(st.booleans()):
            fees.append(draw(st.integers(0, 9000)))
            lines[-1]["bundle"] = 1
    options = {"shipping_fee": fees}
    if draw(st.integers(0, 9)) == 0:
        options["condition"] = "D"
    elif draw(st.booleans()):
        options[draw(st.sampled_from(("jeju", "remote")))] = draw(st.integers(1, 7000))
    split = draw(st.sampled_from((None, "first", "each", "even")))
    return site, lines, {**options, "split": split}


@st.composite
def worlds(draw):
    found = draw(st.lists(baskets(), min_size=3, max_size=5))
    in_paid = draw(st.booleans())
    if not in_paid:
        # Nothing in the figures tells then how rows share a surcharge: each site as
        # it is known to do it.
        for _site, _lines, options in found:
            options["split"] = None
    return {
        "baskets": found,
        "rounding": draw(st.sampled_from(("round_per_line", "round_globally"))),
        "fixed": draw(st.one_of(st.none(), kinds)),
        "shipping": draw(kinds),
        "digits": draw(st.sampled_from((2, 2, 0))),
        "surcharges_in_paid": in_paid,
        "paid_shipping_on": draw(st.sampled_from(("first", "last"))),
    }


@st.composite
def sales(draw):
    """Lines as (kind of taxes, total, quantity, discount)."""
    lines = st.tuples(
        kinds,
        st.one_of(st.integers(1, 3000), st.integers(1, 2_000_000_000)),
        quantities,
        st.one_of(st.just(0), st.integers(1, 100)),
    )
    return [
        (kind, total, quantity, total * percent // 100)
        for kind, total, quantity, percent in draw(
            st.lists(lines, min_size=1, max_size=8)
        )
    ]


@tagged("post_install", "-at_install")
class TestMoney(EsmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.taxes = {
            kind: cls.env["account.tax"].create(
                [
                    {
                        "name": f"{kind} {sequence}",
                        "amount_type": amount_type,
                        "amount": amount,
                        "sequence": sequence,
                        "price_include_override": "tax_included"
                        if included
                        else "tax_excluded",
                        "include_base_amount": stacks,
                    }
                    for sequence, (amount_type, amount, included, stacks) in enumerate(
                        rows
                    )
                ]
            )
            for kind, rows in TAX_KINDS.items()
        }
        children = cls.env["account.tax"].create(
            [
                {
                    "name": f"group {amount}",
                    "amount": amount,
                    "price_include_override": "tax_excluded",
                }
                for amount in (10, 3)
            ]
        )
        cls.taxes["group"] = cls.env["account.tax"].create(
            {
                "name": "group",
                "amount_type": "group",
                "children_tax_ids": [Command.set(children.ids)],
            }
        )
        for kind, taxes in cls.taxes.items():
            for policy in POLICIES:
                cls.make_product(
                    f"{kind} {policy}",
                    1,
                    quantity=10**9,
                    taxes_id=[Command.set(taxes.ids)],
                    invoice_policy=policy,
                    esm_seller_code=f"S-{kind}-{policy}"[:100],
                    esm_inventory_code=f"{kind}-{policy}"[:20],
                )

    _records = (*EsmCase._records, "shipping_product")

    @classmethod
    def make_shops(cls, url):
        super().make_shops(url)
        cls.shipping_product = cls.carrier.product_id

    # --- assertions -----------------------------------------------------

    def orders_of(self, numbers):
        rows = self.rows(*numbers)
        self.assertEqual(len(rows), len(numbers))
        return rows.sale_order_id

    def assertMoney(self, numbers):
        """The sales order of one basket amounts to what the sandbox says."""
        [ledger] = [
            entry
            for entry in self.sandbox.ledger()
            if str(entry["order_no"]) == numbers[0]
        ]
        rows = self.rows(*numbers)
        self.assertFalse(rows.filtered("problem").mapped("problem_text"))
        order = rows.sale_order_id
        self.assertEqual(len(order), 1)
        detail = "\n".join(
            f"{line.esm_kind} {line.product_uom_qty} x {line.price_unit} "
            f"{line.tax_ids.mapped('name')} {line.extra_tax_data}: "
            f"{line.price_total} for {line.esm_total}"
            for line in order.order_line
        )
        self.assertEqual(order.amount_total, ledger["basket_seller_sale"], detail)
        self.assertEqual(order.esm_amount_paid, ledger["basket_paid"])
        self.assertEqual(order.esm_amount_site_share, ledger["basket_site_share"])
        self.assertEqual(
            sum(order.order_line.mapped("price_total")), order.amount_total
        )
        self.assertEqual(order.amount_untaxed + order.amount_tax, order.amount_total)
        self.assertEqual(
            order.order_line.mapped("price_total"), order.order_line.mapped("esm_total")
        )
        return order

    def assertInvoiced(self, orders):
        """Invoices and their credit notes are the same amounts again."""
        invoices = orders._create_invoices(grouped=True)
        self.assertEqual(len(invoices), len(orders))
        for order in orders:
            invoice = order.invoice_ids
            self.assertEqual(invoice.amount_total, order.amount_total)
            self.assertEqual(invoice.amount_untaxed, order.amount_untaxed)
            self.assertEqual(order.invoice_status, "invoiced")
        for credit in invoices._reverse_moves():
            self.assertEqual(credit.amount_total, credit.reversed_entry_id.amount_total)
            self.assertEqual(credit.amount_tax, credit.reversed_entry_id.amount_tax)

    # --- whatever the figures are ---------------------------------------

    def arrange(self, world):
        self.company.tax_calculation_rounding_method = world["rounding"]
        self.env.ref("product.decimal_price").digits = world["digits"]
        fixed = world["fixed"]
        (self.gmarket | self.auction).write(
            {
                "tax_rule": "fixed" if fixed else "product",
                "tax_ids": [Command.set(self.taxes[fixed].ids if fixed else [])],
            }
        )
        self.shipping_product.taxes_id = self.taxes[world["shipping"]]
        self.sandbox.strict.update(
            surcharges_in_paid=world["surcharges_in_paid"],
            gmarket_paid_shipping_on=world["paid_shipping_on"],
        )
        self.addCleanup(
            self.sandbox.strict.update,
            surcharges_in_paid=True,
            gmarket_paid_shipping_on="first",
        )

    @settings(PROPERTY, max_examples=3)
    @given(worlds())
    def test_baskets(self, world):
        """From the basket to the credit note, whatever a buyer puts into it."""
        self.arrange(world)
        placed = [
            self.place(*lines, site=site, **options)
            for site, lines, options in world["baskets"]
        ]
        self.run_cycle(self.gmarket)
        self.run_cycle(self.auction)
        orders = self.env["sale.order"]
        for numbers in placed:
            order = self.assertMoney(numbers)
            self.assertEqual(order.state, "sale")
            orders |= order
        orders.picking_ids.carrier_tracking_ref = "123456789012"
        orders.picking_ids.button_validate()
        self.assertInvoiced(orders)

    @settings(PROPERTY, max_examples=20)
    @given(
        sales(),
        st.sampled_from(("round_per_line", "round_globally")),
        st.sampled_from((2, 0, 4)),
    )
    def test_lines(self, lines, rounding, digits):
        """Any total with any taxes: lines, order, invoice and credit note have it."""
        self.company.tax_calculation_rounding_method = rounding
        self.env.ref("product.decimal_price").digits = digits
        product = self.env.ref("sale_esm.product_shipping")
        values = []
        for kind, total, quantity, discount in lines:
            taxes = self.taxes[kind]
            values.append(self.line_values(product, taxes, total, quantity, "item"))
            if discount:
                taxes = self.env["sale.order.line"]._esm_discount_taxes(taxes)
                self.assertNotIn("fixed", taxes.mapped("amount_type"))
                values.append(
                    self.line_values(product, taxes, -discount, 1, "discount")
                )
        partner = self.env["res.partner"].create({"name": "견본"})
        order = self.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "order_line": [Command.create(line) for line in values],
            }
        )
        expected = sum(total - discount for _k, total, _q, discount in lines)
        self.assertEqual(order.amount_total, expected)
        self.assertEqual(
            order.order_line.mapped("price_total"), order.order_line.mapped("esm_total")
        )
        order.action_confirm()
        if expected:
            self.assertInvoiced(order)

    def line_values(self, product, taxes, total, quantity, kind):
        fitted = self.env["sale.order.line"]._esm_prepare_price_values(
            total, quantity, taxes, self.company.currency_id, self.company, product
        )
        return {
            "product_id": product.id,
            "product_uom_qty": quantity,
            "tax_ids": [Command.set(taxes.ids)],
            "esm_kind": kind,
            "esm_total": total,
            **fitted,
        }
