"""Answers, faults, repetition and logs."""

import logging
import socket
import threading
from unittest.mock import patch

import requests
import urllib3

from odoo.tests import tagged

from ..esm_api import (
    AlreadyDone,
    BadAnswer,
    CredentialError,
    EsmError,
    HostUnreachable,
    NoPermission,
    RateLimited,
    Refusal,
    RuleError,
    TimedOut,
    TransientError,
    UnknownOutcome,
    redact,
)
from ..esm_api.redaction import RedactingFilter, get_logger
from .esm_api_common import (
    CANCELS,
    COURIERS,
    DELIVERY_STATUS,
    ORDER_CHECK,
    SECRET,
    URL,
    EsmApiCase,
    fixture,
    refused,
)

PERMISSION = {
    "status": {
        "message": "The user does not have right access to the api",
        "status_code": 401,
    }
}
RATE = "주문 조회는 5초당 1회 호출 가능합니다. 잠시 후 다시 시도해 주세요."
NOTHING = {"ResultCode": 0, "Message": "Success", "Data": []}
DONE = {"ResultCode": 0, "Message": "Success", "Data": {"IsChanged": 0}}


@tagged("post_install", "-at_install")
class TestEsmApiFaults(EsmApiCase):
    def ask(self, client=None):
        return (client or self.client()).delivery.status("5")

    def act(self, client=None):
        return (client or self.client()).orders.acknowledge("5")

    def both(self, **options):
        """Return the errors of a read and of an action with that answer."""
        self.http.reset()
        self.sleeps.clear()
        self.answer(DELIVERY_STATUS, **options)
        self.answer(ORDER_CHECK + "5", **options)
        with self.assertRaises(EsmError) as of_read:
            self.ask()
        with self.assertRaises(EsmError) as of_action:
            self.act()
        return of_read.exception, of_action.exception

    def test_answer_that_is_not_esms(self):
        for options in (
            {"status": 502, "body": "<html>Bad Gateway</html>"},
            {"status": 503, "body": ""},
            {"status": 500, "json": {"Message": "Error getting value from 'Type'"}},
            {"status": 504, "json": {"ResultCode": 0, "Data": []}},
            {"body": '{"ResultCode": 0, "Message": "Succ'},
            {"body": "<html>점검 중입니다</html>"},
            {"body": ""},
            {"body": b"\xff\xfe\x00"},
            {"body": "[" * 100_000},
            {"json": {"Data": []}},
            {"json": [1, 2]},
            {"status": 302, "headers": {"Location": "https://elsewhere.test/"}},
            {"status": 404, "body": "<html>Not Found</html>"},
        ):
            with self.subTest(str(options)[:60]):
                of_read, of_action = self.both(**options)
                self.assertIs(type(of_read), BadAnswer)
                self.assertIs(type(of_action), UnknownOutcome)
                self.assertEqual(of_read.http_status, options.get("status", 200))
                self.assertEqual(len(self.calls(ORDER_CHECK)), 1)

    def test_connection_lost_after_sending(self):
        for error in (
            requests.exceptions.ConnectionError("Connection aborted."),
            requests.exceptions.ChunkedEncodingError("broken"),
            requests.exceptions.ContentDecodingError("gzip"),
            requests.exceptions.ReadTimeout("timed out"),
            urllib3.exceptions.ProtocolError("reset"),
            OSError("reset"),
        ):
            with self.subTest(repr(error)):
                of_read, of_action = self.both(body=error)
                self.assertIsInstance(of_read, TransientError)
                self.assertIs(type(of_action), UnknownOutcome)
                self.assertEqual(len(self.calls(ORDER_CHECK)), 1)

    def test_read_timeout_is_told_apart(self):
        of_read, _ = self.both(body=requests.exceptions.ReadTimeout("timed out"))
        self.assertIs(type(of_read), TimedOut)

    def test_nothing_was_sent(self):
        pool = urllib3.HTTPSConnectionPool("localhost")
        for cause in (
            urllib3.exceptions.NewConnectionError(pool, "refused"),
            OSError("CERTIFICATE_VERIFY_FAILED"),
        ):
            error = requests.exceptions.ConnectionError(
                urllib3.exceptions.MaxRetryError(pool, "/", cause)
            )
            of_read, of_action = self.both(body=error)
            self.assertIs(type(of_read), HostUnreachable)
            self.assertIs(type(of_action), HostUnreachable)
            self.assertEqual(len(self.calls(ORDER_CHECK)), 1)
        of_read, of_action = self.both(
            body=requests.exceptions.ConnectTimeout(
                urllib3.exceptions.MaxRetryError(
                    pool, "/", urllib3.exceptions.ConnectTimeoutError()
                )
            )
        )
        self.assertIs(type(of_read), TimedOut)
        self.assertIs(type(of_action), TimedOut)

    def test_wrong_address(self):
        for url in ("ftp://localhost", "http://", "http://.localhost"):
            client = self.client(url=url)
            for call in (self.ask, self.act):
                with self.subTest(url), self.assertRaises(HostUnreachable):
                    call(client)

    def test_refused_credentials_are_not_repeated(self):
        for options in (
            {"status": 401, "body": "Unauthorized"},
            {"status": 403, "json": {"status": {"message": "no", "status_code": 403}}},
            {"status": 401, "json": {"message": "signature"}},
            {"status": 200, "json": {"status": {"message": "x", "status_code": 401}}},
        ):
            errors = self.both(**options)
            for error in errors:
                self.assertIs(type(error), CredentialError)
            self.assertEqual(len(self.calls()), 2)
            self.assertFalse(self.sleeps)

    def test_missing_permission(self):
        for error in self.both(status=401, json=PERMISSION):
            self.assertIs(type(error), NoPermission)
            self.assertEqual(
                error.message, "The user does not have right access to the api"
            )
            self.assertEqual((error.http_status, error.code), (401, "401"))

    def test_reads_are_repeated_with_back_off(self):
        for _ in range(3):
            self.answer(DELIVERY_STATUS, status=502)
        self.answer(DELIVERY_STATUS, NOTHING)
        self.assertIsNone(self.ask())
        self.assertEqual(self.sleeps, [1.0, 2.0, 4.0])

    def test_jitter_is_added(self):
        self.answer(DELIVERY_STATUS, status=502)
        self.answer(DELIVERY_STATUS, NOTHING)
        client = self.client()
        client.transport._jitter = lambda: 1.0
        self.ask(client)
        self.assertEqual(self.sleeps, [1.25])

    def test_repetition_ends(self):
        self.answer(DELIVERY_STATUS, status=502)
        with self.assertRaises(BadAnswer):
            self.ask()
        self.assertEqual(len(self.calls()), 4)

    def test_waiting_is_bounded(self):
        self.answer(DELIVERY_STATUS, status=502)
        with self.assertRaises(BadAnswer):
            self.ask(self.client(max_wait=3.5))
        self.assertEqual(self.sleeps, [1.0, 2.0])

    def test_a_wrong_path_is_not_repeated(self):
        self.both(status=404, body="<html>")
        self.assertEqual(len(self.calls()), 2)

    def test_rate_message_is_waited_for_also_by_actions(self):
        for answer in (
            {"json": refused(RATE)},
            {"json": refused("분당 30회까지 호출 가능합니다", 1000), "status": 400},
            {"json": refused("호출 횟수를 초과하였습니다.", 1000)},
            {"status": 429, "headers": {"Retry-After": "7"}},
            {"status": 429, "body": "slow down"},
        ):
            for path, call, done in (
                (DELIVERY_STATUS, self.ask, NOTHING),
                (ORDER_CHECK + "5", self.act, DONE),
            ):
                self.http.reset()
                self.sleeps.clear()
                self.answer(path, **answer)
                self.answer(path, done)
                call()
                waited = 7.0 if "headers" in answer else 2.0
                self.assertEqual(self.sleeps, [waited])

    def test_rate_message_of_the_order_list_waits_its_interval(self):
        self.answer("/shipping/v1/Order/RequestOrders", refused(RATE))
        client = self.client(max_wait=1)
        with self.assertRaises(RateLimited) as caught:
            client.orders.page(1, client.now(), client.now())
        self.assertEqual(caught.exception.retry_after, 5.2)

    def test_rate_message_that_stays_ends(self):
        of_read, of_action = self.both(json=refused(RATE))
        self.assertIs(type(of_read), RateLimited)
        self.assertIs(type(of_action), RateLimited)
        self.assertEqual(len(self.calls(ORDER_CHECK)), 4)

    def test_retry_after_as_a_date(self):
        client = self.client(max_wait=0.5)
        for header, seconds in (
            ("Mon, 08 Jun 2026 08:00:09 GMT", 9.0),
            ("Mon, 08 Jun 2026 07:00:00 GMT", 0.0),
            ("Mon, 08 Jun 2026 08:00:09", 2.0),
            ("soon", 2.0),
            ("9" * 400, 2.0),
        ):
            self.http.reset()
            self.answer(ORDER_CHECK + "5", status=429, headers={"Retry-After": header})
            with self.subTest(header), self.assertRaises(RateLimited) as caught:
                self.act(client)
            self.assertEqual(caught.exception.retry_after, seconds)

    def test_success_in_all_spellings(self):
        for code in (0, "0", "Success", "success", 0.0):
            self.http.reset()
            self.answer(DELIVERY_STATUS, {"resultcode": code, "data": []})
            self.assertIsNone(self.ask())

    def test_answer_in_the_korean_code_page_or_with_a_mark(self):
        text = '{"ResultCode": 3000, "Message": "취소된 주문번호입니다."}'
        for body, header in (
            (text.encode(), "application/json; charset=iso-8859-1"),
            (text.encode("utf-8-sig"), "application/json"),
            (text.encode("cp949"), "application/json"),
        ):
            self.http.reset()
            self.answer(ORDER_CHECK + "5", body=body, content_type=header)
            with self.assertRaises(RuleError) as caught:
                self.act()
            self.assertIs(caught.exception.reason, Refusal.CANCELLED)
            self.assertEqual(caught.exception.message, "취소된 주문번호입니다.")

    def test_item_answers_need_no_result_code(self):
        self.answer(COURIERS, {"deliveryCompanies": []}, method="GET")
        self.assertEqual(self.client().delivery.couriers(), [])
        self.http.reset()
        self.answer(COURIERS, {"resultCode": 1000, "message": "x"}, "GET", status=400)
        with self.assertRaises(RuleError) as caught:
            self.client().delivery.couriers()
        self.assertEqual(caught.exception.http_status, 400)

    def test_request_headers_and_timeout(self):
        session = requests.Session()
        self.answer(DELIVERY_STATUS, NOTHING)
        with patch.object(session, "request", wraps=session.request) as request:
            self.ask(self.client(session=session, timeout=12.5))
        self.assertEqual(request.call_args.kwargs["timeout"], 12.5)
        self.assertFalse(request.call_args.kwargs["allow_redirects"])
        headers = self.calls()[0].headers
        self.assertEqual(headers["Content-Type"], "application/json")
        self.assertRegex(headers["Authorization"], r"^Bearer eyJ")

    def test_slash_after_the_address(self):
        self.answer(DELIVERY_STATUS, NOTHING)
        self.ask(self.client(url=URL + "/"))
        self.assertEqual(self.calls()[0].url, URL + DELIVERY_STATUS)


