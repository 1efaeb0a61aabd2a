"""Finding a person by an identity document and a card by its number: who may, and what everybody else is told."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from domain.card import CardState
from domain.holder import Holder
from tests.graph.caller import Caller
from tests.graph.cards import IDENTITY_CARD, add_active_card, add_card
from tests.graph.journey import CHENGDU, JINAN, QINGDAO
from tests.graph.service import GraphService, holder_id

_WHO = (
    "query($name: String!, $type: String!, $number: String!){findHolder(name: $name, identityType: $type, "
    "identityNumber: $number){reason message{zh en} holder{id name identityNumber cards{id} "
    "cardsElsewhere{regionCode regionName{zh}}}}}"
)
_WHICH = (
    "query($number: String!, $seen: [String!]){findCard(number: $number, sightedDocuments: $seen)"
    "{reason message{zh en} regionCode regionName{zh} card{id number state holder{id name}}}}"
)
OFFICES: dict[str, Callable[[GraphService], Caller]] = {
    "a bank": lambda service: service.bank("ccb"),
    "a card maker": lambda service: service.card_maker(),
    "a pharmacy": lambda service: service.medical_institution(),
    "a settlement system": lambda service: service.settlement_system(CHENGDU),
}


def who(caller: Caller, person: Holder, **other: str) -> dict[str, Any]:
    """Look for a person by their document, or by one that differs."""
    named = {"name": person.name, "type": person.identity_type, "number": person.identity_number}
    found: dict[str, Any] = caller.ask(_WHO, {**named, **other})["findHolder"]
    return found


def which(caller: Caller, number: str, *seen: str) -> dict[str, Any]:
    """Look for a card by its number."""
    found: dict[str, Any] = caller.ask(_WHICH, {"number": number, "seen": list(seen)})["findCard"]
    return found


def test_a_clerk_finds_whoever_is_on_record_by_every_document_with_their_number(service: GraphService) -> None:
    person = service.person(name="阿卜杜·热合曼", identity_number="110105194912310038")
    card = add_active_card(service, person, CHENGDU)
    for typed in ({}, {"type": "household_register"}, {"name": "阿卜杜•热合曼 "}, {"number": "１１０105194912310038 "}):
        found = who(service.clerk(CHENGDU), person, **typed)
        assert (found["reason"], found["message"]) == (None, None)
        assert found["holder"]["id"] == holder_id(person)
        assert (found["holder"]["identityNumber"], found["holder"]["cards"]) == ("****0038", [{"id": card.id}])
    # Of whoever has nothing to do with the office they read for an hour, and no longer, who stood there.
    visitor = service.person(identity_type="passport", identity_number="E7654399")
    clerk = service.clerk(CHENGDU)
    again = "query($id: ID!){holder(id: $id){name}}", {"id": holder_id(visitor)}
    assert who(clerk, visitor)["reason"] is None
    service.clock.advance(timedelta(hours=1))
    assert clerk.ask(*again) == {"holder": {"name": visitor.name}}
    service.clock.advance(timedelta(seconds=1))
    assert clerk.failure(*again) == "NOT_FOUND"


def test_which_of_name_and_number_is_wrong_nobody_is_told(service: GraphService) -> None:
    person, clerk = service.person(identity_type="passport", identity_number="E7654321"), service.clerk(CHENGDU)
    answers = [
        who(clerk, person, name="别人"),
        who(clerk, person, number="E7654322"),
        who(clerk, person, type="residence_permit"),
    ]
    assert answers == [answers[0]] * 3
    assert (answers[0]["holder"], answers[0]["reason"]) == (None, "NOT_ON_RECORD")
    assert person.identity_number not in str(answers)


def test_people_find_themselves_and_whom_they_act_for_and_offices_that_register_nobody_find_nobody(
    service: GraphService,
) -> None:
    number = "11010519491231{}"
    child = service.person(date(2015, 1, 1), identity_number=number.format("0118"))
    parent = service.guardian(child, service.person(identity_number=number.format("0126")))
    assert who(service.citizen(parent), parent)["holder"]["id"] == holder_id(parent)
    assert who(service.citizen(parent), child)["holder"]["id"] == holder_id(child)
    nobody = who(service.clerk(CHENGDU), child, name="没有这个人")
    assert who(service.citizen(child), parent) == nobody
    for name, office in OFFICES.items():
        assert who(office(service), parent) == nobody, name


@pytest.mark.parametrize(
    ("typed", "code", "field"),
    [
        ({"number": "110105194912310021"}, "IDENTITY_NUMBER_INVALID", "identityNumber"),
        ({"type": "library_card"}, "VALUE_NOT_POSSIBLE", "identityType"),
    ],
)
def test_what_can_be_no_document_is_refused_and_not_repeated(
    service: GraphService, typed: dict[str, str], code: str, field: str
) -> None:
    named = {"name": "王示例", "type": "household_register", "number": "11010519491231002X", **typed}
    [error] = service.clerk(CHENGDU).answer(_WHO, named)["errors"]
    assert (error["extensions"]["code"], error["extensions"]["field"]) == (code, field)
    assert named["number"] not in str(error)
    assert "王示例" not in str(error)


def test_a_card_is_found_by_its_number_where_it_may_be_seen(service: GraphService) -> None:
    person = service.person()
    card = add_active_card(service, person, CHENGDU)
    for caller in (service.clerk(CHENGDU), service.clerk("510700"), service.bank("ccb"), service.card_maker()):
        found = which(caller, f" {card.number.lower()} ")
        assert (found["card"]["id"], found["card"]["number"], found["reason"]) == (card.id, card.number, None)
        assert found["card"]["holder"]["name"] == person.name
    assert which(service.citizen(person), card.number)["card"]["state"] == "ACTIVE"


def test_an_office_elsewhere_is_told_where_a_card_belongs_and_nothing_else(service: GraphService) -> None:
    person = service.person(name="卡在外省的人", identity_number="110105194912310054")
    card = add_active_card(service, person, CHENGDU)
    add_card(service, person, "510700", state=CardState.CANCELLED)
    for caller in (service.clerk(JINAN), service.bank("ccb", QINGDAO), service.card_maker("370000")):
        found = which(caller, card.number)
        assert (found["reason"], found["regionCode"], found["regionName"]) == (
            "ANOTHER_PROVINCE",
            CHENGDU,
            {"zh": "成都市"},
        )
        assert found["card"] is None
        assert person.name not in str(found)
    assert who(service.clerk(QINGDAO), person)["holder"]["cardsElsewhere"] == [
        {"regionCode": CHENGDU, "regionName": {"zh": "成都市"}}
    ]
    assert who(service.clerk(CHENGDU), person)["holder"]["cardsElsewhere"] == []


def test_a_card_of_somebody_else_or_of_another_bank_is_told_of_as_none(service: GraphService) -> None:
    card, clerk = add_active_card(service, service.person(), CHENGDU), service.clerk(CHENGDU)
    none = which(clerk, "A00000000000")
    assert (none["reason"], none["card"], none["regionCode"]) == ("NOT_ON_RECORD", None, None)
    strangers = [service.citizen(service.person()), service.bank("icbc"), service.bank("icbc", QINGDAO)]
    for caller in (*strangers, service.medical_institution(), service.settlement_system(CHENGDU)):
        assert which(caller, card.number) == none


def test_what_the_region_asks_for_before_it_shows_a_card_is_asked_for_here_too(service: GraphService) -> None:
    person = service.person()
    card = add_active_card(service, person, QINGDAO)
    outlet = service.clerk(QINGDAO, "bank_window")
    by_id = outlet.failure("query($id: ID!){card(id: $id){id}}", {"id": card.id})
    assert outlet.failure(_WHICH, {"number": card.number}) == by_id == "DECISION_REFUSED"
    assert which(outlet, card.number, *IDENTITY_CARD)["card"]["id"] == card.id
