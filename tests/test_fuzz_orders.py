import json
from unittest.mock import patch

from lxml import etree

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..esm_api import RuleError
from ..esm_api.delivery import DeliveryApi
from ..esm_api.orders import OrdersApi
from ..models.esm_order import EsmOrder
from ..models.sale_order import SaleOrder
from .common import CUP, TEA, EsmCase
from .esm_api_common import rows
from .mutations import VALUES, mutations

#: So many mutated orders go through one run together.
AT_ONCE = 150
#: All keys of a row of RequestOrders on Gmarket.
KEYS = tuple(rows("orders_gmarket_one_item")[0])
#: The only mutated surcharges that can be meant so.
SURCHARGES = dict.fromkeys(
    ("BackwoodsAddDeliveryFee: number as text", "JejuAddDeliveryFee: number as text"),
    12900,
)
READER = "odoo.addons.sale_esm.esm_api.orders"
JOBS = "odoo.addons.sale_esm.models.esm_shop_jobs"


class FuzzCase(EsmCase):
    def collect(self):
        """Run all jobs of the shop that handle orders."""
        with mute_logger(READER):
            self.run_cycle()
            # An answer that a busy machine gave too late: what it was is read again.
            late = self.env["esm.outbox"].search([("state", "=", "waiting")])
            if late:
                late.next_try_at = False
                self.run_cycle()
        self.env.invalidate_all()

    def assertExplained(self, row):
        """Booked and on its way, or held with a reason that a merchant understands."""
        self.assertEqual(len(row), 1, "it is not stored")
        if row.state in ("released", "ignored"):
            self.assertFalse(row.problem, row.problem_text)
            return
        self.assertIn(row.state, ("received", "booked"))
        messages = row.outbox_ids.mapped(lambda m: (m.action, m.state, m.message))
        self.assertTrue(
            row.problem,
            f"it waits ({row.state}, {row.market_status}), and nobody is told why: "
            f"{messages}",
        )
        self.assertTrue(row.problem_text)
        self.assertNotIn("unexpected", row.problem_text)
        self.assertLess(len(row.problem_text), 2000)

    def assertSoldRight(self, row, surcharge=0):
        """What is confirmed has sane quantities, and its lines are its amount.

        :param surcharge: for islands; may be inside of what the buyer paid, or not
        """
        for line in row.sale_order_id.order_line:
            self.assertTrue(0 < line.product_uom_qty < 100_000, line.product_uom_qty)
            self.assertTrue(abs(line.price_total) < 10**9, line.price_total)
        self.assertTrue(0 < row.sale_order_id.amount_total < 10**9)
        paid = row.amount_paid + row.amount_site_share
        self.assertIn(row.sale_order_id.amount_total, {paid, paid + surcharge})

    def assertShown(self, records):
        """The screens of these records can be read, and are not full of rubbish."""
        for kind, view in records.get_views(
            [(False, "form"), (False, "list"), (False, "kanban"), (False, "search")]
        )["views"].items():
            if kind == "search":
                continue
            names = _names(etree.fromstring(view["arch"]))
            fields = records.fields_get(names, ["type"])
            wanted = {
                name: {"fields": {"display_name": {}}}
                if fields[name]["type"] in ("many2one", "many2many", "one2many")
                else {}
                for name in names
                if name in fields
            }
            for values in records.web_read(wanted):
                shown = json.dumps(values, default=str, ensure_ascii=False)
                self.assertLess(len(shown.encode()), 200_000)


def _names(arch):
    """Names of the fields of a view, without those of lists inside of it."""
    return [
        node.get("name")
        for node in arch.iter("field")
        if not any(parent.tag == "field" for parent in node.iterancestors())
    ]


