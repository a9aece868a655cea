"""``./dev test``: lint, install, update, translations, tests."""

import os

from . import database
from .console import DevError, Progress, complain, say
from .odoo_process import RUN_DIR, addon_link, run_child
from .paths import CHECKOUT, MODULE
from .workspace import (
    ADDON_STEPS,
    ODOO_STEPS,
    install_addon,
    odoo_ready,
    require_addon,
    reserved,
)

CRASH_TESTS = CHECKOUT / "tests" / "crash" / "run.py"
NO_TESTS_COLLECTED = 5


def add_arguments(parser):
    parser.add_argument("--no-lint", action="store_true", help="leave lint out")
    parser.add_argument(
        "--fast",
        action="store_true",
        help="while developing: keep the last test database and only update the "
        "addon in it; no lint, no crash tests",
    )
    parser.add_argument(
        "--no-install",
        action="store_true",
        help="run the tests on the last test database as it is",
    )
    parser.epilog = "Anything else goes to pytest: a file or folder of the checkout, -k NAME, -x ..."


def main(arguments, pytest_arguments):
    progress = Progress(ODOO_STEPS + ADDON_STEPS + 2)
    with odoo_ready(progress) as (odoo, base):
        name = database.database_name("test")
        with reserved(name):
            config = _prepare(progress, odoo, base, name, arguments)
            return _run_pytest(progress, odoo, config, pytest_arguments)


def _prepare(progress, odoo, base, name, arguments):
    reuse = arguments.fast or arguments.no_install
    problems = []
    if reuse and database.exists(odoo.server, name):
        progress.step(f"Database {name}: keeping the last one")
        config = odoo.write_config(name)
    else:
        config, problems = install_addon(progress, odoo, base, name)
    if not arguments.no_install:
        progress.step(f"Updating {MODULE} ...")
        failed = f"{MODULE} could not be updated."
        problems += odoo.run(config, "-u", MODULE, "--skip-auto-install", failed=failed)
    if problems:
        raise DevError(
            "Odoo logged problems:\n" + "\n".join(problems),
            "Mend what it complains of: a clean log is part of the tests.",
        )
    return config


def _run_pytest(progress, odoo, config, arguments):
    progress.step("Running the tests ...")
    link = addon_link()
    arguments = [_through_link(argument, link) for argument in arguments]
    if not any(str(link) in argument for argument in arguments):
        arguments.append(str(link))
    command = [odoo.python, "-m", "pytest", "--odoo-config", config, "--odoo-http"]
    command += ["-o", f"cache_dir={RUN_DIR / 'pytest'}", *arguments]
    result = run_child(command, env=odoo.environment, cwd=link)
    if result == NO_TESTS_COLLECTED:
        say("No test was found.")
    return result


def _through_link(argument, link):
    """Turn a path of the checkout into one below the addon's own name.

    Odoo only knows the addon, and pytest its tests' module names, by that.
    """
    path, separator, test = argument.partition("::")
    real = CHECKOUT / path
    if argument.startswith("-") or not real.exists():
        return argument
    return f"{link / real.resolve().relative_to(CHECKOUT)}{separator}{test}"
