"""What would change a refusal: nothing that the engine and the oracle do not both confirm, and the nearest first."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.duration import CHINA_TIME
from domain.errors import DecisionFault, InvalidInput
from domain.evidence import Evidence
from domain.history import HistoryRecord
from policies.cases.cases import run_cases
from policies.engine.asking import Asked
from policies.engine.decide import Policies
from policies.explain.explanation import explain
from policies.explain.explanation_text import way_words
from policies.explain.ways import MAX_CHANGES, MAX_DECISIONS, MAX_WAYS, Way, ways_to_be_allowed
from tests.policies.engine.test_oracle import TREES, questions_about, random_tree
from tests.policies.support.oracle import answer
from tests.policies.support.oracle_tree import Place, read_places
from tests.policies.support.random_questions import ODD_DAYS
from tests.policies.support.regions import REGIONS, real_policies
from tests.policies.support.saying import asked_of, question_of
from tests.policies.support.small_trees import deny, policies_of

CHENGDU = "510100"
DAY = date(2026, 11, 21)
ALONE = {"request.channel": "chengdu_wechat", "actor.relation": "self"}


@cache
def real_places() -> Mapping[str, Place]:
    return read_places(REGIONS)


def unconfirmed(policies: Policies, place: Place, asked: Asked) -> Iterator[str]:
    """Yield the ways of a request that the oracle refuses, or that change more than they say."""
    ways = ways_to_be_allowed(policies, asked)
    assert len(ways.found) <= MAX_WAYS
    assert ways.decisions <= MAX_DECISIONS
    for way in ways.found:
        facts = way.asked.all_facts(policies)
        if not answer(place, question_of(way.asked, facts)).allowed:
            yield f"{way} is refused"
        before = asked.all_facts(policies)
        changed = {name for name in facts if name in before and facts[name] != before[name]}
        told = {name for name, _ in way.said}
        if way.moved is None and changed - told:
            yield f"{way} also changes {changed - told}"
        if way.changes > MAX_CHANGES + len(told):
            yield f"{way} changes too much"


def needless(policies: Policies, asked: Asked, way: Way) -> Iterator[str]:
    """Yield what a way changes without need: the rest of it would be enough."""
    for name, _ in way.said:
        facts = {key: value for key, value in way.asked.facts.items() if key != name}
        if name in asked.facts:
            facts[name] = asked.facts[name]
        if _allowed(policies, replace(way.asked, facts=facts)):
            yield name
    if way.moved is not None:
        same = {name: value for name, value in way.asked.facts.items() if name in dict(way.said)}
        if _allowed(policies, replace(asked, facts={**asked.facts, **same}, evidence=way.asked.evidence)):
            yield "day"


def _allowed(policies: Policies, asked: Asked) -> bool:
    try:
        trial = asked.trial(policies)
        return trial is not None and trial.decision().allowed
    except (DecisionFault, InvalidInput):
        return False


@TREES
@given(st.integers(0, 2**32))
def test_the_oracle_confirms_every_way_through_random_policies(seed: int) -> None:
    with random_tree(Random(seed)) as (tree, places):
        policies = Policies(tree, calendar=ODD_DAYS)
        for place in places.values():
            for question in questions_about(seed, place, 2):
                try:
                    assert list(unconfirmed(policies, place, asked_of(question, place))) == []
                except DecisionFault:
                    continue
        policies.engine.clear()


def refused_cases() -> list[Asked]:
    """Return what the officers' own cases ask and are refused."""
    found = []
    for result in run_cases(real_policies()):
        case = result.case
        if result.case.expected.get("allowed") is False or result.case.expected.get("denials"):
            found.append(
                Asked(
                    case.service, case.region, case.on, case.known, case.facts, case.evidence, case.history, case.form
                )
            )
    return found


def test_the_oracle_confirms_every_way_out_of_the_refusals_of_the_real_regions() -> None:
    asked = refused_cases()
    ways = 0
    for request in asked:
        assert list(unconfirmed(real_policies(), real_places()[request.region], request)) == []
        found = ways_to_be_allowed(real_policies(), request).found
        ways += len(found)
        for way in found:
            assert list(needless(real_policies(), request, way)) == []
    assert len(asked) > 300
    assert ways > 300


def told(policies: Policies, asked: Asked) -> list[str]:
    """Return the ways in English, the nearest first."""
    explanation = explain(policies, asked)
    return [way_words(way, policies, explanation).en for way in ways_to_be_allowed(policies, asked).found]


