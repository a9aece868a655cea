"""What ``./dev screens`` shows beyond the demo (runs in the virtual environment).

A manager, and what he was about to do: files that wait for somebody to say yes.
"""

import base64
import io

from openpyxl import Workbook

from odoo.fields import Command

from .demo_goods import CATALOGUE
from .screens import LANGUAGES

NAMES = {"en": "Manager", "ko": "관리자"}
LOGIN, PASSWORD = "screens", "screens"
ORDERS = (
    ("4100000001", "김가상", "서울특별시 가상구 모의대로 10", 2),
    ("4100000002", "이예시", "대전광역시 가상구 보기로 22", 1),
    ("4100000003", "박견본", "", 1),
)


def create_manager(env, language):
    """A user who may do what the administrator may, and reads that language."""
    admin = env.ref("base.user_admin").with_context(no_reset_password=True)
    manager = admin.copy(
        {
            "name": NAMES[language],
            "login": LOGIN,
            "password": PASSWORD,
            "email": "manager@example.com",
            "lang": LANGUAGES[language],
            "tz": "Asia/Seoul",
        }
    )
    manager.group_ids = [
        Command.link(env.ref(group).id)
        for group in (
            "sale_esm.group_manager",
            "sales_team.group_sale_manager",
            "stock.group_stock_manager",
        )
    ]


def manager(env):
    return env["res.users"].search([("login", "=", LOGIN)])


def begin_imports(env):
    """The manager looks at files that are read, but not taken over yet."""
    user = manager(env)
    mine = env(user=user, context={"lang": user.lang, "tz": user.tz})
    _import_codes(mine)
    _import_numbers(mine)
    _enter_orders(mine)


def _import_codes(env):
    first, second, third = [goods for goods in CATALOGUE if goods.inventory_code][:3]
    rows = [
        ("품번", "상품명", "재고관리코드"),
        (first.inventory_code, first.name, f"{first.inventory_code}-A"),
        (second.inventory_code, second.name, second.inventory_code),
        (third.inventory_code, third.name, first.inventory_code),
        ("TS-GR-L", "순면 티셔츠 회색", "TS-GR-L"),
    ]
    _read(env, "esm.code.import", "codes.xlsx", rows)


def _import_numbers(env):
    pickings = env["stock.picking"].search(
        [
            ("esm_shop_id", "!=", False),
            ("picking_type_code", "=", "outgoing"),
            ("state", "=", "assigned"),
            ("carrier_tracking_ref", "=", False),
        ],
        limit=3,
    )
    rows = [("출고번호", "운송장번호", "택배사")]
    for number, picking in enumerate(pickings):
        rows.append((picking.name, f"61000000000{number}", "CJ대한통운"))
    rows.append(("WH/OUT/99999", "610000000009", "CJ대한통운"))
    _read(env, "esm.tracking.import", "courier.xlsx", rows)


def _enter_orders(env):
    goods = CATALOGUE[0]
    record = env["esm.manual.order"].create(
        {
            "kind": "typed",
            "shop_id": env["esm.shop"].search([], order="id", limit=1).id,
            "line_ids": [
                Command.create(
                    {
                        "order_no": number,
                        "goods_name": goods.name,
                        "seller_code": goods.seller_code,
                        "inventory_code": goods.inventory_code,
                        "quantity": quantity,
                        "unit_price": goods.price,
                        "shipping_fee": 3000,
                        "buyer_name": receiver,
                        "buyer_mobile": "010-0000-0000",
                        "receiver_name": receiver,
                        "receiver_mobile": "010-0000-0000",
                        "zip_code": "00010",
                        "address": address,
                    }
                )
                for number, receiver, address, quantity in ORDERS
            ],
        }
    )
    record.action_read()


def _read(env, model, name, rows):
    workbook = Workbook()
    for row in rows:
        workbook.active.append(row)
    file = io.BytesIO()
    workbook.save(file)
    data = base64.b64encode(file.getvalue())
    env[model].create({"filename": name, "file": data}).action_read()
