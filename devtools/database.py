"""Databases: a cached base with Odoo's own modules, and quick copies of it."""

import os
import shutil
from pathlib import Path

from .console import DevError
from .locks import locked
from .odoo_process import DATA_DIR
from .paths import CHECKOUT_ID, fingerprint

# What sale_esm builds on. Modules that Odoo would add by itself (SMS, snail mail,
# online services) are left out: they try the network.
BASE_MODULES = ("sale_management", "stock_delivery", "sale_stock", "l10n_kr", "account")
LANGUAGE = "ko_KR"
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


def drop(server, database):
    server.run("dropdb", "--if-exists", "--force", database)
    shutil.rmtree(_filestore(database), ignore_errors=True)


def copy(server, source, target):
    """Make ``target`` a fresh copy of ``source``, with its files."""
    drop(server, target)
    # Odoo names stored files by their content and never changes one, so a link
    # serves as a copy.
    shutil.copytree(_filestore(source), _filestore(target), copy_function=os.link)
    server.run("createdb", "--template", source, target)


def rename(server, source, target):
    drop(server, target)
    _filestore(source).rename(_filestore(target))
    server.query(f'ALTER DATABASE "{source}" RENAME TO "{target}"')


def ensure_base(progress, odoo, *, modules=BASE_MODULES, auto_install=False):
    """Return the name of the base database, after making it if need be.

    :param modules: Odoo's own modules it has to hold
    :param auto_install: whether Odoo may add modules by itself
    """
    script = COMPANY_SCRIPT.read_text("utf-8")
    key = fingerprint(odoo.tree.version, odoo.python, *modules, auto_install, script)
    base = f"esm_base_{key}"
    if exists(odoo.server, base):
        progress.step("Base database: ready")
        return base
    progress.step(f"Making a base database with {', '.join(modules)} ...")
    with locked(base, waiting="Waiting for another ./dev that makes it"):
        if not exists(odoo.server, base):
            _make_base(odoo, base, modules, auto_install)
    return base


def _make_base(odoo, base, modules, auto_install):
    unfinished = f"{base}_new"
    drop(odoo.server, unfinished)
    config = odoo.write_config(unfinished, with_addon=False)
    options = ["-i", ",".join(modules), "--load-language", LANGUAGE]
    if not auto_install:
        options.append("--skip-auto-install")
    odoo.run(config, *options, failed="Odoo's own modules could not be installed.")
    log = config.with_suffix(".company.log")
    with open(log, "w", encoding="utf-8") as output:
        result = odoo.run_python(config, "-m", "devtools.base_company", stdout=output)
    if result:
        raise DevError(
            "The base database's company could not be made Korean.",
            f"Read the log, {log}",
        )
    rename(odoo.server, unfinished, base)


def remove_all(server):
    """Drop every database that ./dev made on this server."""
    for name in server.query("SELECT datname FROM pg_database"):
        if name.startswith("esm_"):
            drop(server, name)


def _filestore(database):
    return DATA_DIR / "filestore" / database
