import logging
from unittest.mock import patch

from psycopg2 import IntegrityError
from psycopg2.errors import NotNullViolation, UniqueViolation

from odoo.tests import tagged

from .common import CUP, SECRET, TEA, EsmCase


@tagged("post_install", "-at_install")
class TestLogPrivacy(EsmCase):
    """A failing statement is logged without the buyer that it is about."""

    def test_unique_violation(self):
        [number] = self.place(TEA, buyer={"name": "홍샘플", "front": "비밀로 7"})
        self.run_cycle()
        row = self.rows(number)
        payload = row.sudo().payload
        self.assertEqual(payload["BuyerName"], "홍샘플")
        with (
            self.assertLogs("odoo.sql_db", "ERROR") as log,
            self.assertRaises(UniqueViolation),
            self.env.cr.savepoint(),
        ):
            row.sudo().copy({"order_no": number, "payload": payload})
        self.assertIn('INSERT INTO "esm_order"', log.output[0])
        self.assertIn("esm_order_order_uniq", log.output[0])
        self.assertNotIn("샘플", log.output[0])
        self.assertNotIn("BuyerName", log.output[0])

    def test_failing_row_of_a_contact(self):
        with (
            self.assertLogs("odoo.sql_db", "ERROR") as log,
            self.assertRaises(NotNullViolation),
            self.env.cr.savepoint(),
        ):
            self.env.cr.execute(
                "INSERT INTO res_partner (esm_buyer_key, name, street)"
                " VALUES ('1', '홍샘플', '비밀로 7')"
            )
        self.assertNotIn("홍샘플", log.output[0])
        self.assertNotIn("비밀로", log.output[0])

    def test_what_is_changed_or_typed(self):
        """A telephone number that comes later, an order that somebody enters."""
        for statement in (
            """UPDATE "res_partner" SET "phone" = '010-0000-7777', "name" = '홍샘플',
                      "company_id" = 0""",
            """INSERT INTO "esm_manual_order_line" ("receiver_name", "address")
               VALUES ('홍샘플', '비밀로 7')""",
            """INSERT INTO "esm_privacy" ("query", "searched_by", "create_uid")
               VALUES ('홍샘플', '010-0000-7777', 0)""",
        ):
            with (
                self.subTest(statement[:30]),
                self.assertLogs("odoo.sql_db", "ERROR") as log,
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(statement)
            for text in ("홍샘플", "비밀로", "7777"):
                self.assertNotIn(text, log.output[0])

    def test_other_statements_are_logged_in_full(self):
        with (
            self.assertLogs("odoo.sql_db", "ERROR") as log,
            self.assertRaises(UniqueViolation),
            self.env.cr.savepoint(),
        ):
            currency = self.env.ref("base.KRW")
            currency.copy({"name": "KRW"})
            self.env.flush_all()
        self.assertIn("KRW", log.output[0])


class _Everything(logging.Handler):
    """Keeps what any logger says, as the log file would have it."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
        self.lines = []

    def emit(self, record):
        self.lines.append(self.format(record))


@tagged("post_install", "-at_install")
class TestLogOfACycle(EsmCase):
    """Nothing secret or personal is logged in a whole cycle, with all its trouble."""

    PEOPLE = {
        "buyer": {"name": "홍비밀", "user_id": "hon***", "mobile": "010-0000-7777"},
        "receiver": {
            "name": "임비밀",
            "mobile": "010-0000-8888",
            "phone": "02-000-9999",
            "zip_code": "00777",
            "front": "서울특별시 가상구 비밀로 7",
            "back": "707호",
        },
        "memo": "비밀번호 #7777",
    }
    FORBIDDEN = (
        *(SECRET, "eyJ", "Bearer ", "비밀", "7777", "8888", "02-000-9999"),
        *("00777", "707호", "hon***"),
    )

    def cycle(self):
        self.env["esm.outbox"].search([]).next_try_at = False
        self.env["esm.order"].search([]).next_try_at = False
        self.run_cycle()
        self.send()

    def test_nothing_secret_or_personal(self):
        handler = _Everything()
        chatty = [logging.getLogger(name) for name in ("odoo.addons.sale_esm", "")]
        for logger in chatty:
            self.addCleanup(logger.setLevel, logger.level)
            logger.setLevel(logging.DEBUG)
        logging.getLogger().addHandler(handler)
        self.addCleanup(logging.getLogger().removeHandler, handler)
        # Odoo's own statements are not at stake: nobody runs them at this level.
        for name in ("odoo.sql_db", "odoo.orm", "odoo.models"):
            logger = logging.getLogger(name)
            self.addCleanup(logger.setLevel, logger.level)
            logger.setLevel(logging.INFO)
        numbers = self.place(TEA, CUP, shipping_fee=3000, **self.PEOPLE)
        for kind in ("html", "truncated_json", "502", "drop_before"):
            self.sandbox.faults.add(kind, "RequestOrders", times=None)
            self.cycle()
            self.sandbox.faults.clear()
        self.assertFalse(self.rows(*numbers))
        for kind in ("502", "drop_after_effect"):
            self.sandbox.faults.add(kind, "OrderCheck", times=2)
            with patch.object(type(self.gmarket), "_process", return_value=(0, 0)):
                self.cycle()
        self.sandbox.faults.add("rate_message", "Cancels")
        leak = ValueError("홍비밀 010-0000-7777")
        with (
            patch.object(type(self.env["sale.order"]), "_esm_review", side_effect=leak),
            self.assertLogs("odoo.addons.sale_esm.models", "ERROR") as log,
        ):
            self.cycle()
        handler.lines += log.output
        self.assertFalse([record for record in log.records if record.exc_info])
        rows = self.rows(*numbers)
        self.assertEqual(rows.mapped("problem"), ["error", "error"])
        rows.action_retry()
        self.cycle()
        self.assertEqual(rows.mapped("state"), ["released", "released"])
        self.ship(rows.sale_order_id)
        self.sandbox.faults.add("503", "ShippingInfo")
        self.sandbox.faults.add("401", "GetDeliveryStatus")
        self.cycle()
        self.gmarket.action_test_connection()
        self.cycle()
        self.cycle()
        self.assertEqual(rows.mapped("state"), ["sent", "sent"])
        self.assertTrue([x for x in handler.lines if "sale_esm" in x])
        leaks = [
            line
            for line in handler.lines
            if any(text in line for text in self.FORBIDDEN)
        ]
        self.assertFalse(leaks)
