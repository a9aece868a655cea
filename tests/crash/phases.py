"""Kill a collector at random points, start it again: nothing lost, nothing doubled.

A sandbox and a collector are processes of their own. While orders arrive in waves and
the marketplace fails now and then, the collector is killed (``kill -9``) after a random
part of a phase of its work, every phase in turn, and started again. In the end it is
let run until all is sent; then the marketplace's ledger is compared with Odoo's tables.
"""

import os
import random
import select
import signal
import time
from collections import Counter
from dataclasses import dataclass, field

import collector
import ledger
import printers

import odoo.sql_db

from devtools.console import say
from devtools.odoo_env import odoo_env

FAULTS = (
    ("502", ["RequestOrders", "OrderCheck", "ShippingInfo", "GetDeliveryStatus"]),
    ("drop_after_effect", ["OrderCheck", "ShippingInfo"]),
)
FAULT_SHARE = 0.03
# How often a life may begin to collect before a phase that does not come is given up,
# and how many seconds it may take.
ROUNDS, PATIENCE = 6, 300
PRINTED = 120


class Ended(Exception):
    """A collector ended by itself."""


@dataclass
class Scenario:
    """So many orders, collectors and kills."""

    name: str
    orders: int
    baskets: int
    collectors: int
    kills: int
    waves: int = 10


SCENARIOS = (
    Scenario("One collector", 300, 160, 1, 18),
    Scenario("Two collectors at once", 72, 40, 2, 6, 3),
)


@dataclass
class Life:
    """One collector between its start and its end."""

    pid: int
    phases: int  # file descriptor
    now_in: str = "start"
    since: float = field(default_factory=time.monotonic)
    unread: str = ""

    def follow(self, deadline):
        """Yield each phase that begins, with the seconds of the one before."""
        while True:
            wait = max(0, deadline - time.monotonic())
            if not select.select([self.phases], [], [], wait)[0]:
                return
            text = os.read(self.phases, 4096).decode()
            if not text:
                raise Ended
            *lines, self.unread = (self.unread + text).split("\n")
            for line in lines:
                phase, began = line.split()
                lasted = float(began) - self.since
                before, self.now_in, self.since = self.now_in, phase, float(began)
                yield before, lasted

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)
        self.wait()

    def wait(self):
        """Return the exit code once the process has ended."""
        _pid, status = os.waitpid(self.pid, 0)
        os.close(self.phases)
        return os.waitstatus_to_exitcode(status)


