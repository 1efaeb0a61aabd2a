"""What can be wrong with a database, told to whoever runs the service in one plain line."""

from domain.errors import OperatorError, ServiceUnavailable
from domain.message import Language, Message


class StoreError(OperatorError):
    """The database cannot be used as it is; the message says what is wrong and what to do about it."""


class RecordBent(StoreError):
    """What the audit record holds is not what this process has sealed."""


class StoreUnavailable(StoreError, ServiceUnavailable):
    """The database cannot be used at present, and can once that is mended: callers are told to ask again, operators what is wrong.

    Args:
        line: for whoever runs the service; `message` is what callers are told.
    """

    message: Message

    def __init__(self, line: str) -> None:
        ServiceUnavailable.__init__(self)
        self.args = (line,)

    def text(self, language: Language) -> str:
        """Return the line for whoever runs the service."""
        return str(self)


class StoreUnreachable(StoreUnavailable):
    """The server of the database does not answer; it may later.

    Args:
        label: which database.
    """

    def __init__(self, message: str, label: str) -> None:
        super().__init__(message)
        self.label = label