@tagged("post_install", "-at_install")
class TestEsmApiRefusalTable(EsmApiCase):
    """Texts of the fact sheet in the spellings that were seen."""

    def refusal(self, message, code=3000, **extra):
        self.http.reset()
        self.answer(ORDER_CHECK + "5", refused(message, code, **extra))
        with self.assertRaises(RuleError) as caught:
            self.client().orders.acknowledge("5")
        return caught.exception

    def test_texts(self):
        for reason, *messages in (
            (Refusal.CANCELLED, "취소된 주문번호입니다.", " 취소된주문번호 입니다"),
            (Refusal.WRONG_STATE, "주문확인 할 수 없는 상태입니다."),
            (
                Refusal.NOT_FOUND,
                "해당 주문 내역이 없습니다.",
                "판매자의 체결건이 아닙니다.",
            ),
            (
                Refusal.NUMBER_TYPE,
                "매개 변수 값을 Int64에서 Int32(으)로 변환하지 못했습니다.",
                "매개변수 값을 Int64에서 Int32로 변환하지 못했습니다.",
            ),
            (
                Refusal.WINDOW_TOO_LONG,
                "31일 이하의 범위만 조회 할 수 있습니다.",
                "180일 이하의 기간만 조회 할 수 있습니다.",
                "7일 이내의 데이터만 조회가능합니다.",
                "조회 기간은 30일 이내여야 합니다",
            ),
            (
                Refusal.OTHER,
                "처음 보는 문장",
                "조회 시작일이 종료일보다 과거여야 합니다.",
            ),
        ):
            for message in messages:
                with self.subTest(message):
                    self.assertIs(self.refusal(message).reason, reason)

    def test_too_long(self):
        message = "제휴사 주문번호의 최대길이는 30byte입니다.\\n"
        self.assertIs(self.refusal(message, 2141).reason, Refusal.TOO_LONG)

    def test_no_data_by_code(self):
        self.assertIs(self.refusal("무엇", 1100).reason, Refusal.NO_DATA)

    def test_repeats_by_text_and_by_rule_code(self):
        for answer in (
            fixture("cancel_approved_before"),
            refused("ShowAlertException$이미 취소 승인 되었습니다.", 8668),
            refused("다른 문장", 8668, BizRuleCode="W8-2"),
            refused("이미 배송완료 되었습니다."),
        ):
            self.http.reset()
            self.answer(CANCELS, answer)
            with self.assertRaises(AlreadyDone):
                self.client().claims.cancel_of("5")
        self.http.reset()
        self.answer(CANCELS, refused("다른 문장", 8668, BizRuleCode="W8-1"))
        with self.assertRaises(RuleError) as caught:
            self.client().claims.cancel_of("5")
        self.assertNotIsInstance(caught.exception, AlreadyDone)

    def test_message_may_be_missing(self):
        error = self.refusal(None)
        self.assertIs(error.reason, Refusal.OTHER)
        self.assertEqual(error.message, "ESM gave no reason.")

    def test_error_says_what_and_where(self):
        error = self.refusal("취소된 주문번호입니다.")
        self.assertEqual(str(error), "OrderCheck, code 3000: 취소된 주문번호입니다.")
        self.assertIn("do not ship", error.advice)


