"""Mutations, each of the service whose module it stands in."""

import strawberry

from schema.services.accept import AcceptForProductionMutation
from schema.services.activate import ActivateCardMutation
from schema.services.apply import ApplyMutation
from schema.services.bind_card import BindCardMutation
from schema.services.cancel import CancelCardMutation
from schema.services.cancel_loss_report import CancelLossReportMutation
from schema.services.change_password import ChangeServicePasswordMutation
from schema.services.close_account import CloseAccountMutation
from schema.services.correct import CorrectApplicationMutation
from schema.services.delegate import GrantDelegationMutation
from schema.services.deliver import DeliverMutation
from schema.services.documents import DocumentsMutation
from schema.services.end_guardianship import EndGuardianshipMutation
from schema.services.pay import PayMutation
from schema.services.post_account_entries import PostAccountEntriesMutation
from schema.services.produce import ProduceMutation
from schema.services.receive import ConfirmReceiptMutation
from schema.services.record_guardianship import RecordGuardianshipMutation
from schema.services.reissue import ReissueCardMutation
from schema.services.report_formal_loss import ReportFormalLossMutation
from schema.services.report_temporary_loss import ReportTemporaryLossMutation
from schema.services.request_correction import RequestCorrectionMutation
from schema.services.reset_password import ResetServicePasswordMutation
from schema.services.revoke_delegation import RevokeDelegationMutation
from schema.services.set_password import SetServicePasswordMutation
from schema.services.ship import RecordShippedMutation
from schema.services.transfer_in import TransferCardInMutation
from schema.services.update_information import UpdateInformationMutation
from schema.services.verification import VerificationMutation
from schema.services.withdraw import WithdrawApplicationMutation
from schema.types.holders import HoldersMutation


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
    BindCardMutation,
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
    RecordGuardianshipMutation,
    EndGuardianshipMutation,
):
    """The mutations."""
