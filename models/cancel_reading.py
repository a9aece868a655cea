"""What the marketplace listed of cancels, and when it was asked.

Several workers read such lists: collectors, and whoever validates a delivery. Which of
two readings is the older one is told by numbers that they draw from one sequence of the
database. No clock is asked: those of our machines may differ, that of the database may
be set back, and the marketplace's is not ours.
"""

from dataclasses import dataclass

from odoo.tools import SQL

from ..esm_api import Cancel


def make_sequence(cr):
    """Make the sequence, unless it is there; it goes with the column it belongs to.

    Not one of Odoo's: those can be set back, given a prefix or removed in the settings.
    """
    cr.execute(
        "CREATE SEQUENCE IF NOT EXISTS esm_reading_seq OWNED BY esm_order.cancel_moment"
    )


def next_moment(env):
    """Draw a number that is higher than all that were drawn before, by any worker.

    :return: int
    """
    return env.execute_query(SQL("SELECT nextval('esm_reading_seq')"))[0][0]


@dataclass(frozen=True)
class CancelReading:
    """One reading of a shop's cancels.

    :param cancels: order number -> its newest cancel
    :param began: drawn before the first call, see `next_moment`
    :param ended: drawn after the last call
    """

    cancels: dict[str, Cancel]
    began: int
    ended: int

    def precedes(self, moment):
        """Whether the marketplace certainly said all of this before that moment."""
        return self.ended < moment

    def follows(self, moment):
        """Whether the marketplace certainly said all of this after that moment."""
        return self.began > moment
