"""``./dev screens``: pictures of all screens, and what is wrong with them."""

import json
import shutil
from pathlib import Path

from .console import DevError, Progress, run
from .locks import build_once
from .paths import CACHE, CHECKOUT
from .screens import LANGUAGES, SIZES, chosen
from .system import find_browser
from .venvs import ensure_screens_venv
from .workspace import ADDON_STEPS, ODOO_STEPS, fresh_addon_database, odoo_ready

AXE = "4.14.1"
PUBLISHED = CHECKOUT / "static" / "description"


def add_arguments(parser):
    parser.add_argument(
        "--out",
        type=_path,
        metavar="DIR",
        default=CACHE / "screens",
        help="where the pictures go (%(default)s)",
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="this screen"
    )
    parser.add_argument("--lang", choices=list(LANGUAGES), help="this language")
    parser.add_argument("--size", choices=list(SIZES), help="this size")
    parser.add_argument(
        "--publish",
        action="store_true",
        help="write the pictures of README and the app's page instead",
    )
    parser.add_argument(
        "--again",
        action="store_true",
        help="keep the last run's database and update the addon in it; its "
        "marketplace is gone then",
    )


def main(arguments, _rest):
    languages = [arguments.lang] if arguments.lang else list(LANGUAGES)
    size = "wide" if arguments.publish else arguments.size
    screens = chosen(arguments.only, size, arguments.publish)
    if not screens:
        raise DevError("There is no such screen.", "Names are in devtools/screens.py")
    progress = Progress(ODOO_STEPS + len(languages) * ADDON_STEPS + 2)
    arguments.out.mkdir(parents=True, exist_ok=True)
    order = {
        "browser": find_browser() or _missing("chromium"),
        "python": str(ensure_screens_venv(progress)),
        "axe": str(_ensure_axe(progress)),
        "out": str(arguments.out),
        "published": str(PUBLISHED) if arguments.publish else "",
        "again": arguments.again,
    }
    with odoo_ready(progress) as (odoo, base):
        # What is stored in words is in the language of the users: each has its own.
        results = [
            _play(progress, odoo, base, language, order, screens)
            for language in languages
        ]
    return max(results)


def _play(progress, odoo, base, language, order, screens):
    """Take the pictures in one language; returns the exit code."""
    looks = {
        screen.name: sizes for screen, sizes in screens if language in screen.languages
    }
    purpose = f"screens_{language}"
    with fresh_addon_database(
        progress, odoo, base, purpose, keep=order["again"]
    ) as config:
        stage = json.dumps({**order, "language": language, "looks": looks})
        return odoo.run_python(config, "-m", "devtools.screens_stage", stage)


def _ensure_axe(progress):
    """Return the path of axe-core's script, after fetching it with npm."""
    folder = CACHE / f"axe-{AXE}"

    def build(folder):
        npm = shutil.which("npm") or _missing("npm")
        run(
            [
                *(npm, "install", "--prefix", folder, "--ignore-scripts"),
                *("--no-audit", "--no-fund", "--no-save", f"axe-core@{AXE}"),
            ],
            failed="axe-core could not be fetched",
            then="Check npm's own configuration and the network.",
        )

    progress.step("axe-core, which checks accessibility ...")
    build_once(folder, AXE, build)
    return folder / "node_modules" / "axe-core" / "axe.min.js"


def _missing(program):
    raise DevError(f"{program} is not there.", f"Install the package {program}.")


def _path(text):
    return Path(text).absolute()
