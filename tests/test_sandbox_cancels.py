"""Cancels: the list with its odd site code, approval, the seller's own cancel."""

from odoo.tests import tagged

from ..sandbox import ALL_PERMISSIONS, NotPossible
from .sandbox_common import (
    AUCTION_ID,
    GMARKET_ID,
    MASTER,
    SECRET,
    SandboxCase,
    fixture,
)


@tagged("post_install", "-at_install")
class TestSandboxCancels(SandboxCase):
    def approve(self, number, site="gmarket", code=None):
        code = code or (2 if site == "gmarket" else 1)
        path = f"/claim/v1/sa/Cancel/{number}"
        return self.send("PUT", path, {"SiteType": code}, site=site).json()

    def requested(self, site="gmarket"):
        number = self.place_one(site)
        self.check(number, site)
        self.sb.cancel(number, "사이즈 변경")
        return number

    def test_before_the_confirmation_it_is_done_at_once(self):
        number = self.place_one()
        self.sb.cancel(number)
        self.assertEqual(self.status(number), [(6, 3)])
        [row] = self.cancels()["Data"]
        self.assertEqual(set(row), set(fixture("cancels_gmarket.json")["Data"][0]))
        self.assertEqual(row["CancelStatus"], 3)
        self.assertEqual((row["SiteType"], row["GoodsNo"]), (3, 0))
        self.assertEqual((row["RequestUser"], row["ApproveUser"]), (1, 1))
        self.assertEqual(row["CompleteDate"], "2026-06-08T10:15:00")

    def test_after_it_a_request_that_the_seller_approves(self):
        number = self.requested()
        self.assertEqual(self.status(number), [(6, 1)])
        [row] = self.cancels()["Data"]
        self.assertEqual((row["CancelStatus"], row["ApproveDate"]), (1, None))
        self.assertDone(self.approve(number))
        self.assertEqual(self.status(number), [(6, 3)])
        again = self.approve(number)
        text = "ShowAlertException$이미 취소 승인 되었습니다."
        self.assertRefused(again, text, 8668)
        self.assertNotIn("BizRuleCode", again)

    def test_auctions_style_of_refusing(self):
        number = self.requested("auction")
        done = self.approve(number, "auction")
        self.assertEqual(
            done,
            {"ResultCode": 0, "Message": "Success", "Data": None, "BizRuleCode": ""},
        )
        self.assertEqual(
            self.approve(number, "auction"), fixture("cancel_approved_before.json")
        )
        calm = self.place_one("auction")
        answer = self.approve(calm, "auction")
        self.assertRefused(answer, "취소 가능한 주문상태가 아닙니다", 8668)
        self.assertEqual(answer["BizRuleCode"], "W8-1")
        self.assertEqual(self.approve(2100009999, "auction")["ResultCode"], 1000)

    def test_approving_what_nobody_asked_for(self):
        text = "ShowAlertException$취소 승인 대상이 없습니다."
        self.assertRefused(self.approve(self.place_one()), text, 8668)
        self.assertRefused(self.approve(4500009999), text, 8668)
        number = self.requested()
        self.assertRefused(self.approve(number, code=3), text, 8668)

    def test_24_hours_approve_by_themselves(self):
        number = self.requested()
        self.sb.advance(24 * 3600 - 1)
        self.assertEqual(self.status(number), [(6, 1)])
        self.sb.advance(1)
        self.assertEqual(self.status(number), [(6, 3)])
        [row] = self.cancels()["Data"]
        self.assertEqual(row["ApproveDate"], "2026-06-09T10:15:00")
        self.assertEqual(row["ApproveUser"], 4)

    def test_a_dispatched_or_withdrawn_request_is_not_approved_later(self):
        sent, kept = self.requested(), self.requested()
        self.ship(sent)
        self.sb.withdraw_cancel(kept)
        self.sb.advance(25 * 3600)
        self.assertEqual(self.status(sent), [(3, 0)])
        self.assertEqual(self.status(kept), [(2, 0)])
        rows = self.cancels()["Data"]
        self.assertEqual([row["CancelStatus"] for row in rows], [4, 4])
        self.assertIsNotNone(rows[0]["WithdrawDate"])
        self.sb.cancel(kept)
        self.assertEqual(self.status(kept), [(6, 1)])

    def test_an_approved_cancel_may_take_a_while(self):
        self.sb.strict.cancel_process_seconds = 60
        number = self.requested()
        self.approve(number)
        self.assertEqual(self.status(number), [(6, 2)])
        text = "취소된 주문번호입니다."
        self.assertRefused(self.check(number), text)
        self.sb.advance(60)
        self.assertEqual(self.status(number), [(6, 3)])

    def test_the_buyer_cannot_cancel_what_is_under_way(self):
        number = self.place_one()
        self.check(number)
        self.ship(number)
        with self.assertRaises(NotPossible):
            self.sb.cancel(number)

    def test_site_code_2_finds_nothing_and_says_success(self):
        self.requested()
        answer = self.cancels(SiteType=2)
        self.assertEqual((answer["ResultCode"], answer["Data"]), (0, []))
        self.assertEqual(len(self.cancels()["Data"]), 1)
        self.assertNotIn("TotalCount", answer)

    def test_windows(self):
        text = "ShowAlertException$조회 기간은 7일 이내로 입력 바랍니다."
        wide = {"StartDate": "2026-06-01", "EndDate": "2026-06-09"}
        self.assertRefused(self.cancels(**wide), text, 8668)
        week = {"StartDate": "2026-06-01", "EndDate": "2026-06-08"}
        self.assertDone(self.cancels(**week))
        self.sb.strict.exact_seven_days_refused = True
        self.assertEqual(self.cancels(**week)["ResultCode"], 99999)
        answer = self.cancels("auction", **week)
        self.assertRefused(answer, "시작일과 종료일을 정확하게 입력 바랍니다", 2000)
        self.assertDone(self.cancels(StartDate="2026-06-02", EndDate="2026-06-08"))

    def test_end_date_is_midnight(self):
        self.requested()
        today = {"StartDate": "2026-06-08", "EndDate": "2026-06-08"}
        self.assertEqual(self.cancels(**today)["Data"], [])
        today["EndDate"] = "2026-06-09"
        self.assertEqual(len(self.cancels(**today)["Data"]), 1)

    def test_dates_of_request_completion_and_payment(self):
        number = self.requested()
        self.sb.advance(86400)
        tomorrow = {"StartDate": "2026-06-09", "EndDate": "2026-06-10"}
        self.assertEqual(self.cancels(Type=2, **tomorrow)["Data"], [])
        [row] = self.cancels(Type=3, **tomorrow)["Data"]
        self.assertEqual(row["OrderNo"], number)
        self.assertEqual(self.cancels(Type=4, **tomorrow)["Data"], [])
        self.assertEqual(self.cancels(CancelStatus=1)["Data"], [])
        self.assertEqual(len(self.cancels(CancelStatus=3)["Data"]), 1)

    def test_by_number_and_cart(self):
        number = self.requested()
        [row] = self.cancels(Type=0, OrderNo=number)["Data"]
        self.assertEqual(row["ReasonDetail"], "사이즈 변경")
        pay_no = self.sb.orders[number].pay_no
        self.assertEqual(len(self.cancels(Type=1, PayNo=pay_no)["Data"]), 1)
        calm = self.place_one()
        answer = self.cancels(Type=0, OrderNo=calm)
        self.assertRefused(answer, "클레임정보가 없습니다", 99999)
        answer = self.cancels(Type=0, OrderNo=4500009999)
        self.assertRefused(answer, "주문정보가 없습니다", 99999)

    def test_auctions_other_ways_to_find_nothing(self):
        calm = self.place_one("auction")
        self.assertEqual(self.cancels("auction")["Data"], [])
        self.assertNotIn("IsGiftOrder", self.cancels("auction"))
        answer = self.cancels("auction", Type=0, OrderNo=calm)
        self.assertRefused(answer, "클레임정보가 없습니다", 99999)
        self.sb.strict.update(auction_not_found_code=1000, auction_empty_cancels="1000")
        self.assertEqual(
            self.cancels("auction", Type=0, OrderNo=calm)["ResultCode"], 1000
        )
        self.assertEqual(self.cancels("auction")["ResultCode"], 1000)
        self.assertDone(self.cancels())

    def test_sold_out(self):
        number = self.place_one()
        path = f"/claim/v1/sa/Cancel/{number}/SoldOut"
        self.assertDone(self.post(path, {"SiteType": 2}))
        [row] = self.cancels()["Data"]
        self.assertEqual((row["RequestUser"], row["ReasonCode"]), (2, 6))
        text = "8668$취소 가능한 주문상태가 아닙니다"
        self.assertRefused(self.post(path, {"SiteType": 2}), text, 8668)
        requested = self.requested("auction")
        path = f"/claim/v1/sa/Cancel/{requested}/SoldOut"
        answer = self.post(path, {"SiteType": 1}, site="auction")
        self.assertRefused(answer, "이미 취소 요청된 주문입니다", 8668)
        self.assertEqual(answer["BizRuleCode"], "W28-1")

    def test_the_sellers_cancel_for_other_reasons(self):
        self.sb.add_account(
            MASTER,
            SECRET,
            gmarket=[GMARKET_ID],
            auction=[AUCTION_ID],
            permissions=ALL_PERMISSIONS,
        )
        number = self.place_one()
        self.assertDone(self.post(f"/claim/v1/sa/Cancel/{number}", {"SiteType": 2}))
        self.assertEqual(self.status(number), [(6, 3)])
