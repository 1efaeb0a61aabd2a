"""What a card can do, as its region lists it (SC-14)."""

from typing import Any

import pytest

from domain.card import CardState
from tests.graph.cards import add_card
from tests.graph.journey import CHENGDU, JINAN, QINGDAO
from tests.graph.service import GraphService

MIANYANG, SICHUAN = "510700", "510000"
EVERY_CARD = ["credential", "record", "self_service", "medical_settlement", "payments_and_benefits", "banking"]
THIRD_GENERATION = ["contactless", "small_fast_payments", "online_identity", "national_cipher_algorithms"]
NOTE = "name message{zh en} contact conditional citation{document clause region}"
OF_REGION = (
    f"query($region: String!, $generation: String){{cardFunctions(region: $region, generation: $generation){{{NOTE}}}}}"
)
OF_CARD = f"query($id: ID!){{card(id: $id){{functions{{{NOTE}}}}}}}"


def listed(service: GraphService, region: str, generation: str | None = None) -> list[dict[str, Any]]:
    """Return what cards of a region can do, asked without a token."""
    found: list[dict[str, Any]] = service.caller(None).ask(OF_REGION, {"region": region, "generation": generation})[
        "cardFunctions"
    ]
    return found


@pytest.mark.parametrize("region", [SICHUAN, CHENGDU, MIANYANG])
def test_SC_14_six_functions_of_every_card_and_four_of_the_third_generation(service: GraphService, region: str) -> None:
    assert [note["name"] for note in listed(service, region, "second")] == EVERY_CARD
    third = listed(service, region, "third")
    assert [note["name"] for note in third] == EVERY_CARD + THIRD_GENERATION
    assert not any(note["conditional"] for note in third)
    assert {note["citation"]["region"] for note in third} == {SICHUAN}
    by_name = {note["name"]: note for note in third}
    assert "就医" in by_name["medical_settlement"]["message"]["zh"]
    assert by_name["medical_settlement"]["citation"]["clause"] == "社会保障卡功能 4 (SC-14)"
    assert "非接触" in by_name["contactless"]["message"]["zh"]
    assert "国产密码算法" in by_name["national_cipher_algorithms"]["message"]["zh"]
    assert by_name["contactless"]["citation"]["clause"] == "第三代社会保障卡新特点 (SC-14)"


def test_SC_14_without_a_generation_what_hangs_on_it_is_conditional(service: GraphService) -> None:
    found = {note["name"]: note["conditional"] for note in listed(service, CHENGDU)}
    assert found == dict.fromkeys(EVERY_CARD, False) | dict.fromkeys(THIRD_GENERATION, True)


@pytest.mark.parametrize("generation", ["second", "third"])
def test_SC_14_a_holder_sees_what_their_own_card_can_do(service: GraphService, generation: str) -> None:
    person = service.person()
    card = add_card(service, person, CHENGDU, state=CardState.ACTIVE, generation=generation)
    found = service.citizen(person, "unionpay_app").ask(OF_CARD, {"id": card.id})["card"]["functions"]
    assert found == listed(service, CHENGDU, generation)
    assert len(found) == (10 if generation == "third" else 6)


def test_SC_14_regions_whose_documents_do_not_say_list_nothing(service: GraphService) -> None:
    for region in (JINAN, QINGDAO, "370000"):
        assert listed(service, region, "third") == []
    person = service.person()
    card = add_card(service, person, JINAN, state=CardState.ACTIVE)
    assert service.citizen(person).ask(OF_CARD, {"id": card.id})["card"]["functions"] == []


def test_what_does_not_exist_can_do_nothing(service: GraphService) -> None:
    nobody = service.caller(None)
    assert nobody.failure(OF_REGION, {"region": "999999"}) == "REGION_UNKNOWN"
    for generation in ("fourth", "", "third "):
        assert nobody.failure(OF_REGION, {"region": CHENGDU, "generation": generation}) == "VALUE_NOT_POSSIBLE"
