"""What policies say about a card besides yes and no."""

import strawberry

from domain.decision import Advice
from schema.kit.access import WITH_IT, sees
from schema.kit.described import field
from schema.kit.text import Text, text
from schema.types.citations import Citation, citation


@sees(WITH_IT)
@strawberry.type(description="Something that a policy says about a card, with its source.")
class CardNote:
    """A reminder, or a thing that a card can do."""

    name: str = field("The rule that says so.")
    message: Text = field("What it says.")
    contact: str | None = field("An office to turn to.")
    conditional: bool = field("Whether it hangs on facts that are not known.")
    citation: Citation = field("Who says so.")


def card_note(advice: Advice) -> CardNote:
    """Return advice as the graph shows it."""
    return CardNote(
        name=advice.rule,
        message=text(advice.message),
        contact=advice.contact,
        conditional=advice.conditional,
        citation=citation(advice.citation),
    )
