"""A record that the bank has closed the account on a cancelled card."""

from typing import Annotated

import strawberry

from resolvers.services.close_account import close_account
from schema.kit.context import Info
from schema.kit.described import INPUT
from schema.types.errors import attempt
from schema.types.inputs import CardInput
from schema.types.payloads import CardPayload, card_changed


@strawberry.input(description="A record that the bank has closed the account on a cancelled card.")
class CloseAccountInput(CardInput):
    """What is asked for."""

    service = "close_account"


@strawberry.type(description="The answer to: the bank has closed the account.")
class CloseAccountPayload(CardPayload):
    """What changed."""


@strawberry.type
class CloseAccountMutation:
    """The mutation of this service."""

    @strawberry.mutation(
        description="Record that the bank account on a cancelled card is closed. Banks only (SC-11, SC-13)."
    )
    async def close_account(self, info: Info, input: Annotated[CloseAccountInput, INPUT]) -> CloseAccountPayload:
        """A record that the bank has closed the account on a cancelled card."""
        actor, dependencies = info.context.require_actor(), info.context.dependencies
        return await attempt(
            CloseAccountPayload, lambda: close_account(dependencies, actor, input.request(info)), card_changed(info)
        )
