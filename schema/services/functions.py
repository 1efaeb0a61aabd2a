"""What cards of a region can do."""

from typing import Annotated

import strawberry

from domain.access import EVERYBODY
from resolvers.services.functions import functions_in
from schema.kit.context import Info
from schema.kit.described import argument, worked_out
from schema.types.notes import CardNote, card_note


@strawberry.type
class FunctionsQuery:
    """The query of this service."""

    @worked_out("What cards of a region can do (SC-14); empty where the region does not list it.", sees=EVERYBODY)
    def card_functions(
        self,
        info: Info,
        region: Annotated[str, argument("GB/T 2260 code.")],
        generation: Annotated[str | None, argument("A term of the card generations vocabulary.")] = None,
    ) -> list[CardNote] | None:
        """List them."""
        return [card_note(advice) for advice in functions_in(info.context.dependencies, region, generation)]
