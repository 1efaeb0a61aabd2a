"""The timelines of operations."""

from collections.abc import Iterable

from domain.card import CardState
from domain.operation import OperationState, TimelineEntry
from store.models import TimelineRow
from store.repositories.repository import grouped
from store.session import Session

_PLAIN = ("operation_id", "at", "event", "actor_id", "role", "channel", "office", "policy_digest")


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
            sealed=sealed,
            **{name: getattr(entry, name) for name in _PLAIN},
        )
        await self._session.append(row)

    async def of_operations(self, operation_ids: Iterable[str]) -> dict[str, tuple[TimelineEntry, ...]]:
        """Return the timelines, by operation, the oldest entry first; an operation without one is left out."""
        rows = self._session.rows(TimelineRow).filter(operation_id__in=set(operation_ids))
        return grouped(await rows.order_by("at", "id"), "operation_id", self._value)

    def _value(self, row: TimelineRow) -> TimelineEntry:
        note = self._session.sealer.unseal(row.sealed)["note"] if row.sealed else None
        return TimelineEntry(
            from_state=OperationState(row.from_state) if row.from_state else None,
            to_state=OperationState(row.to_state),
            card_from=CardState(row.card_from) if row.card_from else None,
            card_to=CardState(row.card_to) if row.card_to else None,
            note=note,
            **{name: getattr(row, name) for name in _PLAIN},
        )