class Crash:
    """One marketplace, one database, several scenarios."""

    def __init__(self, verdict, market, folder, rng):
        self.note = verdict.note
        self.market = market
        self.log = folder / "collectors.log"
        self.rng = rng
        self.lives = []
        self.placed = 0
        # How long phases take here; learned from what is seen.
        self.typical = dict.fromkeys(collector.PHASES, 0.5)

    def run(self, scenario):
        say(
            f"{scenario.name}: {scenario.orders} orders in {scenario.baskets} baskets, "
            f"{scenario.kills} kills"
        )
        started = time.monotonic()
        waves = self._waves(scenario)
        ahead, killed_in = [], Counter()
        try:
            self.lives = [self._start() for _ in range(scenario.collectors)]
            for number, phase in enumerate(self._plan(scenario.kills)):
                if number * scenario.waves % scenario.kills < scenario.waves:
                    self._arrive(next(waves, ()))
                index = self.rng.randrange(len(self.lives))
                killed_in[self._kill(self.lives[index], phase)] += 1
                ahead += self._look_at_cursors()
                self.lives[index] = self._start()
            for wave in waves:
                self._arrive(wave)
            for life in self.lives:
                life.kill()
            self.lives = [self._start(self.placed) for _ in range(scenario.collectors)]
            ended = self._let_end()
        except Ended:
            ended = ["a collector ended before it was killed: see its log"]
        finally:
            for life in self.lives:
                life.kill()
            self.lives = []
        where = ", ".join(f"{phase} {killed_in[phase]}" for phase in killed_in)
        say(f"  killed in: {where}; {time.monotonic() - started:.0f} s")
        self._judge(scenario, ahead, killed_in, ended)

    # --- orders ---------------------------------------------------------

    def _waves(self, scenario):
        """Yield lists of (site, orders, baskets) that add up to the scenario's."""
        cells = scenario.waves * 2
        for wave in range(scenario.waves):
            yield [
                (
                    site,
                    _share(scenario.orders, cells, 2 * wave + number),
                    _share(scenario.baskets, cells, 2 * wave + number),
                )
                for number, site in enumerate(("gmarket", "auction"))
            ]

    def _arrive(self, wave):
        for site, orders, baskets in wave:
            self.market.arrive(site, orders, baskets, seed=f"crash:{self.placed}")
            self.placed += orders

    # --- lives ----------------------------------------------------------

    def _start(self, goal=None):
        odoo.sql_db.close_all()
        return Life(*collector.start(self.log, goal))

    def _plan(self, kills):
        """The phases to kill in: each comes up as often as the others."""
        plan = [collector.PHASES[n % len(collector.PHASES)] for n in range(kills)]
        self.rng.shuffle(plan)
        return plan

    def _kill(self, life, phase):
        """Kill `life` some time after `phase` began; returns what it was in."""
        began, collected = time.monotonic(), 0
        for before, lasted in life.follow(began + PATIENCE):
            if before in self.typical:
                self.typical[before] = (self.typical[before] + lasted) / 2
            if life.now_in == phase and life.since >= began:
                time.sleep(self.rng.uniform(0, self.typical[phase]))
                break
            # What it did before is read now, too: it does not count.
            collected += life.now_in == "collect" and life.since >= began
            if collected > ROUNDS:
                break
        life.kill()
        return life.now_in

    def _let_end(self):
        """Wait for the last lives; returns what was wrong with them."""
        problems = []
        while self.lives:
            code = self.lives[-1].wait()
            if code == collector.STUCK:
                problems.append("a collector came to a standstill, but not to the end")
            elif code:
                problems.append(f"a collector ended with exit code {code}: see its log")
            self.lives.pop()
        return problems

    # --- judgement ------------------------------------------------------

    def _look_at_cursors(self):
        with odoo_env() as env:
            return list(ledger.cursor_ahead(env.cr, self.market.ledger()))

    def _judge(self, scenario, ahead, killed_in, ended):
        missed = set(collector.PHASES) - killed_in.keys()
        self.note("collectors came to their end", ended)
        self.note("cursor was never ahead of what is stored", ahead)
        self.note(
            f"killed {scenario.kills} times, in every phase of the work",
            [f"never in {phase}" for phase in sorted(missed)],
        )
        facts = self.market.ledger()
        with odoo_env() as env:
            for check in ledger.WHEN_ALL_IS_SENT:
                lines = list(check(env.cr, facts))
                self.note(check.__doc__.splitlines()[0].rstrip("."), lines)
        self.note("no error in the log", self._errors())

    def _errors(self):
        """Errors in the collectors' log; conflicts that PostgreSQL reports are none."""
        with open(self.log, encoding="utf-8", errors="replace") as lines:
            return [
                line.rstrip()
                for line in lines
                if " ERROR " in line and " odoo.sql_db: " not in line
            ]


def _share(total, parts, index):
    """Part `index` of `total`, spread evenly over whole numbers."""
    return total * (index + 1) // parts - total * index // parts


def run(verdict, market, folder, seed):
    """Kill one collector in every phase, then two at once.

    :param verdict: `verdict.Verdict`
    :return: the `Crash`
    """
    with odoo_env() as env:
        collector.prepare(env)
    for kind, endpoints in FAULTS:
        market.tell(
            "faults",
            kind=kind,
            endpoint=endpoints,
            times=None,
            probability=FAULT_SHARE,
        )
    crash = Crash(verdict, market, folder, random.Random(seed))
    for scenario in SCENARIOS:
        crash.run(scenario)
    market.tell("faults", clear=True)
    return crash


def print_waybills(crash):
    """Kill printers."""
    printers.run(crash, PRINTED)
