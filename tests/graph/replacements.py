"""The way of a replacement: a card is lost for good or worn out, and a new one takes its place, step by step."""

from typing import Any

from domain.card import CardState
from domain.holder import Holder
from tests.graph.caller import Caller
from tests.graph.cards import CARD_AND_IDENTITY_CARD, IDENTITY_CARD, CardOnRecord, add_card
from tests.graph.journey import CHENGDU, JINAN, card_number, delivered_to, details, pay
from tests.graph.service import GraphService, mobile

IN_PERSON = {"sightedDocuments": IDENTITY_CARD}
WITH_CARD = {"sightedDocuments": CARD_AND_IDENTITY_CARD}


def report_formal_loss(service: GraphService, card: CardOnRecord, region: str) -> None:
    """Report a card lost for good at a window of its city."""
    service.clerk(region).changed("reportFormalLoss", cardId=card.id, evidence=IN_PERSON)


def lost_card(service: GraphService, person: Holder, region: str = JINAN, bank: str = "ccb") -> CardOnRecord:
    """Put a card on record that is reported lost for good."""
    return add_card(service, person, region, bank, CardState.FORMALLY_LOST)


def request(citizen: Caller, card: CardOnRecord, reason: str = "lost", **evidence: Any) -> dict[str, Any]:
    """Return the input of a request for a new card in the cross-province service, with a passed face check."""
    given = {"details": details(), "faceAssertion": citizen.face_assertion("reissue"), **evidence}
    return {"cardId": card.id, "reason": reason, "evidence": given}


def requested(citizen: Caller, card: CardOnRecord, reason: str = "lost") -> dict[str, Any]:
    """Ask for a new card in the cross-province service and return the operation."""
    operation: dict[str, Any] = citizen.changed("reissueCard", **request(citizen, card, reason))["operation"]
    return operation


def paid(citizen: Caller, card: CardOnRecord, reason: str = "lost") -> dict[str, Any]:
    """Ask for a new card, choose delivery and pay; return the operation."""
    operation = delivered_to(citizen, requested(citizen, card, reason))
    assert pay(citizen, operation) == "paid"
    return citizen.operation(operation["id"])


def renewed_at_window(service: GraphService, card: CardOnRecord, reason: str = "damaged") -> dict[str, Any]:
    """Ask at a window of Chengdu for a new card in place of one that is brought along; return the operation."""
    given = {"cardId": card.id, "reason": reason, "evidence": WITH_CARD}
    asked = service.clerk(CHENGDU).changed(
        "reissueCard", **given, outlet="chengdu_sample_ccb", delivery={"method": "outlet"}
    )
    operation: dict[str, Any] = asked["operation"]
    return operation


def produced(service: GraphService, operation: dict[str, Any], **made: Any) -> CardOnRecord:
    """Accept a request for a new card, and produce the card."""
    maker, number = service.card_maker(), card_number()
    maker.changed("acceptForProduction", operationId=operation["id"])
    given = {"operationId": operation["id"], "cardNumber": number, "generation": "third", **made}
    card = maker.changed("recordProduced", **given)["operation"]["card"]
    return CardOnRecord(card["id"], number)


def handed_over(service: GraphService, operation: dict[str, Any]) -> dict[str, Any]:
    """Hand a new card over at an outlet of Chengdu; return the operation."""
    changed = service.clerk(CHENGDU, "bank_window").changed("confirmReceipt", operationId=operation["id"])
    got: dict[str, Any] = changed["operation"]
    return got


def activated_at_window(service: GraphService, card: CardOnRecord) -> dict[str, Any]:
    """Activate a card at a window of Chengdu; return the card."""
    payload = service.clerk(CHENGDU).changed("activateCard", cardId=card.id, evidence=WITH_CARD)
    active: dict[str, Any] = payload["card"]
    return active


def code_evidence(citizen: Caller, purpose: str, number: str | None = None, **more: str) -> dict[str, Any]:
    """Return a mobile number with the code that was sent to it, and other details."""
    sent_to = number or mobile()
    code = citizen.verification_code(purpose, sent_to)
    return {"details": {"mobile": sent_to, **more}, "verificationCode": code}
