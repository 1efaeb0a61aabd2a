"""Deciding recorded requests again, under other policies than they were decided under.

The facts stay as they were recorded. Only those that rules read then were kept, so new rules may read others: where one
hangs on such a fact, there is no answer, and the fact is named. Nothing is guessed, and nothing counts as unchanged
because it is not known.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from domain.decision import Decision, Requirement
from domain.errors import DecisionFault, InvalidInput
from policies.engine.decide import Policies, Trial
from policies.engine.effective import EffectivePolicy, Span
from policies.replay.recalling import Recall
from policies.replay.recorded import (
    Answer,
    Brought,
    Due,
    Lapsing,
    Promised,
    Reason,
    Recorded,
    Standing,
    Undecided,
    thing_asked,
)

MAX_REMEMBERED = 20_000
"""Answers kept for equal requests, about two kibibytes each."""

_FACTS_KINDS = frozenset({"choice", "declaration"})
"""Kinds of needs that facts answer, and nothing that is brought along."""


class Replay:
    """Answers recorded requests under one set of policies. Equal requests are decided once.

    Args:
        policies: to decide under.
        recall: what was kept of the policies that decided then.
        on: the day whose rules are in force, each decision's own if None; known: by when they had to be published.
    """

    def __init__(self, policies: Policies, recall: Recall, on: date | None = None, known: date | None = None) -> None:
        self._policies = policies
        self._recall = recall
        self._on, self._known = on, known
        self._first: dict[tuple[str, str, Span], tuple[date, date]] = {}
        self._answers: dict[Any, Answer] = {}
        self.decided = 0

    def answer(self, request: Recorded, brought: Brought | None) -> Answer:
        """Answer a recorded request.

        Args:
            brought: what is known of what was brought along; None where nothing is.
        """
        place = self._policies.tree.regions.get(request.region)
        if place is None:
            return _undecided("REGION_UNKNOWN", request.region)
        on = self._on or request.on
        known = self._known or self._on or request.known
        try:
            effective = self._policies.effective(request.service, request.region, on, known)
            facts = {} if effective is None else self._facts(request, effective)
        except DecisionFault as fault:
            return _undecided(fault.code)
        if effective is not None:
            # On all of its days exactly the same holds, so that equal requests are decided once, on the first of them.
            on, known = self._first.setdefault((request.service, request.region, effective.span), (on, known))
        question = (request.region, request.service, on, known, tuple(sorted(facts.items(), key=_name)), brought)
        if question not in self._answers:
            if len(self._answers) >= MAX_REMEMBERED:
                self._answers.clear()
            self._answers[question] = self._decide(request, facts, on, known, brought)
        return self._answers[question]

    def _facts(self, request: Recorded, policy: EffectivePolicy) -> dict[str, Any]:
        """Return the recorded facts that these policies know, as they know them.

        An attribute follows anew from its term where that was recorded. A number that is counted otherwise by now was not.
        """
        found = {}
        for name, value in request.facts.items():
            definition = policy.fact(name)
            if definition is None or definition.parent in request.facts:
                continue
            if definition.count is not None and not self._recall.counted_so(request, name, definition.count):
                continue
            found[name] = value
        return found

    def _decide(
        self, request: Recorded, facts: Mapping[str, Any], on: date, known: date, brought: Brought | None
    ) -> Answer:
        self.decided += 1
        lacking: set[str] = set()
        try:
            trial = self._policies.trial(request.service, request.region, facts, on, known=known, form=True)
            if trial is None:
                decision = self._policies.decide(request.service, request.region, facts, on, known=known)
                return _answer(decision, brought)
            lacking = _lacking(trial)
            # Decided as a change: what is left unknown is what people declare, and they are asked for it. Where a fact is
            # lacking, as a form: what hangs on it is conditional, and what denies for sure is told apart.
            trial.reading.form = bool(lacking)
            decision = trial.decision()
        except InvalidInput as refused:
            return _undecided(refused.code, refused.field)
        except DecisionFault as fault:
            # What only may apply may not be computed either; whether it would have to be, nobody knows.
            return _undecided("MISSING_FACT", *sorted(lacking)) if lacking else _undecided(fault.code)
        if lacking and not decision.denials:
            return _undecided("MISSING_FACT", *sorted(lacking))
        return _answer(decision, brought)


def _name(item: tuple[str, Any]) -> str:
    return item[0]


def _lacking(trial: Trial) -> set[str]:
    """Return the facts that nobody recorded and on which something hangs that the policies would do."""
    policy = trial.policy
    unsaid = {name for name in trial.reading.unknown if not _declared(policy, name)}
    found: set[str] = set()
    for applying in trial.applying() if unsaid else ():
        found.update(unsaid.intersection(applying.rule.outcome.facts()))
        if applying.conditional:
            found.update(unsaid & (policy.reads[applying.rule.id] | applying.waits_for))
    return found


def _declared(policy: EffectivePolicy, name: str) -> bool:
    definition = policy.fact(name)
    return definition is not None and definition.origin == "declared"


def _undecided(code: str, *about: str | None) -> Answer:
    return Answer(Standing.UNDECIDED, fault=Undecided(code, tuple(filter(None, about))))


def _answer(decision: Decision, brought: Brought | None) -> Answer:
    denials = tuple(Reason(False, d.rule, d.citation.file, d.citation.line) for d in decision.denials)
    unmet = [] if denials else list(_unmet(decision.requirements, brought or Brought()))
    if brought is None and unmet:
        unmet = [requirement for requirement in unmet if not _to_bring(requirement)]
        if not unmet:
            return _undecided("EVIDENCE_NOT_KEPT")
    asking = (Reason(True, r.rule, r.citation.file, r.citation.line) for r in unmet)
    reasons = denials or tuple(dict.fromkeys(asking))
    return Answer(
        Standing.REFUSED if denials else Standing.ASKED if unmet else Standing.ALLOWED,
        reasons,
        dues=tuple(Due(fee.id, fee.payer, fee.amount) for fee in decision.fees),
        promises=frozenset(Promised(p.what, p.within, p.counted_from) for p in decision.promises),
        lapses=frozenset(Lapsing(x.state, x.after, x.becomes) for x in decision.lapses),
    )


def _unmet(requirements: Iterable[Requirement], brought: Brought) -> Iterator[Requirement]:
    """Yield the requirements that stay open; what was never asked for before counts as not there."""
    for requirement in requirements:
        if _to_bring(requirement):
            wanted = ((thing_asked(need) for need in needs) for needs in requirement.alternatives)
            if not requirement.conditional and not brought.satisfies(wanted):
                yield requirement
        elif not requirement.satisfied and not requirement.conditional:
            yield requirement


def _to_bring(requirement: Requirement) -> bool:
    return not any(need.kind in _FACTS_KINDS for needs in requirement.alternatives for need in needs)
