"""Test Connection tells causes apart."""

import jwt
import requests
import urllib3

from odoo.tests import tagged

from ..esm_api import DiagnosisOutcome, HostUnreachable, NoPermission, Site
from .esm_api_common import (
    CANCELS,
    COURIERS,
    DELIVERY_STATUS,
    REQUEST_ORDERS,
    EsmApiCase,
    credentials,
    order_page,
    refused,
)

NAMES = ["couriers", "RequestOrders", "GetDeliveryStatus", "Cancels"]
PATHS = dict(
    zip(NAMES, (COURIERS, REQUEST_ORDERS, DELIVERY_STATUS, CANCELS), strict=True)
)
GOOD = {
    "couriers": {
        "deliveryCompanies": [{"deliveryCompCode": 10013, "deliveryCompName": "CJ"}]
    },
    "RequestOrders": order_page([{"OrderNo": 1}], total=7),
    "GetDeliveryStatus": {"ResultCode": 0, "Data": []},
    "Cancels": {"ResultCode": 0, "Data": []},
}
PERMISSION = "The user does not have right access to the api"


def gate(message, status=401):
    body = {"status": {"message": message, "status_code": status}}
    return {"json": body, "status": status}


@tagged("post_install", "-at_install")
class TestEsmApiDiagnosis(EsmApiCase):
    def diagnose(self, **changes):
        """Diagnose with good answers but the given ones."""
        self.http.reset()
        for name, path in PATHS.items():
            answers = changes.get(name, {"json": GOOD[name]})
            for answer in answers if isinstance(answers, list) else [answers]:
                method = "GET" if name == "couriers" else "POST"
                self.answer(path, method=method, **answer)
        return self.client().diagnose()

    def check(self, outcome, **changes):
        result = self.diagnose(**changes)
        self.assertIs(result.outcome, outcome)
        return result

    def test_connected_says_what_it_saw(self):
        orders = [{"json": order_page([], total=n)} for n in (7, 3)]
        result = self.check(DiagnosisOutcome.CONNECTED, RequestOrders=orders)
        self.assertEqual([check.name for check in result.apis], NAMES)
        self.assertTrue(all(check.ok for check in result.apis))
        self.assertEqual(result.seller_id_seen, "mallsample_g")
        self.assertEqual((result.new_orders, result.preparing_orders), (7, 3))
        self.assertEqual(result.courier_count, 1)
        self.assertIsNone(result.error)
        first, second = self.bodies(REQUEST_ORDERS)
        self.assertEqual((first["orderStatus"], second["orderStatus"]), (1, 2))
        for body in (first, second):
            self.assertEqual(body["requestDateFrom"], "2026-06-08 00:00")
            self.assertEqual(body["requestDateTo"], "2026-06-09 00:00")
        (status,) = self.bodies(DELIVERY_STATUS)
        self.assertEqual(
            status,
            {
                "OrderNo": 0,
                "SearchDateConditionType": 1,
                "FromDate": "2026-06-08",
                "ToDate": "2026-06-09",
                "Page": 1,
            },
        )
        (cancels,) = self.bodies(CANCELS)
        self.assertEqual(
            cancels,
            {
                "SiteType": 3,
                "CancelStatus": 0,
                "Type": 2,
                "StartDate": "2026-06-08",
                "EndDate": "2026-06-09",
            },
        )

    def test_no_cancels_and_no_seller_echo_are_fine(self):
        result = self.check(
            DiagnosisOutcome.CONNECTED,
            Cancels={"json": refused("클레임정보가 없습니다", 99999)},
            RequestOrders={"json": {"ResultCode": 0, "Data": None}},
        )
        self.assertIsNone(result.seller_id_seen)
        self.assertEqual(result.new_orders, 0)

    def test_echo_in_other_case_is_the_same_seller(self):
        answer = {"json": order_page([], seller_id="MALLSAMPLE_G")}
        self.check(DiagnosisOutcome.CONNECTED, RequestOrders=answer)

    def test_everything_refused(self):
        for message in ("Invalid signature", PERMISSION, ""):
            result = self.check(
                DiagnosisOutcome.REFUSED, **dict.fromkeys(NAMES, gate(message))
            )
            self.assertFalse(any(check.ok for check in result.apis))
            self.assertIsNotNone(result.error)

    def test_address_not_registered(self):
        self.check(
            DiagnosisOutcome.IP_NOT_REGISTERED,
            **dict.fromkeys(NAMES, gate("IP 1.2.3.4 is not allowed", 403)),
        )

    def test_missing_permissions_are_named(self):
        for missing in (["Cancels"], ["couriers"], NAMES[1:], NAMES[:3]):
            result = self.check(
                DiagnosisOutcome.NO_PERMISSION,
                **dict.fromkeys(missing, gate(PERMISSION)),
            )
            self.assertEqual(
                [check.name for check in result.apis if not check.ok], missing
            )
            self.assertIs(type(result.error), NoPermission)
            for check in result.apis:
                self.assertEqual(check.message, "" if check.ok else PERMISSION)

    def test_missing_permission_in_other_words(self):
        for missing, message in (
            (["RequestOrders"], "No permission for RequestOrders"),
            (["RequestOrders", "Cancels"], "API 권한이 없습니다."),
            (["Cancels"], "Unauthorized"),
            (["couriers"], "Unauthorized"),
        ):
            self.check(
                DiagnosisOutcome.NO_PERMISSION,
                **dict.fromkeys(missing, gate(message, 403)),
            )

    def test_seller_of_somebody_else(self):
        other = order_page([], seller_id="somebody")
        result = self.check(
            DiagnosisOutcome.SELLER_UNKNOWN, RequestOrders={"json": other}
        )
        self.assertEqual(result.seller_id_seen, "somebody")
        for answer in (
            {"json": refused("조회 내역이 없습니다.")},
            {"json": refused("해당 주문 내역이 없습니다.")},
            {"json": refused("판매자 정보를 확인해 주세요.", 1000)},
            gate("ID does not belong to this account"),
        ):
            result = self.check(DiagnosisOutcome.SELLER_UNKNOWN, RequestOrders=answer)
            self.assertIsNotNone(result.error)

    def test_gateway_that_refuses_the_seller_everywhere(self):
        refusal = dict.fromkeys(NAMES, gate("unauthorized"))
        refusal["couriers"] = [gate("unauthorized"), {"json": GOOD["couriers"]}]
        self.check(DiagnosisOutcome.SELLER_UNKNOWN, **refusal)
        tokens = [
            call.headers["Authorization"].removeprefix("Bearer ")
            for call in self.calls(COURIERS)
        ]
        payloads = [
            jwt.decode(token, options={"verify_signature": False}) for token in tokens
        ]
        self.assertEqual(["ssi" in payload for payload in payloads], [True, False])
        self.check(
            DiagnosisOutcome.SELLER_UNKNOWN,
            **dict.fromkeys(NAMES, gate("ssi is not a seller of this account")),
        )

    def test_unreachable_and_timed_out_end_at_once(self):
        pool = urllib3.HTTPConnectionPool("localhost")
        refused_connection = requests.exceptions.ConnectionError(
            urllib3.exceptions.NewConnectionError(pool, "refused")
        )
        result = self.check(
            DiagnosisOutcome.UNREACHABLE, couriers={"body": refused_connection}
        )
        self.assertIs(type(result.error), HostUnreachable)
        self.assertEqual([check.name for check in result.apis], ["couriers"])
        result = self.check(
            DiagnosisOutcome.TIMED_OUT,
            GetDeliveryStatus={"body": requests.exceptions.ReadTimeout()},
        )
        self.assertEqual([check.name for check in result.apis], NAMES[:3])
        self.assertFalse(self.sleeps)

    def test_busy_and_failed(self):
        rate = {"json": refused("주문 조회는 5초당 1회 호출 가능합니다.")}
        self.check(DiagnosisOutcome.BUSY, RequestOrders=rate)
        result = self.check(
            DiagnosisOutcome.CONNECTED,
            RequestOrders=[{"json": order_page([], total=2)}, rate],
        )
        self.assertEqual((result.new_orders, result.preparing_orders), (2, None))
        self.check(DiagnosisOutcome.FAILED, Cancels={"status": 502})

    def test_incomplete_credentials(self):
        client = self.client(credentials=credentials(Site.GMARKET, secret_key=""))
        result = client.diagnose()
        self.assertIs(result.outcome, DiagnosisOutcome.REFUSED)
        self.assertIn("missing", result.error.message)
        self.assertFalse(self.calls())
