"""What passed and what failed."""

from devtools.console import say

SHOWN = 10


class Verdict:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, check, *arguments):
        """Note what a check says; its docstring says what it stands for."""
        name = check.__doc__.splitlines()[0].rstrip(".")
        self.note(name, list(check(*arguments)))

    def note(self, what, problems):
        """Note one result.

        :param what: what was expected
        :param problems: lines that say what is wrong
        """
        if not problems:
            self.passed += 1
            return
        self.failed += 1
        say(f"  FAILED: {what}")
        for line in problems[:SHOWN]:
            say(f"    {line}")
        if len(problems) > SHOWN:
            say(f"    and {len(problems) - SHOWN} more")
