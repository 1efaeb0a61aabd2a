"""Ask for a new card in place of one that is lost, expired, damaged or wrong (CD-8, NX-3, SC-5)."""

from domain.card import Card
from domain.errors import Conflict
from domain.holder import Actor
from domain.message import Message
from domain.operation import OperationState
from resolvers.changing.carrying_out import carry_out
from resolvers.changing.change import Change, begun
from resolvers.changing.decided_request import DecidedRequest
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies
from resolvers.facts import is_being_replaced


async def reissue_card(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> ChangeResult:
    """Submit a request for a new card: an operation that is delivered, paid and produced like an application.

    The old card stays as it is until the policies say that the new one takes its place.

    Raises:
        DecisionRefused: the region's policy says no, or something is missing.
        Conflict: a new card in its place is asked for already (`ALREADY_BEING_REPLACED`).
    """
    async with decided_transaction(dependencies, actor, request) as decided:
        card = decided.its_card
        await _require_only_request(decided, card)
        operation = begun(decided, OperationState.SUBMITTED, replaced_card_id=card.id, reason=request.reissue_reason)
        return await carry_out(decided, Change(operation))


async def _require_only_request(decided: DecidedRequest, card: Card) -> None:
    """Refuse a second new card for one old one, whatever the policies say; its holder is locked, so nobody is faster."""
    replacing = (await decided.work.operations.replacing([card.id])).get(card.id, ())
    if is_being_replaced(replacing, decided.loaded.cards, decided.now):
        raise Conflict(
            Message(
                "这张卡的补换申请已经提交，不用再申请，可以查询制卡进度。",
                "A new card in place of this one is being made already; look up how far it is.",
            ),
            code="ALREADY_BEING_REPLACED",
        )
