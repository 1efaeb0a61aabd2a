"""A card that moves in from another city of the province."""

from typing import Annotated, Any

import strawberry

from domain.access import SERVED, SIGNED_IN
from resolvers.changing.insurance import KINDS
from resolvers.changing.service_request import ServiceRequest
from resolvers.services.transfer_in import held_insurance, transfer_card_in, with_kinds
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import argument, field, worked_out
from schema.kit.relay import NamedBy, local_id
from schema.kit.text import Text, text
from schema.types.inputs import CardInput
from schema.types.mutations import decided_mutation
from schema.types.payloads import CardPayload, card_changed


@strawberry.input(description="A card that moves in from another city of the province.")
class TransferCardInInput(CardInput):
    """What is asked for."""

    service = "transfer_in"

    region_code: str = field("The city that takes the card in, GB/T 2260.")
    insurance_kinds: list[str] = field("The insurance kinds chosen of those that `heldInsurance` tells.")

    def asked(self) -> dict[str, Any]:
        """Return the card and the city."""
        return {**CardInput.asked(self), "region": self.region_code}

    def request(self, info: Info) -> ServiceRequest:
        """Return the request as plain values."""
        return with_kinds(CardInput.request(self, info), self.insurance_kinds)


@sees(WITH_IT)
@strawberry.type(description="The answer to a transfer of a card.")
class TransferCardInPayload(CardPayload):
    """What changed."""


@sees(WITH_IT)
@strawberry.type(description="A kind of social insurance.")
class InsuranceKind:
    """An insurance kind."""

    name: str = field("A term of the insurance kinds vocabulary.")
    label: Text = field("What people call it.")


@strawberry.type
class HeldInsuranceQuery:
    """The query of this service."""

    @worked_out(
        "The insurance kinds that a card's holder has in a city: what a transfer may choose of (CD-7).", sees=SIGNED_IN
    )
    async def held_insurance(
        self,
        info: Info,
        card_id: Annotated[strawberry.ID, argument("The card.")],
        region: Annotated[str, argument("The city that would take the card in, GB/T 2260.")],
    ) -> list[InsuranceKind] | None:
        """Ask the insurance register."""
        actor, dependencies = info.context.require_actor(), info.context.dependencies
        with NamedBy("cardId"):
            card = local_id(card_id, "Card", "cardId")
            held = await held_insurance(dependencies, actor, card, region, info.context.loaders.look)
        words = dependencies.policies().deciding(region).words
        return [InsuranceKind(name=kind, label=text(words.label(KINDS, kind))) for kind in held]


mutation = decided_mutation(
    "Make a city the home region of a card from elsewhere in the province; no new card is made (CD-7, SC-10).",
    TransferCardInInput,
    transfer_card_in,
    TransferCardInPayload,
    card_changed,
    asks=SERVED,
)
