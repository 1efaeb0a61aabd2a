"""A card that was posted and does not arrive: who reports it, from when, and how another one comes in its place."""

from datetime import timedelta
from typing import Any

import pytest

from schema.kit.relay import split_id
from tests.graph.caller import Caller, codes
from tests.graph.journey import JINAN, address, card_number, pay, produced, shipped
from tests.graph.service import NOW, GraphService

SHOWN = (
    "{id state due trackingNumber promisedAt fees{fee service amount state} card{id state number}"
    " next{action service by otherwise otherwiseTerms{label{zh}}} progress{state at}"
    " timeline{event fromState toState role note}}"
)
RIGHT = {"declarations": [{"name": "declared.wrong_delivery_address", "value": "false"}]}
WRONG = {"declarations": [{"name": "declared.wrong_delivery_address", "value": "true"}]}
DAYS = timedelta(days=15)


@pytest.fixture(autouse=True)
def at_first(service: GraphService) -> None:
    service.clock.set(NOW)


def shown(caller: Caller, identifier: str) -> dict[str, Any]:
    found: dict[str, Any] = caller.ask(f'{{operation(id: "{identifier}"){SHOWN}}}')["operation"]
    return found


def lost(service: GraphService, citizen: Caller, **given: Any) -> dict[str, Any]:
    """Go on until the card is reported lost by its holder; return the operation."""
    operation = shipped(service, citizen, **given)
    service.clock.set(NOW + DAYS)
    citizen.changed("reportLostInPost", operationId=operation["id"])
    return shown(citizen, operation["id"])


def remade(service: GraphService, operation: dict[str, Any]) -> str:
    """Make the second card and return its number."""
    number = card_number()
    maker = service.card_maker()
    maker.changed("recordProduced", operationId=operation["id"], cardNumber=number, generation="third")
    return number


def test_the_holder_reports_it_once_it_is_overdue_and_gets_another_card(service: GraphService) -> None:
    citizen, maker = service.citizen(service.person()), service.card_maker()
    operation = shipped(service, citizen)
    early = citizen.change("reportLostInPost", operationId=operation["id"])
    assert codes(early) == ["TOO_EARLY"]
    assert shown(citizen, operation["id"])["next"]["otherwise"] == []
    service.clock.set(NOW + DAYS)
    before = shown(citizen, operation["id"])
    assert (before["next"]["action"], before["next"]["otherwise"]) == ("CONFIRM_RECEIPT", ["report_lost_in_post"])
    assert before["next"]["otherwiseTerms"] == [{"label": {"zh": "报告邮寄丢失"}}]
    answer = citizen.changed("reportLostInPost", operationId=operation["id"])
    assert answer["decision"]["advice"] != []
    after = shown(citizen, operation["id"])
    assert (after["state"], after["card"], after["due"]) == ("ACCEPTED", None, 0)
    assert (after["next"]["action"], after["next"]["service"], after["next"]["otherwise"]) == ("WAIT", "produce", [])
    assert after["fees"] == before["fees"]
    assert [node["state"] for node in after["progress"] if node["at"]] == ["ACCEPTED"]
    told = after["timeline"][-1]
    assert (told["event"], told["fromState"], told["toState"]) == ("report_lost_in_post", "SHIPPED", "ACCEPTED")
    assert told["note"] == after["trackingNumber"] == "SF1234567890"
    waiting = maker.ask("{operations(first: 100, filter: {states: [ACCEPTED]}){edges{node{id}}}}")["operations"]
    assert operation["id"] in {edge["node"]["id"] for edge in waiting["edges"]}
    number = remade(service, operation)
    maker.changed("recordShipped", operationId=operation["id"], trackingNumber="SF7777777777")
    again = shown(citizen, operation["id"])
    assert (again["state"], again["trackingNumber"], again["due"]) == ("SHIPPED", "SF7777777777", 0)
    # The second one has not been on its way for long.
    assert again["next"]["otherwise"] == []
    assert codes(citizen.change("reportLostInPost", operationId=operation["id"])) == ["TOO_EARLY"]
    citizen.changed("confirmReceipt", operationId=operation["id"])
    evidence = {"faceAssertion": citizen.face_assertion("activate")}
    citizen.changed("activateCard", cardId=again["card"]["id"], evidence=evidence)
    last = shown(citizen, operation["id"])["card"]
    assert (last["number"], last["state"]) == (number, "ACTIVE")


