"""A Korean company with products, stock, two shops, and a sandbox to talk to."""

import runpy
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import TransactionCase

from ..esm_api import NoPacer
from ..models import esm_shop_items
from ..models.esm_shop import EsmShop
from ..sandbox import Sandbox

MASTER, SECRET = "testmaster", "test-secret-key-of-32-characters!"
GMARKET, AUCTION = "mallsample_g", "mallsample_a"
CJ = 10013

TEA = {
    "site_goods_no": "3900000001",
    "seller_code": "TEA-0100",
    "name": "[샘플] 보리차 티백 100개입",
    "price": 12900,
}
CUP = {
    "site_goods_no": "3900000005",
    "seller_code": "CUP-05",
    "name": "[샘플] 머그컵",
    "price": 5500,
    "option": ("색상:화이트", "CUP-05-W", 0),
}
UNKNOWN = {
    "site_goods_no": "3900000099",
    "seller_code": "NEW-99",
    "name": "[샘플] 새 상품",
    "price": 7000,
}


def migrate(cr, script):
    """Run a script of the update from the first version."""
    folder = Path(__file__).parents[1] / "migrations" / "19.0.1.1.0"
    runpy.run_path(str(folder / f"{script}.py"))["migrate"](cr, "19.0.1.0.0")


def make_sandbox(**options):
    """A sandbox that knows the test account; it keeps no pace unless told to."""
    sandbox = Sandbox(**{"orders_interval": 0, **options})
    sandbox.add_account(MASTER, SECRET, gmarket=[GMARKET], auction=[AUCTION])
    return sandbox


class ShopMixin:
    """What a merchant has set up; for test cases of any kind."""

    @classmethod
    def set_up_merchant(cls):
        env = cls.env
        cls.company = env.company
        cls.warehouse = env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.courier = env["esm.courier"].search([("code", "=", CJ)])
        cls.carrier = env["delivery.carrier"].create(
            {
                "name": "CJ",
                "delivery_type": "fixed",
                "product_id": env["product.product"]
                .create({"name": "Courier", "type": "service"})
                .id,
                "esm_courier_id": cls.courier.id,
            }
        )
        cls.tax = cls.company.account_sale_tax_id
        cls.tea = cls.make_product("Barley tea", 12900, esm_seller_code="TEA-0100")
        cls.cup = cls.make_product("Mug", 5500, esm_inventory_code="CUP-05-W")
        cls.bag = cls.make_product("Gift bag", 2000, esm_inventory_code="BAG-01")

    @classmethod
    def make_product(cls, name, price, quantity=1000, **values):
        product = cls.env["product.product"].create(
            {
                "name": name,
                "list_price": price,
                "is_storable": True,
                "taxes_id": [Command.set(cls.tax.ids)],
                **values,
            }
        )
        cls.env["stock.quant"]._update_available_quantity(
            product, cls.warehouse.lot_stock_id, quantity
        )
        return product

    @classmethod
    def make_shops(cls, url):
        cls.account = cls.env["esm.account"].create(
            {
                "name": "Test account",
                "master_id": MASTER,
                "secret_key": SECRET,
                "environment": "sandbox",
                "sandbox_url": url,
                "calls_per_minute": 0,
            }
        )
        cls.gmarket, cls.auction = cls.env["esm.shop"].create(
            [
                {
                    "account_id": cls.account.id,
                    "site": site,
                    "seller_id": seller,
                    "carrier_id": cls.carrier.id,
                    "user_id": cls.env.ref("base.user_admin").id,
                    "auto_collect": True,
                    "auto_acknowledge": True,
                    "auto_release": True,
                }
                for site, seller in (("gmarket", GMARKET), ("auction", AUCTION))
            ]
        )


