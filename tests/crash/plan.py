"""What goes wrong, and when: made from the seed alone, before anything starts."""

import random
from dataclasses import dataclass, field

# Calls that an order's way needs.
LISTS = ["RequestOrders", "Cancels"]
LOOKS = ["GetDeliveryStatus"]
ACTIONS = ["OrderCheck", "ShippingInfo"]
ALL = [*LISTS, *LOOKS, *ACTIONS]

# (kind, calls, most times in a row, options); an option that is a list is drawn from.
FAULTS = (
    ("502", ALL, 12, {}),
    ("503", ALL, 12, {}),
    ("502", ACTIONS, 6, {"effect": True}),
    ("429", ALL, 6, {"retry_after": 1}),
    ("rate_message", ALL, 8, {}),
    ("401", ALL, 1, {}),
    ("html", ALL, 8, {}),
    ("html", ACTIONS, 5, {"effect": True}),
    ("drop_before", ALL, 8, {}),
    ("drop_after_effect", ALL, 8, {}),
    ("slow", ALL, 5, {"seconds": [0.5, 1.0, 1.8]}),
    ("timeout_after_effect", ALL, 3, {"seconds": 3.0, "then": ["answer", "close"]}),
    ("truncated_json", ALL, 8, {"keep": [0.1, 0.5, 0.95]}),
    ("wrong_charset", ALL, 8, {"mode": ["header", "bytes"]}),
    ("unconfirmed_delay", ["OrderCheck"], 6, {"seconds": 2.0}),
    ("insert_between_pages", ["RequestOrders"], 2, {}),
    ("duplicate_row", LISTS, 6, {}),
    ("extra_keys", ALL, 6, {}),
    ("odd_numbers", ALL, 6, {}),
    ("odd_keys", ALL, 6, {}),
)
# Seconds by which the marketplace's clock is put ahead or back, within what it
# tolerates, and beyond: then it refuses every token until somebody corrects the clock.
SKEWS = (-90, -30, 45, 120)
SKEW_TOLERATED = 300
SKEW_BEYOND = 900
SKEW_LASTS = 4
# Part of the run's time after which no order arrives any more.
ARRIVALS_END = 0.85
# Mean seconds between events of a kind.
EVERY = {"fault": 0.9, "decide": 2.2, "kill": 2.5, "press": 3.0}
# Part of the orders that buyers want to cancel.
CANCELLED = 0.08
# Seconds of a run for each of these, and the fewest.
RARE = {"skew": (40, 1), "beyond": (150, 1), "disk": (25, 1), "restart": (45, 2)}


@dataclass(order=True)
class Event:
    """Something that is done to the system at a moment.

    :param at: seconds after the beginning
    :param kind: method of the conductor
    """

    at: float
    kind: str
    values: dict = field(default_factory=dict, compare=False)

    def __str__(self):
        values = ", ".join(f"{name} {value}" for name, value in self.values.items())
        return f"{self.at:6.1f} s  {self.kind}  {values}".rstrip()


class Plan:
    """All events of a run.

    :param int seed: another one gives another plan, the same one the same
    :param float seconds: during which faults happen
    :param int orders: to arrive
    :param workers: names of the processes that may be killed
    """

    def __init__(self, seed, seconds, orders, workers):
        self.seed = seed
        self.rng = random.Random(f"chaos:{seed}")
        self.seconds = seconds
        self.workers = workers
        self.events = [*self._arrivals(orders)]
        for kind, mean in EVERY.items():
            self.events += self._often(kind, mean)
        self.events += self._spread("cancel", max(4, round(orders * CANCELLED)))
        for kind, (each, fewest) in RARE.items():
            count = max(fewest, round(seconds / each))
            self.events += self._spread(kind, count)
        self.events.sort()

    def _arrivals(self, orders):
        last = self.seconds * ARRIVALS_END
        waves = max(2, round(last / 2))
        times = [0.0] + sorted(self.rng.uniform(0, last) for _ in range(waves - 1))
        # Some waves are large: an advert, the hour after work.
        weights = [self.rng.choice((1, 1, 1, 2, 6)) for _ in times]
        done = total = 0
        for number, (at, weight) in enumerate(zip(times, weights, strict=True)):
            total += weight
            count = orders * total // sum(weights) - done
            done += count
            if count:
                site = self.rng.choice(("gmarket", "auction"))
                baskets = max(1, round(count * self.rng.uniform(0.4, 0.8)))
                values = {"site": site, "orders": count, "baskets": baskets}
                yield Event(at, "arrive", {**values, "seed": number})

    def _often(self, kind, mean):
        at = self.rng.expovariate(1 / mean)
        while at < self.seconds:
            yield Event(at, kind, self._values(kind))
            at += self.rng.expovariate(1 / mean)

    def _spread(self, kind, count):
        """One in each of `count` equal parts of the time."""
        part = self.seconds * 0.9 / count
        for number in range(count):
            at = self.seconds * 0.05 + part * (number + self.rng.random())
            yield Event(at, kind, self._values(kind, number))

    def _values(self, kind, number=0):
        rng = self.rng
        if kind == "fault":
            return self._fault()
        if kind == "kill":
            return {"worker": rng.choice(self.workers)}
        if kind == "restart":
            return {"crash": number % 2 == 1}
        if kind == "skew":
            return {"seconds": rng.choice(SKEWS)}
        if kind == "beyond":
            return {"seconds": SKEW_BEYOND, "lasts": SKEW_LASTS}
        if kind == "disk":
            return {"lasts": round(rng.uniform(5, 9), 1)}
        if kind == "cancel":
            state = rng.choice(("new", "preparing", "preparing"))
            return {"state": state, "pick": rng.random()}
        if kind == "decide":
            return {"how": rng.choice(("withdraw", "approve")), "pick": rng.random()}
        return {"button": rng.choice(("collect", "start", "dashboard"))}

    def _fault(self):
        rng = self.rng
        kind, calls, most, options = rng.choice(FAULTS)
        return {
            "kind": kind,
            "endpoint": sorted(rng.sample(calls, rng.randint(1, len(calls)))),
            "times": rng.randint(1, most),
            "after": rng.choice((0, 0, 1, 3)),
            **{
                name: rng.choice(value) if isinstance(value, list) else value
                for name, value in options.items()
            },
        }
