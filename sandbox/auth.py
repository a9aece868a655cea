"""The gate: token, permission and address check (API guide; section 1).

Written against the guide with nothing but the standard library, so that it cannot share
a mistake with the client's JWT library.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass

from .model import SITE_OF_PREFIX, Account
from .strict import Strict

AUDIENCE = "sa.esmplus.com"
SUBJECT = "sell"


class Unauthorized(Exception):
    """The call stops at the gateway with HTTP 401; the text is for the call log."""


@dataclass(frozen=True)
class Token:
    account: Account
    #: site -> seller ID, as the token says
    sellers: dict[str, str]

    @property
    def label(self) -> str:
        return ",".join(
            f"{'G' if site == 'gmarket' else 'A'}:{seller}"
            for site, seller in self.sellers.items()
        )

    @property
    def foreign(self) -> bool:
        """Whether it names a seller ID that is not under its master ID."""
        return any(item not in self.account.sellers for item in self.sellers.items())


def _decode(part: str) -> bytes:
    try:
        padded = part + "=" * (-len(part) % 4)
        return base64.b64decode(padded.encode("ascii"), b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError) as error:
        raise Unauthorized("token is not base64url") from error


def _decode_json(part: str) -> dict:
    try:
        value = json.loads(_decode(part))
    except ValueError as error:
        raise Unauthorized("token is not JSON") from error
    if not isinstance(value, dict):
        raise Unauthorized("token is not a JSON object")
    return value


def parse_ssi(ssi: object) -> dict[str, str]:
    """``A:id``, ``G:id`` or ``A:id,G:id``: at most one ID per site, no blanks."""
    if not isinstance(ssi, str) or not ssi:
        raise Unauthorized("ssi is missing")
    if any(character.isspace() for character in ssi):
        raise Unauthorized("ssi holds blanks")
    sellers: dict[str, str] = {}
    for part in ssi.split(","):
        prefix, colon, seller_id = part.partition(":")
        site = SITE_OF_PREFIX.get(prefix)
        if not colon or not seller_id or site is None:
            raise Unauthorized(f"ssi is not readable: {ssi}")
        if site in sellers:
            raise Unauthorized(f"ssi names two IDs of one site: {ssi}")
        sellers[site] = seller_id
    return sellers


def check_token(
    header: str | None, accounts: dict[str, Account], strict: Strict, now: float
) -> Token:
    """The verified token of an Authorization header, or ``Unauthorized``."""
    if not header or not header.startswith("Bearer "):
        raise Unauthorized("no Bearer token")
    parts = header[len("Bearer ") :].strip().split(".")
    if len(parts) != 3:
        raise Unauthorized("token has not three parts")
    head, payload = _decode_json(parts[0]), _decode_json(parts[1])
    if head.get("alg") != "HS256":
        raise Unauthorized("alg is not HS256")
    if head.get("typ", "JWT") != "JWT":
        raise Unauthorized("typ is not JWT")
    kid = head.get("kid")
    account = accounts.get(kid) if isinstance(kid, str) else None
    if account is None:
        raise Unauthorized("kid is not known")
    signed = f"{parts[0]}.{parts[1]}".encode("ascii")
    secret = account.secret_key.encode("utf-8")
    expected = hmac.new(secret, signed, hashlib.sha256).digest()
    if not hmac.compare_digest(expected, _decode(parts[2])):
        raise Unauthorized("signature is wrong")
    _check_claims(payload, strict, now)
    return Token(account, parse_ssi(payload.get("ssi")))


def _check_claims(payload: dict, strict: Strict, now: float) -> None:
    if payload.get("aud") != AUDIENCE:
        raise Unauthorized("aud is not " + AUDIENCE)
    if payload.get("sub") != SUBJECT:
        raise Unauthorized("sub is not " + SUBJECT)
    if not payload.get("iss"):
        raise Unauthorized("iss is missing")
    issued = payload.get("iat")
    if issued is None:
        if strict.require_iat:
            raise Unauthorized("iat is missing")
        return
    if isinstance(issued, bool) or not isinstance(issued, (int, float)):
        raise Unauthorized("iat is not a number")
    if strict.iat_tolerance is not None and abs(now - issued) > strict.iat_tolerance:
        raise Unauthorized("iat is too far from the clock")
