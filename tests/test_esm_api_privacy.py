from dataclasses import asdict
from pathlib import Path

from odoo.tests import BaseCase

from ..esm_api import PERSON_KEYS, Order, without_person
from .esm_api_common import rows

SAMPLES = sorted(
    path.stem for path in (Path(__file__).parent / "fixtures").glob("orders_*.json")
)
# Who it is for, where it goes, and when it comes there.
PERSONAL = (
    *("buyer_name", "buyer_id", "buyer_mobile", "buyer_phone", "receiver_name"),
    *("receiver_mobile", "receiver_phone", "zip_code", "address_front"),
    *("address_back", "memo", "customs_code", "overseas_bundle_no"),
)
SLOT = ("arrival_from", "arrival_until", "same_day_delivery")


class TestWithoutPerson(BaseCase):
    def test_figures_goods_and_dates_read_as_before(self):
        people = 0
        for name in SAMPLES:
            for number, row in enumerate(rows(name)):
                with self.subTest(name, row=number):
                    left = without_person(row)
                    before, after = (
                        asdict(Order.from_payload(payload)) for payload in (row, left)
                    )
                    for field in ("payload", "oddities", *PERSONAL, *SLOT):
                        old, new = before.pop(field), after.pop(field)
                        if field in PERSONAL:
                            self.assertIsNone(new)
                            people += old is not None
                    self.assertEqual(after, before)
                    self.assertFalse(set(left) & set(PERSON_KEYS))
                    # Postal codes are parts of other numbers.
                    texts = [row.get(key) for key in PERSON_KEYS if key != "ZipCode"]
                    found = [text for text in texts if text and text in str(left)]
                    self.assertFalse(found)
                    self.assertEqual(without_person(left), left)
        self.assertGreater(people, 30, "the samples are about somebody")

    def test_what_nobody_knows_goes_as_well(self):
        row = {"OrderNo": 1, "BuyerEmail": "hong@example.com", "SalePrice": {"x": 1}}
        row["ItemOptionSelectList"] = [{"ItemOptionValue": "L", "Note": "홍샘플"}, "홍"]
        self.assertEqual(
            without_person(row),
            {"OrderNo": 1, "ItemOptionSelectList": [{"ItemOptionValue": "L"}]},
        )
