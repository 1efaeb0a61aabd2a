"""A death is put on record by its paper or by a hospital: what the person had ends with it, as the regions say (SC-11)."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from domain.card import CardState
from domain.holder import Actor, Holder
from store import Keys
from tests.databases import ENGINES
from tests.graph.caller import Caller, codes, denials, missing
from tests.graph.cards import add_active_card, add_card, look_up
from tests.graph.conftest import fresh_database, key_variables
from tests.graph.delegations import delegate_on_record
from tests.graph.journey import CHENGDU, JINAN, QINGDAO, paid, submitted
from tests.graph.service import REGIONS, GraphService, holder_id, serve_graph

PAPERS = {"evidence": {"sightedDocuments": ["death_certificate", "kinship_proof"]}}
DIED = "2026-11-18"
_WHO = "query($id: ID!){holder(id: $id){deceasedAt cards{id state history{state reason}} delegations{holds} wards{id}}}"


WORDS = "vocabularies: {fees: {terms: {deposit: {label: {zh: 押金, en: deposit}}}}}\n"
APPLY = "source: assumption\nrules: {deposit: {charge: {fee: deposit, amount: 30 yuan, refundable: true}}}\n"
ENDING = """
  cards_ended_by_death:
    replaces: true
    values:
      - {value: [active], from: 2017-01-01, source: assumption}
"""


@pytest.fixture(params=ENGINES)
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path, keys: Keys) -> Iterator[GraphService]:
    """Serve the graph with a city that says otherwise: only active cards end, and there is a deposit to be given back."""
    regions = tmp_path / "regions"
    shutil.copytree(REGIONS, regions)
    city = regions / "china/shandong/jinan"
    for name, text in (("vocabulary", WORDS), ("apply", APPLY)):
        (city / f"{name}.yaml").write_text(text, encoding="utf-8")
    settings = city / "settings.yaml"
    settings.write_text(settings.read_text(encoding="utf-8").rstrip("\n") + ENDING, encoding="utf-8")
    with (
        fresh_database(request.param, request, tmp_path) as url,
        serve_graph(tmp_path, url, regions, key_variables(keys)) as running,
    ):
        yield running


def hospital(service: GraphService, kind: str | None = "hospital", region: str = CHENGDU) -> Caller:
    """Return the system of an institution that takes cards; by default a hospital's."""
    return service.caller(
        Actor("institution", "medical_institution", "partner_system", "institution", region, office_kind=kind)
    )


def named(person: Holder) -> dict[str, str]:
    """Return a person as their document names them."""
    return {
        "name": person.name,
        "identityType": person.identity_type,
        "identityNumber": person.identity_number,
    }


def told(service: GraphService, person: Holder, region: str = CHENGDU, **more: Any) -> dict[str, Any]:
    """Have a relative tell of a death at a window of a region."""
    relative = holder_id(service.person())
    window = service.clerk(region, "bank_window" if region == QINGDAO else "service_window")
    given = {"holderId": holder_id(person), "diedOn": DIED, "presentPersonId": relative, **PAPERS, **more}
    return window.change("recordDeath", **given)


@pytest.mark.parametrize("region", [CHENGDU, QINGDAO])
def test_with_the_papers_of_a_relative_all_that_the_person_had_ends(service: GraphService, region: str) -> None:
    person, ward = service.person(), service.person(date(2015, 1, 1))
    service.guardian(ward, person)
    delegate_on_record(service, person, "status")
    operation = submitted(service.citizen(person))["id"]
    cards = [add_active_card(service, person, place) for place in (CHENGDU, QINGDAO)]
    answer = told(service, person, region)
    assert (answer["errors"], answer["holder"]["id"]) == ([], holder_id(person))
    assert answer["recordedAt"] == answer["holder"]["deceasedAt"] is not None
    assert [line["note"] for line in answer["operation"]["timeline"]] == [DIED]
    for place, card in zip((CHENGDU, QINGDAO), cards, strict=True):
        [shown] = service.clerk(place).ask(_WHO, {"id": holder_id(person)})["holder"]["cards"]
        assert (shown["id"], shown["state"]) == (card.id, "CANCELLED")
        assert shown["history"][-1] == {"state": "CANCELLED", "reason": "death"}
    left = service.clerk(CHENGDU).ask(_WHO, {"id": holder_id(person)})["holder"]
    assert (left["delegations"], left["wards"]) == ([{"holds": False}], [])
    ended = service.clerk("370100").ask(
        "query($id: ID!){operation(id: $id){state timeline{event toState}}}", {"id": operation}
    )
    assert ended["operation"]["state"] == "WITHDRAWN"
    assert ended["operation"]["timeline"][-1] == {"event": "record_death", "toState": "WITHDRAWN"}
    assert codes(service.citizen(person).change("reportTemporaryLoss", cardId=cards[0].id)) == ["HOLDER_DECEASED"]


def test_a_hospital_gives_notice_by_the_document_and_learns_nothing(service: GraphService) -> None:
    person = service.person()
    card = add_active_card(service, person, QINGDAO)
    asked = {"person": named(person), "diedOn": DIED, "idempotencyKey": str(uuid4())}
    first = hospital(service).changed("recordDeath", **asked)
    assert (first["holder"], first["operation"], first["decision"]) == (None, None, None)
    assert hospital(service).changed("recordDeath", **asked)["recordedAt"] == first["recordedAt"]
    assert look_up(service.bank("ccb"), card.id)["state"] == "CANCELLED"
    nobody = hospital(service).change("recordDeath", person={**named(person), "name": "别人"}, diedOn=DIED)
    assert [(e["code"], e["field"]) for e in nobody["errors"]] == [("NOT_FOUND", "input.person")]
    assert person.identity_number not in str(nobody)


