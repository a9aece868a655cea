import base64
import io
from unittest.mock import patch

import openpyxl

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from ..models import esm_manual_order
from .common import CJ, CUP, TEA
from .test_claims import ClaimsCase
from .workbooks import make_workbook

NUMBER = "123456789012"
# As ESM Plus writes it.
HEADER = (
    *("판매아이디", "주문번호", "주문상태", "상품번호", "상품명"),
    *("택배사명(발송방법)", "송장번호", "수령인명", "구매자명", "수량", "옵션"),
    *("판매단가", "판매금액", "판매자 관리코드", "판매자 상세관리코드"),
    *("수령인 휴대폰", "우편번호", "주소", "배송시 요구사항", "배송비 금액"),
    *("장바구니번호(결제번호)", "결제일"),
)
ROW = {
    "판매아이디": "mallsample_g",
    "주문번호": "4700000001",
    "주문상태": "배송중",
    "상품번호": "3900000001",
    "상품명": "[샘플] 보리차 티백 100개입",
    "택배사명(발송방법)": "CJ대한통운",
    "송장번호": NUMBER,
    "수령인명": "김수령",
    "구매자명": "이구매",
    "수량": "2",
    "옵션": "",
    "판매단가": "12,900",
    "판매금액": "25,800",
    "판매자 관리코드": "TEA-0100",
    "판매자 상세관리코드": "",
    "수령인 휴대폰": "010-0000-1234",
    "우편번호": "06236",
    "주소": "서울 강남구 테헤란로 1 101호",
    "배송시 요구사항": "문 앞",
    "배송비 금액": "3,000",
    "장바구니번호(결제번호)": "9900000001",
    "결제일": "2026-11-20 10:30:00",
}


class ManualCase(ClaimsCase):
    def enter(self, **values):
        record = self.env["esm.manual.order"].create(
            {"shop_id": self.gmarket.id, **values}
        )
        record.action_read()
        return record

    def enter_file(self, *rows, header=HEADER, **values):
        """The preview of a workbook with these rows, each `ROW` but for some cells."""
        cells = [
            [{**ROW, **row}.get(title, "") for title in header] for row in rows or ({},)
        ]
        return self.enter(
            kind="file",
            file=base64.b64encode(make_workbook(header, *cells)),
            filename="orders.xlsx",
            **values,
        )

    def dispatched(self, *items, **options):
        """Numbers of orders that somebody sent in ESM Plus before they came here."""
        numbers = self.place(*items, **options)
        for number in numbers:
            self.sandbox.confirm(int(number))
            self.sandbox.dispatch(int(number), CJ, NUMBER)
        return numbers

    def writes(self):
        """What was written at the sandbox."""
        return [
            call.endpoint
            for call in self.sandbox.calls
            if call.endpoint
            in (
                *("OrderCheck", "ShippingInfo", "ShippingExpectedDate"),
                "AddShippingCompleteInfo",
            )
        ]


