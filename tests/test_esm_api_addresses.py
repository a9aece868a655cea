"""Where the client may be pointed at, and what it takes of an answer."""

import gzip
import socket
import threading
import zlib
from unittest.mock import patch

import requests

from odoo.tests import BaseCase, tagged

from ..esm_api import (
    AddressRefused,
    BadAnswer,
    EsmClient,
    EsmError,
    NoPacer,
    TimedOut,
    UnknownOutcome,
    check_url,
    guarded_session,
    receiving,
)
from ..esm_api.readers import storable
from .esm_api_common import NOW, EsmApiCase, credentials

GOOD = b'{"ResultCode": 0, "Data": []}'


@tagged("post_install", "-at_install")
class TestAddresses(BaseCase):
    def reason(self, url, *allowed):
        try:
            check_url(url, frozenset(allowed))
        except AddressRefused as refusal:
            return refusal.reason
        return None

    def test_what_may_be_typed_in(self):
        for url in (
            "https://sandbox.example",
            "https://sandbox.example:8443/esm",
            "https://8.8.8.8",
            "http://127.0.0.1:8070",
            "http://localhost:8070",
            "http://[::1]:8070",
        ):
            with self.subTest(url=url):
                self.assertIsNone(self.reason(url))

    def test_other_forms(self):
        for url in (
            *("", "sandbox.example", "//sandbox.example", "https://", "https://:80"),
            *("file:///etc/passwd", "ftp://sandbox.example", "gopher://127.0.0.1:6379"),
            *("javascript:alert(1)", "https://user:pw@sandbox.example"),
            "https://sandbox.example@169.254.169.254",
            *("https://sandbox.example:99999", "https://[::1", "https://a b.example"),
            *("https://sandbox.example?x=1", "https://sandbox.example#x"),
            *("https://sandbox.example\\@127.0.0.1", "https://sandbox.example\r\nX: y"),
        ):
            with self.subTest(url=url):
                self.assertEqual(self.reason(url), "form")

    def test_internal_addresses(self):
        for host in (
            *("169.254.169.254", "10.0.0.1", "172.16.0.1", "192.168.0.1", "0.0.0.0"),
            *("100.64.0.1", "224.0.0.1", "255.255.255.255", "[fe80::1]", "[fd00::1]"),
            *("[::ffff:169.254.169.254]", "[::ffff:10.0.0.1]", "[64:ff9b::a00:1]"),
            *("[2002:a00:1::]", "[::]"),
        ):
            for scheme in ("http", "https"):
                with self.subTest(host=host, scheme=scheme):
                    self.assertEqual(self.reason(f"{scheme}://{host}:80"), "internal")

    def test_plain_http_to_other_machines(self):
        # Numbers in odd forms are names here: where they lead is looked at later.
        for host in ("sandbox.example", "8.8.8.8", "2130706433", "127.1", "0x7f000001"):
            with self.subTest(host=host):
                self.assertEqual(self.reason(f"http://{host}"), "plain")

    def test_an_administrator_may_allow_a_host(self):
        self.assertIsNone(self.reason("http://10.0.0.5:8070", "10.0.0.5"))
        self.assertIsNone(self.reason("http://Sandbox:8070", "sandbox"))
        self.assertEqual(self.reason("http://10.0.0.6:8070", "10.0.0.5"), "internal")
        self.assertEqual(self.reason("file://10.0.0.5/x", "10.0.0.5"), "form")


class RawCase(EsmApiCase):
    """A server that answers with bytes of the test's choice."""

    def setUp(self):
        super().setUp()
        self.http.stop(allow_assert=False)  # over real connections here
        self.addCleanup(self.http.start)
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)
        self.server, self.asked = server, []
        self.port = server.getsockname()[1]

    def serve(self, *pieces, pause=0.0):
        """Answer one request in these pieces, with a pause before each."""
        stop = threading.Event()

        def run():
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            with connection:
                request = b""
                while b"\r\n\r\n" not in request:
                    part = connection.recv(65536)
                    if not part:
                        return
                    request += part
                self.asked.append(request)
                for piece in pieces:
                    if pause and stop.wait(pause):
                        return
                    try:
                        connection.sendall(piece)
                    except OSError:
                        return

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        self.addCleanup(thread.join, 5)
        self.addCleanup(stop.set)

    def head(self, *headers, status="200 OK"):
        return "\r\n".join((f"HTTP/1.1 {status}", *headers, "", "")).encode()

    def raw_client(self, **options):
        return EsmClient(
            f"http://127.0.0.1:{self.port}",
            credentials(),
            pacer=NoPacer(),
            sleep=lambda seconds: None,
            now=lambda: NOW,
            max_wait=0,
            **options,
        )

    def both(self, *pieces, **options):
        """The errors of a read and of an action with that answer."""
        errors = []
        for call in (
            lambda client: client.delivery.status("5"),
            lambda client: client.orders.acknowledge("5"),
        ):
            self.serve(*pieces, **options)
            with self.assertRaises(EsmError) as caught:
                call(self.raw_client())
            errors.append(caught.exception)
        return errors


