"""Bring up what commands stand on: packages, Odoo, servers, databases."""

from contextlib import contextmanager

from . import database
from .console import DevError
from .locks import locked
from .odoo_process import Odoo
from .odoo_source import ensure_odoo
from .paths import CHECKOUT, MODULE
from .postgres import postgres_server
from .system import install_missing_packages
from .venvs import ensure_odoo_venv

# How many progress steps the functions below take.
PYTHON_STEPS = 3
ODOO_STEPS = PYTHON_STEPS + 1
ADDON_STEPS = 1


def python_ready(progress):
    """Return the Odoo tree, and the Python that can import it."""
    install_missing_packages(progress)
    tree = ensure_odoo(progress)
    return tree, ensure_odoo_venv(progress, tree)


@contextmanager
def odoo_ready(progress):
    """Give an :class:`Odoo` with a running server, and its base database's name."""
    tree, python = python_ready(progress)
    with postgres_server() as server:
        odoo = Odoo(tree, python, server)
        yield odoo, database.ensure_base(progress, odoo)


@contextmanager
def reserved(name):
    """Keep other ``./dev`` runs off a database while the block lasts."""
    with locked(
        f"database-{name}",
        waiting=f"Waiting for another ./dev that uses database {name} "
        "(set SALE_ESM_DB_SUFFIX to have one of your own)",
    ):
        yield


def install_addon(progress, odoo, base, name):
    """Make database ``name`` from the base and install the addon in it.

    :return: its configuration file, and the problems Odoo logged
    """
    progress.step(f"Installing {MODULE} in a copy of the base database ...")
    if not (CHECKOUT / "__manifest__.py").is_file():
        raise DevError(
            f"There is no addon in {CHECKOUT} yet.", "It lacks a __manifest__.py."
        )
    database.copy(odoo.server, base, name)
    config = odoo.write_config(name)
    failed = f"{MODULE} could not be installed."
    problems = odoo.run(config, "-i", MODULE, "--skip-auto-install", failed=failed)
    database.label(odoo.server, name, base)
    return config, problems


def update_addon(progress, odoo, name):
    """Update the addon in a database that has it.

    :return: its configuration file, and the problems Odoo logged
    """
    progress.step(f"Updating {MODULE} in database {name} ...")
    config = odoo.write_config(name)
    failed = f"{MODULE} could not be updated."
    problems = odoo.run(config, "-u", MODULE, "--skip-auto-install", failed=failed)
    return config, problems


def has_addon(odoo, base, name):
    """Whether a database has the addon, on top of this very base."""
    return database.has_label(odoo.server, name, base)


@contextmanager
def fresh_addon_database(progress, odoo, base, purpose, *, keep=False):
    """Give the configuration of a database for a purpose, kept to ourselves.

    :param bool keep: take the last one, if there is one, with the addon updated
    """
    name = database.database_name(purpose)
    with reserved(name):
        if keep and has_addon(odoo, base, name):
            config, _problems = update_addon(progress, odoo, name)
        else:
            config, _problems = install_addon(progress, odoo, base, name)
        yield config
