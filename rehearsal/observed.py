"""Policies that note down what they were asked and what they answered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from domain.decision import Decision, Facts
from domain.evidence import Evidence
from domain.facts import PROVIDED
from domain.history import History
from policies.engine.decide import Policies
from policies.engine.effective import EffectivePolicy


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to the policies, with the answer.

    Args:
        service, region, facts, evidence, history: as the service asked.
        decision: what they answered; None where they could not be evaluated, and the code of that in `fault`.
    """

    service: str
    region: str
    facts: Mapping[str, Any]
    evidence: Evidence | None
    history: History | None
    decision: Decision | None
    fault: str | None = None


class ObservedPolicies(Policies):
    """Policies with a list of what they were asked; as fast as those that they stand for."""

    def __init__(self, policies: Policies) -> None:
        """Stand for some policies, with what those have compiled."""
        super().__init__(policies.tree, policies.engine, calendar=policies.calendar)
        self.asked: list[Asked] = []
        self.stated: frozenset[str] = frozenset()
        self.about: str | None = None

    def expect(self, service: str, stated: Iterable[str]) -> None:
        """Let the service load what a case states, whether a rule reads it or not, so that the two can be compared."""
        self.asked.clear()
        self.about, self.stated = service, PROVIDED.intersection(stated)

    def effective(self, service: str, region: str, on: date, known: date | None = None) -> EffectivePolicy | None:
        """Return what holds, as if a rule read what the case states; see `Policies.effective`."""
        found = super().effective(service, region, on, known)
        if found is None or service != self.about or self.stated <= found.roots:
            return found
        return replace(found, _roots=found.roots | self.stated)

    def decide_if_settled(
        self, service: str, region: str, facts: Facts, on: date, evidence: Evidence | None = None
    ) -> None:
        """Decide nothing so: the service is to load what a case states, whether the answer hangs on it or not."""

    def decide(
        self,
        service: str,
        region: str,
        facts: Facts,
        on: date,
        *,
        known: date | None = None,
        evidence: Evidence | None = None,
        history: History | None = None,
        form: bool = False,
    ) -> Decision:
        """Decide, and note down what was asked; see `Policies.decide`."""
        try:
            decision = super().decide(
                service, region, facts, on, known=known, evidence=evidence, history=history, form=form
            )
        except Exception as fault:
            code = getattr(fault, "code", type(fault).__name__)
            self.asked.append(Asked(service, region, dict(facts), evidence, history, None, code))
            raise
        self.asked.append(Asked(service, region, dict(facts), evidence, history, decision))
        return decision
