"""The tests with OCA's job queue, on a database and addons path of their own."""

from dataclasses import replace

from . import database
from .console import Progress
from .paths import CHECKOUT
from .venvs import ensure_queue_job
from .workspace import (
    ADDON_STEPS,
    ODOO_STEPS,
    fresh_addon_database,
    odoo_ready,
    reserved,
)

SCRIPT = CHECKOUT / "tests" / "crash" / "job_queue.py"
STEPS = 2


def main():
    """Run them alone, the long way, and return the exit code."""
    progress = Progress(ODOO_STEPS + ADDON_STEPS + STEPS)
    with (
        odoo_ready(progress) as (odoo, base),
        fresh_addon_database(progress, odoo, base, "test", keep=True),
    ):
        return run(progress, odoo, database.database_name("test"), "--long")


def run(progress, odoo, source, *options):
    """Run the script on a copy of a database.

    :param source: a database with the addon
    :param options: of the script
    :return: its exit code
    """
    odoo = replace(odoo, packages=ensure_queue_job(progress, odoo.python))
    progress.step("Working with OCA's job queue, and without ...")
    name = database.database_name("queue")
    with reserved(name):
        database.copy(odoo.server, source, name)
        config = odoo.write_config(name, log_level="warn")
        return odoo.run_python(config, SCRIPT, *options)
