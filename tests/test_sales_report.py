from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lxml import etree

from odoo.fields import Domain
from odoo.tests import Form, new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from .common import CUP, TEA, UNKNOWN, migrate
from .test_after_shipping import ShippedCase

SALES = (("state", "not in", ("cancelled", "ignored")),)
PROPERTY = settings(
    deadline=None,
    database=None,
    derandomize=True,
    max_examples=6,
    # Without shrinking: a failure would take minutes, and the report names the basket.
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@st.composite
def items(draw):
    item = {**draw(st.sampled_from((TEA, CUP, UNKNOWN)))}
    item["quantity"] = draw(st.integers(1, 20))
    amount = item["price"] * item["quantity"]
    for name in ("seller_discount", "site_discount", "seller_cash"):
        if draw(st.booleans()):
            item[name] = draw(st.integers(0, amount // 4))
    return item


@st.composite
def baskets(draw):
    """(site, items, options, which of them are cancelled before and after booking)."""
    lines = draw(st.lists(items(), min_size=1, max_size=4))
    options = {"shipping_fee": draw(st.sampled_from((0, 2500, 4321)))}
    if draw(st.booleans()):
        options["jeju"] = draw(st.integers(1, 5000))
    options["split"] = draw(st.sampled_from((None, "first", "each", "even")))
    fates = [draw(st.sampled_from(("", "", "", "early", "late"))) for _line in lines]
    return draw(st.sampled_from(("gmarket", "auction"))), lines, options, fates


class ReportCase(ShippedCase):
    def report(self, domain, groupby=(), *measures):
        return self.env["esm.sales.report"]._read_group(domain, groupby, measures)

    def of(self, rows):
        return [("order_id", "in", rows.ids)]

    def total(self, rows, measure="amount_total", domain=SALES):
        [[total]] = self.report([*self.of(rows), *domain], [], f"{measure}:sum")
        return total or 0


@tagged("post_install", "-at_install")
class TestSalesReport(ReportCase):
    # --- to the won -------------------------------------------------------

    @settings(PROPERTY)
    @given(st.lists(baskets(), min_size=2, max_size=5))
    def test_it_amounts_to_the_sales_orders(self, world):
        """Whatever is in the baskets, and whichever of their orders are cancelled."""
        shops = self.gmarket | self.auction
        shops.write({"auto_acknowledge": False, "auto_release": False})
        placed = []
        for site, lines, options, fates in world:
            numbers = self.place(*lines, site=site, **options)
            placed += zip(numbers, fates, strict=True)
        for fate in ("early", "late"):
            for shop in shops:
                self.run_cycle(shop)
            if fate == "late":
                rows = self.rows(*(number for number, _fate in placed))
                rows.sale_order_id.filtered(
                    lambda order: order.state == "draft" and not order.esm_problem_text
                ).action_confirm()
                self.env.cr.commit()  # pylint: disable=invalid-commit
            for number, its_fate in placed:
                if its_fate == fate and not self.sandbox.orders[int(number)].claims:
                    self.sandbox.cancel(int(number))
        for shop in shops:
            self.run_cycle(shop)
        rows = self.rows(*(number for number, _fate in placed))
        orders = rows.sale_order_id.filtered(lambda order: order.state != "cancel")
        self.assertEqual(self.total(rows), sum(orders.mapped("amount_total")))
        self.assertEqual(
            self.total(rows),
            self.total(rows, "amount_goods") + self.total(rows, "amount_shipping"),
        )
        self.assertEqual(
            self.total(rows, "amount_goods"),
            self.total(rows, "amount_gross") - self.total(rows, "amount_discount"),
        )
        # However it is grouped, the parts make the whole.
        for groupby in ("shop_id", "site", "product_id", "paid_at:day", "state"):
            parts = self.report([*self.of(rows), *SALES], [groupby], "amount_total:sum")
            self.assertEqual(
                sum(amount for _key, amount in parts), self.total(rows), groupby
            )
        # Orders of an older version get the very same by the update's SQL.
        self.assertFilledIn(rows)

    def assertFilledIn(self, rows):
        """An update of the addon fills in what the orders have now."""
        names = ("product_id", "amount_shipping")
        self.env.flush_all()
        now = rows.read(names)
        self.env.cr.execute(
            "UPDATE esm_order SET product_id = NULL, amount_shipping = NULL"
        )
        migrate(self.env.cr, "pre-fill-figures")
        self.env.invalidate_all()
        self.assertEqual(rows.read(names), now)

    def test_shipping_counts_once_also_if_its_order_is_cancelled(self):
        for site, shop in (("gmarket", self.gmarket), ("auction", self.auction)):
            with self.subTest(site):
                rows = self.book(TEA, CUP, TEA, site=site, shipping_fee=3000)
                order = rows.sale_order_id
                self.assertEqual(rows.mapped("amount_shipping"), [3000, 0, 0])
                self.assertEqual(self.total(rows), order.amount_total)
                for gone, shares in ((0, [0, 3000, 0]), (1, [0, 0, 3000])):
                    self.sandbox.cancel(int(rows[gone].order_no))
                    self.sandbox.approve_cancel(int(rows[gone].order_no))
                    self.run_cycle(shop)
                    self.assertEqual(rows.mapped("amount_shipping"), shares)
                    self.assertEqual(self.total(rows), order.amount_total)
                self.sandbox.cancel(int(rows[2].order_no))
                self.sandbox.approve_cancel(int(rows[2].order_no))
                self.run_cycle(shop)
                self.assertEqual(order.state, "cancel")
                # What was cancelled stands on the first one, and is no sale.
                self.assertEqual(rows.mapped("amount_shipping"), [3000, 0, 0])
                self.assertEqual(self.total(rows), 0)
                cancelled = [("state", "=", "cancelled")]
                self.assertEqual(
                    self.total(rows, domain=cancelled), 12900 * 2 + 5500 + 3000
                )

    def test_an_order_that_gets_a_sales_order_of_its_own(self):
        rows = self.book(TEA, CUP, shipping_fee=3000)
        rows[0].sale_order_id._esm_part_from(rows[0])
        self.assertEqual(rows.mapped("amount_shipping"), [0, 3000])

    def test_fees_and_payouts(self):
        [row] = self.book({**TEA, "quantity": 2, "seller_discount": 1000})
        [values] = self.report(
            self.of(row),
            [],
            *("amount_gross:sum", "amount_discount:sum", "amount_goods:sum"),
            *("amount_settlement:sum", "amount_fee:sum", "quantity:sum"),
        )
        fee = 2 * 12900 * 13 // 100
        self.assertEqual(values, (25800, 1000, 24800, 24800 - fee, fee, 2))
        # Where no payout was announced there is no fee either, least of all the sale.
        row.amount_settlement = 0
        [[fee, payout]] = self.report(
            self.of(row), [], "amount_fee:sum", "amount_settlement:sum"
        )
        self.assertFalse(fee or payout)

    def test_by_product(self):
        rows = self.book(TEA, CUP, shipping_fee=3000)
        [number] = self.place(UNKNOWN)
        self.run_cycle()
        unknown = self.rows(number)
        self.assertEqual(rows.product_id, self.tea | self.cup)
        self.assertFalse(unknown.product_id, "nobody knows it yet")
        self.cup.esm_seller_code = "NEW-99"
        self.run_cycle()
        self.assertEqual(unknown.product_id, self.cup)
        sold = self.report(self.of(rows | unknown), ["product_id"], "amount_goods:sum")
        self.assertEqual(dict(sold), {self.tea: 12900, self.cup: 5500 + 7000})

    # --- time -------------------------------------------------------------

    def test_lead_times_and_deadlines(self):
        rows = self.shipped(TEA, CUP)
        [waiting] = self.book(TEA)
        rows[0].write(
            {
                "paid_at": "2026-06-08 00:00:00",
                "due_at": "2026-06-09 14:59:59",
                "shipped_at": "2026-06-09 12:00:00",
            }
        )
        rows[1].write(
            {
                "paid_at": "2026-06-08 00:00:00",
                "due_at": "2026-06-09 11:59:59",
                "shipped_at": "2026-06-09 12:00:00",
            }
        )
        everything = rows | waiting
        self.env.flush_all()
        [values] = self.report(
            self.of(everything),
            [],
            *("lead_hours:avg", "lead_days:avg", "in_time_share:avg", "__count"),
        )
        # The one that still has time counts for none of the averages.
        self.assertEqual(values, (36, 1.5, 0.5, 3))
        self.assertEqual(
            dict(self.report(self.of(everything), ["punctuality"], "__count")),
            {"in_time": 1, "late": 1, False: 1},
        )
        waiting.due_at = "2026-06-09 11:59:59"
        self.env.flush_all()
        [[share]] = self.report(self.of(everything), [], "in_time_share:avg")
        self.assertAlmostEqual(share, 1 / 3)

    def test_the_last_second_is_in_time(self):
        [row] = self.shipped(TEA)
        row.due_at = row.shipped_at
        self.env.flush_all()
        [[punctuality, _count]] = self.report(self.of(row), ["punctuality"], "__count")
        self.assertEqual(punctuality, "in_time")

    def test_an_update_fills_in_when_orders_were_shipped(self):
        [row] = self.shipped(TEA)
        sent = row.outbox_ids.filtered(lambda m: m.action == "ship").sent_at
        confirmed = row.outbox_ids.filtered(lambda m: m.action == "acknowledge").sent_at
        row.write({"shipped_at": False, "acknowledged_at": False})
        self.env.flush_all()
        migrate(self.env.cr, "post-tell-anew")
        self.env.invalidate_all()
        self.assertEqual((row.shipped_at, row.acknowledged_at), (sent, confirmed))

    # --- screens ----------------------------------------------------------

    def test_users_read_and_open_it_others_companies_do_not(self):
        rows = self.book(TEA, CUP, shipping_fee=3000)
        groups = "sale_esm.group_user,base.group_allow_export"
        user = new_test_user(self.env, "reader", groups=groups)
        reports = self.env["esm.sales.report"].with_user(user).search(self.of(rows))
        self.assertEqual(sum(reports.mapped("amount_total")), 12900 + 5500 + 3000)
        exported = reports.export_data(["order_id/order_no", "amount_total"])["datas"]
        self.assertEqual({row[0] for row in exported}, set(rows.mapped("order_no")))
        action = reports[0].action_open_order()
        self.assertEqual(
            (action["res_model"], action["res_id"]), ("esm.order", reports[0].id)
        )
        Form(rows[0].with_user(user))
        other = self.env["res.company"].create({"name": "Other"})
        user.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        self.assertFalse(
            self.env["esm.sales.report"].with_user(user).search_count(self.of(rows))
        )

    def test_every_filter_and_group_of_the_search_works(self):
        rows = self.shipped(TEA, CUP, shipping_fee=3000)
        for model in ("esm.sales.report", "esm.order"):
            Model = self.env[model].with_context(tz="Asia/Seoul")
            arch = etree.fromstring(Model.get_view(view_type="search")["arch"])
            for node in arch.iter("filter"):
                with self.subTest(model=model, filter=node.get("name")):
                    if node.get("domain"):
                        Model.search(Domain(safe_eval(node.get("domain"))))
                    if node.get("context"):
                        name = safe_eval(node.get("context"))["group_by"]
                        groups = Model.formatted_read_group(
                            [("id", "in", rows.ids)],
                            [name],
                            # What the list asks for to sum up won.
                            [
                                "__count",
                                "currency_id:array_agg_distinct",
                                f"{self.money(model)}:sum",
                                f"{self.money(model)}:sum_currency",
                            ],
                        )
                        self.assertEqual(
                            sum(group[f"{self.money(model)}:sum"] for group in groups),
                            12900 + 5500,
                        )
                        self.assertEqual(
                            groups[0]["currency_id:array_agg_distinct"],
                            self.env.ref("base.KRW").ids,
                        )

    def money(self, model):
        return "amount_sale" if model == "esm.order" else "amount_goods"

    def test_measures_make_sense(self):
        """What can be summed up is money or pieces; times and shares are averaged."""
        fields = self.env["esm.sales.report"].fields_get()
        measures = {
            name: field["aggregator"]
            for name, field in fields.items()
            if field["type"] in ("integer", "float", "monetary")
            and field.get("aggregator")
            and name != "id"
        }
        averages = {"lead_hours", "lead_days", "in_time_share"}
        self.assertEqual(
            {name for name, function in measures.items() if function == "avg"}, averages
        )
        self.assertTrue(
            all(
                name == "quantity" or name.startswith("amount_")
                for name in measures.keys() - averages
            )
        )

    def test_periods_begin_at_midnight_of_the_reader(self):
        [row] = self.book(TEA)
        arch = etree.fromstring(
            self.env["esm.sales.report"].get_view(view_type="search")["arch"]
        )
        [node] = arch.xpath("//filter[@name='this_month']")
        domain = safe_eval(node.get("domain"))
        Report = self.env["esm.sales.report"].with_context(tz="Asia/Seoul")
        # Midnight of the first day of the month in Korea is 15:00 UTC the day before.
        for paid, counts in (("15:00:00", 1), ("14:59:59", 0)):
            self.env.cr.execute(
                """UPDATE esm_order SET paid_at =
                   date_trunc('month', (now() AT TIME ZONE 'Asia/Seoul'))
                   - interval '1 day' + %s::interval WHERE id = %s""",
                [paid, row.id],
            )
            self.env.invalidate_all()
            self.assertEqual(Report.search_count([*domain, *self.of(row)]), counts)
