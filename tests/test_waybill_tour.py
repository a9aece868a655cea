from odoo.tests import new_test_user, tagged

from .common import CUP, GMARKET, TEA
from .test_tour import TourCase


@tagged("post_install", "-at_install")
class TestWaybillTour(TourCase):
    """A packer prints waybills from the list of deliveries."""

    def test_print_from_the_list(self):
        self.make_shops(self.sandbox.url)
        self.gmarket.tracking_moment = "print"
        self.env["esm.waybill.range"].create(
            {
                "carrier_id": self.carrier.id,
                "first": "600000000014",
                "last": "600000009991",
                "check_digit": "modulo_7",
            }
        )
        numbers = [
            *self.sandbox.place_basket("gmarket", GMARKET, [TEA, CUP]),
            *self.sandbox.place_basket("gmarket", GMARKET, [TEA]),
        ]
        [stopped] = self.sandbox.place_basket("gmarket", GMARKET, [CUP])
        self.env.flush_all()
        with self.registry.cursor() as cr:  # the job commits
            self.gmarket.with_env(self.env(cr=cr))._run_cycle()
        # Asked for after the orders came in: nobody has read it yet.
        self.sandbox.cancel(stopped)
        new_test_user(self.env, "packer", "stock.group_stock_user", password="packer")
        self.start_tour(
            "/odoo/action-sale_esm.stock_picking_action_to_ship",
            "esm_print_tour",
            login="packer",
            timeout=180,
        )
        with self.registry.cursor() as cr:
            self.env(cr=cr)["esm.outbox"]._cron_send()
        self.env.invalidate_all()
        rows = self.gmarket.order_ids
        pickings = rows.filtered(lambda row: row.order_no != str(stopped))
        pickings = pickings.sale_order_id.picking_ids
        self.assertEqual(pickings.mapped("esm_print_count"), [1, 1])
        self.assertEqual(pickings.mapped("esm_state"), ["sent", "sent"])
        self.assertEqual(
            set(pickings.mapped("carrier_tracking_ref")),
            {"600000000014", "600000000025"},
        )
        for number in numbers:
            [invoice] = self.sandbox.orders[number].invoices
            self.assertIn(invoice[1], pickings.mapped("carrier_tracking_ref"))
        self.assertEqual(self.sandbox.orders[stopped].invoices, [])
