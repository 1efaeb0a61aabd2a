"""What happened to a holder before, put together from their operations and the states of their cards."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from domain.card import Card
from domain.history import History, HistoryRecord
from domain.operation import Operation
from store.records import CardStateEntry


def history_of(
    operations: Iterable[Operation],
    cards: Iterable[Card],
    states: Mapping[str, Sequence[CardStateEntry]],
    now: datetime,
) -> History:
    """Return what happened to a holder, the oldest first.

    Args:
        states: that the cards entered, by card.

    Returns:
        Operations (attributes: state, bank, outlet, channel, region, relation, card, reason) and states that cards entered
        (attributes: card, bank, region, and reason where one is known; `lapsed` for a state entered by time alone).
    """
    records = [*_operations(operations, now), *_card_states(cards, states)]
    return tuple(sorted(records, key=lambda record: record.at))


def _operations(operations: Iterable[Operation], now: datetime) -> Iterator[HistoryRecord]:
    for o in operations:
        if o.postponed is not None and o.postponed.service == o.service:
            continue  # what waits for its payment has not happened yet
        attributes = _known(
            state=o.reads_as(now).value,
            bank=o.bank,
            outlet=o.outlet,
            channel=o.channel,
            relation=o.relation,
            card=o.card_id,
            reason=o.reason,
            region=o.region,
        )
        yield HistoryRecord("operation", o.service, o.created_at, o.region, attributes)


def _card_states(cards: Iterable[Card], states: Mapping[str, Sequence[CardStateEntry]]) -> Iterator[HistoryRecord]:
    for card in cards:
        for entry in states.get(card.id, ()):
            attributes = _known(card=card.id, bank=card.bank, reason=entry.reason, region=entry.region)
            yield HistoryRecord("card_state", entry.state.value, entry.since, entry.region, attributes)


def _known(**attributes: str | None) -> dict[str, str]:
    return {name: value for name, value in attributes.items() if value is not None}
