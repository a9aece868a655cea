"""What a batch of marketplace orders needs to become sales orders, read once."""

from collections import defaultdict
from decimal import Decimal
from typing import NamedTuple

from odoo import models
from odoo.fields import Command, Domain

from ..esm_api import basket_money, option_text_key
from .allocation import split_amount

CODE_FIELDS = {"seller": "esm_seller_code", "inventory": "esm_inventory_code"}


def products_by_code(env, company, codes):
    """The products that have these codes, in one search.

    :param company: `res.company` whose products count; those of all companies and, in
        a branch, of the companies above it, count too
    :param codes: iterable of codes; empty ones are left out
    :return: kind of code ("seller", "inventory") -> code -> `product.product`
    """
    codes = list({code for code in codes if code})
    if not codes:
        return {"seller": {}, "inventory": {}}
    Product = env["product.product"]
    products = Product.search(
        Domain(Product._check_company_domain(company))
        & (
            Domain("esm_seller_code", "in", codes)
            | Domain("esm_inventory_code", "in", codes)
        )
    )
    # Of several products with a code, that of the nearest company is the last.
    products = products.sorted(lambda product: len(product.company_id.parent_ids))
    return {
        kind: {product[fname]: product for product in products if product[fname]}
        for kind, fname in CODE_FIELDS.items()
    }


class Part(NamedTuple):
    """One thing that a buyer chose: goods, an option of them, or an add-on item.

    :param quantity: pieces
    :param kind: kind of code, "seller", "inventory" or "addition"
    :param text: the option's text
    """

    quantity: int
    kind: str
    code: str | None
    text: str


class Match(NamedTuple):
    """What leaves the warehouse for one piece of a part.

    :param method: how it was found: "inventory", "seller", "text" (option text of that
        goods number) or "manual"
    :param components: list of (product, pieces of it)
    """

    method: str
    components: list


class MatchedPart(NamedTuple):
    """A part of a booked order: what is sold for it, and what its match says.

    :param lines: `sale.order.line` recordset
    :param part: :class:`Part`
    :param match: :class:`Match`
    """

    lines: models.BaseModel
    part: Part
    match: Match

    @property
    def ordered(self):
        """Pieces that the buyer ordered."""
        return self.part.quantity

    @property
    def sold(self):
        """(product, quantity) of each line."""
        return {(line.product_id, line.product_uom_qty) for line in self.lines}

    @property
    def goods(self):
        """(product, quantity) that the match says."""
        # Rounded like the quantities of lines: 3 x 0.1 is 0.30000000000000004.
        return {
            (product, round(self.part.quantity * needed, 6))
            for product, needed in self.match.components
        }


class Products:
    """What the goods of some orders are in Odoo, read at once.

    A match that a person made for that goods number counts first, then the code. An
    option without a code is found by its text if the listing's options are known.
    """

    def __init__(self, env, shop, orders):
        self._shop = shop
        orders = list(orders)
        parts = [part for order in orders for part in goods_parts(order)]
        parts += [part for order in orders for part in addition_parts(order)]
        self._found = products_by_code(
            env, shop.company_id, (part.code for part in parts)
        )
        self._by_code, self._by_text, self._by_hand = {}, {}, set()
        numbers = {order.site_goods_no for order in orders if order.site_goods_no}
        texts = {option_text_key(part.text) for part in parts} - {""}
        codes = {part.code for part in parts} - {None, ""}
        if not numbers:
            return
        options = env["esm.listing.option"].search(
            Domain("shop_id", "=", shop.id)
            & Domain("listing_id.site_goods_no", "in", list(numbers))
            & (
                Domain("match_method", "=", "manual")
                | Domain("text_key", "in", list(texts))
                | Domain("code", "in", list(codes))
            )
        )
        for option in options:
            number = option.site_goods_no
            # Two options with one code, or one text, say nothing by it.
            if option.code or not option.key:
                key = number, option.code if option.key else ""
                if option.match_method == "manual":
                    self._by_hand.add(key)
                self._by_code[key] = None if key in self._by_code else option
            if option.text_key:
                key = number, option.text_key
                self._by_text[key] = None if key in self._by_text else option

    def find(self, order, part):
        """What a part of an order is in Odoo; None when nobody knows.

        :param order: `esm_api.Order`
        :param part: :class:`Part` of it
        :return: :class:`Match` or None
        """
        if part.kind == "addition":
            # An add-on item is a product of its own: it may carry either code.
            for method in ("inventory", "seller"):
                if part.code and part.code in self._found[method]:
                    return Match(method, [(self._found[method][part.code], 1)])
            return None
        option = self._option(order, part)
        if option and option.match_method == "manual":
            return Match("manual", self._components(option))
        if option is None and (order.site_goods_no, part.code) in self._by_hand:
            # Somebody said that this code does not tell what is sold.
            return None
        if part.code:
            product = self._found[part.kind].get(part.code)
            return Match(part.kind, [(product, 1)]) if product else None
        matched = option and option.match_method
        return Match("text", self._components(option)) if matched else None

    def _option(self, order, part):
        """The listing's option that the buyer chose, as far as it can be told."""
        number = order.site_goods_no
        if part.kind == "seller":
            return self._by_code.get((number, ""))
        # A code may stand for several options, such as packs of one and of three.
        return self._by_text.get(
            (number, option_text_key(part.text))
        ) or self._by_code.get((number, part.code))

    @staticmethod
    def _components(option):
        return [(line.product_id, line.quantity) for line in option.component_ids]


