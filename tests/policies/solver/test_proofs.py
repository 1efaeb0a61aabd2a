"""Proofs and witnesses against the oracle: a witness is decided otherwise, and what is proven alike never is."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import z3
from hypothesis import assume, event, given
from hypothesis import strategies as st

from domain.evidence import Evidence
from domain.services import records_of
from policies.engine.decide import Policies
from policies.solver.civil_days import MovedByMonths
from policies.solver.proofs import Comparison, Version, compare
from policies.solver.universe import Span
from policies.source.faults import PolicyFaults
from policies.tree.tree import load_tree
from tests.policies.engine.test_oracle import expected
from tests.policies.support.changed_trees import write_pair
from tests.policies.support.oracle import Answer, Question
from tests.policies.support.oracle_tree import Place, read_places
from tests.policies.support.oracle_values import shift
from tests.policies.support.random_questions import Questions
from tests.policies.support.random_words import DAYS
from tests.policies.support.region_trees import trees

TREES = trees(8, in_a_soak=200)
QUESTIONS = 60


class Pair:
    """Two versions of a tree, read by the engine and by the oracle."""

    def __init__(self, old: Path, new: Path) -> None:
        self.policies = [Policies(load_tree(folder)) for folder in (old, new)]
        self.places = [read_places(folder) for folder in (old, new)]

    def services(self) -> Iterator[tuple[str, str]]:
        for code, place in self.places[0].items():
            yield from ((code, service) for service in place.rules if service in self.places[1][code].rules)

    def verdict(self, code: str, service: str, day: date) -> Comparison:
        old, new = (Version(policies, service, code) for policies in self.policies)
        return compare(old, new, Span(day, day))

    def answers_differ(self, code: str, question: Question, of: Callable[[Answer | None], Any]) -> bool:
        """Say whether the oracle answers a question otherwise in the two versions, as far as `of` looks at answers."""
        old, new = (of(expected(places[code], question)) for places in self.places)
        return bool(old != new)


def whole(answer: Answer | None) -> Any:
    """Return an answer with the rules behind it: the oracle does not say what a document must be."""
    return answer


def told(answer: Answer | None) -> Any:
    """Return what somebody who asks is told: the rules behind it only where they are told, too."""
    if answer is None:
        return None
    named: dict[str, Any] = {"missing": (), "archive": {(document, sure) for _, document, sure in answer.archive}}
    asked = {(needs, sure) for _, needs, _, sure in answer.requirements}
    asked |= {(((("document", name, done),),), False) for name, done in answer.proofs}
    charges = {(*rest, bool(waived_by), sure) for _, *rest, waived_by, sure in answer.charges}
    lasting = {part: {entry[1:] for entry in getattr(answer, part)} for part in ("promises", "lapses")}
    return {
        **vars(answer),
        **named,
        **lasting,
        "requirements": asked,
        "charges": charges,
        "proofs": (),
        "routes": _open(answer),
    }


def _open(answer: Answer) -> dict[str, frozenset[str]]:
    """Return what is open of each choice: what no route closes."""
    found: dict[str, frozenset[str]] = {}
    for _, choice, values, _ in answer.routes:
        found[choice] = found.get(choice, frozenset(values)) & frozenset(values)
    return found


def read_pair(seed: int, name: str) -> Pair:
    old, new = Path(name) / "old", Path(name) / "new"
    write_pair(Random(seed), old, new)
    try:
        return Pair(old, new)
    except PolicyFaults:
        assume(False)
        raise


def full_questions(random: Random, place: Place, service: str, day: date) -> Iterator[Question]:
    """Yield questions in which everything is said, and nothing is brought."""
    subjects = tuple(records_of(service))
    asked = Questions(random, place, service, subjects, DAYS)
    for _ in range(QUESTIONS):
        facts = {name: asked._value(fact) for name, fact in asked.facts.items()}
        # Nobody can have done something fewer than no times, which the solver knows.
        counted = {
            name for name, fact in asked.facts.items() if fact.origin == "counted" and fact.type.kind == "integer"
        }
        facts |= {name: abs(facts[name]) for name in counted}
        yield Question(service, facts, day, day, Evidence(), None, False)


@TREES
@given(st.integers(0, 2**32))
def test_what_the_solver_says_is_what_the_language_says(seed: int) -> None:
    with TemporaryDirectory() as name:
        pair = read_pair(seed, name)
        random = Random(seed)
        for code, service in pair.services():
            day = random.choice(DAYS)
            verdict = pair.verdict(code, service, day)
            place = pair.places[0][code]
            for witness in verdict.witnesses:
                facts = {name: witness.facts[name] for name in witness.facts if name in place.facts}
                question = Question(service, facts, witness.on, witness.on, Evidence(), None, False)
                assert pair.answers_differ(code, question, whole), witness
            event(f"{'open' if verdict.open else 'alike' if verdict.proven_alike else 'differs'}")
            if verdict.proven_alike:
                for question in full_questions(random, place, service, day):
                    assert not pair.answers_differ(code, question, told), (code, service, question)


def test_random_changes_are_not_all_alike() -> None:
    """Comparing is worth something only if both verdicts come up, and nearly every question is settled."""
    seen: Counter[str] = Counter()
    for seed in range(14):
        with TemporaryDirectory() as name:
            old, new = Path(name) / "old", Path(name) / "new"
            write_pair(Random(seed), old, new)
            with suppress(PolicyFaults):
                pair = Pair(old, new)
                for code, service in pair.services():
                    verdict = pair.verdict(code, service, DAYS[0])
                    seen["open" if verdict.open else "alike" if verdict.proven_alike else "differs"] += 1
    assert seen["alike"] > 20
    assert seen["differs"] > 4
    assert seen["open"] * 20 < seen.total()


def test_days_moved_by_months_are_what_the_language_says() -> None:
    random = Random(1)
    for _ in range(60):
        base = date(1910, 1, 1) + timedelta(days=random.randrange(90_000))
        months = random.randrange(-40, 40)
        solver, day, moved = z3.Solver(), z3.Int("day"), z3.Int("moved")
        solver.add(*MovedByMonths(day, moved, months).around(base.toordinal() + random.randrange(-300, 300)))
        solver.add(day == base.toordinal())
        assert solver.check() == z3.sat
        found = date.fromordinal(solver.model()[moved].as_long())
        assert found == shift(base, (abs(months), "months"), -1 if months < 0 else 1)
        solver.add(moved != found.toordinal())
        assert solver.check() == z3.unsat
