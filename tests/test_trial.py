import shutil
import tempfile
from pathlib import Path
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from ..sandbox import hosting
from .common import EsmCase, make_sandbox


@tagged("post_install", "-at_install")
class TestTrial(EsmCase):
    """Trying without keys: the sandbox inside this Odoo."""

    def setUp(self):
        super().setUp()
        # The database's folder holds what other tests made, too.
        self.trial = self.env["esm.account"]._start_trial()
        self.addCleanup(hosting.forget, self.trial._trial_path())
        self.shops = self.trial.shop_ids
        self.env.cr.commit()  # pylint: disable=invalid-commit

    def collect(self):
        for shop in self.shops:
            shop.sudo()._run_cycle()
        self.env.invalidate_all()
        return self.env["esm.order"].search([("shop_id", "in", self.shops.ids)])

    def ledger(self, url=None):
        url = url or self.trial.sandbox_url
        return hosting.call(url, "ledger", token=self.trial._trial_token())

    def test_from_nothing_to_a_tracking_number(self):
        for shop in self.shops:
            shop.action_test_connection()
            self.assertEqual(shop.connection_state, "connected")
        rows = self.collect()
        self.assertGreaterEqual(len(rows), 6)
        self.assertTrue(all(rows.mapped("esm_sandbox")))
        row = rows.filtered(lambda row: row.state == "released")[0]
        self.ship(row.sale_order_id, "990000000006")
        self.send()
        self.assertEqual(row.state, "sent")
        ledger = self.ledger()
        [remote] = [found for found in ledger if str(found["order_no"]) == row.order_no]
        self.assertEqual(remote["state"], "in_delivery")

    def test_it_goes_on_after_a_restart(self):
        before = self.collect()
        url, path = self.trial.sandbox_url, self.trial._trial_path()
        hosting.stop(path)  # the process that had it ends
        self.assertFalse(hosting.knows(url, self.trial._trial_token()))
        self.assertEqual(self.collect(), before)
        self.assertEqual(self.trial.sandbox_url, url)
        ledger = self.ledger(url)
        self.assertLessEqual(
            set(before.mapped("order_no")),
            {str(order["order_no"]) for order in ledger},
        )

    def test_a_copy_of_the_database(self):
        """Ending the trial in a copy leaves the sandbox of the original alone."""
        trial, path = self.trial, self.trial._trial_path()
        url, token = trial.sandbox_url, trial._trial_token()
        ledger = self.ledger(url)
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / path.name
            shutil.copy(path, copy)
            self.addCleanup(hosting.stop, copy)
            with (
                patch.object(type(trial), "_trial_path", lambda account: copy),
                # The UUID stays as it is when PostgreSQL copies.
                patch.object(self.env.cr, "dbname", f"{self.env.cr.dbname}_copy"),
            ):
                self.assertNotEqual(trial._trial_url(), url)
                self.assertEqual(self.ledger(trial.sandbox_url), ledger)
                trial.sandbox_url = url
                trial._end_trial()
                self.env.cr.postcommit.run()
            self.assertFalse(copy.exists())
        self.assertTrue(hosting.knows(url, token))
        self.assertEqual(self.ledger(url), ledger)
        self.assertTrue(path.exists())

    def test_a_duplicate_has_another_name(self):
        token = self.trial._trial_token()
        uuid = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        self.assertNotIn(uuid, token)
        self.env["ir.config_parameter"].sudo().set_param("database.uuid", "another")
        self.assertNotEqual(self.trial._trial_token(), token)

    def test_another_program_has_its_port(self):
        url = self.trial.sandbox_url
        hosting.stop(self.trial._trial_path())
        other = make_sandbox()
        other.start(int(url.rpartition(":")[2]))
        self.addCleanup(other.stop)
        self.shops.write({"connection_state": "connected"})
        self.assertTrue(self.collect())
        self.assertNotEqual(self.trial.sandbox_url, url)
        self.assertEqual(self.shops.mapped("connection_state"), ["connected"] * 2)

    def test_more_orders(self):
        known = self.collect()
        self.trial.action_trial_orders()
        self.assertGreater(len(self.collect()), len(known))

    def test_numbers_of_two_trials_differ(self):
        first = self.collect().mapped("order_no")
        self.trial._end_trial()
        with patch("time.time", return_value=2_000_000_000):
            self.trial = self.env["esm.account"]._start_trial()
        self.addCleanup(hosting.forget, self.trial._trial_path())
        self.shops = self.trial.shop_ids
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.assertFalse(set(first) & set(self.collect().mapped("order_no")))

    def test_end(self):
        rows = self.collect()
        orders = rows.sale_order_id
        shipped = rows.filtered(lambda row: row.state == "released")[0].sale_order_id
        self.ship(shipped, "990000000006")
        products, carrier = self.trial.trial_product_ids, self.trial.trial_carrier_id
        people = (orders - shipped).partner_shipping_id - shipped.partner_shipping_id
        self.company.esm_first_steps_closed = True
        action = self.trial.action_end_trial()
        self.assertFalse(self.company.esm_first_steps_closed)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertIn("1 shipped", action["params"]["message"])
        self.assertEqual(orders.exists(), shipped)
        self.assertTrue(shipped.esm_sandbox)
        self.assertFalse(rows.exists())
        self.assertFalse(
            any(
                record.active
                for records in (products, carrier, people, self.shops, self.trial)
                for record in records
            )
        )
        self.assertFalse(sum(products.mapped("qty_available")))
        # The merchant's own shops and products are as they were.
        self.assertTrue(self.gmarket.active and self.tea.active and self.carrier.active)
        self.env.cr.postcommit.run()
        self.assertFalse(self.trial._trial_path().exists())

    def test_end_leaves_other_contacts(self):
        """Only buyers that the connector made and nobody else needs are archived."""
        self.collect()
        orders = self.env["sale.order"].search([("esm_shop_id", "in", self.shops.ids)])
        gone, invoiced, delivered, *_more = orders.partner_shipping_id
        by_hand = self.env["res.partner"].create({"name": "Made by Hand"})
        orders[0].partner_invoice_id = by_hand
        # A contact that already was there under another of the buyers.
        relative = self.env["res.partner"].create(
            {"name": "Relative", "parent_id": invoiced.id}
        )
        invoice = self.env["account.move"].create(
            {"move_type": "out_invoice", "partner_id": relative.id}
        )
        picking_type = self.env["stock.picking.type"].search(
            [("code", "=", "outgoing"), ("company_id", "=", self.company.id)], limit=1
        )
        picking = self.env["stock.picking"].create(
            {"picking_type_id": picking_type.id, "partner_id": delivered.id}
        )
        self.trial._end_trial()
        self.assertFalse(gone.active)
        self.assertTrue(by_hand.active)
        self.assertTrue(invoiced.active)
        self.assertTrue(invoice.partner_id.active)
        self.assertTrue(picking.partner_id.active)

    def test_end_leaves_the_people_of_users(self):
        self.collect()
        orders = self.env["sale.order"].search([("esm_shop_id", "in", self.shops.ids)])
        partner = orders[0].partner_id
        self.env["res.users"].create(
            {"name": "Buyer", "login": "buyer", "partner_id": partner.id}
        )
        self.trial._end_trial()
        self.assertTrue(partner.active)

    def test_only_managers(self):
        user = self.env["res.users"].create(
            {
                "name": "User",
                "login": "user",
                "group_ids": [Command.set([self.env.ref("sale_esm.group_user").id])],
            }
        )
        with self.assertRaises(AccessError):
            self.env["esm.account"].with_user(user)._start_trial()
        with self.assertRaises(AccessError):
            self.trial.with_user(user).action_end_trial()

    def test_managers_need_no_other_role(self):
        user = self.env["res.users"].create(
            {
                "name": "Manager",
                "login": "manager",
                "group_ids": [Command.set([self.env.ref("sale_esm.group_manager").id])],
            }
        )
        with self.assertRaisesRegex(UserError, "running already"):
            self.env["esm.account"].with_user(user)._start_trial()
        self.trial.with_user(user).action_end_trial()
        trial = self.env["esm.account"].with_user(user)._start_trial()
        self.addCleanup(hosting.forget, trial._trial_path())
        self.assertEqual(len(trial.shop_ids), 2)
        trial.action_end_trial()
        self.assertFalse(trial.active)

    def test_it_cannot_listen(self):
        hosting.stop(self.trial._trial_path())
        shop = self.shops[0]
        with (
            patch.object(hosting, "reach", side_effect=OSError("no")),
            self.assertLogs("odoo.addons.sale_esm.models.esm_account_trial", "WARNING"),
            self.assertRaisesRegex(UserError, "cannot run on this server"),
        ):
            shop._api()
