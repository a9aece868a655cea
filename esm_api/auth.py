"""Credentials and the token (fact sheet 1.3; etapi.gmarket.com/pages/API-가이드)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import jwt
from jwt.algorithms import HMACAlgorithm

from .errors import CredentialError
from .sites import Site

AUDIENCE = "sa.esmplus.com"  # constant, although the host is sa2


@dataclass(frozen=True)
class Credentials:
    """Who calls, for which shop.

    :param master_id: ESM+ master ID (the tool company's on the selling-tool path)
    :param secret_key: the key ESM issued for that master ID, as plain text
    :param site: marketplace of the shop
    :param seller_id: the shop's login on that marketplace
    :param issuer: normally the client's domain; ESM does not seem to check it
    """

    master_id: str
    secret_key: str = field(repr=False)
    site: Site
    seller_id: str
    issuer: str = "www.esmplus.com"

    @property
    def sellers(self) -> dict[Site, str]:
        """The shop's own seller ID, which signs all calls but those on one item.

        Never both sites: which one an order call then means is unknown (1.4).
        """
        return {self.site: self.seller_id}


class _EsmHmac(HMACAlgorithm):
    """HS256 with the key as issued.

    PyJWT warns of keys under 32 bytes, once per call. Only ESM chooses the key.
    """

    def check_key_length(self, key: bytes) -> None:
        return None


_jws = jwt.PyJWS()
_jws.unregister_algorithm("HS256")
_jws.register_algorithm("HS256", _EsmHmac(HMACAlgorithm.SHA256))


def token(
    credentials: Credentials,
    now: datetime,
    *,
    sellers: Mapping[Site, str] | None = None,
) -> str:
    """Return a signed token.

    The life time of a token is unknown, so each request gets its own.

    :param now: aware; becomes ``iat`` in Unix seconds
    :param sellers: seller IDs that sign, default the shop's own; an empty mapping
        leaves ``ssi`` out, only for the connection test
    :raise CredentialError: without master ID or key, or if the key cannot sign
    """
    if not credentials.master_id or not credentials.secret_key:
        raise CredentialError(
            "Master ID or secret key is missing.",
            advice="Enter the master ID and the secret key of the ESM account.",
        )
    payload = {
        "iss": credentials.issuer,
        "sub": "sell",
        "aud": AUDIENCE,
        "iat": int(now.timestamp()),
    }
    signers = credentials.sellers if sellers is None else sellers
    if signers:
        payload["ssi"] = _ssi(signers)
    try:
        return _jws.encode(
            json.dumps(payload, separators=(",", ":")).encode(),
            credentials.secret_key,
            algorithm="HS256",
            headers={"typ": "JWT", "kid": credentials.master_id},
        )
    except jwt.PyJWTError:
        # The cause may quote the key.
        raise CredentialError(
            "The secret key cannot be used to sign.",
            advice="Enter the secret key exactly as ESM issued it.",
        ) from None


def _ssi(sellers: Mapping[Site, str]) -> str:
    """Return the seller IDs without blanks, ``A:<id>,G:<id>``."""
    return ",".join(
        f"{site.token_prefix}:{''.join(sellers[site].split())}"
        for site in Site
        if site in sellers
    )
