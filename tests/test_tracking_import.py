import base64
import csv
import io
from datetime import timedelta
from unittest.mock import patch

import openpyxl

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from ..models import esm_import, esm_tracking_import
from .common import CJ, CUP, TEA
from .test_claims import ClaimsCase
from .workbooks import make_workbook

NUMBER, OTHER = "123456789012", "222222222222"
HEADER = ("고객주문번호", "운송장번호")


def make_csv(*rows, encoding="utf-8-sig", delimiter=","):
    output = io.StringIO()
    csv.writer(output, delimiter=delimiter).writerows(rows)
    return output.getvalue().encode(encoding)


class TrackingImportCase(ClaimsCase):
    def upload(self, data, **values):
        """The preview of a file, as a warehouse user makes it."""
        record = self.env["esm.tracking.import"].create(
            {"file": base64.b64encode(data), "filename": "courier.csv", **values}
        )
        record.action_read()
        return record

    def upload_rows(self, *rows, header=HEADER, **values):
        return self.upload(make_csv(header, *rows), **values)

    def delivery(self, *items, **options):
        rows = self.book(*(items or (TEA,)), **options)
        return rows, rows.sale_order_id.picking_ids

    def problem(self, record, row=2):
        [line] = record.line_ids.filtered(lambda line: line.row == row)
        self.assertEqual(line.state, "problem")
        return line.problem


