"""Cards on record, in any state, and what people and pharmacies see of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from domain.card import Card, CardState
from domain.holder import Holder
from domain.operation import Operation, OperationState
from domain.region import province_of
from schema.kit.relay import global_id
from tests.graph.caller import CARD, Caller
from tests.graph.service import GraphService, mobile

IDENTITY_CARD = ["identity_card_front", "identity_card_back"]
CARD_AND_IDENTITY_CARD = ["social_security_card", *IDENTITY_CARD]
"""What a clerk sees of who brings the card and the identity card along."""
_CARD = f"query($id: ID!, $seen: [String!]){{card(id: $id, sightedDocuments: $seen){{{CARD}}}}}"
_USABLE = (
    "query($number: String!){cardUsable(cardNumber: $number)"
    "{usable reasons{code message{zh en} citation{clause file}} advice{name message{zh en}} policyDigest}}"
)


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
    expires_on: date | None = None,
    generation: str = "third",
) -> CardOnRecord:
    """Put a card on record, by default sealed, as production leaves it.

    Args:
        lasting: how long the state lasts before the card is active by time alone; None for ever.
        expires_on: the last day of the card, if it has one; generation: a term of the vocabulary.
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
        generation=generation,
        state=state,
        issued_on=now.date(),
        expires_on=expires_on,
        state_since=now,
        state_until=now + lasting if lasting else None,
        state_then=CardState.ACTIVE if lasting else None,
    )
    service.work(lambda work: work.cards.add(card))
    return CardOnRecord(global_id("Card", card.id), card.number)


def bind_in_wechat(service: GraphService, person: Holder) -> None:
    """Put on record that somebody has bound a card in Chengdu's WeChat account, which opens its services to them."""
    now = service.clock.now()
    operation = Operation(
        id=str(uuid4()),
        service="bind_card",
        region="510100",
        province="510000",
        holder_id=person.id,
        actor_id=person.id,
        relation="self",
        state=OperationState.COMPLETED,
        channel="chengdu_wechat",
        office=None,
        created_at=now,
        updated_at=now,
        policy_digest="sha256:0",
    )
    service.work(lambda work: work.operations.add(operation))


def add_active_card(service: GraphService, person: Holder, region: str, bank: str = "ccb") -> CardOnRecord:
    """Put a card on record that its holder uses."""
    return add_card(service, person, region, bank, CardState.ACTIVE)


def look_up(caller: Caller, card_id: str, seen: Sequence[str] = ()) -> dict[str, Any]:
    """Return a card as somebody sees it.

    Args:
        seen: the originals that a clerk has seen.
    """
    found: dict[str, Any] = caller.ask(_CARD, {"id": card_id, "seen": list(seen)})["card"]
    return found


def history(caller: Caller, card_id: str) -> list[tuple[str, str | None]]:
    """Return the states that a card has entered, each with the reason."""
    return [(entry["state"], entry["reason"]) for entry in look_up(caller, card_id)["history"]]


def usability(caller: Caller, number: str) -> dict[str, Any]:
    """Return what is said to who is about to take a card."""
    found: dict[str, Any] = caller.ask(_USABLE, {"number": number})["cardUsable"]
    return found


def refusals(service: GraphService, card: CardOnRecord) -> list[str]:
    """Return for which reasons pharmacies and hospitals refuse a card; none when they take it."""
    told = usability(service.medical_institution(), card.number)
    codes = [reason["code"] for reason in told["reasons"]]
    assert told["usable"] is (not codes)
    return codes


def usability_failure(caller: Caller, number: str) -> str:
    """Return the code of the refusal to say whether a card may be used."""
    return caller.failure(_USABLE, {"number": number})
