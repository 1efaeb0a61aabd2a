"""Apply for a card."""

from typing import Any

import strawberry

from domain.access import SERVED
from resolvers.services.apply import apply_for_card
from schema.kit.access import WITH_IT, sees
from schema.kit.described import field
from schema.types.inputs import DeliveryInput, ServiceInput
from schema.types.mutations import decided_mutation
from schema.types.payloads import OperationPayload, changed


@strawberry.input(description="An application for a first card.")
class ApplyForCardInput(ServiceInput):
    """What an applicant asks for."""

    service = "apply"

    region_code: str = field(
        "The city that issues the card, GB/T 2260; a district leads to its city, and `operation.regionCode` says which decides."
    )
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


@sees(WITH_IT)
@strawberry.type(description="The answer to an application.")
class ApplyForCardPayload(OperationPayload):
    """The submitted operation."""


mutation = decided_mutation(
    "Submit an application for a first card (NX-1, SC-1, CD-1, QD-1).",
    ApplyForCardInput,
    apply_for_card,
    ApplyForCardPayload,
    changed,
    asks=SERVED,
)
