"""Bringing together what earlier versions kept apart: people who were put on record by two documents with one number."""

from dataclasses import dataclass, replace

from tortoise.models import Model

from domain.holder import Holder
from domain.identity import carries_citizen_number
from store.models import (
    CardRow,
    DelegationRow,
    DocumentRow,
    GuardianshipRow,
    HolderRow,
    OperationRow,
    SlotRow,
    TimelineRow,
)
from store.money_models import AccountEntryRow
from store.repositories.holders import Holders
from store.session import Session

MIGRATION = "0006_one_number_one_person"
"""The migration after which the records are brought together, once."""
_PAGE = 500
_OTHERS: tuple[tuple[type[Model], str], ...] = (
    (CardRow, "holder_id"),
    (OperationRow, "holder_id"),
    (OperationRow, "actor_id"),
    (TimelineRow, "actor_id"),
    (DocumentRow, "owner_id"),
    (DocumentRow, "uploaded_by"),
    (DelegationRow, "holder_id"),
    (DelegationRow, "delegate_id"),
    (GuardianshipRow, "guardian_id"),
    (GuardianshipRow, "ward_id"),
    (AccountEntryRow, "holder_id"),
)
"""Where a person is named. Codes, face checks and kept answers live too short to be moved."""
_FILLED_IN = ("mobile", "address", "address_region", "postcode", "landline", "register_address", "photo_taken_on")


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
    for table, column in _OTHERS:
        await session.writable_rows(table).filter(**{column: gone.id}).update(**{column: kept.id})
    # One person has one slot in a province, however many cards there were.
    taken = await session.rows(SlotRow).filter(holder_id=kept.id).values_list("province", flat=True)
    slots = session.writable_rows(SlotRow).filter(holder_id=gone.id)
    await slots.filter(province__in=list(taken)).delete()
    await slots.update(holder_id=kept.id)
    await session.writable_rows(HolderRow).filter(id=gone.id).delete()
    index = session.sealer.identity_index(kept.identity_type, kept.identity_number)
    await session.writable_rows(HolderRow).filter(id=kept.id).update(identity_index=index)
    filled = {name: getattr(kept, name) or getattr(gone, name) for name in _FILLED_IN}
    deaths = [holder.deceased_at for holder in (kept, gone) if holder.deceased_at is not None]
    await holders.update(
        replace(
            kept,
            **filled,
            insured_in=tuple(dict.fromkeys((*kept.insured_in, *gone.insured_in))),
            employed_in=tuple(dict.fromkeys((*kept.employed_in, *gone.employed_in))),
            groups=tuple(dict.fromkeys((*kept.groups, *gone.groups))),
            full_capacity=kept.full_capacity and gone.full_capacity,
            photo_on_file=kept.photo_on_file or gone.photo_on_file,
            deceased_at=min(deaths, default=None),
        )
    )
    return Joined(kept.id, gone.id)
