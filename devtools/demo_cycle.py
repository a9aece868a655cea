"""One whole cycle of ``./dev demo``, with the connector's own jobs and real commits.

Runs in the virtual environment, beside Odoo. Each step has its own transaction, as
in a merchant's database.
"""

import logging
import time
from collections import defaultdict
from contextlib import contextmanager

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command

from .console import say
from .demo_goods import BUNDLES
from .demo_setup import CLERK
from .demo_verdict import Basket, Booked
from .odoo_env import odoo_env

_logger = logging.getLogger(__name__)

# A parcel of goods that were sold out arrives with this many pieces.
RECEIVED = 20
# Trouble that passes is waited for this often and this long.
ROUNDS = 6
PATIENCE_SECONDS = 180
NAP_SECONDS = 6
# Baskets whose amounts nobody vouches for.
OPEN_AMOUNT = ("amount", "error")


class Cycle:
    """Collect, acknowledge, book and confirm, then validate with tracking and send.

    :param couriers: names of the shipping methods that parcels go with, in turn
    """

    def __init__(self, couriers):
        self._couriers = couriers
        self._serial = int(time.time()) % 10**7 * 1000
        # What broke and is not written on an order.
        self.trouble = []

    # --- collect ---------------------------------------------------------

    def collect(self):
        """Run the shops' cycles until nothing waits that passes by itself."""
        self._settle(self._collect_once, self._uncollected)

    def collect_once(self):
        self._collect_once(self._shop_ids())

    def _collect_once(self, shop_ids):
        for shop_id in shop_ids:
            with odoo_env() as env:
                shop = env["esm.shop"].browse(shop_id)
                started = time.monotonic()
                self._guarded(shop, shop._run_cycle)
                self._say_state(shop, time.monotonic() - started)

    def _say_state(self, shop, seconds):
        rows = shop.env["esm.order"]._read_group(
            [("shop_id", "=", shop.id)], ["state"], ["__count"]
        )
        states = dict(rows)
        text = ", ".join(
            f"{states[state]} {label}"
            for state, label in (
                ("received", "stored"),
                ("booked", "booked"),
                ("released", "to ship"),
                ("shipped", "shipped"),
                ("sent", "sent"),
                ("cancelled", "cancelled"),
                ("ignored", "not ours"),
            )
            if states.get(state)
        )
        say(f"    {_name(shop)}: {text or 'no orders'} ({seconds:.0f} s)")
        if shop.connection_state in ("problem", "refused"):
            say(f"    {_name(shop)}: {shop.connection_message}")

    def _guarded(self, shop, work):
        """Do work of the connector that must not raise; note it if it does."""
        name = _name(shop)
        try:
            work()
        except Exception as error:
            shop.env.cr.rollback()
            _logger.exception("The demo's work for %s failed", name)
            self.trouble.append(f"{name}: unexpected {type(error).__name__}, see log.")

    def _settle(self, work, unsettled):
        """Repeat ``work(shop_ids)`` while something waits that passes by itself.

        :param unsettled: function that returns the IDs of the shops where it does
        """
        started = time.monotonic()
        shop_ids = self._shop_ids()
        for left in reversed(range(ROUNDS)):
            work(shop_ids)
            shop_ids = unsettled()
            patience = PATIENCE_SECONDS - (time.monotonic() - started)
            if not shop_ids or not left or patience < NAP_SECONDS:
                return
            say(f"    Something waits; trying again in {NAP_SECONDS} s ...")
            time.sleep(NAP_SECONDS)
            self._wake()

    @staticmethod
    def _shop_ids():
        with odoo_env() as env:
            return env["esm.shop"].search([], order="id").ids

    @classmethod
    def _uncollected(cls):
        """Shops with trouble that passes, or with orders or messages that wait."""
        with odoo_env() as env:
            shops = env["esm.shop"].search([("connection_state", "=", "problem")])
            shops |= env["esm.order"].search(_UNBOOKED).shop_id
            refused = shops.filtered(lambda shop: shop.connection_state == "refused")
            ids = {*(shops - refused).ids, *cls._unsent("acknowledge")}
        return sorted(ids)

    @staticmethod
    def _unsent(action="ship"):
        """Shops with messages that will be sent without anybody's help."""
        with odoo_env() as env:
            messages = env["esm.outbox"].search([*_UNSENT, ("action", "=", action)])
            shops = messages.shop_id
            return shops.filtered(lambda s: s.connection_state != "refused").ids

    @staticmethod
    def _wake():
        """Let what waits for its next try be tried now: a demo has no hour to wait."""
        with odoo_env() as env:
            env["esm.outbox"].search(_UNSENT).next_try_at = False
            env["esm.order"].search(_UNBOOKED).next_try_at = False

    # --- goods -----------------------------------------------------------

    def read_listings(self):
        """Read what the shops sell, and match by hand what no code matches: packs
        and sets."""
        for shop_id in self._shop_ids():
            with odoo_env() as env:
                shop = env["esm.shop"].browse(shop_id)
                self._guarded(shop, shop._read_listings)
                say(
                    f"    {_name(shop)}: {shop.listing_count} listings, "
                    f"{shop.unmatched_count} goods unmatched"
                )
        with odoo_env() as env:
            for bundle in BUNDLES:
                option = env["esm.listing.option"].search(
                    [("code", "=", bundle.seller_code)]
                )
                match = env["esm.match"].create({"option_id": option.id})
                match.line_ids = [
                    Command.create({"product_id": product.id, "quantity": pieces})
                    for product, pieces in _components(env, bundle)
                ]
                say(f"    {option.display_name}: {len(match.waiting_ids)} orders wait")
                match.action_match()

    def put_on_sale(self):
        """Run the job that puts free stock on sale, in both shops."""
        started = fields.Datetime.now()
        with odoo_env() as env:
            env["esm.shop"]._cron_stock()
            messages = env["esm.outbox"].search([("action", "=", "stock")])
            written = messages.filtered(
                lambda m: m.state == "sent" and m.sent_at and m.sent_at >= started
            )
            self.trouble += [
                f"Stock of {message.listing_id.display_name}: {message.message}"
                for message in messages
                if message.state in ("waiting", "refused")
            ]
            known = env["esm.listing"].search_count([])
            say(f"    The stock of {len(written)} of {known} listings is written")

    def receive(self, code):
        """Receive goods as the warehouse does."""
        with odoo_env() as env:
            product = _product(env, code)
            kind = env["stock.picking.type"].search(
                [("code", "=", "incoming"), ("company_id", "=", env.company.id)],
                limit=1,
            )
            receipt = env["stock.picking"].create(
                {
                    "picking_type_id": kind.id,
                    "move_ids": [
                        Command.create(
                            {
                                "product_id": product.id,
                                "product_uom_qty": RECEIVED,
                                "location_id": kind.default_location_src_id.id
                                or env.ref("stock.stock_location_suppliers").id,
                                "location_dest_id": kind.default_location_dest_id.id,
                            }
                        )
                    ],
                }
            )
            receipt.action_confirm()
            receipt.button_validate()
            say(f"    {RECEIVED} pieces of {product.display_name} arrived")

    # --- ship ------------------------------------------------------------

    def ship(self, picking_ids=None):
        """Validate the released deliveries as a warehouse clerk does.

        :param picking_ids: IDs of those that leave; None validates all
        """
        if picking_ids is None:
            picking_ids = self.to_ship()
        short = 0
        for number, picking_id in enumerate(picking_ids, start=1):
            with _clerk_env() as env:
                picking = env["stock.picking"].browse(picking_id)
                # The others of its parcel may have taken it along.
                if picking.state != "done" and not picking.esm_stop_text:
                    short += self._ship(picking)
            if number % 20 == 0:
                say(f"    {number} of {len(picking_ids)} deliveries")
        if short:
            say(f"    {short} deliveries had more goods than the stock: sent anyway")

    def _ship(self, picking):
        """Validate one delivery; tell whether the stock was short."""
        name = picking.name
        try:
            if not picking.carrier_tracking_ref:
                self._type_number(picking)
            parcel = picking._esm_whole_parcels()
            short = parcel.move_ids.filtered(
                lambda move: (
                    move.state != "cancel" and move.quantity < move.product_uom_qty
                )
            )
            for move in short:
                move.quantity = move.product_uom_qty
            parcel.with_context(esm_no_window=True).button_validate()
            if picking.state != "done":
                self.trouble.append(f"Delivery {name} is not validated: no reason.")
            picking.env.cr.commit()
            return bool(short)
        except UserError as error:
            picking.env.cr.rollback()
            self.trouble.append(f"Delivery {name} cannot be validated: {error}")
            return False

    def _type_number(self, picking):
        """Give a delivery to the next courier, with a number from its own program."""
        self._serial += 1
        turn = self._couriers[self._serial % len(self._couriers)]
        picking.carrier_id = picking.env["delivery.carrier"].search(
            [("name", "=", turn)], limit=1
        )
        picking.carrier_tracking_ref = tracking_number(self._serial)

    @staticmethod
    def to_ship():
        with odoo_env() as env:
            return env["stock.picking"].search(_TO_SHIP, order="id").ids

    # --- parcels -----------------------------------------------------------

    def pack(self, most=None):
        """Pack together what goes to one address.

        :param int most: parcels to make; None makes all
        """
        with _clerk_env() as env:
            pickings = env["stock.picking"]
            parcels = pickings._esm_all_with_mates()._esm_propose()[:most]
            for parcel in parcels:
                parcel.action_esm_pack_together()
            pieces = sum(map(len, parcels))
            say(f"    Deliveries packed together: {pieces}; parcels: {len(parcels)}")

    def plan(self):
        """Tell the buyer of an order that is late when it leaves."""
        with _clerk_env() as env:
            late = env["esm.order"].search(
                [("due_state", "=", "late"), ("state", "=", "released")], limit=1
            )
            if late:
                wizard = env["esm.expected.date"].create(
                    {"order_ids": late.ids, "detail": "입고 지연"}
                )
                wizard.action_plan()
                say(f"    Order {late.order_no} is planned for {wizard.expected_date}")

    def print_waybills(self, every=1):
        """Print labels for a label printer, with numbers from the courier's range.

        :param int every: of so many deliveries one; the others' numbers are typed
        """
        with _clerk_env() as env:
            pickings = env["stock.picking"].browse(self.to_ship()[::every])
            pickings = pickings._esm_whole_parcels().filtered(
                lambda picking: (
                    not picking.esm_printed_at
                    and picking.state == "assigned"
                    and picking.carrier_id.esm_range_ids
                )
            )
            pickings -= pickings.browse().union(*pickings._esm_obstacles())
            if not pickings:
                return
            try:
                labels, _kind = env["ir.actions.report"]._render_qweb_text(
                    "sale_esm.report_waybill_zpl", pickings.ids
                )
            except UserError as error:
                env.cr.rollback()
                self.trouble.append(f"Waybills cannot be printed: {error}")
                return
            say(f"    {labels.count(b'^XA')} waybills are printed")

    # --- send ------------------------------------------------------------

    def send(self):
        """Run the sending job until nothing waits that passes by itself."""
        self._settle(self._send_once, self._unsent)

    def _send_once(self, _shop_ids):
        with odoo_env() as env:
            env["esm.outbox"]._cron_send()
            sent = env["esm.outbox"].search_count(
                [("action", "=", "ship"), ("state", "=", "sent")]
            )
        say(f"    {sent} tracking numbers are sent")


