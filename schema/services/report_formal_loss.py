"""A report that a card is lost for good."""

from typing import Annotated

import strawberry

from resolvers.services.report_formal_loss import report_formal_loss
from schema.kit.context import Info
from schema.kit.described import INPUT
from schema.types.errors import attempt
from schema.types.inputs import CardInput
from schema.types.payloads import CardPayload, card_changed


@strawberry.input(description="A report that a card is lost for good.")
class ReportFormalLossInput(CardInput):
    """What is asked for."""

    service = "report_formal_loss"


@strawberry.type(description="The answer to a report of formal loss.")
class ReportFormalLossPayload(CardPayload):
    """What changed."""


@strawberry.type
class ReportFormalLossMutation:
    """The mutation of this service."""

    @strawberry.mutation(
        description="Report a card lost for good; only then can a new one take its place (SC-8, CD-3, NX-3)."
    )
    async def report_formal_loss(
        self, info: Info, input: Annotated[ReportFormalLossInput, INPUT]
    ) -> ReportFormalLossPayload:
        """A report that a card is lost for good."""
        actor, dependencies = info.context.require_actor(), info.context.dependencies
        return await attempt(
            ReportFormalLossPayload,
            lambda: report_formal_loss(dependencies, actor, input.request(info)),
            card_changed(info),
        )
