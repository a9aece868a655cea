"""From orders that people enter to orders as ESM sends them.

Each row becomes an `esm_api.Order`, whatever it comes from: a workbook of ESM Plus, the
fields of a line, or ESM itself, asked by number. What ESM did not send is written with
ESM's own keys (`esm_api.order_payload`). So one path books them all.
"""

import re
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

from ..esm_api import (
    ORDER_FILE_TITLES,
    Order,
    OrderOption,
    OrderStatus,
    ShippingCondition,
    Site,
    is_under_claim,
    order_payload,
    read_fee_kind,
    read_file_date,
    with_paid_amounts,
)
from ..excel import Column, Row, Trouble
from .booking import Products, goods_parts
from .import_rows import ImportRow, ImportRows, titles_for
from .utc import naive

COLUMNS = tuple(Column(key, titles) for key, titles in ORDER_FILE_TITLES.items())
NEEDED = (
    ("order_no",),
    ("seller_code", "inventory_code", "goods_name"),
    ("quantity",),
    ("unit_price", "amount"),
    ("receiver_name",),
    ("address",),
)
_NUMBERS = ("order_no", "pay_no", "group_no")
_DATES = ("paid_at", "ordered_at")
_AMOUNTS = ("unit_price", "amount", "seller_discount", "shipping_fee")
_PHONES = ("buyer_mobile", "buyer_phone", "receiver_mobile", "receiver_phone")
# What is no harm in a text for people.
_HARMLESS = (Trouble.CONTROL, Trouble.DATE, Trouble.FRACTION, Trouble.LOGICAL)
_IN_DELIVERY = (OrderStatus.IN_DELIVERY, OrderStatus.DELIVERED, OrderStatus.DECIDED)


class ManualRow(ImportRow):
    """One order: what was entered, and what it is as an order of ESM."""

    def __init__(self, number, given):
        super().__init__(number, given)
        self.order = None
        self.payload = None


