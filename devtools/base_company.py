"""Make the base database's company a Korean one (runs beside Odoo).

Tests and demo then start where a Korean merchant does: won, the Korean chart of
accounts with its taxes, Korean time.
"""

from devtools.odoo_env import odoo_env


def main():
    with odoo_env() as env:
        company = env.ref("base.main_company")
        company.country_id = env.ref("base.kr")
        env["account.chart.template"].try_loading("kr", company, install_demo=False)
        env["res.users"].with_context(active_test=False).search([]).tz = "Asia/Seoul"
        found = (company.currency_id.name, company.chart_template)
        if found != ("KRW", "kr"):
            raise SystemExit(f"the company has currency and chart {found}")


if __name__ == "__main__":
    main()
