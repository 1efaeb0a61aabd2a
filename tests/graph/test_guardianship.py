"""Guardians go on record at a window, with papers and for who needs one, and a guardianship ends again."""

from datetime import date
from typing import Any

import pytest

from domain.card import CardState
from domain.holder import Actor, Holder
from domain.region import NATION
from tests.graph.caller import Caller, codes, denials, missing
from tests.graph.cards import add_active_card, look_up
from tests.graph.guardians import PROOF, confirmed
from tests.graph.journey import CHENGDU, QINGDAO, card_picture
from tests.graph.records import rows
from tests.graph.replacements import IN_PERSON
from tests.graph.service import GraphService, holder_id

BORN = date(2015, 1, 1)
PAPERS = {"sightedDocuments": ["birth_certificate"]}


def pair(ward: Holder, guardian: Holder) -> dict[str, Any]:
    """Return the input that names a ward and their guardian."""
    return {"guardianId": holder_id(guardian), "wardId": holder_id(ward)}


def asked(ward: Holder, guardian: Holder, **more: Any) -> dict[str, Any]:
    """Return the input that puts a guardian on record, with the birth certificate."""
    return {**pair(ward, guardian), "kinship": "母亲", "evidence": PAPERS, **more}


def there(ward: Holder, guardian: Holder) -> dict[str, Any]:
    """Return the input that ends a guardianship whose guardian is at the window."""
    return {**pair(ward, guardian), "presentPersonId": holder_id(guardian)}


def wards(caller: Caller) -> list[str]:
    """Return the ids of somebody's wards."""
    return [ward["id"] for ward in caller.ask("{me{wards{id}}}")["me"]["wards"]]


def test_a_guardian_goes_on_record_once_and_never_for_oneself(service: GraphService) -> None:
    child, parent, clerk = service.person(BORN), service.person(), service.clerk(CHENGDU)
    recorded = clerk.changed("recordGuardianship", **asked(child, parent))
    assert recorded["decision"]["allowed"] is True
    assert recorded["recordedAt"] == service.clock.now().isoformat()
    assert codes(clerk.change("recordGuardianship", **asked(child, parent))) == ["GUARDIANSHIP_EXISTS"]
    assert codes(clerk.change("recordGuardianship", **asked(parent, parent))) == ["INVALID_INPUT"]
    assert codes(clerk.change("recordGuardianship", **asked(child, parent, kinship=" "))) == ["INVALID_INPUT"]


def test_a_telephone_line_puts_no_guardian_on_record_and_ends_no_guardianship(service: GraphService) -> None:
    child, parent = service.person(BORN, insured_in=(CHENGDU,)), service.person()
    line = service.clerk(CHENGDU, "hotline_12333")
    refused = line.change("recordGuardianship", **asked(child, parent))
    assert "CHANNEL_NOT_OPEN" in codes(refused)
    # Nobody stands before somebody on the telephone.
    assert "presence" in missing(refused["decision"])["guardianship_papers"]
    assert refused["recordedAt"] is None
    assert wards(service.citizen(parent)) == []
    service.guardian(child, parent)
    assert "CHANNEL_NOT_OPEN" in codes(line.change("endGuardianship", **pair(child, parent), evidence=PROOF))
    assert wards(service.citizen(parent)) == [holder_id(child)]


def test_nobody_becomes_guardian_of_a_grown_person_with_full_capacity(service: GraphService) -> None:
    person, stranger = service.person(), service.person()
    card = add_active_card(service, person, CHENGDU)
    payload = service.clerk(CHENGDU).change("recordGuardianship", **asked(person, stranger))
    assert denials(payload["decision"]) == ["CAPABLE_ADULT"]
    citizen = service.citizen(stranger, "unionpay_app")
    assert codes(citizen.change("reportTemporaryLoss", cardId=card.id)) == ["NOT_FOUND"]
    without = service.person(full_capacity=False)
    service.clerk(CHENGDU).changed("recordGuardianship", **asked(without, stranger))


@pytest.mark.parametrize(
    ("guardian", "code"),
    [
        ({"born_on": date(2008, 11, 21)}, "GUARDIAN_UNDER_AGE"),
        ({"full_capacity": False}, "GUARDIAN_WITHOUT_CAPACITY"),
    ],
)
def test_who_is_under_age_or_without_full_capacity_is_no_guardian(
    service: GraphService, guardian: dict[str, Any], code: str
) -> None:
    child, found = service.person(BORN), service.person(**guardian)
    payload = service.clerk(CHENGDU).change("recordGuardianship", **asked(child, found))
    assert denials(payload["decision"]) == [code]


def test_a_guardian_is_of_full_age_on_the_eighteenth_birthday(service: GraphService) -> None:
    child, sister = service.person(BORN), service.person(date(2008, 11, 20))
    service.clerk(CHENGDU).changed("recordGuardianship", **asked(child, sister, kinship="姐姐"))


