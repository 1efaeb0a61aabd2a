"""What is said of each rule agrees with the oracle, in both languages, for random policies and the real ones."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import DecisionFault
from policies.engine.asking import Asked
from policies.engine.decide import Policies
from policies.engine.evaluation import Situation
from policies.explain import explanation as explaining
from policies.explain.explanation import ExplainedRule, Verdict, explain, region_names
from policies.explain.policy_view import policy_in_force, shown_policy
from policies.explain.policy_view_text import showing_text
from policies.language.conditions import operand_facts, operand_settings
from policies.language.conditions import tests_of as each_test
from policies.words.wording import Wording
from tests.policies.engine.test_oracle import REAL_DAYS, TREES, questions_about, random_tree
from tests.policies.support.oracle import Question
from tests.policies.support.oracle_tree import Place, read_places
from tests.policies.support.oracle_values import Fault
from tests.policies.support.random_questions import ODD_DAYS
from tests.policies.support.regions import REGIONS, real_policies
from tests.policies.support.saying import Sayings, asked_of
from tests.policies.support.small_trees import deny, policies_of

CHENGDU, QINGDAO, JINAN = "510100", "370200", "370100"
DAY = date(2026, 11, 21)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
CALL_IT = re.compile(r"\b[a-z]+\.[a-z_]+\b")
"""A fact's name, which no officer should have to read."""


def problems(policies: Policies, place: Place, question: Question) -> Iterator[str]:
    """Yield what an explanation says and the oracle does not."""
    asked = asked_of(question, place)
    try:
        sayings = Sayings(place, replace(question, facts=asked.all_facts(policies)))
        found = explain(policies, asked)
    except (Fault, DecisionFault):
        return
    raw_rules = sayings.evaluation.rules
    if [rule.rule.id for rule in found.rules] != list(raw_rules):
        yield f"{[rule.rule.id for rule in found.rules]} are not {list(raw_rules)}"
    for rule in found.rules:
        yield from _rule_problems(rule, sayings, policies, asked)


def _rule_problems(rule: ExplainedRule, sayings: Sayings, policies: Policies, asked: Asked) -> Iterator[str]:
    raw = sayings.evaluation.rules[rule.rule.id]
    truth = sayings.truth(raw)
    if (truth is False) is not (rule.verdict is Verdict.DOES_NOT_APPLY):
        yield f"{rule.rule.id}: {rule.verdict}, but its condition is {truth}"
    if rule.verdict is Verdict.APPLIES and truth is not True:
        yield f"{rule.rule.id} applies, but its condition is {truth}"
    trial = asked.trial(policies)
    assert trial is not None
    situation = Situation(trial.reading.facts, trial.reading.settings, trial.reading.unknown, policies.calendar)
    wording = Wording(trial.policy, region_names(policies), trial.reading.facts, policies.calendar)
    for test, expected in zip(each_test(rule.rule.condition), sayings.tests(raw), strict=True):
        seen = situation.see(test)
        said = wording.seen(seen)
        if (test.fact, bool(seen.unknown), bool(seen.absent)) != (expected.fact, expected.unknown, expected.absent):
            yield f"{rule.rule.id}: {seen} is not {expected}"
        elif not expected.absent and seen.holds is not expected.holds:
            yield f"{rule.rule.id}: {said.en} is {expected.holds}"
        if expected.words[0] not in said.en or expected.words[1] not in said.zh:
            yield f"{rule.rule.id}: {said} does not say {expected.words}"


@TREES
@given(st.integers(0, 2**32))
def test_what_is_said_of_random_policies_is_so(seed: int) -> None:
    with random_tree(Random(seed)) as (tree, places):
        policies = Policies(tree, calendar=ODD_DAYS)
        for place in places.values():
            for question in questions_about(seed, place, 4):
                assert list(problems(policies, place, question)) == []
        policies.engine.clear()


def test_what_is_said_of_the_real_regions_is_so() -> None:
    said: Counter[Verdict] = Counter()
    for place in read_places(REGIONS).values():
        for question in questions_about(5, place, 2, REAL_DAYS):
            assert list(problems(real_policies(), place, question)) == []
            try:
                found = explain(real_policies(), asked_of(question, place))
            except DecisionFault:
                continue
            said.update(rule.verdict for rule in found.rules)
            for rule in found.rules:
                check_language(rule)
    assert set(said) >= set(Verdict) - {Verdict.OVERRULED}


