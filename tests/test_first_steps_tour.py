from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import tagged

from ..models.esm_outbox import EsmOutbox
from ..sandbox import hosting
from .common import GMARKET, TEA
from .test_tour import TourCase


@tagged("post_install", "-at_install")
class TestFirstStepsTour(TourCase):
    """A new merchant gets along with the first steps alone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # An empty database has neither products with codes nor a courier's shipping
        # method, only Odoo's own.
        (cls.tea | cls.cup | cls.bag).write(
            {"active": False, "esm_seller_code": False, "esm_inventory_code": False}
        )
        cls.env["delivery.carrier"].search([]).active = False
        cls.own_carrier = cls.env["delivery.carrier"].create(
            {
                "name": "Standard delivery",
                "delivery_type": "fixed",
                "product_id": cls.carrier.product_id.id,
            }
        )

    def test_from_nothing_to_a_shipped_order(self):
        item = self.sandbox.add_item(
            TEA["name"], TEA["price"], gmarket=GMARKET, seller_code=TEA["seller_code"]
        )
        [number] = self.sandbox.place_basket(
            "gmarket",
            GMARKET,
            [{"site_goods_no": item.numbers["gmarket"], "quantity": 2}],
            shipping_fee=3000,
        )
        self.start_tour("/odoo", "esm_first_steps_tour", login="admin", timeout=240)
        self.assertEqual(
            [invoice[:2] for invoice in self.sandbox.orders[number].invoices],
            [(10013, "660000000001")],
        )

    def test_trial(self):
        self.start_tour("/odoo", "esm_trial_tour", login="admin", timeout=240)
        trial = self.env["esm.account"].search(
            [("trial", "=", True), ("active", "=", False)]
        )
        self.addCleanup(hosting.forget, trial._trial_path())
        self.assertFalse(trial.shop_ids)
        orders = self.env["sale.order"].search([("esm_sandbox", "=", True)])
        self.assertTrue(orders)
        self.assertEqual(set(orders.picking_ids.mapped("state")), {"done"})


@tagged("post_install", "-at_install")
class TestDailyTour(TourCase):
    """The daily routine, in both languages."""

    def test_english(self):
        self.daily_routine("en_US")

    def test_korean(self):
        self.daily_routine("ko_KR")

    def daily_routine(self, lang):
        # What the scheduled action does seconds later happens at once.
        sends = patch.object(
            EsmOutbox,
            "_trigger_send",
            lambda messages: messages.env["esm.outbox"].sudo()._cron_send(),
        )
        self.enterContext(sends)
        self.env["esm.waybill.range"].create(
            {
                "carrier_id": self.carrier.id,
                "first": "600000000014",
                "last": "600000009994",
                "check_digit": "none",
            }
        )
        self.make_shops(self.sandbox.url)
        self.gmarket.auto_acknowledge = False
        numbers = [
            number
            for _basket in range(2)
            for number in self.sandbox.place_basket(
                "gmarket", GMARKET, [TEA], shipping_fee=3000
            )
        ]
        self.env.flush_all()
        with self.registry.cursor() as cr:  # the job commits
            self.gmarket.with_env(self.env(cr=cr))._run_cycle()
        groups = (
            "sales_team.group_sale_salesman_all_leads",
            "stock.group_stock_user",
        )
        self.env["res.users"].create(
            {
                "name": "Merchant",
                "login": "merchant",
                "password": "merchant",
                "lang": lang,
                "group_ids": [
                    Command.set([self.env.ref(group).id for group in groups])
                ],
            }
        )
        self.start_tour(
            "/odoo/action-sale_esm.esm_order_action",
            "esm_daily_tour",
            login="merchant",
            timeout=180,
        )
        pickings = self.gmarket.order_ids.sale_order_id.picking_ids
        self.assertEqual(pickings.mapped("state"), ["done", "done"])
        for number in numbers:
            self.assertEqual(len(self.sandbox.orders[number].invoices), 1)
