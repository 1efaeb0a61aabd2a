"""The end of a report of loss: the card is found."""

import strawberry

from domain.access import SERVED
from resolvers.services.cancel_loss_report import cancel_loss_report
from schema.kit.access import WITH_IT, sees
from schema.types.inputs import CardInput
from schema.types.mutations import decided_mutation
from schema.types.payloads import CardPayload, card_changed


@strawberry.input(description="The end of a report of loss: the card is found.")
class CancelLossReportInput(CardInput):
    """What is asked for."""

    service = "cancel_loss_report"


@sees(WITH_IT)
@strawberry.type(description="The answer to: the card is found.")
class CancelLossReportPayload(CardPayload):
    """What changed."""


mutation = decided_mutation(
    "Take a report of loss back, before a new card takes its place (CD-4, SC-9, QD-4).",
    CancelLossReportInput,
    cancel_loss_report,
    CancelLossReportPayload,
    card_changed,
    asks=SERVED,
)
