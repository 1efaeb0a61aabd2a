"""From a request to a decision: one way for the dry run and the change.

A change is made in one transaction and in one order: what it is about is found and locked, the facts are loaded, the policies
are asked; only an allowed request is carried out (`resolvers/changing/carrying_out.py`) and recorded.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from domain.card import Card
from domain.decision import Advice, Decision
from domain.errors import DecisionRefused, DomainError, PolicyChanged
from domain.evidence import Evidence
from domain.holder import Actor
from domain.message import Message
from domain.services import records_of
from policies.engine.decide import Policies
from resolvers import facts
from resolvers.changing import choosing, corrections, first_delivery, idempotency, verification
from resolvers.changing.access import is_staff, not_found
from resolvers.changing.deaths import require_clerk_for_death
from resolvers.changing.decided_request import DecidedRequest
from resolvers.changing.declarations import parse_choices, parse_declarations
from resolvers.changing.evidence import OWN_MOBILE, collect_evidence, consume_proofs, given_mobile
from resolvers.changing.insurance import look_up_insurance
from resolvers.changing.postponing import postpone
from resolvers.changing.recording import keep_decision
from resolvers.changing.service_request import ServiceRequest, naming_inputs, with_delivery
from resolvers.changing.subjects import Subject, find_card, find_subject, require_answerable
from resolvers.dependencies import Dependencies
from resolvers.facts import DecisionSubject
from store import UnitOfWork

HELD = "insurance.held"
"""The fact that is asked of the insurance register, outside of the transaction."""


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
    policies, request, now = dependencies.policies(), with_delivery(given), subject.now
    words = policies.region(subject.region).words
    chosen = _possible_choices(policies, actor, given, subject)
    collected = await collect_evidence(dependencies, work, actor, request, subject, words)
    declarations = parse_declarations(words, request.declarations)
    situation = situation_of(dependencies, actor, request, subject)
    (known,) = await facts.load_facts(policies, work, [situation])
    # What a region lets people choose is kept with what they declared: later steps of the operation read it.
    stated = {**declarations, **chosen}
    decide = partial(
        policies.decide,
        request.service,
        subject.region,
        on=facts.business_day(now),
        evidence=collected.evidence,
        history=known.history,
        # Tried out without what the change itself brings, what hangs on that is told as what could apply.
        form=tried and not known.whole,
    )
    decision = decide({**known.facts, **declarations})
    if assumed := choosing.assumed(request, subject.card, decision):
        decision = decide({**known.facts, **declarations, **assumed})
    delivery = None
    if first_delivery.chosen_at_once(request):
        then = first_delivery.begun(request, actor, subject, stated, decision.fees)
        delivery = await _decide_delivery(dependencies, work, given, then, situation, declarations, collected.evidence)
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
        subject=subject,
        region=subject.region,
        holder=subject.holder,
        relation=subject.relation,
        operation=subject.operation,
        card=subject.card,
        cards=subject.cards,
        declarations=stated,
        collected=collected,
        decision=decision,
        loaded=situation.loaded,
        delivery=delivery,
        corrected=corrected,
    )


def _possible_choices(policies: Policies, actor: Actor, given: ServiceRequest, subject: Subject) -> Mapping[str, Any]:
    """Return what was chosen, by the facts that hold it, and refuse what no policy need be asked about.

    Raises:
        InvalidInput, NotPermitted, Conflict: it cannot be asked like this, whatever the policies say.
    """
    words = policies.region(subject.region).words
    require_answerable(policies, actor, subject, given.service)
    require_clerk_for_death(words, actor, given.cancellation_reason)
    first_delivery.require_collected(words, given.delivery)
    chosen = choosing.chosen_with(words, given)
    choosing.require_held(policies, subject.operation, given, chosen, facts.business_day(subject.now))
    return chosen


async def _decide_delivery(
    dependencies: Dependencies,
    work: UnitOfWork,
    given: ServiceRequest,
    then: Subject,
    before: DecisionSubject,
    declarations: dict[str, Any],
    evidence: Evidence,
) -> Decision:
    """Decide about a way of delivery that is chosen together with the card.

    Args:
        given: the request for the card; then: the operation as it will be; before: what the card was decided on.
    """
    # The outlet of collection is judged as that, also where the card comes from another.
    later = replace(given, service=first_delivery.SERVICE, outlet=None)
    request = with_delivery(later)
    policies = dependencies.policies()
    with naming_inputs(later):
        situation = situation_of(dependencies, before.actor, request, then)
        situation.loaded = before.loaded.of_the_people()
        (known,) = await facts.load_facts(policies, work, [situation])
        return policies.decide(
            request.service,
            then.region,
            {**known.facts, **declarations},
            facts.business_day(before.now),
            evidence=evidence,
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


async def decide_about_cards(
    dependencies: Dependencies, work: UnitOfWork, actor: Actor, service: str, subjects: Sequence[Subject]
) -> list[Decision]:
    """Ask the policies about cards where nobody asks to change them: use, locks, reminders, functions.

    The facts of many cards cost as few queries as those of one.

    Raises:
        DecisionFault: the policies could not be evaluated.
    """
    policies, request = dependencies.policies(), ServiceRequest(service)
    situations = [situation_of(dependencies, actor, request, subject) for subject in subjects]
    return [
        policies.decide(service, subject.region, known.facts, facts.business_day(subject.now), history=known.history)
        for subject, known in zip(subjects, await facts.load_facts(policies, work, situations), strict=True)
    ]


async def advice_on_cards(
    dependencies: Dependencies, actor: Actor, service: str, cards: Sequence[Card]
) -> dict[str, tuple[Advice, ...]]:
    """Return what the policies tell about cards, by card.

    Raises:
        DecisionFault: the policies could not be evaluated.
    """
    async with dependencies.store.reading() as work:
        holders = await work.holders.get_many({card.holder_id for card in cards})
        now = dependencies.clock.now()
        subjects = [Subject(now, c.region, holders[c.holder_id], actor.person_id, "none", card=c) for c in cards]
        decided = await decide_about_cards(dependencies, work, actor, service, subjects)
    return {card.id: decision.advice for card, decision in zip(cards, decided, strict=True)}


async def _prepared(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> ServiceRequest:
    """Do what must not happen inside the transaction: count a wrong code, and ask registers outside.

    Raises:
        AlreadyAnswered: the same was asked and answered under this key before.
        InvalidInput: the verification code is wrong, used or expired; it counts as a try.
        GatewayUnavailable: a register did not answer.
    """
    region, code, card_id = request.region, request.verification_code, request.card_id
    on_card = region is not None and card_id is not None
    asks_register = on_card and _reads_insurance(dependencies, request.service, region or "")
    mobile = given_mobile(request.details) if _asks_whose_mobile(dependencies, request) else None
    if code is None and not asks_register and mobile is None:
        return request
    if code is None and mobile is None and request.key is None and region is not None and card_id is not None:
        async with dependencies.store.reading() as work:
            card = await find_card(dependencies, work, actor, request, card_id)
        return await _with_insurance(dependencies, request, card, region)
    subject = await answered_before(dependencies, actor, request)
    if mobile is not None and await _is_own(dependencies, subject, mobile):
        request = replace(request, own_mobile=mobile)
    if code is not None:
        mobile = given_mobile(request.details) or subject.holder.mobile
        try:
            await verification.guard_code(dependencies, actor.person_id, request.service, mobile, code)
        except DomainError:
            # A twin under the same key may have used the code up meanwhile; then its answer is ours.
            await answered_before(dependencies, actor, request)
            raise
    if region is None or not asks_register:
        return request
    return await _with_insurance(dependencies, request, subject.card, region)


async def _with_insurance(
    dependencies: Dependencies, request: ServiceRequest, card: Card | None, region: str
) -> ServiceRequest:
    """Return a request with what the insurance register knows of a card's holder in a region."""
    held = await look_up_insurance(dependencies, card, region)
    return replace(request, derived_facts={**request.derived_facts, HELD: held})


