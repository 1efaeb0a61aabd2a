"""What comes next of operations: the first step that the region's policy leaves open, and to whom.

Each service that the states allow is decided as for a form: on what the operation and its card tell, with all else unknown. A step
that is refused whatever else turns out is none. Nothing is read for it but the card, unless a region may ask whoever comes
through a channel for something else first, or leaves them another way: that is decided as if they asked for it now.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from domain.card import Card
from domain.duration import day_in_china
from domain.errors import NotFound, NotPermitted
from domain.holder import STAFF, Actor
from domain.next_step import FIRST, NextStep, following, otherwise, step, waiting
from domain.operation import Operation
from domain.services import SERVICES, About
from resolvers.changing.decided_request import DecidedRequest
from resolvers.changing.deciding import decide_request
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies
from resolvers.facts import TABLE, DecisionSubject, Loaded
from resolvers.facts.fact import UNKNOWN
from store import UnitOfWork

PEOPLE = "citizen"
ROLES = (PEOPLE, *sorted(STAFF))
"""Who may have to do something with an operation; terms of the roles vocabulary."""
PARTNERS = STAFF - {"clerk"}
_PARTNERS = {"actor.relation": "office"}
"""How whoever is no clerk stands to a holder: before a clerk there may be somebody."""
_OF_WHO_ASKS = frozenset({"request.role", "request.channel", "request.office"})
_NOBODY = Actor("", "", "")
Request = tuple[str, str]
"""A service, and the id of the operation or card that it is asked about."""
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

    async def for_whoever_asks(
        self,
        found: NextStep,
        operation: Operation,
        card: Card | None,
        role: str,
        is_open: Callable[[Request], Awaitable[bool]],
    ) -> NextStep:
        """Return what comes next for somebody: what the region asks of them first, and the other ways that they have.

        Args:
            found: what comes next for anybody; card: that came of the operation.
            role: of who asks; is_open: says whether a service is open to them, as `is_open_to`.
        """
        settled = operation.settled(self.dependencies.clock.now())
        if role == PEOPLE:
            ways = [
                service
                for service in otherwise(settled, found.service)
                if self._is_in_force(service, settled) and await is_open((service, operation.id))
            ]
            found = await self._asked_first(found, settled, card, is_open)
        else:
            # Of an office no rule reads anything that has to be looked up.
            asked = otherwise(settled, found.service)
            ways = [service for service in asked if any(self._by(service, settled, card, (role,)))]
        return replace(found, otherwise=tuple(ways))

    async def _asked_first(
        self, found: NextStep, settled: Operation, card: Card | None, is_open: Callable[[Request], Awaitable[bool]]
    ) -> NextStep:
        """Return what a region asks of somebody before what comes next, if it does."""
        first = FIRST.get(found.service or "")
        if card is None or found.service is None or first is None or not self._is_in_force(first, settled):
            return found
        if await is_open((found.service, card.id)) or not await is_open((first, card.id)):
            return found
        # Of others nothing is known: it hangs on the channel through which they come.
        return step(settled, card, first, (PEOPLE,))

    def _is_in_force(self, service: str, operation: Operation) -> bool:
        policies, today = self.dependencies.policies(), day_in_china(self.dependencies.clock.now())
        return policies.effective(service, operation.region, today) is not None

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
            known = {**facts, "request.role": role, **(_PARTNERS if role in PARTNERS else {})}
            decision = policies.decide(service, region, known, today, form=True)
            self._open[asked] = not decision.denials
        return self._open[asked]

    def _facts(self, service: str, operation: Operation, card: Card | None) -> Mapping[str, Any] | None:
        """Return the facts that the operation and its card tell; None where the region has no such service."""
        policies, now = self.dependencies.policies(), self.dependencies.clock.now()
        region = operation.region
        about_card = card if SERVICES[service].about is About.CARD else None
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


async def is_open_to(dependencies: Dependencies, work: UnitOfWork, actor: Actor, asked: Request) -> bool:
    """Say whether a service would not be refused to somebody who asked for it now, whatever they still have to bring.

    Raises:
        DecisionFault: the policy could not be evaluated.
    """
    service, identifier = asked
    on_card = SERVICES[service].about is About.CARD
    request = (
        ServiceRequest(service, card_id=identifier) if on_card else ServiceRequest(service, operation_id=identifier)
    )
    try:
        decided = await decide_request(dependencies, work, actor, request)
    except (NotFound, NotPermitted):
        return False
    return not decided.decision.denials


async def opened_by(dependencies: Dependencies, work: UnitOfWork, actor: Actor, refused: DecidedRequest) -> str | None:
    """Return the service that a region asks of a person before the one on a card that it refuses, if it is open to them."""
    first, card = FIRST.get(refused.request.service), refused.card
    if first is None or card is None or actor.role != PEOPLE:
        return None
    return first if await is_open_to(dependencies, work, actor, (first, card.id)) else None
