"""The timelines of operations."""

from collections.abc import Iterable
from datetime import datetime

from domain.operation import TimelineEntry, lapse_entry
from store.models import TimelineRow
from store.repositories.operation_changes import CHANGED_IN
from store.repositories.repository import grouped
from store.session import Session
from store.table import Table

# A note may quote the applicant, so it is sealed.
TIMELINE = Table(
    TimelineRow, TimelineEntry, personal=("note",), known_by=("operation_id", "at", "event"), computed=CHANGED_IN
)
_OF_OPERATIONS = TIMELINE.select('WHERE "operation_id" = ANY($1) ORDER BY "at", "id"')


def _with_lapse(entries: tuple[TimelineEntry, ...], now: datetime | None) -> tuple[TimelineEntry, ...]:
    """Return a timeline with what time alone has done since its last line."""
    last = entries[-1]
    if now is None or last.until is None or last.then is None or last.until > now:
        return entries
    return (*entries, lapse_entry(last.operation_id, last.until, last.to_state, last.then))


class Timeline:
    """What happened to operations; entries are only ever added."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def append(self, entry: TimelineEntry) -> None:
        """Add a line to the timeline of an operation.

        Raises:
            NotFound: there is no such operation.
        """
        province = await self._session.province_of_operation(entry.operation_id)
        await self._session.append_for_good(TIMELINE, entry, entry.operation_id, province=province)

    async def of_operations(
        self, operation_ids: Iterable[str], now: datetime | None = None
    ) -> dict[str, tuple[TimelineEntry, ...]]:
        """Return the timelines, by operation, the oldest entry first; an operation without one is left out.

        Args:
            now: a state that has run out by then is followed by the one it became, written down or not; without it, there
                is only what is written down.
        """
        found = grouped(await self._session.find(_OF_OPERATIONS, list(operation_ids)), "operation_id")
        return {operation: _with_lapse(entries, now) for operation, entries in found.items()}
