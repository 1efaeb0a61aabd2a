"""The engine against the oracle: random policies and the real ones, random facts, every part of the decision."""

import ast
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
import yaml
from hypothesis import assume, event, given
from hypothesis import strategies as st

from domain.decision import Decision
from domain.errors import DecisionFault
from domain.services import records_of
from policies.engine.decide import Policies, Trial
from policies.engine.engine import Engine
from policies.engine.program import Chunk
from policies.engine.truths import AnswerMemory
from policies.language.values import Kind
from policies.source.faults import PolicyFaults
from policies.tree.tree import PolicyTree, load_tree
from tests.policies.support import oracle, oracle_tree
from tests.policies.support.oracle import Answer, Question, answer
from tests.policies.support.oracle_tree import Place, read_places
from tests.policies.support.oracle_values import Fault
from tests.policies.support.random_questions import ODD_DAYS, Questions
from tests.policies.support.random_words import DAYS, TYPES
from tests.policies.support.region_trees import SOAK, trees, write_tree

TREES = trees(10, in_a_soak=400)
QUESTIONS_A_SERVICE = 100 if SOAK else 30
REAL = Path("regions")
GUANGDONG = Path(__file__).parents[1] / "guangdong"
REAL_DAYS = (date(2017, 1, 1), date(2020, 1, 1), date(2021, 12, 1), date(2026, 11, 20))


def summary(decision: Decision) -> Answer:
    """Return of a decision what the oracle answers."""
    kinds = {id(r): {need.kind for needs in r.alternatives for need in needs} for r in decision.requirements}
    declared = [r for r in decision.requirements if kinds[id(r)] == {"declaration"}]
    proofs = [r for r in decision.requirements if r.message.zh.startswith("请提供证明")]
    others = [r for r in decision.requirements if r not in declared and r not in proofs]
    return Answer(
        allowed=decision.allowed,
        denials=tuple(sorted(d.rule for d in decision.denials)),
        conditional_denials=tuple(sorted(d.rule for d in decision.conditional_denials)),
        requirements=tuple(
            sorted(
                (
                    r.rule,
                    tuple(
                        sorted(tuple(sorted((n.kind, n.name, n.satisfied) for n in needs)) for needs in r.alternatives)
                    ),
                    r.satisfied,
                    r.conditional,
                )
                for r in others
            )
        ),
        missing=tuple(sorted(r.rule for r in decision.missing if r in others)),
        declarations=tuple(sorted(r.alternatives[0][0].name for r in declared)),
        proofs=tuple(sorted((r.alternatives[0][0].name, r.satisfied) for r in proofs)),
        charges=tuple(
            sorted(
                (c.fee.rule, c.fee.id, c.fee.amount, c.fee.payer, c.due, c.refundable, c.waived_by or "", c.conditional)
                for c in decision.charges
            )
        ),
        waivers=tuple(sorted((w.rule, w.fee, w.conditional) for w in decision.waivers)),
        refunds=tuple(sorted((r.rule, r.fee, r.conditional) for r in decision.refunds)),
        promises=tuple(
            sorted(
                (p.rule, p.what, (p.within.amount, p.within.unit.value), p.counted_from, p.conditional)
                for p in decision.promises
            )
        ),
        lapses=tuple(
            sorted(
                (x.rule, x.state, (x.after.amount, x.after.unit.value), x.becomes, x.conditional)
                for x in decision.lapses
            )
        ),
        routes=tuple(sorted((r.rule, r.choice, r.open, r.conditional) for r in decision.routes)),
        archive=tuple(sorted((a.rule, a.document, a.conditional) for a in decision.archive)),
        advice=tuple(sorted((a.rule, a.contact or "", a.conditional) for a in decision.advice)),
        estimated=("estimated",) if decision.estimated else (),
    )


def decided(policies: Policies, place: Place, question: Question) -> Answer | None:
    """Return what the engine decides, None where it refuses to."""
    try:
        decision = policies.decide(
            question.service,
            place.code,
            question.facts,
            question.on,
            known=question.known,
            evidence=question.evidence,
            history=question.history,
            form=question.form,
        )
    except DecisionFault:
        return None
    return summary(decision)


