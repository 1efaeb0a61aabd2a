"""Expected failures as data in a mutation's payload."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import strawberry

from domain import decision as domain
from domain.cause import note_refusals, noting_commits
from domain.error_codes import ErrorCode, code_of
from domain.errors import (
    DecisionFault,
    DecisionRefused,
    DomainError,
    InvalidInput,
    NotAuthenticated,
    PolicyChanged,
    RecordUnreadable,
    ServiceUnavailable,
)
from domain.message import Message
from domain.waits import note_wait
from resolvers.changing.idempotency import AlreadyAnswered
from resolvers.changing.input_paths import path_of_need
from schema.kit.access import WITH_IT, sees
from schema.kit.described import enum
from schema.kit.described import field as described
from schema.kit.operators import tell_operators
from schema.kit.text import Text, text
from schema.types.citations import Citation, CitedValue, citation, cited_values
from schema.types.decision import decision
from schema.types.terms import Term, choice_node

_LOG = logging.getLogger(__name__)

Payload = TypeVar("Payload")
Answer = TypeVar("Answer")


enum(ErrorCode, "What can be wrong, each with a page in the documentation.", {code: code.value for code in ErrorCode})


@sees(WITH_IT)
@strawberry.type(description="An expected failure. Its code has a page in the documentation.")
class UserError:
    """An expected failure."""

    code: str = described("What kind of failure, for programs; where a policy refuses, its rule's id in capitals.")
    kind: ErrorCode = described("The same as one of a closed set: where a policy refuses, `POLICY_REFUSES`.")
    field: str | None = described(
        "The input at fault, as `requirements { form }` has it: `input.evidence.details.mobile`; null where it is about none."
    )
    message: Text = described("What is wrong and what to do, for people.")
    citation: Citation | None = described(
        "The clause behind it, where a policy refuses or asks: that of the region nearest to the person, be it a rule's or"
        " a setting's.",
        default=None,
    )
    values: list[CitedValue] = described("The settings behind it, with their sources.", factory=list)
    retry_after: int | None = described(
        "Seconds after which it may be asked for again, where it was asked for too often, too many wait or the service is away; the"
        " answer's HTTP header `Retry-After` has the longest of them.",
        default=None,
    )
    choices: list[Term] = described("The words that there are, where one was given that there is not.", factory=list)


def user_errors(error: DomainError) -> list[UserError]:
    """Return a failure as errors: one for each denial and each missing requirement where a policy refused."""
    if not isinstance(error, DecisionRefused):
        return [_user_error(each) for each in (error.errors if isinstance(error, InvalidInput) else (error,))]
    denied = [
        UserError(
            code=d.code,
            kind=ErrorCode.POLICY_REFUSES,
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
            kind=ErrorCode.MISSING,
            field=_path_of(r, error.decision.service),
            message=text(_missing(r)),
            citation=citation(domain.clause_behind(r.citation, r.values)),
            values=cited_values(r.values),
        )
        for r in error.decision.missing
    ]
    return denied + missing


def _user_error(error: DomainError) -> UserError:
    if error.retry_after is not None:
        note_wait(error.retry_after, error.code if isinstance(error, ServiceUnavailable) else None)
    return UserError(
        code=error.code,
        kind=code_of(error),
        field=error.field,
        message=text(error.message),
        retry_after=error.retry_after,
        choices=[choice_node(each) for each in error.choices],
    )


def _path_of(requirement: domain.Requirement, service: str) -> str | None:
    """Return the input by which a requirement would be met: of several ways that with the fewest things, of these the first."""
    ways = [[need for need in needs if not need.satisfied] for needs in requirement.alternatives]
    paths = [[path_of_need(need.kind, need.name, service) for need in way] for way in sorted(ways, key=len)]
    return next((path for way in paths for path in way if path is not None), None)


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
        with noting_commits() as commits:
            answer = await action()
        return payload(**fields(answer), errors=[])
    except AlreadyAnswered as before:
        return payload(**fields(before.answer), errors=[])
    except NotAuthenticated:
        raise
    except DomainError as error:
        if isinstance(error, ServiceUnavailable) and not commits:
            error.say_that_nothing_was_saved()
        tell_operators(error)
        if isinstance(error, DecisionFault):
            _LOG.error("no decision: %s: %s", error.code, error)
        if isinstance(error, RecordUnreadable):
            _LOG.error("unreadable: %s", error)
        # Only what policies decide can be refused by them, and only its payload has a place for the decision.
        decided = {"decision": decision(error.decision)} if isinstance(error, DecisionRefused | PolicyChanged) else {}
        errors = user_errors(error)
        note_refusals(each.code for each in errors)
        return payload(errors=errors, **decided)
