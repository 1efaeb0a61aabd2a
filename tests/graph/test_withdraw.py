"""Withdrawing an application: until it is paid for, never after (NX-1)."""

from datetime import date

import pytest

from tests.graph import journey
from tests.graph.caller import codes
from tests.graph.service import GraphService, holder_id


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


@pytest.mark.parametrize("step", [journey.accepted, journey.produced, journey.shipped, journey.received])
def test_NX_1_nor_at_any_later_step(service: GraphService, step: object) -> None:
    citizen = service.citizen(service.person())
    operation = step(service, citizen)  # type: ignore[operator]
    assert codes(citizen.change("withdrawApplication", operationId=operation["id"])) == ["PAID_OR_ACCEPTED"]


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
