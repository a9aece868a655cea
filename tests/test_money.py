"""Money to the won: what ESM says, what Odoo books, what the invoice says.

The expectation is the sandbox's own ledger, which shares no code with the connector.
"""

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

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
        res = super().make_shops(url)
        cls.shipping_product = cls.carrier.product_id
        return res

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

    # --- figures that do not divide -------------------------------------

    def test_amount_that_does_not_divide(self):
        """1,000 won for 3 pieces, 1,234,567 won for 1,000 pieces."""
        for kind in ("free", "included", "excluded", "excluded_and_fixed"):
            for quantity, price, rest in ((3, 333, 1), (1000, 1234, 567)):
                with self.subTest(kind=kind, quantity=quantity):
                    total = quantity * price + rest
                    # An amount for add-on items that the row does not list.
                    raw = {"OptAddPrice": f"{rest}.0000", "AcntMoney": f"{total}.0000"}
                    item = self.item(kind, price=price, quantity=quantity, raw=raw)
                    [number] = self.place(item)
                    self.run_cycle()
                    order = self.rows(number).sale_order_id
                    self.assertEqual(order.state, "sale")
                    self.assertEqual(order.amount_total, total)
                    self.assertEqual(order.order_line.product_uom_qty, quantity)
                    self.assertEqual(order._create_invoices().amount_total, total)

    def item(self, kind, policy="order", **values):
        item = {
            "site_goods_no": "3900000001",
            "seller_code": f"S-{kind}-{policy}",
            "name": f"{kind} {policy}",
            "price": 1006,
        }
        return {**item, **values}

    def test_invoices_of_parts_add_up(self):
        """Delivered in three parcels and invoiced after each: one won is not lost."""
        for kind in ("free", "included", "excluded", "stacked", "group"):
            with self.subTest(kind=kind):
                item = self.item(kind, "delivery", quantity=10, seller_discount=1001)
                [number] = self.place(item, shipping_fee=3000)
                self.run_cycle()
                order = self.rows(number).sale_order_id
                invoices = self.env["account.move"]
                for quantity in (3, 3, 4):
                    picking = order.picking_ids.filtered(lambda p: p.state != "done")
                    picking.move_ids.quantity = quantity
                    picking.carrier_tracking_ref = "123456789012"
                    picking.with_context(skip_backorder=True).button_validate()
                    invoices |= order._create_invoices()
                self.assertEqual(len(invoices), 3)
                self.assertEqual(order.amount_total, 10060 - 1001 + 3000)
                self.assertEqual(
                    sum(invoices.mapped("amount_total")), order.amount_total
                )
                self.assertEqual(order.invoice_status, "invoiced")
                self.assertEqual(order.order_line.mapped("qty_to_invoice"), [0] * 3)

    def test_returned_goods_are_credited_to_the_won(self):
        item = self.item("excluded", "delivery", quantity=3)
        [number] = self.place(item)
        self.run_cycle()
        order = self.rows(number).sale_order_id
        picking = self.ship(order)
        invoice = order._create_invoices()
        invoice.action_post()
        wizard = self.env["stock.return.picking"].create({"picking_id": picking.id})
        wizard.product_return_moves.quantity = 2
        back = wizard._create_return()
        back.move_ids.quantity = 2
        back.button_validate()
        credit = order._create_invoices(final=True)
        self.assertEqual(credit.move_type, "out_refund")
        self.assertEqual(invoice.amount_total, 3018)
        self.assertEqual(credit.amount_total, 2012)

    # --- what a person changes ------------------------------------------

    def test_other_taxes_do_not_change_the_amount(self):
        self.gmarket.auto_release = False
        item = self.item("included", price=12345, quantity=7, seller_discount=4321)
        [number] = self.place(item, shipping_fee=3000)
        self.run_cycle()
        order = self.rows(number).sale_order_id
        goods, discount, shipping = order.order_line
        for kind, taxes in self.taxes.items():
            for rounding in ("round_per_line", "round_globally"):
                with self.subTest(kind=kind, rounding=rounding):
                    self.company.tax_calculation_rounding_method = rounding
                    goods.tax_ids = False
                    goods.tax_ids = taxes
                    self.assertEqual(goods.price_total, 86415)
                    self.assertEqual(discount.price_total, -4321)
                    self.assertEqual(order.amount_total, 86415 - 4321 + 3000)
                    self.assertEqual(
                        discount.tax_ids, order.order_line._esm_discount_taxes(taxes)
                    )
        self.assertEqual(shipping.price_total, 3000)

    def test_discount_does_not_take_a_tax_per_piece_back(self):
        [number] = self.place(self.item("excluded_and_fixed", seller_discount=100))
        self.run_cycle()
        goods, discount = self.rows(number).sale_order_id.order_line
        self.assertEqual(goods.tax_ids, self.taxes["excluded_and_fixed"])
        self.assertEqual(discount.tax_ids, self.taxes["excluded_and_fixed"][0])

    def test_same_taxes_on_everything_hold_for_goods_matched_later(self):
        self.gmarket.write(
            {"tax_rule": "fixed", "tax_ids": [Command.set(self.taxes["group"].ids)]}
        )
        [number] = self.place(UNKNOWN, shipping_fee=2500)
        self.run_cycle()
        order = self.rows(number).sale_order_id
        self.assertEqual(order.order_line.tax_ids, self.taxes["group"])
        self.tea.esm_seller_code = UNKNOWN["seller_code"]
        self.env["esm.shop"]._cron_process()
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.order_line[0].product_id, self.tea)
        self.assertEqual(order.order_line.tax_ids, self.taxes["group"])
        self.assertEqual(order.amount_total, UNKNOWN["price"] + 2500)

    def test_no_taxes_on_everything(self):
        self.gmarket.tax_rule = "fixed"
        [number] = self.place({**TEA, "seller_discount": 100}, shipping_fee=2500)
        self.run_cycle()
        order = self.rows(number).sale_order_id
        self.assertFalse(order.order_line.tax_ids)
        self.assertEqual(order.amount_total, TEA["price"] - 100 + 2500)

    def test_a_changed_price_holds_the_order(self):
        self.gmarket.auto_release = False
        [number] = self.place(TEA)
        self.run_cycle()
        row = self.rows(number)
        order = row.sale_order_id
        order.order_line.price_unit = 12901
        with self.assertRaisesRegex(UserError, "12,901.*12,900"):
            order.action_confirm()
        order.order_line.price_unit = 12900
        order.action_confirm()
        self.assertEqual(row.state, "released")

    # --- figures that cannot be right -----------------------------------

    def held(self, raw, item=None, **options):
        [number] = self.place({**(item or TEA), "raw": raw}, **options)
        self.run_cycle()
        row = self.rows(number)
        self.assertEqual((row.state, row.problem), ("booked", "amount"))
        self.assertEqual(row.sale_order_id.state, "draft")
        return row

    def test_paid_amount_that_differs_is_held_with_both_figures(self):
        row = self.held({"AcntMoney": "15899.0000"}, shipping_fee=3000)
        self.assertIn("15,900", row.problem_text)
        self.assertIn("15,899", row.problem_text)
        with self.assertRaisesRegex(UserError, "15,899"):
            row.sale_order_id.action_confirm()
        row.sale_order_id.action_esm_accept_amounts()
        self.assertFalse(row.problem)
        self.env.cr.flush()  # who is told is settled at the end of a transaction
        self.assertFalse(row.sale_order_id.activity_ids)
        self.assertIn("15,899", row.sale_order_id.message_ids[0].body)
        self.run_cycle()
        self.assertEqual(row.sale_order_id.state, "sale")
        self.assertEqual(row.sale_order_id.amount_total, 15900)

    def test_missing_figures_are_held(self):
        row = self.held({"AcntMoney": None})
        self.assertIn("nothing", row.problem_text)
        self.held({"SalePrice": "__missing__"})

    def test_fractions_of_a_won_are_held(self):
        raw = {"SalePrice": "12900.5000", "AcntMoney": "12900.5000"}
        row = self.held(raw)
        self.assertIn("whole won", row.problem_text)

    # --- one basket in several parts ------------------------------------

    def test_two_destinations_share_the_shipping_once(self):
        numbers = self.place(TEA, CUP, shipping_fee=3000)
        self.sandbox.change_address(int(numbers[1]), front="부산광역시 가상구 2")
        self.run_cycle()
        orders = self.orders_of(numbers)
        self.assertEqual(len(orders), 2)
        self.assertEqual(orders.mapped("state"), ["sale", "sale"])
        self.assertEqual(sum(orders.mapped("amount_total")), 12900 + 5500 + 3000)
        shipping = orders.order_line.filtered(lambda line: line.esm_kind == "shipping")
        self.assertEqual(shipping.price_total, 3000)

    def test_a_late_part_of_the_basket_joins_the_open_order(self):
        """The list was read in the middle of the basket."""
        for site, shop in (("gmarket", self.gmarket), ("auction", self.auction)):
            with self.subTest(site=site):
                shop.auto_release = False
                first, second = self.place(TEA, CUP, site=site, shipping_fee=3000)
                hidden = self.remote(second)
                hidden.hidden_after_withdrawal = True
                self.run_cycle(shop)
                order = self.rows(first).sale_order_id
                self.assertEqual(order.amount_total, 12900 + 3000)
                hidden.hidden_after_withdrawal = False
                self.run_cycle(shop)
                self.assertEqual(self.rows(second).sale_order_id, order)
                self.assertMoney([first, second])

    def test_the_rest_of_a_basket_keeps_the_shipping(self):
        """One order is cancelled before anything is booked: the fee is still paid."""
        for site, shop in (("gmarket", self.gmarket), ("auction", self.auction)):
            with self.subTest(site=site):
                numbers = self.place(TEA, CUP, site=site, shipping_fee=3000)
                shop.auto_acknowledge = False
                shop.write({"auto_acknowledge": True, "auto_collect": True})
                self.sandbox.faults.add("502", "OrderCheck", times=2)
                self.run_cycle(shop)
                self.sandbox.faults.clear()
                self.assertFalse(self.rows(*numbers).sale_order_id)
                self.sandbox.cancel(int(numbers[0]))
                self.env["esm.outbox"].search([]).next_try_at = False
                self.run_cycle(shop)
                cancelled, live = self.rows(*numbers)
                self.assertEqual(cancelled.state, "cancelled")
                self.assertEqual(live.state, "released")
                self.assertEqual(live.sale_order_id.amount_total, 5500 + 3000)