def test_SC_12_a_child_is_told_of_the_guardian_and_of_the_birthday() -> None:
    found = told(real_policies(), Asked("apply", CHENGDU, DAY, facts=ALONE, born_on=date(2010, 3, 2)))
    assert [text.partition(", with")[0] for text in found] == [
        "if the relation to the holder is a guardian on record",
        "from 2028-03-02 on",
    ]
    assert "guardianship on record, birth certificate" in found[0]


def test_the_day_is_the_first_one() -> None:
    asked = Asked("apply", CHENGDU, DAY, facts=ALONE, born_on=date(2010, 3, 2))
    [way] = [way for way in ways_to_be_allowed(real_policies(), asked).found if way.moved]
    assert way.moved is not None
    assert way.moved.day == date(2028, 3, 2)
    before = replace(way.asked, on=way.moved.day - timedelta(days=1))
    assert not _allowed(real_policies(), before)


def test_without_a_date_of_birth_the_day_is_the_latest() -> None:
    found = told(real_policies(), Asked("apply", CHENGDU, DAY, facts={**ALONE, "holder.age": 15}))
    assert found[1].startswith("from 2029-11-21 on at the latest, with: ")


def test_another_channel_is_told_with_what_it_asks_for() -> None:
    facts = {**ALONE, "holder.age": 30, "request.channel": "hotline_12333"}
    found = ways_to_be_allowed(real_policies(), Asked("apply", CHENGDU, DAY, facts=facts)).found
    assert found[0].said == (("request.channel", ("service_window",)),)
    assert found[1].said == (("request.channel", ("chengdu_wechat", "unionpay_app", "ping_an_app")),)


def test_what_is_only_missing_is_told_alone() -> None:
    facts = {**ALONE, "holder.age": 30}
    [way] = ways_to_be_allowed(real_policies(), Asked("apply", CHENGDU, DAY, facts=facts)).found
    assert (way.changes, [need.name for need in way.needs]) == (0, ["photo", "mobile", "residence_address"])


def test_what_is_allowed_needs_no_way() -> None:
    facts = {**ALONE, "holder.age": 30}
    way = ways_to_be_allowed(real_policies(), Asked("apply", CHENGDU, DAY, facts=facts)).found[0]
    assert ways_to_be_allowed(real_policies(), way.asked).found == ()


def test_nobody_is_told_to_be_somebody_else() -> None:
    """What is on record about the holder or the card, and whose role the token names, is nothing to change."""
    named = {
        name
        for asked in refused_cases()
        for way in ways_to_be_allowed(real_policies(), asked).found
        for name, _ in way.said
    }
    assert named
    for name in named:
        definition = real_policies().region(CHENGDU).words.fact(name)
        assert name in ("request.channel", "actor.relation") or (
            definition is not None and definition.origin in ("chosen", "declared")
        )


def ways_of(policies: Policies, **more: Any) -> list[Way]:
    facts = more.pop("facts", {})
    return list(ways_to_be_allowed(policies, Asked("apply", "000000", DAY, facts=facts, **more)).found)


def days_of(found: list[Way]) -> list[tuple[date, date | None]]:
    return [(way.moved.day, way.moved.until) for way in found if way.moved is not None]


def test_a_rule_that_ends_or_is_still_to_begin_bounds_the_days(tmp_path: Path) -> None:
    closed = {"deny": True, "message": {"zh": "停", "en": "closed"}, "source": "assumption"}
    rules = {
        "first": {**closed, "from": date(2026, 11, 1), "until": date(2026, 11, 30)},
        "second": {**closed, "from": date(2027, 1, 1), "until": date(2027, 1, 31)},
    }
    policies = policies_of(tmp_path, rules)
    assert days_of(ways_of(policies)) == [(date(2026, 12, 1), date(2026, 12, 31))]
    assert days_of(ways_of(policies, earliest=date(2026, 10, 1))) == [
        (date(2026, 12, 1), date(2026, 12, 31)),
        (date(2026, 10, 31), date(2026, 10, 31)),
    ]


def test_a_value_that_changes_opens_a_day(tmp_path: Path) -> None:
    label = {"zh": "限", "en": "limit"}
    values = [{"value": 5, "from": date(2020, 1, 1)}, {"value": 3, "from": date(2027, 6, 1)}]
    settings = {"limit": {"type": "integer", "label": label, "values": values}}
    policies = policies_of(tmp_path, {"small": deny({"s.integer": {"below": {"setting": "limit"}}})}, settings=settings)
    assert days_of(ways_of(policies, facts={"s.integer": 4})) == [(date(2027, 6, 1), None)]
    assert days_of(ways_of(policies, facts={"s.integer": 2})) == []


