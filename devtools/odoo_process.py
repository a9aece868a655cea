"""Odoo as a process of its own: its configuration, one-off runs, its log."""

import os
import re
import subprocess
import time
import urllib.error
import urllib.request
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .console import DevError
from .odoo_source import OdooTree
from .paths import CACHE, CHECKOUT, CHECKOUT_ID, MODULE
from .postgres import Server, free_port

DATA_DIR = CACHE / "data"
RUN_DIR = CACHE / "run" / CHECKOUT_ID
LOG_LINE = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ \d+ (?P<level>[A-Z]+) ")
# How a child process finds its database: see devtools.odoo_env.
CONFIG_VARIABLE = "SALE_ESM_ODOO_CONFIG"


@dataclass(frozen=True)
class Odoo:
    """Everything needed to run Odoo on this checkout's addon.

    ``packages`` is a folder of further Python packages and addons, if any.
    """

    tree: OdooTree
    python: Path
    server: Server
    packages: Path | None = None

    @property
    def environment(self):
        """Process environment without what could lead Odoo elsewhere."""
        unwanted = ("PYTHONPATH", "PYTHONHOME", "ODOO_RC", "OPENERP_SERVER")
        inherited = self.server.environment.items()
        clean = {name: value for name, value in inherited if name not in unwanted}
        # Output that is captured has to be readable whatever the user's locale.
        environment = {**clean, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}
        if self.packages:
            environment["PYTHONPATH"] = str(self.packages)
        return environment

    def write_config(
        self, database, http_port=None, *, with_addon=True, addons=(), **options
    ):
        """Write a configuration file for one database and return its path.

        :param http_port: free ports are chosen if it is not given
        :param with_addon: whether this checkout's addon can be seen
        :param addons: folders with other addons, instead of this checkout's
        :param options: further entries of Odoo's configuration file
        """
        addons = [*self.tree.addons_paths, *addons]
        if with_addon and len(addons) == len(self.tree.addons_paths):
            addons.append(addon_link().parent)
        if self.packages:
            addons.append(self.packages / "odoo" / "addons")
        values = {
            "addons_path": ",".join(map(str, addons)),
            "data_dir": DATA_DIR,
            "db_host": self.server.host,
            "db_port": self.server.port,
            "db_user": self.server.user,
            "db_name": database,
            "dbfilter": f"^{re.escape(database)}$",
            "http_interface": "127.0.0.1",
            "http_port": http_port or free_port(),
            "gevent_port": free_port(),
            "list_db": False,
            "max_cron_threads": 0,
            **options,
        }
        lines = [f"{name} = {value}" for name, value in values.items()]
        RUN_DIR.mkdir(parents=True, exist_ok=True)
        config = RUN_DIR / f"{database}.conf"
        config.write_text("\n".join(["[options]", *lines, ""]), encoding="utf-8")
        return config

    def command(self, config, *arguments):
        return [self.python, "-m", "odoo", "-c", config, *arguments]

    def run(self, config, *arguments, failed):
        """Run Odoo to its end and return the problems in its log.

        :param arguments: options of ``odoo``; ``--stop-after-init`` is added
        :param failed: what to say if it does not come to a good end
        """
        log = config.with_suffix(".log")
        command = self.command(config, *arguments, "--stop-after-init")
        with open(log, "w", encoding="utf-8") as output:
            result = run_child(command, env=self.environment, stdout=output)
        if result:
            with open(log, encoding="utf-8", errors="replace") as lines:
                tail = "".join(deque(lines, maxlen=30))
            raise DevError(f"{failed}\n{tail}", f"The whole log is in {log}")
        return log_problems(log)

    def run_python(self, config, *arguments, **kwargs):
        """Run a Python program of this checkout beside Odoo; return its exit code.

        It reaches the database through :mod:`devtools.odoo_env`.

        :param arguments: what follows ``python``: a file, or ``-m`` and a module
        """
        environment = self.script_environment(config)
        command = [self.python, *arguments]
        return run_child(command, env=environment, cwd=CHECKOUT, **kwargs)

    def script_environment(self, config, tree=CHECKOUT):
        """Process environment of a Python program beside Odoo.

        :param tree: where it finds the modules ``devtools`` and ``sandbox``
        """
        paths = [str(tree), *([str(self.packages)] if self.packages else [])]
        return {
            **self.environment,
            CONFIG_VARIABLE: str(config),
            "PYTHONPATH": os.pathsep.join(paths),
        }


def addon_link():
    """The addon under its own name, whatever the checkout's folder is called."""
    link = CACHE / "addons" / CHECKOUT_ID / MODULE
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(CHECKOUT, target_is_directory=True)
    return link


def log_problems(log):
    """Entries of an Odoo log above INFO, each with the lines that belong to it."""
    problems, is_problem = [], False
    with open(log, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if match := LOG_LINE.match(line):
                is_problem = match["level"] in ("WARNING", "ERROR", "CRITICAL")
                if is_problem:
                    problems.append(line.rstrip())
            elif is_problem:
                problems[-1] += "\n" + line.rstrip()
    return problems


def run_child(command, **kwargs):
    """Run a program to its end and return its exit code.

    It is ended with us: on Ctrl-C it gets the signal too and time to finish.
    """
    if "stdout" in kwargs:
        kwargs["stderr"] = subprocess.STDOUT
    with subprocess.Popen([str(part) for part in command], **kwargs) as process:
        try:
            return process.wait()
        finally:
            stop(process)


def stop(process):
    """End a program: politely, and after ten seconds for good."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def serving(command, url, log, **kwargs):
    """Run a server program while the block lasts; give it once ``url`` answers."""
    command = [str(part) for part in command]
    with open(log, "w", encoding="utf-8") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, **kwargs
        )
    try:
        _wait_for(url, process, log)
        yield process
    finally:
        stop(process)


def _wait_for(url, process, log, seconds=120):
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=10).close()  # nosec B310  # our own
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
    raise DevError(f"Nothing answers at {url}.", f"Read the log, {log}")


def script_config():
    """The configuration file that :meth:`Odoo.run_script` handed to this process."""
    try:
        return Path(os.environ[CONFIG_VARIABLE])
    except KeyError:
        raise DevError(
            "This script needs an Odoo database.", "Start it through ./dev."
        ) from None
