from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..esm_api import Site, item_url
from ..models.utc import naive
from .common import CUP, TEA, UNKNOWN
from .test_after_shipping import ShippedCase


def texts(record):
    """The words of a story's steps, in the order they stand in."""
    return [step["text"] for step in record.esm_story["steps"]]


@tagged("post_install", "-at_install")
class TestStory(ShippedCase):
    """What the panel of a sales order and of its delivery tells."""

    def step(self, record, text):
        [found] = [s for s in record.esm_story["steps"] if s["text"].startswith(text)]
        return found

    def test_from_the_payment_to_the_decision(self):
        for site in ("gmarket", "auction"):
            with self.subTest(site):
                rows = self.shipped(TEA, CUP, site=site, memo="문 앞에 놓아주세요")
                for row in rows:
                    self.sandbox.mark_delivered(int(row.order_no))
                    self.sandbox.decide(int(row.order_no))
                self.read_states()
                order, picking = rows.sale_order_id, rows.sale_order_id.picking_ids
                for record in (order, picking):
                    told = texts(record)
                    self.assertEqual(told[0].split()[0], "Ordered")
                    for text in (
                        "Collected",
                        "Confirmed at the marketplace",
                        "Left the warehouse",
                        "Delivered",
                        "Purchase decided",
                    ):
                        self.assertEqual(told.count(text), 1, told)
                        # Both orders at one moment: one line, without their names.
                        self.assertFalse(self.step(record, text)["who"])
                    sent = self.step(record, "Tracking number sent")
                    self.assertIn("123456789012", sent["text"])
                    self.assertIn(self.courier.name, sent["text"])
                    self.assertLess(
                        told.index("Left the warehouse"), told.index(sent["text"])
                    )
                    story = record.esm_story
                    self.assertEqual(story["site"], site)
                    self.assertEqual(story["status"], "Purchase decided")
                    self.assertEqual(story["memo"], "문 앞에 놓아주세요")
                    self.assertEqual(story["basket"], rows[0].pay_no)
                    self.assertEqual(
                        [shown["no"] for shown in story["orders"]],
                        rows.mapped("order_no"),
                    )
                    self.assertFalse(story["due"], "the marketplace has the number")

    def test_what_happens_to_one_order_names_it(self):
        rows = self.book(TEA, CUP)
        order = rows.sale_order_id
        self.sandbox.cancel(int(rows[0].order_no))
        self.run_cycle()
        self.assertTrue(rows[0].cancel_requested)
        asked = self.step(order, "Buyer asked to cancel")
        self.assertEqual(asked["who"], rows[0].order_no)
        self.assertEqual(order.esm_story["status"], "Buyer wants to cancel")
        self.sandbox.approve_cancel(int(rows[0].order_no))
        self.run_cycle()
        self.assertEqual(rows[0].state, "cancelled")
        for record in (order, order.picking_ids):
            gone = self.step(record, "Cancelled")
            self.assertEqual(gone["who"], rows[0].order_no)
            self.assertTrue(gone["at"])
            self.assertEqual(record.esm_story["status"], "To ship")

    def test_a_withdrawn_cancel_request(self):
        [row] = self.book(TEA)
        self.sandbox.cancel(int(row.order_no))
        self.run_cycle()
        self.sandbox.withdraw_cancel(int(row.order_no))
        self.run_cycle()
        told = texts(row.sale_order_id)
        self.assertLess(
            told.index("Buyer asked to cancel"), told.index("Cancel request withdrawn")
        )
        # A new request: the old withdrawal is past.
        self.sandbox.advance(60)
        self.sandbox.cancel(int(row.order_no))
        self.run_cycle()
        self.assertEqual(texts(row.sale_order_id).count("Buyer asked to cancel"), 1)
        self.assertNotIn("Cancel request withdrawn", texts(row.sale_order_id))

    def test_a_step_nobody_noted_keeps_its_place_without_a_time(self):
        [row] = self.shipped(TEA)
        self.sandbox.mark_delivered(int(row.order_no))
        self.read_states()
        row.write({"acknowledged_at": False, "delivered_at": False})
        for record in (row.sale_order_id, row.sale_order_id.picking_ids):
            told = texts(record)
            confirmed = self.step(record, "Confirmed at the marketplace")
            self.assertFalse(confirmed["at"])
            self.assertEqual(told.index(confirmed["text"]), told.index("Collected") + 1)
            self.assertEqual(told[-1], "Delivered")

    def test_a_gift_of_two_deadlines(self):
        """The earliest deadline that is still open, and free gifts of all orders."""
        rows = self.book({**TEA, "free_gift": "엽서"}, {**CUP, "free_gift": "스티커"})
        order = rows.sale_order_id
        self.assertEqual(order.esm_story["gift"], "엽서, 스티커")
        rows[0].due_at = "2020-01-01 00:00:00"
        due = order.picking_ids.esm_story["due"]
        self.assertEqual(due, {"at": "2020-01-01 00:00:00", "state": "late"})

    def test_printing_is_part_of_it(self):
        [row] = self.book(TEA)
        picking = row.sale_order_id.picking_ids
        picking.carrier_tracking_ref = "123456789012"
        picking.write({"esm_printed_at": "2026-06-08 03:00:00", "esm_print_count": 2})
        self.assertEqual(
            self.step(picking, "Waybill printed")["text"], "Waybill printed, 2 times"
        )

    # --- times ------------------------------------------------------------

    def test_the_marketplace_times_count(self):
        [row] = self.book(TEA)
        self.assertTrue(row.acknowledged_at)
        self.ship(row.sale_order_id)
        self.send()
        self.assertTrue(row.shipped_at)
        remote = row.shop_id._api().orders.get(row.order_no)
        row._refresh(remote)
        self.assertEqual(row.shipped_at, naive(remote.shipped_at))
        self.assertEqual(row.acknowledged_at, naive(remote.confirmed_at))
        self.sandbox.advance(3600)
        self.sandbox.mark_delivered(int(row.order_no))
        self.read_states()
        self.assertEqual(row.delivered_at, row.market_status_at)

    def test_another_number_does_not_ship_again(self):
        [row] = self.shipped(TEA)
        row.shipped_at = "2026-06-08 03:00:00"
        picking = row.sale_order_id.picking_ids
        picking.carrier_tracking_ref = "210987654321"
        picking.action_esm_replace()
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.send()
        self.assertEqual(row.tracking_no, "210987654321")
        self.assertEqual(str(row.shipped_at), "2026-06-08 03:00:00")

    def test_the_cancel_list_tells_when(self):
        [row] = self.book(TEA)
        self.sandbox.cancel(int(row.order_no))
        self.sandbox.advance(300)
        self.run_cycle()
        cancel = row.shop_id._api().claims.cancel_of(row.order_no)
        self.assertEqual(row.cancel_requested_at, naive(cancel.requested_at))

    # --- who sees it --------------------------------------------------------

    def test_the_warehouse_and_sales_see_it_and_other_companies_do_not(self):
        [row] = self.book(TEA)
        order = row.sale_order_id
        packer = new_test_user(self.env, "packer", groups="stock.group_stock_user")
        seller = new_test_user(
            self.env, "seller", groups="sales_team.group_sale_salesman"
        )
        order.user_id = seller
        self.assertIn("Collected", texts(order.picking_ids.with_user(packer)))
        self.assertIn("Collected", texts(order.with_user(seller)))
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "stranger",
            groups="stock.group_stock_manager,sales_team.group_sale_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        for record in (order, order.picking_ids):
            with self.assertRaises(AccessError):
                record.with_user(stranger).read(["esm_story"])

    def test_no_personal_data_but_the_memo(self):
        [row] = self.shipped(TEA, memo="경비실")
        order = self.rows(row.order_no)._parsed()
        told = str(row.sale_order_id.esm_story) + str(
            row.sale_order_id.picking_ids.esm_story
        )
        for secret in (
            *(order.buyer_name, order.receiver_name, order.address_front),
            *(order.receiver_mobile, order.buyer_mobile),
        ):
            self.assertNotIn(secret, told)

    def test_orders_of_odoo_itself_have_none(self):
        order = self.env["sale.order"].create(
            {"partner_id": self.company.partner_id.id}
        )
        self.assertFalse(order.esm_story)

    # --- links ----------------------------------------------------------------

    def test_items_of_a_sandbox_are_not_linked(self):
        [row] = self.book(TEA)
        self.assertFalse(row.sale_order_id.esm_story["orders"][0]["url"])
        # As if it came from the real marketplaces; accounts with orders stay what
        # they are.
        self.env.cr.execute("UPDATE esm_account SET environment = 'production'")
        self.env.invalidate_all()
        self.assertEqual(
            row.sale_order_id.esm_story["orders"][0]["url"],
            "https://item.gmarket.co.kr/Item?goodscode=3900000001",
        )

    def test_item_pages(self):
        self.assertEqual(
            item_url(Site.AUCTION, "B123456789"),
            "https://itempage3.auction.co.kr/DetailView.aspx?itemno=B123456789",
        )
        for number in (None, "", "javascript:1", "B123"):
            self.assertIsNone(item_url(Site.GMARKET, number))

    # --- cost and noise -------------------------------------------------------

    def test_many_at_the_queries_of_two(self):
        numbers = [self.place(TEA, CUP) for _basket in range(50)]
        self.run_cycle()
        orders = self.rows(*sum(numbers, [])).sale_order_id
        self.assertEqual(len(orders), 50)
        for records in (orders, orders.picking_ids):
            counts = []
            for part in (records[:2], records):
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                part.browse(part.ids).mapped("esm_story")
                counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(counts[0], counts[1])
            self.assertLessEqual(counts[1], 20)

    def test_a_second_run_posts_nothing(self):
        """Whatever state an order is in, looking again is no news."""
        open_rows = self.book(TEA, CUP)
        [late] = self.shipped(TEA)
        [arrived] = self.shipped(CUP)
        unknown = self.place(UNKNOWN)
        parted = self.book(TEA, CUP)
        for row in (open_rows[0], parted[0]):
            self.sandbox.cancel(int(row.order_no))
        self.sandbox.approve_cancel(int(parted[0].order_no))
        late._cancel("Cancelled by the buyer")
        self.sandbox.mark_delivered(int(arrived.order_no))
        self.run_cycle()
        self.read_states()
        rows = open_rows | late | arrived | self.rows(*unknown) | parted
        self.assertEqual(
            rows.mapped("problem"),
            [
                *("cancel", False, "cancelled_late", False, "unmatched", False, False),
            ],
        )
        self.assertEqual(parted[0].state, "cancelled")
        documents = rows.sale_order_id, rows.sale_order_id.picking_ids
        before = [document.message_ids for document in documents]
        for _run in range(2):
            self.later()
            self.run_cycle()
            self.read_states()
            self.send()
        self.assertEqual([document.message_ids for document in documents], before)
        self.assertTrue(before[0])
