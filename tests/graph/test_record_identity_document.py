"""One person with many identity documents: a renewed passport leads to the same person, whoever asks, and whenever."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from domain.holder import Holder
from domain.identity import with_check_character
from tests.graph.caller import codes, denials, missing
from tests.graph.journey import CHENGDU, QINGDAO
from tests.graph.records import rows
from tests.graph.service import GraphService, holder_id

BROUGHT = {"evidence": {"sightedDocuments": ["passport"]}}


def passport() -> str:
    """Return the number of a passport that nobody else has."""
    return f"E{uuid4().hex[:10].upper()}"


def foreigner(service: GraphService, name: str = "ANNA SCHMIDT") -> Holder:
    """Put somebody on record by their passport."""
    return service.person(name=name, holder_type="foreigner", identity_type="passport", identity_number=passport())


def documents(service: GraphService, person: Holder) -> list[dict[str, Any]]:
    """Return somebody's documents as a clerk sees them."""
    service.stands_before(CHENGDU, person)
    query = "query($id: ID!){holder(id: $id){documents{id type number issuedOn expiresOn state main}}}"
    found: list[dict[str, Any]] = service.clerk(CHENGDU).ask(query, {"id": holder_id(person)})["holder"]["documents"]
    return found


def given(person: Holder, number: str, identity_type: str = "passport", **more: Any) -> dict[str, Any]:
    """Return the input that puts a document of somebody on record."""
    named = {"regionCode": CHENGDU, "holderId": holder_id(person)}
    return {**named, "identityType": identity_type, "identityNumber": number, **BROUGHT, **more}


def found_by(service: GraphService, person: Holder, identity_type: str, number: str) -> str | None:
    """Return the id of whom a clerk finds by a document."""
    query = "query($a: String!, $b: String!, $c: String!){findHolder(name: $a, identityType: $b, identityNumber: $c){holder{id}}}"
    found = service.clerk(CHENGDU).ask(query, {"a": person.name, "b": identity_type, "c": number})["findHolder"][
        "holder"
    ]
    return found["id"] if found else None


def test_a_renewed_passport_is_the_main_document_and_both_lead_to_the_person(service: GraphService) -> None:
    person, renewed = foreigner(service), passport()
    service.registry.list(person, "passport", renewed)
    [old] = documents(service, person)
    assert (old["state"], old["main"], old["issuedOn"]) == ("CURRENT", True, None)
    answer = service.clerk(CHENGDU).changed(
        "recordIdentityDocument",
        **given(person, renewed, replacesId=old["id"], issuedOn="2026-11-01", expiresOn="2036-11-01"),
    )
    shown = answer["holder"]
    assert (shown["id"], shown["identityNumber"]) == (holder_id(person), f"****{renewed[-4:]}")
    new, replaced = shown["documents"]
    assert (new["main"], new["state"], new["issuedOn"], new["expiresOn"]) == (
        True,
        "CURRENT",
        "2026-11-01",
        "2036-11-01",
    )
    assert (replaced["id"], replaced["main"], replaced["state"]) == (old["id"], False, "REPLACED")
    assert (answer["operation"]["state"], answer["operation"]["service"]) == ("COMPLETED", "record_identity_document")
    assert [entry["event"] for entry in answer["operation"]["timeline"]] == ["record_identity_document"]
    for number in (person.identity_number, renewed):
        assert found_by(service, person, "passport", number) == holder_id(person)
    # At a window anywhere they are the same person again, and no second one.
    before = len(rows(service, "holders")["holders"])
    register = {"name": person.name, "identityType": "passport", "identityNumber": renewed}
    again = service.clerk(QINGDAO).changed("registerHolder", **register)["holder"]
    assert (again["id"], len(rows(service, "holders")["holders"])) == (holder_id(person), before)


def test_who_is_registered_by_another_document_with_their_number_has_both(service: GraphService) -> None:
    number = with_check_character("11010520000101001")
    child = service.person(date(2000, 1, 1), identity_type="household_register", identity_number=number)
    service.registry.list(child, "resident_identity_card", number)
    register = {"name": child.name, "identityType": "resident_identity_card", "identityNumber": number}
    assert service.clerk(CHENGDU).changed("registerHolder", **register)["holder"]["id"] == holder_id(child)
    kinds = [(each["type"], each["main"]) for each in documents(service, child)]
    assert kinds == [("resident_identity_card", True), ("household_register", False)]


def test_an_identity_card_given_out_anew_under_its_number_has_new_days(service: GraphService) -> None:
    number = with_check_character("11010520000101002")
    person = service.person(identity_number=number)
    service.registry.list(person, "resident_identity_card", number)
    asked = given(person, number, "resident_identity_card", expiresOn="2036-11-01")
    asked["evidence"] = {"sightedDocuments": ["identity_card_front", "identity_card_back"]}
    service.clerk(CHENGDU).changed("recordIdentityDocument", **asked)
    [only] = documents(service, person)
    assert (only["expiresOn"], only["state"], only["main"]) == ("2036-11-01", "CURRENT", True)
    service.clock.advance(timedelta(days=365 * 10))
    assert documents(service, person)[0]["state"] == "EXPIRED"