def _asks_whose_mobile(dependencies: Dependencies, request: ServiceRequest) -> bool:
    """Say whether a rule in force asks for a mobile number of one's own, which only its register knows."""
    policies, region = dependencies.policies(), request.region
    if region is None or region not in policies.tree.regions:
        return False
    effective = policies.effective(request.service, region, facts.business_day(dependencies.clock.now()))
    return effective is not None and effective.asks_for_proof(OWN_MOBILE)


async def _is_own(dependencies: Dependencies, subject: Subject, mobile: str) -> bool:
    """Say whether a mobile number is registered in the name of who acts; of who is not on record, nobody can."""
    person = subject.holder
    if subject.person_id != person.id:
        async with dependencies.store.reading() as work:
            found = (await work.holders.get_many([subject.person_id])).get(subject.person_id)
        if found is None:
            return False
        person = found
    return await dependencies.mobiles.is_own(person.name, person.identity_type, person.identity_number, mobile)


def _reads_insurance(dependencies: Dependencies, service: str, region: str) -> bool:
    """Say whether a rule in force reads what only the insurance register knows."""
    if "insurance" not in records_of(service):
        return False
    effective = dependencies.policies().effective(service, region, facts.business_day(dependencies.clock.now()))
    return effective is not None and HELD in effective.roots


async def answered_before(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> Subject:
    """Return what a request is about, as it reads now.

    Raises:
        AlreadyAnswered: the same was asked and answered under this key before, and is still theirs to ask.
        and whatever `find_subject` raises.
    """
    async with dependencies.store.reading() as work:
        subject = await find_subject(dependencies, work, actor, request, lock=False)
        await _answer_again(work, actor, request, subject)
    return subject


async def _answer_again(work: UnitOfWork, actor: Actor, request: ServiceRequest, subject: Subject) -> None:
    """Answer a request that was answered before, unless it is no business of whoever asks any more."""

    async def access(_: UnitOfWork) -> None:
        if subject.relation == "none" and not is_staff(actor):
            raise not_found("持卡人", "holder", subject.holder.id)

    await idempotency.answer_again(work, request.key, subject.now, access)


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
    request = await _prepared(dependencies, actor, request)
    decided = postponed = None
    try:
        async with dependencies.store.transaction() as work:
            with naming_inputs(request):
                subject = await find_subject(dependencies, work, actor, request, lock=True)
                await _answer_again(work, actor, request, subject)
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
    request = await _prepared(dependencies, actor, request)
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
