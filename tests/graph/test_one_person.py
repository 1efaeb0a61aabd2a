"""One citizen number is one person, by whichever document they are put on record, and whoever comes first."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from domain.holder import Holder
from tests.graph.caller import codes
from tests.graph.cards import add_active_card
from tests.graph.journey import CHENGDU, JINAN, application
from tests.graph.records import rows
from tests.graph.service import GraphService, holder_id

BOTH = ("household_register", "resident_identity_card")
# Known to the pretended register, as all people of the demo.
FIRST = {"name": "王示例", "identityNumber": "510104199003071018"}
SECOND = {"name": "李示例", "identityNumber": "370202198805234044"}
THIRD = {"name": "陈示例", "identityNumber": "51070319920229603x"}


def registered(service: GraphService, identity_type: str, **person: str) -> str:
    """Register somebody at a window; return their id."""
    given = {**person, "identityType": identity_type}
    identifier: str = service.clerk(CHENGDU).changed("registerHolder", **given)["holder"]["id"]
    return identifier


def test_the_household_register_and_the_identity_card_are_one_person_s(service: GraphService) -> None:
    before = len(rows(service, "holders")["holders"])
    child, grown = (registered(service, identity_type, **FIRST) for identity_type in BOTH)
    assert child == grown
    assert registered(service, "household_register", **FIRST) == child
    assert len(rows(service, "holders")["holders"]) == before + 1


def test_a_second_application_by_the_other_document_is_refused(service: GraphService) -> None:
    local = registered(service, "household_register", **SECOND)
    person = service.work(lambda work: work.holders.find_by_identity("resident_identity_card", "370202198805234044"))
    assert person is not None
    assert holder_id(person) == local
    citizen = service.citizen(person)
    citizen.changed("applyForCard", **application(citizen))
    assert registered(service, "resident_identity_card", **SECOND) == local
    again = service.citizen(person).change("applyForCard", **application(citizen, bank="icbc", region=JINAN))
    assert "ONE_CARD_IN_PROVINCE" in codes(again)


def test_two_who_register_one_person_at_once_by_two_documents_get_one_person(service: GraphService) -> None:
    before = len(rows(service, "holders")["holders"])

    def register(identity_type: str) -> dict[str, Any]:
        return service.clerk(CHENGDU).change("registerHolder", identityType=identity_type, **THIRD)

    with ThreadPoolExecutor(8) as pool:
        payloads = list(pool.map(register, BOTH * 4))
    assert [codes(payload) for payload in payloads] == [[]] * 8
    assert len({payload["holder"]["id"] for payload in payloads}) == 1
    assert len(rows(service, "holders")["holders"]) == before + 1


def test_whoever_is_on_record_by_one_document_is_found_by_the_other(service: GraphService) -> None:
    # An old number of 15 digits on record is the number of 18 digits of the same person.
    delegate = service.person(identity_type="household_register", identity_number="110105491231002")
    person = service.person(insured_in=(CHENGDU,))
    add_active_card(service, person, CHENGDU)
    named = {"name": delegate.name, "identityType": "resident_identity_card", "identityNumber": "11010519491231002x"}
    service.clerk(CHENGDU).changed(
        "grantDelegation",
        regionCode=CHENGDU,
        holderId=holder_id(person),
        delegate=named,
        services=["status"],
        until="2026-12-01",
        evidence={
            "sightedDocuments": ["identity_card_front", "identity_card_back"],
            "declarations": [{"name": "declared.delegation_reason", "value": "long_away"}],
        },
    )


@pytest.mark.parametrize("identity_type", BOTH)
@pytest.mark.parametrize("number", ["510104199003071019", "5101041990030710", "E1234567"])
def test_no_document_with_a_citizen_number_has_another_number(
    service: GraphService, identity_type: str, number: str
) -> None:
    given = {"name": "王示例", "identityType": identity_type, "identityNumber": number}
    assert codes(service.clerk(CHENGDU).change("registerHolder", **given)) == ["IDENTITY_NUMBER_INVALID"]


def test_a_passport_with_the_same_digits_is_somebody_else_s(service: GraphService) -> None:
    citizen: Holder = service.person()
    foreigner = service.person(identity_type="passport", identity_number=citizen.identity_number)
    found = service.work(lambda work: work.holders.find_by_identity("passport", citizen.identity_number))
    assert found == foreigner


@pytest.mark.parametrize("typed", ["王示例", " 王示例\u3000", "王 示例", "王\u3000 示例"])
def test_how_a_name_is_typed_does_not_matter_at_a_window(service: GraphService, typed: str) -> None:
    child = registered(service, "resident_identity_card", **FIRST)
    assert registered(service, "resident_identity_card", **{**FIRST, "name": typed}) == child


@pytest.mark.parametrize(
    ("kept", "typed"),
    [
        ("阿卜杜·热合曼", "阿卜杜•热合曼"),
        ("阿卜杜•热合曼", "阿卜杜 . 热合曼"),
        ("ANNA SCHMIDT", "Ａｎｎａ  Ｓｃｈｍｉｄｔ "),
    ],
)
def test_a_delegate_is_found_however_the_name_is_typed(service: GraphService, kept: str, typed: str) -> None:
    delegate, person = service.person(name=kept), service.person(insured_in=(CHENGDU,))
    named = {"name": typed, "identityType": delegate.identity_type, "identityNumber": delegate.identity_number}
    asked = {"delegate": named, "services": ["status"], "until": "2026-12-01"}
    clerk = service.clerk(CHENGDU)
    told = clerk.check("delegate", regionCode=CHENGDU, holderId=holder_id(person), delegation=asked)
    assert codes(told) == []
    other = {**asked, "delegate": {**named, "name": f"{typed}甲"}}
    refused = clerk.check("delegate", regionCode=CHENGDU, holderId=holder_id(person), delegation=other)
    assert codes(refused) == ["DELEGATE_NOT_FOUND"]


@pytest.mark.parametrize("hidden", ["\u202e", "\u2066", "\x07"])
def test_a_name_that_reads_otherwise_than_it_is_written_is_refused(service: GraphService, hidden: str) -> None:
    named = {"name": f"王{hidden}示例", "identityType": "passport", "identityNumber": "E1234567"}
    [refused] = service.clerk(CHENGDU).change("registerHolder", **named)["errors"]
    assert (refused["code"], refused["field"]) == ("INVALID_INPUT", "input.name")
