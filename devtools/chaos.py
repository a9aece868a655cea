"""``./dev chaos``: everything goes wrong at once, and the books must balance."""

import dataclasses

from . import database
from .console import Progress, say
from .paths import CHECKOUT
from .postgres import breakable_server, names_foreign_server
from .workspace import ADDON_STEPS, ODOO_STEPS, install_addon, odoo_ready, reserved

SCRIPT = CHECKOUT / "tests" / "crash" / "run.py"
STEPS = 1
# What `./dev test` does of it: kill collectors and printers in each phase of their
# work; then everything at once, shortly. Each finds what the other does not.
IN_TESTS = {
    "Killing, restarting and refusing": ("--short",),
    "Breaking everything at once": ("--minutes", "0.75", "--orders", "90"),
}


def add_arguments(parser):
    parser.add_argument(
        "--minutes", type=float, default=10, help="that faults go on (default: 10)"
    )
    parser.add_argument(
        "--seed", type=int, default=1, help="of the plan of what goes wrong"
    )
    parser.add_argument(
        "--orders", type=int, help="that arrive (default: 250 for each minute)"
    )
    parser.add_argument(
        "--plan", action="store_true", help="print the plan with its times"
    )
    parser.epilog = (
        "PostgreSQL is a server of its own and is really restarted. Where PG* "
        "variables name a server, only the connections to the database are cut."
    )


def main(arguments, _rest):
    options = ["--minutes", str(arguments.minutes), "--seed", str(arguments.seed)]
    if arguments.orders is not None:
        options += ["--orders", str(arguments.orders)]
    if arguments.plan:
        options.append("--plan")
    progress = Progress(ODOO_STEPS + ADDON_STEPS + STEPS)
    with odoo_ready(progress) as (odoo, base):
        name = database.database_name("chaos")
        with reserved(name):
            install_addon(progress, odoo, base, name)
            return run(progress, odoo, name, "Running", *options)


def run(progress, odoo, source, what, *options):
    """Run the script on a copy of a database.

    :param source: the database with the addon
    :param what: what to say that it does
    :param options: of the script
    :return: its exit code
    """
    progress.step(f"{what} ...")
    name = database.database_name("broken")
    with reserved(name):
        if names_foreign_server():
            say("    PG* variables name a server: its connections are cut instead.")
            database.copy(odoo.server, source, name)
            return odoo.run_python(odoo.write_config(name), SCRIPT, *options)
        with breakable_server(name) as server:
            database.send(odoo.server, source, server, name)
            there = dataclasses.replace(odoo, server=server)
            config = there.write_config(name)
            return there.run_python(config, SCRIPT, "--server", name, *options)
