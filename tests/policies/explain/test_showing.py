"""What holds in a region on a day, shown: nothing in force is left out, and every condition is said as it is written."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from domain.errors import NotFound
from domain.message import Message
from policies.engine.decide import Policies
from policies.explain.policy_view import ShownPolicy, policy_in_force, shown_policy
from policies.explain.policy_view_text import showing_json, showing_text
from policies.language.conditions import tests_of as each_test
from policies.language.outcomes.table import OUTCOMES
from policies.words.condition_text import Stated, StatedGroup
from tests.policies.support.random_words import LABEL
from tests.policies.support.regions import real_policies
from tests.policies.support.small_trees import DAY, deny, policies_of

REAL_DAY = date(2026, 11, 21)
ALWAYS = {name: value for name, value in deny({}).items() if name != "when"}
CHENGDU, QINGDAO = "510100", "370200"


def shown(policies: Policies, service: str, region: str, on: date = REAL_DAY) -> ShownPolicy:
    return shown_policy(policies, policy_in_force(policies, service, region, on))


def said_tests(condition: Stated | None) -> Iterator[Message]:
    if isinstance(condition, StatedGroup):
        for part in condition.parts:
            yield from said_tests(part)
    elif condition is not None:
        yield condition


@pytest.mark.parametrize("region", sorted(real_policies().tree.regions))
def test_every_rule_and_value_in_force_is_shown_with_every_test_of_its_condition(region: str) -> None:
    policies = real_policies()
    for service in policies.region(region).services:
        found = shown(policies, service, region)
        assert [rule.rule.id for rule in found.rules] == list(found.policy.rules)
        assert {value.setting.name for value in found.values} == set(found.policy.values)
        for rule in found.rules:
            said = [message.en for message in said_tests(rule.condition)]
            facts = [found.policy.words.called(test.fact) for test in each_test(rule.rule.condition)]
            assert all(label is not None and label.en in text for label, text in zip(facts, said, strict=True))
            assert rule.effect is not None or rule.message is not None
        for language in ("zh", "en"):
            text = showing_text(found, language)
            assert found.policy.digest in text
            for rule in found.rules:
                assert f"  {rule.rule.id}  {rule.rule.citation.file}:{rule.rule.place.line}\n" in text
        assert len(json.loads(showing_json(found))["rules"]) == len(found.rules)


def test_a_rule_says_which_one_applies_in_its_place_and_which_it_replaced() -> None:
    rules = {rule.rule.id: rule for rule in shown(real_policies(), "apply", QINGDAO).rules}
    assert rules["issued_in_time"].overruled_by == ("issued_instantly",)
    assert rules["issued_instantly"].rule.instead_of == ("issued_in_time",)
    assert [place.file for place in rules["contact_details"].replaced] == ["china/apply.yaml"]
    assert not rules["contact_details"].inherited
    assert rules["card_fee"].inherited


def test_what_a_region_removed_is_named() -> None:
    assert [rule.id for rule in shown(real_policies(), "activate", CHENGDU).removed] == ["office_elsewhere"]
    assert "guardianship" in {rule.id for rule in shown(real_policies(), "apply", QINGDAO).removed}


def test_values_that_no_rule_reads_come_last() -> None:
    values = shown(real_policies(), "apply", CHENGDU).values
    assert [value.read for value in values] == sorted((value.read for value in values), reverse=True)
    unread = {value.setting.name for value in values if not value.read}
    assert "password_shortest" in unread
    assert "acts_alone_from_age" not in unread


def test_nested_conditions_keep_their_form_and_negations_are_said_of_each_test(tmp_path: Path) -> None:
    young = {"s.integer": {"below": 3}}
    other = {"not": {"s.boolean": {"is": True}, "s.text": {"is": "a"}}}
    policies = policies_of(tmp_path, {"one": deny({"any": [young, other]})})
    [rule] = shown(policies, "apply", "000000", DAY).rules
    label = LABEL["en"]
    assert isinstance(rule.condition, StatedGroup)
    assert not rule.condition.all
    assert [message.en for message in said_tests(rule.condition)] == [
        f"the {label} is below 3",
        f"{label}: no",
        f"the {label} is not a",
    ]


def test_a_rule_that_is_not_in_force_is_named_with_its_days(tmp_path: Path) -> None:
    later = {**ALWAYS, "from": date(2027, 1, 1)}
    found = shown(policies_of(tmp_path, {"now": ALWAYS, "later": later}), "apply", "000000", DAY)
    assert [rule.rule.id for rule in found.rules] == ["now"]
    assert [rule.id for rule in found.resting] == ["later"]
    assert "from 2027-01-01" in showing_text(found, "en")
    assert json.loads(showing_json(found))["resting"][0]["from"] == "2027-01-01"


def test_what_is_not_there_is_said_with_what_is() -> None:
    with pytest.raises(NotFound, match="no policy for delegate") as caught:
        policy_in_force(real_policies(), "delegate", QINGDAO, REAL_DAY)
    assert "account_entries" in caught.value.message.en
    with pytest.raises(NotFound, match="no service dance"):
        policy_in_force(real_policies(), "dance", QINGDAO, REAL_DAY)
    with pytest.raises(NotFound, match="no region with that code"):
        policy_in_force(real_policies(), "apply", "999999", REAL_DAY)


def test_every_outcome_of_the_real_policies_is_put_into_words() -> None:
    policies, seen = real_policies(), set()
    for region in policies.tree.regions:
        for service in policies.region(region).services:
            seen |= {rule["outcome"] for rule in json.loads(showing_json(shown(policies, service, region)))["rules"]}
    assert seen == set(OUTCOMES) - {"waive", "refund"}
