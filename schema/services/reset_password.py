"""A new service password in place of one that is forgotten or locked."""

from typing import Annotated

import strawberry

from resolvers.services.reset_password import reset_password
from schema.kit.context import Info
from schema.kit.described import INPUT, field
from schema.types.errors import attempt
from schema.types.inputs import CardInput
from schema.types.payloads import CardPayload, card_changed


@strawberry.input(description="A new service password in place of one that is forgotten or locked.")
class ResetServicePasswordInput(CardInput):
    """What is asked for."""

    service = "reset_password"

    new_password: str = field("The new password, as the region wants it.")
    new_password_again: str = field("The same once more.")


@strawberry.type(description="The answer to a reset of the service password.")
class ResetServicePasswordPayload(CardPayload):
    """What changed."""


@strawberry.type
class ResetServicePasswordMutation:
    """The mutation of this service."""

    @strawberry.mutation(description="Reset the service password of a card; a locked card is unlocked (SC-7).")
    async def reset_service_password(
        self, info: Info, input: Annotated[ResetServicePasswordInput, INPUT]
    ) -> ResetServicePasswordPayload:
        """A new service password in place of one that is forgotten or locked."""
        actor, dependencies = info.context.require_actor(), info.context.dependencies
        return await attempt(
            ResetServicePasswordPayload,
            lambda: reset_password(
                dependencies, actor, input.request(info), input.new_password, input.new_password_again
            ),
            card_changed(info),
        )
