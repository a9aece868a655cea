"""Which writes bring an item to what is wanted (fact sheet 6.4 to 6.7)."""

import copy
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..esm_api import (
    LARGEST_STOCK,
    HeldReason,
    OptionSet,
    SetOptions,
    SetSellStatus,
    SetStock,
    Site,
    SiteStatus,
    plan_stock,
)

GMARKET, AUCTION = Site.GMARKET, Site.AUCTION
KEYS = {GMARKET: "gmkt", AUCTION: "iac"}
ON_SALE = SiteStatus(selling=True, price=1000, stock=10)
STOPPED = SiteStatus(selling=False, price=1000, stock=10)


def entry(seq, qty, sold_out=False, shown=True):
    """Return an option as ESM sends it; values are one for all sites, or by site."""

    def each(value):
        return {
            key: value[site] if isinstance(value, dict) else value
            for site, key in KEYS.items()
        }

    flags, visible = each(sold_out), each(shown)
    return {
        "recommendedOptValueNo": 0,
        "recommendedOptValue": {"koreanText": f"값{seq}", "exposeLanguage": 0},
        "optSeq": seq,
        "isSoldOut": all(flags.values()),
        "isSoldOutSite": flags,
        "isDisplay": any(visible.values()),
        "isDisplaySite": visible,
        "qty": each(qty),
        "manageCode": None,
        "addAmnt": 0.0,
    }


def payload(*groups, per_site=False, managed=True):
    """Return a set of independent choices."""
    parts = [
        {"recommendedOptNo": 0, "recommendedOptName": f"이름{index}", "details": rows}
        for index, rows in enumerate(groups)
    ]
    one = len(parts) == 1
    return {
        "type": 1,
        "isStockManage": managed,
        "inputType": int(per_site),
        "independent": parts[0] if one else None,
        "independents": None if one else parts,
        "combination": None,
        "ofTomorrow": {"kept": [1, None]},
    }


class Refused(Exception):
    pass


def need(condition, text):
    if not condition:
        raise Refused(text)


class Market:
    """ESM's rules for one item, as strict as the pages can be read."""

    def __init__(self, status, options=None):
        self.status = dict(status)
        self.options = options

    def __repr__(self):
        """Show what failed, for Hypothesis."""
        return f"Market({self.status!r}, {self.options!r})"

    def entries(self):
        parts = self.options["independents"] or [self.options["independent"]]
        return [row for part in parts for row in part["details"]]

    def option_set(self):
        """Return the set with the flags as ESM shows them."""
        if self.options is None:
            return None
        return OptionSet.from_payload(copy.deepcopy(self.options), self.status)

    def counts(self):
        return self.options is not None and self.options["isStockManage"]

    def is_sold_out(self, row, site):
        if self.options["inputType"]:
            return row["isSoldOutSite"][KEYS[site]]
        return row["isSoldOut"]

    def is_shown(self, row, site):
        if self.options["inputType"]:
            return row["isDisplaySite"][KEYS[site]]
        return row["isDisplay"]

    def take(self, step):
        if isinstance(step, SetStock):
            need(self.options is None, "an item with options")
            need(all(map(self.is_stock, step.stocks.values())), "stock")
            for site, stock in step.stocks.items():
                self.status[site] = replace(self.status[site], stock=stock)
        elif isinstance(step, SetSellStatus):
            self.take_sell_status(step.statuses)
        else:
            self.take_options(step.options.payload)

    def take_sell_status(self, statuses):
        need(set(statuses) == set(self.status), "values of all sites")
        for site, new in statuses.items():
            if not new.selling:
                self.status[site] = replace(self.status[site], selling=False)
                continue
            need(self.is_stock(new.stock), "stock")
            need(new.price >= 10 and new.price % 10 == 0, "price")
            stock = self.status[site].stock if self.counts() else new.stock
            self.status[site] = replace(new, stock=stock)

    def take_options(self, new):
        before, self.options = self.options, copy.deepcopy(new)
        for site in self.status:
            rows = self.entries()
            if self.counts():
                need(
                    all(self.is_stock(row["qty"][KEYS[site]]) for row in rows),
                    "quantity",
                )
            need(not all(self.is_sold_out(row, site) for row in rows), "all sold out")
        need(self.without_values() == without_values(before), "something else changed")

    def without_values(self):
        return without_values(self.options)

    @staticmethod
    def is_stock(pieces):
        return 1 <= pieces <= LARGEST_STOCK

    def on_sale(self):
        """Return what a buyer could buy now, by site and option."""
        if self.options is None:
            return {
                (site, None): now.stock * now.selling
                for site, now in self.status.items()
            }
        return {
            (site, str(row["optSeq"])): (
                (row["qty"][KEYS[site]] if self.counts() else LARGEST_STOCK)
                if now.selling
                and self.is_shown(row, site)
                and not self.is_sold_out(row, site)
                else 0
            )
            for site, now in self.status.items()
            for row in self.entries()
        }


