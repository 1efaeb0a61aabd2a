"""Report that a card which was posted does not arrive."""

import strawberry

from domain.access import SERVED
from resolvers.services.report_lost_in_post import report_lost_in_post
from schema.kit.access import WITH_IT, sees
from schema.types.inputs import AttendedOperationInput
from schema.types.mutations import decided_mutation
from schema.types.payloads import OperationPayload, changed


@strawberry.input(description="Report that a card which was posted does not arrive.")
class ReportLostInPostInput(AttendedOperationInput):
    """What is asked for."""

    service = "report_lost_in_post"


@sees(WITH_IT)
@strawberry.type(description="The answer to: report that a card which was posted does not arrive.")
class ReportLostInPostPayload(OperationPayload):
    """What changed."""


mutation = decided_mutation(
    "Report that a card which was posted does not arrive: it is cancelled for good, and another one is made of the same"
    " application and shipped.",
    ReportLostInPostInput,
    report_lost_in_post,
    ReportLostInPostPayload,
    changed,
    asks=SERVED,
)
