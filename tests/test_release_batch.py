from unittest.mock import patch

from freezegun import freeze_time

from odoo.tests import tagged

from odoo.addons.stock.models import stock_move

from ..esm_api import Order
from ..models import esm_order_booking
from .common import CUP, TEA, EsmCase

NOON = "2026-11-02 03:00:00"
MODELS = (
    *("sale.order", "sale.order.line", "stock.reference", "stock.picking"),
    *("stock.move", "stock.move.line"),
)
# Numbers of Odoo's sequences, and moments: they are new with each try.
DIFFERENT = {
    *("id", "create_date", "write_date", "name", "reference", "origin"),
    *("access_token", "display_name"),
}


class Undo(Exception):
    """Ends a try, with all that it did."""


@tagged("post_install", "-at_install")
class TestReleaseBatch(EsmCase):
    """Orders that are released together become what Odoo makes of each of them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_product("Scarce", 1000, 5, esm_seller_code="SCARCE")
        ordered = cls.make_product("Ordered", 1000, 3, esm_seller_code="ORDERED")
        cls.env["stock.warehouse.orderpoint"].create(
            {
                "product_id": ordered.id,
                "product_min_qty": 2,
                "product_max_qty": 9,
                "trigger": "auto",
            }
        )
        lots, *_others = cls.env["product.product"].create(
            [
                {"name": name, "esm_seller_code": name, "is_storable": True, **values}
                for name, values in (
                    ("LOTS", {"tracking": "lot"}),
                    ("GONE", {}),
                    ("SAND", {"is_storable": False}),
                    ("SERVICE", {"is_storable": False, "type": "service"}),
                )
            ]
        )
        for name, quantity in (("L1", 1), ("L2", 5)):
            lot = cls.env["stock.lot"].create({"name": name, "product_id": lots.id})
            cls.env["stock.quant"]._update_available_quantity(
                lots, cls.warehouse.lot_stock_id, quantity, lot_id=lot
            )

    def setUp(self):
        super().setUp()
        self.gmarket.auto_release = False

    def place_all(self):
        """Orders of all kinds; returns the orders of the inbox."""

        def item(code, quantity=1, price=1000):
            return {
                "seller_code": code,
                "name": f"[샘플] {code}",
                "price": price,
                "quantity": quantity,
            }

        for _number in range(3):
            self.place(TEA)
            self.place(item("SCARCE", 2))
        self.place(TEA, CUP, {**TEA, "quantity": 3}, shipping_fee=3000)
        self.place(item("GONE"), CUP)
        self.place(item("SAND", 4), shipping_fee=2500)
        self.place(item("SERVICE"))
        self.place(item("ORDERED", 2), item("ORDERED", 2))
        self.place(item("LOTS", 3))
        self.place(TEA, item("LOTS", 2))
        self.run_cycle()
        rows = self.env["esm.order"].search([("shop_id", "=", self.gmarket.id)])
        self.assertEqual(set(rows.mapped("state")), {"booked"})
        return rows

    def outcome(self, rows, before):
        """All that was made or changed, whatever its IDs are."""
        self.env.flush_all()
        self.env.invalidate_all()
        made = {
            name: self.env[name].search([("id", ">", before[name])], order="id")
            for name in MODELS
        }
        made["sale.order"] = rows.sale_order_id.sorted("id")
        made["sale.order.line"] = rows.sale_order_id.order_line.sorted("id")
        # Odoo makes deliveries, and lines of moves, in another order when it goes one
        # by one: told apart by what they are of.
        made["stock.picking"] = made["stock.picking"].sorted(
            lambda picking: (picking.sale_id.id, picking.picking_type_id.id)
        )
        made["stock.reference"] = made["stock.reference"].sorted(
            lambda reference: reference.sale_ids.ids
        )
        places = {
            (name, record.id): f"{name} {number}"
            for name, records in made.items()
            for number, record in enumerate(records)
        }
        found = {
            name: [self.values(record, places) for record in records]
            for name, records in made.items()
        }
        found["quants"] = [
            (quant.product_id.name, quant.location_id.id, quant.lot_id.name)
            + (quant.quantity, quant.reserved_quantity)
            for quant in self.env["stock.quant"].search([], order="id")
        ]
        found["states"] = rows.mapped("state")
        messages = self.env["mail.message"].search(
            [("id", ">", before["mail.message"])], order="id"
        )
        found["messages"] = [
            (message.model, message.subtype_id.name, str(message.body)[:20])
            for message in messages
        ]
        return found

    def values(self, record, places):
        values = {}
        for name, field in record._fields.items():
            if name in DIFFERENT or not field.store:
                continue
            value = record[name]
            if field.relational:
                value = [places.get((value._name, one.id), one.id) for one in value]
            values[name] = value
        return values

    def confirm(self, rows):
        """Release these orders, and undo it; returns what came out."""
        before = {
            name: self.env[name].search([], order="id desc", limit=1).id or 0
            for name in (*MODELS, "mail.message")
        }
        shop = self.gmarket._as_job()
        rows = rows.with_env(shop.env)
        result = None
        try:
            with self.env.cr.savepoint(), freeze_time(NOON):
                rows._release()
                result = self.outcome(rows, before)
                raise Undo
        except Undo:
            self.env.invalidate_all()
        return result

    def check_same(self, rows):
        together = self.confirm(rows)
        with patch.object(esm_order_booking, "ReleaseBatch", lambda: None):
            alone = self.confirm(rows)
        self.assertEqual(together.keys(), alone.keys())
        for name, expected in alone.items():
            self.assertEqual(len(together[name]), len(expected), name)
            for one, other in zip(together[name], expected, strict=True):
                self.assertEqual(one, other, name)
        return alone

    def test_deliveries_are_those_of_plain_odoo(self):
        rows = self.place_all()
        outcome = self.check_same(rows)
        self.assertGreater(len(outcome["stock.picking"]), 10)
        # All kinds of reservation are among them.
        states = {move["state"] for move in outcome["stock.move"]}
        self.assertEqual(states, {"assigned", "confirmed", "partially_available"})

    def test_several_steps(self):
        self.warehouse.delivery_steps = "pick_ship"
        outcome = self.check_same(self.place_all())
        types = {picking["picking_type_id"][0] for picking in outcome["stock.picking"]}
        self.assertIn(self.warehouse.pick_type_id.id, types)

    def test_other_modules_say_which_goods_are_reserved(self):
        """As Odoo's own for dates of expiry: what has expired must not be taken."""
        rows = self.place_all()
        plain = stock_move.StockMove._update_reserved_quantity
        fresh = self.env["stock.lot"].search([("name", "=", "L2")])

        def reserve(move, need, location, lot_id=None, *others, **more):
            # This one is below ours: modules that come with stock are.
            if move.product_id == fresh.product_id:
                lot_id = fresh
            return plain(move, need, location, lot_id, *others, **more)

        with patch.object(stock_move.StockMove, "_update_reserved_quantity", reserve):
            outcome = self.check_same(rows)
        taken = {
            line["lot_id"][0] for line in outcome["stock.move.line"] if line["lot_id"]
        }
        self.assertEqual(taken, {fresh.id})

    def test_other_modules_see_what_is_reserved(self):
        """Also those that are above ours."""
        rows = self.place_all()
        Line = self.registry["stock.move.line"]
        plain, seen = Line.create, []

        def create(lines, vals_list):
            made = plain(lines, vals_list)
            seen.extend(made.mapped("quantity"))
            return made

        with patch.object(Line, "create", create):
            outcome = self.confirm(rows)
        made = [line["quantity"] for line in outcome["stock.move.line"]]
        self.assertEqual(sorted(seen), sorted(made))

    def test_other_modules_say_which_delivery_it_is(self):
        """One that puts all orders of a day into one, say, is asked for each."""
        rows = self.place_all()
        Move = self.registry["stock.move"]
        plain, asked = Move._assign_picking, []

        def assign(moves):
            asked.extend(moves.ids)
            return plain(moves)

        with patch.object(Move, "_assign_picking", assign):
            outcome = self.confirm(rows)
        self.assertGreaterEqual(len(set(asked)), len(outcome["stock.move"]))

    def test_further_orders_cost_few_queries(self):
        """Plain Odoo takes 33 for each."""
        shop = self.gmarket._as_job()
        shop.auto_release = True
        costs = []
        for count in (5, 5, 25):
            for _number in range(count):
                self.place(TEA)
            self.env.invalidate_all()
            orders = [
                self.order_of(number)
                for number in self.sandbox.orders
                if not self.rows(str(number))
            ]
            before = self.env.cr.sql_log_count
            shop._transact(
                lambda orders=orders: shop.env["esm.order"]._store(shop, orders)
            )
            shop._process()
            costs.append(self.env.cr.sql_log_count - before)
        per_order = (costs[2] - costs[1]) / 20
        self.assertLessEqual(per_order, 14)
        released = self.env["esm.order"].search_count([("state", "=", "released")])
        self.assertEqual(released, 35)

    def order_of(self, number):
        """An order of the sandbox, confirmed, as the marketplace lists it."""
        self.sandbox.confirm(number)
        return Order.from_payload(
            self.sandbox.orders[number].row(), seller_id=self.gmarket.seller_id
        )