def without_values(options):
    """Return the set without what a stock write may change."""
    result = copy.deepcopy(options)
    for part in result["independents"] or [result["independent"]]:
        for row in part["details"]:
            for key in ("isSoldOut", "isSoldOutSite", "qty"):
                del row[key]
    return result


def flat(wanted):
    """Return what is wanted, or offered, by site and option."""
    return {
        (site, key): pieces
        for site, target in wanted.items()
        for key, pieces in (
            target.items() if isinstance(target, dict) else [(None, target)]
        )
    }


PIECES = st.one_of(st.integers(0, 3), st.sampled_from([-4, LARGEST_STOCK, 200_000]))
SHOWN = st.integers(0, 5).map(bool)
STATUS = st.builds(
    SiteStatus,
    selling=st.booleans(),
    price=st.sampled_from([1000, 25900]),
    stock=st.integers(0, 4),
)


def by_site(values):
    return st.fixed_dictionaries({GMARKET: values, AUCTION: values})


@st.composite
def situations(draw):
    """An item at ESM, what is wanted of it, and which sites may be started."""
    sites = draw(st.sampled_from([[GMARKET], [AUCTION], [GMARKET, AUCTION]]))
    status = {site: draw(STATUS) for site in sites}
    restart = {site for site in sites if draw(st.booleans())}
    wanted_sites = [site for site in sites if draw(st.integers(0, 4))]
    if draw(st.integers(0, 3)) == 0:
        wanted = {site: draw(PIECES) for site in wanted_sites}
        return Market(status), wanted, restart
    per_site, managed = draw(st.booleans()), draw(st.integers(0, 4)) > 0
    groups = []
    for index in range(draw(st.sampled_from([1, 1, 1, 2]))):
        rows = [
            entry(
                10 * index + number,
                draw(by_site(st.integers(0, 3))) if managed else 0,
                draw(by_site(st.booleans()) if per_site else st.booleans()),
                draw(by_site(SHOWN) if per_site else st.just(True)),
            )
            for number in range(1, draw(st.integers(1, 3)) + 1)
        ]
        groups.append(rows)
    keys = [str(row["optSeq"]) for rows in groups for row in rows]
    wanted = {
        site: {key: draw(PIECES) for key in keys if draw(st.integers(0, 5))}
        for site in wanted_sites
    }
    market = Market(status, payload(*groups, per_site=per_site, managed=managed))
    return market, wanted, restart


