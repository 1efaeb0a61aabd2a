"""Writing down what was decided and what was answered: what it was decided on and what came of it, without personal data.

What is stored of a decision is read back to be replayed.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import uuid4

from domain.decision import Charge, Decision, Denial, Lapse, Need, Promise, Requirement
from domain.holder import Actor
from domain.operation import Operation
from domain.region import province_of
from policies.engine.decide import Policies
from policies.replay.recorded import Answer, Brought, Due, Lapsing, Promised, Reason, Recorded, Standing, Thing
from resolvers.audit import told_of
from resolvers.changing import idempotency
from resolvers.changing.decided_request import DecidedRequest
from store import UnitOfWork
from store.audit.entries import AuditKind
from store.encoding import load
from store.records import DecisionRecord, KeptDecision

Answered = TypeVar("Answered")
_BROUGHT = frozenset({"proof", "document", "detail"})
"""Kinds of needs that something brought along satisfies; choices and declarations are facts."""


async def record(decided: DecidedRequest, answer: Answered, operation: Operation | None = None) -> Answered:
    """Record the decision and the policies behind it, tell the audit record, keep the answer under the caller's key, and return it.

    Args:
        operation: that it led to or was about, if there is one.
    """
    operation_id = operation.id if operation is not None else None
    named = operation.documents if operation is not None else ()
    if unnamed := [each for each in decided.request.documents if each not in named]:
        # No operation tells later that they were used.
        await decided.work.uploads.take(unnamed)
    for decision in decided.decisions:
        await keep_decision(decided.work, decided.dependencies.policies(), decision, decided.now, operation_id)
    decided.work.audit.tell(
        told_of(
            decided.actor,
            decided.now,
            AuditKind.CHANGE,
            decided.request.service,
            holder_id=decided.holder.id,
            record_id=_its_record(decided),
            operation_id=operation_id,
            region=decided.region,
            reference=decided.decision.digest,
        )
    )
    await idempotency.keep(decided.work, decided.request.key, answer, decided.now)
    return answer


def _its_record(decided: DecidedRequest) -> str | None:
    """Return the id of what a request is about besides the person: a card, or somebody else."""
    if decided.card is not None:
        return decided.card.id
    return decided.subject.other.id if decided.subject.other is not None else None


async def keep_refused(
    work: UnitOfWork,
    policies: Policies,
    actor: Actor,
    decisions: Sequence[Decision],
    now: datetime,
    about: tuple[str | None, str | None],
) -> None:
    """Record what was decided of a refused request, and tell the audit record.

    Args:
        about: the ids of the person, and of the operation where it was paid for.
    """
    holder_id, paid_for = about
    for decision in decisions:
        await keep_decision(work, policies, decision, now, paid_for)
    first = decisions[0]
    work.audit.tell(
        told_of(
            actor,
            now,
            AuditKind.REFUSAL,
            first.service,
            holder_id=holder_id,
            operation_id=paid_for,
            region=first.region,
            reference=first.digest,
        )
    )


async def keep_decision(
    work: UnitOfWork, policies: Policies, decision: Decision, now: datetime, operation_id: str | None
) -> None:
    """Record a decision with the operation it led to, if it did, and the text of the policies behind it."""
    effective = policies.effective(decision.service, decision.region, decision.on, decision.known)
    if effective is not None:
        await work.policy_texts.keep(effective.digest, effective.text)
    await work.decisions.add(decision_record(decision, now, operation_id))


def decision_record(decision: Decision, at: datetime, operation_id: str | None) -> DecisionRecord:
    """Return what is stored of a decision, with the operation that it led to."""
    return DecisionRecord(
        id=str(uuid4()),
        operation_id=operation_id,
        service=decision.service,
        region=decision.region,
        province=province_of(decision.region),
        at=at,
        on=decision.on,
        known=decision.known,
        digest=decision.digest,
        allowed=decision.allowed,
        facts=decision.facts,
        outcome={
            "denials": [_denial(denial) for denial in decision.denials],
            "missing": [_requirement(requirement) for requirement in decision.missing],
            "met": _met(decision),
            "charges": [_charge(charge) for charge in decision.charges],
            "waivers": [{"rule": waiver.rule, "fee": waiver.fee} for waiver in decision.waivers],
            "refunds": [{"rule": refund.rule, "fee": refund.fee} for refund in decision.refunds],
            "promises": [_promise(promise) for promise in decision.promises],
            "lapses": [_lapse(lapse) for lapse in decision.lapses],
            "archive": [item.document for item in decision.archive],
            "calendar": {
                "special_days": {day.isoformat(): working for day, working in decision.special_days.items()},
                "estimated": decision.estimated,
            },
        },
    )


def _denial(denial: Denial) -> dict[str, Any]:
    return {"rule": denial.rule, "code": denial.code, "file": denial.citation.file, "line": denial.citation.line}


def _requirement(requirement: Requirement) -> dict[str, Any]:
    return {
        "rule": requirement.rule,
        "needs": sorted({need.name for needs in requirement.alternatives for need in needs}),
    }


def _met(decision: Decision) -> list[dict[str, Any]]:
    """Return what was satisfied as it was asked for: never a file, a number, or what somebody filled in."""
    needs = (need for r in decision.requirements for needs in r.alternatives for need in needs)
    found: list[dict[str, Any]] = []
    for met in (_need(need) for need in needs if need.satisfied and need.kind in _BROUGHT):
        if met not in found:
            found.append(met)
    return found


def _need(need: Need) -> dict[str, Any]:
    return {"kind": need.kind, "name": need.name, "specification": dict(need.specification)}


def _charge(charge: Charge) -> dict[str, Any]:
    fee = charge.fee
    terms = {"due": fee.due, "refundable": fee.refundable, "waived_by": charge.waived_by}
    return {"fee": fee.id, "amount": fee.amount, "payer": fee.payer, **terms}


def _promise(promise: Promise) -> dict[str, Any]:
    return {"rule": promise.rule, "what": promise.what, "within": promise.within, "counted_from": promise.counted_from}


def _lapse(lapse: Lapse) -> dict[str, Any]:
    return {"rule": lapse.rule, "state": lapse.state, "after": lapse.after, "becomes": lapse.becomes}


def recorded(kept: KeptDecision) -> Recorded:
    """Return a stored decision as the policies take it to replay it."""
    outcome = load(kept.outcome)
    return Recorded(
        region=kept.region,
        service=kept.service,
        on=kept.on,
        known=kept.known,
        digest=kept.digest,
        facts=load(kept.facts),
        answer=_answer(kept.allowed, outcome),
        brought=_brought(outcome),
        missing=frozenset((missing["rule"], tuple(missing["needs"])) for missing in outcome["missing"]),
    )


def _answer(allowed: bool, outcome: Mapping[str, Any]) -> Answer:
    denials = tuple(Reason(False, d["rule"], d["file"], d["line"]) for d in outcome["denials"])
    asking = tuple(Reason(True, rule) for rule in dict.fromkeys(missing["rule"] for missing in outcome["missing"]))
    standing = Standing.ALLOWED if allowed else Standing.REFUSED if denials else Standing.ASKED
    return Answer(
        standing,
        denials or asking,
        dues=tuple(Due(c["fee"], c["payer"], c["amount"]) for c in outcome["charges"] if c["waived_by"] is None),
        promises=frozenset(Promised(p["what"], p["within"], p["counted_from"]) for p in outcome["promises"]),
        lapses=frozenset(Lapsing(x["state"], x["after"], x["becomes"]) for x in outcome["lapses"]),
    )


def _brought(outcome: Mapping[str, Any]) -> Brought | None:
    if "met" not in outcome:
        return None
    things = (Thing(met["kind"], met["name"], frozenset(met["specification"].items())) for met in outcome["met"])
    return Brought(frozenset(things))
