"""Readers of ESM's loose JSON."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

from odoo.tests import BaseCase, tagged

from ..esm_api import (
    CancelDate,
    CancelStatus,
    DateType,
    OrderStatus,
    Site,
    StatusDate,
)
from ..esm_api.readers import (
    KST,
    Fields,
    integer,
    kst_minute,
    kst_second,
    line,
    money,
    number,
    storable,
    text,
    when,
    windows,
)


def utc(*parts):
    return datetime(*parts, tzinfo=timezone.utc)


@tagged("post_install", "-at_install")
class TestEsmApiReaders(BaseCase):
    def check(self, reader, cases):
        for value, expected in cases:
            with self.subTest(value=value):
                result = reader(value)
                self.assertEqual(result, expected)
                self.assertIs(type(result), type(expected))

    def test_money(self):
        self.check(
            money,
            [
                ("3400.0000", Decimal(3400)),
                ("0.0000", Decimal(0)),
                ("-0.0000", Decimal(0)),
                ("-500", Decimal(-500)),
                ("1,234,567.0000", Decimal(1234567)),
                (" 12.5000 ", Decimal("12.5000")),
                (2500.0, Decimal(2500)),
                (2500, Decimal(2500)),
                (None, None),
                ("", None),
                ("12,34", None),
                ("3400원", None),
                ("1e3", None),
                ("NaN", None),
                (float("inf"), None),
                (True, None),
                ([], None),
                ("99999999999999999999", None),
            ],
        )
        self.assertFalse(money("-0.0000").is_signed())

    def test_integer_and_number(self):
        self.check(
            integer,
            [(2, 2), ("2", 2), ("2.0", 2), (2.0, 2), ("2.5", None), ("x", None)],
        )
        self.check(
            number,
            [
                (4500000101, "4500000101"),
                (" 4500000101 ", "4500000101"),
                (4500000101.0, "4500000101"),
                ("4500000101.0000", "4500000101"),
                (0, None),
                (-1, None),
                ("²", None),
                ("", None),
                (2**63, None),
            ],
        )

    def test_dates_are_korean_and_come_back_in_utc(self):
        self.check(
            when,
            [
                ("2026-06-08T10:15:02.137", utc(2026, 6, 8, 1, 15, 2, 137000)),
                ("2026-06-08T23:59:59", utc(2026, 6, 8, 14, 59, 59)),
                ("2026-06-08T13:40:30.9", utc(2026, 6, 8, 4, 40, 30, 900000)),
                ("2026-06-08T10:31:07.25", utc(2026, 6, 8, 1, 31, 7, 250000)),
                ("2026-06-08T10:00:00.1234567", utc(2026, 6, 8, 1, 0, 0, 123456)),
                ("2026-06-08 10:00:00", utc(2026, 6, 8, 1)),
                ("2026-06-08 10:00", utc(2026, 6, 8, 1)),
                ("2026-06-08", utc(2026, 6, 7, 15)),
                ("2026-06-08T10:00:00+09:00", utc(2026, 6, 8, 1)),
                ("2026-06-08T10:00:00Z", utc(2026, 6, 8, 10)),
                ("2026-06-08T10:00:00-0130", utc(2026, 6, 8, 11, 30)),
                ("0001-01-01T00:00:00", None),
                ("9999-12-31T23:59:59.997", None),
                ("2026-02-30T00:00:00", None),
                ("2026-06-08T25:00:00", None),
                ("soon", None),
                (None, None),
                (20260608, None),
            ],
        )

    def test_text_is_clean_and_keeps_emoji(self):
        self.check(
            text,
            [
                ("  윤시험 ", "윤시험"),
                ("윤시험😀", "윤시험😀"),
                ('부재시\r\n전화주세요\t"꼭"', '부재시\n전화주세요 "꼭"'),
                ("a\x00b\x1fc\ud800d", "abcd"),
                ("a\u2028b\rc", "a\nb\nc"),
                (12345, "12345"),
                ("\x00 ", None),
                (None, None),
                (True, None),
                ({}, None),
            ],
        )
        self.check(line, [(" a \r\n  b ", "a b"), ("\n", None)])

    def test_keys_in_any_case_and_the_filled_one_wins(self):
        fields = Fields({"BUYERID": "x", "orderno": 5, "OrderNo": None})
        self.assertEqual(fields.line("BuyerId"), "x")
        self.assertEqual(fields.number("OrderNo"), "5")

    def test_oddities_name_the_key_and_not_the_value(self):
        fields = Fields({"A": "rubbish", "B": "0001-01-01T00:00:00", "C": "", "D": 0})
        fields.money("A")
        fields.when("B")
        fields.when("C")
        fields.number("D")
        self.assertEqual(fields.oddities, ["A is not an amount"])

    def test_lists_flags_and_texts_of_a_row(self):
        fields = Fields(
            {"List": [1], "One": {"a": 1}, "Null": None, "Blank": "", "Bad": "x"}
            | {"Yes": " y", "No": "N", "Memo": "a\r\nb"}
        )
        names = ("List", "One", "Null", "Blank", "Bad", "Missing")
        self.assertEqual(
            [fields.rows(name) for name in names], [[1], [{"a": 1}], [], [], [], []]
        )
        self.assertEqual(fields.oddities, ["Bad is not a list"])
        flags = [fields.flag(name) for name in ("Yes", "No", "Null")]
        self.assertEqual(flags, [True, False, False])
        self.assertEqual((fields.text("Memo"), fields.line("Memo")), ("a\nb", "a b"))

    def test_storable_keeps_everything_but_what_a_database_refuses(self):
        value = {"a\x00": ["b\ud800", 1, None, 1.5, float("nan")], "c": "\t\r\n"}
        self.assertEqual(
            storable(value), {"a�": ["b�", 1, None, 1.5, None], "c": "\t\r\n"}
        )

    def test_requests_are_in_korean_time(self):
        moment = utc(2026, 6, 8, 15, 30, 15)
        self.assertEqual(kst_minute(moment), "2026-06-09 00:30")
        self.assertEqual(kst_second(moment), "2026-06-09T00:30:15")
        with self.assertRaises(ValueError):
            kst_minute(datetime(2026, 6, 8))

    def test_windows_cover_the_period_without_a_gap(self):
        six = timedelta(days=6)
        self.assertEqual(
            list(windows(date(2026, 6, 1), date(2026, 6, 15), six)),
            [
                (date(2026, 6, 1), date(2026, 6, 7)),
                (date(2026, 6, 7), date(2026, 6, 13)),
                (date(2026, 6, 13), date(2026, 6, 15)),
            ],
        )
        self.assertEqual(
            list(windows(date(2026, 6, 1), date(2026, 6, 7), six)),
            [(date(2026, 6, 1), date(2026, 6, 7))],
        )
        start = datetime(2026, 6, 1, tzinfo=KST)
        self.assertEqual(list(windows(start, start, six)), [(start, start)])
        with self.assertRaises(ValueError):
            list(windows(date(2026, 6, 2), date(2026, 6, 1), six))

    def test_site_codes(self):
        for value, site in (
            (1, Site.AUCTION),
            ("2", Site.GMARKET),
            (3, Site.GMARKET),
            (4, Site.GMARKET),
            (5, None),
            (None, None),
        ):
            self.assertIs(Site.from_code(value), site)
        self.assertEqual((Site.AUCTION.order_code, Site.AUCTION.cancel_code), (1, 1))
        self.assertEqual((Site.GMARKET.order_code, Site.GMARKET.cancel_code), (2, 3))

    def test_code_numbers_of_the_pages(self):
        for kind, names in (
            (
                OrderStatus,
                "DEPOSIT_WAITING NEW PREPARING IN_DELIVERY DELIVERED DECIDED "
                "CANCEL RETURN EXCHANGE NOT_RECEIVED REFUND_AFTER_REMITTANCE",
            ),
            (
                DateType,
                "- ORDER PAYMENT DISPATCH_DEADLINE GIFT_ACCEPTANCE "
                "PAYMENT_OR_ACCEPTANCE",
            ),
            (
                StatusDate,
                "- PAYMENT CONFIRMATION DISPATCH DELIVERY DECISION REMITTANCE "
                "RETURN_APPROVAL EXCHANGE_APPROVAL CANCEL",
            ),
            (
                CancelStatus,
                "- REQUESTED IN_PROCESS DONE WITHDRAWN REFUNDED_BY_SITE "
                "REFUNDED_AFTER_REMITTANCE",
            ),
            (CancelDate, "- - REQUESTED COMPLETED"),
        ):
            expected = {n: name for n, name in enumerate(names.split()) if name != "-"}
            self.assertEqual({int(item): item.name for item in kind}, expected)
