"""The input of any one change, so that it can be tried out with the very input that its mutation takes."""

from collections.abc import Mapping
from typing import Any, get_args, get_type_hints

import strawberry
from strawberry.utils.str_converters import to_camel_case

from resolvers.changing.service_request import ServiceRequest
from schema.kit.context import Info
from schema.kit.described import field
from schema.services.accept import AcceptForProductionInput
from schema.services.activate import ActivateCardInput
from schema.services.apply import ApplyForCardInput
from schema.services.bind_card import BindCardInput
from schema.services.cancel import CancelCardInput
from schema.services.cancel_loss_report import CancelLossReportInput
from schema.services.change_password import ChangeServicePasswordInput
from schema.services.close_account import CloseAccountInput
from schema.services.confirm_guardianship import ConfirmGuardianshipInput
from schema.services.correct import CorrectApplicationInput
from schema.services.delegate import GrantDelegationInput
from schema.services.deliver import SetDeliveryInput
from schema.services.end_guardianship import EndGuardianshipInput
from schema.services.merge_holders import MergeHoldersInput
from schema.services.object_to_guardianship import ObjectToGuardianshipInput
from schema.services.pay import PayOperationInput
from schema.services.produce import RecordProducedInput
from schema.services.receive import ConfirmReceiptInput
from schema.services.record_death import RecordDeathInput
from schema.services.record_guardianship import RecordGuardianshipInput
from schema.services.record_identity_document import RecordIdentityDocumentInput
from schema.services.reissue import ReissueCardInput
from schema.services.report_formal_loss import ReportFormalLossInput
from schema.services.report_lost_in_post import ReportLostInPostInput
from schema.services.report_temporary_loss import ReportTemporaryLossInput
from schema.services.request_correction import RequestCorrectionInput
from schema.services.reset_password import ResetServicePasswordInput
from schema.services.revoke_delegation import RevokeDelegationInput
from schema.services.set_password import SetServicePasswordInput
from schema.services.ship import RecordShippedInput
from schema.services.transfer_in import TransferCardInInput
from schema.services.update_information import UpdateInformationInput
from schema.services.withdraw import WithdrawApplicationInput
from schema.types.inputs import ServiceInput


def _input_of(mutation: str) -> Any:
    return field(f"What `{mutation}` takes.", default=strawberry.UNSET)


@strawberry.input(one_of=True, description="A change to try out: what its mutation takes, for exactly one mutation.")
class RequestInput:
    """The input of one change; each field is named after its mutation."""

    apply_for_card: ApplyForCardInput | None = _input_of("applyForCard")
    withdraw_application: WithdrawApplicationInput | None = _input_of("withdrawApplication")
    set_delivery: SetDeliveryInput | None = _input_of("setDelivery")
    pay_operation: PayOperationInput | None = _input_of("payOperation")
    accept_for_production: AcceptForProductionInput | None = _input_of("acceptForProduction")
    request_correction: RequestCorrectionInput | None = _input_of("requestCorrection")
    correct_application: CorrectApplicationInput | None = _input_of("correctApplication")
    record_produced: RecordProducedInput | None = _input_of("recordProduced")
    record_shipped: RecordShippedInput | None = _input_of("recordShipped")
    confirm_receipt: ConfirmReceiptInput | None = _input_of("confirmReceipt")
    report_lost_in_post: ReportLostInPostInput | None = _input_of("reportLostInPost")
    activate_card: ActivateCardInput | None = _input_of("activateCard")
    bind_card: BindCardInput | None = _input_of("bindCard")
    report_temporary_loss: ReportTemporaryLossInput | None = _input_of("reportTemporaryLoss")
    report_formal_loss: ReportFormalLossInput | None = _input_of("reportFormalLoss")
    cancel_loss_report: CancelLossReportInput | None = _input_of("cancelLossReport")
    reissue_card: ReissueCardInput | None = _input_of("reissueCard")
    set_service_password: SetServicePasswordInput | None = _input_of("setServicePassword")
    change_service_password: ChangeServicePasswordInput | None = _input_of("changeServicePassword")
    reset_service_password: ResetServicePasswordInput | None = _input_of("resetServicePassword")
    update_information: UpdateInformationInput | None = _input_of("updateInformation")
    transfer_card_in: TransferCardInInput | None = _input_of("transferCardIn")
    cancel_card: CancelCardInput | None = _input_of("cancelCard")
    close_account: CloseAccountInput | None = _input_of("closeAccount")
    grant_delegation: GrantDelegationInput | None = _input_of("grantDelegation")
    revoke_delegation: RevokeDelegationInput | None = _input_of("revokeDelegation")
    record_guardianship: RecordGuardianshipInput | None = _input_of("recordGuardianship")
    end_guardianship: EndGuardianshipInput | None = _input_of("endGuardianship")
    confirm_guardianship: ConfirmGuardianshipInput | None = _input_of("confirmGuardianship")
    object_to_guardianship: ObjectToGuardianshipInput | None = _input_of("objectToGuardianship")
    record_identity_document: RecordIdentityDocumentInput | None = _input_of("recordIdentityDocument")
    merge_holders: MergeHoldersInput | None = _input_of("mergeHolders")
    record_death: RecordDeathInput | None = _input_of("recordDeath")

    @property
    def place(self) -> str:
        """Where the one input stands that is given, as errors name it."""
        mutation, _ = self._given()
        return f"input.request.{to_camel_case(mutation)}"

    async def prepared(self, info: Info) -> ServiceRequest:
        """Return the request as the mutation's use case asks it.

        Raises:
            DomainError: as the use case refuses it.
        """
        _, given = self._given()
        return await given.prepared(info)

    @property
    def kind(self) -> type[ServiceInput]:
        """Which input it is."""
        return type(self._given()[1])

    def _given(self) -> tuple[str, ServiceInput]:
        [given] = ((name, value) for name, value in vars(self).items() if value is not strawberry.UNSET)
        return given


INPUTS: Mapping[str, type[ServiceInput]] = {
    kind.service: kind
    for hint in get_type_hints(RequestInput).values()
    for kind in get_args(hint)
    if isinstance(kind, type) and issubclass(kind, ServiceInput)
}
"""What the mutation of each service takes, by the service."""
