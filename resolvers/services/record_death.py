"""Putting a death on record: by a clerk who has seen the papers, or on the notice of an institution."""

from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from domain.card import CardEvent
from domain.duration import day_in_china
from domain.errors import InvalidInput, NotFound
from domain.fee import FeeState
from domain.holder import Actor
from domain.message import Message
from domain.names import same_name
from domain.operation import CLOSED, Operation, OperationEvent, OperationState, TimelineEntry, next_operation_state
from domain.region import around
from policies.language.vocabulary import Lexicon
from resolvers import rate_limiting
from resolvers.changing.beside import looking_for, refuse_wrong
from resolvers.changing.carrying_out import carry_out
from resolvers.changing.change import CardChange, Change, begun
from resolvers.changing.deaths import end_ties
from resolvers.changing.decided_request import DecidedRequest
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.refunds import refund_fees
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.subjects import Subject
from resolvers.changing.sweep import settle, settle_operation
from resolvers.changing.wrong_inputs import Wrong
from resolvers.dependencies import Dependencies
from resolvers.looking_up.holders import require_identity_type

CARDS, OPERATIONS = "cards_ended_by_death", "operations_ended_by_death"
"""Shared settings in which regions say what ends (regions/*/settings.yaml)."""
REASON = "death"


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody as an identity document names them, for who has no id of theirs."""

    name: str
    identity_type: str
    identity_number: str


async def about_death(
    dependencies: Dependencies, actor: Actor, request: ServiceRequest, died_on: date, named: Named | None
) -> ServiceRequest:
    """Return a request about a death, with what the policies want to know; an office's own region decides if none is named.

    Args:
        named: who has died, where the request does not say it by an id.

    Raises:
        NotFound: nobody on record has that name and document.
        InvalidInput: nobody is named, or twice.
    """
    policies, wrong = dependencies.policies(), Wrong()
    facts = {**request.derived_facts, "death.died_on": died_on}
    with wrong:
        if (request.holder_id is None) is (named is None):
            raise InvalidInput(
                Message(
                    "请填写持卡人编号或者身份证件，只填一项。",
                    "Name the person by an id or by a document, and not by both.",
                ),
                field="input.holderId",
            )
    with wrong:
        if named is not None:
            require_identity_type(dependencies, named.identity_type, "input.person.identityType")
    request = replace(request, region=request.region or actor.region, derived_facts=facts, wrong=tuple(wrong.found))
    refuse_wrong(policies, request)
    if named is not None:
        with looking_for(policies, request, "input.person"):
            request = replace(request, holder_id=await _found(dependencies, actor, named))
    return request


async def _found(dependencies: Dependencies, actor: Actor, named: Named) -> str:
    """Return the id of somebody on record; of name and number it is not told which is wrong."""
    async with rate_limiting.turn(dependencies, actor):
        rate_limiting.require_numbers(dependencies, actor)
        async with dependencies.store.reading() as work:
            found = await work.holders.find_by_identity(named.identity_type, named.identity_number)
        if found is None or not same_name(found.name, named.name):
            await rate_limiting.wrong_number(dependencies, actor, found.id if found is not None else None)
            raise NotFound(
                Message(
                    "没有查到这个人，请核对姓名和证件号码。",
                    "Nobody on record has that name and document; check both.",
                ),
                field="input.person",
            )
    return found.id


async def record_death(
    dependencies: Dependencies, actor: Actor, request: ServiceRequest, died_on: date, named: Named | None
) -> ChangeResult:
    """Put a death on record. Delegations and guardianships end with it, and cards and applications as their regions say.

    Once more it ends what has not ended yet.

    Raises:
        DecisionRefused: the region's policy says no, or something is missing.
        and whatever `about_death` raises.
    """
    request = await about_death(dependencies, actor, request, died_on, named)
    async with decided_transaction(dependencies, actor, request, partial(_look_at, died_on)) as decided:
        holder, now = decided.holder, decided.now
        operation = begun(decided, OperationState.COMPLETED)
        await _end_operations(decided)
        cards = await _ended_cards(decided)
        await end_ties(decided.work, holder.id, now)
        holder = replace(holder, deceased_at=holder.deceased_at or now)
        return await carry_out(decided, Change(operation, cards=cards, holder=holder, note=died_on.isoformat()))


def _look_at(died_on: date, subject: Subject, _: Lexicon, wrong: Wrong) -> None:
    """Note that nobody dies before they are born."""
    with wrong:
        if died_on < subject.holder.born_on:
            raise InvalidInput(
                Message("去世日期早于出生日期，请改正。", "The day of death lies before the day of birth; correct it."),
                field="input.diedOn",
            )


def _ending_states(decided: DecidedRequest, region: str, setting: str) -> frozenset[str]:
    """Return the states that end with a death, as the region of a card or operation says.

    Where that has no policies, or none any more, the smallest region around it says so: nobody's death waits for them.
    """
    on, regions = day_in_china(decided.now), decided.dependencies.policies().tree.regions
    place = next(regions[code] for code in reversed(around(region)) if code in regions)
    defined = place.shared_settings.get(setting)
    value = defined.at(on, on) if defined is not None else None
    return frozenset(value.value if value is not None else ())


async def _ended_cards(decided: DecidedRequest) -> tuple[CardChange, ...]:
    """Return what becomes of the cards of the locked holder."""
    work, changes = decided.work, []
    for found in await work.cards.lock_of_holder(decided.holder.id):
        card = await settle(work, found, decided.now)
        if card.state in _ending_states(decided, card.region, CARDS):
            changes.append(CardChange(card, card.after(CardEvent.CANCEL, decided.now), REASON))
    return tuple(changes)


async def _end_operations(decided: DecidedRequest) -> None:
    """End what is open of the locked holder, and have given back what was paid for nothing."""
    work, now = decided.work, decided.now
    known = await work.operations.of_holder(decided.holder.id)
    for identifier in sorted(operation.id for operation in known if operation.state not in CLOSED):
        before = await settle_operation(work, await work.operations.lock(identifier), now)
        if before.state in CLOSED or before.state not in _ending_states(decided, before.region, OPERATIONS):
            continue
        unwanted = {fee for fee in before.fees if fee.refundable and fee.state is FeeState.PAID}
        bill = await refund_fees(work, before, unwanted, now)
        state = next_operation_state(before.state, OperationEvent.GIVE_UP)
        after = replace(before, state=state, fees=bill, postponed=None, updated_at=now).ending(None)
        await work.operations.update(after)
        await work.timeline.append(_line(decided, before, after))


def _line(decided: DecidedRequest, before: Operation, after: Operation) -> TimelineEntry:
    """Return the line of the timeline of an operation that has ended."""
    actor = decided.actor
    return TimelineEntry(
        operation_id=after.id,
        at=decided.now,
        event=decided.request.service,
        from_state=before.state,
        to_state=after.state,
        actor_id=actor.person_id,
        role=actor.role,
        channel=actor.channel,
        office=actor.office,
        policy_digest=decided.decision.digest,
    )
