"""Read the body of an answer within bounds of size and time.

``requests`` waits for as long as one more byte comes in time, and unpacks whatever it
gets: a few kilobytes may become gigabytes.
"""

import http.client
import time
import zlib
from collections.abc import Iterator

import requests

#: Bytes of an answer, unpacked. 500 orders, the most there are in one, have about two
#: million.
LARGEST_ANSWER = 30_000_000
#: In all, an answer may take so many times what each wait for data may.
LONGEST_ANSWER = 4
_CHUNK = 1 << 16
#: zlib finds out itself whether it is gzip or deflate.
_PACKED = ("gzip", "x-gzip", "deflate")
_ANY_FORM = 32 + zlib.MAX_WBITS


class AnswerRefused(ValueError):
    """An answer that is not read to its end; the text says why."""


def receive(response: requests.Response, timeout: float) -> bytes:
    """Return the body of an answer whose headers have come (``stream=True``).

    :param timeout: seconds that each wait for data may take
    :raise AnswerRefused: too long, or packed in a way that nobody asked for
    :raise requests.RequestException: it did not come in time, or not to its end
    """
    if response.is_redirect:
        return b""  # never followed, and `requests` has read it away
    try:
        content = b"".join(_unpacked(response, _chunks(response, timeout)))
    except BaseException:
        response.close()  # what is left of it is nobody's answer
        raise
    answer = response.raw._fp
    if isinstance(answer, http.client.HTTPResponse):
        # `read1` does not close it at its end. As long as somebody keeps it, an error
        # say, the connection would refuse the next call.
        answer.close()
    response.raw.release_conn()
    return content


def _chunks(response: requests.Response, timeout: float) -> Iterator[bytes]:
    """Yield what comes, as it comes: each wait is for one packet at most."""
    raw = response.raw
    read = raw._fp.read1  # urllib3 2 has a read1 of its own, 1.26 has not
    deadline = time.monotonic() + LONGEST_ANSWER * timeout
    length, received = response.headers.get("Content-Length", ""), 0
    try:
        while chunk := read(_CHUNK):
            received += len(chunk)
            yield chunk
            if time.monotonic() > deadline:
                raise requests.ReadTimeout("The answer takes too long.")
    except TimeoutError as error:
        raise requests.ReadTimeout("No more of the answer came.") from error
    except (OSError, http.client.HTTPException) as error:
        if isinstance(error, requests.RequestException):
            raise
        raise requests.ConnectionError("The answer broke off.") from error
    if length.isdecimal() and received < int(length[:20]):
        raise requests.ConnectionError("The answer broke off.")


def _unpacked(response: requests.Response, chunks: Iterator[bytes]) -> Iterator[bytes]:
    coding = response.headers.get("Content-Encoding", "").strip().lower()
    if coding in ("", "identity"):
        parts = chunks
    elif coding in _PACKED:
        parts = _inflated(chunks)
    else:
        raise AnswerRefused("The answer is packed in an unknown way.")
    size = 0
    for part in parts:
        size += len(part)
        if size > LARGEST_ANSWER:
            raise AnswerRefused("The answer is too long.")
        yield part


def _inflated(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack step by step, at most a chunk at a time."""
    unpacker = zlib.decompressobj(_ANY_FORM)
    packed = None
    try:
        for packed in chunks:
            while packed and not unpacker.eof:
                yield unpacker.decompress(packed, _CHUNK)
                packed = unpacker.unconsumed_tail
    except zlib.error as error:
        raise AnswerRefused("The answer is packed wrongly.") from error
    if packed is not None and not unpacker.eof:
        raise requests.ConnectionError("The answer broke off.")
