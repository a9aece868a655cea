from odoo.tests import new_test_user, tagged

from .common import TEA, EsmCase

INJECTED = "from the context"


@tagged("post_install", "-at_install")
class TestContext(EsmCase):
    """Whoever calls over RPC chooses the context; jobs do not take it."""

    def test_defaults_of_a_caller_do_not_get_into_what_jobs_write(self):
        """The jobs write as superuser, whatever rights who started them has."""
        user = new_test_user(self.env, "context_user", "sale_esm.group_user")
        [number] = self.place(TEA)
        run = self.env["esm.run"].create(
            {"shop_id": self.auction.id, "kind": "collect", "state": "running"}
        )
        hostile = {
            "default_note": INJECTED,
            "default_comment": INJECTED,
            "default_client_order_ref": INJECTED,
            "esm_run_id": run.id,
        }
        self.gmarket.with_user(user).with_context(**hostile).action_collect_now()
        row = self.rows(number)
        order = row.sale_order_id
        self.assertEqual(row.state, "released")
        self.assertNotIn(INJECTED, str(order.note))
        self.assertNotEqual(order.client_order_ref, INJECTED)
        self.assertNotIn(INJECTED, str(order.partner_id.comment))
        self.assertFalse(run.step, "the progress of another shop")
