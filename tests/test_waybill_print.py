import re
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from unittest.mock import patch

import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from PIL import Image

from odoo.exceptions import AccessError, UserError
from odoo.tests import BaseCase, new_test_user, tagged

from ..models import waybill_label
from .common import CJ, CUP, TEA
from .test_claims import ClaimsCase

FIRST, SECOND, LAST = "600000000014", "600000000025", "600000009991"


class WaybillCase(ClaimsCase):
    """A carrier with a range of numbers, and deliveries to print."""

    def setUp(self):
        super().setUp()
        self.range = self.add_range()

    def add_range(self, first=FIRST, last=LAST, **values):
        return self.env["esm.waybill.range"].create(
            {
                "carrier_id": self.carrier.id,
                "first": first,
                "last": last,
                "check_digit": "modulo_7",
                **values,
            }
        )

    def delivery(self, *items, **options):
        """The delivery of a new basket."""
        rows = self.book(*items, **options)
        return rows.sale_order_id.picking_ids

    def commit(self):
        self.env.cr.commit()  # pylint: disable=invalid-commit

    def as_packer(self, record):
        users = self.env["res.users"]
        user = users.search([("login", "=", "packer")]) or new_test_user(
            self.env, "packer", "stock.group_stock_user"
        )
        self.commit()
        return record.with_user(user)

    def render(self, pickings, report="report_waybill", **context):
        """What the Print menu gives: HTML instead of PDF unless it is forced."""
        Report = pickings.env["ir.actions.report"].with_context(**context)
        content, _kind = Report._render(f"sale_esm.{report}", pickings.ids)
        self.env.invalidate_all()
        return content

    def print_pdf(self, pickings):
        return self.render(pickings, force_report_rendering=True)

    def calls_of(self, endpoint):
        return sum(call.endpoint == endpoint for call in self.sandbox.calls)

    def invoices(self, pickings):
        """Numbers that ESM was told, by order, in the order in which it was told."""
        return {
            row.order_no: [invoice[1] for invoice in self.remote(row.order_no).invoices]
            for row in pickings._esm_orders()
        }


