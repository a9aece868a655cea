"""Uninstall the addon as the Apps screen does (``./dev upgrade`` starts it)."""

from devtools.odoo_env import odoo_env
from devtools.paths import MODULE


def main():
    with odoo_env() as env:
        addon = env["ir.module.module"].search([("name", "=", MODULE)])
        addon.button_immediate_uninstall()


if __name__ == "__main__":
    main()
