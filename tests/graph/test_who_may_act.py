"""Who may act for whom, and who sees what (SC-12)."""

import json
from datetime import date
from typing import Any

import pytest

from domain.card import CardState
from domain.holder import Actor
from schema.kit.relay import global_id, split_id
from tests.graph.caller import CARD, OPERATION, Caller, change_document, codes, denials, missing
from tests.graph.cards import add_card
from tests.graph.delegations import delegate_on_record
from tests.graph.journey import (
    CHENGDU,
    JINAN,
    QINGDAO,
    card_picture,
    chengdu_papers,
    details,
    paid,
    submitted,
)
from tests.graph.records import rows
from tests.graph.service import GraphService, holder_id, mobile

SOMETHING = global_id("Operation", "00000000-0000-4000-8000-00000000abcd")
SOMEBODY = global_id("Holder", "00000000-0000-4000-8000-00000000abcd")
SOME_CARD = global_id("Card", "00000000-0000-4000-8000-00000000abcd")
NEW_PASSWORD = {"newPassword": "20481973", "newPasswordAgain": "20481973"}
INPUTS: dict[str, dict[str, Any]] = {
    "applyForCard": {"regionCode": JINAN},
    "withdrawApplication": {"operationId": SOMETHING},
    "setDelivery": {"operationId": SOMETHING, "delivery": {"method": "post"}},
    "payOperation": {"operationId": SOMETHING},
    "acceptForProduction": {"operationId": SOMETHING},
    "requestCorrection": {"operationId": SOMETHING, "reason": "x"},
    "correctApplication": {"operationId": SOMETHING},
    "recordProduced": {"operationId": SOMETHING, "cardNumber": "ABC123", "generation": "third"},
    "recordShipped": {"operationId": SOMETHING, "trackingNumber": "x"},
    "confirmReceipt": {"operationId": SOMETHING},
    "reportLostInPost": {"operationId": SOMETHING},
    "activateCard": {"cardId": SOME_CARD},
    "reportTemporaryLoss": {"cardId": SOME_CARD},
    "reportFormalLoss": {"cardId": SOME_CARD},
    "cancelLossReport": {"cardId": SOME_CARD},
    "reissueCard": {"cardId": SOME_CARD, "reason": "lost"},
    "setServicePassword": {"cardId": SOME_CARD, **NEW_PASSWORD},
    "changeServicePassword": {"cardId": SOME_CARD, "oldPassword": "x", **NEW_PASSWORD},
    "resetServicePassword": {"cardId": SOME_CARD, **NEW_PASSWORD},
    "updateInformation": {"cardId": SOME_CARD},
    "transferCardIn": {"cardId": SOME_CARD, "regionCode": CHENGDU, "insuranceKinds": []},
    "bindCard": {"cardId": SOME_CARD},
    "cancelCard": {"cardId": SOME_CARD, "reason": "extra_card"},
    "closeAccount": {"cardId": SOME_CARD},
    "grantDelegation": {
        "regionCode": CHENGDU,
        "delegate": {"name": "x", "identityType": "passport", "identityNumber": "E1234567"},
        "services": ["status"],
        "until": "2026-12-31",
    },
    "revokeDelegation": {"delegationId": global_id("Delegation", "00000000-0000-4000-8000-00000000abcd")},
    "postAccountEntries": {"regionCode": QINGDAO, "reference": "x", "entries": []},
    "requestVerificationCode": {"purpose": "apply", "mobile": "13812345678"},
    "requestFaceCheck": {"purpose": "apply"},
    "requestPersonalCopy": {},
    "registerMyself": {"regionCode": JINAN},
    "registerHolder": {"name": "x", "identityType": "passport", "identityNumber": "E1234567"},
    "recordGuardianship": {"guardianId": SOMETHING, "wardId": SOMETHING, "kinship": "x"},
    "endGuardianship": {"guardianId": SOMETHING, "wardId": SOMETHING},
    "confirmGuardianship": {"operationId": SOMETHING},
    "objectToGuardianship": {"operationId": SOMETHING},
    "recordDeath": {"holderId": SOMEBODY, "diedOn": "2026-11-01"},
    "mergeHolders": {"holderId": SOMEBODY, "duplicateId": SOMEBODY},
    "recordIdentityDocument": {
        "regionCode": CHENGDU,
        "holderId": SOMEBODY,
        "identityType": "passport",
        "identityNumber": "E1234567",
    },
}
_BATCHES = {
    "applyBatch": "applyForCard",
    "registerHolderBatch": "registerHolder",
    "acceptBatch": "acceptForProduction",
    "recordProducedBatch": "recordProduced",
    "recordShippedBatch": "recordShipped",
    "confirmReceiptBatch": "confirmReceipt",
}
INPUTS |= {batch: {"idempotencyKey": "x", "rows": [INPUTS[each]]} for batch, each in _BATCHES.items()}
INPUTS["importCardsBatch"] = {
    "idempotencyKey": "x",
    "rows": [
        {
            "name": "x",
            "identityType": "passport",
            "identityNumber": "E1234567",
            "cardNumber": "A12345678",
            "regionCode": CHENGDU,
            "bank": "ccb",
            "generation": "third",
            "issuedOn": "2020-05-06",
            "state": "ACTIVE",
            "stateSince": "2020-05-07T00:00:00+08:00",
        }
    ],
}
PERSONAL_QUERIES = [
    "{me{name}}",
    f'{{holder(id: "{global_id("Holder", "x")}"){{name}}}}',
    f'{{card(id: "{global_id("Card", "x")}"){{number}}}}',
    f'{{operation(id: "{SOMETHING}"){{state}}}}',
    "{operations{totalCount}}",
    "{accountsToClose{totalCount}}",
    f'{{accountEntries(region: "{QINGDAO}"){{totalCount}}}}',
    f'{{heldInsurance(cardId: "{SOME_CARD}", region: "{CHENGDU}"){{name}}}}',
    '{cardUsable(cardNumber: "A12345678"){usable}}',
    '{findHolder(name: "x", identityType: "passport", identityNumber: "E1234567"){reason}}',
    '{findCard(number: "A12345678"){reason}}',
    f'{{node(id: "{SOMETHING}"){{id}}}}',
    '{checkEligibility(input: {service: "apply"}){decision{allowed}}}',
]