def test_records_stop_counting(tmp_path: Path) -> None:
    record = HistoryRecord(
        "operation", "activate", datetime.combine(date(2026, 11, 10), time(12), CHINA_TIME), "000000", {}
    )
    policies = policies_of(tmp_path, {"often": deny({"history.losses": {"above": 0}})})
    assert days_of(ways_of(policies, history=(record,))) == [(date(2027, 1, 1), None)]
    other = policies_of(tmp_path / "other", {"lately": deny({"history.recent": {"above": 0}})})
    assert days_of(ways_of(other, history=(record,))) == [(date(2026, 12, 10), None)]


def test_a_choice_that_is_closed_is_changed_for_one_that_is_open(tmp_path: Path) -> None:
    policies = policies_of(tmp_path, {"banks": {"route": {"choice": "choice.bank", "open": ["ccb", "abc"]}}})
    [way] = ways_of(policies, facts={"choice.bank": "icbc"})
    assert way.said == (("choice.bank", ("ccb", "abc")),)


def test_two_refusals_need_two_changes(tmp_path: Path) -> None:
    rules = {
        "bank": deny({"choice.bank": {"present": True, "is": "icbc"}}),
        "student": deny({"declared.student": {"is": False}}),
    }
    policies = policies_of(tmp_path, rules)
    [way] = ways_of(policies, facts={"choice.bank": "icbc", "declared.student": False})
    assert way.said == (("choice.bank", ("ccb", "abc")), ("declared.student", (True,)))
    assert [need.name for need in way.needs] == ["certificate"], "what is declared is proven"


def test_nobody_is_told_to_take_a_declaration_back(tmp_path: Path) -> None:
    policies = policies_of(tmp_path, {"student": deny({"declared.student": {"is": True}})})
    assert ways_of(policies, facts={"declared.student": True}) == []


ICBC = {"present": True, "is": "icbc"}


def test_a_rule_that_stands_in_for_a_refusal_is_no_way_when_it_refuses_too(tmp_path: Path) -> None:
    rules = {
        "closed": deny({"s.integer": {"below": 5}}),
        "special": {**deny({"declared.student": {"is": True}, "choice.bank": ICBC}), "instead_of": ["closed"]},
        "usual": {"require": {"proof": "sms_code"}, "message": {"zh": "码", "en": "code"}},
        "instead": {
            "require": {"proof": "face_check"},
            "message": {"zh": "脸", "en": "face"},
            "when": {"choice.bank": ICBC},
            "instead_of": ["usual"],
        },
    }
    policies = policies_of(tmp_path, rules)
    facts = {"s.integer": 4, "choice.bank": "ccb", "declared.student": False}
    assert ways_of(policies, facts=facts) == [], "what stands in for the refusal refuses as well"
    [asked_otherwise] = ways_of(policies, facts={**facts, "s.integer": 9})
    assert [need.name for need in asked_otherwise.needs] == ["sms_code"]


def test_a_document_is_brought_as_it_is_specified(tmp_path: Path) -> None:
    specification = {
        "width_mm": 26, "height_mm": 32, "tolerance_mm": 1, "min_dpi": 350, "max_bytes": 1000, "colour": True, "background": "white",
        "formats": ["png"], "taken_within": "1 month",
    }  # fmt: skip
    rule = {
        "require": {"document": "photo", "specification": specification},
        "message": {"zh": "照", "en": "photo"},
    }
    [way] = ways_of(policies_of(tmp_path, {"photo": rule}))
    assert [need.name for need in way.needs] == ["photo"]
    assert way.certain


def test_the_search_stops_at_its_limit_and_says_so() -> None:
    asked = Asked("reissue", CHENGDU, DAY, facts={**ALONE, "holder.age": 15, "actor.relation": "none"})
    assert ways_to_be_allowed(real_policies(), asked).complete
    stopped = ways_to_be_allowed(real_policies(), asked, limit=5)
    assert not stopped.complete
    assert stopped.decisions <= 5


@pytest.mark.parametrize("region", sorted(real_policies().tree.regions))
def test_a_region_that_does_not_offer_a_service_has_no_way(region: str) -> None:
    offered = real_policies().region(region).services
    services = real_policies().region(region).words.vocabularies["services"].terms
    for service in services.keys() - offered.keys():
        assert ways_to_be_allowed(real_policies(), Asked(service, region, DAY)).found == ()


def test_evidence_at_hand_is_not_asked_for_again() -> None:
    facts = {**ALONE, "holder.age": 30}
    evidence = Evidence(details={"mobile": "13800000000", "residence_address": "示例路1号"})
    [way] = ways_to_be_allowed(real_policies(), Asked("apply", CHENGDU, DAY, facts=facts, evidence=evidence)).found
    assert [need.name for need in way.needs] == ["photo"]
