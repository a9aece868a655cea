"""The command line of ``./dev``."""

import argparse
import signal
import sys

from . import (
    chaos,
    commands,
    demo_options,
    lint,
    screens_command,
    testing,
    upgrade,
)
from .console import DevError, complain

PASSED_ON = "Further options are passed on; ./dev {} -- --help shows them."


def main():
    """Run the command that the user gave, and return its exit code."""
    arguments, rest = _parser().parse_known_args()
    if rest and not arguments.takes_more:
        _parser().error(f"unknown option: {' '.join(rest)}")
    if rest[:1] == ["--"]:
        del rest[0]
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    try:
        return arguments.main(arguments, rest)
    except DevError as error:
        complain(error)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return 128 + signal.SIGINT


def _end(number, _frame):
    """End as on Ctrl-C: with whatever was started stopped."""
    sys.exit(128 + number)


def _parser():
    parser = argparse.ArgumentParser(
        prog="./dev",
        description="Try and develop sale_esm, the Gmarket & Auction connector for "
        "Odoo 19. Needs Debian or Ubuntu; downloads what it needs into a cache.",
        epilog="Environment: SALE_ESM_CACHE (where the cache is), ODOO_HOME (an Odoo "
        "19 tree to use), PGHOST, PGPORT, PGUSER, PGPASSWORD (a PostgreSQL server to "
        "use), SALE_ESM_DB_SUFFIX (databases of one's own).",
    )
    group = parser.add_subparsers(metavar="COMMAND", required=True)

    def add(name, main_function, text, add_arguments=None, *, takes_more=False):
        command = group.add_parser(
            name, help=text, description=text, allow_abbrev=False
        )
        command.set_defaults(main=main_function, takes_more=takes_more)
        if add_arguments:
            add_arguments(command)
        elif takes_more:
            command.epilog = PASSED_ON.format(name)

    add("setup", commands.setup, "download everything, and do nothing else")
    add(
        "demo",
        commands.demo,
        "run Odoo with the connector against the sandbox, or another server",
        demo_options.add_arguments,
    )
    add(
        "test",
        testing.main,
        "lint, install, update, and run all tests",
        testing.add_arguments,
        takes_more=True,
    )
    add(
        "chaos",
        chaos.main,
        "let everything go wrong at once, and see whether the books balance",
        chaos.add_arguments,
    )
    add("lint", lint.main, "check style and Odoo's pitfalls")
    add("upgrade", upgrade.main, "update from the first release, uninstall, compare")
    add(
        "screens",
        screens_command.main,
        "take and check pictures of all screens, in both languages and two sizes",
        screens_command.add_arguments,
    )
    add(
        "bench",
        commands.bench,
        "measure the connector against plain Odoo",
        takes_more=True,
    )
    add(
        "sandbox",
        commands.sandbox,
        "run a local server that speaks the ESM Trading API",
        takes_more=True,
    )
    add(
        "shell",
        commands.shell,
        "open Odoo's Python shell on a development database",
        commands.add_shell_arguments,
        takes_more=True,
    )
    add(
        "clean",
        commands.clean,
        "remove the databases",
        commands.add_clean_arguments,
    )
    return parser
