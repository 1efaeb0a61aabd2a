"""Putting people on record."""

from typing import Annotated

import strawberry

from domain import holder as domain
from domain.access import AT_WINDOW
from resolvers.looking_up.holders import NamedPerson, register_holder
from schema.kit.access import BY_CLERKS, WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import INPUT, field
from schema.types.errors import UserError, attempt
from schema.types.inputs import MutationInput
from schema.types.mutations import mutation as described_mutation
from schema.types.nodes import Holder, served_holder


@strawberry.input(description="A person to put on record; the population register confirms them.")
class RegisterHolderInput(MutationInput):
    """Who."""

    name: str = field("As on the identity document.")
    identity_type: str = field("A term of the identity types vocabulary.")
    identity_number: str = field("Number of the document.")


@sees(WITH_IT)
@strawberry.type(description="The answer to a registration.")
class RegisterHolderPayload:
    """The person on record."""

    holder: Holder | None = field("The person; null where it was refused.", default=None)
    errors: list[UserError] = field("Expected failures; empty when all went well.", factory=list)


@described_mutation("Put a person on record as the register has them. Clerks only.", asks=AT_WINDOW, refusal=BY_CLERKS)
async def mutation(info: Info, input: Annotated[RegisterHolderInput, INPUT]) -> RegisterHolderPayload:
    """Register a person."""
    actor, dependencies = info.context.require_actor(), info.context.dependencies

    async def registered() -> domain.Holder:
        key = input.key(info)
        person = NamedPerson(input.name, input.identity_type, input.identity_number)
        return await register_holder(dependencies, actor, person, key)

    return await attempt(RegisterHolderPayload, registered, lambda holder: {"holder": served_holder(holder, info)})
