from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from .common import CUP, TEA
from .test_waybill_print import FIRST, SECOND, WaybillCase

HOME = {
    "name": "김하나",
    "zip_code": "06236",
    "front": "서울특별시 강남구 가상로 1",
    "back": "101호",
}


class BundleCase(WaybillCase):
    def at_home(self, *items, **options):
        """The delivery of a new basket that goes where the others go."""
        return self.delivery(*items, receiver={**HOME, **options})

    def three(self):
        """Three deliveries to the same address, in one parcel."""
        pickings = self.at_home(TEA) | self.at_home(CUP) | self.at_home(TEA, CUP)
        pickings.action_esm_pack_together()
        self.commit()
        return pickings

    def hold(self, product, other=None):
        """A rule that keeps these goods apart."""
        tags = self.env["product.tag"].create([{"name": "Food"}, {"name": "Soap"}])
        product.product_tmpl_id.product_tag_ids = [Command.link(tags[0].id)]
        if other:
            other.product_tmpl_id.product_tag_ids = [Command.link(tags[1].id)]
        return self.env["esm.bundle.rule"].create(
            {"tag_id": tags[0].id, "other_tag_id": tags[1].id if other else False}
        )


@tagged("post_install", "-at_install")
class TestBundles(BundleCase):
    """Deliveries to the same address leave in one parcel."""

    # --- propose --------------------------------------------------------

    def test_the_packer_is_told_what_goes_to_the_same_address(self):
        # The telephone may be a safe number, another one for each order.
        pickings = self.at_home(TEA, mobile="0508-0000-0001")
        pickings |= self.at_home(CUP, mobile="0508-0000-0002", back="101 호")
        other = self.delivery(TEA)
        form = Form(self.as_packer(pickings[0]))
        self.assertEqual(form.esm_mate_count, 1)
        self.assertEqual(pickings[0].esm_parcel_text, "+1 more")
        self.assertEqual(other.esm_mate_count, 0)
        found = self.env["stock.picking"].search([("esm_mate_count", ">", 0)])
        self.assertEqual(found, pickings.sorted("id") & found)
        self.assertEqual(len(found), 2)

    def test_what_is_kept_apart(self):
        tea, cup = self.at_home(TEA), self.at_home(CUP)
        self.assertTrue(tea.esm_mate_count)
        rule = self.hold(self.tea, self.cup)
        self.env.invalidate_all()
        self.assertFalse(tea.esm_mate_count)
        with self.assertRaisesRegex(UserError, "nothing to pack together"):
            (tea | cup).action_esm_pack_together()
        rule.active = False
        self.env.invalidate_all()
        self.assertTrue(tea.esm_mate_count)
        # Another courier, warehouse or shop.
        for change in (
            {"carrier_id": self.carrier.copy().id},
            {"picking_type_id": tea.picking_type_id.copy().id},
        ):
            name = next(iter(change))
            before = cup[name].id
            cup.write(change)
            self.env.invalidate_all()
            self.assertFalse(tea.esm_mate_count, change)
            cup.write({name: before})
        cup = self.at_home(CUP, back="102호")
        auction = self.delivery(CUP, site="auction", receiver=HOME)
        self.assertNotIn(tea.esm_parcel_key, (cup | auction).mapped("esm_parcel_key"))

    def test_goods_that_are_always_alone(self):
        self.hold(self.tea)
        pickings = self.at_home(TEA) | self.at_home(CUP) | self.at_home(CUP)
        pickings.action_esm_pack_together()
        self.assertFalse(pickings[0].esm_bundle_id)
        self.assertEqual(pickings[1:].esm_bundle_id.picking_ids, pickings[1:])

    def test_a_shop_that_keeps_baskets_apart(self):
        pickings = self.at_home(TEA) | self.at_home(CUP)
        self.assertTrue(pickings[0].esm_mate_count)
        self.gmarket.bundle_baskets = False
        self.env.invalidate_all()
        self.assertFalse(pickings[0].esm_mate_count)
        with self.assertRaisesRegex(UserError, "nothing to pack together"):
            pickings.action_esm_pack_together()

    def test_what_is_packed_stays_packed_if_the_shop_keeps_baskets_apart(self):
        pickings = self.three()
        late = self.at_home(TEA)
        left = self.ship(self.at_home(CUP).sale_id, "900000000001")
        self.gmarket.sequence = 7  # caches of the registry
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        self.gmarket.bundle_baskets = False
        self.env.flush_all()
        # One row, the shop's: no delivery is computed anew.
        self.assertLessEqual(self.env.cr.sql_log_count - before, 2)
        self.env.invalidate_all()
        self.assertFalse(late.esm_mate_count)
        self.render(pickings[0])
        self.assertEqual(pickings.mapped("carrier_tracking_ref"), [FIRST] * 3)
        self.assertEqual(pickings.esm_bundle_id.picking_ids, pickings)
        self.assertFalse(any((pickings | left).mapped("esm_repack_text")))

    def test_what_stays_behind_leaves_in_a_parcel_of_its_own(self):
        pickings = self.at_home({**TEA, "quantity": 2}) | self.at_home(CUP)
        pickings.action_esm_pack_together()
        self.render(pickings)
        pickings[0].move_ids.quantity = 1
        self.as_packer(pickings[0]).with_context(skip_backorder=True).button_validate()
        self.commit()
        self.assertEqual(pickings.mapped("state"), ["done", "done"])
        rest = pickings[0].backorder_ids
        self.assertFalse(rest.esm_bundle_id or rest.carrier_tracking_ref)
        self.assertFalse(rest.esm_printed_at or rest.esm_repack_text)
        self.assertEqual(rest.esm_mate_count, 0)
        self.assertEqual(pickings.esm_bundle_id.picking_ids, pickings)
        self.send()
        self.render(rest)
        self.assertEqual(rest.carrier_tracking_ref, SECOND)
        rest.button_validate()
        self.assertEqual(rest.state, "done")

    # --- who may --------------------------------------------------------

    def test_who_may_not_ship_cannot_touch_parcels(self):
        pickings = self.three()
        bundle = pickings.esm_bundle_id
        # An address that somebody corrected: only who may ship sorts the parcel out.
        pickings[2].partner_id.street = "가상로 3"
        for login, group in (
            ("portal", "base.group_portal"),
            ("employee", "base.group_user"),
        ):
            user = new_test_user(self.env, login, groups=group)
            for record, names in (
                (
                    pickings,
                    (
                        *("action_esm_pack_together", "action_esm_take_apart"),
                        *("action_esm_packed_again", "action_esm_print_waybill"),
                        "button_validate",
                    ),
                ),
                (self.env["stock.picking"], ("action_esm_pack_together",)),
                (
                    bundle,
                    ("action_print_waybill", "action_validate", "action_take_apart"),
                ),
            ):
                for name in names:
                    with (
                        self.subTest(login, name=name),
                        self.assertRaises(AccessError),
                    ):
                        getattr(record.with_user(user), name)()
        self.assertEqual(bundle.picking_ids, pickings)
        self.assertEqual(pickings.mapped("state"), ["assigned"] * 3)

    def test_parcels_are_the_companys(self):
        pickings = self.three()
        late = self.at_home(TEA)
        other = self.env["res.company"].create({"name": "Other"})
        user = new_test_user(
            self.env,
            "elsewhere",
            groups="stock.group_stock_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        for record, name in (
            (pickings, "action_esm_pack_together"),
            (late, "action_esm_pack_together"),
            (pickings, "action_esm_take_apart"),
            (pickings.esm_bundle_id, "action_print_waybill"),
            (pickings.esm_bundle_id, "action_validate"),
            (pickings.esm_bundle_id, "action_take_apart"),
        ):
            with self.subTest(name), self.assertRaises(AccessError):
                getattr(record.with_user(user), name)()
        with self.assertRaisesRegex(UserError, "nothing to pack together"):
            self.env["stock.picking"].with_user(user).action_esm_pack_together()

    def test_sales_people_see_and_correct_what_is_packed(self):
        """They may write deliveries, as in Odoo; they are no users of the connector."""
        pickings = self.three()
        late = self.at_home(TEA)
        user = new_test_user(
            self.env, "seller", groups="sales_team.group_sale_salesman"
        )
        (pickings | late).sale_id.user_id = user
        self.env.flush_all()
        self.env.invalidate_all()
        values = (pickings | late).with_user(user).read(["esm_parcel_text"])
        self.assertEqual(
            [value["esm_parcel_text"] for value in values],
            ["1 of 3, +1 more"] * 3 + ["+3 more"],
        )
        pickings[0].with_user(user).carrier_tracking_ref = "900000000001"
        self.assertEqual(pickings.mapped("carrier_tracking_ref"), ["900000000001"] * 3)

    # --- one waybill ----------------------------------------------------

    def test_one_label_and_one_number_told_for_every_order(self):
        pickings = self.three()
        alone = self.delivery(TEA)
        html = self.render(self.as_packer(pickings[1] | alone)).decode()
        self.assertEqual(pickings.mapped("carrier_tracking_ref"), [FIRST] * 3)
        self.assertEqual(alone.carrier_tracking_ref, SECOND)
        self.assertEqual(html.count("<svg"), 2)
        orders = pickings._esm_orders()
        self.assertEqual(len(orders), 4)
        for row in orders:
            self.assertIn(row.order_no, html)
        self.assertEqual(pickings.mapped("esm_print_count"), [1, 1, 1])
        self.assertEqual(self.range.used, 2)
        # Whoever validates one validates the parcel.
        self.as_packer(pickings[2]).button_validate()
        self.commit()
        self.assertEqual(pickings.mapped("state"), ["done"] * 3)
        self.send()
        self.assertEqual(list(self.invoices(pickings).values()), [[FIRST]] * 4)
        with self.assertRaisesRegex(UserError, "have left in one parcel"):
            pickings.action_esm_take_apart()

    def test_a_typed_number_is_the_parcels(self):
        pickings = self.three()
        other = self.carrier.copy({"name": "Other"})
        self.as_packer(pickings[1]).write(
            {"carrier_tracking_ref": "900000000001", "carrier_id": other.id}
        )
        self.assertEqual(pickings.mapped("carrier_tracking_ref"), ["900000000001"] * 3)
        self.assertEqual(pickings.carrier_id, other)
        self.assertEqual(len(pickings.esm_bundle_id), 1)

    def test_a_parcel_grows(self):
        pickings = self.three()
        late = self.at_home(TEA)
        self.assertEqual(pickings[0].esm_parcel_text, "1 of 3, +1 more")
        late.action_esm_pack_together()
        self.assertEqual(late.esm_bundle_id.picking_ids, pickings | late)
        self.assertEqual(self.env["esm.bundle"].search_count([]), 1)
        with self.assertRaisesRegex(UserError, "packed together already"):
            (pickings | late).action_esm_pack_together()

    def test_all_that_is_ready_at_once(self):
        home = self.at_home(TEA) | self.at_home(CUP)
        away = self.at_home(TEA, back="7호") | self.at_home(CUP, back="7호")
        self.as_packer(self.env["stock.picking"]).action_esm_pack_together()
        self.env.invalidate_all()
        self.assertEqual(home.esm_bundle_id.picking_ids, home)
        self.assertEqual(away.esm_bundle_id.picking_ids, away)

    # --- undo and leave -------------------------------------------------

    def test_undo_before_and_after_the_number(self):
        pickings = self.three()
        self.as_packer(pickings[1]).action_esm_take_apart()
        self.assertFalse(pickings.esm_bundle_id)
        self.assertEqual(pickings[0].esm_mate_count, 2)
        self.assertFalse(self.env["esm.bundle"].search([]))
        pickings.action_esm_pack_together()
        self.render(pickings)
        pickings[2].action_esm_take_apart()
        self.assertEqual(pickings.mapped("carrier_tracking_ref"), [FIRST, False, False])
        # The first one's label names goods that are not in it any more.
        with self.assertRaisesRegex(UserError, "print the waybill again"):
            pickings[0].button_validate()
        self.render(pickings)
        self.assertEqual(len(set(pickings.mapped("carrier_tracking_ref"))), 3)
        self.assertEqual(pickings[0].carrier_tracking_ref, FIRST)
        pickings.button_validate()
        self.assertEqual(set(pickings.mapped("state")), {"done"})

    def test_a_number_that_waits_is_not_sent_once_its_parcel_is_taken_apart(self):
        self.gmarket.tracking_moment = "print"
        pickings = self.three()
        self.render(pickings)
        pickings.action_esm_take_apart()
        self.commit()
        self.send()
        self.assertEqual(list(self.invoices(pickings[1:]).values()), [[]] * 3)
        self.render(pickings)
        self.send()
        sent = {tuple(numbers) for numbers in self.invoices(pickings).values()}
        self.assertEqual(len(sent), 3)

    def test_a_cancelled_order_leaves_its_parcel(self):
        pickings = self.three()
        [row] = pickings[0]._esm_orders()
        self.sandbox.cancel(int(row.order_no))
        self.sandbox.approve_cancel(int(row.order_no))
        self.run_cycle()
        self.assertEqual(pickings[0].state, "cancel")
        self.assertFalse(pickings[0].esm_bundle_id)
        self.assertEqual(pickings[1].esm_bundle_id.picking_ids, pickings[1:])
        # Nothing is packed yet, so nothing has to come out.
        self.assertFalse(pickings[1].esm_repack_text)

    def test_a_delivery_that_somebody_cancels_leaves_its_parcel(self):
        pickings = self.three()
        self.render(pickings)
        self.as_packer(pickings[1]).action_cancel()
        self.assertFalse(pickings[1].esm_bundle_id)
        self.assertEqual(pickings.mapped("carrier_tracking_ref"), [FIRST, False, FIRST])
        self.assertIn(pickings[1].name, pickings[2].esm_repack_text)

    def test_a_list_of_deliveries_is_read_at_once(self):
        """Not a few queries for each delivery, or each address."""
        pickings = self.at_home(TEA) | self.at_home(CUP)
        for number in range(4):
            pickings |= self.at_home(TEA, back=f"{number}호")
            pickings |= self.at_home(CUP, back=f"{number}호")
        pickings.sale_id.mapped("esm_order_ids.state")

        def count(records):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.mapped("esm_parcel_text")
            return self.env.cr.sql_log_count - before

        few = count(pickings[:2])
        self.assertLessEqual(count(pickings), few + 2)

    def test_a_cancel_after_the_label_has_the_parcel_packed_again(self):
        pickings = self.three()
        self.render(pickings)
        [row] = pickings[0]._esm_orders()
        self.sandbox.cancel(int(row.order_no))
        self.run_cycle()
        self.assertFalse(pickings[0].esm_bundle_id)
        self.assertFalse(pickings[0].carrier_tracking_ref)
        packer = self.as_packer(pickings[1])
        self.assertIn("wants to cancel", Form(packer).esm_repack_text)
        with self.assertRaisesRegex(UserError, pickings[0].name):
            packer.button_validate()
        packer.action_esm_packed_again()
        packer.button_validate()
        self.assertEqual(pickings[1:].mapped("state"), ["done", "done"])
        self.assertEqual(pickings[0].state, "assigned")

    def test_one_order_of_a_printed_delivery_is_cancelled(self):
        picking = self.delivery(TEA, CUP)
        self.render(picking)
        row = picking._esm_orders()[0]
        self.sandbox.cancel(int(row.order_no))
        self.sandbox.approve_cancel(int(row.order_no))
        self.run_cycle()
        with self.assertRaisesRegex(UserError, f"{row.order_no} is cancelled"):
            picking.button_validate()
        html = self.render(picking).decode()
        self.assertNotIn(row.order_no, html)
        picking.button_validate()
        self.assertEqual(picking.state, "done")

    def test_who_moves_leaves_the_parcel(self):
        pickings = self.three()
        moved = pickings[1].sale_id
        elsewhere = self.env["res.partner"].create(
            {"name": "김하나", "street": "가상로 2", "zip": "06236"}
        )
        moved.with_context(
            update_delivery_shipping_partner=True
        ).partner_shipping_id = elsewhere
        self.assertFalse(pickings[1].esm_bundle_id)
        self.assertEqual(
            pickings[0].esm_bundle_id.picking_ids, pickings[0] | pickings[2]
        )
        # An address that somebody corrects by hand counts when it is printed.
        pickings[2].partner_id.street = "가상로 3"
        self.render(pickings[0])
        self.assertFalse(pickings.esm_bundle_id)
        self.assertFalse(pickings[2].carrier_tracking_ref)
