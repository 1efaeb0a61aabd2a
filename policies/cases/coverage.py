"""Which rules the officers' tests really try: what never applied, and what made no difference where it did.

Words with an exact meaning here, each for one service that has the rule (a shared rule counts once in each):

- A rule was *tried* by a case that passes and in whose decision it applied for sure.
- A rule *decided* a case when the same request, decided as if the rule had never been written, is not what the case
  expects any more. That is one more decision from the conditions that were evaluated anyway, so the engine is not asked
  again.

A rule that was tried and never decided can be deleted and every test still passes: nothing says what it is for.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from domain.errors import DecisionFault, InvalidInput
from domain.message import Language, Message
from policies.cases.cases import CaseResult, asked_of
from policies.cases.expectations import differences
from policies.engine.decide import Policies
from policies.explain.explanation_text import both
from policies.source.faults import SourceLocation


@dataclass(frozen=True, slots=True)
class RuleCoverage:
    """How far one rule of one service is tested.

    Args:
        service, rule: which; place: where it stands.
        tried, decided: in how many cases.
    """

    service: str
    rule: str
    place: SourceLocation
    tried: int
    decided: int

    @property
    def state(self) -> str:
        """`never_applied`, `never_decided` or `tested`."""
        return "never_applied" if not self.tried else "tested" if self.decided else "never_decided"


_SAID = {
    "never_applied": Message(
        "从未适用：请补写适用它的用例",
        "never applied: add a case in which it does",
    ),
    "never_decided": Message(
        "从未起决定作用：没有它，所有用例仍然通过；请在用例中写明它的结果",
        "never decided: without it every case still passes; let a case expect what it does",
    ),
}


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far the rules are tested, in the order of their places."""

    rules: tuple[RuleCoverage, ...]

    @property
    def gaps(self) -> tuple[RuleCoverage, ...]:
        """The rules that no case decides on."""
        return tuple(rule for rule in self.rules if rule.state != "tested")

    @property
    def percent(self) -> float:
        """How many rules of a hundred decide in some case; of no rules, all of them."""
        return 100.0 if not self.rules else 100 * (len(self.rules) - len(self.gaps)) / len(self.rules)

    def reaches(self, percent: float) -> bool:
        """Say whether so many rules of a hundred decide in some case."""
        return self.percent >= percent

    def text(self, language: Language) -> str:
        """Show the gaps by file and line, and the share, for people."""
        return "\n".join(message.text(language) for message in (*map(_gap, self.gaps), self._share()))

    def _share(self) -> Message:
        count = {state: sum(rule.state == state for rule in self.rules) for state in (*_SAID, "tested")}
        total, tested = len(self.rules), count["tested"]
        idle, unmet = count["never_decided"], count["never_applied"]
        return Message(
            f"{total}条规则：{tested}条在用例中起决定作用，{idle}条从未起决定作用，{unmet}条从未适用"
            f"（{self.percent:.1f}%）",
            f"{total} rules: {tested} decide in some case, {idle} never decide, {unmet} never apply"
            f" ({self.percent:.1f} %)",
        )

    def as_json(self) -> dict[str, object]:
        """Return it for tools."""
        rules = [
            {
                "file": rule.place.file,
                "line": rule.place.line,
                "service": rule.service,
                "rule": rule.rule,
                "state": rule.state,
                "tried": rule.tried,
                "decided": rule.decided,
            }
            for rule in self.rules
        ]
        return {"percent": round(self.percent, 2), "rules": rules}


def _gap(gap: RuleCoverage) -> Message:
    where, said = f"{gap.place.file}:{gap.place.line}", _SAID[gap.state]
    return Message(
        f"{where}：{gap.service} 的 {gap.rule} {said.zh}",
        f"{where}: {gap.rule} of {gap.service} {said.en}",
    )


def coverage(policies: Policies, results: Iterable[CaseResult], folder: Path | None = None) -> Coverage:
    """Say how far rules are tested.

    Args:
        policies: that the cases ran on; results: of `run_cases`.
        folder: only of the rules in this folder of the tree; None for all.
    """
    tried: dict[tuple[str, SourceLocation], int] = {}
    decided: dict[tuple[str, SourceLocation], int] = {}
    for result in results:
        if result.passed and result.fired:
            for place, decides in _weighed(policies, result):
                key = (result.case.service, place)
                tried[key] = tried.get(key, 0) + 1
                decided[key] = decided.get(key, 0) + decides
    found = [
        RuleCoverage(service, rule, place, tried.get((service, place), 0), decided.get((service, place), 0))
        for service, rule, place in _rules(policies, folder)
    ]
    return Coverage(
        tuple(sorted(found, key=lambda rule: (rule.place.file, rule.place.line, rule.place.column, rule.service)))
    )


def _rules(policies: Policies, folder: Path | None) -> set[tuple[str, str, SourceLocation]]:
    """Return every rule of every service once, wherever it is inherited, of a folder's own files."""
    root = policies.tree.folder
    wanted = (folder or root).resolve()
    return {
        (policy.name, rule.id, rule.place)
        for place in policies.tree.regions.values()
        for policy in place.services.values()
        for rule in policy.rules.values()
        if (root / rule.place.file).resolve().is_relative_to(wanted)
    }


def _weighed(policies: Policies, result: CaseResult) -> Iterator[tuple[SourceLocation, bool]]:
    """Yield the rules that applied in a case, with whether the case would fail without each."""
    arguments, more = asked_of(result.case)
    trial = policies.trial(*arguments, **more)
    assert trial is not None  # noqa: S101 - a service that is not offered has no rules that could apply
    for rule in trial.policy.rules.values():
        if rule.place in result.fired:
            try:
                decision = trial.without(rule.id).decision()
                yield rule.place, bool(differences(result.case.expected, decision))
            except (DecisionFault, InvalidInput):
                yield rule.place, True


def results_json(results: Iterable[CaseResult], found: Coverage | None) -> str:
    """Render the outcome of tests as JSON for tools."""
    listed = list(results)
    failed = [
        {
            "file": result.case.place.file,
            "line": result.case.place.line,
            "case": both(result.case.name),
            "differences": [
                {"what": d.what, "expected": d.expected, "actual": d.actual, "rules": list(d.rules)}
                for d in result.differences
            ],
        }
        for result in listed
        if not result.passed
    ]
    shown: dict[str, object] = {"passed": len(listed) - len(failed), "failed": failed}
    if found is not None:
        shown["coverage"] = found.as_json()
    return json.dumps(shown, ensure_ascii=False, indent=2)
