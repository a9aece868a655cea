"""A Korean merchant in Odoo, for ``./dev demo`` (runs in the virtual environment)."""

from odoo.exceptions import UserError
from odoo.fields import Command

from .console import DevError
from .demo_goods import DETERGENT, FOOD

LANGUAGE = "ko_KR"
# Couriers that the warehouse hands parcels to: name in Odoo, code at ESM.
COURIERS = (
    ("CJ대한통운", 10013),
    ("한진택배", 10007),
    ("롯데택배", 10008),
    ("우체국택배", 10005),
)
# Waybill numbers that two of them gave the merchant; the second has few left. Those of
# the others are typed.
RANGES = (("500000000006", "500000999993"), ("510000000005", "510000002993"))
# What the demo prints and uses for both users.
ADMIN = ("admin", "admin")
CLERK = ("demo", "demo")


def set_up(env, account, sellers, goods, *, stock, language):
    """Register a merchant with these shops and goods; the switches are on.

    :param account: values of the `esm.account` (master ID, key, address)
    :param sellers: dict site -> seller ID
    :param goods: list of :class:`.demo_goods.Goods`
    :param bool stock: the switch for stock too: the server knows the goods
    :param language: code of the users' language
    :raise DevError: if Odoo does not take a value
    """
    env = env(context={**env.context, "lang": language, "tracking_disable": True})
    try:
        _set_up_company(env)
        clerk = _set_up_users(env, language)
        carriers = _create_carriers(env)
        _create_packing_rule(env)
        _create_products(env, goods)
        _create_shops(env, account, sellers, carriers[0], clerk, stock)
        env.flush_all()
    except UserError as error:
        raise DevError(f"Odoo does not take this: {error}") from error


def _set_up_company(env):
    env.company.write(
        {
            "name": "(주)샘플상사",
            "street": "가상구 모의대로 1",
            "city": "서울특별시",
            "zip": "00001",
            "phone": "02-000-0000",
            "email": "shop@example.com",
        }
    )
    _warehouse(env).name = "본사 창고"


def _warehouse(env):
    return env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)


def _set_up_users(env, language):
    """The administrator, and a clerk for orders and the warehouse."""
    values = {"lang": language, "tz": "Asia/Seoul"}
    env.ref("base.user_admin").write({"name": "관리자", **values})
    groups = (
        "sales_team.group_sale_salesman_all_leads",
        "stock.group_stock_user",
        "sale_esm.group_user",
    )
    login, password = CLERK
    return env["res.users"].create(
        {
            "name": "김모의",
            "login": login,
            "password": password,
            "email": "clerk@example.com",
            "group_ids": [Command.link(env.ref(group).id) for group in groups],
            **values,
        }
    )


def _taxes(env, tax_free):
    """VAT, or tax-free (면세): by the Korean chart that is one of several 0 % taxes."""
    if tax_free:
        return env["account.chart.template"].ref("l10n_kr_Sales_0_ti_tf")
    return env.company.account_sale_tax_id


def _create_carriers(env):
    product = env["product.product"].create(
        {
            "name": "배송비",
            "default_code": "DELIVERY",
            "type": "service",
            "sale_ok": False,
            "purchase_ok": False,
            "list_price": 3000,
            "taxes_id": [Command.set(_taxes(env, tax_free=False).ids)],
        }
    )
    couriers = env["esm.courier"].search(
        [("code", "in", [code for _name, code in COURIERS])]
    )
    by_code = {courier.code: courier for courier in couriers}
    carriers = env["delivery.carrier"].create(
        [
            {
                "name": name,
                "delivery_type": "fixed",
                "fixed_price": 3000,
                "product_id": product.id,
                "esm_courier_id": by_code[code].id,
            }
            for name, code in COURIERS
        ]
    )
    env["esm.waybill.range"].create(
        [
            {
                "carrier_id": carrier.id,
                "first": first,
                "last": last,
                "check_digit": "modulo_7",
            }
            for carrier, (first, last) in zip(carriers, RANGES, strict=False)
        ]
    )
    return carriers


def _create_packing_rule(env):
    food, detergent = env["product.tag"].create(
        [{"name": name} for name in (FOOD, DETERGENT)]
    )
    env["esm.bundle.rule"].create(
        {"tag_id": food.id, "other_tag_id": detergent.id, "note": "냄새가 뱁니다"}
    )


def _create_products(env, goods):
    tags = {tag.name: tag for tag in env["product.tag"].search([])}
    products = env["product.product"].create(
        [
            {
                "name": each.full_name,
                "default_code": each.inventory_code or each.seller_code,
                "list_price": each.price,
                "is_storable": True,
                "taxes_id": [Command.set(_taxes(env, each.tax_free).ids)],
                "esm_seller_code": each.seller_code or False,
                "esm_inventory_code": each.inventory_code or False,
                "product_tag_ids": [Command.link(tags[each.tag].id)]
                if each.tag
                else [],
            }
            for each in goods
        ]
    )
    shelf = _warehouse(env).lot_stock_id
    for product, each in zip(products, goods, strict=True):
        if each.stock > 0:
            env["stock.quant"]._update_available_quantity(product, shelf, each.stock)


def _create_shops(env, account, sellers, carrier, clerk, stock):
    account = env["esm.account"].create(
        {
            "name": "샘플상사 ESM PLUS",
            "environment": "sandbox",
            "calls_per_minute": 0,
            **account,
        }
    )
    env["esm.shop"].create(
        [
            {
                "account_id": account.id,
                "site": site,
                "seller_id": seller,
                "carrier_id": carrier.id,
                "user_id": clerk.id,
                "auto_collect": True,
                "auto_acknowledge": True,
                "auto_release": True,
                "auto_stock": stock,
                "bundle_baskets": True,
            }
            for site, seller in sellers.items()
        ]
    )
