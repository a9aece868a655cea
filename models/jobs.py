"""What the jobs of all models share."""

import traceback

from psycopg2 import errors as pg_errors

from odoo.exceptions import ConcurrencyError

# Conflicts that mean "another worker was faster": roll back and look again.
CONFLICTS = (
    pg_errors.SerializationFailure,
    pg_errors.DeadlockDetected,
    pg_errors.UniqueViolation,
    pg_errors.LockNotAvailable,
    ConcurrencyError,
)
# Marketplace work is nothing to write home about in each record's chatter.
JOB_CONTEXT = {
    "esm_job": True,
    "tracking_disable": True,
    "mail_create_nosubscribe": True,
    "mail_auto_subscribe_no_notify": True,
}


def write_changed(record, values):
    """Write what differs, if anything: an unchanged row is not locked or dated anew.

    :param record: a single record
    :param values: dict field name -> value as the record would hold it
    """
    changed = {name: value for name, value in values.items() if record[name] != value}
    if changed:
        record.write(changed)


def describe(error):
    """Where an unexpected error came from, for the log.

    Its own text stays out: that of a database error holds the row's values, which
    may be a buyer's.

    :param error: a caught exception
    :return: kind of error and traceback
    """
    return "{}\n{}".format(
        type(error).__name__, "".join(traceback.format_tb(error.__traceback__))
    )
