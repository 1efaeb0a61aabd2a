"""Values of facts that are not known yet under which a part of a decision holds, as the graph shows them."""

from collections.abc import Callable, Iterable, Mapping

import strawberry

from resolvers.looking_up.forms.alternatives import Possibility as Found
from schema.kit.access import WITH_IT, sees
from schema.kit.described import field
from schema.kit.text import Text, text
from schema.types.terms import Term, shown_term

Holding = Callable[[], Mapping[str, tuple[Found, ...]]]
"""Returns what rules need of facts that are not known yet, by rule."""
ONLY_IF = (
    "Values of facts that are not known yet without which it does not hold: of two parts that need different values of one"
    " fact, such as a way of delivery, only one will."
)


@sees(WITH_IT)
@strawberry.type(description="A fact that is not known yet, and the values of it under which something may hold.")
class Possibility:
    """A fact with some of its values."""

    fact: str = field("Its name, as `suppose` takes it.")
    label: Text = field("What people call it.")
    values: list[str] = field("Any one of these, as `suppose` takes them.")
    value_terms: list[Term] = shown_term(
        lambda found, _: (found.vocabulary,) if found.vocabulary else (), "values", region="region"
    )
    vocabulary: strawberry.Private[str | None]
    region: strawberry.Private[str]


def possibilities(found: Iterable[Found], region: str) -> list[Possibility]:
    """Return what a rule needs as the graph shows it."""
    return [
        Possibility(
            fact=each.fact,
            label=text(each.label),
            values=list(each.values),
            vocabulary=each.vocabulary,
            region=region,
        )
        for each in found
    ]


def nothing_open() -> Mapping[str, tuple[Found, ...]]:
    """Return what rules need where all is known."""
    return {}
