"""An activation of a sealed card."""

from typing import Annotated

import strawberry

from resolvers.services.activate import activate_card
from schema.kit.context import Info
from schema.kit.described import INPUT
from schema.types.errors import attempt
from schema.types.inputs import CardInput
from schema.types.payloads import CardPayload, card_changed


@strawberry.input(description="An activation of a sealed card.")
class ActivateCardInput(CardInput):
    """What is asked for."""

    service = "activate"


@strawberry.type(description="The answer to an activation.")
class ActivateCardPayload(CardPayload):
    """What changed."""


@strawberry.type
class ActivateCardMutation:
    """The mutation of this service."""

    @strawberry.mutation(description="Turn a sealed card into an active one (NX-2, SC-2, CD-2, QD-2).")
    async def activate_card(self, info: Info, input: Annotated[ActivateCardInput, INPUT]) -> ActivateCardPayload:
        """An activation of a sealed card."""
        actor, dependencies = info.context.require_actor(), info.context.dependencies
        return await attempt(
            ActivateCardPayload, lambda: activate_card(dependencies, actor, input.request(info)), card_changed(info)
        )
