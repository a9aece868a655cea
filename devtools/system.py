"""Programs and fonts that come from the system's own package manager."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

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


# Package, how to see that it is there, and whether one can do without it.
PACKAGES = (
    ("postgresql", postgres_bin, False),
    ("python3-venv", _venv_works, False),
    ("git", lambda: shutil.which("git"), False),
    ("chromium", find_browser, True),
    ("wkhtmltopdf", lambda: shutil.which("wkhtmltopdf"), True),
    ("poppler-utils", lambda: shutil.which("pdftotext"), False),
    ("fonts-nanum", lambda: Path("/usr/share/fonts/truetype/nanum").is_dir(), False),
)


def as_root(command):
    """The command, through sudo where we are not root."""
    if os.geteuid() == 0:
        return command
    if not shutil.which("sudo"):
        raise DevError(
            "System packages are missing, and there is neither root nor sudo.",
            "Ask an administrator to run ./dev setup once, or to install: "
            + " ".join(name for name, present, _ in PACKAGES if not present()),
        )
    return ["sudo", *command]


def missing_packages():
    """Names of the packages to install; those not in this suite are left out."""
    unavailable = _unavailable_file()
    known = unavailable.read_text().split() if unavailable.exists() else []
    return [
        name for name, present, _ in PACKAGES if not present() and name not in known
    ]


def _unavailable_file():
    return CACHE / "not-in-this-suite"


def install_missing_packages(progress):
    """Install what is missing with apt-get, and say what is optional and absent."""
    missing = missing_packages()
    if not missing:
        progress.step("System packages: all there")
        return
    progress.step(f"Installing system packages: {', '.join(missing)} ...")
    if not shutil.which("apt-get"):
        raise DevError(
            "This is no Debian or Ubuntu (no apt-get).",
            f"Install these by your system's own means: {' '.join(missing)}",
        )
    with locked("apt"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        apt = ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=600"]
        run(
            as_root([*apt, "update"]),
            env=environment,
            failed="The list of system packages could not be read",
            then="Check the network and /etc/apt, then run ./dev setup again.",
        )
        wanted = _in_this_suite(missing)
        if wanted:
            run(
                as_root([*apt, "install", "--no-install-recommends", *wanted]),
                env=environment,
                failed=f"System packages were not installed: {' '.join(wanted)}",
                then="Install them with apt-get, then run ./dev setup again.",
            )


def _in_this_suite(names):
    """Split off packages this suite does not have; only optional ones may lack."""
    optional = {name for name, _, can_miss in PACKAGES if can_miss}
    wanted, absent = [], []
    for name in names:
        policy = run(["apt-cache", "policy", name])
        # Ubuntu's chromium package only points to a snap, which cannot be used
        # here: its version says so.
        usable = "Candidate: (none)" not in policy and "snap" not in policy
        (wanted if policy and usable else absent).append(name)
    if needed := [name for name in absent if name not in optional]:
        raise DevError(
            f"This system's package suite has no {', '.join(needed)}.",
            "Use Debian 12 or newer, or Ubuntu 22.04 or newer.",
        )
    for name in absent:
        say(f"    {name} is not in this suite: tests that need it are skipped")
    if absent:
        with open(_unavailable_file(), "a", encoding="utf-8") as handle:
            handle.write("".join(f"{name}\n" for name in absent))
    return wanted
