"""Apply for a card."""

from typing import Annotated, Any

import strawberry

from resolvers.services.apply import apply_for_card
from schema.kit.context import Info
from schema.kit.described import INPUT, field
from schema.types.errors import attempt
from schema.types.inputs import DeliveryInput, ServiceInput
from schema.types.payloads import OperationPayload, changed


@strawberry.input(description="An application for a first card.")
class ApplyForCardInput(ServiceInput):
    """What an applicant asks for."""

    service = "apply"

    region_code: str = field("The city that issues the card, GB/T 2260.")
    holder_id: strawberry.ID | None = field("Whom it is for; yourself if left out.", default=None)
    present_person_id: strawberry.ID | None = field(
        "At a window, who is there: the holder (if left out) or a guardian. Clerks only.", default=None
    )
    bank: str | None = field("The issuing bank: a term of the banks vocabulary.", default=None)
    outlet: str | None = field("The issuing outlet: a term of the region's outlets.", default=None)
    delivery: DeliveryInput | None = field(
        "How to receive the card, decided and charged as by `setDelivery`, which may choose it later.", default=None
    )

    def asked(self) -> dict[str, Any]:
        """Return where, for whom, and what was chosen."""
        return {
            "region": self.region_code,
            "holder_id": self.holder_id,
            "present_id": self.present_person_id,
            "bank": self.bank,
            "outlet": self.outlet,
            "delivery": self.delivery,
        }


@strawberry.type(description="The answer to an application.")
class ApplyForCardPayload(OperationPayload):
    """The submitted operation."""


@strawberry.type
class ApplyMutation:
    """The mutation of this service."""

    @strawberry.mutation(description="Submit an application for a first card (NX-1, SC-1, CD-1, QD-1).")
    async def apply_for_card(self, info: Info, input: Annotated[ApplyForCardInput, INPUT]) -> ApplyForCardPayload:
        """Submit an application."""
        actor, dependencies = info.context.require_actor(), info.context.dependencies
        return await attempt(
            ApplyForCardPayload, lambda: apply_for_card(dependencies, actor, input.request(info)), changed
        )
