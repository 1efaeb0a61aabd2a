"""Whether a card may be used now: what a pharmacy or hospital asks before it takes one (NX-4, SC-2)."""

from domain.card import Card
from domain.decision import Decision
from domain.duration import day_in_china
from domain.errors import NotFound
from domain.holder import Actor, Purpose
from resolvers import rate_limiting
from resolvers.changing.about_cards import decide_about_cards
from resolvers.changing.access import is_staff, not_found, reaches, relation_between, serves_card
from resolvers.changing.subjects import Subject
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
        TooManyRequests: too many that were asked about were none.
    """
    async with rate_limiting.turn(dependencies, actor):
        rate_limiting.require_numbers(dependencies, actor)
        try:
            return await _usable(dependencies, actor, number)
        except NotFound:
            await rate_limiting.wrong_number(dependencies, actor)
            raise


async def _usable(dependencies: Dependencies, actor: Actor, number: str) -> Decision:
    async with dependencies.store.reading() as work:
        card = await work.cards.find_by_number(number)
        relation = await _relation(dependencies, work, actor, card) if card is not None else "none"
        if card is None or relation == "none":
            raise not_found("社会保障卡", "card", number)
        holder = await work.holders.get(card.holder_id)
        subject = Subject(dependencies.clock.now(), card.region, holder, actor.person_id, relation, card=card)
        (decision,) = await decide_about_cards(dependencies, work, actor, SERVICE, [subject])
        return decision


async def _relation(dependencies: Dependencies, work: UnitOfWork, actor: Actor, card: Card) -> str:
    """Return the relation of whoever asks to the card's holder: `none` for who may not know of it."""
    if actor.role == INSTITUTION:
        return "office"
    if actor.role == SETTLEMENT:
        return "office" if reaches(actor, card.region) else "none"
    if is_staff(actor):
        return "office" if serves_card(actor, card) else "none"
    now = dependencies.clock.now()
    purpose = Purpose(frozenset({SERVICE, "status"}), card.region, day_in_china(now))
    return await relation_between(work, actor.person_id, card.holder_id, purpose, now)
