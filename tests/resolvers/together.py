"""Doing things at the same time, and bringing cards as far as it takes to do so."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from domain.errors import DomainError
from domain.operation import Delivery
from resolvers.changing.service_request import ServiceRequest
from resolvers.services.accept import accept_for_production
from resolvers.services.activate import activate_card
from resolvers.services.apply import apply_for_card
from resolvers.services.deliver import set_delivery
from resolvers.services.produce import ProducedCard, record_produced
from resolvers.services.receive import confirm_receipt
from tests.patience import PATIENCE
from tests.resolvers.world import (
    CARD_MAKER,
    CHENGDU,
    Person,
    World,
    application,
    card_number,
    clerk,
)

CARD_AND_IDENTITY_CARD = ("social_security_card", "identity_card_front", "identity_card_back")
LEADS = (-0.5, -0.02, -0.005, 0.0, 0.005, 0.02, 0.5)
"""By how much one starts before another: each wins when it is far ahead, and between them nobody knows."""


async def together(*actions: Awaitable[Any]) -> list[Any]:
    """Await actions at the same time; whatever is no expected failure fails the test."""
    async with asyncio.timeout(PATIENCE):
        results = await asyncio.gather(*actions, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, DomainError):
            raise result
    return results


async def race(one: Awaitable[Any], other: Awaitable[Any], lead: float) -> tuple[Any, Any]:
    """Await two at the same time, and return what came of the one and of the other.

    Args:
        lead: seconds by which the one starts before the other; below zero, the other starts first.
    """
    results = await together(_after(max(0, -lead), one), _after(max(0, lead), other))
    return results[0], results[1]


async def _after(seconds: float, action: Awaitable[Any]) -> Any:
    await asyncio.sleep(seconds)
    return await action


def at_window(service: str, card_id: str, **further: Any) -> ServiceRequest:
    """Return a request about a card whose holder is at a window with card and identity card."""
    return ServiceRequest(service, card_id=card_id, sighted=CARD_AND_IDENTITY_CARD, **further)


async def delivered(country: World, operation_id: str) -> None:
    """Choose an outlet for a request, so that nothing is due."""
    ask = ServiceRequest("deliver", operation_id=operation_id, delivery=Delivery("outlet", "chengdu_sample_icbc"))
    await set_delivery(country.dependencies, clerk(CHENGDU), ask)


async def accepted(country: World, operation_id: str) -> None:
    """Choose an outlet for a request and accept it."""
    await delivered(country, operation_id)
    await accept_for_production(
        country.dependencies, clerk(CHENGDU), ServiceRequest("accept", operation_id=operation_id)
    )


async def produced(country: World, operation_id: str) -> tuple[str, str]:
    """Have the card of an accepted request made, and return its id and number."""
    number = card_number()
    ask, made = ServiceRequest("produce", operation_id=operation_id, bank="icbc"), ProducedCard(number, "third")
    card_id = (await record_produced(country.dependencies, CARD_MAKER, ask, made)).operation.card_id
    assert card_id is not None
    return card_id, number


async def handed_over(country: World, operation_id: str) -> None:
    """Let the holder collect a card that is made."""
    request = ServiceRequest("receive", operation_id=operation_id)
    await confirm_receipt(country.dependencies, clerk(CHENGDU), request)


async def sealed_card(country: World, person: Person, guardian: Person | None = None) -> tuple[str, str]:
    """Bring somebody's card into being, hand it over, and return its id and number."""
    actor = (guardian or person).citizen(CHENGDU)
    ask = await application(country, actor, person, CHENGDU)
    operation = (await apply_for_card(country.dependencies, actor, ask)).operation
    await accepted(country, operation.id)
    made = await produced(country, operation.id)
    await handed_over(country, operation.id)
    return made


async def active_card(country: World, person: Person) -> str:
    """Bring somebody's card into use at a window and return its id."""
    card_id, _ = await sealed_card(country, person)
    await activate_card(country.dependencies, clerk(CHENGDU), at_window("activate", card_id))
    return card_id
