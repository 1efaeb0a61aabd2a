"""What goes of the record for its age: the entries of its first seals. One mark, an entry like all others, says what went.

Seals stay. So which entries there were, and that nobody has changed the seals since, can always be verified, roots that were published
compare as before, and lines that were exported can be held to them. The mark has what a reading of the record from its beginning would
know at that place: how far each chain was. It says how many entries went, so that no other way of taking entries away looks like it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from store.audit.entries import AuditKind, KeptEntry, moment_text, read_moment
from store.audit.keys import AuditKeys
from store.audit.months import drop_months
from store.audit.ranges import Ranges
from store.audit.rows import entries_of, finding
from store.audit.tracks import Track
from store.session import Session
from store.statement import Statement

LOCK: Final = "audit drop"
_MARKS: Final = finding(f'WHERE "kind" = \'{AuditKind.DROP.value}\' ORDER BY "id"')
_GONE: Final = '"id" <= $1 AND NOT ("id" = ANY($2))'
"""Entries of the seals up to one: all up to its top but those that were not there yet when it was made."""
_COUNT: Final = Statement(f'SELECT count(*) FROM "audit_entries" WHERE {_GONE}')
_DELETE: Final = Statement(f'DELETE FROM "audit_entries" WHERE {_GONE}')
GONE: Final = finding(f'WHERE {_GONE} AND "id" > $3 ORDER BY "id" LIMIT $4')


@dataclass(frozen=True, slots=True)
class Drop:
    """What has gone by a moment, all times together.

    Args:
        seal: the last whose entries went; hash: of it; top: its top; open: ids up to that which may have been sealed later.
        count: how many entries went; month: before which, such as 2026-11, in UTC.
        chains: how far each chain was that went on; decisions: when the last was made of which those entries told.
        exports: SHA-256 of the files in which they were exported, the oldest first.
        at, by: when the last of them went, and who ran that.
    """

    seal: int
    hash: str
    top: int
    open: Ranges
    count: int
    month: str
    chains: Mapping[str, Track]
    decisions: datetime | None
    exports: tuple[str, ...]
    at: datetime
    by: str | None

    def said(self) -> dict[str, Any]:
        """Return what the mark says besides who and when."""
        return {
            "seal": self.seal,
            "hash": self.hash,
            "top": self.top,
            "open": str(self.open),
            "count": self.count,
            "month": self.month,
            "chains": {name: track.said() for name, track in self.chains.items()},
            "decisions": moment_text(self.decisions) if self.decisions is not None else None,
            "exports": list(self.exports),
        }

    @classmethod
    def read(cls, entry: KeptEntry) -> Self:
        """Read a mark.

        Raises:
            KeyError, TypeError, ValueError: it is none.
        """
        said: dict[str, Any] = entry.said["dropped"]
        return cls(
            int(said["seal"]),
            str(said["hash"]),
            int(said["top"]),
            Ranges.parse(said["open"]),
            int(said["count"]),
            str(said["month"]),
            {str(name): Track.read(each) for name, each in said["chains"].items()},
            datetime.fromisoformat(said["decisions"]) if said["decisions"] is not None else None,
            tuple(map(str, said["exports"])),
            read_moment(entry.said),
            entry.said.get("subject"),
        )

    @property
    def bounds(self) -> tuple[int, list[int]]:
        """What tells its entries from all others: up to this id, but not these."""
        return self.top, list(self.open.numbers())


async def last_drop(session: Session, keys: AuditKeys) -> Drop | None:
    """Return what the last mark says that one of our processes wrote; None where nothing has gone."""
    found = None
    for entry in entries_of(await session.run(_MARKS)):
        if not keys.marked(entry.chain, entry.number, entry.text, entry.mac):
            continue
        try:
            mark = Drop.read(entry)
        except (AttributeError, KeyError, TypeError, ValueError):  # no mark of ours, or a later form of one
            continue
        if found is None or mark.seal >= found.seal:
            found = mark
    return found


async def drop_entries(session: Session, drop: Drop, count: int) -> bool:
    """Take the entries of one more month away, in the transaction of a session that tells the mark of it.

    Args:
        drop: what has gone then; count: how many entries go now.

    Returns:
        Whether they went: as many were there as ought to be.

    Raises:
        Conflict: somebody reads the record for long; it is to be tried again later.
    """
    found = await session.run(_COUNT, *drop.bounds)
    if found[0][0] != count:
        return False
    await drop_months(session, drop.month, *drop.bounds)
    await session.run(_DELETE, *drop.bounds)
    return True
