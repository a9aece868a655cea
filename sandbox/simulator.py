"""``Sandbox``: the whole server, with the buttons that buyers and couriers press."""

from __future__ import annotations

import hmac
import pickle  # nosec B403  # only dumps; keeping.py loads
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from email.message import Message
from urllib.parse import urlsplit

from . import generator, keeping
from .app import (
    DEFAULT_PERMISSIONS,
    ENDPOINTS,
    Api,
    Reply,
    json_reply,
)
from .catalog import CatalogItem, SellState, item_entry
from .clock import Clock
from .control import Control
from .faults import Faults
from .http_server import Server
from .model import SITES, Account, ClaimKind, Item, Order
from .people import Person
from .placing import Placer, as_option, ledger_entry
from .strict import Strict
from .world import Call, RateViolation, World

#: Where a program that hosts a sandbox says that it is its own, see hosting.py.
TOKEN_HEADER = "X-Sandbox-Token"  # nosec B105  # a name
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Sandbox:
    """A local ESM.

    ``start``: Korean wall clock to begin with; the clock then stands still until
    ``advance`` or ``set_time`` (or runs on with ``ticking=True``). None: real time.
    ``orders_interval``: seconds of the bucket of the order lists, 0 switches it off.
    ``search_limit``: rows per page when no size is asked for, and the most it gives.
    ``latency``: seconds that each answer to an ESM call takes, at least.
    ``strict``: readings of open points by name, see strict.py.
    """

    def __init__(
        self,
        start: datetime | None = None,
        seed: int = 1,
        orders_interval: float = 5.0,
        search_limit: int = 1000,
        *,
        latency: float = 0.0,
        ticking: bool | None = None,
        strict: Mapping[str, object] | None = None,
        verbose: bool = False,
    ):
        self.seed = seed
        self.verbose = verbose
        self.latency = latency
        self.strict = Strict()
        self.strict.update(**dict(strict or {}))
        self.clock = Clock(start, ticking=ticking)
        self._server: Server | None = None
        self._thread: threading.Thread | None = None
        self._interval = orders_interval
        self._search_limit = search_limit
        #: tells it from others at the same address, see hosting.py
        self.token: str | None = None
        #: called after each call that may have changed something, before its answer
        self.on_call: Callable[[], None] | None = None
        self._begin()

    def _begin(self, accounts: dict[str, Account] | None = None) -> None:
        world = World(self.clock, self.strict, self._interval, self._search_limit)
        world.store.accounts.update(accounts or {})
        self._work_on(world)

    def _work_on(self, world: World) -> None:
        self.world = world
        self.faults = Faults(self.seed)
        self.placer = Placer(self.world, self.seed)
        self._api = Api(self.world, self.faults, self.placer)
        self._control = Control(self)

    def reset(self) -> None:
        """Forget orders, items, calls and faults; keep accounts, clock and readings.
        The numbers of orders and items begin anew."""
        with self.world.lock:
            self._begin(self.world.store.accounts)

    # ---- kept --------------------------------------------------------------------

    def dump(self) -> bytes:
        """Everything that happened, for ``load``; faults and paces are not kept."""
        with self.world.lock:
            return pickle.dumps(self.world)

    def load(self, data: bytes) -> None:
        """Go on where a sandbox was when it was dumped.

        Raises pickle.UnpicklingError when other things than a sandbox are in it; data
        that is no dump at all may raise any exception.
        """
        world = keeping.load(data)
        if not isinstance(world, World):
            raise pickle.UnpicklingError("There is no sandbox in it")
        self.clock, self.strict = world.clock, world.strict
        self._work_on(world)

    # ---- server --------------------------------------------------------------

    def start(self, port: int = 0, host: str = "127.0.0.1") -> str:
        """Listen; returns the base URL. Port 0 takes a free one."""
        if self._server is not None:
            raise RuntimeError(f"The sandbox listens already: {self.url}")
        self._server = Server(host, port, self._handle, self.verbose)
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.05},
            name="esm-sandbox",
            daemon=True,
        )
        self._thread.start()
        return self.url

    def stop(self) -> None:
        """Stop listening and close all connections; held answers are let go."""
        if self._server is None:
            return
        server, self._server = self._server, None
        server.stop()
        if self._thread is not None:
            self._thread.join(timeout=5)
            self._thread = None

    @property
    def url(self) -> str:
        if self._server is None:
            raise RuntimeError("The sandbox is not started")
        return self._server.url

    def __enter__(self) -> Sandbox:
        if self._server is None:
            self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def _handle(
        self, method: str, target: str, headers: Message, body: bytes, address: str
    ) -> Reply:
        path, _mark, query = target.partition("?")
        content_type = headers.get("Content-Type", "")
        try:
            if path == "/" or path.startswith("/_sandbox"):
                if not self._may_control(headers):
                    return json_reply({"error": "This sandbox is somebody else's"}, 403)
                reply = self._control.handle(method, path, query, content_type, body)
            else:
                authorization = headers.get("Authorization")
                reply = self._api.handle(
                    method, path, authorization, content_type, body, address
                )
                reply.delay = max(reply.delay, self.latency)
            if self.on_call is not None and method != "GET":
                self.on_call()
            return reply
        except Exception:  # a mistake of the sandbox must be seen, not swallowed
            traceback.print_exc(file=sys.stderr)
            return json_reply({"Message": "The sandbox failed: see its log"}, 500)

    def _may_control(self, headers: Message) -> bool:
        """Whether a control call comes from who may make it.

        A sandbox inside a program is that program's: whoever else is on the machine
        does not know its name. One that people started is theirs, by its address; a web
        page that has its own name lead here (DNS rebinding) says that name.
        """
        if self.token is not None:
            given = headers.get(TOKEN_HEADER, "")
            return hmac.compare_digest(given.encode(), self.token.encode())
        host = urlsplit(f"//{headers.get('Host', '')}").hostname
        listens = urlsplit(self.url).hostname
        return listens not in LOOPBACK or host in LOOPBACK

    # ---- accounts ------------------------------------------------------------

    def add_account(
        self,
        master_id: str,
        secret_key: str,
        *,
        gmarket: Iterable[str] = (),
        auction: Iterable[str] = (),
        permissions: Iterable[str] = DEFAULT_PERMISSIONS,
    ) -> Account:
        """An ESM+ master ID with its seller IDs. The default permissions leave out the
        two restricted calls (AddShippingCompleteInfo, SellerCancel)."""
        sellers = {("gmarket", seller) for seller in _names(gmarket)}
        sellers |= {("auction", seller) for seller in _names(auction)}
        account = Account(master_id, secret_key, sellers, set(permissions))
        with self.world.lock:
            self.world.store.accounts[master_id] = account
        return account

    def set_permission(self, master_id: str, endpoint: str, allowed: bool) -> None:
        if endpoint not in {known.name for known in ENDPOINTS}:
            raise ValueError(f"There is no endpoint {endpoint!r}")
        with self.world.lock:
            permissions = self.world.store.accounts[master_id].permissions
            (permissions.add if allowed else permissions.discard)(endpoint)

    # ---- orders come in ------------------------------------------------------

    def place_basket(
        self,
        site: str,
        seller_id: str,
        items: Sequence[Mapping | Item],
        shipping_fee: int | list[int] = 0,
        condition: str | None = None,
        jeju: int = 0,
        remote: int = 0,
        buyer: Mapping | Person | None = None,
        receiver: Mapping | Person | None = None,
        **options: object,
    ) -> list[int]:
        """A buyer pays a basket; returns its order numbers, one per item.

        ``items``: dicts with site_goods_no, seller_code, name, price, quantity, option
        (text, code, surcharge per piece) or ``options``, additions [(text, code, price,
        quantity)], seller_discount, site_discount, seller_cash (won for the line),
        bundle (index), free_gift(_code), bonus(_code) and ``raw`` (keys of the payload
        row to overwrite; "__missing__" takes the key out). When site_goods_no belongs
        to an item (``add_item``), name, price, codes and surcharge come from it,
        ``option`` may be its code, text or optSeq alone, and its stock falls;
        ``SoldOut`` when it is not on sale or has too few.
        ``shipping_fee``: won, or one fee per bundle.
        ``condition``: DeliveryFeeCondition (F when there is a fee, else X).
        ``jeju``, ``remote``: surcharges in won; they also decide where the invented
        buyer lives.
        ``buyer``, ``receiver``: what differs from the invented person (name, mobile,
        phone, zip_code, front, back, user_id, virtual).
        Options: virtual (0508 numbers, there after five minutes), no_phone, gift,
        gift_due, overseas, customs_code, deposit (bank transfer awaited), paid_at,
        memo, distribution (NL, TL fulfilment, SL seller star), trans_type, group_no,
        split ("first", "each", "even": how rows show the fee).
        """
        with self.world.lock:
            return self.placer.place(
                site,
                seller_id,
                items,
                shipping_fee=shipping_fee,
                condition=condition,
                jeju=jeju,
                remote=remote,
                buyer=buyer,
                receiver=receiver,
                **options,
            )

    def generate(
        self,
        site: str,
        seller_id: str,
        orders: int = 10,
        baskets: int | None = None,
        catalog: Sequence[Mapping] | None = None,
        seed: int | str | None = None,
        spread: float = 6 * 3600,
    ) -> list[int]:
        """A realistic mix, paid within the last ``spread`` seconds. ``catalog``: dicts
        of seller_code, inventory_code (an option product) or None, name, price, and
        optionally site_goods_no, option (text), surcharge. None: what the seller's
        items have on sale, and fewer orders when that runs out; goods of the sandbox's
        own where he has no items. ``seed`` None: the sandbox's seed and what is there
        already, so that two calls give different baskets."""
        with self.world.lock:
            if seed is None:
                seed = f"{self.seed}:{len(self.world.store.orders)}"
            return generator.generate(
                self.placer,
                site,
                seller_id,
                orders=orders,
                baskets=baskets,
                catalog=catalog,
                seed=seed,
                spread=spread,
            )

    # ---- items -----------------------------------------------------------------

    def add_item(
        self,
        name: str,
        price: int | Mapping[str, int],
        *,
        gmarket: str | None = None,
        auction: str | None = None,
        seller_code: str = "",
        stock: int | Mapping[str, int] = 100,
        options: Sequence[Mapping] = (),
        per_site: bool = False,
        stock_managed: bool = True,
        legacy: bool = False,
        registered_at: datetime | None = None,
        **more: object,
    ) -> CatalogItem:
        """The seller registers an item on one site or on both, and it is on sale.

        ``price`` in won and ``stock`` in pieces: one figure, or a dict by site.
        ``options``: dicts of values (name of the choice -> value: one is a choice, two
        or three are a combination; choices of different names are independent of each
        other), code, qty (one figure or by site), sold_out, shown, surcharge (won).
        ``per_site``: sold-out flags are kept per site. ``stock_managed``: the market
        keeps quantities of options; else the item's stock holds for all of them.
        ``legacy``: a 1.0 item, which the item API does not know.
        ``registered_at``: Korean time, None a month ago. Soon after its registration an
        item refuses changes.
        More: numbers (site -> site goods number), text_option (name of a text that the
        buyer writes), additions (dicts of text, code, price), fulfilment (stock is not
        the seller's), days (of the selling period, None without end), waiting (not on
        sale yet).
        """
        if isinstance(registered_at, str):
            registered_at = datetime.fromisoformat(registered_at)
        with self.world.lock:
            return self.world.catalog.add(
                name,
                price,
                gmarket=gmarket,
                auction=auction,
                seller_code=seller_code,
                stock=stock,
                options=options,
                per_site_options=per_site,
                stock_managed=stock_managed,
                legacy=legacy,
                registered_at=registered_at,
                **more,
            )

    @property
    def items(self) -> dict[int, CatalogItem]:
        """By master number, deleted ones too. It is the live dict."""
        with self.world.lock:
            self.world.lifecycle.run_due()
            return self.world.catalog.items

    def item_by_number(self, site_goods_no: str) -> CatalogItem:
        with self.world.lock:
            self.world.lifecycle.run_due()
            try:
                return self.world.catalog.by_number[str(site_goods_no)]
            except KeyError:
                raise LookupError(f"There is no item {site_goods_no}") from None

    def on_sale(
        self, site: str | None = None, seller_id: str | None = None
    ) -> dict[tuple[str, str, int | None], int]:
        """(site, site goods number, optSeq or None) -> pieces a buyer could buy now, 0
        where it is sold out or stopped. Deleted items are not in it."""
        with self.world.lock:
            self.world.lifecycle.run_due()
            return self.world.catalog.on_sale(site, seller_id)

    def catalog(
        self,
        site: str | None = None,
        seller_id: str | None = None,
        last: int | None = None,
        find: str = "",
    ) -> list[dict]:
        """One JSON-able dict per item that is not deleted, in order of registration:
        see ``catalog.item_entry``. ``find``: only with this in a number, code or name.
        ``last``: only that many."""
        wanted = find.casefold()
        with self.world.lock:
            self.world.lifecycle.run_due()
            found = [
                item
                for item in self.world.catalog.items.values()
                if any(
                    site in (None, place) and seller_id in (None, item.sellers[place])
                    for place in item.live
                )
                and (not wanted or wanted in item.search_text)
            ]
            return [item_entry(item) for item in (found[-last:] if last else found)]

    def _item(self, goods_no: int | str) -> CatalogItem:
        self.world.lifecycle.run_due()
        try:
            return self.world.catalog.items[int(goods_no)]
        except KeyError:
            raise LookupError(f"There is no item {goods_no}") from None

    def stop_item(
        self, goods_no: int, site: str | None = None, by_site: bool = False
    ) -> None:
        """A human stops it in ESM Plus, on one site or on all; or the site does."""
        state = SellState.STOPPED_BY_SITE if by_site else SellState.STOPPED
        with self.world.lock:
            item = self._item(goods_no)
            for each in [site] if site else item.live:
                self.world.catalog.stop(item, each, state)
            self.world.catalog.touch(item)

    def start_item(self, goods_no: int, site: str | None = None) -> None:
        with self.world.lock:
            item = self._item(goods_no)
            for each in [site] if site else item.live:
                self.world.catalog.start(item, each)
            self.world.catalog.touch(item)

    def edit_item(self, goods_no: int, **changes: object) -> None:
        """A human changes it in ESM Plus: name, seller_code, price and stock (one
        figure, or some by site), options (optSeq, code or text -> dict of code, qty,
        sold_out, shown, surcharge)."""
        with self.world.lock:
            self.world.catalog.edit(self._item(goods_no), **changes)

    def delete_item(self, goods_no: int, site: str | None = None) -> None:
        """It is gone from ESM Plus, from one site or from all."""
        with self.world.lock:
            item = self._item(goods_no)
            self.world.catalog.delete(item, [site] if site else item.live)

    # ---- what buyers, receivers and couriers do ------------------------------

    def _order(self, order_no: int) -> Order:
        self.world.lifecycle.run_due()
        try:
            return self.world.store.orders[int(order_no)]
        except KeyError:
            raise LookupError(f"There is no order {order_no}") from None

    def cancel(self, order_no: int, detail: str = "") -> None:
        """The buyer cancels: before the confirmation at once, after it a request."""
        with self.world.lock:
            self.world.lifecycle.cancel_by_buyer(self._order(order_no), detail=detail)

    def approve_cancel(self, order_no: int) -> None:
        """The seller approves in ESM+ (not through the API)."""
        with self.world.lock:
            self.world.lifecycle.approve_cancel(self._order(order_no))

    def withdraw_cancel(self, order_no: int) -> None:
        """The buyer takes the cancel request back."""
        with self.world.lock:
            self.world.lifecycle.withdraw_cancel(self._order(order_no))

    withdraw = withdraw_cancel

    def confirm(self, order_no: int) -> None:
        """The seller confirms by hand in ESM+."""
        with self.world.lock:
            self.world.lifecycle.confirm(self._order(order_no))

    def dispatch(self, order_no: int, courier_code: int, invoice_no: str) -> None:
        """The seller dispatches by hand in ESM+."""
        with self.world.lock:
            self.world.lifecycle.dispatch(
                self._order(order_no), courier_code, invoice_no, self.clock.now()
            )

    def change_address(
        self, order_no: int, *, basket: bool = False, **values: object
    ) -> None:
        """The buyer changes the address (front, back, zip_code, name, mobile, memo) of
        this order, or of its whole basket."""
        with self.world.lock:
            order = self._order(order_no)
            for each in order.basket.orders if basket else [order]:
                self.world.lifecycle.change_address(each, values)

    def pay(self, order_no: int) -> None:
        """The bank transfer for a deposit-waiting order arrives."""
        with self.world.lock:
            self.world.lifecycle.pay(self._order(order_no))

    def accept_gift(
        self, order_no: int, option: Mapping | None = None, **address: object
    ) -> None:
        """The receiver accepts, with an address and perhaps another option."""
        with self.world.lock:
            order = self._order(order_no)
            self.world.lifecycle.check_gift_waits(order)
            chosen = None
            if option and order.item.bought:
                chosen = self.world.catalog.choose_again(order, option)
            elif option:
                chosen = as_option(option)
            self.world.lifecycle.accept_gift(order, address, chosen)

    def refuse_gift(self, order_no: int) -> None:
        with self.world.lock:
            self.world.lifecycle.refuse_gift(self._order(order_no))

    def mark_delivered(self, order_no: int) -> None:
        with self.world.lock:
            self.world.lifecycle.delivered(self._order(order_no))

    def decide(self, order_no: int) -> None:
        """The purchase is decided (구매결정)."""
        with self.world.lock:
            self.world.lifecycle.decide(self._order(order_no))

    def _open(self, order_no: int, kind: ClaimKind, detail: str) -> None:
        with self.world.lock:
            order = self._order(order_no)
            self.world.lifecycle.open_claim(order, kind, detail=detail)

    def request_return(self, order_no: int, detail: str = "") -> None:
        self._open(order_no, ClaimKind.RETURN, detail)

    def request_exchange(self, order_no: int, detail: str = "") -> None:
        self._open(order_no, ClaimKind.EXCHANGE, detail)

    def report_non_receipt(self, order_no: int, detail: str = "") -> None:
        self._open(order_no, ClaimKind.NON_RECEIPT, detail)

    def refund_after_remittance(self, order_no: int, detail: str = "") -> None:
        self._open(order_no, ClaimKind.REFUND, detail)

    def set_claim_status(self, order_no: int, status: int) -> None:
        """Move a return or exchange to another ClaimStatus of page 72."""
        with self.world.lock:
            self.world.lifecycle.set_claim_status(self._order(order_no), status)

    def solve_claim(self, order_no: int) -> None:
        with self.world.lock:
            self.world.lifecycle.solve_claim(self._order(order_no))

    # ---- time ----------------------------------------------------------------

    def now(self) -> datetime:
        return self.clock.now()

    def advance(self, seconds: float) -> datetime:
        """Let time pass: phones, deadlines, automatic approvals, rate buckets."""
        with self.world.lock:
            self.clock.advance(seconds)
            self.world.lifecycle.run_due()
            return self.clock.now()

    def set_time(self, moment: datetime) -> datetime:
        with self.world.lock:
            self.clock.set(moment)
            self.world.lifecycle.run_due()
            return self.clock.now()

    # ---- what the sandbox knows ----------------------------------------------

    @property
    def orders(self) -> dict[int, Order]:
        """By number, in order of arrival. It is the live dict: while orders still
        arrive, walk through ``ledger()`` instead."""
        with self.world.lock:
            self.world.lifecycle.run_due()
            return self.world.store.orders

    def ledger(
        self,
        site: str | None = None,
        seller_id: str | None = None,
        last: int | None = None,
    ) -> list[dict]:
        """One JSON-able dict per order, in order of arrival: see
        ``placing.ledger_entry``. Amounts are won. ``last``: only that many."""
        with self.world.lock:
            self.world.lifecycle.run_due()
            found = [
                order
                for order in self.world.store.orders.values()
                if (site is None or order.site == site)
                and (seller_id is None or order.seller_id == seller_id)
            ]
            newest = found[-last:] if last else found
            return [ledger_entry(order, self.world) for order in newest]

    def counts(self) -> dict[str, int]:
        """Orders per state; those under a claim count as "claim"."""
        with self.world.lock:
            self.world.lifecycle.run_due()
            return dict(
                Counter(
                    "claim" if order.current_claim else order.state.value
                    for order in self.world.store.orders.values()
                )
            )

    @property
    def calls(self) -> list[Call]:
        return self.world.calls

    def traffic(self) -> list[dict]:
        """How close calls came, per seller and bucket: see traffic.Flow."""
        with self.world.lock:
            return self.world.traffic.entries()

    @property
    def rate_violations(self) -> list[RateViolation]:
        return self.world.rate_violations


def _names(names: Iterable[str] | str) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


__all__ = ["SITES", "Sandbox"]
