"""Dispatch deadlines as a selection field that is right at any moment.

The state changes by itself with time, so it is computed from what is stored when it is
read, searched for or grouped by.
"""

from odoo import fields
from odoo.fields import Domain
from odoo.tools import SQL

from ..esm_api import Due, due, due_limits
from .utc import aware, naive

UNKNOWN = "unknown"
DUE_STATES = [
    (Due.LATE.value, "Late"),
    (Due.TODAY.value, "Today"),
    (Due.TOMORROW.value, "Tomorrow"),
    (Due.LATER.value, "Later"),
    (UNKNOWN, "No Deadline Yet"),
]


def due_state(is_open, due_at):
    """State of a deadline now.

    :param is_open: whether it still has to be met
    :param due_at: value of a datetime field, False as long as ESM has told none
    :return: value of a selection field with `DUE_STATES`
    """
    if not is_open:
        return False
    if not due_at:
        return UNKNOWN
    return due(aware(due_at), aware(fields.Datetime.now())).value


def due_domain(open_domain, name, states):
    """Records whose deadline is in one of these states now.

    :param open_domain: records whose deadline still has to be met
    :param name: name of the stored datetime field
    :param states: values of `DUE_STATES`, or False for none to be met
    """
    domain = Domain.FALSE
    if UNKNOWN in states:
        domain |= Domain(name, "=", False)
    for kind, (begin, end) in due_limits(aware(fields.Datetime.now())).items():
        if kind.value in states:
            part = Domain(name, "!=", False)
            if begin:
                part &= Domain(name, ">=", naive(begin))
            if end:
                part &= Domain(name, "<", naive(end))
            domain |= part
    domain &= Domain(open_domain)
    if False in states:
        domain |= ~Domain(open_domain)
    return domain


def due_sql(is_open, due_at):
    """SQL of the state of a deadline.

    :param is_open: SQL of whether it still has to be met
    :param due_at: SQL of the stored datetime column
    """
    cases = [
        SQL("WHEN %s < %s THEN %s", due_at, naive(end), kind.value)
        for kind, (_begin, end) in due_limits(aware(fields.Datetime.now())).items()
        if end
    ]
    return SQL(
        "CASE WHEN %s IS NOT TRUE THEN NULL WHEN %s IS NULL THEN %s %s ELSE %s END",
        is_open,
        due_at,
        UNKNOWN,
        SQL(" ").join(cases),
        Due.LATER.value,
    )
