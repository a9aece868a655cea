"""``./dev lint``: style, Odoo's pitfalls, and what must not be in any file.

The tools run on a copy of the checkout that is named like the module and has no
``.git``: some of them go by the folder's name, and the OCA hooks silently check
nothing where the manifest lies at the root of a git repository.
"""

import re
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from .audit import known_faults
from .console import DevError, Progress, run, say
from .paths import CHECKOUT, MODULE
from .system import install_missing_packages
from .venvs import REQUIREMENTS, ensure_lint_venv

STEPS = 2
# README.md is what people read on the code's host; the other check is about the
# names of git repositories.
OCA_DISABLED = "prefer-readme-rst,weblate-component-too-long"
# Folders with Python that is not Odoo's. A method called "read" overrides nothing
# there, and what does not run as part of the addon cannot import it relatively.
PLAIN_PYTHON = (
    *("benchmarks/", "devtools/", "esm_api/", "sandbox/"),
    *("tests/crash/", "tests/upgrade/"),
)
ADDON_ONLY = "method-required-super,odoo-addons-relative-import"
# What runs at a merchant is searched for weaknesses in full. The tools of ./dev start
# other programs: that is what they are for.
NOT_AT_A_MERCHANT = ("tests", "benchmarks", "devtools")
STARTS_PROGRAMS = "B404,B603,B607"
# A line of a list of requirements: one version, or nothing but a comment.
PINNED = re.compile(r"[A-Za-z0-9._-]+==[0-9][\w.]*( ; [^;]+)?")
# Package registries and mirrors come from the machine's own configuration.
REGISTRY_HOST = re.compile(
    r"\b(deb|security|archive|ports|snapshot|registry|files|mirrors?)"
    r"\.[a-z0-9-]+\.(org|com|net|io)\b|\bpypi\.[a-z]+\b"
)
MACHINE_PATH = re.compile(r"(?<![\w.$}])/(work|root|home/[a-z]\w*)/")
FORBIDDEN = ((REGISTRY_HOST, "a registry's host"), (MACHINE_PATH, "a machine's path"))
# A module that every tool has to complain about.
FAULTY_MODULE = {
    "__init__.py": "from . import models\n",
    "__manifest__.py": '{"name": "Faulty", "version": "19.0.1.0.0", '
    '"license": "LGPL-3", "data": ["data.xml"]}\n',
    "data.xml": '<odoo><record id="a" model="x"/><record id="a" model="x"/></odoo>\n',
    "models.py": "import os\nclass Faulty:\n    def go(self):\n"
    "        self.env.cr.commit()\n",
    "sandbox/__init__.py": "print(eval('1'))\n",
    "devtools/__init__.py": "print(eval('1'))\n",
    "i18n/ko.po": 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    'msgid "a"\nmsgstr ""\n\nmsgid "a"\nmsgstr ""\n',
}


def main(_arguments, _rest):
    progress = Progress(STEPS + 1)
    install_missing_packages(progress)
    check(progress)
    return 0


def check(progress):
    """Run all checks; a finding is a :class:`DevError`, after all have run."""
    python = ensure_lint_venv(progress)
    _prove_tools_work(python)
    progress.step("Checking the files ...")
    results = {
        **_tool_results(python),
        **_forbidden_words(),
        **_requirements(python),
    }
    asked, text = known_faults(progress)
    say("    known faults of packages: " + ("\n" * asked) + text)
    failed = [name for name, passed in results.items() if not passed]
    say(f"lint: {len(results) - len(failed)} passed, {len(failed)} failed")
    if failed:
        raise DevError(
            f"Lint failed: {', '.join(failed)}.",
            "Mend what is listed above; ruff can do some of it by itself: "
            f"{python.parent / 'ruff'} check --fix FILE, ruff format FILE",
        )


