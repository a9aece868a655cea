"""What the uninstalled addon left behind, and whether people can go on without it.

``./dev upgrade`` starts it.
"""

import sys

from devtools.console import say
from devtools.odoo_env import odoo_env
from devtools.paths import MODULE


def main():
    with odoo_env() as env:
        trouble = [*left_over(env), *cannot_go_on(env)]
    for line in trouble:
        say(line)
    return bool(trouble)


def left_over(env):
    """Names of the addon that are still in the database."""
    for what, query in (
        ("table", "SELECT tablename FROM pg_tables WHERE tablename LIKE 'esm%'"),
        (
            "column",
            "SELECT table_name || '.' || column_name FROM information_schema.columns "
            "WHERE column_name LIKE 'esm\\_%' AND table_schema = 'public'",
        ),
        ("index", "SELECT indexname FROM pg_indexes WHERE indexname LIKE '%esm\\_%'"),
        ("model", "SELECT model FROM ir_model WHERE model LIKE 'esm.%'"),
        ("cron", "SELECT cron_name FROM ir_cron WHERE cron_name LIKE 'Gmarket%'"),
        ("setting", f"SELECT key FROM ir_config_parameter WHERE key LIKE '{MODULE}%'"),
        ("attachment", "SELECT id FROM ir_attachment WHERE res_model LIKE 'esm.%'"),
        ("activity", "SELECT id FROM mail_activity WHERE res_model LIKE 'esm.%'"),
        (
            "name",
            f"SELECT model || ' ' || name FROM ir_model_data WHERE module = '{MODULE}'",
        ),
    ):
        env.cr.execute(query)
        for [name] in env.cr.fetchall():
            yield f"{what} {name} is left over"


def cannot_go_on(env):
    """Deliveries that were open can be made, and sales orders can be opened."""
    ready = env["stock.picking"].search([("state", "=", "assigned")])
    if not ready:
        yield "no delivery was open"
    ready.button_validate()
    if set(ready.mapped("state")) != {"done"}:
        yield "open deliveries cannot be validated"
    for model in ("sale.order", "stock.picking", "res.partner", "product.template"):
        view = env[model].get_view(view_type="form")
        if "esm" in view["arch"]:
            yield f"the form of {model} still has the addon's fields"
    sale = env["sale.order"].search([], limit=1)
    if sale.copy().amount_total != sale.amount_total:
        yield "a copy of a sales order has another total"


if __name__ == "__main__":
    sys.exit(main())
