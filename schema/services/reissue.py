"""A request for a new card in place of one that is lost, expired, damaged or wrong."""

from typing import Any

import strawberry

from domain.access import SERVED
from resolvers.services.reissue import reissue_card
from schema.kit.access import WITH_IT, sees
from schema.kit.described import field
from schema.types.inputs import CardInput, DeliveryInput
from schema.types.mutations import decided_mutation
from schema.types.payloads import OperationPayload, changed


@strawberry.input(description="A request for a new card in place of one that is lost, expired, damaged or wrong.")
class ReissueCardInput(CardInput):
    """What is asked for."""

    service = "reissue"

    reason: str = field("Why: a term of the reissue reasons vocabulary, such as `lost` or `damaged`.")
    bank: str | None = field(
        "The bank of the new card: a term of the banks vocabulary; the old card's if left out.", default=None
    )
    outlet: str | None = field("The outlet of collection: a term of the region's outlets.", default=None)
    delivery: DeliveryInput | None = field(
        "How to receive the card, decided and charged as by `setDelivery`, which may choose it later.", default=None
    )

    def asked(self) -> dict[str, Any]:
        """Return the card, the reason, and what was chosen for the new one."""
        chosen = {"reissue_reason": self.reason, "bank": self.bank, "delivery": self.delivery}
        return {**CardInput.asked(self), **chosen}


@sees(WITH_IT)
@strawberry.type(description="The answer to a request for a new card.")
class ReissueCardPayload(OperationPayload):
    """What changed."""


mutation = decided_mutation(
    "Ask for a new card in place of an old one; it is delivered, paid and produced like a first one (CD-8, NX-3, SC-5).",
    ReissueCardInput,
    reissue_card,
    ReissueCardPayload,
    changed,
    asks=SERVED,
)
