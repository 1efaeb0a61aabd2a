"""Mutations, each of the service whose module it stands in."""

import strawberry

from schema.accept import AcceptForProductionMutation
from schema.activate import ActivateMutation
from schema.apply import ApplyMutation
from schema.correct import CorrectApplicationMutation, RequestCorrectionMutation
from schema.deliver import DeliverMutation
from schema.documents import DocumentsMutation
from schema.holders import HoldersMutation
from schema.pay import PayMutation
from schema.produce import ProduceMutation
from schema.receive import ConfirmReceiptMutation
from schema.ship import RecordShippedMutation
from schema.verification import VerificationMutation
from schema.withdraw import WithdrawApplicationMutation


@strawberry.type(
    description="What can be changed. Each mutation takes one input and returns a payload with its errors."
)
class Mutation(
    ApplyMutation,
    WithdrawApplicationMutation,
    DeliverMutation,
    PayMutation,
    AcceptForProductionMutation,
    RequestCorrectionMutation,
    CorrectApplicationMutation,
    ProduceMutation,
    RecordShippedMutation,
    ConfirmReceiptMutation,
    ActivateMutation,
    VerificationMutation,
    DocumentsMutation,
    HoldersMutation,
):
    """The mutations."""
