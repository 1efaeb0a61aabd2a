"""Whom clerks read: people of their region, and who stands before them; what typing a number tells, and what it does not."""

from datetime import timedelta
from typing import Any

import pytest

from domain.holder import Holder
from domain.operation import OperationState
from schema.kit.relay import global_id, split_id
from store.records import DisclosureKind
from tests.graph.caller import Caller, codes
from tests.graph.cards import add_active_card
from tests.graph.journey import CHENGDU, JINAN, QINGDAO
from tests.graph.service import GraphService, holder_id
from tests.graph.waiting import operation_of

pytestmark = pytest.mark.parametrize("one_service", ["sqlite"], indirect=True)
_WHO = "query($id: ID!){holder(id: $id){name identityNumber contact{residenceAddress}}}"
_BY_DOCUMENT = (
    "query($name: String!, $number: String!){findHolder(name: $name, identityType: "
    '"resident_identity_card", identityNumber: $number){holder{contact{residenceAddress}}}}'
)
_BY_CARD = "query($number: String!){findCard(number: $number){card{holder{contact{residenceAddress}}}}}"


def _read(caller: Caller, person: Holder) -> dict[str, Any] | str:
    """Return somebody as they are shown, or the code of the refusal."""
    answer = caller.answer(_WHO, {"id": holder_id(person)})
    found: dict[str, Any] | str = (
        answer["errors"][0]["extensions"]["code"] if "errors" in answer else answer["data"]["holder"]
    )
    return found


def test_a_clerk_reads_who_is_of_the_region_and_nobody_else(service: GraphService) -> None:
    for given in ({"insured_in": (CHENGDU,)}, {"employed_in": (CHENGDU,)}, {"address_region": "510104"}):
        person = service.person(**given)
        assert _read(service.clerk(CHENGDU), person) != "NOT_FOUND"
        assert _read(service.clerk(JINAN), person) == "NOT_FOUND"
    person = service.person()
    assert _read(service.clerk(CHENGDU), person) == "NOT_FOUND"
    add_active_card(service, person, CHENGDU)
    assert _read(service.clerk(CHENGDU), person) != "NOT_FOUND"


def test_who_stands_at_the_window_is_read_for_an_hour_by_the_clerk_who_was_shown_the_document(
    service: GraphService,
) -> None:
    number = "110105197601010031"
    person = service.person(name="外地来的人", identity_number=number, address="一环路1号", insured_in=(CHENGDU,))
    clerk = service.clerk(JINAN)
    assert _read(clerk, person) == "NOT_FOUND"
    assert clerk.ask(_BY_DOCUMENT, {"name": "别的名字", "number": number})["findHolder"]["holder"] is None
    assert _read(clerk, person) == "NOT_FOUND"
    found = clerk.ask(_BY_DOCUMENT, {"name": person.name, "number": number})["findHolder"]["holder"]
    assert found == {"contact": {"residenceAddress": "一环路1号"}}
    assert _read(clerk, person) != "NOT_FOUND"
    # Not by another clerk, nor by the same one once the hour is over.
    assert _read(service.clerk(QINGDAO), person) == "NOT_FOUND"
    shown = service.work(lambda work: work.disclosures.of_holder(person.id))
    assert [(each.kind, each.actor_id, each.office) for each in shown] == [
        (DisclosureKind.PRESENT, f"clerk-{JINAN}", f"window-{JINAN}")
    ]
    service.clock.advance(timedelta(minutes=61))
    assert _read(clerk, person) == "NOT_FOUND"


def test_a_card_of_the_province_that_is_shown_opens_whose_it_is(service: GraphService) -> None:
    person = service.person(address="一环路1号")
    card, clerk = add_active_card(service, person, CHENGDU), service.clerk("510700")
    near = _read(clerk, person)
    assert near == {"name": person.name, "identityNumber": "****", "contact": None}
    found = clerk.ask(_BY_CARD, {"number": card.number})["findCard"]["card"]["holder"]
    assert found == {"contact": {"residenceAddress": "一环路1号"}}
    assert _read(clerk, person) == {
        "name": person.name,
        "identityNumber": f"****{person.identity_number[-4:]}",
        "contact": {"residenceAddress": "一环路1号"},
    }


def test_an_operation_leads_to_the_cards_that_may_be_seen_and_to_no_others(service: GraphService) -> None:
    person = service.person()
    other, own = add_active_card(service, person, JINAN, "icbc"), add_active_card(service, person, QINGDAO, "ccb")
    card_ids = [split_id(each.id, "id")[1] for each in (own, other)]
    operation = operation_of(
        person, service.clock.now(), OperationState.PAID, bank="ccb", card_id=card_ids[0], replaced_card_id=card_ids[1]
    )
    service.work(lambda work: work.operations.add(operation))
    query, given = (
        "query($id: ID!){operation(id: $id){card{id} replacedCard{id}}}",
        {"id": global_id("Operation", operation.id)},
    )
    assert service.citizen(person).ask(query, given)["operation"] == {
        "card": {"id": own.id},
        "replacedCard": {"id": other.id},
    }
    assert service.bank("ccb").ask(query, given)["operation"] == {"card": {"id": own.id}, "replacedCard": None}


def test_a_dry_run_confirms_no_number(service: GraphService) -> None:
    person = service.person()
    card, hotline = add_active_card(service, person, CHENGDU), service.clerk(CHENGDU, "hotline_12333")
    number = person.identity_number
    guesses = [number, *(f"{number[:-1]}{last}" for last in "0123456789X")]
    tried = [
        hotline.try_out("reportTemporaryLoss", cardId=card.id, evidence={"details": {"identityNumber": guess}})
        for guess in guesses
    ]
    assert all(each == tried[0] for each in tried)
    wrong = next(guess for guess in guesses if guess != number)
    refused = hotline.change("reportTemporaryLoss", cardId=card.id, evidence={"details": {"identityNumber": wrong}})
    assert codes(refused) == ["IDENTITY_NUMBER_WRONG"]
