"""A report that a card is lost for now."""

from typing import Annotated

import strawberry

from resolvers.services.report_temporary_loss import report_temporary_loss
from schema.kit.context import Info
from schema.kit.described import INPUT
from schema.types.errors import attempt
from schema.types.inputs import CardInput
from schema.types.payloads import CardPayload, card_changed


@strawberry.input(description="A report that a card is lost for now.")
class ReportTemporaryLossInput(CardInput):
    """What is asked for."""

    service = "report_temporary_loss"


@strawberry.type(description="The answer to a report of temporary loss.")
class ReportTemporaryLossPayload(CardPayload):
    """What changed."""


@strawberry.type
class ReportTemporaryLossMutation:
    """The mutation of this service."""

    @strawberry.mutation(
        description="Report a card lost for now; it is refused everywhere until it is found or the time is over (NX-4, SC-8, QD-3)."
    )
    async def report_temporary_loss(
        self, info: Info, input: Annotated[ReportTemporaryLossInput, INPUT]
    ) -> ReportTemporaryLossPayload:
        """A report that a card is lost for now."""
        actor, dependencies = info.context.require_actor(), info.context.dependencies
        return await attempt(
            ReportTemporaryLossPayload,
            lambda: report_temporary_loss(dependencies, actor, input.request(info)),
            card_changed(info),
        )
