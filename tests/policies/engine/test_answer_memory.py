"""What the engine answered is kept by the truths that it saw: with it, every decision is as without."""

import logging
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from gc import collect
from pathlib import Path
from random import Random
from typing import Any
from weakref import ref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import DecisionFault, DomainError
from policies.cases.case_files import load_cases
from policies.cases.cases import asked_of
from policies.engine import truths
from policies.engine.decide import Policies
from policies.engine.engine import Engine
from policies.engine.program import Chunk
from policies.engine.truths import AGAIN, AnswerMemory
from policies.language.values import ITEM_OF, Kind
from policies.language.vocabulary import FactDefinition, Lexicon
from policies.tree.tree import load_tree
from tests.policies.engine.test_oracle import decided, expected, questions_about, random_tree
from tests.policies.support.oracle import Question
from tests.policies.support.random_questions import ODD_DAYS
from tests.policies.support.region_trees import SOAK, trees
from tests.policies.support.regions import real_policies
from tests.policies.support.small_trees import DAY, decide, denied, deny, policies_of

ROUNDS = 40 if SOAK else 12
YOUNG = {"young": deny({"s.integer": {"below": 10}})}


class Counting(Engine):
    """An engine that counts how often it is asked, and answers wrongly from some call on.

    Args of what it holds:
        asked: how often; right: after how many calls it begins to lose the first rule that fires.
    """

    def __init__(self, right: float = float("inf")) -> None:
        super().__init__()
        self.asked, self.right = 0, right

    def fired(self, chunk: Chunk, message: Mapping[str, Any]) -> frozenset[str]:
        self.asked += 1
        found = super().fired(chunk, message)
        return found if self.asked <= self.right else frozenset(sorted(found)[1:])


def never() -> bool:
    return False


def remembering(folder: Path, engine: Engine, memory: AnswerMemory, rules: Mapping[str, Any] = YOUNG) -> Policies:
    policies = policies_of(folder, rules)
    return Policies(policies.tree, engine, memory=memory)


def near(random: Random, first: Question, questions: Iterator[Question]) -> Iterator[Question]:
    """Yield a question and more, each unlike the one before in one thing that another question says."""
    yield first
    for other in questions:
        name = random.choice([*other.facts, *first.facts, "evidence"])
        facts = {key: value for key, value in first.facts.items() if key != name}
        if name in other.facts:
            facts[name] = other.facts[name]
        if name == "evidence":
            first = replace(first, evidence=other.evidence)
        first = replace(first, facts=facts)
        yield first


@trees(3, in_a_soak=300)
@given(st.integers(0, 2**32))
def test_decisions_from_memory_are_those_of_the_engine_and_of_the_oracle(seed: int) -> None:
    with random_tree(Random(seed)) as (tree, places):
        engine = Engine()
        kept = Policies(tree, engine, ODD_DAYS, AnswerMemory(again=never))
        checked = Policies(tree, engine, ODD_DAYS, AnswerMemory(again=lambda: True))
        asked = Policies(tree, engine, ODD_DAYS, AnswerMemory(on=False))
        for place in places.values():
            for service in place.rules:
                questions = questions_about(seed, place, ROUNDS, services=(service,))
                for question in near(Random(seed), next(questions), questions):
                    wanted = decided(asked, place, question)
                    assert decided(kept, place, question) == wanted, question
                    assert decided(checked, place, question) == wanted, question
                    assert expected(place, question) == wanted, question
        assert checked.memory.differences == 0
        assert kept.memory.bytes > 0
        engine.clear()


def others(definition: FactDefinition, value: Any, words: Lexicon) -> Iterator[Any]:
    """Yield other values that a fact could have as well."""
    of_type, terms = definition.type, words.words_of(definition.type.of or "")
    if definition.optional or definition.origin == "declared":
        yield None
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, datetime | date):
        yield from (value - timedelta(days=1), value + timedelta(days=1))
    elif isinstance(value, time):
        yield from (time(0, 0), time(23, 59))
    elif isinstance(value, int | Decimal):
        yield from (value - 1, value + 1)
    elif of_type.kind is Kind.TERM:
        yield from [term for term in terms if term != value][:3]
    elif of_type.kind in ITEM_OF:
        yield from ((), terms[:1], terms)
    elif of_type.kind is Kind.TEXT:
        yield f"{value}x"
    elif of_type.kind is Kind.REGION:
        yield "650000" if value != "650000" else "110000"


def answer(policies: Policies, arguments: Any, more: Mapping[str, Any]) -> Any:
    """Return what is decided, or why nothing is."""
    try:
        return policies.decide(*arguments, **more)
    except DomainError as refused:
        return (type(refused), refused.code, refused.message)


def test_every_case_with_any_one_fact_changed_is_decided_alike_from_memory_and_by_the_engine() -> None:
    tree, calendar, engine = real_policies().tree, real_policies().calendar, Counting()
    kept = Policies(tree, engine, calendar, AnswerMemory(again=never))
    asked = Policies(tree, Engine(), calendar, AnswerMemory(on=False))
    tried = 0
    for case in load_cases(tree):
        (service, region, facts, on), more = asked_of(case)
        policy = kept.effective(service, region, on, case.known)
        for name in sorted(policy.facts_read & facts.keys()) if policy is not None else ():
            definition = policy.fact(name) if policy is not None else None
            assert definition is not None
            for value in (facts[name], *others(definition, facts[name], kept.region(region).words)):
                arguments = (service, region, {**facts, name: value}, on)
                assert answer(kept, arguments, more) == answer(asked, arguments, more), (case.name, name, value)
                tried += 1
    assert engine.asked < tried / 3
    assert tried > 5_000