@tagged("post_install", "-at_install")
class TestEsmApiRedaction(EsmApiCase):
    def test_what_is_masked(self):
        token = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl"
        for value in (
            token,
            f"Authorization: Bearer {token}",
            "Bearer opaque-token",
            "hong@example.com",
            "010-0000-1001",
            "01000001001",
            "0508-0000-2001",
            "+82 10-0000-1001",
            "02-000-4002",
            "P000000000000",
        ):
            self.assertNotIn(value, redact(f"a {value} b"), value)
        self.assertEqual(redact(f"key {SECRET}!", [SECRET, ""]), "key ***!")

    def test_what_is_kept(self):
        for text in (
            "주문번호:4500000101의 경매상태가 발송가능한 상태가 아닙니다.",
            "2100000201",
            "2026-06-08T10:15:02.137",
            "code 10013",
            "31일 이하의 범위만 조회 할 수 있습니다.",
        ):
            self.assertEqual(redact(text), text)

    def test_one_line_of_bounded_length(self):
        self.assertEqual(redact("a\r\nb\x00c\ud800"), "a b c")
        self.assertEqual(len(redact("x" * 10_000)), 500)

    def test_errors_are_redacted(self):
        self.answer(DELIVERY_STATUS, refused(f"{SECRET} 010-0000-1001 홍길동 a@b.kr"))
        with self.assertRaises(RuleError) as caught:
            self.client().delivery.status("5")
        self.assertEqual(caught.exception.message, "*** *** 홍길동 ***")

    def test_log_has_one_line_per_call_and_nothing_secret(self):
        self.answer(ORDER_CHECK + "5", {**DONE, "BuyerName": "홍길동"})
        root = "odoo.addons.sale_esm.esm_api" if __name__.startswith("odoo.") else ""
        with self.assertLogs(root, "DEBUG") as logs:
            self.client().orders.acknowledge("5", seller_order_no="S1")
        lines = [line for line in logs.output if "OrderCheck" in line]
        lines = [line for line in lines if "urllib3" not in line]
        self.assertEqual(len(lines), 1)
        self.assertRegex(lines[0], r"POST OrderCheck: HTTP 200, code 0, \d+ ms")
        everything = "".join(logs.output)
        for secret in (SECRET, "eyJ", "Bearer", "홍길동", "S1"):
            self.assertNotIn(secret, everything)

    def test_filter_masks_careless_lines(self):
        logger = get_logger("sale_esm.test_redaction")
        self.assertEqual(len(get_logger(logger.name).filters), 1)
        with self.assertLogs(logger, logging.INFO) as logs:
            logger.info("call %s", "010-0000-1001")
        self.assertIn("call ***", logs.output[0])
        self.assertIsInstance(logger.filters[0], RedactingFilter)


