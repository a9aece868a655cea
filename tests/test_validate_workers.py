"""Two people have the same delivery in hand, on cursors that really commit."""

from odoo.exceptions import UserError
from odoo.service.model import retrying
from odoo.tests import tagged

from .test_bundle_workers import DeliveryWorkersCase
from .test_cancel_workers import ZPL, Interrupted


@tagged("post_install", "-at_install")
class TestValidateWorkers(Interrupted, DeliveryWorkersCase):
    """The slower one finds it done: nothing is told of what works inside."""

    def setUp(self):
        super().setUp()
        self.told = []
        with self.worker() as env:
            picking = env["stock.picking"].browse(self.ids[0])
            picking.carrier_tracking_ref = "880000000001"

    def person(self, work):
        """What a browser makes Odoo do; errors are kept."""
        with self.worker() as env:
            try:
                retrying(lambda: work(env["stock.picking"].browse(self.ids[0])), env)
            except UserError as error:
                env.cr.rollback()
                self.told.append(str(error))

    def validate(self):
        self.person(lambda picking: picking.button_validate())

    def print_waybill(self):
        def work(picking):
            picking.env["ir.actions.report"]._render_qweb_text(ZPL, picking.ids)

        with self.worker() as env:
            self.shop(env).tracking_moment = "print"
        self.person(work)

    def check(self):
        self.assertEqual(self.told, [])
        with self.worker() as env:
            picking = env["stock.picking"].browse(self.ids[0])
            self.assertEqual(picking.state, "done")
            [message] = picking.esm_outbox_ids
            self.assertEqual((message.action, message.state), ("ship", "waiting"))

    def test_both_validate(self):
        self.interrupted(self.validate, "esm.outbox", "_request_ship", self.validate)
        self.check()

    def test_one_validates_while_the_other_prints(self):
        self.interrupted(
            self.validate, "esm.outbox", "_request_ship", self.print_waybill
        )
        self.check()
