"""Known faults of the packages, told by a service of one's own.

Only a service online knows them, so nothing is asked unless somebody names one:
SALE_ESM_AUDIT_URL is the address that OSV's query goes to (its /v1/query, or that of a
mirror). What is found is shown and is for people to judge: most versions are Odoo's
choice (requirements/odoo.txt), a newer one may not work with it.
"""

import os
import socket
import subprocess
from urllib.parse import urlsplit

from .venvs import REQUIREMENTS, ensure_audit_venv

VARIABLE = "SALE_ESM_AUDIT_URL"
PATIENCE = 5  # seconds for the connection


def known_faults(progress):
    """What the service says of all packages.

    :return: (whether it was asked, text for people)
    """
    url = os.environ.get(VARIABLE)
    if not url:
        return False, f"skipped: {VARIABLE} names no service that knows them"
    if not _answers(url):
        return False, "skipped: the service does not answer"
    python = ensure_audit_venv(progress)
    lists = [
        part
        for path in sorted(REQUIREMENTS.glob("*.txt"))
        for part in ("--requirement", str(path))
    ]
    command = [python, "-m", "pip_audit", "--no-deps", "--disable-pip", *lists]
    command += ["--vulnerability-service", "osv", "--osv-url", url]
    result = subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return True, result.stdout.strip()


def _answers(url):
    parts = urlsplit(url)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        socket.create_connection((parts.hostname, port), PATIENCE).close()
    except (OSError, ValueError):
        return False
    return True
