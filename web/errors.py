"""How failures are shown to callers: expected ones as they are, unexpected ones as an id that the log knows."""

import logging
import secrets
from collections.abc import Callable
from typing import Any, Final

from graphql import GraphQLError
from strawberry.exceptions import StrawberryGraphQLError

from domain.errors import (
    DecisionFault,
    DecisionRefused,
    DomainError,
    GatewayUnavailable,
    NotAuthenticated,
    NotPermitted,
    OperatorError,
    RecordUnreadable,
    ServiceBusy,
    ServiceUnavailable,
    TooManyRequests,
)
from domain.message import Language, Message
from domain.waits import note_wait
from schema.kit.operators import tell_operators
from web.core_messages import with_own_names, without_values
from web.refusal import RequestRefused
from web.wrong_values import WrongValue

_LOG = logging.getLogger(__name__)

_DOCUMENT = Message("查询语句有误，请开发人员检查：`{reason}`。", "{reason}")
_ARGUMENT = Message(
    "填写的内容格式不对，请检查后重新提交。",
    "An argument of this field has no value of its type; check the variables that it is given",
)
_INTERNAL = Message("系统出错，没有办成，请稍后再试。反映问题时请提供编号 `{id}`。", "Internal error; quote id {id}")

# What a failure before the execution is to HTTP. Failures in a resolver are part of the answer instead.
_STATUS: Final[dict[type[DomainError], int]] = {
    NotAuthenticated: 401,
    NotPermitted: 403,
    TooManyRequests: 429,
    GatewayUnavailable: 503,
    ServiceBusy: 503,
    ServiceUnavailable: 503,
}


class ErrorPresenter:
    """Turns failures into the errors of a GraphQL answer.

    Args:
        on_unexpected: told the id and the exception of each unexpected failure, besides the log; None for nobody.
    """

    def __init__(self, on_unexpected: Callable[[str, BaseException], None] | None = None) -> None:
        self._on_unexpected = on_unexpected

    def present(self, error: GraphQLError, language: Language, code: str) -> dict[str, Any]:
        """Return one error of an answer.

        Args:
            error: what graphql-core reports.
            language: the language of the messages that we write; graphql-core's own are English.
            code: the code of an error that has none of its own.
        """
        return _placed(self._content(error, language, code), error)

    def present_narrowly(self, error: GraphQLError, language: Language, code: str) -> dict[str, Any]:
        """Return one error of a document that is not executed, which names of the schema only what the document does.

        Args:
            error, language, code: as of `present`.
        """
        cause = _cause(error)
        if isinstance(cause, WrongValue):
            shown = expected(cause.narrow, language)
            shown["extensions"]["code"] = cause.code
        elif code == "VALIDATION_FAILED" and not isinstance(cause, DomainError):
            message = _DOCUMENT.format(reason=with_own_names(error)).text(language)
            shown = {"message": message, "extensions": {"code": code}}
        else:
            return self.present(error, language, code)
        return _placed(shown, error)

    def unexpected(self, error: BaseException, language: Language) -> dict[str, Any]:
        """Log an exception that nobody foresaw and return an error that says no more than where to find it.

        Args:
            error: the exception, its traceback with it.
            language: the language of the message.
        """
        error_id = secrets.token_hex(8)
        if isinstance(error, OperatorError):  # it says all that there is to say
            _LOG.error("unexpected error %s: %s", error_id, error)
        else:
            _LOG.error("unexpected error %s", error_id, exc_info=error)
        if self._on_unexpected is not None:
            self._on_unexpected(error_id, error)
        message = _INTERNAL.format(id=error_id).text(language)
        return {"message": message, "extensions": {"code": "INTERNAL_ERROR", "id": error_id}}

    def _content(self, error: GraphQLError, language: Language, code: str) -> dict[str, Any]:
        cause = _cause(error)
        if isinstance(cause, RecordUnreadable):
            _LOG.error("unreadable: %s", cause)
        if isinstance(cause, DomainError):
            return expected(cause, language)
        if error.path is None:  # Nothing was executed: the document is at fault.
            message = _DOCUMENT.format(reason=without_values(error)).text(language)
        elif isinstance(cause, StrawberryGraphQLError):  # A permission is missing, and says so.
            message = cause.message
        elif isinstance(cause, GraphQLError) and cause.nodes:  # A variable left an argument without its value.
            message = _ARGUMENT.text(language)
        else:  # A resolver broke, or gave what its type does not take.
            return self.unexpected(cause, language)
        return {"message": message, "extensions": {"code": code} | (error.extensions or {})}


def _placed(shown: dict[str, Any], error: GraphQLError) -> dict[str, Any]:
    """Return an error with where it is, in the document and in the answer."""
    if error.locations:
        shown["locations"] = [location.formatted for location in error.locations]
    if error.path is not None:
        shown["path"] = error.path
    return shown


def expected(error: DomainError, language: Language) -> dict[str, Any]:
    """Return an expected failure as an error of an answer; what is wrong with a policy stands in `detail`, for officers.

    Args:
        error: the failure.
        language: the language of the message.
    """
    extensions: dict[str, Any] = {"code": error.code}
    if error.field is not None:
        extensions["field"] = error.field
    tell_operators(error)
    if error.retry_after is not None:
        note_wait(error.retry_after)
        extensions["retryAfter"] = error.retry_after
    if isinstance(error, DecisionFault):
        extensions["detail"] = error.detail.text(language)
    if isinstance(error, DecisionRefused):
        extensions["reasons"] = [
            *({"code": each.code, "message": each.message.text(language)} for each in error.decision.denials),
            *({"code": "MISSING", "message": each.message.text(language)} for each in error.decision.missing),
        ]
        if error.first is not None:
            extensions["first"] = error.first
    return {"message": error.message.text(language), "extensions": extensions}


def status_of(error: DomainError) -> int:
    """Return the HTTP status of a failure that kept a request from being executed."""
    if isinstance(error, RequestRefused):
        return error.status
    return next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 400)


def headers_of(error: DomainError) -> dict[str, str]:
    """Return the headers that HTTP asks for beside the status of a failure."""
    if isinstance(error, RequestRefused):
        return error.headers
    if error.retry_after is not None:
        return {"Retry-After": str(error.retry_after)}
    return {"WWW-Authenticate": "Bearer"} if isinstance(error, NotAuthenticated) else {}


def _cause(error: GraphQLError) -> BaseException:
    """Return the exception at the bottom of an error."""
    cause: BaseException = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause
