"""Bringing together what earlier versions kept apart: people who were put on record by two documents with one number."""

from dataclasses import dataclass

from domain.holder import Holder
from domain.identity import carries_citizen_number
from store.card_models import CardRow
from store.handing_over import hand_over, with_what_both_have
from store.models import HolderRow, SlotRow
from store.repositories.holders import Holders
from store.session import Session

MIGRATION = "0006_one_number_one_person"
"""The migration after which the records are brought together, once."""
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Joined:
    """Two records that were one person's: the id of the one that is kept, and of the one that is gone."""

    kept: str
    gone: str


async def join_people(session: Session) -> list[Joined]:
    """Find every person by their number, and make one record of two with the same citizen number.

    Returns:
        The records that were joined; whoever gives out tokens must be told of them.
    """
    holders, joined, last = Holders(session), [], ""
    while True:
        page = await holders.after(last, _PAGE)
        for holder in page:
            if not carries_citizen_number(holder.identity_type):
                continue
            index = session.sealer.identity_index(holder.identity_type, holder.identity_number)
            other = await holders.find_by_identity(holder.identity_type, holder.identity_number)
            if other is None:
                await session.writable_rows(HolderRow).filter(id=holder.id).update(identity_index=index)
            elif other.id != holder.id:
                joined.append(await _join(session, holders, other, holder))
        if len(page) < _PAGE:
            return joined
        last = page[-1].id


async def _join(session: Session, holders: Holders, first: Holder, second: Holder) -> Joined:
    """Make one record of two; the one with more cards is kept, with all that the other one had."""
    cards = [await session.rows(CardRow).filter(holder_id=holder.id).count() for holder in (first, second)]
    kept, gone = (second, first) if cards[1] > cards[0] else (first, second)
    # One person has one slot in a province, however many cards there were.
    taken = await session.rows(SlotRow).filter(holder_id=kept.id).values_list("province", flat=True)
    slots = session.writable_rows(SlotRow).filter(holder_id=gone.id)
    await slots.filter(province__in=list(taken)).delete()
    await slots.update(holder_id=kept.id)
    await hand_over(session, gone.id, kept.id)
    index = session.sealer.identity_index(kept.identity_type, kept.identity_number)
    await session.writable_rows(HolderRow).filter(id=kept.id).update(identity_index=index)
    await holders.update(with_what_both_have(kept, gone))
    return Joined(kept.id, gone.id)