def test_the_engine_is_asked_once_for_all_requests_that_its_rules_see_alike(tmp_path: Path) -> None:
    engine = Counting()
    policies = remembering(tmp_path, engine, AnswerMemory(again=never))
    for number in range(50):
        assert denied(policies, s__integer=number) == ({"young"} if number < 10 else set())
    assert engine.asked == 3  # the first request is not kept: most policies are asked once


def test_switched_off_the_engine_decides_each_request(tmp_path: Path) -> None:
    engine = Counting()
    policies = remembering(tmp_path, engine, AnswerMemory(on=False))
    for number in range(50):
        assert denied(policies, s__integer=number) == ({"young"} if number < 10 else set())
    assert engine.asked == 50
    assert policies.memory.bytes == 0


def test_some_of_what_could_be_remembered_is_put_to_the_engine_all_the_same(tmp_path: Path) -> None:
    engine, turns = Counting(), Random(1)
    policies = remembering(tmp_path, engine, AnswerMemory(again=lambda: turns.random() < AGAIN))
    for _ in range(20_002):
        decide(policies)
    assert 5 <= engine.asked - 2 <= 50


def test_an_answer_that_differs_refuses_is_counted_and_told_and_nothing_is_kept_of_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    engine = Counting(right=2)
    policies = remembering(tmp_path, engine, AnswerMemory(again=lambda: engine.asked == 2))
    assert [denied(policies) for _ in range(2)] == [{"young"}] * 2
    with caplog.at_level(logging.ERROR), pytest.raises(DecisionFault) as fault:
        decide(policies)
    assert (fault.value.code, policies.memory.differences) == ("ENGINE_INCONSISTENT", 1)
    assert "young" in str(fault.value)
    assert "about the rules young" in caplog.text
    engine.right = float("inf")
    before = engine.asked
    assert denied(policies) == {"young"}
    assert engine.asked == before + 1


def test_an_engine_that_fails_is_a_fault_and_not_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Counting()
    policies = remembering(tmp_path, engine, AnswerMemory(again=never))
    decide(policies, s__integer=20)
    with monkeypatch.context() as broken:
        broken.setattr("durable_rules_engine.start_action_for_state", lambda handle, state: None)
        for _ in range(2):
            with pytest.raises(DecisionFault, match="catch-all"):
                decide(policies, s__integer=20)
    assert decide(policies, s__integer=20).allowed
    assert denied(policies, s__integer=9) == {"young"}


def test_answers_are_bounded_by_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = {f"rule_{n}": deny({"s.integer": {"is": n}}) for n in range(40)}
    policies = remembering(tmp_path, Counting(), AnswerMemory(again=never), rules)
    monkeypatch.setattr(truths, "MAX_BYTES", 4_000)
    for number in range(40):
        assert denied(policies, s__integer=number) == {f"rule_{number}"}
        assert policies.memory.bytes < 5_000
    decide(policies, s__integer=39)
    assert policies.memory.bytes > 0


def test_threads_that_remember_and_forget_at_once_are_each_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = {f"rule_{n}": deny({"s.integer": {"is": n}}) for n in range(40)}
    policies = remembering(tmp_path, Engine(), AnswerMemory(), rules)
    monkeypatch.setattr(truths, "MAX_BYTES", 4_000)
    numbers = [Random(thread).randrange(40) for thread in range(2_000)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: denied(policies, s__integer=number), numbers))
    assert found == [{f"rule_{number}"} for number in numbers]
    assert policies.memory.differences == 0


def test_answers_go_with_the_policy_that_they_are_about(tmp_path: Path) -> None:
    policies = remembering(tmp_path, Engine(), AnswerMemory(again=never))
    for _ in range(3):
        decide(policies)
    found = policies.effective("apply", "000000", DAY)
    assert found is not None
    program = ref(found.program(frozenset(), False))
    del found
    file = tmp_path / "china/apply.yaml"
    file.write_text(file.read_text().replace("10", "8"))
    following = policies.after(load_tree(tmp_path, policies.tree))
    assert denied(following) == set()
    assert denied(policies) == {"young"}  # whoever began under the former ones still decides by them
    del policies
    collect()
    assert program() is None
    assert following.engine.keep_only(following.rulesets()) == 1


def test_regions_whose_rules_read_alike_share_answers_and_what_is_prepared() -> None:
    policies = Policies(real_policies().tree)
    jinan, qingdao = (policies.region(code).services for code in ("370100", "370200"))
    alike = [name for name, policy in jinan.items() if policy.rules is qingdao[name].rules]
    assert alike
    for service in alike:
        found = [policies.effective(service, code, DAY) for code in ("370100", "370200")]
        first, second = (policy for policy in found if policy is not None)
        assert first.program(frozenset(), False) is second.program(frozenset(), False)
        assert {*map(id, first.checks)} & {*map(id, second.checks)}
