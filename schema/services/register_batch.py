"""Putting many people on record: a batch of rows, one answer for each."""

from collections.abc import Awaitable
from dataclasses import asdict

import strawberry

from domain import holder as domain
from domain.access import AT_WINDOW
from domain.identity import person_key
from gateways.identity_number import mask_identity_number
from resolvers.changing.batches import BatchRow, RowAnswer
from resolvers.changing.idempotency import IdempotencyKey
from resolvers.looking_up.holders import NamedPerson, in_one_spelling, register_holder
from schema.kit.access import BY_CLERKS, WITH_IT, sees
from schema.kit.context import Context, Info
from schema.kit.described import field
from schema.kit.relay import global_id
from schema.types.batches import Batch, BatchInput, batch_mutation, errors_of_row, require_no_own_key
from schema.types.errors import UserError
from schema.types.holders import RegisterHolderInput
from schema.types.nodes import Holder, served_holder


@strawberry.input(description="People to put on record.")
class RegisterHolderBatchInput(BatchInput):
    """People."""

    rows: list[RegisterHolderInput] = field("What `registerHolder` takes, without keys.")


@sees(WITH_IT)
@strawberry.type(description="What came of one person.")
class RegisteredHolderAnswer:
    """A row's answer."""

    row: int = field("Its place in the batch; the first row is 1.")
    holder: Holder | None = field("The person on record; null where it was refused.", default=None)
    repeated: bool = field("Whether it was done when the batch was sent before.", default=False)
    errors: list[UserError] = field("Expected failures; empty when the person is on record.", factory=list)


@sees(WITH_IT)
@strawberry.type(description="The answer to people who are put on record together.")
class RegisterHolderBatchPayload:
    """What came of each."""

    rows: list[RegisteredHolderAnswer] = field("What came of each row.", factory=list)
    done: int = field("How many people are on record, now or before.", default=0)
    refused: int = field("How many were refused.", default=0)
    not_reached: int = field(
        "How many were not reached within the time of one request: send the batch again under its key.", default=0
    )
    errors: list[UserError] = field("Why the batch as a whole was refused; empty otherwise.", factory=list)


def _read(context: Context, given: RegisterHolderInput, _: str) -> BatchRow[domain.Holder]:
    require_no_own_key(given)
    dependencies, actor = context.dependencies, context.require_actor()
    # Read here, so that what cannot be right is told before anything is asked.
    named = NamedPerson(given.name, given.identity_type, given.identity_number)
    person = in_one_spelling(dependencies, named)

    def ask(own: IdempotencyKey) -> Awaitable[domain.Holder]:
        return register_holder(dependencies, actor, person, own)

    about = " ".join(person_key(person.identity_type, person.identity_number))
    return BatchRow(about, "input.identityNumber", mask_identity_number(person.identity_number), asdict(given), ask)


def _answer(info: Info, place: int, found: RowAnswer[domain.Holder]) -> RegisteredHolderAnswer:
    holder = served_holder(found.answer, info) if found.answer is not None else None
    errors = errors_of_row(found.error, place)
    return RegisteredHolderAnswer(row=place + 1, holder=holder, repeated=found.repeated, errors=errors)


def _holder_id(answer: domain.Holder) -> str:
    return global_id("Holder", answer.id)


BATCH = Batch(
    "registerHolderBatch", RegisterHolderInput, _read, {"holderId": _holder_id}, asks=AT_WINDOW, refusal=BY_CLERKS
)

mutation = batch_mutation(
    BATCH,
    RegisterHolderBatchInput,
    RegisterHolderBatchPayload,
    "Put people on record as the register has them, each by itself. Clerks only.",
    _answer,
)
