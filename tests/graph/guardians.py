"""Guardians as offices put them on record and off it, by two clerks and with time to object where the region has both."""

from datetime import timedelta
from typing import Any

from domain.holder import Holder
from tests.graph.service import GraphService, holder_id

TIME_TO_OBJECT = timedelta(days=15)
PROOF = {"sightedDocuments": ["guardianship_proof"]}


def confirmed(service: GraphService, payload: dict[str, Any], *, wait: bool = True) -> dict[str, Any]:
    """Have a second clerk confirm what was asked about a guardian; return the operation.

    Args:
        payload: of the mutation that asked; wait: whether the time to object passes, if there is one.
    """
    asked = payload["operation"]
    given = {"operationId": asked["id"]}
    operation: dict[str, Any] = service.second_clerk(asked["regionCode"]).changed("confirmGuardianship", **given)[
        "operation"
    ]
    if wait and operation["state"] == "CONFIRMED":
        service.clock.advance(TIME_TO_OBJECT)
    return operation


def ended(service: GraphService, region: str, ward: Holder, guardian: Holder) -> dict[str, Any]:
    """Have a guardianship ended whose guardian is there, and let the time to object pass; return the operation."""
    given = {"guardianId": holder_id(guardian), "wardId": holder_id(ward), "presentPersonId": holder_id(guardian)}
    asked = service.clerk(region).changed("endGuardianship", **given, evidence=PROOF)
    return confirmed(service, asked)
