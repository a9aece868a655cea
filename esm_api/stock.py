"""What to write so that an item offers what is wanted, by ESM's rules.

Sources: etapi.gmarket.com/21, /26, /194; fact sheet 6.4 to 6.7. ESM refuses a stock of
0: an option with nothing left is marked as sold out, an item with nothing left is
stopped, and both come back when there is stock. Nothing here calls ESM.
"""

import enum
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import combinations

from .codes import LARGEST_STOCK
from .options import Option, OptionChange, OptionSet
from .sites import Site


@dataclass(frozen=True)
class SiteStatus:
    """What an item sells on one site (page 21).

    :param selling: False: stopped, by a human, by us or by the site
    :param price: won
    :param stock: pieces; ESM ignores it where options count the stock
    :param ends_on: last Korean day of the selling period, None: unlimited
    """

    selling: bool
    price: int
    stock: int
    ends_on: date | None = None


@dataclass(frozen=True)
class SetStock:
    """Write the stock of an item without options."""

    stocks: Mapping[Site, int]


@dataclass(frozen=True)
class SetOptions:
    """Write the whole option set."""

    options: OptionSet


@dataclass(frozen=True)
class SetSellStatus:
    """Write state, price and stock of all sites of the item."""

    statuses: Mapping[Site, SiteStatus]


class HeldReason(enum.Enum):
    """Why a site offers nothing although something is wanted."""

    STOPPED_BY_HUMAN = "stopped_by_human"
    #: The sites share the sold-out flags, and another site has nothing to offer.
    SHARED_SOLD_OUT = "shared_sold_out"


@dataclass(frozen=True)
class StockPlan:
    """Result of :func:`plan_stock`. No steps: nothing to do.

    :param steps: in the order in which they are safe: stop, change, start
    :param selling: by site, once the steps are done
    :param offered: what is then on sale, in the form of ``wanted``; 0: sold out,
        stopped or hidden
    :param stopped: sites that the plan stops; these may be started again
    :param restarted: sites that it starts
    :param held: sites that offer nothing although something is wanted
    """

    steps: tuple[SetStock | SetOptions | SetSellStatus, ...] = ()
    selling: Mapping[Site, bool] = field(default_factory=dict)
    offered: Mapping[Site, int | Mapping[str, int]] = field(default_factory=dict)
    stopped: frozenset[Site] = frozenset()
    restarted: frozenset[Site] = frozenset()
    held: Mapping[Site, HeldReason] = field(default_factory=dict)


def plan_stock(
    status: Mapping[Site, SiteStatus],
    options: OptionSet | None,
    wanted: Mapping[Site, int | Mapping[str, int]],
    restart: Collection[Site] = (),
) -> StockPlan:
    """Plan the writes that bring an item to what is wanted.

    Afterwards nothing more than wanted is on sale, at no time while the steps are
    taken more than wanted or than before, and a plan of the result is empty.

    * A site with nothing left is stopped; it starts again only if it is in
      ``restart``: what a human stopped stays stopped.
    * Sites that share their sold-out flags (a common option set) sell an option only
      while all of them that sell have it. A site that is not wanted has no say in
      that, but shares the flag.
    * Where the set does not count stock, only the flags are switched, and ``offered``
      says what is wanted; ESM sells any number.
    * Starting and stopping writes all values of all sites at once, as they were read,
      and options are written as a whole. A site that is not wanted and has sold its
      last piece then has nothing that ESM accepts, so it is stopped too; it offers
      nothing before and after.

    :param status: of all sites of the item, as just read
    :param options: None: an item without options
    :param wanted: pieces by site, or by site and option key; sites and options that
        are absent keep what they have. More than 99,999 is 99,999
    :param restart: sites that may be started, because the caller stopped them
    :raise ValueError: ``wanted`` names a site that the item is not on, or options
        where it has none, or the other way round; or the options are of other sites
    """
    has_options = options is not None and options.editable
    if options is not None and options.sites != set(status):
        raise ValueError("status and options are not of the same sites")
    for site, target in wanted.items():
        if site not in status or isinstance(target, Mapping) != has_options:
            raise ValueError(f"what is wanted does not fit the item on {site.value}")
    if has_options:
        return _OptionPlanner(status, options, wanted, restart).plan()
    plain = options is None or not options.kind
    return _plan_item(status, wanted, restart, plain=plain)


