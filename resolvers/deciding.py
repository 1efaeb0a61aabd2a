"""From a request to a decision: one way for the dry run and the change.

`consider` loads what the service is about, computes its facts and asks the policies. `changing` does so inside the
transaction of a change, with the rows locked, and lets only an allowed request through.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.card import Card
from domain.decision import Decision
from domain.errors import DecisionRefused, InvalidInput, NotPermitted, PolicyChanged
from domain.evidence import Evidence
from domain.history import History
from domain.holder import Actor, Holder
from domain.message import Message
from domain.operation import Operation, OperationState, TimelineEntry
from policies.decide import Policies
from resolvers import facts, verification
from resolvers.access import (
    is_staff,
    refuse_presence_unless_clerk,
    relation_between,
    relation_to_operation,
    require_reach,
    see_holder,
    serves_card,
    unknown,
)
from resolvers.ask import Ask, with_delivery
from resolvers.declarations import parse_declarations
from resolvers.dependencies import Dependencies
from resolvers.evidence import Acting, Gathered, gather, normalise_details, use_up
from resolvers.records import decision_record
from store import UnitOfWork


@dataclass(frozen=True, slots=True)
class Case:
    """One request with everything that was looked up for it, and its decision.

    Args:
        region: GB/T 2260; holder: whom it is about; relation: of whoever acts.
        operation, card: what it is about, for services on one.
        declarations: what was declared, typed; evidence: as the policies saw it; gathered: with the proofs to use up.
    """

    work: UnitOfWork
    ask: Ask
    actor: Actor
    now: datetime
    region: str
    holder: Holder
    relation: str
    operation: Operation | None
    card: Card | None
    declarations: Mapping[str, Any]
    gathered: Gathered
    decision: Decision

    @property
    def evidence(self) -> Evidence:
        """What was brought along."""
        return self.gathered.evidence

    async def keep_decision(self, policies: Policies, operation_id: str) -> None:
        """Record the decision with the operation it led to, and the text of the policies behind it."""
        await _keep(self.work, policies, self.decision, self.now, operation_id)

    def entry(
        self, operation_id: str, event: str, before: OperationState | None, after: OperationState
    ) -> TimelineEntry:
        """Return the line that this request adds to an operation's timeline."""
        return TimelineEntry(
            operation_id=operation_id,
            at=self.now,
            event=event,
            from_state=before,
            to_state=after,
            actor_id=self.actor.person_id,
            role=self.actor.role,
            channel=self.actor.channel,
            office=self.actor.office,
            policy_digest=self.decision.digest,
        )


@dataclass(frozen=True, slots=True)
class _Subject:
    region: str
    holder: Holder
    person_id: str
    relation: str
    operation: Operation | None = None
    card: Card | None = None


async def _keep(
    work: UnitOfWork, policies: Policies, decision: Decision, now: datetime, operation_id: str | None
) -> None:
    effective = policies.effective(decision.service, decision.region, decision.on, decision.known)
    if effective is not None:
        await work.policy_texts.keep(effective.digest, effective.text)
    await work.decisions.add(decision_record(decision, now, operation_id))


async def consider(dependencies: Dependencies, work: UnitOfWork, actor: Actor, ask: Ask, lock: bool) -> Case:
    """Decide a request without changing anything.

    Args:
        lock: whether the rows it is about are locked for a change that follows.

    Raises:
        NotFound: what it is about does not exist, or not for whoever asks.
        InvalidInput: something in it cannot be right.
        DecisionFault: the policies could not be evaluated.
    """
    policies = dependencies.policies()
    ask = with_delivery(ask)
    subject = await _find_subject(policies, work, actor, ask, lock)
    # Only now: whoever waited for the rows comes after the one who held them, also by the clock.
    now = dependencies.clock.now()
    subjects = policies.subjects(ask.service, subject.region)
    _demand_answerable(policies, actor, subject, subjects)
    who = Acting(actor, subject.person_id, subject.relation)
    gathered = await gather(dependencies, work, who, ask, subject.holder, now)
    declarations = parse_declarations(policies.region(subject.region).words, ask.declarations)
    known = await _facts(dependencies, work, actor, ask, subject, subjects, now)
    decision = policies.decide(
        ask.service,
        subject.region,
        {**known, **declarations},
        facts.business_day(now),
        evidence=gathered.evidence,
        history=await _history(policies, work, ask.service, subject, now),
    )
    return Case(
        work=work,
        ask=ask,
        actor=actor,
        now=now,
        region=subject.region,
        holder=subject.holder,
        relation=subject.relation,
        operation=subject.operation,
        card=subject.card,
        declarations=declarations,
        gathered=gathered,
        decision=decision,
    )


