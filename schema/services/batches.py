"""Batches of steps of operations: many rows, one answer for each. A row is what the mutation of one such step takes."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Annotated, Any, Final

import strawberry

from domain.errors import DecisionRefused, DomainError, InvalidInput, PolicyChanged
from domain.message import Message
from resolvers.changing.batches import NOT_REACHED, BatchRow, RowAnswer, answer_batch
from resolvers.changing.idempotency import IdempotencyKey
from resolvers.changing.results import ChangeResult
from resolvers.services.accept import accept_for_production
from resolvers.services.produce import record_produced
from resolvers.services.receive import confirm_receipt
from resolvers.services.ship import record_shipped
from schema.kit.context import Context, Info
from schema.kit.described import INPUT, field
from schema.kit.relay import local_id
from schema.services.accept import AcceptForProductionInput
from schema.services.produce import RecordProducedInput
from schema.services.receive import ConfirmReceiptInput
from schema.services.ship import RecordShippedInput
from schema.types.decision import Decision, decision
from schema.types.errors import UserError, attempt, user_errors
from schema.types.inputs import MutationInput, OperationInput
from schema.types.operation_nodes import Operation, operation_node

ROWS, KEY, REUSED = "input.rows", "input.idempotencyKey", "IDEMPOTENCY_KEY_REUSED"


@dataclass(frozen=True, slots=True)
class Batch:
    """A kind of batch.

    Args:
        name: of its mutation; row: what a row takes; use_case: what is asked for each row.
        more: what of a row the use case takes besides the request.
    """

    name: str
    row: type[OperationInput]
    use_case: Callable[..., Awaitable[ChangeResult]]
    more: Callable[[Any], tuple[Any, ...]] = lambda _: ()

    def read(self, context: Context, given: OperationInput) -> BatchRow[ChangeResult]:
        """Return a row as it is asked.

        Raises:
            InvalidInput: an id is none, or the row names a key of its own.
        """
        if given.idempotency_key is not None:
            raise InvalidInput(
                Message("成批办理时，每一行没有自己的幂等键，请删去。", "A row has no key of its own; leave it out."),
                field=KEY,
            )
        asked = asdict(given)
        operation_id = local_id(given.operation_id, "Operation", "input.operationId")
        # Read here, so that what cannot be right is told before anything is asked.
        request, more = given.request_under(None), self.more(given)

        def ask(key: IdempotencyKey) -> Awaitable[ChangeResult]:
            return self.use_case(context.dependencies, context.require_actor(), replace(request, key=key), *more)

        return BatchRow(operation_id, "input.operationId", operation_id, asked, ask)

    async def answers(
        self, context: Context, key: str, rows: Sequence[OperationInput | DomainError]
    ) -> tuple[RowAnswer[ChangeResult], ...]:
        """Answer a batch.

        Args:
            rows: or why a row cannot be read.

        Raises:
            NotAuthenticated, NotPermitted, InvalidInput: the batch as a whole is refused.
        """
        actor = context.require_actor()
        read = [row if isinstance(row, DomainError) else self._attempted(context, row) for row in rows]
        return await answer_batch(context.dependencies, actor, self.name, key, read)

    def _attempted(self, context: Context, given: OperationInput) -> BatchRow[ChangeResult] | DomainError:
        try:
            return self.read(context, given)
        except DomainError as wrong:
            return wrong


BATCHES: Final[Mapping[str, Batch]] = {
    batch.name: batch
    for batch in (
        Batch("acceptBatch", AcceptForProductionInput, accept_for_production),
        Batch("recordProducedBatch", RecordProducedInput, record_produced, lambda given: (given.produced(),)),
        Batch("recordShippedBatch", RecordShippedInput, record_shipped, lambda given: (given.tracking_number,)),
        Batch("confirmReceiptBatch", ConfirmReceiptInput, confirm_receipt),
    )
}
"""Every kind of batch, by the name of its mutation."""


@strawberry.input(description="What every batch takes.")
class BatchInput(MutationInput):
    """A batch."""

    idempotency_key: str = field(
        "Your own name for the batch, 1 to 200 characters: sent again under it, rows that were done are answered again, and"
        " the others are asked anew.",
    )


@strawberry.input(description="Applications to accept for production.")
class AcceptBatchInput(BatchInput):
    """Applications."""

    rows: list[AcceptForProductionInput] = field("What `acceptForProduction` takes, without keys.")


@strawberry.input(description="Cards that were produced.")
class RecordProducedBatchInput(BatchInput):
    """Cards."""

    rows: list[RecordProducedInput] = field("What `recordProduced` takes, without keys.")


@strawberry.input(description="Cards that were shipped.")
class RecordShippedBatchInput(BatchInput):
    """Parcels."""

    rows: list[RecordShippedInput] = field("What `recordShipped` takes, without keys.")


@strawberry.input(description="Cards that were received.")
class ConfirmReceiptBatchInput(BatchInput):
    """Receipts."""

    rows: list[ConfirmReceiptInput] = field("What `confirmReceipt` takes, without keys.")


@strawberry.type(description="What came of one row of a batch.")
class BatchRowAnswer:
    """A row's answer."""

    row: int = field("Its place in the batch; the first row is 1.")
    operation: Operation | None = field("The operation after the change; null where nothing changed.", default=None)
    decision: Decision | None = field("What the policies said; null where it did not come to a decision.", default=None)
    repeated: bool = field("Whether it was done when the batch was sent before.")
    errors: list[UserError] = field("Expected failures; empty when the row was done.", factory=list)