@tagged("post_install", "-at_install")
class TestBombs(RawCase):
    """An answer costs memory and time within bounds, whatever it is."""

    def test_gzip(self):
        packed = gzip.compress(GOOD)
        for body, coding in ((packed, "gzip"), (zlib.compress(GOOD), "deflate")):
            head = self.head(
                f"Content-Encoding: {coding}", f"Content-Length: {len(body)}"
            )
            self.serve(head + body)
            self.assertIsNone(self.raw_client().delivery.status("5"))
        self.assertIn(b"Accept-Encoding: gzip\r\n", self.asked[0])

    def test_gzip_bomb(self):
        bomb = gzip.compress(b"[" * 3_000_000)
        head = self.head("Content-Encoding: gzip", f"Content-Length: {len(bomb)}")
        with patch.object(receiving, "LARGEST_ANSWER", 1_000_000):
            of_read, of_action = self.both(head + bomb)
        self.assertIsInstance(of_read, BadAnswer)
        self.assertIsInstance(of_action, UnknownOutcome)
        self.assertIn("too long", str(of_read))

    def test_packed_twice(self):
        bomb = gzip.compress(gzip.compress(GOOD))
        for coding in ("gzip, gzip", "br", "zstd"):
            head = self.head(
                f"Content-Encoding: {coding}", f"Content-Length: {len(bomb)}"
            )
            of_read, of_action = self.both(head + bomb)
            self.assertIsInstance(of_read, BadAnswer)
            self.assertIsInstance(of_action, UnknownOutcome)

    def test_packed_wrongly_or_cut_off(self):
        packed = gzip.compress(GOOD * 100)
        for body in (b"not packed at all", packed[:-20]):
            head = self.head("Content-Encoding: gzip", f"Content-Length: {len(body)}")
            _of_read, of_action = self.both(head + body)
            self.assertIsInstance(of_action, UnknownOutcome)

    def test_endless_answer(self):
        chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
        with patch.object(receiving, "LARGEST_ANSWER", 1_000_000):
            of_read, _of_action = self.both(
                self.head("Transfer-Encoding: chunked"), *[chunk] * 100
            )
        self.assertIn("too long", str(of_read))

    def test_answer_in_drops(self):
        head = self.head(f"Content-Length: {len(GOOD)}")
        with patch.object(receiving, "LONGEST_ANSWER", 0.01):
            of_read, of_action = self.both(
                head, *(bytes([byte]) for byte in GOOD), pause=0.02
            )
        self.assertIsInstance(of_read, TimedOut)
        self.assertIsInstance(of_action, UnknownOutcome)

    def test_answer_that_breaks_off(self):
        for piece in (
            self.head(f"Content-Length: {len(GOOD) + 1}") + GOOD,
            self.head("Transfer-Encoding: chunked") + b"ff\r\n" + GOOD,
        ):
            _of_read, of_action = self.both(piece)
            self.assertIsInstance(of_action, UnknownOutcome)

    def test_redirects_are_not_followed(self):
        for status in ("301 Moved", "302 Found", "307 Temporary", "308 Permanent"):
            head = self.head(
                f"Location: http://127.0.0.1:{self.port}/elsewhere",
                "Content-Length: 0",
                status=status,
            )
            before = len(self.asked)
            of_read, of_action = self.both(head)
            self.assertIsInstance(of_read, BadAnswer)
            self.assertIsInstance(of_action, UnknownOutcome)
            self.assertEqual(len(self.asked) - before, 2)
        self.assertFalse([asked for asked in self.asked if b"elsewhere" in asked])

    def test_the_token_is_not_replaced_by_a_stored_password(self):
        self.serve(self.head(f"Content-Length: {len(GOOD)}") + GOOD)
        with patch.object(
            requests.sessions, "get_netrc_auth", return_value=("user", "password")
        ):
            self.raw_client().delivery.status("5")
        self.assertIn(b"Authorization: Bearer eyJ", self.asked[0])


@tagged("post_install", "-at_install")
class TestGuardedSession(RawCase):
    """Where a name leads is looked at once the connection is there."""

    def send(self, url, host="127.0.0.1", **options):
        """Send as the session does; Odoo keeps tests from other names than this one."""
        session = guarded_session(url, **options)
        request = requests.Request("GET", url).prepare()
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, self.port))]
        with patch.object(socket, "getaddrinfo", return_value=found):
            return session.get_adapter(url).send(request, timeout=5)

    def test_a_name_that_leads_inside(self):
        self.serve(self.head("Content-Length: 0"))
        with self.assertRaises(requests.ConnectionError):
            self.send(f"https://sandbox.example:{self.port}")
        with self.assertRaises(requests.ConnectionError):
            self.send(f"http://2130706433:{self.port}")
        self.assertFalse(self.asked, "nothing is sent to find out")

    def test_this_machine_by_its_name(self):
        self.serve(self.head("Content-Length: 0"))
        answer = self.send(f"http://localhost:{self.port}")
        self.assertEqual(answer.status_code, 200)

    def test_allowed_by_an_administrator(self):
        self.serve(self.head("Content-Length: 0"))
        url = f"http://sandbox.example:{self.port}"
        answer = self.send(url, allowed=frozenset(["sandbox.example"]))
        self.assertEqual(answer.status_code, 200)

    def test_proxies_of_the_environment(self):
        self.assertFalse(guarded_session("https://sandbox.example").trust_env)


@tagged("post_install", "-at_install")
class TestJson(EsmApiCase):
    def test_huge_numbers_and_deep_nesting(self):
        path = "/shipping/v1/Delivery/GetDeliveryStatus"
        for body in (
            '{"ResultCode": 0, "Data": [], "x": %s}' % ("9" * 5000),
            '{"ResultCode": 0, "Data": [], "x": 1e999, "y": NaN}',
        ):
            self.answer(path, body=body)
            self.assertIsNone(self.client().delivery.status("5"))
        self.http.reset()
        self.answer(path, body="[" * 200_000)
        with self.assertRaises(BadAnswer):
            self.client(max_wait=0).delivery.status("5")

    def test_what_is_stored_is_not_deep(self):
        deep = [1]
        for _ in range(900):
            deep = {"x": [deep]}
        self.assertIn("None", str(storable({"a": 1, "deep": deep})))
        self.assertEqual(storable({"a": [{"b": "\x00"}]}), {"a": [{"b": "\ufffd"}]})
