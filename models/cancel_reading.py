"""What the marketplace listed of cancels, and when it was asked.

Several workers read such lists: collectors, and whoever validates a delivery. Which of
two readings is the older one is told by the database's clock: all of our machines see
the same, and it does not matter whether it agrees with the marketplace's.
"""

from dataclasses import dataclass

from odoo.tools import SQL

from ..esm_api import Cancel


def database_time(env):
    """The time by the database's clock, not that of the transaction's begin.

    :return: seconds since 1970, as float
    """
    query = SQL("SELECT EXTRACT(EPOCH FROM clock_timestamp())::float8")
    return env.execute_query(query)[0][0]


@dataclass(frozen=True)
class CancelReading:
    """One reading of a shop's cancels.

    :param cancels: order number -> its newest cancel
    :param began: before the first call, see `database_time`
    :param ended: after the last call, see `database_time`
    """

    cancels: dict[str, Cancel]
    began: float
    ended: float

    def precedes(self, time):
        """Whether the marketplace certainly said all of this before that time."""
        return self.ended < time

    def follows(self, time):
        """Whether the marketplace certainly said all of this at that time or later."""
        return self.began >= time
