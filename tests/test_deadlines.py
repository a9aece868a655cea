



from odoo.tests import tagged

from .common import CUP, TEA
from .test_claims import ClaimsCase


class DeadlineCase(ClaimsCase):
    def told(self, *items, **options):
        """Released orders whose deadline the marketplace has told."""
        rows = self.book(*items, **options)
        self.sandbox.advance(121)
        self.later()
        self.run_cycle(rows.shop_id)
        return rows


@tagged("post_install", "-at_install")
class TestDeadlines(DeadlineCase):
    """The dispatch deadline on its way to the people who ship."""

    def test_a_delivery_has_no_deadline_until_the_marketplace_tells_it(self):
        [row] = self.book(TEA)
        picking = row.sale_order_id.picking_ids
        self.assertFalse(row.due_at)
        self.assertFalse(picking.esm_due_at)
        self.assertFalse(picking.date_deadline)
        self.sandbox.advance(121)
        self.later()
        self.run_cycle()
        self.assertTrue(row.due_at)
        self.assertEqual(picking.esm_due_at, row.due_at)
        self.assertEqual(picking.date_deadline, row.due_at)
        self.assertEqual((row.due_state, picking.esm_due_state), ("later", "later"))
        self.ship(row.sale_order_id)
        self.assertEqual(picking.esm_due_at, row.due_at)
        self.send()
        self.assertFalse(picking.esm_due_at)
        self.assertEqual((row.due_state, picking.esm_due_state), (False, False))
