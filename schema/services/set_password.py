"""A first service password."""

from typing import Annotated

import strawberry

from resolvers.changing.service_password import with_new_password
from resolvers.changing.service_request import ServiceRequest
from resolvers.services.set_password import set_password
from schema.kit.context import Info
from schema.kit.described import INPUT, field
from schema.types.errors import attempt
from schema.types.inputs import CardInput
from schema.types.payloads import CardPayload, card_changed


@strawberry.input(description="A first service password.")
class SetServicePasswordInput(CardInput):
    """What is asked for."""

    service = "set_password"

    new_password: str = field("The new password, as the region wants it.")
    new_password_again: str = field("The same once more.")

    async def prepared(self, info: Info) -> ServiceRequest:
        """Return the request with what may be known of the new password."""
        return with_new_password(self.request(info), self.new_password, self.new_password_again, same_as_old=False)


@strawberry.type(description="The answer to a first service password.")
class SetServicePasswordPayload(CardPayload):
    """What changed."""


@strawberry.type
class SetServicePasswordMutation:
    """The mutation of this service."""

    @strawberry.mutation(description="Set the service password of a card that has none yet.")
    async def set_service_password(
        self, info: Info, input: Annotated[SetServicePasswordInput, INPUT]
    ) -> SetServicePasswordPayload:
        """A first service password."""
        actor, dependencies = info.context.require_actor(), info.context.dependencies
        return await attempt(
            SetServicePasswordPayload,
            lambda: set_password(
                dependencies, actor, input.request(info), input.new_password, input.new_password_again
            ),
            card_changed(info),
        )
