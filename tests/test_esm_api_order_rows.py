"""Reading an order row: the samples of the fact sheet, then rubbish."""

from datetime import datetime, timezone
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..esm_api import (
    Cancel,
    Order,
    OrderOption,
    OrderStatus,
    ShippingCondition,
    Site,
    UnreadableRow,
    basket_money,
)
from ..esm_api.readers import number
from .esm_api_common import fixture, rows

SAMPLES = (
    "orders_gmarket_one_item",
    "orders_auction_option",
    "orders_gmarket_cart",
    "orders_gmarket_addition",
    "orders_gmarket_overseas",
    "orders_auction_malformed",
    "orders_gmarket_gift",
)


def utc(*parts):
    return datetime(*parts, tzinfo=timezone.utc)


def sample(name, index=0):
    data = fixture(name)["Data"]
    return Order.from_payload(
        data["RequestOrders"][index],
        Site.from_code(data["SiteType"]),
        data["SellerId"],
    )


@tagged("post_install", "-at_install")
class TestEsmApiOrderRows(BaseCase):
    def check(self, order, **expected):
        for name, value in expected.items():
            self.assertEqual(getattr(order, name), value, name)

    def test_gmarket_one_item(self):
        order = sample("orders_gmarket_one_item")
        self.check(
            order,
            order_no="4500000101",
            pay_no="5500000101",
            group_no="90000011",
            site=Site.GMARKET,
            status=OrderStatus.NEW,
            seller_id="mallsample_g",
            ordered_at=utc(2026, 6, 8, 1, 15, 2, 137000),
            paid_at=utc(2026, 6, 8, 1, 15, 9, 560000),
            confirmed_at=None,
            shipped_at=None,
            due_at=utc(2026, 6, 10, 14, 59, 59),
            delivered_at=None,
            decided_at=None,
            gift_due_at=None,
            site_goods_no="3900000001",
            seller_code="TEA-0100",
            item_code="TEA-0100",
            goods_name="[샘플] 보리차 티백 100개입",
            unit_price=Decimal(12900),
            quantity=1,
            order_amount=Decimal(12900),
            paid_amount=Decimal(15900),
            seller_discount=Decimal(0),
            seller_cash=Decimal(0),
            site_discount=Decimal(0),
            shipping_fee=Decimal(3000),
            shipping_condition=ShippingCondition.FIXED,
            remote_surcharge=Decimal(0),
            jeju_surcharge=Decimal(0),
            option_amount=Decimal(0),
            addition_amount=Decimal(0),
            settlement_amount=Decimal(11223),
            service_fee=Decimal(1677),
            buyer_name="홍길동",
            buyer_id="hon******",
            buyer_mobile="010-0000-1001",
            buyer_phone=None,
            receiver_name="홍길동",
            receiver_mobile="010-0000-1001",
            receiver_phone=None,
            zip_code="00001",
            address_front="서울특별시 가상구 샘플로 1 (시험동, 모의아파트)",
            address_back="101동 1001호",
            memo="문 앞에 놓아주세요",
            courier_name=None,
            invoice_no=None,
            overseas=False,
            overseas_bundle_no=None,
            customs_code=None,
            transport_type="B",
            distribution="NL",
            is_fulfilment=False,
            is_star_delivery=False,
            options=(),
            additions=(),
            free_gift=None,
            bonus=None,
            is_gift=False,
            gift_waiting=False,
            contact_pending=False,
            match_code=("seller", "TEA-0100"),
            oddities=(),
            payload=rows("orders_gmarket_one_item")[0],
        )

    def test_auction_option_is_matched_by_its_inventory_code(self):
        self.check(
            sample("orders_auction_option"),
            site=Site.AUCTION,
            quantity=2,
            order_amount=Decimal(47000),
            paid_amount=Decimal(49100),
            seller_discount=Decimal(2400),
            site_discount=Decimal(1000),
            option_amount=Decimal(2000),
            options=(OrderOption("색상:네이비, 사이즈:L", 2, "TS-NV-L"),),
            option_codes=("TS-NV-L",),
            match_code=("inventory", "TS-NV-L"),
            memo=None,
            customs_code=None,
            receiver_mobile="0508-0000-2002",
        )

    def test_rows_of_one_cart_have_one_destination(self):
        first, second = (sample("orders_gmarket_cart", index) for index in (0, 1))
        self.assertEqual(first.pay_no, second.pay_no)
        self.assertEqual(first.address_key, second.address_key)
        self.assertEqual(first.shipping_condition, ShippingCondition.CONDITIONAL)

    def test_additions_and_free_gift(self):
        self.check(
            sample("orders_gmarket_addition"),
            addition_amount=Decimal(4000),
            additions=(OrderOption("선물포장 타입:쇼핑백", 2, "BAG-01"),),
            match_code=("inventory", "CK-CHO"),
            free_gift="엽서",
            free_gift_code="CARD1",
            receiver_phone="02-000-4002",
        )

    def test_overseas(self):
        self.check(
            sample("orders_gmarket_overseas", 0),
            overseas=True,
            overseas_bundle_no="0000006001",
            zip_code=None,
            receiver_mobile="+00-000-0000-6001",
            address_front="12 Example Street, Sampleville, Fictionland",
        )
        self.check(
            sample("orders_gmarket_overseas", 1),
            overseas=False,
            overseas_bundle_no=None,
            customs_code="P000000000000",
            transport_type="C",
        )

    def test_malformed_row_is_read(self):
        self.check(
            sample("orders_auction_malformed"),
            order_no="2100000701",
            due_at=None,
            seller_code=None,
            goods_name="[샘플] 반팔 티셔츠 2종",
            buyer_name="윤시험",
            receiver_name="윤시험😀",
            contact_pending=True,
            zip_code="000-07",
            address_front="강원도 가상군 견본읍 7",
            address_back=None,
            memo='부재시\n전화주세요 "꼭"',
            options=(OrderOption("화이트;M", 1, None),),
            option_codes=(),
            match_code=("inventory", None),
            additions=(),
            option_amount=None,
            distribution=None,
            is_fulfilment=False,
            is_gift=False,
            payload=rows("orders_auction_malformed")[0],
        )

    def test_gift_that_waits_has_no_address(self):
        self.check(
            sample("orders_gmarket_gift"),
            is_gift=True,
            gift_waiting=True,
            gift_due_at=utc(2026, 6, 13, 14, 59, 59),
            zip_code=None,
            address_front=None,
            contact_pending=False,
        )
        accepted = rows("orders_gmarket_gift")[0] | {"GiftOrderStatus": "2"}
        self.assertFalse(Order.from_payload(accepted).gift_waiting)

    def test_what_came_late_is_not_unsaid_by_an_older_reading(self):
        """Whatever the case of its keys; a number stays with its address."""
        late = {"HpNo": "010-0000-0001", "TransDueDate": "2026-06-13T23:59:59"}
        row = {"OrderNo": 1, "DelFrontAddress": "서울 가상로 1", "BuyerTel": "02-0-1"}
        newer = Order.from_payload({**row, **late})
        older = Order.from_payload({**row, "hpno": "", "TRANSDUEDATE": None})
        kept = older.keeping_late_parts(newer)
        self.assertEqual(kept, Order.from_payload({**row, **late}))
        self.assertIs(newer.keeping_late_parts(older), newer)
        moved = Order.from_payload({**row, "DelFrontAddress": "부산 가상로 2"})
        kept = moved.keeping_late_parts(newer)
        self.assertIsNone(kept.receiver_mobile)
        self.assertEqual(kept.due_at, newer.due_at)

    def test_samples_need_nothing_but_the_number(self):
        order = Order.from_payload({"orderno": "2100000701"})
        self.assertEqual(order.order_no, "2100000701")
        self.assertIsNone(order.site)
        self.assertTrue(order.contact_pending)
        self.assertEqual(order.match_code, ("seller", None))

    def test_row_without_number_is_unreadable(self):
        for payload in (None, [], "x", {}, {"OrderNo": None}, {"OrderNo": 0}):
            with self.subTest(payload=payload), self.assertRaises(UnreadableRow):
                Order.from_payload(payload)

    def test_money_that_is_none_is_an_oddity(self):
        row = rows("orders_gmarket_one_item")[0] | {"AcntMoney": "free"}
        order = Order.from_payload(row)
        self.assertIsNone(order.paid_amount)
        self.assertEqual(order.oddities, ("AcntMoney is not an amount",))

    def test_full_address_only_without_front(self):
        row = {"OrderNo": 1, "DelFullAddress": "f b", "DelBackAddress": "b"}
        self.check(Order.from_payload(row), address_front="f b", address_back=None)
        row["DelFrontAddress"] = "f"
        self.check(Order.from_payload(row), address_front="f", address_back="b")

    def test_seller_discount_is_the_total_or_its_parts(self):
        for total, first, second, expected in (
            ("2400", "2400", "0", 2400),
            ("2400", None, None, 2400),
            (None, "2000", "400", 2400),
            ("0", "2000", "400", 2400),
            ("0", "0", "0", 0),
            (None, None, None, None),
        ):
            row = {
                "OrderNo": 1,
                "SellerDiscountPrice": total,
                "SellerDiscountPrice1": first,
                "SellerDiscountPrice2": second,
            }
            self.check(Order.from_payload(row), seller_discount=expected)

    def test_who_ships(self):
        for kind, policy, fulfilment, star in (
            ("NL", "H", False, False),
            ("TL", "B", True, False),
            ("3PL", "B", True, False),
            ("SL", "G", False, True),
            (None, "G", True, False),
            (None, "F", False, False),
        ):
            row = {"OrderNo": 1, "DistrType": kind, "TransType": policy}
            self.check(
                Order.from_payload(row),
                is_fulfilment=fulfilment,
                is_star_delivery=star,
            )

    def test_several_options(self):
        def order(*codes):
            entries = [{"ItemOptionValue": "x", "ItemOptionCode": c} for c in codes]
            return Order.from_payload({"OrderNo": 1, "ItemOptionSelectList": entries})

        self.assertEqual(order("A", "A").match_code, ("inventory", "A"))
        self.assertEqual(order("A", "B").match_code, ("inventory", None))
        self.assertEqual(order("A", None).match_code, ("inventory", None))
        self.assertEqual(order("A", "B", "A").option_codes, ("A", "B"))

    def test_blank_option_entries_are_no_options(self):
        entry = {"ItemOptionValue": "", "ItemOptionOrderCnt": 0, "ItemOptionCode": ""}
        row = {"OrderNo": 1, "OutGoodsNo": "X", "ItemOptionSelectList": [entry]}
        self.assertEqual(Order.from_payload(row).match_code, ("seller", "X"))

    def test_same_destination_in_other_writing(self):
        first = Order.from_payload(
            {
                "OrderNo": 1,
                "ReceiverName": "김 가상",
                "ZipCode": "123-456 ",
                "DelFrontAddress": "가상구  모의로 １",
            }
        )
        second = Order.from_payload(
            {
                "OrderNo": 2,
                "ReceiverName": "김가상 ",
                "ZipCode": 123456,
                "DelFrontAddress": "가상구 모의로 1",
                "DelBackAddress": "",
            }
        )
        self.assertEqual(first.address_key, second.address_key)

    def test_every_date_has_its_field(self):
        names = {
            "OrderDate": "ordered_at",
            "PayDate": "paid_at",
            "OrderConfirmDate": "confirmed_at",
            "TransDate": "shipped_at",
            "TransDueDate": "due_at",
            "TransCompleteDate": "delivered_at",
            "BuyDecisionDate": "decided_at",
            "GiftConfirmDueDate": "gift_due_at",
        }
        dates = {key: f"2026-06-0{n + 1}T09:00:00" for n, key in enumerate(names)}
        order = Order.from_payload({"OrderNo": 1, **dates})
        for n, name in enumerate(names.values()):
            self.assertEqual(getattr(order, name), utc(2026, 6, n + 1), name)

    def test_states_and_conditions(self):
        for code in range(11):
            row = {"OrderNo": 1, "OrderStatus": str(code)}
            self.check(Order.from_payload(row), status=OrderStatus(code))
        self.check(Order.from_payload({"OrderNo": 1, "OrderStatus": 11}), status=None)
        for letter, name in zip(
            "MRFDXWQ",
            "CONDITIONAL PREPAID FIXED ON_DELIVERY FREE PICK_UP QUICK".split(),
            strict=True,
        ):
            row = {"OrderNo": 1, "DeliveryFeeCondition": f" {letter.lower()}"}
            expected = ShippingCondition[name]
            self.check(Order.from_payload(row), shipping_condition=expected)

    def test_unknown_codes_are_none(self):
        row = {"OrderNo": 1, "OrderStatus": 77, "DeliveryFeeCondition": "?"}
        self.check(Order.from_payload(row), status=None, shipping_condition=None)