@tagged("post_install", "-at_install")
class TestEsmApiConnection(EsmApiCase):
    """Over a real socket, below what ``responses`` replaces."""

    def setUp(self):
        super().setUp()
        self.http.stop(allow_assert=False)
        self.addCleanup(self.http.start)  # the cleanup of the base stops it again
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)
        self.server = server
        self.url = f"http://127.0.0.1:{server.getsockname()[1]}"

    def serve(self, *replies):
        """Answer each request of one connection, then close it."""

        def run():
            connection, _ = self.server.accept()
            with connection:
                for reply in replies:
                    request = b""
                    while not request.endswith(b"}"):  # head and body come apart
                        request += connection.recv(65536)
                    connection.sendall(reply)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        self.addCleanup(thread.join, 5)

    def reply(self, body):
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
        return (head + body).encode()

    def test_connection_is_kept(self):
        body = '{"ResultCode":0,"Data":[]}'
        self.serve(self.reply(body), self.reply(body))
        client = self.client(url=self.url)
        self.assertIsNone(client.delivery.status("5"))
        self.assertIsNone(client.delivery.status("6"))

    def test_closed_without_an_answer(self):
        self.serve(b"")
        with self.assertRaises(UnknownOutcome):
            self.client(url=self.url).orders.acknowledge("5")

    def test_cut_answer(self):
        self.serve(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{")
        with self.assertRaises(UnknownOutcome):
            self.client(url=self.url).orders.acknowledge("5")

    def test_nobody_listens(self):
        self.server.close()
        for call in (
            lambda client: client.orders.acknowledge("5"),
            lambda client: client.delivery.status("5"),
        ):
            with self.assertRaises(HostUnreachable) as caught:
                call(self.client(url=self.url))
            self.assertIn("127.0.0.1", str(caught.exception))
