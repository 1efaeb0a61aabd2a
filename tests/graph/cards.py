"""Cards on record, in any state."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from domain.card import Card, CardState
from domain.holder import Holder
from domain.region import province_of
from schema.relay import global_id
from tests.graph.service import GraphService, mobile


@dataclass(frozen=True, slots=True)
class CardOnRecord:
    """A card: its global id, and what is printed on it."""

    id: str
    number: str


def add_card(
    service: GraphService,
    person: Holder,
    region: str,
    bank: str = "ccb",
    state: CardState = CardState.SEALED,
    lasting: timedelta | None = None,
) -> CardOnRecord:
    """Put a card on record, by default sealed, as production leaves it.

    Args:
        lasting: how long the state lasts before the card is active by time alone; None for ever.
    """
    now = service.clock.now()
    card = Card(
        id=str(uuid4()),
        holder_id=person.id,
        region=region,
        province=province_of(region),
        number=f"A{mobile()}",
        social_security_number=person.identity_number,
        bank=bank,
        generation="third",
        state=state,
        issued_on=now.date(),
        expires_on=None,
        state_since=now,
        state_until=now + lasting if lasting else None,
        state_then=CardState.ACTIVE if lasting else None,
    )
    service.work(lambda work: work.cards.add(card))
    return CardOnRecord(global_id("Card", card.id), card.number)
