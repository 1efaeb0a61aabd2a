"""Everything that is wrong with a request is told at once, ids and fields alike, each by the path of its input."""

from datetime import date
from typing import Any

import pytest

from domain.card import CardState
from domain.holder import Holder
from domain.operation import OperationState
from schema.kit.relay import global_id
from tests.graph.cards import add_card
from tests.graph.journey import CHENGDU, JINAN, QINGDAO, card_picture
from tests.graph.service import GraphService, holder_id
from tests.graph.test_death import inputs
from tests.graph.test_who_may_act import INPUTS
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
        ("NOT_FOUND", "input.holderId"),
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


IDS = {
    "holderId": "Holder", "wardId": "Holder", "guardianId": "Holder", "duplicateId": "Holder", "cardId": "Card",
    "operationId": "Operation", "delegationId": "Delegation",
}  # fmt: skip
"""Inputs that say what a change is about, and the kind of each."""


def test_whatever_is_not_found_is_told_with_the_input_that_names_it(service: GraphService) -> None:
    person = service.person()
    somebody = holder_id(person)
    delegate = {"name": person.name, "identityType": person.identity_type, "identityNumber": person.identity_number}
    callers = [service.clerk(CHENGDU), service.card_maker(), service.citizen(service.person(), "unionpay_app")]
    known = inputs(service)
    for mutation in sorted(known.keys() & INPUTS.keys()):
        named = known[mutation] & IDS.keys()
        for name in named:
            given = {**INPUTS[mutation], **{other: somebody for other in named - {name} if IDS[other] == "Holder"}}
            given |= {name: global_id(IDS[name], "00000000-0000-4000-8000-00000000dcba")}
            given.pop("mobile", None)  # it goes before whose number it would be
            given |= {"delegate": delegate} if "delegate" in given else {}
            answers = [told(caller.change(mutation, **given)) for caller in callers]
            found = {each for answer in answers for each in answer if each[0] == "NOT_FOUND"}
            assert found == {("NOT_FOUND", f"input.{name}")}, (mutation, name, answers)
    nobody, clerk = global_id("Holder", "nobody"), callers[0]
    paper = clerk.upload("photo", CHENGDU, card_picture(), holderId=nobody)
    assert told(paper) == {("NOT_FOUND", "input.holderId")}
    face = clerk.change("requestFaceCheck", purpose="apply", presentPersonId=nobody)
    assert told(face) == {("NOT_FOUND", "input.presentPersonId")}


@pytest.mark.parametrize(
    ("mutation", "one", "other", "more"),
    [
        ("recordGuardianship", "guardianId", "wardId", {"kinship": "母亲"}),
        ("endGuardianship", "guardianId", "wardId", {}),
        ("mergeHolders", "holderId", "duplicateId", {}),
    ],
)
def test_both_wrong_ids_of_a_pair_are_told_with_all_else(
    service: GraphService, mutation: str, one: str, other: str, more: dict[str, Any]
) -> None:
    given = {one: "x", other: SOME_CARD, "regionCode": CHENGDU, "evidence": WRONG_EVIDENCE, **more}
    assert told(service.clerk(CHENGDU).change(mutation, **given)) == {
        ("ID_INVALID", f"input.{one}"),
        ("INVALID_INPUT", f"input.{other}"),
        *WRONG_IN_EVIDENCE,
    }


NOBODY, NOBODY_ELSE = (global_id("Holder", f"00000000-0000-4000-8000-00000000dcb{end}") for end in "ab")


@pytest.mark.parametrize(
    ("mutation", "one", "other", "more"),
    [
        ("recordGuardianship", "guardianId", "wardId", {"kinship": "母亲"}),
        ("endGuardianship", "guardianId", "wardId", {}),
        ("mergeHolders", "holderId", "duplicateId", {}),
    ],
)
def test_both_ids_of_a_pair_that_are_not_found_are_told_with_all_else(
    service: GraphService, mutation: str, one: str, other: str, more: dict[str, Any]
) -> None:
    clerk, somebody = service.clerk(CHENGDU), holder_id(service.person())
    given = {"regionCode": CHENGDU, "evidence": WRONG_EVIDENCE, **more}
    both = {("NOT_FOUND", f"input.{one}"), ("NOT_FOUND", f"input.{other}")}
    assert told(clerk.change(mutation, **{one: NOBODY, other: NOBODY_ELSE}, **given)) == both | WRONG_IN_EVIDENCE
    assert told(clerk.change(mutation, **{one: NOBODY, other: NOBODY_ELSE}, regionCode=CHENGDU, **more)) == both
    tried = clerk.try_out(mutation, **{one: NOBODY, other: NOBODY_ELSE}, regionCode=CHENGDU, **more)
    assert {(code, field.rpartition(".")[2]) for code, field in told(tried)} == {
        ("NOT_FOUND", one),
        ("NOT_FOUND", other),
    }
    for missing, there in ((one, other), (other, one)):
        asked = {missing: NOBODY, there: somebody, "regionCode": CHENGDU, **more}
        assert told(clerk.change(mutation, **asked)) == {("NOT_FOUND", f"input.{missing}")}


def test_a_delegate_who_is_nobody_and_for_whom_are_told_together_and_alike(service: GraphService) -> None:
    delegate = {"name": "x", "identityType": "passport", "identityNumber": "E7654321"}
    given = {"delegate": delegate, "services": ["status"], "until": "2026-12-31", "regionCode": CHENGDU}
    stranger, answers = service.citizen(service.person(), "unionpay_app"), []
    for whose in (holder_id(service.person()), NOBODY):  # somebody whom they may not see, and nobody
        answers.append(stranger.change("grantDelegation", holderId=whose, **given)["errors"])
    assert answers[0] == answers[1]
    assert {(each["code"], each["field"]) for each in answers[0]} == {
        ("DELEGATE_NOT_FOUND", "input.delegate"),
        ("NOT_FOUND", "input.holderId"),
    }
    own = stranger.change("grantDelegation", **given)
    assert told(own) == {("DELEGATE_NOT_FOUND", "input.delegate")}


