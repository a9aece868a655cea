"""Virtual environments in the cache: one that runs Odoo, one for lint tools."""

import os
import subprocess
from pathlib import Path

from .console import run
from .locks import build_once, is_built
from .paths import CACHE, fingerprint
from .system import interpreter

REQUIREMENTS = Path(__file__).parent / "requirements"


def ensure_odoo_venv(progress, odoo):
    """Return the Python that runs Odoo and the tests."""

    def make_importable(folder):
        site = next((folder / "lib").glob("python3.*")) / "site-packages"
        (site / "odoo-source.pth").write_text(f"{odoo.python_path}\n", "utf-8")

    return _ensure_venv(
        progress,
        "Python packages for Odoo and tests",
        "venv-odoo",
        ["odoo.txt", "test.txt"],
        [odoo.python_path],
        make_importable,
    )


def ensure_lint_venv(progress):
    """Return the Python that has the lint tools."""
    return _ensure_venv(progress, "Lint tools", "venv-lint", ["lint.txt"])


def ensure_audit_venv(progress):
    """Return the Python that asks for known faults of packages."""
    return _ensure_venv(progress, "Audit of packages", "venv-audit", ["audit.txt"])


def ensure_screens_venv(progress):
    """Return the Python that drives a browser and saves pictures."""
    return _ensure_venv(progress, "Browser driver", "venv-screens", ["screens.txt"])


def ensure_queue_job(progress, python):
    """Return a folder with OCA's job queue, for Odoo runs that want it.

    :param python: the Python that runs Odoo
    """
    requirements = REQUIREMENTS / "queue.txt"
    key = fingerprint(python, requirements.read_text("utf-8"))
    folder = CACHE / f"queue-job-{key}"

    def build(folder):
        _install(python, [requirements], "--no-deps", "--target", folder)

    if is_built(folder, key):
        progress.step("OCA's job queue: ready")
    else:
        progress.step("OCA's job queue: installing ...")
        build_once(folder, key, build)
    return folder


def _ensure_venv(progress, what, prefix, files, inputs=(), finish=None):
    requirements = [REQUIREMENTS / name for name in files]
    texts = [path.read_text("utf-8") for path in requirements]
    python = interpreter()
    version = run([python, "--version"])
    key = fingerprint(python, version, *texts, *inputs)
    folder = CACHE / f"{prefix}-{key}"

    def build(folder):
        run([python, "-m", "venv", folder])
        _install(folder / "bin" / "python", requirements)
        if finish:
            finish(folder)

    if is_built(folder, key):
        progress.step(f"{what}: ready")
    else:
        progress.step(f"{what}: installing ...")
        build_once(folder, key, build)
    return folder / "bin" / "python"


def _install(python, requirements, *options):
    """Install with uv, which is many times quicker, or else with pip.

    :param python: of a virtual environment
    :param options: that uv and pip share
    """
    options = [*options, *(part for path in requirements for part in ("-r", path))]
    pip = [python, "-m", "pip", "install", "--quiet"]
    if not subprocess.run([*pip, "uv"], capture_output=True).returncode:
        uv = python.parent / "uv"
        command = [uv, "pip", "install", "--quiet", "--python", python, *options]
        environment = {**os.environ, "UV_CACHE_DIR": str(CACHE / "uv")}
        if not subprocess.run(command, env=environment).returncode:
            return
    run(
        [*pip, *options],
        failed="Python packages could not be installed",
        then="Check the network, then run ./dev setup again.",
    )
