"""``./dev demo --once`` notices what was lost, doubled or not done."""

from odoo.tests import BaseCase, tagged

from ..devtools.demo_verdict import Basket, Booked, Remote, Shelf, judge, tables

GMARKET, AUCTION = "Gmarket g", "Auction a"


def booked(order_no="1", site="gmarket", **values):
    """An order that went all the way."""
    return Booked(
        **{
            "site": site,
            "shop": GMARKET if site == "gmarket" else AUCTION,
            "order_no": order_no,
            "pay_no": "9",
            "state": "sent",
            "acknowledged": True,
            "sale_order": "S1",
            "live_sale_orders": ("S1",),
            "amount_total": 15900,
            "confirmed": True,
            "validated": True,
            "tracking": "600000000001",
            **values,
        }
    )


def held(order_no="1", **values):
    return booked(
        order_no,
        **{
            "state": "booked",
            "confirmed": False,
            "validated": False,
            "tracking": "",
            "problem": "unmatched",
            "reason": "No product has the code X.",
            **values,
        },
    )


def remote(order_no="1", site="gmarket", **values):
    return Remote(
        **{
            "site": site,
            "order_no": order_no,
            "confirmed": True,
            "invoice_no": "600000000001",
            "times_confirmed": 1,
            "times_sent": 1,
            **values,
        }
    )


def waiting(order_no="1", **values):
    return remote(order_no, to_do=True, invoice_no="", times_sent=0, **values)


def shelf(on_hand=10, ordered=2, *on_sale):
    """Stock of one product; `on_sale` are (pieces, needed, is a set) of listings."""
    listings = {f"listing {index}": each for index, each in enumerate(on_sale)}
    return Shelf("Tea", on_hand, ordered, listings)