KEYS = sorted({key for name in SAMPLES for row in rows(name) for key in row})
ODD_TEXTS = st.sampled_from(
    (
        "", " ", "\x00", "\ud800", "NaN", "sNaN", "Infinity", "1e999", "-", "+", ".",
        ",", "0001-01-01T00:00:00", "2026-13-01", "2026-06-08T10:00:00+99:99",
        "²", "٣", "9" * 5000, "1,2,3", "Y", "M",
    )
)  # fmt: skip
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from((10**400, -(2**63), 2**64))
    | st.floats()
    | st.text(st.characters())
    | ODD_TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(), inner, max_size=4)
    ),
    max_leaves=8,
)


@tagged("post_install", "-at_install")
class TestEsmApiOrderFuzz(BaseCase):
    examples = settings(
        max_examples=80,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )

    @examples
    @given(
        st.dictionaries(st.sampled_from(KEYS), JSON, max_size=20),
        st.integers(1, 2**63 - 1),
    )
    def test_any_value_under_a_known_key_is_read(self, payload, order_no):
        order = Order.from_payload(payload | {"OrderNo": order_no}, Site.AUCTION)
        self.assertEqual(order.order_no, str(order_no))
        # What is built on a row must survive it too, and it must be storable.
        self.assertIsNotNone((order.match_code, order.address_key, order.option_codes))
        for site in Site:
            self.assertGreaterEqual(basket_money([order], site).total, 0)
        for value in vars(order).values():
            if isinstance(value, str):
                value.encode()
                self.assertNotIn("\x00", value)

    @examples
    @given(JSON)
    def test_anything_is_a_row_or_unreadable(self, payload):
        numbered = isinstance(payload, dict) and any(
            number(value) for key, value in payload.items() if key.lower() == "orderno"
        )
        if numbered:
            self.assertTrue(Order.from_payload(payload).order_no)
        else:
            with self.assertRaises(UnreadableRow):
                Order.from_payload(payload)

    @examples
    @given(st.dictionaries(st.sampled_from(KEYS + ["CancelStatus"]), JSON, max_size=8))
    def test_any_cancel_row_is_read(self, payload):
        cancel = Cancel.from_payload(payload | {"OrderNo": 7})
        self.assertEqual(cancel.order_no, "7")
        self.assertLessEqual(cancel.pending + cancel.done + cancel.withdrawn, 1)
