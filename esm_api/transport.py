"""One place for URL, headers, pacing, repetition, parsing and errors.

Fact sheet 1.5, 2.1 to 2.4, 10.
"""

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3 import exceptions as urllib3_errors

from .auth import Credentials, token
from .endpoints import Endpoint
from .errors import (
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
)
from .pacing import Pacing
from .readers import LONGEST_TEXT, Fields, integer, line, number
from .receiving import AnswerRefused, receive
from .redaction import get_logger, redact
from .refusals import PERMISSION_TEXT, normalise, refusal_error
from .sites import Site

_logger = get_logger(__name__)

#: Back-off of fact sheet 2.3, in seconds; each gets up to a quarter of jitter.
BACK_OFF = (1.0, 2.0, 4.0)
_SUCCESS = ("0", "success")
#: No connection was made, so nothing was sent.
_NOT_SENT = (
    urllib3_errors.NewConnectionError,
    urllib3_errors.ConnectTimeoutError,
    urllib3_errors.LocationParseError,
)
#: The address cannot be called at all.
_BAD_ADDRESS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
)


@dataclass(frozen=True)
class Answer:
    """A successful answer.

    :param payload: the whole JSON
    :param data: its ``Data``
    """

    payload: Any
    data: Any


class Transport:
    """Calls ESM for one shop. Not for use by several threads at once.

    :param base_url: scheme and host
    :param timeout: seconds for the connection, and for each wait for data; an answer
        may take four times that in all (see :mod:`.receiving`)
    :param max_wait: seconds one call may spend on waiting and repeating
    :param sleep: waits that many seconds
    :param now: the aware present, for the token and default dates
    :param jitter: a number from 0 to 1
    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        pacing: Pacing,
        *,
        timeout: float,
        max_wait: float,
        session: requests.Session,
        sleep: Callable[[float], None],
        now: Callable[[], datetime],
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.credentials = credentials
        self.now = now
        self._base_url = base_url.rstrip("/")
        self._pacing = pacing
        self._timeout = timeout
        self._max_wait = max_wait
        self._session = session
        self._sleep = sleep
        self._jitter = jitter

    def call(
        self,
        endpoint: Endpoint,
        body: dict[str, Any] | None = None,
        *,
        path: Mapping[str, int | str] | None = None,
        patient: bool = True,
        sellers: Mapping[Site, str] | None = None,
    ) -> Answer:
        """Make one call and return its answer.

        Reads are repeated on network errors, 429, 5xx and the rate message. Actions
        are repeated only where ESM says that it did nothing: 429, rate message.

        :param body: JSON of a POST or PUT
        :param path: numbers in the path, by name
        :param patient: False: no repetition, somebody waits in front of the screen
        :param sellers: see :func:`.auth.token`
        :raise EsmError: one of its subclasses
        """
        url = self._base_url + endpoint.path.format(**path or {})
        spent = 0.0
        repeats = 0
        while True:
            spent += self._wait_turn(endpoint, self._max_wait - spent)
            started = time.monotonic()
            try:
                try:
                    return self._once(endpoint, url, body, sellers)
                finally:
                    self._pacing.end(endpoint.bucket)
            except TransientError as error:
                spent += time.monotonic() - started
                delay = self._delay(endpoint, error, repeats) if patient else None
                if delay is None or spent + delay > self._max_wait:
                    raise
            self._sleep(delay)
            spent += delay
            repeats += 1

    def _wait_turn(self, endpoint: Endpoint, budget: float) -> float:
        """Wait for a slot and return the seconds it took."""
        spent = 0.0
        wait = self._pacing.reserve(endpoint.bucket)
        while True:
            if spent + wait > budget:
                raise RateLimited(
                    f"The next call may go in {wait:.0f} seconds.",
                    endpoint=endpoint.name,
                    retry_after=wait,
                )
            if wait > 0:
                self._sleep(wait)
                spent += wait
            wait = self._pacing.begin(endpoint.bucket)
            if not wait:
                return spent

    def _delay(
        self, endpoint: Endpoint, error: TransientError, repeats: int
    ) -> float | None:
        """Return the seconds before the next try, None for no more."""
        if repeats >= len(BACK_OFF):
            return None
        delay = BACK_OFF[repeats]
        if isinstance(error, RateLimited):
            delay = max(delay, error.retry_after)
        elif endpoint.action or 400 <= (error.http_status or 0) < 500:
            return None
        return delay * (1 + self._jitter() / 4)

    def _once(
        self,
        endpoint: Endpoint,
        url: str,
        body: dict[str, Any] | None,
        sellers: Mapping[Site, str] | None,
    ) -> Answer:
        bearer = token(self.credentials, self.now(), sellers=sellers)
        started = time.monotonic()
        outcome = "no answer"
        try:
            response = self._send(endpoint, url, body, bearer)
            outcome = f"HTTP {response.status_code}"
            answer = self._read(endpoint, response)
            outcome += ", code 0"
            return answer
        except EsmError as error:
            outcome += f", {type(error).__name__}, code {error.code}"
            raise
        finally:
            elapsed = (time.monotonic() - started) * 1000
            _logger.debug(
                "%s %s: %s, %.0f ms", endpoint.method, endpoint.name, outcome, elapsed
            )

    def _send(
        self,
        endpoint: Endpoint,
        url: str,
        body: dict[str, Any] | None,
        bearer: str,
    ) -> requests.Response:
        try:
            # A redirect would turn a POST into a GET and carry the token elsewhere.
            response = self._session.request(
                endpoint.method,
                url,
                json=None if endpoint.method == "GET" else body or {},
                headers={
                    "Authorization": f"Bearer {bearer}",
                    "Accept": "application/json",
                    "Accept-Encoding": "gzip",
                },
                # Else requests looks for a password of this host in ~/.netrc, and
                # sends that instead.
                auth=_as_it_is,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            )
            response._content = receive(response, self._timeout)
            return response
        except AnswerRefused as error:
            details = {"endpoint": endpoint.name, "http_status": response.status_code}
            raise _unclear(endpoint, str(error), details) from error
        except (requests.RequestException, urllib3_errors.HTTPError, OSError) as error:
            raise self._connection_error(endpoint, error) from error
        except UnicodeError as error:  # a host name that cannot be encoded
            raise HostUnreachable(
                "The endpoint's address is wrong.", endpoint=endpoint.name
            ) from error

    def _connection_error(self, endpoint: Endpoint, error: Exception) -> EsmError:
        host = urlsplit(self._base_url).hostname or self._base_url
        timed_out = isinstance(error, requests.Timeout)
        not_sent = isinstance(error, _BAD_ADDRESS) or _was_not_sent(error)
        if endpoint.action and not not_sent:
            what = "ESM did not answer in time" if timed_out else "Connection lost"
            return UnknownOutcome(
                f"{what} ({type(error).__name__}).", endpoint=endpoint.name
            )
        if timed_out:
            return TimedOut(
                f"{host} did not answer within {self._timeout:g} seconds.",
                endpoint=endpoint.name,
            )
        return HostUnreachable(
            f"{host} cannot be reached ({type(error).__name__}).",
            endpoint=endpoint.name,
        )

    def _read(self, endpoint: Endpoint, response: requests.Response) -> Answer:
        """Return the answer or raise what it means."""
        status = response.status_code
        payload = _decode(response.content)
        fields = Fields(payload if isinstance(payload, dict) else {})
        message, code = _said(fields)
        details = {"endpoint": endpoint.name, "http_status": status, "code": code}
        if status in (401, 403) or code in ("401", "403"):
            kind = (
                NoPermission
                if PERMISSION_TEXT in normalise(message)
                else CredentialError
            )
            raise kind(self._clean(message) or f"HTTP {status}", **details)
        if status == 429:
            raise RateLimited(
                self._clean(message) or "HTTP 429",
                retry_after=self._retry_after(endpoint, response),
                **details,
            )
        if status == 404 and endpoint.of_item:
            raise RuleError(
                self._clean(message) or "HTTP 404",
                reason=Refusal.ITEM_NOT_FOUND,
                **details,
            )
        if status >= 500 or 300 <= status < 400 or payload is None:
            raise _unclear(endpoint, "The answer is not ESM's.", details)
        if code is None and (status >= 400 or endpoint.family != "items"):
            raise _unclear(endpoint, "The answer has no result code.", details)
        if code is not None and code.lower() not in _SUCCESS:
            error = refusal_error(
                endpoint,
                code,
                self._clean(message),
                fields.line("BizRuleCode"),
                status,
            )
            if isinstance(error, RateLimited):
                error.retry_after = self._pacing.interval(endpoint.bucket)
            raise error
        return Answer(payload, fields.raw("Data"))

    def _clean(self, message: str | None) -> str:
        return redact(message or "", (self.credentials.secret_key,))

    def _retry_after(self, endpoint: Endpoint, response: requests.Response) -> float:
        """Return the seconds of the header, or the bucket's interval."""
        header = response.headers.get("Retry-After", "").strip()
        if header.isdecimal() and len(header) < 7:
            return float(header)
        try:
            wait = parsedate_to_datetime(header) - self.now()
            return max(0.0, wait.total_seconds())
        except (TypeError, ValueError):
            return self._pacing.interval(endpoint.bucket)


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _decode(content: bytes) -> Any:
    """Return the JSON of an answer, None if it is none.

    ESM sends UTF-8; whatever the header says is not asked. The Korean code page is
    tried too, because a gateway in between may have converted the text.
    """
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return json.loads(
                content.decode(encoding),
                parse_constant=lambda _: None,
                parse_int=_whole,
            )
        except (ValueError, RecursionError):
            continue
    return None


