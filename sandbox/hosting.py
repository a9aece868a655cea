"""One sandbox for several processes, without a process of its own.

A program that wants to let its users try things hosts the sandbox inside itself:
``reach`` gives the address of the sandbox that belongs to a file. If none of the
processes has it, it begins in this one, as a thread that listens on 127.0.0.1, where it
was when it ended: what happened is kept in the file. Whoever ends takes the thread with
it, and who asks next has it. Only one at a time can listen at the port.

All processes have to be on one machine.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from .simulator import TOKEN_HEADER, Sandbox

HOST = "127.0.0.1"
#: seconds that a sandbox may take to say that it is there
PATIENCE = 3

_hosted: dict[Path, Sandbox] = {}
_lock = threading.Lock()


def reach(path: Path, url: str | None, token: str, build: Callable[[], Sandbox]) -> str:
    """The address of the sandbox of this file, which is begun if it does not listen.

    ``url``: where it was last. ``token``: a name that only this sandbox has. Another
    program may have its port by now, also the sandbox of a copy of this file, with the
    same accounts. ``build``: makes it when there is no file.
    Raises OSError if the file cannot be written or nothing can listen.
    """
    if url and knows(url, token):
        return url
    with _lock:
        if url and knows(url, token):
            return url
        stop(path)
        sandbox = _load(path) or build()
        sandbox.token = token
        try:
            found = sandbox.start(urlsplit(url).port or 0 if url else 0, HOST)
        except OSError:
            if knows(url, token):  # another process was quicker
                return url
            found = sandbox.start(0, HOST)
        sandbox.on_call = lambda: _keep(path, sandbox)
        _save(path, sandbox)
        _hosted[path] = sandbox
        return found


def knows(url: str, token: str) -> bool:
    """Whether the sandbox of this name listens there."""
    try:
        health = call(url, "health", token=token)
    except (OSError, ValueError):
        return False
    return isinstance(health, dict) and health.get("token") == token


def call(url: str, name: str, values: dict | None = None, *, token: str = "") -> object:
    """A control call (see control.py): a read, or with ``values`` a write.

    ``token``: of the sandbox, without which it does nothing for anybody.
    Raises OSError when nothing answers there or it refuses, ValueError for an answer
    that is none of a sandbox.
    """
    request = urllib.request.Request(f"{url}/_sandbox/{name}")
    request.add_header(TOKEN_HEADER, token)
    if values is not None:
        request.data = json.dumps(values).encode("utf-8")
        request.add_header("Content-Type", "application/json")
    # The address is of this machine, whatever proxy its environment names.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=PATIENCE) as answer:
        return json.loads(answer.read())


def forget(  # nosec B107  # no token: it is not asked for
    path: Path, url: str | None = None, token: str = ""
) -> None:
    """End the sandbox of this file; with ``url`` and ``token``, also if another process
    has it."""
    path.unlink(missing_ok=True)
    with _lock:
        stop(path)
    if url and token and knows(url, token):
        # Any call that may change something lets it see that its file is gone.
        with contextlib.suppress(OSError, ValueError):
            call(url, "reset", {}, token=token)


def stop(path: Path) -> None:
    """Let this process host the sandbox no longer; what happened stays in the file."""
    sandbox = _hosted.pop(path, None)
    if sandbox is not None:
        sandbox.on_call = None
        sandbox.stop()


def _load(path: Path) -> Sandbox | None:
    try:
        data = path.read_bytes()
        sandbox = Sandbox()
        sandbox.load(data)
    except Exception:
        # No file, one of another version, or one that somebody else wrote. Whatever it
        # breaks at, there is nothing to go on with: the sandbox begins anew.
        return None
    return sandbox


def _keep(path: Path, sandbox: Sandbox) -> None:
    if path.exists():
        _save(path, sandbox)
    else:  # forgotten by another process
        threading.Thread(target=sandbox.stop, daemon=True).start()


def _save(path: Path, sandbox: Sandbox) -> None:
    """All at once: whoever loads it never reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with sandbox.world.lock:
        beside = path.with_name(f"{path.name}.{os.getpid()}")
        beside.write_bytes(sandbox.dump())
        os.replace(beside, path)
