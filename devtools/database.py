"""Databases: a cached base with Odoo's own modules, and quick copies of it."""

import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from .console import DevError
from .locks import locked
from .odoo_process import DATA_DIR
from .paths import CHECKOUT_ID, fingerprint


@dataclass(frozen=True)
class Base:
    """A database with Odoo's own modules, to make copies of."""

    modules: tuple[str, ...]
    auto_install: bool  # whether Odoo adds modules by itself
    korean_company: bool


# What sale_esm's tests, demo and benchmarks start from. The modules that Odoo would
# add by itself (SMS, snail mail, online services) are left out: they try the network.
MERCHANT = Base(
    ("sale_management", "stock_delivery", "sale_stock", "l10n_kr", "account"),
    auto_install=False,
    korean_company=True,
)
# What Odoo's own tests expect.
UPSTREAM = Base(
    ("sale_management", "stock_delivery", "sale_stock"),
    auto_install=True,
    korean_company=False,
)
# The first one is what users and partners get.
LANGUAGES = "en_US,ko_KR"
# Our role may not end PostgreSQL's own housekeeping in a database; it is soon done.
DROP_TRIES = 10
COMPANY_SCRIPT = Path(__file__).parent / "base_company.py"


def database_name(purpose):
    """This checkout's database for a purpose, e.g. ``esm_1a2b3c_test``."""
    suffix = os.environ.get("SALE_ESM_DB_SUFFIX", "")
    if suffix and not suffix.replace("_", "").isalnum():
        raise DevError(
            f"SALE_ESM_DB_SUFFIX is {suffix!r}.", "Use letters, digits and _ only."
        )
    return f"esm_{CHECKOUT_ID}_{purpose}" + (f"_{suffix}" if suffix else "")


def exists(server, database):
    names = server.query("SELECT datname FROM pg_database")
    return database in names and _filestore(database).is_dir()


def label(server, database, text):
    """Note on a database what it is, once that is true."""
    server.query(f"COMMENT ON DATABASE \"{database}\" IS '{text}'")


def has_label(server, database, text):
    found = server.query(
        # The name is one of ours: letters and digits.
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database "  # nosec B608
        f"WHERE datname = '{database}'"
    )
    return found == [text] and _filestore(database).is_dir()


def drop(server, database):
    for left in reversed(range(DROP_TRIES)):
        try:
            server.run("dropdb", "--if-exists", "--force", database)
            break
        except DevError:
            if not left:
                raise
            time.sleep(1)
    shutil.rmtree(_filestore(database), ignore_errors=True)


def copy(server, source, target):
    """Make ``target`` a fresh copy of ``source``, with its files."""
    drop(server, target)
    # Odoo names stored files by their content and never changes one, so a link
    # serves as a copy.
    shutil.copytree(_filestore(source), _filestore(target), copy_function=os.link)
    server.run("createdb", "--template", source, target)


def send(source_server, source, target_server, target):
    """Make ``target`` on another server a copy of ``source``, with its files."""
    drop(target_server, target)
    shutil.copytree(_filestore(source), _filestore(target), copy_function=os.link)
    target_server.run("createdb", target)
    with tempfile.TemporaryDirectory(prefix="sale_esm_dump_") as folder:
        dump = f"{folder}/dump"
        options = ["--format=directory", "--jobs=2", "--no-owner", "--compress=0"]
        source_server.run("pg_dump", *options, "--file", dump, source)
        target_server.run("pg_restore", "--jobs=2", "--dbname", target, dump)


def rename(server, source, target):
    drop(server, target)
    _filestore(source).rename(_filestore(target))
    server.query(f'ALTER DATABASE "{source}" RENAME TO "{target}"')


def ensure_base(progress, odoo, base=MERCHANT):
    """Return the name of a base database, after making it if need be."""
    inputs = (base, LANGUAGES, COMPANY_SCRIPT.read_text("utf-8"))
    name = f"esm_base_{fingerprint(odoo.tree.version, odoo.python, *inputs)}"
    if exists(odoo.server, name):
        progress.step("Base database: ready")
        return name
    progress.step(f"Making a base database with {', '.join(base.modules)} ...")
    with locked(name, waiting="Waiting for another ./dev that makes it"):
        if not exists(odoo.server, name):
            _make_base(odoo, name, base)
    return name


def _make_base(odoo, name, base):
    unfinished = f"{name}_new"
    drop(odoo.server, unfinished)
    config = odoo.write_config(unfinished, with_addon=False)
    options = ["-i", ",".join(base.modules), "--load-language", LANGUAGES]
    if not base.auto_install:
        options.append("--skip-auto-install")
    odoo.run(config, *options, failed="Odoo's own modules could not be installed.")
    if base.korean_company:
        _make_company_korean(odoo, config)
    rename(odoo.server, unfinished, name)


def _make_company_korean(odoo, config):
    log = config.with_suffix(".company.log")
    with open(log, "w", encoding="utf-8") as output:
        result = odoo.run_python(config, "-m", "devtools.base_company", stdout=output)
    if result:
        raise DevError(
            "The base database's company could not be made Korean.",
            f"Read the log, {log}",
        )


def remove_all(server):
    """Drop every database that ./dev made on this server."""
    for name in server.query("SELECT datname FROM pg_database"):
        if name.startswith("esm_"):
            drop(server, name)


def _filestore(database):
    return DATA_DIR / "filestore" / database