def check_language(rule: ExplainedRule) -> None:
    """Both languages say something, with no name of a fact in it and no place left open."""
    for message in (rule.sentence, rule.effect, *(line.text for line in rule.lines)):
        for text in (message.zh, message.en):
            assert text
            assert not CALL_IT.search(text), text
            assert not re.search(r"[{}]|None", text), text
        assert CHINESE.search(message.zh), message.zh


def test_every_rule_of_the_regions_can_be_put_into_words_and_misses_no_label() -> None:
    """On any day: nothing that a rule compares lacks a label in either language."""
    rules = 0
    for place in real_policies().tree.regions.values():
        for service in place.services.values():
            settings = service.settings
            for rule in service.rules.values():
                rules += 1
                for test in each_test(rule.condition):
                    for name in (test.fact, *operand_facts(test.operand)):
                        label = place.words.called(name)
                        assert label is not None, (rule.place, name)
                        assert CHINESE.search(label.zh), (rule.place, name)
                        assert label.en != name
                    for name in operand_settings(test.operand):
                        assert CHINESE.search(settings[name].label.zh), (rule.place, name)
                        assert settings[name].label.en != name
    assert rules > 500


def test_every_attribute_of_the_vocabularies_has_a_label() -> None:
    for place in real_policies().tree.regions.values():
        for vocabulary in place.words.vocabularies.values():
            assert {*vocabulary.attributes, *vocabulary.told} == vocabulary.attribute_labels.keys(), vocabulary.name


def explained(asked: Asked) -> dict[str, ExplainedRule]:
    return {rule.rule.id: rule for rule in explain(real_policies(), asked).rules}


CHILD = Asked(
    "apply", CHENGDU, DAY, facts={"holder.age": 15, "request.channel": "chengdu_wechat", "actor.relation": "self"}
)


def test_SC_12_a_child_who_applies_alone_is_told_the_age_its_region_and_its_clause() -> None:
    rule = explained(CHILD)["under_age_alone"]
    assert rule.verdict is Verdict.APPLIES
    assert rule.sentence.en == (
        "applies because the age (15) is below 18 (age from which one acts alone; Sichuan, "
        "未满十八周岁的未成年人应由监护人代办 (SC-12)) and the relation to the holder (the holder) is not a guardian on record"
    )
    assert rule.sentence.zh == (
        "适用，因为年龄（15周岁）未满18周岁（可自行办理的年龄；四川省，未满十八周岁的未成年人应由监护人代办 (SC-12)），"
        "且与持卡人的关系（本人）不是监护人"
    )
    assert rule.effect.en == "refuses: Under 18, please let a guardian (such as a parent) apply."


def test_what_is_not_known_is_named_and_what_hangs_on_it() -> None:
    unsaid = replace(CHILD, facts={"actor.relation": "self"})
    rule = explained(unsaid)["under_age_alone"]
    assert rule.verdict is Verdict.MAY_APPLY
    assert rule.sentence.en.startswith("may apply: the age is not known, nor whether it is below 18 (age from which")
    assert rule.sentence.zh.startswith("可能适用：还不知道年龄，不能确定是否未满18周岁（")
    assert [line.holds for line in rule.lines] == [None]


def test_a_rule_that_does_not_apply_says_what_keeps_it_from_it() -> None:
    rule = explained(replace(CHILD, facts={**CHILD.facts, "actor.relation": "guardian"}))["under_age_alone"]
    assert rule.verdict is Verdict.DOES_NOT_APPLY
    assert rule.sentence.en == "does not apply because the relation to the holder is a guardian on record"
    assert [line.holds for line in rule.lines] == [False]


def test_a_rule_whose_place_another_takes_names_it() -> None:
    facts = {"request.channel": "bank_window", "choice.outlet": "qingdao_sample_instant"}
    rules = explained(Asked("apply", QINGDAO, DAY, facts=facts))
    usual, instant = rules["issued_in_time"], rules["issued_instantly"]
    assert (usual.verdict, instant.verdict) == (Verdict.OVERRULED, Verdict.APPLIES)
    assert "issued_instantly" in usual.sentence.en
    assert "issued_instantly" in usual.sentence.zh
    assert instant.effect.en == "promises: the card is issued at once"
    perhaps = explained(Asked("apply", QINGDAO, DAY, facts={"request.channel": "bank_window"}))["issued_in_time"]
    assert perhaps.verdict is Verdict.MAY_APPLY
    assert "perhaps issued_instantly applies in its place" in perhaps.sentence.en


