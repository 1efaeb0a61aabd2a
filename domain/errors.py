"""Every failure that a caller can expect, as data.

    DomainError
    ├── InvalidInput          the request is malformed or a value cannot be right
    │   ├── WrongInputs       several values cannot be right
    │   └── WrongNumber       a number was typed that is not the one on record
    ├── NotFound              no such thing, or none that this caller may see
    ├── NotAuthenticated      a token is needed
    ├── NotPermitted          the token does not allow this
    ├── Conflict              somebody was faster, or the thing already exists
    │   └── PolicyChanged     the decision that was quoted no longer holds
    ├── TooManyRequests       it was asked for too often; after a time it may be asked for again
    ├── TransitionImpossible  the state machine has no such step
    ├── DecisionRefused       the region's policy says no, or something is still missing
    ├── DecisionFault         the policy could not be evaluated, so nothing was allowed
    ├── RecordUnreadable      what is sealed in a record does not open as that record's
    ├── ServiceBusy           too many wait for the same kind of work already
    ├── ServiceUnavailable    the database is away: it is tried again after a while
    └── GatewayUnavailable    a provider outside did not answer

Each code has a page in `docs/errors/`; a test demands it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from domain.message import Language, Message

if TYPE_CHECKING:
    from domain.decision import Decision


class OperatorError(Exception):
    """The service or a command cannot go on; the message is one plain line for whoever runs it, never for a caller.

    Args:
        message: in both languages where a policy officer may read it; who runs the service is told in English.
    """

    def __init__(self, message: str | Message) -> None:
        super().__init__(message.en if isinstance(message, Message) else message)
        self.message = message

    def text(self, language: Language) -> str:
        """Return what to tell, in a language if it is said in it."""
        return self.message.text(language) if isinstance(self.message, Message) else self.message


@dataclass(frozen=True, slots=True)
class PossibleValue:
    """A word that could have been given where another was.

    Args:
        name: the word; label: what people call it; attributes: what else its vocabulary says of it.
    """

    name: str
    label: Message
    attributes: Mapping[str, Any]


class DomainError(Exception):
    """An expected failure.

    Args:
        message: what went wrong, which value, and what to do, in both languages.
        field: the input field at fault in the graph's spelling (`input.card.number`), if there is one.
        code: a narrower code than the class's own, in SCREAMING_SNAKE_CASE.
        choices: what could be given there, where a word was given that there is not.
    """

    default_code: ClassVar[str] = "DOMAIN_ERROR"
    retry_after: int | None = None
    """Seconds after which the same may be asked for again, where waiting helps."""

    def __init__(
        self,
        message: Message,
        *,
        field: str | None = None,
        code: str | None = None,
        choices: tuple[PossibleValue, ...] = (),
    ) -> None:
        super().__init__(message.en)
        self.message = message
        self.field = field
        self.choices = choices
        self.code = code or self.default_code

    def __reduce__(self) -> tuple[Any, ...]:
        """Let it be sent to another process: an exception would be made anew of its text alone."""
        return restored, (type(self), self.args, self.__dict__)


def restored(kind: type[DomainError], arguments: tuple[Any, ...], state: dict[str, Any]) -> DomainError:
    """Make an error that was sent from another process."""
    error = kind.__new__(kind, *arguments)
    error.__dict__.update(state)
    return error


class InvalidInput(DomainError):
    """A value in the request cannot be right."""

    default_code = "INVALID_INPUT"

    @property
    def errors(self) -> "tuple[InvalidInput, ...]":
        """All that is wrong: this alone, or of several together each."""
        return (self,)


class WrongInputs(InvalidInput):
    """Several values in the request cannot be right; by itself it says what the first of them says."""

    def __init__(self, errors: "Sequence[InvalidInput]") -> None:
        first = errors[0]
        super().__init__(first.message, field=first.field, code=first.code, choices=first.choices)
        self._errors = tuple(errors)

    @property
    def errors(self) -> tuple[InvalidInput, ...]:
        """Each of them."""
        return self._errors


class NotFound(DomainError):
    """No such thing, or none that this caller may see."""

    default_code = "NOT_FOUND"


class NotAuthenticated(DomainError):
    """The request carries no valid token."""

    default_code = "NOT_AUTHENTICATED"


class NotPermitted(DomainError):
    """The token's role, channel or person does not allow this."""

    default_code = "NOT_PERMITTED"


class Conflict(DomainError):
    """Something else happened first."""

    default_code = "CONFLICT"