def test_every_mutation_is_tried_without_a_token(service: GraphService) -> None:
    found = service.caller(None).ask("{__schema{mutationType{fields{name}}}}")["__schema"]["mutationType"]["fields"]
    assert {field["name"] for field in found} == {*INPUTS, "uploadDocument"}


def test_without_a_token_nothing_personal_is_told_or_changed(service: GraphService) -> None:
    nobody = service.caller(None)
    for mutation, given in INPUTS.items():
        assert nobody.failure(change_document(mutation), {"input": given}) == "NOT_AUTHENTICATED", mutation
    for query in PERSONAL_QUERIES:
        assert nobody.failure(query) == "NOT_AUTHENTICATED", query


def test_what_is_public_needs_no_token(service: GraphService) -> None:
    nobody = service.caller(None)
    nobody.ask("{regions{code name{zh}}}")
    nobody.ask(f'{{policy(region: "{JINAN}", service: "apply"){{digest}}}}')
    assert nobody.requirements(QINGDAO, "apply")["decision"]["service"] == "apply"


def denied(caller: Caller, operation: str) -> None:
    """Make sure that an operation is not there for somebody, whatever they try."""
    assert caller.failure(f"query($id: ID!){{operation(id: $id){{{OPERATION}}}}}", {"id": operation}) == "NOT_FOUND"
    assert caller.ask("query($id: ID!){node(id: $id){id}}", {"id": operation}) == {"node": None}
    for mutation, given in INPUTS.items():
        if "operationId" in given:
            payload = caller.change(mutation, **(given | {"operationId": operation}))
            assert codes(payload) == ["NOT_FOUND"], mutation
            assert payload["decision"] is None
    assert codes(caller.check("progress", operationId=operation)) == ["NOT_FOUND"]


def test_another_citizens_operation_holder_card_and_document_are_not_there(service: GraphService) -> None:
    person = service.person()
    citizen, stranger = service.citizen(person), service.citizen(service.person())
    operation = submitted(citizen)
    denied(stranger, operation["id"])
    card = add_card(service, service.person(), JINAN)
    document = citizen.document("photo", JINAN, card_picture())
    assert stranger.failure("query($id: ID!){holder(id: $id){name}}", {"id": holder_id(person)}) == "NOT_FOUND"
    assert stranger.failure(f"query($id: ID!){{card(id: $id){{{CARD}}}}}", {"id": card.id}) == "NOT_FOUND"
    for identifier in (holder_id(person), card.id, document):
        assert stranger.ask("query($id: ID!){node(id: $id){id}}", {"id": identifier}) == {"node": None}
    assert codes(stranger.change("activateCard", cardId=card.id)) == ["NOT_FOUND"]
    assert codes(stranger.change("applyForCard", regionCode=JINAN, holderId=holder_id(person))) == ["NOT_FOUND"]
    used = stranger.change("applyForCard", regionCode=JINAN, evidence={"documentIds": [document]})
    assert codes(used) == ["NOT_FOUND"]
    assert codes(stranger.upload("photo", JINAN, card_picture(), holderId=holder_id(person))) == ["NOT_FOUND"]
    assert stranger.ask("{operations{totalCount}}") == {"operations": {"totalCount": 0}}


