"""What the policies say about cards where nobody asks to change them: use, locks, reminders, functions."""

from collections.abc import Sequence

from domain.card import Card
from domain.decision import Advice, Decision
from domain.duration import day_in_china
from domain.holder import Actor
from resolvers import facts
from resolvers.changing.deciding import situation_of
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.subjects import Subject
from resolvers.changing.wrong_inputs import Wrong
from resolvers.dependencies import Dependencies
from store import UnitOfWork


async def decide_about_cards(
    dependencies: Dependencies, work: UnitOfWork, actor: Actor, service: str, subjects: Sequence[Subject]
) -> list[Decision]:
    """Return a decision about each card.

    The facts of many cards cost as few queries as those of one.

    Raises:
        DecisionFault: the policies could not be evaluated.
    """
    policies, request = dependencies.policies(), ServiceRequest(service)
    # Nothing is chosen or declared, so that nothing can be wrong.
    situations = [situation_of(dependencies, actor, request, subject, Wrong()) for subject in subjects]
    return [
        policies.decide(service, subject.region, known.facts, day_in_china(subject.now), history=known.history)
        for subject, known in zip(subjects, await facts.load_facts(policies, work, situations), strict=True)
    ]


async def advice_on_cards(
    dependencies: Dependencies, actor: Actor, service: str, cards: Sequence[Card]
) -> dict[str, tuple[Advice, ...]]:
    """Return what the policies tell about cards, by card.

    Raises:
        DecisionFault: the policies could not be evaluated.
    """
    async with dependencies.store.reading() as work:
        holders = await work.holders.get_many({card.holder_id for card in cards})
        now = dependencies.clock.now()
        subjects = [Subject(now, c.region, holders[c.holder_id], actor.person_id, "none", card=c) for c in cards]
        decided = await decide_about_cards(dependencies, work, actor, service, subjects)
    return {card.id: decision.advice for card, decision in zip(cards, decided, strict=True)}
