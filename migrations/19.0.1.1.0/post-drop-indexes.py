"""Some indexes were written with each order and message, but never read."""

from odoo.tools import SQL

_UNUSED = (
    "esm_order__origin_index",
    "esm_order__paid_at_index",
    "esm_outbox__company_id_index",
    "esm_outbox__shop_id_index",
)


def migrate(cr, version):
    """Odoo keeps indexes that a field does not ask for any more.

    :param version: the version that was installed until now
    """
    for name in _UNUSED:
        cr.execute(SQL("DROP INDEX IF EXISTS %s", SQL.identifier(name)))
