"""Record that the card was produced."""

from datetime import date
from typing import Any

import strawberry

from domain.access import SERVED
from resolvers.services.produce import ProducedCard, record_produced
from schema.kit.access import WITH_IT, sees
from schema.kit.described import field
from schema.types.inputs import OperationInput
from schema.types.mutations import decided_mutation
from schema.types.payloads import OperationPayload, changed


@strawberry.input(description="A card that was produced.")
class RecordProducedInput(OperationInput):
    """What the card maker reports."""

    service = "produce"

    card_number: str = field("On the photo side: 6 to 32 capital letters and digits.")
    generation: str = field("A term of the card generations vocabulary.")
    social_security_number: str | None = field("The number of the identity document if left out.", default=None)
    bank: str | None = field("The issuing bank; the chosen one if left out.", default=None)
    issued_on: date | None = field("Day of issue; today if left out.", default=None)
    expires_on: date | None = field("Last day of validity, if it has one.", default=None)

    def asked(self) -> dict[str, Any]:
        """Return the operation and the bank."""
        return {**OperationInput.asked(self), "bank": self.bank}

    def produced(self) -> ProducedCard:
        """Return the card as plain values."""
        return ProducedCard(
            number=self.card_number,
            generation=self.generation,
            social_security_number=self.social_security_number,
            issued_on=self.issued_on,
            expires_on=self.expires_on,
        )


@sees(WITH_IT)
@strawberry.type(description="The answer to a record of production.")
class RecordProducedPayload(OperationPayload):
    """The operation with its card."""


mutation = decided_mutation(
    "Record that the card was produced: it comes into being, sealed (NX-5).",
    RecordProducedInput,
    record_produced,
    RecordProducedPayload,
    changed,
    lambda given: (given.produced(),),
    asks=SERVED,
)