def _tools(python, folder):
    """The tools' command lines, by the names people know them by."""
    programs = python.parent
    sources = sorted(path.relative_to(folder) for path in folder.rglob("*.py"))
    plain = [path for path in sources if str(path).startswith(PLAIN_PYTHON)]
    sources = [path for path in sources if path not in plain]
    pylint = [python, "-m", "pylint", f"--rcfile={CHECKOUT / '.pylintrc'}"]
    script = [path for path in (folder / "dev",) if path.exists()]
    tools = {
        "ruff check": [programs / "ruff", "check", "--no-cache", ".", *script],
        "ruff format": [
            *(programs / "ruff", "format", "--no-cache"),
            *("--check", "--diff", "--quiet", ".", *script),
        ],
        "pylint-odoo": [*pylint, *sources],
        "OCA module hooks": [
            *(programs / "oca-checks-odoo-module", "--disable", OCA_DISABLED, folder),
        ],
    }
    bandit = [python, "-m", "bandit", "--quiet", "--recursive"]
    tools["bandit"] = [
        *(*bandit, "."),
        *("--exclude", ",".join(f"./{name}" for name in NOT_AT_A_MERCHANT)),
    ]
    if (folder / "devtools").exists():
        tools["bandit, tools"] = [*bandit, "devtools", "--skip", STARTS_PROGRAMS]
    if plain:
        tools["pylint-odoo, plain Python"] = [
            *pylint,
            f"--disable={ADDON_ONLY}",
            *plain,
        ]
    if translations := sorted(folder.glob("i18n/*.po")):
        tools["OCA translation hooks"] = [programs / "oca-checks-po", *translations]
    return tools


def _run_tools(python, folder):
    """Yield each tool's name, exit code and output."""
    for name, command in _tools(python, folder).items():
        result = subprocess.run(
            [str(part) for part in command],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        yield name, result.returncode, result.stdout


def _tool_results(python):
    """Run the tools on the checkout; return which passed, after showing why not."""
    results = {}
    with _copy_of_checkout() as folder:
        for name, code, output in _run_tools(python, folder):
            say(f"    {name}: {'failed' if code else 'ok'}")
            if code:
                # Some name files from the root folder on, without its slash.
                short = output.replace(f"{folder}/".lstrip("/"), "")
                say(short.rstrip())
            results[name] = not code
    return results


@contextmanager
def _copy_of_checkout():
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / MODULE
        for name in _files():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / name, target)
        yield folder


def _files():
    """Files of the checkout, also those not committed yet, less the ignored."""
    # The checkout may belong to another user, as in some CI services.
    git = ["git", "-c", f"safe.directory={CHECKOUT}", "-C", CHECKOUT]
    listing = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = run([*git, *listing]).split("\0")
    return [name for name in names if name and (CHECKOUT / name).is_file()]


def _forbidden_words():
    """Look for what must not be written into any file of a public repository."""
    results = {}
    for pattern, what in FORBIDDEN:
        findings = [
            f"{name}:{number}: {line.strip()[:100]}"
            for name in _files()
            for number, line in enumerate(_lines(CHECKOUT / name), start=1)
            if pattern.search(line)
        ]
        say(f"    no file names {what}: {'failed' if findings else 'ok'}")
        for finding in findings:
            say(finding)
        results[what] = not findings
    return results


def _requirements(python):
    """Look at the packages: one version of each, and all of them fit together."""
    results = {}
    loose = [
        f"{path.name}: {line}"
        for path in sorted(REQUIREMENTS.glob("*.txt"))
        for line in unpinned(path.read_text("utf-8"))
    ]
    results["one version of each package"] = not loose
    fit = subprocess.run(
        [python, "-m", "pip", "--disable-pip-version-check", "check"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    results["packages fit together"] = not fit.returncode
    for name, passed in results.items():
        say(f"    {name}: {'ok' if passed else 'failed'}")
    for finding in loose:
        say(finding)
    if fit.returncode:
        say(fit.stdout.rstrip())
    return results


def unpinned(text):
    """Lines of a list of requirements that do not name one version.

    :param str text: of the file
    """
    lines = (line.split(" #")[0].strip() for line in text.splitlines())
    return [
        line
        for line in lines
        if line and not line.startswith("#") and not PINNED.fullmatch(line)
    ]


def _lines(path):
    try:
        return path.read_text("utf-8").splitlines()
    except UnicodeDecodeError:  # a picture
        return []


def _prove_tools_work(python):
    """Show once that no tool passes a faulty module: that would check nothing."""
    proof = python.parent.parent / ".finds-faults"
    if proof.exists():
        return
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / MODULE
        for name, text in FAULTY_MODULE.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        blind = [name for name, code, _ in _run_tools(python, folder) if not code]
    if blind:
        raise DevError(
            f"These tools do not find a planted fault: {', '.join(blind)}.",
            "Look for what changed in their versions (devtools/requirements/lint.txt).",
        )
    proof.touch()
