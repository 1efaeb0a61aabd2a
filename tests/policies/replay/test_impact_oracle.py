"""Replayed decisions against the oracle: two random trees, what was decided under one, and what the other must answer.

The record holds only the facts that rules read then, and what was asked for and there. The oracle is told every fact, but of
what was brought and declared only what was asked for then: where the replay has an answer, it must be the oracle's.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.errors import UnsatisfiedAssumption

from domain.errors import DecisionFault, InvalidInput
from domain.evidence import Evidence
from policies.engine.decide import Policies
from policies.engine.engine import Engine
from policies.replay.impact import Comparison
from policies.replay.recalling import Recall
from policies.replay.recorded import Answer, Recorded, Standing
from policies.replay.replaying import Replay
from policies.source.faults import PolicyFaults
from policies.tree.tree import PolicyTree, load_tree
from resolvers.changing.recording import decision_record, recorded
from store.encoding import dump
from store.records import KeptDecision
from tests.policies.engine.test_oracle import TREES, Eager, Inverting, Lossy, expected, questions_about
from tests.policies.support import oracle
from tests.policies.support.oracle import Question
from tests.policies.support.oracle_names import facts_named
from tests.policies.support.oracle_tree import Place, holds, read_places
from tests.policies.support.random_rules import KINDS
from tests.policies.support.random_words import NUMBERS, SERVICES, write_yaml
from tests.policies.support.region_trees import SOAK, write_tree

ASKED = 40 if SOAK else 12
AT = datetime(2026, 11, 20, tzinfo=UTC)


@dataclass(frozen=True)
class Old:
    """A decision on record, with the question that led to it."""

    question: Question
    kept: KeptDecision
    text: str

    def replayed_by(self, replay: Replay, recall: Recall, *, met: bool = True) -> Answer:
        """Answer it again, perhaps as if it had been recorded before what was met was kept."""
        request = self.request if met else replace(self.request, brought=None)
        return replay.answer(request, recall.brought(request))

    @property
    def request(self) -> Recorded:
        return recorded(self.kept)


@contextmanager
def trees(seed: int, mutated: bool) -> Iterator[tuple[Path, Path]]:
    """Write a random tree, and another one or the same without some of its rules."""
    with TemporaryDirectory() as name:
        one, other = Path(name) / "one", Path(name) / "other"
        for folder in (one, other):
            folder.mkdir()
        write_tree(Random(seed), one)
        write_tree(Random(seed if mutated else seed + 1), other)
        if mutated:
            without_rules(Random(seed), other)
        # The other way round, rules are new.
        yield (other, one) if mutated and seed % 2 else (one, other)


def without_rules(random: Random, folder: Path) -> None:
    """Take some rules out that nothing else names, and make some whole numbers higher."""
    files = sorted(folder.rglob("*.yaml"))
    everything = "".join(file.read_text() for file in files)
    for file in (file for file in files if file.stem in ("rules", *SERVICES)):
        raw = yaml.load(file.read_text(), Loader=yaml.CSafeLoader)
        for name in [name for name in raw["rules"] if everything.count(f'"{name}"') == 1]:
            if len(raw["rules"]) > 1 and random.random() < 0.5:
                del raw["rules"][name]
        for setting in raw.get("settings", {}).values():
            for dated in setting["values"] if setting.get("type") == "integer" and "bind" not in setting else ():
                dated["value"] = random.choice((dated["value"], *NUMBERS))
        write_yaml(file, raw)


def loaded(folder: Path) -> PolicyTree:
    """Load a tree; one beyond the stated limits is tried no further."""
    try:
        return load_tree(folder)
    except PolicyFaults as faults:
        assume({fault.code for fault in faults.faults} != {"CONDITION_TOO_COMPLEX"})
        raise AssertionError("\n".join(map(str, faults.faults))) from faults


def decisions(policies: Policies, places: Mapping[str, Place], seed: int, documents: bool) -> Iterator[Old]:
    """Yield what is on record of random requests.

    Args:
        documents: whether they brought some; the oracle does not say as what a document was asked for.
    """
    texts: dict[str, str] = {}
    for place in places.values():
        everything = Evidence(frozenset(place.terms["proofs"]), (), dict.fromkeys(place.terms["details"], "x"))
        for number, asked in enumerate(questions_about(seed, place, ASKED)):
            evidence = asked.evidence if documents else replace(asked.evidence, documents=())
            # More of them would be allowed otherwise only where hardly anything is asked for.
            evidence = everything if number % 2 else evidence
            question = replace(asked, form=False, evidence=evidence, history=asked.history or ())
            try:
                decision = policies.decide(
                    question.service, place.code, question.facts, question.on,
                    known=question.known, evidence=evidence, history=question.history,
                )  # fmt: skip
            except (DecisionFault, InvalidInput):
                continue
            policy = policies.effective(question.service, place.code, question.on, question.known)
            assert policy is not None
            record = decision_record(decision, AT, None)
            kept = KeptDecision(
                record.id, record.service, record.region, AT, record.on, record.known, record.digest,
                record.allowed, dump(record.facts), dump(record.outcome),
            )  # fmt: skip
            if policy.digest not in texts:
                texts[policy.digest] = policy.text()
            yield Old(question, kept, texts[policy.digest])


def standing(answer: oracle.Answer) -> Standing:
    return Standing.ALLOWED if answer.allowed else Standing.REFUSED if answer.denials else Standing.ASKED


def wrong(old: Old, got: Answer, before: Place, after: Place | None) -> str | None:
    """Say what is wrong with a replayed answer; None where nothing is."""
    place_gone, service_gone = after is None, after is not None and old.kept.service not in after.rules
    if after is None or place_gone:
        return None if got.fault is not None and got.fault.code == "REGION_UNKNOWN" else "a region that is gone"
    if service_gone:
        return None if [r.rule for r in got.reasons] == ["service_offered"] else "a service that is gone"
    then = expected(before, old.question)
    assert then is not None
    recorded_facts = old.request.facts
    if strange(old.question.facts, after):
        # The draft does not have a word that was said then: no answer, or one that hangs on nothing about it.
        return (
            None if got.standing in (Standing.UNDECIDED, Standing.REFUSED) or not reads_terms(old, after) else "a word"
        )
    # What people declared is only known where it was asked for.
    said = {k: v for k, v in old.question.facts.items() if k in recorded_facts or not k.startswith("declared.")}
    wanted = expected(after, replace(old.question, evidence=brought(then), facts=said))
    known = expected(after, replace(old.question, evidence=brought(then), facts=recorded_facts, history=None))
    if got.fault is not None and got.fault.code == "MISSING_FACT":
        return "it lacks no fact" if known is not None else None
    if wanted is None or got.standing is Standing.UNDECIDED:
        # A value out of range: there may be an answer only where the value was not recorded.
        return None if wanted is None and (got.standing is Standing.UNDECIDED or known is None) else "a fault"
    return differing(got, wanted)


def reads_terms(old: Old, place: Place) -> bool:
    """Say whether rules of a place that are in force read a term, of whatever vocabulary, that it does not have."""
    on, known = old.question.on, old.question.known
    rules = (rule for rule in place.rules[old.kept.service].values() if holds(rule, on, known))
    named = {name for rule in rules for name in facts_named(rule)}
    roots = named | {name.rpartition(".")[0] for name in named}
    return strange({name: value for name, value in old.question.facts.items() if name in roots}, place)


def strange(facts: Mapping[str, Any], place: Place) -> bool:
    """Say whether a fact is a term that a place does not have."""
    terms = {name: place.terms[fact.type.of or ""] for name, fact in place.facts.items() if fact.type.kind == "term"}
    return any(value is not None and value not in terms[name] for name, value in facts.items() if name in terms)


def differing(got: Answer, wanted: oracle.Answer) -> str | None:
    """Say which part of an answer is not the oracle's."""
    if got.standing is not standing(wanted):
        return f"{got.standing}, not {standing(wanted)}"
    named = {reason.rule for reason in got.reasons}
    if got.standing is Standing.REFUSED:
        # Where a fact is lacking, more may deny; those that do are sure.
        return None if named <= set(wanted.denials) and named else f"denied by {named}"
    if not set(wanted.missing) <= named:
        return f"asked by {named}"
    dues = sorted((c[1], c[3], c[2]) for c in wanted.charges if not c[6] and not c[7])
    promises = sorted((p[1], p[2], p[3]) for p in wanted.promises if not p[4])
    lapses = sorted((x[1], x[2], x[3]) for x in wanted.lapses if not x[4])
    found = (
        sorted((due.fee, due.payer, due.amount) for due in got.dues),
        sorted((p.what, (p.within.amount, p.within.unit.value), p.counted_from) for p in got.promises),
        sorted((x.state, (x.after.amount, x.after.unit.value), x.becomes) for x in got.lapses),
    )
    return None if found == (dues, promises, lapses) else f"{found}"


