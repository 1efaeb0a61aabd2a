"""What a card can do, as its region's policy lists it (SC-14)."""

from collections.abc import Sequence

from domain.card import Card
from domain.decision import Advice
from domain.duration import day_in_china
from domain.holder import Actor
from resolvers.changing.about_cards import advice_on_cards
from resolvers.changing.terms import require_term
from resolvers.dependencies import Dependencies

SERVICE = "functions"


async def functions_of(
    dependencies: Dependencies, actor: Actor, cards: Sequence[Card]
) -> dict[str, tuple[Advice, ...]]:
    """Return what cards can do, by card; nothing where its region does not say."""
    return await advice_on_cards(dependencies, actor, SERVICE, cards)


def functions_in(dependencies: Dependencies, region: str, generation: str | None) -> tuple[Advice, ...]:
    """Return what cards of a region can do.

    Args:
        generation: a term of the card generations vocabulary; what hangs on it is conditional without it.

    Raises:
        NotFound: the region is unknown.
        InvalidInput: there is no such generation.
    """
    policies = dependencies.policies()
    region = policies.deciding_code(region)
    if generation is not None:
        require_term(policies.region(region).words, "card_generations", generation, "generation")
    day = day_in_china(dependencies.clock.now())
    known = {"card.generation": generation} if generation else {}
    facts = {"request.service": SERVICE, "request.today": day, **known}
    return policies.decide(SERVICE, region, facts, day, form=True).advice
