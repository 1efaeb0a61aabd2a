"""A copy of all that is on record about a person (law on personal information, art. 45)."""

from typing import Annotated

import strawberry

from domain.access import CLOSE
from resolvers.changing.results import SignedAddress as Signed
from resolvers.looking_up.personal_copy import request_copy
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import INPUT, field
from schema.kit.relay import optional_id
from schema.types.documents import SignedAddress
from schema.types.errors import UserError, attempt
from schema.types.inputs import MutationInput
from schema.types.mutations import mutation as described_mutation


@strawberry.input(
    description="A copy of all that is on record about somebody. Whoever asks proves anew who they are, in one of two ways."
)
class RequestPersonalCopyInput(MutationInput):
    """Whose data, and what proves who asks."""

    holder_id: strawberry.ID | None = field("A ward, whose guardian you are; yourself if left out.", default=None)
    verification_code: str | None = field(
        "The code sent to your own bound number, with the purpose `personal_copy`.", default=None
    )
    face_assertion: str | None = field("The assertion of a face check of yours with that purpose.", default=None)


@sees(WITH_IT)
@strawberry.type(description="The answer to a request for a copy of somebody's data.")
class RequestPersonalCopyPayload:
    """Where it is taken."""

    address: SignedAddress | None = field(
        "Where it is taken, as JSON; each time is put on record, and is shown in `accesses`.", default=None
    )
    errors: list[UserError] = field("Expected failures; empty when all went well.", factory=list)


@described_mutation(
    "Ask for a copy of all that is on record about you or a ward. How many are taken in a day is limited (`TOO_MANY_REQUESTS`).",
    asks=CLOSE,
)
async def mutation(info: Info, input: Annotated[RequestPersonalCopyInput, INPUT]) -> RequestPersonalCopyPayload:
    """Sign an address for the person."""
    actor = info.context.require_actor()

    async def asked() -> Signed:
        holder = optional_id(input.holder_id, "Holder", "input.holderId")
        proofs = input.verification_code, input.face_assertion
        return await request_copy(info.context.dependencies, actor, holder, *proofs, input.key(info))

    return await attempt(
        RequestPersonalCopyPayload,
        asked,
        lambda found: {"address": SignedAddress(url=found.url, expires_at=found.expires_at)},
    )
