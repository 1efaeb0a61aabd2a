"""Writing down what time alone has already done; nothing here decides anything.

A state whose time has run out reads as the next one at once (`Card.reads_as`). The sweep only makes the records say so,
and gives back what a cancelled card held. It may run twice, or in two processes at once.
"""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.card import Card, CardState
from domain.operation import CLOSED
from resolvers.changing.idempotency import KEPT_FOR
from resolvers.dependencies import Dependencies
from store import UnitOfWork
from store.records import LapsedCard

logger = logging.getLogger(__name__)
LAPSED = "lapsed"
PAGE = 200


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep wrote down.

    Args:
        cards: whose state had ended; answers: that are kept no longer.
        failed: cards that could not be written down; the log says why, and the next sweep tries them again.
    """

    cards: int
    answers: int
    failed: int = 0


async def sweep(dependencies: Dependencies) -> Swept:
    """Write down every state that has ended by now, each card in a transaction of its own."""
    now = dependencies.clock.now()
    settled, failed, last = 0, 0, ""
    while True:
        async with dependencies.store.reading() as work:
            due = await work.cards.lapsed(now, last, PAGE)
        for card in due:
            try:
                settled += await _settle_one(dependencies, card, now)
            except Exception:
                # One that is broken, or that the database gave to somebody else, must not keep back the others.
                logger.exception("the card %s could not be swept", card.id)
                failed += 1
        if len(due) < PAGE:
            break
        last = due[-1].id
    async with dependencies.store.transaction() as work:
        forgotten = await work.answers.forget(now - KEPT_FOR)
    return Swept(settled, forgotten, failed)


async def sweep_again_and_again(dependencies: Dependencies, every: timedelta) -> None:
    """Sweep until cancelled; one that fails is told in the log and tried again, for nothing depends on it."""
    while True:
        try:
            await sweep(dependencies)
        except Exception:
            logger.exception("the sweep failed; it is tried again in %s", every)
        await asyncio.sleep(every.total_seconds())


async def _settle_one(dependencies: Dependencies, found: LapsedCard, now: datetime) -> bool:
    async with dependencies.store.transaction() as work:
        await work.holders.lock(found.holder_id)
        card = await work.cards.lock(found.id)
        return await settle(work, card, now) != card


async def settle(work: UnitOfWork, card: Card, now: datetime) -> Card:
    """Write down that a locked card's state has ended, if it has; the person of the card must be locked too."""
    if not card.has_lapsed(now):
        return card
    settled = await work.cards.update(card.settled(now), reason=LAPSED)
    if settled.state is CardState.CANCELLED:
        await release_slot(work, settled.province, settled.holder_id, now)
    return settled


async def settle_cards_of(work: UnitOfWork, holder_id: str, now: datetime) -> None:
    """Write down what time has done to the cards of a locked person."""
    for card in (await work.cards.of_holders([holder_id])).get(holder_id, ()):
        if card.has_lapsed(now):
            await settle(work, await work.cards.lock(card.id), now)


async def release_slot(work: UnitOfWork, province: str, holder_id: str, now: datetime) -> None:
    """Give back the right to a card in a province, if nothing on record holds it any more (SC-1)."""
    cards = (await work.cards.of_holders([holder_id])).get(holder_id, ())
    if any(card.province == province and card.reads_as(now) is not CardState.CANCELLED for card in cards):
        return
    operations = await work.operations.of_holder(holder_id)
    if not any(o.province == province and o.card_id is None and o.state not in CLOSED for o in operations):
        await work.slots.release(province, holder_id)
