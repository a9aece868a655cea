"""The PostgreSQL server: the one that PG* variables name, or a private one.

The private cluster listens on a free port of 127.0.0.1 and trusts whoever reaches
it there; it trades safety on power loss for speed. Both are for development, never
for production. It is started for the first command that needs it and stopped by
the last one: every command holds a shared lock while it uses the server.
"""

import os
import shutil
import socket
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .console import DevError, run
from .locks import build_once, locked, try_upgrade
from .paths import CACHE, MODULE, fingerprint
from .system import postgres_bin

ROLE = "odoo"
SUPERUSER = "postgres"
SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
shared_buffers = 256MB
max_wal_size = 2GB
# Quick, and of no use if the machine itself crashes: ./dev clean, then again.
fsync = off
synchronous_commit = off
full_page_writes = off
log_min_messages = fatal
"""
# What a crash of the server alone leaves intact: the system writes it later.
DURABLE = """
synchronous_commit = on
full_page_writes = on
"""
TRUST_LOOPBACK = "host all all 127.0.0.1/32 trust\n"


@dataclass(frozen=True)
class Server:
    """How to reach a PostgreSQL server; passwords stay in PGPASSWORD or .pgpass."""

    host: str
    port: int
    user: str

    @property
    def environment(self):
        """The process environment, with this server for libpq's programs."""
        address = {"PGHOST": self.host, "PGPORT": str(self.port), "PGUSER": self.user}
        return {**os.environ, **address}

    def run(self, program, *arguments, **kwargs):
        """Run one of PostgreSQL's own client programs on this server."""
        folder = postgres_bin()
        command = [folder / program if folder else program, *arguments]
        return run(command, env=self.environment, **kwargs)

    def query(self, sql, database="postgres"):
        """Return the lines that a statement gives."""
        options = ["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
        output = self.run("psql", *options, "-d", database, "-c", sql)
        return output.splitlines()


@contextmanager
def postgres_server():
    """Give a running server, for as long as the ``with`` block lasts."""
    if names_foreign_server():
        yield _foreign_server()
        return
    cluster = _Cluster()
    with locked("postgres-users", shared=True) as users:
        with locked("postgres-control"):
            server = cluster.ensure_started()
        try:
            yield server
        finally:
            with locked("postgres-control"):
                if try_upgrade(users):
                    cluster.stop()


def names_foreign_server():
    """Whether PG* variables name a server that is not ours."""
    return any(os.environ.get(name) for name in ("PGHOST", "PGPORT", "PGUSER"))


def _foreign_server():
    server = Server(
        host=os.environ.get("PGHOST") or "127.0.0.1",
        port=int(os.environ.get("PGPORT") or 5432),
        user=os.environ.get("PGUSER") or ROLE,
    )
    if server.user == SUPERUSER:
        raise DevError(
            "Odoo refuses to work as the database user 'postgres'.",
            "Set PGUSER to another role that may create databases.",
        )
    try:
        server.query("SELECT 1")
    except DevError as error:
        raise DevError(
            f"The PostgreSQL server of $PGHOST does not answer. {error.what}",
            "Correct PGHOST, PGPORT, PGUSER and PGPASSWORD, or unset them all to "
            "use a private server.",
        ) from error
    return server


def private_cluster_folder():
    """Where the private cluster lives.

    PostgreSQL refuses to run as root, and its own user cannot look into root's
    home: for root it lives beside the system's other caches.
    """
    if os.geteuid() == 0:
        return Path("/var/cache") / f"{MODULE}-{fingerprint(CACHE)}"
    return CACHE / "postgres"


def remove_private_cluster():
    """Stop the private server and delete its databases."""
    folder = private_cluster_folder()
    if not folder.exists():
        return
    with locked("postgres-users", shared=True) as users, locked("postgres-control"):
        if not try_upgrade(users):
            raise DevError(
                "Another ./dev is using the databases.", "Wait until it is done."
            )
        if postgres_bin():
            _Cluster().stop()
        shutil.rmtree(folder)


@contextmanager
def breakable_server(name):
    """Give a server that :func:`restart_breakable` may break, and remove it again.

    Other commands use the private server; nobody uses this one. A commit that it has
    reported outlives its crash.
    """
    cluster = _Cluster(_breakable_folder(name), SETTINGS + DURABLE)
    if cluster.home.exists():  # what a run left that was killed
        cluster.stop("immediate")
        shutil.rmtree(cluster.home.parent)
    server = cluster.ensure_started()
    try:
        yield server
    finally:
        cluster.stop("immediate")
        shutil.rmtree(cluster.home.parent)


def restart_breakable(name, crash):
    """Restart the server of :func:`breakable_server`, on the same port.

    :param bool crash: it is not shut down, its processes end where they are
    """
    cluster = _Cluster(_breakable_folder(name), SETTINGS + DURABLE)
    cluster.restart("immediate" if crash else "fast")


def _breakable_folder(name):
    folder = private_cluster_folder()
    return folder.with_name(f"{folder.name}-{name}")


class _Cluster:
    """A PostgreSQL cluster of ours.

    :param folder: where it lives; default: the private one
    :param settings: lines of its configuration file
    """

    def __init__(self, folder=None, settings=SETTINGS):
        self.bin = postgres_bin()
        if not self.bin:
            raise DevError("PostgreSQL is not installed.", "Run ./dev setup.")
        major = self.bin.parent.name
        self.home = (folder or private_cluster_folder()) / major
        self.data = self.home / "data"
        self.settings = settings
        self.key = fingerprint(major, settings, TRUST_LOOPBACK)

    def ensure_started(self):
        build_once(self.home, self.key, self._create)
        if not self._is_running():
            self._start()
        pid_file = (self.data / "postmaster.pid").read_text("utf-8").splitlines()
        return Server("127.0.0.1", int(pid_file[3]), ROLE)

    def stop(self, mode="fast"):
        if self._is_running():
            self._run("pg_ctl", "-D", self.data, "-m", mode, "-w", "stop")

    def restart(self, mode):
        self._run(
            *("pg_ctl", "-D", self.data, "-l", self.home / "log", "-w"),
            *("-m", mode, "restart"),
        )

    def _create(self, home):
        if os.geteuid() == 0:
            shutil.chown(home, SUPERUSER, SUPERUSER)
        options = ["--encoding=UTF8", "--locale=C.UTF-8", f"--username={SUPERUSER}"]
        self._run("initdb", "-D", self.data, "--no-sync", "--auth=trust", *options)
        with open(self.data / "postgresql.conf", "a", encoding="utf-8") as handle:
            handle.write(self.settings)
        (self.data / "pg_hba.conf").write_text(TRUST_LOOPBACK, encoding="utf-8")
        server = self._start()
        server.run("createuser", "--createdb", ROLE)
        self.stop()

    def _start(self):
        port = free_port()
        self._run(
            *("pg_ctl", "-D", self.data, "-l", self.home / "log", "-w"),
            *("-o", f"-c port={port}", "start"),
            failed=f"PostgreSQL did not start; its log is {self.home / 'log'}",
            then="Read that log. ./dev clean makes a new, empty cluster.",
        )
        return Server("127.0.0.1", port, SUPERUSER)

    def _is_running(self):
        command = [self.bin / "pg_ctl", "-D", self.data, "status"]
        return not subprocess.run(
            command, capture_output=True, check=False, **self._identity()
        ).returncode

    def _run(self, program, *arguments, **kwargs):
        run([self.bin / program, *arguments], **self._identity(), **kwargs)

    @staticmethod
    def _identity():
        """As whom, and where, the server's programs run."""
        if os.geteuid() == 0:
            identity = {"user": SUPERUSER, "group": SUPERUSER, "extra_groups": []}
            return {"cwd": "/", **identity}
        return {}


def free_port():
    """A TCP port of 127.0.0.1 that nobody uses right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
