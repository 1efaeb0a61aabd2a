"""The end of a report of loss: the card is found."""

from typing import Annotated

import strawberry

from resolvers.cancel_loss_report import cancel_loss_report
from schema.context import Info
from schema.described import INPUT
from schema.errors import attempt
from schema.inputs import CardInput
from schema.payloads import CardPayload, card_changed


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
            lambda: cancel_loss_report(dependencies, actor, input.ask(info)),
            card_changed(info),
        )
