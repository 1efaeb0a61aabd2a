"""Mutations, each from the module of its service."""

import strawberry

from schema.services import (
    accept,
    activate,
    apply,
    batches,
    bind_card,
    cancel,
    cancel_loss_report,
    change_password,
    close_account,
    confirm_guardianship,
    correct,
    delegate,
    deliver,
    documents,
    end_guardianship,
    import_cards,
    merge_holders,
    object_to_guardianship,
    pay,
    personal_copy,
    post_account_entries,
    produce,
    receive,
    record_death,
    record_guardianship,
    record_identity_document,
    register,
    register_batch,
    reissue,
    report_formal_loss,
    report_lost_in_post,
    report_temporary_loss,
    request_correction,
    reset_password,
    revoke_delegation,
    set_password,
    ship,
    transfer_in,
    update_information,
    verification,
    withdraw,
)
from schema.types import holders


@strawberry.type(
    description="What can be changed. Each mutation takes one input and returns a payload with its errors."
)
class Mutation:
    """The mutations."""

    apply_for_card = apply.mutation
    withdraw_application = withdraw.mutation
    set_delivery = deliver.mutation
    pay_operation = pay.mutation
    accept_for_production = accept.mutation
    request_correction = request_correction.mutation
    correct_application = correct.mutation
    record_produced = produce.mutation
    record_shipped = ship.mutation
    confirm_receipt = receive.mutation
    report_lost_in_post = report_lost_in_post.mutation
    apply_batch = batches.apply_batch
    accept_batch = batches.accept_batch
    record_produced_batch = batches.record_produced_batch
    record_shipped_batch = batches.record_shipped_batch
    confirm_receipt_batch = batches.confirm_receipt_batch
    activate_card = activate.mutation
    bind_card = bind_card.mutation
    report_temporary_loss = report_temporary_loss.mutation
    report_formal_loss = report_formal_loss.mutation
    cancel_loss_report = cancel_loss_report.mutation
    reissue_card = reissue.mutation
    set_service_password = set_password.mutation
    change_service_password = change_password.mutation
    reset_service_password = reset_password.mutation
    update_information = update_information.mutation
    transfer_card_in = transfer_in.mutation
    cancel_card = cancel.mutation
    close_account = close_account.mutation
    grant_delegation = delegate.mutation
    revoke_delegation = revoke_delegation.mutation
    post_account_entries = post_account_entries.mutation
    request_verification_code = verification.code_mutation
    request_face_check = verification.face_check_mutation
    upload_document = documents.mutation
    request_personal_copy = personal_copy.mutation
    register_holder = holders.mutation
    register_holder_batch = register_batch.mutation
    register_myself = register.mutation
    import_cards_batch = import_cards.mutation
    record_guardianship = record_guardianship.mutation
    end_guardianship = end_guardianship.mutation
    confirm_guardianship = confirm_guardianship.mutation
    object_to_guardianship = object_to_guardianship.mutation
    record_identity_document = record_identity_document.mutation
    merge_holders = merge_holders.mutation
    record_death = record_death.mutation
