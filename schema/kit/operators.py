"""What callers are not told of a failure, told to whoever runs the service."""

import logging

from domain.errors import DomainError, OperatorError

_LOG = logging.getLogger(__name__)


def tell_operators(error: DomainError) -> None:
    """Log a failure of which operators are told more than callers, such as a database that is away."""
    if isinstance(error, OperatorError):
        _LOG.error("%s: %s", error.code, error)
