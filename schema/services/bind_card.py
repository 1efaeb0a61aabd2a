"""A card that is bound in the channel through which its holder uses it."""

from typing import Any

import strawberry

from domain.access import SERVED
from resolvers.services.bind_card import bind_card
from schema.kit.access import WITH_IT, sees
from schema.kit.described import field
from schema.types.inputs import CardInput
from schema.types.mutations import decided_mutation
from schema.types.payloads import CardPayload, card_changed


@strawberry.input(description="A card to bind in the channel through which it is used.")
class BindCardInput(CardInput):
    """What is asked for."""

    service = "bind_card"

    region_code: str | None = field(
        "Whose channel it is, GB/T 2260, where the card comes from elsewhere; its home region if left out.",
        default=None,
    )

    def asked(self) -> dict[str, Any]:
        """Return the card and the region."""
        return {**CardInput.asked(self), "region": self.region_code}


@sees(WITH_IT)
@strawberry.type(description="The answer to the binding of a card.")
class BindCardPayload(CardPayload):
    """What changed."""


mutation = decided_mutation(
    "Bind a card in the channel of the token, where a region asks for it on first use (CD-1 to CD-10).",
    BindCardInput,
    bind_card,
    BindCardPayload,
    card_changed,
    asks=SERVED,
)
