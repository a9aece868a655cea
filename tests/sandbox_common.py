"""Raw HTTP against the sandbox with tokens made by hand: none of the client code."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import jwt
import requests

from odoo.tests import BaseCase

from ..sandbox import Sandbox

MASTER = "team_master"
SECRET = "a secret of nobody, long enough for HS256"
GMARKET_ID = "mallsample_g"
AUCTION_ID = "mallsample_a"
START = datetime(2026, 6, 8, 10, 15)
FIXTURES = Path(__file__).parent / "fixtures"

TEA = {
    "site_goods_no": "3900000001",
    "seller_code": "TEA-0100",
    "name": "[샘플] 보리차 티백 100개입",
    "price": 12900,
}


def fixture(name):
    return json.loads((FIXTURES / name).read_text(encoding="utf-8"))


def token(ssi, *, master=MASTER, secret=SECRET, headers=None, **claims):
    payload = {
        "iss": "www.example.com",
        "sub": "sell",
        "aud": "sa.esmplus.com",
        "ssi": ssi,
        **claims,
    }
    payload = {key: value for key, value in payload.items() if value is not None}
    return jwt.encode(
        payload, secret, algorithm="HS256", headers={"kid": master, **(headers or {})}
    )


class SandboxCase(BaseCase):
    """A sandbox per test class, emptied before each test. The clock stands still."""

    interval = 0.0

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.session = requests.Session()
        cls.addClassCleanup(cls.session.close)

    def setUp(self):
        super().setUp()
        self.sb = Sandbox(start=START, orders_interval=self.interval)
        self.sb.add_account(MASTER, SECRET, gmarket=[GMARKET_ID], auction=[AUCTION_ID])
        self.sb.start()
        self.addCleanup(self.sb.stop)

    # ---- calls --------------------------------------------------------------------

    def send(self, method, path, body=None, *, site="gmarket", bearer=None, **options):
        """The raw response."""
        if bearer is None:
            ids = {"gmarket": f"G:{GMARKET_ID}", "auction": f"A:{AUCTION_ID}"}
            bearer = token(ids[site])
        headers = {"Authorization": f"Bearer {bearer}"}
        headers.update(options.pop("headers", {}))
        if body is not None and "data" not in options:
            options["json"] = body
        options.setdefault("timeout", 10)
        url = self.sb.url + path
        return self.session.request(method, url, headers=headers, **options)

    def post(self, path, body=None, **options):
        response = self.send("POST", path, body, **options)
        self.assertEqual(response.status_code, 200, response.text)
        return response.json()

    def search(self, status=1, *, site="gmarket", date_type=None, **fields):
        body = {
            "siteType": 2 if site == "gmarket" else 1,
            "orderStatus": status,
            "requestDateType": date_type or (5 if site == "gmarket" else 2),
            "requestDateFrom": "2026-06-07",
            "requestDateTo": "2026-06-10",
        }
        bearer = fields.pop("bearer", None)
        body.update(fields)
        path = "/shipping/v1/Order/RequestOrders"
        return self.post(path, body, site=site, bearer=bearer)

    def listed(self, status=1, **options):
        data = self.search(status, **options)["Data"]
        return [row["OrderNo"] for row in data["RequestOrders"]]

    def read_row(self, number, site="gmarket"):
        """The row of one order as a look-up by number shows it, or None."""
        answer = self.search(0, site=site, orderNo=number, date_type=2)
        rows = answer["Data"]["RequestOrders"]
        return rows[0] if rows else None

    def check(self, number, site="gmarket", **body):
        path = f"/shipping/v1/Order/OrderCheck/{number}"
        return self.post(path, body or None, site=site)

    def ship(self, number, courier=10013, invoice="000000002001", **options):
        site = options.pop("site", "gmarket")
        body = {
            "OrderNo": number,
            "ShippingDate": self.sb.now().strftime("%Y-%m-%dT%H:%M:%S"),
            "DeliveryCompanyCode": courier,
            "InvoiceNo": invoice,
            **options,
        }
        return self.post("/shipping/v1/Delivery/ShippingInfo", body, site=site)

    def status(self, number, site="gmarket"):
        path = "/shipping/v1/Delivery/GetDeliveryStatus"
        answer = self.post(path, {"OrderNo": number, "Page": 1}, site=site)
        self.assertEqual(answer["ResultCode"], 0)
        return [(row["Status"], row["ClaimStatus"]) for row in answer["Data"]]

    def cancels(self, site="gmarket", **fields):
        body = {
            "SiteType": 3 if site == "gmarket" else 1,
            "CancelStatus": 0,
            "Type": 2,
            "StartDate": "2026-06-07",
            "EndDate": "2026-06-12",
        }
        body.update(fields)
        return self.post("/claim/v1/sa/Cancels", body, site=site)

    # ---- baskets ------------------------------------------------------------------

    def place(self, site="gmarket", items=(TEA,), **options):
        seller = GMARKET_ID if site == "gmarket" else AUCTION_ID
        return self.sb.place_basket(site, seller, list(items), **options)

    def place_one(self, site="gmarket", **options):
        [number] = self.place(site, **options)
        return number

    def assertRefused(self, answer, message, code=3000):
        self.assertEqual((answer["ResultCode"], answer["Message"]), (code, message))
        self.assertIsNone(answer["Data"])

    def assertDone(self, answer):
        self.assertEqual(answer["ResultCode"], 0, answer)


class SandboxItemCase(SandboxCase):
    """Calls of the item API and items to call about."""

    def add(self, sites="ga", **values):
        """An item of the two sellers ("g", "a" or "ga"), without options."""
        values.setdefault("name", "[샘플] 보리차")
        values.setdefault("price", 12900)
        if "g" in sites:
            values.setdefault("gmarket", GMARKET_ID)
        if "a" in sites:
            values.setdefault("auction", AUCTION_ID)
        return self.sb.add_item(**values)

    def add_shirt(self, sites="ga", **values):
        """An item with a combination of color and size."""
        values.setdefault("name", "[샘플] 반팔 티셔츠")
        values.setdefault("price", 24000)
        values.setdefault("seller_code", "TS-2026")
        values.setdefault(
            "options",
            [
                {"values": {"색상": color, "사이즈": size}, "code": code, "qty": 10}
                for color, size, code in (
                    ("네이비", "M", "TS-NV-M"),
                    ("네이비", "L", "TS-NV-L"),
                    ("화이트", "M", "TS-WH-M"),
                )
            ],
        )
        return self.add(sites, **values)

    def item_call(self, method, path, body=None, sites="ga", **options):
        """The raw response of ``/item/v1/<path>`` with a token of these sites."""
        ids = {"g": f"G:{GMARKET_ID}", "a": f"A:{AUCTION_ID}"}
        options.setdefault("bearer", token(",".join(ids[site] for site in sites)))
        return self.send(method, f"/item/v1/{path}", body, **options)

    def read_item(self, path, sites="ga"):
        response = self.item_call("GET", path, sites=sites)
        self.assertEqual(response.status_code, 200, response.text)
        return response.json()

    def write_item(self, path, body, sites="ga"):
        response = self.item_call("PUT", path, body, sites)
        self.assertEqual(response.status_code, 200, response.text)
        return response.json()

    def find(self, sites="g", size=500, index=1, **query):
        body = {"query": query, "pageIndex": index, "pageSize": size}
        response = self.item_call("POST", "goods/search", body, sites)
        self.assertEqual(response.status_code, 200, response.text)
        return response.json()

    def found(self, sites="g", **query):
        """The numbers of the items a search finds."""
        return [int(row["goodsNo"]) for row in self.find(sites, **query)["items"]]

    def options_of(self, item, sites="ga"):
        return self.read_item(f"goods/{item.goods_no}/recommended-options", sites)

    def assertItemRefused(self, response, message, code=1000, status=400):
        self.assertEqual(response.status_code, status, response.text)
        self.assertEqual(response.json(), {"resultCode": code, "message": message})


def sell_status(gmarket=None, auction=None):
    """A body of sell-status: (price, stock) for each site that shall sell, with None
    for one that shall not."""
    sites = {"gmkt": gmarket, "iac": auction}
    return {
        "isSell": {key: values is not None for key, values in sites.items()},
        "itemBasicInfo": {
            "price": {key: (values or (0, 0))[0] for key, values in sites.items()},
            "stock": {key: (values or (0, 0))[1] for key, values in sites.items()},
            "sellingPeriod": {"gmkt": 0, "iac": 0},
        },
    }