def test_papers_are_asked_for_and_may_be_uploaded_for_the_ward_alone(service: GraphService) -> None:
    child, parent, clerk = service.person(BORN), service.person(), service.clerk(CHENGDU)
    papers = ["birth_certificate", "household_register", "guardianship_proof"]
    bare = clerk.change("recordGuardianship", **asked(child, parent, evidence={}))
    assert missing(bare["decision"]) == {"guardianship_papers": papers}
    others = clerk.document("birth_certificate", CHENGDU, card_picture(), holderId=holder_id(parent))
    another = clerk.change("recordGuardianship", **asked(child, parent, evidence={"documentIds": [others]}))
    assert codes(another) == ["NOT_FOUND"]
    own = clerk.document("birth_certificate", CHENGDU, card_picture(), holderId=holder_id(child))
    clerk.changed("recordGuardianship", **asked(child, parent, evidence={"documentIds": [own]}))


def test_where_nothing_says_where_a_ward_belongs_the_clerk_s_region_decides_or_the_one_named(
    service: GraphService,
) -> None:
    teenager, parent = service.person(date(2009, 1, 1)), service.person()
    # At seventeen one acts alone in Qingdao, and not yet in Chengdu.
    assert denials(service.clerk(QINGDAO).change("recordGuardianship", **asked(teenager, parent))["decision"]) == [
        "CAPABLE_ADULT"
    ]
    elsewhere = service.clerk(QINGDAO).change("recordGuardianship", **asked(teenager, parent, regionCode=CHENGDU))
    assert codes(elsewhere) == ["NOT_PERMITTED"]
    nation = service.caller(Actor("clerk", "clerk", "service_window", "window", NATION))
    unnamed = nation.change("recordGuardianship", **asked(teenager, parent))
    assert [(error["code"], error["field"]) for error in unnamed["errors"]] == [("INVALID_INPUT", "input.regionCode")]
    recorded = nation.changed("recordGuardianship", **asked(teenager, parent, regionCode=CHENGDU))
    assert recorded["decision"]["region"] == CHENGDU


def test_both_decisions_are_kept_also_the_refused_ones(service: GraphService) -> None:
    child, parent, clerk = service.person(BORN), service.person(), service.clerk(CHENGDU)
    before = len(rows(service, "decisions")["decisions"])
    clerk.change("recordGuardianship", **asked(child, parent, evidence={}))
    clerk.changed("recordGuardianship", **asked(child, parent))
    clerk.change("endGuardianship", **pair(child, parent))
    clerk.changed("endGuardianship", **there(child, parent), evidence=PROOF)
    assert len(rows(service, "decisions")["decisions"]) == before + 4


def test_what_it_takes_is_told_before_anybody_comes(service: GraphService) -> None:
    child, clerk = service.person(BORN), service.clerk(CHENGDU)
    told = clerk.check("record_guardianship", regionCode=CHENGDU, holderId=holder_id(child))["decision"]
    assert denials(told) == []
    assert set(missing(told)) == {"guardianship_papers"}
    assert service.caller(None).requirements(CHENGDU, "end_guardianship")["decision"]["service"] == "end_guardianship"


def test_a_guardianship_that_has_ended_lets_nobody_act(service: GraphService) -> None:
    child = service.person(BORN)
    parent = service.guardian(child)
    card = add_active_card(service, child, CHENGDU)
    citizen, clerk = service.citizen(parent, "unionpay_app"), service.clerk(CHENGDU)
    assert look_up(citizen, card.id)["state"] == CardState.ACTIVE.name
    asked_for = clerk.changed("endGuardianship", **there(child, parent), evidence=PROOF)
    assert (asked_for["endedAt"], asked_for["operation"]["state"]) == (None, "SUBMITTED")
    assert wards(citizen) == [holder_id(child)]
    confirmed(service, asked_for)
    assert wards(citizen) == []
    assert codes(citizen.change("reportTemporaryLoss", cardId=card.id)) == ["NOT_FOUND"]
    again = clerk.change("endGuardianship", **there(child, parent), evidence=PROOF)
    assert codes(again) == ["GUARDIANSHIP_NOT_FOUND"]
    # The same two may be put on record anew.
    clerk.changed("recordGuardianship", **asked(child, parent))
    assert wards(citizen) == [holder_id(child)]


def test_as_long_as_somebody_needs_a_guardian_none_just_steps_down(service: GraphService) -> None:
    child = service.person(BORN)
    parent, clerk = service.guardian(child), service.clerk(CHENGDU)
    for present in (child, parent, service.person()):
        given = {**pair(child, parent), "presentPersonId": holder_id(present), "evidence": IN_PERSON}
        takes_part = {"guardian_takes_part"} if present is not parent else set()
        asked_for = set(missing(clerk.change("endGuardianship", **given)["decision"]))
        assert asked_for == {"guardianship_changed"} | takes_part
    assert wards(service.citizen(parent)) == [holder_id(child)]


