"""Odoo's environment for a plain script (runs in the virtual environment).

::

    from devtools.odoo_env import odoo_env

    with odoo_env() as env:
        print(env["sale.order"].search_count([]))
"""

import threading
from contextlib import contextmanager

import odoo.api
import odoo.orm.registry
from odoo.tools import config

from .odoo_process import script_config


@contextmanager
def odoo_env(user_id=odoo.api.SUPERUSER_ID, **context):
    """Give an ``env`` on the script's database, with a real cursor.

    What the block did is committed at its end, or rolled back on an exception;
    ``env.cr.commit()`` in between works as ever. Each call has its own cursor and
    transaction, so calls in several threads do not see each other's uncommitted
    work.
    """
    with odoo_registry().cursor() as cr:
        yield odoo.api.Environment(cr, user_id, context)


def odoo_registry():
    """The registry of the script's database, loaded on the first call."""
    path = str(script_config())
    if config["config"] != path:
        config.parse_config(["--config", path], setup_logging=True)
    [database] = config["db_name"]
    threading.current_thread().dbname = database  # for the log
    return odoo.orm.registry.Registry(database)