@tagged("post_install", "-at_install")
class TestFuzzOrders(FuzzCase):
    """Orders whose payload has gone wrong, beside good ones, through all jobs."""

    def test_one_key_of_each_order_gone_wrong(self):
        todo = list(mutations(KEYS).items())
        for start in range(0, len(todo), AT_ONCE):
            batch = todo[start : start + AT_ONCE]
            self.sandbox.reset()
            self.sandbox.world.store.count_from(start * 10)
            bad, good = {}, []
            for index, (name, (key, value)) in enumerate(batch):
                if index % 10 == 0:
                    good += self.place(CUP)
                [number] = self.place({**TEA, "raw": {key: value}}, shipping_fee=3000)
                bad[name] = number
            self.collect()
            self.assertEqual(set(self.rows(*good).mapped("state")), {"released"})
            for name, number in bad.items():
                row = self.rows(number)
                if name.startswith("OrderNo:") and not row:
                    continue
                with self.subTest(name):
                    self.assertExplained(row)
                    if row.state == "released":
                        self.assertSoldRight(row, SURCHARGES.get(name, 0))
            [late] = self.place(TEA)
            self.collect()
            self.assertEqual(self.rows(late).state, "released")
            self.assertOnScreens(self.rows(*bad.values()))

    def assertOnScreens(self, stored):
        """Orders, what became of them, their problems and labels can be shown."""
        pickings = stored.sale_order_id.picking_ids
        pickings.write({"carrier_tracking_ref": "123456789012"})
        for records in (
            stored,
            stored.sale_order_id,
            stored.sale_order_id.partner_id,
            pickings,
            self.env["esm.problem"].search([]),
        ):
            self.assertShown(records)
        self.assertEqual(len(pickings._esm_labels()), len(pickings))
        self.env["esm.shop"].dashboard_layout()
        self.assertTrue(self.gmarket.dashboard_data)

    def hold(self, **raw):
        """Place an order whose figures cannot be, and look how it is held."""
        [good] = self.place(CUP)
        [number] = self.place({**TEA, "raw": raw}, shipping_fee=3000)
        self.collect()
        self.assertEqual(self.rows(good).state, "released")
        row = self.rows(number)
        self.assertEqual((row.state, row.problem), ("booked", "amount"))
        self.assertEqual(row.sale_order_id.state, "draft")
        self.assertIn("cannot be right", row.problem_text)
        self.assertIn(number, row.problem_text)
        return row

    def test_two_wrong_signs_are_not_a_sale(self):
        """Minus one piece at a price below zero amounts to what the buyer paid."""
        self.hold(ContrAmount=-1, SalePrice="-12900.0000")

    def test_sums_that_nobody_pays_are_held(self):
        row = self.hold(ContrAmount=90_000_000, AcntMoney="1161000003000.0000")
        with self.assertRaises(UserError):
            row.sale_order_id.action_confirm()

    def test_addition_without_number_of_pieces_is_held(self):
        row = self.hold(
            ItemOptionAdditionList=[
                {"ItemOptionValue": "쇼핑백", "ItemOptionCode": "BAG-01"}
            ],
            OptAddPrice="2000.0000",
            AcntMoney="17900.0000",
        )
        row.sale_order_id.action_esm_accept_amounts()
        row.sale_order_id.action_confirm()
        self.assertEqual(row.state, "released")

    def test_broken_row_of_a_basket_with_a_cancelled_order(self):
        """With a part cancelled the sums prove nothing; the figures have to be sane."""
        bad = {**TEA, "raw": {"ContrAmount": 90_000_000}}
        first, second = self.place(CUP, bad)
        self.gmarket.auto_release = False
        self.collect()
        self.sandbox.cancel(int(first))
        self.sandbox.approve_cancel(int(first))
        self.gmarket.auto_release = True
        self.collect()
        self.assertEqual(self.rows(first).state, "cancelled")
        self.assertEqual(self.rows(second).problem, "amount")

    def test_same_number_twice_with_different_content(self):
        good, first = self.place(CUP) + self.place(TEA)
        raw = {"OrderNo": int(first), "GoodsName": "other", "PayNo": 77}
        self.place({**TEA, "raw": raw})
        self.collect()
        self.collect()
        self.assertEqual(self.rows(good).state, "released")
        self.assertEqual(len(self.rows(first)), 1)
        self.assertExplained(self.rows(first))

    def test_open_order_in_another_state_goes_on_once_both_agree(self):
        [number] = self.place({**TEA, "raw": {"OrderStatus": 9}})
        self.collect()
        row = self.rows(number)
        self.assertEqual((row.state, row.problem), ("received", "error"))
        self.remote(number).item.raw.clear()
        self.collect()
        self.collect()
        self.assertEqual((row.state, row.problem), ("released", False))

    def test_retry_does_not_hide_an_order_in_another_state(self):
        """Nothing else would ever say why it is not booked."""
        [number] = self.place({**TEA, "raw": {"OrderStatus": 4}})
        self.collect()
        self.rows(number).action_retry()
        self.collect()
        row = self.rows(number)
        self.assertEqual((row.state, row.market_status), ("received", "delivered"))
        self.assertExplained(row)

    def test_text_of_a_label_reads_from_left_to_right(self):
        raw = {"ReceiverName": VALUES["right to left"]}
        [number] = self.place({**TEA, "raw": raw})
        self.collect()
        picking = self.rows(number).sale_order_id.picking_ids
        self.assertEqual(picking.partner_id.name, "가나다 abc")


