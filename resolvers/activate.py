"""Activate a sealed card (NX-2, SC-2, CD-2, QD-2)."""

from dataclasses import replace
from uuid import uuid4

from domain.card import Card, CardEvent, next_card_state
from domain.decision import Decision
from domain.errors import InvalidInput
from domain.holder import Actor
from domain.message import Message
from domain.operation import Operation, OperationState
from resolvers.ask import Ask
from resolvers.deciding import Case, changing
from resolvers.dependencies import Dependencies
from resolvers.steps import card_of


async def activate_card(dependencies: Dependencies, actor: Actor, ask: Ask) -> tuple[Card, Operation, Decision]:
    """Turn a sealed card into an active one, at once.

    Returns:
        The card, the completed operation that records the activation, and the decision.

    Raises:
        DecisionRefused: the card is not sealed, or something is missing.
        InvalidInput: the card number that was typed is not this card's.
    """
    async with changing(dependencies, actor, ask) as case:
        card = _typed_right(case)
        operation = _completed(case, card)
        await case.work.operations.add(operation)
        state = next_card_state(card.reads_as(case.now), CardEvent.ACTIVATE)
        active = replace(card, state=state, state_since=case.now, state_until=None, state_then=None)
        card = await case.work.cards.update(active, operation_id=operation.id)
        if case.gathered.code_mobile is not None:
            # The number that received the code is the one that later services send theirs to.
            await case.work.holders.update(replace(case.holder, mobile=case.gathered.code_mobile))
        await case.work.timeline.append(case.entry(operation.id, ask.service, None, operation.state))
        await case.keep_decision(dependencies.policies(), operation.id)
    return card, operation, case.decision


def _typed_right(case: Case) -> Card:
    card = card_of(case)
    typed = case.evidence.details.get("card_number")
    if typed is not None and typed.upper() != card.number:
        raise InvalidInput(
            Message("卡号与该卡不符，卡号位于卡的头像面。", "That is not this card's number; it is on the photo side."),
            field="input.evidence.details.cardNumber",
            code="CARD_NUMBER_WRONG",
        )
    return card


def _completed(case: Case, card: Card) -> Operation:
    return Operation(
        id=str(uuid4()),
        service=case.ask.service,
        region=card.region,
        province=card.province,
        holder_id=card.holder_id,
        actor_id=case.actor.person_id,
        relation=case.relation,
        state=OperationState.COMPLETED,
        channel=case.actor.channel,
        office=case.actor.office,
        created_at=case.now,
        updated_at=case.now,
        policy_digest=case.decision.digest,
        bank=card.bank,
        card_id=card.id,
        details=dict(case.evidence.details),
        declarations=dict(case.declarations),
        documents=case.ask.documents,
        archive=tuple(item.document for item in case.decision.archive),
    )
