"""``./dev screens`` notices what people must not see."""

import re

from odoo.tests import BaseCase, tagged
from odoo.tools import file_open, file_path

from ..devtools.screens import SCREENS, SIZES, chosen
from ..devtools.screens_check import accessibility, raw_values, table, untranslated


@tagged("post_install", "-at_install")
class TestDevScreens(BaseCase):
    def test_raw_values(self):
        for line, found in (
            ("Orders: undefined", ["undefined"]),
            ("Status released_late", ["released_late"]),
            ("[object Object]", ["[object"]),
            ("esm.order,4", ["esm.order"]),
            ("Seller None, 3 of %(count)s", ["None", "%(count)s"]),
        ):
            self.assertEqual(raw_values([line]), found)
        for line in ("S00012 TS-NV-L mallsample_g", "a@b.example.com", "Falsehood"):
            self.assertEqual(raw_values([line]), [])

    def test_untranslated(self):
        korean = ["주문 3건", "Gmarket 주문번호 4100000001", "TS-NV-L", "ESM Plus 계정"]
        self.assertEqual(untranslated(korean), [])
        self.assertEqual(untranslated([*korean, "주문 Orders"]), ["Orders"])

    def test_accessibility(self):
        nodes = [
            {"html": '<button class="o_theirs"/>', "impact": "critical"},
            {"html": '<button class="ours"/>', "impact": "critical"},
            {"html": "<i/>", "impact": "minor"},
        ]
        violations = [{"id": "button-name", "impact": "critical", "nodes": nodes}]
        [both] = accessibility(violations)
        self.assertIn("1 more", both)
        self.assertIn("o_theirs", both)
        violations[0]["impact"] = "moderate"
        del nodes[:2]
        self.assertEqual(accessibility(violations), [])

    def test_table(self):
        faults = [("raw value", "undefined")]
        looks = [("en", "wide", []), ("ko", "wide", faults), ("ko", "phone", faults)]
        text = table(
            [
                {"screen": "orders", "language": lang, "size": size, "faults": found}
                for lang, size, found in looks
            ]
        )
        self.assertIn("orders        ok         1         1", text)
        self.assertEqual(text.count("undefined"), 1)
        self.assertIn("orders, wide ko, phone ko", text)

    def test_chosen(self):
        names = [screen.name for screen in SCREENS]
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual(len(chosen()), len(SCREENS))
        [(screen, sizes)] = chosen(["orders"], "phone")
        self.assertEqual((screen.name, sizes), ("orders", ["phone"]))
        [(_screen, sizes)] = chosen(["orders"])
        self.assertEqual(sizes, list(SIZES))
        self.assertFalse(chosen(["nothing"]))
        published = chosen(published=True)
        self.assertTrue(published)
        for screen, _sizes in published:
            self.assertTrue(screen.published)

    def test_pictures_of_the_app_page(self):
        folder = "sale_esm/static/description"
        with file_open(f"{folder}/index.html") as file:
            page = file.read()
        pictures = re.findall(r'src="([^"]*)"', page)
        self.assertIn("orders.png", pictures)
        for picture in pictures:
            file_path(f"{folder}/{picture}")  # raises if it is not there
        self.assertNotRegex(page, r"(?i)https?:|<script|<link|url\(")
        self.assertEqual(len(pictures), len(re.findall(r'alt="[^"]', page)))
