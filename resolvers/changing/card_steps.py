"""One step of a card: the policies allow it, the state machine has it, and an operation's timeline tells it."""

from dataclasses import replace
from datetime import datetime

from domain.card import Card, CardEvent, CardState, Ending
from domain.decision import Decision
from domain.duration import Duration, Unit, deadline, lapses_at
from domain.errors import DecisionFault
from domain.holder import Actor, Holder
from domain.message import Message
from domain.operation import Operation
from resolvers.changing.deciding import DecidedRequest, decided_transaction
from resolvers.changing.results import Changed
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.submission import completed
from resolvers.dependencies import Dependencies

REPLACED = "replaced"
"""The term of the lapsing states for an old card in whose place a new one has come."""


def card_of(decided: DecidedRequest) -> Card:
    """Return the card that a decided request is about; a service on cards always has one."""
    if decided.card is None:
        raise AssertionError(f"{decided.request.service} was asked without a card")
    return decided.card


async def change_card(
    dependencies: Dependencies, actor: Actor, request: ServiceRequest, event: CardEvent, reason: str | None = None
) -> Changed:
    """Let something happen to a card, at once.

    Args:
        request: for a service on a card; event: what happens.
        reason: why, a word for the card's history.

    Raises:
        DecisionRefused: the region's policy says no, or something is missing.
        TransitionImpossible: the state machine has no such step, whatever the policy says.
    """
    async with decided_transaction(dependencies, actor, request) as decided:
        changed = await take_step(decided, event, reason)
        return await decided.answered(changed, changed.operation.id)


async def take_step(
    decided: DecidedRequest, event: CardEvent, reason: str | None = None, *, holder: Holder | None = None
) -> Changed:
    """Let something happen to the card of a decided request, in its transaction; the caller answers with it.

    Args:
        holder: the holder after the change, where their record changed too.
    """
    before = card_of(decided)
    operation = completed(decided, before, reason=reason)
    ahead = before.after(event, decided.now)
    card = ahead.ending(ending_of(decided.dependencies, decided.decision, ahead.state.value, decided.now))
    await decided.work.operations.add(operation)
    card = await decided.work.cards.update(card, operation_id=operation.id, reason=reason)
    await tell(decided, operation, before, card)
    return Changed(operation, decided.decision, card, holder)


async def tell(
    decided: DecidedRequest, operation: Operation, before: Card, after: Card, note: str | None = None
) -> None:
    """Write the line of the timeline of an operation that is done at once."""
    entry = decided.entry(operation.id, operation.service, None, operation.state)
    states = (before.reads_as(decided.now), after.reads_as(decided.now))
    await decided.work.timeline.append(replace(entry, note=note, card_from=states[0], card_to=states[1]))


def ending_of(dependencies: Dependencies, decision: Decision, state: str, now: datetime) -> Ending | None:
    """Return when and how a state ends by time alone, as a decision says.

    Args:
        state: a term of the lapsing states vocabulary.

    Raises:
        DecisionFault: the policy names a state that a card cannot have.
    """
    lapse = next((lapse for lapse in decision.lapses if lapse.state == state and not lapse.conditional), None)
    if lapse is None:
        return None
    try:
        then = CardState(lapse.becomes)
    except ValueError:
        raise DecisionFault(
            Message(
                f"规则 `{lapse.rule}` 中的 `{lapse.becomes}` 不是卡的状态。",
                f"The rule {lapse.rule} names {lapse.becomes}, which is no state of a card.",
            )
        ) from None
    return Ending(_end(dependencies, lapse.after, now), then)


def _end(dependencies: Dependencies, after: Duration, now: datetime) -> datetime:
    if after.unit is Unit.WORKING_DAYS:
        return deadline(now, after, dependencies.calendar).at
    return lapses_at(now, after)


async def end_replaced(decided: DecidedRequest, replaced_id: str, operation_id: str, *, at_last: bool = False) -> None:
    """Cancel an old card when the policies say that the new one takes its place (NX-3).

    Args:
        operation_id: the step that says so.
        at_last: the new card comes into use now, so the old one cannot outlive this, whatever the policies leave out.
    """
    old = await decided.work.cards.lock(replaced_id)
    if old.reads_as(decided.now) is CardState.CANCELLED:
        return
    ending = ending_of(decided.dependencies, decided.decision, REPLACED, decided.now)
    if at_last or (ending is not None and ending.at <= decided.now):
        cancelled = old.after(CardEvent.CANCEL, decided.now)
        await decided.work.cards.update(cancelled, operation_id=operation_id, reason=REPLACED)
    elif ending is not None:
        await decided.work.cards.update(old.settled(decided.now).ending(ending), operation_id=operation_id)
