"""Run test files in several processes at once, each on a database of its own."""

import os
import re
import subprocess
import threading

from .console import say
from .odoo_process import stop

# More than two browsers at once only hinder each other.
MOST = 2
TEST = re.compile(r"^\s+def test_", re.MULTILINE)
TOUR = re.compile(r"\.start_tour\(")
# A tour takes about as long as so many other tests.
TOUR_WEIGHT = 12


def count():
    """How many processes this machine has processors for."""
    return min(MOST, len(os.sched_getaffinity(0)))


def split(files, shards):
    """Divide test files so that each part takes about as long.

    :param files: paths
    :param int shards: how many parts
    :return: list of sorted lists of paths
    """
    parts = [[0, []] for _shard in range(shards)]
    for weight, file in sorted(((_weight(file), file) for file in files), reverse=True):
        lightest = min(parts, key=lambda part: part[0])
        lightest[0] += weight
        lightest[1].append(file)
    return [sorted(part) for _weight_of_all, part in parts if part]


def _weight(file):
    text = file.read_text(encoding="utf-8")
    return len(TEST.findall(text)) + TOUR_WEIGHT * len(TOUR.findall(text))


def run(commands, **kwargs):
    """Run programs side by side, and show their lines as they come.

    :param commands: one command line each
    :param kwargs: of `subprocess.Popen`, for all
    :return: their exit codes, in the same order
    """
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    texts = {"text": True, "encoding": "utf-8", "errors": "replace"}
    processes, readers = [], []
    try:
        for number, command in enumerate(commands, 1):
            command = [str(part) for part in command]
            process = subprocess.Popen(command, **pipes, **texts, **kwargs)
            processes.append(process)
            mark = f"[{number}] " if len(commands) > 1 else ""
            reader = threading.Thread(target=_show, args=(process.stdout, mark))
            reader.start()
            readers.append(reader)
        return [process.wait() for process in processes]
    finally:
        for process in processes:
            stop(process)
        for reader in readers:
            reader.join()


def _show(lines, mark):
    for line in lines:
        say(f"{mark}{line.rstrip()}")
