"""Verification codes and face checks: proofs to bring along."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import strawberry

from domain.access import SERVED
from gateways.face import FaceCheckSession
from resolvers.changing.face import request_face_check
from resolvers.changing.results import CodeSent
from resolvers.changing.verification import request_verification_code
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import INPUT, field
from schema.kit.relay import optional_id
from schema.types.errors import UserError, attempt
from schema.types.inputs import MutationInput
from schema.types.mutations import mutation as described_mutation

PURPOSE = "The service it is for: a term of the services vocabulary, or `personal_copy` for a copy of one's data."


@strawberry.input(description="A verification code by SMS.")
class RequestVerificationCodeInput(MutationInput):
    """Which code."""

    purpose: str = field(PURPOSE)
    mobile: str | None = field("The number to send it to; if left out, the one that is bound.", default=None)
    holder_id: strawberry.ID | None = field(
        "Without a number: whose bound number it is sent to, for a guardian, a delegate for the service, or a clerk; yourself"
        " if left out. The number need not be known.",
        default=None,
    )


@sees(WITH_IT)
@strawberry.type(description="The answer to a request for a code.")
class RequestVerificationCodePayload:
    """A code on its way."""

    mobile: str | None = field(
        "The number, its middle hidden; null for whom it is not shown to in the holder's record, such as a hotline.",
        default=None,
    )
    expires_at: datetime | None = field("Until when the code is good.", default=None)
    resend_at: datetime | None = field("When another may be asked for.", default=None)
    errors: list[UserError] = field("Expected failures; empty when all went well.", factory=list)


@strawberry.input(description="A face check.")
class RequestFaceCheckInput(MutationInput):
    """Which check."""

    purpose: str = field(PURPOSE)
    present_person_id: strawberry.ID | None = field("At a window, who is checked. Clerks only.", default=None)


@sees(WITH_IT)
@strawberry.type(description="The answer to a request for a face check.")
class RequestFaceCheckPayload:
    """A session at the provider."""

    url: str | None = field("Where the person's device goes on; it brings back the signed assertion.", default=None)
    expires_at: datetime | None = field("When the session ends.", default=None)
    errors: list[UserError] = field("Expected failures; empty when all went well.", factory=list)


@described_mutation("Send a verification code by SMS, bound to you, the purpose and the number.", asks=SERVED)
async def code_mutation(
    info: Info, input: Annotated[RequestVerificationCodeInput, INPUT]
) -> RequestVerificationCodePayload:
    """Send a code."""
    context = info.context
    actor = context.require_actor()

    async def sent() -> CodeSent:
        holder = optional_id(input.holder_id, "Holder", "input.holderId")
        return await request_verification_code(
            context.dependencies, actor, input.purpose, input.mobile, context.language, input.key(info), holder
        )

    return await attempt(RequestVerificationCodePayload, sent, asdict)


@described_mutation("Start a face check for a service (NX-1).", asks=SERVED)
async def face_check_mutation(info: Info, input: Annotated[RequestFaceCheckInput, INPUT]) -> RequestFaceCheckPayload:
    """Start a face check."""
    actor = info.context.require_actor()

    async def started() -> FaceCheckSession:
        present = optional_id(input.present_person_id, "Holder", "input.presentPersonId")
        key = input.key(info)
        return await request_face_check(info.context.dependencies, actor, input.purpose, present, key)

    return await attempt(
        RequestFaceCheckPayload, started, lambda found: {"url": found.url, "expires_at": found.expires_at}
    )