class PolicyChanged(Conflict):
    """The caller sent back a policy digest that is no longer the one in force."""

    default_code = "POLICY_CHANGED"

    def __init__(self, message: Message, decision: "Decision", *, field: str | None = None) -> None:
        super().__init__(message, field=field)
        self.decision = decision


class TooManyRequests(DomainError):
    """It was asked for too often.

    Args:
        retry_after: seconds after which it may be asked for again.
    """

    default_code = "TOO_MANY_REQUESTS"

    def __init__(
        self, message: Message, *, retry_after: int, field: str | None = None, code: str | None = None
    ) -> None:
        super().__init__(message, field=field, code=code)
        self.retry_after = retry_after


class WrongNumber(InvalidInput):
    """An identity or card number was typed that is not the one on record.

    Args:
        holder_id: of whom it ought to be.
    """

    def __init__(self, message: Message, *, field: str, code: str, holder_id: str) -> None:
        super().__init__(message, field=field, code=code)
        self.holder_id = holder_id


class TransitionImpossible(DomainError):
    """The state machine has no step from the present state by this event."""

    default_code = "TRANSITION_IMPOSSIBLE"


class DecisionRefused(DomainError):
    """The policy of the region refuses, or something required is missing; the decision says what.

    Args:
        first: the service that whoever asks can do first, after which this is not refused; None where none is known.
    """

    default_code = "DECISION_REFUSED"

    def __init__(self, message: Message, decision: "Decision", first: str | None = None) -> None:
        super().__init__(message)
        self.decision = decision
        self.first = first


_UNDECIDED = Message(
    "系统暂时不能判断能否办理，本次没有办理。请稍后再试，或拨打12333咨询。",
    "The service cannot decide this at present, so nothing was done. Try again later, or call 12333.",
)


class DecisionFault(DomainError):
    """The policy could not be evaluated. Never an approval, never "did not match".

    Args:
        detail: what is wrong with the policy, for officers and the log; people are told only that nothing was done.
    """

    default_code = "DECISION_FAULT"

    def __init__(self, detail: Message, *, code: str | None = None) -> None:
        super().__init__(_UNDECIDED, code=code)
        self.args = (detail.en,)
        self.detail = detail


_UNREADABLE = Message(
    "记录 `{record}` 打不开，没有显示，也没有修改。请把记录名称告诉系统运维人员。",
    "The record {record} cannot be opened, so it was neither shown nor changed. Tell the operator of the service its name.",
)


class RecordUnreadable(DomainError):
    """What is sealed in a record does not open: a key is missing, or it was changed, or it is another record's.

    Args:
        record: its name: table, column and id; never what is in it.
        reason: why it does not open, for the operator and the log.
    """

    default_code = "RECORD_UNREADABLE"

    def __init__(self, record: str, reason: str) -> None:
        super().__init__(_UNREADABLE.format(record=record))
        self.args = (f"{record}: {reason}",)
        self.record, self.reason = record, reason


_AWAY = Message(
    "系统暂时不能使用，请稍后再试。重新提交时请沿用原来的幂等键，同一笔业务不会办理两次。",
    "The service cannot be used at present. Try again in 5 seconds. Send a change again under the same idempotency key: it is then"
    " made once.",
)
_AWAY_AND_NOTHING_SAVED = Message(
    "系统暂时不能使用，这次的内容没有保存，请稍后再试。",
    "The service cannot be used at present, so nothing of this was saved. Try again in 5 seconds.",
)


class ServiceBusy(DomainError):
    """Too many wait for the same kind of work already; `retry_after` says in how many seconds to try again."""

    default_code = "SERVICE_BUSY"
    retry_after = 5

    def __init__(self) -> None:
        super().__init__(
            Message(
                "现在使用的人太多，这一步没有办成，请稍后再试。",
                f"Too many are waiting for this already, so it was not done. Try again in {self.retry_after} seconds.",
            )
        )


class ServiceUnavailable(DomainError):
    """What the service needs itself is away, such as its database; `retry_after` says in how many seconds to try again.

    It says nothing of what was saved, for somebody who asks for a change may have lost the connection at its very end.
    """

    default_code = "SERVICE_UNAVAILABLE"
    retry_after = 5

    def __init__(self) -> None:
        super().__init__(_AWAY)

    def say_that_nothing_was_saved(self) -> None:
        """Tell whoever asked for a change that nothing of it was saved; only for where that is certain."""
        self.message = _AWAY_AND_NOTHING_SAVED


class GatewayUnavailable(DomainError):
    """A provider outside (SMS, payment, face check, registry) did not answer in time or answered nonsense."""

    default_code = "GATEWAY_UNAVAILABLE"
