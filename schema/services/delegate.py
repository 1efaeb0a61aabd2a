"""Letting somebody act for oneself, and taking it back."""

from datetime import date
from typing import Any

import strawberry

from domain.access import SERVED
from resolvers.changing.results import Delegated
from resolvers.changing.service_request import ServiceRequest
from resolvers.services.delegate import Delegate, grant_delegation, with_delegation
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import field
from schema.types.decision import decision
from schema.types.inputs import ServiceInput
from schema.types.mutations import decided_mutation
from schema.types.nodes import Delegation, delegation_node
from schema.types.payloads import DecidedPayload


@strawberry.input(description="Whom to trust: somebody on record, as on their identity document.")
class DelegateInput:
    """A delegate."""

    name: str = field("As on the identity document.")
    identity_type: str = field("A term of the identity types vocabulary.")
    identity_number: str = field("Number of the document.")

    def value(self) -> Delegate:
        """Return the delegate as plain values."""
        return Delegate(self.name, self.identity_type, self.identity_number)


@strawberry.input(description="A delegation to grant.")
class GrantDelegationInput(ServiceInput):
    """What is granted."""

    service = "delegate"

    region_code: str = field("Where it holds, and below; GB/T 2260.")
    delegate: DelegateInput = field("Who may act.")
    services: list[str] = field("What for: terms of the services vocabulary.")
    until: date = field("The last day on which it holds.")
    holder_id: strawberry.ID | None = field("At a window, whose delegation it is. Clerks only.", default=None)

    def asked(self) -> dict[str, Any]:
        """Return where and for whom."""
        return {"region": self.region_code, "holder_id": self.holder_id}

    async def prepared(self, info: Info) -> ServiceRequest:
        """Return the request with what may be known of the delegation and of who is trusted."""
        actor, dependencies, services = info.context.require_actor(), info.context.dependencies, tuple(self.services)
        request, _ = await with_delegation(
            dependencies, actor, self.request(info), self.delegate.value(), services, self.until
        )
        return request


@sees(WITH_IT)
@strawberry.interface(description="What every mutation on a delegation returns.")
class DelegationPayload(DecidedPayload):
    """A payload with a delegation."""

    delegation: Delegation | None = field("The delegation after the change; null where nothing changed.", default=None)


@sees(WITH_IT)
@strawberry.type(description="The answer to a grant.")
class GrantDelegationPayload(DelegationPayload):
    """The delegation."""


def delegated(answer: Delegated, info: Info) -> dict[str, Any]:
    """Return the fields of the payload of a change of a delegation."""
    return {"delegation": delegation_node(answer.delegation, info), "decision": decision(answer.decision)}


mutation = decided_mutation(
    "Let somebody act for you: which services, where and until when (SC-12).",
    GrantDelegationInput,
    grant_delegation,
    GrantDelegationPayload,
    delegated,
    lambda given: (given.delegate.value(), tuple(given.services), given.until),
    asks=SERVED,
)