@tagged("post_install", "-at_install")
class TestTrackingImport(TrackingImportCase):
    """Numbers of the courier's program: previewed, then set, then told."""

    # --- the way of a number ----------------------------------------------

    def test_numbers_are_shown_first_then_set(self):
        [row], picking = self.delivery()
        record = self.upload_rows((row.order_no, "1234-5678-9012"))
        self.assertEqual((record.state, record.message), ("preview", False))
        [line] = record.line_ids
        self.assertEqual(
            (line.picking_id, line.tracking_no, line.carrier_id, line.state),
            (picking, NUMBER, self.carrier, "change"),
        )
        self.assertFalse(picking.carrier_tracking_ref)
        record.action_apply()
        self.assertEqual((record.state, record.applied_count), ("done", 1))
        self.assertEqual(record.applied_by_id, self.env.user)
        self.assertTrue(record.applied_at)
        # The file is full of addresses.
        self.assertFalse(record.file)
        self.assertEqual(picking.carrier_tracking_ref, NUMBER)
        self.assertEqual(picking.state, "assigned")
        self.assertFalse(row.outbox_ids.filtered("picking_id"))

    def test_the_deliveries_are_validated_and_told(self):
        rows, picking = self.delivery(TEA, CUP)
        record = self.upload_rows(
            # One of the two orders of the delivery is enough.
            (rows[1].order_no, NUMBER),
            validate_deliveries=True,
        )
        record.action_apply()
        self.assertEqual((record.applied_count, record.validated_count), (1, 1))
        self.assertEqual(picking.state, "done")
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.send()
        for row in rows:
            remote = self.remote(row.order_no)
            self.assertEqual((remote.courier_code, remote.invoice_no), (CJ, NUMBER))

    def test_all_orders_of_a_delivery_may_be_listed(self):
        rows, picking = self.delivery(TEA, CUP)
        record = self.upload_rows(*((row.order_no, NUMBER) for row in rows))
        self.assertEqual(record.line_ids.mapped("state"), ["change", "unchanged"])
        self.assertIn("same parcel and number as row 2", record.line_ids[1].note)
        both = self.upload_rows((", ".join(rows.mapped("order_no")), NUMBER))
        self.assertFalse(both.line_ids.problem)
        self.assertEqual(both.line_ids.picking_id, picking)
        record.action_apply()
        self.assertEqual(picking.carrier_tracking_ref, NUMBER)

    def test_a_number_that_comes_after_the_validation_is_told(self):
        [row], picking = self.delivery()
        picking.move_ids.picked = True
        picking._action_done()
        self.assertEqual(picking.esm_state, "missing")
        self.upload_rows((row.order_no, NUMBER)).action_apply()
        self.assertEqual(picking.esm_state, "waiting")
        again = self.upload_rows((row.order_no, NUMBER))
        self.assertEqual(again.line_ids.state, "unchanged")
        with self.assertRaisesRegex(UserError, "nothing to change"):
            again.action_apply()

    # --- files ------------------------------------------------------------

    def test_files_of_all_kinds(self):
        [row], picking = self.delivery()
        rows = (HEADER, (row.order_no, NUMBER))
        for data in (
            make_workbook(*rows),
            make_workbook(("받는분 목록",), (), *rows),
            make_csv(*rows),
            make_csv(*rows, encoding="utf-8"),
            make_csv(*rows, encoding="cp949"),
            make_csv(*rows, encoding="cp949", delimiter="\t"),
            make_csv(*rows, encoding="utf-16", delimiter="\t"),
            make_csv(*rows, delimiter=";"),
            make_csv(("택배 프로그램",), *rows),
            f'고객주문번호,운송장번호\r\n="{row.order_no}","=""{NUMBER}"""\r\n'.encode(),
            make_csv(("Order Number", "Tracking Number"), rows[1]),
            make_csv(("받는분", "송장번호", "출고번호"), ("김", NUMBER, picking.name)),
        ):
            with self.subTest(data=data[:60]):
                record = self.upload(data)
                self.assertFalse(record.message)
                self.assertNotIn('Sheet ""', record.columns_text)
                self.assertEqual(record.line_ids.mapped("picking_id"), picking)
                self.assertEqual(record.line_ids.mapped("tracking_no"), [NUMBER])

    def test_files_that_are_refused(self):
        for data, text in (
            (make_csv(("주문번호", "이름"), (1, 2)), "Missing: Tracking Number"),
            (make_csv(HEADER), "no rows below"),
            (b'\xff\xff\xff,"\xfe', "damaged"),
            (make_csv(HEADER) + b'1,"2\r\n3,4', "damaged"),
            (b"<html><table><tr><td>1</td></tr></table>", "web page"),
            (b"", "Choose a file"),
        ):
            with self.subTest(text=text):
                if not data:
                    with self.assertRaisesRegex(UserError, text):
                        self.upload(data)
                    continue
                record = self.upload(data)
                self.assertEqual(record.state, "draft")
                self.assertIn(text, record.message)

    # --- problems ---------------------------------------------------------

    def test_what_cannot_be_found(self):
        [row], picking = self.delivery()
        [elsewhere] = self.book(TEA, site="auction")
        record = self.upload_rows(
            ("4999999999", NUMBER, "", ""),
            ("", NUMBER, "", ""),
            ("", NUMBER, "WH/OUT/none", ""),
            (row.order_no, NUMBER, elsewhere.sale_order_id.picking_ids.name, ""),
            (elsewhere.order_no, NUMBER, "", ""),
            (row.order_no, NUMBER, "", "바람택배"),
            ("", NUMBER, self.warehouse.in_type_id.name, ""),
            header=(*HEADER, "출고번호", "택배사"),
            shop_id=self.gmarket.id,
        )
        self.assertIn("A2 Order Number: no order 4999999999", self.problem(record))
        self.assertIn("names no order and no delivery", self.problem(record, 3))
        self.assertIn("has no delivery WH/OUT/none", self.problem(record, 4))
        self.assertIn("is not in delivery", self.problem(record, 5))
        self.assertIn("not to Gmarket mallsample_g", self.problem(record, 6))
        self.assertIn("D7 Courier: no shipping method", self.problem(record, 7))
        self.assertFalse(picking.carrier_tracking_ref)

    def test_orders_of_another_company(self):
        [row], picking = self.delivery()
        other = self.env["res.company"].create({"name": "Another"})
        self.env.user.company_ids |= other
        record = self.env["esm.tracking.import"].with_company(other)
        record = record.with_context(allowed_company_ids=other.ids).create(
            {"file": base64.b64encode(make_csv(HEADER, (row.order_no, NUMBER)))}
        )
        record.action_read()
        self.assertIn("belongs to another company", record.line_ids.problem)
        self.assertNotIn(picking.name, record.line_ids.problem)

    def test_deliveries_that_take_no_number(self):
        [cancelled], _picking = self.delivery()
        [asked], _picking = self.delivery()
        [numbered], picking = self.delivery()
        picking.carrier_tracking_ref = OTHER
        [gone], gone_picking = self.delivery()
        self.ship(gone.sale_order_id, OTHER)
        [stopped], stopped_picking = self.delivery()
        stopped_picking.action_cancel()
        self.gmarket.auto_release = False
        [number] = self.place(TEA)
        self.run_cycle()
        waiting = self.rows(number)
        self.sandbox.cancel(int(cancelled.order_no))
        self.sandbox.approve_cancel(int(cancelled.order_no))
        self.sandbox.cancel(int(asked.order_no))
        self.run_cycle()
        rows = (cancelled, asked, numbered, gone, stopped, waiting)
        record = self.upload_rows(*((row.order_no, NUMBER) for row in rows))
        for line, text in zip(
            record.line_ids,
            (
                "is cancelled. Do not ship it",
                "wants to cancel",
                f"has the number {OTHER} already",
                f"has left with the number {OTHER}",
                "has no delivery yet",
                "has no delivery yet. Confirm its sales order",
            ),
            strict=True,
        ):
            self.assertEqual(line.state, "problem")
            self.assertIn(text, line.problem)

    def test_numbers_that_are_none(self):
        [row], _picking = self.delivery()
        for number, text in (
            ("1.23457E+11", "digits are lost"),
            ("", "no tracking number"),
            ("12 34*56", "only letters and digits"),
            ("한글123", "only letters and digits"),
            ("1" * 31, "too long"),
            ("=1+2", "formula"),
        ):
            with self.subTest(number=number):
                record = self.upload_rows((row.order_no, number))
                self.assertIn("B2 Tracking Number: ", record.line_ids.problem)
                self.assertIn(text, record.line_ids.problem)
        record = self.upload(make_workbook(HEADER, (row.order_no, 123456789012)))
        self.assertIn("Excel has made a number of it", record.line_ids.problem)

    def test_one_delivery_with_two_numbers(self):
        rows, _picking = self.delivery(TEA, CUP)
        record = self.upload_rows((rows[0].order_no, NUMBER), (rows[1].order_no, OTHER))
        for row in (2, 3):
            self.assertIn("rows 2, 3 give the parcel of", self.problem(record, row))

    def test_one_order_in_several_parcels(self):
        [row], picking = self.delivery()
        [other], second = self.delivery()
        rows = (row.order_no, NUMBER), (other.order_no, "1" * 12), (row.order_no, OTHER)
        record = self.upload_rows(*rows, validate_deliveries=True)
        self.assertEqual(record.problem_count, 0)
        self.assertEqual(
            record.line_ids.mapped("state"), ["change", "change", "unchanged"]
        )
        self.assertEqual(record.line_ids[0].tracking_no, f"{NUMBER},{OTHER}")
        self.assertIn(
            "further parcel of the delivery of row 2", record.line_ids[2].note
        )
        record.action_apply()
        self.assertEqual(picking.carrier_tracking_ref, f"{NUMBER},{OTHER}")
        self.assertEqual(second.carrier_tracking_ref, "1" * 12)
        # All are kept; the marketplace takes one.
        self.assertEqual(row.outbox_ids.filtered("picking_id").tracking_no, NUMBER)
        self.assertEqual(picking.esm_further_numbers, OTHER)
        again = self.upload_rows(*rows)
        self.assertEqual(set(again.line_ids.mapped("state")), {"unchanged"})
        more = self.upload_rows((row.order_no, NUMBER), (row.order_no, "3" * 12))
        self.assertEqual(more.line_ids.mapped("state"), ["unchanged", "problem"])

    def test_order_numbers_as_programs_write_them(self):
        rows, picking = self.delivery(TEA, CUP)
        first, second = rows.mapped("order_no")
        for text in (
            f"{first[:4]}-{first[4:]}",
            f"{first[:3]} {first[3:6]} {first[6:]}",
            f" {first}",
            f"{first} {second}",
            f"{first}-{second}",
            f"{first}/{second[:4]}-{second[4:]}",
            f"주문 {first}",
        ):
            with self.subTest(text=text):
                record = self.upload_rows((text, NUMBER))
                self.assertFalse(record.line_ids.problem)
                self.assertEqual(record.line_ids.picking_id, picking)

    def test_many_rows_are_read_together(self):
        orders = [self.delivery(receiver={"name": f"N{n}"})[0] for n in range(6)]
        counts = []
        for rows in (orders[:2], orders):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.upload_rows(*((row.order_no, NUMBER) for row in rows))
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])

    # --- warnings ---------------------------------------------------------

    def test_one_number_for_different_receivers(self):
        [first], one = self.delivery()
        [second], two = self.delivery(receiver={"name": "다른 사람"})
        record = self.upload_rows((first.order_no, NUMBER), (second.order_no, NUMBER))
        self.assertEqual(record.problem_count, 0)
        for line in record.line_ids:
            self.assertIn("given to different receivers", line.note)
            self.assertIn(one.name, line.note)
            self.assertIn(two.name, line.note)
        record.action_apply()
        [third], _picking = self.delivery(receiver={"name": "또 다른 사람"})
        later = self.upload_rows((third.order_no, NUMBER))
        self.assertIn(one.name, later.line_ids.note)

    def test_numbers_unlike_those_of_the_courier(self):
        self.env["esm.waybill.range"].create(
            {
                "carrier_id": self.carrier.id,
                "first": "300000000005",
                "last": "300000000996",
                "check_digit": "modulo_7",
            }
        )
        [row], _picking = self.delivery()
        for number, text in (
            ("3000000000", "have 12 digits"),
            ("30000000000A", "have 12 digits"),
            ("300000000006", "is not the check digit"),
            ("400000000002", "outside of the waybill numbers"),
            ("300000000016", None),
        ):
            with self.subTest(number=number):
                [line] = self.upload_rows((row.order_no, number)).line_ids
                self.assertEqual(line.state, "change")
                if text:
                    self.assertIn(text, line.note)
                else:
                    self.assertFalse(line.note)

    # --- couriers ---------------------------------------------------------

    def test_couriers_by_row_and_by_file(self):
        [row], picking = self.delivery()
        hanjin = self.carrier.copy()
        hanjin.write(
            {
                "name": "Parcel H",
                "esm_courier_id": self.env["esm.courier"]
                .search([("code", "=", 10007)])
                .id,
            }
        )
        header = (*HEADER, "택배사명")
        for name in ("한진택배", "한진", "한진 택배", "Parcel H"):
            record = self.upload_rows((row.order_no, NUMBER, name), header=header)
            self.assertEqual(record.line_ids.carrier_id, hanjin, name)
        record = self.upload_rows((row.order_no, NUMBER, "CJ대한통운"), header=header)
        self.assertEqual(record.line_ids.carrier_id, self.carrier)
        record = self.upload_rows((row.order_no, NUMBER), carrier_id=hanjin.id)
        record.action_apply()
        self.assertEqual(picking.carrier_id, hanjin)
        hanjin.copy()
        picking.write({"carrier_id": self.carrier.id, "carrier_tracking_ref": False})
        record = self.upload_rows((row.order_no, NUMBER, "한진"), header=header)
        self.assertIn("several shipping methods", record.line_ids.problem)
        record = self.upload_rows(
            (row.order_no, NUMBER),
            carrier_id=self.carrier.copy({"esm_courier_id": False}).id,
        )
        self.assertIn("no marketplace courier", record.line_ids.problem)

    # --- all or none, good rows only --------------------------------------

    def test_all_or_none(self):
        [row], picking = self.delivery()
        record = self.upload_rows((row.order_no, NUMBER), ("4999999999", OTHER))
        with self.assertRaisesRegex(UserError, "1 rows have problems"):
            record.action_apply()
        self.assertFalse(picking.carrier_tracking_ref)
        record.mode = "good"
        record.action_apply()
        self.assertEqual(picking.carrier_tracking_ref, NUMBER)
        self.assertEqual(
            (record.row_count, record.applied_count, record.problem_count), (2, 1, 1)
        )
        data = base64.b64decode(record.problem_file)
        sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
        self.assertEqual(sheet["A2"].value, "4999999999")
        self.assertIn("no order 4999999999", sheet.cell(2, sheet.max_column).value)
        # It can be mended and uploaded as it is.
        again = self.upload(data)
        self.assertIn("no order 4999999999", again.line_ids.problem)

    def test_what_came_in_between(self):
        [first], one = self.delivery()
        [second], two = self.delivery()
        record = self.upload_rows((first.order_no, NUMBER), (second.order_no, OTHER))
        two.carrier_tracking_ref = "333333333333"
        record.action_apply()
        self.assertEqual(record.state, "preview")
        self.assertIn("1 rows cannot be applied any more", record.message)
        self.assertFalse(one.carrier_tracking_ref)
        record.mode = "good"
        record.action_apply()
        self.assertEqual(
            (one.carrier_tracking_ref, two.carrier_tracking_ref),
            (NUMBER, "333333333333"),
        )
        self.assertEqual((record.applied_count, record.problem_count), (1, 1))

    def test_goods_that_are_not_there(self):
        [first], one = self.delivery()
        [second], two = self.delivery()
        two.do_unreserve()
        record = self.upload_rows(
            (first.order_no, NUMBER),
            (second.order_no, OTHER),
            validate_deliveries=True,
        )
        self.assertIn("cannot be validated yet", record.line_ids[1].note)
        with self.assertRaisesRegex(UserError, f"{two.name} are not all reserved"):
            record.action_apply()
        record.mode = "good"
        record.action_apply()
        self.assertEqual((one.state, one.carrier_tracking_ref), ("done", NUMBER))
        self.assertFalse(two.carrier_tracking_ref)
        self.assertEqual((record.applied_count, record.problem_count), (1, 1))
        self.assertEqual(record.validated_count, 1)
        self.assertIn("not all reserved", record.problem_line_ids.problem)

    def test_a_cancel_that_arrives_before_the_validation(self):
        [row], picking = self.delivery()
        record = self.upload_rows((row.order_no, NUMBER), validate_deliveries=True)
        self.sandbox.cancel(int(row.order_no))
        # The preview was looked at for a while.
        self.gmarket.cancels_read_at -= timedelta(hours=1)
        record.mode = "good"
        record.action_apply()
        self.assertNotEqual(picking.state, "done")
        self.assertFalse(picking.carrier_tracking_ref)
        self.assertIn(row.order_no, record.problem_line_ids.problem)

    # --- in the background ------------------------------------------------

    def test_large_files_go_on_in_the_background(self):
        [row], picking = self.delivery()
        with patch.object(esm_import, "AT_ONCE", 0):
            record = self.upload_rows((row.order_no, NUMBER), validate_deliveries=True)
        self.assertEqual(record.state, "reading")
        cron = self.env.ref("sale_esm.ir_cron_tracking_import")
        cron.method_direct_trigger()
        self.assertEqual(record.state, "preview")
        with patch.object(esm_tracking_import, "VALIDATE_AT_ONCE", 0):
            record.action_apply()
        self.assertEqual((record.state, picking.state), ("applying", "assigned"))
        cron.method_direct_trigger()
        self.assertEqual((record.state, picking.state), ("done", "done"))

    # --- who may ----------------------------------------------------------

    def test_roles(self):
        [row], picking = self.delivery()
        users = self.env["res.users"]
        for login, group in (
            ("imports", "stock.group_stock_user"),
            ("sells", "sales_team.group_sale_salesman_all_leads"),
        ):
            users |= users.create(
                {
                    "name": login,
                    "login": login,
                    "group_ids": [Command.set(self.env.ref(group).ids)],
                }
            )
        record = self.env["esm.tracking.import"].with_user(users[0])
        record = record.create(
            {"file": base64.b64encode(make_csv(HEADER, (row.order_no, NUMBER)))}
        )
        record.validate_deliveries = True
        record.action_read()
        record.action_apply()
        self.assertEqual((record.state, record.applied_by_id), ("done", users[0]))
        self.assertEqual(picking.state, "done")
        with self.assertRaisesRegex(UserError, "gone on since"):
            record.mode = "good"
        with self.assertRaisesRegex(UserError, "is kept"):
            record.unlink()
        with self.assertRaises(AccessError):
            self.env["esm.tracking.import"].with_user(users[1]).create({})