@tagged("post_install", "-at_install")
class TestWaybillPrint(WaybillCase):
    """Printing gives numbers, once, and tells ESM when the shop says so."""

    def test_told_when_it_is_printed(self):
        self.gmarket.tracking_moment = "print"
        both = self.delivery(TEA, CUP)
        pickings = both | self.delivery(TEA)
        action = self.as_packer(pickings).action_esm_print_waybill()
        self.assertEqual(action["report_name"], "sale_esm.report_waybill")
        self.assertEqual(pickings.mapped("carrier_tracking_ref"), [FIRST, SECOND])
        # It counts when the labels are there.
        self.assertEqual(pickings.mapped("esm_print_count"), [0, 0])
        self.send()
        self.assertEqual(self.calls_of("ShippingInfo"), 0)
        self.render(self.as_packer(pickings))
        self.assertEqual(pickings.mapped("esm_print_count"), [1, 1])
        self.assertEqual(pickings.mapped("esm_state"), ["waiting", "waiting"])
        self.send()
        self.assertEqual(pickings.mapped("esm_state"), ["sent", "sent"])
        self.assertEqual(
            list(self.invoices(pickings).values()), [[FIRST], [FIRST], [SECOND]]
        )
        self.assertEqual(self.remote(both._esm_orders()[0].order_no).courier_code, CJ)
        # Validating is no news for ESM.
        calls = self.calls_of("ShippingInfo")
        pickings.button_validate()
        self.commit()
        self.send()
        self.assertEqual(self.calls_of("ShippingInfo"), calls)
        self.assertEqual(pickings.mapped("esm_state"), ["sent", "sent"])
        self.assertEqual(set(pickings._esm_orders().mapped("state")), {"sent"})

    def test_told_when_it_is_validated(self):
        picking = self.delivery(TEA)
        picking.action_esm_print_waybill()
        self.render(picking)
        self.send()
        self.assertFalse(picking.esm_state)
        self.assertEqual(picking._esm_orders().state, "released")
        picking.button_validate()
        self.commit()
        self.send()
        self.assertEqual(picking.esm_state, "sent")
        self.assertEqual(list(self.invoices(picking).values()), [[FIRST]])

    def test_the_print_menu_does_it_all(self):
        """Without the button, for each kind of label."""
        self.gmarket.tracking_moment = "print"
        for report, number in (
            ("report_waybill", FIRST),
            ("report_waybill_zpl", SECOND),
        ):
            with self.subTest(report=report):
                picking = self.delivery(TEA)
                content = self.render(self.as_packer(picking), report)
                self.assertIn(number.encode(), content)
                self.assertEqual(picking.carrier_tracking_ref, number)
                self.assertTrue(picking.esm_printed_at)
                self.send()
                self.assertEqual(picking.esm_state, "sent")

    def test_in_the_browser_where_no_pdf_can_be_made(self):
        picking = self.delivery(TEA)
        html = self.env["ir.actions.report"]._render_qweb_html(
            "sale_esm.report_waybill", picking.ids
        )[0]
        self.assertIn(FIRST, html.decode())
        self.env.invalidate_all()
        self.assertEqual(picking.esm_print_count, 1)

    def test_printing_again_takes_no_number(self):
        pickings = self.delivery(TEA) | self.delivery(CUP)
        for count in (1, 2, 3):
            pickings.action_esm_print_waybill()
            self.render(pickings)
            self.assertEqual(pickings.mapped("carrier_tracking_ref"), [FIRST, SECOND])
            self.assertEqual(pickings.mapped("esm_print_count"), [count, count])
        self.assertEqual(self.range.used, 2)

    def test_a_typed_number_is_printed(self):
        picking = self.delivery(TEA)
        picking.carrier_tracking_ref = "1234-5678-9012"
        self.assertIn(b"123456789012", self.render(picking))
        self.assertEqual(self.range.used, 0)

    # --- more parcels, other numbers ------------------------------------

    def test_several_parcels_of_one_order(self):
        self.gmarket.tracking_moment = "print"
        picking = self.delivery({**TEA, "quantity": 5})
        with self.assertRaisesRegex(UserError, "before you add a parcel"):
            picking.action_esm_add_parcel()
        picking.action_esm_print_waybill()
        picking.action_esm_add_parcel()
        self.assertEqual(picking.carrier_tracking_ref, f"{FIRST},{SECOND}")
        html = self.render(picking).decode()
        self.assertEqual(html.count('class="label"'), 2)
        for text in (FIRST, SECOND, "1/2", "2/2"):
            self.assertIn(text, html)
        self.send()
        self.assertEqual(list(self.invoices(picking).values()), [[FIRST]])
        self.assertEqual(picking.esm_further_numbers, SECOND)
        self.assertIn(SECOND, picking.message_ids[0].body)
        # Said once, whatever follows.
        messages = len(picking.message_ids)
        self.render(picking)
        self.assertEqual(len(picking.message_ids), messages)
        self.assertEqual(picking.esm_state, "sent")

    def test_a_second_delivery_of_an_order_is_in_the_log(self):
        first = self.delivery({**TEA, "quantity": 5})
        first.action_esm_print_waybill()
        first.move_ids.quantity = 2
        first.with_context(skip_backorder=True).button_validate()
        self.send()
        second = first.sale_id.picking_ids - first
        second.action_esm_print_waybill()
        self.assertEqual(second.carrier_tracking_ref, SECOND)
        second.button_validate()
        self.commit()
        self.send()
        self.assertEqual(list(self.invoices(first).values()), [[FIRST]])
        self.assertEqual(second.esm_further_numbers, SECOND)
        self.assertFalse(first.esm_further_numbers)
        log = second.message_ids.filtered(lambda m: "Kept here only" in (m.body or ""))
        self.assertIn(FIRST, log.body)
        self.assertIn(SECOND, log.body)

    def test_a_wrong_number_that_is_not_sent_yet(self):
        self.gmarket.tracking_moment = "print"
        picking = self.delivery(TEA)
        picking.carrier_tracking_ref = "111111111111"
        self.render(picking)
        picking.carrier_tracking_ref = "222222222222"
        self.commit()
        self.send()
        self.assertEqual(list(self.invoices(picking).values()), [["222222222222"]])

    def test_a_number_that_esm_refuses_is_corrected_before_the_validation(self):
        self.auction.tracking_moment = "print"
        picking = self.delivery(TEA, site="auction")
        picking.carrier_tracking_ref = "12345"
        self.render(picking)
        self.send()
        self.assertEqual(picking.esm_state, "refused")
        picking.carrier_tracking_ref = "123456789012"
        self.render(picking)
        self.send()
        self.assertEqual(list(self.invoices(picking).values()), [["123456789012"]])

    def test_a_wrong_number_is_replaced_on_purpose(self):
        self.gmarket.tracking_moment = "print"
        picking = self.delivery(TEA)
        picking.carrier_tracking_ref = "111111111111"
        self.render(picking)
        self.send()
        picking.carrier_tracking_ref = "222222222222"
        self.render(picking)
        self.send()
        self.assertEqual(list(self.invoices(picking).values()), [["111111111111"]])
        self.assertTrue(picking.esm_can_replace)
        picking.action_esm_replace()
        self.assertIn("111111111111 → 222222222222", picking.message_ids[0].body)
        self.commit()
        self.send()
        self.assertEqual(
            list(self.invoices(picking).values()), [["111111111111", "222222222222"]]
        )
        self.assertEqual(picking.esm_state, "sent")

    # --- crashes --------------------------------------------------------

    def test_a_crash_between_number_and_label(self):
        self.gmarket.tracking_moment = "print"
        picking = self.delivery(TEA)

        def crash():
            raise KeyboardInterrupt

        with suppress(KeyboardInterrupt):
            picking._esm_print(crash)
        self.env.cr.rollback()
        self.env.invalidate_all()
        self.assertEqual((picking.carrier_tracking_ref, self.range.used), (FIRST, 1))
        self.assertFalse(picking.esm_printed_at)
        self.send()
        self.assertEqual(list(self.invoices(picking).values()), [[]])
        self.render(picking)
        self.assertEqual(self.range.used, 1)
        self.send()
        self.assertEqual(list(self.invoices(picking).values()), [[FIRST]])

    def test_a_crash_before_the_numbers_are_final(self):
        picking = self.delivery(TEA)
        self.commit()
        picking._esm_give_numbers()
        self.env.cr.rollback()
        self.env.invalidate_all()
        self.assertFalse(picking.carrier_tracking_ref)
        self.assertEqual(self.range.used, 0)

    def test_an_answer_that_gets_lost(self):
        self.gmarket.tracking_moment = "print"
        picking = self.delivery(TEA)
        self.render(picking)
        self.sandbox.faults.add("drop_after_effect", "ShippingInfo")
        self.send()
        self.assertEqual(picking.esm_state, "waiting")
        self.later()
        self.send()
        self.assertEqual(picking.esm_state, "sent")
        self.assertEqual(list(self.invoices(picking).values()), [[FIRST]])

    def test_a_kill_before_the_answer_is_stored(self):
        """ESM has the number that was printed, and Odoo does not know it yet."""
        self.gmarket.tracking_moment = "print"
        picking = self.delivery(TEA)
        self.render(picking)
        killed = patch.object(
            type(self.env["esm.outbox"]), "_note_shipped", side_effect=KeyboardInterrupt
        )
        with killed, suppress(KeyboardInterrupt):
            self.send()
        self.env.cr.rollback()
        self.env.invalidate_all()
        self.assertEqual(picking.esm_state, "waiting")
        self.assertEqual(list(self.invoices(picking).values()), [[FIRST]])
        self.send()
        self.assertEqual(picking.esm_state, "sent")
        self.assertEqual(list(self.invoices(picking).values()), [[FIRST]])
        self.assertEqual(self.range.used, 1)

    # --- who may, and what it costs --------------------------------------

    def test_who_may_only_look_does_not_print(self):
        """A label that is printed may be told to ESM: it is more than looking."""
        self.gmarket.tracking_moment = "print"
        picking = self.delivery(TEA)
        picking.action_esm_print_waybill()
        self.env["ir.model.access"].create(
            {
                "name": "looks at deliveries",
                "model_id": self.env["ir.model"]._get("stock.picking").id,
                "group_id": self.env.ref("base.group_user").id,
                "perm_read": True,
            }
        )
        viewer = new_test_user(self.env, "viewer", "base.group_user")
        self.commit()
        for report in ("report_waybill", "report_waybill_zpl"):
            with self.subTest(report=report), self.assertRaises(AccessError):
                self.render(picking.with_user(viewer), report)
        self.assertEqual(picking.esm_print_count, 0)
        self.assertFalse(picking.esm_state)

    def test_telling_many_is_decided_at_once(self):
        """The outbox is searched once, not once for each delivery."""
        self.gmarket.tracking_moment = "print"
        pickings = self.delivery(TEA)
        for _number in range(5):
            pickings |= self.delivery(TEA)
        pickings.action_esm_print_waybill()
        outbox = type(self.env["esm.outbox"])
        with (
            patch.object(
                outbox, "search", autospec=True, side_effect=outbox.search
            ) as searches,
            patch.object(
                outbox, "create", autospec=True, side_effect=outbox.create
            ) as creates,
        ):
            self.render(pickings)
        self.assertEqual((searches.call_count, creates.call_count), (1, 1))
        self.assertEqual(set(pickings.mapped("esm_state")), {"waiting"})

    def test_printing_more_costs_no_more_queries(self):
        """Whether a delivery has one number, or further ones that are kept here."""
        self.gmarket.tracking_moment = "print"
        for further in (False, True):
            costs = []
            for count in (1, 2, 6):  # the first one reads what is read once
                pickings = self.env["stock.picking"]
                for _basket in range(count):
                    pickings |= self.delivery(TEA)
                if further:
                    for picking in pickings:
                        number = f"55{picking.id:09}1"
                        picking.carrier_tracking_ref = f"{number},{number}2"
                # Within the second of the last reading nothing would be written.
                self.gmarket.cancels_read_at = False
                self.commit()
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                pickings._esm_print(lambda: "label")
                self.env.flush_all()
                costs.append(self.env.cr.sql_log_count - before)
                self.assertEqual(set(pickings.mapped("esm_state")), {"waiting"})
                self.assertEqual(all(pickings.mapped("esm_further_numbers")), further)
            with self.subTest(further=further):
                self.assertEqual(costs[1], costs[2])

    # --- what cannot be printed -----------------------------------------

    def test_a_carriers_own_interface_gives_its_numbers(self):
        picking = self.delivery(TEA)
        by_carrier = patch.object(
            type(picking), "_esm_gets_number_by_carrier", lambda picking: True
        )
        with by_carrier, self.assertRaisesRegex(UserError, "when it is validated"):
            self.render(picking)
        self.assertEqual(self.range.used, 0)

    def test_what_is_missing_is_said_and_no_number_is_used(self):
        picking = self.delivery(TEA)
        with self.assertRaisesRegex(UserError, "none of these is one"):
            self.env["stock.picking"].action_esm_print_waybill()
        for values, text in (
            ({"carrier_id": False}, "no shipping method"),
            (
                {"carrier_id": self.carrier.copy({"esm_courier_id": False}).id},
                "no marketplace courier",
            ),
            ({"carrier_id": self.carrier.copy().id}, "Enter or scan the number"),
            ({"partner_id": False}, "has no address"),
            ({"carrier_tracking_ref": "송장번호12"}, "no barcode can hold"),
        ):
            with self.subTest(text=text):
                before = {name: picking[name] for name in values}
                picking.write(values)
                for attempt in (
                    picking.action_esm_print_waybill,
                    lambda: self.render(picking),
                ):
                    with self.assertRaisesRegex(UserError, text):
                        attempt()
                picking.write(before)
        self.assertEqual(self.range.used, 0)
        picking.action_cancel()
        with self.assertRaisesRegex(UserError, "is cancelled. Do not ship"):
            picking.action_esm_print_waybill()

    def test_all_or_nothing_where_numbers_are_too_few(self):
        pickings = self.delivery(TEA) | self.delivery(CUP)
        self.range.used = self.range.size - 1
        with self.assertRaisesRegex(UserError, "1 waybill numbers left"):
            pickings.action_esm_print_waybill()
        self.assertEqual(self.range.left, 1)
        self.assertFalse(any(pickings.mapped("carrier_tracking_ref")))

    def test_an_order_that_is_not_confirmed_yet(self):
        """The label has the address that is right after the confirmation."""
        self.gmarket.auto_acknowledge = False
        [number] = self.place(TEA)
        self.run_cycle()
        row = self.rows(number)
        row.sale_order_id.action_confirm()
        picking = row.sale_order_id.picking_ids
        self.sandbox.change_address(
            int(number),
            front="부산광역시 가상구 시험로 9",
            back="9층",
            zip_code="00999",
        )
        with self.assertRaisesRegex(UserError, "can still change the address"):
            picking.action_esm_print_waybill()
        row.action_acknowledge()
        self.commit()
        self.send()
        html = self.render(picking).decode()
        self.assertIn("(00999) 부산광역시 가상구 시험로 9 9층", html)

    def test_a_gift_waits_for_its_address(self):
        self.sandbox.strict.waiting_gifts_by_payment = True
        self.addCleanup(setattr, self.sandbox.strict, "waiting_gifts_by_payment", False)
        picking = self.delivery(TEA)
        picking._esm_orders()._set_problem("address", "The gift waits.")
        with self.assertRaisesRegex(UserError, "The gift waits"):
            self.render(picking)

    def test_deliveries_of_nobodys_shop(self):
        picking = self.delivery(TEA)
        other = self.env["stock.picking"].create(
            {
                "picking_type_id": picking.picking_type_id.id,
                "partner_id": picking.partner_id.id,
            }
        )
        with self.assertRaisesRegex(UserError, "no waybill here"):
            self.render(picking | other)
        action = (picking | other).action_esm_print_waybill()
        self.assertEqual(action["context"]["active_ids"], picking.ids)


