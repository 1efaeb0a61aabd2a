"""What `/health` says of what has failed: to operators, in English, and the same in the log."""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from domain.errors import OperatorError

_LOG = logging.getLogger(__name__)


@contextmanager
def looking_at(part: str, failed: list[dict[str, Any]]) -> Iterator[None]:
    """Look at a part of the service; if that fails, what and why is added to the errors, and the other parts can be looked at.

    Args:
        part: as operators call it; failed: the errors so far.
    """
    try:
        yield
    except Exception as error:
        failed.append(unhealthy(part, error))


def unhealthy(part: str, error: Exception) -> dict[str, Any]:
    """Log what is wrong with a part of the service, and return it as an error of an answer.

    A line that was written for operators is told as it is. Of any other exception the kind is told, with what the system says to it:
    its text could hold anything, so that it stands in the log alone, under the id.
    """
    error_id = secrets.token_hex(8)
    if isinstance(error, OperatorError):
        message = str(error)
        _LOG.error("/health %s: %s", error_id, message)
    else:
        kind = type(error)
        named = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
        said = f" ({error.strerror})" if isinstance(error, OSError) and error.strerror else ""
        message = f"Looking at the {part} failed with {named}{said}; the log has the rest under id {error_id}."
        _LOG.error("/health %s: looking at the %s failed", error_id, part, exc_info=error)
    return {"message": message, "extensions": {"code": "NOT_HEALTHY", "part": part, "id": error_id}}