def test_nobody_else_tells_of_a_death(service: GraphService) -> None:
    person = service.person()
    given = {"holderId": holder_id(person), "diedOn": DIED, "regionCode": CHENGDU}
    callers = [service.citizen(person), service.citizen(service.person()), service.bank("ccb"), service.card_maker()]
    for caller in (*callers, service.settlement_system(CHENGDU)):
        assert codes(caller.change("recordDeath", **given)) == ["NOT_PERMITTED"]
    for kind in ("community_centre", None):
        assert denials(hospital(service, kind).change("recordDeath", **given)["decision"]) == ["HOSPITALS_ONLY"]
    service.stands_before(CHENGDU, person)
    assert service.clerk(CHENGDU).ask(_WHO, {"id": holder_id(person)})["holder"]["deceasedAt"] is None


def test_the_region_asks_for_papers_and_for_who_brings_them(service: GraphService) -> None:
    person, clerk = service.person(), service.clerk(CHENGDU)
    bare = told(service, person, evidence={"sightedDocuments": ["identity_card_front"]})
    assert missing(bare["decision"]).keys() == {"death_certificate", "kinship"}
    unnamed = clerk.change("recordDeath", holderId=holder_id(person), diedOn=DIED, **PAPERS)
    assert denials(unnamed["decision"]) == ["RELATIVE_NOT_NAMED"]
    assert denials(told(service, person, diedOn="2026-11-21")["decision"]) == ["IN_THE_FUTURE"]
    assert codes(told(service, person, diedOn="1990-03-06")) == ["INVALID_INPUT"]
    twice = {"holderId": holder_id(person), "person": named(person), "diedOn": DIED}
    assert (
        codes(clerk.change("recordDeath", **twice))
        == codes(clerk.change("recordDeath", diedOn=DIED))
        == ["INVALID_INPUT"]
    )


def test_a_region_says_what_ends_and_what_was_paid_for_nothing_is_given_back(elsewhere: GraphService) -> None:
    person, waiting = elsewhere.person(), elsewhere.person()
    kept = add_card(elsewhere, person, JINAN, state=CardState.LOCKED)
    operation = paid(elsewhere.citizen(waiting))["id"]
    for each in (person, waiting):
        assert hospital(elsewhere, region=JINAN).changed("recordDeath", person=named(each), diedOn=DIED)["recordedAt"]
    assert look_up(elsewhere.bank("ccb"), kept.id)["state"] == "LOCKED"
    query = "query($id: ID!){operation(id: $id){state refunds{fee amount}}}"
    ended = elsewhere.clerk(JINAN).ask(query, {"id": operation})["operation"]
    assert ended == {"state": "WITHDRAWN", "refunds": [{"fee": "deposit", "amount": 3000}]}


def test_a_death_that_came_on_record_with_a_card_ends_the_rest_too(service: GraphService) -> None:
    person = service.person()
    first, left = add_active_card(service, person, CHENGDU), add_active_card(service, person, QINGDAO)
    brought = {"sightedDocuments": ["identity_card_front", "identity_card_back", "kinship_proof", "death_certificate"]}
    relative = holder_id(service.person())
    clerk = service.clerk(CHENGDU)
    clerk.changed("cancelCard", cardId=first.id, presentPersonId=relative, reason="death", evidence=brought)
    since = clerk.ask(_WHO, {"id": holder_id(person)})["holder"]["deceasedAt"]
    answer = told(service, person)
    assert (answer["errors"], answer["recordedAt"]) == ([], since)
    assert look_up(service.bank("ccb"), left.id)["state"] == "CANCELLED"


def test_those_who_tell_of_a_death_at_once_and_who_reports_a_loss_meanwhile_do_not_get_in_each_other_s_way(
    service: GraphService,
) -> None:
    person = service.person()
    card = add_active_card(service, person, QINGDAO)
    citizen = service.citizen(person, "qingdao_app")

    def ask(number: int) -> list[str]:
        if number % 2:
            return codes(citizen.change("reportTemporaryLoss", cardId=card.id))
        return codes(hospital(service).change("recordDeath", person=named(person), diedOn=DIED))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    assert [code for each in answers[::2] for code in each] == []
    assert {code for each in answers[1::2] for code in each} <= {"HOLDER_DECEASED", "ALREADY_REPORTED_LOST"}
    history = service.clerk(QINGDAO).ask(_WHO, {"id": holder_id(person)})["holder"]["cards"][0]["history"]
    assert [entry["state"] for entry in history].count("CANCELLED") == 1


def test_a_card_of_a_place_without_policies_ends_as_what_lies_around_it_says(service: GraphService) -> None:
    """A place that has no policies, or none any more, keeps nobody's death from going on record."""
    person = service.person()
    card = add_active_card(service, person, "110105")
    assert told(service, person)["errors"] == []
    [shown] = service.clerk("110105").ask(_WHO, {"id": holder_id(person)})["holder"]["cards"]
    assert (shown["id"], shown["state"]) == (card.id, "CANCELLED")
