from dataclasses import replace
from datetime import datetime, timezone
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..esm_api import (
    Order,
    OrderOption,
    OrderStatus,
    ShippingCondition,
    Site,
    basket_money,
    is_under_claim,
    order_payload,
    read_fee_kind,
    read_file_date,
    with_paid_amounts,
)

# Texts as the readers leave them: on one line, without blanks around.
texts = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=12)
won = st.integers(0, 10**6).map(Decimal)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=timezone.utc)
)
options = st.lists(
    st.builds(OrderOption, texts, st.integers(1, 99), texts), max_size=2
).map(tuple)
orders = st.builds(
    Order,
    order_no=st.integers(1, 10**10).map(str),
    pay_no=st.none() | st.integers(1, 10**10).map(str),
    group_no=st.none() | st.integers(1, 10**6).map(str),
    status=st.sampled_from(OrderStatus),
    paid_at=st.none() | moments,
    due_at=st.none() | moments,
    site_goods_no=st.none() | texts,
    seller_code=st.none() | texts,
    goods_name=st.none() | texts,
    unit_price=won,
    quantity=st.integers(1, 99),
    paid_amount=won,
    seller_discount=won,
    shipping_fee=won,
    shipping_condition=st.none() | st.sampled_from(ShippingCondition),
    option_amount=won,
    receiver_name=st.none() | texts,
    receiver_mobile=st.none() | texts,
    zip_code=st.none() | texts,
    address_front=st.none() | texts,
    address_back=st.none(),
    memo=st.none() | texts,
    invoice_no=st.none() | texts,
    options=options,
    additions=options,
)


@tagged("post_install", "-at_install")
class TestOrderPayload(BaseCase):
    """Orders that people enter read like those that ESM sends."""

    @settings(deadline=None, max_examples=200)
    @given(orders)
    def test_what_is_written_is_read(self, order):
        payload = order_payload(order)
        self.assertEqual(
            replace(Order.from_payload(payload), payload=None, oddities=()), order
        )

    @settings(deadline=None, max_examples=300)
    @given(
        st.lists(
            orders, min_size=1, max_size=4, unique_by=lambda order: order.order_no
        ),
        st.sampled_from(Site),
    )
    def test_the_figures_explain_themselves(self, orders, site):
        """The sale is goods and options less discounts, and the fee once a bundle."""
        cart = [
            replace(
                order,
                site=site,
                paid_amount=None,
                additions=(),
                # Nobody sells at a loss.
                seller_discount=min(
                    order.seller_discount, order.unit_price * order.quantity
                ),
            )
            for order in orders
        ]
        filled = with_paid_amounts(cart, site)
        money = basket_money(filled, site)
        self.assertIsNone(money.problem)
        prepaid = [
            order
            for order in cart
            if order.shipping_condition is not ShippingCondition.ON_DELIVERY
        ]
        fees = {(order.group_no, order.shipping_fee) for order in prepaid}
        self.assertEqual(money.shipping, sum(fee for _bundle, fee in fees))
        goods = sum(
            order.unit_price * order.quantity
            + order.option_amount
            - order.seller_discount
            for order in cart
        )
        self.assertEqual(money.total, goods + money.shipping)

    def test_orders_of_a_cart_that_is_known_in_part(self):
        for site in Site:
            with self.subTest(site=site):
                known = Order(
                    order_no="1",
                    site=site,
                    unit_price=Decimal(1000),
                    quantity=1,
                    shipping_fee=Decimal(2500),
                    paid_amount=Decimal(3500),
                )
                late = replace(known, order_no="2", paid_amount=None)
                [filled] = with_paid_amounts([late], site, [known])
                money = basket_money([known, filled], site)
                self.assertIsNone(money.problem)
                self.assertEqual((money.total, money.shipping), (4500, 2500))

    def test_dates_of_the_file(self):
        moment = datetime(2026, 11, 20, 1, 30, tzinfo=timezone.utc)
        for text in (
            "2026-11-20 10:30",
            "2026-11-20 10:30:00",
            "2026-11-20T10:30:00.000",
            "2026/11/20 10:30",
            "2026.11.20 10:30",
            "2026년 11월 20일 10:30",
        ):
            self.assertEqual(read_file_date(text), moment, text)
        self.assertEqual(
            read_file_date("2026-11-20"),
            datetime(2026, 11, 19, 15, tzinfo=timezone.utc),
        )
        for text in ("어제", "2026-13-01", "20-11-2026", "2026-11-20 25:00", ""):
            self.assertIsNone(read_file_date(text), text)

    def test_words_of_the_file(self):
        for word, condition in (
            ("무료", ShippingCondition.FREE),
            ("착불", ShippingCondition.ON_DELIVERY),
            ("선결제 (3,000원)", ShippingCondition.PREPAID),
            ("조건부 무료", ShippingCondition.CONDITIONAL),
            ("3000", None),
        ):
            self.assertEqual(read_fee_kind(word), condition)
        self.assertTrue(is_under_claim("취소요청"))
        self.assertFalse(is_under_claim("배송중"))
