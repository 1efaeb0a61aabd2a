"""What comes next of an operation, by whom and by when, all along its way."""

from typing import Any

from tests.graph.caller import Caller
from tests.graph.journey import CHENGDU, delivered_to, pay, received, shipped, submitted
from tests.graph.replacements import lost_card, renewed_at_window
from tests.graph.replacements import produced as produced_card
from tests.graph.service import GraphService

NEXT = (
    "state due promisedAt stateUntil card{stateUntil} "
    "next{action service serviceTerm{label{zh}} by byTerms{name} until promised outlet outletTerm{label{zh}}}"
)


def following(caller: Caller, operation: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = caller.ask(f'{{operation(id: "{operation["id"]}"){{{NEXT}}}}}')["operation"]
    return found


def step(caller: Caller, operation: dict[str, Any]) -> tuple[str, str | None, list[str]]:
    found = following(caller, operation)["next"]
    return found["action"], found["service"], found["by"]


def test_each_step_of_an_application_tells_what_comes_next(service: GraphService) -> None:
    citizen, maker = service.citizen(service.person()), service.card_maker()
    operation = submitted(citizen)
    assert step(citizen, operation)[:2] == ("CHOOSE_DELIVERY", "deliver")
    assert "citizen" in step(citizen, operation)[2]
    delivered_to(citizen, operation)
    assert step(citizen, operation)[:2] == ("PAY", "pay")
    assert pay(citizen, operation) == "paid"
    assert step(citizen, operation) == ("WAIT", "accept", ["card_maker", "clerk"])
    maker.changed("acceptForProduction", operationId=operation["id"])
    waiting = following(citizen, operation)
    assert (waiting["next"]["service"], waiting["next"]["by"]) == ("produce", ["card_maker", "clerk"])
    assert waiting["next"]["until"] == waiting["promisedAt"]
    assert waiting["next"]["promised"] is (waiting["promisedAt"] is not None)
    maker.changed("requestCorrection", operationId=operation["id"], reason="照片不清楚")
    correcting = following(citizen, operation)
    assert (correcting["next"]["action"], correcting["next"]["until"]) == ("CORRECT", correcting["stateUntil"])


def test_a_card_by_post_is_waited_for_confirmed_and_activated(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = shipped(service, citizen)
    assert step(citizen, operation)[:2] == ("CONFIRM_RECEIPT", "receive")
    got = citizen.changed("confirmReceipt", operationId=operation["id"])["operation"]
    found = following(citizen, got)
    assert (found["next"]["action"], found["next"]["serviceTerm"]["label"]["zh"] != "") == ("ACTIVATE", True)
    assert found["next"]["by"] == ["citizen", "clerk"]
    assert found["next"]["until"] == found["card"]["stateUntil"]


def test_what_is_over_has_nothing_next_and_nothing_due(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = delivered_to(citizen, submitted(citizen))
    assert citizen.changed("withdrawApplication", operationId=operation["id"])["operation"]["due"] == 0
    assert following(citizen, operation)["next"] is None
    other = service.citizen(service.person())
    made = received(service, other)
    evidence = {"faceAssertion": other.face_assertion("activate")}
    activated = other.changed("activateCard", cardId=made["card"]["id"], evidence=evidence)["operation"]
    assert following(other, made)["next"] is None
    assert following(other, activated)["next"] is None


def test_collection_names_the_outlet(service: GraphService) -> None:
    person = service.person()
    card = lost_card(service, person, CHENGDU, "ccb")
    operation = renewed_at_window(service, card, "lost")
    clerk = service.clerk(CHENGDU)
    assert step(clerk, operation)[0] == "WAIT"
    produced_card(service, operation)
    found = following(clerk, operation)["next"]
    assert (found["action"], found["outlet"]) == ("COLLECT", "chengdu_sample_ccb")
    assert found["outletTerm"]["label"]["zh"] == "示例网点（建设银行）"
    assert "clerk" in found["by"]