def _demand_answerable(policies: Policies, actor: Actor, subject: _Subject, subjects: frozenset[str]) -> None:
    """Refuse what no rule could be asked about: a card or operation left out, a channel that the region does not have."""
    for kind, found, zh in (("card", subject.card, "社会保障卡"), ("operation", subject.operation, "办件")):
        if kind in subjects and found is None:
            raise InvalidInput(
                Message(f"请提供{zh}的编号。", f"Give the {kind} that it is about."), field=f"input.{kind}Id"
            )
    place = policies.region(subject.region)
    if place.words.term("channels", actor.channel) is None:
        raise NotPermitted(
            Message(
                f"{place.region.name.zh}没有渠道“{actor.channel}”，请通过当地开通的渠道办理。",
                f"{place.region.name.en} has no channel {actor.channel}; use one that is open there.",
            ),
            code="CHANNEL_NOT_OPEN",
        )


async def _history(policies: Policies, work: UnitOfWork, service: str, subject: _Subject, now: datetime) -> History:
    """Return the holder's history where a rule in force counts something in it; reading it costs three queries."""
    effective = policies.effective(service, subject.region, facts.business_day(now))
    read = () if effective is None else (effective.fact(name) for name in effective.facts_read)
    counts = any(definition is not None and definition.count is not None for definition in read)
    return await work.history(subject.holder.id, now) if counts else ()


async def _find_subject(policies: Policies, work: UnitOfWork, actor: Actor, ask: Ask, lock: bool) -> _Subject:
    if ask.operation_id is not None:
        operations = work.operations
        operation = await (operations.lock(ask.operation_id) if lock else operations.get(ask.operation_id))
        relation = await relation_to_operation(work, actor, operation)
        holder = await work.holders.get(operation.holder_id)
        return _Subject(operation.region, holder, actor.person_id, relation, operation=operation)
    if ask.card_id is not None:
        card = await (work.cards.lock(ask.card_id) if lock else work.cards.get(ask.card_id))
        if is_staff(actor) and not serves_card(actor, card):
            raise unknown("社会保障卡", "card", ask.card_id)
        person, relation = await _who_acts(work, actor, ask, card.holder_id)
        if relation == "none" and not is_staff(actor):
            raise unknown("社会保障卡", "card", ask.card_id)
        return _Subject(card.region, await work.holders.get(card.holder_id), person, relation, card=card)
    if ask.region is None:
        raise InvalidInput(Message("请选择地区。", "Give the region."), field="input.region")
    policies.region(ask.region)
    require_reach(actor, ask.region)
    holder_id = ask.holder_id or actor.person_id
    # Requests about one person follow one another: the next one sees what this one did.
    holder = await see_holder(work, actor, holder_id, lock=lock)
    person, relation = await _who_acts(work, actor, ask, holder_id)
    return _Subject(ask.region, holder, person, relation)


async def _who_acts(work: UnitOfWork, actor: Actor, ask: Ask, holder_id: str) -> tuple[str, str]:
    """Return the person who acts and their relation: at a window the one who is present, not the clerk.

    Raises:
        NotPermitted: somebody other than a clerk says who is present.
    """
    refuse_presence_unless_clerk(actor, ask.present_id)
    if actor.role == "clerk":
        person = ask.present_id or holder_id
    elif is_staff(actor):
        return actor.person_id, "office"
    else:
        person = actor.person_id
    return person, await relation_between(work, person, holder_id)


