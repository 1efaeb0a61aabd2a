"""Running the officers' tests of their policies, and saying what differs and which rule makes the difference."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from domain.decision import Decision
from domain.errors import DecisionFault, InvalidInput
from domain.message import Language, Message, in_both
from policies.cases.case_files import Case, load_cases
from policies.cases.expectation_kinds import asks
from policies.cases.expectations import Difference, differences
from policies.engine.decide import Policies
from policies.engine.decision_parts import FIELDS
from policies.language.service import Rule
from policies.source.faults import SourceLocation

_PASSED = Message("通过", "passed")
_FAILED = Message("未通过", "FAILED")
_A_DECISION = Message("作出判定", "a decision")
_NO_FAULT = Message("没有错误，已作出判定", "none: it was decided")


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What became of a case.

    Args:
        case: the case; differences: none where it passed.
        fired: the places of the rules that applied for sure.
        places: where the rules stand that the differences name.
    """

    case: Case
    differences: tuple[Difference, ...]
    fired: frozenset[SourceLocation]
    places: dict[str, SourceLocation]

    @property
    def passed(self) -> bool:
        """Whether the decision was as expected."""
        return not self.differences

    @property
    def id(self) -> str:
        """The file and the English name of the case."""
        return f"{self.case.place.file}::{self.case.name.en}"

    def text(self, language: Language) -> str:
        """Say what differs, for people."""
        state = _PASSED if self.passed else _FAILED
        lines = [f"{state.text(language)} {self.case.place}: {self.case.name.text(language)}"]
        for difference in self.differences:
            lines.append(f"    {difference.message.text(language)}")
            lines.extend(f"        {rule} ({self.places[rule]})" for rule in difference.rules if rule in self.places)
        return "\n".join(lines)


def run_cases(policies: Policies, folder: Path | None = None) -> tuple[CaseResult, ...]:
    """Run the cases that stand beside the policies.

    Args:
        policies: a loaded tree, ready to decide.
        folder: run those in this folder of the tree only; None for all.

    Raises:
        PolicyFaults: a tests file cannot be used; it lists every fault of every file.
    """
    root = policies.tree.folder
    wanted = (folder or root).resolve()
    cases = load_cases(policies.tree)
    return tuple(
        run_case(policies, case) for case in cases if (root / case.place.file).resolve().is_relative_to(wanted)
    )


def run_case(policies: Policies, case: Case) -> CaseResult:
    """Run one case."""
    try:
        arguments, more = asked_of(case)
        decision = policies.decide(*arguments, **more)
    except (DecisionFault, InvalidInput) as fault:
        return CaseResult(case, _fault_differences(case, fault), frozenset(), {})
    if "fault" in case.expected:
        nothing = Difference("fault", in_both(case.expected["fault"]), _NO_FAULT, ())
        return CaseResult(case, (nothing,), frozenset(), {})
    rules = {rule.id: rule for rule in _rules_in_force(policies, case)}
    fired = frozenset(rules[name].place for name in _applied(decision, rules) if name in rules)
    places = {name: rule.place for name, rule in rules.items()}
    return CaseResult(case, differences(case.expected, decision), fired, places)


def asked_of(case: Case) -> tuple[tuple[str, str, Mapping[str, Any], date], dict[str, Any]]:
    """Return what a case asks, as `Policies.decide` and `Policies.trial` take it."""
    more = {"known": case.known, "evidence": case.evidence, "history": case.history, "form": case.form}
    return (case.service, case.region, case.facts, case.on), more


def _fault_differences(case: Case, fault: DecisionFault | InvalidInput) -> tuple[Difference, ...]:
    expected = case.expected.get("fault")
    if expected == fault.code:
        return ()
    wanted = in_both(expected) if expected is not None else _A_DECISION
    told = fault.detail if isinstance(fault, DecisionFault) else fault.message
    got = Message(f"{fault.code}：{told.zh}", f"{fault.code}: {told.en}")
    return (Difference("fault", wanted, got, ()),)


def _rules_in_force(policies: Policies, case: Case) -> Iterable[Rule]:
    policy = policies.effective(case.service, case.region, case.on, case.known)
    return policy.rules.values() if policy else ()


def _applied(decision: Decision, rules: dict[str, Rule]) -> Iterator[str]:
    """Yield the rules that applied for sure. One that only asks for a declaration has not applied yet."""
    yield from (denial.rule for denial in decision.denials)
    asking = [name for name, rule in rules.items() if rule.outcome.asks]
    yield from (r.rule for r in decision.requirements if not r.conditional and r.rule in asking and not asks(r))
    for field in FIELDS:
        if field not in ("denials", "conditional_denials", "requirements"):
            yield from (part.rule for part in getattr(decision, field) if not part.conditional)
