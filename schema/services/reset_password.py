"""A new service password in place of one that is forgotten or locked."""

from typing import Annotated

import strawberry

from resolvers.changing.service_password import with_new_password
from resolvers.changing.service_request import ServiceRequest
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

    async def prepared(self, info: Info) -> ServiceRequest:
        """Return the request with what may be known of the new password."""
        return with_new_password(self.request(info), self.new_password, self.new_password_again, same_as_old=False)


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