@strawberry.interface(description="The answer to a batch: each row by itself, in their order.")
class BatchPayload:
    """A batch's answer."""

    rows: list[BatchRowAnswer] = field("What came of each row.", factory=list)
    done: int = field("How many rows are done, now or before.", default=0)
    refused: int = field("How many were refused.", default=0)
    not_reached: int = field(
        "How many were not reached within the time of one request: send the batch again under its key.", default=0
    )
    errors: list[UserError] = field("Why the batch as a whole was refused; empty otherwise.", factory=list)


@strawberry.type(description="The answer to applications that are accepted for production together.")
class AcceptBatchPayload(BatchPayload):
    """What came of each."""


@strawberry.type(description="The answer to records of production.")
class RecordProducedBatchPayload(BatchPayload):
    """What came of each."""


@strawberry.type(description="The answer to records of shipping.")
class RecordShippedBatchPayload(BatchPayload):
    """What came of each."""


@strawberry.type(description="The answer to receipts that are confirmed together.")
class ConfirmReceiptBatchPayload(BatchPayload):
    """What came of each."""


def _row(place: int, found: RowAnswer[ChangeResult]) -> BatchRowAnswer:
    if found.answer is not None:
        shown = operation_node(found.answer.operation), decision(found.answer.decision)
        return BatchRowAnswer(row=place + 1, operation=shown[0], decision=shown[1], repeated=found.repeated)
    error = found.error
    decided = decision(error.decision) if isinstance(error, DecisionRefused | PolicyChanged) else None
    return BatchRowAnswer(row=place + 1, decision=decided, repeated=False, errors=errors_of_row(error, place))


def errors_of_row(error: DomainError | None, place: int) -> list[UserError]:
    """Return why a row was refused, with the paths of its inputs in the batch."""
    return [replace(each, field=_of_row(each, place)) for each in (user_errors(error) if error is not None else ())]


def counts_of(found: Sequence[RowAnswer[Any]]) -> dict[str, int]:
    """Return how many rows are done, refused and not reached."""
    not_reached = sum(each.error is not None and each.error.code == NOT_REACHED for each in found)
    done = sum(each.answer is not None for each in found)
    return {"done": done, "refused": len(found) - done - not_reached, "not_reached": not_reached}


def _of_row(error: UserError, place: int) -> str | None:
    """Return the path of the input of a row at fault; the key is the batch's."""
    named = error.field
    if named is None or error.code == REUSED:
        return named
    return f"{ROWS}.{place}.{named.removeprefix('input.')}"


def _fields(found: Sequence[RowAnswer[ChangeResult]]) -> dict[str, Any]:
    return {"rows": [_row(place, each) for place, each in enumerate(found)], **counts_of(found)}


def _mutation(batch: Batch, given: type[BatchInput], payload: type[BatchPayload], description: str) -> Any:
    async def resolve(info: Info, input: Any) -> Any:
        answers = partial(batch.answers, info.context, input.idempotency_key, input.rows)
        return await attempt(payload, answers, _fields)

    resolve.__annotations__ = {"info": Info, "input": Annotated[given, INPUT], "return": payload}
    return strawberry.mutation(resolve, description=description)


accept_batch = _mutation(
    BATCHES["acceptBatch"],
    AcceptBatchInput,
    AcceptBatchPayload,
    "Accept applications for production, each by itself. Offices and partners.",
)
record_produced_batch = _mutation(
    BATCHES["recordProducedBatch"],
    RecordProducedBatchInput,
    RecordProducedBatchPayload,
    "Record that cards were produced, each by itself. Offices and partners.",
)
record_shipped_batch = _mutation(
    BATCHES["recordShippedBatch"],
    RecordShippedBatchInput,
    RecordShippedBatchPayload,
    "Record that cards were shipped, each by itself. Offices and partners.",
)
confirm_receipt_batch = _mutation(
    BATCHES["confirmReceiptBatch"],
    ConfirmReceiptBatchInput,
    ConfirmReceiptBatchPayload,
    "Confirm that cards were received, each by itself. Offices and partners.",
)
