from psycopg2.errors import ForeignKeyViolation

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import TEA
from .test_company import CompanyCase


@tagged("post_install", "-at_install")
class TestForeignBooks(CompanyCase):
    """A company that keeps its books in dollars sells for won."""

    def setUp(self):
        super().setUp()
        self.won = self.env.ref("base.KRW")
        self.abroad = self.make_company(
            currency_id=self.env.ref("base.USD").id,
            country_id=self.env.ref("base.us").id,
        )

    def held(self, shop, *words):
        """Collect an order that must not be booked as things are: its row."""
        [number] = self.place_second(TEA, shipping_fee=3000)
        self.run_cycle(shop)
        row = self.rows(number)
        self.assertEqual((row.state, row.problem), ("received", "error"))
        self.assertFalse(row.sale_order_id)
        for word in words:
            self.assertIn(word, row.problem_text)
        self.assertTrue(self.env["esm.problem"].search([("shop_id", "=", shop.id)]))
        return row

    def retry(self, row):
        row.action_retry()
        self.run_cycle(row.shop_id)
        self.assertEqual((row.state, row.problem), ("released", False))
        self.assertEqual(row.sale_order_id.currency_id, self.won)
        self.assertEqual(row.sale_order_id.amount_total, 15900)

    def test_without_a_rate_won_are_not_booked_as_dollars(self):
        shop = self.make_shop(
            self.abroad, pricelist_id=self.make_won_pricelist(self.abroad).id
        )
        row = self.held(shop, "exchange rate", "USD", "KRW", self.abroad.name)
        self.env["res.currency.rate"].create(
            {"currency_id": self.won.id, "company_id": self.abroad.id, "rate": 1325}
        )
        self.retry(row)
        self.assertAlmostEqual(
            row.sale_order_id.amount_total / row.sale_order_id.currency_rate, 12
        )

    def test_rate_of_the_other_currency_is_one_too(self):
        """Databases that count from won have rates of the others only."""
        self.env["res.currency.rate"].create(
            {
                "currency_id": self.env.ref("base.USD").id,
                "company_id": self.abroad.id,
                "rate": 0.0008,
            }
        )
        shop = self.make_shop(
            self.abroad, pricelist_id=self.make_won_pricelist(self.abroad).id
        )
        [number] = self.place_second(TEA)
        self.run_cycle(shop)
        self.assertEqual(self.rows(number).state, "released")

    def test_pricelist_stays_in_won(self):
        pricelist = self.make_won_pricelist(self.abroad, 1400)
        shop = self.make_shop(self.abroad, pricelist_id=pricelist.id)
        with self.assertRaisesRegex(ValidationError, "KRW"), self.env.cr.savepoint():
            pricelist.currency_id = self.env.ref("base.USD")
        with self.assertRaisesRegex(ValidationError, "KRW"), self.env.cr.savepoint():
            shop.pricelist_id = False
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(ForeignKeyViolation),
            self.env.cr.savepoint(),
        ):
            pricelist.unlink()
        self.assertEqual(shop.currency_id, self.won)

    def test_another_currency_of_the_company_holds_its_orders(self):
        """Odoo lets a company change it as long as it has no entries."""
        company = self.make_company(name="Third", currency_id=self.won.id)
        shop = self.make_shop(company)
        company.currency_id = self.env.ref("base.USD")
        row = self.held(shop, "KRW", "USD")
        shop.pricelist_id = self.make_won_pricelist(company, 1400)
        self.retry(row)

    def test_won_are_switched_on(self):
        """Odoo posts no invoice in a currency that is switched off."""
        pricelist = self.make_won_pricelist(self.abroad, 1400)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_currency SET active = FALSE WHERE id = %s", [self.won.id]
        )
        self.env.invalidate_all()
        self.make_shop(self.abroad, pricelist_id=pricelist.id)
        self.assertTrue(self.won.active)

    def test_figures_are_in_won_here_and_in_dollars_there(self):
        pricelist = self.make_won_pricelist(self.abroad, 1325)
        shop = self.make_shop(self.abroad, pricelist_id=pricelist.id)
        [number] = self.place_second(TEA, shipping_fee=3000)
        self.run_cycle(shop)
        row = self.rows(number)
        self.assertEqual((row.currency_id, row.amount_paid), (self.won, 15900))
        own = [("shop_id", "=", shop.id)]
        # Groups of a list, as the browser asks for them.
        [report] = self.env["esm.sales.report"].formatted_read_group(
            own, [], ["amount_total:sum", "amount_total:sum_currency"]
        )
        self.assertEqual(report["amount_total:sum"], 15900)
        self.assertEqual(report["amount_total:sum_currency"], 15900)
        record = self.env["esm.sales.report"].search(own)
        self.assertEqual(record.currency_id, self.won)
        [(sales,)] = self.env["sale.report"]._read_group(
            [("esm_shop_id", "=", shop.id)], [], ["price_total:sum"]
        )
        self.assertAlmostEqual(sales, 12)


