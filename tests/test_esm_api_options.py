"""Option sets: read them, change values, keep all else (fact sheet 6.6, 3.2.3)."""

import copy
import json
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..esm_api import (
    OptionChange,
    OptionSet,
    Refusal,
    RuleError,
    Site,
    option_text_key,
)

GMARKET, AUCTION = Site.GMARKET, Site.AUCTION
BOTH = (GMARKET, AUCTION)


def text(korean, **others):
    return {
        "koreanText": korean,
        "englishText": "",
        "chineseText": "",
        "japaneseText": "",
        "exposeLanguage": 0,
        **others,
    }


def choice(value, seq, **values):
    """Return an entry of a choice as ESM sends it."""
    return {
        "recommendedOptValueNo": 0,
        "recommendedOptValue": text(value),
        "optSeq": seq,
        "isSoldOut": False,
        "isSoldOutSite": {"gmkt": False, "iac": False},
        "isDisplay": True,
        "isDisplaySite": {"gmkt": True, "iac": True},
        "qty": {"iac": 5, "gmkt": 7},
        "manageCode": None,
        "skuInfo": None,
        "addAmnt": 0.0,
        "addAmntSite": {"gmkt": 0.0, "iac": 0.0},
    } | values


def choices(*details, **values):
    return {
        "type": 1,
        "isStockManage": True,
        "inputType": 0,
        "independent": {
            "recommendedOptNo": 0,
            "recommendedOptName": text("색상"),
            "details": list(details),
        },
        "independents": None,
        "combination": None,
        "text": None,
        "calculation": None,
    } | values


def combination():
    rows = [("화이트", "L", 21), ("화이트", "M", 22), ("블랙", "L", 23)]
    details = []
    for color, size, seq in rows:
        row = choice("", seq, manageCode=f"C-{seq}", addAmnt=500.0)
        del row["recommendedOptValueNo"], row["recommendedOptValue"]
        details.append(
            {
                "recommendedOptValueNo1": 0,
                "recommendedOptValue1": text(color),
                "recommendedOptValueNo2": 0,
                "recommendedOptValue2": text(size),
                **row,
            }
        )
    part = {
        "imageInfo": None,
        "recommendedOptNo1": 0,
        "recommendedOptName1": text("색상"),
        "recommendedOptNo2": 0,
        "recommendedOptName2": text("사이즈"),
        "details": details,
    }
    return choices(type=2, independent=None, combination=part)


def read(payload, sites=BOTH):
    return OptionSet.from_payload(payload, sites)


def rows(payload):
    """Return the entries of a set with one choice or combination."""
    return (payload.get("independent") or payload["combination"])["details"]


