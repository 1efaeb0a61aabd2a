"""Writing down what time alone has already done; nothing here decides anything.

A state whose time has run out reads as the next one at once (`Card.reads_as`, `Operation.reads_as`). The sweep only makes
the records say so, and gives back what a withdrawn operation held: money, and the old card that it would have ended. It may run
twice, or in two processes at once.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Generic, TypeVar

from domain.card import REPLACED, Card
from domain.cause import caused_by, new_cause
from domain.fee import FeeState
from domain.operation import SYSTEM, Operation, OperationState, lapse_entry
from domain.retention import Kept
from resolvers.audit import told_of
from resolvers.changing.coming_of_age import write_down_ages
from resolvers.changing.refunds import refund_fees, send_refunds
from resolvers.changing.retention import forget_old
from resolvers.dependencies import Dependencies
from store import UnitOfWork
from store.audit.entries import AuditKind
from store.records import LapsedCard, LapsedOperation

logger = logging.getLogger(__name__)
PAGE = 100
"""How many are written down in one transaction: their people are kept waiting meanwhile, for some hundredths of a second."""

COUNTS = 500
"""How many counts are forgotten in one transaction."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep wrote down.

    Args:
        cards, operations: whose state had ended; answers: that are kept no longer.
        failed: what could not be written down; the log says why, and the next sweep tries it again.
        waiting: operations that are paid for and could not be gone on with yet, as the log says.
        forgotten: codes, face checks, disclosures and documents that are kept no longer.
        refunds: that the provider gave back; unrefunded: that it did not answer, or refused, as the log says.
    """

    cards: int
    answers: int
    failed: int = 0
    operations: int = 0
    refunds: int = 0
    unrefunded: int = 0
    waiting: int = 0
    forgotten: int = 0


LAPSED = "lapse"
"""What the audit record calls what time alone has done."""
Lapsed = LapsedCard | LapsedOperation
Record = TypeVar("Record", Card, Operation)


@dataclass(frozen=True, slots=True)
class _Kind(Generic[Record]):
    """What is swept.

    Args:
        noun: how the log names one.
        due: names those that are due, page by page.
        lock: reads those that are still there, and keeps everybody else from changing them.
        settle: writes down what time has done to one that is locked, and returns what became of it.
    """

    noun: str
    due: Callable[[UnitOfWork, datetime, tuple[datetime, str] | None], Awaitable[Sequence[Lapsed]]]
    lock: Callable[[UnitOfWork, Sequence[str]], Awaitable[Sequence[Record]]]
    settle: Callable[[UnitOfWork, Record, datetime], Awaitable[Record]]


GoOn = Callable[[Dependencies], Awaitable[int]]
"""Goes on with what is paid for, and says how much of it still waits."""


async def sweep(dependencies: Dependencies, go_on: GoOn | None = None) -> Swept:
    """Write down every state that has ended by now, many in one transaction, and ask for every refund.

    Operations first: one that has ended no longer ends the card that it would have replaced.
    """
    with caused_by(new_cause("sweep")):
        return await _swept(dependencies, go_on)


async def _swept(dependencies: Dependencies, go_on: GoOn | None) -> Swept:
    now = dependencies.clock.now()
    operations = await _sweep_all(dependencies, now, _OPERATIONS)
    cards = await _sweep_all(dependencies, now, _CARDS)
    async with dependencies.store.transaction(unrecorded=True) as work:
        await work.revocations.forget(now)
    await _forget_counts(dependencies, now)
    forgotten = await forget_old(dependencies, now)
    await write_down_ages(dependencies)
    waiting = await go_on(dependencies) if go_on is not None else 0
    sent = await send_refunds(dependencies)
    failed = len(cards.failed) + len(operations.failed)
    return Swept(
        cards.settled,
        forgotten[Kept.ANSWERS],
        failed,
        operations.settled,
        sent.done,
        sent.failed,
        waiting,
        sum(forgotten.values()) - forgotten[Kept.ANSWERS],
    )


async def _forget_counts(dependencies: Dependencies, now: datetime) -> None:
    """Forget what was counted for limits whose time is over."""
    gone = COUNTS
    while gone == COUNTS:
        async with dependencies.store.transaction(unrecorded=True) as work:
            gone = await work.limit_counts.forget(now, COUNTS)


@dataclass(slots=True)
class _Tally:
    """How many were written down, and which could not be."""

    settled: int = 0
    failed: set[str] = field(default_factory=set)


async def _sweep_all(dependencies: Dependencies, now: datetime, kind: _Kind[Record]) -> _Tally:
    """Write down, page by page, what has lapsed of one kind."""
    tally, last = _Tally(), None
    while True:
        async with dependencies.store.reading() as work:
            page = await kind.due(work, now, last)
        # One may be due twice.
        once = {due.id: due for due in page if due.id not in tally.failed}
        await _settle_page(dependencies, now, kind, list(once.values()), tally)
        if len(page) < PAGE:
            return tally
        last = (page[-1].at, page[-1].id)


async def _settle_page(
    dependencies: Dependencies, now: datetime, kind: _Kind[Record], page: Sequence[Lapsed], tally: _Tally
) -> None:
    """Write down what has lapsed of one page in one transaction; one that fails is left out, found by halving the page."""
    if not page:
        return
    try:
        async with dependencies.store.transaction() as work:
            # Whoever is changed just now, or swept by another process, has it written down there.
            held = await work.holders.hold({due.holder_id for due in page})
            found = await kind.lock(work, [due.id for due in page if due.holder_id in held])
            settled = [record for record in found if await _settled(work, kind, record, now)]
    except Exception:
        # One that is broken, or that the database gave to somebody else, must not keep back the others.
        if len(page) == 1:
            logger.exception("the %s %s could not be swept", kind.noun, page[0].id)
            tally.failed.add(page[0].id)
            return
        middle = len(page) // 2
        await _settle_page(dependencies, now, kind, page[:middle], tally)
        await _settle_page(dependencies, now, kind, page[middle:], tally)
    else:
        tally.settled += len(settled)


async def _settled(work: UnitOfWork, kind: _Kind[Record], record: Record, now: datetime) -> bool:
    """Write down what time has done to one, tell the audit record, and say whether it was anything."""
    if await kind.settle(work, record, now) == record:
        return False
    about = {"holder_id": record.holder_id, "record_id": record.id, "region": record.region}
    work.audit.tell(told_of(None, now, AuditKind.CHANGE, LAPSED, role=SYSTEM, reference=kind.noun, **about))
    return True


async def settle(work: UnitOfWork, card: Card, now: datetime) -> Card:
    """Write down what time has done to a locked card, step by step; the person of the card must be locked too."""
    while card.has_lapsed(now):
        after, reason = card.lapsed()
        if reason == REPLACED and not await _is_replaced(work, card, now):
            card = await work.cards.update(card.ended_by_another(None))
            continue
        card = await work.cards.update(after, reason=reason)
    return card


async def _is_replaced(work: UnitOfWork, card: Card, now: datetime) -> bool:
    """Say whether a new card still comes in the place of one: a request that has lapsed meanwhile ends no card."""
    replacing = (await work.operations.replacing([card.id])).get(card.id, ())
    return any(operation.reads_as(now) is not OperationState.WITHDRAWN for operation in replacing)


async def settle_operation(work: UnitOfWork, operation: Operation, now: datetime) -> Operation:
    """Write down what time has done to a locked operation; the person whom it is about must be locked too."""
    if not operation.has_lapsed(now):
        return operation
    settled = operation.settled(now)
    if settled.state is OperationState.WITHDRAWN:
        # What was paid for and does not come any more; what is never given back stays.
        unwanted = {fee for fee in settled.fees if fee.refundable and fee.state is FeeState.PAID}
        settled = replace(settled, fees=await refund_fees(work, settled, unwanted, now))
    settled = await work.operations.update(settled)
    await work.timeline.append(lapse_entry(settled.id, settled.updated_at, operation.state, settled.state))
    if settled.state is OperationState.WITHDRAWN and operation.replaced_card_id is not None:
        # No new card comes that would end it.
        old = await settle(work, await work.cards.lock(operation.replaced_card_id), now)
        if old.ends_at is not None:
            await work.cards.update(old.ended_by_another(None))
    return settled


_OPERATIONS: _Kind[Operation] = _Kind(
    "operation",
    lambda work, now, after: work.operations.lapsed(now, after, PAGE),
    lambda work, ids: work.operations.lock_many(ids),
    settle_operation,
)
_CARDS: _Kind[Card] = _Kind(
    "card",
    lambda work, now, after: work.cards.lapsed(now, after, PAGE),
    lambda work, ids: work.cards.lock_many(ids),
    settle,
)
