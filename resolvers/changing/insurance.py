"""Which kinds of insurance the holder of a card has in a city, looked up at the insurance register (CD-7)."""

from domain.card import Card
from resolvers.dependencies import Dependencies

KINDS = "insurance_kinds"


async def look_up_insurance(dependencies: Dependencies, card: Card | None, region: str) -> tuple[str, ...]:
    """Return the insurance kinds that a card's holder has in a city: terms of the vocabulary, in its order.

    Raises:
        GatewayUnavailable: the register did not answer.
    """
    if card is None:
        return ()
    held = await dependencies.insurance.kinds(card.social_security_number, region)
    # A kind that our vocabulary does not have could not be chosen either.
    known = dependencies.policies().region(region).words.vocabularies[KINDS].terms
    return tuple(kind for kind in known if kind in held)
