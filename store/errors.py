"""What can be wrong with a database, told to whoever runs the service in one plain line."""

from domain.errors import OperatorError


class StoreError(OperatorError):
    """The database cannot be used as it is; the message says what is wrong and what to do about it."""
