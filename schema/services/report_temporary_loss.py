"""A report that a card is lost for now."""

import strawberry

from domain.access import SERVED
from resolvers.services.report_temporary_loss import report_temporary_loss
from schema.kit.access import WITH_IT, sees
from schema.types.inputs import CardInput
from schema.types.mutations import decided_mutation
from schema.types.payloads import CardPayload, card_changed


@strawberry.input(description="A report that a card is lost for now.")
class ReportTemporaryLossInput(CardInput):
    """What is asked for."""

    service = "report_temporary_loss"


@sees(WITH_IT)
@strawberry.type(description="The answer to a report of temporary loss.")
class ReportTemporaryLossPayload(CardPayload):
    """What changed."""


mutation = decided_mutation(
    "Report a card lost for now; it is refused everywhere until it is found or the time is over (NX-4, SC-8, QD-3).",
    ReportTemporaryLossInput,
    report_temporary_loss,
    ReportTemporaryLossPayload,
    card_changed,
    asks=SERVED,
)