def goods_parts(order):
    """The parts of an order's goods amount.

    :param order: `esm_api.Order`
    :return: list of :class:`Part`, at least one
    """
    quantity = order.quantity or 1
    if not order.options:
        return [Part(quantity, "seller", order.seller_code, "")]
    if len(order.options) == 1 or all(option.quantity for option in order.options):
        several = len(order.options) > 1
        return [
            Part(
                option.quantity if several else quantity,
                "inventory",
                option.code,
                option.text or "",
            )
            for option in order.options
        ]
    # Several options without a count each: a human has to look, as no code says what
    # is in the parcel.
    text = ", ".join(option.text for option in order.options if option.text)
    return [Part(quantity, "inventory", None, text)]


def addition_parts(order):
    """The add-on items of an order: list of :class:`Part`."""
    return [
        Part(addition.quantity or 1, "addition", addition.code, addition.text or "")
        for addition in order.additions
    ]


class Partners:
    """Buyers and delivery addresses of some orders: found again or created.

    A contact is found by fingerprint only and never changed afterwards: a new
    address is a new contact, so old documents keep theirs.
    """

    def __init__(self, env, shop, orders):
        self._env = env
        self._shop = shop
        self._company = shop.company_id
        self._korea = env.ref("base.kr")
        self._partners = {}
        fingerprint = env["res.partner"]._esm_fingerprint
        self._keys = {}
        for order in orders:
            phone = order.buyer_mobile or order.buyer_phone
            # A virtual number (안심번호) is new with each order: the destination
            # tells apart buyers with the same masked ID instead.
            if not phone or phone.startswith("05"):
                phone = f"{order.zip_code} {order.address_front}"
            buyer = fingerprint(
                f"{self._company.id}",
                shop.site,
                order.buyer_id,
                order.buyer_name,
                phone,
            )
            address = fingerprint(*env["esm.order"]._address_parts(order))
            self._keys[order.order_no] = (buyer, f"{address}")
        self._load(orders)
        self._create_missing(orders)

    def _load(self, orders):
        buyers = {buyer for buyer, _address in self._keys.values()}
        found = self._env["res.partner"].search(
            [
                ("esm_buyer_key", "in", list(buyers)),
                ("company_id", "=", self._company.id),
            ]
        )
        for partner in found:
            key = (partner.esm_buyer_key, partner.esm_address_key)
            self._partners.setdefault(key, partner)
            if not partner.parent_id:
                self._partners.setdefault((partner.esm_buyer_key, None), partner)

    def _create_missing(self, orders):
        buyers, children = {}, {}
        for order in orders:
            buyer, address = self._keys[order.order_no]
            if (buyer, None) not in self._partners and buyer not in buyers:
                buyers[buyer] = order
        if buyers:
            created = self._env["res.partner"].create(
                [self._prepare_buyer_values(order) for order in buyers.values()]
            )
            for partner in created:
                self._partners[partner.esm_buyer_key, None] = partner
                if partner.esm_address_key:
                    key = (partner.esm_buyer_key, partner.esm_address_key)
                    self._partners[key] = partner
        for order in orders:
            key = self._keys[order.order_no]
            if key not in self._partners and key not in children:
                children[key] = order
        if children:
            created = self._env["res.partner"].create(
                [self._prepare_address_values(order) for order in children.values()]
            )
            for key, partner in zip(children, created, strict=True):
                self._partners[key] = partner

    def _is_same_person(self, order):
        return order.buyer_name == order.receiver_name and (
            order.buyer_mobile or order.buyer_phone
        ) == (order.receiver_mobile or order.receiver_phone)

    def _prepare_buyer_values(self, order):
        buyer, address = self._keys[order.order_no]
        values = {
            "name": order.buyer_name
            or order.buyer_id
            or order.receiver_name
            or order.order_no,
            "phone": order.buyer_mobile or order.buyer_phone,
            "country_id": self._korea.id,
            "company_id": self._company.id,
            "lang": "ko_KR" if self._speaks_korean() else False,
            "esm_buyer_key": buyer,
            "customer_rank": 1,
        }
        if self._is_same_person(order):
            values.update(self._prepare_place_values(order), esm_address_key=address)
        return values

    def _prepare_address_values(self, order):
        buyer, address = self._keys[order.order_no]
        return {
            "name": order.receiver_name or order.buyer_name,
            "phone": order.receiver_mobile or order.receiver_phone,
            "type": "delivery",
            "parent_id": self._partners[buyer, None].id,
            "company_id": self._company.id,
            "lang": "ko_KR" if self._speaks_korean() else False,
            "esm_buyer_key": buyer,
            "esm_address_key": address,
            **self._prepare_place_values(order),
        }

    def _prepare_place_values(self, order):
        # The address of an overseas order is free text of any country.
        country = self._env["res.country"] if order.overseas else self._korea
        road, door = order.address_front, order.address_back
        form = country.address_format or ""
        if door and 0 <= form.find("%(street2)s") < form.find("%(street)s"):
            # The form of l10n_kr: the second line is the road, the first the door.
            road, door = door, road
        return {
            "zip": order.zip_code,
            "street": road,
            "street2": door,
            "country_id": country.id,
        }

    def _speaks_korean(self):
        return bool(self._env["res.lang"]._get_data(code="ko_KR"))

    def of(self, order):
        """(buyer, delivery contact) of an order."""
        key = self._keys[order.order_no]
        return self._partners[key[0], None], self._partners[key]


