"""What happened to a holder before, put together from their operations and the states of their cards."""

from domain.history import History, HistoryRecord
from resolvers.facts.situation import Situation


def history_of(situation: Situation) -> History:
    """Return what happened to a holder, the oldest first.

    Returns:
        Operations (attributes: state, bank, outlet, channel, region, relation, card, reason) and states that cards entered
        (attributes: card, bank, region, and reason where one is known; `lapsed` for a state entered by time alone).
    """
    return tuple(sorted([*_operations(situation), *_card_states(situation)], key=lambda record: record.at))


def _operations(situation: Situation) -> list[HistoryRecord]:
    return [
        HistoryRecord(
            "operation",
            o.service,
            o.created_at,
            o.region,
            _known(
                state=o.reads_as(situation.now).value,
                bank=o.bank,
                outlet=o.outlet,
                channel=o.channel,
                relation=o.relation,
                card=o.card_id,
                reason=o.reason,
                region=o.region,
            ),
        )
        for o in situation.loaded.operations
    ]


def _card_states(situation: Situation) -> list[HistoryRecord]:
    return [
        HistoryRecord(
            "card_state",
            entry.state.value,
            entry.since,
            entry.region,
            _known(card=card.id, bank=card.bank, reason=entry.reason, region=entry.region),
        )
        for card in situation.loaded.cards
        for entry in situation.loaded.states.get(card.id, ())
    ]


def _known(**attributes: str | None) -> dict[str, str]:
    return {name: value for name, value in attributes.items() if value is not None}
