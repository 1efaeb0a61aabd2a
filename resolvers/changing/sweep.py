"""Writing down what time alone has already done; nothing here decides anything.

A state whose time has run out reads as the next one at once (`Card.reads_as`, `Operation.reads_as`). The sweep only makes
the records say so, and gives back what a withdrawn operation held: money, and the old card that it would have ended. It may run
twice, or in two processes at once.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.card import REPLACED, Card
from domain.fee import FeeState
from domain.operation import Operation, OperationState, lapse_entry
from resolvers.changing.idempotency import KEPT_FOR
from resolvers.changing.refunds import refund_fees, send_refunds
from resolvers.dependencies import Dependencies
from store import UnitOfWork
from store.records import LapsedCard, LapsedOperation

logger = logging.getLogger(__name__)
PAGE = 200


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep wrote down.

    Args:
        cards, operations: whose state had ended; answers: that are kept no longer.
        failed: what could not be written down; the log says why, and the next sweep tries it again.
        waiting: operations that are paid for and could not be gone on with yet, as the log says.
        refunds: that the provider gave back; unrefunded: that it did not answer, or refused, as the log says.
    """

    cards: int
    answers: int
    failed: int = 0
    operations: int = 0
    refunds: int = 0
    unrefunded: int = 0
    waiting: int = 0


Lapsed = LapsedCard | LapsedOperation
Pages = Callable[[UnitOfWork], Callable[[datetime, str, int], Awaitable[Sequence[Lapsed]]]]
SettleOne = Callable[[UnitOfWork, str, datetime], Awaitable[bool]]


GoOn = Callable[[Dependencies], Awaitable[int]]
"""Goes on with what is paid for, and says how much of it still waits."""


async def sweep(dependencies: Dependencies, go_on: GoOn | None = None) -> Swept:
    """Write down every state that has ended by now, each in a transaction of its own, and ask for every refund.

    Operations first: one that has ended no longer ends the card that it would have replaced.
    """
    now = dependencies.clock.now()
    operations = await _sweep_all(dependencies, now, lambda work: work.operations.lapsed, _settle_operation_of)
    cards = await _sweep_all(dependencies, now, lambda work: work.cards.lapsed, _settle_card_of)
    async with dependencies.store.transaction() as work:
        forgotten = await work.answers.forget(now - KEPT_FOR)
    waiting = await go_on(dependencies) if go_on is not None else 0
    sent = await send_refunds(dependencies)
    failed = cards.failed + operations.failed
    return Swept(cards.settled, forgotten, failed, operations.settled, sent.done, sent.failed, waiting)


@dataclass(slots=True)
class _Tally:
    """How many were written down, and how many could not be."""

    settled: int = 0
    failed: int = 0


async def _sweep_all(dependencies: Dependencies, now: datetime, pages: Pages, settle_one: SettleOne) -> _Tally:
    """Write down, page by page, what has lapsed of one kind."""
    tally, last = _Tally(), ""
    while True:
        async with dependencies.store.reading() as work:
            due = await pages(work)(now, last, PAGE)
        for lapsed in due:
            try:
                async with dependencies.store.transaction() as work:
                    await work.holders.lock(lapsed.holder_id)
                    tally.settled += await settle_one(work, lapsed.id, now)
            except Exception:
                # One that is broken, or that the database gave to somebody else, must not keep back the others.
                logger.exception(
                    "the %s %s could not be swept", "card" if isinstance(lapsed, LapsedCard) else "operation", lapsed.id
                )
                tally.failed += 1
        if len(due) < PAGE:
            return tally
        last = due[-1].id


async def sweep_again_and_again(dependencies: Dependencies, every: timedelta, go_on: GoOn | None = None) -> None:
    """Sweep until cancelled; one that fails is told in the log and tried again, for nothing depends on it."""
    while True:
        try:
            await sweep(dependencies, go_on)
        except Exception:
            logger.exception("the sweep failed; it is tried again in %s", every)
        await asyncio.sleep(every.total_seconds())


async def _settle_card_of(work: UnitOfWork, identifier: str, now: datetime) -> bool:
    card = await work.cards.lock(identifier)
    return await settle(work, card, now) != card


async def _settle_operation_of(work: UnitOfWork, identifier: str, now: datetime) -> bool:
    operation = await work.operations.lock(identifier)
    return await settle_operation(work, operation, now) != operation


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
