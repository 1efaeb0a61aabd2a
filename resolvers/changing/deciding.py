"""From a request to a decision: one way for the dry run and the change.

A change is made in one transaction and in one order: what it is about is found and locked, the facts are loaded, the policies
are asked; only an allowed request is carried out (`resolvers/changing/carrying_out.py`) and recorded.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from domain.decision import Decision
from domain.duration import day_in_china
from domain.errors import DecisionRefused, PolicyChanged
from domain.holder import Actor
from domain.message import Message
from domain.services import DECIDES_DELIVERY, records_of
from resolvers import facts
from resolvers.changing import choosing, corrections, first_delivery, idempotency
from resolvers.changing.beforehand import answer_again, prepared
from resolvers.changing.deaths import require_clerk_for_death
from resolvers.changing.decided_request import DecidedRequest
from resolvers.changing.declarations import parse_choices, parse_declarations
from resolvers.changing.evidence import collect_evidence, consume_proofs
from resolvers.changing.postponing import postpone
from resolvers.changing.recording import keep_decision
from resolvers.changing.service_request import ServiceRequest, naming_inputs, with_delivery
from resolvers.changing.subjects import Subject, find_subject, require_answerable
from resolvers.dependencies import Dependencies
from resolvers.facts import DecisionSubject
from store import UnitOfWork


async def decide_request(
    dependencies: Dependencies, work: UnitOfWork, actor: Actor, request: ServiceRequest
) -> DecidedRequest:
    """Decide a request as a change would, and change nothing.

    Raises:
        NotFound: what it is about does not exist, or not for whoever asks.
        InvalidInput: something in it cannot be right.
        DecisionFault: the policies could not be evaluated.
    """
    with naming_inputs(request):
        subject = await find_subject(dependencies, work, actor, request, lock=False)
        return await _decided(dependencies, work, actor, request, subject, tried=True)


async def _decided(
    dependencies: Dependencies,
    work: UnitOfWork,
    actor: Actor,
    given: ServiceRequest,
    subject: Subject,
    *,
    tried: bool,
) -> DecidedRequest:
    """Load the facts of a request and ask the policies.

    Args:
        tried: whether it is only tried out.
    """
    policies, request, today = dependencies.policies(), with_delivery(given), day_in_china(subject.now)
    words = policies.region(subject.region).words
    require_answerable(policies, actor, subject, given.service)
    require_clerk_for_death(words, actor, given.cancellation_reason)
    chosen = choosing.require_possible(policies, words, subject.operation, given, today)
    collected = await collect_evidence(dependencies, work, actor, request, subject)
    declarations = parse_declarations(words, request.declarations)
    situation = situation_of(dependencies, actor, request, subject)
    (known,) = await facts.load_facts(policies, work, [situation])
    decide = partial(
        policies.decide,
        request.service,
        subject.region,
        on=today,
        evidence=collected.evidence,
        history=known.history,
        # Tried out without what the change itself brings, what hangs on that is told as what could apply.
        form=tried and not known.whole,
    )
    decision = decide({**known.facts, **declarations})
    if assumed := choosing.assumed(request, subject.card, decision):
        decision = decide({**known.facts, **declarations, **assumed})
    decided = DecidedRequest(
        dependencies=dependencies,
        work=work,
        request=request,
        actor=actor,
        subject=subject,
        # What a region lets people choose is kept with what they declared: later steps of the operation read it.
        declarations={**declarations, **chosen},
        collected=collected,
        decision=decision,
        loaded=situation.loaded,
    )
    return await _with_what_hangs_on_it(decided, given, situation, declarations)


async def _with_what_hangs_on_it(
    decided: DecidedRequest, given: ServiceRequest, situation: DecisionSubject, declarations: Mapping[str, Any]
) -> DecidedRequest:
    """Return a decided request with what is decided along with it: a delivery at once, or what a correction changes."""
    subject, request = decided.subject, decided.request
    if first_delivery.chosen_at_once(request):
        then = first_delivery.begun(request, decided.actor, subject, decided.declarations, decided.decision.fees)
        delivery = await _decide_delivery(decided, given, then, situation, declarations)
        return replace(decided, delivery=delivery)
    if request.service == choosing.CORRECT and subject.operation is not None and decided.decision.allowed:
        corrected = await corrections.judged_again(
            decided.dependencies.policies(),
            decided.work,
            subject.operation,
            given,
            decided.declarations,
            decided.evidence,
            situation.today,
        )
        return replace(decided, corrected=corrected)
    return decided


async def _decide_delivery(
    decided: DecidedRequest,
    given: ServiceRequest,
    then: Subject,
    before: DecisionSubject,
    declarations: Mapping[str, Any],
) -> Decision:
    """Decide about a way of delivery that is chosen together with the card.

    Args:
        given: the request for the card; then: the operation as it will be; before: what the card was decided on.
    """
    # The outlet of collection is judged as that, also where the card comes from another.
    later = replace(given, service=DECIDES_DELIVERY, outlet=None)
    request, policies = with_delivery(later), decided.dependencies.policies()
    with naming_inputs(later):
        situation = situation_of(decided.dependencies, decided.actor, request, then)
        situation.loaded = before.loaded.of_the_people(same_person=then.person_id == before.person_id)
        (known,) = await facts.load_facts(policies, decided.work, [situation])
        return policies.decide(
            request.service,
            then.region,
            {**known.facts, **declarations},
            before.today,
            evidence=decided.evidence,
            history=known.history,
        )


def situation_of(
    dependencies: Dependencies, actor: Actor, request: ServiceRequest, subject: Subject
) -> DecisionSubject:
    """Return what a decision about a subject is about, with what was loaded to find it.

    Raises:
        InvalidInput: what is chosen cannot be chosen in the region, or is ill-typed.
    """
    words = dependencies.policies().region(subject.region).words
    chosen: dict[str, Any] = {
        "choice.bank": request.bank,
        "choice.outlet": request.outlet,
        "choice.delivery": request.delivery.method if request.delivery else None,
        "choice.reissue_reason": request.reissue_reason,
        "choice.cancellation_reason": request.cancellation_reason,
    }
    if "choice" in records_of(request.service):
        chosen |= parse_choices(words, request.choices)
    return DecisionSubject(
        service=request.service,
        actor=actor,
        now=subject.now,
        calendar=dependencies.calendar,
        region=subject.region,
        words=words,
        holder=subject.holder,
        person_id=subject.person_id,
        relation=subject.relation,
        about_operation=subject.operation,
        about_card=subject.card,
        chosen=chosen,
        delivery=request.delivery,
        details=request.details,
        derived=request.derived_facts,
        loaded=subject.loaded(),
    )


@asynccontextmanager
async def decided_transaction(
    dependencies: Dependencies, actor: Actor, request: ServiceRequest
) -> AsyncIterator[DecidedRequest]:
    """Open the one transaction of a change that the policies allow, with the rows it is about locked.

    Raises:
        AlreadyAnswered: the same was asked and answered under this key before, and is still theirs to ask; or the policies
            ask for a payment first, and the answer is what waits for it.
        DecisionRefused: they do not, or something required is missing; the decision is recorded.
        PolicyChanged: the caller was quoted another decision.
    """
    request = await prepared(dependencies, actor, request)
    decided = postponed = None
    try:
        async with dependencies.store.transaction() as work:
            with naming_inputs(request):
                subject = await find_subject(dependencies, work, actor, request, lock=True)
                await answer_again(work, actor, request, subject)
                decided = await _decided(dependencies, work, actor, request, subject, tried=False)
            require_allowed(decided)
            if request.resumed is None:
                await consume_proofs(work, actor, request, decided.collected, decided.now)
                postponed = await postpone(decided)
            if postponed is None:
                yield decided
    except DecisionRefused as refused:
        made = decided.decisions if decided is not None and not decided.told.allowed else (refused.decision,)
        async with dependencies.store.transaction() as work:
            for decision in made:
                paid_for = request.resumed.operation_id if request.resumed is not None else None
                await keep_decision(work, dependencies.policies(), decision, dependencies.clock.now(), paid_for)
        raise
    if postponed is not None:
        raise idempotency.AlreadyAnswered(postponed)


async def preview(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> DecidedRequest:
    """Decide as a change would, and change nothing: the dry run.

    Raises:
        InvalidInput: a verification code was given that is wrong; it counts as a try.
        and whatever `decide_request` raises.
    """
    request = await prepared(dependencies, actor, request)
    # A code is read under a lock, which only a transaction can hold.
    store = dependencies.store
    async with store.reading() if request.verification_code is None else store.transaction() as work:
        return await decide_request(dependencies, work, actor, request)


def require_quoted(decided: DecidedRequest) -> None:
    """Let only the decision through that was quoted, if one was.

    Raises:
        PolicyChanged: the caller was quoted another decision.
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


def require_allowed(decided: DecidedRequest) -> None:
    """Let only an allowed decision through, and only the one that was quoted if one was.

    Raises:
        PolicyChanged: the caller was quoted another decision.
        DecisionRefused: something denies it or is missing.
    """
    require_quoted(decided)
    if not decided.told.allowed:
        raise DecisionRefused(
            Message(
                "按当地规定不能办理，或者材料不齐，原因见下。",
                "The policies of the region do not allow this, or something is missing; see the decision.",
            ),
            decided.told,
        )
