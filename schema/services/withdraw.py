"""Withdraw an application, until it is paid for."""

from typing import Annotated

import strawberry

from resolvers.services.withdraw import withdraw_application
from schema.kit.context import Info
from schema.kit.described import INPUT
from schema.types.errors import attempt
from schema.types.inputs import AttendedOperationInput
from schema.types.payloads import OperationPayload, changed


@strawberry.input(description="Withdraw an application, until it is paid for.")
class WithdrawApplicationInput(AttendedOperationInput):
    """What is asked for."""

    service = "withdraw"


@strawberry.type(description="The answer to: withdraw an application, until it is paid for.")
class WithdrawApplicationPayload(OperationPayload):
    """What changed."""


@strawberry.type
class WithdrawApplicationMutation:
    """The mutation of this service."""

    @strawberry.mutation(
        description="Withdraw an application or a request for a new card, until it is paid for (NX-1)."
    )
    async def withdraw_application(
        self, info: Info, input: Annotated[WithdrawApplicationInput, INPUT]
    ) -> WithdrawApplicationPayload:
        """Withdraw an application, until it is paid for."""
        actor, dependencies = info.context.require_actor(), info.context.dependencies
        return await attempt(
            WithdrawApplicationPayload, lambda: withdraw_application(dependencies, actor, input.request(info)), changed
        )
