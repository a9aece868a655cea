"""The client of one shop."""

import time
from collections.abc import Callable
from datetime import datetime, timezone
from urllib.parse import urlsplit

import requests

from .auth import Credentials
from .claims import ClaimsApi
from .delivery import DeliveryApi
from .diagnosis import Diagnosis, diagnose
from .goods import GoodsApi
from .orders import OrdersApi
from .pacing import GOODS_INTERVAL, ORDERS_INTERVAL, LocalPacer, Pacer, Pacing
from .transport import Transport


def _utc_now() -> datetime:
    return datetime.now(timezone.utc)


class EsmClient:
    """Calls ESM for one shop, over one connection that is kept alive.

    Not for use by several threads at once; several clients may share a pacer.

    :param base_url: such as :data:`.endpoints.PRODUCTION_URL`
    :param pacer: where the pacing state lives; all who call for a seller must share
        it. Default: in memory, for this client alone
    :param calls_per_minute: limit of all calls but order lists and item searches, 0
        for none. ESM publishes none; 30 is what public integrations keep (2.4)
    :param timeout: seconds to wait for a connection and for data
    :param session: for tests and proxies
    :param sleep: waits that many seconds
    :param now: the aware present
    :param max_wait: seconds a call may spend on waiting for its slot and repeating
    :param orders_interval: seconds between two order lists (2.4)
    :param goods_interval: seconds between two item searches (2.4)
    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        *,
        pacer: Pacer | None = None,
        calls_per_minute: float = 30,
        timeout: float = 30.0,
        session: requests.Session | None = None,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = _utc_now,
        max_wait: float = 30.0,
        orders_interval: float = ORDERS_INTERVAL,
        goods_interval: float = GOODS_INTERVAL,
    ) -> None:
        self.credentials = credentials
        self.now = now
        host = urlsplit(base_url).netloc or base_url
        owner = f"{host}/{credentials.site.value}:{credentials.seller_id}"
        self.transport = Transport(
            base_url,
            credentials,
            Pacing(
                pacer or LocalPacer(),
                owner,
                calls_per_minute,
                orders_interval,
                goods_interval,
            ),
            timeout=timeout,
            max_wait=max_wait,
            session=session or requests.Session(),
            sleep=sleep,
            now=now,
        )
        self.orders = OrdersApi(self.transport)
        self.delivery = DeliveryApi(self.transport)
        self.claims = ClaimsApi(self.transport)
        self.goods = GoodsApi(self.transport)

    def diagnose(self) -> Diagnosis:
        """Tell what works with these credentials (Test Connection)."""
        return diagnose(self)
