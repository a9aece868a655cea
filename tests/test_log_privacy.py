from psycopg2.errors import NotNullViolation, UniqueViolation

from odoo.tests import tagged

from .common import TEA, EsmCase


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
