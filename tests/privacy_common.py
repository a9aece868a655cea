"""Orders of one buyer, the passing of time, and a search through the whole database."""

import re

from odoo.tools import SQL

from .test_after_shipping import ShippedCase

PEOPLE = {
    "buyer": {"name": "홍비밀", "user_id": "hon***", "mobile": "010-0000-7777"},
    "receiver": {
        "name": "임수령",
        "mobile": "010-0000-8888",
        "phone": "02-0000-9999",
        "zip_code": "00777",
        "front": "서울특별시 가상구 비밀로 7",
        "back": "가상아파트 707호",
    },
    "memo": "현관샘플 #7777 눌러 주세요",
}
# How these people could be recognised.
TRACES = (
    *("홍비밀", "임수령", "비밀로 7", "현관샘플", "가상아파트", "hon***", "00777"),
    *("010-0000-7777", "010-0000-8888", "02-0000-9999"),
)


class PrivacyCase(ShippedCase):
    def decided(self, *items, days=91, **options):
        """Orders of a buyer who decided the purchase so many days ago."""
        rows = self.shipped(*items, **{**PEOPLE, **options})
        for number in rows.mapped("order_no"):
            self.sandbox.mark_delivered(int(number))
            self.sandbox.decide(int(number))
        self.read_states()
        self.assertEqual(set(rows.mapped("market_status")), {"decided"})
        self.age(rows, days)
        return rows

    def age(self, rows, days):
        """Let so many days pass since these orders changed."""
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """UPDATE esm_order
                      SET paid_at = paid_at - %(past)s * interval '1 day',
                          decided_at = decided_at - %(past)s * interval '1 day',
                          write_date = write_date - %(past)s * interval '1 day'
                    WHERE id IN %(ids)s RETURNING id""",
                past=days,
                ids=tuple(rows.ids),
            )
        )
        self.commit()

    def commit(self):
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.env.invalidate_all()

    def night(self):
        """Run the nightly job."""
        self.commit()
        self.env["res.company"].sudo()._esm_cron_retention()
        self.env.invalidate_all()

    def traces(self, texts=TRACES):
        """Where in the database one of these texts stands: set of (table, text)."""
        self.env.flush_all()
        tables = self.env.execute_query(
            SQL(
                """SELECT relname FROM pg_class
                    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
                      AND (relname !~ '^ir_' OR relname = 'ir_attachment')"""
            )
        )
        patterns = {text: re.escape(text) for text in texts}
        for text in filter(str.isdecimal, texts):
            # As a whole: a part of the random ID of some message is nobody's.
            patterns[text] = rf"(?<!\d){text}(?!\d)"
        pattern = "|".join(patterns.values())
        # Cast as a whole: whatever column it is in.
        parts = [
            SQL(
                "SELECT %s, part::text FROM %s AS part WHERE part::text ~ %s",
                table,
                SQL.identifier(table),
                pattern,
            )
            for [table] in tables
        ]
        rows = self.env.execute_query(SQL(" UNION ALL ").join(parts))
        return {
            (table, text)
            for table, row in rows
            for text, own in patterns.items()
            if re.search(own, row)
        }