def test_what_a_query_does_not_find_is_told_with_the_argument_that_names_it(service: GraphService) -> None:
    operation = global_id("Operation", "00000000-0000-4000-8000-00000000dcba")
    asked = {
        f'{{holder(id: "{NOBODY}"){{id}}}}': "id",
        f'{{card(id: "{SOME_CARD}"){{id}}}}': "id",
        f'{{operation(id: "{operation}"){{id}}}}': "id",
        f'{{heldInsurance(cardId: "{SOME_CARD}", region: "{CHENGDU}"){{name}}}}': "cardId",
        f'{{accountEntries(region: "{QINGDAO}", holderId: "{NOBODY}"){{totalCount}}}}': "holderId",
    }
    citizen = service.citizen(service.person(), "qingdao_app")
    for document, argument in asked.items():
        for _ in range(2):  # as it comes, and compiled
            [error] = citizen.answer(document)["errors"]
            assert (error["extensions"]["code"], error["extensions"]["field"]) == ("NOT_FOUND", argument), document


WRONG_IN_EVIDENCE = {
    ("MOBILE_NUMBER_INVALID", "input.evidence.details.mobile"),
    ("VALUE_NOT_POSSIBLE", "input.evidence.sightedDocuments.0"),
    ("VALUE_NOT_POSSIBLE", "input.evidence.declared.no_such"),
}
LONG = "1" * 200


def test_what_is_wrong_for_one_use_case_alone_is_told_with_all_else(service: GraphService) -> None:
    clerk, maker, person = service.clerk(CHENGDU), service.card_maker(), service.person(insured_in=(CHENGDU,))
    evidence, mine = {"evidence": WRONG_EVIDENCE}, {"regionCode": CHENGDU, "evidence": WRONG_EVIDENCE}
    card = add_card(service, person, CHENGDU, state=CardState.ACTIVE)
    [waiting] = waiting_operations(service, 1, OperationState.PRODUCED)
    parcel = maker.change("recordShipped", operationId=waiting, trackingNumber="?", **evidence)
    assert told(parcel) == {("INVALID_INPUT", "input.trackingNumber"), *WRONG_IN_EVIDENCE}
    passwords = {"newPassword": LONG, "newPasswordAgain": "2"}
    for mutation, old in (("setServicePassword", {}), ("changeServicePassword", {"oldPassword": "1"})):
        asked = {"cardId": card.id, **passwords, **old, **evidence}
        wrong = {("PASSWORDS_DIFFER", "input.newPasswordAgain"), ("INVALID_INPUT", "input.newPassword")}
        assert told(clerk.change(mutation, **asked)) == {*wrong, *WRONG_IN_EVIDENCE}, mutation
        tried = {
            (code, field.replace(f"request.{mutation}.", "")) for code, field in told(clerk.try_out(mutation, **asked))
        }
        assert tried == {*wrong, *WRONG_IN_EVIDENCE}, mutation
    # Where an id is none, too.
    parcel = maker.change("recordShipped", operationId="x", trackingNumber="?")
    assert told(parcel) == {("ID_INVALID", "input.operationId"), ("INVALID_INPUT", "input.trackingNumber")}
    unrelated = clerk.change("recordGuardianship", guardianId="x", wardId=holder_id(person), kinship=" ")
    assert told(unrelated) == {("ID_INVALID", "input.guardianId"), ("INVALID_INPUT", "input.kinship")}
    for mutation, old in (("resetServicePassword", {}), ("changeServicePassword", {"oldPassword": "1"})):
        assert told(clerk.change(mutation, cardId="x", **passwords, **old)) == {("ID_INVALID", "input.cardId"), *wrong}
    both = {"guardianId": holder_id(person), "wardId": holder_id(person), "kinship": " "}
    assert told(clerk.change("recordGuardianship", **both, **mine)) == {
        ("INVALID_INPUT", "input.kinship"),
        ("INVALID_INPUT", "input.guardianId"),
        *WRONG_IN_EVIDENCE,
    }
    unborn = clerk.change("recordDeath", holderId=holder_id(person), diedOn="1900-01-01", **mine)
    assert told(unborn) == {("INVALID_INPUT", "input.diedOn"), *WRONG_IN_EVIDENCE}
    named = {"name": "x", "identityType": "smile", "identityNumber": "1"}
    twice = clerk.change("recordDeath", holderId=holder_id(person), person=named, diedOn="2026-01-01", **mine)
    assert told(twice) == {
        ("INVALID_INPUT", "input.holderId"),
        ("VALUE_NOT_POSSIBLE", "input.person.identityType"),
        *WRONG_IN_EVIDENCE,
    }
    delegation = {"delegate": named, "services": [], "until": "2026-12-31"}
    assert told(service.citizen(person, "unionpay_app").change("grantDelegation", **delegation, **mine)) == {
        ("INVALID_INPUT", "input.services"),
        ("VALUE_NOT_POSSIBLE", "input.delegate.identityType"),
        *WRONG_IN_EVIDENCE,
    }
    document = {"identityType": "resident_identity_card", "identityNumber": "1", "holderId": holder_id(person)}
    assert told(clerk.change("recordIdentityDocument", **document, **mine)) == {
        ("IDENTITY_NUMBER_INVALID", "input.identityNumber"),
        *WRONG_IN_EVIDENCE,
    }
