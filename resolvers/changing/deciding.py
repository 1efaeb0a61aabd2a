"""From a request to a decision: one way for the dry run and the change.

A change is made in one transaction and in one order: what it is about is found and locked, the facts are loaded, the policies
are asked; only an allowed request is carried out (`resolvers/changing/carrying_out.py`) and recorded.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from functools import partial
from typing import Any

from domain.decision import Decision
from domain.errors import DecisionRefused, NotFound, PolicyChanged, WrongNumber
from domain.evidence import Evidence
from domain.frozen import replace
from domain.holder import Actor
from domain.message import Message
from domain.services import DECIDES_DELIVERY, Choice, records_of
from policies.engine.decide import Policies
from policies.language.vocabulary import Lexicon
from resolvers import facts, rate_limiting
from resolvers.changing import choosing, corrections, first_delivery, idempotency
from resolvers.changing.access import require_channel
from resolvers.changing.beforehand import answer_again, prepared
from resolvers.changing.beside import require_sighted, with_what_is_beside
from resolvers.changing.decided_request import DecidedRequest
from resolvers.changing.declarations import parse_choices, parse_declarations
from resolvers.changing.details import details_of
from resolvers.changing.evidence import TYPED, collect_evidence, consume_proofs, require_seen, tell_of_documents
from resolvers.changing.postponing import postpone
from resolvers.changing.recording import keep_refused
from resolvers.changing.service_request import ServiceRequest, naming_inputs
from resolvers.changing.subjects import Seen, Subject, find_subject, where_decided
from resolvers.changing.wrong_inputs import Wrong
from resolvers.dependencies import Dependencies
from resolvers.facts import DecisionSubject
from store import UnitOfWork

Also = Callable[[Subject, Lexicon, Wrong], None]
"""Looks at what a use case alone takes, and notes what is wrong with it."""
Look = Callable[..., None]
"""Tells the audit record what is shown, of whom (an id), for which operation and in which region; the last two by name."""


async def decide_request(
    dependencies: Dependencies, work: UnitOfWork, actor: Actor, request: ServiceRequest, seen: Seen | None = None
) -> DecidedRequest:
    """Decide a request as a change would, and change nothing.

    Args:
        seen: is told what the request is about, whatever comes of it then.

    Raises:
        NotFound: what it is about does not exist, or not for whoever asks.
        InvalidInput: something in it cannot be right.
        DecisionFault: the policies could not be evaluated.
    """
    request = where_decided(dependencies.policies(), request)
    with naming_inputs(request):
        subject = await _found(dependencies, work, actor, request, lock=False, seen=seen)
        return await _decided(dependencies, work, actor, request, subject, tried=True)


async def _found(
    dependencies: Dependencies,
    work: UnitOfWork,
    actor: Actor,
    request: ServiceRequest,
    *,
    lock: bool,
    seen: Seen | None = None,
) -> Subject:
    """Find what a request is about; where it is not found, all else that is wrong is told as well."""
    try:
        return await find_subject(dependencies, work, actor, request, lock=lock, seen=seen)
    except NotFound as missing:
        raise with_what_is_beside(dependencies.policies(), request, missing) from None


async def decide_look(
    dependencies: Dependencies, work: UnitOfWork, actor: Actor, request: ServiceRequest
) -> DecidedRequest:
    """Decide whether what is on record is shown, as `decide_request` would, and read nothing that this does not hang on.

    Only what is allowed is decided so. A refusal is told with all that it was decided on.

    Raises:
        NotFound, InvalidInput, DecisionFault: as for `decide_request`.
    """
    request = where_decided(dependencies.policies(), request)
    with naming_inputs(request):
        subject = await find_subject(dependencies, work, actor, request, lock=False, look=True)
        return await _decided(dependencies, work, actor, request, subject, tried=True, look=True)


async def _decided(
    dependencies: Dependencies,
    work: UnitOfWork,
    actor: Actor,
    request: ServiceRequest,
    subject: Subject,
    *,
    tried: bool,
    look: bool = False,
    also: Also | None = None,
) -> DecidedRequest:
    """Load the facts of a request and ask the policies.

    Args:
        tried: whether it is only tried out; look: whether nothing but the answer counts, where it is yes.
        also: see `decided_transaction`.
    """
    policies = dependencies.policies()
    require_channel(policies, actor, subject.region)
    wrong = Wrong()
    wrong.found.extend(request.wrong)
    situation = situation_of(dependencies, actor, request, subject, wrong)
    choosing.require_possible(policies, situation, request, wrong)
    details = details_of(request, situation.words.codes, wrong) if request.resumed is None else {}
    require_sighted(situation.words, request, wrong)
    if also is not None:
        also(subject, situation.words, wrong)
    if wrong.found:
        await tell_of_documents(work, request, subject.holder, wrong)
        wrong.refuse()
    collected = await collect_evidence(dependencies, work, actor, request, subject, details, tried=tried)
    decision = _allowed_at_hand(policies, situation, collected.evidence) if look else None
    if decision is None:
        decision = await _decide(policies, work, request, situation, collected.evidence, tried=tried)
    if decision.allowed:
        require_seen(situation.words, actor, request)
    decided = DecidedRequest(
        dependencies=dependencies,
        work=work,
        request=request,
        actor=actor,
        subject=subject,
        # What a region lets people choose is kept with what they declared: later steps of the operation read it.
        declarations={**situation.declared, **{name: situation.chosen[name] for name in request.choices}},
        collected=collected,
        decision=decision,
        loaded=situation.loaded,
    )
    return await _with_what_hangs_on_it(decided)


def _allowed_at_hand(policies: Policies, situation: DecisionSubject, evidence: Evidence) -> Decision | None:
    """Return the decision that allows something whatever else could be read; None where that has to be read."""
    known = facts.facts_at_hand(policies, situation)
    if known is None:
        return None
    decision = policies.decide_if_settled(situation.service, situation.region, known, situation.today, evidence)
    return decision if decision is not None and decision.allowed else None


async def _decide(
    policies: Policies,
    work: UnitOfWork,
    request: ServiceRequest,
    situation: DecisionSubject,
    evidence: Evidence,
    *,
    tried: bool,
) -> Decision:
    """Load all facts that rules in force read, and ask the policies."""
    (known,) = await facts.load_facts(policies, work, [situation])
    decide = partial(
        policies.decide,
        request.service,
        situation.region,
        on=situation.today,
        evidence=evidence,
        history=known.history,
        # Tried out without what the change itself brings, what hangs on that is told as what could apply.
        form=tried and not known.whole,
    )
    decision = decide(known.facts)
    if assumed := choosing.assumed(request, situation.about_card, decision):
        decision = decide({**known.facts, **assumed})
    return decision


async def _with_what_hangs_on_it(decided: DecidedRequest) -> DecidedRequest:
    """Return a decided request with what is decided along with it: a delivery at once, or what a correction changes."""
    request, operation, decision = decided.request, decided.operation, decided.decision
    if first_delivery.chosen_at_once(request):
        return replace(decided, delivery=await _decide_delivery(decided))
    if request.service == choosing.CORRECT and operation is not None and decision.allowed:
        policies, stated = decided.dependencies.policies(), decided.declarations
        corrected = await corrections.judged_again(
            policies, decided.work, operation, request, stated, decided.evidence, decision.on
        )
        return replace(decided, corrected=corrected)
    return decided


async def _decide_delivery(decided: DecidedRequest) -> Decision:
    """Decide about a way of delivery that is chosen together with the card, as `deliver` would right after it."""
    # The outlet of collection is judged as that, also where the card comes from another.
    request = replace(decided.request, service=DECIDES_DELIVERY, outlet=None)
    policies, then = decided.dependencies.policies(), first_delivery.as_submitted(decided)
    with naming_inputs(request):
        wrong = Wrong()
        situation = situation_of(decided.dependencies, decided.actor, request, then, wrong)
        wrong.refuse()
        (known,) = await facts.load_facts(policies, decided.work, [situation])
        on, evidence = situation.today, decided.evidence
        return policies.decide(request.service, then.region, known.facts, on, evidence=evidence, history=known.history)


def situation_of(
    dependencies: Dependencies, actor: Actor, request: ServiceRequest, subject: Subject, wrong: Wrong
) -> DecisionSubject:
    """Return what a decision about a subject is about, with what was loaded to find it.

    Args:
        wrong: is told of what is chosen or declared and cannot be in the region, or is ill-typed.
    """
    words = dependencies.policies().region(subject.region).words
    chosen: dict[str, Any] = {**request.chosen, Choice.OUTLET.value: request.outlet_named}
    if "choice" in records_of(request.service):
        chosen |= parse_choices(words, request.choices, wrong)
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
        declared=parse_declarations(words, request.declarations, wrong),
        delivery=request.delivery,
        details=request.filled_in,
        derived=request.derived_facts,
        # A copy: another decision about the same may come after something was written.
        loaded=replace(subject.loaded),
    )


@asynccontextmanager
async def decided_transaction(
    dependencies: Dependencies, actor: Actor, request: ServiceRequest, also: Also | None = None
) -> AsyncIterator[DecidedRequest]:
    """Open the one transaction of a change that the policies allow, with the rows it is about locked.

    Args:
        also: looks at what the use case alone takes, by the words of the region, and notes what is wrong with it.

    Raises:
        AlreadyAnswered: the same was asked and answered under this key before, and is still theirs to ask; or the policies
            ask for a payment first, and the answer is what waits for it.
        DecisionRefused: they do not, or something required is missing; the decision is recorded.
        PolicyChanged: the caller was quoted another decision.
        TooManyRequests: too many of whoever asks were refused, or too many numbers were typed wrong.
    """
    refusals = rate_limiting.refusals(actor)
    if request.resumed is None:
        rate_limiting.require(dependencies, actor, refusals)
    request = await prepared(dependencies, actor, request)
    decided = postponed = None
    async with _turn(dependencies, actor, request):
        try:
            async with dependencies.store.transaction() as work:
                with naming_inputs(request):
                    subject = await _found(dependencies, work, actor, request, lock=True)
                    await answer_again(work, actor, request, subject)
                    decided = await _decided(dependencies, work, actor, request, subject, tried=False, also=also)
                require_allowed(decided)
                if request.resumed is None:
                    rate_limiting.change(dependencies, actor)
                    await consume_proofs(work, actor, request, decided.collected, decided.now)
                    postponed = await postpone(decided)
                if postponed is None:
                    yield decided
        except DecisionRefused as refused:
            made = decided.decisions if decided is not None and not decided.told.allowed else (refused.decision,)
            async with dependencies.store.transaction() as work:
                if request.resumed is None:
                    await rate_limiting.count(dependencies, work, actor, refusals)
                paid_for = request.resumed.operation_id if request.resumed is not None else None
                about = decided.holder.id if decided is not None else request.holder_id, paid_for
                await keep_refused(work, dependencies.policies(), actor, made, dependencies.clock.now(), about)
            raise
        except WrongNumber as wrong:
            await rate_limiting.wrong_number(dependencies, actor, wrong.holder_id)
            raise
    if postponed is not None:
        raise idempotency.AlreadyAnswered(postponed)


def _turn(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> AbstractAsyncContextManager[Any]:
    """Return the turn of whoever types a number that has to be as on record; nobody else waits."""
    return nullcontext() if TYPED.isdisjoint(request.filled_in) else rate_limiting.turn(dependencies, actor)


async def preview(
    dependencies: Dependencies, actor: Actor, request: ServiceRequest, look: Look | None = None
) -> DecidedRequest:
    """Decide as a change would, and change nothing: the dry run.

    Args:
        look: is told of whom facts are shown: whom it is about, who is present, and whom else it names. An error shows some too.

    Raises:
        InvalidInput: a verification code was given that is wrong; it counts as a try.
        and whatever `decide_request` raises.
    """
    request = await prepared(dependencies, actor, request)
    # A code is read under a lock, which only a transaction can hold.
    store = dependencies.store
    has_code = request.verification_code is not None or request.bound_mobile_code is not None
    async with store.transaction() if has_code else store.reading() as work:
        return await decide_request(dependencies, work, actor, request, _told_to(look) if look is not None else None)


def _told_to(look: Look) -> Seen:
    def seen(subject: Subject) -> None:
        operation_id = subject.operation.id if subject.operation is not None else None
        concerned = (subject.holder, subject.loaded.person, subject.other)
        for holder_id in dict.fromkeys(each.id for each in concerned if each is not None):
            look("holder", holder_id, operation_id=operation_id, region=subject.region)

    return seen


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
