"""A merchant on a new database, for scripts that measure or break things.

Runs in the virtual environment, beside Odoo.
"""

from odoo.fields import Command

MASTER, SECRET = "scriptmaster", "script-secret-key-of-32-characters"
SELLERS = {"gmarket": "mallsample_g", "auction": "mallsample_a"}
CJ = 10013
PLENTY = 1_000_000


def make_carrier(env):
    """A shipping method that ESM knows the courier of."""
    return env["delivery.carrier"].create(
        {
            "name": "CJ",
            "delivery_type": "fixed",
            "product_id": env["product.product"]
            .create({"name": "Courier", "type": "service"})
            .id,
            "esm_courier_id": env["esm.courier"].search([("code", "=", CJ)]).id,
        }
    )


def make_shops(env, url, **values):
    """An account with a shop on each site, against the sandbox at ``url``.

    :param values: fields of both shops; all switches are on unless said otherwise
    :return: dict site -> `esm.shop`
    """
    account = env["esm.account"].create(
        {
            "name": "Sandbox",
            "master_id": MASTER,
            "secret_key": SECRET,
            "environment": "sandbox",
            "sandbox_url": url,
            "calls_per_minute": 0,
        }
    )
    switches = ("auto_collect", "auto_acknowledge", "auto_release")
    shops = env["esm.shop"].create(
        [
            {
                "account_id": account.id,
                "site": site,
                "seller_id": seller,
                "carrier_id": make_carrier(env).id,
                **dict.fromkeys(switches, True),
                **values,
            }
            for site, seller in SELLERS.items()
        ]
    )
    return {shop.site: shop for shop in shops}


def make_products(env, catalog):
    """Products in stock that the sandbox's orders are for.

    :param catalog: items as `sandbox.generator` takes them; those with an inventory
        code are options
    """
    products = env["product.product"].create(
        [
            {
                "name": f"{item['name']} {item.get('option') or ''}".strip(),
                "list_price": item["price"],
                "is_storable": True,
                "taxes_id": [Command.set(env.company.account_sale_tax_id.ids)],
                "esm_inventory_code": item.get("inventory_code"),
                "esm_seller_code": None
                if item.get("inventory_code")
                else item.get("seller_code"),
            }
            for item in catalog
        ]
    )
    warehouse = env["stock.warehouse"].search(
        [("company_id", "=", env.company.id)], limit=1
    )
    for product in products:
        env["stock.quant"]._update_available_quantity(
            product, warehouse.lot_stock_id, PLENTY
        )
    return products
