"""The timelines of operations."""

from collections.abc import Iterable
from datetime import datetime

from domain.card import CardState
from domain.operation import OperationState, TimelineEntry, lapse_entry
from store.models import TimelineRow
from store.repositories.repository import grouped
from store.session import Session

_PLAIN = ("operation_id", "at", "event", "actor_id", "role", "channel", "office", "policy_digest")


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
        # A note may quote the applicant, so it is sealed.
        sealed = self._session.sealer.seal({"note": entry.note}) if entry.note is not None else None
        row = TimelineRow(
            province=await self._session.province_of_operation(entry.operation_id),
            from_state=entry.from_state,
            to_state=entry.to_state,
            card_from=entry.card_from,
            card_to=entry.card_to,
            until=entry.until,
            then=entry.then,
            sealed=sealed,
            **{name: getattr(entry, name) for name in _PLAIN},
        )
        await self._session.append(row)

    async def of_operations(
        self, operation_ids: Iterable[str], now: datetime | None = None
    ) -> dict[str, tuple[TimelineEntry, ...]]:
        """Return the timelines, by operation, the oldest entry first; an operation without one is left out.

        Args:
            now: a state that has run out by then is followed by the one it became, written down or not; without it, there
                is only what is written down.
        """
        rows = self._session.rows(TimelineRow).filter(operation_id__in=set(operation_ids))
        found = grouped(await rows.order_by("at", "id"), "operation_id", self._value)
        return {operation: _with_lapse(entries, now) for operation, entries in found.items()}

    def _value(self, row: TimelineRow) -> TimelineEntry:
        note = self._session.sealer.unseal(row.sealed)["note"] if row.sealed else None
        return TimelineEntry(
            from_state=OperationState(row.from_state) if row.from_state else None,
            to_state=OperationState(row.to_state),
            card_from=CardState(row.card_from) if row.card_from else None,
            card_to=CardState(row.card_to) if row.card_to else None,
            until=row.until,
            then=OperationState(row.then) if row.then else None,
            note=note,
            **{name: getattr(row, name) for name in _PLAIN},
        )