def _plan_item(
    status: Mapping[Site, SiteStatus],
    wanted: Mapping[Site, int],
    restart: Collection[Site],
    *,
    plain: bool,
) -> StockPlan:
    """Plan an item without a choice.

    :param plain: False: it asks the buyer for a text or a measure, so the stock call
        refuses it, and its stock is written with the state
    """
    targets = {site: _clamp(pieces) for site, pieces in wanted.items()}
    after = dict(status)
    held = {}
    for site, pieces in targets.items():
        now = status[site]
        if not pieces:
            after[site] = replace(now, selling=False)
        elif now.selling or site in restart:
            after[site] = replace(now, selling=True, stock=pieces)
        else:
            held[site] = HeldReason.STOPPED_BY_HUMAN
    steps: list[SetStock | SetSellStatus] = []
    stocks = {
        site: new.stock
        for site, new in after.items()
        if new.selling and new.stock != status[site].stock
    }
    if _selling(after) != _selling(status) or (stocks and not plain):
        # One call for all sites, which takes the stocks along.
        for site, new in after.items():
            if new.selling and not new.stock:
                after[site] = replace(new, selling=False)
        steps.append(SetSellStatus(after))
    elif stocks:
        steps.append(SetStock(stocks))
    offered = {site: after[site].stock * after[site].selling for site in targets}
    return _result(steps, status, _selling(after), offered, held)


