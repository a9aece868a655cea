"""Who gets in: token, address, permission, and whose orders may be seen."""

import base64
import json

from odoo.tests import tagged

from ..sandbox.clock import KST
from .sandbox_common import (
    AUCTION_ID,
    GMARKET_ID,
    MASTER,
    SECRET,
    SandboxCase,
    token,
)

COURIERS = "/item/v1/shipping/delivery-company"
NO_ACCESS = {
    "status": {
        "message": "The user does not have right access to the api",
        "status_code": 401,
    }
}


@tagged("post_install", "-at_install")
class TestSandboxAccess(SandboxCase):
    def couriers(self, bearer):
        return self.send("GET", COURIERS, bearer=bearer)

    def assertStopped(self, response, why):
        self.assertEqual(response.status_code, 401)
        self.assertEqual(response.json(), NO_ACCESS)
        self.assertIn(why, self.sb.calls[-1].outcome)

    def test_a_good_token_passes(self):
        for ssi in (f"G:{GMARKET_ID}", f"A:{AUCTION_ID},G:{GMARKET_ID}"):
            with self.subTest(ssi=ssi):
                self.assertEqual(self.couriers(token(ssi)).status_code, 200)
        self.assertEqual(
            self.couriers(token(f"G:{GMARKET_ID}", iat=1)).status_code, 200
        )

    def test_a_bad_token_stops_at_the_gate(self):
        good = f"G:{GMARKET_ID}"
        cases = {
            "signature": token(good, secret="x" * 40),
            "kid": token(good, master="nobody"),
            "aud": token(good, aud="sa2.esmplus.com"),
            "sub": token(good, sub="ad"),
            "iss": token(good, iss=None),
            "ssi is missing": token(None),
            "blanks": token(f"A:{AUCTION_ID}, G:{GMARKET_ID}"),
            "two IDs": token(f"G:{GMARKET_ID},G:other"),
            "not readable": token(GMARKET_ID),
            "iat is not a number": token(good, iat="1780000000"),
            "three parts": "abc.def",
            "base64url": "a.!.c",
        }
        for why, bearer in cases.items():
            with self.subTest(why=why):
                self.assertStopped(self.couriers(bearer), why)

    def test_an_unsigned_token_is_no_token(self):
        head = base64.urlsafe_b64encode(
            json.dumps({"alg": "none", "kid": MASTER}).encode()
        )
        body = token(f"G:{GMARKET_ID}").split(".")[1]
        bearer = f"{head.decode().rstrip('=')}.{body}."
        self.assertStopped(self.couriers(bearer), "alg")
        response = self.session.get(self.sb.url + COURIERS, timeout=10)
        self.assertStopped(response, "no Bearer token")

    def test_the_age_of_a_token_counts_only_when_asked(self):
        self.sb.strict.update(iat_tolerance=60, require_iat=True)
        self.assertStopped(self.couriers(token(f"G:{GMARKET_ID}", iat=1)), "too far")
        self.assertStopped(self.couriers(token(f"G:{GMARKET_ID}")), "iat is missing")
        now = int(self.sb.now().replace(tzinfo=KST).timestamp())
        good = token(f"G:{GMARKET_ID}", iat=now - 59)
        self.assertEqual(self.couriers(good).status_code, 200)

    def test_only_registered_addresses(self):
        self.sb.strict.update(allowed_addresses=["192.0.2.1"])
        self.assertStopped(self.couriers(token(f"G:{GMARKET_ID}")), "not registered")
        self.sb.strict.update(allowed_addresses=["127.0.0.1"])
        self.assertEqual(self.couriers(token(f"G:{GMARKET_ID}")).status_code, 200)

    def test_permission_is_granted_per_api(self):
        number = self.place_one()
        self.sb.set_permission(MASTER, "OrderCheck", False)
        path = f"/shipping/v1/Order/OrderCheck/{number}"
        self.assertStopped(self.send("POST", path), "no permission for OrderCheck")
        self.assertEqual(self.sb.orders[number].confirmations, 0)
        self.assertEqual(self.listed(), [number])
        self.sb.set_permission(MASTER, "OrderCheck", True)
        self.assertDone(self.check(number))

    def test_two_calls_need_their_own_application(self):
        path = "/shipping/v1/Delivery/AddShippingCompleteInfo/4500000001"
        self.assertStopped(self.send("POST", path), "no permission")
        path = "/claim/v1/sa/Cancel/4500000001"
        self.assertStopped(self.send("POST", path, {"SiteType": 2}), "no permission")

    def test_a_wrong_path_looks_like_a_missing_permission(self):
        self.assertStopped(self.send("POST", "/shipping/v1/Order/Nope"), "no such path")
        self.assertStopped(self.send("POST", "/claim/v1/sa/cancels/1"), "no such path")
        self.assertStopped(self.send("GET", "/claim/v1/sa/Cancels"), "no such path")

    def test_paths_and_keys_in_any_case_unknown_keys_ignored(self):
        number = self.place_one()
        body = {
            "SITETYPE": "2",
            "OrderStatus": "1",
            "requestdatetype": 2,
            "RequestDateFrom": "2026-06-08",
            "requestDateTo": "2026-06-09 00:00",
            "whatever": {"a": 1},
        }
        answer = self.post("/shipping/V1/order/requestorders", body)
        rows = answer["Data"]["RequestOrders"]
        self.assertEqual([row["OrderNo"] for row in rows], [number])

    def test_another_sellers_orders_do_not_exist(self):
        self.sb.add_account("other", SECRET, gmarket=["other_g"])
        number = self.place_one()
        bearer = token("G:other_g", master="other")
        answer = self.post(f"/shipping/v1/Order/OrderCheck/{number}", bearer=bearer)
        self.assertRefused(answer, "해당 주문 내역이 없습니다.")
        path = "/shipping/v1/Delivery/GetDeliveryStatus"
        answer = self.post(path, {"OrderNo": number, "Page": 1}, bearer=bearer)
        self.assertEqual(answer["Data"], [])
        self.assertEqual(self.listed(bearer=bearer), [])
        self.assertEqual(self.sb.orders[number].confirmations, 0)

    def test_a_seller_id_of_another_account(self):
        self.sb.add_account("other", SECRET, gmarket=["other_g"])
        foreign = token(f"G:{GMARKET_ID}", master="other")
        number = self.place_one()
        self.assertRefused(self.search(bearer=foreign), "해당 주문 내역이 없습니다.")
        answer = self.post(f"/shipping/v1/Order/OrderCheck/{number}", bearer=foreign)
        self.assertRefused(answer, "해당 주문 내역이 없습니다.")
        self.assertEqual(self.couriers(foreign).status_code, 200)
        self.sb.strict.foreign_seller_mode = "empty"
        self.assertEqual(self.listed(bearer=foreign), [])
        self.sb.strict.foreign_seller_mode = "unauthorized"
        self.assertStopped(self.couriers(foreign), "not under this master ID")

    def test_a_gmarket_number_with_an_auction_token(self):
        number = self.place_one()
        text = "매개 변수 값을 Int64에서 Int32(으)로 변환하지 못했습니다."
        self.assertRefused(self.check(number, site="auction"), text)
        self.assertRefused(self.check(123), text)
        both = token(f"A:{AUCTION_ID},G:{GMARKET_ID}")
        path = f"/shipping/v1/Order/OrderCheck/{number}"
        self.sb.strict.mixed_token_mode = "int32"
        self.assertRefused(self.post(path, bearer=both), text)
        self.sb.strict.mixed_token_mode = "resolve"
        self.assertDone(self.post(path, bearer=both))

    def test_a_body_that_is_not_json(self):
        path = "/shipping/v1/Order/RequestOrders"
        headers = {"Content-Type": "application/json"}
        answer = self.send("POST", path, data=b"{oops", headers=headers).json()
        self.assertEqual(answer["ResultCode"], 2141)
        answer = self.send("POST", path, data=b"siteType=2")
        self.assertEqual(answer.status_code, 415)

    def test_the_courier_list_is_a_bare_object(self):
        found = self.couriers(token(f"G:{GMARKET_ID}")).json()
        self.assertEqual(list(found), ["deliveryCompanies"])
        names = {
            row["deliveryCompCode"]: row["deliveryCompName"]
            for row in found["deliveryCompanies"]
        }
        self.assertEqual(len(names), 171)
        self.assertEqual(names[10013], "CJ 대한통운 택배")
        self.assertEqual(names[10232], "JCLS")

    def test_the_secret_shows_nowhere(self):
        self.couriers(token(f"G:{GMARKET_ID}"))
        for name in ("health", "ledger", "calls", "strict", "faults"):
            answer = self.session.get(f"{self.sb.url}/_sandbox/{name}", timeout=10)
            self.assertEqual(answer.status_code, 200)
            self.assertNotIn(SECRET, answer.text)
