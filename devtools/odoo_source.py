"""Odoo 19's own source, unpacked into the cache.

Debian's unstable suite carries it as a package that is quick to fetch and signed.
It is only unpacked, never installed, and fetched through an apt configuration of
its own, so the system's sources stay as they are. Where that is not to be had,
the official git repository serves.
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from .console import DevError, run, say
from .locks import build_once, is_built
from .paths import CACHE, fingerprint

SERIES = "19.0"
GIT_URL = "https://github.com/odoo/odoo.git"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# The Odoo package links jQuery and fonts out of other packages. The suites are
# the ones whose files still lie where these links point.
DEBIAN_PACKAGES = (
    "odoo-19/unstable",
    "fonts-montserrat/unstable",
    "fonts-font-awesome/bookworm",
    "fonts-inconsolata/bookworm",
    "fonts-ocr-b/bookworm",
    "fonts-roboto-unhinted/bookworm",
    "libjs-jquery/bookworm",
    "libjs-jquery-form/bookworm",
    "libjs-underscore/bookworm",
)
# Dropped by Debian as minified; without it every page logs an error, which
# browser tests count as a failure. Nothing here uses it.
DROPPED_FILE = "mail/static/lib/selfie_segmentation/selfie_segmentation.js"

# Where the Debian package's version is kept, in the unpacked tree.
VERSION_NOTE = "debian-version"


@dataclass(frozen=True)
class OdooTree:
    """An Odoo source tree, as a Debian package or a git clone lays it out."""

    python_path: Path  # the folder to import ``odoo`` from

    @property
    def addons_paths(self):
        found = (self.python_path / "odoo" / "addons", self.python_path / "addons")
        return [path for path in found if path.is_dir()]

    @property
    def version(self):
        """What the caches that depend on Odoo's code are keyed by."""
        release = (self.python_path / "odoo" / "release.py").read_text("utf-8")
        return fingerprint(self.python_path, self._revision(), release)

    def _revision(self):
        head = self.python_path / ".git" / "HEAD"
        if head.is_file():
            command = ["git", "-C", self.python_path, "rev-parse", "HEAD"]
            return run(command).strip()
        note = self.python_path / VERSION_NOTE
        return note.read_text("utf-8") if note.is_file() else ""


def ensure_odoo(progress):
    """Return the Odoo tree to use, after fetching it if need be."""
    if home := os.environ.get("ODOO_HOME"):
        progress.step(f"Odoo: {home} (from $ODOO_HOME)")
        return _checked(Path(home).absolute(), "Correct or unset ODOO_HOME.")
    key = fingerprint(SERIES, *DEBIAN_PACKAGES, DROPPED_FILE, VERSION_NOTE)
    folder = CACHE / f"odoo-{key}"
    if is_built(folder, key):
        progress.step(f"Odoo {SERIES}: ready")
    else:
        progress.step(f"Downloading Odoo {SERIES} (about 130 MB) ...")
        build_once(folder, key, _fetch)
    return _checked(_python_path(folder), "Run ./dev clean --all, then ./dev setup.")


def _python_path(folder):
    packaged = folder / "root" / "usr" / "lib" / "python3" / "dist-packages"
    return packaged if packaged.is_dir() else folder / "git"


def _checked(path, then):
    release = path / "odoo" / "release.py"
    if not release.is_file():
        raise DevError(f"There is no Odoo in {path}.", then)
    if "version_info = (19, 0," not in release.read_text("utf-8"):
        raise DevError(f"The Odoo in {path} is not {SERIES}.", then)
    return OdooTree(path)


def _fetch(folder):
    mirror = _debian_mirror()
    if mirror and KEYRING.exists():
        try:
            _fetch_debian(folder, mirror)
            return
        except DevError as error:
            say(f"    Debian's Odoo 19 package is not to be had: {error.what}")
            for leftover in folder.iterdir():
                shutil.rmtree(leftover)
    say(f"    Cloning Odoo {SERIES} from its official git repository instead ...")
    _fetch_git(folder)


def _fetch_git(folder):
    clone = ["git", "clone", "--quiet", "--depth", "1", "-b", SERIES, GIT_URL]
    run(
        [*clone, folder / "git"],
        failed=f"Odoo {SERIES} could not be cloned from {GIT_URL}",
        then="Check the network, or point $ODOO_HOME at an Odoo 19 tree of yours.",
    )


