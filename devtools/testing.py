"""``./dev test``: lint, install, update, translations, tests."""

import subprocess
import sys
from contextlib import ExitStack, contextmanager, nullcontext

from . import chaos, database, lint, queue_jobs, shards, upstream
from .console import DevError, Progress, run, say
from .odoo_process import RUN_DIR, addon_link, run_child, stop
from .paths import CHECKOUT, MODULE
from .workspace import (
    ADDON_STEPS,
    ODOO_STEPS,
    has_addon,
    install_addon,
    odoo_ready,
    reserved,
    update_addon,
)

TRANSLATION = CHECKOUT / "i18n" / "ko.po"
TEMPLATE = RUN_DIR / f"{MODULE}.pot"
NO_TESTS_COLLECTED = 5


def add_arguments(parser):
    parser.add_argument("--no-lint", action="store_true", help="leave lint out")
    parser.add_argument(
        "--fast",
        action="store_true",
        help="while developing: keep the last test database, only update the addon "
        "in it and run the tests; nothing else",
    )
    parser.add_argument(
        "--no-install",
        action="store_true",
        help="quicker still: run the tests on the last test database as it is",
    )
    parser.add_argument(
        "--upstream",
        action="store_true",
        help="instead, run Odoo's own tests with and without the addon and compare",
    )
    parser.add_argument(
        "--queue",
        action="store_true",
        help="instead, run only the tests with OCA's job queue, the longer ones too",
    )
    parser.epilog = (
        "Anything else goes to pytest: files or folders of the checkout, -k NAME, -x. "
        "Environment: SALE_ESM_DB_SUFFIX gives a test database of one's own."
    )


def main(arguments, pytest_arguments):
    if arguments.upstream:
        return upstream.main(pytest_arguments)
    if arguments.queue:
        return queue_jobs.main()
    quick = arguments.fast or arguments.no_install
    whole = not quick and not pytest_arguments
    with_lint = not quick and not arguments.no_lint
    progress = Progress(
        ODOO_STEPS
        + with_lint * lint.STEPS
        + ADDON_STEPS
        + (not arguments.no_install)
        + (not quick)
        + 1
        + whole
        + whole * (len(chaos.IN_TESTS) * chaos.STEPS + queue_jobs.STEPS)
    )
    with odoo_ready(progress) as (odoo, base):
        with _trying_upgrade(progress) if whole else nullcontext():
            if with_lint:
                lint.check(progress)
        name = database.database_name("test")
        with reserved(name):
            config = _prepare(progress, odoo, base, name, arguments)
            translated = quick or _is_translated(progress, odoo, config)
            if whole:
                result = _run_all(progress, odoo, name)
            else:
                result = _run_pytest(progress, odoo, config, pytest_arguments)
            for what, options in chaos.IN_TESTS.items() if whole else ():
                result = result or chaos.run(progress, odoo, name, what, *options)
            if whole and not result:
                result = queue_jobs.run(progress, odoo, name)
    if not translated:
        raise DevError(
            "The Korean translation does not match the addon's terms (see above).",
            f"Complete i18n/ko.po; Odoo's export is {TEMPLATE}",
        )
    return result


@contextmanager
def _trying_upgrade(progress):
    """Let ``./dev upgrade`` run beside the block; it has to come to a good end.

    Most of lint is one process at a time: this one costs next to nothing then.
    """
    progress.step("Trying the upgrade from the first release, beside what follows ...")
    RUN_DIR.mkdir(parents=True, exist_ok=True)
    log = RUN_DIR / "upgrade.log"
    with open(log, "w", encoding="utf-8") as output:
        child = subprocess.Popen(
            [sys.executable, CHECKOUT / "dev", "upgrade"],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield
            result = child.wait()
        finally:
            stop(child)
    lines = log.read_text(encoding="utf-8", errors="replace")
    if result:
        raise DevError(
            f"The upgrade from the first release failed:\n{lines}",
            "Run ./dev upgrade to see it alone.",
        )
    say(lines.strip().rpartition("\n")[2])


def _prepare(progress, odoo, base, name, arguments):
    """Bring up the test database; what Odoo complains of there is a failure."""
    problems = []
    quick = arguments.fast or arguments.no_install
    if quick and has_addon(odoo, base, name):
        progress.step(f"Database {name}: keeping the last one")
        config = odoo.write_config(name)
    else:
        config, problems = install_addon(progress, odoo, base, name)
    if not arguments.no_install:
        config, more = update_addon(progress, odoo, name)
        problems += more
    if problems:
        raise DevError(
            "Odoo logged problems:\n" + "\n".join(problems),
            "Mend what it complains of: a clean log is part of the tests.",
        )
    return config


def _is_translated(progress, odoo, config):
    """Whether the Korean translation has all terms that Odoo exports."""
    progress.step("Comparing the Korean translation with the addon's terms ...")
    export = ["i18n", "export", MODULE, "-l", "pot", "-o", TEMPLATE, "-c", config]
    command = [odoo.python, "-m", "odoo", *export]
    run(command, env=odoo.environment, failed="The terms could not be exported.")
    if not TRANSLATION.exists():
        say(f"There is no {TRANSLATION.relative_to(CHECKOUT)}.")
        return False
    compare = ["-m", "devtools.translations", TEMPLATE, TRANSLATION]
    return odoo.run_python(config, *compare) == 0


def _run_pytest(progress, odoo, config, arguments):
    progress.step("Running the tests ...")
    link = addon_link()
    arguments = [_through_link(argument, link) for argument in arguments]
    if not any(argument.startswith(str(link)) for argument in arguments):
        arguments.append(str(link))
    command = _pytest(odoo, config, arguments)
    result = run_child(command, env=_test_environment(odoo), cwd=link)
    if result == NO_TESTS_COLLECTED:
        say("pytest found no test.")
    return result


def _run_all(progress, odoo, name):
    """Run all test files, in as many processes as there are processors for.

    :param name: test database; further processes get copies of it
    """
    link = addon_link()
    parts = shards.split(sorted((link / "tests").glob("test_*.py")), shards.count())
    names = [name, *(f"{name}_{number}" for number in range(2, len(parts) + 1))]
    progress.step(f"Running the tests in {len(parts)} processes ...")
    with ExitStack() as reservations:
        commands = []
        for database_name, files in zip(names, parts, strict=True):
            if database_name != name:
                reservations.enter_context(reserved(database_name))
                database.copy(odoo.server, name, database_name)
            commands.append(_pytest(odoo, odoo.write_config(database_name), files))
        results = shards.run(commands, env=_test_environment(odoo), cwd=link)
    return next((result for result in results if result), 0)


def _pytest(odoo, config, arguments):
    link = addon_link()
    command = [odoo.python, "-m", "pytest", "--odoo-config", config, "--odoo-http"]
    command += ["-c", link / "pyproject.toml", "--rootdir", link]
    command += ["-o", f"cache_dir={RUN_DIR / 'pytest'}", *arguments]
    return [*command, "-p", "devtools.log_check", "--odoo-log-level", "warn"]


def _test_environment(odoo):
    return {**odoo.environment, "PYTHONPATH": str(CHECKOUT)}


def _through_link(argument, link):
    """Turn a path of the checkout into one below the addon's own name.

    Odoo knows the addon, and pytest the names of its test modules, only by that.
    """
    path, separator, test = argument.partition("::")
    real = CHECKOUT / path
    if argument.startswith("-") or not real.exists():
        return argument
    return f"{link / real.resolve().relative_to(CHECKOUT)}{separator}{test}"
