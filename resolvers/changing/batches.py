"""Many changes in one request: each row is asked as its own use case, in its own transaction, under a key made of the batch's.

What was done before is answered again, what was refused is asked anew. So a batch that broke off, and one in which some rows are put
right, are sent again under their key, and go on.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from time import monotonic
from typing import Any, Generic, TypeVar

from domain.errors import Conflict, DomainError, InvalidInput, NotAuthenticated, ServiceUnavailable
from domain.holder import Actor
from domain.message import Message
from resolvers.changing.access import is_staff
from resolvers.changing.idempotency import AlreadyAnswered, IdempotencyKey, idempotency_key
from resolvers.dependencies import Dependencies

Answer = TypeVar("Answer")
logger = logging.getLogger(__name__)
MOST_ROWS, MOST_ROWS_OF_PEOPLE = 500, 20
"""Rows of a batch: of an office or a partner; of people, about as many changes as they can ask for in one request anyway."""
ROW_FAILED, NOT_REACHED = "ROW_FAILED", "ROW_NOT_REACHED"


@dataclass(frozen=True, slots=True)
class BatchRow(Generic[Answer]):
    """One change of a batch.

    Args:
        about: what no two rows may be about, an operation's id or a card's number; field: the input that says so.
        logged: the same, as it may stand in a log.
        asked: its input as JSON values, so that another input under the key is noticed.
        ask: asks the use case under the row's own key.
    """

    about: str
    field: str
    logged: str
    asked: Mapping[str, Any]
    ask: Callable[[IdempotencyKey], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class RowAnswer(Generic[Answer]):
    """What came of one row: an answer, which may have been given before, or why not."""

    answer: Answer | None = None
    repeated: bool = False
    error: DomainError | None = None


async def answer_batch(
    dependencies: Dependencies, actor: Actor, name: str, key: str, rows: Sequence[BatchRow[Answer] | DomainError]
) -> tuple[RowAnswer[Answer], ...]:
    """Ask for each row of a batch, one after the other, and return what came of each, in their order.

    When the time for one request is nearly over, the rows that are left are not begun.

    Args:
        name: of the mutation; key: the caller's, for the batch; rows: or why a row cannot be read.

    Raises:
        InvalidInput: no row, too many, or a key that is none.
        ServiceUnavailable: the database is away, and no row was done.
    """
    most = MOST_ROWS if is_staff(actor) else MOST_ROWS_OF_PEOPLE
    if not 0 < len(rows) <= most:
        raise InvalidInput(
            Message(
                f"每批应有1至{most}行，这批有{len(rows)}行，请分批提交。",
                f"A batch has 1 to {most} rows, and this one has {len(rows)}; send several.",
            ),
            field="input.rows",
        )
    # The key of the batch is looked at as that of any change is.
    idempotency_key(dependencies, actor, name, key, {})
    until = monotonic() + dependencies.batch_within.total_seconds()
    first: dict[str, int] = {}
    answers: list[RowAnswer[Answer]] = []
    away: ServiceUnavailable | None = None
    for place, row in enumerate(rows):
        if isinstance(row, DomainError):
            answers.append(RowAnswer(error=row))
        elif away is not None:  # each row that is left would wait for it as long
            answers.append(RowAnswer(error=away))
        elif monotonic() > until:
            answers.append(RowAnswer(error=_not_reached()))
        elif (before := first.setdefault(row.about, place)) != place:
            answers.append(RowAnswer(error=_twice(row, before)))
        else:
            own = idempotency_key(dependencies, actor, name, _key_of_row(f"{name}\n{key}", row), row.asked)
            answers.append(await _answered(row, own))
            away = error if isinstance(error := answers[-1].error, ServiceUnavailable) else None
            # Others are served between two rows, also where no row waits for anything.
            await asyncio.sleep(0)
    if away is not None:
        if all(each.error is not None for each in answers):
            raise away
        logger.error("a batch was broken off: %s", away)
    return tuple(answers)


async def _answered(row: BatchRow[Answer], key: IdempotencyKey | None) -> RowAnswer[Answer]:
    if key is None:
        raise AssertionError("a row of a batch has a key")
    try:
        return RowAnswer(await row.ask(key))
    except AlreadyAnswered as before:
        return RowAnswer(before.answer, repeated=True)
    except NotAuthenticated:
        raise
    except DomainError as refused:
        return RowAnswer(error=refused)
    except Exception:
        # One that is broken must not keep back the others, and what was done before it is done.
        logger.exception("a row of a batch failed: %s %s", row.field, row.logged)
        return RowAnswer(error=_failed())


def _key_of_row(key: str, row: BatchRow[Any]) -> str:
    """Return the key of a row: by what it is about, so that rows may be left out or added when a batch is sent again."""
    return sha256(f"{key}\n{row.about}".encode()).hexdigest()


def _not_reached() -> Conflict:
    return Conflict(
        Message(
            "这一行还没有办理：一次请求的时间不够。请用同一个幂等键重新提交，会接着办理。",
            "The row was not reached within the time of one request. Send the batch again under the same key; it goes on.",
        ),
        code=NOT_REACHED,
    )


def _failed() -> DomainError:
    return DomainError(
        Message(
            "系统出错，这一行没有办成。请用同一个幂等键重新提交。",
            "The row failed by an internal error. Send the batch again under the same key.",
        ),
        code=ROW_FAILED,
    )


def _twice(row: BatchRow[Any], before: int) -> InvalidInput:
    return InvalidInput(
        Message(
            f"与本批第{before + 1}行相同，请只保留一行。",
            f"It stands in row {before + 1} of the batch already; keep one row.",
        ),
        field=row.field,
    )
