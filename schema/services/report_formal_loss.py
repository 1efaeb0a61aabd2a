"""A report that a card is lost for good."""

import strawberry

from domain.access import SERVED
from resolvers.services.report_formal_loss import report_formal_loss
from schema.kit.access import WITH_IT, sees
from schema.types.inputs import CardInput
from schema.types.mutations import decided_mutation
from schema.types.payloads import CardPayload, card_changed


@strawberry.input(description="A report that a card is lost for good.")
class ReportFormalLossInput(CardInput):
    """What is asked for."""

    service = "report_formal_loss"


@sees(WITH_IT)
@strawberry.type(description="The answer to a report of formal loss.")
class ReportFormalLossPayload(CardPayload):
    """What changed."""


mutation = decided_mutation(
    "Report a card lost for good; only then can a new one take its place (SC-8, CD-3, NX-3).",
    ReportFormalLossInput,
    report_formal_loss,
    ReportFormalLossPayload,
    card_changed,
    asks=SERVED,
)
