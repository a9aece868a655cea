"""What a developer sees: numbered progress lines and plain errors."""

import shlex
import subprocess
import sys
import time


class DevError(Exception):
    """A failure told in plain words: what happened, and what to do now."""

    def __init__(self, what, then=""):
        super().__init__(what)
        self.what = what
        self.then = then


class Progress:
    """Print ``[2/7] Doing this ...`` lines for a command with known steps."""

    def __init__(self, total):
        self.total = total
        self.done = 0
        self.started = time.monotonic()

    def step(self, text):
        self.done += 1
        say(f"[{self.done}/{self.total}] {text}")

    @property
    def elapsed(self):
        """Time since the command began, as people say it."""
        minutes, seconds = divmod(round(time.monotonic() - self.started), 60)
        return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def say(text):
    print(text, flush=True)


def complain(error):
    """Print a :class:`DevError` to standard error."""
    print(f"\nError: {error.what}", file=sys.stderr)
    if error.then:
        print(f"What to do: {error.then}", file=sys.stderr)
    sys.stderr.flush()


def run(command, *, failed=None, then="", **kwargs):
    """Run a program quietly; a failure becomes a :class:`DevError`.

    :param failed: what to say if it fails; the program's own last lines follow
    :return: what it printed to standard output
    """
    command = [str(part) for part in command]
    try:
        result = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            **kwargs,
        )
    except FileNotFoundError as error:
        raise DevError(
            f"{command[0]} is not there.", then or "Run ./dev setup."
        ) from error
    if result.returncode:
        tail = "\n".join(result.stdout.splitlines()[-15:])
        raise DevError(
            f"{failed or shlex.join(command)} (exit code {result.returncode})\n{tail}",
            then,
        )
    return result.stdout
