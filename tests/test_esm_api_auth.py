"""The token, and that nothing secret shows."""

import base64
import json
import warnings

import jwt

from odoo.tests import tagged

from ..esm_api import CredentialError, Site, token
from .esm_api_common import COURIERS, NOW, SECRET, EsmApiCase, credentials


def part(encoded):
    return json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))


@tagged("post_install", "-at_install")
class TestEsmApiAuth(EsmApiCase):
    def test_token_has_the_fields_of_the_guide(self):
        header, payload, _signature = token(credentials(), NOW).split(".")
        self.assertEqual(part(header), {"alg": "HS256", "typ": "JWT", "kid": "master1"})
        self.assertEqual(
            part(payload),
            {
                "iss": "www.esmplus.com",
                "sub": "sell",
                "aud": "sa.esmplus.com",
                "iat": int(NOW.timestamp()),
                "ssi": "G:mallsample_g",
            },
        )

    def test_token_is_signed_with_the_key_as_text(self):
        jwt.decode(
            token(credentials(), NOW),
            SECRET.encode(),
            algorithms=["HS256"],
            audience="sa.esmplus.com",
            options={"verify_iat": False},
        )

    def test_seller_id_of_the_token_is_one_site_without_blanks(self):
        who = credentials(Site.AUCTION, seller_id=" mall sample ")
        payload = part(token(who, NOW).split(".")[1])
        self.assertEqual(payload["ssi"], "A:mallsample")

    def test_each_request_gets_a_fresh_token(self):
        times = iter([NOW, NOW.replace(minute=5)])
        client = self.client(now=lambda: next(times))
        self.answer(COURIERS, {"deliveryCompanies": []}, method="GET")
        client.delivery.couriers()
        client.delivery.couriers()
        first, second = (
            part(call.headers["Authorization"].split(".")[1]) for call in self.calls()
        )
        self.assertEqual(second["iat"] - first["iat"], 300)

    def test_a_short_key_signs_without_a_warning(self):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            token(credentials(secret_key="short"), NOW)
        self.assertFalse(caught)

    def test_missing_or_unusable_key_is_a_credential_error(self):
        pem = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"
        for values in ({"secret_key": ""}, {"master_id": ""}, {"secret_key": pem}):
            with self.subTest(**values), self.assertRaises(CredentialError) as caught:
                token(credentials(**values), NOW)
            self.assertNotIn("AAAA", str(caught.exception))

    def test_secret_is_not_shown(self):
        self.assertNotIn(SECRET, repr(credentials()))