def brought(then: oracle.Answer) -> Evidence:
    """Return what was there of what was asked for."""
    met = [need for r in then.requirements for needs in r[1] for need in needs if need[2]]
    details = {name: "x" for kind, name, _ in met if kind == "detail"}
    return Evidence(frozenset(name for kind, name, _ in met if kind == "proof"), (), details)


def mistakes(
    one: Path, other: Path, seed: int, engine: Callable[[], Engine] = Engine
) -> tuple[list[str], Counter[str]]:
    """Replay decisions of one tree under another; return what is wrong, and how the answers moved."""
    before, after = Policies(loaded(one)), Policies(loaded(other), engine())
    places, drafts = read_places(one), read_places(other)
    recall, found, moved = Recall(), [], Counter[str]()
    replay = Replay(after, recall)
    for old in decisions(before, places, seed, documents=False):
        got = old.replayed_by(replay, recall)
        problem = wrong(old, got, places[old.kept.region], drafts.get(old.kept.region))
        if problem is not None:
            found.append(f"{problem}\n{old}\n{got}")
        moved[f"{old.request.answer.standing} {got.standing}"] += 1
    for policies in (before, after):
        policies.engine.clear()
    return found, moved


@TREES
@given(st.integers(0, 2**32), st.booleans())
def test_what_is_replayed_is_what_the_language_says(seed: int, mutated: bool) -> None:
    with trees(seed, mutated) as (one, other):
        found, _ = mistakes(one, other, seed)
        assert not found, found[0]


