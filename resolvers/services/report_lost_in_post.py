"""Report that a card which was posted does not arrive: it can never be used, and another one is made of the same application."""

from dataclasses import replace

from domain.card import CardEvent
from domain.holder import Actor
from domain.operation import OperationEvent
from resolvers.changing.carrying_out import carry_out
from resolvers.changing.change import CardChange, operation_step
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.outcomes import lapses
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies

REASON = "lost_in_post"
"""The word of a card's history for its end."""


async def report_lost_in_post(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> ChangeResult:
    """Cancel the card that is on its way, and have its operation accepted for production again; what is paid stays paid.

    The number of the lost parcel stands in the line of the timeline, and with the operation until another one is shipped.

    Raises:
        DecisionRefused: the region's policy says no, or something is missing.
        TransitionImpossible: nothing is on its way, or the card has ended already, whatever the policy says.
    """
    async with decided_transaction(dependencies, actor, request) as decided:
        before = decided.its_operation
        change = operation_step(decided, OperationEvent.REPORT_LOST_IN_POST, card_id=None)
        cards: tuple[CardChange, ...] = ()
        if before.card_id is not None:
            lost = await lapses.held(decided, before.card_id)
            cards = (CardChange(lost, lost.after(CardEvent.CANCEL, decided.now), REASON),)
        if before.replaced_card_id is not None:
            old = await lapses.held(decided, before.replaced_card_id)
            # No new card comes yet that would end it.
            cards = (*cards, CardChange(old, old.ended_by_another(None)))
        return await carry_out(decided, replace(change, cards=cards, note=before.tracking_number))
