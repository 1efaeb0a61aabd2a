"""Batches: many rows in one request, one answer for each; what every kind of them shares, in the graph and as files."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any, Final, Generic, TypeVar

import strawberry

from domain.access import CLERKS, PARTNERS, Standing
from domain.errors import DecisionRefused, DomainError, InvalidInput, PolicyChanged
from domain.message import Message
from resolvers.changing.batches import NOT_REACHED, BatchRow, RowAnswer, answer_batch
from resolvers.changing.results import ChangeResult
from schema.kit.access import BY_OFFICES, WITH_IT, sees, written
from schema.kit.context import Context, Info
from schema.kit.described import INPUT, field
from schema.types.decision import Decision, decision
from schema.types.errors import UserError, attempt, user_errors
from schema.types.inputs import MutationInput
from schema.types.operation_nodes import Operation, operation_node

ROWS, KEY, REUSED = "input.rows", "input.idempotencyKey", "IDEMPOTENCY_KEY_REUSED"
Answer = TypeVar("Answer")
AT_A_TIME: Final = 20
"""Rows that are read or written out before others are served: a millisecond or two."""


def _none(_: object) -> None:
    return None


def _false(_: object) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Batch(Generic[Answer]):
    """A kind of batch.

    Args:
        name: of its mutation; row: what a row takes.
        read: returns a row as it is asked, of what was given and the batch's key, or raises an `InvalidInput`.
        ids: the ids that a file tells of a row that is done, by column.
        state: in which state what it changed is then; None of what has none.
        known: whether there was nothing to do for it.
        asks: who may send it; refusal: why others may not.
    """

    name: str
    row: type[Any]
    read: Callable[[Context, Any, str], BatchRow[Answer]]
    ids: Mapping[str, Callable[[Answer], str]]
    state: Callable[[Answer], str | None] = _none
    known: Callable[[Answer], bool] = _false
    asks: Standing = CLERKS | PARTNERS
    refusal: Message = BY_OFFICES

    async def answers(self, context: Context, key: str, rows: Sequence[Any]) -> tuple[RowAnswer[Answer], ...]:
        """Answer a batch.

        Args:
            rows: each as its input, or the `DomainError` for which it cannot be read.

        Raises:
            NotAuthenticated, NotPermitted, InvalidInput: the batch as a whole is refused.
        """
        context.admit(self.asks, self.refusal)
        actor = context.require_actor()
        read: list[BatchRow[Answer] | DomainError] = []
        for place, row in enumerate(rows):
            read.append(row if isinstance(row, DomainError) else self._attempted(context, row, key))
            if place % AT_A_TIME == AT_A_TIME - 1:
                await asyncio.sleep(0)
        return await answer_batch(context.dependencies, actor, self.name, key, read)

    def _attempted(self, context: Context, given: Any, key: str) -> BatchRow[Answer] | DomainError:
        try:
            return self.read(context, given, key)
        except DomainError as wrong:
            return wrong


def require_no_own_key(given: MutationInput) -> None:
    """Refuse a row that names a key of its own.

    Raises:
        InvalidInput: it does.
    """
    if given.idempotency_key is not None:
        raise InvalidInput(
            Message("成批办理时，每一行没有自己的幂等键，请删去。", "A row has no key of its own; leave it out."),
            field=KEY,
        )


@strawberry.input(description="What every batch takes.")
class BatchInput(MutationInput):
    """A batch."""

    idempotency_key: str = field(
        "Your own name for the batch, 1 to 200 characters: sent again under it, rows that were done are answered again, and"
        " the others are asked anew.",
    )


@sees(WITH_IT)
@strawberry.type(description="What came of one row of a batch.")
class BatchRowAnswer:
    """A row's answer."""

    row: int = field("Its place in the batch; the first row is 1.")
    operation: Operation | None = field("The operation after the change; null where nothing changed.", default=None)
    decision: Decision | None = field("What the policies said; null where it did not come to a decision.", default=None)
    repeated: bool = field("Whether it was done when the batch was sent before.")
    errors: list[UserError] = field("Expected failures; empty when the row was done.", factory=list)


@sees(WITH_IT)
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


def _row(_: Info, place: int, found: RowAnswer[ChangeResult]) -> BatchRowAnswer:
    if found.answer is not None:
        shown = operation_node(found.answer.operation), decision(found.answer.decision)
        return BatchRowAnswer(row=place + 1, operation=shown[0], decision=shown[1], repeated=found.repeated)
    error = found.error
    decided = decision(error.decision) if isinstance(error, DecisionRefused | PolicyChanged) else None
    return BatchRowAnswer(row=place + 1, decision=decided, repeated=False, errors=errors_of_row(error, place))


def errors_of_row(error: DomainError | None, place: int) -> list[UserError]:
    """Return why a row was refused, with the paths of its inputs in the batch."""
    return [replace(each, field=_of_row(each, place)) for each in (user_errors(error) if error is not None else ())]


def _of_row(error: UserError, place: int) -> str | None:
    """Return the path of the input of a row at fault; the key is the batch's."""
    named = error.field
    if named is None or error.code == REUSED:
        return named
    return f"{ROWS}.{place}.{named.removeprefix('input.')}"


def _counts(found: Sequence[RowAnswer[Any]]) -> dict[str, int]:
    """Return how many rows are done, refused and not reached."""
    not_reached = sum(each.error is not None and each.error.code == NOT_REACHED for each in found)
    done = sum(each.answer is not None for each in found)
    return {"done": done, "refused": len(found) - done - not_reached, "not_reached": not_reached}


def batch_mutation(
    batch: Batch[Any],
    given: type[BatchInput],
    payload: type[Any],
    description: str,
    row: Callable[[Info, int, RowAnswer[Any]], Any] = _row,
) -> Any:
    """Return the mutation of a kind of batch.

    Args:
        given: its input; payload: its answer; row: makes the answer of one row, at a place from 0 on.
    """

    async def resolve(info: Info, input: Any) -> Any:
        def fields(found: Sequence[RowAnswer[Any]]) -> dict[str, Any]:
            return {"rows": [row(info, place, each) for place, each in enumerate(found)], **_counts(found)}

        answers = partial(batch.answers, info.context, input.idempotency_key, input.rows)
        return await attempt(payload, answers, fields)

    resolve.__annotations__ = {"info": Info, "input": Annotated[given, INPUT], "return": payload}
    # Its rule is asked where rows are answered, for files bring them too.
    return strawberry.mutation(resolve, description=description, metadata=written(batch.asks))
