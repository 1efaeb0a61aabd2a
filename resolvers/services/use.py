"""Whether a card may be used now: what a pharmacy or hospital asks before it takes one (NX-4, SC-2)."""

from domain.card import Card
from domain.decision import Decision
from domain.holder import Actor
from resolvers.changing.access import Purpose, is_staff, not_found, reaches, relation_between, serves_card
from resolvers.changing.deciding import decide_about_card
from resolvers.changing.facts import business_day
from resolvers.dependencies import Dependencies
from store import UnitOfWork

SERVICE = "use"
INSTITUTION, SETTLEMENT = "medical_institution", "settlement_system"
"""Terms of the roles vocabulary."""


async def card_usable(dependencies: Dependencies, actor: Actor, number: str) -> Decision:
    """Say whether a card may be used now, by the number printed on it.

    A medical institution may ask of any card, for people fall ill away from home, and learns nothing but the answer; a
    settlement system of the cards of its region.

    Raises:
        NotFound: there is no such card, or none that whoever asks may know of.
    """
    async with dependencies.store.reading() as work:
        card = await work.cards.find_by_number(number)
        if card is None or not await _may_ask(dependencies, work, actor, card):
            raise not_found("社会保障卡", "card", number)
        holder = await work.holders.get(card.holder_id)
        return await decide_about_card(dependencies, work, actor, SERVICE, card, holder)


async def _may_ask(dependencies: Dependencies, work: UnitOfWork, actor: Actor, card: Card) -> bool:
    if actor.role == INSTITUTION:
        return True
    if actor.role == SETTLEMENT:
        return reaches(actor, card.region)
    if is_staff(actor):
        return serves_card(actor, card)
    purpose = Purpose(frozenset({SERVICE, "status"}), card.region, business_day(dependencies.clock.now()))
    return await relation_between(work, actor.person_id, card.holder_id, purpose) != "none"
