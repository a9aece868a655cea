"""Files that two people apply at once, or while a job works on the same orders."""

import base64

from odoo.tests import tagged

from .test_bundle_workers import DeliveryWorkersCase
from .test_tracking_import import HEADER, make_csv

NUMBERS = ("888800000001", "888800000002", "888800000003", "888800000004")
OTHERS = ("999900000001", "999900000002", "999900000003", "999900000004")
FILE_HEADER = (
    "주문번호",
    "상품명",
    "수량",
    "판매단가",
    "수령인명",
    "주소",
    "수령인 휴대폰",
)


@tagged("post_install", "-at_install")
class TestImportWorkers(DeliveryWorkersCase):
    @classmethod
    def take_orders_away(cls):
        with cls.worker() as env:
            for model in ("esm.tracking.import", "esm.manual.order"):
                imports = env[model].search([("create_uid", "=", env.uid)])
                imports.state = "preview"
                imports.unlink()
        return super().take_orders_away()

    def preview(self, model, data, **values):
        """The ID of an import that somebody has read."""
        with self.worker() as env:
            record = env[model].create({"file": base64.b64encode(data), **values})
            record.action_read()
            self.assertEqual((record.state, record.problem_count), ("preview", 0))
            return record.id

    def courier_file(self, numbers, **values):
        with self.worker() as env:
            orders = self.pickings(env).sale_id.esm_order_ids.sorted("order_no")
            rows = zip(orders.mapped("order_no"), numbers, strict=True)
            data = make_csv(HEADER, *rows)
        return self.preview("esm.tracking.import", data, **values)

    def manual_file(self, *order_numbers):
        rows = [
            (number, "Two", 1, 1000, "김하나", "서울 가상로 1", "010-0000-1234")
            for number in order_numbers
        ]
        return self.preview(
            "esm.manual.order",
            make_csv(FILE_HEADER, *rows),
            kind="file",
            shop_id=self.shop_id,
        )

    def apply(self, model, number):
        return lambda pickings: pickings.env[model].browse(number).action_apply()

    def states(self, model, *numbers):
        with self.worker() as env:
            return env[model].browse(numbers).mapped("state")

    def tracking_numbers(self):
        with self.worker() as env:
            return self.pickings(env).mapped("carrier_tracking_ref")

    # --- courier files ------------------------------------------------------

    def test_one_preview_is_applied_twice(self):
        courier = self.courier_file(NUMBERS)
        apply = self.apply("esm.tracking.import", courier)
        errors = self.at_once(apply, apply)
        self.assertEqual(errors.count(None), 1)
        self.assertIn("Somebody else was faster", str(errors))
        self.assertEqual(self.tracking_numbers(), list(NUMBERS))

    def test_two_files_for_the_same_deliveries(self):
        files = self.courier_file(NUMBERS), self.courier_file(OTHERS)
        errors = self.at_once(
            *(self.apply("esm.tracking.import", courier) for courier in files)
        )
        self.assertEqual(errors, [None, None])
        # One of them as a whole; the other one is told why not.
        self.assertIn(self.tracking_numbers(), (list(NUMBERS), list(OTHERS)))
        self.assertEqual(
            sorted(self.states("esm.tracking.import", *files)), ["done", "preview"]
        )
        with self.worker() as env:
            [refused] = (
                env["esm.tracking.import"]
                .browse(files)
                .filtered(lambda record: record.state == "preview")
            )
            self.assertEqual(refused.problem_count, 4)
            self.assertIn("Nothing was changed", refused.message)

    def test_a_file_while_somebody_prints(self):
        courier = self.courier_file(NUMBERS)
        errors = self.at_once(
            self.apply("esm.tracking.import", courier),
            lambda pickings: pickings.action_esm_print_waybill(),
        )
        self.assertEqual(errors, [None, None])
        numbers = self.tracking_numbers()
        [state] = self.states("esm.tracking.import", courier)
        if state == "done":
            # Printed with the file's numbers.
            self.assertEqual(numbers, list(NUMBERS))
        else:
            self.assertEqual(len(set(numbers)), 4)
            self.assertTrue(all(number.startswith("77") for number in numbers))

    def test_a_file_while_the_job_sends(self):
        """The deliveries left without numbers; what the file brings is sent once."""
        with self.worker() as env:
            pickings = self.pickings(env)
            pickings.move_ids.picked = True
            pickings._action_done()
            pickings[0].carrier_tracking_ref = NUMBERS[0]
        courier = self.courier_file(NUMBERS)
        errors = self.at_once(
            self.apply("esm.tracking.import", courier),
            lambda pickings: pickings.env["esm.outbox"]._cron_send(),
        )
        self.assertEqual(errors, [None, None])
        with self.worker() as env:
            env["esm.outbox"]._cron_send()
            for order, number in zip(
                self.pickings(env).sale_id.esm_order_ids.sorted("order_no"),
                NUMBERS,
                strict=True,
            ):
                remote = self.sandbox.orders[int(order.order_no)]
                self.assertEqual(remote.invoice_no, number)
                self.assertEqual((order.state, order.tracking_no), ("sent", number))
        self.assertEqual(self.calls("ShippingInfo"), 4)

    # --- orders entered by hand ---------------------------------------------

    def test_one_order_is_entered_twice(self):
        files = [self.manual_file("4700000001", "4700000002") for _file in range(2)]
        errors = self.at_once(*(self.apply("esm.manual.order", file) for file in files))
        self.assertEqual(errors, [None, None])
        self.assertEqual(
            sorted(self.states("esm.manual.order", *files)), ["done", "preview"]
        )
        with self.worker() as env:
            rows = self.rows(env, "4700000001", "4700000002")
            self.assertEqual(len(rows), 2)
            self.assertEqual(len(rows.sale_order_id), 2)

    def test_an_order_is_entered_while_the_job_collects_it(self):
        [number] = self.place(1000)
        file = self.manual_file(number)
        errors = self.at_once(
            self.apply("esm.manual.order", file),
            lambda pickings: pickings.env["esm.shop"].browse(self.shop_id)._run_cycle(),
        )
        self.assertEqual(errors, [None, None])
        with self.worker() as env:
            row = self.rows(env, number)
            self.assertEqual(len(row), 1)
            self.assertEqual(len(row.sale_order_id), 1)
            self.assertEqual(row.sale_order_id.amount_total, 1000)
            [state] = self.states("esm.manual.order", file)
            self.assertEqual(state == "done", row.origin == "file")
            # Nothing is told about what was entered by hand, not even by the job.
            confirmed = self.sandbox.orders[int(number)].confirmations
            self.assertEqual(bool(confirmed), row.origin == "collected")
