"""Withdraw an application, until it is paid for."""

from typing import Annotated

import strawberry

from resolvers.ask import Ask
from resolvers.withdraw import withdraw_application
from schema.context import Info
from schema.described import INPUT, field
from schema.errors import attempt
from schema.inputs import ask_of
from schema.payloads import OperationPayload, changed
from schema.relay import local_id


@strawberry.input(description="Withdraw an application, until it is paid for.")
class WithdrawApplicationInput:
    """What is asked for."""

    operation_id: strawberry.ID = field("The operation.")
    policy_digest: str | None = field(
        "Of the decision that was quoted, to be told if it no longer holds.", default=None
    )

    def ask(self) -> Ask:
        """Return the request as plain values."""
        operation_id = local_id(self.operation_id, "Operation", "input.operationId")
        return ask_of("withdraw", None, operation_id=operation_id, policy_digest=self.policy_digest)


@strawberry.type(description="The answer to: withdraw an application, until it is paid for.")
class WithdrawApplicationPayload(OperationPayload):
    """The operation after the change."""


@strawberry.type
class WithdrawApplicationMutation:
    """The mutation of this service."""

    @strawberry.mutation(description="Withdraw an application, until it is paid for (NX-1).")
    async def withdraw_application(
        self, info: Info, input: Annotated[WithdrawApplicationInput, INPUT]
    ) -> WithdrawApplicationPayload:
        """Withdraw an application, until it is paid for."""
        actor = info.context.require_actor()
        dependencies = info.context.dependencies
        return await attempt(
            WithdrawApplicationPayload, lambda: changed(withdraw_application(dependencies, actor, input.ask()))
        )
