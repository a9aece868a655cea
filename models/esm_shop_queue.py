from datetime import timedelta

from odoo import api, fields, models

from ..esm_api import EsmError, RateLimited
from .esm_queue_mixin import OPEN

# Work that only reads: all of it can be tried again. What is sent has the outbox, and
# stock its scheduled action, to come again when it is due.
READING = ("collect", "sweep", "listings", "states")
# Stock waits for orders that are being collected, but not longer than this.
LONGEST_WAIT = timedelta(minutes=5)


class EsmShop(models.Model):
    """The scheduled work of a shop as jobs of OCA's queue, where it is installed."""

    _name = "esm.shop"
    _inherit = ["esm.shop", "esm.queue.mixin"]

    @api.model
    def _leave_to_queue(self, kind, shops):
        """Extend: put a job for each shop, if somebody runs it."""
        if not shops or not self._has_queue():
            return super()._leave_to_queue(kind, shops)
        shops._put_in_queue(kind)
        return True

    def _queue_title(self, kind):
        env = self._as_job().env
        titles = {
            "collect": env._("Collect orders"),
            "sweep": env._("Read the last weeks again"),
            "process": env._("Book and release waiting orders"),
            "send": env._("Send confirmations and tracking numbers"),
            "states": env._("Read which parcels have arrived"),
            "listings": env._("Read listings"),
            "stock": env._("Push stock"),
        }
        owner = self.company_id if kind == "stock" else self
        return f"{titles[kind]}: {owner.display_name}"

    def _do_from_queue(self, kind):
        if kind == "stock" and self._is_too_early():
            return False
        getattr(self, f"_scheduled_{kind}")()
        if kind == "collect":
            # New orders and cancels: what is free changed.
            self._trigger_stock_job()
        return True

    def _is_too_early(self):
        """Whether orders of the company are going to be collected right now.

        Stock that is compared in between would read them a second time. Where that
        never ends, it does not wait for ever.
        """
        # sudo: as in _put_in_queue
        Job = self.env["queue.job"].sudo()
        job = Job.search([("uuid", "=", self.env.context.get("job_uuid"))])
        if not job or job.date_created < fields.Datetime.now() - LONGEST_WAIT:
            return False
        collecting = Job.search_count(
            [
                ("identity_key", "=like", f"{self._name}:collect:%"),
                ("company_id", "=", self.company_id.id),
                ("state", "in", (*OPEN, "started")),
            ],
            limit=1,
        )
        return bool(collecting)

    def _passes_soon(self, kind):
        """Extend: messages of the outbox have their own times to be sent again; only
        where ESM asked to slow down, those behind were not touched."""
        if kind in READING:
            return super()._passes_soon(kind)
        if kind == "send":
            return lambda error: isinstance(error, RateLimited)
        return lambda error: False

    def _queue_trouble_text(self, error):
        """Extend: in the merchant's words."""
        return self._explain(error) if isinstance(error, EsmError) else str(error)

    # --- what a run says of itself ------------------------------------------

    def _note_run(self, **result):
        """Extend: a job of the queue hears of trouble too."""
        self._tell_job(result["error"])
        return super()._note_run(**result)

    def _note_trouble(self, error):
        """Extend: a job of the queue hears of trouble too."""
        self._tell_job(error)
        return super()._note_trouble(error)

    def _tell_job(self, error):
        troubles = self.env.context.get("esm_job_troubles")
        if error and troubles is not None:
            troubles.append(error)
