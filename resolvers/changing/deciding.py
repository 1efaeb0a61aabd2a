"""From a request to a decision: one way for the dry run and the change.

`decide_request` loads what the service is about, computes its facts and asks the policies. `decided_transaction` does so inside the
transaction of a change, with the rows locked, and lets only an allowed request through.
"""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Any

from domain.card import Card
from domain.decision import Advice, Decision
from domain.errors import DecisionRefused, DomainError, PolicyChanged
from domain.history import History
from domain.holder import Actor, Holder
from domain.message import Message
from domain.operation import Operation
from policies.engine.decide import Policies
from resolvers.changing import choosing, corrections, facts, first_delivery, idempotency, verification
from resolvers.changing.access import is_staff, not_found
from resolvers.changing.deaths import require_clerk_for_death
from resolvers.changing.decided_request import DecidedRequest
from resolvers.changing.declarations import parse_choices, parse_declarations
from resolvers.changing.evidence import (
    ActingPerson,
    collect_evidence,
    consume_proofs,
    normalise_details,
)
from resolvers.changing.insurance import look_up_insurance
from resolvers.changing.recording import keep_decision
from resolvers.changing.service_request import ServiceRequest, naming_inputs, with_delivery
from resolvers.changing.subjects import Subject, find_subject, require_answerable
from resolvers.changing.wards import guardians_of
from resolvers.dependencies import Dependencies
from store import UnitOfWork

ONLY_IN_A_CHANGE = {
    "password": "password.length",
    "insurance": "insurance.chosen",
    "delegation": "delegation.services",
    "guardian": "guardian.age",
}
"""Subjects whose facts come with the change itself, each with one of them; a dry run may go without."""
_OF_POSSESSIONS = frozenset(
    {"holder.cards_in_province", "holder.cards_elsewhere", "holder.card_generations", "holder.applications_in_province"}
)
"""Facts that only somebody's cards and operations tell."""
_IN_THE_TIMELINE = frozenset(facts.timeline_facts(()))
"""Facts that only an operation's timeline tells."""


async def decide_request(
    dependencies: Dependencies, work: UnitOfWork, actor: Actor, request: ServiceRequest, lock: bool
) -> DecidedRequest:
    """Decide a request without changing anything.

    Args:
        lock: whether the rows it is about are locked for a change that follows.

    Raises:
        NotFound: what it is about does not exist, or not for whoever asks.
        InvalidInput: something in it cannot be right.
        DecisionFault: the policies could not be evaluated.
    """
    with naming_inputs(request):
        return await _decided(dependencies, work, actor, request, lock)


async def _decided(
    dependencies: Dependencies, work: UnitOfWork, actor: Actor, given: ServiceRequest, lock: bool
) -> DecidedRequest:
    policies = dependencies.policies()
    request = with_delivery(given)
    subject = await find_subject(dependencies, work, actor, request, lock)
    # Only now: whoever waited for the rows comes after the one who held them, also by the clock.
    now = dependencies.clock.now()
    subjects = policies.subjects(request.service, subject.region)
    require_answerable(policies, actor, subject, subjects)
    words = policies.region(subject.region).words
    require_clerk_for_death(words, actor, request.cancellation_reason)
    first_delivery.require_collected(words, given.delivery)
    chosen = choosing.chosen_with(words, given)
    choosing.require_held(policies, subject.operation, given, chosen, facts.business_day(now))
    who = ActingPerson(actor, subject.person_id, subject.relation)
    collected = await collect_evidence(dependencies, work, who, request, subject.holder, subject.card, words, now)
    declarations = parse_declarations(words, request.declarations)
    known = await _facts(dependencies, work, actor, request, subject, now)
    # What a region lets people choose is kept with what they declared: later steps of the operation read it.
    stated = {**declarations, **chosen}
    decide = partial(
        policies.decide,
        request.service,
        subject.region,
        on=facts.business_day(now),
        evidence=collected.evidence,
        history=await _history(policies, work, request.service, subject, now),
        # Tried out without them, what hangs on such facts is told as what could apply.
        form=not lock
        and any(kind in subjects and fact not in request.derived_facts for kind, fact in ONLY_IN_A_CHANGE.items()),
    )
    decision = decide({**known, **declarations})
    if assumed := choosing.assumed(request, subject.card, decision):
        decision = decide({**known, **declarations, **assumed})
    delivery = None
    if first_delivery.chosen_at_once(request):
        then = first_delivery.begun(request, actor, subject, stated, decision.fees, now)
        # The outlet of collection is judged as that, also where the card comes from another.
        later = replace(given, service=first_delivery.SERVICE, outlet=None)
        asked = with_delivery(later)
        with naming_inputs(later):
            delivery = policies.decide(
                asked.service,
                then.region,
                {**await _facts(dependencies, work, actor, asked, then, now), **declarations},
                facts.business_day(now),
                evidence=collected.evidence,
                history=await _history(policies, work, asked.service, then, now),
            )
    corrected = None
    if request.service == choosing.CORRECT and subject.operation is not None and decision.allowed:
        corrected = await corrections.judged_again(
            policies, work, subject.operation, given, stated, collected.evidence, facts.business_day(now)
        )
    return DecidedRequest(
        dependencies=dependencies,
        work=work,
        request=request,
        actor=actor,
        now=now,
        region=subject.region,
        holder=subject.holder,
        relation=subject.relation,
        operation=subject.operation,
        card=subject.card,
        declarations=stated,
        collected=collected,
        decision=decision,
        delivery=delivery,
        corrected=corrected,
    )