async def _facts(
    dependencies: Dependencies,
    work: UnitOfWork,
    actor: Actor,
    ask: Ask,
    subject: _Subject,
    subjects: frozenset[str],
    now: datetime,
) -> Mapping[str, Any]:
    on = facts.business_day(now)
    known: dict[str, Any] = {}
    if "request" in subjects:
        known |= facts.request_facts(ask.service, actor, now, dependencies.calendar)
    if "actor" in subjects:
        known |= facts.actor_facts(subject.relation, await _person(work, subject), on)
    if "holder" in subjects:
        cards = (await work.cards.of_holders([subject.holder.id])).get(subject.holder.id, ())
        operations = await work.operations.of_holder(subject.holder.id)
        known |= facts.holder_facts(subject.holder, subject.region, on, cards, operations, now)
    if "card" in subjects and subject.card is not None:
        known |= facts.card_facts(subject.card, now)
    if "operation" in subjects and subject.operation is not None:
        known |= facts.operation_facts(subject.operation)
    if "choice" in subjects:
        known |= facts.choice_facts(ask)
    if "delivery" in subjects:
        known |= facts.delivery_facts(ask.delivery, subject.region)
    return known


async def _person(work: UnitOfWork, subject: _Subject) -> Holder | None:
    if subject.person_id == subject.holder.id:
        return subject.holder
    return (await work.holders.get_many([subject.person_id])).get(subject.person_id)


async def guard_code(dependencies: Dependencies, actor: Actor, ask: Ask) -> None:
    """Refuse and count a wrong verification code before anything else, outside of the change's transaction.

    Raises:
        InvalidInput: the code is wrong, used or expired.
    """
    if ask.verification_code is None:
        return
    mobile = normalise_details({k: v for k, v in ask.details.items() if k == "mobile"}).get("mobile")
    if mobile is None:
        async with dependencies.store.reading() as work:
            subject = await _find_subject(dependencies.policies(), work, actor, ask, lock=False)
            mobile = subject.holder.mobile
    await verification.guard_code(dependencies, actor.person_id, ask.service, mobile, ask.verification_code)


@asynccontextmanager
async def changing(dependencies: Dependencies, actor: Actor, ask: Ask) -> AsyncIterator[Case]:
    """Open the one transaction of a change that the policies allow, with the rows it is about locked.

    Raises:
        DecisionRefused: they do not, or something required is missing; the decision is recorded.
        PolicyChanged: the caller was quoted another decision.
    """
    await guard_code(dependencies, actor, ask)
    try:
        async with dependencies.store.transaction() as work:
            case = await consider(dependencies, work, actor, ask, lock=True)
            demand_allowed(case)
            await use_up(work, actor, ask, case.gathered, case.now)
            yield case
    except DecisionRefused as refused:
        async with dependencies.store.transaction() as work:
            await _keep(work, dependencies.policies(), refused.decision, dependencies.clock.now(), None)
        raise


async def preview(dependencies: Dependencies, actor: Actor, ask: Ask) -> Case:
    """Decide as a change would, and change nothing: the dry run.

    Raises:
        InvalidInput: a verification code was given that is wrong; it counts as a try.
        and whatever `consider` raises.
    """
    await guard_code(dependencies, actor, ask)
    # A code is read under a lock, which only a transaction can hold.
    store = dependencies.store
    async with store.reading() if ask.verification_code is None else store.transaction() as work:
        return await consider(dependencies, work, actor, ask, lock=False)


def demand_allowed(case: Case) -> None:
    """Let only an allowed decision through, and only the one that was quoted if one was.

    Raises:
        PolicyChanged: the caller was quoted another decision.
        DecisionRefused: something denies it or is missing.
    """
    decision, quoted = case.decision, case.ask.policy_digest
    if quoted is not None and quoted != decision.digest:
        raise PolicyChanged(
            Message(
                "政策在您查询之后已有变化，请按最新政策重新确认。",
                "The policy has changed since it was quoted to you; please look at the new decision and confirm again.",
            ),
            field="input.policyDigest",
        )
    if not decision.allowed:
        raise DecisionRefused(
            Message(
                "按照当地政策不能办理，或尚缺必要材料，详见决定。",
                "The policies of the region do not allow this, or something is missing; see the decision.",
            ),
            decision,
        )
