"""Withdraw an application, until it is paid for."""

import strawberry

from domain.access import SERVED
from resolvers.services.withdraw import withdraw_application
from schema.kit.access import WITH_IT, sees
from schema.types.inputs import AttendedOperationInput
from schema.types.mutations import decided_mutation
from schema.types.payloads import OperationPayload, changed


@strawberry.input(description="Withdraw an application, until it is paid for.")
class WithdrawApplicationInput(AttendedOperationInput):
    """What is asked for."""

    service = "withdraw"


@sees(WITH_IT)
@strawberry.type(description="The answer to: withdraw an application, until it is paid for.")
class WithdrawApplicationPayload(OperationPayload):
    """What changed."""


mutation = decided_mutation(
    "Withdraw an application or a request for a new card, until it is paid for (NX-1).",
    WithdrawApplicationInput,
    withdraw_application,
    WithdrawApplicationPayload,
    changed,
    asks=SERVED,
)
