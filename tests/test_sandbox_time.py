"""What time brings: deadlines, virtual numbers, gifts, deliveries."""

import time
from datetime import datetime, timezone

from odoo.tests import BaseCase, tagged

from ..sandbox import NotPossible, Sandbox
from ..sandbox.clock import Clock
from .sandbox_common import SandboxCase


@tagged("post_install", "-at_install")
class TestSandboxTime(SandboxCase):
    def test_the_deadline_is_there_after_one_or_two_minutes(self):
        number = self.place_one()
        self.assertIsNone(self.read_row(number)["TransDueDate"])
        self.sb.advance(59)
        self.assertIsNone(self.read_row(number)["TransDueDate"])
        self.sb.advance(61)
        self.assertEqual(self.read_row(number)["TransDueDate"], "2026-06-10T23:59:59")

    def test_virtual_numbers_are_there_after_five_minutes(self):
        number = self.place_one(virtual=True)
        row = self.read_row(number)
        self.assertEqual((row["HpNo"], row["BuyerMobileTel"]), (None, None))
        self.sb.advance(300)
        row = self.read_row(number)
        self.assertRegex(row["HpNo"], r"^0508-0000-\d{4}$")
        self.assertRegex(row["BuyerMobileTel"], r"^0508-0000-\d{4}$")

    def test_buyers_without_a_number_stay_so(self):
        number = self.place_one(no_phone=True)
        self.sb.advance(86400)
        row = self.read_row(number)
        phones = ("HpNo", "TelNo", "BuyerMobileTel", "BuyerTel")
        self.assertEqual([row[key] for key in phones], [None] * 4)

    def gift(self):
        item = {
            "site_goods_no": "3900000007",
            "seller_code": "GIFTSET-7",
            "name": "[샘플] 수제 쿠키 세트",
            "price": 19800,
            "option": ("맛:바닐라", "CK-VAN"),
        }
        return self.place_one(items=[item], gift=True)

    def test_a_gift_gets_its_address_when_it_is_accepted(self):
        number = self.gift()
        self.assertIsNone(self.sb.orders[number].row()["ZipCode"])
        self.assertEqual(self.listed(date_type=5), [])
        self.assertEqual(self.listed(date_type=2), [number])
        self.sb.advance(3600)
        option = {"text": "맛:초코", "code": "CK-CHO"}
        self.sb.accept_gift(number, option, front="경기도 가상시 시험로 4", back="1호")
        [row] = self.search(date_type=4)["Data"]["RequestOrders"]
        self.assertEqual(row["DelFullAddress"], "경기도 가상시 시험로 4 1호")
        self.assertEqual(row["ItemOptionSelectList"][0]["ItemOptionCode"], "CK-CHO")
        self.assertEqual((row["GiftOrderStatus"], row["IsGiftOrder"]), (2, "Y"))
        self.assertEqual(row["GiftConfirmDate"], "2026-06-08T11:15:00")
        self.assertDone(self.check(number))

    def test_a_gift_may_be_refused_or_forgotten(self):
        refused, forgotten = self.gift(), self.gift()
        self.sb.refuse_gift(refused)
        self.sb.advance(6 * 86400)
        self.assertEqual(self.status(forgotten), [(6, 3)])
        window = {"StartDate": "2026-06-08", "EndDate": "2026-06-14"}
        rows = self.cancels(**window)["Data"]
        codes = {row["OrderNo"]: row["ReasonCode"] for row in rows}
        self.assertEqual(codes, {refused: 8, forgotten: 7})
        with self.assertRaises(NotPossible):
            self.sb.accept_gift(forgotten)

    def test_waiting_gifts_may_be_listed_by_payment(self):
        number = self.gift()
        self.sb.strict.waiting_gifts_by_payment = True
        self.assertEqual(self.listed(date_type=5), [number])

    def test_parcels_may_arrive_and_purchases_be_decided_by_themselves(self):
        self.sb.strict.update(auto_deliver_seconds=3600, auto_decide_seconds=7200)
        number = self.place_one()
        self.check(number)
        self.ship(number)
        states = []
        for _ in range(3):
            states.append(self.sb.orders[number].state)
            self.sb.advance(5400)
        self.assertEqual(states, ["in_delivery", "delivered", "decided"])


@tagged("post_install", "-at_install")
class TestSandboxClock(BaseCase):
    def test_given_a_start_it_stands_still(self):
        clock = Clock(datetime(2026, 6, 8, 9))
        time.sleep(0.01)
        self.assertEqual(clock.now(), datetime(2026, 6, 8, 9))
        self.assertEqual(clock.advance(90), datetime(2026, 6, 8, 9, 1, 30))
        clock.set(datetime(2026, 6, 7))
        self.assertEqual(clock.now(), datetime(2026, 6, 7))

    def test_an_aware_start_becomes_korean_time(self):
        clock = Clock(datetime(2026, 6, 8, 0, tzinfo=timezone.utc))
        self.assertEqual(clock.now(), datetime(2026, 6, 8, 9))

    def test_without_a_start_it_is_korean_now(self):
        real = datetime.now(timezone.utc).timestamp()
        now = Clock().now()
        age = (now - datetime(1970, 1, 1, 9)).total_seconds() - real
        self.assertLess(abs(age), 5)
        self.assertEqual(now.microsecond % 1000, 0)

    def test_times_in_between_happen_in_order(self):
        sb = Sandbox(start=datetime(2026, 6, 8, 9), strict={"auto_approve_hours": 1})
        [number] = sb.place_basket("gmarket", "g", [{"price": 100}])
        sb.confirm(number)
        sb.cancel(number)
        sb.set_time(datetime(2026, 6, 20))
        claim = sb.orders[number].claims[-1]
        self.assertEqual(claim.completed_at, datetime(2026, 6, 8, 10))