def test_each_rule_says_whether_it_is_inherited_and_what_it_replaced() -> None:
    rules = explained(CHILD)
    photo = rules["photo"]
    assert not photo.inherited
    assert [place.file for place in photo.replaced] == ["china/sichuan/apply.yaml"]
    assert rules["card_fee"].inherited
    assert rules["card_fee"].replaced == ()


def test_each_value_says_where_it_comes_from_and_what_gives_way_to_it() -> None:
    values = {value.setting.name: value for value in explain(real_policies(), CHILD).values}
    age = values["acts_alone_from_age"]
    assert (age.shown.en, age.value.citation.level, age.inherited) == ("18", "province", True)
    assert [(other.shown.en, other.citation.level) for other in age.replaced] == [("16", "nation")]
    channels = values["channels"]
    assert (channels.value.citation.region, channels.inherited) == (CHENGDU, False)
    assert [other.citation.level for other in channels.replaced] == ["province", "nation"]
    assert "password_shortest" not in values, "no rule of this service reads it"


def test_a_rule_that_a_region_removed_is_named_with_its_place() -> None:
    removed = explain(real_policies(), Asked("activate", CHENGDU, DAY)).removed
    assert [(rule.id, rule.place.file) for rule in removed] == [("office_elsewhere", "china/rules.yaml")]


def test_the_two_clocks_are_kept() -> None:
    early = explain(real_policies(), Asked("apply", JINAN, date(2021, 11, 30), facts={"holder.age": 15}))
    late = explain(real_policies(), Asked("apply", JINAN, date(2021, 12, 1), facts={"holder.age": 15}))
    shown = [
        next(value.shown.en for value in found.values if value.setting.name == "cross_province_services")
        for found in (early, late)
    ]
    assert shown[0] == "none"
    assert shown[1] != "none"


def test_a_service_that_is_not_offered_is_refused_with_nothing_to_explain() -> None:
    found = explain(real_policies(), Asked("account_entries", CHENGDU, DAY))
    assert [denial.code for denial in found.decision.denials] == ["SERVICE_NOT_OFFERED"]
    assert (found.rules, found.values) == ((), ())


def test_an_explanation_that_differs_from_the_engine_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policies = policies_of(tmp_path, {"small": deny({"s.integer": {"below": 5}})})
    asked = Asked("apply", "000000", DAY, facts={"s.integer": 4})
    assert explain(policies, asked).rules[0].verdict is Verdict.APPLIES

    class Wrong(Situation):
        def truth(self, condition: object) -> bool:
            return False

    monkeypatch.setattr(explaining, "Situation", Wrong)
    with pytest.raises(DecisionFault) as caught:
        explain(policies, asked)
    assert caught.value.code == "ENGINE_FAULT"


@pytest.mark.parametrize(
    ("compared", "kind", "value"),
    [
        ({"s.integer": {"above": {"setting": "limit", "times": 100}}}, "integer", 999_999_999_999_999),
        ({"s.date": {"after": {"setting": "limit", "plus": "12 months"}}}, "date", date.max),
    ],
)
def test_a_value_that_nothing_can_hold_is_said_without_its_number(
    compared: Any, kind: str, value: Any, tmp_path: Path
) -> None:
    """Nothing works it out while the fact that it is compared with is not known, so that there is an answer to explain."""
    values = [{"value": value, "from": date(2020, 1, 1)}]
    settings = {"limit": {"type": kind, "label": {"zh": "限", "en": "limit"}, "values": values}}
    policies = policies_of(tmp_path, {"far": deny(compared)}, settings=settings)
    rule = explain(policies, Asked("apply", "000000", DAY)).rules[0]
    assert rule.verdict is Verdict.MAY_APPLY
    assert "limit" in rule.sentence.en
    assert "限" in rule.sentence.zh
    found = shown_policy(policies, policy_in_force(policies, "apply", "000000", DAY))
    assert "limit" in showing_text(found, "en")
