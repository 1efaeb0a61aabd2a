"""Mutations, each of the service whose module it stands in."""

import strawberry

from schema.accept import AcceptForProductionMutation
from schema.account_entries import PostAccountEntriesMutation
from schema.activate import ActivateCardMutation
from schema.apply import ApplyMutation
from schema.cancel import CancelCardMutation
from schema.cancel_loss_report import CancelLossReportMutation
from schema.change_password import ChangeServicePasswordMutation
from schema.close_account import CloseAccountMutation
from schema.correct import CorrectApplicationMutation, RequestCorrectionMutation
from schema.delegate import GrantDelegationMutation
from schema.deliver import DeliverMutation
from schema.documents import DocumentsMutation
from schema.holders import HoldersMutation
from schema.pay import PayMutation
from schema.produce import ProduceMutation
from schema.receive import ConfirmReceiptMutation
from schema.reissue import ReissueCardMutation
from schema.report_formal_loss import ReportFormalLossMutation
from schema.report_temporary_loss import ReportTemporaryLossMutation
from schema.reset_password import ResetServicePasswordMutation
from schema.revoke_delegation import RevokeDelegationMutation
from schema.set_password import SetServicePasswordMutation
from schema.ship import RecordShippedMutation
from schema.transfer_in import TransferCardInMutation
from schema.update_information import UpdateInformationMutation
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
    ActivateCardMutation,
    ReportTemporaryLossMutation,
    ReportFormalLossMutation,
    CancelLossReportMutation,
    ReissueCardMutation,
    SetServicePasswordMutation,
    ChangeServicePasswordMutation,
    ResetServicePasswordMutation,
    UpdateInformationMutation,
    TransferCardInMutation,
    CancelCardMutation,
    CloseAccountMutation,
    GrantDelegationMutation,
    RevokeDelegationMutation,
    PostAccountEntriesMutation,
    VerificationMutation,
    DocumentsMutation,
    HoldersMutation,
):
    """The mutations."""