@contextmanager
def _clerk_env():
    """Environment of the clerk for orders and the warehouse."""
    with odoo_env() as env:
        clerk = env["res.users"].search([("login", "=", CLERK[0])])
        yield env(user=clerk)


# The receiver of a gift, or a manager, is waited for by no demo.
_UNSENT = [
    ("state", "=", "waiting"),
    ("order_id.problem", "not in", ("address", "cancel")),
]
_UNBOOKED = [
    ("state", "in", ("received", "booked")),
    ("market_status", "in", ("new", "preparing")),
    "|",
    ("problem", "=", "error"),
    "&",
    ("problem", "=", False),
    ("state", "=", "received"),
]
_TO_SHIP = [
    ("esm_shop_id", "!=", False),
    ("picking_type_code", "=", "outgoing"),
    ("state", "not in", ("draft", "done", "cancel")),
]


def tracking_number(serial):
    """Twelve digits, the last one the rest of the others by seven, as CJ's are."""
    body = 60_000_000_000 + serial
    return f"{body}{body % 7}"


def _name(shop):
    """Site and seller ID, in the language of the tool rather than the merchant's."""
    return f"{shop.site.capitalize()} {shop.seller_id}"


def shops_of(env):
    """Dict name -> `esm.shop`."""
    return {_name(shop): shop for shop in env["esm.shop"].search([], order="id")}


