import base64
import io

import openpyxl

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import CUP, TEA
from .test_tracking_import import NUMBER, TrackingImportCase
from .workbooks import save


@tagged("post_install", "-at_install")
class TestCourierExport(TrackingImportCase):
    """Deliveries on their way to the courier's program and back."""

    def export(self, pickings):
        action = pickings.action_esm_courier_export()
        wizard = pickings.env[action["res_model"]].browse(action["res_id"])
        wizard.action_export()
        workbook = openpyxl.load_workbook(io.BytesIO(base64.b64decode(wizard.file)))
        return wizard, workbook

    def test_what_the_courier_needs(self):
        rows, picking = self.delivery(
            {**TEA, "quantity": 3},
            CUP,
            receiver={
                "name": "김수령",
                "mobile": "050800001234",
                "phone": "02-0000-1234",
                "zip_code": "06236",
                "front": "서울 강남구 테헤란로 1",
                "back": "=101호",
            },
            memo="문 앞",
        )
        wizard, workbook = self.export(picking)
        self.assertEqual((wizard.count, wizard.left_out_text), (1, False))
        self.assertFalse(wizard.warning)
        [sheet] = workbook.worksheets
        titles = [cell.value for cell in sheet[1]]
        values = dict(zip(titles, (cell.value for cell in sheet[2]), strict=True))
        self.assertEqual(
            values,
            {
                "받는분성명": "김수령",
                "받는분전화번호": "050800001234",
                "받는분기타연락처": "02-0000-1234",
                "받는분우편번호": "06236",
                "받는분주소(전체, 분할)": "서울 강남구 테헤란로 1 =101호",
                "품목명": "[샘플] 보리차 티백 100개입 × 3 / "
                "[샘플] 머그컵 / 색상:화이트 × 1",
                "내품수량": "4",
                "박스수량": "1",
                "배송메세지1": "문 앞",
                "고객주문번호": rows[0].order_no,
                "출고번호": picking.name,
                "운송장번호": None,
            },
        )
        for cell in sheet[2][:-1]:
            self.assertEqual((cell.number_format, cell.data_type), ("@", "s"))

    def test_each_delivery_tells_who_exported_its_address(self):
        _rows, pickings = self.delivery()
        pickings |= self.delivery(receiver={"name": "다른 사람"})[1]
        user = new_test_user(self.env, "packs", "stock.group_stock_user")
        wizard, _workbook = self.export(pickings.with_user(user))
        self.assertEqual(wizard.create_uid, user)
        for picking in pickings:
            [message] = picking.message_ids.filtered(
                lambda message: "exported for the courier" in message.body
            )
            self.assertEqual(message.author_id, user.partner_id)
        seller = new_test_user(self.env, "sells", "sales_team.group_sale_manager")
        with self.assertRaises(AccessError):
            self.export(pickings.with_user(seller))

    def test_many_deliveries_are_read_together(self):
        pickings = self.env["stock.picking"]
        for number in range(6):
            pickings |= self.delivery(receiver={"name": f"N{number}"})[1]
        self.export(pickings[0])
        counts = []
        for some in (pickings[:2], pickings):
            # Within the second of the last reading nothing would be written.
            self.gmarket.cancels_read_at = False
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.export(some)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts)

    def test_there_and_back(self):
        _rows, pickings = self.delivery()
        pickings |= self.delivery(receiver={"name": "다른 사람"})[1]
        _wizard, workbook = self.export(pickings)
        sheet = workbook.worksheets[0]
        for number in range(2, 4):
            sheet.cell(number, 12).value = f"12345678901{number}"
        record = self.upload(save(workbook))
        self.assertEqual(record.line_ids.mapped("state"), ["change", "change"])
        record.action_apply()
        self.assertEqual(
            set(pickings.mapped("carrier_tracking_ref")),
            {"123456789012", "123456789013"},
        )

    def test_what_is_left_out(self):
        [gone], shipped = self.delivery()
        self.ship(gone.sale_order_id, NUMBER)
        [cancelled], stopped = self.delivery()
        _rows, good = self.delivery()
        self.sandbox.cancel(int(cancelled.order_no))
        wizard, workbook = self.export(shipped | stopped | good)
        # Cancels are read right before: the courier's program prints.
        self.assertTrue(cancelled.cancel_requested)
        self.assertEqual(wizard.allowed_ids, good)
        self.assertIn(f"{shipped.name} has left already", wizard.left_out_text)
        self.assertIn("wants to cancel", wizard.left_out_text)
        self.assertEqual(workbook.worksheets[0].max_row, 2)
        with self.assertRaisesRegex(UserError, "wants to cancel"):
            self.export(stopped)

    def test_the_marketplace_cannot_be_asked(self):
        _rows, picking = self.delivery()
        self.sandbox.faults.add("503", "Cancels", times=None)
        wizard, _workbook = self.export(picking)
        self.assertIn("cannot be asked whether buyers cancelled", wizard.warning)
        self.assertEqual(wizard.count, 1)