def trial_of(policies: Policies, place: Place, question: Question) -> Trial | None:
    """Return how the rules were evaluated, None where they could not be."""
    asked = question
    try:
        return policies.trial(
            asked.service,
            place.code,
            asked.facts,
            asked.on,
            known=asked.known,
            evidence=asked.evidence,
            history=asked.history,
            form=asked.form,
        )
    except DecisionFault:
        return None


def expected(place: Place, question: Question) -> Answer | None:
    """Return what the oracle answers, None where there is no answer."""
    try:
        return answer(place, question)
    except Fault:
        return None


def differences(policies: Policies, place: Place, questions: Iterator[Question]) -> list[str]:
    """Return every question that the engine, or the memory of its answers, and the oracle answer differently, with both answers."""
    unremembering = Policies(policies.tree, policies.engine, policies.calendar, AnswerMemory(on=False))
    found = []
    for question in questions:
        wanted = expected(place, question)
        for asked in (policies, unremembering):
            if wanted != (got := decided(asked, place, question)):
                found.append(f"{place.code} {question}\noracle: {wanted}\nengine, memory {asked.memory.on}: {got}")
    return found


@contextmanager
def random_tree(random: Random) -> Iterator[tuple[PolicyTree, Mapping[str, Place]]]:
    """Write a random tree and read it both ways; a tree beyond the stated limits is tried no further."""
    with TemporaryDirectory() as name:
        write_tree(random, Path(name))
        try:
            tree = load_tree(Path(name))
        except PolicyFaults as faults:
            assume({fault.code for fault in faults.faults} != {"CONDITION_TOO_COMPLEX"})
            raise AssertionError("\n".join(map(str, faults.faults))) from faults
        yield tree, read_places(Path(name))


def questions_about(
    seed: int, place: Place, count: int, days: tuple[date, ...] = DAYS, services: tuple[str, ...] = ()
) -> Iterator[Question]:
    """Yield questions about every service of a place."""
    random = Random(seed)
    for service in services or tuple(place.rules):
        subjects = tuple(records_of(service))
        asked = Questions(random, place, service, subjects, days)
        for _ in range(count):
            yield asked.ask()


@TREES
@given(st.integers(0, 2**32))
def test_random_policies_decide_as_the_language_says(seed: int) -> None:
    with random_tree(Random(seed)) as (tree, places):
        assert set(tree.regions) == set(places)
        policies = Policies(tree, calendar=ODD_DAYS)
        for place in places.values():
            assert not differences(policies, place, questions_about(seed, place, QUESTIONS_A_SERVICE))
        event(f"{len(places)} regions")
        policies.engine.clear()


def test_random_policies_are_not_all_alike() -> None:
    """Comparing is worth something only if decisions of every kind come up, and most questions have an answer."""
    seen: Counter[str] = Counter()
    for seed in range(3):
        with random_tree(Random(seed)) as (_, places):
            for place in places.values():
                for question in questions_about(seed, place, 15):
                    wanted = expected(place, question)
                    seen["fault" if wanted is None else "answer"] += 1
                    seen.update(k for k in Answer.__dataclass_fields__ if wanted is not None and getattr(wanted, k))
    assert set(Answer.__dataclass_fields__) <= set(seen)
    assert seen["answer"] > seen["fault"]


def test_random_policies_share_rules_in_every_way(tmp_path: Path) -> None:
    seen: Counter[str] = Counter()
    for seed in range(10):
        write_tree(Random(seed), tmp_path / str(seed))
        for path in (tmp_path / str(seed)).rglob("rules.yaml"):
            for rule in yaml.load(path.read_text(), Loader=yaml.CBaseLoader)["rules"].values():
                replaced = rule.get("replaces", [])
                seen["in several services"] += len(rule["services"]) > 1
                seen["removed"] += "removed" in rule
                seen["replaces everywhere"] += replaced == "true"
                seen["replaces in some services"] += 0 < len(replaced) < len(rule["services"])
                seen["bound"] += "bind" in rule
                seen["overruling"] += "instead_of" in rule
                seen["without a file"] += any(not (path.parent / f"{s}.yaml").exists() for s in rule["services"])
    assert len(seen) == 7
    assert min(seen.values()) > 2, seen


@pytest.fixture(scope="module")
def real_policies() -> Policies:
    return Policies(load_tree(REAL), calendar=ODD_DAYS)


