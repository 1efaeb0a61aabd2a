"""A cancellation of the social-security application on a card."""

from typing import Any

import strawberry

from domain.access import SERVED
from resolvers.services.cancel import cancel_card
from schema.kit.access import WITH_IT, sees
from schema.kit.described import field
from schema.types.inputs import CardInput
from schema.types.mutations import decided_mutation
from schema.types.payloads import CardPayload, card_changed


@strawberry.input(description="A cancellation of the social-security application on a card.")
class CancelCardInput(CardInput):
    """What is asked for."""

    service = "cancel"

    reason: str | None = field(
        "Why: a term of the cancellation reasons vocabulary, where the region asks for it.", default=None
    )

    def asked(self) -> dict[str, Any]:
        """Return the card and the reason."""
        return {**CardInput.asked(self), "cancellation_reason": self.reason}


@sees(WITH_IT)
@strawberry.type(description="The answer to a cancellation.")
class CancelCardPayload(CardPayload):
    """What changed."""


mutation = decided_mutation(
    "Cancel the social-security application on a card for good; the bank closes its account after (SC-11, QD-5).",
    CancelCardInput,
    cancel_card,
    CancelCardPayload,
    card_changed,
    asks=SERVED,
)