def _fetch_debian(folder, mirror):
    apt = _PrivateApt(folder / "apt", mirror)
    apt.update()
    packages = folder / "packages"
    packages.mkdir()
    apt.download(DEBIAN_PACKAGES, packages)
    root = folder / "root"
    for package in sorted(packages.glob("*.deb")):
        run(["dpkg", "-x", package, root])
    python_path = _python_path(folder)
    version = next(packages.glob("odoo-19_*.deb")).name.split("_")[1]
    (python_path / VERSION_NOTE).write_text(version, encoding="utf-8")
    addons = python_path / "odoo" / "addons"
    dropped = addons / DROPPED_FILE
    dropped.parent.mkdir(parents=True, exist_ok=True)
    dropped.touch()
    dangling = [path for path in addons.rglob("*") if _dangles(path)]
    if dangling:
        names = ", ".join(sorted({path.name for path in dangling})[:5])
        raise DevError(f"its links to other packages are broken ({names})")
    for spare in (packages, folder / "apt"):
        shutil.rmtree(spare)


def _dangles(path):
    return path.is_symlink() and not path.exists()


class _PrivateApt:
    """apt-get with sources, lists and downloads of its own."""

    def __init__(self, folder, mirror):
        for name in ("state/lists/partial", "cache/archives/partial"):
            (folder / name).mkdir(parents=True)
        suites = dict.fromkeys(name.split("/")[1] for name in DEBIAN_PACKAGES)
        sources = folder / "sources.list"
        sources.write_text(
            "".join(
                f"deb [signed-by={KEYRING}] {mirror} {suite} main\n" for suite in suites
            ),
            encoding="utf-8",
        )
        config = folder / "apt.conf"
        config.write_text(
            f'Dir::State "{folder}/state";\n'
            'Dir::State::status "/var/lib/dpkg/status";\n'
            f'Dir::Cache "{folder}/cache";\n'
            f'Dir::Etc::SourceList "{sources}";\n'
            'Dir::Etc::SourceParts "/dev/null";\n'
            # apt's own user could not read a cache in somebody's home.
            'APT::Sandbox::User "root";\n'
            'Acquire::Languages "none";\n'
            'APT::Update::Error-Mode "any";\n',
            encoding="utf-8",
        )
        self.environment = {**os.environ, "APT_CONFIG": str(config)}

    def update(self):
        self._run("update")

    def download(self, names, folder):
        self._run("download", *names, cwd=folder)

    def _run(self, *arguments, **kwargs):
        command = ["apt-get", "-q", *arguments]
        run(command, env=self.environment, **kwargs)


def _debian_mirror():
    """The mirror this Debian machine itself uses, or None on other systems."""
    codename = _os_release().get("VERSION_CODENAME")
    if _os_release().get("ID") != "debian" or not codename:
        return None
    for uri, suites, components in _apt_sources():
        archive = urlsplit(uri).path.rstrip("/")
        if codename in suites and "main" in components and "debian" in archive:
            return uri
    return None


def _os_release():
    file = Path("/etc/os-release")
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {name: value.strip('"') for name, _, value in pairs}


def _apt_sources():
    """Yield (URI, suites, components) of the machine's own apt sources."""
    etc = Path("/etc/apt")
    for file in (etc / "sources.list", *sorted(etc.glob("sources.list.d/*.list"))):
        if file.exists():
            yield from _one_line_sources(file.read_text("utf-8"))
    for file in sorted(etc.glob("sources.list.d/*.sources")):
        yield from _deb822_sources(file.read_text("utf-8"))


def _one_line_sources(text):
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if not words or words[0] != "deb":
            continue
        if len(words) > 1 and words[1].startswith("["):
            end = next(i for i, word in enumerate(words) if word.endswith("]"))
            del words[1 : end + 1]
        if len(words) > 2:
            yield words[1], words[2:3], words[3:]


def _deb822_sources(text):
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for stanza in "\n".join(lines).split("\n\n"):
        fields = _deb822_fields(stanza)
        if "deb" not in fields.get("types", []) or fields.get("enabled") == ["no"]:
            continue
        for uri in fields.get("uris", []):
            yield uri, fields.get("suites", []), fields.get("components", [])


def _deb822_fields(stanza):
    fields, name = {}, None
    for line in stanza.splitlines():
        if line[:1].isspace():
            fields.setdefault(name, []).extend(line.split())
        elif ":" in line:
            name, _, value = line.partition(":")
            name = name.lower()
            fields[name] = value.split()
    return fields
