"""The commands of ``./dev``."""

import argparse
import signal
import sys

from . import testing
from .console import DevError, Progress, complain, say
from .venvs import ensure_lint_venv
from .workspace import ODOO_STEPS, odoo_ready


def setup_main(_arguments, _rest):
    progress = Progress(ODOO_STEPS + 1)
    with odoo_ready(progress):
        ensure_lint_venv(progress)
    say(f"Everything is there ({progress.elapsed}).")
    return 0


def main():
    parser = argparse.ArgumentParser(
        prog="./dev", description="Develop and try sale_esm, Odoo's ESM connector."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    setup = commands.add_parser("setup", allow_abbrev=False)
    setup.set_defaults(main=setup_main)
    test = commands.add_parser("test", allow_abbrev=False)
    testing.add_arguments(test)
    test.set_defaults(main=testing.main)
    arguments, rest = parser.parse_known_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    try:
        return arguments.main(arguments, rest)
    except DevError as error:
        complain(error)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return 130


def _end(number, _frame):
    """End as on Ctrl-C: with whatever was started stopped."""
    sys.exit(128 + number)
