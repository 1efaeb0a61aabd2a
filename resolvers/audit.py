"""What the audit record is told: who did or saw what, about whom, when and why. No name, number or word of anybody."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from domain.cause import current_cause
from domain.holder import Actor
from store.audit.entries import AuditEntry, AuditKind

OPERATOR = "operator"
"""The role of whoever works on the machine itself."""
_BY: ContextVar[str | None] = ContextVar("who runs a command", default=None)


@contextmanager
def run_by(operator: str) -> Iterator[None]:
    """Have what the record is told of a command, while the context lasts, name who runs it."""
    token = _BY.set(operator)
    try:
        yield
    finally:
        _BY.reset(token)


def told_of(
    actor: Actor | None,
    at: datetime,
    kind: AuditKind,
    action: str,
    *,
    role: str | None = None,
    holder_id: str | None = None,
    record_id: str | None = None,
    operation_id: str | None = None,
    region: str | None = None,
    reference: str | None = None,
    digest: str | None = None,
) -> AuditEntry:
    """Return an entry.

    Args:
        actor: who; None where nobody asked, as for what time alone has done.
        action: what was done or shown; role: as whom, where nobody asked.
        and as for `AuditEntry`.
    """
    return AuditEntry(
        at,
        kind,
        action,
        subject=actor.person_id if actor is not None else _BY.get() if role == OPERATOR else None,
        role=actor.role if actor is not None else role,
        channel=actor.channel if actor is not None else None,
        office=actor.office if actor is not None else None,
        issuer=actor.issuer if actor is not None else None,
        token_id=actor.token_id if actor is not None else None,
        holder_id=holder_id,
        record_id=record_id,
        operation_id=operation_id,
        region=region,
        reference=reference,
        digest=digest,
        request_id=current_cause(),
    )
