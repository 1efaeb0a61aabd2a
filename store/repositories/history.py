"""What happened to a holder before, put together from operations and card states for rules that count."""

from datetime import datetime
from itertools import groupby

from domain.history import History, HistoryRecord
from store.models import CardRow, CardStateRow, OperationRow
from store.repositories.cards import state_entry, with_lapses
from store.session import Session


async def history_of(session: Session, holder_id: str, now: datetime | None) -> History:
    """Return what happened to a holder, the oldest first."""
    records = [*await _operations(session, holder_id, now), *await _card_states(session, holder_id, now)]
    return tuple(sorted(records, key=lambda record: record.at))


async def _operations(session: Session, holder_id: str, now: datetime | None) -> list[HistoryRecord]:
    rows = await session.rows(OperationRow).filter(holder_id=holder_id)
    return [
        HistoryRecord(
            "operation",
            row.service,
            row.created_at,
            row.region,
            _known(
                state=row.state_then if _has_lapsed(row, now) else row.state,
                bank=row.bank,
                channel=row.channel,
                relation=row.relation,
                card=row.card_id,
                reason=row.reason,
                region=row.region,
            ),
        )
        for row in rows
    ]


def _has_lapsed(row: OperationRow, now: datetime | None) -> bool:
    return now is not None and row.state_until is not None and row.state_until <= now


async def _card_states(session: Session, holder_id: str, now: datetime | None) -> list[HistoryRecord]:
    cards = await session.rows(CardRow).filter(holder_id=holder_id).only("id", "bank")
    banks = {card.id: card.bank for card in cards}
    rows = await session.rows(CardStateRow).filter(card_id__in=list(banks)).order_by("card_id", "id")
    entries = [state_entry(row) for row in rows]
    return [
        HistoryRecord(
            "card_state",
            entry.state.value,
            entry.since,
            entry.region,
            _known(card=entry.card_id, bank=banks[entry.card_id], reason=entry.reason, region=entry.region),
        )
        for _, states in groupby(entries, lambda entry: entry.card_id)
        for entry in with_lapses(list(states), now)
    ]


def _known(**attributes: str | None) -> dict[str, str]:
    return {name: value for name, value in attributes.items() if value is not None}