def test_the_same_under_one_key_is_answered_again_though_the_register_has_changed(service: GraphService) -> None:
    person, renewed = foreigner(service), passport()
    service.registry.list(person, "passport", renewed)
    asked = given(person, renewed, idempotencyKey=str(uuid4()))
    first = service.clerk(CHENGDU).changed("recordIdentityDocument", **asked)
    service.registry.list(person, "passport", renewed, born_on=date(1901, 1, 1))
    assert (
        service.clerk(CHENGDU).changed("recordIdentityDocument", **asked)["operation"]["id"] == first["operation"]["id"]
    )
    assert len(documents(service, person)) == 2


def test_what_is_not_the_person_s_does_not_come_on_record_with_them(service: GraphService) -> None:
    person, other, clerk = foreigner(service), foreigner(service), service.clerk(CHENGDU)

    def refused(number: str, **more: Any) -> list[str]:
        return codes(clerk.change("recordIdentityDocument", **given(person, number, **more)))

    assert refused(passport()) == ["IDENTITY_NOT_CONFIRMED"]
    for otherwise in ({"born_on": date(1990, 3, 8)}, {"name": "ANNA OTHER"}):
        number = passport()
        service.registry.list(person, "passport", number, **otherwise)
        assert refused(number) == ["IDENTITY_DIFFERS"]
    service.registry.list(person, "passport", other.identity_number)
    assert refused(other.identity_number) == ["IDENTITY_OF_ANOTHER_HOLDER"]
    mine = passport()
    service.registry.list(person, "passport", mine)
    assert refused(mine, replacesId=documents(service, other)[0]["id"]) == ["NOT_FOUND"]
    assert refused(mine, issuedOn="2026-11-21") == ["NOT_ISSUED_YET"]
    assert refused(mine, issuedOn="2026-11-20", expiresOn="2026-11-19") == [
        "EXPIRED_DOCUMENT",
        "EXPIRED_BEFORE_IT_WAS_ISSUED",
    ]
    assert refused("?") == ["IDENTITY_NUMBER_INVALID"]
    assert len(documents(service, person)) == 1


def test_the_region_decides(service: GraphService) -> None:
    person, renewed = foreigner(service), passport()
    service.registry.list(person, "passport", renewed)
    clerk, asked = service.clerk(CHENGDU), given(person, renewed, expiresOn="2026-11-19")
    assert denials(clerk.change("recordIdentityDocument", **asked)["decision"]) == ["EXPIRED_DOCUMENT"]
    none = given(person, renewed, evidence={})
    assert missing(clerk.change("recordIdentityDocument", **none)["decision"]) == {"passport_itself": ["passport"]}
    tried = clerk.ask(
        "query($i: CheckEligibilityInput!){checkEligibility(input: $i){decision{allowed} errors{code}}}",
        {"i": {"request": {"recordIdentityDocument": given(person, renewed)}}},
    )["checkEligibility"]
    assert tried == {"decision": {"allowed": True}, "errors": []}
    stranger = service.citizen(service.person())
    assert codes(stranger.change("recordIdentityDocument", **given(person, renewed))) == ["NOT_FOUND"]


def test_documents_are_shown_to_whom_they_concern(service: GraphService) -> None:
    child = service.person(date(2015, 1, 1))
    parent, query = service.guardian(child), "query($id: ID!){holder(id: $id){documents{main}}}"
    assert service.clerk(QINGDAO).failure(query, {"id": holder_id(child)}) == "NOT_FOUND"
    service.stands_before(QINGDAO, child)
    for caller in (service.citizen(child), service.citizen(parent), service.clerk(QINGDAO)):
        assert caller.ask(query, {"id": holder_id(child)})["holder"]["documents"] == [{"main": True}]


@pytest.mark.parametrize("registering", [False, True])
def test_one_document_that_two_clerks_bring_at_once_is_one_person_s(service: GraphService, registering: bool) -> None:
    person, alike, number = foreigner(service), foreigner(service), passport()
    service.registry.list(person, "passport", number)
    register = {"name": person.name, "identityType": "passport", "identityNumber": number}
    others = ("registerHolder", register) if registering else ("recordIdentityDocument", given(alike, number))

    def ask(asked: tuple[str, dict[str, Any]]) -> list[str]:
        return codes(service.clerk(CHENGDU).change(asked[0], **asked[1]))

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(ask, [("recordIdentityDocument", given(person, number)), others] * 4))
    # Whoever is first has it, and who comes later is told.
    assert {code for each in told for code in each} <= {"CONFLICT", "IDENTITY_OF_ANOTHER_HOLDER"}
    assert [] in told
    leads = service.work(lambda work: work.holders.find_by_identity("passport", number))
    assert leads is not None
    having = [each for each in (person, alike) if number[-4:] in str(documents(service, each))]
    assert [holder_id(each) for each in having] == ([holder_id(leads)] if leads.id in (person.id, alike.id) else [])
