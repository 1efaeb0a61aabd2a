"""A cancellation of the social-security application on a card."""

from typing import Annotated, Any

import strawberry

from resolvers.services.cancel import cancel_card
from schema.kit.context import Info
from schema.kit.described import INPUT, field
from schema.types.errors import attempt
from schema.types.inputs import CardInput
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


@strawberry.type(description="The answer to a cancellation.")
class CancelCardPayload(CardPayload):
    """What changed."""


@strawberry.type
class CancelCardMutation:
    """The mutation of this service."""

    @strawberry.mutation(
        description="Cancel the social-security application on a card for good; the bank closes its account after (SC-11, QD-5)."
    )
    async def cancel_card(self, info: Info, input: Annotated[CancelCardInput, INPUT]) -> CancelCardPayload:
        """A cancellation of the social-security application on a card."""
        actor, dependencies = info.context.require_actor(), info.context.dependencies
        return await attempt(
            CancelCardPayload, lambda: cancel_card(dependencies, actor, input.request(info)), card_changed(info)
        )
