"""Who has looked at a person's data: what the audit record says of looks by others, by office and never by clerk.

The law on personal information (arts. 17, 44 and 45) gives a person the right to know who processes what, why and when. That is the
office: it answers for its people, whose names are theirs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from store import UnitOfWork
from store.audit.entries import AuditKind
from store.repositories.audit import AuditSelection

MOST = 1_000


@dataclass(frozen=True, slots=True)
class Look:
    """A look at a person's data.

    Args:
        id: its place in the record; shown: what; role, channel, office: of whoever looked; region, operation_id: for what.
    """

    id: int
    at: datetime
    shown: str
    role: str
    channel: str | None
    office: str | None
    region: str | None
    operation_id: str | None


async def looks_at(work: UnitOfWork, holder_ids: Sequence[str]) -> Mapping[str, tuple[Look, ...]]:
    """Return the last looks at people, the newest first, by person."""
    found = {}
    for holder_id in holder_ids:
        gone = await work.merges.gone_of(holder_id)
        selection = AuditSelection(holder_ids=[holder_id, *gone], kinds=[AuditKind.LOOK])
        entries = await work.audit.page(selection, None, MOST)
        found[holder_id] = tuple(_look(entry.id, entry.at, entry.said) for entry in entries)
    return found


def _look(identifier: int, at: datetime, said: Mapping[str, Any]) -> Look:
    names = ("channel", "office", "region", "operation")
    channel, office, region, operation = (said.get(name) for name in names)
    return Look(identifier, at, said["action"], said["role"], channel, office, region, operation)