@tagged("post_install", "-at_install")
class TestEsmApiOptionReading(BaseCase):
    def test_a_choice(self):
        payload = choices(
            choice("네이비", 11, manageCode=" SKU-11 ", addAmnt=-500.0),
            choice("화이트", 12, isSoldOut=True),
        )
        options = read(payload)
        self.assertEqual((options.kind, options.stock_managed), (1, True))
        self.assertFalse(options.per_site)
        first, second = options.options
        self.assertEqual(
            (first.key, first.text, first.text_key, first.code),
            ("11", "색상: 네이비", "네이비", "SKU-11"),
        )
        self.assertEqual(first.quantity, {GMARKET: 7, AUCTION: 5})
        self.assertEqual(first.surcharge, Decimal(-500))
        self.assertIsNone(second.code)
        self.assertEqual(second.sold_out, {GMARKET: True, AUCTION: True})

    def test_a_combination(self):
        first, second, third = read(combination()).options
        self.assertEqual(first.text, "색상: 화이트 / 사이즈: L")
        self.assertEqual(third.text_key, option_text_key("색상:블랙, 사이즈:L"))
        self.assertEqual({first.group, second.group, third.group}, {0})

    def test_several_choices_are_groups(self):
        payload = choices(independent=None)
        payload["independents"] = [
            choices(choice("네이비", 11))["independent"],
            choices(choice("L", 12))["independent"]
            | {"recommendedOptName": text("사이즈")},
        ]
        options = read(payload).options
        self.assertEqual([option.group for option in options], [0, 1])
        self.assertEqual(options[1].text, "사이즈: L")

    def test_flags_per_site_count_in_sets_kept_per_site(self):
        row = choice(
            "네이비",
            11,
            isSoldOut=False,
            isSoldOutSite={"gmkt": True, "iac": False},
            isDisplaySite={"Gmkt": "Y", "IAC": "N"},
        )
        [option] = read(choices(row, inputType=1)).options
        self.assertEqual(option.sold_out, {GMARKET: True, AUCTION: False})
        self.assertEqual(option.shown_on, {GMARKET: True, AUCTION: False})
        self.assertTrue(option.shown)
        [option] = read(choices(row)).options
        self.assertEqual(option.sold_out, {GMARKET: False, AUCTION: False})

    def test_only_the_sites_of_the_item(self):
        [option] = read(choices(choice("네이비", 11)), [AUCTION]).options
        self.assertEqual(option.quantity, {AUCTION: 5})
        self.assertEqual(set(option.sold_out), {AUCTION})

    def test_no_options(self):
        for payload in ({}, None, {"type": 0}, {"type": "0", "independent": None}):
            options = read(payload)
            self.assertFalse(options.editable)
            self.assertFalse(options.all_sold_out)
            self.assertEqual(options.kind, 0)
        self.assertEqual(read({"type": 5, "text": {"details": []}}).kind, 5)

    def test_odd_letter_case_types_and_gaps(self):
        payload = {
            "Type": "1",
            "IsStockManage": "true",
            "InputType": "1",
            "Independent": {
                "RecommendedOptName": "색상",
                "Details": [
                    {
                        "RecommendedOptValue": text("", englishText="Navy"),
                        "OptSeq": "11",
                        "IsSoldOutSite": {"GMKT": "true"},
                        "Qty": {"Gmkt": "7"},
                    },
                    "nothing",
                    {"recommendedOptValue": "네이비", "qty": None, "optSeq": 0},
                    {"recommendedOptValue": "네 이비", "isDisplay": False},
                ],
            },
        }
        first, second, third = read(payload).options
        self.assertEqual((first.key, first.text), ("11", "색상: Navy"))
        self.assertEqual(first.quantity, {GMARKET: 7, AUCTION: 0})
        self.assertEqual(first.sold_out, {GMARKET: True, AUCTION: False})
        self.assertEqual((second.key, third.key), ("네이비", "네이비#2"))
        self.assertTrue(second.shown)
        self.assertFalse(third.shown)
        self.assertEqual(third.surcharge, 0)

    @settings(
        max_examples=200,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def test_any_json_is_read(self, data):
        value = st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=4),
            lambda inner: (
                st.lists(inner, max_size=2)
                | st.dictionaries(
                    st.sampled_from(
                        ["details", "Details", "optSeq", "qty", "gmkt", "isSoldOut"]
                    ),
                    inner,
                    max_size=4,
                )
            ),
            max_leaves=12,
        )
        keys = ["type", "inputType", "independent", "combination", "isStockManage"]
        payload = data.draw(st.dictionaries(st.sampled_from(keys), value))
        options = read(payload)
        self.assertEqual(
            len({option.key for option in options.options}), len(options.options)
        )
        self.assertEqual(read(options.payload), options)


