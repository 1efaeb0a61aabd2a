"""Writing down what was decided and what was answered."""

from datetime import datetime
from typing import TypeVar

from domain.decision import Decision
from policies.engine.decide import Policies
from resolvers.changing import idempotency
from resolvers.changing.decided_request import DecidedRequest
from resolvers.changing.records import decision_record
from store import UnitOfWork

Answer = TypeVar("Answer")


async def record(decided: DecidedRequest, answer: Answer, operation_id: str | None = None) -> Answer:
    """Record the decision and the policies behind it, keep the answer under the caller's key, and return it.

    Args:
        operation_id: the operation that it led to or was about, if there is one.
    """
    for decision in decided.decisions:
        await keep_decision(decided.work, decided.dependencies.policies(), decision, decided.now, operation_id)
    await idempotency.keep(decided.work, decided.request.key, answer, decided.now)
    return answer


async def keep_decision(
    work: UnitOfWork, policies: Policies, decision: Decision, now: datetime, operation_id: str | None
) -> None:
    """Record a decision with the operation it led to, if it did, and the text of the policies behind it."""
    effective = policies.effective(decision.service, decision.region, decision.on, decision.known)
    if effective is not None:
        await work.policy_texts.keep(effective.digest, effective.text)
    await work.decisions.add(decision_record(decision, now, operation_id))