@tagged("post_install", "-at_install")
class TestManualOrder(ManualCase):
    """Orders that ESM does not hand over any more become normal orders all the same."""

    # --- by number --------------------------------------------------------

    def test_by_number(self):
        first, second = self.dispatched(TEA, CUP, shipping_fee=3000)
        fetch = self.env["esm.fetch"].create(
            {"shop_id": self.gmarket.id, "numbers": f"{first} {second}"}
        )
        fetch.action_fetch()
        self.assertTrue(fetch.some_left)
        self.assertIn("press Enter by Hand", fetch.line_ids[0].result)
        action = fetch.action_manual()
        record = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(record.numbers.split(), [first, second])
        record.action_read()
        self.assertEqual((record.state, record.change_count), ("preview", 2))
        self.assertFalse(self.rows(first, second))
        record.action_apply()
        self.assertEqual((record.state, record.applied_count), ("done", 2))
        rows = self.rows(first, second)
        self.assertEqual(rows.mapped("state"), ["released", "released"])
        self.assertEqual(rows.mapped("origin"), ["number", "number"])
        order = rows.sale_order_id
        self.assertEqual((len(order), order.amount_total), (1, 21400))
        self.assertEqual(record.line_ids.sale_order_id, order)
        picking = order.picking_ids
        self.assertEqual(picking.carrier_tracking_ref, NUMBER)
        before = self.writes()
        picking.button_validate()
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.send()
        self.run_cycle()
        self.assertEqual(self.writes(), before)
        self.assertEqual(rows.mapped("state"), ["shipped", "shipped"])
        self.assertFalse(rows.outbox_ids)
        self.assertFalse(picking.esm_state)
        # Nobody is told that they are late.
        self.assertEqual(set(rows.mapped("due_state")), {False})

    def test_numbers_that_cannot_be_taken_over(self):
        [known] = self.book(TEA)
        [new] = self.place(TEA)
        [elsewhere] = self.dispatched(TEA, site="auction")
        [claimed] = self.dispatched(TEA)
        self.sandbox.mark_delivered(int(claimed))
        self.sandbox.request_return(int(claimed))
        record = self.enter(
            numbers=f"{known.order_no},{new}\n{elsewhere} {claimed} 4999999999"
        )
        self.assertEqual(record.problem_count, 5)
        for line, text in zip(
            record.line_ids,
            (
                "is in Odoo already",
                "is not in delivery yet",
                "not known to this shop",
                "under a cancel, return or exchange",
                "not known to this shop",
            ),
            strict=True,
        ):
            self.assertIn(text, line.problem)
        with self.assertRaisesRegex(UserError, "nothing to change"):
            record.action_apply()

    def test_more_numbers_than_anybody_waits_for(self):
        with self.assertRaisesRegex(UserError, "at most 20 order numbers"):
            self.enter(numbers=" ".join(str(4700000000 + n) for n in range(21)))
        self.assertFalse(self.sandbox.calls)

    # --- the workbook -----------------------------------------------------

    def test_from_the_workbook(self):
        record = self.enter_file()
        [line] = record.line_ids
        self.assertEqual(
            (line.state, line.problem, line.note), ("change",) + (False,) * 2
        )
        record.action_apply()
        row = self.rows("4700000001")
        self.assertEqual(
            (row.state, row.origin, row.silent), ("released", "file", True)
        )
        self.assertEqual(
            (row.pay_no, row.quantity, row.memo, row.tracking_no),
            ("9900000001", 2, "문 앞", NUMBER),
        )
        order = row.sale_order_id
        self.assertEqual(order.amount_total, 28800)
        self.assertEqual(order.partner_id.name, "이구매")
        self.assertEqual(str(order.date_order), "2026-11-20 01:30:00")
        receiver = order.partner_shipping_id
        self.assertEqual(
            (receiver.name, receiver.phone, receiver.zip),
            ("김수령", "010-0000-1234", "06236"),
        )
        self.assertEqual(order.picking_ids.product_id, self.tea)
        self.assertEqual(order.picking_ids.carrier_tracking_ref, NUMBER)
        # The order has it now; the import forgets who it was for.
        self.assertFalse(record.file)
        self.assertFalse(line.receiver_name or line.given or line.payload)
        self.assertEqual(line.order_id, row)

    def test_one_order_per_basket_and_one_row_per_number(self):
        option = {
            "주문번호": "4700000002",
            "상품명": "[샘플] 머그컵",
            "상품번호": "3900000005",
            "옵션": "색상:화이트",
            "판매단가": "5500",
            "판매금액": "5500",
            "수량": 1,
            "판매자 관리코드": "CUP-05",
            "판매자 상세관리코드": "CUP-05-W",
        }
        record = self.enter_file({}, option)
        self.assertIn("shipping 3,000 is booked once", record.line_ids[0].note)
        record.action_apply()
        rows = self.rows("4700000001", "4700000002")
        self.assertEqual(len(rows.sale_order_id), 1)
        self.assertEqual(rows.sale_order_id.amount_total, 25800 + 5500 + 3000)
        self.assertFalse(rows.filtered("problem"))
        again = self.enter_file({}, option)
        self.assertEqual(again.problem_count, 2)
        self.assertIn("is in Odoo already", again.line_ids[0].problem)

    def test_the_same_on_auction(self):
        for shop, seller in ((self.auction, "mallsample_a"),):
            record = self.enter_file(
                {"판매아이디": seller},
                {"판매아이디": seller, "주문번호": "4700000002"},
                shop_id=shop.id,
            )
            record.action_apply()
            rows = self.rows("4700000001", "4700000002")
            self.assertFalse(rows.filtered("problem"))
            self.assertEqual(rows.sale_order_id.amount_total, 2 * 25800 + 3000)

    def test_unknown_goods_wait_as_always(self):
        record = self.enter_file({"판매자 관리코드": "NEW-1"})
        self.assertIn("No product has the code NEW-1", record.line_ids.note)
        record.action_apply()
        row = self.rows("4700000001")
        self.assertEqual((row.state, row.problem), ("booked", "unmatched"))
        self.env["product.product"].create(
            {"name": "New", "is_storable": True, "esm_seller_code": "NEW-1"}
        )
        self.gmarket.sudo()._process()
        self.assertEqual((row.state, row.problem), ("released", False))

    def test_add_on_items_wait_for_their_product(self):
        """The file says what they are called, but not which product they are."""
        header = (*HEADER, "추가구성")
        record = self.enter_file(
            {"추가구성": "선물용 쇼핑백 / 1개", "판매금액": "27,800"},
            {
                "추가구성": "-",
                "주문번호": "4700000002",
                "장바구니번호(결제번호)": "9900000002",
            },
            header=header,
        )
        self.assertIn("선물용 쇼핑백 / 1개 have no code", record.line_ids[0].note)
        self.assertFalse(record.line_ids[1].note)
        record.action_apply()
        row, other = self.rows("4700000001", "4700000002")
        self.assertEqual((other.state, other.problem), ("released", False))
        self.assertEqual((row.state, row.problem), ("booked", "unmatched"))
        order = row.sale_order_id
        self.assertEqual(order.amount_total, 27800 + 3000)
        line = order.order_line.filtered(lambda line: line.esm_kind == "addition")
        self.assertEqual((line.name, line.product_uom_qty), ("선물용 쇼핑백 / 1개", 1))
        line.product_id = self.bag
        row.action_retry()
        self.gmarket.sudo()._process()
        self.assertEqual((row.state, row.problem), ("released", False))
        self.assertEqual(order.picking_ids.move_ids.product_id, self.tea | self.bag)
        self.assertEqual(order.amount_total, 27800 + 3000)

    def test_many_orders_are_booked_by_the_job(self):
        with patch.object(esm_manual_order, "BOOK_AT_ONCE", 0):
            self.enter_file().action_apply()
        row = self.rows("4700000001")
        self.assertEqual(row.state, "received")
        self.assertTrue(
            self.env["ir.cron.trigger"].search(
                [("cron_id", "=", self.env.ref("sale_esm.ir_cron_process").id)]
            )
        )
        self.env.ref("sale_esm.ir_cron_process").method_direct_trigger()
        self.assertEqual(row.state, "released")

    def test_problems_of_rows(self):
        record = self.enter_file(
            {"수량": "0"},
            {"주문번호": "", "주소": "x"},
            {"주문번호": "4700000003", "주소": ""},
            {"주문번호": "4700000004", "판매단가": "공짜"},
            {"주문번호": "4700000005", "판매금액": "100"},
            {"주문번호": "4700000006", "주문상태": "취소완료"},
            {"주문번호": "4700000007", "판매아이디": "somebody"},
            {"주문번호": "4700000008", "결제일": "어제"},
            {"주문번호": "4700000009"},
            {"주문번호": "4700000009"},
            {"주문번호": "4.7E+9"},
        )
        self.assertEqual(record.problem_count, 11)
        for line, text in zip(
            record.line_ids,
            (
                "J2 Quantity: the quantity is a whole number",
                "B3 Order Number: the row has no order number",
                "R4 Address: the row has no address",
                "L5 Unit Price: 공짜 is no amount",
                "M6 Sale Amount: 100 is less than",
                "C7 Status: the order is under a claim",
                "A8 Seller ID: the order belongs to somebody",
                "V9 Paid: 어제 is no date",
                "stands in several rows: 10, 11",
                "stands in several rows: 10, 11",
                "digits are lost",
            ),
            strict=True,
        ):
            self.assertIn(text, line.problem)
        data = base64.b64decode(record.problem_file)
        sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
        self.assertEqual(sheet.max_row, 12)

    # --- typed ------------------------------------------------------------

    def type_in(self, **values):
        form = Form(self.env["esm.manual.order"])
        form.kind = "typed"
        form.shop_id = self.gmarket
        with form.line_ids.new() as line:
            for name, value in {
                "order_no": "4700000001",
                "goods_name": "Tea",
                "seller_code": "TEA-0100",
                "unit_price": 12900,
                "shipping_fee": 2500,
                "receiver_name": "김수령",
                "receiver_mobile": "010-0000-1234",
                "zip_code": "06236",
                "address": "서울 강남구 테헤란로 1",
                **values,
            }.items():
                setattr(line, name, value)
        return form.save()

    def test_the_title_is_the_kind_before_it_is_saved(self):
        form = Form(self.env["esm.manual.order"])
        form.kind = "typed"
        self.assertEqual(form.display_name, "Typed in")

    def test_typed_in(self):
        record = self.type_in(address=False)
        record.action_read()
        self.assertEqual(record.state, "preview")
        self.assertIn("no address", record.line_ids.problem)
        with self.assertRaisesRegex(UserError, "Go back first"):
            record.with_user(self.env.ref("base.user_admin")).line_ids.address = "x"
        record.action_reset()
        record.line_ids.address = "서울 강남구 테헤란로 1"
        record.action_read()
        self.assertFalse(record.line_ids.problem)
        record.action_apply()
        row = self.rows("4700000001")
        self.assertEqual((row.state, row.origin), ("released", "typed"))
        self.assertEqual(row.sale_order_id.amount_total, 15400)
        self.assertEqual(row.sale_order_id.partner_shipping_id.name, "김수령")

    # --- nothing is told, unless it is asked for ---------------------------

    def test_printing_validating_and_all_jobs_tell_nothing(self):
        self.gmarket.tracking_moment = "print"
        [number] = self.dispatched(TEA)
        before = self.writes()
        self.enter(numbers=number).action_apply()
        row = self.rows(number)
        picking = row.sale_order_id.picking_ids
        picking.action_esm_print_waybill()
        self.assertTrue(picking._esm_print(lambda: "label"))
        picking.button_validate()
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.run_cycle()
        self.gmarket.sudo()._cron_sweep()
        self.send()
        self.assertTrue(picking.esm_printed_at)
        self.assertEqual((picking.state, row.state), ("done", "shipped"))
        self.assertFalse(row.outbox_ids)
        self.assertEqual(self.writes(), before)
        self.assertEqual(self.rows(number), row)
        self.assertIn("nothing is told about it", row._not_plannable_text())

    def test_the_marketplace_is_told_on_request(self):
        [number] = self.dispatched(TEA)
        self.enter(numbers=number).action_apply()
        row = self.rows(number)
        picking = row.sale_order_id.picking_ids
        picking.carrier_tracking_ref = "222222222222"
        picking.button_validate()
        with self.assertRaisesRegex(UserError, "Only new orders|Nothing is told"):
            row.action_acknowledge()
        self.assertFalse(row.outbox_ids)
        row.action_tell_marketplace()
        self.assertFalse(row.silent)
        self.assertEqual(row.outbox_ids.mapped("action"), ["ship"])
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.send()
        # Another number than the marketplace shows: a person decides, as always.
        self.assertEqual(picking.esm_state, "refused")
        picking.action_esm_replace()
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.send()
        self.assertEqual(self.remote(number).invoice_no, "222222222222")

    def test_a_printed_waybill_is_told_at_once_where_printing_tells(self):
        for moment, told in (("print", ["ship"]), ("validate", [])):
            with self.subTest(moment=moment):
                self.gmarket.tracking_moment = moment
                [number] = self.dispatched(TEA)
                self.enter(numbers=number).action_apply()
                row = self.rows(number)
                picking = row.sale_order_id.picking_ids
                picking.action_esm_print_waybill()
                picking._esm_print(lambda: "label")
                row.action_tell_marketplace()
                self.assertEqual(row.outbox_ids.mapped("action"), told)
                self.assertEqual(picking.state, "assigned")

    def test_an_order_that_the_marketplace_hands_over_after_all(self):
        [number] = self.place(TEA)
        self.enter_file({"주문번호": number}).action_apply()
        row = self.rows(number)
        self.run_cycle()
        self.assertEqual((row.problem, row.market_status), ("silent", "new"))
        self.assertIn("Press Tell the Marketplace", row.problem_text)
        self.assertFalse(row.outbox_ids)
        self.assertEqual(self.remote(number).confirmations, 0)
        row.action_tell_marketplace()
        self.run_cycle()
        self.assertFalse(row.problem)
        self.assertEqual(self.remote(number).confirmations, 1)

    def test_cancels_reach_orders_entered_by_hand(self):
        [number] = self.place(TEA)
        self.enter_file({"주문번호": number}).action_apply()
        self.sandbox.cancel(int(number))
        self.run_cycle()
        row = self.rows(number)
        self.assertEqual((row.state, row.sale_order_id.state), ("cancelled", "cancel"))

    # --- who may ----------------------------------------------------------

    def test_roles(self):
        user = self.env["res.users"].create(
            {
                "name": "sells",
                "login": "sells",
                "group_ids": [
                    Command.set(
                        self.env.ref("sales_team.group_sale_salesman_all_leads").ids
                    )
                ],
            }
        )
        [number] = self.dispatched(TEA)
        record = self.env["esm.manual.order"].with_user(user)
        record = record.create({"shop_id": self.gmarket.id, "numbers": number})
        record.action_read()
        with self.assertRaises(AccessError):
            record.line_ids.read(["payload"])
        record.action_apply()
        self.assertEqual(self.rows(number).state, "released")
        self.assertEqual(record.applied_by_id, user)
