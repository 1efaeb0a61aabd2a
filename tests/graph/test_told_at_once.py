"""Everything that is wrong with a request is told at once, ids and fields alike, each by the path of its input."""

from datetime import date
from typing import Any

from domain.holder import Holder
from domain.operation import OperationState
from schema.kit.relay import global_id
from tests.graph.journey import CHENGDU, JINAN, card_picture
from tests.graph.service import GraphService, holder_id
from tests.graph.waiting import waiting_operations

SOME_CARD = global_id("Card", "00000000-0000-4000-8000-00000000abcd")


def told(payload: dict[str, Any]) -> set[tuple[str, str]]:
    """Return the codes of a payload's errors, with their fields."""
    return {(each["code"], each["field"]) for each in payload["errors"]}


WRONG_EVIDENCE = {"details": {"mobile": "1"}, "sightedDocuments": ["smile"], "declared": {"no_such": True}}


def test_wrong_ids_are_told_with_all_else_that_is_wrong(service: GraphService) -> None:
    clerk = service.clerk(CHENGDU)
    evidence = {**WRONG_EVIDENCE, "documentIds": ["x", global_id("Document", "1"), global_id("Card", "1")]}
    given = {
        "regionCode": CHENGDU,
        "holderId": "x",
        "presentPersonId": SOME_CARD,
        "bank": "no_bank",
        "evidence": evidence,
    }
    assert told(clerk.change("applyForCard", **given, delivery={"recipient": "x"})) == {
        ("ID_INVALID", "input.holderId"),
        ("INVALID_INPUT", "input.presentPersonId"),
        ("ID_INVALID", "input.evidence.documentIds.0"),
        ("INVALID_INPUT", "input.evidence.documentIds.2"),
        ("INVALID_INPUT", "input.delivery.method"),
        ("VALUE_NOT_POSSIBLE", "input.bank"),
        ("MOBILE_NUMBER_INVALID", "input.evidence.details.mobile"),
        ("VALUE_NOT_POSSIBLE", "input.evidence.sightedDocuments.0"),
        ("VALUE_NOT_POSSIBLE", "input.evidence.declared.no_such"),
    }
    # Of a card nobody knows the region before it is found, and its words are not guessed.
    card = {"cardId": "x", "presentPersonId": "y", "evidence": WRONG_EVIDENCE}
    assert told(clerk.change("reportFormalLoss", **card)) == {
        ("ID_INVALID", "input.cardId"),
        ("ID_INVALID", "input.presentPersonId"),
        ("MOBILE_NUMBER_INVALID", "input.evidence.details.mobile"),
    }


def test_an_id_of_nothing_is_told_with_all_else_that_is_wrong_and_like_one_that_is_not_to_be_seen(
    service: GraphService,
) -> None:
    stranger = service.citizen(service.person())
    answers = []
    for holder in (service.person(), Holder("nobody", "x", "citizen", "passport", "E1234567", date(1990, 1, 1))):
        given = {"regionCode": JINAN, "holderId": holder_id(holder), "bank": "no_bank", "evidence": WRONG_EVIDENCE}
        answers.append(stranger.change("applyForCard", **given)["errors"])
    assert answers[0] == answers[1]
    assert {(each["code"], each["field"]) for each in answers[0]} == {
        ("NOT_FOUND", None),
        ("VALUE_NOT_POSSIBLE", "input.bank"),
        ("MOBILE_NUMBER_INVALID", "input.evidence.details.mobile"),
        ("VALUE_NOT_POSSIBLE", "input.evidence.sightedDocuments.0"),
        ("VALUE_NOT_POSSIBLE", "input.evidence.declared.no_such"),
    }


def test_every_document_that_is_not_there_is_told(service: GraphService) -> None:
    citizen, other = service.citizen(service.person()), service.citizen(service.person())
    mine, theirs = (each.document("photo", JINAN, card_picture()) for each in (citizen, other))
    documents = {"documentIds": [theirs, mine, global_id("Document", "nobody")]}
    given = {"regionCode": JINAN, "bank": "ccb", "evidence": documents}
    missing = {("NOT_FOUND", "input.evidence.documentIds.0"), ("NOT_FOUND", "input.evidence.documentIds.2")}
    assert told(citizen.change("applyForCard", **given)) == missing
    assert told(citizen.change("applyForCard", **given | {"bank": "no_bank"})) == {
        *missing,
        ("VALUE_NOT_POSSIBLE", "input.bank"),
    }


def test_everything_wrong_with_a_card_that_was_produced_is_told_at_once(service: GraphService) -> None:
    maker, [waiting] = service.card_maker(), waiting_operations(service, 1, OperationState.ACCEPTED, bank=None)
    card = {"cardNumber": "?", "generation": "ninth", "socialSecurityNumber": "?", "issuedOn": "2030-01-01"}
    wrong = maker.change("recordProduced", operationId=waiting, **card, evidence={"details": {"mobile": "1"}})
    assert told(wrong) == {
        ("INVALID_INPUT", "input.cardNumber"),
        ("VALUE_NOT_POSSIBLE", "input.generation"),
        ("INVALID_INPUT", "input.socialSecurityNumber"),
        ("INVALID_INPUT", "input.bank"),
        ("INVALID_INPUT", "input.issuedOn"),
        ("MOBILE_NUMBER_INVALID", "input.evidence.details.mobile"),
    }
