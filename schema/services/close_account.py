"""A record that the bank has closed the account on a cancelled card."""

import strawberry

from domain.access import SERVED
from resolvers.services.close_account import close_account
from schema.kit.access import WITH_IT, sees
from schema.types.inputs import CardInput
from schema.types.mutations import decided_mutation
from schema.types.payloads import CardPayload, card_changed


@strawberry.input(description="A record that the bank has closed the account on a cancelled card.")
class CloseAccountInput(CardInput):
    """What is asked for."""

    service = "close_account"


@sees(WITH_IT)
@strawberry.type(description="The answer to: the bank has closed the account.")
class CloseAccountPayload(CardPayload):
    """What changed."""


mutation = decided_mutation(
    "Record that the bank account on a cancelled card is closed. Banks only (SC-11, SC-13).",
    CloseAccountInput,
    close_account,
    CloseAccountPayload,
    card_changed,
    asks=SERVED,
)