@tagged("post_install", "-at_install")
class TestOneBadOrder(FuzzCase):
    """Whatever happens to one order, the others go their way."""

    def break_for(self, target, name, number, error=ValueError):
        """Let a method fail for one order, as a fault of ours or a stranger's would."""
        method = getattr(target, name)

        def broken(records, *args, **kwargs):
            texts = [str(arg) for arg in args] + [str(getattr(records, "origin", ""))]
            orders = getattr(records, "order_no", None) if len(records) == 1 else None
            if orders == number or any(number in text for text in texts):
                raise error("broken on purpose")
            return method(records, *args, **kwargs)

        return patch.object(target, name, broken)

    def test_order_that_cannot_be_stored(self):
        numbers = [self.place(TEA)[0] for _ in range(7)]
        bad = numbers.pop(3)
        with (
            self.break_for(EsmOrder, "_prepare_content_values", bad),
            self.assertLogs(JOBS, "ERROR") as log,
        ):
            self.collect()
        self.assertEqual(set(self.rows(*numbers).mapped("state")), {"released"})
        self.assertEqual(len(self.rows(*numbers)), 6)
        self.assertFalse(self.rows(bad))
        self.assertTrue(self.gmarket.cursor_at)
        self.assertEqual(self.gmarket.connection_state, "problem")
        self.assertIn(
            f"1 orders of the marketplace cannot be stored ({bad})",
            self.gmarket.connection_message,
        )
        self.assertEqual(len(log.output), 1)
        self.assertNotIn("홍", log.output[0])
        self.collect()
        self.assertEqual(self.rows(bad).state, "released")
        self.assertEqual(self.gmarket.connection_state, "connected")

    def test_cancel_that_cannot_be_taken_over(self):
        """It is tried again each time; until then the goods stay where they are."""
        first, second = self.place(TEA)[0], self.place(CUP)[0]
        self.collect()
        for number in (first, second):
            self.sandbox.cancel(int(number))
            self.sandbox.approve_cancel(int(number))
        with self.break_for(SaleOrder, "_esm_cancel_lines", first, UserError):
            self.collect()
            [late] = self.place(TEA)
            self.collect()
        row = self.rows(first)
        self.assertEqual((row.state, row.problem), ("released", "cancel"))
        self.assertIn("broken on purpose", row.problem_text)
        self.assertTrue(row._stop_text())
        self.assertEqual(self.rows(second).state, "cancelled")
        self.assertEqual(self.rows(late).state, "released")
        self.collect()
        self.assertEqual((row.state, row.problem), ("cancelled", False))

    def test_look_ups_that_are_refused(self):
        """An order that ESM does not want to show again does not stop the others."""
        [first] = self.place(TEA, no_phone=True)
        [gone] = self.place(CUP)
        self.collect()
        self.rows(first).complete_at = "2026-01-01"
        self.sandbox.dispatch(int(gone), 10013, "123456789012")
        [late] = self.place(TEA)
        calls = []

        def refuse(_api, order_no, **_options):
            calls.append(order_no)
            raise RuleError("broken on purpose")

        with (
            patch.object(OrdersApi, "get", refuse),
            patch.object(DeliveryApi, "status", refuse),
        ):
            self.collect()
        self.assertEqual(set(calls), {first, gone})
        self.assertEqual(self.rows(late).state, "released")
        self.assertFalse(self.rows(gone).problem)
        self.assertFalse(self.rows(first).complete_at)
        self.assertEqual(self.gmarket.connection_state, "connected")
        self.collect()
        self.assertEqual(self.rows(gone).problem, "elsewhere")
