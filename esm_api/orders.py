"""Orders: list, look-up and confirmation.

Sources: etapi.gmarket.com/67 (RequestOrders), /68 (OrderCheck); fact sheet 3.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from .endpoints import ORDER_BY_NUMBER, ORDER_CHECK, REQUEST_ORDERS
from .errors import AlreadyDone, BadAnswer, Refusal, RuleError, UnreadableRow
from .order import DateType, Order, OrderStatus
from .readers import Fields, integer, kst, kst_minute, storable, windows
from .redaction import get_logger
from .sites import Site
from .transport import Transport, order_number

_logger = get_logger(__name__)

#: Both sites accept 31 days (2.6); the spare day absorbs the rounding to minutes.
LONGEST_WINDOW = timedelta(days=30)
#: Half a million orders in one window mean a server whose list never ends.
MAX_PAGES = 1000
#: Own order and item numbers may have 30 bytes (page 68).
SELLER_NUMBER_BYTES = 30


@dataclass(frozen=True)
class OrderPage:
    """One page of RequestOrders.

    :param total: ``TotalCount``, None if ESM did not say
    :param seller_id: ``SellerId``, the owner of the rows by ESM
    :param rows: raw
    """

    rows: tuple[Any, ...]
    total: int | None
    seller_id: str | None

    @classmethod
    def from_data(cls, data: Any) -> "OrderPage":
        """Read ``Data``.

        :raise BadAnswer: it has no list of orders, and does not say that there is none
        """
        if isinstance(data, list):
            return cls(tuple(data), None, None)
        if data is not None and not isinstance(data, dict):
            raise BadAnswer("The answer has no orders.", endpoint=REQUEST_ORDERS.name)
        fields = Fields(data or {})
        rows = fields.rows("RequestOrders")
        if fields.oddities:  # must not pass for "no orders"
            raise BadAnswer("The answer has no orders.", endpoint=REQUEST_ORDERS.name)
        return cls(
            tuple(rows),
            fields.integer("TotalCount"),
            fields.line("SellerId"),
        )


@dataclass(frozen=True)
class Acknowledgement:
    """Answer of OrderCheck (page 68).

    :param address_changed: the buyer changed the address, so the order must be read
        again; None: unknown, because it was confirmed before
    """

    address_changed: bool | None
    already_done: bool


class OrdersApi:
    """Order calls of one shop.

    :ivar unreadable: raw rows without a readable order number, of all searches
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._site = transport.credentials.site
        self.unreadable: list[Any] = []

    def search(
        self,
        status: OrderStatus,
        date_from: datetime,
        date_to: datetime,
        *,
        date_type: DateType | None = None,
        page_size: int = 500,
    ) -> list[Order]:
        """Return all orders in that state, over all pages (page 67).

        Confirming an order moves it out of its state and shifts the pages, so this
        reads them all before it returns. Orders under a claim are not in it.

        :param status: NEW to DECIDED
        :param date_from: aware; rounded down to the minute
        :param date_to: aware; rounded up to the next minute
        :param date_type: default: payment, on Gmarket also gift acceptance
        :param page_size: rows per call, at most 1000 (2.6)
        :raise EsmError: as every read
        """
        orders: dict[str, Order] = {}
        for start, end in windows(
            kst(date_from).replace(second=0, microsecond=0),
            kst(date_to) + timedelta(minutes=1),
            LONGEST_WINDOW,
        ):
            request = {
                "siteType": self._site.order_code,
                "orderStatus": int(status),
                "requestDateType": int(date_type or self.default_date_type),
                "requestDateFrom": kst_minute(start),
                "requestDateTo": kst_minute(end),
                "pageSize": page_size,
            }
            # A total that changed means that rows moved between the pages and one
            # may have slipped through. Once more; the next collection overlaps.
            if not self._read_pages(request, orders):
                self._read_pages(request, orders)
        return list(orders.values())

    @property
    def default_date_type(self) -> DateType:
        """What a collection goes by (3.2): gifts count from their acceptance."""
        if self._site is Site.GMARKET:
            return DateType.PAYMENT_OR_ACCEPTANCE
        return DateType.PAYMENT

    def _read_pages(self, request: dict[str, Any], orders: dict[str, Order]) -> bool:
        """Read one window into ``orders``; tell whether all of it was seen."""
        seen: set[str] = set()
        totals: set[int] = set()
        for index in range(1, MAX_PAGES + 1):
            answer = self._transport.call(
                REQUEST_ORDERS, request | {"pageIndex": index}
            )
            page = OrderPage.from_data(answer.data)
            before = len(seen)
            for key, order in self._parse(page):
                seen.add(key)
                if order:
                    if order.status is None:
                        # It is listed as such, whatever it says itself.
                        status = OrderStatus(request["orderStatus"])
                        order = replace(order, status=status)
                    orders[key] = order
            if page.total is not None:
                totals.add(page.total)
            # Without a total a short page is the last.
            done = (
                len(page.rows) < request["pageSize"]
                if page.total is None
                else len(seen) >= page.total
            )
            # A page without a new row is empty, or the answer of a server that does
            # not look at the page number.
            if done or len(seen) == before:
                break
        else:
            raise BadAnswer("The list has no end.", endpoint=REQUEST_ORDERS.name)
        return len(totals) < 2 and len(seen) >= max(totals, default=0)

    def _parse(self, page: OrderPage) -> Iterator[tuple[str, Order | None]]:
        """Yield what identifies each row, and the order if it can be read."""
        seller_id = page.seller_id or self._transport.credentials.seller_id
        for row in page.rows:
            try:
                order = Order.from_payload(row, self._site, seller_id)
                yield order.order_no, order
            except UnreadableRow as error:
                row = storable(row)  # deep values cannot be compared
                if row not in self.unreadable:
                    self.unreadable.append(row)
                    _logger.warning("ESM sent a row that cannot be read: %s", error)
                yield repr(row), None

    def page(
        self, status: OrderStatus, date_from: datetime, date_to: datetime
    ) -> OrderPage:
        """Return the first page with one row, for the count (connection test)."""
        request = {
            "siteType": self._site.order_code,
            "orderStatus": int(status),
            "requestDateType": int(self.default_date_type),
            "requestDateFrom": kst_minute(date_from),
            "requestDateTo": kst_minute(date_to),
            "pageIndex": 1,
            "pageSize": 1,
        }
        answer = self._transport.call(REQUEST_ORDERS, request, patient=False)
        return OrderPage.from_data(answer.data)

    def get(self, order_no: str, *, around: datetime | None = None) -> Order | None:
        """Return one order, None if ESM shows none (page 67).

        Orders under a claim are not shown, so None does not mean "cancelled". The
        call is exempt from the 5 seconds.

        :param around: aware; a time near the order. Dates are sent because ESM
            refused some look-ups without them; whether it goes by them is unknown,
            so the window is 30 days wide. Default: the last 29 days
        """
        number = order_number(order_no, ORDER_BY_NUMBER)
        tomorrow = kst(self._transport.now()).date() + timedelta(days=1)
        if around is None:
            last = tomorrow
        else:
            day = kst(around).date()
            last = max(min(day + timedelta(days=15), tomorrow), day + timedelta(1))
        request = {
            "siteType": self._site.order_code,
            "orderStatus": 0,
            "orderNo": number,
            "requestDateType": int(DateType.ORDER),
            "requestDateFrom": (last - LONGEST_WINDOW).isoformat(),
            "requestDateTo": last.isoformat(),
            "pageIndex": 1,
            "pageSize": 10,
        }
        try:
            answer = self._transport.call(ORDER_BY_NUMBER, request)
        except RuleError as error:
            if error.reason in (Refusal.NOT_FOUND, Refusal.NO_DATA):
                return None
            raise
        rows = dict(self._parse(OrderPage.from_data(answer.data)))
        return rows.get(str(number))

    def acknowledge(
        self, order_no: str, seller_order_no: str | None = None
    ) -> Acknowledgement:
        """Confirm an order: new -> preparing (page 68).

        :param seller_order_no: own number, cut at 30 bytes
        :raise UnknownOutcome: read the state, then repeat at most once
        :raise RuleError: CANCELLED, WRONG_STATE, GIFT_WAITING, FULFILMENT, NOT_FOUND
        """
        number = order_number(order_no, ORDER_CHECK)
        try:
            answer = self._transport.call(
                ORDER_CHECK,
                seller_numbers(seller_order_no),
                path={"order_no": number},
            )
        except AlreadyDone:
            return Acknowledgement(address_changed=None, already_done=True)
        data = answer.data if isinstance(answer.data, dict) else {}
        changed = integer(Fields(data).raw("IsChanged"))
        return Acknowledgement(
            address_changed=None if changed is None else bool(changed),
            already_done=False,
        )


def seller_numbers(seller_order_no: str | None) -> dict[str, str]:
    """Return the optional own order number of pages 68 and 70.

    The encoding that ESM counts bytes in is unknown; UTF-8 is the longer one.
    """
    cut = (seller_order_no or "").encode()[:SELLER_NUMBER_BYTES]
    own = cut.decode(errors="ignore").strip()
    return {"SellerOrderNo": own} if own else {}
