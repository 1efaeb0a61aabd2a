"""Handing over to one record of a person all that names another of theirs."""

from dataclasses import replace

from tortoise.models import Model

from domain.holder import Holder
from store.card_models import CardRow
from store.models import (
    DelegationRow,
    DocumentRow,
    GuardianshipRow,
    HolderRow,
    IdentityDocumentRow,
    OperationRow,
    TimelineRow,
)
from store.money_models import AccountEntryRow
from store.notice_models import NoticeRow
from store.session import Session

_NAMING: tuple[tuple[type[Model], str], ...] = (
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
    (IdentityDocumentRow, "holder_id"),
    (AccountEntryRow, "holder_id"),
    (NoticeRow, "holder_id"),
)
"""Where a person is named. Codes, face checks and kept answers live too short to be moved; slots are told apart by province."""
_FILLED_IN = ("mobile", "address", "address_region", "postcode", "landline", "register_address", "photo_taken_on")


async def hand_over(session: Session, gone: str, kept: str) -> None:
    """Have all that names one record of a person name another, and take the first one off record."""
    await session.send_waiting()
    for table, column in _NAMING:
        await session.writable_rows(table).filter(**{column: gone}).update(**{column: kept})
    await session.writable_rows(HolderRow).filter(id=gone).delete()


def with_what_both_have(kept: Holder, gone: Holder) -> Holder:
    """Return the record that is kept, with what only the other one has."""
    filled = {name: getattr(kept, name) or getattr(gone, name) for name in _FILLED_IN}
    deaths = [holder.deceased_at for holder in (kept, gone) if holder.deceased_at is not None]
    return replace(
        kept,
        **filled,
        insured_in=tuple(dict.fromkeys((*kept.insured_in, *gone.insured_in))),
        employed_in=tuple(dict.fromkeys((*kept.employed_in, *gone.employed_in))),
        groups=tuple(dict.fromkeys((*kept.groups, *gone.groups))),
        full_capacity=kept.full_capacity and gone.full_capacity,
        photo_on_file=kept.photo_on_file or gone.photo_on_file,
        deceased_at=min(deaths, default=None),
        mobile_bound_at=max(
            (at for at in (kept.mobile_bound_at, gone.mobile_bound_at) if at is not None), default=None
        ),
    )
