from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import GMARKET, MASTER, SECRET, TEA, EsmCase

SECOND = "mallsecond_g"


class CompanyCase(EsmCase):
    """A second seller, for a shop of another company."""

    def setUp(self):
        super().setUp()
        self.sandbox.add_account(MASTER, SECRET, gmarket=[GMARKET, SECOND])
        self.account.company_id = False

    def make_company(self, **values):
        company = self.env["res.company"].create({"name": "Second", **values})
        self.env.user.company_ids |= company
        return company

    def make_shop(self, company, **values):
        carrier = self.carrier.copy({"company_id": False})
        return self.env["esm.shop"].create(
            {
                "account_id": self.account.id,
                "site": "gmarket",
                "seller_id": SECOND,
                "company_id": company.id,
                "carrier_id": carrier.id,
                "auto_collect": True,
                "auto_acknowledge": True,
                "auto_release": True,
                **values,
            }
        )

    def place_second(self, *items, **options):
        numbers = self.sandbox.place_basket("gmarket", SECOND, list(items), **options)
        return [str(number) for number in numbers]

    def make_won_pricelist(self, company, rate=None):
        """A pricelist in won, for a company with books in another currency.

        :param rate: won for one unit of the company's currency; None: nobody says
        """
        won = self.env.ref("base.KRW")
        if rate:
            self.env["res.currency.rate"].create(
                {"currency_id": won.id, "company_id": company.id, "rate": rate}
            )
        return self.env["product.pricelist"].create(
            {"name": "Won", "currency_id": won.id, "company_id": company.id}
        )


@tagged("post_install", "-at_install")
class TestCompany(CompanyCase):
    """Shops of other companies, other currencies, other charts."""

    def test_company_without_a_chart(self):
        company = self.make_company(currency_id=self.env.ref("base.KRW").id)
        shop = self.make_shop(company)
        self.assertEqual(shop.warehouse_id.company_id, company)
        [number] = self.place_second(TEA, shipping_fee=3000)
        self.run_cycle(shop)
        row = self.rows(number)
        order = row.sale_order_id
        self.assertEqual((row.company_id, order.company_id), (company, company))
        self.assertEqual(order.partner_id.company_id, company)
        self.assertEqual(order.warehouse_id, shop.warehouse_id)
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.amount_total, 15900)
        self.assertFalse(order.order_line.tax_ids, "no tax of another company")

    def test_company_in_another_currency(self):
        company = self.make_company(currency_id=self.env.ref("base.USD").id)
        with self.assertRaises(ValidationError) as refusal:
            self.make_shop(company)
        self.assertIn("KRW", str(refusal.exception))
        won = self.env.ref("base.KRW")
        pricelist = self.make_won_pricelist(company, 1400)
        shop = self.make_shop(company, pricelist_id=pricelist.id)
        [number] = self.place_second(TEA, shipping_fee=3000)
        self.run_cycle(shop)
        order = self.rows(number).sale_order_id
        self.assertEqual(order.currency_id, won)
        self.assertEqual(order.amount_total, 15900)
        self.assertEqual(order.state, "sale")

    def test_prices_of_a_company_in_another_currency(self):
        company = self.make_company(currency_id=self.env.ref("base.USD").id)
        pricelist = self.make_won_pricelist(company, 1400)
        shop = self.make_shop(company, pricelist_id=pricelist.id)
        self.tea.list_price = 10
        self.sandbox.add_item(
            "[샘플] 보리차", 12900, gmarket=SECOND, seller_code="TEA-0100"
        )
        self.assertIsNone(shop.sudo()._read_listings())
        listing = self.env["esm.listing"].search([("shop_id", "=", shop.id)])
        wizard = self.env["esm.price"].create({"listing_ids": listing.ids})
        self.assertEqual(wizard.line_ids.new_price, 14000)

    def test_invoice_in_won_of_a_company_in_another_currency(self):
        """Taxes on top that no unit price hits: won and dollars are both right."""
        company = self.make_company(
            currency_id=self.env.ref("base.USD").id,
            country_id=self.env.ref("base.us").id,
        )
        self.env["account.chart.template"].try_loading("generic_coa", company)
        won = self.env.ref("base.KRW")
        pricelist = self.make_won_pricelist(company, 1250)
        tax = self.env["account.tax"].create(
            {
                "name": "10 % on top",
                "amount": 10,
                "company_id": company.id,
                "price_include_override": "tax_excluded",
            }
        )
        shop = self.make_shop(
            company, pricelist_id=pricelist.id, tax_rule="fixed", tax_ids=tax.ids
        )
        [number] = self.place_second({**TEA, "price": 1006, "quantity": 1000})
        self.run_cycle(shop)
        order = self.rows(number).sale_order_id
        self.assertEqual(order.amount_total, 1_006_000)
        invoice = order._create_invoices()
        self.assertEqual(invoice.company_id, company)
        self.assertEqual(invoice.currency_id, won)
        self.assertEqual(invoice.amount_total, 1_006_000)
        self.assertEqual(invoice.amount_tax, 91_455)
        invoice.action_post()
        self.assertAlmostEqual(invoice.amount_total_signed, 1_006_000 / 1250)
        self.assertAlmostEqual(invoice.amount_tax_signed, 91_455 / 1250, places=2)

    def test_one_run_serves_the_shops_of_all_companies(self):
        company = self.make_company(currency_id=self.env.ref("base.KRW").id)
        shop = self.make_shop(company)
        [ours_no] = self.place(TEA)
        [theirs_no] = self.place_second(TEA)
        self.env["esm.shop"]._cron_collect()
        ours, theirs = self.rows(ours_no), self.rows(theirs_no)
        for row, of_shop in ((ours, self.gmarket), (theirs, shop)):
            order = row.sale_order_id
            self.assertEqual(row.state, "released")
            self.assertEqual(order.company_id, of_shop.company_id)
            self.assertEqual(order.picking_ids.company_id, of_shop.company_id)
            self.assertEqual(order.warehouse_id, of_shop.warehouse_id)
        self.assertNotEqual(
            ours.sale_order_id.partner_id, theirs.sale_order_id.partner_id
        )
        self.assertEqual(
            theirs.sale_order_id.partner_id.company_id, company, "not shared"
        )

    def test_each_company_its_own_product_for_a_code(self):
        self.tea.company_id = self.company
        company = self.make_company(currency_id=self.env.ref("base.KRW").id)
        theirs = self.env["product.product"].create(
            {
                "name": "Their tea",
                "is_storable": True,
                "company_id": company.id,
                "esm_seller_code": "TEA-0100",
                "taxes_id": [Command.clear()],
            }
        )
        shop = self.make_shop(company)
        [ours_no] = self.place(TEA)
        [theirs_no] = self.place_second(TEA)
        self.run_cycle()
        self.run_cycle(shop)
        item = lambda number: self.rows(number).sale_line_ids.product_id  # noqa: E731
        self.assertEqual(item(ours_no), self.tea)
        self.assertEqual(item(theirs_no), theirs)

    def test_one_order_number_belongs_to_one_shop(self):
        company = self.make_company(currency_id=self.env.ref("base.KRW").id)
        shop = self.make_shop(company)
        [number] = self.place(TEA)
        self.run_cycle()
        row, text = self.env["esm.order"]._fetch_by_number(shop, number)
        self.assertEqual(row.shop_id, self.gmarket)
        self.assertIn(self.gmarket.name, text)
