"""The HTTP side: one thread per connection, keep-alive, no delays from Nagle's
algorithm, and a stop that does not wait for answers that are held back.

http.server of the standard library instead of werkzeug's server: that one closes every
connection after one answer (and waits 10 ms before), so clients could not keep alive.
"""

# The overridden methods of the standard library return nothing.
# pylint: disable=missing-return

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .app import Reply, json_reply

MAX_BODY = 8 * 1024 * 1024
#: (method, path with query, headers, body, client address) -> reply
Application = Callable[[str, str, "object", bytes, str], Reply]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "ESM-sandbox"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1  # header and body in one packet
    timeout = 600
    server: Server

    def _read_body(self) -> bytes | None:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._read_chunks()
        try:
            length = int(self.headers.get("Content-Length") or 0)
        except ValueError:
            return None
        if not 0 <= length <= MAX_BODY:
            return None
        return self.rfile.read(length)

    def _read_chunks(self) -> bytes | None:
        body = b""
        while True:
            try:
                size = int(self.rfile.readline(100).split(b";")[0], 16)
            except ValueError:
                return None
            if size < 0 or len(body) + size > MAX_BODY:
                return None
            if size:
                body += self.rfile.read(size)
            self.rfile.readline(3)
            if not size:
                return body

    def _serve(self) -> None:
        body = self._read_body()
        if body is None:
            self.close_connection = True
            self._send(json_reply({"Message": "Bad Request"}, 400))
            return
        reply = self.server.application(
            self.command, self.path, self.headers, body, self.client_address[0]
        )
        if reply.delay and self.server.stopping.wait(reply.delay):
            reply.drop = True
        if reply.drop:
            self.close_connection = True
            return
        self._send(reply)

    do_GET = do_POST = do_PUT = do_DELETE = _serve

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(reply.body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        if self.server.verbose:
            super().log_message(format, *args)

    def setup(self) -> None:
        self.server.opened(self.request)
        super().setup()

    def finish(self) -> None:
        with contextlib.suppress(OSError):  # the client may be gone
            super().finish()
        self.server.closed(self.request)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self, host: str, port: int, application: Application, verbose: bool = False
    ):
        self.application = application
        self.verbose = verbose
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__((host, port), Handler)

    def server_bind(self) -> None:
        # HTTPServer asks for the host's full name here, which may take seconds
        # where there is no DNS
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address[:2]

    @property
    def url(self) -> str:
        # Who asked to listen everywhere is told an address to call
        everywhere = self.server_name == "0.0.0.0"  # nosec B104
        host = "127.0.0.1" if everywhere else self.server_name
        return f"http://{host}:{self.server_port}"

    def opened(self, connection: socket.socket) -> None:
        with self._open_lock:
            self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._open_lock:
            self._open.discard(connection)

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def stop(self) -> None:
        """Stop accepting, let held answers go, close what is still open."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        with self._open_lock:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):  # it may be closed already
                connection.shutdown(socket.SHUT_RDWR)
