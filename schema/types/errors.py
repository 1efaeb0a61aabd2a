"""Expected failures as data in a mutation's payload."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import strawberry

from domain import decision as domain
from domain.errors import DecisionFault, DecisionRefused, DomainError, NotAuthenticated, PolicyChanged
from domain.message import Message
from resolvers.changing.idempotency import AlreadyAnswered
from schema.kit.described import field as described
from schema.kit.text import Text, text
from schema.types.decision import Citation, CitedValue, citation, cited_values, decision

_LOG = logging.getLogger(__name__)

Payload = TypeVar("Payload")
Answer = TypeVar("Answer")


@strawberry.type(description="An expected failure. Its code has a page in the documentation.")
class UserError:
    """An expected failure."""

    code: str = described("What kind of failure, for programs.")
    field: str | None = described("The input field at fault, if there is one.")
    message: Text = described("What is wrong and what to do, for people.")
    citation: Citation | None = described(
        "The clause behind it, where a policy refuses or asks: that of the region nearest to the person, be it a rule's or"
        " a setting's.",
        default=None,
    )
    values: list[CitedValue] = described("The settings behind it, with their sources.", factory=list)


def user_errors(error: DomainError) -> list[UserError]:
    """Return a failure as errors: one for each denial and each missing requirement where a policy refused."""
    if not isinstance(error, DecisionRefused):
        return [UserError(code=error.code, field=error.field, message=text(error.message))]
    denied = [
        UserError(
            code=d.code,
            field=None,
            message=text(d.message),
            citation=citation(domain.clause_behind(d.citation, d.values)),
            values=cited_values(d.values),
        )
        for d in error.decision.denials
    ]
    missing = [
        UserError(
            code="MISSING",
            field=None,
            message=text(_missing(r)),
            citation=citation(domain.clause_behind(r.citation, r.values)),
            values=cited_values(r.values),
        )
        for r in error.decision.missing
    ]
    return denied + missing


def _missing(requirement: domain.Requirement) -> Message:
    """Return a requirement's message with what is wrong about what was given."""
    problems = [n.problem for needs in requirement.alternatives for n in needs if n.problem is not None]
    if not problems:
        return requirement.message
    zh, en = "".join(p.zh for p in problems), " ".join(p.en for p in problems)
    return Message(f"{requirement.message.zh}{zh}", f"{requirement.message.en} {en}")


async def attempt(
    payload: Callable[..., Payload],
    action: Callable[[], Awaitable[Answer]],
    fields: Callable[[Answer], dict[str, Any]],
) -> Payload:
    """Do what a mutation does and return its payload, with expected failures in `errors`.

    Args:
        payload: makes the payload from its fields; action: asks the use case.
        fields: makes them of its answer, whether it was given now or to the same request before.

    Raises:
        NotAuthenticated: it is for the whole request, so it is no part of a payload.
    """
    try:
        return payload(**fields(await action()), errors=[])
    except AlreadyAnswered as before:
        return payload(**fields(before.answer), errors=[])
    except NotAuthenticated:
        raise
    except DomainError as error:
        if isinstance(error, DecisionFault):
            _LOG.error("no decision: %s: %s", error.code, error)
        # Only what policies decide can be refused by them, and only its payload has a place for the decision.
        decided = {"decision": decision(error.decision)} if isinstance(error, DecisionRefused | PolicyChanged) else {}
        return payload(errors=user_errors(error), **decided)
