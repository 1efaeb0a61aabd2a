"""Correct what was asked for."""

from typing import Any

import strawberry

from domain.access import SERVED
from resolvers.services.correct import correct_application
from schema.kit.access import WITH_IT, sees
from schema.kit.described import field
from schema.types.inputs import AttendedOperationInput
from schema.types.mutations import decided_mutation
from schema.types.payloads import OperationPayload, changed


@strawberry.input(description="Correct what was asked for; the application is accepted again.")
class CorrectApplicationInput(AttendedOperationInput):
    """What is asked for."""

    service = "correct"

    bank: str | None = field("Another issuing bank: a term of the banks vocabulary.", default=None)
    outlet: str | None = field(
        "Another issuing outlet: a term of the region's outlets; a card that would be collected at the one before is"
        " collected there.",
        default=None,
    )

    def asked(self) -> dict[str, Any]:
        """Return the operation and what is chosen instead."""
        return {**AttendedOperationInput.asked(self), "bank": self.bank, "outlet": self.outlet}


@sees(WITH_IT)
@strawberry.type(description="The answer to: correct what was asked for; the application is accepted again.")
class CorrectApplicationPayload(OperationPayload):
    """The operation after the change."""


mutation = decided_mutation(
    "Correct what was asked for; the application is accepted again (NX-1).",
    CorrectApplicationInput,
    correct_application,
    CorrectApplicationPayload,
    changed,
    asks=SERVED,
)
