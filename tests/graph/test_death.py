"""After a death is on record nothing is done for the holder or in their name, but what winds up what is left (SC-11)."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from domain.holder import Holder
from resolvers.changing.deaths import POSSIBLE_AFTER
from tests.graph.caller import Caller, codes, denials
from tests.graph.cards import IDENTITY_CARD, CardOnRecord, add_active_card, refusals
from tests.graph.delegations import delegate_on_record
from tests.graph.journey import CHENGDU, JINAN, QINGDAO, application, card_picture, submitted
from tests.graph.service import GraphService, holder_id
from tests.graph.test_who_may_act import INPUTS

DEATH = {"reason": "death", "evidence": {"sightedDocuments": [*IDENTITY_CARD, "kinship_proof", "death_certificate"]}}
STAFF_ONLY = {
    "registerHolder",
    "recordGuardianship",
    "endGuardianship",
    "postAccountEntries",
    "mergeHolders",
    "recordDeath",
}
"""What people cannot ask for at all."""
STAFF_ONLY |= {"acceptBatch", "recordProducedBatch", "recordShippedBatch", "confirmReceiptBatch", "importCardsBatch"}
STAFF_ONLY |= {"registerHolderBatch"}
STILL_BY_OFFICES = {
    "cancelCard",
    "closeAccount",
    "withdrawApplication",
    "uploadDocument",
    "mergeHolders",
    "recordDeath",
}
"""What offices still do about somebody who has died."""
PEOPLE_ONLY = {"requestPersonalCopy"}
"""What offices cannot ask for at all."""
NAMES_A_PERSON = {"cardId", "operationId", "holderId", "delegationId", "wardId"}
"""Inputs by which a mutation is about somebody."""


@dataclass(frozen=True, slots=True)
class Estate:
    """What somebody has left, and the inputs by which mutations are about it."""

    person: Holder
    delegate: Holder
    ward: Holder
    cancelled: CardOnRecord
    left: CardOnRecord
    operation: str

    def given(self, mutation: str) -> dict[str, Any]:
        """Return the input of a mutation that is about the person in every way that its input allows."""
        trusted = {
            "name": self.delegate.name,
            "identityType": self.delegate.identity_type,
            "identityNumber": self.delegate.identity_number,
        }
        ids = {"cardId": self.left.id, "operationId": self.operation, "delegate": trusted}
        ids |= {
            "holderId": holder_id(self.person),
            "guardianId": holder_id(self.delegate),
            "wardId": holder_id(self.person),
        }
        return {name: ids.get(name, value) for name, value in INPUTS[mutation].items()}


def died(service: GraphService) -> Estate:
    """Let somebody with cards, an application, a delegate and a ward die, and a relative have one card cancelled."""
    person, ward = service.person(), service.person(date(2015, 1, 1))
    service.guardian(ward, person)
    operation = submitted(service.citizen(person))["id"]
    cancelled, left = add_active_card(service, person, CHENGDU), add_active_card(service, person, QINGDAO)
    delegate = delegate_on_record(service, person, "status", "apply", "cancel_loss_report")
    relative = holder_id(service.person())
    service.clerk(CHENGDU).changed("cancelCard", cardId=cancelled.id, presentPersonId=relative, **DEATH)
    return Estate(person, delegate, ward, cancelled, left, operation)


def inputs(service: GraphService) -> dict[str, set[str]]:
    """Return the names of the input fields of every mutation, as the schema has them."""
    document = "{__schema{mutationType{fields{name args{type{ofType{inputFields{name}}}}}}}}"
    found = service.caller(None).ask(document)["__schema"]["mutationType"]["fields"]
    return {f["name"]: {i["name"] for i in f["args"][0]["type"]["ofType"]["inputFields"]} for f in found}


def upload(caller: Caller, region: str, **given: Any) -> list[str]:
    """Return the codes of an upload."""
    return codes(caller.upload("photo", region, card_picture(), **given))


def test_no_mutation_of_the_schema_does_anything_for_the_token_of_the_dead(service: GraphService) -> None:
    estate = died(service)
    for channel in ("national_mini_program", "qingdao_app", "unionpay_app"):
        dead = service.citizen(estate.person, channel)
        for mutation in inputs(service):
            if mutation == "uploadDocument":
                refused = upload(dead, CHENGDU)
            elif mutation == "revokeDelegation":
                [delegation] = dead.ask("{me{delegations{id}}}")["me"]["delegations"]
                refused = codes(dead.change(mutation, delegationId=delegation["id"]))
            else:
                told = dead.change(mutation, **estate.given(mutation))
                refused = [code for each in (told, *told.get("rows", [])) for code in codes(each)]
            refusals_here = ["NOT_PERMITTED", "INVALID_INPUT"] if mutation in STAFF_ONLY else ["HOLDER_DECEASED"]
            assert refused in [[code] for code in refusals_here], (channel, mutation, refused)


def test_no_office_does_more_for_the_dead_than_wind_up_what_is_left(service: GraphService) -> None:
    estate = died(service)
    clerk = service.clerk(QINGDAO, "bank_window")
    callers = [clerk, service.clerk(CHENGDU), service.clerk("370000"), service.card_maker(), service.bank("ccb")]
    dead = {"holderId": holder_id(estate.person)}
    about = {name for name, fields in inputs(service).items() if fields & NAMES_A_PERSON}
    assert {"applyForCard", "reissueCard", "grantDelegation", "acceptForProduction", "recordGuardianship"} < about
    for mutation in about - STILL_BY_OFFICES - PEOPLE_ONLY - {"revokeDelegation"}:
        given = estate.given(mutation)
        given |= dead if "holderId" in inputs(service)[mutation] else {}
        if mutation == "requestVerificationCode":
            # To the number that is bound.
            del given["mobile"]
        # Those of the mutation's own region answer: a card maker everywhere, a clerk in the city or the province.
        told = {code for caller in callers for code in codes(caller.change(mutation, **given))}
        assert "HOLDER_DECEASED" in told, (mutation, told)
        assert told <= {"HOLDER_DECEASED", "NOT_PERMITTED", "NOT_FOUND", "WARD_OF_ANOTHER_REGION"}, (mutation, told)


def test_a_death_is_told_of_in_dry_runs_too(service: GraphService) -> None:
    estate = died(service)
    dead = service.citizen(estate.person)
    given = application(service.citizen(service.person()))
    given["evidence"].pop("faceAssertion")
    assert codes(dead.check("apply", regionCode=given["regionCode"], evidence=given["evidence"])) == ["HOLDER_DECEASED"]
    assert codes(dead.check("report_temporary_loss", cardId=estate.left.id)) == ["HOLDER_DECEASED"]


def test_what_the_dead_had_allowed_others_and_was_allowed_by_others_has_ended(service: GraphService) -> None:
    estate = died(service)
    delegate = service.citizen(estate.delegate, "unionpay_app")
    look = "query($id: ID!){node(id: $id){id}}"
    assert delegate.ask(look, {"id": holder_id(estate.person)}) == {"node": None}
    assert codes(delegate.change("reportFormalLoss", cardId=estate.left.id)) == ["NOT_FOUND"]
    assert delegate.ask("{me{delegatedBy{holds}}}")["me"]["delegatedBy"] == []
    # A ward of somebody who has died needs another guardian, and gets one.
    dead = service.citizen(estate.person, "unionpay_app")
    assert dead.ask("{me{wards{id}}}") == {"me": {"wards": []}}
    given = {"guardianId": holder_id(service.person()), "wardId": holder_id(estate.ward), "kinship": "祖父"}
    service.clerk(CHENGDU).changed("recordGuardianship", **given, evidence={"sightedDocuments": ["guardianship_proof"]})


def test_nobody_whose_death_is_on_record_becomes_a_delegate_a_guardian_or_is_at_a_window(service: GraphService) -> None:
    estate = died(service)
    clerk, living = service.clerk(CHENGDU), service.person()
    child = service.person(date(2015, 1, 1))
    given = {"guardianId": holder_id(estate.person), "wardId": holder_id(child), "kinship": "父亲"}
    papers = {"sightedDocuments": ["birth_certificate"]}
    assert codes(clerk.change("recordGuardianship", **given, evidence=papers)) == ["HOLDER_DECEASED"]
    named = {
        "name": estate.person.name,
        "identityType": estate.person.identity_type,
        "identityNumber": estate.person.identity_number,
    }
    trust = {"regionCode": CHENGDU, "delegate": named, "services": ["status"], "until": "2026-12-01"}
    assert codes(clerk.change("grantDelegation", holderId=holder_id(living), **trust)) == ["HOLDER_DECEASED"]
    card = add_active_card(service, living, CHENGDU)
    there = {"cardId": card.id, "presentPersonId": holder_id(estate.person)}
    assert codes(clerk.change("reportFormalLoss", **there)) == ["HOLDER_DECEASED"]


def test_what_is_left_is_wound_up_as_the_region_s_policy_says(service: GraphService) -> None:
    estate = died(service)
    assert refusals(service, estate.left) == ["HOLDER_DECEASED"]
    outlet = service.clerk(QINGDAO, "bank_window")
    assert upload(outlet, QINGDAO, holderId=holder_id(estate.person)) == []
    service.bank("ccb").changed("closeAccount", cardId=estate.cancelled.id)
    ended = outlet.changed("cancelCard", cardId=estate.left.id, evidence={"sightedDocuments": IDENTITY_CARD})
    assert ended["card"]["state"] == "CANCELLED"
    withdrawn = service.clerk(JINAN).changed("withdrawApplication", operationId=estate.operation)
    assert withdrawn["operation"]["state"] == "WITHDRAWN"


def test_only_a_clerk_tells_of_a_death(service: GraphService) -> None:
    person = service.person()
    card, citizen = add_active_card(service, person, QINGDAO), service.citizen(person, "qingdao_website")
    assert codes(citizen.change("cancelCard", cardId=card.id, reason="death")) == ["NOT_PERMITTED"]
    assert codes(citizen.check("cancel", cardId=card.id, cancellationReason="death")) == ["NOT_PERMITTED"]
    citizen.changed("cancelCard", cardId=card.id)


@pytest.mark.parametrize("reason", ["missing", "settled_abroad"])
def test_no_other_reason_means_a_death(service: GraphService, reason: str) -> None:
    person = service.person()
    card = add_active_card(service, person, CHENGDU)
    sighted = [*IDENTITY_CARD, "kinship_proof", "missing_person_declaration", "settlement_abroad_proof"]
    present = {"presentPersonId": holder_id(service.person())} if reason == "missing" else {}
    clerk = service.clerk(CHENGDU)
    clerk.changed("cancelCard", cardId=card.id, reason=reason, **present, evidence={"sightedDocuments": sighted})
    assert denials(service.citizen(person).check("apply", regionCode=JINAN)["decision"]) == []


def test_the_services_that_go_on_are_services(service: GraphService) -> None:
    policies = service.running.dependencies.policies()
    assert [name for name in POSSIBLE_AFTER if policies.term_label("services", name) is None] == []