def tested_connection(shop):
    """What the button Test Connection says about a shop."""
    shop.with_context(lang=None).action_test_connection()
    return shop.connection_message


# --- goods in Odoo -------------------------------------------------------------


def _product(env, code):
    """The product with a code; the demo's internal references are the codes."""
    return env["product.product"].search([("default_code", "=", code)])


def _components(env, bundle):
    return [(_product(env, code), pieces) for code, pieces in bundle.pieces.items()]


def on_hand(env):
    """Dict code -> (name, pieces in the warehouse), of all goods."""
    products = env["product.product"].search([("is_storable", "=", True)], order="id")
    return {
        product.default_code: (product.name, round(product.qty_available))
        for product in products
    }


def unmatched(env):
    """Texts of the options that no product is known for."""
    options = env["esm.listing.option"].search([("match_method", "=", False)])
    return [f"{_name(option.shop_id)}: {option.display_name}" for option in options]


# --- what Odoo has -----------------------------------------------------------


def books(env):
    """All marketplace orders in Odoo, as :class:`.demo_verdict.Booked`."""
    return [_booked(row) for row in env["esm.order"].search([], order="id")]


def _booked(row):
    order = row.sale_order_id
    done = row.sale_line_ids.move_ids.picking_id.filtered(
        lambda picking: (
            picking.state == "done" and picking.picking_type_code == "outgoing"
        )
    )
    receiver = order.partner_shipping_id
    problem, reason, because_of = _why_waiting(row)
    return Booked(
        site=row.site,
        shop=_name(row.shop_id),
        order_no=row.order_no,
        pay_no=row.pay_no,
        state=row.state,
        acknowledged=row.acknowledged,
        sale_order=order.name or "",
        live_sale_orders=tuple(
            row.sale_line_ids.order_id.filtered(
                lambda other: other.state != "cancel"
            ).mapped("name")
        ),
        amount_total=round(order.amount_total),
        confirmed=order.state == "sale",
        validated=row.state in ("shipped", "sent"),
        tracking=done[:1]._esm_tracking_no() if done else row.tracking_no or "",
        problem=problem,
        reason=reason,
        because_of=because_of,
        partner_name=receiver.name or "",
        phone=receiver.phone or "",
        zip=receiver.zip or "",
    )


