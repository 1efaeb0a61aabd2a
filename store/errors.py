"""What can be wrong with a database, told to whoever runs the service in one plain line."""

from domain.errors import OperatorError


class StoreError(OperatorError):
    """The database cannot be used as it is; the message says what is wrong and what to do about it."""


class RecordBent(StoreError):
    """What the audit record holds is not what this process has sealed."""


class StoreUnreachable(StoreError):
    """The server of the database does not answer; it may later.

    Args:
        label: which database.
    """

    def __init__(self, message: str, label: str) -> None:
        super().__init__(message)
        self.label = label