@tagged("post_install", "-at_install")
class TestEsmApiStockRules(BaseCase):
    """Whatever the item looks like."""

    @settings(
        max_examples=600,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(situations())
    def test_plans_hold_what_they_promise(self, situation):
        market, wanted, restart = situation
        before, status = market.on_sale(), dict(market.status)
        plan = plan_stock(market.status, market.option_set(), wanted, restart)
        counted = market.counts() or market.options is None
        targets = {
            key: min(max(0, pieces), LARGEST_STOCK)
            for key, pieces in flat(wanted).items()
        }
        for step in plan.steps:
            market.take(step)
            for key, pieces in market.on_sale().items():
                if key in targets and (counted or not targets[key]):
                    # Never more than wanted, in between not more than before.
                    self.assertLessEqual(pieces, max(targets[key], before[key]))
        after = market.on_sale()

        # Nothing more than wanted is on sale, and it is what the plan says.
        self.assertEqual(plan.selling, {s: n.selling for s, n in market.status.items()})
        offered = flat(plan.offered)
        self.assertEqual(set(offered), set(targets))
        for key, pieces in offered.items():
            self.assertIn(pieces, (0, targets[key]))
            self.assertEqual(after[key], pieces if counted else after[key])
            self.assertEqual(bool(after[key]), bool(pieces))

        # What nobody wants is left alone, but for a flag that the sites share.
        shared = market.options and not market.options["inputType"]
        for site, key in set(after) - set(targets):
            if plan.selling[site] and status[site].selling and not shared:
                self.assertEqual(after[site, key], before[site, key])
            elif not plan.selling[site]:
                self.assertFalse(after[site, key])
        for site in set(status) - set(wanted):
            if plan.selling[site] != status[site].selling:
                self.assertFalse(any(before[s, k] for s, k in before if s is site))
                self.assertIn(site, plan.stopped)

        # Who stops stays stopped unless the caller stopped it.
        for site, now in status.items():
            if not now.selling and site not in restart:
                self.assertFalse(plan.selling[site])
            self.assertEqual(site in plan.stopped, now.selling > plan.selling[site])
            self.assertEqual(site in plan.restarted, now.selling < plan.selling[site])

        # Prices are as they were, and a second look finds nothing to do.
        self.assertEqual(
            {site: now.price for site, now in market.status.items()},
            {site: now.price for site, now in status.items()},
        )
        again = plan_stock(
            market.status, market.option_set(), wanted, restart | plan.stopped
        )
        self.assertEqual(again.steps, ())
        self.assertEqual(again.offered, plan.offered)
        if not shared:
            self.assertEqual(again.held, plan.held)

    @settings(
        max_examples=300,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(situations())
    def test_all_that_can_be_sold_is_on_sale(self, situation):
        market, wanted, restart = situation
        status, options = dict(market.status), market.option_set()
        shared = options and not options.per_site and len(wanted) > 1
        plan = plan_stock(status, options, wanted, restart)
        for site, targets in wanted.items():
            may_sell = status[site].selling or site in restart
            if options and not targets:
                continue  # nothing is asked of the site
            something = (
                targets > 0
                if options is None
                else self.has_something(options, site, targets)
            )
            wanted_here = any(pieces > 0 for pieces in flat({site: targets}).values())
            self.assertLessEqual(site in plan.held, wanted_here)
            if something and wanted_here and not plan.selling[site]:
                reason = plan.held[site]
                self.assertEqual(reason is HeldReason.STOPPED_BY_HUMAN, not may_sell)
                self.assertTrue(shared or not may_sell)
            if plan.selling[site] and not shared:
                for key, pieces in flat({site: targets}).items():
                    shown = options is None or any(
                        option.key == key[1] and option.shown_on[site]
                        for option in options.options
                    )
                    self.assertEqual(
                        flat(plan.offered)[key],
                        min(max(0, pieces), LARGEST_STOCK) * shown,
                    )

    @staticmethod
    def has_something(options, site, targets):
        """Whether each choice on show has an option to offer."""
        shown = [option for option in options.options if option.shown_on[site]]
        having = {
            option.group
            for option in shown
            if (
                targets[option.key] > 0
                if option.key in targets
                else not option.sold_out[site]
                and (option.quantity[site] or not options.stock_managed)
            )
        }
        return bool(shown) and having == {option.group for option in shown}


@tagged("post_install", "-at_install")
class TestEsmApiStockPlan(BaseCase):
    def option_set(self, *groups, sites=(GMARKET, AUCTION), **values):
        return OptionSet.from_payload(payload(*groups, **values), sites)

    def rows(self, step):
        """Return what a step writes: (key, site) -> pieces, 0 for sold out."""
        self.assertIsInstance(step, SetOptions)
        return {
            (option.key, site): 0 if option.sold_out[site] else option.quantity[site]
            for option in step.options.options
            for site in step.options.sites
        }

    def test_stock_of_an_item_without_options(self):
        plan = plan_stock({GMARKET: ON_SALE}, None, {GMARKET: 7})
        self.assertEqual(plan.steps, (SetStock({GMARKET: 7}),))
        self.assertEqual(plan.offered, {GMARKET: 7})
        self.assertFalse(plan_stock({GMARKET: ON_SALE}, None, {GMARKET: 10}).steps)

    def test_nothing_left_stops_and_stock_starts_again(self):
        plan = plan_stock({GMARKET: ON_SALE}, None, {GMARKET: 0})
        [step] = plan.steps
        self.assertEqual(step.statuses, {GMARKET: replace(ON_SALE, selling=False)})
        self.assertEqual(plan.stopped, {GMARKET})
        self.assertEqual(plan.offered, {GMARKET: 0})
        plan = plan_stock({GMARKET: STOPPED}, None, {GMARKET: 3}, {GMARKET})
        [step] = plan.steps
        self.assertEqual(step.statuses, {GMARKET: replace(ON_SALE, stock=3)})
        self.assertEqual(plan.restarted, {GMARKET})

    def test_what_a_human_stopped_stays_stopped(self):
        plan = plan_stock({GMARKET: STOPPED}, None, {GMARKET: 3})
        self.assertFalse(plan.steps)
        self.assertEqual(plan.held, {GMARKET: HeldReason.STOPPED_BY_HUMAN})
        self.assertEqual(plan.offered, {GMARKET: 0})

    def test_one_call_stops_one_site_and_changes_the_other(self):
        status = {GMARKET: ON_SALE, AUCTION: ON_SALE}
        plan = plan_stock(status, None, {GMARKET: 0, AUCTION: 4})
        self.assertEqual(
            plan.steps,
            (
                SetSellStatus(
                    {
                        GMARKET: replace(ON_SALE, selling=False),
                        AUCTION: replace(ON_SALE, stock=4),
                    }
                ),
            ),
        )

    def test_a_site_that_is_not_wanted_but_sold_through_stops_too(self):
        status = {GMARKET: ON_SALE, AUCTION: replace(ON_SALE, stock=0)}
        plan = plan_stock(status, None, {GMARKET: 0})
        self.assertEqual(plan.stopped, {GMARKET, AUCTION})
        # A plan that starts and stops nothing leaves it alone.
        plan = plan_stock(status, None, {GMARKET: 4})
        self.assertEqual(plan.steps, (SetStock({GMARKET: 4}),))

    def test_an_item_that_asks_for_a_text_gets_its_stock_with_the_state(self):
        text = {"type": 5, "text": {"details": [{"Value": "각인"}]}}
        options = OptionSet.from_payload(text, [GMARKET])
        plan = plan_stock({GMARKET: ON_SALE}, options, {GMARKET: 3})
        self.assertEqual(
            plan.steps, (SetSellStatus({GMARKET: replace(ON_SALE, stock=3)}),)
        )
        self.assertFalse(plan_stock({GMARKET: ON_SALE}, options, {GMARKET: 10}).steps)

    def test_one_option_sold_out(self):
        options = self.option_set([entry(1, 5), entry(2, 5)], sites=[GMARKET])
        plan = plan_stock({GMARKET: ON_SALE}, options, {GMARKET: {"1": 0, "2": 8}})
        [step] = plan.steps
        self.assertEqual(self.rows(step), {("1", GMARKET): 0, ("2", GMARKET): 8})
        self.assertEqual(step.options.options[0].quantity, {GMARKET: 5})
        self.assertEqual(plan.offered, {GMARKET: {"1": 0, "2": 8}})

    def test_all_sold_out_stops_and_leaves_the_options(self):
        options = self.option_set([entry(1, 5), entry(2, 5)], sites=[GMARKET])
        plan = plan_stock({GMARKET: ON_SALE}, options, {GMARKET: {"1": 0, "2": 0}})
        [step] = plan.steps
        self.assertIsInstance(step, SetSellStatus)
        self.assertFalse(step.statuses[GMARKET].selling)

    def test_a_choice_without_anything_left_stops_the_item(self):
        options = self.option_set([entry(1, 5)], [entry(2, 5)], sites=[GMARKET])
        plan = plan_stock({GMARKET: ON_SALE}, options, {GMARKET: {"1": 0, "2": 4}})
        self.assertEqual(plan.selling, {GMARKET: False})

    def test_quantities_come_before_the_start(self):
        options = self.option_set([entry(1, 50)], sites=[GMARKET])
        plan = plan_stock({GMARKET: STOPPED}, options, {GMARKET: {"1": 2}}, {GMARKET})
        change, start = plan.steps
        self.assertEqual(self.rows(change), {("1", GMARKET): 2})
        self.assertTrue(start.statuses[GMARKET].selling)

    def test_stop_change_start(self):
        options = self.option_set([entry(1, 5), entry(2, 5)], per_site=True)
        status = {GMARKET: ON_SALE, AUCTION: replace(STOPPED, stock=500_000)}
        wanted = {GMARKET: {"1": 0, "2": 0}, AUCTION: {"1": 3, "2": 0}}
        plan = plan_stock(status, options, wanted, {AUCTION})
        stop, change, start = plan.steps
        self.assertEqual(
            [step.statuses[site].selling for step in (stop, start) for site in status],
            [False, False, False, True],
        )
        self.assertEqual(start.statuses[AUCTION].stock, LARGEST_STOCK)
        rows = self.rows(change)
        self.assertEqual((rows["1", AUCTION], rows["2", AUCTION]), (3, 0))
        self.assertEqual((rows["1", GMARKET], rows["2", GMARKET]), (5, 5))

    def test_a_shared_flag_follows_the_site_that_has_less(self):
        options = self.option_set([entry(1, 5), entry(2, 5)])
        status = {GMARKET: ON_SALE, AUCTION: ON_SALE}
        wanted = {GMARKET: {"1": 3, "2": 3}, AUCTION: {"1": 3, "2": 0}}
        plan = plan_stock(status, options, wanted)
        [step] = plan.steps
        self.assertEqual({self.rows(step)["2", site] for site in status}, {0})
        self.assertEqual(plan.offered[GMARKET], {"1": 3, "2": 0})

    def test_a_stopped_site_has_no_say_in_a_shared_flag(self):
        options = self.option_set([entry(1, 5), entry(2, 5)])
        status = {GMARKET: ON_SALE, AUCTION: STOPPED}
        wanted = {GMARKET: {"1": 3, "2": 3}, AUCTION: {"1": 3, "2": 0}}
        plan = plan_stock(status, options, wanted)
        self.assertEqual(plan.offered[GMARKET], {"1": 3, "2": 3})
        self.assertEqual(plan.held, {AUCTION: HeldReason.STOPPED_BY_HUMAN})

    def test_sites_that_exclude_each_other_do_not_both_stop(self):
        options = self.option_set([entry(1, 5), entry(2, 5)])
        status = {GMARKET: ON_SALE, AUCTION: ON_SALE}
        wanted = {GMARKET: {"1": 3, "2": 0}, AUCTION: {"1": 0, "2": 4}}
        plan = plan_stock(status, options, wanted)
        self.assertEqual(sum(plan.selling.values()), 1)
        self.assertEqual(list(plan.held.values()), [HeldReason.SHARED_SOLD_OUT])
        for selling in status:
            stopped = {site: STOPPED for site in status} | {selling: ON_SALE}
            plan = plan_stock(stopped, options, wanted, set(status) - {selling})
            self.assertTrue(plan.selling[selling], "the one that sells goes on")

    def test_who_does_not_want_an_option_has_no_say_in_its_shared_flag(self):
        options = self.option_set([entry(1, 5, sold_out=True), entry(2, 5)])
        status = {GMARKET: ON_SALE, AUCTION: ON_SALE}
        plan = plan_stock(status, options, {GMARKET: {"1": 3}, AUCTION: {"2": 5}})
        [step] = plan.steps
        rows = self.rows(step)
        self.assertEqual((rows["1", GMARKET], rows["1", AUCTION]), (3, 5))
        self.assertFalse(
            plan_stock(status, options, {AUCTION: {"2": 5}}).steps,
            "nobody wants it, so it stays sold out",
        )

    def test_sold_through_options_of_nobody_are_marked_with_the_write(self):
        options = self.option_set([entry(1, 5), entry(2, 0)], sites=[GMARKET])
        self.assertFalse(
            plan_stock({GMARKET: ON_SALE}, options, {GMARKET: {"1": 5}}).steps
        )
        plan = plan_stock({GMARKET: ON_SALE}, options, {GMARKET: {"1": 4}})
        [step] = plan.steps
        self.assertEqual(self.rows(step), {("1", GMARKET): 4, ("2", GMARKET): 0})
        self.assertEqual(step.options.options[1].quantity, {GMARKET: 1})

    def test_a_set_that_does_not_count_switches_flags_only(self):
        options = self.option_set(
            [entry(1, 0), entry(2, 0)], sites=[GMARKET], managed=False
        )
        plan = plan_stock({GMARKET: ON_SALE}, options, {GMARKET: {"1": 9, "2": 0}})
        [step] = plan.steps
        first, second = step.options.options
        self.assertEqual((first.sold_out[GMARKET], first.quantity[GMARKET]), (False, 0))
        self.assertEqual(
            (second.sold_out[GMARKET], second.quantity[GMARKET]), (True, 0)
        )
        same = plan_stock({GMARKET: ON_SALE}, step.options, {GMARKET: {"1": 4, "2": 0}})
        self.assertFalse(same.steps)

    def test_wanted_must_fit_the_item(self):
        options = self.option_set([entry(1, 5)], sites=[GMARKET])
        one = {GMARKET: ON_SALE}
        for arguments in (
            (one, None, {GMARKET: {"1": 3}}),
            (one, options, {GMARKET: 3}),
            (one, None, {AUCTION: 3}),
            ({**one, AUCTION: ON_SALE}, options, {GMARKET: {"1": 3}}),
        ):
            with self.assertRaises(ValueError):
                plan_stock(*arguments)