def _why_waiting(row):
    """What keeps an order from being sent: code, words, number of the other order.

    All empty if nothing does.
    """
    if row.problem:
        return row.problem, row.problem_text, ""
    if row.state in ("sent", "cancelled", "ignored"):
        return "", "", ""
    moves = row.sale_line_ids.move_ids
    others = row.sale_order_id.esm_order_ids | moves.picking_id._esm_orders()
    others = (others - row).filtered(
        lambda other: other.problem and other.state != "cancelled"
    )
    if row.state in ("booked", "released") and others:
        text = f"Goes together with order {others[0].order_no}, which waits."
        return "together", text, others[0].order_no
    waiting = row.outbox_ids.filtered(lambda message: message.state == "waiting")
    return "", waiting[:1].message or "Not finished in the demo's time.", ""


def payloads(env):
    """Dict (site, order number) -> the row that the marketplace sent last."""
    rows = env["esm.order"].search([])
    return {(row.site, row.order_no): row.payload for row in rows}


def baskets(env, sale_of):
    """The baskets whose orders are all booked, as :class:`.demo_verdict.Basket`.

    :param sale_of: function of site, basket number, all order numbers and those that
        are not cancelled; returns the seller's sale in won, or None
    """
    grouped = defaultdict(env["esm.order"].browse)
    for row in env["esm.order"].search([], order="id"):
        grouped[row.shop_id, row.pay_no] |= row
    found = []
    for (shop, pay_no), rows in grouped.items():
        live = rows.filtered(lambda row: row.state != "cancelled")
        orders = live.sale_order_id
        if (
            not live
            or "ignored" in live.mapped("state")
            or not all(row.sale_order_id for row in live)
            or set(live.mapped("problem")) & set(OPEN_AMOUNT)
        ):
            continue
        sale = sale_of(
            shop.site, pay_no, rows.mapped("order_no"), live.mapped("order_no")
        )
        booked = round(sum(orders.mapped("amount_total")))
        found.append(Basket(_name(shop), pay_no, booked, sale))
    return found
