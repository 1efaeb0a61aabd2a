"""The states of operations, as the graph describes them."""

from domain.operation import OperationState as OperationState
from schema.kit.described import enum

enum(
    OperationState,
    "States of an operation.",
    {
        OperationState.SUBMITTED: "Handed in.",
        OperationState.WITHDRAWN: "Withdrawn by the applicant, before it was paid for or accepted, or by time alone.",
        OperationState.PAID: "Everything due is paid.",
        OperationState.ACCEPTED: "Accepted for production.",
        OperationState.CORRECTION_REQUESTED: "The applicant must change something.",
        OperationState.PRODUCED: "The card is produced.",
        OperationState.SHIPPED: "The card is on its way by post.",
        OperationState.RECEIVED: "The card has reached its holder.",
        OperationState.COMPLETED: "Done, such as an activation.",
        OperationState.CONFIRMED: "Confirmed by a second clerk; whoever it concerns may object until it is done.",
        OperationState.OBJECTED: "Ended by an objection.",
    },
)
