import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..esm_api import EsmError, StatusDate
from .jobs import describe
from .utc import aware

_logger = logging.getLogger(__name__)

# The first reading looks back this far, and none further: parcels arrive within days,
# and buyers decide within weeks.
FIRST_LOOK = timedelta(days=28)
# Days at ESM begin at Korean midnight, and states may show late.
STATES_OVERLAP = timedelta(days=1)
# A run that was interrupted does not read again what it has just read.
STATES_PAUSE = timedelta(minutes=30)


class EsmShop(models.Model):
    """What became of the parcels: in delivery, delivered, purchase decided."""

    _inherit = "esm.shop"

    states_read_at = fields.Datetime(readonly=True, copy=False)

    @api.model
    def _cron_states(self):
        """Read how far the parcels of all shops have come."""
        paused = fields.Datetime.now() - STATES_PAUSE
        shops = self.search(self._automatic_domain()).filtered(
            lambda shop: not shop.states_read_at or shop.states_read_at < paused
        )
        if not self._leave_to_queue("states", shops):
            self._for_each_shop(shops, type(self)._scheduled_states)

    def _scheduled_states(self):
        self._as_job()._read_states()

    def _read_states(self):
        """Read what arrived or was decided since the last time, by period.

        Some calls for all parcels, however many: two searches, by the day of arrival
        and by that of the decision.
        """
        self.ensure_one()
        now = fields.Datetime.now()
        oldest = now - FIRST_LOOK
        begin = max((self.states_read_at or oldest) - STATES_OVERLAP, oldest)
        states = {}
        try:
            api_client = self._api()
            for condition in (StatusDate.DELIVERY, StatusDate.DECISION):
                for state in api_client.delivery.statuses(
                    aware(begin), aware(now), condition
                ):
                    states[state.order_no] = state
        except EsmError as error:
            self._rollback()
            self._transact(lambda error=error: self._note_trouble(error))
            return
        except UserError as error:  # no key, or a neutralized database
            _logger.info("Shop %s cannot read states: %s", self.id, error)
            self._rollback()
            return
        Order = self.env["esm.order"]
        numbers = list(states)

        def apply(part):
            return Order._apply_arrivals(self, {no: states[no] for no in part})

        failed = []
        for start in range(0, len(numbers), Order._STORE_BATCH):
            part = numbers[start : start + Order._STORE_BATCH]
            failed += self._transact_apart(part, apply)[1]
        for number, error in failed:
            _logger.error(
                "Arrival of order %s cannot be noted: %s", number, describe(error)
            )
        if not failed:  # else the same days are read again, up to `FIRST_LOOK`
            self._transact(lambda: self.write({"states_read_at": now}))