class Lines:
    """Makes the values of sales order lines; taxes and prices are computed once."""

    def __init__(self, env, shop):
        self._env = env
        self._shop = shop
        self._stand_in = env.ref("sale_esm.product_unmatched")
        self._taxes = {}
        self._prices = {}

    def prepare_match_lines(self, row, kind, match, quantity, name, amount):
        """Values of the lines of one part: a line for each product that leaves.

        :param row: `esm.order` record
        :param kind: value of field `esm_kind`
        :param match: :class:`Match` or None
        :param quantity: pieces that were ordered
        :param name: what the buyer bought
        :param amount: of all of it, whole won
        """
        components = match.components if match else [(self._stand_in, 1)]
        # A set's price is divided as the prices of its goods are.
        weights = [product.lst_price * needed for product, needed in components]
        if len(components) == 1 or any(weight < 0 for weight in weights):
            weights = [1] * len(components)
        return [
            {
                **self.prepare(row, kind, product, name, quantity * needed, share),
                "esm_matched_by": match.method if match else False,
            }
            for (product, needed), share in zip(
                components, split_amount(amount, weights), strict=True
            )
        ]

    def prepare(self, row, kind, product, name, quantity, total, tax_ids=None):
        """Values of one line that amounts to `total`, taxes included."""
        if tax_ids is None:
            if product not in self._taxes:
                self._taxes[product] = self._shop._taxes_for(product)
            taxes = self._taxes[product]
        else:
            taxes = self._env["account.tax"].browse(tax_ids[0][2])
        currency, company = self._shop.currency_id, self._shop.company_id
        cache_key = (total, quantity, taxes, product)
        if cache_key not in self._prices:
            self._prices[cache_key] = self._env[
                "sale.order.line"
            ]._esm_prepare_price_values(
                total, quantity, taxes, currency, company, product
            )
        return {
            "product_id": product.id,
            "name": name,
            "product_uom_id": product.uom_id.id,
            "product_uom_qty": quantity,
            "discount": 0.0,
            "tax_ids": [Command.set(taxes.ids)],
            "esm_order_id": row.id if row else False,
            "esm_kind": kind,
            "esm_total": float(total),
            **self._prices[cache_key],
        }