async def _history(policies: Policies, work: UnitOfWork, service: str, subject: Subject, now: datetime) -> History:
    """Return the holder's history where a rule in force counts something in it; reading it costs three queries."""
    effective = policies.effective(service, subject.region, facts.business_day(now))
    read = () if effective is None else (effective.fact(name) for name in effective.facts_read)
    counts = any(definition is not None and definition.count is not None for definition in read)
    return await work.history(subject.holder.id, now) if counts else ()


@dataclass(frozen=True, slots=True)
class Possessions:
    """What is on record about people besides themselves, by person: their cards and their operations."""

    cards: Mapping[str, tuple[Card, ...]]
    operations: Mapping[str, tuple[Operation, ...]]


async def _possessions(work: UnitOfWork, holder_ids: Iterable[str]) -> Possessions:
    ids = set(holder_ids)
    return Possessions(await work.cards.of_holders(ids), await work.operations.of_holders(ids))


def _reads_possessions(policies: Policies, service: str, region: str, on: date) -> bool:
    """Say whether a rule in force reads what somebody has; it costs two queries."""
    effective = policies.effective(service, region, on)
    return effective is not None and not effective.facts_read.isdisjoint(_OF_POSSESSIONS)


async def _facts(
    dependencies: Dependencies,
    work: UnitOfWork,
    actor: Actor,
    request: ServiceRequest,
    subject: Subject,
    now: datetime,
    possessions: Possessions | None = None,
) -> Mapping[str, Any]:
    policies = dependencies.policies()
    subjects = policies.subjects(request.service, subject.region)
    on = facts.business_day(now)
    known: dict[str, Any] = {**request.derived_facts}
    if "request" in subjects:
        known |= facts.request_facts(request.service, actor, now, dependencies.calendar)
    if "actor" in subjects:
        person = await _person(work, subject)
        known |= facts.actor_facts(actor, subject.relation, person, subject.region, on)
    if "holder" in subjects:
        known |= facts.holder_facts(subject.holder, subject.region, on)
        if _reads_possessions(policies, request.service, subject.region, on):
            owner = subject.holder.id
            owned = possessions or await _possessions(work, [owner])
            cards, operations = owned.cards.get(owner, ()), owned.operations.get(owner, ())
            known |= facts.possession_facts(cards, operations, subject.region, now)
    if "card" in subjects and subject.card is not None:
        known |= await _card_facts(policies, work, request.service, subject, subject.card, now)
    if "operation" in subjects and subject.operation is not None:
        known |= await _operation_facts(policies, work, request.service, subject, subject.operation, now)
    if "choice" in subjects:
        chosen = parse_choices(policies.region(subject.region).words, request.choices)
        known |= facts.choice_facts(request, subject.operation, chosen)
    if "guardian" in subjects:
        known |= facts.ward_facts(await guardians_of(work, subject.holder.id))
    if "delivery" in subjects:
        known |= facts.delivery_facts(request.delivery, subject.region)
    if "change" in subjects:
        known |= facts.change_facts(request)
    return known


