"""The way of an application, step by step, as the people and systems on it go it."""

from datetime import date
from functools import cache
from typing import Any

from resolvers.demo import picture
from tests.graph.caller import Caller
from tests.graph.service import GraphService, mobile

JINAN, ZIBO, ZAOZHUANG, QINGDAO, CHENGDU = "370100", "370300", "370400", "370200", "510100"

AGREEMENT = {"name": "declared.agreement_accepted", "value": "true"}
"""What the cross-province service has people tick before they apply (NX-1)."""
portrait = cache(picture)
"""Drawn pictures: head and shoulders (True) or a card (False), width, height, dots per inch."""


def two_inches() -> bytes:
    """Return a photo as Chengdu wants it: 35 × 49 mm, colour, on white."""
    return portrait(True, 413, 579, 300)


def qingdao_photo(caller: Caller, taken_on: date = date(2026, 11, 1), **given: Any) -> str:
    """Upload a photo as Qingdao wants it, 358 by 441 pixels at 350 DPI, and return its id (QD-1)."""
    return caller.document("photo", QINGDAO, portrait(True, 358, 441, 350), takenOn=taken_on.isoformat(), **given)


def card_picture() -> bytes:
    """Return a picture of something like an identity card."""
    return portrait(False, 856, 540, 254)


def details(**more: str) -> dict[str, str]:
    """Return the details that everybody fills in."""
    return {"mobile": mobile(), "residenceAddress": "济南市历下区泉城路1号", **more}


def application(citizen: Caller, region: str = JINAN, bank: str = "ccb", **evidence: Any) -> dict[str, Any]:
    """Return the input of an application in the cross-province service: the agreement ticked, the face check passed."""
    declared = [*evidence.pop("declarations", ()), AGREEMENT]
    assertion = citizen.face_assertion("apply")
    given = {"details": details(), "faceAssertion": assertion, "declarations": declared, **evidence}
    return {"regionCode": region, "bank": bank, "evidence": given}


def submitted(citizen: Caller, **given: Any) -> dict[str, Any]:
    """Submit an application in the cross-province service and return the operation."""
    operation: dict[str, Any] = citizen.changed("applyForCard", **application(citizen, **given))["operation"]
    return operation


def address(region: str) -> dict[str, str]:
    """Return a delivery by post to a region."""
    return {
        "method": "post",
        "regionCode": region,
        "recipient": "张示例",
        "mobile": "13812345678",
        "address": "人民路1号",
    }


def delivered_to(citizen: Caller, operation: dict[str, Any], region: str = CHENGDU) -> dict[str, Any]:
    """Choose delivery by post."""
    given = citizen.changed("setDelivery", operationId=operation["id"], delivery=address(region))
    chosen: dict[str, Any] = given["operation"]
    return chosen


def pay(citizen: Caller, operation: dict[str, Any]) -> str:
    """Pay what is due on the sandbox's page and return where the payment stands."""
    payment = citizen.changed("payOperation", operationId=operation["id"])["payment"]
    return citizen.http.post(f"/sandbox/payments/{payment['reference']}").text.strip()


def paid(citizen: Caller, region: str = CHENGDU, **given: Any) -> dict[str, Any]:
    """Submit, choose delivery and pay; return the operation."""
    operation = delivered_to(citizen, submitted(citizen, **given), region)
    assert pay(citizen, operation) == "paid"
    return citizen.operation(operation["id"])


def accepted(service: GraphService, citizen: Caller, **given: Any) -> dict[str, Any]:
    """Go on until the application is accepted for production."""
    operation = paid(citizen, **given)
    changed: dict[str, Any] = service.card_maker().changed("acceptForProduction", operationId=operation["id"])
    accepted_now: dict[str, Any] = changed["operation"]
    return accepted_now


def card_number() -> str:
    """Return a card number that no other card has."""
    return f"A{mobile()}"


def produced(service: GraphService, citizen: Caller, **given: Any) -> dict[str, Any]:
    """Go on until the card is produced."""
    operation = accepted(service, citizen, **given)
    changed = service.card_maker().changed(
        "recordProduced", operationId=operation["id"], cardNumber=card_number(), generation="third"
    )
    made: dict[str, Any] = changed["operation"]
    return made


def shipped(service: GraphService, citizen: Caller, **given: Any) -> dict[str, Any]:
    """Go on until the card is shipped."""
    operation = produced(service, citizen, **given)
    changed = service.card_maker().changed("recordShipped", operationId=operation["id"], trackingNumber="SF1234567890")
    sent: dict[str, Any] = changed["operation"]
    return sent


def received(service: GraphService, citizen: Caller, **given: Any) -> dict[str, Any]:
    """Go on until the card has been received."""
    operation = shipped(service, citizen, **given)
    changed: dict[str, Any] = citizen.changed("confirmReceipt", operationId=operation["id"])
    got: dict[str, Any] = changed["operation"]
    return got


def chengdu_papers(caller: Caller, photo: bytes | None = None, **given: Any) -> list[str]:
    """Upload what Chengdu wants of a citizen with an identity card (CD-1)."""
    return [
        caller.document("photo", CHENGDU, photo or two_inches(), **given),
        caller.document("identity_card_front", CHENGDU, card_picture(), **given),
        caller.document("identity_card_back", CHENGDU, card_picture(), **given),
    ]