class _OptionPlanner:
    """Plans one item with options."""

    def __init__(
        self,
        status: Mapping[Site, SiteStatus],
        options: OptionSet,
        wanted: Mapping[Site, Mapping[str, int]],
        restart: Collection[Site],
    ) -> None:
        self._status = status
        self._options = options
        self._restart = restart
        self._wanted = wanted
        self._targets = {
            site: {key: _clamp(pieces) for key, pieces in targets.items()}
            for site, targets in wanted.items()
            if targets
        }

    def plan(self) -> StockPlan:
        allowed = [
            site
            for site in Site
            if site in self._targets
            and (self._status[site].selling or site in self._restart)
        ]
        live = self._live(allowed)
        selling = {
            site: site in live if site in self._targets else now.selling
            for site, now in self._status.items()
        }
        held = {
            site: HeldReason.SHARED_SOLD_OUT
            if site in allowed
            else HeldReason.STOPPED_BY_HUMAN
            for site, targets in self._targets.items()
            if site not in live
            and any(targets.values())
            and self._can_offer(site, [site])
        }
        changes = self._changes(live)
        if changes and self._options.per_site:
            for site in self._status:
                self._leave_one(site, changes, selling)
        return _result(
            self._steps(selling, changes),
            self._status,
            selling,
            {site: self._offered(site, live) for site in self._wanted},
            held,
        )

    def _live(self, allowed: Iterable[Site]) -> tuple[Site, ...]:
        """Return the most of these sites that can sell beside each other.

        If one excludes the other, the one that sells goes on.
        """
        candidates = sorted(allowed, key=lambda site: not self._status[site].selling)
        return next(
            sites
            for count in range(len(candidates), -1, -1)
            for sites in combinations(candidates, count)
            if all(self._can_offer(site, sites) for site in sites)
        )

    def _keeps(self, option: Option, site: Site) -> bool:
        """Whether the option has something to offer there as it is."""
        counted = self._options.stock_managed
        return not option.sold_out[site] and (option.quantity[site] > 0 or not counted)

    def _has(self, option: Option, site: Site) -> bool:
        """Whether the option has something to offer there, as wanted or as it is."""
        target = self._targets.get(site, {}).get(option.key)
        return self._keeps(option, site) if target is None else target > 0

    def _sold_out(self, option: Option, site: Site, live: Collection[Site]) -> bool:
        """Whether the option is marked as sold out there once these sites sell."""
        sharing = [site]
        if not self._options.per_site:
            sharing = self._wanted_at(option, live) or live
        return not all(self._has(option, other) for other in sharing)

    def _wanted_at(self, option: Option, live: Collection[Site]) -> list[Site]:
        return [site for site in live if option.key in self._targets[site]]

    def _can_offer(self, site: Site, live: Collection[Site]) -> bool:
        """Whether a buyer finds an option of each group on the site."""
        shown = [item for item in self._options.options if item.shown_on[site]]
        offering = {
            item.group for item in shown if not self._sold_out(item, site, live)
        }
        return bool(shown) and {item.group for item in shown} == offering

    def _changes(self, live: Collection[Site]) -> dict[str, OptionChange]:
        """Return new values of all options, or nothing if no wanted one changes.

        A write sends all of them, so none may have what ESM refuses.
        """
        changes = {}
        differs = False
        for option in self._options.options:
            wanted_at = self._wanted_at(option, live)
            flags = {
                site: self._flag(option, site, live) for site in self._options.sites
            }
            quantity = {
                site: self._targets[site][option.key]
                for site in wanted_at
                if not flags[site]
            }
            changes[option.key] = OptionChange(quantity=quantity, sold_out=flags)
            differs = differs or any(
                flags[site] != option.sold_out[site]
                or self._options.stock_managed
                and quantity.get(site, option.quantity[site]) != option.quantity[site]
                for site in wanted_at
            )
        return changes if differs else {}

    def _flag(self, option: Option, site: Site, live: Collection[Site]) -> bool:
        """Whether the option is sold out there in a write.

        ESM takes no 0, so what has no piece and is not wanted is sold out then.
        """
        if self._options.per_site and site not in live:
            return not self._keeps(option, site)
        return self._sold_out(option, site, live)

    def _leave_one(
        self,
        site: Site,
        changes: dict[str, OptionChange],
        selling: dict[Site, bool],
    ) -> None:
        """Leave no site with all options marked: ESM may refuse such a set.

        A site like that offers nothing. It is stopped, if it is not already, and one
        option left unmarked; wanted options are written before it sells again.
        """
        if not all(change.sold_out[site] for change in changes.values()):
            return
        selling[site] = False
        wanted = self._targets.get(site, {})
        key = next((key for key in changes if key in wanted), next(iter(changes)))
        flags = {**changes[key].sold_out, site: False}
        changes[key] = replace(changes[key], sold_out=flags)

    def _steps(
        self, selling: Mapping[Site, bool], changes: Mapping[str, OptionChange]
    ) -> list[SetOptions | SetSellStatus]:
        kept = {
            site: now.selling and selling[site] for site, now in self._status.items()
        }
        steps: list[SetOptions | SetSellStatus] = []
        if kept != _selling(self._status):
            steps.append(self._sell_status(kept))
        if changes:
            steps.append(SetOptions(self._options.changed(changes)))
        if selling != kept:
            steps.append(self._sell_status(selling))
        return steps

    def _sell_status(self, selling: Mapping[Site, bool]) -> SetSellStatus:
        """Return the step; its stock is ignored, but must be one (6.4)."""
        return SetSellStatus(
            {
                site: replace(
                    now, selling=selling[site], stock=max(1, _clamp(now.stock))
                )
                for site, now in self._status.items()
            }
        )

    def _offered(self, site: Site, live: Collection[Site]) -> dict[str, int]:
        on_sale = {
            option.key
            for option in self._options.options
            if site in live
            and option.shown_on[site]
            and not self._sold_out(option, site, live)
        }
        return {
            key: pieces if key in on_sale else 0
            for key, pieces in self._targets.get(site, {}).items()
        }


def _clamp(pieces: int) -> int:
    return min(max(0, pieces), LARGEST_STOCK)


def _selling(status: Mapping[Site, SiteStatus]) -> dict[Site, bool]:
    return {site: now.selling for site, now in status.items()}


def _result(
    steps: list[SetStock | SetOptions | SetSellStatus],
    status: Mapping[Site, SiteStatus],
    selling: Mapping[Site, bool],
    offered: Mapping[Site, int | Mapping[str, int]],
    held: Mapping[Site, HeldReason],
) -> StockPlan:
    return StockPlan(
        steps=tuple(steps),
        selling=selling,
        offered=offered,
        stopped=frozenset(s for s, now in status.items() if now.selling > selling[s]),
        restarted=frozenset(s for s, now in status.items() if now.selling < selling[s]),
        held=held,
    )