@tagged("post_install", "-at_install")
class TestDemoVerdict(BaseCase):
    def wrong(self, orders, others, baskets=()):
        return judge(orders, others, list(baskets)).wrong

    def test_all_is_well(self):
        verdict = judge(
            [booked("1"), booked("2", "auction"), held("3")],
            [remote("1"), remote("2", "auction"), waiting("3")],
            [Basket(GMARKET, "9", 15900, 15900)],
        )
        self.assertEqual(verdict.wrong, [])
        self.assertEqual(
            verdict.summary,
            {
                "collected": 3,
                "acknowledged": 3,
                "booked": 3,
                "released": 2,
                "shipped": 2,
                "tracking_at_esm": 2,
                "held": 1,
                "failed": 0,
                "totals_equal": True,
            },
        )
        self.assertEqual(verdict.shops[GMARKET]["collected"], 2)
        self.assertEqual(verdict.shops[AUCTION]["collected"], 1)

    def test_order_that_waits_there_and_is_not_here_is_lost(self):
        [text] = self.wrong([booked("1")], [remote("1"), waiting("2")])
        self.assertIn("Order 2 (gmarket) waits", text)

    def test_same_number_of_the_other_site_is_another_order(self):
        [text] = self.wrong([held("1")], [waiting("1"), waiting("1", site="auction")])
        self.assertIn("Order 1 (auction) waits", text)

    def test_doubled(self):
        for orders, other, expected in (
            ([booked(), booked()], remote(), "stored 2 times"),
            (
                [booked(live_sale_orders=("S1", "S2"))],
                remote(),
                "in several sales orders: S1, S2",
            ),
            ([booked()], remote(times_confirmed=2), "confirmed 2 times"),
            ([booked()], remote(times_sent=2), "sent 2 times"),
        ):
            [text] = self.wrong(orders, [other])
            self.assertIn(expected, text)

    def test_number_that_is_not_there(self):
        for others in ([], [waiting()], [remote(invoice_no="7")]):
            verdict = judge([booked()], others, [])
            self.assertEqual(verdict.counts["tracking_at_esm"], 0)
            self.assertIn("is not at the marketplace", verdict.wrong[0])

    def test_cancel_request_after_the_delivery_explains_the_missing_number(self):
        order = booked(state="shipped", problem="cancel", reason="Wants to cancel.")
        verdict = judge([order], [waiting()], [])
        self.assertEqual(verdict.wrong, [])
        self.assertEqual((verdict.counts["held"], verdict.counts["failed"]), (1, 0))

    def test_confirmation_that_did_not_arrive(self):
        [text] = self.wrong([held()], [waiting(confirmed=False, times_confirmed=0)])
        self.assertIn("is not confirmed", text)

    def test_what_broke_is_failed_and_not_held(self):
        for order in (
            held(problem="error"),
            held(problem="tracking", state="shipped"),
            held(problem="confirmation", state="received"),
            held(problem="", state="released", reason="Not finished."),
        ):
            counts = judge([order], [waiting()], []).counts
            self.assertEqual((counts["held"], counts["failed"]), (0, 1))

    def test_cancelled_and_foreign_orders_are_neither(self):
        orders = [
            held("1", state="cancelled", problem=""),
            held("2", state="ignored", problem="", sale_order="", acknowledged=False),
        ]
        verdict = judge(orders, [], [])
        table = verdict.shops[GMARKET]
        self.assertEqual((table["cancelled"], table["not_ours"]), (1, 1))
        self.assertEqual((table["released"], table["held"], table["failed"]), (0, 0, 0))

    def test_totals(self):
        same = Basket(GMARKET, "1", 100, 100)
        unknown = Basket(GMARKET, "2", 100, None)
        other = Basket(GMARKET, "3", 100, 90)
        self.assertTrue(judge([], [], [same, unknown]).totals_equal)
        verdict = judge([], [], [same, other])
        self.assertFalse(verdict.totals_equal)
        self.assertIn("basket 3 amounts to 100 won", verdict.wrong[0])

    def test_stock(self):
        one, pack, gift = (8, 1, False), (2, 3, False), (2, 1, True)
        for stock, expected in (
            (shelf(10, 2, one), ""),
            (shelf(10, 2, (2, 1, False), pack), ""),
            (shelf(10, 2, pack), ""),  # two pieces are too few for a pack
            (shelf(10, 2, gift), ""),  # the set's other goods may be the limit
            (shelf(2, 2, (0, 1, False)), ""),
            (shelf(9, 2, one), "8 pieces are on sale, but only 7 may be sold"),
            (shelf(10, 2, (3, 1, False), pack), "9 pieces are on sale, but only 8"),
            (shelf(11, 2, one), "1 pieces more could be on sale than the 8"),
            (shelf(11, 2, pack), "3 pieces more could be on sale than the 6"),
            (shelf(1, 2), "2 pieces are sold, but only 1 lie in the warehouse"),
        ):
            with self.subTest(stock=stock):
                verdict = judge([], [], [], shelves=[stock], unmatched=["Mug / mint"])
                self.assertEqual(len(verdict.wrong), bool(expected))
                self.assertIn(expected, "".join(verdict.wrong))
                self.assertEqual(verdict.summary["stock_right"], not expected)
                self.assertEqual(verdict.summary["unmatched_options"], 1)
                self.assertIn("Unmatched:\n  Mug / mint", tables(verdict))

    def test_stock_that_nobody_keeps_is_not_judged(self):
        verdict = judge([], [], [])
        self.assertNotIn("stock_right", verdict.summary)
        self.assertNotIn("Stock", tables(verdict))

    def test_tables_name_each_reason_once(self):
        follower = held("2", problem="together", reason="-", because_of="1")
        text = tables(judge([held("1"), follower], [], [], [GMARKET, AUCTION]))
        self.assertIn(f"\n{AUCTION}\n", text)
        self.assertEqual(text.count("No product has the code X."), 1)
        self.assertIn("1 (and 1 in the same sales order)", text)

    def test_report_has_the_promised_keys(self):
        row = booked(partner_name="한견본", phone="", zip="00042").for_report()
        self.assertEqual(
            list(row),
            [
                *("order_no", "pay_no", "sale_order", "amount_total", "state"),
                *("tracking", "partner_name", "phone", "zip", "problem"),
            ],
        )
        self.assertEqual((row["amount_total"], row["phone"]), (15900, None))