def _whole(digits: str) -> int | str:
    """Return a whole number; as text where it is so long that Python refuses it."""
    return int(digits) if len(digits) < 1000 else digits


def _said(fields: Fields) -> tuple[str, str | None]:
    """Return ESM's message and result code, of the gateway's body too (1.5)."""
    status = fields.raw("status")
    gateway = Fields(status if isinstance(status, dict) else {})
    message = (
        fields.line("Message", LONGEST_TEXT)
        or gateway.line("message", LONGEST_TEXT)
        or ""
    )
    raw = fields.raw("ResultCode")
    if raw is None:
        raw = gateway.raw("status_code")
    code = integer(raw)
    return message, line(raw) if code is None else str(code)


def _unclear(endpoint: Endpoint, message: str, details: dict[str, Any]) -> EsmError:
    kind = UnknownOutcome if endpoint.action else BadAnswer
    return kind(f"{message} (HTTP {details['http_status']})", **details)


def _was_not_sent(error: BaseException) -> bool:
    """Tell whether the connection was never made, whatever it is wrapped in."""
    pending: list[Any] = [error]
    seen: set[int] = set()
    while pending:
        item = pending.pop()
        if not isinstance(item, BaseException) or id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, _NOT_SENT) or "CERTIFICATE_VERIFY_FAILED" in str(item):
            return True
        pending += [item.__cause__, item.__context__, getattr(item, "reason", None)]
        pending += item.args
    return False


def order_number(order_no: Any, endpoint: Endpoint) -> int:
    """Return an order number as ESM wants it.

    :raise RuleError: NUMBER_TYPE, before anything is sent
    """
    return whole_number(order_no, endpoint, "An order number consists of digits.")


def whole_number(value: Any, endpoint: Endpoint, message: str) -> int:
    """Return a number of ESM's, 64 bits (2.5).

    :param message: what such numbers look like
    :raise RuleError: NUMBER_TYPE, before anything is sent
    """
    digits = number(value)
    if digits is None:
        raise RuleError(
            message,
            reason=Refusal.NUMBER_TYPE,
            endpoint=endpoint.name,
        )
    return int(digits)


def result_rows(data: Any, endpoint: Endpoint) -> list[dict[str, Any]]:
    """Return the JSON objects of ``Data``, which may be null, one or a list.

    :raise BadAnswer: it is something else, which must not pass for "nothing there"
    """
    if data is not None and data != "" and not isinstance(data, dict | list):
        raise BadAnswer("The answer has no list.", endpoint=endpoint.name)
    items = data if isinstance(data, list) else [data]
    return [item for item in items if isinstance(item, dict)]
