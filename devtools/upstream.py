"""``./dev test --upstream``: Odoo's own tests, with and without the addon."""

# What it reads is written by pytest, on the same machine.
import xml.etree.ElementTree as ET  # nosec B405

from . import database
from .console import DevError, Progress, say
from .odoo_process import RUN_DIR, run_child
from .paths import MODULE
from .workspace import ADDON_STEPS, ODOO_STEPS, install_addon, odoo_ready, reserved

SUITES = ("sale_stock", "stock_delivery")


def main(pytest_arguments):
    progress = Progress(ODOO_STEPS + 1 + ADDON_STEPS + 2)
    with odoo_ready(progress) as (odoo, _base):
        base = database.ensure_base(progress, odoo, database.UPSTREAM)
        name = database.database_name("upstream")
        with reserved(name):
            database.copy(odoo.server, base, name)
            config = odoo.write_config(name, with_addon=False)
            without = _run(progress, odoo, config, "without", pytest_arguments)
            config, _problems = install_addon(progress, odoo, base, name)
            with_addon = _run(progress, odoo, config, "with", pytest_arguments)
    return _compare(without, with_addon)


def _run(progress, odoo, config, label, pytest_arguments):
    """Run the suites and return the tests' outcomes by name."""
    progress.step(f"Running {' and '.join(SUITES)} {label} {MODULE} ...")
    report = RUN_DIR / f"upstream-{label}.xml"
    report.unlink(missing_ok=True)
    addons = odoo.tree.addons_paths
    folders = [
        next(path / suite for path in addons if (path / suite).is_dir())
        for suite in SUITES
    ]
    command = [odoo.python, "-m", "pytest", "--odoo-config", config, "--odoo-http"]
    command += ["--quiet", "--tb=short", "-p", "no:cacheprovider"]
    command += [f"--junit-xml={report}", *pytest_arguments, *folders]
    run_child(command, env=odoo.environment, cwd=RUN_DIR)
    if not report.exists():
        raise DevError("Odoo's own tests did not run to their end.")
    return {
        f"{case.get('classname')}.{case.get('name')}": _outcome(case)
        for case in ET.parse(report).iter("testcase")  # nosec B314
    }


def _outcome(case):
    found = [case.find(kind) is not None for kind in ("failure", "error")]
    return "failed" if any(found) else "passed"


def _compare(without, with_addon):
    """Say which tests fail only with the addon; that is the only failure here."""
    if without.keys() != with_addon.keys():
        raise DevError("Different tests ran with and without the addon.")
    broken = [
        test
        for test, outcome in with_addon.items()
        if outcome == "failed" and without[test] == "passed"
    ]
    for test in broken:
        say(f"fails only with {MODULE}: {test}")
    already = sum(outcome == "failed" for outcome in without.values())
    if already:
        say(f"{already} fail without {MODULE} as well")
    say(f"{len(without) - len(broken)} passed, {len(broken)} failed")
    return bool(broken)
