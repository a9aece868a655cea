"""Locks between processes, and cached folders that are built once.

The kernel drops a ``flock`` when its process ends, however it ends, so no lock
file ever has to be cleaned up by hand.
"""

import fcntl
import os
import shutil
from contextlib import contextmanager

from .console import say
from .paths import CACHE

STAMP = ".complete"


@contextmanager
def locked(name, *, shared=False, waiting=None):
    """Hold the lock called ``name``.

    :param waiting: what to say if another process holds it
    """
    folder = CACHE / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    with open(folder / name, "a", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            if waiting:
                say(f"    {waiting}")
            fcntl.flock(handle, mode)
        yield handle


def try_upgrade(handle):
    """Make a shared lock exclusive; False if somebody else holds it as well."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_built(folder, key):
    """Whether ``folder`` was finished with the same inputs (``key``)."""
    stamp = folder / STAMP
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == key


def build_once(folder, key, build):
    """Make a cached folder with ``build(folder)``, unless it is there already.

    The stamp is written last: a build that was interrupted, or made from other
    inputs, is thrown away and made again by the next run.
    """
    if is_built(folder, key):
        return
    with locked(folder.name, waiting="Waiting for another ./dev that prepares this"):
        if is_built(folder, key):
            return
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        build(folder)
        unfinished = folder / (STAMP + ".new")
        unfinished.write_text(key, encoding="utf-8")
        os.replace(unfinished, folder / STAMP)