def test_the_real_regions_decide_as_the_language_says(real_policies: Policies) -> None:
    for place in read_places(REAL).values():
        questions = questions_about(1, place, QUESTIONS_A_SERVICE // 2, REAL_DAYS)
        assert not differences(real_policies, place, questions)


def test_what_nothing_hangs_on_changes_nothing_when_it_becomes_known() -> None:
    settled: Counter[bool] = Counter()
    for seed in range(4):
        random = Random(seed)
        with random_tree(random) as (tree, places):
            policies = Policies(tree, calendar=ODD_DAYS)
            for place in places.values():
                for question in questions_about(seed, place, QUESTIONS_A_SERVICE):
                    told = {name: value for name, value in question.facts.items() if random.random() < 0.95}
                    history = random.choice((None, question.history))
                    trial = trial_of(policies, place, replace(question, facts=told, history=history, form=True))
                    if question.form or trial is None:
                        continue
                    settled[trial.is_settled] += 1
                    if trial.is_settled and (whole := decided(policies, place, question)) is not None:
                        # Days that only a rule which does not apply counts by are not looked up.
                        assert replace(summary(trial.decision()), estimated=()) == replace(whole, estimated=()), (
                            question
                        )
            policies.engine.clear()
    assert min(settled[True], settled[False]) > 50, settled


def test_another_province_decides_as_the_language_says() -> None:
    policies = Policies(load_tree(GUANGDONG), calendar=ODD_DAYS)
    for place in read_places(GUANGDONG).values():
        questions = questions_about(1, place, QUESTIONS_A_SERVICE // 2, REAL_DAYS)
        assert not differences(policies, place, questions)


class Lossy(Engine):
    """An engine that loses the first rule that fired, in a fixed order."""

    def fired(self, chunk: Chunk, message: Mapping[str, object]) -> frozenset[str]:
        return frozenset(sorted(super().fired(chunk, message))[1:])


class Eager(Engine):
    """An engine in which one more rule fires."""

    def fired(self, chunk: Chunk, message: Mapping[str, object]) -> frozenset[str]:
        every = sorted(rule for rules in chunk.rules.values() for rule in rules)
        return super().fired(chunk, message) | frozenset(every[:1])


class Inverting(Engine):
    """An engine that takes every "less than" for "at least"."""

    def fired(self, chunk: Chunk, message: Mapping[str, object]) -> frozenset[str]:
        return super().fired(replace(chunk, text=chunk.text.replace('"$lt"', '"$gte"')), message)


@pytest.mark.parametrize("broken", [Lossy, Eager, Inverting])
def test_the_comparison_notices_a_wrong_engine(broken: Callable[[], Engine]) -> None:
    with random_tree(Random(3)) as (tree, places):
        for place in places.values():
            assert not differences(Policies(tree, calendar=ODD_DAYS), place, questions_about(3, place, 10))
        assert any(
            differences(Policies(tree, broken(), calendar=ODD_DAYS), place, questions_about(3, place, 10))
            for place in places.values()
        )


def test_the_comparison_notices_any_changed_part_of_an_answer() -> None:
    parts = set(Answer.__dataclass_fields__) - {"allowed"}
    for seed in (1, 2, 3):
        with random_tree(Random(seed)) as (_, places):
            for wanted in _answers(places):
                for name in sorted(parts):
                    if getattr(wanted, name):
                        assert wanted != replace(wanted, **{name: getattr(wanted, name)[1:]})
                        parts.discard(name)
    assert not parts


def _answers(places: Mapping[str, Place]) -> Iterator[Answer]:
    found = (expected(place, question) for place in places.values() for question in questions_about(1, place, 40))
    return (wanted for wanted in found if wanted is not None)


def test_random_policies_can_use_all_types_of_the_language() -> None:
    assert {spec["type"] for spec in TYPES.values()} == set(Kind) - {Kind.DURATION}


def test_the_oracle_shares_nothing_with_the_engine() -> None:
    for module in (oracle, oracle_tree):
        imports = [node for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text())) if _imports(node)]
        names = [alias.name for node in imports for alias in getattr(node, "names", ())]
        sources = [str(getattr(node, "module", "")) for node in imports]
        assert imports
        assert not [name for name in (*names, *sources) if name.split(".")[0] in ("policies", "durable_rules_engine")]


def _imports(node: ast.AST) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)