async def _card_facts(
    policies: Policies, work: UnitOfWork, service: str, subject: Subject, card: Card, now: datetime
) -> Mapping[str, Any]:
    """Compute the subject `card`; what costs a query of its own, only where a rule in force reads it."""
    effective = policies.effective(service, subject.region, facts.business_day(now))
    read = effective.facts_read if effective else frozenset()
    known = facts.card_facts(card, subject.holder, subject.region, now)
    if read & {"card.has_password", "card.password_errors"}:
        known |= facts.password_facts(await work.passwords.of_card(card.id))
    if "card.being_replaced" in read:
        replacing = (await work.operations.replacing([card.id])).get(card.id, ())
        cards = (await work.cards.of_holders([card.holder_id])).get(card.holder_id, ())
        known |= facts.replacement_facts(replacing, cards, now)
    if _reads(read, {"card.loss_reported_at"}):
        known |= facts.loss_facts((await work.cards.states_of_cards([card.id], now)).get(card.id, ()))
    return known


def _reads(read: Collection[str], facts_of: Collection[str]) -> bool:
    """Say whether any of some facts is read, itself or a part of it, such as the day of a moment."""
    return any(name in facts_of or name.rpartition(".")[0] in facts_of for name in read)


async def _operation_facts(
    policies: Policies, work: UnitOfWork, service: str, subject: Subject, operation: Operation, now: datetime
) -> Mapping[str, Any]:
    """Compute the subject `operation`; what costs a query of its own, only where a rule in force reads it."""
    known = facts.operation_facts(operation, now)
    effective = policies.effective(service, subject.region, facts.business_day(now))
    read = effective.facts_read if effective else frozenset()
    if _reads(read, _IN_THE_TIMELINE):
        timelines = await work.timeline.of_operations([operation.id], now)
        known |= facts.timeline_facts(timelines.get(operation.id, ()))
    if "operation.card_state" in read:
        card = await work.cards.get(operation.card_id) if operation.card_id else None
        known["operation.card_state"] = card.reads_as(now).value if card else None
    return known


async def decide_about_card(
    dependencies: Dependencies,
    work: UnitOfWork,
    actor: Actor,
    service: str,
    card: Card,
    holder: Holder,
    possessions: Possessions | None = None,
) -> Decision:
    """Ask the policies of a card's region about a card, where nobody asks to change it: use, reminders, functions.

    Args:
        possessions: the holder's, where they were read already.

    Raises:
        DecisionFault: the policies could not be evaluated.
    """
    now = dependencies.clock.now()
    subject = Subject(card.region, holder, actor.person_id, "none", card=card)
    known = await _facts(dependencies, work, actor, ServiceRequest(service), subject, now, possessions)
    policies = dependencies.policies()
    history = await _history(policies, work, service, subject, now)
    return policies.decide(service, card.region, known, facts.business_day(now), history=history)


async def advice_on_cards(
    dependencies: Dependencies, actor: Actor, service: str, cards: Sequence[Card]
) -> dict[str, tuple[Advice, ...]]:
    """Return what the policies tell about cards, by card, with as few queries for many as for one.

    Raises:
        DecisionFault: the policies could not be evaluated.
    """
    policies = dependencies.policies()
    async with dependencies.store.reading() as work:
        holders = await work.holders.get_many({card.holder_id for card in cards})
        today = facts.business_day(dependencies.clock.now())
        read = any(_reads_possessions(policies, service, card.region, today) for card in cards)
        owned = await _possessions(work, holders) if read else None
        return {
            card.id: (
                await decide_about_card(dependencies, work, actor, service, card, holders[card.holder_id], owned)
            ).advice
            for card in cards
        }


async def _person(work: UnitOfWork, subject: Subject) -> Holder | None:
    if subject.person_id == subject.holder.id:
        return subject.holder
    return (await work.holders.get_many([subject.person_id])).get(subject.person_id)


