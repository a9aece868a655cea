"""The cancel list."""

import json
from datetime import date, datetime, timedelta, timezone

from odoo.tests import tagged

from ..esm_api import CancelDate, CancelStatus, Refusal, RuleError, Site
from .esm_api_common import CANCELS, URL, EsmApiCase, fixture, refused

DAY = date(2026, 6, 8)


def cancel_row(number, at="2026-06-08T10:31:00", status=1):
    return {"OrderNo": number, "CancelStatus": status, "RequestDate": at}


def cancels(*rows):
    return {"ResultCode": 0, "Message": "Success", "Data": list(rows)}


@tagged("post_install", "-at_install")
class TestEsmApiCancels(EsmApiCase):
    def test_sample(self):
        self.answer(CANCELS, fixture("cancels_gmarket"))
        (cancel,) = self.client().claims.cancels(DAY, DAY)
        self.assertEqual(cancel.order_no, "4500000101")
        self.assertEqual(cancel.pay_no, "5500000101")
        self.assertIs(cancel.status, CancelStatus.DONE)
        self.assertTrue(cancel.done)
        self.assertEqual(
            cancel.requested_at, datetime(2026, 6, 8, 1, 31, tzinfo=timezone.utc)
        )
        self.assertEqual(cancel.approved_at, cancel.requested_at)
        self.assertEqual(
            cancel.completed_at,
            datetime(2026, 6, 8, 1, 31, 7, 250000, timezone.utc),
        )
        self.assertIsNone(cancel.withdrawn_at)
        self.assertEqual((cancel.reason_code, cancel.reason_text), (1, None))
        self.assertEqual(cancel.payload["SiteType"], 3)

    def test_gmarket_is_site_3_here_and_the_last_day_counts(self):
        self.answer(CANCELS, cancels())
        self.client().claims.cancels(DAY, DAY)
        self.client(Site.AUCTION).claims.cancels(DAY, DAY, by=CancelDate.COMPLETED)
        gmarket, auction = self.bodies()
        self.assertEqual(
            gmarket,
            {
                "SiteType": 3,
                "CancelStatus": 0,
                "Type": 2,
                "StartDate": "2026-06-08",
                "EndDate": "2026-06-09",
            },
        )
        self.assertEqual((auction["SiteType"], auction["Type"]), (1, 3))

    def test_windows_stay_below_seven_days(self):
        self.answer(CANCELS, cancels())
        self.client().claims.cancels(DAY - timedelta(days=13), DAY)
        self.assertEqual(
            [(body["StartDate"], body["EndDate"]) for body in self.bodies()],
            [
                ("2026-05-26", "2026-06-01"),
                ("2026-06-01", "2026-06-07"),
                ("2026-06-07", "2026-06-09"),
            ],
        )

    def test_a_list_that_may_be_cut_is_halved(self):
        everything = [
            cancel_row(day * 100 + n, f"2026-06-{day:02}T12:00:00")
            for day in range(1, 7)
            for n in range(30)
        ]

        def callback(request):
            body = json.loads(request.body)
            rows = [
                row
                for row in everything
                if body["StartDate"] <= row["RequestDate"][:10] < body["EndDate"]
            ]
            return 200, {}, json.dumps(cancels(*rows[:50]))

        self.http.add_callback("POST", URL + CANCELS, callback)
        result = self.client().claims.cancels(date(2026, 6, 1), date(2026, 6, 6))
        self.assertEqual(len(result), 180)

    def test_a_full_day_cannot_be_halved_and_is_logged(self):
        self.answer(CANCELS, cancels(*(cancel_row(n + 1) for n in range(50))))
        with self.assertLogs("", "WARNING"):
            self.assertEqual(len(self.client().claims.cancels(DAY, DAY)), 50)
        self.assertEqual(len(self.calls()), 1)

    def test_nothing_there_in_any_form_is_an_empty_list(self):
        for answer in (
            cancels(),
            {"ResultCode": 0, "Data": None},
            refused("클레임정보가 없습니다", 99999),
            refused("주문정보가 없습니다.", 99999),
            refused("API Error - 주문정보가 없습니다.", "99999"),
            refused("조회된 자료가 없음", 1000, BizRuleCode=""),
        ):
            self.http.reset()
            self.answer(CANCELS, answer)
            self.assertEqual(self.client().claims.cancels(DAY, DAY), [])
            self.assertIsNone(self.client().claims.cancel_of("5"))

    def test_other_refusals_are_errors(self):
        for answer, reason in (
            (
                refused(
                    "ShowAlertException$조회 기간은 7일 이내로 입력 바랍니다", 8668
                ),
                Refusal.WINDOW_TOO_LONG,
            ),
            (
                refused("시작일과 종료일을 정확하게 입력 바랍니다", 2000),
                Refusal.WINDOW_TOO_LONG,
            ),
            (refused("API Error - 처리 중 오류", 99999), Refusal.OTHER),
        ):
            self.http.reset()
            self.answer(CANCELS, answer)
            with self.assertRaises(RuleError) as caught:
                self.client().claims.cancels(DAY, DAY)
            self.assertIs(caught.exception.reason, reason)

    def test_a_withdrawn_and_a_new_cancel_are_two(self):
        self.answer(
            CANCELS,
            cancels(
                cancel_row(5, "2026-06-08T10:00:00", status=4),
                cancel_row(5, "2026-06-08T12:00:00", status=1),
                {"OrderNo": None},
                "rubbish",
            ),
        )
        client = self.client()
        first, second = client.claims.cancels(DAY, DAY)
        self.assertTrue(first.withdrawn)
        self.assertTrue(second.pending)
        self.assertEqual(client.claims.cancel_of("5"), second)

    def test_which_of_two_cancels_is_older(self):
        self.answer(
            CANCELS,
            cancels(
                cancel_row(5, "2026-06-08T10:00:00"),
                cancel_row(5, "2026-06-08T12:00:00"),
                cancel_row(5, None),
            ),
        )
        first, second, undated = self.client().claims.cancels(DAY, DAY)
        self.assertTrue(first.is_older_than(second))
        for one, other in ((second, first), (first, first), (first, undated)):
            self.assertFalse(one.is_older_than(other))

    def test_look_up_by_number(self):
        self.answer(CANCELS, cancels(cancel_row(7)))
        self.assertIsNone(self.client().claims.cancel_of("5"))
        self.assertEqual(
            self.bodies()[0],
            {
                "SiteType": 3,
                "CancelStatus": 0,
                "Type": 0,
                "OrderNo": 5,
                "StartDate": "2026-06-03",
                "EndDate": "2026-06-09",
            },
        )

    def test_meaning_of_the_states(self):
        for status, meaning in (
            (1, "pending"),
            (2, "pending"),
            (3, "done"),
            (4, "withdrawn"),
            (5, "done"),
            (6, "done"),
        ):
            self.http.reset()
            self.answer(CANCELS, cancels(cancel_row(5, status=status)))
            cancel = self.client().claims.cancel_of("5")
            seen = [m for m in ("pending", "done", "withdrawn") if getattr(cancel, m)]
            self.assertEqual(seen, [meaning])

    def test_unknown_status_is_none(self):
        self.answer(CANCELS, cancels(cancel_row(5, status=77)))
        cancel = self.client().claims.cancel_of("5")
        self.assertIsNone(cancel.status)
        self.assertFalse(cancel.pending or cancel.done or cancel.withdrawn)
