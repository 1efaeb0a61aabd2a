"""Activate a sealed card."""

from typing import Annotated, Any

import strawberry

from resolvers.activate import activate_card
from resolvers.ask import Ask
from schema.context import Info
from schema.decision import decision
from schema.described import INPUT, field
from schema.errors import attempt
from schema.inputs import EvidenceInput, ask_of
from schema.nodes import Card, card_node, operation_node
from schema.payloads import OperationPayload
from schema.relay import local_id


@strawberry.input(description="An activation of a sealed card.")
class ActivateCardInput:
    """What is asked for."""

    card_id: strawberry.ID = field("The card.")
    present_person_id: strawberry.ID | None = field(
        "At a window, who is there: the holder (if left out) or a guardian. Clerks only.", default=None
    )
    evidence: EvidenceInput | None = field("What is brought along.", default=None)
    policy_digest: str | None = field(
        "Of the decision that was quoted, to be told if it no longer holds.", default=None
    )

    def ask(self) -> Ask:
        """Return the request as plain values."""
        return ask_of(
            "activate",
            self.evidence,
            card_id=local_id(self.card_id, "Card", "input.cardId"),
            present_id=self.present_person_id,
            policy_digest=self.policy_digest,
        )


@strawberry.type(description="The answer to an activation.")
class ActivateCardPayload(OperationPayload):
    """The active card and the operation that records it."""

    card: Card | None = field("The card after the change; null where nothing changed.", default=None)


@strawberry.type
class ActivateMutation:
    """The mutation of this service."""

    @strawberry.mutation(description="Turn a sealed card into an active one (NX-2, SC-2, CD-2, QD-2).")
    async def activate_card(self, info: Info, input: Annotated[ActivateCardInput, INPUT]) -> ActivateCardPayload:
        """Activate."""
        actor = info.context.require_actor()

        async def activated() -> dict[str, Any]:
            card, operation, decided = await activate_card(info.context.dependencies, actor, input.ask())
            return {
                "card": card_node(card, info),
                "operation": operation_node(operation),
                "decision": decision(decided),
            }

        return await attempt(ActivateCardPayload, activated)
