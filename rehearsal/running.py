"""Rehearsing: every case beside a policy arranged, asked of the service, and compared."""

import asyncio
import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from domain.errors import Conflict
from domain.message import Language, Message
from policies.cases.case_files import Case
from policies.engine.decide import Policies
from rehearsal.arranging import CannotBe, arrange
from rehearsal.asking import QUESTIONS, ask
from rehearsal.comparing import Finding, compare, decided
from rehearsal.outcomes import check_carried_out, check_nothing_stated, check_unchanged
from rehearsal.records import Records, read
from rehearsal.scene import Scene
from rehearsal.settling import Settled, check_settled, settle
from rehearsal.stage import GraphAnswer, Stage, stage
from rehearsal.writing import write

_PASSED = Message("通过", "passed")
_FAILED = Message("未通过", "FAILED")
_OTHERS = "holder.applications_in_province"
"""The fact of the records of a holder that get into each other's way."""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What became of a case in the service.

    Args:
        findings: none where the service does what the case says.
    """

    case: Case
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether the service does what the case says."""
        return not self.findings

    @property
    def id(self) -> str:
        """The file and the English name of the case."""
        return f"{self.case.place.file}::{self.case.name.en}"

    def text(self, language: Language) -> str:
        """Say what is otherwise, for people."""
        state = _PASSED if self.passed else _FAILED
        lines = [f"{state.text(language)} {self.case.place}: {self.case.name.text(language)}"]
        lines.extend(f"    {finding.message.text(language)}" for finding in self.findings)
        return "\n".join(lines)


def rehearsed_json(results: Iterable[Rehearsed]) -> str:
    """Render what became of cases as JSON for tools."""
    listed = list(results)
    failed = [
        {
            "file": result.case.place.file,
            "line": result.case.place.line,
            "case": {"zh": result.case.name.zh, "en": result.case.name.en},
            "findings": [
                {"kind": found.kind, "zh": found.message.zh, "en": found.message.en} for found in result.findings
            ],
        }
        for result in listed
        if not result.passed
    ]
    return json.dumps({"passed": len(listed) - len(failed), "failed": failed}, ensure_ascii=False, indent=2)


def rehearse(policies: Policies, cases: Sequence[Case], database_url: str | None = None) -> tuple[Rehearsed, ...]:
    """Run cases through the service on a throw-away database.

    Args:
        database_url: an empty database; SQLite in a temporary folder if None.
    """
    return asyncio.run(_rehearsed(policies, cases, database_url))


async def _rehearsed(policies: Policies, cases: Sequence[Case], database_url: str | None) -> tuple[Rehearsed, ...]:
    with tempfile.TemporaryDirectory() as folder:
        async with stage(policies, Path(folder), database_url) as opened:
            return tuple([await rehearse_case(opened, policies, case) for case in cases])


async def rehearse_case(opened: Stage, policies: Policies, case: Case) -> Rehearsed:
    """Arrange one case, ask the service, and compare."""
    try:
        played = await play(opened, policies, case)
    except CannotBe as wrong:
        said = Message(f"{wrong.fact}：{wrong.message.zh}", f"{wrong.fact}: {wrong.message.en}")
        return Rehearsed(case, (Finding("fact", said),))
    return Rehearsed(case, tuple(judge(opened, policies, played)))


@dataclass(frozen=True, slots=True)
class Played:
    """A case as it was played.

    Args:
        before: what was on record; answer: what was asked and answered; after: what is on record then.
        settled: what came of it once it was paid for; None where there was nothing to pay or give back.
    """

    scene: Scene
    before: Records
    answer: GraphAnswer
    after: Records
    settled: Settled | None = None


async def play(opened: Stage, policies: Policies, case: Case) -> Played:
    """Arrange a case and ask the service.

    Raises:
        CannotBe: no record can be as the case states.
    """
    scene = arrange(policies, case)
    try:
        await write(opened, scene)
    except Conflict as conflict:
        # Each record could be, but not all of them: two open applications in a province, above all.
        raise CannotBe(_OTHERS, conflict.message) from conflict
    return await perform(opened, scene)


async def perform(opened: Stage, scene: Scene) -> Played:
    """Ask the service what a scene is for, whose records are there, and see to its payment if it is allowed."""
    case = scene.case
    before = await read(opened, scene)
    opened.policies.expect(case.service, (name for name, value in case.facts.items() if value is not None))
    answer = await ask(opened, scene)
    after = await read(opened, scene)
    done = answer.changes and not answer.errors
    return Played(scene, before, answer, after, await settle(opened, scene, before, after) if done else None)


def judge(opened: Stage, policies: Policies, played: Played) -> Iterator[Finding]:
    """Yield every way in which the service does not do what a case says."""
    scene, answer = played.scene, played.answer
    decision = decided(answer, scene.case.service)
    yield from compare(policies, scene, answer)
    if decision is None or not decision.allowed:
        yield from check_unchanged(played.before, played.after)
    elif answer.changes and not answer.errors:
        yield from check_carried_out(opened, scene, decision, played.before, played.after)
        if played.settled is not None:
            yield from check_settled(opened, scene, decision, played.before, played.after, played.settled)
    elif scene.case.service not in QUESTIONS and not scene.case.form:
        yield from check_nothing_stated(decision)