@tagged("post_install", "-at_install")
class TestWaybillLabel(WaybillCase):
    """What the label looks like, printed at 203 dpi."""

    def pages(self, pdf):
        """Each page of a PDF as a picture at a label printer's 203 dpi."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "labels.pdf")
            file.write_bytes(pdf)
            command = ["pdftoppm", "-r", "203", "-gray", "-png", file, f"{folder}/page"]
            subprocess.run(command, check=True)
            return [
                Image.open(png).convert("L")
                for png in sorted(Path(folder).glob("*.png"))
            ]

    def test_the_barcode_decodes(self):
        pickings = self.delivery(TEA, CUP) | self.delivery(TEA) | self.delivery(CUP)
        pickings[2].carrier_tracking_ref = "AB12-3456-78CD"
        pages = self.pages(self.print_pdf(pickings))
        numbers = []
        for page in pages:
            self.assertAlmostEqual(page.width, 799, delta=2)
            self.assertAlmostEqual(page.height, 1199, delta=2)
            [barcode] = zxingcpp.read_barcodes(page)
            self.assertEqual(barcode.format, zxingcpp.BarcodeFormat.Code128)
            numbers.append(barcode.text)
        self.assertEqual(numbers, [FIRST, SECOND, "AB12345678CD"])

    def words(self, pdf):
        """Words of a one-page PDF with their places in millimetres."""
        with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
            file.write(pdf)
            file.flush()
            command = ["pdftotext", "-bbox", file.name, "-"]
            output = subprocess.run(command, check=True, capture_output=True).stdout
        # A glyph that stands for no character makes it bad XML.
        page = etree.fromstring(output, etree.XMLParser(recover=True))
        page = page.find(".//{*}page")
        self.assertIsNone(page.getnext())
        millimetres = 25.4 / 72
        return [
            (
                word.text,
                *(
                    float(word.get(name)) * millimetres
                    for name in ("xMin", "yMin", "xMax", "yMax")
                ),
            )
            for word in page.iterfind("{*}word")
        ]

    def extreme_delivery(self):
        """Everything as long as buyers make it, and longer."""
        item = {**CUP, "name": "[샘플] " + "아주 긴 상품 이름 " * 6}
        picking = self.delivery(
            *[item] * 14, memo="부재시 경비실에 맡겨 주세요 🙏 " * 8, shipping_fee=3000
        )
        picking._esm_orders().write({"free_gift": "사은품 컵받침 " * 5})
        picking.partner_id.write(
            {
                "name": ("홍길동 (주)가나다라 물류센터 😀 " * 4)[:60],
                "street": ("가상아파트 108동 2407호 " * 6)[:60],
                "street2": ("서울특별시 가상구 아주아주긴이름의대로 12345번길 " * 4)[
                    :60
                ],
                "phone": "0508-0000-0001",
            }
        )
        return picking

    def test_long_texts_stay_in_their_boxes(self):
        picking = self.extreme_delivery()
        pdf = self.print_pdf(picking)
        [page] = self.pages(pdf)
        [barcode] = zxingcpp.read_barcodes(page)
        self.assertEqual(barcode.text, FIRST)
        words = self.words(pdf)
        boxes = waybill_label.BOXES
        found = {name: "" for name in boxes}
        for text, left, top, right, bottom in words:
            middle = (top + bottom) / 2
            [name] = [
                name
                for name, box in boxes.items()
                if box.y <= middle <= box.y + box.height
                and box.x - 0.5 <= left
                and right <= box.x + box.width + 0.5
            ] or [None]
            if name is None:
                captions = waybill_label.CAPTIONS.values()
                self.assertTrue(any(y - 0.5 <= middle <= y + 3 for y in captions), text)
                continue
            found[name] += text
        squeezed = "".join(picking.partner_id.name.split())
        self.assertEqual(
            found["receiver"].replace("😀", ""), squeezed.replace("😀", "")
        )
        self.assertIn("0508-0000-0001", found["phone"])
        self.assertIn("".join(picking.partner_id.street2.split()), found["address"])
        self.assertIn("".join(picking.partner_id.street.split()), found["address"])
        self.assertTrue(found["memo"].startswith("부재시경비실에맡겨주세요"))
        # No buyer's basket is too long to see each of its goods' quantity.
        self.assertEqual(found["items"].count("…×1"), 11)
        self.assertTrue(found["items"].endswith("…+3"))
        self.assertEqual(found["parcel"], "14orders")
        self.assertIn(picking._esm_orders()[0].order_no, found["orders"])

    def test_nothing_touches_the_edges(self):
        [page] = self.pages(self.print_pdf(self.extreme_delivery()))
        width, height = page.size
        for strip in (
            (0, 0, width, 8),
            (0, height - 8, width, height),
        ):
            darkest, _brightest = page.crop(strip).getextrema()
            self.assertGreater(darkest, 250)

    def test_who_sends_what_to_whom(self):
        self.warehouse.partner_id = self.env["res.partner"].create(
            {
                "name": "Sample warehouse",
                "phone": "02-000-0000",
                "street": "1 Fictitious Road",
                "zip": "00001",
            }
        )
        picking = self.delivery(
            {**CUP, "quantity": 3}, memo="문 앞", receiver={"name": "김견본"}
        )
        text = "".join(word[0] for word in self.words(self.print_pdf(picking)))
        for part in (
            *("김견본", "문앞", "[샘플]머그컵/색상:화이트×3"),
            *("Samplewarehouse02-000-0000", "(00001)1FictitiousRoad"),
            *(self.courier.name.replace(" ", ""), f"Gmarket{self.gmarket.seller_id}"),
            picking._esm_orders().order_no,
        ):
            self.assertIn(part, text)

    def test_a_changed_address_is_on_the_label(self):
        self.sandbox.strict.address_change_visible = "after_confirm"
        self.addCleanup(
            setattr, self.sandbox.strict, "address_change_visible", "at_once"
        )
        [number] = self.place(TEA)
        self.sandbox.change_address(
            int(number),
            front="대구광역시 가상구 시험로 3",
            back="3층",
            zip_code="00333",
        )
        self.run_cycle()
        picking = self.rows(number).sale_order_id.picking_ids
        text = "".join(word[0] for word in self.words(self.print_pdf(picking)))
        self.assertIn("(00333)대구광역시가상구시험로33층", text)

    # --- label printers -------------------------------------------------

    def test_zpl(self):
        picking = self.delivery(TEA, CUP)
        picking.partner_id.name = "김^XZ~\\_견본"
        zpl = self.render(picking, "report_waybill_zpl").decode()
        self.assertTrue(zpl.startswith("^XA^CI28^PW800^LL1200"))
        self.assertEqual((zpl.count("^XA"), zpl.count("^XZ")), (1, 1))
        self.assertIn(f"^BCN,136,N,N,N,A^FH^FD{FIRST}^FS", zpl)
        self.assertIn("^FH^FD김_5EXZ_7E_5C_5F견본^FS", zpl)
        self.assertIn("[샘플] 머그컵 / 색상:화이트 × 1", zpl)
        self.assertIn("^A0N,", zpl)

    def test_zpl_with_the_printers_font(self):
        picking = self.delivery(TEA)
        for font, command in (("J", "^AJN,"), ("E:NANUMGOT.TTF", "^A@N,")):
            self.carrier.esm_zpl_font = font
            zpl = self.render(picking, "report_waybill_zpl").decode()
            self.assertIn(command, zpl)
            self.assertNotIn("^A0N", zpl)
        self.assertRegex(zpl, r"\^A@N,\d+,\d+,E:NANUMGOT.TTF\^FH")

    def test_zpl_of_several_deliveries_and_long_texts(self):
        pickings = self.extreme_delivery() | self.delivery(TEA)
        zpl = self.render(pickings, "report_waybill_zpl").decode()
        labels = zpl.split("^XZ\n")
        self.assertEqual(len(labels), 3)
        self.assertEqual(labels.pop(), "")
        for label, number in zip(labels, (FIRST, SECOND), strict=True):
            self.assertIn(f"^FD{number}^FS", label)
            fields = re.findall(
                r"\^FO(\d+),(\d+)\^A0N,(\d+),\d+\^FH\^FD([^^~]*)\^FS", label
            )
            self.assertGreater(len(fields), 8)
            for x, y, size, text in fields:
                width = waybill_label.width_of(text) * int(size)
                self.assertLessEqual(int(x) + width, 800, text)
                self.assertLessEqual(int(y) + int(size), 1200, text)


class TestLabelTexts(BaseCase):
    """Fitting texts into boxes."""

    @settings(max_examples=300, deadline=None)
    @given(
        text=st.text(max_size=400),
        name=st.sampled_from(sorted(waybill_label.BOXES)),
    )
    def test_any_text_fits(self, text, name):
        box = waybill_label.BOXES[name]
        fitted = waybill_label.fit(text, box)
        height = len(fitted.lines) * fitted.size * waybill_label.LINE
        self.assertLessEqual(height, box.height + 0.01)
        self.assertGreaterEqual(fitted.size, box.smallest)
        for line in fitted.lines:
            width = waybill_label.width_of(line) * fitted.size
            # A size is rounded to a hundredth.
            self.assertLessEqual(width, box.width * 1.005)
        squeezed = "".join("".join(fitted.lines).split())
        whole = "".join(waybill_label.clean(text).split())
        if squeezed != whole:
            self.assertEqual(fitted.size, box.smallest)
            self.assertTrue(whole.startswith(squeezed.removesuffix("…")))

    def test_which_digits_a_number_has_does_not_change_its_width(self):
        for number, shape in (
            ("123456789012", "000000000000"),
            ("98765", "00000"),
            ("AB12345678CD", "AB00000000CD"),
        ):
            width = waybill_label.bars(number)[1]
            self.assertEqual(width, waybill_label.bars(shape)[1])

    def test_bars_are_those_of_the_standard(self):
        """Code 128, set C: start, one pair of digits, check, stop."""
        found, modules = waybill_label.bars("12")
        self.assertEqual(modules, 11 * 3 + 13)
        # Start C is 211232, 12 is 112232, check (105 + 12) % 103 = 14 is 122231.
        widths = [width for _position, width in found]
        self.assertEqual(widths, [2, 1, 3, 1, 2, 3, 1, 2, 3, 2, 3, 1, 2])
