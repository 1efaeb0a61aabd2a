"""A guardian on record objects to what is asked about the ward, and nothing comes of it (SC-12)."""

import pytest

from tests.graph.caller import codes
from tests.graph.guardians import TIME_TO_OBJECT, confirmed
from tests.graph.journey import CHENGDU
from tests.graph.service import GraphService, holder_id
from tests.graph.test_confirm_guardianship import twice
from tests.graph.test_guardianship import asked, wards


@pytest.mark.parametrize("confirmed_first", [False, True], ids=["asked", "confirmed"])
def test_the_guardian_on_record_objects_and_nothing_comes_of_it(service: GraphService, confirmed_first: bool) -> None:
    child, father, other = twice(service)
    operation = service.clerk(CHENGDU).changed("recordGuardianship", **asked(child, other))["operation"]
    if confirmed_first:
        service.second_clerk(CHENGDU).changed("confirmGuardianship", operationId=operation["id"])
    guardian = service.citizen(father)
    objected = guardian.changed("objectToGuardianship", operationId=operation["id"])["operation"]
    assert (objected["state"], objected["guardianship"]["state"]) == ("OBJECTED", "DROPPED")
    refused = service.second_clerk(CHENGDU).change("confirmGuardianship", operationId=operation["id"])
    assert codes(refused) == ["NOT_WAITING"]
    service.clock.advance(TIME_TO_OBJECT)
    service.sweep()
    assert wards(service.citizen(other)) == []
    # Asked for anew it is another request.
    service.clerk(CHENGDU).changed("recordGuardianship", **asked(child, other))


def test_nobody_else_objects_and_nobody_objects_to_a_judgment(service: GraphService) -> None:
    child, father, other = twice(service)
    ruling = {"sightedDocuments": ["guardianship_proof", "guardianship_ruling"]}
    operation = service.clerk(CHENGDU).changed("recordGuardianship", **asked(child, other, evidence=ruling))[
        "operation"
    ]
    for stranger in (service.citizen(other), service.citizen(service.person())):
        assert codes(stranger.change("objectToGuardianship", operationId=operation["id"])) == ["NOT_FOUND"]
    assert codes(service.clerk(CHENGDU).change("objectToGuardianship", operationId=operation["id"])) == [
        "NONE_OF_THEIRS",
        "RULING",
    ]
    assert codes(service.citizen(father).change("objectToGuardianship", operationId=operation["id"])) == ["RULING"]
    assert confirmed(service, {"operation": operation}, wait=False)["state"] == "COMPLETED"
    assert wards(service.citizen(other)) == [holder_id(child)]
