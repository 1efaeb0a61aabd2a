"""Decisions as they are kept: what was decided on and what came of it, without personal data."""

from datetime import date, datetime
from typing import Any
from uuid import uuid4

from domain.decision import Charge, Decision, Denial, Lapse, Promise, Requirement
from domain.region import province_of
from store.records import DecisionRecord


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
            "charges": [_charge(charge) for charge in decision.charges],
            "promises": [_promise(promise) for promise in decision.promises],
            "lapses": [_lapse(lapse) for lapse in decision.lapses],
            "archive": [item.document for item in decision.archive],
            "calendar": {
                "special_days": {day.isoformat(): working for day, working in decision.special_days.items()},
                "estimated": decision.estimated,
            },
        },
    )


def counted_days(record: DecisionRecord) -> dict[str, Any]:
    """Return which days a decision counted as working days, as `policies.repeating.repeat` takes it."""
    kept = record.outcome.get("calendar", {})
    special = {date.fromisoformat(day): working for day, working in kept.get("special_days", {}).items()}
    return {"special_days": special, "estimated": kept.get("estimated", False)}


def _denial(denial: Denial) -> dict[str, Any]:
    return {"rule": denial.rule, "code": denial.code, "file": denial.citation.file, "line": denial.citation.line}


def _requirement(requirement: Requirement) -> dict[str, Any]:
    return {
        "rule": requirement.rule,
        "needs": sorted({need.name for needs in requirement.alternatives for need in needs}),
    }


def _charge(charge: Charge) -> dict[str, Any]:
    return {"fee": charge.fee.id, "amount": charge.fee.amount, "payer": charge.fee.payer, "waived_by": charge.waived_by}


def _promise(promise: Promise) -> dict[str, Any]:
    return {"rule": promise.rule, "what": promise.what, "within": promise.within, "counted_from": promise.counted_from}


def _lapse(lapse: Lapse) -> dict[str, Any]:
    return {"rule": lapse.rule, "state": lapse.state, "after": lapse.after, "becomes": lapse.becomes}