class EsmCase(ShopMixin, TransactionCase):
    """Tests that run the real jobs against a sandbox over HTTP.

    `self.env` works on a test cursor: the jobs commit and roll back as in real
    life, and everything is undone after the test.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sandbox = make_sandbox()
        cls.sandbox.start()
        cls.addClassCleanup(cls.sandbox.stop)
        cls.set_up_merchant()
        cls.make_shops(cls.sandbox.url)
        # Tests of the pace make their own client; the others do not wait.
        options = patch.object(
            EsmShop,
            "_api_options",
            lambda shop: {
                "pacer": NoPacer(),
                "sleep": lambda seconds: None,
                "calls_per_minute": 0,
            },
        )
        options.start()
        cls.addClassCleanup(options.stop)

    # Records of `setUpClass` that tests use, on the test's own cursor.
    _records = (
        *("company", "warehouse", "courier", "carrier", "tax", "tea", "cup", "bag"),
        *("account", "gmarket", "auction"),
    )

    def setUp(self):
        super().setUp()
        self.sandbox.reset()
        self.enterContext(self.enter_registry_test_mode())
        cr = self.enterContext(self.registry.cursor())
        self.env = self.env(cr=cr)
        for name in self._records:
            setattr(self, name, getattr(type(self), name).with_env(self.env))

    # --- shortcuts ------------------------------------------------------

    def place(self, *items, site="gmarket", **options):
        """A basket at the sandbox; returns its order numbers as text."""
        seller = GMARKET if site == "gmarket" else AUCTION
        numbers = self.sandbox.place_basket(site, seller, list(items), **options)
        return [str(number) for number in numbers]

    def run_cycle(self, shop=None):
        (shop or self.gmarket).sudo()._run_cycle()

    def rows(self, *numbers):
        return self.env["esm.order"].search(
            [("order_no", "in", numbers)], order="order_no"
        )

    def ship(self, order, number="123456789012"):
        """Validate the delivery of a sales order with a tracking number."""
        picking = order.picking_ids.filtered(
            lambda p: p.state not in ("done", "cancel")
        )
        picking.carrier_tracking_ref = number
        picking.button_validate()
        self.env.cr.commit()  # pylint: disable=invalid-commit
        return picking

    def send(self):
        """Run the sending job as its cron does."""
        self.env["esm.outbox"].sudo()._cron_send()
        self.env.invalidate_all()

    def remote(self, number):
        """The order as the sandbox has it."""
        return self.sandbox.orders[int(number)]


class StockCase(EsmCase):
    """Tests about what is on sale: both shops put there what is free."""

    def setUp(self):
        super().setUp()
        (self.gmarket | self.auction).write({"auto_stock": True})

    def set_stock(self, product, quantity):
        """Count what lies in the warehouse."""
        self.env["stock.quant"].with_context(inventory_mode=True).create(
            {
                "product_id": product.id,
                "location_id": self.warehouse.lot_stock_id.id,
                "inventory_quantity": quantity,
            }
        ).action_apply_inventory()
        self.commit()

    def commit(self):
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.env.invalidate_all()

    def read_listings(self):
        for shop in self.gmarket | self.auction:
            self.assertIsNone(shop.sudo()._read_listings())
        self.env.invalidate_all()

    def sync(self):
        """Run the stock job as its cron does."""
        self.commit()
        # Orders are collected each time, however fast the tests are.
        with patch.object(esm_shop_items, "FRESH_ORDERS", timedelta(seconds=-1)):
            self.env["esm.shop"].sudo()._cron_stock()
        self.env.invalidate_all()

    def later(self):
        """Let an hour pass: what was ordered before is no news any more."""
        self.env.flush_all()
        self.env.cr.execute(
            """UPDATE esm_listing SET ordered_at = ordered_at - interval '1 hour',
                      stock_at = stock_at - interval '1 hour',
                      pushed_at = pushed_at - interval '1 hour';
               UPDATE esm_outbox SET computed_at = computed_at - interval '1 hour'"""
        )
        self.commit()

    def listing(self, item, site="gmarket"):
        return self.env["esm.listing"].search(
            [("site_goods_no", "=", item.numbers[site]), ("site", "=", site)]
        )

    def option(self, item, site="gmarket"):
        return self.listing(item, site).option_ids

    def message(self, item, site="gmarket"):
        """The last message about the stock of an item."""
        return self.listing(item, site).outbox_ids.filtered(
            lambda message: message.action == "stock"
        )

    def on_sale(self, item, site="gmarket", option=None):
        """What buyers of the sandbox can buy."""
        key = (site, item.numbers[site], option and option.key)
        return self.sandbox.on_sale()[key]

    def calls(self, *names):
        return [call for call in self.sandbox.calls if call.endpoint in names]

    def writes(self):
        return self.calls("stock", "options", "sell-status")
