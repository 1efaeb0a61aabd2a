"""What a correction changes, judged as the service that is corrected would judge it.

It is judged on the facts of the first decision: that there is an application now, or that a face check is used up, is no
reason against correcting it.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from domain.decision import Decision
from domain.errors import InvalidInput
from domain.evidence import DocumentEvidence, Evidence
from domain.fee import Bill, charged
from domain.message import Message
from domain.operation import Operation
from domain.services import Choice
from policies.engine.decide import Policies
from resolvers.changing.service_request import ServiceRequest
from store import UnitOfWork
from store.records import DecisionRecord

_NOTHING: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Corrected:
    """What a correction of choices and declarations brings about.

    Args:
        decision: what it is refused for, and what is charged on top; nothing else of what the service would say.
        bill: everything that the service that is corrected charges now; None where it charges what it did before.
    """

    decision: Decision
    bill: Bill | None


async def judged_again(
    policies: Policies,
    work: UnitOfWork,
    operation: Operation,
    request: ServiceRequest,
    stated: Mapping[str, Any],
    evidence: Evidence,
    on: date,
) -> Corrected | None:
    """Decide an operation's own service again with what is chosen or declared anew.

    Args:
        stated: what is declared now, and what a region adds and is chosen now, typed.
        evidence: brought with the correction; on: today in China.

    Returns:
        What comes of it; None where it changes no choice and no declaration.

    Raises:
        InvalidInput: a new document is not as the service asks (`DOCUMENT_NOT_AS_REQUIRED`).
    """
    first = await _first_decision(work, operation)
    if first is None:
        return None
    if evidence.documents:
        _require_documents(_decide(policies, operation, first.facts, evidence, on))
    before = {Choice.BANK.value: operation.bank, Choice.OUTLET.value: operation.outlet, **operation.declarations}
    now = {Choice.BANK.value: request.bank, Choice.OUTLET.value: request.outlet}
    changed = {**{name: value for name, value in now.items() if value is not None}, **stated}
    changed = {name: value for name, value in changed.items() if value != before.get(name)}
    if not changed:
        return None
    at_hand = await _at_hand(work, operation, evidence)
    held = _without_attributes(first.facts, {*before, *changed})
    earlier = _decide(policies, operation, {**held, **before}, at_hand, on)
    later = _decide(policies, operation, {**held, **before, **changed}, at_hand, on)
    told = _brought_about(policies, earlier, later, frozenset(changed))
    if later.bill == earlier.bill:
        return Corrected(told, None)
    lines = charged(operation.fees, later.service, later.bill)
    added = (fee for fee in lines if fee not in operation.fees)
    charges = (replace(charge, fee=fee) for fee in added for charge in later.charges if charge.fee.id == fee.id)
    return Corrected(replace(told, charges=tuple(charges)), later.bill)


async def _first_decision(work: UnitOfWork, operation: Operation) -> DecisionRecord | None:
    recorded = (await work.decisions.of_operations([operation.id])).get(operation.id, ())
    return next((record for record in recorded if record.service == operation.service), None)


def _decide(
    policies: Policies, operation: Operation, facts: Mapping[str, Any], evidence: Evidence, on: date
) -> Decision:
    words = policies.region(operation.region).words
    # What nobody knows any more, since the vocabulary has changed, is told as what could apply.
    known = {name: value for name, value in facts.items() if words.fact(name) is not None}
    return policies.decide(operation.service, operation.region, known, on, evidence=evidence, form=True)


def _without_attributes(facts: Mapping[str, Any], of: Collection[str]) -> dict[str, Any]:
    """Return facts without what was worked out of some of them, such as the bank of an outlet."""
    return {name: value for name, value in facts.items() if _root(name) == name or _root(name) not in of}


def _root(name: str) -> str:
    return ".".join(name.split(".")[:2])


async def _at_hand(work: UnitOfWork, operation: Operation, evidence: Evidence) -> Evidence:
    """Return what was brought before and now."""
    stored = await work.documents.get_many(operation.documents) if operation.documents else {}
    uploaded = tuple(document.evidence for document in stored.values())
    seen = tuple(DocumentEvidence(id=None, type=name, sighted=True) for name in operation.sighted)
    return Evidence(evidence.proofs, (*uploaded, *seen, *evidence.documents), {**operation.details, **evidence.details})


def _brought_about(policies: Policies, earlier: Decision, later: Decision, changed: frozenset[str]) -> Decision:
    """Return the part of a decision that what is changed brings about."""
    effective = policies.effective(later.service, later.region, later.on)
    reads = effective.reads if effective is not None else {}

    denied = {denial.rule for denial in earlier.denials}
    missing = {requirement.rule for requirement in earlier.missing}

    def brings_about(rule: str) -> bool:
        return rule not in denied or any(_root(fact) in changed for fact in reads.get(rule, ()))

    return replace(
        later,
        denials=tuple(denial for denial in later.denials if brings_about(denial.rule)),
        requirements=tuple(need for need in later.missing if need.rule not in missing),
        conditional_denials=_NOTHING,
        charges=_NOTHING,
        waivers=_NOTHING,
        refunds=_NOTHING,
        promises=_NOTHING,
        lapses=_NOTHING,
        routes=_NOTHING,
        archive=_NOTHING,
        advice=_NOTHING,
    )


def _require_documents(decision: Decision) -> None:
    """Refuse a new document that the service would not have taken; nothing else is asked of it."""
    problems = list(_problems(decision))
    if problems:
        raise InvalidInput(
            Message("".join(p.zh for p in problems), " ".join(p.en for p in problems)),
            field="input.evidence.documentIds",
            code="DOCUMENT_NOT_AS_REQUIRED",
        )


def _problems(decision: Decision) -> Iterator[Message]:
    for requirement in decision.requirements:
        for need in (need for needs in requirement.alternatives for need in needs):
            if need.problem is not None:
                yield need.problem
