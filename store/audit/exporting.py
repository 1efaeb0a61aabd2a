"""The record as lines that somebody else can check without the database: each seal, then its entries with their audit paths."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Final

from store.audit import merkle
from store.audit.dropping import last_drop
from store.audit.keys import AuditKeys
from store.audit.ranges import Ranges
from store.audit.rows import entries_of, finding
from store.audit.sealing import SEALS
from store.audit.seals import KeptSeal, Seal, leaf_of
from store.session import Session

FORMAT: Final = "audit-record-1"
_SEALS: Final = SEALS.select('WHERE "id" > $1 ORDER BY "id" LIMIT $2')
_ENTRIES: Final = finding('WHERE "id" >= $1 AND "id" <= $2 ORDER BY "id"')
_AT_ONCE: Final = 20


async def exported(
    session: Session, keys: AuditKeys, after: int, since: datetime | None, before: datetime | None
) -> AsyncIterator[dict[str, Any]]:
    """Yield seals of a range of time, each followed by its entries, from the one after a number on.

    Args:
        keys: of the record; since, before: seals that were made from this moment on, and before that one; what is None does not narrow.
    """
    drop = await last_drop(session, keys)
    gone = drop.seal if drop is not None else 0
    while page := await session.find(_SEALS, after, _AT_ONCE):
        for kept in page:
            if (since is None or kept.at >= since) and (before is None or kept.at < before):
                async for line in _lines(session, kept, kept.number <= gone):
                    yield line
        after = page[-1].number


async def _lines(session: Session, kept: KeptSeal, gone: bool) -> AsyncIterator[dict[str, Any]]:
    seal = Seal.parse(kept.body)
    line = {"seal": kept.number, "body": kept.body, "signature": kept.signature, "hash": kept.hash}
    if gone:
        yield line | {"dropped": True}
        return
    yield line
    entries = [
        entry
        for first, last in _spans(seal.ids)
        for entry in entries_of(await session.run(_ENTRIES, first, last))
        if entry.id in seal.ids
    ]
    tree = merkle.levels([leaf_of(entry) for entry in entries]) if entries else []
    for place, entry in enumerate(entries):
        yield {
            "entry": entry.id,
            "seal": kept.number,
            "place": place,
            "chain": entry.chain,
            "number": entry.number,
            "text": entry.text,
            "mac": entry.mac,
            "path": [each.hex() for each in merkle.path(tree, place)],
        }


def _spans(ids: Ranges) -> list[tuple[int, int]]:
    """Return ranges of ids to be read at once: those that are close to each other are one."""
    found: list[tuple[int, int]] = []
    for first, last in ids:
        if found and first - found[-1][1] < _AT_ONCE:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found