class ManualRows(ImportRows):
    """The orders of one `esm.manual.order`."""

    row_class = ManualRow

    def __init__(self, record, letters=None):
        """
        :param record: `esm.manual.order` in the environment of the user who enters
        :param letters: key -> letter of its column in the file
        """
        titles = titles_for(ORDER_FILE_TITLES, record.env.lang)
        super().__init__(record.env, titles, letters)
        self._shop = record.shop_id
        self._site = Site(record.shop_id.site)
        self._known = {}

    # --- take rows ----------------------------------------------------------------

    def add(self, row):
        """Extend: texts for people may look as they like."""
        strict = (*_NUMBERS, *_AMOUNTS, "quantity", "seller_code", "inventory_code")
        cells = {
            key: replace(cell, trouble=None)
            if cell.trouble in _HARMLESS and key not in strict
            else cell
            for key, cell in row.cells.items()
        }
        return super().add(Row(row.number, cells))

    def add_given(self, number, given):
        """Take an order that was typed in.

        :param given: dict key of a column -> text
        """
        row = self.row_class(number, {key: text for key, text in given.items() if text})
        self.rows.append(row)
        return row

    def add_order(self, number, order_no, order):
        """Take an order that ESM shows.

        :param order: `esm_api.Order`
        """
        row = self.add_given(number, {"order_no": order_no})
        row.order, row.payload = order, order.payload
        return row

    def prepare_line_values(self, row):
        """Values of `esm.manual.order.line` for a row."""
        order = row.order
        if order is None:
            return {"order_no": row.given.get("order_no"), "payload": False}
        return {
            "order_no": order.order_no,
            "pay_no": order.pay_no,
            "paid_at": naive(order.paid_at or order.ordered_at),
            "goods_no": order.site_goods_no,
            "goods_name": order.goods_name,
            "option_text": ", ".join(o.text for o in order.options if o.text) or False,
            "seller_code": order.seller_code,
            "inventory_code": ", ".join(order.option_codes) or False,
            "quantity": order.quantity,
            "unit_price": float(order.unit_price or 0),
            "option_amount": float(order.option_amount or 0),
            "seller_discount": float(order.seller_discount or 0),
            "shipping_fee": float(order.shipping_fee or 0),
            "receiver_name": order.receiver_name,
            "courier_name": order.courier_name,
            "tracking_no": order.invoice_no,
            "payload": row.payload,
        }

    # --- look up ------------------------------------------------------------------

    def look_up(self):
        """Read what the rows say, and which orders and baskets are known."""
        for row in self.rows:
            if row.order is None and "order_no" not in row.problems:
                self._parse(row)
        orders = [row.order for row in self.rows if row.order]
        # sudo: that an order is known, but to another shop, has to be said
        known = self._env["esm.order"].sudo()
        self._known = known._find(
            self._site.value, [order.order_no for order in orders]
        )._by_number()
        baskets = {order.pay_no for order in orders if order.pay_no}
        self._baskets = known.search(
            [("shop_id", "=", self._shop.id), ("pay_no", "in", list(baskets))]
        ).grouped("pay_no")

    def _parse(self, row):
        """Read the texts of a row; `row.order` stays None if it has no number."""
        given, values = row.given, {}
        for key in _NUMBERS:
            if given.get(key):
                values[key] = self._parse_number(row, key)
        for key in _DATES:
            if given.get(key):
                values[key] = read_file_date(given[key])
                if values[key] is None:
                    row.refuse(
                        key, self._env._("%(text)s is no date.", text=given[key])
                    )
        for key in _AMOUNTS:
            if given.get(key) and key not in row.problems:
                values[key] = self._parse_amount(row, key)
        for key in _PHONES:
            if given.get(key):
                values[key] = _phone(given[key], key in row.numeric)
        for key in (
            *("site_goods_no", "goods_name", "seller_code", "buyer_name", "buyer_id"),
            *("receiver_name", "memo", "free_gift", "bonus", "customs_code"),
            *("courier_name", "invoice_no"),
        ):
            values[key] = given.get(key)
        values["zip_code"] = given.get("zip_code") and given["zip_code"].zfill(5)
        values["address_front"] = given.get("address")
        values["quantity"] = self._parse_quantity(row)
        if not values.get("order_no"):
            if not given.get("order_no"):
                row.refuse("order_no", self._env._("the row has no order number."))
            return
        self._parse_option(row, values)
        self._parse_fee(row, values)
        self._parse_price(row, values)
        row.order = Order(
            site=self._site,
            status=OrderStatus.IN_DELIVERY,
            **{key: value for key, value in values.items() if value is not None},
        )

    def _parse_number(self, row, key):
        digits = row.given[key]
        if key in row.problems:
            return None
        if not re.fullmatch("[0-9]{1,18}", digits):
            if key == "group_no":
                return None  # it only helps to tell bundles apart
            row.refuse(
                key,
                self._env._("%(text)s is no number of digits.", text=digits),
            )
            return None
        return str(int(digits))

    def _parse_amount(self, row, key):
        text = re.sub(r"[,\s원₩]", "", row.given[key])
        # ESM Plus shows discounts as negative figures in some of its files.
        sign = "-?" if key == "seller_discount" else ""
        if not re.fullmatch(f"{sign}[0-9]{{1,12}}", text):
            row.refuse(
                key,
                self._env._("%(text)s is no amount of won.", text=row.given[key]),
            )
            return None
        return abs(Decimal(text))

    def _parse_quantity(self, row):
        text = row.given.get("quantity", "").replace(",", "")
        if "quantity" in row.problems:
            return None
        if not re.fullmatch("[0-9]{1,6}", text) or not int(text):
            row.refuse(
                "quantity",
                self._env._("the quantity is a whole number from 1 on."),
            )
            return None
        return int(text)

    def _parse_option(self, row, values):
        """An option has an inventory code; goods without one a seller code."""
        text, code = row.given.get("option"), row.given.get("inventory_code")
        if text or code:
            values["options"] = (OrderOption(text, values["quantity"], code),)
        addition = row.given.get("addition", "").strip("- ")
        if addition:
            # The file has no codes of them, and its amount may contain theirs or not.
            values["additions"] = (OrderOption(addition, 1, None),)
            row.notes.append(
                self._env._(
                    "The add-on items %(items)s have no code in the file: the sales "
                    "order will wait until you choose their products on its line, and "
                    "check their quantity and price.",
                    items=addition,
                )
            )

    def _parse_fee(self, row, values):
        kind = row.given.get("fee_kind")
        if not kind:
            return
        condition = read_fee_kind(kind)
        if condition:
            values["shipping_condition"] = condition
        elif not row.given.get("shipping_fee"):
            # Some files have the amount in the column of this name.
            row.given["shipping_fee"] = row.given.pop("fee_kind")
            self._letters.setdefault("shipping_fee", self._letters.get("fee_kind", ""))
            values["shipping_fee"] = self._parse_amount(row, "shipping_fee")

    def _parse_price(self, row, values):
        """Price and surcharge from price per piece, amount, or both."""
        price, amount = values.get("unit_price"), values.pop("amount", None)
        quantity = values["quantity"]
        if row.problems.keys() & {"unit_price", "amount", "quantity"}:
            return
        if price is None and amount is None:
            row.refuse(
                "unit_price", self._env._("the row has neither a price nor an amount.")
            )
            return
        if amount is None:
            return
        if price is None:
            price = values["unit_price"] = amount // quantity
        surcharge = amount - price * quantity
        if surcharge < 0:
            row.refuse(
                "amount",
                self._env._(
                    "%(amount)s is less than the price of %(quantity)s pieces, "
                    "%(total)s.",
                    amount=f"{amount:,}",
                    quantity=quantity,
                    total=f"{price * quantity:,}",
                ),
            )
        elif surcharge:
            values["option_amount"] = surcharge

    # --- check --------------------------------------------------------------------

    def check(self):
        """Find out which orders can be taken over, and what speaks against others."""
        by_number = defaultdict(list)
        for row in self.rows:
            if row.order:
                by_number[row.order.order_no].append(row)
                self._check_row(row)
        for number, rows in by_number.items():
            if len(rows) > 1:
                for row in rows:
                    row.refuse(
                        "order_no",
                        self._env._(
                            "order %(order)s stands in several rows: %(rows)s. Keep "
                            "one of them.",
                            order=number,
                            rows=self.numbers(rows),
                        ),
                    )
        self._fill_in_paid()
        self._note_goods()
        for row in self.rows:
            if row.order and not row.problems:
                row.changes = {"order_no": row.order.order_no}

    def _check_row(self, row):
        order = row.order
        known = self._known.get(order.order_no)
        if known and known.shop_id.id != self._shop.id:
            row.refuse(
                "order_no",
                self._env._(
                    "order %(order)s belongs to another shop, which has it already.",
                    order=order.order_no,
                ),
            )
        elif known:
            row.refuse(
                "order_no",
                self._env._(
                    "order %(order)s is in Odoo already.", order=order.order_no
                ),
            )
        if order.status not in _IN_DELIVERY:
            row.refuse(
                "order_no",
                self._env._(
                    "order %(order)s is not in delivery yet: the marketplace hands it "
                    "over. Use Collect by Number.",
                    order=order.order_no,
                ),
            )
        seller = re.sub(r"\(.*\)", "", row.given.get("seller_id", "")).strip()
        if seller and seller != self._shop.seller_id:
            row.refuse(
                "seller_id",
                self._env._(
                    "the order belongs to %(seller)s, not to %(shop)s.",
                    seller=seller,
                    shop=self._shop.name,
                ),
            )
        state = row.given.get("state", "")
        if is_under_claim(state):
            row.refuse(
                "state",
                self._env._("the order is under a claim (%(state)s).", state=state),
            )
        if order.is_fulfilment:
            row.refuse(
                "order_no", self._env._("the marketplace's own warehouse ships it.")
            )
        if not order.receiver_name:
            row.refuse("receiver_name", self._env._("the row has no receiver."))
        if not order.address_front:
            row.refuse("address", self._env._("the row has no address."))
        if order.contact_pending and not row.problems:
            row.notes.append(self._env._("The order has no phone number."))

    def _fill_in_paid(self):
        """Write the payload of what was entered, basket by basket."""
        baskets = defaultdict(list)
        for row in self.rows:
            if row.order and row.payload is None and not row.problems:
                baskets[row.order.pay_no or row.order.order_no].append(row)
        for pay_no, rows in baskets.items():
            stored = self._baskets.get(pay_no, ())
            orders = with_paid_amounts(
                [row.order for row in rows],
                self._site,
                [known._parsed() for known in stored],
            )
            for row, order in zip(rows, orders, strict=True):
                row.order = order
                row.payload = order_payload(order)
            if len(rows) > 1 or stored:
                fee = sum(order.shipping_fee or 0 for order in orders)
                for row in rows:
                    row.notes.append(
                        self._env._(
                            "Basket %(basket)s has %(count)s orders here; shipping "
                            "%(fee)s is booked once for them.",
                            basket=pay_no,
                            count=len(rows) + len(stored),
                            fee=f"{fee:,}",
                        )
                    )

    def _note_goods(self):
        """Say where nobody knows the goods: these orders wait, as collected ones do."""
        rows = [row for row in self.rows if row.order and not row.problems]
        # sudo: products are found as the job that books finds them
        products = Products(
            self._env(su=True), self._shop.sudo(), [row.order for row in rows]
        )
        for row in rows:
            for part in goods_parts(row.order):
                if products.find(row.order, part):
                    continue
                row.notes.append(
                    self._env._(
                        "No product has the code %(code)s: the sales order will wait "
                        "for it.",
                        code=part.code or "-",
                    )
                )
            if row.order.shipping_condition is ShippingCondition.ON_DELIVERY:
                row.notes.append(
                    self._env._("Shipping is paid on delivery: it is not booked.")
                )


def _phone(text, is_number):
    """A phone number; Excel drops the zero that Korean ones begin with."""
    if is_number and len(text) in (9, 10) and not text.startswith("0"):
        return f"0{text}"
    return text