@tagged("post_install", "-at_install")
class TestCompanies(CompanyCase):
    """What belongs to one company stays in it."""

    def setUp(self):
        super().setUp()
        self.second = self.make_company(currency_id=self.env.ref("base.KRW").id)

    def test_a_shop_takes_nothing_of_another_company(self):
        shop = self.make_shop(self.second)
        for name, value in (
            ("warehouse_id", self.warehouse.id),
            ("stock_warehouse_ids", [Command.set(self.warehouse.ids)]),
            ("tax_ids", [Command.set(self.tax.ids)]),
        ):
            with (
                self.subTest(name),
                self.assertRaises(UserError),
                self.env.cr.savepoint(),
            ):
                shop.write({name: value})

    def test_an_order_of_another_shop_is_left_alone(self):
        """Whoever can tell a shop what to read must not write into another one's."""
        shop = self.make_shop(self.second)
        [ours] = self.place(TEA)
        self.run_cycle()
        row = self.rows(ours)
        before = row.read(["goods_name", "amount_paid", "address_key", "payload"])
        [theirs] = self.place_second(
            {**TEA, "raw": {"OrderNo": int(ours), "DelFrontAddress": "elsewhere"}}
        )
        [other] = self.place_second(TEA)
        self.run_cycle(shop)
        row.invalidate_recordset()
        self.assertEqual(row.shop_id, self.gmarket)
        self.assertEqual(
            row.read(["goods_name", "amount_paid", "address_key", "payload"]), before
        )
        address = row.sale_order_id.partner_shipping_id
        self.assertNotIn("elsewhere", address.contact_address)
        self.assertEqual(self.rows(other).state, "released")
        self.assertFalse(self.rows(theirs))
        self.assertEqual(shop.connection_state, "problem")
        self.assertIn(ours, shop.connection_message)

    def test_users_see_their_company_only(self):
        shop = self.make_shop(self.second)
        [ours] = self.place(TEA)
        [theirs] = self.place_second({**TEA, "seller_code": "?"})
        self.run_cycle()
        self.run_cycle(shop)
        user = new_test_user(
            self.env,
            "second",
            "sale_esm.group_manager,sales_team.group_sale_salesman_all_leads",
            company_id=self.second.id,
            company_ids=[Command.set(self.second.ids)],
        )
        env = self.env(user=user)
        self.assertEqual(env["esm.shop"].search([]), shop)
        self.assertEqual(env["esm.order"].search([]).mapped("order_no"), [theirs])
        self.assertEqual(env["esm.problem"].search([]).company_id, self.second)
        self.assertEqual(
            env["esm.sales.report"].search([]).order_id.mapped("order_no"), [theirs]
        )
        for section in env["esm.shop"].dashboard_layout().values():
            self.assertNotIn(self.gmarket.name, str(section))
        row = self.rows(ours).with_env(env)
        for button in ("action_retry", "action_acknowledge", "action_rematch"):
            with self.subTest(button), self.assertRaises(UserError):
                getattr(row, button)()

    def test_branch_sells_the_goods_of_its_parent(self):
        branch = self.make_company(name="Branch", parent_id=self.company.id)
        self.tea.company_id = self.company
        warehouse = self.env["stock.warehouse"].search(
            [("company_id", "=", branch.id)], limit=1
        ) or self.env["stock.warehouse"].create(
            {"name": "Branch", "code": "BRA", "company_id": branch.id}
        )
        shop = self.make_shop(branch, warehouse_id=warehouse.id)
        self.assertEqual(shop.currency_id, self.env.ref("base.KRW"))
        [number] = self.place_second(TEA, shipping_fee=3000)
        self.run_cycle(shop)
        row = self.rows(number)
        self.assertEqual((row.state, row.problem_text), ("released", False))
        item = row.sale_line_ids
        self.assertEqual((item.product_id, item.tax_ids), (self.tea, self.tax))
        self.assertEqual(row.sale_order_id.company_id, branch)
        self.assertEqual(row.sale_order_id.picking_ids.company_id, branch)
        self.assertEqual(row.sale_order_id.amount_total, 15900)
