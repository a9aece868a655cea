"""Keep buyers out of the server's log.

Odoo logs a statement that fails with all its values. For an order of the marketplace
these are a person's name, telephone and address; and statements do fail in ordinary
life, whenever two workers meet at the same order.
"""

import logging

# Tables and columns whose statements carry personal data. A contact is personal data
# whoever it is: its telephone number may come later, in a statement of its own.
PERSONAL = (
    *("esm_order", "esm_manual_order", "esm_privacy", "esm_buyer_key"),
    *('INTO "res_partner"', 'UPDATE "res_partner"'),
)
# Enough of a statement to see what it does; values stand behind the column names.
HEAD = 60


class PersonalDataFilter(logging.Filter):
    """Cut failed statements on marketplace orders before their values begin."""

    def filter(self, record):
        if not str(record.msg).startswith("bad query") or len(record.args) != 2:
            return True
        statement, error = record.args
        if isinstance(statement, bytes):
            statement = statement.decode(errors="replace")
        statement = str(statement)
        if any(name in statement for name in PERSONAL):
            # Further lines of PostgreSQL's error may repeat the row.
            reason = (str(error).splitlines() or [""])[0]
            # An update has its values between the names of the columns.
            head = statement[:HEAD].split("'")[0]
            record.args = (f"{head}... (values left out)", reason)
        return True


logging.getLogger("odoo.sql_db").addFilter(PersonalDataFilter())