def test_replayed_answers_are_not_all_alike() -> None:
    seen: Counter[str] = Counter()
    for seed in range(9):
        # A tree beyond the stated limits is tried no further, here as where hypothesis chooses.
        with suppress(UnsatisfiedAssumption), trees(seed, mutated=seed % 7 != 6) as (one, other):
            seen.update(mistakes(one, other, seed)[1])
    moves = {f"{a} {b}" for a in list(Standing)[:3] for b in list(Standing)[:3]}
    assert len(moves & seen.keys()) >= 8, seen
    assert sum(count for move, count in seen.items() if move.endswith("undecided")) < seen.total() / 2


@pytest.mark.parametrize("broken", [Lossy, Eager, Inverting])
def test_a_wrong_engine_is_noticed(broken: Callable[[], Engine]) -> None:
    with trees(3, mutated=True) as (one, other):
        assert mistakes(one, other, 3)[0] == []
        assert mistakes(one, other, 3, broken)[0] != []


@TREES
@given(st.integers(0, 2**32))
def test_the_same_policies_change_nothing(seed: int) -> None:
    """Whatever was brought along, and whether what was met is on record, or follows from the kept text, or nobody knows."""
    with trees(seed, mutated=True) as (one, _):
        policies, places = Policies(loaded(one)), read_places(one)
        for old in decisions(policies, places, seed, documents=True):
            recall = Recall({old.kept.digest: old.text})
            comparison = Comparison(Replay(policies, recall), recall)
            for request in (old.request, replace(old.request, brought=None)):
                cell = comparison.of(request)
                assert (cell.unchanged, cell.undecided) == (1, {}), (cell, old)
            nothing = old.replayed_by(Replay(policies, Recall()), Recall(), met=False)
            assert nothing.standing is old.request.answer.standing or (
                nothing.fault is not None and nothing.fault.code == "EVIDENCE_NOT_KEPT"
            )
            recall.forget()
        policies.engine.clear()


def test_every_kind_of_rule_is_replayed() -> None:
    assert {"deny", "require", "charge", "waive", "promise", "lapse"} <= set(KINDS)