async def guard_code(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> None:
    """Refuse and count a wrong verification code before anything else, outside of the change's transaction.

    Raises:
        InvalidInput: the code is wrong, used or expired.
    """
    if request.verification_code is None:
        return
    mobile = normalise_details({k: v for k, v in request.details.items() if k == "mobile"}).get("mobile")
    if mobile is None:
        async with dependencies.store.reading() as work:
            mobile = (await find_subject(dependencies, work, actor, request, lock=False)).holder.mobile
    await verification.guard_code(dependencies, actor.person_id, request.service, mobile, request.verification_code)


async def _prepared(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> ServiceRequest:
    """Do what must not happen inside a transaction: count a wrong code, and ask registers outside."""
    await guard_code(dependencies, actor, request)
    region = request.region
    if (
        region is None
        or request.card_id is None
        or "insurance" not in dependencies.policies().subjects(request.service, region)
    ):
        return request
    async with dependencies.store.reading() as work:
        subject = await find_subject(dependencies, work, actor, request, lock=False)
    held = await look_up_insurance(dependencies, subject.card, region)
    return replace(request, derived_facts={**request.derived_facts, "insurance.held": held})


def still_theirs(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> idempotency.Access:
    """Return what refuses somebody whom a request is no business of now, as who asks it for the first time is refused."""

    async def access(work: UnitOfWork) -> None:
        subject = await find_subject(dependencies, work, actor, request, lock=False)
        if subject.relation == "none" and not is_staff(actor):
            raise not_found("持卡人", "holder", subject.holder.id)

    return access


@asynccontextmanager
async def decided_transaction(
    dependencies: Dependencies, actor: Actor, request: ServiceRequest
) -> AsyncIterator[DecidedRequest]:
    """Open the one transaction of a change that the policies allow, with the rows it is about locked.

    Raises:
        AlreadyAnswered: the same was asked and answered under this key before, and is still theirs to ask.
        DecisionRefused: they do not, or something required is missing; the decision is recorded.
        PolicyChanged: the caller was quoted another decision.
    """
    access = still_theirs(dependencies, actor, request)
    await idempotency.repeat(dependencies, request.key, access)
    try:
        request = await _prepared(dependencies, actor, request)
    except DomainError:
        # A twin under the same key may have used the code up meanwhile; then its answer is ours.
        await idempotency.repeat(dependencies, request.key, access)
        raise
    decided = None
    try:
        async with dependencies.store.transaction() as work:
            await idempotency.take_turn(work, request.key, dependencies.clock.now(), access)
            decided = await decide_request(dependencies, work, actor, request, lock=True)
            require_allowed(decided)
            await consume_proofs(work, actor, request, decided.collected, decided.now)
            yield decided
    except DecisionRefused as refused:
        made = decided.decisions if decided is not None and not decided.told.allowed else (refused.decision,)
        async with dependencies.store.transaction() as work:
            for decision in made:
                await keep_decision(work, dependencies.policies(), decision, dependencies.clock.now(), None)
        raise


async def preview(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> DecidedRequest:
    """Decide as a change would, and change nothing: the dry run.

    Raises:
        InvalidInput: a verification code was given that is wrong; it counts as a try.
        and whatever `decide_request` raises.
    """
    request = await _prepared(dependencies, actor, request)
    # A code is read under a lock, which only a transaction can hold.
    store = dependencies.store
    async with store.reading() if request.verification_code is None else store.transaction() as work:
        return await decide_request(dependencies, work, actor, request, lock=False)


def require_allowed(decided: DecidedRequest) -> None:
    """Let only an allowed decision through, and only the one that was quoted if one was.

    Raises:
        PolicyChanged: the caller was quoted another decision.
        DecisionRefused: something denies it or is missing.
    """
    decision, quoted = decided.told, decided.request.policy_digest
    # Who was quoted the one without a delivery was quoted nothing about that.
    if quoted is not None and quoted not in (decision.digest, decided.decision.digest):
        raise PolicyChanged(
            Message(
                "规定刚刚有变化，请看过新的规定后再提交。",
                "The policy has changed since it was quoted to you; please look at the new decision and confirm again.",
            ),
            decision,
            field="input.policyDigest",
        )
    if not decision.allowed:
        raise DecisionRefused(
            Message(
                "按当地规定不能办理，或者材料不齐，原因见下。",
                "The policies of the region do not allow this, or something is missing; see the decision.",
            ),
            decision,
        )
