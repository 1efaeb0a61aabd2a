"""Who has looked at a person's data: what the audit record says of looks by others, by office and never by clerk.

The law on personal information (arts. 17, 44 and 45) gives a person the right to know who processes what, why and when. That is the
office: it answers for its people, whose names are theirs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from store import UnitOfWork
from store.records import Window


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


Looks = tuple[tuple[Look, ...], bool]
"""Looks, the newest first, and whether more follow in the direction in which they were asked for."""
LooksAsked = tuple[str, Window]
"""Of whom, and which part of the list."""


async def looks_at(work: UnitOfWork, asked: Sequence[LooksAsked]) -> Mapping[LooksAsked, Looks]:
    """Return pages of looks at people, those at records that have become part of theirs among them."""
    return {each: await _page(work, *each) for each in asked}


async def _page(work: UnitOfWork, holder_id: str, asked: Window) -> Looks:
    after, before = (int(place[1]) if place is not None else None for place in (asked.after, asked.before))
    found = [
        entry
        for each in await _records_of(work, holder_id)
        for entry in await work.audit.looks_at(each, after, before, asked.size + 1, oldest=asked.last)
    ]
    found.sort(key=lambda entry: entry.id, reverse=True)
    shown = found[-asked.size :] if asked.last else found[: asked.size]
    return tuple(_look(entry.id, entry.at, entry.said) for entry in shown), len(found) > asked.size


async def count_looks(work: UnitOfWork, holder_ids: Sequence[str]) -> Mapping[str, int]:
    """Return how many looks at people there are, by person."""
    return {
        holder_id: sum([await work.audit.count_looks(each) for each in await _records_of(work, holder_id)])
        for holder_id in holder_ids
    }


async def _records_of(work: UnitOfWork, holder_id: str) -> tuple[str, ...]:
    return holder_id, *await work.merges.gone_of(holder_id)


def _look(identifier: int, at: datetime, said: Mapping[str, Any]) -> Look:
    names = ("channel", "office", "region", "operation")
    channel, office, region, operation = (said.get(name) for name in names)
    return Look(identifier, at, said["action"], said["role"], channel, office, region, operation)