def test_who_has_come_of_age_ends_it_with_an_identity_document_and_so_does_the_guardian(service: GraphService) -> None:
    clerk = service.clerk(CHENGDU)
    for comes in ("ward", "guardian"):
        ward = service.person()
        guardian = service.guardian(ward)
        present = holder_id(ward if comes == "ward" else guardian)
        stranger = {**pair(ward, guardian), "presentPersonId": holder_id(service.person()), "evidence": IN_PERSON}
        assert set(missing(clerk.change("endGuardianship", **stranger)["decision"])) == {"guardianship_changed"}
        clerk.changed("endGuardianship", **pair(ward, guardian), presentPersonId=present, evidence=IN_PERSON)


def test_nobody_but_a_clerk_ends_a_guardianship(service: GraphService) -> None:
    child = service.person(BORN)
    parent = service.guardian(child)
    for caller in (service.citizen(child), service.citizen(parent), service.bank("ccb"), service.card_maker()):
        assert codes(caller.change("endGuardianship", **pair(child, parent))) == ["NOT_PERMITTED"]
    assert wards(service.citizen(parent)) == [holder_id(child)]


def test_only_an_office_where_the_ward_belongs_ends_or_records_a_guardianship(service: GraphService) -> None:
    carded, insured = service.person(BORN), service.person(BORN, insured_in=("510100",))
    add_active_card(service, carded, CHENGDU)
    outlet, chengdu = service.clerk(QINGDAO, "bank_window"), service.clerk(CHENGDU)
    recorded = service.person(BORN)
    chengdu.changed("recordGuardianship", **asked(recorded, service.person()))
    for child in (carded, insured, recorded):
        father, other = service.guardian(child), service.person()
        everything = {"sightedDocuments": ["guardianship_proof", "guardianship_ruling", "birth_certificate"]}
        for region in ({}, {"regionCode": QINGDAO}, {"regionCode": CHENGDU}):
            ended = outlet.change("endGuardianship", **there(child, father), evidence=everything, **region)
            assert codes(ended) == ["WARD_OF_ANOTHER_REGION"], region
            put = outlet.change("recordGuardianship", **asked(child, other, evidence=everything, **region))
            assert codes(put) == ["WARD_OF_ANOTHER_REGION"], region
        tried = outlet.check("record_guardianship", regionCode=QINGDAO, holderId=holder_id(child))
        assert codes(tried) == ["WARD_OF_ANOTHER_REGION"]
        assert wards(service.citizen(father)) == [holder_id(child)]
        ended = chengdu.changed("endGuardianship", **there(child, father), evidence=PROOF)
        assert ended["decision"]["region"] == CHENGDU


def test_a_region_without_policies_is_decided_by_its_province(service: GraphService) -> None:
    # Leshan has no policies of its own here, Sichuan has.
    child, parent = service.person(BORN, insured_in=("511100",)), service.person()
    assert codes(service.clerk(CHENGDU).change("recordGuardianship", **asked(child, parent))) == [
        "WARD_OF_ANOTHER_REGION"
    ]
    put = service.clerk("510000").changed("recordGuardianship", **asked(child, parent))
    assert put["decision"]["region"] == "510000"


def test_a_guardian_loses_a_ward_only_with_their_own_part_or_a_paper_above_them(service: GraphService) -> None:
    child, clerk = service.person(BORN), service.clerk(CHENGDU)
    father, mother = service.guardian(child), service.guardian(child)
    alone = clerk.change("endGuardianship", **pair(child, father), presentPersonId=holder_id(mother), evidence=PROOF)
    assert set(missing(alone["decision"])) == {"guardian_takes_part"}
    for paper in ("guardian_consent", "guardianship_ruling"):
        another = service.guardian(child)
        given = {"sightedDocuments": ["guardianship_proof", paper]}
        clerk.changed("endGuardianship", **pair(child, another), presentPersonId=holder_id(mother), evidence=given)
    clerk.changed("endGuardianship", **there(child, father), evidence=PROOF)


def test_beside_a_guardian_nobody_is_put_on_record_on_a_paper_of_their_own_alone(service: GraphService) -> None:
    child, clerk = service.person(BORN), service.clerk(CHENGDU)
    father = service.guardian(child)
    for paper in ("household_register", "guardianship_proof"):
        given = asked(child, service.person(), evidence={"sightedDocuments": [paper]})
        assert set(missing(clerk.change("recordGuardianship", **given)["decision"])) == {"another_on_record"}
    for more in ("guardian_consent", "guardianship_ruling"):
        papers = {"sightedDocuments": ["guardianship_proof", more]}
        clerk.changed("recordGuardianship", **asked(child, service.person(), evidence=papers))
    # The other parent is a guardian by the birth certificate.
    clerk.changed("recordGuardianship", **asked(child, service.person()))
    assert wards(service.citizen(father)) == [holder_id(child)]
