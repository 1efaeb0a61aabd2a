"""Whether a card may be used."""

from typing import Annotated

import strawberry

from domain.access import SIGNED_IN
from resolvers.services.use import card_usable
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import argument, field, worked_out
from schema.kit.text import Text, text
from schema.types.citations import Citation, citation
from schema.types.notes import CardNote, card_note


@sees(WITH_IT)
@strawberry.type(description="Why a card may not be used.")
class Unusable:
    """A reason."""

    code: str = field("For programs.")
    message: Text = field("For people.")
    citation: Citation = field("Who says so.")


@sees(WITH_IT)
@strawberry.type(description="Whether a card may be used now; nothing about whose it is.")
class Usability:
    """The answer to who is about to take a card."""

    usable: bool = field("Whether to take it.")
    reasons: list[Unusable] = field("Why not; empty when it may be used.")
    advice: list[CardNote] = field("What to tell whoever brings it, such as that it has expired.")
    policy_digest: str = field("The policies that decided it.")


@strawberry.type
class UseQuery:
    """The query of this service."""

    @worked_out("Whether a card may be used now: what a pharmacy or hospital asks first (NX-4).", sees=SIGNED_IN)
    async def card_usable(
        self, info: Info, card_number: Annotated[str, argument("On the photo side.")]
    ) -> Usability | None:
        """Ask the policies of the card's region."""
        decided = await card_usable(info.context.dependencies, info.context.require_actor(), card_number)
        return Usability(
            usable=decided.allowed,
            reasons=[
                Unusable(code=d.code, message=text(d.message), citation=citation(d.citation)) for d in decided.denials
            ],
            advice=[card_note(advice) for advice in decided.advice],
            policy_digest=decided.digest,
        )