@tagged("post_install", "-at_install")
class TestEsmApiOptionChange(BaseCase):
    def change(self, payload, sites=BOTH, **changes):
        """Change options by key ("_11") and return what differs, by path."""
        before = copy.deepcopy(payload)
        options = read(payload, sites).changed(
            {key[1:]: change for key, change in changes.items()}
        )
        self.assertEqual(payload, before, "the set that was read is left alone")
        return options, self.difference(before, options.payload)

    def difference(self, old, new, path=""):
        if isinstance(old, dict) and isinstance(new, dict):
            self.assertEqual(list(old), [key for key in new if key in old])
            pairs = [(key, old.get(key), new.get(key)) for key in new]
        elif isinstance(old, list) and isinstance(new, list):
            self.assertEqual(len(old), len(new))
            pairs = list(zip(range(len(old)), old, new, strict=True))
        else:
            return {} if json.dumps(old) == json.dumps(new) else {path: new}
        result = {}
        for key, before, after in pairs:
            result |= self.difference(before, after, f"{path}.{key}".lstrip("."))
        return result

    def test_only_what_is_said_changes(self):
        payload = combination()
        payload["ofTomorrow"] = {"Kept": [1, None, "가"]}
        options, changed = self.change(
            payload,
            _22=OptionChange(
                code="NEW", quantity={GMARKET: 3}, sold_out={GMARKET: False}
            ),
        )
        row = "combination.details.1"
        self.assertEqual(changed, {f"{row}.qty.gmkt": 3, f"{row}.manageCode": "NEW"})
        self.assertEqual(options.options[1].quantity, {GMARKET: 3, AUCTION: 5})
        _options, changed = self.change(payload)
        self.assertEqual(changed, {})

    def test_a_code_is_set_and_removed(self):
        payload = choices(choice("네이비", 11), choice("화이트", 12, manageCode="W"))
        options, changed = self.change(
            payload, _11=OptionChange(code="N"), _12=OptionChange(code="")
        )
        self.assertEqual([option.code for option in options.options], ["N", None])
        self.assertEqual(
            changed,
            {
                "independent.details.0.manageCode": "N",
                "independent.details.1.manageCode": None,
            },
        )

    def test_the_spelling_of_keys_stays(self):
        payload = choices(
            {"OPTSEQ": 11, "Qty": {"GMKT": 7}, "IsSoldOut": "N", "MANAGECODE": None}
        )
        _options, changed = self.change(
            payload,
            [GMARKET],
            _11=OptionChange(code="N", quantity={GMARKET: 1}, sold_out={GMARKET: True}),
        )
        row = "independent.details.0"
        self.assertEqual(
            changed,
            {
                f"{row}.Qty.GMKT": 1,
                f"{row}.IsSoldOut": True,
                f"{row}.MANAGECODE": "N",
            },
        )

    def test_a_shared_flag_is_set_on_all_sites(self):
        payload = choices(choice("네이비", 11), choice("화이트", 12))
        options, changed = self.change(
            payload, _11=OptionChange(sold_out={GMARKET: True, AUCTION: False})
        )
        row = "independent.details.0"
        self.assertEqual(
            changed,
            {
                f"{row}.isSoldOut": True,
                f"{row}.isSoldOutSite.gmkt": True,
                f"{row}.isSoldOutSite.iac": True,
            },
        )
        self.assertEqual(options.options[0].sold_out, {GMARKET: True, AUCTION: True})

    def test_flags_per_site(self):
        payload = choices(choice("네이비", 11), choice("화이트", 12), inputType=1)
        _options, changed = self.change(
            payload, _11=OptionChange(sold_out={GMARKET: True})
        )
        row = "independent.details.0"
        self.assertEqual(changed, {f"{row}.isSoldOutSite.gmkt": True})
        _options, changed = self.change(
            payload, _11=OptionChange(sold_out={GMARKET: True, AUCTION: True})
        )
        self.assertTrue(changed[f"{row}.isSoldOut"])

    def test_missing_objects_are_made(self):
        payload = choices({"optSeq": 11}, {"optSeq": 12, "qty": None}, inputType=1)
        options, _changed = self.change(
            payload,
            _11=OptionChange(quantity={GMARKET: 3, AUCTION: 4}),
            _12=OptionChange(
                quantity={GMARKET: 1, AUCTION: 1}, sold_out={AUCTION: True}
            ),
        )
        self.assertEqual(options.options[0].quantity, {GMARKET: 3, AUCTION: 4})
        self.assertEqual(options.options[1].sold_out, {GMARKET: False, AUCTION: True})

    def test_a_quantity_of_0_cannot_be_written_back(self):
        """What sold through is sold out and gets the 1 that ESM insists on."""
        empty = choice("네이비", 11, qty={"gmkt": 0, "iac": 3})
        payload = choices(empty, choice("화이트", 12))
        row = "independent.details.0"
        _options, changed = self.change(payload, _12=OptionChange(code="W"))
        self.assertEqual(changed[f"{row}.qty.gmkt"], 1)
        self.assertTrue(changed[f"{row}.isSoldOut"])
        _options, changed = self.change(
            payload | {"inputType": 1}, _12=OptionChange(code="W")
        )
        self.assertEqual(
            {key: value for key, value in changed.items() if row in key},
            {f"{row}.qty.gmkt": 1, f"{row}.isSoldOutSite.gmkt": True},
        )
        _options, changed = self.change(
            payload, _11=OptionChange(sold_out={GMARKET: False, AUCTION: False})
        )
        self.assertEqual(changed, {f"{row}.qty.gmkt": 1})

    def test_a_set_that_does_not_count_keeps_its_zeros(self):
        payload = choices(
            choice("네이비", 11, qty={"gmkt": 0, "iac": 0}), isStockManage=False
        )
        _options, changed = self.change(
            payload, _11=OptionChange(quantity={GMARKET: 4})
        )
        self.assertEqual(changed, {})

    def test_refused_before_anything_is_sent(self):
        options = read(choices(choice("네이비", 11)))
        for key, change, reason in (
            ("99", OptionChange(code="N"), Refusal.OPTION_RULE),
            ("11", OptionChange(code="가" * 7), Refusal.OPTION_RULE),
            ("11", OptionChange(quantity={GMARKET: 0}), Refusal.BAD_STOCK),
            ("11", OptionChange(quantity={GMARKET: 100_000}), Refusal.BAD_STOCK),
        ):
            with self.assertRaises(RuleError) as caught:
                options.changed({key: change})
            self.assertIs(caught.exception.reason, reason)

    @settings(
        max_examples=200,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def test_all_else_stays_as_it_came(self, data):
        per_site, managed = data.draw(st.booleans()), data.draw(st.booleans())
        flags = st.fixed_dictionaries({"gmkt": st.booleans(), "iac": st.booleans()})
        details = [
            choice(
                f"값{seq}",
                seq,
                isSoldOut=data.draw(st.booleans()),
                isSoldOutSite=data.draw(flags),
                qty={
                    "gmkt": data.draw(st.integers(1, 9)),
                    "iac": data.draw(st.integers(1, 9)),
                },
                extra=data.draw(st.sampled_from([None, 0.5, {"a": [1]}])),
            )
            for seq in range(1, data.draw(st.integers(1, 4)) + 1)
        ]
        payload = choices(*details, inputType=int(per_site), isStockManage=managed)
        pieces = st.dictionaries(st.sampled_from(BOTH), st.integers(1, 99_999))
        sold_out = st.dictionaries(st.sampled_from(BOTH), st.booleans())
        change = st.builds(
            OptionChange,
            code=st.sampled_from([None, "", "A-1"]),
            quantity=pieces,
            sold_out=sold_out,
        )
        changes = {
            str(row["optSeq"]): data.draw(change)
            for row in details
            if data.draw(st.booleans())
        }
        before = copy.deepcopy(payload)
        options = read(payload).changed(changes)
        known = {option.key: option for option in read(payload).options}
        self.assertEqual(payload, before)
        kept = ("isSoldOut", "isSoldOutSite", "qty", "manageCode")
        for old, new in zip(rows(before), rows(options.payload), strict=True):
            same = str(old["optSeq"]) not in changes
            for key, value in old.items():
                if same or key not in kept:
                    self.assertEqual(json.dumps(new[key]), json.dumps(value))
        for option in options.options:
            wanted = changes.get(option.key, OptionChange())
            old = known[option.key]
            self.assertEqual(
                option.code,
                old.code if wanted.code is None else wanted.code or None,
            )
            self.assertEqual(
                option.quantity,
                {**old.quantity, **wanted.quantity} if managed else old.quantity,
            )
            flags = {**old.sold_out, **wanted.sold_out}
            if not per_site and wanted.sold_out:
                flags = dict.fromkeys(BOTH, any(wanted.sold_out.values()))
            self.assertEqual(option.sold_out, flags)


@tagged("post_install", "-at_install")
class TestEsmApiOptionText(BaseCase):
    def test_spellings_of_one_option(self):
        for same in (
            "색상:네이비, 사이즈:L",
            "색상 : 네이비,사이즈 : L",
            "색상: 네이비 / 사이즈: L",
            "네이비;L",
            "네이비/ l",
            "네이비，\u200bＬ",
        ):
            self.assertEqual(option_text_key(same), "네이비/l", same)

    def test_different_options_stay_apart(self):
        texts = [
            "시간:12:30, 사이즈:L",
            "시간:13:30, 사이즈:L",
            "1/23",
            "12/3",
            "색상:네이비",
            "색상:네이비, 사이즈:M",
        ]
        self.assertEqual(len({option_text_key(value) for value in texts}), len(texts))

    def test_a_name_with_separators(self):
        self.assertEqual(
            option_text_key("색상/사이즈:네이비/L"), option_text_key("네이비/L")
        )

    def test_nothing(self):
        for empty in (None, "", " ", "색상:", ":", ",;/"):
            self.assertEqual(option_text_key(empty), "")

    @settings(max_examples=300, deadline=None, derandomize=True)
    @given(
        st.lists(
            st.tuples(
                st.text(alphabet="색상 ab", min_size=1, max_size=4),
                st.text(alphabet="네비L １xX", min_size=1, max_size=5),
            ),
            min_size=1,
            max_size=3,
        ),
        st.sampled_from([", ", ",", ";", " / ", "/"]),
    )
    def test_an_order_names_the_option_that_the_set_has(self, pairs, separator):
        """With the names of the set, without them, and with other separators."""
        names = [f"recommendedOptName{no}" for no in range(1, 4)]
        values = [f"recommendedOptValue{no}" for no in range(1, 4)]
        payload = choices(
            type=2,
            independent=None,
            combination={
                **{
                    key: text(name)
                    for key, (name, _) in zip(names, pairs, strict=False)
                },
                "details": [
                    {
                        key: text(value)
                        for key, (_, value) in zip(values, pairs, strict=False)
                    }
                ],
            },
        )
        [option] = read(payload).options
        for order in (
            separator.join(f"{name}:{value}" for name, value in pairs),
            separator.join(value for _name, value in pairs),
        ):
            self.assertEqual(option_text_key(order), option.text_key)