def test_another_s_card_is_not_there_for_strangers_and_other_offices_whatever_they_try(service: GraphService) -> None:
    card = add_card(service, service.person(), CHENGDU, state=CardState.ACTIVE)
    strangers = {
        "citizen": service.citizen(service.person(), "unionpay_app"),
        "bank": service.bank("icbc"),
        "clerk": service.clerk(QINGDAO),
    }
    for name, stranger in strangers.items():
        for mutation, given in INPUTS.items():
            if "cardId" in given:
                payload = stranger.change(mutation, **(given | {"cardId": card.id}))
                elsewhere = name == "clerk" and "regionCode" in given
                assert codes(payload) == ["NOT_PERMITTED" if elsewhere else "NOT_FOUND"], (name, mutation)
                assert payload["decision"] is None


def test_whether_there_is_such_a_thing_is_not_told(service: GraphService) -> None:
    person = service.person()
    citizen, stranger = service.citizen(person), service.citizen(service.person())
    document, card = citizen.document("photo", JINAN, card_picture()), add_card(service, service.person(), JINAN)

    def told(kind: str, identifier: str) -> str:
        asks: dict[str, dict[str, Any]] = {
            "Holder": {"service": "apply", "regionCode": JINAN, "holderId": identifier},
            "Card": {"service": "activate", "cardId": identifier},
            "Operation": {"service": "withdraw", "operationId": identifier},
            "Document": {"service": "apply", "regionCode": JINAN, "evidence": {"documentIds": [identifier]}},
        }
        text = json.dumps(stranger.check(**asks[kind]), ensure_ascii=False)
        return text.replace(split_id(identifier, "id")[1], "ID")

    for found in (holder_id(person), card.id, submitted(citizen)["id"], document):
        kind = split_id(found, "id")[0]
        assert told(kind, found) == told(kind, global_id(kind, "00000000-0000-4000-8000-00000000ffff"))


def test_staff_of_other_regions_and_banks_do_not_see_an_operation(service: GraphService) -> None:
    operation = paid(service.citizen(service.person()), bank="icbc")
    strangers = [
        service.clerk(QINGDAO),
        service.clerk("510000"),
        service.bank("ccb"),
        service.bank("icbc", "370200"),
        service.card_maker(QINGDAO),
    ]
    for stranger in strangers:
        denied(stranger, operation["id"])
        listed = stranger.ask("{operations(first: 100){edges{node{id}}}}")["operations"]["edges"]
        assert operation["id"] not in {edge["node"]["id"] for edge in listed}
    for colleague in (service.clerk(JINAN, "partner_system"), service.bank("icbc"), service.card_maker()):
        assert colleague.operation(operation["id"])["state"] == "PAID"


@pytest.mark.parametrize("role", ["medical_institution", "settlement_system", "bank", "card_maker", "clerk"])
def test_an_office_or_institution_that_its_issuer_calls_by_the_id_of_a_person_is_not_that_person(
    service: GraphService, role: str
) -> None:
    person = service.person(mobile=f"+86{mobile()}")
    card, operation = add_card(service, person, CHENGDU, state=CardState.ACTIVE), submitted(service.citizen(person))
    delegate_on_record(service, person, "activate")
    [given] = service.citizen(person).ask("{me{delegations{id}}}")["me"]["delegations"]
    channel = "service_window" if role == "clerk" else "partner_system"
    named = service.caller(Actor(person.id, role, channel, "elsewhere", "440100"))
    assert named.ask("{me{name} operations{totalCount}}") == {"me": None, "operations": {"totalCount": 0}}
    for identifier in (given["id"], operation["id"], card.id, holder_id(person)):
        assert named.ask("query($id: ID!){node(id: $id){id}}", {"id": identifier})["node"] is None
    usable = "query($number: String!){cardUsable(cardNumber: $number){usable}}"
    if role != "medical_institution":  # which may ask of any card
        assert named.failure(usable, {"number": card.number}) == "NOT_FOUND"


