"""Dispatch deadlines as a selection field that is right at any moment.

The state changes by itself with time, so it is computed from the stored deadline when
it is read, searched for or grouped by.
"""

from odoo import fields
from odoo.fields import Domain
from odoo.tools import SQL

from ..esm_api import Due, due, due_limits
from .utc import aware, naive

DUE_STATES = [
    (Due.LATE.value, "Late"),
    (Due.TODAY.value, "Today"),
    (Due.TOMORROW.value, "Tomorrow"),
    (Due.LATER.value, "Later"),
]


def due_state(due_at):
    """State of a deadline now.

    :param due_at: value of a datetime field
    :return: value of a selection field with `DUE_STATES`
    """
    return due_at and due(aware(due_at), aware(fields.Datetime.now())).value


def due_domain(name, states):
    """Records whose deadline is in one of these states now.

    :param name: name of the stored datetime field
    :param states: values of `DUE_STATES`, or False for no deadline
    """
    domain = Domain(name, "=", False) if False in states else Domain.FALSE
    for kind, (begin, end) in due_limits(aware(fields.Datetime.now())).items():
        if kind.value in states:
            domain |= (Domain(name, ">=", naive(begin)) if begin else Domain.TRUE) & (
                Domain(name, "<", naive(end)) if end else Domain(name, "!=", False)
            )
    return domain


def due_sql(deadline):
    """SQL of the state of a deadline.

    :param deadline: SQL of the stored datetime column
    """
    cases = [
        SQL("WHEN %s < %s THEN %s", deadline, naive(end), kind.value)
        for kind, (_begin, end) in due_limits(aware(fields.Datetime.now())).items()
        if end
    ]
    return SQL(
        "CASE WHEN %s IS NULL THEN NULL %s ELSE %s END",
        deadline,
        SQL(" ").join(cases),
        Due.LATER.value,
    )
