"""The words of a vocabulary with their labels: what a form can offer."""

from typing import Annotated

import strawberry

from domain.access import EVERYBODY
from resolvers.looking_up.vocabulary import words_of
from schema.kit.context import Info
from schema.kit.described import argument, worked_out
from schema.types.terms import Term, term_node


@strawberry.type
class VocabularyQuery:
    """The query of this topic."""

    @worked_out(
        "The words of a vocabulary as a region knows them, with labels and attributes, in the region's order."
        " What of them is open for a request, `requirements` tells.",
        sees=EVERYBODY,
    )
    def vocabulary(
        self,
        info: Info,
        name: Annotated[str, argument("Which vocabulary, such as `banks`.")],
        region: Annotated[
            str | None, argument("GB/T 2260 code, also of a district; the whole country if left out.")
        ] = None,
    ) -> list[Term] | None:
        """List them."""
        return [term_node(word) for word in words_of(info.context.dependencies.policies(), name, region)]