def test_partners_read_what_was_filled_in_while_there_is_a_card_to_make(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = submitted(citizen)
    assert service.card_maker(JINAN).operation(operation["id"])["details"] != []
    # A new address on record makes no card.
    person = service.person()
    card = add_card(service, person, CHENGDU, state=CardState.ACTIVE)
    given = {"cardId": card.id, "evidence": {"details": {"residenceAddress": "成都市高新区天府大道1号"}}}
    changed = service.citizen(person, "unionpay_app").changed("updateInformation", **given)["operation"]
    assert service.clerk(CHENGDU).operation(changed["id"])["details"] != []
    assert service.card_maker(CHENGDU).operation(changed["id"])["details"] == []
    # Who has read it is on record.
    service.written()
    told = [row for row in rows(service)["audit_entries"] if '"details"' in row and person.id in row]
    assert [f"clerk-{CHENGDU}" in row for row in told] == [True]


def test_a_clerk_does_not_take_applications_of_another_region(service: GraphService) -> None:
    payload = service.clerk(QINGDAO).change("applyForCard", regionCode=CHENGDU, holderId=holder_id(service.person()))
    assert codes(payload) == ["NOT_PERMITTED"]


def test_SC_12_below_18_the_guardian_must_act_and_must_be_on_record(service: GraphService) -> None:
    child = service.person(date(2009, 1, 1), insured_in=(CHENGDU,))
    alone = service.citizen(child, "unionpay_app").check("apply", regionCode=CHENGDU)["decision"]
    assert denials(alone) == ["UNDER_AGE_ALONE"]
    assert alone["denials"][0]["values"][0]["citation"]["clause"] == "未满十八周岁的未成年人应由监护人代办 (SC-12)"
    parent = service.person()
    asked = service.citizen(parent, "unionpay_app")
    given = {"regionCode": CHENGDU, "holderId": holder_id(child)}
    assert codes(asked.change("applyForCard", **given)) == ["NOT_FOUND"]
    recorded = service.clerk(CHENGDU).changed(
        "recordGuardianship",
        guardianId=holder_id(parent),
        wardId=holder_id(child),
        kinship="父亲",
        evidence={"sightedDocuments": ["household_register"]},
    )
    assert recorded["recordedAt"] == service.clock.now().isoformat()
    assert [ward["id"] for ward in asked.ask("{me{wards{id}}}")["me"]["wards"]] == [holder_id(child)]
    papers = [
        *chengdu_papers(asked, holderId=holder_id(child)),
        asked.document("household_register", CHENGDU, card_picture(), holderId=holder_id(child)),
    ]
    operation = asked.changed("applyForCard", **given, evidence={"details": details(), "documentIds": papers})[
        "operation"
    ]
    assert operation["relation"] == "guardian"


def test_SC_12_without_full_capacity_the_guardian_must_act(service: GraphService) -> None:
    person = service.person(full_capacity=False, insured_in=(CHENGDU,))
    decision = service.citizen(person, "unionpay_app").check("apply", regionCode=CHENGDU)["decision"]
    assert denials(decision) == ["WITHOUT_CAPACITY_ALONE"]
    assert decision["denials"][0]["citation"]["clause"] == "温馨提示 (SC-12)"
    guardian = service.citizen(service.guardian(person), "unionpay_app")
    found = guardian.check("apply", regionCode=CHENGDU, holderId=holder_id(person))["decision"]
    assert denials(found) == []


def test_SC_12_under_7_no_photo_is_needed_and_a_card_with_one_is_advised_for_later(service: GraphService) -> None:
    small: dict[str, Any] = {"identity_type": "household_register", "insured_in": (CHENGDU,)}
    child = service.person(date(2019, 11, 21), **small)
    parent = service.citizen(service.guardian(child), "unionpay_app")
    decision = parent.check("apply", regionCode=CHENGDU, holderId=holder_id(child))["decision"]
    assert "photo" not in missing(decision)
    assert any("满7周岁后，请及时换领带照片的卡" in advice["message"]["zh"] for advice in decision["advice"])
    seven = service.person(date(2019, 11, 20), **small)
    older = service.citizen(service.guardian(seven), "unionpay_app")
    decision = older.check("apply", regionCode=CHENGDU, holderId=holder_id(seven))["decision"]
    assert "photo" in missing(decision)
    assert not any("换领" in advice["message"]["zh"] for advice in decision["advice"])


def at_the_window(
    service: GraphService, reason: str | None, *, letter: bool, born_on: date = date(1990, 3, 7)
) -> dict[str, Any]:
    """Let a delegate apply for somebody at Chengdu's window; return the payload."""
    person, delegate = service.person(born_on, insured_in=(CHENGDU,)), service.person()
    clerk = service.clerk(CHENGDU)
    photo = chengdu_papers(clerk, holderId=holder_id(person))[0]
    papers = ["identity_card_front", "identity_card_back", *(["delegation_letter"] if letter else [])]
    declared = [{"name": "declared.delegation_reason", "value": reason}] if reason else []
    evidence = {"documentIds": [photo], "sightedDocuments": papers, "declarations": declared}
    return clerk.change(
        "applyForCard",
        regionCode=CHENGDU,
        holderId=holder_id(person),
        presentPersonId=holder_id(delegate),
        evidence=evidence,
    )


def test_SC_12_a_delegate_of_ones_choice_acts_at_a_window_for_who_cannot_come(service: GraphService) -> None:
    for reason in ("long_away", "disabled_limited_mobility"):
        assert at_the_window(service, reason, letter=True)["operation"]["state"] == "SUBMITTED"
    assert codes(at_the_window(service, "other_reason", letter=True)) == ["DELEGATE_WITHOUT_REASON"]
    assert missing(at_the_window(service, "long_away", letter=False)["decision"]) == {
        "delegation": ["delegation_letter"]
    }
    untold = at_the_window(service, None, letter=True)
    assert "declared.delegation_reason" in str(missing(untold["decision"]))


@pytest.mark.parametrize(("born_on", "answer"), [(date(1966, 11, 20), []), (date(1966, 11, 21), ["NOT_ELDERLY"])])
def test_SC_12_who_is_elderly_is_read_from_the_record_and_not_from_what_is_stated(
    service: GraphService, born_on: date, answer: list[str]
) -> None:
    payload = at_the_window(service, "elderly_limited_mobility", letter=True, born_on=born_on)
    assert codes(payload) == answer
    assert all(error["citation"]["clause"] == "温馨提示 (SC-12)" for error in payload["errors"])


def test_only_a_clerk_sights_originals(service: GraphService) -> None:
    citizen = service.citizen(service.person(), "qingdao_app")
    payload = citizen.change("applyForCard", regionCode=QINGDAO, evidence={"sightedDocuments": ["identity_card_front"]})
    assert codes(payload) == ["NOT_PERMITTED"]


def test_a_clerk_registers_whom_the_register_confirms(service: GraphService) -> None:
    clerk = service.clerk(CHENGDU)
    given = {"identityType": "resident_identity_card", "identityNumber": "110105198808088084"}
    holder = clerk.changed("registerHolder", name="赵示例", **given)["holder"]
    assert holder["identityNumber"] == "****8084"
    assert clerk.changed("registerHolder", name="赵示例", **given)["holder"]["id"] == holder["id"]
    assert codes(clerk.change("registerHolder", name="钱示例", **given)) == ["IDENTITY_NOT_CONFIRMED"]
    wrong = given | {"identityNumber": "110105198808088085"}
    assert codes(clerk.change("registerHolder", name="赵示例", **wrong)) == ["IDENTITY_NUMBER_INVALID"]
    [error] = clerk.change("registerHolder", name="赵示例", **given | {"identityType": "library_card"})["errors"]
    assert (error["code"], error["field"]) == ("VALUE_NOT_POSSIBLE", "input.identityType")


@pytest.mark.parametrize(("language", "words"), [("zh-CN", "请先登录"), ("en", "A token is needed")])
def test_errors_are_told_in_the_language_of_the_request(service: GraphService, language: str, words: str) -> None:
    caller = service.caller(None, language)
    assert words in caller.answer("{me{name}}")["errors"][0]["message"]
    citizen = service.caller(Actor(service.person(date(2015, 1, 1)).id, "citizen", "national_mini_program"), language)
    decision = citizen.check("apply", regionCode=JINAN)["decision"]
    shown = decision["denials"][0]["message"]
    assert shown["text"] == (shown["zh"] if language == "zh-CN" else shown["en"])
