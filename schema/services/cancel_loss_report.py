"""The end of a report of loss: the card is found."""

from typing import Annotated

import strawberry

from resolvers.services.cancel_loss_report import cancel_loss_report
from schema.kit.context import Info
from schema.kit.described import INPUT
from schema.types.errors import attempt
from schema.types.inputs import CardInput
from schema.types.payloads import CardPayload, card_changed


@strawberry.input(description="The end of a report of loss: the card is found.")
class CancelLossReportInput(CardInput):
    """What is asked for."""

    service = "cancel_loss_report"


@strawberry.type(description="The answer to: the card is found.")
class CancelLossReportPayload(CardPayload):
    """What changed."""


@strawberry.type
class CancelLossReportMutation:
    """The mutation of this service."""

    @strawberry.mutation(
        description="Take a report of loss back, before a new card takes its place (CD-4, SC-9, QD-4)."
    )
    async def cancel_loss_report(
        self, info: Info, input: Annotated[CancelLossReportInput, INPUT]
    ) -> CancelLossReportPayload:
        """The end of a report of loss: the card is found."""
        actor, dependencies = info.context.require_actor(), info.context.dependencies
        return await attempt(
            CancelLossReportPayload,
            lambda: cancel_loss_report(dependencies, actor, input.request(info)),
            card_changed(info),
        )
