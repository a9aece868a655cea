from odoo.tests import new_test_user, tagged

from .common import CUP, GMARKET, TEA
from .test_bundles import HOME
from .test_tour import TourCase


@tagged("post_install", "-at_install")
class TestBundleTour(TourCase):
    """A packer packs two deliveries together and types one number."""

    def test_pack_together(self):
        self.make_shops(self.sandbox.url)
        numbers = []
        for item, receiver in ((TEA, HOME), (CUP, HOME), (CUP, None)):
            numbers += self.sandbox.place_basket(
                "gmarket", GMARKET, [item], receiver=receiver
            )
        self.env.flush_all()
        with self.registry.cursor() as cr:  # the job commits
            self.gmarket.with_env(self.env(cr=cr))._run_cycle()
        new_test_user(self.env, "packer", "stock.group_stock_user", password="packer")
        self.start_tour(
            "/odoo/action-sale_esm.stock_picking_action_to_ship",
            "esm_bundle_tour",
            login="packer",
            timeout=180,
        )
        with self.registry.cursor() as cr:
            self.env(cr=cr)["esm.outbox"]._cron_send()
        told = [
            [invoice[1] for invoice in self.sandbox.orders[number].invoices]
            for number in numbers
        ]
        self.assertEqual(told, [["660000000077"], ["660000000077"], []])
