"""Object to what is asked about a guardian."""

import strawberry

from domain.access import SERVED
from resolvers.services.object_to_guardianship import object_to_guardianship
from schema.kit.access import WITH_IT, sees
from schema.types.inputs import AttendedOperationInput
from schema.types.mutations import decided_mutation
from schema.types.payloads import OperationPayload, changed


@strawberry.input(description="What is asked about a guardian, and objected to.")
class ObjectToGuardianshipInput(AttendedOperationInput):
    """What is objected to."""

    service = "object_to_guardianship"


@sees(WITH_IT)
@strawberry.type(description="The answer to an objection: what was asked is over, and everything stays as it was.")
class ObjectToGuardianshipPayload(OperationPayload):
    """The operation after the change."""


mutation = decided_mutation(
    "Object to a guardian who is asked for, or to the end of a guardianship: for a guardian on record, and the ward.",
    ObjectToGuardianshipInput,
    object_to_guardianship,
    ObjectToGuardianshipPayload,
    changed,
    asks=SERVED,
)
