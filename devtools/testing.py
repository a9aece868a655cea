"""``./dev test``: lint, install, update, translations, tests."""

from . import chaos, database, lint, upstream
from .console import DevError, Progress, run, say
from .odoo_process import RUN_DIR, addon_link, run_child
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
    parser.epilog = (
        "Anything else goes to pytest: files or folders of the checkout, -k NAME, -x. "
        "Environment: SALE_ESM_DB_SUFFIX gives a test database of one's own."
    )


def main(arguments, pytest_arguments):
    if arguments.upstream:
        return upstream.main(pytest_arguments)
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
        + whole * chaos.STEPS
    )
    with odoo_ready(progress) as (odoo, base):
        if with_lint:
            lint.check(progress)
        name = database.database_name("test")
        with reserved(name):
            config = _prepare(progress, odoo, base, name, arguments)
            translated = quick or _is_translated(progress, odoo, config)
            result = _run_pytest(progress, odoo, config, pytest_arguments)
            if whole and not result:
                what = "Killing, restarting and refusing"
                result = chaos.run(progress, odoo, name, what, "--short")
    if not translated:
        raise DevError(
            "The Korean translation does not match the addon's terms (see above).",
            f"Complete i18n/ko.po; Odoo's export is {TEMPLATE}",
        )
    return result


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
    command = [odoo.python, "-m", "pytest", "--odoo-config", config, "--odoo-http"]
    command += ["-c", link / "pyproject.toml", "--rootdir", link]
    command += ["-o", f"cache_dir={RUN_DIR / 'pytest'}", *arguments]
    command += ["-p", "devtools.log_check", "--odoo-log-level", "warn"]
    environment = {**odoo.environment, "PYTHONPATH": str(CHECKOUT)}
    result = run_child(command, env=environment, cwd=link)
    if result == NO_TESTS_COLLECTED:
        say("pytest found no test.")
    return result


def _through_link(argument, link):
    """Turn a path of the checkout into one below the addon's own name.

    Odoo knows the addon, and pytest the names of its test modules, only by that.
    """
    path, separator, test = argument.partition("::")
    real = CHECKOUT / path
    if argument.startswith("-") or not real.exists():
        return argument
    return f"{link / real.resolve().relative_to(CHECKOUT)}{separator}{test}"
