"""Workers who pack, print and validate at once, on cursors that really commit."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

from odoo.exceptions import UserError
from odoo.service.model import retrying
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import CJ
from .test_concurrency import TwoWorkersCase

HOME = {"name": "김하나", "zip_code": "06236", "front": "서울 가상로 1", "back": "1호"}


class DeliveryWorkersCase(TwoWorkersCase):
    """Four deliveries to one address, for workers who want them at once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls.worker() as env:
            carrier = env["delivery.carrier"].create(
                {
                    "name": "Two workers",
                    "delivery_type": "fixed",
                    "product_id": env["product.product"]
                    .create({"name": "Two workers' courier", "type": "service"})
                    .id,
                    "esm_courier_id": env["esm.courier"].search([("code", "=", CJ)]).id,
                    "esm_range_ids": [
                        (0, 0, {"first": "770000000001", "last": "770000000099"})
                    ],
                }
            )
            shop = env["esm.shop"].browse(cls.shop_id)
            shop.write({"carrier_id": carrier.id, "auto_release": True})
            cls.carrier_id = carrier.id

    @classmethod
    def take_away(cls):
        res = super().take_away()
        with cls.worker() as env:
            carrier = env["delivery.carrier"].search([("name", "=", "Two workers")])
            product = carrier.product_id
            carrier.esm_range_ids.used = 0
            carrier.esm_range_ids.unlink()
            carrier.unlink()
            product.unlink()
        return res

    @classmethod
    def take_orders_away(cls):
        with cls.worker() as env:
            pickings = cls.pickings(env)
            # What has left would stay for ever.
            gone = pickings.move_ids.filtered(lambda move: move.state == "done")
            gone.write({"state": "assigned"})
            pickings.esm_bundle_id.unlink()
            pickings.action_cancel()
            orders = pickings.sale_id
            pickings.unlink()
            orders.action_cancel()
        return super().take_orders_away()

    @classmethod
    def pickings(cls, env):
        return env["stock.picking"].search(
            [("esm_shop_id.account_id.master_id", "=", "twomaster")], order="id"
        )

    def setUp(self):
        super().setUp()
        for _basket in range(4):
            self.place(1000, receiver=HOME)
        with self.worker() as env:
            self.shop(env)._run_cycle()
            self.ids = self.pickings(env).ids
            self.assertEqual(self.pickings(env).mapped("state"), ["assigned"] * 4)

    def at_once(self, *works):
        """Run these callables at once, each as a request of a person would be.

        All have read the deliveries before the first one writes.

        :return: list of errors that people saw, None where all went well
        """
        start = Barrier(len(works))

        def one(work):
            with self.worker() as env:
                waited = []

                def request():
                    pickings = env["stock.picking"].browse(self.ids)
                    pickings.mapped("esm_mate_count")
                    if not waited:
                        waited.append(start.wait(60))
                    work(pickings)

                try:
                    retrying(request, env)
                except UserError as error:
                    return str(error)
            return None

        with (
            mute_logger("odoo.sql_db", "odoo.service.model"),
            ThreadPoolExecutor(len(works)) as pool,
        ):
            return list(pool.map(one, works))


@tagged("post_install", "-at_install")
class TestBundleWorkers(DeliveryWorkersCase):
    def test_two_workers_pack_the_same_deliveries(self):
        errors = self.at_once(
            lambda pickings: pickings[:3].action_esm_pack_together(),
            lambda pickings: pickings[1:].action_esm_pack_together(),
        )
        self.assertEqual(errors, [None, None])
        with self.worker() as env:
            pickings = self.pickings(env)
            # The second one found the first one's parcel, and let it grow.
            self.assertEqual(len(pickings.esm_bundle_id), 1)
            self.assertTrue(all(picking.esm_bundle_id for picking in pickings))

    def test_the_second_one_is_told(self):
        errors = self.at_once(
            lambda pickings: pickings.action_esm_pack_together(),
            lambda pickings: pickings.action_esm_pack_together(),
        )
        self.assertEqual(errors.count(None), 1)
        self.assertIn("packed together already", "".join(filter(None, errors)))

    def test_packing_while_one_of_them_gets_its_number(self):
        """A number is of the whole parcel, or the delivery is in none."""
        for _round in range(3):
            errors = self.at_once(
                lambda pickings: pickings.action_esm_pack_together(),
                lambda pickings: pickings[1].write(
                    {"carrier_tracking_ref": "770000000099"}
                ),
            )
            self.assertEqual(errors, [None, None])
            with self.worker() as env:
                pickings = self.pickings(env)
                one = pickings[1]
                numbered = pickings.filtered("carrier_tracking_ref")
                self.assertIn(one, numbered)
                self.assertEqual(numbered, one._esm_whole_parcels().sorted("id"))
                pickings.action_esm_take_apart()
                pickings.write({"carrier_tracking_ref": False, "esm_repack_text": ""})

    def test_a_parcel_grows_while_it_is_printed(self):
        with self.worker() as env:
            self.pickings(env)[:3].action_esm_pack_together()
        self.at_once(
            lambda pickings: pickings[0].action_esm_print_waybill(),
            lambda pickings: pickings[3].action_esm_pack_together(),
        )
        with self.worker() as env:
            pickings = self.pickings(env)
            [number] = set(pickings[:3].mapped("carrier_tracking_ref"))
            self.assertTrue(number)
            grown = pickings[3].esm_bundle_id
            self.assertEqual(pickings[3].carrier_tracking_ref == number, bool(grown))

    def test_what_the_packer_was_told_stays(self):
        """It is stored although the validation is rolled back."""
        with self.worker() as env:
            pickings = self.pickings(env)
            pickings[0].carrier_tracking_ref = "770000000098"
            number = pickings[0]._esm_orders().order_no
            self.shop(env).cancels_read_at -= timedelta(minutes=1)
        self.sandbox.cancel(int(number))
        calls = self.calls("Cancels")
        with self.worker() as env:
            self.pickings(env)[0].button_validate()
            self.assertEqual(self.calls("Cancels") - calls, 2)
            env.cr.rollback()
        with self.worker() as env:
            picking = self.pickings(env)[0]
            self.assertIn("wants to cancel", picking.esm_stop_text)
            self.assertEqual(picking.state, "assigned")
            # Whoever scans next does not ask again.
            picking.button_validate()
            self.assertEqual(self.calls("Cancels") - calls, 2)
            self.assertEqual(picking.state, "assigned")
