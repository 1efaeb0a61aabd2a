"""What comes next of operations: the first step that the region's policy leaves open, and to whom.

Each service that the states allow is decided as for a form: on what the operation and its card tell, with all else unknown. A step
that is refused whatever else turns out is none. Nothing is read for it but the card.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.card import Card
from domain.holder import STAFF, Actor
from domain.next_step import NextStep, following, step, waiting
from domain.operation import Operation
from resolvers.dependencies import Dependencies
from resolvers.facts import TABLE, DecisionSubject, Loaded
from resolvers.facts.fact import UNKNOWN

PEOPLE = "citizen"
ROLES = (PEOPLE, *sorted(STAFF))
"""Who may have to do something with an operation; terms of the roles vocabulary."""
_OF_WHO_ASKS = frozenset({"request.role", "request.channel", "request.office"})
_NOBODY = Actor("", "", "")
_Asked = tuple[str, str, str, tuple[tuple[str, Any], ...]]


@dataclass(eq=False)
class NextSteps:
    """What comes next of the operations of one request; what is the same of several is decided once."""

    dependencies: Dependencies
    _open: dict[_Asked, bool] = field(default_factory=dict)

    def of(self, operation: Operation, card: Card | None) -> NextStep | None:
        """Return what comes next of an operation; None where it is over.

        Args:
            card: that came of it.
        """
        now = self.dependencies.clock.now()
        settled, made = operation.settled(now), card.settled(now) if card is not None else None
        for service in dict.fromkeys(following(settled, made)):
            if by := tuple(self._by(service, settled, made)):
                return step(settled, made, service, by)
        return waiting(settled)

    def is_open(self, service: str, operation: Operation, card: Card | None, role: str) -> bool:
        """Say whether a policy leaves a step of an operation open to a role, as far as can be said yet.

        Raises:
            DecisionFault: the policy could not be evaluated.
        """
        return role in self._by(service, operation.settled(self.dependencies.clock.now()), card, (role,))

    def _by(
        self, service: str, operation: Operation, card: Card | None, roles: tuple[str, ...] = ROLES
    ) -> Iterator[str]:
        facts = self._facts(service, operation, card)
        if facts is not None:
            yield from (role for role in roles if self._is_open(service, operation.region, role, facts))

    def _is_open(self, service: str, region: str, role: str, facts: Mapping[str, Any]) -> bool:
        asked = (service, region, role, tuple(facts.items()))
        if asked not in self._open:
            policies, today = self.dependencies.policies(), facts["request.today"]
            decision = policies.decide(service, region, {**facts, "request.role": role}, today, form=True)
            self._open[asked] = not decision.denials
        return self._open[asked]

    def _facts(self, service: str, operation: Operation, card: Card | None) -> Mapping[str, Any] | None:
        """Return the facts that the operation and its card tell; None where the region has no such service."""
        policies, now = self.dependencies.policies(), self.dependencies.clock.now()
        region = operation.region
        about_card = card if service == "activate" else None
        situation = DecisionSubject(
            service=service,
            actor=_NOBODY,
            now=now,
            calendar=self.dependencies.calendar,
            region=region,
            words=policies.region(region).words,
            holder=None,
            person_id="",
            relation="",
            about_operation=None if about_card else operation,
            about_card=about_card,
            loaded=Loaded(cards=(card,) if card else (), operations=(operation,)),
        )
        effective = policies.effective(service, region, situation.today)
        if effective is None:
            return None
        known = {
            name: TABLE[name].compute(situation)
            for name in sorted(effective.roots)
            if name in TABLE and name not in _OF_WHO_ASKS and _is_told(name, card)
        }
        found = {name: value for name, value in known.items() if value is not UNKNOWN}
        return {**found, "request.service": service, "request.today": situation.today}


def _is_told(name: str, card: Card | None) -> bool:
    """Say whether an operation and its card tell a fact."""
    record, needs = name.split(".")[0], TABLE[name].needs
    if record == "card":
        return card is not None and needs <= {"card", "operation"}
    return not needs if record == "request" else record == "operation" and needs == {"operation"}
