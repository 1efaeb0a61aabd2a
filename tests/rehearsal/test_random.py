"""Whatever a policy that loads says, the service does: each outcome in each service, among random rules and facts."""

import asyncio
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from domain.evidence import DocumentEvidence, Evidence
from domain.holder import Actor
from domain.outcomes import CARRIED_OUT
from domain.services import About
from policies.cases.case_files import Case
from policies.engine.decide import Policies
from rehearsal.arranging import CannotBe
from rehearsal.comparing import Finding
from rehearsal.outcomes import REACHES, operation_of
from rehearsal.running import Played, judge, perform, play
from rehearsal.stage import Stage, stage
from tests.databases import TestServer
from tests.rehearsal.effects import seen
from tests.rehearsal.random_outcomes import CLOCK, KINDS, NEXT, OFFICE, REACHING, Trial, carries, rules_of, trials
from tests.rehearsal.small_trees import requests_of, tree_of

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
TOGETHER = 0.8
"""How many of the requests have facts that can be together; about nine of ten do."""
APART = ("fact", "evidence", "unreachable")
"""Kinds of findings of a request whose facts cannot be together, or that is answered before any policy is asked."""


@dataclass(frozen=True)
class Tried:
    """What became of a trial.

    Args:
        together: whether its facts can be together; done: whether its outcome was seen to be carried out.
    """

    trial: Trial
    findings: tuple[Finding, ...]
    together: bool
    done: bool


async def _tried(
    opened: Stage, policies: Policies, cases: Mapping[str, Case], trial: Trial, *, plain: bool = False
) -> Tried:
    """Try an outcome.

    Args:
        plain: with those facts alone that it takes.
    """
    try:
        played = await play(opened, policies, _case(cases, trial, plain=plain))
    except CannotBe as wrong:
        return Tried(trial, (Finding("fact", wrong.message),), together=False, done=False)
    found = [*judge(opened, policies, played)]
    together = not any(each.kind in APART for each in found)
    last = played
    if not found:
        found, last = await _on(opened, policies, cases, trial, played)
    return Tried(trial, tuple(found), together, together and not found and seen(trial, played, last))


async def _on(
    opened: Stage, policies: Policies, cases: Mapping[str, Case], trial: Trial, played: Played
) -> tuple[list[Finding], Played]:
    """Take the steps after a request until the moment is reached from which it promises, and return the last one."""
    moment = trial.kind.rpartition(" ")[2]
    # Some services reach the moment themselves.
    last = None if moment in REACHES.get(trial.service, ()) else REACHING.get(moment)
    found: list[Finding] = []
    while last not in (None, played.scene.case.service) and not found:
        records = played.settled.records if played.settled is not None else played.after
        operation = operation_of(played.scene, played.before, records)
        assert operation is not None
        method = operation.delivery.method if operation.delivery is not None else None
        stands = {"operation.state": operation.state.value, "operation.delivery_method": method}
        case = cases[NEXT[operation.state]]
        known = {name: value for name, value in case.facts.items() if value is None or name.startswith("request.")}
        case = replace(case, facts={**known, **OFFICE, **stands, CLOCK: trial.facts[CLOCK]})
        clerk = Actor("clerk-next", "clerk", "service_window", "an office", case.region)
        scene = replace(played.scene, case=case, about=About.OPERATION, operation=operation, actor=clerk, person=None)
        scene.documents.clear()
        played = await perform(opened, scene)
        found = [*judge(opened, policies, played)]
    return found, played


def _case(cases: Mapping[str, Case], trial: Trial, *, plain: bool) -> Case:
    case = cases[trial.service]
    facts = {**case.facts, **(trial.plain if plain else trial.facts)}
    paper = DocumentEvidence(None, trial.paper or "", sighted=facts["request.role"] == "clerk")
    return replace(case, facts=facts, evidence=Evidence(documents=(paper,) if trial.paper else ()))


async def _all(policies: Policies, tried: Iterable[Trial], database_url: str | None) -> tuple[list[Tried], list[Tried]]:
    """Return what became of trials, and of those again, by themselves, whose facts cannot be together."""
    cases = {case.service: case for case in requests_of(policies)}
    with TemporaryDirectory() as folder:
        async with stage(policies, Path(folder), database_url) as opened:
            first = [await _tried(opened, policies, cases, trial) for trial in tried]
            apart = [found.trial for found in first if not found.together]
            return first, [await _tried(opened, policies, cases, trial, plain=True) for trial in apart]


def _check(seed: int, database_url: str | None = None) -> None:
    """Try every cell of the table: it is done, and nothing else is otherwise than decided, or no policy with it loads."""
    with TemporaryDirectory() as folder:
        tried = trials(seed)
        policies, refused = tree_of(Path(folder) / "regions", rules_of(tried))
        loads = [trial for trial in tried if (trial.service, trial.id) not in refused]
        first, again = asyncio.run(_all(policies, loads, database_url))
    assert [text for found in (*first, *again) for text in _otherwise(found)] == []
    done = {(found.trial.service, found.trial.kind) for found in (*first, *again) if found.done}
    impossible = {(trial.service, trial.kind) for trial in tried if (trial.service, trial.id) in refused}
    assert {(service, kind) for service in CARRIED_OUT for kind in KINDS} - done - impossible == set()
    assert {cell for cell in impossible if carries(*cell)} == set(), "the table has them, and no policy with them loads"
    assert sum(found.together for found in first) > TOGETHER * len(first), "too few facts can be together"


def _otherwise(found: Tried) -> list[str]:
    """Say what the service does otherwise than it decides: the records, whether the facts can be together or not."""
    wrong = [each for each in found.findings if each.kind == "records" or found.together]
    return [f"{found.trial}: {each.message.en}" for each in wrong]


@pytest.mark.parametrize("seed", range(200 if SOAK else 1))
def test_each_outcome_is_carried_out_in_each_service_or_its_policy_does_not_load(seed: int) -> None:
    _check(seed)


def test_each_outcome_is_carried_out_in_each_service_on_postgresql(postgresql: TestServer) -> None:
    name = postgresql.create()
    try:
        _check(1_000, postgresql.url(name))
    finally:
        postgresql.drop(name)
