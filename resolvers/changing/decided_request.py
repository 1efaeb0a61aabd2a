"""One request with everything that was looked up for it, and its decision."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.card import Card
from domain.decision import Decision
from domain.evidence import Evidence
from domain.frozen import quickly_made
from domain.holder import Actor, Holder
from domain.operation import Operation
from resolvers.changing.corrections import Corrected
from resolvers.changing.evidence import CollectedEvidence
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.subjects import Subject
from resolvers.dependencies import Dependencies
from resolvers.facts import Loaded
from store import UnitOfWork


@quickly_made
@dataclass(frozen=True, slots=True)
class DecidedRequest:
    """One request with everything that was looked up for it, and its decision.

    Args:
        work: the transaction of the change, or what the dry run reads from.
        subject: what it is about, and whom.
        declarations: what was declared, and what the region lets people choose besides, typed.
        collected: the evidence as the policies saw it, with the proofs to use up.
        loaded: what was read to find what it is about, and for its facts.
        delivery: what is decided about a way of delivery that is chosen together with the card.
        corrected: what the service that is corrected says of a correction; it is told and not recorded.
    """

    dependencies: Dependencies
    work: UnitOfWork
    request: ServiceRequest
    actor: Actor
    subject: Subject
    declarations: Mapping[str, Any]
    collected: CollectedEvidence
    decision: Decision
    loaded: Loaded
    delivery: Decision | None = None
    corrected: Corrected | None = None

    @property
    def now(self) -> datetime:
        """When it was decided: after whoever held its rows before."""
        return self.subject.now

    @property
    def region(self) -> str:
        """The region that decided, GB/T 2260."""
        return self.subject.region

    @property
    def holder(self) -> Holder:
        """Whom it is about."""
        return self.subject.holder

    @property
    def operation(self) -> Operation | None:
        """The operation that it is about, for services on one."""
        return self.subject.operation

    @property
    def card(self) -> Card | None:
        """The card that it is about, for services on one."""
        return self.subject.card

    @property
    def told(self) -> Decision:
        """What whoever asks is told: the decision, with what is decided besides about a delivery or a correction."""
        return self.made.together_with(self.corrected.decision if self.corrected is not None else None)

    @property
    def made(self) -> Decision:
        """What is carried out: the decision, with what is decided besides about a delivery."""
        return self.decision.together_with(self.delivery)

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """What is recorded: each decision by itself, as it can be made again."""
        return (self.decision,) if self.delivery is None else (self.decision, self.delivery)

    @property
    def evidence(self) -> Evidence:
        """What was brought along."""
        return self.collected.evidence

    @property
    def its_card(self) -> Card:
        """The card that it is about.

        Raises:
            AssertionError: it is about none; a service on cards always is.
        """
        if self.card is None:
            raise AssertionError(f"{self.request.service} was asked without a card")
        return self.card

    @property
    def its_operation(self) -> Operation:
        """The operation that it is about.

        Raises:
            AssertionError: it is about none; a service on operations always is.
        """
        if self.operation is None:
            raise AssertionError(f"{self.request.service} was asked without an operation")
        return self.operation