class Baskets:
    """What the baskets of one batch need, read once, and the values made of it."""

    def __init__(self, env, shop, rows, parsed):
        self._env = env
        self._shop = shop
        self._company = shop.company_id
        self._parsed = dict(parsed)
        self._discount_product = env.ref("sale_esm.product_discount")
        self._orders = env["sale.order"].search(
            [
                ("esm_shop_id", "=", shop.id),
                ("esm_pay_no", "in", list(set(rows.mapped("pay_no")))),
                ("state", "!=", "cancel"),
            ]
        )
        self._products = Products(env, shop, parsed.values())
        self._partners = Partners(env, shop, list(parsed.values()))
        self._lines = Lines(env, shop)
        self._money = {}
        # Cancelled rows too: what the buyer paid for shipping covers the whole cart.
        for row in self._orders.esm_order_ids:
            self._parsed.setdefault(row, row._parsed())
        by_basket = defaultdict(list)
        for row, order in self._parsed.items():
            by_basket[row.pay_no].append(order)
        for pay_no, orders in by_basket.items():
            self._money[pay_no] = basket_money(orders, orders[0].site)
        self._left_over = self._shipping_left_over(rows, by_basket)
        # What the sales orders that exist have taken of their basket's shipping.
        self._taken = defaultdict(Decimal)
        for order in self._orders:
            self._taken[order.esm_pay_no] += self._booked_shipping(order)

    def _shipping_left_over(self, rows, by_basket):
        """Shipping that stood on orders that were cancelled before they were booked.

        The buyer paid it for the whole basket: the rest of it still has to be sent.

        :return: dict basket number -> won
        """
        booked = set(self._orders.mapped("esm_pay_no"))
        lost = self._env["esm.order"].search(
            [
                ("shop_id", "=", self._shop.id),
                ("pay_no", "in", list(set(rows.mapped("pay_no")) - booked)),
                ("state", "=", "cancelled"),
            ]
        )
        left_over = {}
        for pay_no, cancelled in lost.grouped("pay_no").items():
            if self._money[pay_no].shipping or self._money[pay_no].surcharge:
                continue  # it stands on the rest as well
            orders = [row._parsed() for row in cancelled]
            money = basket_money(by_basket[pay_no] + orders, orders[0].site)
            if money.balanced:
                left_over[pay_no] = money.shipping + money.surcharge
        return left_over

    # --- sales orders ---------------------------------------------------

    def existing_order(self, key, pay_no):
        """The sales order of this basket and destination that still takes lines."""
        for order in self._orders.filtered(lambda o: o.esm_pay_no == pay_no):
            if (order.esm_basket_key or "").split("#")[0] == key and (
                order.state in ("draft", "sent")
                or (
                    order.state == "sale"
                    and not order.locked
                    and not order.invoice_ids
                    and all(p.state not in ("done",) for p in order.picking_ids)
                )
            ):
                return order
        return None

    def prepare_order_values(self, key, group, lines):
        """Values of a new sales order.

        :param str key: shop, basket and destination
        :param group: `esm.order` recordset that goes into it
        :param lines: values of its lines
        """
        shop = self._shop
        first = self._parsed[group[0]]
        buyer, receiver = self._partners.of(first)
        same = self._orders.filtered(
            lambda o: (o.esm_basket_key or "").split("#")[0] == key
        )
        dues = [row.due_at for row in group if row.due_at]
        return {
            "company_id": self._company.id,
            "partner_id": buyer.id,
            "partner_invoice_id": buyer.id,
            "partner_shipping_id": receiver.id,
            "date_order": min(row.paid_at or row.create_date for row in group),
            "commitment_date": min(dues) if dues else False,
            "warehouse_id": shop.warehouse_id.id,
            "team_id": shop.team_id.id,
            "user_id": shop.user_id.id,
            "pricelist_id": shop.pricelist_id.id,
            "fiscal_position_id": False,
            "payment_term_id": False,
            "require_signature": False,
            "require_payment": False,
            "carrier_id": shop.carrier_id.id,
            "client_order_ref": group[0].pay_no,
            "origin": ", ".join(group.mapped("order_no")),
            "esm_shop_id": shop.id,
            "esm_pay_no": group[0].pay_no,
            "esm_basket_key": f"{key}#{group[0].order_no}" if same else key,
            "order_line": [Command.create(line) for line in lines],
        }

    # --- lines ----------------------------------------------------------

    def prepare_lines(self, group, order=None):
        """Values of the lines of these rows, and of their part of the shipping.

        :param group: `esm.order` recordset of one basket and destination
        :param order: the `sale.order` that they are added to, if there is one
        """
        lines = []
        for row in group:
            lines += self._prepare_row_lines(row)
        money = self._money[group[0].pay_no]
        rows = group | order.esm_order_ids if order else group
        shipping = sum(
            money.shipping_shares[row.order_no] + money.surcharge_shares[row.order_no]
            for row in rows
        )
        left_over = self._left_over.pop(group[0].pay_no, 0)
        shipping += left_over
        if order:
            shipping -= self._booked_shipping(order)
        # A part that was sold before the rest came may have taken more than its share.
        pay_no = group[0].pay_no
        left = money.shipping + money.surcharge + left_over - self._taken[pay_no]
        shipping = min(shipping, left)
        if shipping > 0:
            self._taken[pay_no] += shipping
            lines.append(self._prepare_shipping_line(shipping))
        return lines

    def _booked_shipping(self, order):
        """What a sales order has for shipping, in won."""
        lines = order.order_line.filtered(lambda line: line.esm_kind == "shipping")
        return Decimal(str(sum(lines.mapped("esm_total"))))

    def _prepare_row_lines(self, row):
        order = self._parsed[row]
        money = self._money[row.pay_no]
        goods = money.goods[row.order_no]
        additions = money.additions[row.order_no]
        if additions and not order.additions:
            # An amount for add-on items that are not listed: part of the goods.
            goods, additions = goods + additions, Decimal(0)
        lines = self._prepare_part_lines(row, order, "item", goods_parts(order), goods)
        taxes = self._discount_taxes(lines[0]["tax_ids"])
        if order.additions:
            lines += self._prepare_part_lines(
                row, order, "addition", addition_parts(order), additions
            )
        discount = (
            money.seller_discounts[row.order_no] + money.seller_cash[row.order_no]
        )
        if discount:
            lines.append(
                self._lines.prepare(
                    row,
                    "discount",
                    self._discount_product,
                    self._env._("Seller discount %(order)s", order=row.order_no),
                    1,
                    -discount,
                    taxes,
                )
            )
        return lines

    def _discount_taxes(self, tax_ids):
        taxes = self._env["account.tax"].browse(tax_ids[0][2])
        return [
            Command.set(self._env["sale.order.line"]._esm_discount_taxes(taxes).ids)
        ]

    def _prepare_part_lines(self, row, order, kind, parts, amount):
        """Lines of the parts that share one amount, split by quantity."""
        lines = []
        shares = split_amount(amount, [part.quantity for part in parts])
        for index, (part, share) in enumerate(zip(parts, shares, strict=True)):
            label = order.goods_name if kind == "item" else ""
            name = " / ".join(filter(None, (label, part.text))) or row.order_no
            origin = {
                "esm_part": index,
                "esm_code_kind": part.kind,
                "esm_code": part.code,
            }
            match = self._products.find(order, part)
            lines += [
                {**line, **origin}
                for line in self._lines.prepare_match_lines(
                    row, kind, match, part.quantity, name, share
                )
            ]
        return lines

    def _prepare_shipping_line(self, amount):
        product = self._shop._shipping_product()
        values = self._lines.prepare(
            None,
            "shipping",
            product,
            product.display_name,
            1,
            amount,
            [Command.set(self._shop._shipping_taxes().ids)],
        )
        return {**values, "is_delivery": True}
