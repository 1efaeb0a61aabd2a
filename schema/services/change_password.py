"""A new service password in place of one that is known."""

import strawberry

from domain.access import SERVED
from resolvers.changing.service_password import with_new_password
from resolvers.changing.service_request import ServiceRequest
from resolvers.services.change_password import change_password
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import field
from schema.types.inputs import CardInput
from schema.types.mutations import decided_mutation
from schema.types.payloads import CardPayload, card_changed


@strawberry.input(description="A new service password in place of one that is known.")
class ChangeServicePasswordInput(CardInput):
    """What is asked for."""

    service = "change_password"

    old_password: str = field("The password now. Too many wrong ones in a row lock the card.")
    new_password: str = field("The new password, as the region wants it.")
    new_password_again: str = field("The same once more.")

    def with_own(self, request: ServiceRequest) -> ServiceRequest:
        """Return a request with what may be known of the new password, and what is wrong with it."""
        same = self.old_password == self.new_password
        return with_new_password(request, self.new_password, self.new_password_again, same_as_old=same)

    async def prepared(self, info: Info) -> ServiceRequest:
        """Return the request with what may be known of the new password."""
        return self.with_own(self.request(info))


@sees(WITH_IT)
@strawberry.type(description="The answer to a change of the service password.")
class ChangeServicePasswordPayload(CardPayload):
    """What changed."""


mutation = decided_mutation(
    "Change the service password of a card, knowing the old one (CD-5, SC-6).",
    ChangeServicePasswordInput,
    change_password,
    ChangeServicePasswordPayload,
    card_changed,
    lambda given: (given.old_password, given.new_password, given.new_password_again),
    asks=SERVED,
)
