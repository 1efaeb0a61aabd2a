"""Putting oneself on record."""

from typing import Annotated

import strawberry

from domain.access import SERVED
from resolvers.changing.results import Registered
from resolvers.services.register import register_oneself
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import INPUT, field
from schema.types.decision import decision
from schema.types.errors import attempt
from schema.types.inputs import MutationInput
from schema.types.mutations import mutation as described_mutation
from schema.types.nodes import Holder, holder_node
from schema.types.payloads import DecidedPayload


@strawberry.input(description="Putting yourself on record; who you are, your token says.")
class RegisterMyselfInput(MutationInput):
    """Where."""

    region_code: str = field("The region whose policy lets you, GB/T 2260.")


@sees(WITH_IT)
@strawberry.type(description="The answer to who put themselves on record.")
class RegisterMyselfPayload(DecidedPayload):
    """The person on record."""

    holder: Holder | None = field("The person; null where it was refused.", default=None)


@described_mutation(
    "Put yourself on record as the register has you, where the region lets you and your identity provider vouches"
    " for you by the claim `identity` of your token.",
    asks=SERVED,
)
async def mutation(info: Info, input: Annotated[RegisterMyselfInput, INPUT]) -> RegisterMyselfPayload:
    """Register whoever asks."""
    context = info.context
    actor = context.require_actor()

    async def registered() -> Registered:
        key = input.key(info)
        return await register_oneself(context.dependencies, actor, context.vouched(), input.region_code, key)

    return await attempt(
        RegisterMyselfPayload,
        registered,
        lambda answer: {"holder": holder_node(answer.holder), "decision": decision(answer.decision)},
    )
