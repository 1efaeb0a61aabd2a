"""Sealing what is committed. Nothing waits for it: an entry gets its place in the record when it is sealed, not when it is written.

Ids come from a sequence, so those of transactions that were rolled back are never there, and one that is committed late has a smaller
id than others that are sealed by then. So a seal names the ids below its top that were not there. They stay open for `LATE`, longer
than any transaction may last; an entry that comes there after that was put there by nobody of ours.
"""

from datetime import datetime, timedelta
from typing import Final

from store.audit.keys import AuditKeys
from store.audit.ranges import Ranges
from store.audit.rows import entries_of, finding
from store.audit.seals import KeptSeal, Open, Seal, leaf_of, sealed
from store.audit_models import AuditSealRow
from store.session import Session
from store.table import Table

LATE: Final = timedelta(hours=1)
"""How long an id stays open that a transaction may have taken and not committed yet."""
MOST: Final = 50_000
"""Entries of one seal."""
SEALS: Final = Table(AuditSealRow, KeptSeal, identifier="number")
LAST: Final = SEALS.select('ORDER BY "id" DESC LIMIT 1')
_UNSEALED: Final = finding('WHERE "id" > $1 OR "id" = ANY($2) ORDER BY "id" LIMIT $3')
_LOCK: Final = "audit seal"


async def seal(session: Session, keys: AuditKeys, now: datetime) -> KeptSeal | None:
    """Seal what is committed and not sealed yet, in the transaction of a session; one process at a time.

    Returns:
        The seal; None where there is nothing to seal.
    """
    await session.lock_names(_LOCK)
    last = await session.first(LAST)
    before = Seal.parse(last.body) if last is not None else None
    top, met = (before.top, before.open) if before is not None else (0, ())
    late = [number for ids, _ in met for number in ids.numbers()]
    entries = entries_of(await session.run(_UNSEALED, top, late, MOST))
    if not entries:
        return None
    ids = Ranges.of(entry.id for entry in entries)
    leaves = [leaf_of(entry) for entry in entries]
    previous = last.hash if last is not None else ""
    kept = sealed(before, previous, ids, leaves, _still_open(met, ids, top, now), now, keys.first)
    await session.append(SEALS, kept)
    return kept


def _still_open(met: Open, ids: Ranges, top: int, now: datetime) -> Open:
    """Return the ids that may yet come: those met before that are still waited for, and those met now."""
    waiting = ((Ranges.of(n for n in each.numbers() if n not in ids), since) for each, since in met)
    fresh = Ranges.of(number for number in ids.numbers() if number > top).missing(top + 1)
    return tuple((each, since) for each, since in (*waiting, (fresh, now)) if each and now - since < LATE)
