"""Accounts that a bank is to close: those on its cards that have ended, by a cancellation, a death, a new card or time alone."""

from datetime import datetime

from domain.card import Card
from domain.holder import Actor
from domain.region import province_of
from store import UnitOfWork
from store.records import Window
from store.repositories.closings import ClosingFilter
from store.repositories.operation_changes import Change, ChangesAsked


def own_accounts(actor: Actor, now: datetime) -> ClosingFilter:
    """Return which accounts a bank closes: on its own cards, in the province of its office, or in all of them."""
    return ClosingFilter(actor.office or "", None if actor.region is None else province_of(actor.region), now)


async def accounts_to_close(work: UnitOfWork, selection: ClosingFilter, asked: Window) -> tuple[tuple[Card, ...], bool]:
    """Return a page of the cards, those that ended first first, and whether there are more in that direction."""
    ids, more = await work.closings.page(selection, asked)
    cards = await work.cards.get_many(ids)
    return tuple(cards[identifier].settled(selection.now) for identifier in ids), more


async def ended_accounts(
    work: UnitOfWork, selection: ClosingFilter, asked: ChangesAsked
) -> tuple[tuple[tuple[Card, Change], ...], bool]:
    """Return the cards in the order in which their ends were committed, each with its place, and whether more follow."""
    found, more = await work.closings.changed(selection, asked)
    cards = await work.cards.get_many([identifier for identifier, _ in found])
    return tuple((cards[identifier], place) for identifier, place in found), more
