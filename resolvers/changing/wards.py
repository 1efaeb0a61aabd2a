"""Whose business a ward is: the region that decides about their guardians, and what those say."""

from datetime import datetime

from domain.card import Card, CardState
from domain.errors import NotPermitted
from domain.holder import Actor, Holder
from domain.message import Message
from domain.operation import CLOSED
from domain.region import NATION, around, city_of
from domain.services import makes_card
from policies.engine.decide import Policies
from resolvers.changing.access import reaches
from store import UnitOfWork

RECORD, END = "record_guardianship", "end_guardianship"
SERVICES = frozenset({RECORD, END})
"""Services about guardianships: terms of the services vocabulary."""


async def ward_region(
    policies: Policies,
    work: UnitOfWork,
    actor: Actor,
    ward: Holder,
    cards: tuple[Card, ...] | None,
    asked: str | None,
    now: datetime,
) -> str | None:
    """Return the region that decides about a ward's guardians: where the ward belongs, whoever asks.

    Args:
        cards: the ward's, where they were read already.
        asked: the region that was named, if one was; it can choose only among the ward's own.

    Returns:
        The ward's region; where nothing on record says where they belong, the one named or the office's own, if any.

    Raises:
        NotPermitted: the office of whoever asks is of none of the ward's regions (`WARD_OF_ANOTHER_REGION`).
    """
    if cards is None:
        cards = (await work.cards.of_holders([ward.id])).get(ward.id, ())
    own = await _regions_of(policies, work, ward, cards, now)
    if not own:
        return asked or actor.region
    wanted = [region for region in own if asked is None or city_of(region) == city_of(asked)]
    # A city and its districts are asked for alike; the very region that was named goes first.
    mine = sorted((region for region in wanted if reaches(actor, region)), key=lambda region: region != asked)
    if mine:
        return mine[0]
    names = [policies.region(region).region.name for region in own]
    raise NotPermitted(
        Message(
            f"被监护人属于{'、'.join(name.zh for name in names)}，您所在的机构不能办理。请当事人到当地的经办机构办理。",
            f"The ward belongs to {', '.join(name.en for name in names)}, and your office cannot act there; "
            "those concerned go to a window there.",
        ),
        code="WARD_OF_ANOTHER_REGION",
    )


async def _regions_of(
    policies: Policies, work: UnitOfWork, ward: Holder, cards: tuple[Card, ...], now: datetime
) -> tuple[str, ...]:
    """Return the regions with policies that a ward belongs to.

    Those of their cards count, else of an application for one and of what else is on record, else where their guardians belong:
    who has a guardian is never nobody's, and no office elsewhere may take them over.
    """
    codes = [card.region for card in cards if card.reads_as(now) is not CardState.CANCELLED]
    if not codes:
        guardianships = [g for g in await work.guardianships.of_ward(ward.id) if not g.is_over(now)]
        recorded = [g.region for g in guardianships]
        asked_in = await _applied_in(work, ward.id, now)
        codes = [*asked_in, *_belongs(ward), *(code for code in recorded if code)]
        if not codes:
            codes = await _guardians_regions(work, [g.guardian_id for g in guardianships if g.holds(now)], now)
    found = (_with_policies(policies, code) for code in codes)
    return tuple(dict.fromkeys(region for region in found if region is not None))


def _belongs(person: Holder) -> list[str]:
    """Return where somebody is insured, employed or lives."""
    return [code for code in (*person.insured_in, *person.employed_in, person.address_region) if code]


async def _applied_in(work: UnitOfWork, holder_id: str, now: datetime) -> list[str]:
    """Return the regions in which somebody has an open application for a card."""
    return [
        operation.region
        for operation in await work.operations.of_holder(holder_id)
        if makes_card(operation.service) and operation.reads_as(now) not in CLOSED
    ]


async def _guardians_regions(work: UnitOfWork, guardian_ids: list[str], now: datetime) -> list[str]:
    """Return the regions that people belong to who are somebody's guardians: of their cards, else of what else is on record."""
    if not guardian_ids:
        return []
    cards = await work.cards.of_holders(guardian_ids)
    people = await work.holders.get_many(guardian_ids)
    found: list[str] = []
    for person in guardian_ids:
        held = [card.region for card in cards.get(person, ()) if card.reads_as(now) is not CardState.CANCELLED]
        found += held or (_belongs(people[person]) if person in people else [])
    return found


def _with_policies(policies: Policies, code: str) -> str | None:
    """Return the smallest region around a place that has policies of its own; None where not even the province has."""
    return next((c for c in reversed(around(code)) if c != NATION and c in policies.tree.regions), None)
