"""Programs and fonts that come from the system's own package manager."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from .console import DevError, run, say
from .locks import locked
from .paths import CACHE

SYSTEM_PYTHON = Path("/usr/bin/python3")
POSTGRES_ROOT = Path("/usr/lib/postgresql")
# Names Odoo's browser tests look for.
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def postgres_bin():
    """Folder with the newest installed PostgreSQL's programs, or None."""
    found = [
        path.parent
        for path in POSTGRES_ROOT.glob("*/bin/initdb")
        if path.parent.parent.name.isdigit()
    ]
    return max(found, key=lambda path: int(path.parent.name), default=None)


def find_browser():
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def interpreter():
    """The Python the virtual environments are made with.

    The system's own: another user may not be able to run one that lives in
    somebody's home folder.
    """
    for python in (SYSTEM_PYTHON, Path(sys.executable)):
        check = "import sys; sys.exit(sys.version_info < (3, 10))"
        if python.exists() and not subprocess.run([python, "-c", check]).returncode:
            return python
    raise DevError("Odoo 19 needs Python 3.10 or newer.", "Install python3.")


def _venv_works():
    if not SYSTEM_PYTHON.exists():
        return False
    command = [SYSTEM_PYTHON, "-c", "import ensurepip, venv"]
    return not subprocess.run(command, capture_output=True).returncode


class Package(NamedTuple):
    """A package of Debian and Ubuntu."""

    name: str
    present: Callable  # says whether what it brings is there
    optional: bool = False  # whether all but some tests do without


PACKAGES = (
    Package("postgresql", postgres_bin),
    Package("python3-venv", _venv_works),
    Package("git", lambda: shutil.which("git")),
    Package("poppler-utils", lambda: shutil.which("pdftotext")),
    Package("fonts-nanum", Path("/usr/share/fonts/truetype/nanum").is_dir),
    Package("chromium", find_browser, optional=True),
    Package("wkhtmltopdf", lambda: shutil.which("wkhtmltopdf"), optional=True),
)


def install_missing_packages(progress):
    """Install what is missing with apt-get, and say what is optional and absent."""
    unavailable = _known_as_unavailable()
    missing = [
        package
        for package in PACKAGES
        if not package.present() and package.name not in unavailable
    ]
    if missing and not _may_install():
        _refuse_unless_optional(missing)
        missing = []
    if not missing:
        progress.step("System packages: ready")
        return
    names = ", ".join(package.name for package in missing)
    progress.step(f"Installing system packages: {names} ...")
    with locked("apt"):
        _apt_get(
            "update",
            failed="The list of system packages could not be read",
            then="Check the network and /etc/apt, then run ./dev setup again.",
        )
        if wanted := _in_this_suite(missing):
            _apt_get(
                *("install", "--no-install-recommends", *wanted),
                failed=f"System packages were not installed: {' '.join(wanted)}",
                then="Install them with apt-get, then run ./dev setup again.",
            )


def _may_install():
    is_root = os.geteuid() == 0
    return shutil.which("apt-get") and (is_root or shutil.which("sudo"))


def _refuse_unless_optional(missing):
    needed = [package.name for package in missing if not package.optional]
    if needed:
        raise DevError(
            "System packages are missing, and cannot be installed from here: that "
            "takes apt-get, and root or sudo.",
            f"Have these installed: {' '.join(package.name for package in missing)}",
        )
    for package in missing:
        say(f"    {package.name} is missing: tests that need it are skipped")


def _apt_get(*arguments, failed, then):
    command = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
    command += ["-o", "DPkg::Lock::Timeout=600", *arguments]
    if os.geteuid():
        command.insert(0, "sudo")
    run(command, failed=failed, then=then)


def _in_this_suite(packages):
    """Names of the packages that can be had; only optional ones may lack."""
    wanted, absent = [], []
    for package in packages:
        policy = run(["apt-cache", "policy", package.name])
        # Ubuntu's chromium package only points to a snap, which cannot be used
        # here: its version says so.
        usable = "Candidate: (none)" not in policy and "snap" not in policy
        (wanted if policy and usable else absent).append(package)
    if needed := [package.name for package in absent if not package.optional]:
        raise DevError(
            f"This system's package suite has no {', '.join(needed)}.",
            "Use Debian 12 or newer, or Ubuntu 22.04 or newer.",
        )
    for package in absent:
        say(f"    {package.name} is not in this suite: tests that need it are skipped")
    _remember_as_unavailable(package.name for package in absent)
    return [package.name for package in wanted]


def _unavailable_file():
    return CACHE / "not-in-this-suite"


def _known_as_unavailable():
    file = _unavailable_file()
    return file.read_text("utf-8").split() if file.exists() else []


def _remember_as_unavailable(names):
    with open(_unavailable_file(), "a", encoding="utf-8") as handle:
        handle.writelines(f"{name}\n" for name in names)
