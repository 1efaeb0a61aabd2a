"""An activation of a sealed card."""

import strawberry

from domain.access import SERVED
from resolvers.services.activate import activate_card
from schema.kit.access import WITH_IT, sees
from schema.types.inputs import CardInput
from schema.types.mutations import decided_mutation
from schema.types.payloads import CardPayload, card_changed


@strawberry.input(description="An activation of a sealed card.")
class ActivateCardInput(CardInput):
    """What is asked for."""

    service = "activate"


@sees(WITH_IT)
@strawberry.type(description="The answer to an activation.")
class ActivateCardPayload(CardPayload):
    """What changed."""


mutation = decided_mutation(
    "Turn a sealed card into an active one (NX-2, SC-2, CD-2, QD-2).",
    ActivateCardInput,
    activate_card,
    ActivateCardPayload,
    card_changed,
    asks=SERVED,
)
