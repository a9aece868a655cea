"""``./dev upgrade``: from the first released version to today's, and out again.

The first release is taken out of the git history and installed in a database of its
own. It collects, books, ships and leaves work unfinished, against a running sandbox.
Then the addon is updated to the checkout: the figures have to be the same, and the
work has to go on where it was. In the end the addon is uninstalled: sales orders,
deliveries and invoices have to be the same once more, and it can be installed anew.
"""

import io
import json
import shutil
import subprocess
import tarfile
from contextlib import contextmanager

from . import database
from .console import DevError, Progress, say
from .odoo_process import RUN_DIR, log_problems, run_child, serving
from .paths import CHECKOUT, MODULE
from .postgres import free_port
from .workspace import ODOO_STEPS, odoo_ready, reserved, update_addon

# 19.0.1.0.0: the last commit before listings, as the first merchants installed it.
FIRST_RELEASE = "7e1ca16"
SCRIPTS = CHECKOUT / "tests" / "upgrade"
STEPS = 5
# As devtools.merchant has them, which only Python beside Odoo can import.
MASTER, SECRET = "scriptmaster", "script-secret-key-of-32-characters"
SELLERS = {"gmarket": ["mallsample_g"], "auction": ["mallsample_a"]}


def main(_arguments, _rest):
    progress = Progress(ODOO_STEPS + STEPS)
    with odoo_ready(progress) as (odoo, base):
        check(progress, odoo, base)
    return 0


def check(progress, odoo, base):
    """Go the whole way once; what is wrong is a :class:`DevError`.

    :param base: name of the base database
    """
    release = _first_release()
    if release is None:
        # A shallow clone. It cannot be told from a failure otherwise.
        say(
            f"NOT DONE: the upgrade from the first release: {FIRST_RELEASE} is not in "
            "this clone. Clone with the whole history to have it tried."
        )
        return
    name = database.database_name("upgrade")
    with reserved(name), _market(odoo) as url:
        progress.step("Installing the first release, and working with it ...")
        _install_first_release(odoo, base, name, release)
        config = odoo.write_config(name, addons=[release.parent])
        _run(odoo, release, config, "first_release.py", url)
        before = _figures(odoo, config, "marketplace.sql", "business.sql")
        config, problems = update_addon(progress, odoo, name)
        _fail_on(problems, "updating from the first release")
        after = _figures(odoo, config, "marketplace.sql", "business.sql")
        _compare(before, after, "the update")
        progress.step("Going on with the work of the first release ...")
        _run(odoo, CHECKOUT, config, "goes_on.py", url)
        before = _figures(odoo, config, "business.sql")
        progress.step("Uninstalling the addon ...")
        log = _run(odoo, CHECKOUT, config, "uninstall.py")
        _fail_on(log_problems(log), "uninstalling")
        after = _figures(odoo, config, "business.sql")
        _compare(before, after, "uninstalling")
        _run(odoo, CHECKOUT, config, "left_over.py")
        progress.step("Installing it anew ...")
        failed = f"{MODULE} could not be installed where it had been before."
        problems = odoo.run(config, "-i", MODULE, "--skip-auto-install", failed=failed)
        _fail_on(problems, "installing the addon anew")
    say(f"upgrade: {len(before)} figures of sales are the same after all of it")


def _first_release():
    """The folder with the first release; None if git does not know it."""
    folder = RUN_DIR / f"release-{FIRST_RELEASE}" / MODULE
    command = ["git", "-C", str(CHECKOUT), "archive", FIRST_RELEASE]
    archive = subprocess.run(command, capture_output=True)
    if archive.returncode:
        return None
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
    return folder


@contextmanager
def _market(odoo):
    """Give the address of a sandbox that lasts as long as the block."""
    accounts, port = RUN_DIR / "upgrade-accounts.json", free_port()
    accounts.parent.mkdir(parents=True, exist_ok=True)
    account = {"master_id": MASTER, "secret_key": SECRET, **SELLERS}
    accounts.write_text(json.dumps([account]), encoding="utf-8")
    url = f"http://127.0.0.1:{port}"
    command = [odoo.python, "-m", "sandbox", "--port", port, "--orders-interval", "0"]
    command += ["--accounts", accounts, "--seed", "6"]
    log = RUN_DIR / "upgrade-sandbox.log"
    with serving(command, f"{url}/_sandbox/health", log, cwd=CHECKOUT):
        yield url


def _install_first_release(odoo, base, name, release):
    database.copy(odoo.server, base, name)
    config = odoo.write_config(name, addons=[release.parent])
    failed = "The first release could not be installed."
    odoo.run(config, "-i", MODULE, "--skip-auto-install", failed=failed)


def _run(odoo, tree, config, script, *arguments):
    """Run a script of `SCRIPTS` with the modules of a tree; returns its log."""
    environment = odoo.script_environment(config, tree)
    command = [odoo.python, SCRIPTS / script, *arguments]
    log = RUN_DIR / f"upgrade-{script}.log"
    with open(log, "w", encoding="utf-8") as output:
        result = run_child(command, env=environment, cwd=tree, stdout=output)
    if result:
        raise DevError(
            f"The upgrade failed in {script}:\n" + log.read_text("utf-8")[-3000:],
            f"Read the log, {log}",
        )
    return log


def _figures(odoo, config, *files):
    """Dict name of a figure -> its rows, as SQL counts them.

    Each statement of the files begins with a line ``-- name``.
    """
    figures = {}
    for file in files:
        for part in (SCRIPTS / file).read_text("utf-8").split("\n-- ")[1:]:
            name, statement = part.split("\n", 1)
            figures[name] = odoo.server.query(statement, database=config.stem)
    return figures


def _compare(before, after, what):
    if not all(before.values()):
        empty = ", ".join(name for name, rows in before.items() if not rows)
        raise DevError(f"There is nothing to compare before {what}: {empty}")
    changed = [name for name in before if before[name] != after[name]]
    if changed:
        lines = [f"{name}: {before[name]}, then {after[name]}" for name in changed]
        raise DevError("\n".join([f"Figures changed with {what}:", *lines]))


def _fail_on(problems, doing):
    if problems:
        raise DevError(f"Odoo logged problems when {doing}:\n" + "\n".join(problems))
