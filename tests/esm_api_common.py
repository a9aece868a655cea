"""What the tests of ``esm_api`` share: a client without waiting, ESM without ESM."""

import json
from datetime import datetime, timezone
from pathlib import Path

import responses

from odoo.tests import BaseCase

from ..esm_api import Credentials, EsmClient, NoPacer, Site

# Odoo lets tests call localhost only; nothing listens on port 1.
URL = "http://localhost:1"
SECRET = "0123456789abcdef0123456789abcdef"
#: 2026-06-08 17:00 in Korea.
NOW = datetime(2026, 6, 8, 8, 0, tzinfo=timezone.utc)
REQUEST_ORDERS = "/shipping/v1/Order/RequestOrders"
ORDER_CHECK = "/shipping/v1/Order/OrderCheck/"
EXPECTED_DATE = "/shipping/v1/Order/ShippingExpectedDate"
SHIPPING_COMPLETE = "/shipping/v1/Delivery/AddShippingCompleteInfo/"
SHIPPING_INFO = "/shipping/v1/Delivery/ShippingInfo"
DELIVERY_STATUS = "/shipping/v1/Delivery/GetDeliveryStatus"
COURIERS = "/item/v1/shipping/delivery-company"
CANCELS = "/claim/v1/sa/Cancels"
SELLER_IDS = {Site.GMARKET: "mallsample_g", Site.AUCTION: "mallsample_a"}


def fixture(name):
    """Return a sample payload of the fact sheet's section 12."""
    path = Path(__file__).parent / "fixtures" / f"{name}.json"
    return json.loads(path.read_text())


def rows(name):
    """Return the order rows of a sample."""
    return fixture(name)["Data"]["RequestOrders"]


def credentials(site=Site.GMARKET, **values):
    defaults = {
        "master_id": "master1",
        "secret_key": SECRET,
        "site": site,
        "seller_id": SELLER_IDS[site],
    }
    return Credentials(**defaults | values)


def order_page(order_rows, total=None, seller_id="mallsample_g"):
    """Return an answer of RequestOrders."""
    data = {
        "SiteType": 3,
        "PageIndex": 1,
        "PageSize": 500,
        "TotalCount": len(order_rows) if total is None else total,
        "SellerId": seller_id,
        "RequestOrders": order_rows,
    }
    return {"ResultCode": 0, "Message": "", "Data": data}


def refused(message, code=3000, **extra):
    return {"ResultCode": code, "Message": message, "Data": None, **extra}


class EsmApiCase(BaseCase):
    """A client whose calls go to answers that the test gives."""

    def setUp(self):
        super().setUp()
        self.http = responses.RequestsMock(assert_all_requests_are_fired=False)
        self.http.start()
        self.addCleanup(self.http.reset)
        self.addCleanup(self.http.stop, allow_assert=False)
        self.sleeps = []

    def client(self, site=Site.GMARKET, **options):
        defaults = {
            "pacer": NoPacer(),
            "sleep": self.sleeps.append,
            "now": lambda: NOW,
        }
        url = options.pop("url", URL)
        who = options.pop("credentials", None) or credentials(site)
        client = EsmClient(url, who, **defaults | options)
        client.transport._jitter = lambda: 0.0  # tested where it matters
        return client

    def answer(self, path, payload=None, method="POST", **options):
        """Add the next answer of a path; the last one stays."""
        if payload is not None:
            options["json"] = payload
        self.http.add(method, URL + path, **options)

    def calls(self, path=""):
        """Return the requests sent to a path."""
        return [
            call.request
            for call in self.http.calls
            if call.request.url.startswith(URL + path)
        ]

    def bodies(self, path=""):
        """Return the JSON sent to a path."""
        return [json.loads(request.body) for request in self.calls(path)]
