"""What a card can do, as its region's policy lists it (SC-14)."""

from domain.card import Card
from domain.decision import Advice
from domain.errors import InvalidInput
from domain.holder import Actor
from domain.message import Message
from resolvers.deciding import decide_about_card
from resolvers.dependencies import Dependencies
from resolvers.facts import business_day

SERVICE = "functions"


async def functions_of(dependencies: Dependencies, actor: Actor, card: Card) -> tuple[Advice, ...]:
    """Return what a card can do; nothing where its region does not say."""
    async with dependencies.store.reading() as work:
        holder = await work.holders.get(card.holder_id)
        return (await decide_about_card(dependencies, work, actor, SERVICE, card, holder)).advice


def functions_in(dependencies: Dependencies, region: str, generation: str | None) -> tuple[Advice, ...]:
    """Return what cards of a region can do.

    Args:
        generation: a term of the card generations vocabulary; what hangs on it is conditional without it.

    Raises:
        NotFound: the region is unknown.
        InvalidInput: there is no such generation.
    """
    policies = dependencies.policies()
    if generation is not None and policies.region(region).words.term("card_generations", generation) is None:
        raise InvalidInput(
            Message(f"没有卡代际“{generation}”。", f"There is no card generation {generation}."), field="generation"
        )
    day = business_day(dependencies.clock.now())
    known = {"card.generation": generation} if generation else {}
    facts = {"request.service": SERVICE, "request.today": day, **known}
    return policies.decide(SERVICE, region, facts, day, form=True).advice
