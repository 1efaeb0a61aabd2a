"""Withdrawing an application: until it is paid for, never after (NX-1)."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.graph import journey
from tests.graph.caller import Caller, codes
from tests.graph.service import GraphService, holder_id

Step = Callable[[GraphService, Caller], dict[str, Any]]


def correction_requested(service: GraphService, citizen: Caller) -> dict[str, Any]:
    """Go on until the applicant is asked to correct something."""
    operation = journey.accepted(service, citizen)
    asked: dict[str, Any] = service.card_maker().changed(
        "requestCorrection", operationId=operation["id"], reason="手机号码有误"
    )["operation"]
    return asked


def corrected(service: GraphService, citizen: Caller) -> dict[str, Any]:
    """Go on until what was asked for is corrected, and the application accepted again."""
    operation = correction_requested(service, citizen)
    given = {"operationId": operation["id"], "evidence": {"details": journey.details()}}
    accepted: dict[str, Any] = citizen.changed("correctApplication", **given)["operation"]
    return accepted


def test_NX_1_it_can_be_withdrawn_until_it_is_paid_for(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = journey.delivered_to(citizen, journey.submitted(citizen))
    citizen.changed("payOperation", operationId=operation["id"])  # asked for, not paid yet
    payload = citizen.changed("withdrawApplication", operationId=operation["id"])
    assert payload["operation"]["state"] == "WITHDRAWN"


def test_NX_1_it_can_never_be_withdrawn_after_payment(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = journey.paid(citizen)
    payload = citizen.change("withdrawApplication", operationId=operation["id"])
    assert codes(payload) == ["PAID_OR_ACCEPTED"]
    assert payload["errors"][0]["citation"]["clause"] == "订单支付前可以撤销申请订单，支付成功后无法撤销 (NX-1)"
    assert citizen.operation(operation["id"])["state"] == "PAID"


@pytest.mark.parametrize(
    ("step", "state"),
    [
        (journey.accepted, "ACCEPTED"),
        (correction_requested, "CORRECTION_REQUESTED"),
        (corrected, "ACCEPTED"),
        (journey.produced, "PRODUCED"),
        (journey.shipped, "SHIPPED"),
        (journey.received, "RECEIVED"),
    ],
)
def test_NX_1_nor_at_any_later_step_nor_while_a_correction_is_asked_for(
    service: GraphService, step: Step, state: str
) -> None:
    citizen = service.citizen(service.person())
    operation = step(service, citizen)
    for caller in (citizen, service.clerk(journey.JINAN)):
        assert codes(caller.change("withdrawApplication", operationId=operation["id"])) == ["PAID_OR_ACCEPTED"]
    after = citizen.operation(operation["id"])
    assert (after["state"], after["paidAt"] is not None) == (state, True)
    assert "withdraw" not in [entry["event"] for entry in after["timeline"]]


def test_it_is_withdrawn_once(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = journey.submitted(citizen)
    citizen.changed("withdrawApplication", operationId=operation["id"])
    assert codes(citizen.change("withdrawApplication", operationId=operation["id"])) == ["ALREADY_WITHDRAWN"]


def test_a_guardian_withdraws_what_is_the_wards(service: GraphService) -> None:
    child = service.person(date(2015, 5, 5))
    parent = service.citizen(service.guardian(child))
    proof = parent.document("birth_certificate", journey.JINAN, journey.card_picture(), holderId=holder_id(child))
    given = journey.application(parent, documentIds=[proof]) | {"holderId": holder_id(child)}
    operation = parent.changed("applyForCard", **given)["operation"]
    withdrawn = parent.changed("withdrawApplication", operationId=operation["id"])["operation"]
    assert withdrawn["state"] == "WITHDRAWN"