def test_the_lost_card_can_never_be_used(service: GraphService) -> None:
    citizen, maker = service.citizen(service.person()), service.card_maker()
    operation = shipped(service, citizen)
    old = operation["card"]["id"]
    known = service.work(lambda work: work.cards.get(split_id(old, "id")[1])).number
    maker.changed("reportLostInPost", operationId=operation["id"], evidence=RIGHT)
    # It turns up after all.
    assert codes(citizen.change("confirmReceipt", operationId=operation["id"])) == ["REPORTED_LOST"]
    evidence = {"faceAssertion": citizen.face_assertion("activate")}
    assert codes(citizen.change("activateCard", cardId=old, evidence=evidence)) == ["NOT_SEALED"]
    history = f'{{card(id: "{old}"){{state history{{state reason}}}}}}'
    card = citizen.ask(history)["card"]
    assert (card["state"], card["history"][-1]) == ("CANCELLED", {"state": "CANCELLED", "reason": "lost_in_post"})
    again = maker.change("recordProduced", operationId=operation["id"], cardNumber=known, generation="third")
    assert codes(again) == ["CARD_EXISTS"]


def test_who_may_report_it(service: GraphService) -> None:
    child = service.person()
    operation = shipped(service, service.citizen(child))
    stranger = service.citizen(service.person())
    assert codes(stranger.change("reportLostInPost", operationId=operation["id"])) == ["NOT_FOUND"]
    hospital = service.medical_institution()
    assert codes(hospital.change("reportLostInPost", operationId=operation["id"])) == ["NOT_PERMITTED"]
    clerk = service.clerk(JINAN)
    # An office has heard from the post, and says whose fault it was.
    asked = clerk.change("reportLostInPost", operationId=operation["id"])
    assert codes(asked) == ["MISSING"]
    changed = clerk.changed("reportLostInPost", operationId=operation["id"], evidence=RIGHT)["operation"]
    assert (changed["state"], changed["due"]) == ("ACCEPTED", 0)
    assert codes(clerk.change("reportLostInPost", operationId=operation["id"], evidence=RIGHT)) == ["NOT_SHIPPED"]
    other = shipped(service, service.citizen(service.person()), bank="ccb")
    assert service.bank("ccb").changed("reportLostInPost", operationId=other["id"], evidence=RIGHT)
    assert "report_lost_in_post" not in shown(clerk, operation["id"])["next"]["otherwise"]


def test_a_wrong_address_is_changed_and_costs_the_second_postage(service: GraphService) -> None:
    citizen, maker = service.citizen(service.person()), service.card_maker()
    operation = shipped(service, citizen)
    maker.changed("reportLostInPost", operationId=operation["id"], evidence=WRONG)
    after = shown(citizen, operation["id"])
    again = [fee for fee in after["fees"] if fee["service"] == "report_lost_in_post"]
    assert again == [{"fee": "second_postage", "service": "report_lost_in_post", "amount": 1600, "state": "DUE"}]
    assert after["next"]["otherwise"] == ["pay"]
    assert pay(citizen, operation) == "paid"
    # What was paid for the first parcel is not paid again, where the new address is no dearer.
    moved = citizen.changed("setDelivery", operationId=operation["id"], delivery=address("510104"))["operation"]
    assert (moved["due"], shown(citizen, operation["id"])["state"]) == (0, "ACCEPTED")
    remade(service, operation)
    late = citizen.change("setDelivery", operationId=operation["id"], delivery=address(JINAN))
    assert codes(late) == ["TOO_LATE_TO_CHOOSE"]


def test_it_is_not_reported_of_what_is_not_on_its_way(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    made = produced(service, citizen)
    assert codes(citizen.change("reportLostInPost", operationId=made["id"])) == ["NOT_SHIPPED"]
    service.card_maker().changed("recordShipped", operationId=made["id"], trackingNumber="SF1")
    citizen.changed("confirmReceipt", operationId=made["id"])
    assert codes(citizen.change("reportLostInPost", operationId=made["id"])) == ["ALREADY_RECEIVED"]


def test_a_key_that_is_sent_again_reports_nothing_twice(service: GraphService) -> None:
    citizen, maker = service.citizen(service.person()), service.card_maker()
    operation = shipped(service, citizen)
    given = {"operationId": operation["id"], "evidence": RIGHT, "idempotencyKey": f"lost {operation['id']}"}
    maker.changed("reportLostInPost", **given)
    remade(service, operation)
    maker.changed("recordShipped", operationId=operation["id"], trackingNumber="SF2")
    maker.changed("reportLostInPost", **given)
    assert shown(citizen, operation["id"])["state"] == "SHIPPED"


def test_nobody_applies_again_while_another_card_is_made(service: GraphService) -> None:
    person = service.person()
    citizen = service.citizen(person)
    lost(service, citizen)
    tried = citizen.check("apply", regionCode=JINAN, bank="ccb")
    assert "ONE_CARD_IN_PROVINCE" in [denial["code"] for denial in tried["decision"]["denials"]]
