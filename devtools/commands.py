"""The commands of ``./dev`` other than ``test`` and ``lint``."""

import shutil

from . import database, demo_options
from .console import DevError, Progress, say
from .odoo_process import DATA_DIR, RUN_DIR, addon_link, run_child
from .paths import CACHE, CHECKOUT
from .postgres import (
    names_foreign_server,
    postgres_server,
    remove_private_cluster,
)
from .venvs import ensure_lint_venv, ensure_queue_job
from .workspace import (
    ADDON_STEPS,
    ODOO_STEPS,
    PYTHON_STEPS,
    fresh_addon_database,
    has_addon,
    install_addon,
    odoo_ready,
    python_ready,
    reserved,
    update_addon,
)

BENCHMARKS = CHECKOUT / "benchmarks" / "run.py"
DEMO = CHECKOUT / "devtools" / "demo.py"
SANDBOX = CHECKOUT / "sandbox" / "__main__.py"


def setup(_arguments, _rest):
    progress = Progress(ODOO_STEPS + 2)
    with odoo_ready(progress) as (odoo, _base):
        ensure_queue_job(progress, odoo.python)
        ensure_lint_venv(progress)
    say(f"Everything is there ({progress.elapsed}).")
    return 0


def demo(arguments, _rest):
    """Prepare a database, then leave it to ``devtools/demo.py``."""
    demo_options.check(arguments)
    options = demo_options.as_given(arguments)
    return _run_on_fresh_database("demo", DEMO, "-m", "devtools.demo", *options)


def bench(_arguments, rest):
    return _run_on_fresh_database("bench", BENCHMARKS, BENCHMARKS, *rest)


def _run_on_fresh_database(purpose, script, *command):
    _require(script)
    progress = Progress(ODOO_STEPS + ADDON_STEPS)
    with (
        odoo_ready(progress) as (odoo, base),
        fresh_addon_database(progress, odoo, base, purpose) as config,
    ):
        return odoo.run_python(config, *command)


def sandbox(_arguments, rest):
    _require(SANDBOX)
    _tree, python = python_ready(Progress(PYTHON_STEPS))
    return run_child([python, "-m", "sandbox", *rest], cwd=CHECKOUT)


def add_shell_arguments(parser):
    parser.add_argument(
        "--fresh", action="store_true", help="start from a new database"
    )


def shell(arguments, rest):
    progress = Progress(ODOO_STEPS + ADDON_STEPS)
    with odoo_ready(progress) as (odoo, base):
        name = database.database_name("dev")
        with reserved(name):
            if arguments.fresh or not has_addon(odoo, base, name):
                config, _problems = install_addon(progress, odoo, base, name)
            else:
                config, _problems = update_addon(progress, odoo, name)
            say("Odoo's shell: env is the environment; env.cr.commit() keeps changes.")
            command = [odoo.python, "-m", "odoo", "shell", "-c", config, "--no-http"]
            return run_child([*command, *rest], env=odoo.environment)


def add_clean_arguments(parser):
    parser.add_argument(
        "--all",
        action="store_true",
        help="also remove what was downloaded: Odoo and the Python environments",
    )


def clean(arguments, _rest):
    if names_foreign_server():
        with postgres_server() as server:
            database.remove_all(server)
    remove_private_cluster()
    for folder in (DATA_DIR, RUN_DIR.parent, addon_link().parent.parent):
        shutil.rmtree(folder, ignore_errors=True)
    if arguments.all:
        shutil.rmtree(CACHE, ignore_errors=True)
    say(f"Removed {'everything' if arguments.all else 'the databases'} from {CACHE}")
    return 0


def _require(script):
    if not script.exists():
        raise DevError(
            f"There is no {script.relative_to(CHECKOUT)} in this checkout.",
            "Take a version that has it.",
        )
