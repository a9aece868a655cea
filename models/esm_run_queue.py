from odoo import models

from .esm_run import OPEN


class EsmRun(models.Model):
    """What people start and watch as jobs of OCA's queue, where it is installed."""

    _name = "esm.run"
    _inherit = ["esm.run", "esm.queue.mixin"]

    def _leave_to_queue(self):
        """Extend: put a job for each run, if somebody does it."""
        if not self or not self._has_queue():
            return super()._leave_to_queue()
        self._put_in_queue("run")
        return True

    def _queue_title(self, kind):
        env = self.shop_id._as_job().env
        kinds = dict(self._fields["kind"]._description_selection(env))
        return f"{kinds[self.kind]}: {self.shop_id.display_name}"

    def _do_from_queue(self, kind):
        self.shop_id._transact(self._take_up, alone=False)
        if self.state == "waiting":
            self._work()
        return self.state != "waiting"

    def _take_up(self):
        """The worker of this run is gone, but the queue gave its job to another one.

        Somebody who has started the same work once more has a run of their own.
        """
        self._note_interrupted()
        if self.state == "stopped" and not self.search_count(
            [
                ("shop_id", "=", self.shop_id.id),
                ("kind", "=", self.kind),
                ("state", "in", OPEN),
            ]
        ):
            self.write({"state": "waiting", "ended_at": False, "message": False})

    def _passes_soon(self, kind):
        """Extend: who started it sees what went wrong, and decides."""
        return lambda error: False
