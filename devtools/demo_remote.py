"""What the marketplace has at the end of ``./dev demo --once``, read back from it.

Runs in the virtual environment, beside Odoo.
"""

import time
from collections import Counter
from datetime import timedelta

from sandbox.statement import seller_sale

from .console import DevError, say
from .demo_cycle import payloads, shops_of
from .demo_goods import pieces_by_code
from .demo_verdict import Remote, Shelf
from .odoo_env import odoo_env

# All of what one window of the order list holds.
LOOK_BACK = timedelta(days=28)
# Orders of the marketplace's own warehouse take nothing from the merchant's.
FULFILMENT = "TL"
TRIES = 6
NAP_SECONDS = 6


class Ledger:
    """The sandbox's own ledger: it counts what took effect, whoever asked for it."""

    def __init__(self, sandbox):
        self._sandbox = sandbox
        self._sales = {}
        self.trouble = []  # there is none in one's own process

    def orders(self):
        remote = []
        for entry in self._sandbox.ledger():
            site, pay_no = entry["site"], str(entry["pay_no"])
            self._sales[site, pay_no] = entry["basket_seller_sale_live"]
            remote.append(
                Remote(
                    site=site,
                    order_no=str(entry["order_no"]),
                    to_do=entry["state"] in ("new", "preparing") and not entry["claim"],
                    confirmed=entry["confirmations"] > 0,
                    invoice_no=_bare(entry["invoice_no"]),
                    times_confirmed=entry["confirmations"],
                    times_sent=len(entry["invoices"]),
                )
            )
        return remote

    def sale_of(self, site, pay_no, _all_numbers, _live_numbers):
        return self._sales.get((site, pay_no))

    def shelves(self, on_hand):
        """What it sells of each product: by its own counters and open orders.

        :param on_hand: dict code -> (name, pieces in the warehouse)
        :return: list of :class:`.demo_verdict.Shelf`
        """
        pieces_of = pieces_by_code()
        ordered = Counter()
        for code, quantity in self._open_goods():
            for product, needed in pieces_of.get(code, {}).items():
                ordered[product] += quantity * needed
        on_sale = {code: {} for code in on_hand}
        for (site, number, key), pieces in self._sandbox.on_sale().items():
            item = self._sandbox.item_by_number(number)
            code, text = item.seller_code, item.name
            if key is not None:
                option = item.find_option(key)
                code, text = option.code, f"{text}, {item.option_text(option)}"
            goods = pieces_of.get(code, {})
            for product, needed in goods.items():
                on_sale[product][f"{site.capitalize()}: {text}"] = (
                    pieces,
                    needed,
                    len(goods) > 1,
                )
        return [
            Shelf(name, pieces, ordered[code], on_sale[code])
            for code, (name, pieces) in on_hand.items()
        ]

    def _open_goods(self):
        """(code, pieces) of everything that is ordered and has not left yet."""
        for order in self._sandbox.orders.values():
            if (
                order.cancelled
                or order.state.value not in ("new", "preparing")
                or order.distribution == FULFILMENT
            ):
                continue
            item = order.item
            codes = [option.code for option in item.options] or [item.seller_code]
            yield from ((code, item.quantity) for code in codes)
            for addition in item.additions:
                yield addition.code, addition.quantity


class Api:
    """Any server, through the calls of the ESM Trading API.

    Money is added up from the rows that it shows now; for an order that it does not
    show any more, from the row that it showed last.
    """

    def __init__(self):
        self._rows = {}
        self.trouble = []

    def orders(self):
        remote = []
        self.trouble = []
        with odoo_env() as env:
            self._rows = payloads(env)
            for name, shop in shops_of(env).items():
                say(f"    Reading {name} back ...")
                try:
                    remote += self._orders_of(shop)
                except DevError as error:
                    self.trouble.append(f"{name} cannot be read back: {error.what}")
        return remote

    def _orders_of(self, shop):
        from odoo.addons.sale_esm.esm_api import OrderStatus

        api = shop._api()
        end = api.now() + timedelta(days=1)
        found = {}
        for status in (
            OrderStatus.NEW,
            OrderStatus.PREPARING,
            OrderStatus.IN_DELIVERY,
        ):
            for order in _patiently(
                lambda status=status: api.orders.search(status, end - LOOK_BACK, end)
            ):
                found[order.order_no] = (order, status)
        sent = shop.order_ids.filtered(lambda row: row.state in ("shipped", "sent"))
        for number in set(sent.mapped("order_no")) - found.keys():
            # Delivered meanwhile, or paid before the lists begin.
            order = _patiently(lambda number=number: api.orders.get(number))
            if order:
                found[number] = (order, order.status)
        for number, (order, _status) in found.items():
            self._rows[shop.site, number] = order.payload
        return [
            Remote(
                site=shop.site,
                order_no=number,
                to_do=status in (OrderStatus.NEW, OrderStatus.PREPARING),
                confirmed=status != OrderStatus.NEW,
                invoice_no=_bare(order.invoice_no),
            )
            for number, (order, status) in found.items()
        ]

    def sale_of(self, site, _pay_no, all_numbers, live_numbers):
        rows = {number: self._rows[site, number] for number in all_numbers}
        return seller_sale(site, rows, live_numbers)


def _patiently(call):
    """Repeat a reading call while the trouble is of the kind that passes."""
    from odoo.addons.sale_esm.esm_api import EsmError, TransientError

    for left in reversed(range(TRIES)):
        try:
            return call()
        except TransientError as error:
            if not left:
                raise _unreadable(error) from error
            time.sleep(NAP_SECONDS)
        except EsmError as error:
            raise _unreadable(error) from error
    return None


def _unreadable(error):
    return DevError(str(error), error.advice)


def check_reachable():
    """Fail in plain words where no server answers at all."""
    from odoo.addons.sale_esm.esm_api import EsmError, HostUnreachable

    with odoo_env() as env:
        shop = env["esm.shop"].search([], limit=1)
        try:
            shop._api().delivery.couriers(patient=False)
        except HostUnreachable as error:
            raise DevError(
                f"No server answers at {shop.account_id.sandbox_url}: {error.message}",
                "Check the address given with --endpoint and that the server runs.",
            ) from error
        except EsmError:
            # The cycle will tell; the courier list may well be missing there.
            return


def _bare(number):
    return "".join(filter(str.isalnum, str(number or "")))
